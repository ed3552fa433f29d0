"""Imported reference lists: how they are recognised, divided, and what pairs and counts find."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giamdinh.catalogues import Catalogues, load_catalogues
from giamdinh.catalogues.lists import list_specs
from giamdinh.catalogues.parts import unknown_part
from giamdinh.checks.cap_ma import span_of
from giamdinh.checks.tham_chieu import KEYS, icd_set
from giamdinh.findings import Findings
from giamdinh.rules.cards import load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import DAY
from tests.catalogues.files import delimited

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from giamdinh.model import Outcome

RULES = load_rules()
HEADERS = {
    "phu_hop": "TT Mã dịch vụ|Giới tính|Nguồn",
    "dieu_kien": "Mã thuốc|Điều kiện thanh toán|ICD|Văn bản",
    "cap_ma": "Quan hệ|Mã A|Mã B|Khoảng thời gian|Nguồn",
    "so_lan": "Mã dịch vụ|Khoảng thời gian|Số lần tối đa|Nguồn",
    "lieu_toi_da": "Mã hoạt chất|Số lần dùng tối đa một ngày|Nguồn",
    "hoat_chat": "MA_HOAT_CHAT|TEN_HOAT_CHAT|Dấu sao|NGUON",
    "gia_tran": "Số đăng ký|Giá kê khai|Đơn vị tính",
    "may_bat_buoc": "STT|MA_DVKT|TEN_DVKT_TT23|TEN_DVKT_PHE_DUYET",
    "may_dich_vu": "PREFIX_DVKT|MA_MAY_PREFIX",
    "ma_dung_chung": "Loại danh mục|Mã|Tên|Nguồn",
    "icd10": "STT|Mã bệnh|Tên bệnh|Nguồn",
    "khoang_cach": "Mã dịch vụ|Loại lặp|Khoảng cách (ngày)|Nguồn",
}
Line = tuple[int, str, int, int]
"""Claim, service code, minutes after the first day began, money."""


@pytest.mark.parametrize("kind", HEADERS)
def test_a_reference_list_is_recognised_by_its_header(tmp_path: Path, kind: str) -> None:
    header = HEADERS[kind].removeprefix("TT ").split("|")
    delimited(tmp_path / "a.csv", [header, ["1"] * len(header)])
    found = load_catalogues(tmp_path)
    assert list(found.tables) == [kind]
    assert not found.problems


def test_a_drug_list_without_a_source_column_is_no_list_of_ingredients(tmp_path: Path) -> None:
    header = ["MA_HOAT_CHAT", "TEN_HOAT_CHAT", "TEN_THUOC", "DON_GIA"]
    delimited(tmp_path / "a.csv", [header, ["40.48", "Paracetamol", "Mẫu", "500"]])
    found = load_catalogues(tmp_path)
    assert not found.tables
    assert found.problems


def test_every_part_of_a_list_has_words_that_say_it() -> None:
    for spec in list_specs().values():
        assert len(spec.parts) == len(set(spec.parts))
        if spec.split:
            assert spec.parts


def test_a_part_is_the_rows_that_fill_its_columns_or_carry_its_code() -> None:
    pairs = [
        {"QUAN_HE": "Loại trừ", "MA_A": "1", "MA_B": "2", "NGUON": "x"},
        {"QUAN_HE": "Bao gồm", "MA_A": "1", "MA_B": "3", "NGUON": "x"},
        {"QUAN_HE": "", "MA_A": "1", "MA_B": "4", "NGUON": "x"},
    ]
    fitting = [
        {"MA_THUOC": "1", "TUOI_DEN": "5", "NGUON": "x"},
        {"MA_DICH_VU": "2", "TUOI_TU": "5", "NGUON": "x"},
    ]
    found = Catalogues.from_tables({"cap_ma": pairs, "phu_hop": fitting})
    sizes = {
        "cap_ma": 3, "cap_ma.loai_tru": 2, "cap_ma.bao_gom": 1, "cap_ma.tuong_tac": 0,
        "phu_hop.TUOI_TU|TUOI_DEN": 2, "phu_hop.MA_THUOC.TUOI_TU|TUOI_DEN": 1,
        "phu_hop.MA_THUOC.TUOI_TU": 0, "phu_hop.GIOI_TINH": 0,
    }  # fmt: skip
    for kind, size in sizes.items():
        table = found.table(kind)
        assert table is not None
        assert len(table) == size, kind
        assert found.has(kind) == found.covers(kind, "01001") == bool(size), kind
    assert found.table("so_lan.ngay") is None
    assert not found.has("so_lan.ngay")


def test_a_part_that_a_list_does_not_have_is_named() -> None:
    assert unknown_part("phu_hop.MA_THUOC.TUOI_TU|TUOI_DEN") == ""
    assert unknown_part("phu_hop.KHONG_CO") == "KHONG_CO"
    assert unknown_part("cap_ma.loai_tru") == ""
    assert unknown_part("cap_ma.loai_khac") == "loai_khac"


@pytest.mark.parametrize(
    ("column", "status"),
    [("", "not_checkable"), ("TUOI_DEN", "not_checkable"), ("GIOI_TINH", "ran")],
)
def test_a_rule_without_the_rows_it_needs_is_not_checkable(column: str, status: str) -> None:
    rows = [{"MA_DICH_VU": "13.0033.0614", "NGUON": "x", column: "1"}] if column else []
    catalogues = Catalogues.from_tables({"phu_hop": rows} if rows else {})
    outcome, _ = ended("CLN-001", catalogues, claims([(0, "13.0033.0614", 0, 1000)]))
    assert outcome.status == status
    if status == "not_checkable":
        assert "(phu_hop), cột MA_DICH_VU và GIOI_TINH" in outcome.reason


def test_the_most_exact_key_of_a_service_comes_first() -> None:
    keys = list(KEYS["MA_DICH_VU"]("13.0033.0614_GT"))
    wanted = ["13.0033.0614_GT", "13.0033.0614", "13.0033", "13.0033.0614*", "13.*", "1*"]
    assert [key for key in keys if key in wanted] == wanted
    assert "13" not in keys


def test_ranges_of_diseases_hold_their_ends_and_what_is_under_them() -> None:
    found = icd_set("I10-I15; E11.9, C00–97;K2*")
    assert found.readable
    assert not icd_set("bệnh nặng").readable
    assert all(map(found.has, ("I10", "I15.9", "E11.9", "C97", "K29.7", "i12.0")))
    assert not any(map(found.has, ("I16", "I09.9", "E11.8", "D00", "J20", "")))
    assert not icd_set("").has("I10")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("luc", 0), ("24 giờ", 1440), ("14 ngày", 14 * DAY), ("90 PHÚT", 90), ("", -1), ("dot", -2)],
)
def test_a_stretch_of_time_is_read(text: str, minutes: int) -> None:
    assert span_of(text) == minutes


def claims(lines: Iterable[Line]) -> ClaimSet:
    builder = ClaimSetBuilder()
    for claim in range(3):
        head = {"MA_LK": str(claim), "MA_CSKCB": "01001", "NGAY_VAO": "202503010000",
                "NGAY_RA": "202503201600", "T_BHTT": "99999999"}  # fmt: skip
        envelope = {"MACSKCB": "01001", "NGAYLAP": "20250321"}
        index = builder.add_claim("a.xml", claim + 1, envelope, head)
        mine = [line for line in lines if line[0] == claim]
        for number, (_, code, minute, money) in enumerate(mine, start=1):
            day, rest = divmod(minute, DAY)
            when = f"202503{10 + day:02d}{rest // 60:02d}{rest % 60:02d}"
            row = {"MA_LK": str(claim), "STT": str(number), "MA_DICH_VU": code, "MA_NHOM": "1",
                   "PHAM_VI": "1", "SO_LUONG": "1", "T_BHTT": str(money), "NGAY_YL": when,
                   "NGAY_TH_YL": when}  # fmt: skip
            builder.add_row("XML3", index, row)
    return builder.build()


def ended(
    code: str, catalogues: Catalogues, batch: ClaimSet
) -> tuple[Outcome, set[tuple[str, int]]]:
    findings = Findings()
    runner = Runner(RULES.chosen([code]), catalogues, findings, pandera=False)
    runner.run(batch)
    return runner.outcomes(findings)[0], {(f.claim, f.row) for f in findings}


CODES = ("10.0001.0001", "10.0002.0001", "11.0001.0001")
LINES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(CODES),
        st.integers(0, 5 * 12).map(lambda step: step * 120),
        st.sampled_from((0, 1000, 2000)),
    ),
    max_size=10,
)
WINDOWS = {"Cùng lúc": 0, "Cùng ngày": -1, "Cùng đợt": -2, "4 giờ": 240}
PAIRS = st.lists(
    st.tuples(
        st.sampled_from((*CODES, "10.*", "10.0001")),
        st.sampled_from(CODES),
        st.sampled_from(sorted(WINDOWS)),
        st.sampled_from(("", "Bỏ A", "Bỏ mã rẻ hơn", "Bỏ dòng sau")),
    ),
    min_size=1,
    max_size=3,
)


def near(window: str, first: int, second: int) -> bool:
    match WINDOWS[window]:
        case -2:
            return True
        case -1:
            return first // DAY == second // DAY
        case span:
            return abs(first - second) <= span


def refused(lines: list[Line], pairs: list[tuple[str, str, str, str]]) -> set[tuple[str, int]]:
    """What pairs of lines refuse, one pair after the other."""
    number = [sum(o[0] == line[0] for o in lines[:i]) + 1 for i, line in enumerate(lines)]
    order = sorted(range(len(lines)), key=lambda i: (lines[i][0], i))
    out = set()
    for (a, b, window, way), i, j in product(pairs, order, order):
        one, two = lines[i], lines[j]
        fits = one[1].startswith(a.removesuffix("*")) and two[1] == b
        if i == j or one[0] != two[0] or not (fits and one[3] and two[3]):
            continue
        if near(window, one[2], two[2]):
            later = (one[2], i) > (two[2], j)
            either = two[1].startswith(a.removesuffix("*")) and one[1] == b
            cheaper = (one[3], not later) < (two[3], later)
            first = {"Bỏ A": not either or later, "Bỏ mã rẻ hơn": cheaper, "Bỏ dòng sau": later}
            bad = i if first.get(way, either and later) else j
            out.add((str(lines[bad][0]), number[bad]))
    return out


@given(LINES, PAIRS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_excluding_pairs_are_those_that_a_plain_loop_finds(
    lines: list[Line], pairs: list[tuple[str, str, str, str]]
) -> None:
    rows = [
        {"QUAN_HE": "Loại trừ", "MA_A": a, "MA_B": b, "CUA_SO": w, "XU_LY": x, "NGUON": "x"}
        for a, b, w, x in pairs
    ]
    outcome, found = ended("CLN-011", Catalogues.from_tables({"cap_ma": rows}), claims(lines))
    assert outcome.status != "error"
    assert found == refused(lines, pairs)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("GIOI_TINH", "Nam, nữ"),
        ("MA_BENH", "mọi bệnh"),
        ("LOAI_KCB", "nội trú ban ngày"),
        ("MA_KHOA", "Khoa hồi sức"),
        ("HANG_BV", "tuyến tỉnh"),
        ("KEM_MA", "sinh thiết"),
        ("PP_VO_CAM", "gây mê"),
    ],
)
def test_a_condition_that_cannot_be_read_accuses_nobody(column: str, text: str) -> None:
    row = {"MA_DICH_VU": "*", "DIEU_KIEN": "x", "NGUON": "x", column: text}
    listed = Catalogues.from_tables({"dieu_kien": [row]})
    assert ended("CLN-007", listed, claims([(0, CODES[0], 0, 1000)]))[1] == set()


def test_what_a_service_needs_accuses_nobody_where_it_cannot_be_read() -> None:
    lines = [(0, CODES[0], 0, 1000), (0, CODES[1], 3 * DAY, 1000)]
    row = {"QUAN_HE": "Cần có", "MA_A": CODES[0], "MA_B": "11.*", "NGUON": "x"}
    changes = {
        frozenset({("0", 1)}): [{}, {"CUA_SO": "3 ngày"}, {"MA_B": CODES[1], "CUA_SO": "2 ngày"}],
        frozenset(): [
            {"MA_B": "sinh thiết"},
            {"MA_B": "", "DUONG_DUNG_B": "tiêm"},
            {"MA_B": "", "MA_BENH_B": "bệnh nặng"},
            {"MA_B": "", "TEN_B": "không nói gì"},
            {"MA_B": CODES[1], "CUA_SO": "một tháng"},
            {"MA_B": CODES[1], "CUA_SO": "3 ngày"},
        ],
    }
    for wanted, some in changes.items():
        for change in some:
            listed = Catalogues.from_tables({"cap_ma": [row | change]})
            assert ended("CLN-006", listed, claims(lines))[1] == wanted, change


def test_a_topic_says_when_and_which_where_the_row_does_not() -> None:
    row = {"QUAN_HE": "Loại trừ", "MA_A": CODES[0], "MA_B": CODES[0], "NGUON": "x"}
    lines = [(0, CODES[0], 900, 1000), (0, CODES[0], 600, 1000), (0, CODES[0], DAY + 1, 1000)]
    listed = Catalogues.from_tables({"cap_ma": [row | {"CHUYEN_DE": "cv4262_h"}]})
    assert ended("CLN-011", listed, claims(lines))[1] == {("0", 1)}
    row |= {"QUAN_HE": "Xét nghiệm tách", "MA_B": CODES[1], "CHUYEN_DE": "CV4262_d"}
    listed = Catalogues.from_tables({"cap_ma": [row]})
    lines = [(0, CODES[0], 600, 1000), (0, CODES[1], 600, 2000), (0, CODES[1], 601, 500)]
    assert ended("CLN-014", listed, claims(lines))[1] == {("0", 1)}


def test_every_topic_names_a_relation_and_a_stretch_of_time_of_the_lists() -> None:
    relations = {*list_specs()["cap_ma"].parts, "so_lan"}
    for topic in code_list("chuyen_de_giam_dinh").rows:
        said = topic.attributes
        assert said["quan_he"] in relations, topic.code
        assert said["cua_so"] in {"luc", "ngay", "dot"} or span_of(said["cua_so"]) > 0
        assert said["a"]
        assert said.get("xu_ly", "bo_b") in set(
            list_specs()["cap_ma"].by_name["XU_LY"].values.values()
        )


@given(LINES, st.integers(0, 3))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_lines_beyond_the_number_of_a_day_are_those_that_a_plain_count_finds(
    lines: list[Line], most: int
) -> None:
    row = {"KHOANG": "Ngày", "MA_DICH_VU": "10.*", "SO_LAN_TOI_DA": str(most), "NGUON": "x"}
    wanted = set()
    for claim in range(3):
        mine = [line for line in lines if line[0] == claim]
        count: dict[int, int] = {}
        for at in sorted(range(len(mine)), key=lambda i: (mine[i][2], i)):
            _, code, minute, money = mine[at]
            if code.startswith("10.") and money:
                count[minute // DAY] = count.get(minute // DAY, 0) + 1
                if count[minute // DAY] > most:
                    wanted.add((str(claim), at + 1))
    outcome, found = ended("CLN-009", Catalogues.from_tables({"so_lan": [row]}), claims(lines))
    assert outcome.status != "error"
    assert found == wanted
