"""Which claims of a store have something to do with the claims of a run.

The answers are temporary tables of the connection, each with the column `hs`, named after what the
claims share with the run; `trung` are the claims that the run has itself, `con` the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from giamdinh.catalogues.people import practitioners
from giamdinh.checks.nguoi_benh import filler, insurance_number, is_identity
from giamdinh.rules.texts import fold
from giamdinh.store.derived import CARD_DIGITS, PAPER_TABLES, PAPERS, PERSONS, WORKED, in_groups
from giamdinh.store.files import rows_of
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE
from giamdinh.tables.values import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from giamdinh.model import IntArray
    from giamdinh.store.catalogue import Catalogue
    from giamdinh.tables.claimset import ClaimSet, Column

_STEPS = 4
"""From the numbers of a person to claims, to other numbers of these, to claims with those…"""
_TIMES = ("NGAY_TH_YL", "NGAY_YL", "NGAY_KQ")


class Concerned(NamedTuple):
    """Claims of the store that are in the run too, and those that concern it, by kind."""

    own: int
    kinds: Mapping[str, int]


def concerned(own: Catalogue, claims: ClaimSet, wanted: Mapping[str, int]) -> Concerned:
    """Finds the claims that concern the run.

    Args:
        own: the open store.
        claims: the run.
        wanted: what claims may share with the run → how many days apart they may be at most.
    """
    xml1 = claims[CLAIM_TABLE]
    rows = range(len(claims))
    keys = {name: [xml1[name].text(i) for i in rows] for name in ("MA_CSKCB", "MA_LK")}
    _register(own, "lan_nay", {"cskcb": keys["MA_CSKCB"], "ma_lk": keys["MA_LK"]})
    own.db.execute(
        "CREATE TEMP TABLE trung AS SELECT hs FROM ho_so h SEMI JOIN lan_nay l "
        "ON l.cskcb = h.cskcb AND l.ma_lk = h.ma_lk WHERE h.ma_lk <> ''"
    )
    own.db.execute(
        "CREATE TEMP TABLE con AS SELECT hs FROM ho_so ANTI JOIN trung USING (hs) WHERE ma_lk <> ''"
    )
    own.db.unregister("lan_nay")
    finders: dict[str, Callable[[Catalogue, ClaimSet, int], None]] = {
        "nguoi_benh": _of_persons,
        "co_so": _of_facilities,
        "nguoi_thuc_hien": _of_performers,
        "so_giay": _of_papers,
    }
    found = {}
    for kind, days in wanted.items():
        own.db.execute(f"CREATE TEMP TABLE {kind} (hs BIGINT)")
        finders[kind](own, claims, days)
        found[kind] = own.number(f"SELECT count(*) FROM {kind}")  # noqa: S608 - one of ours
    return Concerned(own.number("SELECT count(*) FROM trung"), found)


def _register(own: Catalogue, name: str, columns: Mapping[str, object]) -> None:
    import pyarrow as pa

    own.db.register(name, pa.table(columns))


def _of_persons(own: Catalogue, claims: ClaimSet, _: int) -> None:
    """Claims that share a card or identity number with the run, or with such a claim in turn."""
    xml1 = claims[CLAIM_TABLE]
    cards = set(map(insurance_number, xml1["MA_THE_BHYT"].texts)) - {""}
    papers = set(filter(is_identity, xml1["SO_CCCD"].texts))
    asked: tuple[set[str], set[str]] = (set(), set())
    for _step in range(_STEPS):
        new = (cards - asked[0], papers - asked[1])
        if not any(new):
            break
        asked = (asked[0] | new[0], asked[1] | new[1])
        _register(own, "the_moi", {"the": np.array([int(card) for card in new[0]], np.int64)})
        _register(own, "so_moi", {"so": _texts(new[1])})
        own.db.execute(
            f"CREATE OR REPLACE TEMP TABLE moi AS SELECT hs, the, SO_CCCD FROM {PERSONS} "  # noqa: S608
            "SEMI JOIN con USING (hs) "
            "WHERE (the IN (SELECT the FROM the_moi) OR SO_CCCD IN (SELECT so FROM so_moi)) "
            "AND hs NOT IN (SELECT hs FROM nguoi_benh)"
        )
        own.db.execute("INSERT INTO nguoi_benh SELECT hs FROM moi")
        known = own.rows("SELECT DISTINCT the FROM moi WHERE the IS NOT NULL")
        cards = {f"{number:0{CARD_DIGITS}}" for (number,) in known}
        cards = {card for card in cards if not filler(card)}
        papers = set(filter(is_identity, _column(own, "SELECT DISTINCT SO_CCCD FROM moi")))


def _of_facilities(own: Catalogue, claims: ClaimSet, days: int) -> None:
    """Claims of the facilities of the run around the days on which it has lines."""
    xml1 = claims[CLAIM_TABLE]
    names, starts, ends = [], [], []
    for code, moments in _worked(claims):
        spans = _spans_of_days(np.unique(moments // DAY), days)
        names += [xml1["MA_CSKCB"].texts[code]] * len(spans)
        starts += [start for start, _ in spans]
        ends += [end for _, end in spans]
    _register(own, "ngay_lam", {"cskcb": _texts(names), "tu": _moments(starts),
                                "den": _moments(ends)})  # fmt: skip
    own.db.execute(
        f"INSERT INTO co_so SELECT DISTINCT hs FROM {PERSONS} x SEMI JOIN con USING (hs) "  # noqa: S608
        "JOIN ngay_lam n ON x.cskcb = n.cskcb AND x.NGAY_VAO < n.den AND x.NGAY_RA >= n.tu"
    )


def _worked(claims: ClaimSet) -> Iterable[tuple[int, IntArray]]:
    """The facilities with the moments of their lines, and of leaving."""
    facility = claims[CLAIM_TABLE]["MA_CSKCB"].codes
    left = claims[CLAIM_TABLE]["NGAY_RA"]
    codes, times = [facility[left.valid]], [left.values[left.valid]]
    for table in claims.tables.values():
        for name in _TIMES:
            if table.spec.many and name in table.columns:
                rows = np.flatnonzero(table[name].valid & (table.parent >= 0))
                codes.append(facility[table.parent[rows]])
                times.append(table[name].values[rows])
    code, when = np.concatenate(codes), np.concatenate(times)
    order = np.argsort(code, kind="stable")
    order = order[np.searchsorted(code[order], 0) :]
    if order.size:
        edges = np.flatnonzero(np.diff(code[order])) + 1
        for rows in np.split(order, edges):
            yield int(code[rows[0]]), when[rows]


def _spans_of_days(found: IntArray, days: int) -> list[tuple[int, int]]:
    """Stretches of minutes around rising days; those that touch are one."""
    breaks = np.flatnonzero(np.diff(found) > 2 * days + 1) + 1
    groups = np.split(found, breaks)
    return [(int(g[0] - days) * DAY, int(g[-1] + days + 1) * DAY) for g in groups if g.size]


def _of_performers(own: Catalogue, claims: ClaimSet, days: int) -> None:
    """Claims with a line of a performer of the run, by the national licence number, near a day."""
    lines = claims["XML3"]
    rows = np.flatnonzero(lines["NGAY_TH_YL"].valid & ~lines["NGUOI_THUC_HIEN"].missing)
    who, names = _leads(lines["NGUOI_THUC_HIEN"])
    day = lines["NGAY_TH_YL"].values[rows] // DAY
    pairs = np.unique(np.stack([who[rows], day], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] >= 0]
    steps = np.array([[0, step] for step in range(-days, days + 1)])
    near = np.unique(np.concatenate([pairs + step for step in steps]), axis=0)
    if not near.size:
        return
    _register(own, "viec_lam", {"ma": _texts(names[i] for i in near[:, 0].tolist()),
                                "ngay": _moments((near[:, 1] * DAY).tolist())})  # fmt: skip
    first, last = (near[:, 1].min() * DAY, (near[:, 1].max() + 1) * DAY)
    _register(own, "khoang", {"tu": _moments([int(first)]), "den": _moments([int(last)])})
    near_files = in_groups(f"{WORKED} w, khoang k WHERE w.tu < k.den AND w.den >= k.tu")
    own.db.execute(
        "CREATE TEMP TABLE dong_lam AS SELECT KHO_HS AS hs, NGUOI_THUC_HIEN AS chu, "  # noqa: S608
        f"date_trunc('day', NGAY_TH_YL) AS ngay FROM ({rows_of(own, 'XML3', near_files)}) "
        "SEMI JOIN con ON hs = KHO_HS, khoang "
        "WHERE NGAY_TH_YL >= tu AND NGAY_TH_YL < den AND NGUOI_THUC_HIEN IS NOT NULL"
    )
    texts = _column(own, "SELECT DISTINCT chu FROM dong_lam")
    _register(own, "ten", {"chu": _texts(texts), "ma": _texts(map(_lead, texts))})
    own.db.execute(
        "INSERT INTO nguoi_thuc_hien SELECT DISTINCT hs FROM dong_lam JOIN ten USING (chu) "
        "SEMI JOIN viec_lam v ON v.ma = ten.ma AND v.ngay = dong_lam.ngay"
    )
    own.db.execute("DROP TABLE dong_lam")


def _leads(column: Column) -> tuple[IntArray, list[str]]:
    """A number per row for the first performer, -1 where no licence number tells the person."""
    known: dict[str, int] = {"": -1}
    lut = [known.setdefault(_lead(text), len(known) - 1) for text in column.texts]
    return np.array([*lut, -1], np.int64)[column.codes], list(known)[1:]


def _lead(text: str) -> str:
    people = practitioners(text)
    if not people or people[0].away:
        return ""
    code = people[0].code
    return code if pattern("SO_GIAY_PHEP_HANH_NGHE").fullmatch(code) else ""


def _of_papers(own: Catalogue, claims: ClaimSet, _: int) -> None:
    """Claims of the same facility with a paper of the same serial number."""
    facility = claims[CLAIM_TABLE]["MA_CSKCB"]
    for table in PAPER_TABLES:
        papers = claims.tables.get(table)
        if papers is None or not len(papers):
            continue
        rows = np.flatnonzero(~papers["SO_SERI"].missing & (papers.parent >= 0)).tolist()
        keys = {(facility.text(int(papers.parent[i])), _plain(papers["SO_SERI"].text(i)))
                for i in rows}  # fmt: skip
        _register(own, "noi_cap", {"cskcb": _texts({place for place, _ in keys})})
        rows_held = own.rows(
            f"SELECT hs, p.cskcb, SO_SERI FROM {PAPERS} p SEMI JOIN con USING (hs) "  # noqa: S608
            "SEMI JOIN noi_cap n ON n.cskcb = p.cskcb WHERE bang = ?", table,
        )  # fmt: skip
        found = [hs for hs, place, number in rows_held if (place, _plain(number)) in keys]
        _register(own, "giay_chung", {"hs": np.array(found, np.int64)})
        own.db.execute("INSERT INTO so_giay SELECT DISTINCT hs FROM giay_chung")


def _plain(text: str) -> str:
    return "".join(c for c in fold(text) if c.isalnum())


def _column(own: Catalogue, query: str) -> list[str]:
    return [row[0] for row in own.rows(query) if row[0] is not None]


def _texts(values: Iterable[str]) -> object:
    import pyarrow as pa

    return pa.array(list(values), pa.string())


def _moments(minutes: Iterable[int]) -> object:
    import pyarrow as pa

    return pa.array([value * 60 for value in minutes], pa.timestamp("s"))
