"""The code frame of a client: ours, and ``data/<client>/taxonomy.yml`` on top where people have written one."""

from __future__ import annotations

from pathlib import Path

import yaml

from cxkit import errors, shipped
from cxkit.engagement.doubles import doubles
from cxkit.instrument.code_frame import OURS, CodeFrame, code_frame

FILE = "taxonomy.yml"


def read_frame(folder: Path) -> CodeFrame:
    """The frame a client's texts are read by; `InputError` lists everything that is wrong with the client's file.

    >>> read_frame(Path("nowhere")).version
    '1'
    """
    path = folder / FILE
    if not path.is_file():
        return code_frame(shipped.yaml(OURS))
    where = f"{folder.name}/{FILE}"
    try:
        text = path.read_text(encoding="utf-8-sig")
        given, problems = yaml.safe_load(text), doubles(text)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        mark = getattr(problem, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise errors.InputError(
            f"{where} cannot be read as YAML{line}. Check quotes, colons and indentation."
        ) from None
    if problems:
        raise errors.InputError(errors.all_problems(problems, what=where))
    return code_frame(shipped.yaml(OURS), given if given is not None else {}, where=where)
