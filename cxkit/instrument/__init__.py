"""Instrument: which signals exist, whose they are, and whether anybody answers them."""

from cxkit.instrument.attribution import Attribution, attribution
from cxkit.instrument.changes import StructuralChange, structural_change
from cxkit.instrument.code_frame import CodeFrame, code_frame
from cxkit.instrument.identity import Identity, clusters_at, identity
from cxkit.instrument.linkage import Linkage, counting_under, linkage
from cxkit.instrument.loop import ClosedLoop, closed_loop
from cxkit.instrument.signals import SignalMap, signal_map
from cxkit.instrument.taxonomy import Taxonomy, taxonomy
from cxkit.instrument.tracking import Tracking, tracking

__all__ = [
    "Attribution",
    "ClosedLoop",
    "CodeFrame",
    "Identity",
    "Linkage",
    "SignalMap",
    "StructuralChange",
    "Taxonomy",
    "Tracking",
    "attribution",
    "closed_loop",
    "clusters_at",
    "code_frame",
    "counting_under",
    "identity",
    "linkage",
    "signal_map",
    "structural_change",
    "taxonomy",
    "tracking",
]
