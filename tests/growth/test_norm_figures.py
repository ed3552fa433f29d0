"""Norms, structure and charts of the growth report, against SQL on twenty months of Parquet."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import defaultdict
from datetime import date
from functools import cache
from math import sqrt
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

from giamdinh.growth import outputs
from giamdinh.growth.analyse import Norms, report_with
from giamdinh.growth.cards import add_cards
from giamdinh.growth.periods import month_vi, shifted
from tests.charts import Chart, charts_of
from tests.growth.made_months import FACILITIES, LAST, long_store
from tests.growth.recomputed import SHEETS, Asked, close
from tests.growth.test_growth import LIMITS, STARTED
from tests.tables import html_tables, in_sheets, sheets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from giamdinh.growth.model import GrowthReport

NOW, BEFORE = (202601, LAST), (202501, 202505)
MONTHS = [shifted(NOW[0], i) for i in range(5)]
EARLIER = [shifted(NOW[0], -back) for back in range(1, 13)]
ALIKE = dict.fromkeys(FACILITIES, ("cơ bản", "bệnh viện đa khoa"))
CARDS: dict[str, tuple[int | None, int | None]] = {
    code: (900 + 40 * i, 880 + 30 * i) for i, code in enumerate(FACILITIES)
}
SCALED_DEVIATION = 1.4826
Counts = dict[str, dict[int, tuple[int, int]]]


@cache
def asked() -> Asked:
    return Asked(long_store(), NOW, BEFORE)


@cache
def report() -> GrowthReport:
    made = report_with(long_store(), NOW, STARTED, Norms(ALIKE))
    add_cards(made, CARDS)
    return made


@cache
def written() -> tuple[dict[str, list[dict[str, Any]]], str]:
    """The sheets of the workbook, row by row under their headings, and the page."""
    _, book, page = outputs.write(report(), Path(mkdtemp()))
    return sheets_of(book), page.read_text("utf-8")


def counts_of(part: str, whole: str, source: str = "claims") -> Counts:
    """Facility and month to (part, whole)."""
    out: Counts = defaultdict(dict)
    for facility, month, some, every in asked().ask(
        f"SELECT KHO_CSKCB, KHO_THANG, ({part})::BIGINT, ({whole})::BIGINT FROM {source} "  # noqa: S608
        "GROUP BY 1, 2"
    ):
        out[facility][month] = (int(some or 0), int(every or 0))
    return out


def per_visit(lines: str, whole: str) -> Counts:
    """Counts of lines or claims that a query on XML3 gives, per visits."""
    found = {(facility, month): many for facility, month, many in asked().ask(lines)}
    visits = counts_of("0", whole)
    return {
        facility: {month: (found.get((facility, month), 0), one[1]) for month, one in own.items()}
        for facility, own in visits.items()
    }


def of_month(month: int, wanted: Callable[[date], bool]) -> float:
    """The share of a month's days that are such."""
    year, number = divmod(month, 100)
    days = [date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1)]
    return sum(map(wanted, days)) / len(days)


def weekend(month: int) -> float:
    return of_month(month, lambda day: day.weekday() >= 5)


def last_days(month: int) -> float:
    return of_month(month, lambda day: day.day > monthrange(day.year, day.month)[1] - 5)


def days_of(months: Iterable[int], share: Callable[[int], float] | None) -> float:
    """The share of the days of some months, 1 for figures that are none of days."""
    if share is None:
        return 1.0
    sizes = {month: monthrange(*divmod(month, 100))[1] for month in months}
    return sum(share(month) * size for month, size in sizes.items()) / sum(sizes.values())


INPATIENT = "count(*) FILTER (loai = 'NOI_TRU')"
FIGURES: dict[str, tuple[Callable[[], Counts], bool, Callable[[int], float] | None]] = {
    "Tỷ lệ lượt nội trú": (lambda: counts_of(INPATIENT, "count(*)"), True, None),
    "Ngày điều trị nội trú bình quân": (
        lambda: counts_of("sum(SO_NGAY_DTRI) FILTER (loai = 'NOI_TRU')", INPATIENT), False, None,
    ),
    "Số dòng xét nghiệm, chẩn đoán hình ảnh một lượt": (
        lambda: per_visit(
            "SELECT KHO_CSKCB, KHO_THANG, count(*) FROM XML3 WHERE MA_NHOM IN ('1', '2', '3') "
            "GROUP BY 1, 2", "count(*)",
        ), False, None,
    ),
    "Tỷ lệ hồ sơ nội trú có phẫu thuật": (
        lambda: per_visit(
            "SELECT KHO_CSKCB, KHO_THANG, count(DISTINCT KHO_HS) FROM kinds "
            "WHERE MA_NHOM = '8' AND loai = 'NOI_TRU' GROUP BY 1, 2", INPATIENT,
        ), True, None,
    ),
    "Tỷ lệ lượt vào ngày thứ bảy, chủ nhật": (
        lambda: counts_of("count(*) FILTER (dayofweek(NGAY_VAO) IN (0, 6))", "count(NGAY_VAO)"),
        True, weekend,
    ),
    "Tỷ lệ lượt vào năm ngày cuối tháng": (
        lambda: counts_of(
            "count(*) FILTER (NGAY_VAO::DATE > last_day(NGAY_VAO::DATE) - 5)", "count(NGAY_VAO)"
        ), True, last_days,
    ),
    "Tỷ lệ lượt không phải cùng chi trả": (
        lambda: counts_of("count(*) FILTER (T_BHTT > 0 AND T_BNCCT = 0)",
                          "count(*) FILTER (T_BHTT > 0)"), True, None,
    ),
}  # fmt: skip


def structure(
    parts: Mapping[int, tuple[int, int]], share: Callable[[int], float] | None
) -> dict[str, float | None]:
    """What the sheet must say of one figure of one facility."""
    now, then = (
        [sum(parts.get(m, (0, 0))[i] for m in months) for i in (0, 1)]
        for months in (MONTHS, [shifted(m, -12) for m in MONTHS])
    )
    days = days_of(MONTHS, share)
    before = days_of([shifted(m, -12) for m in MONTHS], share)
    expected = then[0] / then[1] * days / before if then[1] else None
    norm = [
        parts[m][0] / parts[m][1] * days / days_of([m], share)
        for m in EARLIER
        if m in parts and parts[m][1] >= max(LIMITS.visits / len(MONTHS), 1)
    ]
    value = now[0] / now[1]
    return {
        "Kỳ này": value,
        "Cùng kỳ năm trước, quy đổi": expected,
        "Tăng (%)": (value - expected) * 100 / expected if expected else None,
        "Trung vị các tháng trước": median(norm) if len(norm) >= LIMITS.months else None,
        "Số tháng": len(norm),
        "Tử số kỳ này": now[0],
        "Mẫu số kỳ này": now[1],
        "Tử số kỳ trước": then[0],
        "Mẫu số kỳ trước": then[1],
    }


@pytest.mark.parametrize("name", FIGURES)
def test_structure_is_that_of_the_store(name: str) -> None:
    counts, percent, share = FIGURES[name][0](), *FIGURES[name][1:]
    rows = {str(row["Mã CSKCB"]): row for row in written()[0]["CoCau"] if row["Chỉ tiêu"] == name}
    for facility, parts in counts.items():
        whole = sum(parts.get(month, (0, 0))[1] for month in MONTHS)
        some = sum(parts.get(shifted(m, -12 * i), (0, 0))[0] for m in MONTHS for i in (0, 1))
        if not (whole and some):
            assert facility not in rows
            continue
        scale = 100 if percent else 1
        for heading, value in structure(parts, share).items():
            figure = heading in {
                "Kỳ này", "Cùng kỳ năm trước, quy đổi", "Trung vị các tháng trước"
            }  # fmt: skip
            wanted = value * scale if figure and value is not None else value
            assert close(rows[facility][heading], wanted, 0.0051), (facility, heading)


@cache
def seasons() -> dict[int, float]:
    """What a calendar month is to the mean one, over all facilities."""
    costs = dict(asked().ask("SELECT KHO_THANG, sum(T_BHTT) FROM XML1 GROUP BY 1"))
    year = sum(float(costs[m]) for m in EARLIER)
    return {m % 100: float(costs[m]) * 12 / year for m in EARLIER}


def of_months(costs: Mapping[int, float], chance: float = 0) -> dict[str, float | None]:
    """A series of costs beside its own twelve months, the season taken out."""
    flat = seasons()
    value = sum(costs.get(m, 0) / flat[m % 100] for m in MONTHS) / len(MONTHS)
    norm = [costs[m] / flat[m % 100] for m in EARLIER if m in costs]
    return beside(value, norm, LIMITS.months, chance)


def beside(
    value: float, norm: list[float], least: int, chance: float = 0
) -> dict[str, float | None]:
    """A value beside the median of others, with the level that it has; all to the hundredth."""
    value, norm = round(value, 2), [round(other, 2) for other in norm]
    said: dict[str, float | None] = {"value": value, "Cỡ mẫu": len(norm), "level": None}
    said |= dict.fromkeys(
        ("Trung vị (đ)", "Cao hơn trung vị (%)", "Cách trung vị (lần độ lệch)"), None
    )
    if len(norm) >= least:
        middle = median(norm)
        spread = max(SCALED_DEVIATION * median(abs(other - middle) for other in norm), chance)
        above = (value - middle) * 100 / middle
        far = (value - middle) / spread if spread > 1e-6 else None
        unusual = value > middle if far is None else far >= LIMITS.spreads
        said |= {
            "Trung vị (đ)": middle,
            "Cao hơn trung vị (%)": above,
            "Cách trung vị (lần độ lệch)": far,
            "level": sum(above >= step for step in LIMITS.steps) if unusual else 0,
        }
    return said


def agrees(row: Mapping[str, Any], what: str, wanted: Mapping[str, float | None]) -> bool:
    """Whether a row of a norm shows what was recomputed; hundredths are rounded on the way."""
    levels = ("bình thường", "tăng thấp", "tăng cao", "tăng rất cao")
    level = wanted["level"]
    said = "mẫu quá nhỏ" if level is None else levels[int(level)]
    far = wanted["Cách trung vị (lần độ lệch)"]
    return (
        close(row[what], wanted["value"], 0.02)
        and close(row["Trung vị (đ)"], wanted["Trung vị (đ)"], 0.02)
        and close(row["Cao hơn trung vị (%)"], wanted["Cao hơn trung vị (%)"], 0.0051)
        and close(row["Cách trung vị (lần độ lệch)"], far, 0.0051 + abs(far or 0) * 1e-5)
        and row["Cỡ mẫu"] == wanted["Cỡ mẫu"]
        and row["Mức"] == said
    )


def test_every_facility_stands_beside_its_own_months() -> None:
    costs: dict[str, dict[int, float]] = defaultdict(dict)
    for facility, month, cost in asked().ask(
        "SELECT KHO_CSKCB, KHO_THANG, sum(T_BHTT) FROM XML1 GROUP BY 1, 2"
    ):
        costs[facility][month] = float(cost)
    rows = {str(row["Mã CSKCB"]): row for row in written()[0]["ThangTruoc"]}
    assert set(rows) == set(costs)
    for facility, row in rows.items():
        assert agrees(row, "Chi bình quân tháng (đ)", of_months(costs[facility])), facility


def test_every_facility_and_class_stands_beside_its_peers() -> None:
    names = {str(row["Tên"]): str(row["Loại KCB"]) for row in written()[0]["TheoLoai"]}
    found = asked().expected("TheoLoai")
    means: dict[str, dict[str, float]] = defaultdict(dict)
    for (facility, kind), figures in found.items():
        if figures["Số lượng kỳ này"] >= LIMITS.visits:
            means[kind][facility] = float(figures["Chi một đơn vị kỳ này (đ)"])
    spent = asked().expected("TheoCoSo")
    for facility in FACILITIES:
        cost = float(spent[facility, "(không ghi)"]["Chi kỳ này (đ)"])
        means["một thẻ"][facility] = cost / (CARDS[facility][0] or 1)
    rows = written()[0]["CungCap"]
    seen = set()
    for row in rows:
        facility, kind = str(row["Mã CSKCB"]), names.get(str(row["Loại KCB"]), str(row["Loại KCB"]))
        if facility not in means[kind]:
            assert row["Mức"] == "mẫu quá nhỏ"
            continue
        others = [mean for other, mean in means[kind].items() if other != facility]
        wanted = beside(means[kind][facility], others, LIMITS.peers - 1)
        assert agrees(row, "Chi bình quân lượt (đ)", wanted), (facility, kind)
        seen.add((facility, kind))
    assert seen == {(facility, kind) for kind, own in means.items() for facility in own}


PARTS = {
    "Loại KCB": ("TheoLoai", "loai", "claims"),
    "Khoa": ("TheoKhoa", "MA_KHOA", "lines"),
    "Người hành nghề": (
        "TheoNguoiHanhNghe", "trim(split_part(coalesce(MA_BAC_SI, ''), ';', 1))", "lines",
    ),
    "Nhóm bệnh": ("TheoNhomBenh", "left(MA_BENH_CHINH, 3)", "claims"),
    "Nhóm chi phí": ("TheoNhomChiPhi", "MA_NHOM", "lines"),
    "Thuốc, dịch vụ, vật tư": ("TheoMuc", "MUC", "lines"),
}  # fmt: skip


@cache
def sample(name: str, span: tuple[int, int]) -> dict[tuple[str, str], tuple[int, float]]:
    """Visits, or lines of an item, and their squared costs added up, by facility and key."""
    _, key, source = PARTS[name]
    each = "KHO_HS, STT, NGUON" if name == "Thuốc, dịch vụ, vật tư" else "KHO_HS"
    rows = asked().ask(
        "SELECT KHO_CSKCB, own, count(*), sum(cost::DOUBLE * cost::DOUBLE) FROM "  # noqa: S608
        f"(SELECT KHO_CSKCB, {key} AS own, sum(T_BHTT) AS cost FROM {source} WHERE KHO_THANG "
        f"BETWEEN {span[0]} AND {span[1]} GROUP BY KHO_CSKCB, own, {each}) GROUP BY 1, 2"
    )
    return {(facility, own or "(không ghi)"): (many, sums) for facility, own, many, sums in rows}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_a_level_when_it_rose_more_than_chance_explains(name: str) -> None:
    levels = ("bình thường", "tăng thấp", "tăng cao", "tăng rất cao")
    now, before = sample(name, NOW), sample(name, BEFORE)
    wanted = asked().expected(PARTS[name][0])
    rows = written()[0][PARTS[name][0]]
    seen = set()
    for row in rows:
        who = (str(row["Mã CSKCB"]), str(list(row.values())[1]))
        (many, squares), (many_before, squares_before) = (
            found.get(who, (0, 0.0)) for found in (now, before)
        )
        said = "mẫu quá nhỏ"
        if min(many, many_before) >= LIMITS.visits:
            far = float(wanted[who]["Tăng, giảm (đ)"]) / sqrt(squares + squares_before)
            growth = wanted[who]["Tăng (%)"]
            said = levels[sum(growth >= step for step in LIMITS.steps) * (far >= LIMITS.spreads)]
        assert row["Mức"] == said, who
        seen.add(said)
    assert len(seen) > 1


@pytest.mark.parametrize("name", PARTS)
def test_exactly_the_parts_that_stand_out_are_listed(name: str) -> None:
    sheet, key, source = PARTS[name]
    costs: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    for facility, own, month, cost in asked().ask(
        f"SELECT KHO_CSKCB, {key}, KHO_THANG, sum(T_BHTT) FROM {source} GROUP BY 1, 2, 3"  # noqa: S608
    ):
        costs[facility, own][month] = float(cost)
    unusual = {}
    for who, figures in asked().expected(sheet).items():
        many, squares = sample(name, NOW).get(who, (0, 0.0))
        enough = many >= LIMITS.visits
        if enough and figures["Tỷ trọng kỳ này (%)"] >= LIMITS.share and who[1] != "(không ghi)":
            wanted = of_months(costs[who], sqrt(squares) / len(MONTHS))
            if wanted["level"]:
                unusual[who] = wanted
    rows = [row for row in written()[0]["ThangTruocTungPhan"] if row["Chiều"] == name]
    codes = {str(row["Tên"]): str(row["Loại KCB"]) for row in written()[0]["TheoLoai"]}
    shown = {(str(row["Mã CSKCB"]), codes.get(row["Mã"], str(row["Mã"]))): row for row in rows}
    assert set(shown) == set(unusual)
    for who, row in shown.items():
        assert agrees(row, "Chi bình quân tháng (đ)", unusual[who]), who


def test_visits_and_cost_per_card_are_those_of_the_store() -> None:
    spent = asked().expected("TheoCoSo")
    rows = {str(row["Mã CSKCB"]): row for row in written()[0]["BinhQuanThe"]}
    assert set(rows) == set(FACILITIES)
    for facility, row in rows.items():
        figures = spent[facility, "(không ghi)"]
        cards, before = (float(many or 0) for many in CARDS[facility])
        cost, cost_before = (float(figures[f"Chi kỳ {when} (đ)"]) for when in ("này", "trước"))
        visits, visits_before = (float(figures[f"Số lượng kỳ {w}"]) for w in ("này", "trước"))
        assert close(row["Lượt một thẻ kỳ này"], visits / cards, 0.0051)
        assert close(row["Lượt một thẻ kỳ trước"], visits_before / before, 0.0051)
        assert close(row["Chi một thẻ kỳ này (đ)"], cost / cards, 0.51)
        assert close(row["Chi một thẻ kỳ trước (đ)"], cost_before / before, 0.51)
        each, each_before = cost / cards, cost_before / before
        assert close(row["Chi một thẻ tăng (%)"], (each / each_before - 1) * 100, 0.0051)
        by_cards = (cards - before) * cost_before / before
        by_price = cost - visits * cost_before / visits_before
        assert close(row["do số thẻ (đ)"], by_cards, 0.51)
        assert close(row["do chi một lượt (đ)"], by_price, 0.51)
        assert close(row["do lượt một thẻ (đ)"], cost - cost_before - by_cards - by_price, 1.1)
        parts = sum(row[f"do {part} (đ)"] for part in ("số thẻ", "lượt một thẻ", "chi một lượt"))
        assert close(parts, cost - cost_before)


def test_findings_name_the_rise_that_the_store_has() -> None:
    sheets = {
        "co_so": "TheoCoSo", "loai": "TheoLoai", "khoa": "TheoKhoa", "benh": "TheoNhomBenh",
        "bac_si": "TheoNguoiHanhNghe", "nhom": "TheoNhomChiPhi", "muc": "TheoMuc",
    }  # fmt: skip
    rows = written()[0]["TangTruong"]
    assert len(rows) == len(report().findings) > 10
    checked = 0
    for row, found in zip(rows, report().findings, strict=True):
        assert (row["Mã quy tắc"], row["Mã CSKCB"]) == (found.code, found.facility)
        if found.dimension in sheets and "thay đổi" in str(row["Nội dung"]):
            key = re.sub("^XML./", "", found.key) or "(không ghi)"
            wanted = asked().expected(sheets[found.dimension])[found.facility, key]
            assert close(row["Số tiền tăng (đ)"], wanted["Tăng, giảm (đ)"]), row
            checked += 1
    assert checked > 5


def drawn(chart: Chart, label: str, wanted: Mapping[str, float]) -> bool:
    """Whether a series of a chart shows these values, and no others."""
    values = chart.series[label]
    return set(values) == set(wanted) and all(
        abs(values[name] - value) <= chart.slack for name, value in wanted.items()
    )


def test_charts_draw_the_figures_of_the_store() -> None:
    charts = charts_of(written()[1])
    assert len(charts) == 2 + 3 * len(FACILITIES)
    whole = {who[0]: figures for who, figures in asked().expected("TheoCoSo").items()}
    for label, heading in (("Kỳ này", "Chi kỳ này (đ)"), ("Kỳ trước", "Chi kỳ trước (đ)")):
        wanted = {code: float(figures[heading]) for code, figures in whole.items()}
        assert drawn(charts["co-so"], label, wanted)
    for part in ("số lượng", "cơ cấu", "đơn giá"):
        wanted = {code: float(figures[f"do {part} (đ)"]) for code, figures in whole.items()}
        assert drawn(charts["vi-sao"], f"do {part}", wanted)
    months: dict[str, dict[str, float]] = defaultdict(dict)
    for facility, month, cost in asked().ask(
        "SELECT KHO_CSKCB, KHO_THANG, sum(T_BHTT) FROM XML1 GROUP BY 1, 2"
    ):
        months[facility][month_vi(month)] = float(cost)
    for code, figures in whole.items():
        assert drawn(charts[f"thang-{code}"], "", months[code]), code
        parts = {f"do {part}": f"do {part} (đ)" for part in ("số lượng", "cơ cấu", "đơn giá")}
        parts["Tăng, giảm"] = "Tăng, giảm (đ)"
        wanted = {name: float(figures[heading]) for name, heading in parts.items()}
        assert drawn(charts[f"vi-sao-{code}"], "", wanted), code


def test_charts_of_groups_draw_where_the_money_went() -> None:
    charts = charts_of(written()[1])
    names = {str(row["Nhóm chi phí"]): str(row["Tên"]) for row in written()[0]["TheoNhomChiPhi"]}
    found = asked().expected("TheoNhomChiPhi")
    for code in FACILITIES:
        own = {names[key]: figures for (facility, key), figures in found.items()
               if facility == code}  # fmt: skip
        most = sorted(own, key=lambda name: -float(own[name]["Chi kỳ này (đ)"]))[:8]
        for label, heading in (("Kỳ này", "Chi kỳ này (đ)"), ("Kỳ trước", "Chi kỳ trước (đ)")):
            wanted = {name: float(own[name][heading]) for name in most}
            assert drawn(charts[f"nhom-{code}"], label, wanted), (code, label)


def test_every_sheet_has_the_store_behind_it_and_every_table_a_sheet() -> None:
    sheets, page = written()
    assert set(SHEETS) <= set(sheets)
    tables = html_tables(page)
    assert [in_sheets(table, sheets) for table in tables] == [""] * len(tables)
