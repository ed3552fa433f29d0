"""Hypothesis strategies: typed expressions of the card language and small claims that collide."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.oracle.slow import Claim

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    Texts = SearchStrategy[str]

LINES = ("XML2", "XML3")
NUMBERS = {
    "XML1": ("T_BHTT", "T_TONGCHI_BH", "SO_NGAY_DTRI"),
    "XML2": ("SO_LUONG", "DON_GIA", "THANH_TIEN_BV", "TYLE_TT_BH", "T_BHTT"),
    "XML3": ("SO_LUONG", "DON_GIA_BV", "THANH_TIEN_BV", "TYLE_TT_DV", "T_BHTT"),
}
TIMES = {
    "XML1": ("NGAY_VAO", "NGAY_RA", "NGAY_SINH"),
    "XML2": ("NGAY_YL",),
    "XML3": ("NGAY_YL", "NGAY_KQ"),
}
TEXTS = {
    "XML1": ("MA_LOAI_KCB", "MA_DOITUONG_KCB", "MA_KHOA", "MA_THE_BHYT"),
    "XML2": ("MA_NHOM", "MA_BAC_SI", "MA_DICH_VU"),
    "XML3": ("MA_NHOM", "MA_BAC_SI", "MA_DICH_VU"),
}
_WORDS = st.sampled_from(["1", "13", "15", "4", "A", "A;B", "B; C;", ";A", "x Y", "GD4", "03"])


@cache
def expressions(kind: str, table: str, depth: int) -> Texts:
    """Expression texts of one kind for the rows of `table`."""
    if depth <= 0:
        return _LEAVES[kind](table)
    inner = [build(table, depth - 1) for build in _TEMPLATES[kind]]
    return st.one_of(_LEAVES[kind](table), *inner)


def _fields(names: dict[str, tuple[str, ...]], table: str) -> Texts:
    own = list(names[table])
    if table != "XML1":
        own += [f"XML1.{name}" for name in names["XML1"]]
    return st.sampled_from(own)


def _number(table: str) -> Texts:
    literals = st.sampled_from(["0", "1", "2.5", "100", "0.005", "15", "-3", "LUONG_CO_SO"])
    return st.one_of(_fields(NUMBERS, table), literals)


def _time(table: str) -> Texts:
    return st.one_of(_fields(TIMES, table), st.just("HOSO.NGAYLAP"))


def _text(table: str) -> Texts:
    return st.one_of(_fields(TEXTS, table), _WORDS.map('"{}"'.format))


def _bool(table: str) -> Texts:
    written = _fields(NUMBERS, table).map("written({})".format)
    return st.one_of(written, _text(table).map("missing({})".format))


_LEAVES: dict[str, Callable[[str], Texts]] = {
    "number": _number,
    "time": _time,
    "text": _text,
    "bool": _bool,
}


def _filled(pattern: str, *parts: tuple[str, str, int]) -> Texts:
    """`pattern` with each `{}` filled by an expression of (kind, table, depth)."""
    strategies = [st.deferred(lambda part=part: expressions(*part)) for part in parts]
    return st.tuples(*strategies).map(lambda texts: pattern.format(*(f"({t})" for t in texts)))


def _template(pattern: str, *kinds: str) -> Callable[[str, int], Texts]:
    """An expression on the rows of its own table."""
    return lambda table, depth: _filled(pattern, *((kind, table, depth) for kind in kinds))


def _child(pattern: str, *kinds: str) -> Callable[[str, int], Texts]:
    """An aggregate: `@` is a line table and the expressions are about its rows."""

    def build(_table: str, depth: int) -> Texts:
        return st.one_of(
            *(
                _filled(
                    pattern.replace("@", line), *((kind, line, min(depth, 1)) for kind in kinds)
                )
                for line in LINES
            )
        )

    return build


def _among(pattern: str, kind: str) -> Callable[[str, int], Texts]:
    """A value of this row looked for in a line table of the claim."""

    def build(table: str, depth: int) -> Texts:
        return st.one_of(
            *(
                _filled(
                    pattern.replace("@", line),
                    (kind, table, min(depth, 1)),
                    (kind, line, 0),
                    ("bool", line, 0),
                )
                for line in LINES
            )
        )

    return build


_TEMPLATES: dict[str, list[Callable[[str, int], Texts]]] = {
    "number": [
        _template("{} + {}", "number", "number"),
        _template("{} - {}", "number", "number"),
        _template("{} * {}", "number", "number"),
        _template("{} / 100", "number"),
        _template("-{}", "number"),
        _template("abs({})", "number"),
        _template("round({}, 2)", "number"),
        _template("round({}, 0)", "number"),
        _template("floor({}, 1)", "number"),
        _template("ratio({}, {}, {})", "number", "number", "number"),
        _template("least({}, {})", "number", "number"),
        _template("greatest({}, {}, {})", "number", "number", "number"),
        _template("coalesce({}, {})", "number", "number"),
        _template("{} if {} else {}", "number", "bool", "number"),
        _template("len({})", "text"),
        _template("count_parts(parts({}))", "text"),
        _template("year({})", "time"),
        _template("month({})", "time"),
        _template("days({}, {})", "time", "time"),
        _template("minutes({}, {})", "time", "time"),
        _template("months({}, {})", "time", "time"),
        _template("years({}, {})", "time", "time"),
        _template("workdays({}, {})", "time", "time"),
        _template('lookup("muc_huong_the", slice({}, 2, 3), "benefit_percent")', "text"),
        _child("sum(@, {})", "number"),
        _child("sum(@, {}, {})", "number", "bool"),
        _child("count(@, {})", "bool"),
        _child("count(@)"),
        _child("lowest(@, {})", "number"),
        _child("highest(@, {}, {})", "number", "bool"),
        _child("distinct(@, {})", "text"),
        _child("distinct(@, {}, {})", "number", "bool"),
    ],
    "time": [
        _template("date({})", "time"),
        _template("next_month({})", "time"),
        _template("{} + 90", "time"),
        _template("{} - 90", "time"),
        _template("add_days({}, 3)", "time"),
        _template("add_workdays({}, 7)", "time"),
        _template("add_workdays({}, 0)", "time"),
        _template("least({}, {})", "time", "time"),
        _template("coalesce({}, {})", "time", "time"),
        _template("{} if {} else {}", "time", "bool", "time"),
        _child("highest(@, {})", "time"),
        _child("lowest(@, {}, {})", "time", "bool"),
    ],
    "text": [
        _template("slice({}, 0, 2)", "text"),
        _template('before({}, ";")', "text"),
        _template('after({}, ";")', "text"),
        _template("fold({})", "text"),
        _template("first(parts({}))", "text"),
        _template("nth(parts({}), 1)", "text"),
        _template('attr("muc_huong_the", {}, "ratio_limits")', "text"),
        _template("coalesce({}, {})", "text", "text"),
        _template("{} if {} else {}", "text", "bool", "text"),
    ],
    "bool": [
        _template("{} and {}", "bool", "bool"),
        _template("{} or {}", "bool", "bool"),
        _template("not {}", "bool"),
        *[_template("{} " + op + " {}", "number", "number") for op in ("<", "<=", ">", ">=")],
        _template("{} == {}", "number", "number"),
        _template("{} != {}", "number", "number"),
        _template("{} < {} <= {}", "time", "time", "time"),
        _template("{} == {}", "text", "text"),
        _template("{} != {}", "text", "text"),
        _template("{} if {} else {}", "bool", "bool", "bool"),
        _template("missing({})", "number"),
        _template("present({})", "time"),
        _template('{} in {{"13", "A"}}', "text"),
        _template('{} not in {{"13", "A"}}', "text"),
        _template("{} in {{100, 15}}", "number"),
        _template("{} in NHOM_GIUONG", "text"),
        _template('{} in list("ma_loai_kcb")', "text"),
        _template("{} in parts({})", "text", "text"),
        _template('matches({}, "[A-Z0-9]+")', "text"),
        _template('starts({}, "A")', "text"),
        _template('ends({}, "A")', "text"),
        _template('contains({}, ";")', "text"),
        _template('every(parts({}), "[A-C]")', "text"),
        _template('some(parts({}), "[A-C]")', "text"),
        _template('all_in(parts({}), {{"A", "B"}})', "text"),
        _template("any_in(parts({}), NHOM_GIUONG)", "text"),
        _template('any_in(parts({}), list("ma_nhom"))', "text"),
        _template("repeated({}, {})", "text", "number"),
        _template("repeated({})", "time"),
        _child("any(@, {})", "bool"),
        _among("among({}, @, {}, {})", "text"),
        _among("among({}, @, {}, {})", "number"),
        _among("among({}, @, {}, {})", "time"),
    ],
}
KINDS = tuple(_TEMPLATES)


def one_of_each(kind: str, table: str) -> list[Texts]:
    """A strategy per template, so that a test can require every operation."""
    return [build(table, 0) for build in _TEMPLATES[kind]]


_NUMBER_TEXTS = st.sampled_from(
    ["", "0", "1", "2.5", "100", "-3", "0.333", "99999999.999", "1,5", "abc", " 7 ",
     "12345678901234"]
)  # fmt: skip
_TIME_TEXTS = st.sampled_from(
    ["", "202503100800", "202503100801", "202412312359", "202607010000", "20250310",
     "202502300800", "196500000000"]
)  # fmt: skip
_TEXT_TEXTS = st.one_of(st.just(""), _WORDS)
_DAY_TEXTS = st.sampled_from(["", "20250312", "20260101", "2025"])


def _row(table: str) -> SearchStrategy[dict[str, str]]:
    cells: dict[str, Texts] = dict.fromkeys(NUMBERS[table], _NUMBER_TEXTS)
    cells |= dict.fromkeys(TIMES[table], _TIME_TEXTS) | dict.fromkeys(TEXTS[table], _TEXT_TEXTS)
    return st.fixed_dictionaries(cells)


def claims() -> SearchStrategy[list[Claim]]:
    """A few claims of few lines, with values that often coincide."""
    claim = st.fixed_dictionaries(
        {
            "HOSO": st.fixed_dictionaries({"NGAYLAP": _DAY_TEXTS}).map(lambda row: [row]),
            "XML1": _row("XML1").map(lambda row: [row]),
            "XML2": st.lists(_row("XML2"), max_size=3),
            "XML3": st.lists(_row("XML3"), max_size=4),
        }
    )
    return st.lists(claim.map(Claim), min_size=1, max_size=4)
