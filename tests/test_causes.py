"""Root causes: what a facility repairs once to be rid of many findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.causes import LEAST, Cause, causes
from giamdinh.findings import Finding, Findings
from giamdinh.masking import mask
from giamdinh.money import money

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Traits:
    needs: tuple[str, ...] = ()
    parameters: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset({"XML1", "XML2"})


PLAIN = Traits()
RULES: dict[str, Traits] = {
    "CAT-001": Traits(("thuoc",)),
    "CAT-010": Traits(("thuoc",)),
    "DOC-004": Traits(("nhan_luc",)),
    "MNY-001": Traits((), frozenset({"SAI_SO_DONG"}), frozenset({"XML2"})),
    "BEN-003": Traits((), frozenset({"LUONG_CO_SO", "SAI_SO_DONG"})),
    "BEN-004": Traits((), frozenset({"LUONG_CO_SO"})),
}


def line(rule: str, claim: int, **columns: Any) -> Finding:
    own = {"table": "XML2", "facility": "01001", "claim_seq": claim, "claim_cap": 10_000, **columns}
    return Finding(rule, **own)


def found(*rows: Finding, rules: Mapping[str, Traits] = RULES) -> list[tuple[Any, ...]]:
    return [
        (c.kind, c.field, c.code, c.rules, c.group.findings) for c in causes(of(rows), rules).each
    ]


def of(rows: tuple[Finding, ...] | list[Finding]) -> Findings:
    findings = Findings()
    for row in rows:
        findings.append(row)
    return findings


def test_one_row_of_a_list_explains_findings_of_several_rules() -> None:
    code = {"field": "MA_THUOC", "value": "40.1", "item": "40.1"}
    assert found(line("CAT-001", 1, **code), line("CAT-001", 1, **code)) == [
        ("catalogue", "MA_THUOC", "40.1", ("CAT-001",), 2)
    ]
    price = {"field": "DON_GIA", "value": "7", "item": "40.1"}
    rows = [line("CAT-010", n, **price) for n in (1, 2, 3)] + [line("CAT-001", 4, **price)]
    assert found(*rows) == [("catalogue", "", "40.1", ("CAT-010", "CAT-001"), 4)]


def test_a_person_missing_from_the_staff_list_is_a_row_of_that_list() -> None:
    rows = [line("DOC-004", n, field="MA_BAC_SI", value="CC1") for n in (1, 2)]
    assert found(*rows) == [("catalogue", "MA_BAC_SI", "CC1", ("DOC-004",), 2)]


def test_a_code_or_an_empty_field_is_a_cause_for_each_rule() -> None:
    rows = [
        *(line("ICD-001", n, table="XML1", field="MA_BENH_CHINH", value="W01") for n in (1, 2)),
        *(line("STR-006", n, field="TT_THAU", value="") for n in (1, 1)),
        line("ICD-002", 1, table="XML1", field="MA_BENH_CHINH", value="W01"),
    ]
    assert sorted(found(*rows)) == [
        ("code", "MA_BENH_CHINH", "W01", ("ICD-001",), 2),
        ("empty", "TT_THAU", "", ("STR-006",), 2),
    ]


def test_a_number_of_the_law_explains_claims_of_several_rules_but_a_tolerance_does_not() -> None:
    total = {"table": "XML1", "field": "T_BNCCT", "value": "5"}
    rows = [line("BEN-003", 1, **total), line("BEN-004", 2, **total)]
    assert found(*rows) == [("parameter", "", "LUONG_CO_SO", ("BEN-003", "BEN-004"), 2)]
    assert found(*(line("MNY-001", n, **total) for n in (1, 2))) == []


def test_a_drug_explains_its_own_numbers_but_not_what_the_claim_decides() -> None:
    amount = {"field": "THANH_TIEN_BV", "value": "9", "item": "40.1"}
    assert found(*(line("MNY-001", n, **amount) for n in (1, 2))) == [
        ("item", "", "40.1", ("MNY-001",), 2)
    ]
    assert found(*(line("BEN-009", n, **amount) for n in (1, 2))) == []


def test_a_person_explains_times_of_several_claims_only() -> None:
    time = {"field": "NGAY_YL", "value": "202601010800", "practitioner": "CC1"}
    assert found(*(line("TIM-001", n, **time) for n in (1, 2))) == [
        ("person", "", "CC1", ("TIM-001",), 2)
    ]
    assert found(*(line("TIM-001", 1, **time) for _ in range(9))) == []


def test_what_is_personal_or_hidden_is_no_cause() -> None:
    rows = [line("CRD-001", n, table="XML1", field="HO_TEN", value="An") for n in (1, 2)]
    assert found(*rows) == []
    assert causes(mask(of(rows)), RULES).each == ()


def test_facilities_repair_their_own_causes() -> None:
    rows = [line("ICD-001", n, field="MA_THUOC", value="X", facility=f"0100{n}") for n in (1, 2)]
    assert found(*rows) == []


def test_each_dong_counts_once_in_a_cause_and_in_the_total() -> None:
    code = {"field": "MA_THUOC", "value": "40.1", "line_seq": 0}
    rows = [
        line("CAT-001", 1, **code, amount=300), line("CAT-010", 1, **code, amount=500),
        line("STR-006", 1, field="TT_THAU", line_seq=0, amount=400),
        line("STR-006", 2, field="TT_THAU", line_seq=0, amount=400),
    ]  # fmt: skip
    whole = causes(of(rows), RULES)
    assert [c.group.money.error for c in whole.each] == [800, 500]
    assert (whole.findings, whole.money.error) == (4, 900)


@st.composite
def random_findings(draw: st.DrawFn) -> list[Finding]:
    one = st.builds(
        line,
        rule=st.sampled_from([*RULES, "TIM-001"]),
        claim=st.integers(-1, 3),
        facility=st.sampled_from(["", "01001", "01002"]),
        table=st.sampled_from(["XML1", "XML2", "TEP", ""]),
        field=st.sampled_from(["", "MA_THUOC", "DON_GIA", "NGAY_YL", "MA_BAC_SI", "HO_TEN"]),
        value=st.sampled_from(["", "1", "***", "CC1"]),
        item=st.sampled_from(["", "40.1"]),
        practitioner=st.sampled_from(["", "CC1"]),
        severity=st.sampled_from(["error", "warning", "info"]),
        line_seq=st.integers(-1, 2),
        amount=st.integers(0, 9_000),
    )
    return draw(st.lists(one, max_size=25))


@settings(deadline=None, max_examples=60)
@given(random_findings())
def test_causes_never_share_a_finding_and_count_like_a_run_of_their_own(
    rows: list[Finding],
) -> None:
    findings = of(rows)
    whole = causes(findings, RULES)
    explained = [row for cause in whole.each for row in cause.rows.tolist()]
    assert len(explained) == len(set(explained)) == whole.findings
    assert whole.money == money(findings.take(np.array(sorted(explained), np.int64)))
    for cause in whole.each:
        own = findings.take(cause.rows)
        assert len(own) == cause.group.findings >= LEAST
        assert cause.group.money == money(own)
        assert {f.rule for f in own} == set(cause.rules)
        assert {f.facility for f in own} == {cause.facility}
    assert list(whole.each) == sorted(whole.each, key=by_money)


def by_money(cause: Cause) -> tuple[int, int]:
    return -cause.group.money.error, -cause.group.money.warning
