"""The files of a province: archives of claims, lists, budgets, enrolment and the answer keys."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import fields
from typing import TYPE_CHECKING

from giamdinh.sample.catalogue_files import make_lists, write_lists
from giamdinh.sample.generate import CLAIM_FOLDER, KEY_FILE, LIST_FOLDER
from giamdinh.sample.model import DAY, KeyRow, day8

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from giamdinh.sample.desk import Written
    from giamdinh.sample.model import Facility

_SAME_FILE = 3 * DAY
_FIXED_TIME = (2026, 1, 1, 0, 0, 0)
_FAST = 1


def write_claims(folder: Path, facility: str, month: str, claims: list[Written]) -> None:
    """One archive: a file for the claims that ended within three days of each other."""
    target = folder / CLAIM_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    claims.sort()
    name = f"{facility}_{month.replace('-', '')}"
    with zipfile.ZipFile(target / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        at = 0
        while at < len(claims):
            end = at
            while end < len(claims) and claims[end].left < claims[at].left + _SAME_FILE:
                end += 1
            info = zipfile.ZipInfo(f"{name}_{claims[at].left // DAY}.xml", _FIXED_TIME)
            text = "".join(_file(facility, claims[at:end]))
            archive.writestr(info, text.encode(), zipfile.ZIP_DEFLATED, _FAST)
            at = end


def _file(facility: str, claims: Sequence[Written]) -> Iterable[str]:
    sent = claims[-1].left - claims[-1].left % DAY + DAY
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<GIAMDINHHS>\n'
    yield f"<THONGTINDONVI><MACSKCB>{facility}</MACSKCB></THONGTINDONVI>\n"
    yield f"<THONGTINHOSO>\n<NGAYLAP>{day8(sent)}</NGAYLAP>\n"
    yield f"<SOLUONGHOSO>{len(claims)}</SOLUONGHOSO>\n<DANHSACHHOSO>\n"
    for claim in claims:
        yield claim.text
    yield "</DANHSACHHOSO>\n</THONGTINHOSO>\n<CHUKYDONVI/>\n</GIAMDINHHS>\n"


def write_month(
    folder: Path, places: Sequence[Facility], start: int, key: Iterable[KeyRow]
) -> None:
    """The lists of a month, without a registry of cards, and its answer key."""
    lists = make_lists(places, [], start)
    target = folder / LIST_FOLDER
    target.mkdir(parents=True, exist_ok=True)
    write_lists(target, lists)
    (target / "the_bhyt.csv").unlink()
    names = [field.name for field in fields(KeyRow)]
    rows = [[getattr(row, name) for name in names] for row in key]
    write_table(folder / KEY_FILE, names, rows)


def write_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table as .csv."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
