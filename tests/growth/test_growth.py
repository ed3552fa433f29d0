from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from giamdinh.budget.claims import against_claims, as_spending, read_store
from giamdinh.commands.growth import _thresholds
from giamdinh.errors import InputError, UsageError
from giamdinh.growth import analyse, outputs
from giamdinh.growth.analyse import Norms, build_report, limits_at, limits_under, report_with
from giamdinh.growth.compare import against_months, against_peers
from giamdinh.growth.effects import Cell, effects
from giamdinh.growth.facts import classes, dated_classes
from giamdinh.growth.findings import findings_of
from giamdinh.growth.model import DIMENSIONS, Change, GrowthReport
from giamdinh.growth.periods import Period, from_index, index, shifted
from giamdinh.sample import generate
from giamdinh.store.add import add
from giamdinh.store.reading import make_views, open_store
from giamdinh.tables.values import number_vi
from tests.commands import run, told

STARTED = datetime(2026, 11, 22, 8, 0)  # noqa: DTZ001 - local time, as the command takes it
LIMITS = limits_at(202609)


@cache
def store() -> Path:
    """Two Septembers of two facilities; the second has twice the claims."""
    folder = Path(mkdtemp())
    for month, claims in (("2025-09", 16), ("2026-09", 32)):
        generate(folder / month, seed=2, month=month, facilities=2, claims=claims, errors=False)
        add(folder / "kho", [folder / month / "ho_so"])
    return folder / "kho"


@cache
def report() -> GrowthReport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analyse, "limits_at", lambda _: replace(LIMITS, visits=3))
        return build_report(store(), None, STARTED, {}, date(2026, 8, 15))


def in_store(query: str) -> list[tuple[object, ...]]:
    with open_store(store()) as own:
        make_views(own)
        return own.rows(query)


def test_every_facility_has_the_figures_of_the_claims() -> None:
    rows = in_store("SELECT KHO_CSKCB, KHO_THANG, count(*), sum(T_BHTT) FROM XML1 GROUP BY ALL")
    counted = {(facility, month): (visits, cost) for facility, month, visits, cost in rows}
    shown = {}
    for change in report().changes["co_so"]:
        total = change.total
        shown[change.facility, 202609] = (total.visits, Decimal(total.cost) / 100)
        shown[change.facility, 202509] = (total.before_visits, Decimal(total.before_cost) / 100)
    assert shown == counted


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_dimension_adds_up_and_so_do_its_effects(dimension: str) -> None:
    lines = "SELECT T_BHTT, KHO_THANG FROM XML2 UNION ALL SELECT T_BHTT, KHO_THANG FROM XML3"
    source = "XML1" if dimension in ("co_so", "loai", "benh") else f"({lines})"
    rows = in_store(
        f"SELECT KHO_THANG, sum(T_BHTT) FROM {source} GROUP BY ALL ORDER BY 1"  # noqa: S608
    )
    changes = report().changes[dimension]  # type: ignore[index]
    assert changes
    sums = [sum(c.total.before_cost for c in changes), sum(c.total.cost for c in changes)]
    assert [Decimal(cost) / 100 for cost in sums] == [cost for _, cost in rows]
    for change in changes:
        found = change.effects
        assert found.volume + found.mix + found.price == found.change
        assert found.change == change.total.cost - change.total.before_cost


def test_a_facility_is_the_sum_of_its_classes_and_diseases() -> None:
    for dimension in ("loai", "benh"):
        by_facility: dict[str, int] = defaultdict(int)
        for change in report().changes[dimension]:
            by_facility[change.facility] += change.total.cost
        assert dict(by_facility) == {c.facility: c.total.cost for c in report().changes["co_so"]}


def test_planted_growth_is_found_with_its_drivers() -> None:
    grown = {c.facility for c in report().changes["co_so"] if c.level == 3}
    found = [f for f in report().findings if f.dimension == "co_so"]
    assert {f.facility for f in found} == grown != set()
    assert all(f.code == "GRW-001" and f.drivers for f in found)
    assert all("tăng rất cao" in f.message for f in found if f.level == 3)


def test_small_samples_have_no_level() -> None:
    made = build_report(store(), None, STARTED, {})
    small = [c for c in made.changes["loai"] if min(c.total.visits, c.total.before_visits) < 30]
    assert small
    assert {c.level for c in small} == {None}


def test_before_and_after_takes_the_same_calendar_months() -> None:
    assert report().policy
    day, before, after, changes = report().policy or ("", LIMITS, LIMITS, [])
    assert day == "15/08/2026"
    assert (before, after) == (Period(202509, 202509), Period(202609, 202609))
    for change in changes:
        found = change.effects
        assert found.volume + found.mix + found.price == found.change


def test_page_workbook_and_json_show_the_same(tmp_path: Path) -> None:
    data, book, page = outputs.write(report(), tmp_path)
    groups = json.loads(data.read_text("utf-8"))["changes"]["co_so"]
    html = page.read_text("utf-8")
    sheet = openpyxl.load_workbook(book)
    rows = list(sheet["TheoCoSo"].iter_rows(values_only=True))
    column = rows[0].index("Chi kỳ này (đ)")
    assert {row[0]: row[column] for row in rows[1:]} == {
        group["facility"]: group["spent"] for group in groups
    }
    for group in groups:
        assert number_vi(round(group["spent"] * 100), 2) in html
    assert html.count("<script") == 1
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", html)
    sheet.close()


def test_a_period_longer_than_a_year_or_without_thresholds_is_refused() -> None:
    with pytest.raises(UsageError, match="dài hơn 12 tháng"):
        build_report(store(), (202509, 202609), STARTED, {})
    with pytest.raises(UsageError, match="TANG_THAP không có giá trị nào cho tháng 12/2014"):
        limits_at(201412)


def test_a_period_without_claims_is_refused() -> None:
    with pytest.raises(UsageError, match="có từ 09/2025 đến 09/2026"):
        build_report(store(), (202401, 202402), STARTED, {})


def test_the_command_writes_and_tells(tmp_path: Path) -> None:
    done = run("growth", "--store", store(), "--from", "2026-09", "--out", tmp_path)
    assert done.returncode == 0, told(done)
    assert "Kỳ 09/2026, so với cùng kỳ năm trước 09/2025" in told(done)
    assert {path.name for path in tmp_path.iterdir()} == {
        "growth.json", "growth.xlsx", "growth.html"
    }  # fmt: skip


def test_every_kind_of_care_has_a_class() -> None:
    found = dict(classes())
    assert found["01"] == found["07"] == "NGOAI_TRU"
    assert found["05"] == "DIEU_TRI_NGOAI_TRU"
    assert (found["04"], found["03"], found["10"]) == ("BAN_NGAY", "NOI_TRU", "KHAC")
    for code, _ in classes():
        spans = [(first, last) for own, _, first, last in dated_classes() if own == code]
        assert spans[0][0] == 0
        assert all(left[1] + 1 == right[0] for left, right in pairwise(spans))


def seasonal(rise: float) -> dict[str, dict[int, int]]:
    """Ten facilities with the same season; the first is higher in the last month."""
    months = [shifted(202509, i) for i in range(13)]
    season = [100, 100, 100, 130, 80, 100, 100, 100, 100, 100, 100, 100, 100]
    out = {
        f"389{i:02d}": {
            m: 10**6 * s * (95 + (i * 7 + j * 3) % 10)
            for j, (m, s) in enumerate(zip(months, season, strict=True))
        }
        for i in range(10)
    }
    out["38900"][202609] = round(out["38900"][202609] * (1 + rise))
    return out


def test_a_rise_over_the_own_months_is_seen_and_a_season_is_not() -> None:
    levels = {
        row.facility: row.level
        for row in against_months(seasonal(0.5), Period(202609, 202609), LIMITS)
    }
    assert levels.pop("38900") == 3
    assert set(levels.values()) == {0}
    winter = against_months(seasonal(0.0), Period(202512, 202512), LIMITS)
    assert {row.level for row in winter} == {None}
    assert "mẫu quá nhỏ" in winter[0].note


def test_peers_are_of_the_same_level_and_type_and_enough_of_them() -> None:
    kinds = {f"389{i:02d}": ("cơ bản", "bệnh viện") for i in range(8)}
    kinds |= {"38950": ("ban đầu", "trạm y tế"), "38951": ("ban đầu", "trạm y tế")}
    rows = [(code, "NGOAI_TRU", 100, (100 + i) * 10**5) for i, code in enumerate(sorted(kinds))]
    rows[0] = ("38900", "NGOAI_TRU", 100, 200 * 10**5)
    rows.append(("38901", "NOI_TRU", 3, 10**9))
    found = {(r.facility, r.key): r for r in against_peers(rows, kinds, LIMITS)}
    assert found["38900", "NGOAI_TRU"].level == 3
    assert {found[f"389{i:02d}", "NGOAI_TRU"].level for i in range(1, 8)} == {0}
    assert found["38950", "NGOAI_TRU"].level is None
    assert "3 lượt" in found["38901", "NOI_TRU"].note


@given(st.integers(190001, 209912).filter(lambda m: 1 <= m % 100 <= 12), st.integers(-60, 60))
def test_months_are_counted_without_gaps(month: int, by: int) -> None:
    assert from_index(index(month)) == month
    assert shifted(shifted(month, by), -by) == month


def test_the_budget_takes_its_spending_from_the_claims(tmp_path: Path) -> None:
    claims = read_store(store())
    table = as_spending(claims, 2026)
    total = in_store("SELECT sum(T_BHTT), count(*) FROM XML1 WHERE KHO_THANG = 202609")[0]
    own = [row for row in table.rows if row.year == 2026]
    assert (Decimal(sum(row.cost for row in own)) / 100, sum(row.visits for row in own)) == total
    assert not [gap for gap in against_claims(table.rows, claims, 2026) if gap.gap]
    wrong = [replace(table.rows[-1], cost=table.rows[-1].cost + 500), *table.rows[:-1]]
    gaps = [gap for gap in against_claims(wrong, claims, 2026) if gap.gap]
    assert [(gap.measure, gap.gap) for gap in gaps] == [("T_BHTT", 500)] * 2
    allocations = tmp_path / "du_toan.csv"
    allocations.write_text("MA_CSKCB,NAM,SO_TIEN\n38901,2026,1000\n", "utf-8")
    done = run("budget", "--store", store(), "--allocations", allocations, "--year", "2026",
               "--out", tmp_path / "kq")  # fmt: skip
    assert done.returncode == 0, told(done)
    with pytest.raises(InputError, match="không có hồ sơ của năm 2020"):
        as_spending(claims, 2020)


def grown(dimension: str, key: str, cells: tuple[int, ...], days: tuple[int, int]) -> Change:
    total = Cell(*cells)
    return Change(
        dimension=dimension,  # type: ignore[arg-type]
        facility="38900", key=key, name="", total=total, days=days[0], before_days=days[1],
        effects=effects([total]), level=0,
    )  # fmt: skip


def test_new_items_supplies_and_drugs_have_rules_of_their_own() -> None:
    whole = grown("co_so", "", (1000, 10**9, 1000, 10**9), (0, 0))
    new = grown("muc", "XML3/MOI", (1000, 10**8, 0, 0), (0, 0))
    old = grown("muc", "XML3/CU", (1000, 10**8, 0, 0), (0, 0))
    risen = (40_000, 3 * 10**8, 40_000, 10**8)
    supply = replace(grown("muc", "XML3/N06", risen, (0, 0)), level=3, group="10")
    drug = replace(grown("muc", "XML2/40.1", risen, (0, 0)), level=3, group="4")
    surgery = replace(grown("nhom", "8", risen, (0, 0)), level=3)
    known = {("38900", "XML3/CU"), ("38900", "XML3/N06"), ("38900", "XML2/40.1")}
    made = GrowthReport(
        STARTED, Period(202609, 202609), Period(202509, 202509), [202609], LIMITS,
        {"co_so": [whole], "loai": [], "nhom": [surgery], "muc": [new, old, supply, drug]},
        seen=known,
    )  # fmt: skip
    found = {finding.key: finding for finding in findings_of(made)}
    assert {key: one.code for key, one in found.items()} == {
        "XML3/MOI": "GRW-009", "XML3/N06": "GRW-010", "XML2/40.1": "GRW-008", "8": "GRW-011"
    }  # fmt: skip
    assert "chủ yếu do đơn giá" in found["XML3/N06"].drivers[0]


def test_thresholds_may_be_set_by_a_profile_and_the_report_says_by_whom(tmp_path: Path) -> None:
    profile = tmp_path / "nguong.toml"
    entries = "".join(
        f'[[parameter]]\nname = "{name}"\nvalue = {value}\nreason = "Theo hợp đồng"\n'
        for name, value in (("TANG_THAP", 40), ("TANG_CAO", 50), ("TANG_RAT_CAO", 60))
    )
    head = '[profile]\nname = "A"\nauthor = "Phòng GĐ"\ndate = 2026-11-20\n'
    profile.write_text(head + entries, "utf-8")
    changed, notes = _thresholds(profile)
    assert limits_under(changed, LIMITS) == replace(LIMITS, steps=(40.0, 50.0, 60.0))
    made = report_with(store(), None, STARTED, Norms({}, None, changed))
    assert made.limits.steps == (40.0, 50.0, 60.0)
    assert "TANG_THAP = 40" in notes[0]
    assert "Theo hợp đồng (Phòng GĐ, 20/11/2026)" in notes[0]
    with pytest.raises(UsageError, match="ba mức tăng phải tăng dần"):
        limits_under({"TANG_THAP": 90.0}, LIMITS)
