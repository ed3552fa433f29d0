"""What the growth report must show, by SQL on the Parquet files themselves and plain sums."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from giamdinh.growth.facts import dated_classes
from giamdinh.store.layout import DATA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

Who = tuple[str, str]
Span = tuple[int, int]
CLAIMS, LINES, KINDS = "claims", "lines", "kinds"
_VIEWS = (
    """CREATE TABLE claims AS SELECT * FROM XML1
    JOIN loai ON MA_LOAI_KCB = ma AND KHO_THANG BETWEEN tu AND den""",
    """CREATE TABLE lines AS
    SELECT KHO_HS, KHO_CSKCB, KHO_THANG, MA_NHOM, MA_KHOA, MA_BAC_SI, SO_LUONG, T_BHTT, MUC_HUONG,
        MA_THUOC AS MUC, STT, 2 AS NGUON FROM XML2
    UNION ALL SELECT KHO_HS, KHO_CSKCB, KHO_THANG, MA_NHOM, MA_KHOA, MA_BAC_SI, SO_LUONG, T_BHTT,
        MUC_HUONG, coalesce(nullif(MA_VAT_TU, ''), MA_DICH_VU), STT, 3 FROM XML3""",
    "CREATE TABLE kinds AS SELECT l.*, loai FROM lines l JOIN claims USING (KHO_HS)",
)
VISITS, DAYS = "count(*)", "sum(SO_NGAY_DTRI)"
BY_LINE = "count(DISTINCT KHO_HS)"
SHEETS = {
    "TheoCoSo": (CLAIMS, "''", "loai || left(MA_BENH_CHINH, 3)", VISITS, DAYS),
    "TheoLoai": (CLAIMS, "loai", "left(MA_BENH_CHINH, 3)", VISITS, DAYS),
    "TheoNhomBenh": (CLAIMS, "left(MA_BENH_CHINH, 3)", "loai", VISITS, DAYS),
    "TheoKhoa": (KINDS, "MA_KHOA", "loai", BY_LINE, "0"),
    "TheoNguoiHanhNghe": (
        KINDS, "trim(split_part(coalesce(MA_BAC_SI, ''), ';', 1))", "loai", BY_LINE, "0",
    ),
    "TheoNhomChiPhi": (KINDS, "MA_NHOM", "loai", BY_LINE, "0"),
    "TheoMuc": (KINDS, "MUC", "''", "sum(SO_LUONG)", "0"),
    "TheoDoiTuong": (CLAIMS, "MA_DOITUONG_KCB", "loai", VISITS, DAYS),
    "TheoMucHuong": (KINDS, "coalesce(MUC_HUONG::VARCHAR, '')", "loai", BY_LINE, "0"),
}  # fmt: skip
"""Sheet to source, key, kind of care within it, quantity and days."""


@dataclass(frozen=True)
class Asked:
    """A store, and two periods as first and last month."""

    folder: Path
    now: Span
    before: Span

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """An answer of DuckDB on the Parquet files, without the catalogue or the views."""
        return _database(self.folder).execute(query).fetchall()

    def expected(self, name: str) -> dict[Who, dict[str, Any]]:
        """(facility, key) to what a sheet must show."""
        return _expected(self, name)

    def figures(self, name: str) -> dict[Who, dict[str, Any]]:
        """The same, computed anew."""
        cells, stayed = self._cells(name)
        spent: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for facility, month, cost in self.ask(
            "SELECT KHO_CSKCB, KHO_THANG, sum(T_BHTT) FROM XML1 GROUP BY ALL"
        ):
            for at, (first, last) in enumerate((self.now, self.before)):
                if first <= month <= last:
                    spent[facility, at] += cost
        return {
            who: {
                **figures([*parts.values()]),
                "Tỷ trọng kỳ này (%)": percent(total(parts, 1), spent[who[0], 0]),
                "Tỷ trọng kỳ trước (%)": percent(total(parts, 3), spent[who[0], 1]),
                "Ngày điều trị kỳ này": stayed[who][0] or None,
                "Ngày điều trị kỳ trước": stayed[who][1] or None,
            }
            for who, parts in cells.items()
        }

    def _cells(self, name: str) -> tuple[dict[Who, dict[str, list[Decimal]]], dict[Who, list[int]]]:
        """Per kind of care: visits and cost now and before; and the days of treatment."""
        source, key, kind, quantity, days = SHEETS[name]
        cells: dict[Who, dict[str, list[Decimal]]] = defaultdict(
            lambda: defaultdict(lambda: [Decimal(0)] * 4)
        )
        stayed: dict[Who, list[int]] = defaultdict(lambda: [0, 0])
        for at, (first, last) in enumerate((self.now, self.before)):
            rows = self.ask(
                f"SELECT KHO_CSKCB, {key}, {kind}, {quantity}, sum(T_BHTT), {days} FROM {source} "  # noqa: S608
                f"WHERE KHO_THANG BETWEEN {first} AND {last} GROUP BY 1, 2, 3"
            )
            for facility, own, within, number, cost, day in rows:
                who = (facility, own or "(không ghi)")
                cells[who][within][2 * at] += Decimal(number)
                cells[who][within][2 * at + 1] += cost
                stayed[who][at] += int(day)
        return cells, stayed


@cache
def _expected(asked: Asked, name: str) -> dict[Who, dict[str, Any]]:
    return asked.figures(name)


@cache
def _database(folder: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    for table in ("XML1", "XML2", "XML3"):
        files = f"{folder.as_posix()}/{DATA}/{table}/**/*.parquet"
        db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_parquet('{files}')")  # noqa: S608
    db.execute("CREATE TABLE loai (ma VARCHAR, loai VARCHAR, tu INT, den INT)")
    db.executemany("INSERT INTO loai VALUES (?, ?, ?, ?)", dated_classes())
    for view in _VIEWS:
        db.execute(view)
    return db


def change(cell: Sequence[Decimal]) -> Decimal:
    """What more or fewer visits explain: (visits, cost, visits before, cost before)."""
    visits, cost, visits_before, cost_before = cell
    if not visits_before:
        return cost - cost_before if visits else Decimal(0)
    exact = cost_before * (visits - visits_before) / visits_before
    return exact.quantize(Decimal(1), ROUND_HALF_UP)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return part * 100 / whole if whole else None


def total(parts: dict[str, list[Decimal]], at: int) -> Decimal:
    return sum((cell[at] for cell in parts.values()), Decimal(0))


def figures(parts: list[list[Decimal]]) -> dict[str, Any]:
    """Sums, growth, its parts and means."""
    visits, cost, visits_before, cost_before = (
        sum((cell[i] for cell in parts), Decimal(0)) for i in range(4)
    )
    volume = change((visits, cost, visits_before, cost_before))
    moved = sum(map(change, parts), Decimal(0))
    mean = cost / visits if visits else None
    mean_before = cost_before / visits_before if visits_before else None
    both = mean is not None and mean_before
    return {
        "Chi kỳ này (đ)": cost,
        "Chi kỳ trước (đ)": cost_before,
        "Tăng, giảm (đ)": cost - cost_before,
        "Tăng (%)": percent(cost - cost_before, cost_before),
        "do số lượng (đ)": volume,
        "do cơ cấu (đ)": moved - volume,
        "do đơn giá (đ)": cost - cost_before - moved,
        "Số lượng kỳ này": visits,
        "Số lượng kỳ trước": visits_before,
        "Số lượng tăng (%)": percent(visits - visits_before, visits_before),
        "Chi một đơn vị kỳ này (đ)": mean,
        "Chi một đơn vị kỳ trước (đ)": mean_before,
        "Đơn vị tăng (%)": percent(mean - mean_before, mean_before) if both else None,  # type: ignore[operator, arg-type]
    }


def close(shown: object, value: Decimal | float | None, slack: float = 0.001) -> bool:
    """Whether a cell shows a value; both may be empty."""
    if value is None or shown is None:
        return shown is None and value is None
    return isinstance(shown, int | float) and abs(float(shown) - float(value)) <= slack
