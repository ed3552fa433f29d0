"""Ordinary claims of ordinary days in every format: nobody is accused of anything."""

from __future__ import annotations

from typing import Any

import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.rules.cards import load_rules
from giamdinh.rules.examples import pipe_table
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from tests.innocent.build import MONTHS, build, drawings

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
LISTS = {"nhan_luc": pipe_table(STAFF), "co_so": pipe_table(FACILITIES)}
CASES = [(drawing, month) for drawing in drawings() for month in MONTHS]


def found(drawing: dict[str, Any], month: str) -> Findings:
    tables = build(drawing, month)
    head = tables.pop("XML1")[0]
    builder = ClaimSetBuilder()
    sent = {"MACSKCB": head["MA_CSKCB"], "NGAYLAP": f"{head['NGAY_RA'][:6]}30"}
    claim = builder.add_claim("a.xml", 1, sent, head)
    for name, rows in tables.items():
        for row in rows:
            builder.add_row(name, claim, row)
    findings = Findings()
    runner = Runner(RULES, Catalogues.from_tables(LISTS), findings, pandera=False)
    runner.run(builder.build())
    assert not [o for o in runner.outcomes(findings) if o.status == "error"]
    return findings


@pytest.mark.parametrize(("drawing", "month"), CASES, ids=[f"{d['name']} {m}" for d, m in CASES])
def test_an_ordinary_claim_has_no_error(drawing: dict[str, Any], month: str) -> None:
    errors = [f for f in found(drawing, month) if f.severity == "error"]
    assert [(f.rule, f.table, f.row, f.message) for f in errors] == []
