"""Checks of the lists themselves: rows are the faults found in them, beside those of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.rules.context import FILE_TABLE, Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def danh_muc_trung_dong(context: CheckContext) -> Iterable[Hits]:
    """Items with two rows in force together."""
    yield _of_kind(context, "dm_trung_dong")


@check
def danh_muc_nguoc_ngay(context: CheckContext) -> Iterable[Hits]:
    """Rows whose days are in the wrong order."""
    yield _of_kind(context, "dm_nguoc_ngay")


@check
def danh_muc_nhieu_co_so(context: CheckContext) -> Iterable[Hits]:
    """Files with rows of several facilities."""
    yield _of_kind(context, "dm_nhieu_cskcb")


@check
def danh_muc_chua_duoc_chap_nhan(context: CheckContext) -> Iterable[Hits]:
    """Files with rows that the gateway did not accept."""
    yield _of_kind(context, "dm_tu_choi")


def _of_kind(context: CheckContext, kind: str) -> Hits:
    rows = [i for i, problem in enumerate(context.problems) if problem.kind == kind]
    return Hits(FILE_TABLE, np.array(rows, np.int64))
