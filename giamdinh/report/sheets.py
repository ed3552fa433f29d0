"""The tables of the workbook, each as a `Sheet`; names and headings as users know them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count, repeat
from typing import TYPE_CHECKING

from giamdinh import __version__
from giamdinh.money import by_department, by_practitioner, by_rule
from giamdinh.report.grid import COUNTS, Column, Sheet, day_vi, difference, typed
from giamdinh.report.root_causes import causes_sheet
from giamdinh.report.scorecard import content_label
from giamdinh.report.summary import facilities_table, ledger_table, profile_table
from giamdinh.tables.specs import table_specs
from giamdinh.text import ASIDE, status
from giamdinh.textcolumns import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from giamdinh.money import Group
    from giamdinh.profiles.aside import Decision
    from giamdinh.report.grid import Cell
    from giamdinh.report.model import AuditResult, Inputs

NOBODY = "(không ghi)"
_NOT_RUN = ("error", "not_checkable")
_DETAIL = (
    Column("STT", 6, "count"),
    Column("Mã CSKCB", 8, repeated=True),
    Column("Mã LK", 13),
    Column("Mã BN/HSBA", 12),
    Column("Họ tên", 15),
    Column("Mã thẻ", 17),
    Column("Khoa", 7, repeated=True),
    Column("Bác sĩ", 13, repeated=True),
    Column("Bảng", 13, repeated=True),
    Column("Dòng STT", 6, "count"),
    Column("Trường", 17, repeated=True),
    Column("Giá trị khai", 17, "typed"),
    Column("Giá trị đúng/tham chiếu", 17, "typed"),
    Column("Chênh lệch", 12, "typed"),
    Column("Mã quy tắc", 9, repeated=True),
    Column("Nội dung TT 12/2026 Đ10 k1", 14, "wrap", repeated=True),
    Column("Mức độ", 10, "severity"),
    Column("Mô tả", 38, "wrap"),
    Column("Căn cứ pháp lý", 26, "wrap", repeated=True),
    Column("Số tiền đề nghị xem xét (đ)", 12, "money"),
    Column("Hướng xử lý", 34, "wrap", repeated=True),
    Column("Trạng thái", 8, repeated=True),
    Column("Ghi chú", 16, "wrap"),
    Column("Mã đối chiếu", 18),
)


def workbook_sheets(result: AuditResult) -> Iterator[Sheet]:
    """Every sheet after TongQuan, in order."""
    yield details(result)
    yield rules(result)
    if len(result.claims_by_facility) > 1:
        table = facilities_table(result)
        yield Sheet("TheoCoSo", table.columns, table.rows, fixed=1)
    yield departments(result)
    yield practitioners(result)
    yield causes_sheet(result)
    yield unchecked(result)
    if len(result.aside.findings):
        yield set_aside(result)
    yield run_info(result)


def details(result: AuditResult) -> Sheet:
    """LoiChiTiet: one row per finding, most money first.

    The last column is the finding's fingerprint: it carries Trạng thái and Ghi chú to a later run.
    """
    return Sheet("LoiChiTiet", _DETAIL, _detail_rows(result), fixed=3)


def rules(result: AuditResult) -> Sheet:
    """TheoQuyTac: every rule of the run with its outcome, most money first."""
    columns = (
        Column("Mã quy tắc", 11),
        Column("Tên quy tắc", 52, "wrap"),
        Column("Nội dung TT 12/2026", 26, "wrap"),
        Column("Mức độ", 11, "severity"),
        *COUNTS,
        Column("Kết cục", 16),
        Column("Dòng kiểm", 12, "count"),
        Column("Lý do", 40, "wrap"),
    )
    groups = {group.key[0]: group for group in by_rule(result.findings)}
    rank = {code: i for i, code in enumerate(groups)}
    outcomes = sorted(result.outcomes, key=lambda o: (rank.get(o.rule, len(rank)), o.rule))
    rows: list[tuple[Cell, ...]] = [
        (
            outcome.rule,
            *_rule_texts(result, outcome.rule),
            *_counts(groups.get(outcome.rule)),
            status(outcome.status),
            outcome.rows_in_force,
            outcome.reason,
        )
        for outcome in outcomes
    ]
    return Sheet("TheoQuyTac", columns, rows, fixed=2)


def departments(result: AuditResult) -> Sheet:
    """TheoKhoa: findings by facility and department."""
    columns = (Column("Mã CSKCB", 12), Column("Khoa", 34), *COUNTS)
    rows = [_group_row(group) for group in by_department(result.findings)]
    return Sheet("TheoKhoa", columns, rows, fixed=2)


def practitioners(result: AuditResult) -> Sheet:
    """TheoBacSi: findings by facility, department and practitioner."""
    columns = (Column("Mã CSKCB", 12), Column("Khoa", 16), Column("Bác sĩ", 34), *COUNTS)
    rows = [_group_row(group) for group in by_practitioner(result.findings)]
    return Sheet("TheoBacSi", columns, rows, fixed=3)


def unchecked(result: AuditResult) -> Sheet:
    """KhongKiemDuoc: rules that could not be checked or crashed, and data that was not read."""
    columns = (
        Column("Loại", 18),
        Column("Quy tắc, tệp", 34, "wrap"),
        Column("Tên quy tắc, vị trí", 48, "wrap"),
        Column("Nội dung TT 12/2026", 28, "wrap"),
        Column("Lý do", 64, "wrap"),
    )
    rows: list[tuple[Cell, ...]] = []
    for outcome in sorted(result.outcomes, key=lambda o: (o.status, o.rule)):
        if outcome.status in _NOT_RUN:
            title, content, _ = _rule_texts(result, outcome.rule)
            rows.append((status(outcome.status), outcome.rule, title, content, outcome.reason))
    for decision in result.aside.decisions:
        title = _rule_texts(result, decision.rule)[0] if decision.rule else decision.what
        what = decision.rule or ASIDE[decision.kind][0]
        rows.append((ASIDE[decision.kind][0], what, title, "", _why(decision)))
    for problem in result.ledger.problems:
        parts = (
            problem.facility and f"cơ sở {problem.facility}",
            problem.hoso and f"hồ sơ thứ {problem.hoso}",
            problem.claim and f"MA_LK {problem.claim}",
            problem.table,
        )
        place = ", ".join(str(part) for part in parts if part)
        rows.append(("Dữ liệu đầu vào", problem.file, place, "", problem.reason))
    return Sheet("KhongKiemDuoc", columns, rows, fixed=2)


def set_aside(result: AuditResult) -> Sheet:
    """KhongTinh: findings that were found and do not count, and why."""
    aside = result.aside
    columns = (Column("Vì sao không tính", 44, "wrap", repeated=True), *_DETAIL)
    why = [f"{ASIDE[d.kind][0]} {d.what}: {_why(d)}" for d in aside.decisions]
    order = aside.findings.by_money()
    reasons = (why[aside.which[row]] for row in walk(order))
    details = _detail_rows(replace(result, findings=aside.findings))
    rows = ((reason, *row) for reason, row in zip(reasons, details, strict=True))
    return Sheet("KhongTinh", columns, rows, fixed=1)


def run_info(result: AuditResult) -> Sheet:
    """ThongTinChay: what is needed to say later how these numbers came about."""
    columns = (
        Column("Mục", 24),
        Column("Tên", 60, "wrap"),
        Column("Giá trị", 68, "typed"),
        Column("Ghi chú", 44, "wrap"),
    )
    return Sheet("ThongTinChay", columns, _run_rows(result), fixed=1)


def _detail_rows(result: AuditResult) -> Iterator[tuple[Cell, ...]]:
    findings = result.findings
    rows = findings.by_money()
    tables = {name: f"{name} – {spec.title}" for name, spec in table_specs().items()}

    def texts(name: str) -> Iterator[str]:
        return findings.texts(name).walk(rows)

    def numbers(name: str) -> Iterator[int]:
        return walk(findings.numbers(name)[rows])

    columns: tuple[Iterable[Cell], ...] = (
        count(1),
        texts("facility"),
        texts("claim"),
        texts("patient"),
        texts("name"),
        texts("card"),
        texts("department"),
        texts("practitioner"),
        (tables.get(table, table) for table in texts("table")),
        (number or None for number in numbers("row")),
        texts("field"),
        map(typed, texts("table"), texts("field"), texts("value")),
        map(typed, texts("table"), texts("field"), texts("expected")),
        map(difference, texts("table"), texts("field"), texts("value"), texts("expected")),
        texts("rule"),
        map(content_label, texts("tt12")),
        texts("severity"),
        map(findings.messages.__getitem__, walk(rows)),
        texts("basis"),
        numbers("amount"),
        texts("fix"),
        texts("status"),
        (result.notes.get(findings.fingerprint(row), "") for row in walk(rows))
        if result.notes
        else repeat(""),
        map(findings.fingerprint, walk(rows)),
    )
    return zip(*columns, strict=False)


def _run_rows(result: AuditResult) -> Iterator[tuple[Cell, ...]]:
    yield "Lượt chạy", "Phiên bản giamdinh", __version__, ""
    yield "Lượt chạy", "Thời điểm bắt đầu", result.started.replace(tzinfo=None), ""
    yield "Lượt chạy", "Kỳ dữ liệu (yyyymm)", result.period, ""
    yield "Bộ quy tắc", "Mã băm", result.rules_hash, ""
    yield "Bộ quy tắc", "Số quy tắc", len(result.rules), ""
    for name, value in result.options.items():
        yield "Tùy chọn", name, value, ""
    if result.store is not None:
        months = f"các tháng {result.store.first} – {result.store.last}"
        yield "Kho các kỳ trước", result.store.name, result.store.claims, f"hồ sơ; {months}"
    for kind, what, reason in profile_table(result).rows:
        yield "Tệp cấu hình", f"{kind}: {what}", "", reason
    if result.profile:
        yield "Tệp cấu hình", result.profile.file, result.profile.sha256, "SHA-256"
    for row in ledger_table(result).rows:
        yield "Đối soát dữ liệu", row[0], row[1], ""
    for table, kept in result.ledger.rows.items():
        lost = result.ledger.rows_quarantined.get(table, 0)
        yield "Dòng đọc được", table, kept, f"bỏ lại {lost} dòng" if lost else ""
    for (table, tag), times in result.ledger.unknown_tags.items():
        yield "Thẻ lạ", f"{table}/{tag}", times, "số lần gặp"
    for name in result.ledger.files_ignored:
        yield "Tệp bỏ qua", name, "", "không phải .xml hoặc .zip"
    yield from _catalogue_rows(result)
    yield from _input_rows(result.inputs)
    for stage, seconds in result.timings.items():
        yield "Thời gian", stage, round(seconds, 3), "giây"


def _catalogue_rows(result: AuditResult) -> Iterator[tuple[Cell, ...]]:
    for listed in result.catalogues:
        first = f"{listed.first:%d/%m/%Y}" if listed.first else "…"
        through = f"{listed.through:%d/%m/%Y}" if listed.through else "…"
        title = f"{listed.title} · {listed.facility or 'mọi cơ sở'}"
        refused = f", bị từ chối {listed.refused}" if listed.refused else ""
        note = f"hiệu lực {first} – {through}; {listed.rows} dòng{refused}"
        yield "Danh mục", title, listed.file, note
    for problem in result.catalogue_problems:
        place = f"{problem.file}, dòng {problem.row}" if problem.row else problem.file
        yield "Danh mục không nhận", place, "", problem.reason


def _input_rows(inputs: Inputs) -> Iterator[tuple[Cell, ...]]:
    over = "nội dung" if inputs.content else "tên, cỡ và thời điểm sửa"
    note = f"{inputs.files} tệp, {inputs.bytes} byte; SHA-256 trên {over} của mọi tệp"
    yield "Tệp đầu vào", "Tất cả", inputs.sha256, note
    for file, digest in inputs.named:
        yield "Tệp đầu vào", file, digest, "SHA-256" if digest else ""
    if inputs.files > len(inputs.named):
        yield "Tệp đầu vào", f"… và {inputs.files - len(inputs.named)} tệp nữa", "", ""


def _why(decision: Decision) -> str:
    """The reason of a decision, who took it, and how long it lasts."""
    who = f" ({decision.author}, {day_vi(decision.day)})" if decision.author else ""
    until = f", đến hết {day_vi(decision.expires)}" if decision.expires else ""
    return f"{decision.reason}{who}{until}"


def _rule_texts(result: AuditResult, code: str) -> tuple[str, str, str]:
    rule = result.rules.get(code)
    return (rule.title, content_label(rule.tt12), rule.severity) if rule else ("", "", "")


def _counts(group: Group | None) -> tuple[int, ...]:
    if group is None:
        return 0, 0, 0, 0, 0, 0
    amounts = (group.money.error, group.money.warning)
    return group.findings, group.errors, group.warnings, group.claims, *amounts


def _group_row(group: Group) -> tuple[Cell, ...]:
    return (*(part or NOBODY for part in group.key), *_counts(group))
