"""What is remembered of every claim for the rules that compare claims with each other.

Whole claims are dropped batch by batch; of each one only the columns and rows stay that such rules
say they read. At the end they stand in one ClaimSet, and the rules run on it like on any batch.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.rules.writing import SHOWN_OF_CLAIM, SHOWN_OF_ROW
from giamdinh.tables.claimset import ClaimSet, Column, Table
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    import numpy.typing as npt

    from giamdinh.model import BoolArray, CodeArray, IntArray
    from giamdinh.rules.cards import Rule
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.rules.nodes import Node

_DATES = ("NGAY_VAO", "NGAY_RA")
_WHOLE = (CLAIM_TABLE, ENVELOPE_TABLE)
_WIDTHS = (np.int8, np.int16, np.int32)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What rules across claims read.

    Attributes:
        columns: the fields of each table.
        rows: conditions on the rows of a table, of which one is enough; a table that is not named
            is kept whole, one without conditions is kept without rows.
        texts: (table, field) whose text as written is shown in findings.
    """

    columns: Mapping[str, frozenset[str]]
    rows: Mapping[str, tuple[Node, ...]]
    texts: frozenset[tuple[str, str]]


def wanted(rules: Iterable[Rule], has: Callable[[str], bool]) -> Wanted | None:
    """What the rules across claims among `rules` read; None when there are none.

    A rule judges nothing without the lists it needs, so no row is kept for its sake.

    Args:
        rules: all rules of the run.
        has: whether the run has some list of a kind.
    """
    chosen = [rule for rule in rules if rule.across]
    if not chosen:
        return None
    columns: dict[str, set[str]] = defaultdict(set)
    columns[CLAIM_TABLE] |= {*SHOWN_OF_CLAIM, *_DATES}
    columns[ENVELOPE_TABLE] |= {"MACSKCB", "NGAYLAP"}
    rows: dict[str, list[Node] | None] = {}
    for rule in chosen:
        named = {t: set(fields) for t, fields in rule.source.get("reads", {}).items()}
        for table, field in rule.fields.items():
            named.setdefault(table, set()).add(field)
        for table, fields in named.items():
            own = table_specs()[table].by_name
            columns[table] |= {*fields, *(name for name in (rule.by, *SHOWN_OF_ROW) if name in own)}
            node, known = rule.rows.get(table), rows.setdefault(table, [])
            if all(map(has, rule.needs)):
                rows[table] = None if node is None or known is None else [*known, node]
        _add_shown(columns, rule)
    return Wanted(
        {table: frozenset(fields - {""}) for table, fields in columns.items()},
        {t: tuple(nodes) for t, nodes in rows.items() if nodes is not None and t not in _WHOLE},
        frozenset(pair for rule in chosen for pair in rule.fields.items()),
    )


def _add_shown(columns: dict[str, set[str]], rule: Rule) -> None:
    """The fields of a rule's amount, expected value and message."""
    for clause in rule.clauses:
        for node in (clause.amount, clause.expected, *clause.shown.values()):
            for part in node.walk() if node is not None else ():
                if part.op == "field":
                    columns[part.value[0]].add(part.value[1])


class Memory:
    """Grows batch by batch, then part by part, in the order of the claims."""

    def __init__(self) -> None:
        self._batches: list[ClaimSet] = []

    def add(self, evaluator: Evaluator, chosen: Wanted) -> None:
        """What is wanted of one batch."""
        claims = evaluator.claims
        if not len(claims):
            return
        tables = {}
        for name, fields in chosen.columns.items():
            nodes = chosen.rows.get(name)
            kept = None
            if nodes is not None:
                masks = [evaluator.truth(node).yes for node in nodes]
                kept = np.flatnonzero(_either(masks, len(claims[name])))
            texts = frozenset(field for table, field in chosen.texts if table == name)
            tables[name] = _narrow(claims[name], fields, kept, texts)
        self._batches.append(replace(claims, tables=tables))

    def join(self, other: Memory, first_claim: int, first_hoso: int) -> None:
        """The claims of the next files, or of the same file behind its first claims."""
        self._batches += [
            replace(batch, seq=batch.seq + first_claim, hoso=batch.hoso + first_hoso)
            for batch in other._batches
        ]

    def claims(self, without: Collection[int]) -> ClaimSet | None:
        """All claims but those whose number in the run is in `without`; None when none is left.

        What was remembered is forgotten.
        """
        gone = np.fromiter(without, np.int64, len(without))
        batches = [_only(batch, ~np.isin(batch.seq, gone)) for batch in self._batches]
        self._batches.clear()
        return joined(batches) if any(map(len, batches)) else None


def narrowed(
    claims: ClaimSet, columns: Mapping[str, Collection[str]], kept: Mapping[str, IntArray]
) -> ClaimSet:
    """Claims with some columns only, and of the tables in `kept` only those rows, rising."""
    tables = {
        name: _narrow(claims[name], fields, kept.get(name), ()) for name, fields in columns.items()
    }
    return replace(claims, tables=tables)


def _either(masks: Sequence[BoolArray], rows: int) -> BoolArray:
    found = np.zeros(rows, np.bool_)
    for mask in masks:
        found |= mask
    return found


def _narrow(
    table: Table, fields: Collection[str], kept: IntArray | None, texts: Collection[str]
) -> Table:
    """Some columns and rows of a table.

    Typed columns keep their texts only if asked, or if their values do not say all.
    """
    columns = {}
    for name in sorted(fields):
        column = table[name] if kept is None else table[name].take(kept)
        plain = column.values.size > 0 and not column.spec.partial and name not in texts
        columns[name] = _without_texts(column) if plain else _compact(column)
    kept = np.arange(len(table)) if kept is None else kept
    offsets = np.searchsorted(kept, table.offsets).astype(np.int64)
    parent, number = _small(table.parent[kept]), _small(table.number[kept])
    return Table(table.spec, parent, offsets, number, columns)


def _without_texts(column: Column) -> Column:
    codes = np.where(column.valid, np.int8(0), np.int8(-1))
    return Column(column.spec, codes, [""], _small(column.values), column.valid)


def _compact(column: Column) -> Column:
    """The column with only the texts that its rows use."""
    used = np.zeros(len(column.texts) + 1, np.bool_)
    used[column.codes] = True
    used[-1] = False
    place = np.append(np.cumsum(used[:-1], dtype=np.int32) - np.int32(1), np.int32(-1))
    texts = [column.texts[i] for i in np.flatnonzero(used).tolist()]
    codes = _small(place[column.codes])
    return Column(column.spec, codes, texts, _small(column.values), column.valid)


def _small(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same numbers in as few bytes as they fit in; `joined` widens them again."""
    if not values.size:
        return values
    low, high = values.min(), values.max()
    for width in _WIDTHS:
        if np.iinfo(width).min <= low and high <= np.iinfo(width).max:
            return values.astype(width)
    return values


def _only(claims: ClaimSet, kept: BoolArray) -> ClaimSet:
    """Some claims of a batch with their rows."""
    if kept.all():
        return claims
    number = np.append(np.cumsum(kept) - 1, -1)
    tables = {}
    for name, table in claims.tables.items():
        rows = np.flatnonzero(np.append(kept, np.False_)[table.parent])
        columns = {field: column.take(rows) for field, column in table.columns.items()}
        parent = number[table.parent[rows]]
        offsets = np.searchsorted(parent, np.arange(int(kept.sum()) + 1)).astype(np.int64)
        tables[name] = Table(table.spec, parent, offsets, table.number[rows], columns)
    unread = {(name, int(number[i])) for name, i in claims.unread if kept[i]}
    files = [name for name, keep in zip(claims.files, kept.tolist(), strict=True) if keep]
    arrays = {name: getattr(claims, name)[kept] for name in ("hoso", "seq", "service", "version")}
    return ClaimSet(tables, files, **arrays, unread=unread)


def joined(batches: Sequence[ClaimSet]) -> ClaimSet:
    """Batches of the same columns one behind the other; they lose their tables, column by column.

    Args:
        batches: not empty.
    """
    first = np.cumsum([0, *map(len, batches)]).tolist()
    tables = {
        name: _joined_tables([batch.tables.pop(name) for batch in batches], first)
        for name in list(batches[0].tables)
    }
    starts = zip(batches, first, strict=False)
    arrays = {
        name: np.concatenate([getattr(batch, name) for batch in batches])
        for name in ("hoso", "seq", "service", "version")
    }
    files = [name for batch in batches for name in batch.files]
    unread = {(name, i + start) for batch, start in starts for name, i in batch.unread}
    return ClaimSet(tables, files, **arrays, unread=unread)


def _joined_tables(tables: Sequence[Table], first: Sequence[int]) -> Table:
    """Tables one behind the other; rows without claim are not among them."""
    rows = np.cumsum([0, *map(len, tables)]).tolist()
    names = list(tables[0].columns)
    pairs = list(zip(tables, first, rows, strict=False))
    offsets = [table.offsets[:-1] + row for table, _, row in pairs]
    return Table(
        tables[0].spec,
        np.concatenate([table.parent.astype(np.int64) + claim for table, claim, _ in pairs]),
        np.concatenate([*offsets, [rows[-1]]]).astype(np.int64),
        np.concatenate([table.number for table in tables]).astype(np.int64),
        {name: _joined_columns([table.columns.pop(name) for table in tables]) for name in names},
    )


def _joined_columns(columns: Sequence[Column]) -> Column:
    known: dict[str, int] = {}
    codes: list[CodeArray] = []
    for column in columns:
        place = [known.setdefault(text, len(known)) for text in column.texts]
        codes.append(np.array([*place, -1], np.int32)[column.codes])
    return Column(
        columns[0].spec,
        np.concatenate(codes),
        list(known),
        np.concatenate([column.values for column in columns]).astype(np.int64, copy=False),
        np.concatenate([column.valid for column in columns]),
    )
