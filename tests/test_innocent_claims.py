"""Ordinary claims of ordinary days in every format: nobody is accused of anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.pipeline import Options, audit
from giamdinh.rules.cards import load_rules
from giamdinh.rules.examples import pipe_table
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from tests.innocent.build import MONTHS, Tables, build, drawings
from tests.read.writer import Envelope, envelope, hoso

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules()
STAFF = """
    HO_TEN | MACCHN           | CHUCDANH_NN | NGAYCAP_CCHN | TU_NGAY  | MA_CSKCB
    NV 1   | 0000001/HNO-GPHN | 1           | 20150101     | 20230101 | 01001
    NV 2   | 0000002/HNO-GPHN | 1           | 20150101     | 20230101 | 01001
    NV 3   | 0000003/HNO-GPHN | 1           | 20150101     | 20230101 | 01001
    NV 5   | 0000005/HNO-GPHN | 5           | 20150101     | 20230101 | 01001
"""
FACILITIES = """
    MA_CSKCB | TEN_CSKCB
    01001    | Bệnh viện A
    01002    | Bệnh viện B
    01003    | Bệnh viện C
"""
TOTALS = ("MNY-016", "MNY-023")
LISTS = {"nhan_luc": pipe_table(STAFF), "co_so": pipe_table(FACILITIES)}


def month_of(month: str) -> dict[str, Tables]:
    """All drawn claims in a month; the key of each says what it is."""
    keys = {drawing["name"].replace(" ", "_"): drawing for drawing in drawings()}
    return {key: build(drawing, month, key) for key, drawing in keys.items()}


def found(claims: dict[str, Tables]) -> Findings:
    """What all rules find, the claims being sent before the end of the month."""
    builder = ClaimSetBuilder()
    for tables in claims.values():
        head, *_ = tables["XML1"]
        sent = {"MACSKCB": head["MA_CSKCB"], "NGAYLAP": f"{head['NGAY_RA'][:6]}30"}
        claim = builder.add_claim("a.xml", 1, sent, head)
        for name, rows in tables.items():
            for row in rows if name != "XML1" else ():
                builder.add_row(name, claim, row)
    findings = Findings()
    runner = Runner(RULES, Catalogues.from_tables(LISTS), findings, pandera=False)
    runner.run(builder.build())
    assert not [o for o in runner.outcomes(findings) if o.status == "error"]
    return findings


def errors(findings: Findings) -> list[tuple[str, str, str, int, str]]:
    return [(f.claim, f.rule, f.table, f.row, f.message) for f in findings if f.severity == "error"]


@pytest.mark.parametrize("month", MONTHS)
def test_ordinary_claims_have_no_error(month: str) -> None:
    assert errors(found(month_of(month))) == []


@pytest.mark.parametrize("month", MONTHS)
def test_the_same_claims_with_one_wrong_total_are_all_found(month: str) -> None:
    claims = month_of(month)
    for tables in claims.values():
        head = tables["XML1"][0]
        head["T_BHTT"] = str(float(head["T_BHTT"]) + 5000)
    judged = {claim for claim, rule, *_ in errors(found(claims)) if rule in TOTALS}
    assert judged == set(claims)


@pytest.mark.parametrize("month", MONTHS)
def test_a_claim_sent_twice_is_no_error(tmp_path: Path, month: str) -> None:
    tables = {name: rows for name, rows in build(drawings()[1], month, "A").items() if rows}
    day = month.replace("-", "")
    for made in ("12", "14"):
        text = envelope([hoso(tables)], Envelope(made=f"{day}{made}", facility="01001"))
        (tmp_path / f"{made}.xml").write_text(text, encoding="utf-8")
    result = audit([tmp_path], Options(pandera=False))
    assert errors(result.findings) == []
    assert (result.ledger.claims_read, result.ledger.claims_replaced) == (2, 1)
    assert {f.rule for f in result.findings} == {"LNK-028"}
