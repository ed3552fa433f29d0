"""Which facilities are alike: the same technical level and type in the facility list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from giamdinh.catalogues.catalogues import Catalogues

_LIST, _LEVEL, _TYPE = "co_so", "CAP_CMKT", "LOAI_HINH"


def kinds_of(catalogues: Catalogues) -> dict[str, tuple[str, str]]:
    """Facility to (level, type) as its newest row says; those without either are left out."""
    table = catalogues.table(_LIST)
    if table is None:
        return {}
    order = sorted(range(len(table)), key=lambda row: int(table.start[row]))
    found = {
        table.text("MA_CSKCB", row): (table.text(_LEVEL, row), table.text(_TYPE, row))
        for row in order
    }
    return {code: kind for code, kind in found.items() if code and all(kind)}
