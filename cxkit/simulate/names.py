"""Names that belong to nobody: invented surnames, example.com addresses, 555 numbers."""

from __future__ import annotations

import numpy as np

from cxkit.simulate.world import Array

FIRST = [
    "Ada",
    "Bela",
    "Cora",
    "Dario",
    "Edda",
    "Faro",
    "Gala",
    "Hugo",
    "Ines",
    "Jaro",
    "Kaia",
    "Lino",
    "Mira",
    "Nilo",
    "Oda",
    "Pina",
    "Quin",
    "Rhea",
    "Sila",
    "Tavi",
    "Una",
    "Vito",
    "Wanda",
    "Xeno",
    "Yara",
    "Zeno",
    "Alba",
    "Bruno",
    "Clio",
    "Dina",
    "Elio",
    "Fenja",
    "Gero",
    "Hanne",
    "Ivo",
    "Jule",
    "Kuno",
    "Lale",
    "Malo",
    "Nuria",
]
LAST = [
    "Fenwillow",
    "Ambermere",
    "Quillstone",
    "Brackendale",
    "Thistlecroft",
    "Marrowby",
    "Saltmarsh",
    "Copperleigh",
    "Driftwell",
    "Elmsworthy",
    "Foxglade",
    "Gorsefield",
    "Hollowbrook",
    "Ivydene",
    "Juniperson",
    "Kettleford",
    "Larkspurr",
    "Mossgrove",
    "Nettlewick",
    "Oakenshaw",
    "Pebblethorpe",
    "Quailbridge",
    "Rookhurst",
    "Sedgewater",
    "Tanglewood",
    "Umberlane",
    "Vetchley",
    "Wrenfield",
    "Yarrowby",
    "Zinniaton",
]
COMPANY = [
    "Acorn",
    "Basalt",
    "Cobalt",
    "Dune",
    "Ember",
    "Fjord",
    "Garnet",
    "Harbour",
    "Indigo",
    "Juniper",
    "Kelp",
    "Lumen",
    "Meadow",
    "Nimbus",
    "Onyx",
    "Pelican",
    "Quartz",
    "Ripple",
    "Saffron",
    "Tundra",
    "Umbra",
    "Vellum",
    "Willow",
    "Xylem",
    "Yonder",
    "Zephyr",
]
TRADE = [
    "Logistics",
    "Foods",
    "Instruments",
    "Bank",
    "Textiles",
    "Energy",
    "Clinics",
    "Media",
    "Robotics",
    "Freight",
    "Insurance",
    "Tools",
    "Paper",
    "Marine",
]
FORM = {"EUR": ("GmbH", "BV", "SARL"), "GBP": ("Ltd", "LLP", "PLC")}


def people(rng: np.random.Generator, size: int) -> tuple[Array, Array]:
    """Given and family names."""
    first = np.array(FIRST, dtype=object)[rng.integers(0, len(FIRST), size)]
    last = np.array(LAST, dtype=object)[rng.integers(0, len(LAST), size)]
    return first, last


def emails(first: Array, last: Array, number: Array, domain: str = "example.com") -> Array:
    """Addresses under a domain that nobody can own."""
    return np.array([f"{a}.{b}{n}@{domain}".lower() for a, b, n in zip(first, last, number, strict=True)], dtype=object)


def phones(rng: np.random.Generator, size: int, prefix: str = "+1 312 555 01", digits: int = 2) -> Array:
    """Numbers of ranges reserved for fiction; those are small, so that more `digits` are longer than real ones."""
    drawn = rng.integers(0, 10**digits, size).tolist()
    return np.array([f"{prefix}{n:0{digits}d}" for n in drawn], dtype=object)


def companies(rng: np.random.Generator, currency: Array) -> Array:
    """Company names, each once, with a legal form that goes with the currency."""
    stems = [f"{a} {b}" for b in TRADE for a in COMPANY]
    extra = [f"{a} & {c} {b}" for b in TRADE for a in COMPANY[:13] for c in COMPANY[13:16]]
    order = rng.permutation(len(stems)).tolist()
    chosen = ([stems[i] for i in order] + extra)[: len(currency)]
    forms = [FORM[c][int(k)] for c, k in zip(currency.tolist(), rng.integers(0, 3, len(currency)), strict=True)]
    return np.array([f"{s} {f}" for s, f in zip(chosen, forms, strict=True)], dtype=object)


def agents(rng: np.random.Generator, size: int) -> list[str]:
    """Names of a team, each once."""
    picked = rng.permutation(len(FIRST) * len(LAST))[:size].tolist()
    return [f"{FIRST[i % len(FIRST)]} {LAST[i // len(FIRST)]}" for i in picked]
