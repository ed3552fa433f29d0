"""Lines of earlier months added up by item: what was used of it, without a row for every line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.store.columns import table_of
from giamdinh.store.layout import CLAIM, FACILITY, schema_of
from giamdinh.tables.claimset import MISSING, ClaimSet, Column, Table
from giamdinh.tables.specs import CLAIM_TABLE, table_specs
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from giamdinh.model import IntArray
    from giamdinh.rules.cards import Rule
    from giamdinh.store.catalogue import Catalogue

ITEMS = "mat_hang"
_ORDERED = "NGAY_YL"
_MONEY = "T_BHTT"
_MONTH = 31 * DAY


def summed(
    own: Catalogue,
    claims: ClaimSet,
    rules: Sequence[Rule],
    columns: Mapping[str, frozenset[str]],
) -> list[ClaimSet]:
    """Claims that stand for many: a line for each item, and month or, near the run, day.

    Texts that the rules read keep lines apart, quantities and money are added up. There is such a
    claim for each facility and each of the texts of XML1 that the rules read.

    Args:
        own: the open store; the table `con` holds the claims to add up.
        claims: what is kept of the run.
        rules: those that ask for items.
        columns: what is kept of each table.
    """
    found = []
    for table in sorted({name for rule in rules for name in rule.fields}):
        days = max(r.recall.days for r in rules if table in r.fields and r.recall is not None)
        read = [rule.source["reads"] for rule in rules if table in rule.fields]
        about = sorted({f for one in read for f in one.get(CLAIM_TABLE, ())} - {"MA_LK"})
        fields = sorted({f for one in read for f in one[table]})
        rows = _rows(own, claims, (table, fields, about), days)
        if rows is not None and rows.num_rows:
            found.append(_claims(rows, table, about, columns))
    return found


def _rows(
    own: Catalogue, claims: ClaimSet, what: tuple[str, list[str], list[str]], days: int
) -> pa.Table | None:
    table, fields, about = what
    lines = claims[table]
    when = lines[_ORDERED]
    dated = when.values[when.valid]
    if not dated.size:
        return None
    import pyarrow as pa

    places = sorted(set(claims[CLAIM_TABLE]["MA_CSKCB"].texts))
    own.db.register("noi", pa.table({"noi": pa.array(places, pa.string())}))
    near = int(np.quantile(dated, 0.01)) - _MONTH
    spans = pa.array([near * 60, (int(dated.min()) - days * DAY) * 60], pa.timestamp("s"))
    own.db.register("moc", pa.table({"gan": spans[:1], "xa": spans[1:]}))
    texts, numbers = _apart(table, fields)
    schema = schema_of(table)
    sums = "".join(f", CAST(sum(x.{n}) AS {_decimal(schema, n)}) AS {n}" for n in numbers)
    shown = "".join(f", x.{name}" for name in texts) + "".join(f", c.{name}" for name in about)
    ordered = f"x.{_ORDERED}"
    return own.db.sql(
        f"SELECT x.{FACILITY}{shown}, CASE WHEN {ordered} < gan "  # noqa: S608
        f"THEN date_trunc('month', {ordered}) ELSE date_trunc('day', {ordered}) END AS {_ORDERED}"
        f"{sums} FROM {table} x SEMI JOIN con ON con.hs = x.{CLAIM} "
        f"SEMI JOIN noi ON noi.noi = x.{FACILITY} "
        f"JOIN {CLAIM_TABLE} c ON c.{CLAIM} = x.{CLAIM}, moc "
        f"WHERE x.{_MONEY} > 0 AND {ordered} >= xa GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()


def _apart(table: str, fields: Sequence[str]) -> tuple[list[str], list[str]]:
    """The fields that keep lines apart, and those that are added up."""
    spec = table_specs()[table].by_name
    numbers = [name for name in fields if spec[name].numeric]
    texts = [name for name in fields if not spec[name].numeric and not spec[name].temporal]
    return texts, numbers


def _decimal(schema: pa.Schema, name: str) -> str:
    kind = schema.field(name).type
    return f"DECIMAL({kind.precision}, {kind.scale})"


def _claims(
    rows: pa.Table, table: str, about: Sequence[str], columns: Mapping[str, frozenset[str]]
) -> ClaimSet:
    parent, size = _alike(rows.select([FACILITY, *about]))
    order = np.argsort(parent, kind="stable")
    first = np.zeros(size, np.int64)
    first[parent[::-1]] = np.arange(parent.size)[::-1]
    heads = rows.select([FACILITY, *(n for n in about if n != "MA_CSKCB")]).take(first)
    heads = heads.rename_columns(["MA_CSKCB", *heads.column_names[1:]])
    one = np.arange(size)
    tables = {name: _empty(name, size) for name in columns}
    tables[CLAIM_TABLE] = table_of(table_specs()[CLAIM_TABLE], heads, one, size)
    lines = rows.drop_columns([FACILITY, *about]).take(order)
    tables[table] = table_of(table_specs()[table], lines, parent[order], size)
    for name, wanted in columns.items():
        _fill(tables[name], wanted)
    nobody = np.zeros(size, np.int64)
    return ClaimSet(tables, ["" for _ in one], nobody, nobody - 1, nobody, nobody)


def _alike(keys: pa.Table) -> tuple[IntArray, int]:
    """A number for each row, the same for equal rows, and how many there are."""
    found = np.zeros(keys.num_rows, np.int64)
    for column in keys.columns:
        codes = column.combine_chunks().dictionary_encode(null_encoding="encode").indices
        found = found * (len(codes) + 1) + codes.to_numpy()
        found = numbered(found)[1]
    return found, int(found.max(initial=-1)) + 1


def _empty(name: str, claims: int) -> Table:
    """A table without rows, or with one for each claim where every claim has one."""
    spec = table_specs()[name]
    rows = np.arange(0 if spec.many or name.removeprefix("XML").isdigit() else claims)
    offsets = np.arange(claims + 1) if rows.size else np.zeros(claims + 1, np.int64)
    return Table(spec, rows, offsets, np.ones_like(rows), {})


def _fill(table: Table, wanted: frozenset[str]) -> None:
    """Adds the columns that are kept of other claims; nothing is written in them."""
    nothing: IntArray = np.full(len(table), MISSING, np.int64)
    for name in wanted - table.columns.keys():
        codes = nothing.astype(np.int32)
        table.columns[name] = Column.build(table.spec.by_name[name], codes, [])
    for name in table.columns.keys() - wanted:
        del table.columns[name]
