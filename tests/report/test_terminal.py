from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

from giamdinh.masking import mask
from giamdinh.report import terminal
from giamdinh.report.model import ClaimRef
from tests.report.results import finding, ledger, month, result

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult


def audit_text(audit: AuditResult, **options: str) -> str:
    stream = io.StringIO()
    terminal.print_audit(audit, stream=stream, **options)
    return stream.getvalue()


def check_text(audit: AuditResult, **options: str) -> str:
    stream = io.StringIO()
    terminal.print_check(audit, stream=stream, **options)
    return stream.getvalue()


def test_the_summary_starts_with_the_ledger_and_follows_the_order_of_a_review() -> None:
    text = audit_text(month(60))
    parts = [
        "Đối soát dữ liệu:", "Vấn đề khi đọc dữ liệu:", "Kết cục của các quy tắc:", "Kết quả:",
        "Tiền có nguy cơ", "Theo cơ sở KCB:", "Quy tắc có nhiều tiền nhất:",
        "Theo nội dung TT 12/2026:",
    ]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert places[0] == 0
    assert "  Hồ sơ khai báo: 1.200\n" in text
    assert "  loi.xml #2 XML2: NOIDUNGFILE không phải base64\n" in text
    assert "thiếu danh mục thuoc của cơ sở 01001" in text


def test_the_summary_names_the_files_it_wrote(tmp_path: Path) -> None:
    stream = io.StringIO()
    terminal.print_audit(result(), [tmp_path / "run.json"], stream=stream)
    assert stream.getvalue().endswith(f"Kết quả ghi tại:\n  {tmp_path / 'run.json'}\n")


def test_english_changes_headings_and_rule_titles() -> None:
    text = audit_text(month(60), lang="en")
    assert text.startswith("Conservation of data:\n")
    assert "What is wrong" in text
    assert "Consistency of what is declared" in text


def test_long_lists_say_how_much_is_left_out() -> None:
    problems = ledger().problems * 14
    text = audit_text(result(ledger=ledger(problems=problems)))
    assert "… còn 4 dòng nữa" in text
    assert "Các cơ sở khác (11)" in audit_text(month(300, facilities=30))


def test_findings_without_a_facility_have_a_line_of_their_own() -> None:
    assert "\n  (không rõ) | Hồ sơ 0 |" in audit_text(result(finding(facility="")))


def test_plain_lines_hold_no_control_characters() -> None:
    text = audit_text(result(finding(), claims_by_facility={"\x1b[31m01": (1, 1)}))
    text += check_text(result(finding(message="\x1b]0;x\x07 hai\ndòng")))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "Lý do: ·]0;x· hai dòng\n" in text


def test_a_terminal_gets_tables() -> None:
    master, slave = pty.openpty()
    try:
        with os.fdopen(slave, "w", encoding="utf-8") as stream:
            terminal.print_audit(result(finding("FMT-010", amount=0)), stream=stream)
            stream.flush()
            shown = os.read(master, 65536).decode("utf-8", "replace")
    finally:
        os.close(master)
    assert "Đối soát dữ liệu" in shown
    assert "─" in shown


def test_a_clean_claim_may_go_and_a_faulty_one_must_be_fixed() -> None:
    clean = ClaimRef("01001", "HS0002", "thang9.xml", 2)
    faulty = ClaimRef("01001", "HS0001", "thang9.xml", 1)
    audit = result(
        finding(),
        finding("STF-002", claim="HS0003", hoso=3, claim_seq=2),
        claims=(faulty, clean),
        ledger=ledger(claims_read=3, claims_replaced=0, problems=[]),
    )
    text = check_text(audit)
    assert "HỒ SƠ HS0001 (01001, thang9.xml #1): PHẢI SỬA (1 Xuất toán)\n" in text
    assert "HỒ SƠ HS0002 (01001, thang9.xml #2): SẴN SÀNG GỬI\n" in text
    assert "HỒ SƠ HS0003 (01001, thang9.xml #3): SẴN SÀNG GỬI (1 Cảnh báo)\n" in text
    assert text.index("HS0001") < text.index("HS0002")
    assert "KẾT LUẬN: 2 hồ sơ sẵn sàng gửi, 1 hồ sơ phải sửa, 2 hồ sơ không đọc được\n" in text


def test_every_finding_says_where_what_why_and_how_to_repair() -> None:
    text = check_text(result(finding()))
    for line in (
        "  1. [Xuất toán] MNY-001 · XML3 · dòng 3 · THANH_TIEN_BV · 15.000 đ",
        "     Giá trị khai: 15002 → Giá trị đúng: 15000",
        "     Lý do: Thành tiền 15.002 khác 10 × 1.500 = 15.000.",
        "     Căn cứ: QĐ 3176/QĐ-BYT, Bảng 3, THANH_TIEN_BV",
        "     Cách sửa: Tính lại THANH_TIEN_BV = SO_LUONG × DON_GIA",
    ):
        assert line in text


def test_times_are_shown_as_written_and_as_people_read_them() -> None:
    text = check_text(
        result(finding("TIM-004", field="NGAY_YL", value="202609150830", expected=""))
    )
    assert "     Giá trị khai: 202609150830 (15/09/2026 08:30)\n" in text


def test_what_was_not_read_or_not_checked_is_part_of_the_check() -> None:
    text = check_text(result())
    assert "loi.xml #2 XML2: NOIDUNGFILE không phải base64" in text
    assert "Không kiểm được | Số lượng 1 | PRC-001" in text


def test_a_finding_about_a_file_is_shown_under_the_file() -> None:
    text = check_text(result(finding("FMT-010", claim="", hoso=0, facility="", row=0)))
    assert text.startswith("TỆP (?, thang9.xml) (1 Thông tin)\n")


def test_findings_about_the_lists_are_told_once_and_not_for_each_claim() -> None:
    doubtful = finding("FMT-010", claim="", hoso=0, facility="", row=0, field="DANH_MUC")
    text = check_text(result(doubtful, doubtful))
    assert "Danh mục có 2 chỗ cần xem lại" in text
    assert "FMT-010" not in text


def test_a_masked_check_shows_no_patient() -> None:
    audit = result(*mask(result(finding("CRD-003", field="MA_THE_BHYT")).findings))
    assert "4010123456789" not in check_text(audit)


def test_the_check_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from tests.report.results import finding, result\n"
        "from giamdinh.report import json_out, terminal\n"
        "terminal.print_check(result(finding()))\n"
        "heavy = {'pandas', 'pyarrow', 'xlsxwriter', 'numba', 'pandera', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
