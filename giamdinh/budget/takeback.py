"""What the findings of an audit would take back of a year, each claim at most its T_BHTT."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.budget.audited import asked
from giamdinh.budget.model import Notice
from giamdinh.errors import InputError
from giamdinh.tables.values import number_vi

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

_CLAIMS = """
WITH loi AS (
    SELECT coalesce(facility, '') AS cs, coalesce(claim, '') AS lk,
        CASE WHEN coalesce(claim, '') = '' THEN {place} ELSE '' END AS cho,
        "table" AS bang, "row" AS dong, amount, "table" IN ('XML2', 'XML3') AS tren_dong
    FROM read_parquet(?) WHERE severity = 'error' AND amount > 0),
dong AS (
    SELECT cs, lk, cho, sum(tien) AS tien FROM (
        SELECT cs, lk, cho, bang, dong, max(amount) AS tien FROM loi WHERE tren_dong
        GROUP BY ALL) GROUP BY ALL),
ho_so AS (
    SELECT cs, lk, cho, max(amount) AS tien FROM loi WHERE NOT tren_dong GROUP BY ALL)
SELECT cs, lk, (greatest(coalesce(dong.tien, 0), coalesce(ho_so.tien, 0)) * 100)::BIGINT
FROM dong FULL JOIN ho_so USING (cs, lk, cho) ORDER BY ALL
"""
"""Each line once at its largest amount; a claim the larger of its lines and what is about all of
it, as the audit counts them. Claims without MA_LK are told apart by their place in the files."""
_COLUMNS = "SELECT name FROM parquet_schema(?)"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a claim that findings are about.

    Attributes:
        month: yyyymm, 0 where the claim has no date; None when nobody noted it.
        paid: T_BHTT in hundredths.
    """

    month: int | None
    paid: int


@dataclass(slots=True)
class TakenBack:
    """What would be taken back in a year, in hundredths.

    Attributes:
        amounts: facility to amount.
        outside, undated, unbounded: (claims, hundredths) of other years, of claims without any
            date or unknown to the store, and of claims whose T_BHTT or month nobody noted, which
            are counted in `amounts`.
        cut: what findings ask beyond the T_BHTT of their claims.
    """

    year: int
    amounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    outside: tuple[int, int] = (0, 0)
    undated: tuple[int, int] = (0, 0)
    unbounded: tuple[int, int] = (0, 0)
    cut: int = 0

    def notices(self, facilities: Collection[str]) -> Iterator[Notice]:
        """What the figures of these facilities leave out or could not bound."""
        told = (
            (self.outside, "info", f"không thuộc năm {self.year}, không tính"),
            (self.undated, "warning", "không rõ tháng nên không vào năm nào"),
            (self.unbounded, "warning",
             "không có T_BHTT hoặc tháng trong kết quả audit: tính cả, không chặn trên"),
        )  # fmt: skip
        for (claims, amount), kind, words in told:
            if claims:
                text = f"đề nghị thu hồi {_dong(amount)} của {number_vi(claims, 0)} hồ sơ {words}"
                yield Notice("warning" if kind == "warning" else "info", text)
        if self.cut:
            text = f"mỗi hồ sơ không quá T_BHTT: bớt {_dong(self.cut)} khỏi số đề nghị thu hồi"
            yield Notice("info", text)
        lost = {code: self.amounts[code] for code in sorted(self.amounts.keys() - set(facilities))}
        if lost:
            listed = [f"{code or 'không ghi MA_CSKCB'} {_dong(lost[code])}" for code in lost]
            more = f" và {len(listed) - _NAMED} nơi nữa" if len(listed) > _NAMED else ""
            yield Notice(
                "warning",
                f"đề nghị thu hồi {_dong(sum(lost.values()))} không thuộc cơ sở nào trong báo cáo: "
                + "; ".join(listed[:_NAMED]) + more,
                column="MA_CSKCB",
            )  # fmt: skip


def taken_back(results: Path, year: int, store: Path | None = None) -> TakenBack:
    """What the findings of an audit propose to refuse of a year's claims.

    Args:
        results: the folder that `audit` wrote, or its findings.parquet.
        year: of settlement where the store says it, else of the service.
        store: says each claim's month and T_BHTT; without it claims.parquet of the audit does.

    Raises:
        InputError: there are no findings, or no such store.
    """
    rows = claims_asked(results)
    known = _of_store(store, rows) if store is not None else _of_audit(results, rows)
    found = TakenBack(year)
    for facility, claim, amount in rows:
        own = known.get((facility, claim))
        if own is None and store is not None:
            found.undated = _more(found.undated, amount)
            continue
        bounded = amount if own is None else min(amount, max(own.paid, 0))
        found.cut += amount - bounded
        if own is None or own.month is None:
            found.unbounded = _more(found.unbounded, bounded)
            found.amounts[facility] += bounded
        elif own.month == 0:
            found.undated = _more(found.undated, bounded)
        elif own.month // 100 != year:
            found.outside = _more(found.outside, bounded)
        else:
            found.amounts[facility] += bounded
    return found


def claims_asked(results: Path) -> list[tuple[str, str, int]]:
    """(facility, MA_LK, hundredths) of every claim that findings ask money of, not yet bounded.

    Raises:
        InputError: there are no findings.
    """
    names = {row[0] for row in asked(results, _COLUMNS)}
    place = "concat(file, '|', hoso)" if {"file", "hoso"} <= names else "''"
    return [(cs, lk, int(amount)) for cs, lk, amount in asked(results, _CLAIMS.format(place=place))]


def bounds_of(results: Path, rows: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """T_BHTT of the claims as the audit noted it, never negative.

    Raises:
        InputError: its list of claims cannot be read.
    """
    return {pair: max(claim.paid, 0) for pair, claim in _of_audit(results, rows).items()}


def _of_store(store: Path, rows: Sequence[tuple[str, str, int]]) -> Mapping[tuple[str, str], Claim]:
    """The claims as the store's catalogue has them."""
    from giamdinh.store.reading import open_store

    wanted = {(facility, claim) for facility, claim, _ in rows if claim}
    with open_store(store) as own:
        found = own.rows(
            "SELECT cskcb, ma_lk, thang, t_bhtt FROM ho_so WHERE ma_lk IN (SELECT unnest(?))",
            sorted({claim for _, claim in wanted}),
        )
    return {(cs, lk): Claim(month, paid) for cs, lk, month, paid in found if (cs, lk) in wanted}


def _of_audit(
    results: Path, rows: Sequence[tuple[str, str, int]]
) -> Mapping[tuple[str, str], Claim]:
    """The claims as the audit noted them; nothing for results of older versions."""
    path = (results if results.is_dir() else results.parent) / "claims.parquet"
    wanted = {(facility, claim) for facility, claim, _ in rows if claim}
    if not path.is_file() or not wanted:
        return {}
    import duckdb

    from giamdinh.read.replaced import claim_key
    from giamdinh.store.files import as_pattern

    keys = {claim_key(*pair): pair for pair in wanted}
    with duckdb.connect() as db:
        try:
            names = {row[0] for row in db.execute(_COLUMNS, [as_pattern(path)]).fetchall()}
            month = "month" if "month" in names else "NULL"
            found = db.execute(
                f"SELECT claim, {month}, (T_BHTT * 100)::BIGINT FROM read_parquet(?) "  # noqa: S608
                "WHERE claim IN (SELECT unnest(?::UBIGINT[]))",
                [as_pattern(path), list(keys)],
            ).fetchall()
        except duckdb.Error:
            raise InputError(f"'{path}' không phải claims.parquet của giamdinh") from None
    return {keys[key]: Claim(month, paid) for key, month, paid in found}


def _more(so_far: tuple[int, int], amount: int) -> tuple[int, int]:
    claims, total = so_far
    return claims + 1, total + amount


def _dong(amount: int) -> str:
    return f"{number_vi(amount, 2)} đ"
