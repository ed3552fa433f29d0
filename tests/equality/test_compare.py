"""The comparison of two readings notices every single difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.read.writer import claim, envelope, hoso

from . import documents
from .compare import Reading, differences, put, read
from .minimise import minimised

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from giamdinh.tables.claimset import ClaimSet


def reading(folder: Path) -> Reading:
    first = claim("LK1") | {"XML0": [{"MA_LK": "KHAC", "HO_TEN": " B "}]}
    data = envelope([hoso(first), hoso(claim("LK2"), "inline")])
    path = put(folder / "hs", {"a.xml": data.encode()})
    return read(path, scanner=False, batch_claims=1)


def _more(batch: ClaimSet) -> None:
    batch["XML2"]["SO_LUONG"].values[0] += 1


def _other_text(batch: ClaimSet) -> None:
    batch["XML2"]["TEN_THUOC"].texts[0] += "x"


def _invalid(batch: ClaimSet) -> None:
    batch["XML1"]["NGAY_RA"].valid[0] = False


def _padded(batch: ClaimSet) -> None:
    batch["XML0"]["HO_TEN"].padded.clear()


def _missing(batch: ClaimSet) -> None:
    batch["XML3"]["MA_DICH_VU"].codes[0] = -1


def _unread(batch: ClaimSet) -> None:
    batch.unread.add(("XML3", 0))


def _file(batch: ClaimSet) -> None:
    batch.files[0] = "b.xml"


def _array(name: str) -> Callable[[ClaimSet], None]:
    def change(batch: ClaimSet) -> None:
        getattr(batch, name)[0] += 1

    return change


def _swapped(batch: ClaimSet) -> None:
    batch["XML2"].number[:2] = (2, 1)


CHANGES = [_more, _other_text, _invalid, _padded, _missing, _unread, _file, _swapped,
           *map(_array, ("hoso", "service", "version"))]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_table_is_noticed(change: Callable[[ClaimSet], None], tmp_path: Path) -> None:
    one, other = reading(tmp_path), reading(tmp_path)
    assert list(differences(one, other)) == []
    change(other.batches[0])
    assert list(differences(one, other))


@pytest.mark.parametrize(
    ("name", "value"),
    [("files_read", 0), ("claims_read", 1), ("rows", {"XML1": 2}), ("replaced", {0}),
     ("problems", [None]), ("unknown_tags", {("XML1", "A"): 1})],
)  # fmt: skip
def test_a_changed_ledger_is_noticed(name: str, value: Any, tmp_path: Path) -> None:
    one, other = reading(tmp_path), reading(tmp_path)
    setattr(other.ledger, name, value)
    assert [found.split(":")[0] for found in differences(one, other)] == [f"ledger.{name}"]


def test_batches_in_another_order_or_cut_elsewhere_are_the_same(tmp_path: Path) -> None:
    one = reading(tmp_path)
    assert list(differences(one, Reading(one.batches[::-1], one.ledger))) == []
    assert list(differences(one, read(tmp_path / "hs", scanner=False))) == []


def test_a_file_shrinks_to_what_matters() -> None:
    data = documents.written(documents.Sent([documents.claim("LK1", documents.dice_of(1), 0)]))
    small = minimised(data.encode(), lambda candidate: b"<SOLUONGHOSO" in candidate)
    assert small == b"<SOLUONGHOSO>"
