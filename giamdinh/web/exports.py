"""The workbook with what people decided, and the way back from it."""

from __future__ import annotations

import multiprocessing
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from giamdinh.errors import GiamdinhError, OutputError
from giamdinh.text import bare
from giamdinh.textcolumns import Texts
from giamdinh.web.decisions import Choice, Decision
from giamdinh.web.worker import RESULT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.connection import Connection

_SHEET = "LoiChiTiet"
_STATUS, _NOTE, _KEY = "Trạng thái", "Ghi chú", "Mã đối chiếu"
_CHOICES: dict[str, Choice] = {"chap nhan": "nhan", "bo qua": "bo"}


class WorkbookError(GiamdinhError):
    """A workbook that decisions cannot be read from."""


@dataclass(frozen=True, slots=True)
class Book:
    """What is to be written.

    Attributes:
        source: the result. folder: where to. rules: folders of own cards.
        decided: by fingerprint. masked: without who the patients are.
    """

    source: Path
    folder: Path
    rules: tuple[Path, ...]
    decided: dict[str, Decision]
    masked: bool


def workbook(
    run: Path, rules: Sequence[Path], decided: Mapping[str, Decision], *, masked: bool
) -> Path:
    """Writes the workbook of a finished run into a new folder, in a process of its own.

    Raises:
        OutputError: it could not be written.
    """
    folder = Path(tempfile.mkdtemp(prefix="excel-", dir=run))
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    book = Book(run / RESULT, folder, tuple(rules), dict(decided), masked)
    process = context.Process(target=_write, args=(theirs, book))
    process.start()
    theirs.close()
    try:
        told: Any = ours.recv()
    except EOFError:
        told = OutputError("tiến trình ghi Excel bị dừng; đóng bớt chương trình rồi thử lại")
    finally:
        ours.close()
        process.join()
    if isinstance(told, Exception):
        raise told
    return folder / str(told)


def _write(pipe: Connection, book: Book) -> None:
    from giamdinh.masking import mask
    from giamdinh.report import workbook as writer
    from giamdinh.rules.cards import load_rules
    from giamdinh.web import stored

    try:
        result = stored.result(stored.read(book.source), load_rules(book.rules))
        prints = [f"{value:016x}" for value in result.findings.prints.tolist()]
        status, decided = Texts(), book.decided
        old = result.findings.texts("status")
        words = (decided[key].word if key in decided and decided[key].choice else old[row]
                 for row, key in enumerate(prints))  # fmt: skip
        status.extend(words)
        notes = {key: _noted(one) for key, one in decided.items() if _noted(one)}
        findings, aside = result.findings.replaced(status=status), result.aside
        if book.masked:
            findings, aside = mask(findings), replace(aside, findings=mask(aside.findings))
        made = replace(result, findings=findings, aside=aside, notes=notes)
        (path,) = writer.write(made, book.folder)
        pipe.send(path.name)
    except OSError as error:
        pipe.send(OutputError(f"không ghi được Excel: {error.strerror}"))
    except Exception as error:  # noqa: BLE001 - its text may hold what stands in a claim
        pipe.send(OutputError(f"không ghi được Excel ({type(error).__name__})"))


def _noted(decision: Decision) -> str:
    parts = (decision.note, decision.assignee and f"giao {decision.assignee}")
    return "; ".join(filter(None, parts))


def decisions_in(path: Path, known: set[str]) -> Iterator[tuple[str, Decision]]:
    """Decisions in a workbook that came back, of findings that are known.

    Raises:
        WorkbookError: it is no workbook of ours.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = [name for name in book.sheet_names if name.partition("_")[0] == _SHEET]
        pages = [book.get_sheet_by_name(name).to_python() for name in sheets]
    except (CalamineError, OSError, ValueError):
        raise WorkbookError("Tệp này không phải Excel (.xlsx) đọc được.") from None
    if not pages:
        raise WorkbookError(f"Tệp Excel không có trang {_SHEET}; dùng đúng tệp đã tải về từ đây.")
    for rows in pages:
        yield from _of_page(rows, known)


def _of_page(rows: list[list[Any]], known: set[str]) -> Iterator[tuple[str, Decision]]:
    head = [str(cell).strip() for cell in rows[0]] if rows else []
    if any(name not in head for name in (_STATUS, _NOTE, _KEY)):
        wanted = f"{_STATUS}, {_NOTE}, {_KEY}"
        raise WorkbookError(f"Trang {_SHEET} thiếu một trong các cột: {wanted}.")
    status, note, key = (head.index(name) for name in (_STATUS, _NOTE, _KEY))
    for row in rows[1:]:
        fingerprint = str(row[key]).strip()
        text = str(row[note] or "").strip()
        choice = _CHOICES.get(bare(str(row[status])).strip(), "")
        if fingerprint in known and (choice or text):
            yield (
                fingerprint,
                Decision(choice, text or ("theo tệp Excel" if choice == "bo" else "")),
            )
