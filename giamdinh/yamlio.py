"""YAML as text: every scalar stays a string, duplicate keys are refused, line numbers are kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from giamdinh.errors import CardError

if TYPE_CHECKING:
    from pathlib import Path

    import yaml


class Lines(dict[str, int]):
    """First line of each key path such as `when` or `examples.0.name`, counted from 1."""

    def at(self, path: str) -> int:
        """The line of `path`, or of its nearest known ancestor."""
        while path and path not in self:
            path = path.rpartition(".")[0]
        return self.get(path, 1)


def load(path: Path) -> tuple[Any, Lines]:
    """The document in `path` with all scalars as text, and where each key stands.

    Raises:
        CardError: not YAML, or a key written twice.
    """
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    lines = Lines()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=loader)
        data = _plain(node, "", lines) if node is not None else None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "không phải YAML UTF-8"
        raise CardError([f"{path}:{line}: {problem}"]) from None
    except _DuplicateKeyError as error:
        raise CardError(
            [f"{path}:{error.line}: khóa '{error.key}' viết hai lần; xóa một khóa"]
        ) from None
    return data, lines


def as_date(text: str) -> date:
    """The day written as yyyy-mm-dd.

    Raises:
        ValueError: any other text.
    """
    return date.fromisoformat(text)


class _DuplicateKeyError(Exception):
    def __init__(self, key: str, line: int) -> None:
        super().__init__(key)
        self.key = key
        self.line = line


def _plain(node: yaml.Node, path: str, lines: Lines) -> Any:  # noqa: ANN401 - YAML is untyped
    import yaml

    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in out:
                raise _DuplicateKeyError(key, key_node.start_mark.line + 1)
            child = f"{path}.{key}" if path else key
            out[key] = _plain(value_node, child, lines)
            lines[child] = key_node.start_mark.line + 1
        return out
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(item, f"{path}.{i}" if path else str(i), lines)
            for i, item in enumerate(node.value)
        ]
    return node.value
