"""Names that a settings file gives twice: YAML keeps the last without a word, and a line somebody wrote is lost."""

from __future__ import annotations

from collections.abc import Iterator

import yaml


def doubles(text: str) -> list[str]:
    """What is given twice in a YAML file, a sentence each; `yaml.YAMLError` where it cannot be read.

    >>> doubles("name: Acme\\nwarehouse:\\n  tables:\\n    revenue: a\\n    revenue: b\\n")
    ['warehouse.tables.revenue: given in line 4 and again in line 5; keep one of them']
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    return list(_doubles(node, (), set())) if node is not None else []


def _doubles(node: yaml.Node, above: tuple[str, ...], met: set[int]) -> Iterator[str]:
    """What is given twice in a part that was not met yet: an alias can lead anywhere, also back."""
    if id(node) in met or isinstance(node, yaml.ScalarNode):
        return
    met.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _doubles(part, above, met)
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        where = (*above, name)
        if name in first:
            yield f"{'.'.join(where)}: given in line {first[name]} and again in line {line}; keep one of them"
        first.setdefault(name, line)
        yield from _doubles(value, where, met)
