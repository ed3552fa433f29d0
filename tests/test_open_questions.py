"""Questions on which the sources disagree: nothing is accused before they are settled."""

from __future__ import annotations

import pytest

from giamdinh.rules.params import parameters
from giamdinh.tables.codelists import code_list
from giamdinh.tables.values import day_minutes
from giamdinh.yamlio import as_date
from tests.traps.drawing import RULES, WITHIN_CLAIM, hits, run

BENEFIT = "MA_LK | MA_THE_BHYT | MA_DKBD | GT_THE_TU | GT_THE_DEN | MA_DOITUONG_KCB | MA_LOAI_KCB"
DOSE = "MA_LK | STT | MA_NHOM | LIEU_DUNG\nA | 1 | 4 | 1 viên/lần * 1 lần/ngày * 28 ngày"


def visit(key: str, category: str, care: str = "01") -> str:
    return f"{key} | GD4010000000001 | 01009 | 20240101 | 20271231 | {category} | {care}"


@pytest.mark.parametrize(("days", "wrong"), [("0", False), ("1", False), ("2", True), ("28", True)])
def test_days_of_an_exam_are_0_or_the_new_count(days: str, wrong: bool) -> None:  # noqa: FBT001
    drawn = f"""
        MA_LK | MA_LOAI_KCB | NGAY_VAO     | NGAY_RA      | SO_NGAY_DTRI
        A     | 01          | 202503100800 | 202503101000 | {days}
    """
    found = run("TIM", XML1=drawn)
    assert found.codes() == ({"TIM-013"} if wrong else set())
    assert found.codes("error") == set()


@pytest.mark.parametrize(("days", "wrong"), [("0", False), ("28", False), ("5", True)])
def test_days_of_a_pick_up_are_0_or_the_days_of_drugs(days: str, wrong: bool) -> None:  # noqa: FBT001
    drawn = f"MA_LK | MA_LOAI_KCB | SO_NGAY_DTRI\nA | 07 | {days}"
    found = run("TIM", XML1=drawn, XML2=DOSE)
    assert found.codes() == ({"TIM-030"} if wrong else set())
    assert found.codes("error") == set()


@pytest.mark.parametrize("care", ["01", "07"])
def test_before_2025_only_0_days_fit_these_visits(care: str) -> None:
    drawn = f"MA_LK | MA_LOAI_KCB | SO_NGAY_DTRI\nA | {care} | 0\nB | {care} | 1"
    assert hits("TIM-013", day="2024-12-31", XML1=drawn) == {"B"}


@pytest.mark.parametrize("care", ["03", "04", "09"])
@pytest.mark.parametrize("day", ["2025-03-10", "2026-09-10"])
@pytest.mark.parametrize(("left", "quantity"), [("10 1200", "1"), ("11 0800", "2")])
def test_exactly_4_and_24_hours_accuse_nobody(
    care: str, day: str, left: str, quantity: str
) -> None:
    month = day.replace("-", "")[:6]
    until = month + left.replace(" ", "")
    stay = f"{month}100800 | {month}100800"
    claims = f"""
        MA_LK | MA_LOAI_KCB | NGAY_VAO | NGAY_VAO_NOI_TRU | NGAY_RA | KET_QUA_DTRI | MA_LOAI_RV
        A     | {care}      | {stay} | {until} | 1 | 1
    """
    beds = f"""
        MA_LK | STT | MA_NHOM | MA_KHOA | MA_DICH_VU | SO_LUONG   | T_BHTT
        A     | 1   | 15      | K03     | K03.1917   | {quantity} | 100000
    """
    found = run("BED", "TIM-027", day=day, XML1=claims, XML3=beds)
    exact = care != "09" or left == "10 1200"
    assert found.codes("error") == (set() if exact else {"TIM-027"})


@pytest.mark.parametrize(
    ("until", "care", "quantity", "rule"),
    [
        ("101159", "03", "1", "BED-002"),
        ("101159", "03", "1", "TIM-027"),
        ("101201", "09", "1", "TIM-027"),
        ("101201", "03", "2", "BED-003"),
        ("110759", "03", "2", "BED-003"),
    ],
)
def test_a_minute_beside_the_limit_is_judged(
    until: str, care: str, quantity: str, rule: str
) -> None:
    claims = f"""
        MA_LK | MA_LOAI_KCB | NGAY_VAO_NOI_TRU | NGAY_RA       | KET_QUA_DTRI | MA_LOAI_RV
        A     | {care}      | 202503100800     | 202503{until} | 1            | 1
    """
    beds = f"""
        MA_LK | STT | MA_NHOM | MA_KHOA | MA_DICH_VU | SO_LUONG   | T_BHTT
        A     | 1   | 15      | K03     | K03.1917   | {quantity} | 100000
    """
    assert rule in run("BED", "TIM-027", XML1=claims, XML3=beds).codes("error")


@pytest.mark.parametrize(
    ("category", "percent", "expected"),
    [
        ("1.18", "50", ""),
        ("1.18", "100", "50 hoặc 100"),
        ("1.18", "40", "50 hoặc 100"),
        ("1.12", "100", ""),
        ("1.12", "80", "100"),
        ("3.3", "100", ""),
        ("3.3", "80", "100"),
    ],
)
def test_a_cheap_self_referral_is_warned_about_with_what_either_reading_gives(
    category: str, percent: str, expected: str
) -> None:
    claims = f"{BENEFIT} | T_TONGCHI_BH | T_BNCCT\n{visit('A', category)} | 200000 | 0"
    lines = f"MA_LK | STT | MUC_HUONG | T_BHTT\nA | 1 | {percent} | 100000"
    found = run("BEN", day="2026-09-10", XML1=claims, XML2=lines)
    assert {(f.rule, f.severity, f.expected) for f in found.findings} == (
        {("BEN-017", "warning", expected)} if expected else set()
    )


@pytest.mark.parametrize("day", ["2024-08-10", "2025-03-10", "2025-09-10", "2026-09-10"])
def test_full_benefit_at_a_commune_station_is_no_finding_at_any_cost(day: str) -> None:
    claims = "\n".join([
        f"{BENEFIT} | T_TONGCHI_BH | T_BNCCT",
        f"{visit('A', '1.2')} | 900000 | 0",
        f"{visit('B', '1.3')} | 900000 | 0",
    ])  # fmt: skip
    lines = "MA_LK | STT | MUC_HUONG | T_BHTT\nA | 1 | 100 | 900000\nB | 1 | 100 | 900000"
    found = run("BEN", day=day, XML1=claims, XML2=lines)
    assert found.codes() == {"BEN-001", "BEN-004"}
    assert {f.claim for f in found.findings} == {"B"}


@pytest.mark.parametrize(("total", "wrong"), [(70000, False), (100000, False), (90000, True)])
def test_a_total_with_another_source_follows_the_lines_or_the_formula(
    total: int,
    wrong: bool,  # noqa: FBT001
) -> None:
    claims = f"""
        MA_LK | T_NGUONKHAC | T_TONGCHI_BV | T_TONGCHI_BH | T_BNTT | T_BNCCT | T_BHTT
        A     | 30000       | 100000       | 100000       | 0      | 0       | {total}
    """
    lines = "MA_LK | STT | T_NGUONKHAC | T_BNCCT | T_BHTT\nA | 1 | 30000 | 0 | 70000"
    assert bool(run("MNY-016", "MNY-017", XML1=claims, XML3=lines).findings) == wrong


def test_a_total_without_another_source_has_one_reading() -> None:
    claims = """
        MA_LK | T_NGUONKHAC | T_TONGCHI_BV | T_TONGCHI_BH | T_BNTT | T_BNCCT | T_BHTT
        A     | 0           | 100000       | 100000       | 0      | 20000   | 80000
        B     | 0           | 100000       | 100000       | 0      | 0       | 100000
    """
    lines = """
        MA_LK | STT | T_NGUONKHAC | T_BNCCT | T_BHTT
        A     | 1   | 0           | 20000   | 80000
        B     | 1   | 0           | 0       | 70000
    """
    assert hits("MNY-016", XML1=claims, XML3=lines) == {"B"}


@pytest.mark.parametrize("percent", ["40", "47", "47.5", "48", "50", "80", "95", "100"])
def test_a_benefit_percent_may_have_one_decimal_from_july_2026(percent: str) -> None:
    drawn = f"MA_LK | STT | MUC_HUONG | T_BHTT\nA | 1 | {percent} | 9"
    found = run("STR", day="2026-07-01", XML2=drawn)
    assert not [f for f in found.findings if f.field == "MUC_HUONG" and f.value]


def test_the_width_of_a_benefit_percent_is_at_most_a_warning() -> None:
    drawn = "MA_LK | STT | MUC_HUONG | T_BHTT\nA | 1 | 047.5 | 9\nA | 2 | 47.50 | 9"
    found = run("STR", day="2026-07-01", XML2=drawn)
    assert {f.severity for f in found.findings if f.field == "MUC_HUONG"} <= {"warning"}


def test_departments_between_two_lists_may_be_of_either() -> None:
    listed = code_list("ma_khoa")

    def known(day: str) -> frozenset[str]:
        return listed.codes_on(day_minutes(as_date(day)))

    older, newer = known("2025-07-31"), known("2026-08-01")
    assert older != newer
    assert known("2025-08-01") == known("2026-07-31") == older | newer
    drawn = "\n".join(["MA_LK | MA_KHOA", *(f"{code} | {code}" for code in sorted(newer))])
    found = run(*WITHIN_CLAIM, "DOC", day="2025-09-10", XML1=drawn)
    assert not [f for f in found.findings if f.field == "MA_KHOA"]


@pytest.mark.parametrize("day", ["2023-11-10", "2024-08-10", "2025-03-10", "2026-09-10"])
@pytest.mark.parametrize("job", ["00", "00000", "12", "12345"])
def test_an_occupation_of_2_or_5_characters_is_at_most_information(day: str, job: str) -> None:
    drawn = f"MA_LK | MA_NGHE_NGHIEP\nA | {job}"
    found = run("STR", day=day, XML1=drawn)
    assert {f.severity for f in found.findings if f.field == "MA_NGHE_NGHIEP"} <= {"info"}


@pytest.mark.parametrize("day", ["2023-11-10", "2024-08-10", "2025-03-10", "2026-09-10"])
@pytest.mark.parametrize("head", ["0123456789", "0000001/HNO-GPHN"])
def test_the_head_of_a_facility_may_have_either_number(day: str, head: str) -> None:
    papers = dict.fromkeys(("XML1", "XML10", "XML11"), f"MA_LK | MA_TTDV\nA | {head}")
    found = run("STR", "DOC", "DOCU", day=day, **papers)
    assert not [f for f in found.findings if f.field == "MA_TTDV"]


def test_the_reasons_of_the_extra_bed_day_are_a_dated_list_and_only_warn() -> None:
    for name in ("KET_QUA_THEM_NGAY", "LOAI_RV_THEM_NGAY"):
        assert parameters()[name].sets[-1]
        assert parameters()[name].confidence == "low"
    users = [r for r in RULES.rules if "THEM_NGAY" in str(r.source) or r.check.endswith("mot_ngay")]
    assert RULES.by_code["BED-023"].severity == "warning"
    assert "BED-023" in {rule.code for rule in users}


@pytest.mark.parametrize(("result", "how"), [("3", "1"), ("4", "1"), ("1", "4"), ("6", "3")])
def test_an_extra_bed_day_in_doubt_is_never_an_error(result: str, how: str) -> None:
    claims = f"""
        MA_LK | MA_LOAI_KCB | NGAY_VAO_NOI_TRU | NGAY_RA      | KET_QUA_DTRI | MA_LOAI_RV
        A     | 03          | 202503010800     | 202503041000 | {result}     | {how}
    """
    beds = "MA_LK | STT | MA_NHOM | SO_LUONG | T_BHTT\nA | 1 | 15 | 4 | 400000"
    assert run("BED", day="2025-03-01", XML1=claims, XML3=beds).codes("error") == set()


@pytest.mark.parametrize(("percent", "shared"), [("100", "0"), ("80", "72000")])
def test_a_new_base_salary_within_the_stay_warns_and_accuses_nobody(
    percent: str, shared: str
) -> None:
    claims = "\n".join([
        f"{BENEFIT} | T_TONGCHI_BH | T_BNCCT | NGAY_VAO | NGAY_RA",
        f"{visit('A', '1.3')} | 360000 | {shared} | 202606300800 | 202607010900",
        f"{visit('B', '1.3')} | 360000 | {shared} | 202606280800 | 202606290900",
    ])  # fmt: skip
    lines = "\n".join([
        "MA_LK | STT | MUC_HUONG | T_BHTT | NGAY_YL",
        f"A | 1 | {percent} | 288000 | 202606300900",
        f"B | 1 | {percent} | 288000 | 202606280900",
    ])  # fmt: skip
    found = run("BEN", XML1=claims, XML2=lines)
    assert {f.rule for f in found.findings if f.claim == "A"} == {"BEN-018"}
    judged = {f.rule for f in found.findings if f.claim == "B"}
    assert judged == ({"BEN-001", "BEN-004"} if percent == "100" else set())
