"""The comparison as tables, for the terminal and the workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.compare.difference import FATES, severities
from giamdinh.report.grid import Column, Sheet, typed
from giamdinh.text import severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from giamdinh.compare.difference import Difference, Fate
    from giamdinh.money import Group
    from giamdinh.report.grid import Cell

FATE_VI: dict[Fate, str] = {
    "new": "Mới",
    "same": "Còn",
    "fixed": "Đã hết",
    "gone": "Không còn trong dữ liệu",
    "unchecked": "Không kiểm lại được",
    "aside": "Lần sau tạm giữ hoặc bỏ qua",
}
MEANING: dict[Fate, str] = {
    "new": "lần trước không có",
    "same": "có ở cả hai lần",
    "fixed": "hồ sơ vẫn có, quy tắc đã chạy lại và không bắt nữa",
    "gone": "hồ sơ hoặc tệp không có trong lần sau, nên không phải đã sửa",
    "unchecked": "lần sau quy tắc không chạy, nên chưa biết đã sửa chưa",
    "aside": "lần sau vẫn bắt nhưng không tính",
}
_COUNTED: tuple[Fate, ...] = ("new", "fixed", "same")
_DETAIL = (
    Column("So sánh", 16, repeated=True),
    Column("Vì sao mới", 20, repeated=True),
    Column("Mã CSKCB", 8, repeated=True),
    Column("Mã LK", 16),
    Column("Bảng", 8, repeated=True),
    Column("Dòng STT", 7, "count"),
    Column("Trường", 18, repeated=True),
    Column("Giá trị khai", 18, "typed"),
    Column("Giá trị đúng/tham chiếu", 18, "typed"),
    Column("Mã quy tắc", 10, repeated=True),
    Column("Mức độ", 10, "severity"),
    Column("Mô tả", 50, "wrap"),
    Column("Số tiền đề nghị xem xét (đ)", 14, "money"),
    Column("Hướng xử lý", 40, "wrap", repeated=True),
    Column("Tệp", 30),
    Column("Mã đối chiếu", 18),
)


def totals(difference: Difference) -> Sheet:
    """Findings, claims and money by fate."""
    rows: list[tuple[Cell, ...]] = []
    for fate in FATES:
        findings, claims, money = difference.total(fate)
        row = (FATE_VI[fate], findings, claims, money.error, money.warning, MEANING[fate])
        if findings or fate in _COUNTED:
            rows.append(row)
    columns = (
        Column("So với lần trước", 28),
        Column("Phát hiện", 12, "count"),
        Column("Hồ sơ", 12, "count"),
        Column("Đề nghị xuất toán (đ)", 19, "money"),
        Column("Cần xem xét (đ)", 19, "money"),
        Column("Nghĩa là", 60, "wrap"),
    )
    return Sheet("So sánh hai lần chạy", columns, rows)


def by_severity(difference: Difference) -> Sheet:
    """Each severity's findings and money by fate."""
    found = {fate: difference.groups(fate, "severity") for fate in FATES}
    rows: list[tuple[Cell, ...]] = [
        (severity(name), *_counts(found, (name,))) for name in severities(difference)
    ]
    return Sheet("Theo mức độ", (Column("Mức độ", 14), *_columns(found)), rows)


def by_rule(difference: Difference, titles: Mapping[str, str], most: int | None = None) -> Sheet:
    """Each rule's findings and money by fate, those with most change first.

    With `most`, only rules with a change, and no more of them.
    """
    found = {fate: difference.groups(fate, "rule") for fate in FATES}
    keys = {
        key for fate, groups in found.items() for key in groups if most is None or fate != "same"
    }
    order = sorted(keys, key=lambda key: (*_change(found, key), key))
    rows: list[tuple[Cell, ...]] = [
        (*key, titles.get(key[0], ""), *_counts(found, key)) for key in order[:most]
    ]
    columns = (Column("Mã quy tắc", 11), Column("Tên quy tắc", 52, "wrap"), *_columns(found))
    if len(rows) < len(order):
        nothing: list[Cell] = [None] * (len(columns) - 2)
        rows.append(("", f"… còn {len(order) - len(rows)} quy tắc nữa", *nothing))
    return Sheet("Theo quy tắc", columns, rows, fixed=2)


def details(difference: Difference) -> Sheet:
    """Every finding of both runs with what became of it."""
    return Sheet("ChiTiet", _DETAIL, _detail_rows(difference), fixed=1)


def notes(difference: Difference, warned: Sequence[str]) -> Sheet:
    """Which runs were compared and what to keep in mind."""
    rows = [
        ("Lần trước", difference.earlier.name, str(difference.earlier.said.get("started", ""))),
        ("Lần sau", difference.later.name, str(difference.later.said.get("started", ""))),
        *(("Lưu ý", text, "") for text in warned),
    ]
    columns = (Column("Mục", 14), Column("Nội dung", 100, "wrap"), Column("Thời điểm", 28))
    return Sheet("ThongTin", columns, rows)


def _detail_rows(difference: Difference) -> Iterator[tuple[Cell, ...]]:
    for fate, why, fingerprint, f in difference.each():
        yield (
            FATE_VI[fate],
            why,
            f.facility,
            f.claim,
            f.table,
            f.row or None,
            f.field,
            typed(f.table, f.field, f.value),
            typed(f.table, f.field, f.expected),
            f.rule,
            f.severity,
            f.message,
            f.amount,
            f.fix,
            f.file,
            fingerprint,
        )


def _shown(found: Mapping[Fate, object]) -> list[Fate]:
    """The fates that have a column: the three that are always there, and others that occur."""
    return [fate for fate in FATES if fate in _COUNTED or found[fate]]


def _columns(found: Mapping[Fate, object]) -> tuple[Column, ...]:
    out = []
    for fate in _shown(found):
        out += [Column(FATE_VI[fate], 12, "count"), Column(f"{FATE_VI[fate]} (đ)", 16, "money")]
    return tuple(out)


def _counts(
    found: Mapping[Fate, Mapping[tuple[str, ...], Group]], key: tuple[str, ...]
) -> tuple[int, ...]:
    out: list[int] = []
    for fate in _shown(found):
        group = found[fate].get(key)
        out += [group.findings, _money(group)] if group else [0, 0]
    return tuple(out)


def _change(
    found: Mapping[Fate, Mapping[tuple[str, ...], Group]], key: tuple[str, ...]
) -> tuple[int, int]:
    groups = [found[fate].get(key) for fate in ("new", "fixed")]
    return (
        -sum(_money(group) for group in groups if group),
        -sum(group.findings for group in groups if group),
    )


def _money(group: Group) -> int:
    return group.money.error + group.money.warning
