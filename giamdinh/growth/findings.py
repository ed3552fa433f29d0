"""Growth worth a look, in words: what, how much, and what drives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.growth.formspec import class_names
from giamdinh.growth.measures import part_of
from giamdinh.growth.model import DIMENSIONS, LEVELS, MIXES, Finding
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.growth.model import Against, Change, Dimension, GrowthReport, Ratio

_CODES: dict[Dimension, str] = {
    "co_so": "GRW-001",
    "loai": "GRW-001",
    "khoa": "GRW-002",
    "bac_si": "GRW-003",
    "benh": "GRW-004",
    "nhom": "GRW-001",
    "muc": "GRW-009",
}
_BY_PART = {
    "xet_nghiem": "GRW-007",
    "cdha": "GRW-007",
    "thuoc": "GRW-008",
    "vat_tu": "GRW-010",
    "phau_thuat": "GRW-011",
    "thu_thuat": "GRW-011",
}
"""Rules of the parts that groups of items belong to."""
_ITEM_PARTS = ("thuoc", "vat_tu")
"""Parts whose single items have a rule of their own."""
_PEERS, _OWN, _NEW, _PERSON = "GRW-014", "GRW-001", "GRW-009", "bac_si"
_DRIVERS = 3
_MOVED: dict[str, tuple[Dimension, tuple[str, ...]]] = {
    "GRW-005": ("benh", ()),
    "GRW-006": ("benh", ()),
    "GRW-007": ("muc", ("xet_nghiem", "cdha")),
    "GRW-011": ("muc", ("phau_thuat", "thu_thuat")),
    "GRW-012": ("loai", ()),
    "GRW-013": ("doi_tuong", ()),
}
"""Where the drivers of a change of structure are looked for: dimension, and parts of items."""


def findings_of(report: GrowthReport) -> list[Finding]:
    """All findings, most money first."""
    found = [
        *_of_changes(report),
        *_of_months(report),
        *_of_peers(report),
        *_of_parts(report),
        *_of_ratios(report),
        *_of_cards(report),
        *_of_new_items(report),
    ]
    return sorted(found, key=lambda f: (-f.level, -f.amount, f.code, f.facility, f.key))


def _of_changes(report: GrowthReport) -> Iterator[Finding]:
    costs = {change.facility: change.total.cost for change in report.changes["co_so"]}
    for dimension, changes in report.changes.items():
        for change in changes:
            rise = change.effects.change
            least = costs.get(change.facility, 0) * report.limits.share / 100
            if change.level and rise >= least:
                yield Finding(
                    code=_code(change),
                    facility=change.facility,
                    dimension=dimension,
                    key=change.key,
                    level=change.level,
                    amount=rise,
                    message=_message(change, report),
                    drivers=tuple(_drivers(change, report)),
                )


def _code(change: Change) -> str:
    own = _CODES[change.dimension]
    if change.dimension == "nhom":
        return _BY_PART.get(part_of().get(change.key, ""), own)
    if change.dimension == "muc":
        part = part_of().get(change.group, "")
        return _BY_PART[part] if part in _ITEM_PARTS else own
    return own


def _message(change: Change, report: GrowthReport) -> str:
    what = DIMENSIONS[change.dimension]
    name = f" {_named(change.key, change.name)}" if change.key else ""
    found = change.effects
    usual = ""
    if found.change < report.limits.spreads * change.chance:
        usual = f"; với {number_vi(change.cases[0], 0)} lượt, mức tăng này có thể do ngẫu nhiên"
    return (
        f"{what}{name}: chi kỳ {report.period} {_dong(change.total.cost)}, tăng "
        f"{percent_vi(change.growth)} so với {report.before} ({LEVELS[change.level or 0]}); thay "
        f"đổi {_dong(found.change)} = số lượng {_dong(found.volume)} + cơ cấu {_dong(found.mix)} + "
        f"đơn giá {_dong(found.price)}{usual}"
    )


def _drivers(change: Change, report: GrowthReport) -> Iterator[str]:
    """What rose most within a facility; parts name their largest effect."""
    if change.dimension == "co_so":
        yield from _of_facility(report, change.facility)
        return
    parts = (
        (change.effects.volume, "số lượng"),
        (change.effects.mix, "cơ cấu"),
        (change.effects.price, "đơn giá"),
    )
    amount, name = max(parts)
    yield f"chủ yếu do {name}: {_dong(amount)}"


def _of_facility(report: GrowthReport, facility: str, most: int = _DRIVERS) -> Iterator[str]:
    """What rose most within a facility, so many of each dimension."""
    dimensions: tuple[Dimension, ...] = ("loai", "khoa", "benh", "nhom", "muc")
    for dimension in dimensions:
        yield from _top(report.changes.get(dimension, ()), facility, most)


def _top(changes: Sequence[Change], facility: str, most: int = _DRIVERS) -> Iterator[str]:
    own = [c for c in changes if c.facility == facility and c.effects.change > 0]
    for change in own[:most]:
        what = {**DIMENSIONS, **MIXES}[change.dimension]
        yield f"{what} {_named(change.key, change.name)}: +{_dong(change.effects.change)}"


def _named(key: str, name: str) -> str:
    """A key with its name; a class of care is known by its name alone."""
    if key in class_names():
        return class_names()[key]
    return f"{shown_key(key)} {name}".strip()


def _of_months(report: GrowthReport) -> Iterator[Finding]:
    for row in report.own_months:
        if row.level:
            above = f"{percent_vi(row.above)} ({LEVELS[row.level]})"
            text = (
                f"Chi bình quân tháng của kỳ {report.period} {_dong(row.value)}, cao hơn "
                f"trung vị {row.sample} tháng trước {above}; {row.note}"
            )
            drivers = tuple(_of_facility(report, row.facility, 1))
            yield _finding(_OWN, row, "thang_truoc", text, drivers)


def _of_peers(report: GrowthReport) -> Iterator[Finding]:
    for row in report.peers:
        if row.level:
            text = (
                f"{_named(row.key, '')}: chi bình quân lượt {_dong(row.value)}, cao hơn trung vị "
                f"{_dong(row.middle)} là {percent_vi(row.above)} ({LEVELS[row.level]}); {row.note}"
            )
            dearer = [
                f"{DIMENSIONS[part.dimension]} {_named(part.against.key, part.name)}: cao hơn "
                f"{percent_vi(part.against.above)}"
                for part in report.part_peers
                if part.against.facility == row.facility
            ]
            yield _finding(_PEERS, row, "cung_cap", text, tuple(dearer[:_DRIVERS]))


def _of_parts(report: GrowthReport) -> Iterator[Finding]:
    """Parts that stand out among their own months or their peers, where the year does not say it.

    A part that already stands out against last year is not told twice.
    """
    told = {
        (change.facility, dimension, change.key)
        for dimension, changes in report.changes.items()
        for change in changes
        if change.level
    }
    whole = {(c.dimension, c.facility, c.key): c for c in _all(report)}
    for part in report.part_months:
        row = part.against
        if (row.facility, part.dimension, row.key) in told:
            continue
        text = (
            f"{DIMENSIONS[part.dimension]} {_named(row.key, part.name)}: chi bình quân tháng của "
            f"kỳ {report.period} {_dong(row.value)}, cao hơn trung vị {row.sample} tháng trước "
            f"{percent_vi(row.above)} ({LEVELS[row.level or 0]}); {row.note}"
        )
        change = whole[part.dimension, row.facility, row.key]
        yield _finding(_code(change), row, part.dimension, text)
    for part in report.part_peers:
        row = part.against
        unit = "một đơn vị" if part.dimension == "muc" else "bình quân lượt"
        text = (
            f"{DIMENSIONS[part.dimension]} {_named(row.key, part.name)}: chi {unit} "
            f"{_dong(row.value)}, cao hơn trung vị {_dong(row.middle)} là {percent_vi(row.above)} "
            f"({LEVELS[row.level or 0]}); {row.note}"
        )
        code = _CODES["bac_si"] if part.dimension == _PERSON else _PEERS
        yield _finding(code, row, part.dimension, text)


def _all(report: GrowthReport) -> Iterator[Change]:
    for changes in report.changes.values():
        yield from changes


def _of_ratios(report: GrowthReport) -> Iterator[Finding]:
    """Structure that moved, with what moved most within it."""
    for row in report.ratios:
        if row.level:
            text = (
                f"{row.name} {figure_vi(row.value, percent=row.percent)}, {_expected(row, report)} "
                f"({LEVELS[row.level]})"
            )
            drivers = tuple(_moved(row, report))
            yield Finding(row.rule, row.facility, "co_cau", row.key, row.level, 0, text, drivers)


def _expected(row: Ratio, report: GrowthReport) -> str:
    parts = []
    if row.expected is not None:
        known = figure_vi(row.expected, percent=row.percent)
        rise = f": tăng {percent_vi(row.rise)}" if row.rise is not None else ""
        parts.append(f"{report.before} là {known}{rise}")
    if row.middle is not None:
        middle = figure_vi(row.middle, percent=row.percent)
        parts.append(f"trung vị {row.sample} tháng trước là {middle}")
    return ", ".join(parts)


def _moved(row: Ratio, report: GrowthReport) -> Iterator[str]:
    dimension, parts = _MOVED[row.rule]
    known = {**report.changes, **report.mixes}
    own = [
        change
        for change in known.get(dimension, ())
        if not parts or part_of().get(change.group) in parts
    ]
    yield from _top(own, row.facility)


def _of_cards(report: GrowthReport) -> Iterator[Finding]:
    """Cost per insured person that grew, and that is high among its peers."""
    for one in report.cards:
        if one.level and one.cards and one.before_cards and one.by_cards is not None:
            now, before = one.total.cost / one.cards, one.total.before_cost / one.before_cards
            text = (
                f"Chi một thẻ {_dong(round(now))}, {report.before} là {_dong(round(before))}: tăng "
                f"{percent_vi((now - before) * 100 / before)} ({LEVELS[one.level]}); thay đổi của "
                f"chi = số thẻ {_dong(one.by_cards)} + lượt một thẻ {_dong(one.by_visits or 0)} + "
                f"chi một lượt {_dong(one.by_price or 0)}"
            )
            amount = one.total.cost - one.total.before_cost
            drivers = tuple(_of_facility(report, one.facility, 1))
            yield Finding(_OWN, one.facility, "mot_the", "", one.level, amount, text, drivers)
    for row in report.card_peers:
        if row.level:
            text = (
                f"Chi một thẻ {_dong(row.value)}, cao hơn trung vị {_dong(row.middle)} là "
                f"{percent_vi(row.above)} ({LEVELS[row.level]}); {row.note}"
            )
            yield _finding(_PEERS, row, "mot_the", text)


def _of_new_items(report: GrowthReport) -> Iterator[Finding]:
    """Items that no month before had, with a share of the facility's cost."""
    if report.seen is None:
        return
    costs = {change.facility: change.total.cost for change in report.changes["co_so"]}
    for change in report.changes["muc"]:
        cost = change.total.cost
        least = costs.get(change.facility, 0) * report.limits.share / 100
        if cost >= max(least, 1) and (change.facility, change.key) not in report.seen:
            text = (
                f"{shown_key(change.key)} {change.name}: mới phát sinh, các tháng trước kỳ "
                f"{report.period} trong kho không có; chi {_dong(cost)}"
            )
            yield Finding(_NEW, change.facility, "muc", change.key, 1, cost, text)


def figure_vi(value: float | None, *, percent: bool) -> str:
    """A share in percent, or a mean, with two decimals."""
    if value is None:
        return ""
    scale, unit = (100, " %") if percent else (1, "")
    return number_vi(round(value * scale * 100), 2) + unit


def _finding(
    code: str, row: Against, dimension: str, text: str, drivers: tuple[str, ...] = ()
) -> Finding:
    amount = row.value - row.middle
    return Finding(code, row.facility, dimension, row.key, row.level or 0, amount, text, drivers)


def shown_key(key: str) -> str:
    """A key as people know it: items carry the table they stand in."""
    return key.partition("/")[2] if key.startswith("XML") else key


def percent_vi(value: float | None) -> str:
    """A percentage with one decimal."""
    return "không rõ" if value is None else f"{value:.1f} %".replace(".", ",")


def _dong(amount: int) -> str:
    return f"{number_vi(amount, 2)} đ"
