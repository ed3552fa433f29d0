"""Declared totals against the sums they stand for: every difference, and where it sits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from giamdinh.budget.model import SCALES, SPENT, TOTAL, Gap
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from giamdinh.budget.family import Family
    from giamdinh.budget.model import Against, Measure, Spending

_NAMED = 5
_UNITS = {"SO_LUOT": "lượt", "T_BHTT": "đ", "SO_TIEN": "đ"}


@dataclass(frozen=True, slots=True)
class _Scope:
    """What a declared total stands for.

    Attributes:
        facility: a code, or TOTAL for all.
        group: the centre whose facilities a TOTAL covers, "" for all.
        rows: the data that belong to it.
    """

    facility: str
    group: str
    kind: str
    year: int
    month: int
    rows: tuple[Spending, ...]

    @property
    def name(self) -> str:
        """TONG, 79001, NHOM 79001, TONG/NOI_TRU, 79001/NOI_TRU."""
        who = f"NHOM {self.group}" if self.group else self.facility
        return who if self.kind == TOTAL else f"{who}/{self.kind}"

    @property
    def span(self) -> tuple[int, int]:
        """Year and month."""
        return self.year, self.month

    def sum(self, measure: Measure) -> int:
        """The sum of the data."""
        return sum(row.measure(measure) for row in self.rows)


def reconcile(rows: Sequence[Spending], declared: Sequence[Spending], family: Family) -> list[Gap]:
    """Each declared total beside the sum of its rows and of the declared totals below it."""
    pairs = [(row, _scope(row, rows, family)) for row in declared]
    gaps = []
    for measure in SPENT:
        found = [
            (scope, _gap(row, scope, measure, scope.sum(measure), "rows")) for row, scope in pairs
        ]
        gaps += [replace(gap, where=_where(scope, gap, found)) for scope, gap in found]
        gaps += _of_totals(pairs, measure)
    return sorted(gaps, key=lambda gap: (-gap.year, gap.month, gap.gap == 0))


def _gap(row: Spending, scope: _Scope, measure: Measure, total: int, against: Against) -> Gap:
    return Gap(
        scope=scope.name,
        year=scope.year,
        month=scope.month,
        measure=measure,
        declared=row.measure(measure),
        sum=total,
        against=against,
        place=row.place,
    )


def _scope(row: Spending, rows: Sequence[Spending], family: Family) -> _Scope:
    """The data that a declared row sums up.

    A centre's total is its own where it has data of its own that fit, else its whole group's.
    """
    group = row.group if row.facility == TOTAL and row.group != TOTAL else ""
    covered = set(family.below(group)) if group else None
    fitting = tuple(
        other
        for other in rows
        if other.year == row.year
        and row.kind in (TOTAL, other.kind)
        and row.month in (0, other.month)
    )
    if row.facility == TOTAL:
        own = tuple(o for o in fitting if covered is None or o.facility in covered)
        return _Scope(TOTAL, group, row.kind, row.year, row.month, own)
    own = tuple(other for other in fitting if other.facility == row.facility)
    below = set(family.below(row.facility))
    whole = tuple(other for other in fitting if other.facility in below)
    scope = _Scope(row.facility, "", row.kind, row.year, row.month, own)
    whole_fits = not own or (_fits(row, whole) and not _fits(row, own))
    if len(below) > 1 and whole_fits:
        return replace(scope, group=row.facility, rows=whole)
    return scope


def _fits(row: Spending, rows: Iterable[Spending]) -> bool:
    return row.cost == sum(other.cost for other in rows)


def _of_totals(pairs: Sequence[tuple[Spending, _Scope]], measure: Measure) -> list[Gap]:
    """Grand totals against the declared totals of all facilities, and of all classes.

    Only where that says something else than the comparison with the rows.
    """
    gaps = []
    for row, scope in pairs:
        if scope.facility != TOTAL or scope.group:
            continue
        same = [(o, s) for o, s in pairs if s.span == scope.span and not s.group]
        facilities = {o.facility: o for o, s in same if s.kind == scope.kind}
        facilities.pop(TOTAL, None)
        kinds = {o.kind: o for o, s in same if s.facility == TOTAL and s.kind != TOTAL}
        if facilities.keys() >= {r.facility for r in scope.rows}:
            total = sum(o.measure(measure) for o in facilities.values())
            gaps.append((scope, _gap(row, scope, measure, total, "facilities")))
        if scope.kind == TOTAL and kinds.keys() >= {r.kind for r in scope.rows}:
            total = sum(o.measure(measure) for o in kinds.values())
            gaps.append((scope, _gap(row, scope, measure, total, "kinds")))
    return [_placed(gap) for scope, gap in gaps if gap.gap and gap.sum != scope.sum(measure)]


def _placed(gap: Gap) -> Gap:
    lower = "các cơ sở" if gap.against == "facilities" else "các loại"
    text = f"các dòng tổng khai của {lower} cộng lại khác dòng này; dòng nào sai thì lệch ở trên"
    return replace(gap, scope=f"{gap.scope} so với tổng khai của {lower}", where=text)


def _where(scope: _Scope, gap: Gap, found: Sequence[tuple[_Scope, Gap]]) -> str:
    """Where the difference sits, as far as the other declared totals show it."""
    if not gap.gap:
        return ""
    if not scope.rows:
        return "chỉ có dòng tổng, không có dòng chi tiết nào để cộng"
    lower = [(s, g) for s, g in found if s.span == scope.span and s is not scope]
    facilities = [g for s, g in lower if _part(s, scope) and s.kind == scope.kind]
    kinds = [g for s, g in lower if s.kind != scope.kind == TOTAL and _same_who(s, scope)]
    notes = [
        note for note in (_located(gap, facilities, "cơ sở"), _located(gap, kinds, "loại")) if note
    ]
    crossing = [s.name for s, g in lower if g.gap == gap.gap and s.facility == TOTAL != s.kind]
    if scope.facility != TOTAL and crossing and scope.kind == TOTAL:
        notes.append(f"{crossing[0]} cũng lệch đúng số này: xem {scope.facility} × loại đó")
    if not notes:
        notes.append(f"dòng tổng khác tổng {_numbers(scope.rows)}; không có tổng cấp dưới bị lệch")
    return "; ".join((*notes, *_equal_row(scope, gap)))


def _part(lower: _Scope, scope: _Scope) -> bool:
    """Whether `lower` is the total of one facility of `scope`."""
    codes = {row.facility for row in scope.rows}
    return scope.facility == TOTAL != lower.facility and lower.facility in codes


def _same_who(lower: _Scope, scope: _Scope) -> bool:
    return (lower.facility, lower.group) == (scope.facility, scope.group)


def _located(gap: Gap, lower: Sequence[Gap], what: str) -> str:
    """What the totals one level down say of a gap; "" when there are none."""
    wrong = [other for other in lower if other.gap]
    if not lower:
        return ""
    if not wrong:
        return f"tổng từng {what} đều khớp: chênh nằm ở chính dòng tổng này"
    named = ", ".join(f"{g.scope} ({signed(g)})" for g in wrong[:_NAMED])
    more = f" và {len(wrong) - _NAMED} nơi nữa" if len(wrong) > _NAMED else ""
    explained = sum(other.gap for other in wrong)
    rest = (
        ""
        if explained == gap.gap
        else f"; còn {signed(replace(gap, sum=gap.sum + explained))} chưa rõ ở {what} nào"
    )
    return f"nằm ở {what} {named}{more}{rest}"


def signed(gap: Gap) -> str:
    """A gap as a reader sees it: +1.000 đ."""
    sign = "+" if gap.gap > 0 else ""
    return f"{sign}{number_vi(gap.gap, SCALES[gap.measure])} {_UNITS[gap.measure]}"


def _equal_row(scope: _Scope, gap: Gap) -> list[str]:
    """A row whose own figure is the gap: left out of the total, or counted twice."""
    equal = [row for row in scope.rows if row.measure(gap.measure) == abs(gap.gap)]
    if len(equal) != 1 or len(scope.rows) == 1:
        return []
    row = equal[0]
    return [f"đúng bằng số của {row.facility}/{row.kind} (dòng {row.place.row})"]


def _numbers(rows: Sequence[Spending]) -> str:
    numbers = sorted({row.place.row for row in rows})
    shown = ", ".join(map(str, numbers[:_NAMED]))
    if len(numbers) == 1:
        return f"dòng {shown}"
    return f"các dòng {shown}{' …' if len(numbers) > _NAMED else ''}"
