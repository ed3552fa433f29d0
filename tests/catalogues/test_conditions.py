"""Payment conditions of a reference list are broken where a plain reading of the row says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.rules.cards import load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder

if TYPE_CHECKING:
    from giamdinh.tables.claimset import ClaimSet

RULES = load_rules().chosen(["CLN-007"])
CODE, DAY, YEAR = "10.0001.0001", "20250310", 2025
INPATIENT = {"03", "04", "06", "09"}
Row = dict[str, str]

HEADS = st.lists(
    st.fixed_dictionaries(
        {
            "GIOI_TINH": st.sampled_from(("", "1", "2", "3")),
            "NGAY_SINH": st.sampled_from(
                ("", "202003100000", "202003110000", "201900000000", "199001010000")
            ),
            "MA_LOAI_KCB": st.sampled_from(("", "01", "03", "05")),
            "MA_BENH_CHINH": st.sampled_from(("", "I10", "E11.9", "J18.9")),
            "MA_BENH_KT": st.sampled_from(("", "I15.2;Z95", "J44")),
            "CHAN_DOAN_RV": st.sampled_from(("", "Bệnh tim", "Viêm phổi")),
        }
    ),
    min_size=1,
    max_size=4,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "GIOI_TINH": st.sampled_from(("", "", "Nam", "Nữ")),
            "TUOI_TU": st.sampled_from(("", "", "5", "6")),
            "TUOI_DEN": st.sampled_from(("", "", "4", "5")),
            "MA_BENH": st.sampled_from(("", "I10-I15", "J18;E11", "Z95.0")),
            "TU_KHOA": st.sampled_from(("", "TIM")),
            "MA_BENH_LOAI_TRU": st.sampled_from(("", "", "J44", "E10-E14")),
            "LOAI_KCB": st.sampled_from(("", "nội trú", "01;5", "ngoại trú")),
        }
    ),
    min_size=1,
    max_size=3,
)


def batch(heads: list[Row]) -> ClaimSet:
    builder = ClaimSetBuilder()
    for number, head in enumerate(heads):
        shared = {"MA_LK": str(number), "MA_CSKCB": "01001", "NGAY_VAO": f"{DAY}0700",
                  "NGAY_RA": f"{DAY}1600", "T_BHTT": "999"}  # fmt: skip
        claim = builder.add_claim("a.xml", number + 1, {"MACSKCB": "01001"}, shared | head)
        line = {"MA_LK": str(number), "STT": "1", "MA_DICH_VU": CODE, "MA_NHOM": "18",
                "T_BHTT": "999", "NGAY_YL": f"{DAY}0800"}  # fmt: skip
        builder.add_row("XML3", claim, line)
    return builder.build()


def within(icd: str, wanted: str) -> bool:
    plain = icd.replace(".", "")
    for word in wanted.replace(".", "").split(";"):
        first, _, last = word.partition("-")
        if (last and first <= plain[:3] <= last) or (not last and plain.startswith(word)):
            return True
    return False


def broken(head: Row, row: Row) -> bool:
    """Whether a condition of the row surely does not hold; what is unknown breaks nothing."""
    codes = [c for c in (head["MA_BENH_CHINH"], *head["MA_BENH_KT"].split(";")) if c]
    sex = {"Nam": "1", "Nữ": "2"}.get(row["GIOI_TINH"])
    if sex and head["GIOI_TINH"] in {"1", "2"} and head["GIOI_TINH"] != sex:
        return True
    born = head["NGAY_SINH"][:8]
    if born and "00" not in (born[4:6], born[6:8]):
        age = YEAR - int(born[:4]) - (born[4:] > DAY[4:])
        if row["TUOI_TU"] and age < int(row["TUOI_TU"]):
            return True
        if row["TUOI_DEN"] and age > int(row["TUOI_DEN"]):
            return True
    named = bool(row["TU_KHOA"]) and "tim" in head["CHAN_DOAN_RV"]
    listed = any(within(code, row["MA_BENH"]) for code in codes) or named
    if row["MA_BENH"] and head["MA_BENH_CHINH"] and not listed:
        return True
    if row["MA_BENH_LOAI_TRU"] and any(within(c, row["MA_BENH_LOAI_TRU"]) for c in codes):
        return True
    care = head["MA_LOAI_KCB"]
    allowed = {
        "nội trú": care in INPATIENT, "ngoại trú": care not in INPATIENT, "01;5": care != "03",
    }  # fmt: skip
    return bool(care) and not allowed.get(row["LOAI_KCB"], True)


@given(HEADS, ROWS)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_line_is_refused_when_every_row_of_its_code_is_broken(
    heads: list[Row], rows: list[Row]
) -> None:
    listed = [{"MA_DICH_VU": CODE, "DIEU_KIEN": "x", "NGUON": "x", **row} for row in rows]
    findings = Findings()
    runner = Runner(RULES, Catalogues.from_tables({"dieu_kien": listed}), findings, pandera=False)
    runner.run(batch(heads))
    assert runner.outcomes(findings)[0].status == "ran"
    wanted = {str(i) for i, head in enumerate(heads) if all(broken(head, row) for row in rows)}
    assert {finding.claim for finding in findings} == wanted
