"""Lines of earlier months added up by item: what was used of it, without a row for every line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.arrays import first_of_each, numbered
from giamdinh.store.columns import table_of
from giamdinh.store.derived import (
    ABOUT,
    GROUP,
    ITEM_FIELDS,
    MONEY,
    ORDERED,
    apart,
    in_groups,
    summed_columns,
    sums_of,
)
from giamdinh.store.files import rows_of
from giamdinh.store.layout import FACILITY, schema_of
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
_MONTH = 31 * DAY
_LINES = """
SELECT x.KHO_CSKCB AS cskcb, CASE WHEN x.{ordered} < gan THEN date_trunc('month', x.{ordered})
    ELSE date_trunc('day', x.{ordered}) END AS luc{columns}
FROM ({rows}) x SEMI JOIN con ON hs = x.KHO_HS JOIN ({claims}) c ON c.KHO_HS = x.KHO_HS, moc
WHERE x.{money} > 0 AND x.{ordered} >= {since} GROUP BY ALL
"""
_KEPT = """
SELECT cskcb, luc{columns} FROM {sums} x SEMI JOIN noi USING (cskcb), moc
WHERE luc >= xa AND luc < gan AND NOT {single} GROUP BY ALL
"""
_NEAR = "{sums} SEMI JOIN noi USING (cskcb), moc WHERE luc >= gan AND NOT {single}"


class Asked(NamedTuple):
    """What of a table's lines is added up, and which fields of XML1 keep sums apart."""

    table: str
    fields: frozenset[str]
    about: list[str]


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
        own: the open store; the table `trung` holds claims that do not count, `con` the others.
        claims: what is kept of the run.
        rules: those that ask for items.
        columns: what is kept of each table.
    """
    found = []
    for table in sorted({name for rule in rules for name in rule.fields}):
        days = max(r.recall.days for r in rules if table in r.fields and r.recall is not None)
        read = [rule.source["reads"] for rule in rules if table in rule.fields]
        about = {f for one in read for f in one.get(CLAIM_TABLE, ())} - {"MA_LK", "MA_CSKCB"}
        fields = frozenset(f for one in read for f in one[table]) - {ORDERED}
        what = Asked(table, fields, sorted(about))
        rows = _rows(own, claims, what, days)
        if rows is not None and rows.num_rows:
            found.append(_claims(rows, what, columns))
    return found


def _rows(own: Catalogue, claims: ClaimSet, what: Asked, days: int) -> pa.Table | None:
    """The sums that the store keeps, and lines where these do not say enough."""
    if not _set_bounds(own, claims, what.table, days):
        return None
    kept = what.fields <= ITEM_FIELDS.get(what.table, frozenset()) and {*what.about} <= {ABOUT}
    single = "ho_so SEMI JOIN trung USING (hs)" if kept else "phan"
    _choose(own, "le", f"{single} SEMI JOIN noi USING (cskcb)")
    parts = [_lines(own, what, "le", "xa")]
    if kept:
        sums = sums_of(what.table)
        _choose(own, "moi_day", _NEAR.format(sums=sums, single=in_groups("le")))
        parts.append(_lines(own, what, "moi_day", "gan"))
        about = "".join(f", {name}" for name in what.about)
        columns = summed_columns(what.table, what.fields)
        parts.append(_KEPT.format(columns=about + columns, sums=sums, single=in_groups("le")))
    texts, numbers = apart(what.table, what.fields)
    schema = schema_of(what.table)
    added = "".join(f", TRY_CAST(sum({n}) AS {_decimal(schema, n)}) AS {n}" for n in numbers)
    shown = "".join(f", {name}" for name in (*texts, *what.about))
    return own.db.sql(
        f"SELECT cskcb AS {FACILITY}{shown}, luc AS {ORDERED}{added} "  # noqa: S608
        f"FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY ALL ORDER BY ALL"
    ).to_arrow_table()


def _set_bounds(own: Catalogue, claims: ClaimSet, table: str, days: int) -> bool:
    """The facilities of the run, and the months from which lines count: at all, and day by day."""
    when = claims[table][ORDERED]
    dated = when.values[when.valid]
    if not dated.size:
        return False
    import pyarrow as pa

    places = sorted(set(claims[CLAIM_TABLE]["MA_CSKCB"].texts))
    own.db.register("noi", pa.table({"cskcb": pa.array(places, pa.string())}))
    minutes = [int(np.quantile(dated, 0.01)) - _MONTH, int(dated.min()) - days * DAY]
    months = (np.array(minutes) * 60).astype("datetime64[s]").astype("datetime64[M]")
    near, far = months.astype("datetime64[s]")
    own.db.register("moc", pa.table({"gan": [near], "xa": [far]}))
    return True


def _choose(own: Catalogue, name: str, source: str) -> None:
    own.db.execute(
        f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT DISTINCT {GROUP} FROM {source}"  # noqa: S608
    )


def _lines(own: Catalogue, what: Asked, groups: str, since: str) -> str:
    """A question for sums of the lines of some groups, by month and, near the run, by day."""
    chosen = in_groups(groups)
    about = "".join(f", c.{name}" for name in what.about)
    return _LINES.format(
        columns=about + summed_columns(what.table, what.fields),
        rows=rows_of(own, what.table, chosen),
        claims=rows_of(own, CLAIM_TABLE, chosen),
        since=since,
        ordered=ORDERED,
        money=MONEY,
    )


def _decimal(schema: pa.Schema, name: str) -> str:
    kind = schema.field(name).type
    return f"DECIMAL({kind.precision}, {kind.scale})"


def _claims(rows: pa.Table, what: Asked, columns: Mapping[str, frozenset[str]]) -> ClaimSet:
    table, about = what.table, what.about
    parent, size = _alike(rows.select([FACILITY, *about]))
    order = np.argsort(parent, kind="stable")
    first = first_of_each(parent, np.arange(parent.size), size)
    heads = rows.select([FACILITY, *about]).take(first).rename_columns(["MA_CSKCB", *about])
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
