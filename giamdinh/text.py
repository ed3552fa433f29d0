"""Words of the reports that come in two languages; everything else is Vietnamese."""

from __future__ import annotations

from typing import Final, Literal

Lang = Literal["vi", "en"]

SEVERITY: Final = {
    "error": ("Xuất toán", "Refuse"),
    "warning": ("Cảnh báo", "Review"),
    "info": ("Thông tin", "Information"),
}
STATUS: Final = {
    "ran": ("Đã chạy", "Ran"),
    "not_applicable": ("Không áp dụng", "Not applicable"),
    "not_checkable": ("Không kiểm được", "Not checkable"),
    "error": ("Quy tắc hỏng", "Rule crashed"),
}
ASIDE: Final = {
    "held": ("Tạm giữ", "Held"),
    "off": ("Tắt", "Off"),
    "suppressed": ("Bỏ qua", "Suppressed"),
}
_WORDS: Final = {
    "aside": ("Tạm giữ, tắt, bỏ qua: không tính vào kết quả", "Set aside: not counted"),
    "amount": ("Số tiền (đ)", "Amount (đ)"),
    "balance": ("Đối soát", "Balance"),
    "balanced": ("KHỚP", "BALANCED"),
    "basis": ("Căn cứ", "Basis"),
    "cause": ("Nguyên nhân", "Cause"),
    "causes": ("Nguyên nhân gốc: sửa một chỗ hết nhiều phát hiện", "Root causes: one repair each"),
    "claim": ("HỒ SƠ", "CLAIM"),
    "claims": ("Hồ sơ", "Claims"),
    "claims_declared": ("Hồ sơ khai báo", "Claims declared"),
    "claims_hit": ("Hồ sơ có phát hiện", "Claims with findings"),
    "claims_quarantined": ("Hồ sơ không đọc được", "Claims quarantined"),
    "claims_of_store": ("Hồ sơ trong kho được so thêm", "Claims of the store compared with"),
    "claims_read": ("Hồ sơ đọc được", "Claims read"),
    "claims_replaced": ("trong đó gửi lại, bản cũ bỏ qua", "of which replaced by a newer sending"),
    "code": ("Mã", "Code"),
    "content": ("Nội dung", "Content"),
    "count": ("Số lượng", "Count"),
    "declared": ("Giá trị khai", "Declared"),
    "errors": ("Phát hiện xuất toán", "Errors"),
    "expected": ("Giá trị đúng", "Expected"),
    "facilities": ("Theo cơ sở KCB", "Facilities"),
    "facility": ("Mã CSKCB", "Facility"),
    "file": ("TỆP", "FILE"),
    "files_found": ("Tệp tìm thấy", "Files found"),
    "files_ignored": ("Tệp khác trong thư mục, không phải hồ sơ", "Other files, not claims"),
    "files_read": ("Tệp đọc được", "Files read"),
    "files_rejected": ("Tệp bị loại", "Files rejected"),
    "findings": ("Phát hiện", "Findings"),
    "fix": ("Cách sửa", "How to fix"),
    "item": ("Chỉ tiêu", "Item"),
    "ledger": ("Đối soát dữ liệu", "Conservation of data"),
    "money": ("Tiền có nguy cơ, mỗi đồng tính một lần", "Money at risk, counted once"),
    "money_error": ("Đề nghị xuất toán (đ)", "To refuse (đ)"),
    "money_warning": ("Cần xem xét (đ)", "To review (đ)"),
    "more": ("… còn {} dòng nữa", "… {} more"),
    "not_balanced": ("KHÔNG KHỚP", "NOT BALANCED"),
    "not_checkable": ("Quy tắc không kiểm được", "Rules not checkable"),
    "not_ready": ("PHẢI SỬA", "MUST BE FIXED"),
    "other_facilities": ("Các cơ sở khác ({})", "Other facilities ({})"),
    "outcomes": ("Kết cục của các quy tắc", "Outcomes of the rules"),
    "outputs": ("Kết quả ghi tại", "Outputs"),
    "profile": ("Tệp cấu hình đã dùng", "Profile"),
    "problems": ("Vấn đề khi đọc dữ liệu", "Problems while reading"),
    "ready": ("SẴN SÀNG GỬI", "READY TO SEND"),
    "reason": ("Lý do", "Reason"),
    "results": ("Kết quả", "Results"),
    "row": ("dòng", "row"),
    "rows": ("Dòng dữ liệu đọc được", "Rows read"),
    "rows_quarantined": ("Dòng dữ liệu bị bỏ lại", "Rows quarantined"),
    "rules": ("Quy tắc", "Rules"),
    "scorecard": ("Theo nội dung TT 12/2026", "By content of TT 12/2026"),
    "status": ("Trạng thái", "Status"),
    "title": ("Tên", "Title"),
    "top_rules": ("Quy tắc có nhiều tiền nhất", "Rules with most money"),
    "total": ("Tổng cộng", "Total"),
    "unknown": ("(không rõ)", "(unknown)"),
    "value": ("Giá trị", "Value"),
    "lists_doubtful": (
        "Danh mục có {} chỗ cần xem lại: chạy giamdinh catalogue check với thư mục danh mục.",
        "The lists have {} doubtful places: run giamdinh catalogue check on their folder.",
    ),
    "verdict": ("KẾT LUẬN", "VERDICT"),
    "where": ("Vị trí", "Where"),
    "warnings": ("Cảnh báo", "Warnings"),
    "checked": ("Quy tắc đã chạy", "Rules run"),
    "bhtt": ("T_BHTT (đ)", "T_BHTT (đ)"),
    "claims_ready": ("hồ sơ sẵn sàng gửi", "claims ready to send"),
    "claims_not_ready": ("hồ sơ phải sửa", "claims to fix"),
}  # fmt: skip


def word(key: str, lang: Lang = "vi") -> str:
    """The heading or label `key` in a language."""
    return _WORDS[key][lang == "en"]


def severity(name: str, lang: Lang = "vi") -> str:
    """`error` as users say it."""
    return SEVERITY[name][lang == "en"] if name in SEVERITY else name


def status(name: str, lang: Lang = "vi") -> str:
    """A rule's outcome as users say it."""
    return STATUS[name][lang == "en"] if name in STATUS else name


def bare(text: str) -> str:
    """`text` in lower case without diacritics: how people type when they search."""
    from unicodedata import combining, normalize

    plain = normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(c for c in plain if not combining(c))
