"""Words by which exports say what canonical values and columns say, for proposing a mapping; never for applying one."""

from __future__ import annotations

import re
from collections.abc import Mapping

OBJECTS = r"(?:the )?(?:ticket|case|incident|request|issue|call|complaint|contact|vorgang|fall)s?"
STATE_WORDS: Mapping[str, str] = {
    "reopened": r"re-?open(?:ed)?(?: .*)?|wiedereröffnet|customer came back",
    "pause": (
        r"wait(?:ing)?(?: .*)?|on[ -]?hold.*|hold|pend(?:ing)?(?: .*)?|paused?|suspend(?:ed)?|awaiting.*|parked"
        r"|wartend?.*"
    ),
    "resolved": (
        rf"(?:re)?solved?(?: {OBJECTS})?|fix(?:ed)?|done|completed?|gelöst|erledigt|verified|invalid|duplicate"
        r"|rejected"
    ),
    "closed": rf"closed?(?: {OBJECTS})?|geschlossen|archived?|cancelled",
    "open": (
        rf"(?:new|insert(?:ed)?|created?|open(?:ed)?|register(?:ed)?|received?|submit(?:ted)?)(?: {OBJECTS})?"
        r"|neu|offen"
    ),
}
"""State of a ticket → pattern of the activities that mean it; whatever else happens to a ticket is work."""
VALUE_WORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("invoices", "kind"): {
        "credit_note": r".*credit.*|gutschrift.*|refund.*|avoir",
        "one_off": r".*(?:setup|one[ _-]?off|once|install|activation|einmal).*",
        "usage": r".*(?:usage|metered|overage|verbrauch).*",
        "recurring": r".*(?:recurring|subscription|monthly|annual|license|licence|abo|rent|fee).*",
    },
    ("surveys", "metric"): {
        "nps": r".*(?:nps|promoter|recommend).*",
        "csat": r".*(?:csat|satisf).*",
        "ces": r".*(?:ces|effort).*",
    },
    ("costs", "driver"): {"overhead": r"overhead.*|gemeinkosten"},
}
"""(table, column) → canonical value → pattern of the client's words."""
TRANSLATED: Mapping[str, str] = {
    **{"kunde": "customer", "kundennummer": "customer_id", "kundennr": "customer_id", "kunden_id": "customer_id"},
    **{
        "datum": "date",
        "betrag": "amount",
        "umsatz": "revenue",
        "monat": "month",
        "menge": "quantity",
        "produkt": "product",
    },
    **{"bestellung": "order", "bestellnummer": "order_no", "bestelldatum": "order_date", "rechnung": "invoice"},
    **{"beginn": "start_date", "ende": "end_date", "waehrung": "currency", "währung": "currency", "kanal": "channel"},
    **{"erstellt": "created", "geschlossen": "closed_at", "priorität": "priority", "bewertung": "rating"},
    **{"client": "customer", "montant": "amount", "mois": "month", "quantite": "quantity", "quantité": "quantity"},
    **{"cliente": "customer", "fecha": "date", "importe": "amount", "mes": "month", "cantidad": "quantity"},
    **{"importo": "amount", "mese": "month", "quantita": "quantity", "prodotto": "product", "ordine": "order"},
}
"""Column names in other languages, as `plain_name` writes them."""


def state_of(activity: str) -> tuple[str, bool]:
    """The clock state an activity means, and whether a word said so (else it is taken for work).

    >>> state_of("Wait"), state_of("Resolve ticket"), state_of("Resolve SW anomaly"), state_of("Closed")
    (('pause', True), ('resolved', True), ('work', False), ('closed', True))
    """
    plain = " ".join(activity.lower().split())
    for state, pattern in STATE_WORDS.items():
        if re.fullmatch(pattern, plain):
            return state, True
    return "work", False


def value_of(table: str, column: str, word: str) -> str:
    """The canonical value a client's word means, or an empty string.

    >>> value_of("invoices", "kind", "Monthly subscription"), value_of("invoices", "kind", "other")
    ('recurring', '')
    """
    plain = " ".join(word.lower().split())
    for value, pattern in VALUE_WORDS.get((table, column), {}).items():
        if re.fullmatch(pattern, plain):
            return value
    return ""
