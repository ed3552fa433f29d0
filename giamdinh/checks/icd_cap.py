"""Dagger and asterisk codes of ICD-10, which describe one disease together."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.checks.icd import BOTH, MAIN, OLD, OTHERS, listed
from giamdinh.kept import kept
from giamdinh.rules.context import Hits, check
from giamdinh.rules.texts import split
from giamdinh.tables.codelists import code_list, plain_icd
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.rules.context import CheckContext


@check
def dau_sao_thieu_chu_thap(context: CheckContext) -> Iterable[Hits]:
    """Claims with an asterisk code and none of the dagger codes that it goes with.

    Asterisk codes of which the list names no pair are left alone.
    """
    head = context.claims[CLAIM_TABLE]
    main, others = head[MAIN], head[OTHERS]
    lone: dict[int, list[str]] = {}
    possible = np.zeros(len(head), np.bool_)
    for name in BOTH:
        lut = [any(map(_daggers, split(text))) for text in head[name].texts]
        possible |= np.array([*lut, False], np.bool_)[head[name].codes]
    for row in np.flatnonzero(possible).tolist():
        codes = [*split(main.text(row)), *split(others.text(row))]
        plain = [plain_icd(code) for code in codes]
        for code in codes:
            daggers = _daggers(code)
            if daggers and not any(one.startswith(daggers) for one in plain):
                lone.setdefault(row, []).append(code)
    yield Hits(
        CLAIM_TABLE,
        np.array(list(lone), np.int64),
        [MAIN if set(own) & set(split(main.text(row))) else OTHERS for row, own in lone.items()],
        detail=[", ".join(dict.fromkeys(own)) for own in lone.values()],
    )


@lru_cache(1 << 16)
def _daggers(text: str) -> tuple[str, ...]:
    """The dagger codes that an asterisk code goes with, without dots; none for another code."""
    return tuple(_pairs().get(listed(text), ()))


@cache
def _pairs() -> dict[str, list[str]]:
    return kept("cap_icd", _read_pairs)


def _read_pairs() -> dict[str, list[str]]:
    """Asterisk code → its dagger codes."""
    marked = {
        row.code
        for row in code_list(OLD).rows
        if "." not in row.code and row.attributes.get("dau_sao") == "1"
    }
    out: dict[str, list[str]] = {}
    for row in code_list("icd10_cap").rows:
        if "." not in row.code:
            for code in row.attributes["sao"].split(";"):
                if code in marked:
                    out.setdefault(code, []).append(row.code)
    return out
