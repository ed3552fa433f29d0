"""One HOSO element to the rows of its tables, with everything odd about it named."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from giamdinh.read.parsing import local_name
from giamdinh.read.payload import table_document
from giamdinh.read.refused import RefusedError
from giamdinh.read.rows import TableRows, read_rows, table_of_root
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from lxml import etree

    from giamdinh.model import Problem
    from giamdinh.read.limits import Limits

# A birth of several children has one discharge paper for each of them.
_REPEATED_BY_DESIGN = frozenset({"XML7"})
_TABLE_NAME = re.compile(r"XML0*([0-9]+)")


@dataclass(slots=True)
class Hoso:
    """What one HOSO holds; without `xml1` it is no claim.

    Attributes:
        xml1: the row of XML1, the first one when there are several.
        facility: MA_CSKCB of XML1, else MACSKCB of the envelope.
        rows: table → rows, XML1 left out.
        dropped: table → rows that were counted and are not handed on.
        unknown: (table, tag) → count of tags that no specification knows.
        unread: tables that were sent and could not be read.
        problems: what was odd or could not be read.
    """

    xml1: dict[str, str] | None = None
    facility: str = ""
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    unread: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def get(self, name: str) -> str:
        """A field that all tables of a claim share, from XML1 or the first table that has it."""
        rows = [self.xml1] if self.xml1 is not None else []
        rows += [row for table in self.rows.values() for row in table[:1]]
        return next((row[name].strip() for row in rows if row.get(name, "").strip()), "")


def read_hoso(element: etree._Element, place: Problem, facility: str, limits: Limits) -> Hoso:
    """Reads all tables of a HOSO element.

    Args:
        element: the HOSO element.
        place: file and position for the problems; its kind and reason are not used.
        facility: MACSKCB of the envelope, for problems of a HOSO that does not say its own.
        limits: bounds on its tables.
    """
    reader = _HosoReader(place, limits)
    for child in element:
        if local_name(child.tag) == "FILEHOSO":
            reader.file_hoso(child)
        else:
            reader.hoso.unknown[ENVELOPE_TABLE, local_name(child.tag)] += 1
    hoso = reader.finish()
    claim = hoso.get("MA_LK")
    hoso.facility = (hoso.xml1 or {}).get("MA_CSKCB", "").strip() or facility
    hoso.problems = [replace(p, claim=claim, facility=hoso.facility) for p in hoso.problems]
    return hoso


class _HosoReader:
    """Collects the tables of one HOSO."""

    def __init__(self, place: Problem, limits: Limits) -> None:
        self._place = place
        self._limits = limits
        self._documents: Counter[str] = Counter()
        self._rows = 0
        self._xml1_refused: list[RefusedError] = []
        self._nameless_refused = False
        self.hoso = Hoso()

    def file_hoso(self, element: etree._Element) -> None:
        """Reads one FILEHOSO: LOAIHOSO says the table, NOIDUNGFILE holds it."""
        kinds: list[str] = []
        contents: list[etree._Element] = []
        for child in element:
            tag = local_name(child.tag)
            if tag == "LOAIHOSO":
                kinds.append("".join(str(part) for part in child.itertext()))
            elif tag == "NOIDUNGFILE":
                contents.append(child)
            else:
                self.hoso.unknown["FILEHOSO", tag] += 1
        if len(kinds) > 1 and len(kinds) != len(contents):
            reason = f"FILEHOSO có {len(kinds)} LOAIHOSO nhưng {len(contents)} NOIDUNGFILE"
            self._name("noi_dung_la", f"{reason}; mỗi bảng một FILEHOSO", kinds[0].strip())
            self._lose(*map(_table_name, kinds))
            return
        if (element.text or "").strip():
            reason = "FILEHOSO có nội dung nằm ngoài NOIDUNGFILE; phần đó không được đọc"
            self._name("noi_dung_la", reason)
            self._lose(*map(_table_name, kinds or [""]))
        kinds = kinds or [""]
        for i, content in enumerate(contents):
            self._content(kinds[min(i, len(kinds) - 1)], content)

    def _content(self, written: str, content: etree._Element) -> None:
        table = _table_name(written)
        if written.strip() and table not in table_specs():
            if len(content) or (content.text or "").strip():
                self._unknown_table(written)
            return
        inside = ""
        try:
            document = table_document(content, self._limits)
            if document is None:
                return
            inside = table_of_root().get(local_name(document.tag), "")
            table = table or inside
            if not table:
                self._unknown_table(written)
                self._lose("")
                return
            if table != written:
                reason = f"LOAIHOSO viết khác chuẩn, hiểu là {table}; ghi đúng {table}"
                self._name("loai_hoso_la", reason, table)
            self._keep(table, read_rows(document, table_specs()[table], self._limits))
        except RefusedError as refused:
            self._lose(table, inside or table)
            if table == CLAIM_TABLE:
                self._xml1_refused.append(refused)
            else:
                reason = f"{refused.reason} (hồ sơ không đầy đủ)"
                self._name(refused.kind, reason, table, lost=True)

    def _unknown_table(self, written: str) -> None:
        shown = "".join(c if c.isprintable() else "?" for c in written.strip()[:20])
        reason = f"LOAIHOSO “{shown}” không phải bảng XML0 đến XML15; nội dung không được đọc"
        self._name("bang_la", reason, shown)

    def _keep(self, table: str, found: TableRows) -> None:
        for note in found.notes:
            self._name("noi_dung_la", note[0].upper() + note[1:], table)
        for tag, times in found.unknown.items():
            self.hoso.unknown[table, tag] += times
        rows = found.rows
        if not rows:
            if found.notes:
                self._lose(table)
            return
        self._rows += len(rows)
        if self._rows > self._limits.rows_per_claim:
            most = self._limits.rows_per_claim
            self._name("qua_lon", f"Hồ sơ có hơn {most} dòng; bảng này không được đọc", table)
            self.hoso.dropped[table] += len(rows)
            self._lose(table)
            return
        self._documents[table] += 1
        if table == CLAIM_TABLE:
            self._keep_xml1(rows)
        else:
            self.hoso.rows.setdefault(table, []).extend(rows)

    def _keep_xml1(self, rows: list[dict[str, str]]) -> None:
        if self.hoso.xml1 is None:
            self.hoso.xml1 = rows[0]
            rows = rows[1:]
        if rows:
            reason = "Hồ sơ có nhiều hơn một XML1; chỉ dùng XML1 đầu tiên, tách hồ sơ rồi gửi lại"
            self._name("xml1_lap", reason, CLAIM_TABLE)
            self.hoso.dropped[CLAIM_TABLE] += len(rows)

    def finish(self) -> Hoso:
        """The HOSO, after what can only be said of it as a whole."""
        for table, times in self._documents.items():
            if times > 1 and table != CLAIM_TABLE and table not in _REPEATED_BY_DESIGN:
                reason = f"{table} có {times} lần trong một hồ sơ; dòng của mọi lần đều được giữ"
                self._name("bang_lap", f"{reason}, kiểm tra xem có gửi trùng không", table)
        if self._nameless_refused:
            self.hoso.unread.update(set(table_specs()) - set(self._documents))
        self.hoso.unread -= {CLAIM_TABLE, ENVELOPE_TABLE}
        lost = self.hoso.xml1 is None
        for refused in self._xml1_refused:
            follows = "hồ sơ không được giám định" if lost else "dùng XML1 khác trong hồ sơ"
            self._name(refused.kind, f"{refused.reason} ({follows})", CLAIM_TABLE)
        if lost and not self._xml1_refused:
            reason = "Hồ sơ không có XML1 nên không được giám định; xuất lại hồ sơ có XML1"
            self._name("thieu_xml1", reason, CLAIM_TABLE)
        return self.hoso

    def _lose(self, *tables: str) -> None:
        """Notes tables that were sent and cannot be read; "" may be any that is not there."""
        self._nameless_refused |= "" in tables
        self.hoso.unread.update(table for table in tables if table in table_specs())

    def _name(self, kind: str, reason: str, table: str = "", *, lost: bool = False) -> None:
        problem = replace(self._place, kind=kind, reason=reason, table=table, lost=lost)
        self.hoso.problems.append(problem)


def _table_name(written: str) -> str:
    """The table that a LOAIHOSO means, whatever its case and blanks; "" when none."""
    match = _TABLE_NAME.fullmatch("".join(written.split()).upper())
    return f"XML{match.group(1)}" if match else ""
