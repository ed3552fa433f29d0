"""`giamdinh bench`: sizes and parts as written on the command line, tables on the terminal."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from giamdinh.bench.plan import PARTS, Wish, measured
from giamdinh.bench.tables import Table, tables
from giamdinh.errors import OutputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SIZE = re.compile(r"(\d+)(k?)")


def bench(sizes: str, parts: str, repeat: int, out: Path | None) -> None:
    """Runs the benchmarks, prints the tables and, on request, keeps the result.

    Raises:
        UsageError: sizes or parts that do not exist.
        OutputError: the data or the result cannot be written.
    """
    wish = Wish(_sizes(sizes), _parts(parts), repeat)
    result = measured(wish, _tell)
    if out is not None:
        try:
            out.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"không ghi được '{out}' ({error.strerror})") from None
    for table in tables(result):
        sys.stdout.writelines(line + "\n" for line in drawn(table))


def drawn(table: Table) -> Iterator[str]:
    """A table as plain lines, columns aligned."""
    rows = [table.header, *table.rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield table.title
    for row in rows:
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        yield f"  {'  '.join(cells)}".rstrip()
    yield from (f"  {note}" for note in table.notes)
    yield ""


def _sizes(written: str) -> tuple[int, ...]:
    found = []
    for text in written.split(","):
        match = _SIZE.fullmatch(text.strip().lower())
        size = int(match[1]) * (1000 if match[2] else 1) if match else 0
        if not size:
            raise UsageError(f"cỡ '{text}' phải là số hồ sơ, ví dụ 1k,10k,100k")
        found.append(size)
    return tuple(sorted(set(found)))


def _parts(written: str) -> tuple[str, ...]:
    wanted = [name.strip() for name in written.split(",")]
    for name in wanted:
        if name not in PARTS:
            raise UsageError(f"không có phần '{name}'; chỉ có: {', '.join(PARTS)}")
    return tuple(name for name in PARTS if name in wanted)


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")
