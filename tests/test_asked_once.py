"""What is asked once for many rows of a batch is what each row alone would be told (ADR 0029)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.catalogues import IN_FORCE, Catalogues, Coded
from giamdinh.checks.danh_muc_chung import within
from giamdinh.checks.the_bhyt import NEVER, split_cards
from giamdinh.rules.cards import load_rules
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.in_force import InForce, Tally
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder
from giamdinh.tables.values import day_minutes

RULES = load_rules()
BY_END = next(r for r in RULES.rules if r.by == "NGAY_RA" and r.fields.keys() == {"XML3"})
DAYS = ("20241231", "20250101", "20250630", "20250701", "20251231")
NUMBERS = (
    "GD4010000000001", "gd4010000000001", "GD40100000000\u0661\u0662", "HT3010000000001", "GD4",
    "H", "²C4", "ĐB4010000000001", "GD4 010000000001", "HT3\n010000000001",
)  # fmt: skip
CARDS = st.lists(st.sampled_from(NUMBERS), max_size=3).map(" ; ".join)
PERIODS = st.lists(st.sampled_from([*DAYS, "", "2025"]), max_size=3).map(";".join)
Xml1 = dict[str, str]


def claims_of(rows: list[Xml1], lines: int = 0) -> ClaimSet:
    builder = ClaimSetBuilder()
    for row in rows:
        claim = builder.add_claim("a.xml", 1, {}, row)
        for _ in range(lines):
            builder.add_row("XML3", claim, {"STT": "1"})
    return builder.build()


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def midnight(text: str) -> int | None:
    return day_minutes(datetime.strptime(text, "%Y%m%d").date()) if len(text) == 8 else None  # noqa: DTZ007


def card_days(row: Xml1) -> list[tuple[int, int]]:
    """The first and last day of each card of a claim; none where they cannot be read."""
    number = parts(row["MA_THE_BHYT"])
    first = [midnight(text) for text in parts(row["GT_THE_TU"])]
    ends = row["GT_THE_DEN"].split(";") if row["GT_THE_DEN"].strip() else [""]
    last = [midnight(text) if text else NEVER for text in ends]
    readable = None not in (*first, *last)
    if not number or not readable or not len(number) == len(first) == len(last):
        return []
    return [(a, b) for a, b in zip(first, last, strict=True) if a is not None and b is not None]


@given(st.lists(st.fixed_dictionaries(
    {"MA_THE_BHYT": CARDS, "GT_THE_TU": PERIODS, "GT_THE_DEN": PERIODS}
), max_size=6))  # fmt: skip
def test_claims_that_share_a_group_have_cards_that_begin_alike(rows: list[Xml1]) -> None:
    cards = split_cards(claims_of(rows))
    for claim, row in enumerate(rows):
        group = cards.group[claim]
        there = cards.card[group][cards.card[group] >= 0].tolist()
        assert [cards.starts[i] for i in there] == [n[:3] for n in parts(row["MA_THE_BHYT"])]
        days = card_days(row)
        assert bool(cards.dated[group]) == bool(days)
        found = zip(cards.start[group].tolist(), cards.end[group].tolist(), strict=True)
        assert list(found)[: len(days)] == days
        assert cards.last_day()[claim] == max((last for _, last in days), default=-NEVER)


@given(
    st.lists(st.tuples(st.sampled_from(["01001", "79001", ""]), st.sampled_from([*DAYS, ""]))),
    st.sampled_from(DAYS), st.sampled_from(DAYS), st.sampled_from([(), ("dich_vu",)]),
)  # fmt: skip
def test_a_rule_judges_the_rows_of_its_time_and_of_facilities_with_lists(
    visits: list[tuple[str, str]], start: str, end: str, needs: tuple[str, ...]
) -> None:
    rows = [{"MA_CSKCB": place, "NGAY_RA": day + "0800" if day else ""} for place, day in visits]
    claims = claims_of(rows, lines=2)
    listed = Catalogues.from_tables({"dich_vu": [{"MA_DICH_VU": "X", "MA_CSKCB": "01001"}]})
    first, last = midnight(start), midnight(end)
    assert first is not None
    assert last is not None
    rule = replace(BY_END, start=first, end=last - 1, needs=needs)
    timely = [bool(day) and start <= day < end for _, day in visits]
    covered = [not needs or place == "01001" for place, _ in visits]
    judged = [a and b for a, b in zip(timely, covered, strict=True)]
    force, tally = InForce(Evaluator(claims, RULES.parameters), listed, {}), Tally()
    mask = force.rows(rule, "XML3", tally)
    assert mask.tolist() == [ok for ok in judged for _ in range(2)]
    assert tally.in_force == 2 * sum(judged)
    assert tally.uncovered == 2 * (sum(timely) - sum(judged))
    assert force.count_claims({"XML3": mask}) == sum(judged)


SPAN = st.tuples(st.integers(0, 20), st.integers(0, 20))
SPANS = st.lists(st.lists(SPAN, max_size=3), min_size=1, max_size=3)


@given(SPANS, st.data())
def test_a_moment_lies_within_any_span_of_its_group(
    spans: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    group = data.draw(st.lists(st.integers(0, len(spans) - 1), max_size=6))
    when = data.draw(st.lists(st.integers(-5, 30), min_size=len(group), max_size=len(group)))
    after = data.draw(st.lists(st.integers(0, 5), min_size=len(group), max_size=len(group)))
    twin = [
        any(start <= t <= end + a for start, end in spans[g])
        for g, t, a in zip(group, when, after, strict=True)
    ]
    arrays: list[Any] = [np.array(values, np.int64) for values in (group, when, after)]
    assert within(arrays[0], spans, arrays[1], arrays[2]).tolist() == twin


LISTED = st.fixed_dictionaries({
    "MA_DICH_VU": st.sampled_from("XY"), "MA_CSKCB": st.sampled_from(["01001", "79001"]),
    "TU_NGAY": st.sampled_from(DAYS[:3]), "DEN_NGAY": st.sampled_from(["", *DAYS[2:]]),
})  # fmt: skip
ASKED = st.tuples(
    st.sampled_from(["01001", "79001", ""]), st.sampled_from(["X", "Y", "Z", ""]),
    st.integers(-2, 2), st.sampled_from(DAYS),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(LISTED, min_size=1, max_size=6), st.lists(ASKED, max_size=8))
def test_a_list_says_the_same_of_one_moment_and_of_many(
    rows: list[dict[str, str]], asked: list[tuple[str, str, int, str]]
) -> None:
    table = Catalogues.from_tables({"dich_vu": rows}).table("dich_vu")
    assert table is not None
    index = table.index("MA_DICH_VU")
    when = np.array([(midnight(day) or 0) + late for *_, late, day in asked], np.int64)

    def coded(texts: list[str]) -> Coded:
        known = sorted({*texts} - {""})
        codes = [known.index(text) if text else -1 for text in texts]
        return Coded(np.array(codes, np.int32), known)

    facility, key = coded([a[0] for a in asked]), coded([a[1] for a in asked])
    periods, which = index.periods(facility, key, when)
    found = [periods[i] for i in which.tolist()]
    for period, (place, code, *_), minute in zip(found, asked, when.tolist(), strict=True):
        there = index.rows_on(place, code, minute) if place and code else []
        assert (period.state == IN_FORCE) == bool(there)
        assert not there or [*period.rows] == there
