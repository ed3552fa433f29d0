"""Files that vanish, shrink, grow or become something else between listing and reading."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from giamdinh import pipeline
from giamdinh.parts.plan import plan
from giamdinh.pipeline import Options, audit
from tests.read.writer import claim, envelope, hoso

from .runs import one_claim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from giamdinh.report.model import AuditResult

CLAIMS = 40


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"<GIAMDINHHS>")


def other(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 500)


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CHANGES = [remove, empty, cut, grow, other, become_a_folder]
if hasattr(os, "mkfifo"):
    CHANGES.append(become_a_pipe)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A small file, a larger one of many claims, and another small one."""
    (tmp_path / "a.xml").write_text(one_claim(1), encoding="utf-8")
    hosos = [hoso(claim(f"LK1{i}", 3), "inline") for i in range(CLAIMS)]
    (tmp_path / "b.xml").write_text(envelope(hosos), encoding="utf-8")
    (tmp_path / "c.xml").write_text(one_claim(2), encoding="utf-8")
    return tmp_path


def audited(
    top: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], **more: Any
) -> AuditResult:
    """A run during which b.xml changes once it was listed and divided."""

    def planned(*given: Any) -> Any:
        parts = plan(*given)
        change(top / "b.xml")
        return parts

    monkeypatch.setattr(pipeline, "plan", planned)
    return audit([top], Options(select=("MNY-00",), pandera=False, **more))


@pytest.mark.parametrize("part_bytes", [2**30, 20_000])
@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_after_it_was_listed_is_named_and_the_rest_is_read(
    top: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], part_bytes: int
) -> None:
    result = audited(top, monkeypatch, change, part_bytes=part_bytes)
    ledger = result.ledger
    assert ledger.balanced
    assert ledger.files_found == 3
    assert 2 <= ledger.claims_read <= 2 + CLAIMS
    assert {p.file for p in ledger.problems} == {"b.xml"}
    assert "tep_thay_doi" in {p.kind for p in ledger.problems}
    assert (ledger.files_rejected == 1) == (change not in (cut, grow))


def test_with_processes_too(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = audited(top, monkeypatch, cut, part_bytes=20_000, jobs=2)
    assert result.ledger.balanced
    assert 2 < result.ledger.claims_read < 2 + CLAIMS
