"""Everything that a first run would make, made beforehand: rules, lists, compiled kernels."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Step(NamedTuple):
    """One thing made, with the seconds it took."""

    title: str
    seconds: float


def warm_up() -> Iterator[Step]:
    """Makes and keeps each thing in turn, in the cache folder where that can be written.

    Raises:
        CardError: a card, parameter or list is wrong.
    """
    for make in (_rules, _lists, _kernels):
        started = time.perf_counter()
        title = make()
        yield Step(title, time.perf_counter() - started)


def _rules() -> str:
    from giamdinh.rules.cards import load_rules
    from giamdinh.rules.context import places

    places()
    return f"{len(load_rules().rules)} quy tắc"


def _lists() -> str:
    from giamdinh.catalogues.lists import list_specs
    from giamdinh.checks import icd
    from giamdinh.report.scorecard import contents
    from giamdinh.rules.calendars import holidays
    from giamdinh.tables.codelists import code_list, code_list_names
    from giamdinh.tables.specs import format_versions, table_specs

    for make in (table_specs, format_versions, list_specs, contents, holidays, icd.lists):
        make()
    for name in code_list_names():
        code_list(name)
    return f"{len(table_specs())} bảng, {len(code_list_names())} danh mục mã, lịch nghỉ lễ"


def _kernels() -> str:
    from giamdinh.parts.work import load_kernels

    load_kernels()
    return "mã máy cho dữ liệu lớn"
