"""Claims and catalogues like the ones of an example, with cells, rows and dates exchanged."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import Catalogues
from giamdinh.catalogues.drafts import ListDraft
from giamdinh.catalogues.lists import list_specs
from giamdinh.tables.claimset import ClaimSet, Table, TableBuilder
from giamdinh.tables.codelists import code_list
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs
from tests.oracle import slow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from random import Random

    from giamdinh.model import Field

Rows = dict[str, list[dict[str, str]]]
ODD = (
    "",
    "",
    "",
    "0",
    "x",
    "-1",
    "99999999999.999",
    "202602291200",
    "20250310",
    "1;2;",
    "100",
    "0.3333",
    "1,5",
    "1.500",
    "a\x07b",
    "-- .",
    "2025031024",
    "100|200",
)
_MOVES = (1, -1, 30, 60, -60, 1440, -1440, 43200, -43200, 525600, -525600)
_CHANGES = (*["cell"] * 9, "double", "double", "lend", "drop", "move")
_MOST = 30
"""Claims that a mixture may grow to."""
_DATE = {8: "%Y%m%d", 12: "%Y%m%d%H%M"}


class Mixer:
    """Draws claims that resemble `claims`.

    Args:
        random: decides everything.
        claims: the example.
        reads: table → fields that matter even where the example leaves them out.
    """

    def __init__(
        self, random: Random, claims: list[Rows], reads: Mapping[str, Iterable[str]]
    ) -> None:
        self.random = random
        self.claims = claims
        self.known = columns(claims)
        fields = {key for key in self.known if key[0] != ENVELOPE_TABLE or key[1] == "NGAYLAP"}
        fields |= {(table, field) for table, names in reads.items() for field in names}
        self.fields: dict[str, list[str]] = {}
        for table, field in sorted(fields):
            self.fields.setdefault(table, []).append(field)
        self.read = {t: [*f] for t, f in reads.items() if t in self.fields}

    def mixture(self, steps: int) -> list[Rows]:
        """The claims after 1 … `steps` changes."""
        out = [{t: [dict(row) for row in rows] for t, rows in c.items()} for c in self.claims]
        for _ in range(self.random.randint(1, steps)):
            self._step(out)
        return out

    def doubled(self, steps: int) -> list[Rows]:
        """Every claim twice, in any order, after 0 … `steps` changes."""
        out = [{t: [dict(row) for row in rows] for t, rows in c.items()} for c in self.claims * 2]
        self.random.shuffle(out)
        for _ in range(self.random.randint(0, steps)):
            self._step(out)
        return out

    def _step(self, claims: list[Rows]) -> None:
        choose = self.random.choice
        if len(claims) < _MOST and self.random.random() < 0.05:
            claims.append({t: [dict(row) for row in rows] for t, rows in choose(claims).items()})
        claim = choose(claims)
        table = choose([t for t in self.fields if claim.get(t)] or [CLAIM_TABLE])
        rows = claim[table]
        at = self.random.randrange(len(rows))
        what = choose(_CHANGES) if table_specs()[table].many else "cell"
        if what == "cell":
            self._change(table, rows[at])
        elif what in ("double", "lend"):
            rows = rows if what == "double" else choose(claims)[table]
            rows.insert(self.random.randint(0, len(rows)), dict(claim[table][at]))
            self._change(table, choose(rows))
        elif what == "move":
            choose(claims)[table].append(rows.pop(at))
        else:
            del rows[at]

    def _change(self, table: str, row: dict[str, str]) -> None:
        names = self.read.get(table, ()) if self.random.random() < 0.6 else ()
        names = names or self.fields.get(table, ())
        if names:
            name = self.random.choice(names)
            row[name] = self._text(table, name, row)

    def _text(self, table: str, name: str, row: dict[str, str]) -> str:
        """Another text for a cell: one of the same column or kind, one near by, or an odd one."""
        spec, own, dice = (
            table_specs()[table].by_name[name],
            row.get(name, ""),
            self.random.random(),
        )
        if dice < 0.06:
            return ""
        if dice < 0.12:
            return self.random.choice(ODD)
        if dice < 0.5 and own:
            return near(self.random, own, spec)
        if dice < 0.6 and spec.code_list:
            return self.random.choice(_codes(spec.code_list))
        same = self.known.get((table, name), [])
        if dice < 0.8 and same:
            return self.random.choice(same)
        alike = [
            text
            for (_, other), texts in self.known.items()
            for text in texts
            if other == name or (spec.temporal and len(text) in spec.widths and text.isdigit())
        ]
        return self.random.choice(alike or same or ODD)


def plain(claims: ClaimSet) -> list[Rows]:
    """The claims as texts; what nobody wrote is left out."""
    out: list[Rows] = [{name: [] for name in claims.tables} for _ in range(len(claims))]
    for name, table in claims.tables.items():
        for row in range(len(table)):
            cells = {f: c.text(row) for f, c in table.columns.items() if not c.missing[row]}
            out[int(table.parent[row])][name].append(cells)
    return out


def built(claims: list[Rows]) -> ClaimSet:
    """The batch of some claims; tables without rows are not built anew."""
    size = len(claims)
    tables = {}
    for name, spec in table_specs().items():
        rows = [(i, row) for i, claim in enumerate(claims) for row in claim.get(name, ())]
        if not rows:
            tables[name] = replace(_empty(name), offsets=np.zeros(size + 1, np.int64))
            continue
        builder = TableBuilder(spec)
        for i, row in rows:
            builder.add(i, row)
        tables[name] = builder.build(size)
    places = np.arange(size)
    return ClaimSet.of(tables, ["a.xml"] * size, places + 1, places, set())


@cache
def _empty(name: str) -> Table:
    return TableBuilder(table_specs()[name]).build(0)


def near(random: Random, text: str, spec: Field) -> str:
    """A text whose value is a little away from that of `text`."""
    value = slow.parse_value(text, spec)
    if isinstance(value, datetime):
        try:
            moved = value + timedelta(minutes=random.choice(_MOVES))
        except OverflowError:
            return text
        return moved.strftime(_DATE.get(len(text), "%Y%m%d"))
    if isinstance(value, Fraction):
        unit = Fraction(1, 10**spec.scale)
        value = random.choice([value + unit, value - unit, value + 1, value - 1, value * 2, -value])
        return decimal(value)
    return random.choice([f"{text};{text}", text.lower(), text[:-1], f" {text}", f"{text}x", ""])


def decimal(value: Fraction) -> str:
    """A number as the format writes it, without needless zeros."""
    whole, rest = divmod(abs(value) * 1000, 1000)
    tail = f"{int(rest):03d}".rstrip("0")
    return ("-" if value < 0 else "") + str(int(whole)) + (f".{tail}" if tail else "")


def _codes(name: str) -> list[str]:
    return sorted({row.code for row in code_list(name).rows[:200]}) or [""]


def columns(claims: list[Rows]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for claim in claims:
        for table, rows in claim.items():
            for row in rows:
                for field, text in row.items():
                    found.setdefault((table, field), set()).add(text)
    return {key: sorted(texts) for key, texts in found.items()}


Lists = dict[str, list[dict[str, str]]]


def mixed_lists(random: Random, lists: Lists, claims: list[Rows]) -> Lists:
    """The lists with a few cells exchanged, moved in time, or taken from the claims."""
    out = {kind: [dict(row) for row in rows] for kind, rows in lists.items()}
    texts = sorted({t for (_, _), known in columns(claims).items() for t in known if len(t) < 40})
    for _ in range(random.randint(1, 4)):
        kind = random.choice(sorted(out))
        rows = out[kind]
        if not rows:
            continue
        row, dice = random.choice(rows), random.random()
        if dice < 0.1:
            rows.append(dict(row))
        elif dice < 0.2:
            rows.remove(row)
        else:
            name = random.choice(sorted(row))
            same = [other.get(name, "") for other in lists[kind]]
            row[name] = _cell(random, row[name], [*same, *same, random.choice(texts), ""])
    return out


def catalogues(lists: Lists) -> Catalogues:
    """The lists as a run has them: rows whose period cannot be read stay, never in force."""
    tables, held = {}, {}
    for kind, rows in lists.items():
        draft = ListDraft(list_specs()[kind])
        for row in rows:
            draft.add(row)
        tables[kind] = draft.table()
        if draft.held:
            held[kind] = draft.held.table()
    return Catalogues(tables, held=held)


def _cell(random: Random, text: str, others: list[str]) -> str:
    if len(text) == 8 and text.startswith("20") and random.random() < 0.7:
        try:
            day = datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007
        except ValueError:
            return text
        if random.random() < 0.1:
            return "20250230"
        return (day + timedelta(days=random.choice([1, -1, 30, -30, 365, -365]))).strftime("%Y%m%d")
    return random.choice(others)


def smaller(claims: list[Rows]) -> Iterator[list[Rows]]:
    """The claims without one of them, without one row, or without one cell."""
    for i, claim in enumerate(claims):
        yield claims[:i] + claims[i + 1 :]
        for table, rows in claim.items():
            for at, row in enumerate(rows):
                kept = [{**row}] if not table_specs()[table].many else []
                others = [[*rows[:at], *rows[at + 1 :]]] if not kept else []
                others += [
                    [*rows[:at], {k: v for k, v in row.items() if k != name}, *rows[at + 1 :]]
                    for name in row
                ]
                for other in others:
                    yield [*claims[:i], {**claim, table: other}, *claims[i + 1 :]]
