"""The claims of a store beside those of a run, for the rules that compare claims with each other.

Only claims that concern the run are read, a few partitions at a time, and of these only the columns
and rows that the rules look at; so memory grows with what concerns the run, not with the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from giamdinh.checks.nguoi_benh import persons_in
from giamdinh.checks.tham_chieu import PLACE_OF, names_code
from giamdinh.rules.across import joined, narrowed
from giamdinh.rules.evaluate import Evaluator
from giamdinh.rules.recall import EVER, Recalled, StoreUse, month_number, months_in
from giamdinh.store.columns import table_of, typed
from giamdinh.store.derived import PERSONS, sums_of
from giamdinh.store.files import rows_of
from giamdinh.store.layout import CLAIM, NUMBER, schema_of
from giamdinh.store.reading import open_store
from giamdinh.store.selecting import concerned
from giamdinh.store.sums import ITEMS, summed
from giamdinh.tables.claimset import MISSING, ClaimSet, Column, Table
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from giamdinh.catalogues import Catalogues
    from giamdinh.model import BoolArray, IntArray
    from giamdinh.rules.across import Wanted
    from giamdinh.rules.cards import Rule
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.params import Parameter
    from giamdinh.rules.recall import Recall
    from giamdinh.store.catalogue import Catalogue

_BATCH = 20_000
_MEMORY = "192MB"
"""Less than other questions to a store may take: a run holds its own claims beside it."""
_THREADS = 2
"""Each thread takes memory for the columns that it reads."""
_TOLD = ("MA_THE_BHYT", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "HO_TEN", "NGAY_VAO", "NGAY_RA")
_OF_STORE = -1
"""`seq` of a claim that is not in the run."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the rules of a run want to know of other claims.

    Attributes:
        chosen: what is kept of the run's claims; the same is kept of the store's.
        rules: those across claims that can judge.
        parameters: dated parameters, for the conditions on rows.
        lists: the run's, for rules that look only at codes that a list names.
    """

    chosen: Wanted
    rules: Sequence[Rule]
    parameters: Mapping[str, Parameter]
    lists: Catalogues

    @property
    def recalls(self) -> list[tuple[Rule, Recall]]:
        """The rules that look at single other claims, and at which."""
        pairs = [(rule, rule.recall) for rule in self.rules if rule.recall is not None]
        return [(rule, recall) for rule, recall in pairs if recall.of != ITEMS]

    def names(self, rule: Rule, recall: Recall, texts: Sequence[str]) -> BoolArray:
        """Which codes the list names that a rule confines itself to."""
        listed = self.lists.table(rule.needs[0])
        assert listed is not None  # noqa: S101 - a rule without its lists does not judge
        return np.array([names_code(listed, recall.listed, text) for text in texts], np.bool_)


class _Found(NamedTuple):
    """Claims of the store that concern the run, by partition.

    Attributes:
        hs: their numbers; `part`: their partitions, ascending; `made`: NGAYLAP.
        file, hoso: where they were read from.
        kinds: what they share with the run → which claims.
        gap: days between a claim and those of the same person in the run; `EVER` for none.
        listed: rule → claims that may have a line with a code of its list.
    """

    hs: IntArray
    part: list[tuple[str, int, int]]
    made: IntArray
    file: list[str]
    hoso: IntArray
    kinds: Mapping[str, BoolArray]
    gap: IntArray
    listed: Mapping[str, BoolArray]


def with_history(
    store: Path, claims: ClaimSet, question: Question
) -> tuple[ClaimSet, Recalled, StoreUse]:
    """The claims of a run, behind them those of a store that concern them.

    Args:
        store: the folder of the store.
        claims: what is kept of the run's claims; they give up their tables.
        question: what the rules look at.

    Raises:
        InputError: there is no store, or it is damaged.
        OutputError: it is being written to.
    """
    wanted: dict[str, int] = {}
    items = [rule for rule in question.rules if rule.recall and rule.recall.of == ITEMS]
    for _, recall in question.recalls:
        wanted[recall.of] = max(wanted.get(recall.of, 0), recall.days)
    with open_store(store) as own:
        own.db.execute(f"SET memory_limit = '{_MEMORY}'; SET threads = {_THREADS}")
        months = own.rows("SELECT DISTINCT cskcb, thang FROM ho_so WHERE thang > 0")
        held = own.number("SELECT count(*) FROM ho_so")
        about = concerned(own, claims, wanted)
        found = _found(own, claims, wanted)
        found = found._replace(listed=_listed(own, found, question))
        parts = [claims, *_read(own, found, question)]
        size, used = len(claims), sum(map(len, parts)) - len(claims)
        parts += summed(own, claims, items, question.chosen.columns)
    known = months_in(claims)
    for facility, month in months:
        known.setdefault(facility, set()).add(month_number(month))
    reach = Recalled(size, {facility: frozenset(own) for facility, own in known.items()})
    times = [month for _, month in months]
    use = StoreUse(store.resolve().name, min(times, default=0), max(times, default=0), held,
                   used, about.own, about.kinds)  # fmt: skip
    return joined(parts), reach, use


def _found(own: Catalogue, claims: ClaimSet, wanted: Mapping[str, int]) -> _Found:
    flags = "".join(f", h.hs IN (SELECT hs FROM {kind}) AS {kind}" for kind in wanted)  # noqa: S608
    some = " UNION ".join(["SELECT 0 AS hs", *(f"SELECT hs FROM {k}" for k in wanted)])  # noqa: S608
    rows = own.db.sql(
        f"SELECT h.*{flags} FROM ho_so h SEMI JOIN ({some}) g ON g.hs = h.hs "  # noqa: S608
        "ORDER BY cskcb, thang, nhom, hs"
    ).to_arrow_table()
    places = (rows[name].to_pylist() for name in ("cskcb", "thang", "nhom"))
    names: dict[str, str] = {}
    hs = rows["hs"].to_numpy().astype(np.int64)
    kinds = {
        kind: rows[kind].combine_chunks().to_numpy(zero_copy_only=False).astype(np.bool_)
        for kind in wanted
    }
    people = kinds.get("nguoi_benh", np.zeros(hs.size, np.bool_))
    gap = np.full(hs.size, EVER + 1, np.int64)
    gap[people] = _gaps(own, claims, hs[people])
    return _Found(
        hs,
        list(zip(*places, strict=True)),
        rows["lap"].to_numpy().astype(np.int64),
        [names.setdefault(name, name) for name in rows["tep"].to_pylist()],
        rows["thu_tu"].to_numpy().astype(np.int64),
        kinds,
        gap,
        {},
    )


def _listed(own: Catalogue, found: _Found, question: Question) -> dict[str, BoolArray]:
    """Rules that confine themselves to a list → claims of groups with a line that it names."""
    import pyarrow as pa

    out = {}
    for rule, recall in question.recalls:
        if recall.listed:
            table, field = PLACE_OF[recall.listed]
            sums = sums_of(table)
            codes = own.rows(f"SELECT DISTINCT {field} FROM {sums} WHERE {field} IS NOT NULL")  # noqa: S608
            texts = [code for (code,) in codes]
            named = [texts[i] for i in np.flatnonzero(question.names(rule, recall, texts))]
            own.db.register("ma_nay", pa.table({"ma": pa.array(named, pa.string())}))
            groups = set(own.rows(
                f"SELECT DISTINCT cskcb, thang, nhom FROM {sums} "  # noqa: S608
                f"WHERE {field} IN (SELECT ma FROM ma_nay)"
            ))  # fmt: skip
            out[rule.code] = np.array([part in groups for part in found.part], np.bool_)
    return out


def _gaps(own: Catalogue, claims: ClaimSet, hs: IntArray) -> IntArray:
    """Days between claims of the store and those of the same person in the run."""
    if not hs.size:
        return hs
    import pyarrow as pa

    own.db.register("hoi", pa.table({"hs": hs}))
    names = ", ".join(_TOLD)
    rows = own.db.sql(
        f"SELECT hs, {names} FROM {PERSONS} SEMI JOIN hoi USING (hs)"  # noqa: S608
    ).to_arrow_table()
    numbers = rows["hs"].to_numpy()
    one = np.arange(numbers.size)
    there = table_of(table_specs()[CLAIM_TABLE], rows.drop_columns("hs"), one, one.size)
    both = _stacked(claims[CLAIM_TABLE], there)
    person, came, left = persons_in(both), both["NGAY_VAO"], both["NGAY_RA"]
    size = len(claims)
    width = int(person.max(initial=-1)) + 1
    low, high = np.full(width, 2**60, np.int64), np.full(width, -(2**60), np.int64)
    own_rows = np.flatnonzero(person[:size] >= 0)
    own_rows = own_rows[came.valid[own_rows] & left.valid[own_rows]]
    np.minimum.at(low, person[own_rows], came.values[own_rows])
    np.maximum.at(high, person[own_rows], left.values[own_rows])
    who = person[size:]
    apart = np.maximum(low[who] - left.values[size:], came.values[size:] - high[who])
    known = (who >= 0) & came.valid[size:] & left.valid[size:] & (high[who] >= low[who])
    days = np.where(known, np.maximum(apart, 0) // DAY, EVER + 1)
    order = np.argsort(numbers)
    place = order[np.minimum(np.searchsorted(numbers[order], hs), numbers.size - 1)]
    return np.where(numbers[place] == hs, days[place], EVER + 1)


def _stacked(first: Table, second: Table) -> Table:
    """The columns that tell persons, of rows of XML1 one behind the other."""
    columns = {}
    for name in second.columns:
        a, b = first.columns.get(name), second[name]
        if a is None:
            missing = np.full(len(first), MISSING, np.int32)
            a = Column.build(b.spec, missing, [])
        known: dict[str, int] = {}
        codes = []
        for column in (a, b):
            lut = [known.setdefault(text, len(known)) for text in column.texts]
            codes.append(np.array([*lut, MISSING], np.int32)[column.codes])
        values = np.concatenate([a.values.astype(np.int64), b.values.astype(np.int64)])
        valid = np.concatenate([a.valid, b.valid])
        columns[name] = Column(b.spec, np.concatenate(codes), list(known), values, valid)
    size = len(first) + len(second)
    one = np.arange(size)
    return Table(first.spec, one, np.arange(size + 1), np.ones(size, np.int64), columns)


def _read(own: Catalogue, found: _Found, question: Question) -> Iterator[ClaimSet]:
    """The claims, some partitions at a time, with the columns and rows that rules look at."""
    start = 0
    size = found.hs.size
    edges = [i for i in range(1, size) if found.part[i] != found.part[i - 1]]
    for edge in [*edges, size]:
        if edge - start >= _BATCH or (edge == size and edge > start):
            yield _batch(own, found, range(start, edge), question)
            start = edge


def _batch(own: Catalogue, found: _Found, which: range, question: Question) -> ClaimSet:
    import pyarrow as pa

    some = found.hs[which.start : which.stop]
    own.db.register("hoi", pa.table({"hs": some}))
    at = which.start + np.argsort(some)
    numbers, near = found.hs[at], _near(found, at, question)
    tables = {ENVELOPE_TABLE: _envelopes(found.made[at])}
    for name, fields in _asked(question).items():
        if name != ENVELOPE_TABLE:
            claims = at if name == CLAIM_TABLE else at[near.get(name, slice(0))]
            parts = {found.part[i] for i in claims.tolist()}
            tables[name] = _table(own, name, (parts, sorted(fields)), numbers)
    seq = np.full(numbers.size, _OF_STORE, np.int64)
    files = [found.file[i] for i in at.tolist()]
    batch = ClaimSet.of(tables, files, found.hoso[at], seq, set())
    kept = _kept_rows(batch, found, at, question)
    return narrowed(batch, question.chosen.columns, kept)


def _asked(question: Question) -> dict[str, set[str]]:
    """The fields that are kept, and those that the conditions on rows read beside them."""
    fields = {table: set(kept) for table, kept in question.chosen.columns.items()}
    for rule, _ in question.recalls:
        for table, name in _fields_of(rule):
            fields.setdefault(table, set()).add(name)
    return fields


def _fields_of(rule: Rule) -> list[tuple[str, str]]:
    """The fields that a rule's conditions on rows read."""
    parts = (part for node in rule.rows.values() for part in node.walk())
    return [part.value for part in parts if part.op == "field"]


def _concerns(found: _Found, at: IntArray, rule: Rule, recall: Recall) -> BoolArray:
    """Which claims a rule looks at."""
    near = found.kinds[recall.of][at]
    if recall.of == "nguoi_benh":
        near = near & (found.gap[at] <= recall.days)
    return near & found.listed[rule.code][at] if recall.listed else near


def _near(found: _Found, at: IntArray, question: Question) -> dict[str, BoolArray]:
    """Table → which claims' rows some rule looks at, or needs for its conditions."""
    out: dict[str, BoolArray] = {}
    for rule, recall in question.recalls:
        mask = _concerns(found, at, rule, recall)
        for name in {*rule.reads, *(table for table, _ in _fields_of(rule))}:
            out[name] = out[name] | mask if name in out else mask
    return out


def _kept_rows(
    claims: ClaimSet, found: _Found, at: IntArray, question: Question
) -> dict[str, IntArray]:
    """The rows of each table that some rule looks at in these claims."""
    evaluator = Evaluator(claims, question.parameters)
    masks = {name: np.zeros(len(claims[name]), np.bool_) for name in question.chosen.columns}
    answers: dict[Node, BoolArray] = {}
    for rule, recall in question.recalls:
        near = _concerns(found, at, rule, recall)
        if not near.any():
            continue
        for name in rule.reads & masks.keys():
            mask = near[claims[name].parent]
            node = rule.rows.get(name)
            if node is not None:
                if node not in answers:
                    answers[node] = evaluator.truth(node).yes
                mask = mask & answers[node]
            masks[name] |= mask & _named(claims[name], rule, recall, question)
    whole = (CLAIM_TABLE, ENVELOPE_TABLE)
    return {name: np.flatnonzero(mask) for name, mask in masks.items() if name not in whole}


def _named(table: Table, rule: Rule, recall: Recall, question: Question) -> BoolArray:
    """The rows that the list names which a rule confines itself to; all where there is none."""
    place, field = PLACE_OF.get(recall.listed, ("", ""))
    if place != table.name:
        return np.ones(len(table), np.bool_)
    column = table[field]
    return np.append(question.names(rule, recall, column.texts), np.False_)[column.codes]


def _table(
    own: Catalogue,
    name: str,
    source: tuple[set[tuple[str, int, int]], list[str]],
    numbers: IntArray,
) -> Table:
    """Rows of one table of the claims `numbers`, which are rising; `source`: groups and fields."""
    import pyarrow as pa

    parts, fields = source
    spec, columns = table_specs()[name], [CLAIM, NUMBER, *fields]
    rows = schema_of(name).empty_table().select(columns)
    if parts:
        names: Any = zip(*sorted(parts), strict=True)
        own.db.register("phan_hoi", pa.table(dict(zip(("c", "t", "n"), names, strict=True))))
        files = rows_of(own, name, "(cskcb, thang, nhom) IN (SELECT c, t, n FROM phan_hoi)")
        rows = own.db.sql(
            f"SELECT {', '.join(columns)} FROM ({files}) "  # noqa: S608
            f"SEMI JOIN hoi ON hs = {CLAIM} ORDER BY {CLAIM}, {NUMBER}"
        ).to_arrow_table()
    parent = np.searchsorted(numbers, rows[CLAIM].to_numpy()).astype(np.int64)
    return table_of(spec, rows, parent, numbers.size)


def _envelopes(made: IntArray) -> Table:
    """The envelope of each claim, of which the store knows when it was made."""
    spec = table_specs()[ENVELOPE_TABLE]
    one = np.arange(made.size)
    nothing = np.full(made.size, MISSING, np.int32)
    columns = {f.name: Column.build(f, nothing, []) for f in spec.fields}
    columns["NGAYLAP"] = typed(spec.by_name["NGAYLAP"], made, made > 0)
    return Table(spec, one, np.arange(made.size + 1), np.ones_like(one), columns)
