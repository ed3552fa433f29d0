"""Results of made-up runs for the writers' tests; no real person or facility."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from giamdinh.catalogues.catalogues import CatalogueProblem, CatalogueStatus
from giamdinh.findings import Finding, Findings
from giamdinh.model import LegalText, Outcome, Problem
from giamdinh.read.ledger import Ledger
from giamdinh.report.model import AuditResult, Inputs

if TYPE_CHECKING:
    from giamdinh.model import Severity

STARTED = datetime(2026, 10, 5, 8, 30, tzinfo=timezone(timedelta(hours=7)))
LAW = "QĐ 3176/QĐ-BYT, Bảng 3, THANH_TIEN_BV"


@dataclass(frozen=True, slots=True)
class Card:
    code: str
    title: str
    severity: Severity
    tt12: str
    title_en: str = "What is wrong"
    fix: str = "Tính lại THANH_TIEN_BV = SO_LUONG × DON_GIA, làm tròn 2 chữ số, rồi gửi lại XML3."
    confidence: str = "high"
    needs: tuple[str, ...] = ()
    parameters: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset({"XML3"})
    legal: tuple[LegalText, ...] = (LegalText("QĐ 3176/QĐ-BYT", "Bảng 3"),)

    @property
    def family(self) -> str:
        return self.code[:3]


CARDS = {
    card.code: card
    for card in (
        Card("MNY-001", "Thành tiền BV của dòng khác số lượng nhân đơn giá", "error", "k"),
        Card("TIM-004", "Ngày y lệnh ngoài đợt điều trị", "error", "i"),
        Card("STF-002", "Người hành nghề không có trong danh mục nhân lực", "warning", "g"),
        Card("CRD-003", "Thẻ BHYT hết hạn trước ngày vào viện", "error", "a"),
        Card("FMT-010", "Trường bắt buộc để trống", "info", "Đ9"),
        Card("PRC-001", "Đơn giá cao hơn giá trúng thầu", "error", "d"),
        Card("ITV-001", "Khám lại sớm hơn khoảng cách cho phép", "warning", "h"),
        Card("STK-001", "Số lượng dùng vượt lượng mua và tồn", "warning", "l"),
    )
}
OUTCOMES = (
    Outcome("MNY-001", "ran", 52_310, 3),
    Outcome("TIM-004", "ran", 52_310, 1),
    Outcome("STF-002", "ran", 52_310, 2),
    Outcome("CRD-003", "ran", 1_198, 1),
    Outcome("FMT-010", "ran", 70_000, 1),
    Outcome("PRC-001", "not_checkable", 0, 0, "thiếu danh mục thuoc của cơ sở 01001"),
    Outcome("ITV-001", "not_applicable", 0, 0, "không có dòng nào trong thời gian hiệu lực"),
    Outcome("STK-001", "error", 10, 0, "ZeroDivisionError tại stock.py:12"),
)


def finding(rule: str = "MNY-001", **columns: Any) -> Finding:
    """A finding on a service line unless `columns` say otherwise."""
    card = CARDS[rule]
    given = {
        "tt12": card.tt12, "severity": card.severity, "facility": "01001", "claim": "HS0001",
        "table": "XML3", "row": 3, "field": "THANH_TIEN_BV", "value": "15002",
        "expected": "15000", "amount": 1_500_000, "basis": LAW, "fix": card.fix,
        "message": "Thành tiền 15.002 khác 10 × 1.500 = 15.000.", "file": "thang9.xml", "hoso": 1,
        "department": "K02", "practitioner": "0012345/HNO-CCHN", "patient": "BN00017",
        "name": "Nguyễn Thị Mẫu", "card": "DN4010123456789", "claim_seq": 0, "line_seq": 2,
        "claim_cap": 100_000_000,
    }  # fmt: skip
    return Finding(rule, **(given | columns))


def ledger(**changes: Any) -> Ledger:
    given: dict[str, Any] = {
        "files_found": 12, "files_read": 11, "files_rejected": 1, "files_ignored": ["ghi_chu.txt"],
        "claims_declared": 1_200, "claims_read": 1_198, "claims_quarantined": 2,
        "claims_replaced": 1, "rows": {"XML1": 1_198, "XML2": 9_000, "XML3": 20_000},
        "rows_quarantined": {"XML3": 4}, "unknown_tags": {("XML3", "MA_LA"): 7},
        "problems": [
            Problem("base64_sai", "loi.xml", "NOIDUNGFILE không phải base64", 2, "XML2", "HS9"),
        ],
    }  # fmt: skip
    return Ledger(**(given | changes))


def result(*findings: Finding, **changes: Any) -> AuditResult:
    """A run with these findings."""
    rows = Findings()
    for item in findings:
        rows.append(item)
    given: dict[str, Any] = {
        "findings": rows,
        "outcomes": OUTCOMES,
        "ledger": ledger(),
        "rules": CARDS,
        "rules_hash": "0123456789abcdef",
        "started": STARTED,
        "catalogues": (
            CatalogueStatus(
                "nhan_luc", "Nhân lực", "01001", 42, 1, date(2026, 1, 1), None, "nl.xlsx"
            ),
        ),
        "catalogue_problems": (CatalogueProblem("la.xlsx", 0, "không nhận ra tiêu đề"),),
        "timings": {"read": 1.25},
        "inputs": Inputs((("thang9.xml", "ab" * 32),), 1, 1000, "cd" * 32),
        "claims_by_facility": {"01001": (1_198, 250_000_000_000)},
        "options": {"mask": "False"},
        "period": "202609",
    }
    return AuditResult(**(given | changes))


def month(count: int, seed: int = 1, facilities: int = 3) -> AuditResult:
    """A run with `count` random findings of a month."""
    draw = random.Random(seed)  # noqa: S311 - test data
    rows = Findings()
    codes = [f"{1001 + i:05d}" for i in range(facilities)]
    people = [f"00{i:05d}/HNO-CCHN" for i in range(40)]
    for _ in range(count):
        rule = draw.choice(["MNY-001", "MNY-001", "TIM-004", "STF-002", "CRD-003", "FMT-010"])
        claim = draw.randrange(max(count // 3, 1))
        price = draw.choice([1500, 2500, 38_700, 160_000])
        shape: dict[str, Any] = {
            "facility": codes[claim % facilities], "claim": f"HS{claim:06d}", "claim_seq": claim,
            "row": draw.randrange(1, 30), "line_seq": draw.randrange(30),
            "value": str(price * 10 + 2), "expected": str(price * 10),
            "amount": price * 1000, "department": f"K{draw.randrange(1, 20):02d}",
            "practitioner": draw.choice(people), "patient": f"BN{claim:07d}",
            "card": f"DN4{claim:012d}", "name": f"Người Bệnh {claim}", "hoso": claim + 1,
            "message": f"Thành tiền {price * 10 + 2} khác số lượng 10 × đơn giá {price}.",
        }  # fmt: skip
        if rule == "TIM-004":
            shape |= {"field": "NGAY_YL", "value": "202609150830", "expected": "202609140700"}
        if rule == "CRD-003":
            shape |= {"table": "XML1", "line_seq": -1, "field": "MA_THE_BHYT", "row": 1}
            shape |= {"value": shape["card"], "expected": ""}
        if rule == "FMT-010":
            shape |= {"field": "MA_PTTT_QT", "value": "", "expected": "", "amount": 0}
        if rule == "STF-002":
            shape |= {"field": "MA_BAC_SI", "value": shape["practitioner"], "expected": ""}
        rows.append(finding(rule, **shape))
    paid = dict.fromkeys(codes, (count // facilities, 90_000_000_000))
    return result(findings=rows, claims_by_facility=paid)
