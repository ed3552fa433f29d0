"""A store of twenty months: a month of a synthetic province, copied over the years.

A copy leaves out some claims, so that no month is like another. What happened by chance in the one
is in all of them, so these months are for figures, not for judging what is unusual.
"""

from __future__ import annotations

import re
import zipfile
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from giamdinh.growth.periods import from_index, index
from giamdinh.sample.model import dice
from giamdinh.sample.province import Province, Wish
from giamdinh.store.add import add

if TYPE_CHECKING:
    from giamdinh.sample.province import Month

FIRST, LAST = 202410, 202605
FACILITIES = ("38901", "38902", "38903", "38904", "38905", "38906")
_GROWN = 202601
_KEPT = (0.7, 0.95)
"""Part of the claims that a copy keeps, before and from `_GROWN` on."""
_CLAIM = re.compile("<HOSO>.*?</HOSO>", re.DOTALL)
_FILE = (
    '<?xml version="1.0" encoding="UTF-8"?><GIAMDINHHS><THONGTINDONVI><MACSKCB>{place}</MACSKCB>'
    "</THONGTINDONVI><THONGTINHOSO><NGAYLAP>20260601</NGAYLAP><SOLUONGHOSO>{many}</SOLUONGHOSO>"
    "<DANHSACHHOSO>{claims}</DANHSACHHOSO></THONGTINHOSO><CHUKYDONVI/></GIAMDINHHS>"
)


@cache
def long_store() -> Path:
    """The folder of the store."""
    top = Path(mkdtemp())
    # February has no day that another month lacks.
    wish = Wish(seed=7, last="2026-02", months=1, facilities=len(FACILITIES), claims=140)
    (made,) = Province(wish).months(top)
    (top / "ho_so").mkdir()
    for number in range(index(FIRST), index(LAST) + 1):
        _copy(made, from_index(number), top / "ho_so")
    taken = add(top / "kho", [top / "ho_so"])
    assert not taken.quarantined
    assert not taken.replaced
    return top / "kho"


def _copy(source: Month, month: int, folder: Path) -> None:
    for path in sorted((source.folder / "ho_so").glob("*.zip")):
        place = path.name[:5]
        with zipfile.ZipFile(path) as archive:
            text = "".join(archive.read(name).decode() for name in archive.namelist())
        rng = dice("copy", place, month)
        kept = _KEPT[month >= _GROWN]
        claims = [claim for claim in _CLAIM.findall(text) if rng.random() < kept]
        moved = "".join(claims).replace(source.name.replace("-", ""), f"{month}")
        for tag, value in (("NAM_QT", month // 100), ("THANG_QT", month % 100)):
            moved = re.sub(f"<{tag}>[0-9]*<", f"<{tag}>{value}<", moved)
        moved = moved.replace("<MA_LK>", f"<MA_LK>{month}")
        file = _FILE.format(place=place, many=len(claims), claims=moved)
        (folder / f"{place}_{month}.xml").write_text(file, "utf-8")
