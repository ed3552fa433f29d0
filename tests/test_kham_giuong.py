"""Correcting exam and bed lines as the rules ask leaves nothing to correct."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder

RULES = load_rules()
Row = dict[str, str]


def corrections(code: str, claim: Row, lines: list[Row]) -> dict[int, str]:
    """Line number → right value, as rule `code` says for one claim."""
    builder = ClaimSetBuilder()
    index = builder.add_claim("a.xml", 1, {}, {"MA_LK": "A", "T_BHTT": "999999999", **claim})
    for i, line in enumerate(lines, 1):
        builder.add_row("XML3", index, {"STT": str(i), **line})
    findings = Findings()
    one = RuleSet((RULES.by_code[code],), RULES.parameters, "")
    runner = Runner(one, Catalogues.from_tables({}), findings, pandera=False)
    runner.run(builder.build())
    assert runner.outcomes(findings)[0].status != "error"
    return {finding.row: finding.expected for finding in findings}


EXAMS = st.lists(
    st.tuples(st.sampled_from(["100", "30", "10", "0"]), st.integers(0, 600)), max_size=8
)


@settings(max_examples=60, deadline=None)
@given(EXAMS)
def test_corrected_exams_cost_at_most_twice_an_exam(exams: list[tuple[str, int]]) -> None:
    claim = {"MA_LOAI_KCB": "01", "NGAY_VAO": "202503100700", "NGAY_RA": "202503102000"}
    start = datetime(2025, 3, 10, 7, 0)  # noqa: DTZ001
    lines = [
        {
            "MA_NHOM": "13",
            "TYLE_TT_DV": rate,
            "DON_GIA_BH": "40000",
            "T_BHTT": "1000",
            "NGAY_YL": (start + timedelta(minutes=minute)).strftime("%Y%m%d%H%M"),
        }
        for rate, minute in exams
    ]
    for number, right in corrections("EXM-003", claim, lines).items():
        lines[number - 1]["TYLE_TT_DV"] = right
    assert sum(int(line["TYLE_TT_DV"]) for line in lines) <= 200
    assert corrections("EXM-003", claim, lines) == {}


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9 * 1440),
    st.lists(st.sampled_from(["0.33", "0.5", "1", "2", "7"]), max_size=6),
)
def test_corrected_beds_fit_the_stay(stay: int, quantities: list[str]) -> None:
    start = datetime(2025, 3, 1, 15, 30)  # noqa: DTZ001
    end = start + timedelta(minutes=stay)
    admitted = f"{start:%Y%m%d%H%M}"
    claim = {
        "MA_LOAI_KCB": "03",
        "NGAY_VAO": admitted,
        "NGAY_VAO_NOI_TRU": admitted,
        "NGAY_RA": f"{end:%Y%m%d%H%M}",
        "KET_QUA_DTRI": "1",
        "MA_LOAI_RV": "1",
    }
    lines = [
        {"MA_NHOM": "15", "SO_LUONG": quantity, "NGAY_YL": admitted, "T_BHTT": "1000"}
        for quantity in quantities
    ]
    for code in ("BED-002", "BED-003", "BED-004", "BED-023"):
        for number, right in corrections(code, claim, lines).items():
            lines[number - 1]["SO_LUONG"] = right
    days = (end.date() - start.date()).days
    most = 0 if stay < 240 else 1 if stay < 1440 else days
    if stay not in (240, 1440):
        assert sum(float(line["SO_LUONG"]) for line in lines) <= most + 0.5
    for code in ("BED-002", "BED-003", "BED-004", "BED-023"):
        assert corrections(code, claim, lines) == {}
