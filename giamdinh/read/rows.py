"""A table document to rows: field name → raw text, by local name, with the aliases of the specs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.read.parsing import local_name
from giamdinh.read.refused import RefusedError
from giamdinh.tables.specs import ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from lxml import etree

    from giamdinh.model import TableSpec
    from giamdinh.read.limits import Limits

SIGNATURE = "CHUKYDONVI"


@dataclass(slots=True)
class TableRows:
    """What one table document holds.

    Attributes:
        rows: field → text as written; a field without text is absent.
        unknown: tags that the specification does not know, with how often.
        notes: what is odd about the document though its rows were read, in Vietnamese.
    """

    rows: list[dict[str, str]] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


@cache
def table_of_root() -> dict[str, str]:
    """Root tag → table."""
    specs = table_specs().values()
    return {spec.root or spec.row: spec.name for spec in specs if spec.name != ENVELOPE_TABLE}


def read_rows(root: etree._Element, spec: TableSpec, limits: Limits) -> TableRows:
    """The rows below `root`, wherever they stand, in document order.

    Raises:
        RefusedError: the document is of another table, or is nested too deeply.
    """
    reader = RowReader(spec, limits)
    name = local_name(root.tag)
    reader.walk(root)
    found = reader.finish()
    if spec.root in ("", name):
        if found.unknown and not found.rows:
            found.notes.append(f"{spec.name} không có dòng {spec.row} nào; kiểm tra tên thẻ dòng")
        return found
    if found.rows:
        note = f"thẻ gốc của {spec.name} không phải {spec.root}; các dòng vẫn được đọc"
        found.notes.append(note)
        return found
    other = table_of_root().get(name)
    what = f"bảng {other}" if other else "một tài liệu khác"
    reason = f"LOAIHOSO ghi {spec.name} nhưng nội dung là {what}; sửa LOAIHOSO rồi xuất lại"
    raise RefusedError("noi_dung_la", reason)


class RowReader:
    """Collects rows of one table and what is odd about them."""

    def __init__(self, spec: TableSpec, limits: Limits) -> None:
        self._spec = spec
        self._limits = limits
        self._names = _names(spec.name)
        self._repeated: set[str] = set()
        self._marked_up: set[str] = set()
        self._stray_text = False
        self.found = TableRows()

    def walk(self, root: etree._Element) -> None:
        """Reads every row at or below `root`."""
        spec = self._spec
        stack = [(root, 1)]
        while stack:
            element, depth = stack.pop()
            if depth > self._limits.depth:
                raise _too_deep()
            name = local_name(element.tag)
            if name == spec.row:
                self.add(element, depth)
            elif len(element):
                if name not in (spec.root, spec.list_tag, "NOIDUNGFILE"):
                    self.found.unknown[name] += 1
                stack.extend((child, depth + 1) for child in reversed(element))
            elif name not in (spec.root, spec.list_tag, SIGNATURE):
                self.found.unknown[name] += 1

    def add(self, element: etree._Element, depth: int = 1) -> None:
        """Reads one row element, and rows inside it when it only wraps them."""
        if element.text and not element.text.isspace():
            self._stray_text = True
        row: dict[str, str] = {}
        names = self._names
        odd = []
        for cell in element:
            name = names.get(cell.tag)
            if name is None or len(cell):
                odd.append(cell)
                continue
            text = cell.text
            if text:
                if name in row:
                    text = self._one_of(name, row[name], text)
                row[name] = text
        inner = [cell for cell in odd if self._odd_cell(cell, row, depth)] if odd else ()
        # A single record without any tag means that there is none.
        if len(element) > len(inner) or (self._spec.row != self._spec.root and not inner):
            self.found.rows.append(row)
        for cell in inner:
            self._marked_up.add(self._spec.row)
            if depth >= self._limits.depth:
                raise _too_deep()
            self.add(cell, depth + 1)

    def finish(self) -> TableRows:
        """All rows, with notes on the oddities met."""
        notes = self.found.notes
        table = self._spec.name
        if self._repeated:
            notes.append(
                f"{table} có trường viết hai lần với giá trị khác nhau trong cùng một dòng "
                f"({_listed(self._repeated)}); giữ giá trị đầu"
            )
        if self._marked_up:
            notes.append(
                f"{table} có thẻ con nằm trong giá trị hoặc dòng nằm trong dòng "
                f"({_listed(self._marked_up)}); chỉ đọc phần chữ"
            )
        if self._stray_text:
            notes.append(f"{table} có chữ nằm ngoài các trường; phần đó không được đọc")
        return self.found

    def _odd_cell(self, cell: etree._Element, row: dict[str, str], depth: int) -> bool:
        """A cell with a namespace, with elements in it, or unknown; True for a row in a row."""
        tag = local_name(cell.tag)
        name = self._names.get(tag)
        if name is None:
            if tag == self._spec.row:
                return True
            if tag:
                self.found.unknown[tag] += 1
            return False
        text = cell.text or ""
        if len(cell):
            if _deeper(cell, self._limits.depth - depth):
                raise _too_deep()
            self._marked_up.add(name)
            text = "".join(str(part) for part in cell.itertext())
        if text:
            row[name] = self._one_of(name, row[name], text) if name in row else text
        return False

    def _one_of(self, name: str, first: str, second: str) -> str:
        """The text to keep of a field written twice: the first that says something."""
        if not first.strip():
            return second
        if second.strip() not in ("", first.strip()):
            self._repeated.add(name)
        return first


@cache
def _names(table: str) -> dict[object, str]:
    """Tag → field, for the fields of a table and their older names."""
    fields = table_specs()[table].fields
    names: dict[object, str] = {alias: f.name for f in fields for alias in f.aliases}
    names.update((f.name, f.name) for f in fields)
    return names


def _deeper(element: etree._Element, levels: int) -> bool:
    """Whether elements below `element` go deeper than `levels`."""
    layer = [element]
    for _ in range(max(levels, 0)):
        layer = [child for parent in layer for child in parent]
        if not layer:
            return False
    return bool(layer)


def _too_deep() -> RefusedError:
    return RefusedError("qua_sau", "Bảng lồng thẻ quá sâu; xuất lại từ phần mềm")


def _listed(names: set[str]) -> str:
    shown = sorted(names)[:5]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
