"""Every finding Instrument can make, with its meaning; a page of the playbook is written from it."""

from collections.abc import Mapping
from types import MappingProxyType

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "instrument.signals.coverage": "moments and signals for which data really arrive",
        "instrument.signals.declared_only": "signals a system is said to hold and no data show",
        "instrument.signals.unplaced": "signals that arrive without saying to which moment they belong",
        "instrument.signals.silent": "moments without any customer feedback",
        "instrument.signals.stale": "feeds that ended well before the report's date",
        "instrument.signals.incomplete": "feeds with months missing or with customer keys missing",
        "instrument.signals.integration": "systems whose signals never reach the CRM or CDP",
        "instrument.attribution.revenue": "share of revenue of a known customer seen at a known moment",
        "instrument.attribution.contacts": "share of contacts of a known customer at a known moment",
        "instrument.attribution.feedback": "share of feedback of a known customer at a known moment",
        "instrument.attribution.customer": "share of a known customer, where no moment is recorded",
        "instrument.attribution.loss": "the step at which most attribution is lost",
        "instrument.linkage.grr": "gross retention with people stitched, and how far it hangs on who is who",
        "instrument.linkage.recontact": "recontact with people stitched, and how far it hangs on who is who",
        "instrument.linkage.contacts": "contacts of a known customer with people stitched",
        "instrument.linkage.feedback": "feedback of a known customer with people stitched",
        "instrument.linkage.cost": "what the error of stitching costs, where it cannot be told",
        "instrument.loop.contacted": "share of unhappy answers that were called back",
        "instrument.loop.closed": "share of unhappy answers whose issue was settled",
        "instrument.loop.within_sla": "share of unhappy answers settled within the limit, open ones past it counted",
        "instrument.loop.open": "unhappy answers still waiting",
        "instrument.loop.outcome": "what happened to those called back, beside like ones who were not (association)",
        "instrument.identity.entities": "how many people the records of all systems are",
        "instrument.identity.duplicates": "share of a system's records that are duplicates of others there",
        "instrument.identity.links": "share of links that rest on likeness and not on an equal key",
        "instrument.identity.precision": "share of links that are right, from judged pairs or the model's expectation",
        "instrument.identity.recall": "share of true links that are found, from judged pairs or the model's expectation",
        "instrument.identity.threshold": "how much the number of people depends on the threshold",
        "instrument.identity.shared": "mailboxes, phones and devices of several people, left out of the comparison",
        "instrument.identity.unlinked": "the system whose records are known least in other systems",
        "instrument.identity.conflicts": "people who hold conflicting keys, and the largest",
        "instrument.tracking.names": "names of events that break the naming standard",
        "instrument.tracking.doubles": "names that look like another name of the same event",
        "instrument.tracking.carried": "share of events with the columns every event must, or should, carry",
        "instrument.tracking.missing": "events the register of moments names and nobody sends",
        "instrument.tracking.undeclared": "names of events that belong to no moment",
        "instrument.tracking.retired": "retired names of events that still arrive",
        "instrument.tracking.breaches": "what is broken of the data contracts, by the role that answers for it",
        "instrument.tracking.views": "share of active customers seen in several signals",
        "instrument.tracking.insight": "moments at which what customers need or complain of is collected and analysed",
        "instrument.tracking.loops": "time until half of what is raised between teams is settled, unsettled counted",
    }
)
"""Finding id → what it means, in one line."""
