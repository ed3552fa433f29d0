"""Checks of the lists themselves: rows are the faults found in them, beside those of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.checks.chung import problems
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def danh_muc_trung_dong(context: CheckContext) -> Iterable[Hits]:
    """Items with two rows in force together."""
    yield problems(context, "dm_trung_dong")


@check
def danh_muc_nguoc_ngay(context: CheckContext) -> Iterable[Hits]:
    """Rows whose days are in the wrong order."""
    yield problems(context, "dm_nguoc_ngay")


@check
def danh_muc_nhieu_co_so(context: CheckContext) -> Iterable[Hits]:
    """Files with rows of several facilities."""
    yield problems(context, "dm_nhieu_cskcb")


@check
def danh_muc_chua_duoc_chap_nhan(context: CheckContext) -> Iterable[Hits]:
    """Files with rows that the gateway did not accept."""
    yield problems(context, "dm_tu_choi")
