"""Further questions to a store: structure by month, series of parts, what could not be counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.growth.model import Fault
from giamdinh.growth.periods import YEAR, month_vi, shifted
from giamdinh.tables.codelists import code_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from giamdinh.growth.model import Dimension
    from giamdinh.growth.periods import Period
    from giamdinh.store.catalogue import Catalogue

_INPATIENT = "NOI_TRU"
_TESTS, _SURGERY = ("xet_nghiem", "cdha"), ("phau_thuat",)
_CLAIMS = """
SELECT cskcb, thang, loai, count(*), sum(ngay)::BIGINT, count(*) FILTER (co_ngay),
    count(*) FILTER (cuoi_tuan), count(*) FILTER (cuoi_thang), count(*) FILTER (tien > 0),
    count(*) FILTER (mien_cct)
FROM luot WHERE thang BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL
"""
_PATIENTS = """
SELECT cskcb, thang, doi_tuong, count(*) FROM luot WHERE thang BETWEEN ? AND ?
GROUP BY ALL ORDER BY ALL
"""
_TESTED = """
SELECT KHO_CSKCB, KHO_THANG, count(*) FROM XML3
WHERE KHO_THANG BETWEEN ? AND ? AND list_contains(?, MA_NHOM) GROUP BY ALL ORDER BY ALL
"""
_OPERATED = """
SELECT v.cskcb, v.thang, count(DISTINCT v.hs) FROM XML3 x JOIN luot v ON x.KHO_HS = v.hs
WHERE x.KHO_THANG BETWEEN ? AND ? AND list_contains(?, x.MA_NHOM) AND v.loai = ?
GROUP BY ALL ORDER BY ALL
"""
_SURGERIES = """
SELECT v.cskcb, v.thang, coalesce(x.MA_DICH_VU, ''), count(*) FROM XML3 x
JOIN luot v ON x.KHO_HS = v.hs
WHERE x.KHO_THANG BETWEEN ? AND ? AND list_contains(?, x.MA_NHOM) AND v.loai = ?
GROUP BY ALL ORDER BY ALL
"""
_SERIES_OF_CLAIMS = """
SELECT '{name}' AS chieu, cskcb, {name} AS khoa, thang, sum(tien * 100)::BIGINT AS tien
FROM luot SEMI JOIN chon c ON c.chieu = '{name}' AND c.cskcb = luot.cskcb AND c.khoa = luot.{name}
WHERE thang BETWEEN $first AND $last GROUP BY ALL
"""
_SERIES_OF_LINES = """
SELECT CASE grouping(khoa_ma, bac_si, nhom, muc)
        WHEN 7 THEN 'khoa' WHEN 11 THEN 'bac_si' WHEN 13 THEN 'nhom' ELSE 'muc' END AS chieu,
    cskcb, coalesce(khoa_ma, bac_si, nhom, muc) AS khoa, thang, sum(tien * 100)::BIGINT AS tien
FROM (
    SELECT KHO_CSKCB AS cskcb, KHO_THANG AS thang, coalesce(MA_KHOA, '') AS khoa_ma,
        coalesce(trim(split_part(MA_BAC_SI, ';', 1)), '') AS bac_si,
        coalesce(MA_NHOM, '') AS nhom, 'XML2/' || coalesce(MA_THUOC, '') AS muc,
        coalesce(T_BHTT, 0) AS tien FROM XML2 WHERE KHO_THANG BETWEEN $first AND $last
    UNION ALL
    SELECT KHO_CSKCB, KHO_THANG, coalesce(MA_KHOA, ''),
        coalesce(trim(split_part(MA_BAC_SI, ';', 1)), ''), coalesce(MA_NHOM, ''),
        'XML3/' || coalesce(nullif(MA_VAT_TU, ''), MA_DICH_VU, ''), coalesce(T_BHTT, 0)
    FROM XML3 WHERE KHO_THANG BETWEEN $first AND $last)
GROUP BY GROUPING SETS ((cskcb, thang, khoa_ma), (cskcb, thang, bac_si), (cskcb, thang, nhom),
    (cskcb, thang, muc))
"""
_SERIES = """
WITH tong AS ({parts})
SELECT chieu, cskcb, khoa, list(thang ORDER BY thang), list(tien ORDER BY thang)
FROM tong SEMI JOIN chon USING (chieu, cskcb, khoa) GROUP BY ALL ORDER BY ALL
"""
_DEPARTMENTS = """
SELECT cskcb, bac_si, khoa, sum(tien * 100)::BIGINT FROM dong_tam WHERE thang BETWEEN ? AND ?
GROUP BY ALL ORDER BY ALL
"""
_UNPAID = """
SELECT '{table}', KHO_CSKCB, KHO_THANG, count(*),
    count(*) FILTER (json_extract_string(KHO_GOC, '$.T_BHTT') IS NOT NULL),
    coalesce(sum({cost} * 100), 0)::BIGINT
FROM {table} WHERE T_BHTT IS NULL AND (KHO_THANG BETWEEN ? AND ? OR KHO_THANG BETWEEN ? AND ?)
GROUP BY ALL ORDER BY ALL
"""
_ORPHANS = """
SELECT '{table}', KHO_CSKCB, KHO_THANG, count(*), 0, coalesce(sum(T_BHTT * 100), 0)::BIGINT
FROM {table} ANTI JOIN luot ON {table}.KHO_HS = luot.hs
WHERE KHO_THANG BETWEEN ? AND ? OR KHO_THANG BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL
"""
_DIFFER = """
SELECT l.cskcb, l.thang, l.tien, coalesce(d.tien, 0)
FROM (SELECT cskcb, thang, sum(tien * 100)::BIGINT AS tien FROM luot
    WHERE thang BETWEEN ? AND ? OR thang BETWEEN ? AND ? GROUP BY ALL) l
LEFT JOIN (SELECT cskcb, thang, sum(tien * 100)::BIGINT AS tien FROM dong_tam GROUP BY ALL) d
    USING (cskcb, thang) WHERE l.tien <> coalesce(d.tien, 0) ORDER BY ALL
"""


@dataclass(slots=True)
class Counted:
    """What a facility's month holds: counts of one class, or of all."""

    visits: int = 0
    days: int = 0
    dated: int = 0
    weekend: int = 0
    month_end: int = 0
    paid: int = 0
    free: int = 0
    tests: int = 0
    operated: int = 0
    inpatients: int = 0
    inpatient_days: int = 0


def counted(own: Catalogue, first: int, last: int) -> dict[tuple[str, int], Counted]:
    """(facility, month) to its counts."""
    found: dict[tuple[str, int], Counted] = defaultdict(Counted)
    for facility, month, kind, *numbers in own.rows(_CLAIMS, first, last):
        one = found[facility, month]
        visits, days, dated, weekend, month_end, paid, free = numbers
        one.visits += visits
        one.dated += dated
        one.weekend += weekend
        one.month_end += month_end
        one.paid += paid
        one.free += free
        if kind == _INPATIENT:
            one.inpatients += visits
            one.inpatient_days += days
    for facility, month, lines in own.rows(_TESTED, first, last, groups_of(_TESTS)):
        found[facility, month].tests = lines
    rows = own.rows(_OPERATED, first, last, groups_of(_SURGERY), _INPATIENT)
    for facility, month, claims in rows:
        found[facility, month].operated = claims
    return dict(found)


def surgeries(own: Catalogue, first: int, last: int) -> list[tuple[str, int, str, int]]:
    """(facility, month, MA_DICH_VU, lines) of operations on inpatients."""
    return own.rows(_SURGERIES, first, last, groups_of(_SURGERY), _INPATIENT)


def patients(own: Catalogue, first: int, last: int) -> dict[tuple[str, int], dict[str, int]]:
    """(facility, month) to visits by MA_DOITUONG_KCB."""
    found: dict[tuple[str, int], dict[str, int]] = defaultdict(dict)
    for facility, month, code, visits in own.rows(_PATIENTS, first, last):
        found[facility, month][code] = visits
    return dict(found)


def groups_of(parts: Sequence[str]) -> list[str]:
    """Codes of MA_NHOM that belong to parts such as phau_thuat."""
    rows = code_list("ma_nhom").rows
    return sorted({row.code for row in rows if row.attributes.get("part") in parts})


@cache
def part_of() -> dict[str, str]:
    """MA_NHOM to its part of the report."""
    return {row.code: row.attributes.get("part", "") for row in code_list("ma_nhom").rows}


def series(
    own: Catalogue, period: Period, wanted: Sequence[tuple[Dimension, str, str]]
) -> Iterator[tuple[Dimension, str, str, dict[int, int]]]:
    """(dimension, facility, key, cost by month) of chosen keys, a year back from the period."""
    if not wanted:
        return
    own.db.execute(
        "CREATE OR REPLACE TEMP TABLE chon AS SELECT unnest($chieu) AS chieu, "
        "unnest($cskcb) AS cskcb, unnest($khoa) AS khoa",
        {name: [row[i] for row in wanted] for i, name in enumerate(("chieu", "cskcb", "khoa"))},
    )
    of_claims = [_SERIES_OF_CLAIMS.format(name=name) for name in ("loai", "benh")]
    parts = " UNION ALL ".join((*of_claims, _SERIES_OF_LINES))
    bounds = {"first": shifted(period.first, -YEAR), "last": period.last}
    rows = own.db.execute(_SERIES.format(parts=parts), bounds).fetchall()
    for dimension, facility, key, months, costs in rows:
        yield dimension, facility, key, dict(zip(months, costs, strict=True))


def departments(own: Catalogue, period: Period) -> dict[tuple[str, str], str]:
    """(facility, practitioner) to the department where most of their cost arises."""
    best: dict[tuple[str, str], tuple[int, str]] = {}
    for facility, person, department, cost in own.rows(_DEPARTMENTS, period.first, period.last):
        if (facility, person) not in best or cost > best[facility, person][0]:
            best[facility, person] = (cost, department)
    return {who: department for who, (_, department) in best.items()}


def faults(own: Catalogue, now: Period, before: Period) -> Iterator[Fault]:
    """What the sums of two periods could not count, by facility and month."""
    bounds = (now.first, now.last, before.first, before.last)
    tables = (("XML1", "T_TONGCHI_BH"), ("XML2", "THANH_TIEN_BH"), ("XML3", "THANH_TIEN_BH"))
    for table, cost in tables:
        for row in own.rows(_UNPAID.format(table=table, cost=cost), *bounds):
            what = (
                f"{table}: T_BHTT trống hoặc không đọc được ({row[4]} dòng có ghi mà không đọc "
                f"được), tính 0 đ; số tiền là {cost}"
            )
            yield Fault(row[1], month_vi(row[2]), what, row[3], row[5])
    for table, _ in tables[1:]:
        for row in own.rows(_ORPHANS.format(table=table), *bounds):
            what = f"{table}: dòng không có hồ sơ XML1, không vào số nào"
            yield Fault(row[1], month_vi(row[2]), what, row[3], row[5])
    for facility, month, claims, lines in own.rows(_DIFFER, *bounds):
        what = "T_BHTT của hồ sơ khác tổng T_BHTT các dòng XML2, XML3; số tiền là phần chênh"
        yield Fault(facility, month_vi(month), what, 0, claims - lines)
