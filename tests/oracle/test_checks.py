"""Every check finds the same as its naive twin, on its cards' examples and on mixtures of them."""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.model import Problem
from giamdinh.rules.across import Memory, wanted
from giamdinh.rules.cards import Rule, load_rules
from giamdinh.rules.context import FILE_TABLE, Batch, CheckContext, check_named, checks
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.examples import example_claims, pipe_table
from giamdinh.rules.in_force import InForce, Tally
from giamdinh.tables.claimset import ClaimSetBuilder
from tests.oracle.mixing import Lists, Mixer, Rows, built, catalogues, mixed_lists, plain, smaller
from tests.oracle.twins import Card, Claim, Hit, twins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.rules.context import Hits
    from giamdinh.tables.claimset import ClaimSet

RULES = load_rules()
COMPARED = [r for r in RULES.rules if r.check in twins() and FILE_TABLE not in r.fields]
OF_FILES = [r for r in RULES.rules if r.check in twins() and FILE_TABLE in r.fields]
NIGHTLY = bool(os.environ.get("GIAMDINH_NIGHTLY"))
MIXTURES = 300 if NIGHTLY else 20
"""Mixtures of the claims of one example, for each of its lists."""
ACROSS = 300 if NIGHTLY else 12
"""The same for cards across claims, which are compared one mixture at a time."""
DOUBLED = 30 if NIGHTLY else 2
"""Mixtures more for these, in which every claim of the example stands twice."""
LISTS = 20 if NIGHTLY else 3
"""Mixtures of the lists of one example."""
STEPS = 8
Key = tuple[Any, ...]


def _keys(rule: Rule, claims: ClaimSet, hits: Hits) -> list[Key]:
    """A hit as (table, claim, row, field, expected, amount, the other's claim and row), from 0."""
    claims[hits.table]
    own = rule.fields[hits.table]
    out = []
    for i, row in enumerate(hits.rows.tolist()):
        field = hits.field if isinstance(hits.field, str) else hits.field[i]
        expected = "" if hits.expected is None else hits.expected[i]
        amount = None if hits.amount is None else int(hits.amount[i])
        other = -1 if hits.other_rows is None else int(hits.other_rows[i])
        pair = _place(claims, hits.table, other) if other >= 0 else None
        out.append(
            (hits.table, *_place(claims, hits.table, row), field or own, expected, amount, pair)
        )
    return out


def _place(claims: ClaimSet, name: str, row: int) -> tuple[int, int]:
    """The claim of a row among all claims, and its place there, both from 0."""
    table = claims[name]
    return int(claims.seq[table.parent[row]]), int(table.number[row]) - 1


def _fast(rule: Rule, claims: ClaimSet, catalogues: Catalogues) -> tuple[Counter[Key], set[Key]]:
    """What the check finds, and the rows (table, claim, row) that the card may judge."""
    evaluator = Evaluator(claims, RULES.parameters)
    force = InForce(evaluator, catalogues, {})
    judged: set[Key] = set()
    for name in rule.fields:
        rows = np.flatnonzero(force.rows(rule, name, Tally())).tolist()
        judged |= {(name, *_place(claims, name, row)) for row in rows}
    if not judged:
        return Counter(), judged
    if rule.across:
        memory, chosen = Memory(), wanted((rule,), catalogues.has)
        assert chosen is not None
        memory.add(evaluator, chosen)
        kept = memory.claims(without=())
        assert kept is not None
        claims, evaluator = kept, Evaluator(kept, RULES.parameters)
    batch = Batch(claims, pandera=False)
    context = CheckContext(claims, rule, evaluator, catalogues, (), batch)
    found: Counter[Key] = Counter()
    for hits in check_named(rule.check)(context):
        if hits.rows.size:
            found.update(_keys(rule, claims, hits))
    return Counter({key: n for key, n in found.items() if key[:3] in judged}), judged


def _slow(rule: Rule, claims: list[Rows], catalogues: Catalogues) -> Counter[Key]:
    card = Card(rule, RULES.parameters, catalogues)
    asked: list[Any] = [Claim(i, claim) for i, claim in enumerate(claims)]
    twin = twins()[rule.check]
    hits = [hit for each in ([asked] if rule.across else asked) for hit in twin(card, each)]
    return Counter(_key(rule, hit) for hit in hits)


def _key(rule: Rule, hit: Hit) -> Key:
    row = hit.row
    assert not isinstance(row, int)
    amount = None if hit.amount is None else hit.amount * 100
    field = hit.field or rule.fields[row.table]
    other = None if hit.other is None else (hit.other.claim.at, hit.other.at)
    return (row.table, row.claim.at, row.at, field, hit.expected, amount, other)


def different(rule: Rule, claims: list[Rows], lists: Lists) -> tuple[list[Key], list[Key]]:
    """What only the check finds, and what only the twin finds."""
    read = catalogues(lists)
    fast, judged = _fast(rule, built(claims), read)
    slow = Counter({k: n for k, n in _slow(rule, claims, read).items() if k[:3] in judged})
    if all(key[-1] is None for key in slow):
        fast = Counter(key[:-1] for key in fast.elements())
        slow = Counter(key[:-1] for key in slow.elements())
    return sorted((fast - slow).elements(), key=str), sorted((slow - fast).elements(), key=str)


def _told(rule: Rule, claims: list[Rows], lists: Lists) -> str:
    """The smallest claims that still show a difference, in words."""
    assert any(different(rule, claims, lists))
    for _ in range(400):
        for fewer in smaller(claims):
            if fewer and any(different(rule, fewer, lists)):
                claims = fewer
                break
        else:
            break
    check, twin = different(rule, claims, lists)
    drawn = [
        f"  {i} {table} {row}"
        for i, claim in enumerate(claims)
        for table, rows in claim.items()
        for row in rows
        if row
    ]
    return "\n".join(
        [f"{rule.code} {rule.check}", f"only check: {check}", f"only twin: {twin}", *drawn,
         *(f"  {kind} {row}" for kind, rows in lists.items() for row in rows)]
    )  # fmt: skip


def same(rule: Rule, mixtures: list[list[Rows]], lists: Lists) -> None:
    """Claims of rules that look at one claim at a time are compared all at once."""
    if rule.across:
        for claims in mixtures:
            if any(different(rule, claims, lists)):
                pytest.fail(_told(rule, claims, lists), pytrace=False)
        return
    claims = [claim for mixture in mixtures for claim in mixture]
    check, twin = different(rule, claims, lists)
    if check or twin:
        wrong = [claims[(check or twin)[0][1]]]
        alone = any(different(rule, wrong, lists))
        pytest.fail(_told(rule, wrong if alone else claims, lists), pytrace=False)


def _reads(rule: Rule) -> dict[str, list[str]]:
    reads: Mapping[str, list[str]] = rule.source.get("reads", {})
    return {t: sorted({*reads.get(t, ()), *_own(rule, t)}) for t in {*reads, *rule.fields}}


def _own(rule: Rule, table: str) -> list[str]:
    field = rule.fields.get(table, "")
    return [field] if field else []


@pytest.mark.parametrize("rule", COMPARED, ids=lambda rule: rule.code)
def test_check_finds_what_its_twin_finds(rule: Rule) -> None:
    seen = 0
    for number, example in enumerate(rule.examples):
        random = Random(f"{rule.code} {number}")  # noqa: S311
        claims = plain(example_claims(rule, example))
        drawn = {kind: pipe_table(t) for kind, t in example.get("danh_muc", {}).items()}
        mixer = Mixer(random, claims, _reads(rule))
        lines = sum(len(rows) for claim in claims for rows in claim.values())
        mixtures = max(4, min(ACROSS, 500 * ACROSS // 12 // lines)) if rule.across else MIXTURES
        made = [claims, *(mixer.mixture(STEPS) for _ in range(mixtures))]
        twice = DOUBLED if rule.across else 0
        same(rule, [*made, *(mixer.doubled(STEPS) for _ in range(twice))], drawn)
        for _ in range(LISTS if drawn else 0):
            other = mixed_lists(random, drawn, claims)
            same(rule, [claims, *(mixer.mixture(STEPS) for _ in range(mixtures // 2))], other)
        seen += len(_slow(rule, claims, catalogues(drawn)))
    assert seen, "không ví dụ nào có vi phạm"


@pytest.mark.parametrize("rule", OF_FILES, ids=lambda rule: rule.code)
def test_check_of_files_finds_what_its_twin_finds(rule: Rule) -> None:
    empty = ClaimSetBuilder().build()
    evaluator = Evaluator(empty, RULES.parameters)
    card = Card(rule, RULES.parameters, Catalogues())
    kinds = sorted({p.kind for r in OF_FILES for e in r.examples for p in _problems(e)})
    for example in rule.examples:
        random = Random(rule.code)  # noqa: S311
        for _ in range(MIXTURES):
            problems = _problems(example) + [
                Problem(random.choice(kinds), "a.xml", random.choice(["", "lý do"]), table=table)
                for table in ("", "XML1", "XML3")
            ]
            batch = Batch(empty, pandera=False)
            context = CheckContext(empty, rule, evaluator, Catalogues(), problems, batch)
            found = [int(row) for hits in check_named(rule.check)(context) for row in hits.rows]
            assert sorted(found) == sorted(hit.row for hit in twins()[rule.check](card, problems))


def _problems(example: Mapping[str, Any]) -> list[Problem]:
    rows = pipe_table(example[FILE_TABLE])
    return [Problem(**{"file": "", "reason": "", **r, "hoso": 0}) for r in rows]


def test_every_check_has_a_twin() -> None:
    assert set(twins()) == set(checks())
