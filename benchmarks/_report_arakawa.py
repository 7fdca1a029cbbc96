"""The same content as an arakawa report; run by the Python of an environment that `report.py` makes for it alone."""

import json
import sys
from pathlib import Path

import arakawa as ar
import pandas as pd


def block(piece: dict[str, object], place: Path, number: int) -> object:
    """One piece of content as arakawa shows it: words as Markdown, a table as its table, a drawing as a file."""
    if piece["kind"] == "text":
        return ar.Text(str(piece["text"]))
    if piece["kind"] == "table":
        return ar.Table(pd.DataFrame(piece["rows"], columns=piece["columns"]), caption=str(piece["title"]))
    path = place / f"{number}.{piece['suffix']}"
    path.write_bytes(bytes.fromhex(str(piece["hex"])))
    return ar.Media(file=str(path), caption=str(piece["title"]))


def main() -> None:
    """Read the content, write the report as one file with everything inside."""
    content, target = Path(sys.argv[1]), Path(sys.argv[2])
    pieces = json.loads(content.read_text(encoding="utf-8"))
    blocks = [block(piece, content.parent, number) for number, piece in enumerate(pieces)]
    ar.save_report(blocks, target.name, standalone=True, name="report")


if __name__ == "__main__":
    main()
