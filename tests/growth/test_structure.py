"""Structure, insured persons, parts beside their norms: GRW-010 to 014 from planted claims."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.budget.causes import _merged
from giamdinh.catalogues import Catalogues
from giamdinh.growth import analyse, outputs
from giamdinh.growth.analyse import build_report, change_of, limits_at
from giamdinh.growth.cards import _per_card, add_cards
from giamdinh.growth.effects import Cell, effects
from giamdinh.growth.facts import Facts
from giamdinh.growth.grades import Grades, add_grades
from giamdinh.growth.model import DIMENSIONS, MIXES, Change, GrowthReport, Ratio
from giamdinh.growth.parts import _add_peers
from giamdinh.growth.periods import Period, shifted
from giamdinh.growth.structure import ratios
from giamdinh.sample import generate
from giamdinh.store.add import add
from giamdinh.store.catalogue import Catalogue
from giamdinh.store.reading import make_views, open_store

STARTED = datetime(2026, 11, 22, 8, 0)  # noqa: DTZ001 - local time, as the command takes it
LIMITS = limits_at(202609)
NOW, BEFORE = Period(202609, 202609), Period(202509, 202509)
VISITS = """CREATE TABLE luot (hs BIGINT, cskcb VARCHAR, thang INT, loai VARCHAR, benh VARCHAR,
    doi_tuong VARCHAR, tien DECIMAL(18,2), ngay BIGINT, mien_cct BOOLEAN, co_ngay BOOLEAN,
    cuoi_tuan BOOLEAN, cuoi_thang BOOLEAN)"""
LINES = """CREATE TABLE dong_tam (cskcb VARCHAR, thang INT, loai VARCHAR, hs BIGINT, nhom VARCHAR,
    khoa VARCHAR, bac_si VARCHAR, muc VARCHAR, ten VARCHAR, muc_huong VARCHAR,
    so_luong DECIMAL(18,3), tien DECIMAL(18,2))"""


def database() -> Catalogue:
    db = duckdb.connect()
    db.execute(VISITS)
    db.execute(LINES)
    db.execute("CREATE TABLE XML3 (KHO_HS BIGINT, KHO_CSKCB VARCHAR, KHO_THANG INT, "
               "MA_NHOM VARCHAR, MA_DICH_VU VARCHAR)")  # fmt: skip
    return Catalogue(Path(), db)


def month(own: Catalogue, when: int, shares: dict[str, int], visits: int = 200) -> None:
    """So many visits a month of one facility, so many of them of each kind, the first ones."""
    least = {"noi_tru": 40, "cap_cuu": 10, "mien": 60, "cuoi_tuan": 40, "cuoi_thang": 30, "mo": 8,
             "loai_mot": 2}  # fmt: skip
    values = {"thang": when, "luot": visits, **least, **shares}
    mine = {name: values[name] for name in values if name not in ("mo", "loai_mot")}
    own.db.execute(
        """INSERT INTO luot SELECT $thang * 1000 + i, 'A', $thang,
            if(i < $noi_tru, 'NOI_TRU', 'NGOAI_TRU'), 'J18', if(i < $cap_cuu, '2', '1.1'), 100,
            if(i < $noi_tru, 5, 0), i < $mien, true, i < $cuoi_tuan, i < $cuoi_thang
        FROM range($luot) t(i)""",
        mine,
    )
    own.db.execute(
        "INSERT INTO XML3 SELECT $thang * 1000 + i, 'A', $thang, '8', "
        "if(i < $loai_mot, '10.1', '10.2') FROM range($mo) t(i)",
        {name: values[name] for name in ("thang", "mo", "loai_mot")},
    )


def levels(changed: dict[str, int]) -> dict[str, Ratio]:
    """The figures of a facility that changed in the last of thirteen months."""
    own = database()
    for back in range(12, 0, -1):
        month(own, shifted(202609, -back), {})
    month(own, 202609, changed)
    found = ratios(own, NOW, BEFORE, LIMITS)
    return {f"{one.rule} {one.name}".partition(" Cấp")[0]: one for one in found}


def test_an_unchanged_structure_is_told_of_nothing() -> None:
    found = levels({})
    assert {one.level for one in found.values()} == {0}
    assert {one.rule for one in found.values()} >= {"GRW-005", "GRW-006", "GRW-011", "GRW-012",
                                                    "GRW-013"}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mo": 30}, "GRW-011 Tỷ lệ hồ sơ nội trú có phẫu thuật"),
        ({"cuoi_tuan": 90}, "GRW-012 Tỷ lệ lượt vào ngày thứ bảy, chủ nhật"),
        ({"cuoi_thang": 80}, "GRW-012 Tỷ lệ lượt vào năm ngày cuối tháng"),
        ({"mien": 120}, "GRW-013 Tỷ lệ lượt không phải cùng chi trả"),
        ({"cap_cuu": 45}, "GRW-013 Tỷ lệ lượt đối tượng 2"),
        ({"noi_tru": 90, "mo": 18}, "GRW-005 Tỷ lệ lượt nội trú"),
    ],
)
def test_a_planted_change_is_found_and_nothing_else(changed: dict[str, int], said: str) -> None:
    assert {name: one.level for name, one in levels(changed).items() if one.level} == {said: 3}


def graded(rows: list[dict[str, str]], changed: dict[str, int]) -> GrowthReport:
    """The report on a facility whose operations changed, with its 05/DM."""
    own = database()
    for back in range(12, 0, -1):
        month(own, shifted(202609, -back), {"mo": 40})
    month(own, 202609, {"mo": 40, **changed})
    made = GrowthReport(STARTED, NOW, BEFORE, [], LIMITS)
    whole = {"TEN_DICH_VU": "Mổ", "DON_GIA": "1", "MA_CSKCB": "A", "TU_NGAY": "20240101"}
    lists = Catalogues.from_tables({"dich_vu": [{**whole, **row} for row in rows]})
    add_grades(own, made, Grades(lists))
    return made


KNOWN = [
    {"MA_DICH_VU": "10.1", "PHAN_LOAI_PTTT": "P1"},
    {"MA_DICH_VU": "10.2", "PHAN_LOAI_PTTT": "Loại II"},
]


@pytest.mark.parametrize(("many", "level"), [(2, 0), (20, 3)])
def test_more_operations_of_the_highest_classes_are_found(many: int, level: int) -> None:
    made = graded(KNOWN, {"loai_mot": many})
    (found,) = made.ratios
    assert (found.rule, found.now, found.before, found.level) == (
        "GRW-011", (many, 40), (2, 40), level
    )  # fmt: skip
    assert made.notes == []


@pytest.mark.parametrize(
    "rows",
    [KNOWN[:1], [KNOWN[0], {"MA_DICH_VU": "10.2", "PHAN_LOAI_PTTT": ""}],
     [*KNOWN, {"MA_DICH_VU": "10.2", "PHAN_LOAI_PTTT": "P1", "QUY_TRINH": "khác"}]],
)  # fmt: skip
def test_a_facility_with_operations_of_unknown_class_is_not_judged(
    rows: list[dict[str, str]],
) -> None:
    made = graded(rows, {"loai_mot": 20})
    assert made.ratios == []
    (note,) = made.notes
    assert "1 cơ sở (A): 05/DM không ghi PHAN_LOAI_PTTT của 1 dịch vụ phẫu thuật" in note


def test_without_a_list_nobody_is_said_to_have_written_it_badly() -> None:
    own = database()
    month(own, 202609, {})
    made = GrowthReport(STARTED, NOW, BEFORE, [], LIMITS)
    add_grades(own, made, Grades())
    assert made.ratios == []
    (note,) = made.notes
    assert note.endswith("1 cơ sở (A): không có 05/DM (--catalogues)")


def test_a_rise_that_chance_explains_has_no_level() -> None:
    assert levels({"mo": 11})["GRW-011 Tỷ lệ hồ sơ nội trú có phẫu thuật"].level == 0


def test_weekends_are_counted_by_the_weekends_that_the_months_have() -> None:
    found = levels({})["GRW-012 Tỷ lệ lượt vào ngày thứ bảy, chủ nhật"]
    # 09/2025 and 09/2026 both have eight weekend days of thirty.
    assert found.expected == pytest.approx(0.2)
    assert found.sample == 12


def test_few_visits_have_no_level() -> None:
    own = database()
    for when in (202509, 202609):
        month(own, when, {"mo": 9}, 10)
    assert {one.level for one in ratios(own, NOW, BEFORE, LIMITS)} == {None}


@cache
def store() -> Path:
    """Two Septembers of two facilities; in the second, one claim has an unreadable T_BHTT."""
    folder = Path(mkdtemp())
    for name, claims in (("2025-09", 20), ("2026-09", 40)):
        generate(folder / name, seed=3, month=name, facilities=2, claims=claims, errors=False)
    for path in sorted((folder / "2026-09/ho_so").glob("*.xml")):
        text = path.read_text("utf-8")
        head, tail = text.split("</TONG_HOP>", 1) if "<TONG_HOP>" in text else (text, "")
        broken = re.sub(r"<T_BHTT>([0-9.]+)</T_BHTT>", r"<T_BHTT>x\1</T_BHTT>", head, count=1)
        if broken != head:
            path.write_text(f"{broken}</TONG_HOP>{tail}", "utf-8")
            break
    for name in ("2025-09", "2026-09"):
        add(folder / "kho", [folder / name / "ho_so"])
    return folder / "kho"


@cache
def report() -> GrowthReport:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analyse, "limits_at", lambda _: replace(LIMITS, visits=3))
        made = build_report(store(), None, STARTED, {})
    add_cards(made, {"38901": (1200, 1000), "38902": (3000, None)})
    return made


def test_what_cannot_be_counted_is_told_with_rows_and_money() -> None:
    (unread,) = [one for one in report().faults if one.what.startswith("XML1")]
    with open_store(store()) as own:
        make_views(own)
        query = "SELECT count(*), (sum(T_TONGCHI_BH) * 100)::BIGINT FROM XML1 WHERE T_BHTT IS NULL"
        counted = own.rows(query)[0]
    assert (unread.rows, unread.amount) == counted
    assert "1 dòng có ghi mà không đọc được" in unread.what
    differing = [one for one in report().faults if "khác tổng T_BHTT" in one.what]
    assert len(differing) == 1
    assert any("XML1: T_BHTT trống hoặc không đọc được: 1 dòng" in n for n in report().notes)


def test_structure_is_what_a_query_on_the_store_says() -> None:
    with open_store(store()) as own:
        make_views(own)
        rows = own.rows("""
            SELECT KHO_CSKCB, KHO_THANG, count(*), count(*) FILTER (MA_LOAI_KCB = '03'),
                coalesce(sum(SO_NGAY_DTRI) FILTER (MA_LOAI_KCB = '03'), 0)::BIGINT,
                count(*) FILTER (isodow(NGAY_VAO) IN (6, 7)),
                count(*) FILTER (T_BNCCT = 0 AND T_BHTT > 0), count(*) FILTER (T_BHTT > 0)
            FROM XML1 GROUP BY ALL""")
        tests = dict(
            own.rows("""
            SELECT KHO_CSKCB || KHO_THANG, count(*) FROM XML3
            WHERE MA_NHOM IN ('1', '2', '3') GROUP BY ALL""")
        )
    shown = {(one.facility, one.name): (one.now, one.before) for one in report().ratios}
    by_month = {(row[0], row[1]): row[2:] for row in rows}
    for facility in {row[0] for row in rows}:
        pairs = (by_month[facility, 202609], by_month[facility, 202509])
        expected = {
            "Tỷ lệ lượt nội trú": [(p[1], p[0]) for p in pairs],
            "Ngày điều trị nội trú bình quân": [(p[2], p[1]) for p in pairs],
            "Tỷ lệ lượt vào ngày thứ bảy, chủ nhật": [(p[3], p[0]) for p in pairs],
            "Tỷ lệ lượt không phải cùng chi trả": [(p[4], p[5]) for p in pairs],
            "Số dòng xét nghiệm, chẩn đoán hình ảnh một lượt": [
                (tests.get(f"{facility}{when}", 0), p[0])
                for when, p in zip((202609, 202509), pairs, strict=True)
            ],
        }
        for name, counts in expected.items():
            if (facility, name) in shown:
                assert list(shown[facility, name]) == counts, name
            else:
                assert not (counts[0][1] and (counts[0][0] or counts[1][0])), name


def test_mixes_add_up_like_every_dimension() -> None:
    whole = {one.facility: one.total for one in report().changes["co_so"]}
    for facility, total in whole.items():
        own = [one.total for one in report().mixes["doi_tuong"] if one.facility == facility]
        assert sum(cell.cost for cell in own) == total.cost
        assert sum(cell.visits for cell in own) == total.visits
    lines = sum(one.total.cost for one in report().changes["nhom"])
    assert sum(one.total.cost for one in report().mixes["muc_huong"]) == lines


def test_visits_and_cost_per_card_are_shown_and_add_up(tmp_path: Path) -> None:
    one, other = report().cards if report().cards[0].facility == "38901" else report().cards[::-1]
    assert (one.cards, one.before_cards, other.by_cards) == (1200, 1000, None)
    assert any("1 cơ sở (38902) thiếu số thẻ" in note for note in report().notes)
    data, book, page = outputs.write(report(), tmp_path)
    told = json.loads(data.read_text("utf-8"))["cards"]
    told = next(card for card in told if card["facility"] == "38901")
    parts = told["by_cards"] + told["by_visits_per_card"] + told["by_cost_per_visit"]
    assert parts == pytest.approx(told["spent"] - told["spent_before"])
    sheets = openpyxl.load_workbook(book)
    assert {"CoCau", "TheoDoiTuong", "TheoMucHuong", "BinhQuanThe", "ChuaTinhDuoc"} <= set(
        sheets.sheetnames
    )
    rows = list(sheets["CoCau"].iter_rows(values_only=True))
    assert len(rows) == 1 + len(report().ratios)
    sheets.close()
    html = page.read_text("utf-8")
    for words in ("Tiền đi đâu", "nguyên nhân tốn kém nhất", "Cơ cấu", "Chưa tính được"):
        assert words in html


CELL = st.tuples(st.integers(0, 10**5), st.integers(-(10**12), 10**14))


@given(CELL, CELL, st.integers(1, 10**6), st.integers(1, 10**6))
def test_effects_per_card_add_up(
    now: tuple[int, int], then: tuple[int, int], cards: int, before: int
) -> None:
    total = Cell(*now, *then)
    change = Change("co_so", "A", "", "", total, 0, 0, effects([total]), None)
    made = GrowthReport(STARTED, NOW, BEFORE, [], LIMITS)
    one = _per_card(made, change, cards, before)
    parts = (one.by_cards or 0) + (one.by_visits or 0) + (one.by_price or 0)
    assert parts == total.cost - total.before_cost


LINE = st.tuples(
    st.sampled_from("AB"), st.sampled_from([202509, 202609]), st.sampled_from(["I", "O"]),
    st.sampled_from(["J18", ""]), st.sampled_from(["1.1", "2"]), st.integers(-(10**9), 10**10),
    st.integers(0, 10**6), st.sampled_from(["K01", "K02", ""]),
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(st.lists(LINE, max_size=25))
def test_every_level_adds_up_to_the_dong_and_so_do_groups_of_facilities(
    rows: list[tuple[str, int, str, str, str, int, int, str]],
) -> None:
    own = database()
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(8)]
    names = ("who", "day", "kind", "ill", "patient", "cost", "quantity", "place")
    listed = ", ".join(f"unnest(${name}) AS {name}" for name in names)
    own.db.execute(
        f"CREATE TABLE r AS SELECT row_number() OVER () AS i, * FROM (SELECT {listed})",  # noqa: S608
        dict(zip(names, columns, strict=True)),
    )
    own.db.execute("INSERT INTO luot SELECT i, who, day, kind, ill, patient, cost::BIGINT / 100, 1,"
                   " true, true, false, false FROM r")  # fmt: skip
    own.db.execute(
        "INSERT INTO dong_tam SELECT who, day, kind, i, '4', place, 'p', 'XML2/' || kind, '', "
        "'80', quantity::BIGINT / 1000, cost::BIGINT / 100 FROM r"
    )
    change = sum(row[5] * (1 if row[1] == 202609 else -1) for row in rows)
    for dimension in (*DIMENSIONS, *MIXES):
        sums = Facts(own).sums(dimension, NOW, BEFORE)
        for found_sums in (sums, list(_merged(sums, {"A": ["A", "TONG"], "B": ["TONG"]}))):
            by_group: dict[str, int] = defaultdict(int)
            for one in found_sums:
                found = change_of(one, dimension, LIMITS, {}).effects
                assert found.volume + found.mix + found.price == found.change
                by_group[one.facility] += found.change
            if found_sums is sums:
                assert sum(by_group.values()) == change
            else:
                assert by_group.get("TONG", 0) == change
    own.db.close()


def test_practitioners_are_compared_with_colleagues_of_their_department() -> None:
    own = database()
    people = [f"{i:07d}" for i in range(8)]
    for i, person in enumerate(people):
        own.db.execute(
            "INSERT INTO dong_tam VALUES ('A', 202609, 'O', ?, '4', ?, ?, 'm', '', '', 1, 10)",
            [i, "K01" if i < 7 else "K02", person],
        )

    def of(person: str, mean: int) -> Change:
        total = Cell(100, 100 * mean, 100, 100 * mean)
        return Change("bac_si", "A", person, "", total, 0, 0, effects([total]), 0)

    chosen = [of(person, 10_000 + i) for i, person in enumerate(people)]
    chosen[0] = of(people[0], 25_000)
    made = GrowthReport(STARTED, NOW, BEFORE, [202609], LIMITS)
    _add_peers(own, made, chosen)
    assert [(part.against.key, part.against.level) for part in made.part_peers] == [(people[0], 3)]
    assert "so với 6 người hành nghề cơ sở A · khoa K01" in made.part_peers[0].against.note
    assert any("1 nơi mẫu quá nhỏ" in note for note in made.notes)
