"""Traps about files, tables, visits and the rules themselves."""
# ruff: noqa: E501 - a drawn table stays in one piece

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.errors import CardError
from giamdinh.pipeline import Options, audit
from giamdinh.rules.cards import load_rules
from tests.read.writer import Envelope, claim, envelope, hoso
from tests.traps.drawing import RULES, WITHIN_CLAIM, hits, run

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult

EXAM = "MA_LK | STT | MA_NHOM | MA_DICH_VU | DON_GIA_BH | TYLE_TT_DV | NGAY_YL | T_BHTT"


def audited(folder: Path, *files: str) -> AuditResult:
    """Audits files written in this order, by the within-claim rules."""
    for i, text in enumerate(files):
        (folder / f"{i}.xml").write_text(text, encoding="utf-8")
    return audit([folder], Options(select=WITHIN_CLAIM, pandera=False))


def without_code(key: str) -> dict[str, list[dict[str, str]]]:
    """A claim with one line that names no service."""
    drawn = claim(key)
    drawn["XML3"] = [{"MA_LK": key, "STT": "1", "MA_NHOM": "1", "T_BHTT": "5000"}]
    return drawn


def test_every_claim_of_a_file_is_audited_whatever_the_file_promises(tmp_path: Path) -> None:
    three = [hoso(without_code(key)) for key in "ABC"]
    result = audited(tmp_path, envelope(three, Envelope(count="1")))
    assert {f.claim for f in result.findings if f.rule == "STR-041"} == {"A", "B", "C"}
    codes = {f.rule for f in result.findings}
    assert "STR-073" in codes
    assert "STR-002" not in codes


def test_a_file_that_promises_more_claims_than_it_holds_is_found(tmp_path: Path) -> None:
    result = audited(tmp_path, envelope([hoso(without_code("A"))], Envelope(count="2")))
    assert "STR-002" in {f.rule for f in result.findings}
    assert result.ledger.claims_declared == result.ledger.claims_read + 1


def test_only_the_newest_sending_of_a_claim_is_judged(tmp_path: Path) -> None:
    first = envelope([hoso(without_code("A"))], Envelope(made="20250310"))
    second = envelope([hoso(claim("A"))], Envelope(made="20250312"))
    result = audited(tmp_path, first, second)
    assert "STR-041" not in {f.rule for f in result.findings}
    assert result.ledger.claims_replaced == 1
    assert {f.severity for f in result.findings if f.rule == "LNK-028"} == {"info"}
    (tmp_path / "again").mkdir()
    turned = audited(tmp_path / "again", envelope([hoso(claim("A"))], Envelope(made="20250310")),
                     envelope([hoso(without_code("A"))], Envelope(made="20250312")))  # fmt: skip
    assert "STR-041" in {f.rule for f in turned.findings}


def test_a_paper_with_the_older_tags_is_the_same_paper(tmp_path: Path) -> None:
    paper = {
        "MA_LK": "A", "MA_NOI_DEN": "01002", "PP_DIEU_TRI": "Tỉnh, chuyển bằng xe cứu thương",
        "MA_LYDO_CT": "1", "MA_BENH_CHINH": "J18.9", "MA_TTDV": "0100000001",
    }  # fmt: skip
    bare = {k: v for k, v in paper.items() if k not in ("MA_NOI_DEN", "PP_DIEU_TRI")}
    files = [hoso({**claim(key), "XML13": [{**row, "MA_LK": key}]})
             for key, row in (("A", paper), ("B", bare))]  # fmt: skip
    result = audited(tmp_path, envelope(files))
    papers = audit([tmp_path], Options(select=("DOCU-013",), pandera=False)).findings
    assert {f.claim for f in papers} == {"B"}
    assert not result.ledger.unknown_tags


def test_tests_have_indicator_rows_and_images_a_description() -> None:
    lines = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | NGAY_TH_YL   | NGAY_KQ      | T_BHTT
        A     | 1   | 1       | 22.0120.1370 | 202503100900 | 202503101000 | 40000
        A     | 2   | 2       | 18.0119.0028 | 202503100900 | 202503100930 | 60000
        B     | 1   | 1       | 22.0120.1370 | 202503100900 | 202503101000 | 40000
        B     | 2   | 2       | 18.0119.0028 | 202503100900 | 202503100930 | 60000
    """
    blood = [f"A | {i} | 22.0120.1370 | {i} | Chỉ số {i} | {i} | g/L | | | 202503101000 | 01/HNO-GPHN"
             for i in range(1, 19)]  # fmt: skip
    results = "\n".join([
        "MA_LK | STT | MA_DICH_VU | MA_CHI_SO | TEN_CHI_SO | GIA_TRI | DON_VI_DO | MO_TA | KET_LUAN | NGAY_KQ | MA_BS_DOC_KQ",
        *blood,
        "A | 19 | 18.0119.0028 | | | | | Phổi sáng | Bình thường | 202503100930 | 02/HNO-GPHN",
        "B | 1 | 22.0120.1370 | | | 5 | g/L | | | 202503101000 | 01/HNO-GPHN",
        "B | 2 | 18.0119.0028 | | | | | Phổi sáng | | 202503100930 | 02/HNO-GPHN",
    ])  # fmt: skip
    select = (
        "LNK-005",
        "LNK-006",
        "LNK-007",
        "LNK-008",
        "LNK-009",
        "STR-016",
        "STR-069",
        "STR-075",
    )
    found = run(*select, "TIM", XML3=lines, XML4=results)
    assert {(f.rule, f.claim, f.row) for f in found.findings} == {
        ("STR-069", "B", 1),
        ("LNK-008", "B", 2),
    }


def test_rules_about_a_service_look_for_the_service_first() -> None:
    claims = """
        MA_LK | MA_LOAI_KCB | NGAY_VAO     | NGAY_VAO_NOI_TRU | NGAY_RA      | SO_NGAY_DTRI | KET_QUA_DTRI | MA_LOAI_RV
        A     | 03          | 202503050800 | 202503050900     | 202503101000 | 6            | 1            | 1
        B     | 03          | 202503050800 | 202503050900     | 202503101000 | 6            | 1            | 1
    """
    lines = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | TEN_DICH_VU   | SO_LUONG | NGAY_YL      | NGAY_TH_YL   | T_BHTT
        A     | 1   | 1       | 22.0120.1370 | Tổng phân tích | 1       | 202503060900 | 202503060930 | 40000
        B     | 1   | 15      | K03.1917     | Giường         | 2       | 202503060900 | 202503060930 | 40000
    """
    found = run("BED", "EXM", "CLN", "SVC", XML1=claims, XML3=lines)
    assert {f.claim for f in found.findings} == {"B"}
    assert found.at("BED-005") == {"B"}


def test_two_exams_of_different_specialties_are_normal() -> None:
    drawn = f"""
        {EXAM}
        A     | 1 | 13 | 02.03 | 40000 | 100 | 202503100900 | 32000
        A     | 2 | 13 | 14.30 | 40000 | 30  | 202503101000 | 9600
        A     | 3 | 13 | 15.31 | 40000 | 30  | 202503101100 | 9600
        B     | 1 | 13 | 02.03 | 40000 | 100 | 202503100900 | 32000
        B     | 2 | 13 | 14.30 | 40000 | 100 | 202503101000 | 32000
        C     | 1 | 13 | 02.03 | 40000 | 30  | 202503100900 | 9600
        C     | 2 | 13 | 14.30 | 40000 | 100 | 202503101000 | 32000
    """
    claims = "MA_LK | MA_LOAI_KCB\nA | 01\nB | 01\nC | 01"
    found = run("EXM", "CLN", "SVC", XML1=claims, XML3=drawn)
    assert {(f.rule, f.claim, f.row) for f in found.findings} == {
        ("EXM-003", "B", 2),
        ("EXM-016", "C", 2),
    }


@pytest.mark.parametrize("day", ["2025-06-30", "2025-07-01", "2026-09-10"])
def test_provinces_before_and_after_the_merger_stay_valid(day: str) -> None:
    drawn = "MA_LK | MATINH_CU_TRU\nA | 02\nB | 08\nC | 01\nD | 99"
    assert hits("STR-028", day=day, XML1=drawn) == {"D"}


def test_short_clinical_notes_may_repeat() -> None:
    drawn = """
        MA_LK | STT | DIEN_BIEN_LS                         | THOI_DIEM_DBLS
        A     | 1   | Tạm ổn định                          | 202503100800
        A     | 2   | Tạm ổn định                          | 202503110800
        B     | 1   | Đỡ sốt, còn ho, phổi ran ẩm hai đáy  | 202503100800
        B     | 2   | Đỡ sốt, còn ho,  phổi ran ẩm hai đáy | 202503110800
    """
    assert hits("LNK-011", XML5=drawn) == {"B/2"}


def test_operations_at_the_same_time_may_be_the_work_of_two_teams() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | DON_GIA_BH | TYLE_TT_DV | NGUOI_THUC_HIEN | NGAY_TH_YL   | NGAY_KQ      | T_BHTT
        A     | 1   | 8       | 3000000    | 100        | 001/A;002/A     | 202503100900 | 202503101100 | 3000000
        A     | 2   | 8       | 2000000    | 80         | 003/A;004/A     | 202503100930 | 202503101030 | 1600000
        B     | 1   | 8       | 3000000    | 100        | 001/A;002/A     | 202503100900 | 202503101100 | 3000000
        B     | 2   | 8       | 2000000    | 100        | 001/A;002/A     | 202503100900 | 202503101100 | 2000000
    """
    found = run("SVC", "CLN", "TIM", XML3=drawn)
    assert {(f.rule, f.claim, f.row) for f in found.findings} == {("SVC-001", "B", 2)}


def test_a_service_without_machine_code_is_no_finding() -> None:
    drawn = """
        MA_LK | STT | MA_NHOM | MA_DICH_VU   | MA_MAY             | T_BHTT
        A     | 1   | 1       | 22.0120.1370 |                    | 40000
        A     | 2   | 18      | 03.0001.0100 |                    | 40000
        A     | 3   | 2       | 18.0119.0028 | XQ.1.01001.123     | 40000
        A     | 4   | 2       | 18.0119.0028 | N/A                | 40000
    """
    assert hits("STR-056", XML3=drawn) == {"A/4"}


def test_an_unknown_severity_is_refused_before_any_data_is_read(tmp_path: Path) -> None:
    card = next(rule for rule in RULES.rules if rule.code == "TIM-001")
    own = tmp_path / "TIM"
    own.mkdir()
    with open(card.path, encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        text = file.read().replace("TIM-001", "TIM-901")
    (own / "TIM-901_a.yaml").write_text(text, encoding="utf-8")
    assert "TIM-901" in load_rules([tmp_path]).by_code
    (own / "TIM-901_a.yaml").write_text(text.replace("error", "critical"), encoding="utf-8")
    with pytest.raises(CardError, match="severity"):
        load_rules([tmp_path])
    assert {rule.severity for rule in RULES.rules} == {"error", "warning", "info"}
