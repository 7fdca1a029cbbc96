"""Write ``benchmarks/README.md`` from the records in ``benchmarks/results``."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEAD = """# What was measured

Every table is written from `benchmarks/results/*.json` by `make bench`; `make bench ONLY=name` measures one of
them. Each benchmark does the same work our way and the alternative's in one run; where there is no alternative, the
figure itself is recorded. A *ratio* is what the record's name says.
"""


def figure(value: object) -> str:
    """A number as a cell."""
    if value is None:
        return "–"
    if isinstance(value, dict):
        return "; ".join(f"{name}: {figure(held)}" for name, held in value.items())
    if isinstance(value, list):
        return ", ".join(map(figure, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def table(name: str, records: list[dict[str, object]]) -> str:
    """One benchmark as a Markdown table, with every field its records have beyond the usual ones as columns."""
    usual = ("name", "ours", "other", "other_name", "ratio", "unit", "size", "repeats")
    columns = [c for c in usual if any(r.get(c) not in (None, "") for r in records)]
    columns += sorted({k for r in records for k in r} - {*usual, "machine", "versions"})
    lines = [f"## {name}", "", f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(figure(r.get(c)) for c in columns)} |" for r in records]
    return "\n".join([*lines, "", f"Machine: {records[0].get('machine', 'not recorded')}."])


def main() -> None:
    """Write the page."""
    parts = [HEAD]
    for path in sorted((HERE / "results").glob("*.json")):
        parts.append(table(path.stem, json.loads(path.read_text(encoding="utf-8"))))
    (HERE / "README.md").write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
