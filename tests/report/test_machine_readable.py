from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pyarrow import parquet

from giamdinh.findings import EXPORTED
from giamdinh.masking import mask
from giamdinh.money import money
from giamdinh.report import json_out, parquet_out
from giamdinh.report.scorecard import content_label, contents, scorecard
from tests.report.results import OUTCOMES, finding, ledger, month, result

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult


def lines(audit: AuditResult, folder: Path) -> list[dict[str, Any]]:
    path = json_out.write_findings(audit, folder)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_jsonl_and_parquet_hold_the_same_findings(tmp_path: Path) -> None:
    audit = month(500)
    stored = parquet.read_table(parquet_out.write(audit, tmp_path)).to_pylist()
    written = lines(audit, tmp_path)
    assert len(written) == 500
    for row in stored:
        row["amount"] = float(row["amount"])
    assert written == stored


def test_parquet_amounts_are_decimals_in_dong(tmp_path: Path) -> None:
    audit = result(finding(amount=1_500_050))
    table = parquet.read_table(parquet_out.write(audit, tmp_path))
    assert table.column_names == list(EXPORTED)
    assert str(table.schema.field("amount").type) == "decimal128(18, 2)"
    assert table["amount"].to_pylist() == [Decimal("15000.50")]


def test_jsonl_has_numbers_for_amounts_and_null_for_nothing(tmp_path: Path) -> None:
    odd = 'khác "15.000"\n\t\\ \u2028 đ'
    rows = lines(result(finding(amount=1_500_050, message=odd, other_claim="")), tmp_path)
    assert list(rows[0]) == list(EXPORTED)
    assert (rows[0]["amount"], rows[0]["message"]) == (15000.5, odd)
    assert rows[0]["other_claim"] is rows[0]["other_row"] is None
    assert lines(result(finding(amount=1_500_000)), tmp_path)[0]["amount"] == 15000


def test_run_json_follows_the_agreed_shape(tmp_path: Path) -> None:
    audit = result(finding(), finding("STF-002", line_seq=9, amount=50))
    run = json.loads(json_out.write_run(audit, tmp_path).read_text(encoding="utf-8"))
    assert run["rules"] == {"hash": "0123456789abcdef", "count": 8}
    assert run["ledger"]["files"] == {"found": 12, "read": 11, "rejected": 1, "ignored": 1}
    assert run["ledger"]["claims"] == {
        "declared": 1_200, "read": 1_198, "replaced": 1, "quarantined": 2,
    }  # fmt: skip
    assert run["ledger"]["rows"] == {"XML1": 1_198, "XML2": 9_000, "XML3": 20_000}
    assert run["ledger"]["problems"][0].items() >= {
        "file": "loi.xml", "hoso": 2, "table": "XML2", "reason": "NOIDUNGFILE không phải base64",
    }.items()  # fmt: skip
    assert run["ledger"]["balanced"] is True
    assert run["ledger"]["ignored_files"] == ["ghi_chu.txt"]
    assert run["outcomes"][0] == {
        "rule": "MNY-001", "status": "ran", "rows_in_force": 52_310, "rows_hit": 3, "reason": "",
    }  # fmt: skip
    assert run["money"] == {"error": 15000, "warning": 0.5}
    assert run["catalogues"][0].items() >= {
        "kind": "nhan_luc", "from": "2026-01-01", "through": None, "rows": 42,
    }.items()  # fmt: skip
    assert run["catalogue_problems"][0]["file"] == "la.xlsx"
    assert run["inputs"] == [{"file": "thang9.xml", "sha256": "ab" * 32}]
    assert run["facilities"] == {"01001": {"claims": 1_198, "T_BHTT": 2_500_000_000}}
    assert run["timings"] == {"read": 1.25}
    assert run["started"] == "2026-10-05T08:30:00+07:00"
    assert set(run["scorecard"]) == {content.code for content in contents()}


def test_an_unbalanced_ledger_is_said_in_the_manifest() -> None:
    assert json_out.manifest(result(ledger=ledger(claims_read=1)))["ledger"]["balanced"] is False


def test_the_scorecard_says_how_much_was_checked_and_found() -> None:
    audit = month(200)
    scores = {score.content.code: score for score in scorecard(audit)}
    assert sum(score.rules for score in scores.values()) == len(OUTCOMES)
    assert sum(score.findings for score in scores.values()) == 200
    ended = Counter(outcome.status for outcome in OUTCOMES)
    for status in ("ran", "not_applicable", "not_checkable", "error"):
        assert sum(getattr(score, status) for score in scores.values()) == ended[status]
    assert (scores["k"].rows_in_force, scores["k"].checked_percent) == (52_310, 100)
    assert (scores["d"].not_checkable, scores["d"].checked_percent) == (1, 0)
    assert scores["h"].checked_percent is None
    only_k = month(200).findings
    kept = only_k.keep([f.tt12 == "k" for f in only_k])
    assert scores["k"].money == money(kept)


def test_the_scorecard_lists_unknown_contents_last() -> None:
    codes = [score.content.code for score in scorecard(result(finding(tt12="zz")))]
    assert codes == [*(content.code for content in contents()), "zz"]


def test_contents_have_names_in_two_languages_and_a_place_in_the_circular() -> None:
    assert "".join(content.code for content in contents()) == "Đ9abcdđeghikl"
    assert all(content.title and content.title_en and content.at for content in contents())
    assert content_label("g") == "g. Người hành nghề"
    assert content_label("zz") == "zz"


def test_masked_outputs_hold_no_trace_of_the_patient(tmp_path: Path) -> None:
    audit = result(*mask(result(finding(), finding("CRD-003", table="XML1")).findings))
    files = [
        parquet_out.write(audit, tmp_path),
        json_out.write_findings(audit, tmp_path),
        json_out.write_run(audit, tmp_path),
    ]
    for path in files:
        content = path.read_bytes()
        for marker in ("Nguyễn Thị Mẫu", "4010123456789", "BN00017"):
            assert marker.encode() not in content, path.name


def test_outputs_of_a_run_without_findings_can_be_read(tmp_path: Path) -> None:
    assert lines(result(), tmp_path) == []
    assert parquet.read_table(parquet_out.write(result(), tmp_path)).num_rows == 0


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = json_out.write_findings(result(finding()), tmp_path)
    before = path.read_bytes()
    broken = result(finding(), started=None)
    with pytest.raises(AttributeError):
        json_out.write_run(broken, tmp_path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == before
