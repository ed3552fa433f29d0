"""List rows that no valid claim uses: twins of listed items for planted errors to point at.

A twin has the code of its item with a mark behind it and differs in one thing only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.model import DAY, KeyRow, day8
from giamdinh.tables.values import number_text, parse_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from giamdinh.sample.model import Row, Staff

    _Lists = dict[tuple[str, str], list[Row]]

CLOSED, CONTRACT, CHEAP, UNIT, RATIO, BLOOD, NORM, ELSEWHERE, GROUP, HELD = range(61, 71)
"""The marks: closed, contract long over, half the price, a tenth of the price in another unit,
half the ratio, blood at another price, a norm of one, done elsewhere, another cost group,
refused by the gateway."""
TRANSFER, MINOR = 91, 92
"""More marks: transferred by another facility until recently, an operation of the lowest class."""
MINOR_CLASS = "Loại 3"
NIGHT_HOURS = {"THOIGIAN_NGAY": "22:00-23:00", "THOIGIAN_TUAN": "CN"}
"""When the doctor works whom `night_doctor` makes."""
OTHER_GROUP = "3"
HALF_RATIO, SUPPLY_NORM, OTHER_UNIT = "50", "1", "Miếng"
OTHER_BRAND = {"TEN_THUOC": "Mẫu Para Khác 500", "SO_DANG_KY": "VD-99901-23"}
"""A second brand of the drug with code `TWO_BRANDS`."""
TWO_BRANDS = "40.48"
_LONG_AGO = "20220101"
_PRICE_SCALE = 3
_PRICES = ("DON_GIA", "DON_GIA_BH", "GIA_THANH_TOAN")


def twin(code: str, mark: int) -> str:
    """The code of a twin; a service keeps its three parts so that the technique is another one."""
    parts = code.split(".")
    if len(parts) == len(("chapter", "technique", "price")) and parts[0].isdigit():
        return f"{parts[0]}.{mark}{parts[1][-2:]}.{parts[2]}"
    return f"{code}.{mark}"


def drug_twins(rows: Sequence[Row], start: int) -> list[Row]:
    """Twins of drugs in a list of the official form, for a month that begins at `start`."""
    over = {"TU_NGAY_HD": _LONG_AGO, "DEN_NGAY_HD": day8(start - 300 * DAY)}
    return [
        *(row | OTHER_BRAND for row in rows if row["MA_THUOC"] == TWO_BRANDS),
        *_twins(rows, "MA_THUOC", CLOSED, lambda row: _closed(row, start)),
        *_twins(rows, "MA_THUOC", CONTRACT, lambda row: row | over),
        *_twins(rows, "MA_THUOC", CHEAP, lambda row: _priced(row, 2)),
        *_twins(rows, "MA_THUOC", UNIT, lambda row: _priced(row, 10) | {"DON_VI_TINH": OTHER_UNIT}),
        *_twins(rows, "MA_THUOC", BLOOD, lambda row: _priced(row, 2)),
    ]


def supply_twins(rows: Sequence[Row], start: int) -> list[Row]:
    """Twins of supplies."""
    return [
        *_twins(rows, "MA_VAT_TU", CLOSED, lambda row: _closed(row, start)),
        *_twins(rows, "MA_VAT_TU", CHEAP, lambda row: _priced(row, 2)),
        *_twins(rows, "MA_VAT_TU", RATIO, lambda row: row | {"TYLE_TT_BH": HALF_RATIO}),
        *_twins(rows, "MA_VAT_TU", NORM, lambda row: row | {"DINH_MUC": SUPPLY_NORM}),
    ]


def service_twins(rows: Sequence[Row], start: int, elsewhere: str) -> list[Row]:
    """Twins of services in force; one may be sent to the facility `elsewhere`."""
    current = [row for row in rows if not row.get("DEN_NGAY") and _is_service(row["MA_DICH_VU"])]
    return [
        *_twins(current, "MA_DICH_VU", CLOSED, lambda row: _closed(row, start)),
        *_twins(current, "MA_DICH_VU", CHEAP, lambda row: _priced(row, 2)),
        *_twins(current, "MA_DICH_VU", ELSEWHERE, lambda row: row | {"CSKCB_CLS": elsewhere}),
        *_twins(current, "MA_DICH_VU", TRANSFER,
                lambda row: _closed(row, start) | {"CSKCB_CGKT": elsewhere}),
        *_twins(current, "MA_DICH_VU", TRANSFER, lambda row: row | {"TU_NGAY": day8(start)}),
    ]  # fmt: skip


def self_referral_diseases() -> list[Row]:
    """A disease of each annex; no claim of the month has one."""
    source = {"NGUON": "Văn bản mẫu", "TU_NGAY": "20250101"}
    return [
        {"STT": "1", "PHU_LUC": "I", "MA_BENH": "C38", **source},
        {"STT": "2", "PHU_LUC": "II", "MA_BENH": "E10", **source},
        {"STT": "3", "PHU_LUC": "III", "MA_BENH": "D56", **source},
    ]


def night_doctor(person: Staff) -> Staff:
    """A doctor of the clinic like `person` who only works at `NIGHT_HOURS`."""
    return replace(person, licence=f"9{person.licence[1:]}", number=f"3898{person.number[4:]}")


def new_doctor(person: Staff) -> Staff:
    """A doctor of the clinic like `person` whose licence is younger than the month."""
    return replace(person, licence=f"8{person.licence[1:]}", number=f"3897{person.number[4:]}")


def old_drugs(rows: Sequence[Row]) -> list[Row]:
    """Twins of drugs for a sheet of the older form, which has payment ratios."""
    return _twins(rows, "MA_THUOC", RATIO, lambda row: row | {"TYLE_TT_BH": HALF_RATIO})


def old_services(rows: Sequence[Row], *, refused: bool) -> list[Row]:
    """Twins of services for a sheet of the older form: groups, classes, the gateway's answers."""
    current = [row for row in rows if not row.get("DEN_NGAY") and _is_service(row["MA_DICH_VU"])]
    grouped = _twins(current, "MA_DICH_VU", GROUP, lambda row: row | {"MA_NHOM": OTHER_GROUP})
    held = _twins(current, "MA_DICH_VU", HELD, lambda row: row | {"KETQUA": "Từ chối"})
    minor = _twins(current, "MA_DICH_VU", MINOR, lambda row: row | {"PHAN_LOAI_PTTT": MINOR_CLASS})
    return [*grouped, *minor, *(held if refused else [])]


def _is_service(code: str) -> bool:
    return code.count(".") == len(("chapter", "technique", "price")) - 1 and code[:2].isdigit()


def machine_twins(rows: Sequence[Row], start: int) -> list[Row]:
    """A machine of each group that is no longer used, beside the first one of the group."""
    first = [row for row in rows if row["MA_MAY"].endswith("M01")]
    return [
        {**row, "MA_MAY": closed_machine(row["MA_MAY"]), "DEN_NGAY": day8(start - 40 * DAY)}
        for row in first
    ]


def closed_machine(code: str) -> str:
    """The machine of the same group that is no longer used."""
    return f"{code.rpartition('.')[0]}.M{CLOSED}"


def list_errors(
    own: dict[tuple[str, str], list[Row]], old: dict[tuple[str, str], list[Row]]
) -> list[KeyRow]:
    """Spoil the lists themselves; gives the answers."""
    (first, second, *_), key = [code for code, kind in own if kind == "khoa"], []
    departments = own[first, "khoa"]
    departments.append({**departments[0], "STT": str(len(departments) + 1)})
    key.append(_answer("CAT-017", first))
    ends = {"MA_KHOA": "K49", "TU_NGAY": "20230601", "DEN_NGAY": "20230501"}
    departments.append({**departments[0], "STT": str(len(departments) + 1), **ends})
    key.append(_answer("CAT-018", first))
    old[first, "thuoc"].append({**old[first, "thuoc"][0], "MA_THUOC": "40.9", "MA_CSKCB": second})
    key.append(_answer("CAT-019", first))
    for (place, kind), rows in old.items():
        if kind == "dich_vu" and any(row.get("KETQUA") for row in rows):
            key.append(_answer("CAT-049", place))
    return key


def _answer(rule: str, facility: str) -> KeyRow:
    return KeyRow(rule, facility, "", "TEP", "0", "DANH_MUC", note="lỗi của danh mục")


def _twins(rows: Iterable[Row], name: str, mark: int, change: Callable[[Row], Row]) -> list[Row]:
    return [{**change(dict(row)), name: twin(row[name], mark)} for row in rows]


def _closed(row: Row, start: int) -> Row:
    return row | {"TU_NGAY": _LONG_AGO, "DEN_NGAY": day8(start - 40 * DAY), **_no_contract(row)}


def _no_contract(row: Row) -> Row:
    return {name: _LONG_AGO for name in ("TU_NGAY_HD",) if name in row}


def _priced(row: Row, part: int) -> Row:
    return row | {name: _divided(row[name], part) for name in _PRICES if row.get(name)}


def _divided(text: str, part: int) -> str:
    price = (parse_number(text, _PRICE_SCALE) or 0) // part
    return number_text(price, _PRICE_SCALE)
