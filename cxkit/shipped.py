"""Words and notebooks that come with the package: ``playbook/`` and ``notebooks/``.

In a source checkout both lie beside the package; in an installed wheel they lie inside it, under
``cxkit/_shipped``. Everything that reads them asks here, so that an installed `cxkit` works from any folder.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml as _yaml

_PACKAGE = Path(__file__).resolve().parent
FOLDERS = ("playbook", "notebooks")


def path(name: str) -> Path:
    """Where a shipped file or folder lies: ``playbook/maturity.yml``, ``notebooks``.

    Raises `FileNotFoundError` naming both places when it is in neither.

    >>> path("playbook").is_dir()
    True
    """
    if name.split("/", maxsplit=1)[0] not in FOLDERS:
        raise FileNotFoundError(f"'{name}' is not shipped: a shipped name begins with {' or '.join(FOLDERS)}")
    inside, beside = _PACKAGE / "_shipped" / name, _PACKAGE.parent / name
    for found in (inside, beside):
        if found.exists():
            return found
    raise FileNotFoundError(f"'{name}' did not come with cxkit: it is in neither {inside.parent} nor {beside.parent}")


@cache
def text(name: str) -> str:
    """The text of a shipped file, as UTF-8 with plain line ends.

    >>> text("playbook/maturity.yml").startswith("#")
    True
    """
    return path(name).read_text(encoding="utf-8")


def yaml(name: str) -> Any:
    """The content of a shipped YAML file, fresh at every call.

    >>> sorted(yaml("playbook/maturity.yml"))
    ['capabilities', 'levels', 'version']
    """
    return parsed(text(name))


def parsed(text: str) -> Any:
    """YAML of our own, by the parser in C where PyYAML was built with it: every kernel reads some, ten times as fast.

    >>> parsed("a: [1, b]")
    {'a': [1, 'b']}
    """
    return _yaml.load(text, Loader=getattr(_yaml, "CSafeLoader", _yaml.SafeLoader))
