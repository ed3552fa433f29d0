"""Facility catalogues, card registry and facility list: recognised, dated, looked up by day."""

from __future__ import annotations

from giamdinh.catalogues.catalogues import (
    CatalogueProblem,
    Catalogues,
    CatalogueStatus,
    load_catalogues,
)
from giamdinh.catalogues.tables import (
    ABSENT,
    CLOSED,
    IN_FORCE,
    UNKNOWN,
    Coded,
    DatedTable,
    PeriodIndex,
)

__all__ = [
    "ABSENT",
    "CLOSED",
    "IN_FORCE",
    "UNKNOWN",
    "CatalogueProblem",
    "CatalogueStatus",
    "Catalogues",
    "Coded",
    "DatedTable",
    "PeriodIndex",
    "load_catalogues",
]
