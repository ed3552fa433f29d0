"""A hundred row rules for several engines: the same conditions, read from the same trees.

Columns lie ready in each engine's own form and claim fields are joined to the rows beforehand. All
run on one thread and give the rows that are hit, except DuckDB, which only counts them.
"""

from __future__ import annotations

from functools import partial, reduce
from operator import add, and_, eq, gt, lt, mul, sub
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.bench import rows as workload
from giamdinh.bench.rows import LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.model import IntArray
    from giamdinh.rules.nodes import Node
    from giamdinh.tables.claimset import ClaimSet, Column

    Count = Callable[[], dict[str, int]]
    Work = Callable[[], Count]

_TIMES = 3
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": add,
    "sub": sub,
    "mul": mul,
    "gt": gt,
    "lt": lt,
    "eq": eq,
    "and": lambda *parts: reduce(and_, parts),
    "minutes": lambda first, last: last - first,
    "abs": lambda number: number.abs(),
}
_PANDAS = _OPERATIONS | {
    "missing": lambda column: column.isna(),
    "present": lambda column: column.notna(),
    "in": lambda column, *codes: column.isin(codes),
}
_POLARS = _OPERATIONS | {
    "missing": lambda column: column.is_null(),
    "present": lambda column: column.is_not_null(),
    "in": lambda column, *codes: column.is_in(codes),
}
_SQL: dict[str, Callable[..., Any]] = {
    "add": "({} + {})".format,
    "sub": "({} - {})".format,
    "mul": "({} * {})".format,
    "gt": "{} > {}".format,
    "lt": "{} < {}".format,
    "eq": "{} = {}".format,
    "and": lambda *parts: " AND ".join(parts),
    "minutes": "({1} - {0})".format,
    "abs": "abs({})".format,
    "missing": "{} IS NULL".format,
    "present": "{} IS NOT NULL".format,
    "in": lambda column, *codes: f"{column} IN {codes}",
}


def pandas(rows: int) -> Work:
    """Series expressions; numbers are float64 with NaN, as pandas reads them."""
    import pandas as pd

    claims = workload.claim_set(rows)
    columns = {name: _floats(name, claims) for name in _names()}
    series = pd.DataFrame(columns).__getitem__

    def once() -> list[Any]:
        found = (_built(node, claims, series, _PANDAS) for node in _conditions())
        return [np.flatnonzero(mask.to_numpy()) for mask in found]

    return _repeated(once, lambda found: sum(map(len, found)))


def polars(rows: int) -> Work:
    """One lazy query for all conditions; missing numbers are null."""
    import polars as pl

    claims = workload.claim_set(rows)
    frame = pl.DataFrame({name: _arrow(name, claims) for name in _names()})
    masks = [_built(node, claims, pl.col, _POLARS) for node in _conditions()]
    query = [mask.arg_true().implode().alias(str(i)) for i, mask in enumerate(masks)]

    def once() -> tuple[Any, ...]:
        found: tuple[Any, ...] = frame.lazy().select(query).collect().row(0)
        return found

    return _repeated(once, lambda found: sum(map(len, found)))


def duckdb(rows: int) -> Work:
    """One SQL query that counts the hits of all conditions; missing numbers are NULL."""
    import duckdb as db
    import pyarrow as pa

    claims = workload.claim_set(rows)
    given = pa.table({name: _arrow(name, claims) for name in _names()})
    connection = db.connect()
    connection.execute("SET threads = 1")
    connection.register("given", given)
    connection.execute("CREATE TABLE lines AS SELECT * FROM given")
    tests = [_built(node, claims, '"{}"'.format, _SQL) for node in _conditions()]
    counts = ", ".join(f"count(*) FILTER ({test})" for test in tests)
    query = f"SELECT {counts} FROM lines"  # noqa: S608 - our own conditions

    def once() -> Any:  # noqa: ANN401 - a row of counts
        return connection.execute(query).fetchone()

    return _repeated(once, sum)


def ours(rows: int, way: str) -> Work:
    """The package's own ways, on the columns of a batch: row programs, or numpy."""
    run = {"programs": workload.by_programs, "numpy": workload.by_numpy}[way]
    return _repeated(run(workload.claim_set(rows)), lambda found: sum(map(len, found)))


def ideal(rows: int) -> Work:
    """The hand-written loops, compiled beforehand; only marks rows, in bits."""
    loops = workload.Ideal(workload.claim_set(rows))
    return _repeated(loops.run, lambda _: sum(map(len, loops.hits())))


COMPETITORS: dict[str, Callable[..., Work]] = {
    "ideal": ideal,
    "programs": partial(ours, way="programs"),
    "numpy": partial(ours, way="numpy"),
    "polars": polars,
    "pandas": pandas,
    "duckdb": duckdb,
}


def _repeated(once: Callable[[], Any], hits: Callable[[Any], int]) -> Work:
    """The work several times, after one that compiles and warms; hits are counted afterwards."""
    once()

    def work() -> Count:
        found = None
        for _ in range(_TIMES):
            found = once()
        return lambda: {"times": _TIMES, "hits": hits(found)}

    return work


def _conditions() -> list[Node]:
    whens = (rule.clauses[0].when for rule in workload.rule_set().rules)
    return [when for when in whens if when is not None]


def _names() -> list[str]:
    """Every column that any condition reads, `XML1.` in front of those of the claim."""
    found: dict[str, None] = {}
    for node in _conditions():
        for part in node.walk():
            if part.op == "field":
                table, name = part.value
                found[name if table == LINES else f"{table}.{name}"] = None
    return list(found)


def _column(name: str, claims: ClaimSet) -> tuple[Column, IntArray | slice]:
    """A column, and the rows to take of it for the lines."""
    table, _, field = name.rpartition(".")
    if table:
        return claims[table][field], claims[LINES].parent
    return claims[LINES][field], slice(None)


def _floats(name: str, claims: ClaimSet) -> Any:  # noqa: ANN401 - codes or floats
    column, at = _column(name, claims)
    if not column.values.size:
        return column.codes[at]
    return np.where(column.valid, column.values, np.nan)[at]


def _arrow(name: str, claims: ClaimSet) -> Any:  # noqa: ANN401 - an Arrow array
    import pyarrow as pa

    column, at = _column(name, claims)
    if not column.values.size:
        return pa.array(column.codes[at])
    return pa.array(column.values[at], mask=~column.valid[at])


def _codes(words: Sequence[str], node: Node, claims: ClaimSet) -> list[int]:
    """The dictionary codes of words in the column of a field."""
    texts = claims[LINES][node.value[1]].texts
    return [texts.index(word) for word in words]


def _built(
    node: Node, claims: ClaimSet, column: Callable[[str], Any], does: dict[str, Callable[..., Any]]
) -> Any:  # noqa: ANN401 - a Series, an Expr or SQL
    """A condition or number in the language of an engine: its columns and its operations."""
    match node.op:
        case "field":
            table, name = node.value
            return column(name if table == LINES else f"{table}.{name}")
        case "number":
            return node.value
        case "text_eq":
            field, word = node.args
            codes = _codes([word.value], field, claims)
            return does["eq"](_built(field, claims, column, does), *codes)
    parts = [_built(arg, claims, column, does) for arg in node.args]
    if node.op == "in":
        return does["in"](parts[0], *_codes(sorted(node.value[1]), node.args[0], claims))
    if node.op == "rescale":
        return does["mul"](parts[0], node.value)
    return parts[0] if node.op in ("lift", "as") else does[node.op](*parts)
