"""`forms`: the statistical forms, from the store and from findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from giamdinh import console
from giamdinh.commands.options import PATH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from giamdinh.budget.forms import Broken
    from giamdinh.budget.refusals import Over, Refusal

_MONTHS = 3
_SHOWN = 10


@click.group(cls=console.Group, help="Mẫu 01/BH, 02/BH, 09/BH: Excel và XML.")
def forms() -> None:
    """Commands about forms."""


_STORE = click.option("--store", "folder", type=PATH, required=True, help="Thư mục kho.")
_FACILITY = click.option("--facility", required=True, metavar="MÃ", help="MA_CSKCB.")
_OUT = click.option("--out", type=PATH, required=True, help="Thư mục ghi kết quả.")


@forms.command("01bh", help="Mẫu 01/BH một tháng của một cơ sở, kiểm quan hệ giữa các cột.")
@_STORE
@_FACILITY
@click.option("--month", type=click.DateTime(["%Y-%m"]), required=True, metavar="THÁNG",
              help="Tháng quyết toán, dạng yyyy-mm.")  # fmt: skip
@_OUT
def form_01(folder: Path, facility: str, month: datetime, out: Path) -> None:
    """The monthly form."""
    from giamdinh.budget.forms import monthly
    from giamdinh.budget.forms_out import write_monthly
    from giamdinh.commands.options import result_folder

    (form,) = monthly(folder, facility, [month.year * 100 + month.month], month.date())
    with result_folder(out):
        written = write_monthly(form, out)
    _tell(len(form.rows), form.broken, written, form.notes)


@forms.command("02bh", help="Mẫu 02/BH một quý của một cơ sở, cộng từ ba mẫu tháng.")
@_STORE
@_FACILITY
@click.option("--year", type=click.IntRange(2000, 2100), required=True, help="Năm.")
@click.option("--quarter", type=click.IntRange(1, 4), required=True, help="Quý 1–4.")
@_OUT
def form_02(folder: Path, facility: str, year: int, quarter: int, out: Path) -> None:
    """The quarterly form."""
    from datetime import date

    from giamdinh.budget.forms import VISITS, monthly, quarterly
    from giamdinh.budget.forms_out import write_quarterly
    from giamdinh.commands.options import result_folder
    from giamdinh.growth.periods import month_vi

    last = quarter * _MONTHS
    months = [year * 100 + month for month in range(last - _MONTHS + 1, last + 1)]
    found = monthly(folder, facility, months, date(year, last, 1))
    form = quarterly(found, year, quarter)
    with result_folder(out):
        written = write_quarterly(form, out)
    notes = list(dict.fromkeys(note for one in found for note in one.notes))
    if empty := ", ".join(month_vi(one.month) for one in found if not one.rows):
        notes.append(f"kho không có hồ sơ tháng {empty}; mẫu quý thiếu các tháng này")
    _tell(form.rows[0].sums[VISITS], form.broken, written, notes)


@forms.command("09bh", help="Các dòng mẫu 09/BH từ phát hiện mức xuất toán của audit.")
@click.option("--findings", type=PATH, required=True, help="Thư mục kết quả của audit.")
@_OUT
def form_09(findings: Path, out: Path) -> None:
    """The adjustment form, one for each facility."""
    from giamdinh.budget.forms_out import write_refusals
    from giamdinh.budget.refusals import asked_too_much, refusals
    from giamdinh.commands.options import result_folder

    rows = refusals(findings)
    over = asked_too_much(findings, rows)
    written = []
    with result_folder(out):
        for facility in sorted({row.facility for row in rows}):
            own = [row for row in rows if row.facility == facility]
            above = [claim for claim in over if claim.facility == facility]
            written += write_refusals(own, above, facility, out)
    _tell(len(rows), [], written, _doubts(rows, over))


def _doubts(rows: list[Refusal], over: list[Over]) -> list[str]:
    """What a reader of 09/BH must know before sending it."""
    from giamdinh.tables.values import number_vi

    nameless = [row for row in rows if not row.facility]
    notes = []
    if nameless:
        amount = number_vi(sum(row.amount for row in nameless), 2)
        notes.append(
            f"{number_vi(len(nameless), 0)} dòng, {amount} đ không ghi MA_CSKCB: tệp KHONG_RO"
        )
    if over:
        beyond = number_vi(sum(claim.asked - claim.counted for claim in over), 2)
        notes.append(
            f"{number_vi(len(over), 0)} hồ sơ có tổng các dòng vượt số được trừ {beyond} đ: trang "
            "VuotTBHTT"
        )
    return notes


def _tell(rows: int, faults: list[Broken], written: list[Path], notes: Sequence[str]) -> None:
    from giamdinh.tables.values import number_vi

    click.echo(f"{number_vi(rows, 0)} dòng; quan hệ sai: {number_vi(len(faults), 0)}")
    for fault in faults[:_SHOWN]:
        click.echo(f"  {fault.place}: {fault.relation} lệch {number_vi(fault.gap, 2)} đ")
    if len(faults) > _SHOWN:
        click.echo(f"  … còn {number_vi(len(faults) - _SHOWN, 0)} dòng, xem trang SaiLech")
    for note in notes:
        click.echo(f"Lưu ý: {note}")
    click.echo("Kết quả ghi tại:\n" + "\n".join(f"  {path}" for path in written))
