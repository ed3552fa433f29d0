"""`compare`: two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from giamdinh.commands.options import PATH, command
from giamdinh.errors import OutputError, UsageError, disk_reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from giamdinh.compare.difference import Difference

_ENDINGS = (".json", ".xlsx")


@command(help="So hai lần giám định: phát hiện nào mới, đã hết, còn nguyên; đếm và tiền.")
@click.argument("run_a", type=PATH)
@click.argument("run_b", type=PATH)
@click.option("--out", type=PATH, help="Ghi đủ từng phát hiện vào TỆP.json hoặc TỆP.xlsx.")
def compare(run_a: Path, run_b: Path, out: Path | None) -> None:
    """RUN_A is the earlier result folder, RUN_B the later one."""
    from giamdinh.compare import output
    from giamdinh.compare.difference import compare as compared
    from giamdinh.compare.runs import load_run
    from giamdinh.rules.cards import load_rules

    check_ending(out)
    difference = compared(load_run(run_a), load_run(run_b))
    titles = {rule.code: rule.title for rule in load_rules().rules}
    output.print_difference(difference, titles)
    write(difference, titles, out)


def check_ending(out: Path | None) -> None:
    """Refuses a file of an unknown kind before any work is done.

    Raises:
        UsageError: the file's name ends in nothing that can be written.
    """
    if out is not None and out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"--out '{out}' phải có đuôi .json hoặc .xlsx")


def write(difference: Difference, titles: Mapping[str, str], out: Path | None) -> None:
    """Writes a comparison to `out` and says where; nothing when there is no `out`.

    Raises:
        OutputError: the file cannot be written.
    """
    from giamdinh.compare import output

    if out is None:
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix.lower() == ".json":
            written = output.write_json(difference, out)
        else:
            written = output.write_xlsx(difference, titles, out)
    except OSError as error:
        raise OutputError(f"không ghi được '{out}': {disk_reason(error)}") from None
    click.echo(f"Kết quả ghi tại:\n  {written}")
