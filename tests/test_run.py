"""How rules end: ran, not applicable, not checkable, or crashed without stopping the others."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.errors import CardError, UsageError
from giamdinh.findings import Findings
from giamdinh.rules import context
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from giamdinh.model import Outcome

RULES = load_rules()


def one_claim(made: str = "20250311", **xml1: str) -> ClaimSet:
    builder = ClaimSetBuilder()
    row = {
        "MA_LK": "A",
        "MA_CSKCB": "01001",
        "NGAY_VAO": "202503100800",
        "NGAY_RA": "202503101600",
        "T_BHTT": "1000",
        **xml1,
    }
    claim = builder.add_claim("a.xml", 1, {"MACSKCB": "01001", "NGAYLAP": made}, row)
    builder.add_row("XML3", claim, {"MA_LK": "A", "STT": "1", "NGAY_YL": "202503100830",
                                    "MA_BAC_SI": "000001/HNO-CCHN", "T_BHTT": "1000"})  # fmt: skip
    return builder.build()


def outcomes(rules: RuleSet, claims: ClaimSet) -> tuple[dict[str, Outcome], Findings]:
    findings = Findings()
    runner = Runner(rules, Catalogues.from_tables({}), findings, pandera=False)
    runner.run(claims)
    return {o.rule: o for o in runner.outcomes(findings)}, findings


def test_a_rule_without_its_catalogue_is_not_checkable_and_accuses_nobody() -> None:
    found, findings = outcomes(RULES.chosen(["DOC-004"]), one_claim())
    assert found["DOC-004"].status == "not_checkable"
    assert "nhân lực" in found["DOC-004"].reason
    assert "01001" in found["DOC-004"].reason
    assert len(findings) == 0


def test_a_rule_outside_its_dates_is_not_applicable() -> None:
    claims = one_claim("20200102", NGAY_VAO="202001010800", NGAY_RA="202001011600")
    found, _ = outcomes(RULES.chosen(["TIM-001"]), claims)
    assert found["TIM-001"].status == "not_applicable"
    assert found["TIM-001"].rows_in_force == 0
    assert "hiệu lực" in found["TIM-001"].reason


@pytest.mark.parametrize("leave", ["", "abc", "202103101600", "000103101600", "202503090000"])
def test_a_wrong_discharge_date_does_not_put_the_claim_outside_all_rules(leave: str) -> None:
    found, findings = outcomes(
        RULES.chosen(["TIM-001", "STR-006", "STR-012"]), one_claim(NGAY_RA=leave)
    )
    assert {outcome.status for outcome in found.values()} == {"ran"}
    assert any(finding.field == "NGAY_RA" for finding in findings)


def test_a_check_in_row_without_its_claim_is_of_the_facility_it_names() -> None:
    builder = ClaimSetBuilder()
    builder.add_row("XML0", -1, {"MA_LK": "A", "NGAY_VAO": "202503100800", "MA_CSKCB": "79001"})
    _, findings = outcomes(RULES.chosen(["STR-006"]), builder.build())
    assert {(finding.table, finding.facility, finding.claim) for finding in findings} == {
        ("XML0", "79001", "A")
    }


def test_a_rule_that_ran_says_on_how_many_rows() -> None:
    claims = one_claim(NGAY_RA="202503090000")
    found, findings = outcomes(RULES.chosen(["TIM-001"]), claims)
    assert (found["TIM-001"].status, found["TIM-001"].rows_in_force) == ("ran", 1)
    assert found["TIM-001"].rows_hit == len(findings) == 1


def test_every_rule_has_an_outcome_on_an_empty_batch() -> None:
    found, findings = outcomes(RULES, ClaimSetBuilder().build())
    assert set(found) == {rule.code for rule in RULES.rules}
    assert {o.status for o in found.values()} <= {"not_applicable", "not_checkable"}
    assert len(findings) == 0


def test_a_crash_in_one_rule_never_stops_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def hong(_: context.CheckContext) -> Iterable[context.Hits]:
        raise ZeroDivisionError("NGUYEN VAN BI MAT")

    single = (rule for rule in RULES.rules if rule.check and not rule.across)
    target = next(rule for rule in single if "XML1" in rule.fields)
    monkeypatch.setitem(context.checks(), target.check, hong)
    found, _ = outcomes(RULES, one_claim(NGAY_RA="202503090000"))
    assert found[target.code].status == "error"
    assert "ZeroDivisionError" in found[target.code].reason
    assert "BI MAT" not in found[target.code].reason
    assert found["TIM-001"].status == "ran"
    assert sum(o.status == "error" for o in found.values()) == sum(
        rule.check == target.check for rule in RULES.rules
    )


def test_runners_that_saw_a_batch_each_add_up_to_one_that_saw_both() -> None:
    days = ("202503090000", "202503101600", "20250310")
    batches = [one_claim(NGAY_RA=day) for day in days]
    catalogues = Catalogues.from_tables({})
    alone = Runner(RULES, catalogues, Findings(), pandera=False)
    total = Runner(RULES, catalogues, Findings(), pandera=False)
    for claims in batches:
        alone.run(claims)
        part = Runner(RULES, catalogues, Findings(), pandera=False)
        part.run(claims)
        findings, state = pickle.loads(pickle.dumps((part.findings, part.state())))  # noqa: S301
        total.findings.extend(findings)
        total.absorb(state)
    assert total.outcomes(total.findings) == alone.outcomes(alone.findings)
    assert list(total.findings) == list(alone.findings)


def test_selecting_a_rule_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UsageError, match="không có quy tắc nào"):
        RULES.chosen(["XYZ"])


CARD = """\
code: TIM-900
title: Ngày ra quá xa ngày vào
title_en: Discharge too far from admission
severity: warning
tt12: k
legal: [{text: "Quy định nội bộ", at: "mục 1"}]
effective: {from: 2023-01-18, by: NGAY_RA}
table: XML1
field: NGAY_RA
when: days(NGAY_VAO, NGAY_RA) > 365
amount: "0"
message: "Từ {NGAY_VAO} đến {NGAY_RA} quá một năm."
fix: "Kiểm tra lại ngày."
examples:
  - name: quá một năm thì bắt
    XML1: |
      MA_LK | NGAY_VAO     | NGAY_RA
      A     | 202301180800 | 202503100800
      B     | 202503100800 | 202503110800
      C     |              | 202503110800
    hits: [A]
"""


def folder_with(tmp_path: Path, text: str) -> Path:
    (tmp_path / "TIM").mkdir()
    (tmp_path / "TIM" / "TIM-900_thu.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_facilitys_own_card_is_added(tmp_path: Path) -> None:
    rules = load_rules([folder_with(tmp_path, CARD)])
    assert rules.by_code["TIM-900"].severity == "warning"
    assert rules.hash != RULES.hash


@pytest.mark.parametrize(
    ("old", "new", "advice"),
    [
        ("field: NGAY_RA", "field: NGAY_RAA", "XML1 không có trường 'NGAY_RAA'"),
        ("days(NGAY_VAO", "days(NGAY_VAOO", "NGAY_VAO"),
        ("severity: warning", "severity: sai", "chỉ nhận: error, warning, info"),
        ("fix:", "cach_sua:", "thẻ thiếu khóa 'fix'"),
        ("{NGAY_VAO} đến", "{HO_TEN} đến", "dữ liệu cá nhân"),
        ("{NGAY_VAO} đến", "{KHONG_CO} đến", "KHONG_CO"),
        ("code: TIM-900", "code: TIM-001", "TIM-001"),
        ("from: 2023-01-18", "from: 18/01/2023", "yyyy-mm-dd"),
        ("hits: [A]", "hits: []", "ít nhất một ví dụ"),
        ("when: days", "check: khong_co\nwhen: days", "đúng một trong ba"),
        ('amount: "0"', "amount: LUONG_CO_SO\nneeds: [gi_do]", "không có loại danh mục"),
        ("from: 2023-01-18", "from: 2001-01-01", "ok"),
        ("legal: [{text", "legal: [{txt", "viết: legal"),
    ],
)
def test_a_wrong_card_is_refused_with_file_line_and_advice(
    tmp_path: Path, old: str, new: str, advice: str
) -> None:
    folder = folder_with(tmp_path, CARD.replace(old, new, 1))
    if advice == "ok":
        load_rules([folder])
        return
    with pytest.raises(CardError) as caught:
        load_rules([folder])
    assert advice in str(caught.value)
    assert "TIM-900_thu.yaml:" in str(caught.value)


def test_a_card_older_than_its_parameter_is_refused(tmp_path: Path) -> None:
    card = CARD.replace("from: 2023-01-18", "from: 1999-01-01").replace("> 365", "> LUONG_CO_SO")
    with pytest.raises(CardError, match="LUONG_CO_SO chưa có giá trị"):
        load_rules([folder_with(tmp_path, card)])


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="viết hai lần"):
        load_rules([folder_with(tmp_path, CARD + "title: Lần hai\n")])
