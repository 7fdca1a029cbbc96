"""Notebooks in which people wrote: what their cells show has not gone through a result, and so is masked afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cxkit.engagement.results import write_text
from cxkit.report.blocks import MIME, Block
from cxkit.report.mask import Mask

PICTURES = ("image/", "application/")
"""Kinds of output that hold no sentences."""


def mask_outputs(path: Path, mask: Mask) -> None:
    """Mask everything that the cells of an executed notebook have put out; the cells themselves stay as written."""
    document = json.loads(path.read_text(encoding="utf-8"))
    for cell in document["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [_output(output, mask) for output in cell["outputs"]]
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _output(output: dict[str, Any], mask: Mask) -> dict[str, Any]:
    data = output.get("data", {})
    if MIME in data:
        try:
            block = mask.plain(Block.model_validate(data[MIME]))
        except ValidationError:  # the report says which cell, and what is wrong with it
            return output
        return output | {"data": block._repr_mimebundle_()}
    told = {name: _text(output[name], mask) for name in ("text", "ename", "evalue", "traceback") if name in output}
    shown = {kind: value if kind.startswith(PICTURES) else _text(value, mask) for kind, value in data.items()}
    return output | told | ({"data": shown} if data else {})


def _text(value: Any, mask: Mask) -> Any:
    return [mask.masked(line) for line in value] if isinstance(value, list) else mask.masked(str(value))
