"""What is wrong with the rows of the lists themselves, as problems that cards refer to."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from giamdinh.catalogues.cells import day_of
from giamdinh.catalogues.lists import list_specs
from giamdinh.catalogues.tables import OPEN_START
from giamdinh.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.catalogues.catalogues import Catalogues
    from giamdinh.catalogues.lists import ListSpec
    from giamdinh.catalogues.tables import DatedTable

_NAMED = 3
_ORDER = (("TU_NGAY", "DEN_NGAY"), ("TU_NGAY_HD", "DEN_NGAY_HD"), ("TU_NGAY_HD", "TU_NGAY"))
"""Pairs of days of which the second is never before the first."""


def list_faults(catalogues: Catalogues) -> list[Problem]:
    """Every fault of the official lists; `file` names the list where the file is not known."""
    return [
        problem
        for kind, spec in list_specs().items()
        if spec.form
        for problem in _faults(catalogues, kind, spec)
    ]


def _faults(catalogues: Catalogues, kind: str, spec: ListSpec) -> Iterator[Problem]:
    yield from _of_files(catalogues, kind, spec)
    table = catalogues.table(kind)
    if table is None:
        return
    files = _files(catalogues, kind)
    found = [("dm_trung_dong", *fault) for fault in _overlaps(table, spec)]
    found += [("dm_nguoc_ngay", *fault) for fault in _disordered(table, spec)]
    for word, facility, reason in found:
        label = f"{spec.form} {facility}".strip()
        names = files.get(facility, [])
        file = names[0] if len(names) == 1 else label
        yield Problem(word, file, f"{label}: {reason}", facility=facility)


def _of_files(catalogues: Catalogues, kind: str, spec: ListSpec) -> Iterator[Problem]:
    """Files of several facilities, and files with rows that the gateway did not accept."""
    facilities: dict[str, Counter[str]] = defaultdict(Counter)
    for status in catalogues.statuses:
        if status.kind != kind:
            continue
        facilities[status.file][status.facility] += status.rows
        if status.refused:
            reason = f"{spec.form}: {status.refused} dòng bị từ chối, chờ duyệt hoặc tạm dừng"
            yield Problem("dm_tu_choi", status.file, reason, facility=status.facility)
    for file, rows in facilities.items():
        own = sorted(set(rows) - {""})
        if len(own) > 1:
            more = " …" if len(own) > _NAMED else ""
            reason = f"{spec.form}: {len(own)} cơ sở ({', '.join(own[:_NAMED])}{more})"
            yield Problem("dm_nhieu_cskcb", file, reason, facility=_owner(rows))


def _owner(rows: Counter[str]) -> str:
    """The facility that most rows of a file are of, "" when no facility has more than half."""
    ((facility, most),) = rows.most_common(1)
    return facility if 2 * most > rows.total() else ""


def _files(catalogues: Catalogues, kind: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for status in catalogues.statuses:
        if status.kind == kind and status.rows:
            found[status.facility].append(status.file)
    return found


def _overlaps(table: DatedTable, spec: ListSpec) -> Iterator[tuple[str, str]]:
    """Facility and reason of each item with rows that are in force together."""
    columns = [table.columns.get(name) or [""] * len(table) for name in spec.unique]
    if not columns:
        return
    rows: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, key in enumerate(zip(table.facility, *columns, strict=True)):
        if key[1] and table.start[row] <= table.end[row]:
            rows[key].append(row)
    for key, own in rows.items():
        own.sort(key=lambda row: (int(table.start[row]), row))
        for before, after in pairwise(own):
            if table.start[after] <= table.end[before]:
                reason = f"{_item(table, spec, [before, after])} cùng hiệu lực"
                yield key[0], reason + _since(int(table.start[after]))
                break


def _disordered(table: DatedTable, spec: ListSpec) -> Iterator[tuple[str, str]]:
    """Facility and reason of each row whose days are in the wrong order."""
    for first, second in _ORDER:
        pairs = zip(table.columns.get(first) or (), table.columns.get(second) or (), strict=False)
        for row, (earlier, later) in enumerate(pairs):
            if earlier and later and later < earlier:
                yield table.facility[row], f"{_item(table, spec, [row])} có {second} trước {first}"


def _item(table: DatedTable, spec: ListSpec, rows: Sequence[int]) -> str:
    """How a reader finds rows: the code and STT; never what names a person."""
    name = spec.unique[0]
    code = "" if spec.by_name[name].personal else f" mã {table.text(name, rows[0])[:30]}"
    numbers = [text for row in rows if (text := table.text("STT", row))]
    place = f" (STT {', '.join(numbers)})" if numbers else ""
    return f"{'các dòng' if len(rows) > 1 else 'dòng'}{code}{place}"


def _since(minutes: int) -> str:
    return "" if minutes == OPEN_START else f" từ {day_of(minutes):%d/%m/%Y}"
