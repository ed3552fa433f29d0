"""The lists a facility keeps (01/DM to 06/DM), the card registry and the facility list."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from giamdinh.catalogues.lists import list_specs
from giamdinh.sample import catalogue_variants as variants
from giamdinh.sample import facilities, reference_lists
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, day8
from giamdinh.tables.values import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from giamdinh.sample.content import Drug, FacilityKind, Service, Supply
    from giamdinh.sample.facilities import OtherFacility
    from giamdinh.sample.model import Facility, Row, Staff

    _Listed = tuple[str, FacilityKind | OtherFacility]

_LISTED_SINCE = "20220101"
_LICENSED = "20150601"
_REOPENED_EVERY = 7
_OLD_PRICE = 95
_STOCK = "1000000"
_REFORM_GAP = 200
_CLOSED_ONCE = "20220301"
_NO_DESKS = "K02"
"""The list does not say how many desks the emergency department has."""
_OLD_COLUMNS = {
    "thuoc": (
        "STT", "MA_THUOC", "TEN_HOAT_CHAT", "TEN_THUOC", "DON_VI_TINH", "HAM_LUONG", "DUONG_DUNG",
        "MA_DUONG_DUNG", "SO_DANG_KY", "DON_GIA", "DON_GIA_BH", "TYLE_TT_BH", "TT_THAU", "TU_NGAY",
        "MA_CSKCB",
    ),
    "dich_vu": (
        "STT", "MA_DICH_VU", "TEN_DICH_VU", "DON_GIA", "MA_NHOM", "PHAN_LOAI_PTTT", "KETQUA",
        "TU_NGAY", "MA_CSKCB",
    ),
}  # fmt: skip
_CLASS = "3"
_FIXED_DATE = datetime(2026, 1, 1)  # noqa: DTZ001 - the same bytes on every run


@dataclass(frozen=True, slots=True)
class Lists:
    """The rows of every list: by facility and kind, and those for everybody.

    Attributes:
        own: rows by (facility code, kind of list).
        old: the same for sheets of the older form.
        cards: rows of the card registry.
        places: rows of the facility list.
        scopes: rows that say who may do which services.
    """

    own: dict[tuple[str, str], list[Row]]
    old: dict[tuple[str, str], list[Row]]
    cards: list[Row]
    places: list[Row]
    scopes: list[Row]


def make_lists(
    places: Sequence[Facility], cards: Iterable[Row], start: int, *, refused: bool = False
) -> Lists:
    """All lists for a month that begins at `start` (minutes since 1970).

    With `refused` the older sheets have rows that the gateway did not accept.
    """
    own: dict[tuple[str, str], list[Row]] = {}
    old: dict[tuple[str, str], list[Row]] = {}
    for place in places:
        rows = {
            "khoa": _departments(place),
            "nhan_luc": _staff(place, start),
            "thuoc": _drugs(start),
            "vat_tu": _supplies(start),
            "dich_vu": _services(place, start),
            "thiet_bi": _machines(place),
        }
        sheets = {
            "thuoc": variants.old_drugs(rows["thuoc"]),
            "dich_vu": variants.old_services(rows["dich_vu"], refused=refused),
        }
        sheets["thuoc"] += reference_lists.marked_drugs(rows["thuoc"])
        sheets["dich_vu"] += reference_lists.marked_services(rows["dich_vu"])
        rows["vat_tu"] += reference_lists.marked_supplies(rows["vat_tu"])
        rows["thuoc"] += variants.drug_twins(rows["thuoc"], start)
        rows["vat_tu"] += variants.supply_twins(rows["vat_tu"], start)
        sent_to = content().places["refers_from"]
        rows["dich_vu"] += variants.service_twins(rows["dich_vu"], start, sent_to)
        rows["thiet_bi"] += variants.machine_twins(rows["thiet_bi"], start)
        own |= {(place.code, kind): _numbered(place, found) for kind, found in rows.items()}
        old |= {(place.code, kind): _numbered(place, found) for kind, found in sheets.items()}
    numbered = [{"STT": str(i), **row} for i, row in enumerate(cards, 1)]
    scopes = [{"STT": str(i), **row} for i, row in enumerate(content().places["scopes"], 1)]
    return Lists(own, old, numbered, _places(places), scopes)


def write_lists(folder: Path, lists: Lists) -> None:
    """Write all lists: one sub-folder per facility, the common lists beside them."""
    forms: dict[str, Any] = content().places["forms"]
    for (code, kind), rows in lists.own.items():
        if not rows:
            continue
        form = forms[kind]
        names = [column.name for column in list_specs()[kind].columns[: int(form["columns"])]]
        target = folder / code
        target.mkdir(parents=True, exist_ok=True)
        writer = _write_xlsx if form["as"] == "xlsx" else _write_csv
        writer(target / f"{form['file']}.{form['as']}", names, rows)
    for (code, kind), rows in lists.old.items():
        if rows:
            _write_csv(folder / code / f"{kind}_mau_cu.csv", _OLD_COLUMNS[kind], rows)
    shared = {"the_bhyt": lists.cards, "co_so": lists.places, "pham_vi": lists.scopes}
    shared |= reference_lists.reference_lists()
    shared["benh_tu_den"] = variants.self_referral_diseases()
    for kind, rows in shared.items():
        names = [column.name for column in list_specs()[kind].columns]
        _write_csv(folder / f"{kind}.csv", names, rows)


def _numbered(place: Facility, rows: Sequence[Row]) -> list[Row]:
    return [{"STT": str(i), **row, "MA_CSKCB": place.code} for i, row in enumerate(rows, 1)]


def _departments(place: Facility) -> list[Row]:
    rows = []
    for part in place.kind.departments:
        needed = max(part.beds, place.diary.rooms(f"{part.code}/"))
        beds = place.diary.approved.get(part.code, needed)
        desks = max(part.tables, len(place.staff.get((part.code, "bac_si"), ())))
        rows.append(
            {
                "MA_KHOA": part.code,
                "TEN_KHOA": part.name,
                "BAN_KHAM": "" if part.code == _NO_DESKS else str(desks),
                "GIUONG_PD": str(beds),
                "GIUONG_TK": str(beds),
                "GIUONG_HSTC": "0",
                "GIUONG_HSCC": "0",
                "TU_NGAY": _LISTED_SINCE,
            }
        )
    return rows


def _staff(place: Facility, start: int) -> list[Row]:
    rows = []
    names = {part.code: part.name for part in place.kind.departments}
    for number, person in enumerate(place.everyone, start=1):
        row = _person(place, person, names)
        if number % _REOPENED_EVERY == 0:
            closed = start - 20 * DAY
            rows.append({**row, "TU_NGAY": _LISTED_SINCE, "DEN_NGAY": day8(closed)})
            rows.append({**row, "TU_NGAY": day8(closed + DAY)})
        else:
            rows.append({**row, "TU_NGAY": _LISTED_SINCE})
    left = {"TU_NGAY": _LISTED_SINCE, "DEN_NGAY": day8(start - 40 * DAY)}
    rows.append({**_person(place, place.retired, names), **left})
    night = {"TU_NGAY": _LISTED_SINCE, **variants.NIGHT_HOURS}
    rows.append({**_person(place, variants.night_doctor(place.retired), names), **night})
    young = {"TU_NGAY": _LISTED_SINCE, "NGAYCAP_CCHN": day8(start + 60 * DAY)}
    rows.append({**_person(place, variants.new_doctor(place.retired), names), **young})
    return rows


def _person(place: Facility, person: Staff, names: dict[str, str]) -> Row:
    roles, hours = content().places["roles"], content().places["hours"]
    setting = "clinic" if person.department == "K01" else "ward"
    female = person.name.split()[1] in content().names["female_middle"]
    return {
        "MA_KHOA": person.department,
        "TEN_KHOA": names[person.department],
        "HO_TEN": person.name,
        "GIOI_TINH": "2" if female else "1",
        "SO_DINH_DANH": person.number,
        "CHUCDANH_NN": roles[person.role]["title"],
        "VI_TRI": "4" if person == place.head else "",
        "MACCHN": person.licence,
        "NGAYCAP_CCHN": _LICENSED,
        "NOICAP_CCHN": "Cơ quan cấp mẫu",
        "PHAMVI_CM": roles[person.role]["scope"],
        "THOIGIAN_DK": "1",
        "THOIGIAN_NGAY": hours[setting],
        "THOIGIAN_TUAN": hours[f"{setting}_days"],
    }


def _bought(item: Drug | Supply, year: int) -> Row:
    """What every drug or supply of a year's contract has."""
    return {
        "DON_VI_TINH": item.unit,
        "SO_LUONG": _STOCK,
        "DON_GIA": price_text(item.price),
        "DON_GIA_BH": price_text(item.price),
        "NUOC_SX": "Việt Nam",
        "NHA_THAU": "Công ty Cung ứng Mẫu",
        "LOAI_THAU": "1",
        "HT_THAU": "1",
        "TU_NGAY_HD": f"{year}0101",
        "DEN_NGAY_HD": f"{year}1231",
        "TU_NGAY": f"{year}0101",
    }


def _drugs(start: int) -> list[Row]:
    year = moment(start).year
    return [
        {
            "MA_THUOC": item.code,
            "TEN_HOAT_CHAT": item.ingredient,
            "TEN_THUOC": item.name,
            "HAM_LUONG": item.strength,
            "DUONG_DUNG": item.route_name,
            "MA_DUONG_DUNG": item.route,
            "DANG_BAO_CHE": item.form,
            "SO_DANG_KY": item.registration,
            "QUY_CACH": "Hộp",
            "NHA_SX": "Công ty Dược Mẫu",
            "TT_THAU": facilities.drug_tender(year, item.tender),
            "LOAI_THUOC": "1",
            **_bought(item, year),
        }
        for item in content().drugs.values()
    ]


def _supplies(start: int) -> list[Row]:
    year = moment(start).year
    return [
        {
            "MA_VAT_TU": item.code,
            "NHOM_VAT_TU": item.group_name,
            "TEN_VAT_TU": item.name,
            "MA_HIEU": item.model,
            "QUY_CACH": "Gói vô trùng",
            "HANG_SX": "Hãng Mẫu",
            "TYLE_TT_BH": "100",
            "DINH_MUC": "10",
            "TT_THAU": facilities.supply_tender(year),
            **_bought(item, year),
        }
        for item in content().supplies.values()
    ]


def _services(place: Facility, start: int) -> list[Row]:
    wards = {part.code for part in place.kind.departments}
    rows = []
    changed = start - _REFORM_GAP * DAY
    for item in content().services.values():
        bed = item.key in wards or item.key in {"ban_ngay", "luu"}
        offered = item.key in place.kind.exams if item.specialty else bed or item.dept in wards
        if not offered:
            continue
        # The price before the change stays in the list as a closed row.
        old = _service(item, start, item.price * _OLD_PRICE // 100)
        rows.append({**old, "TU_NGAY": _LISTED_SINCE, "DEN_NGAY": day8(changed)})
        rows.append({**_service(item, start, item.price), "TU_NGAY": day8(changed + DAY)})
    return rows


def _service(item: Service, day: int, price: int) -> Row:
    return {
        "MA_DICH_VU": item.code(day),
        "TEN_DICH_VU": item.name,
        "TEN_DVKT_GIA": item.name,
        "DON_GIA": price_text(price),
        "QUY_TRINH": "QT/01",
        "QD_DVKT": "QĐ mẫu 01",
        "QD_PD_GIA": "QĐ mẫu 02",
        "GIA_THANH_TOAN": price_text(price),
    }


def _machines(place: Facility) -> list[Row]:
    return [
        {
            "TEN_TB": f"Máy mẫu {group}",
            "KY_HIEU": f"MAU-{group}",
            "CONGTY_SX": "Hãng Mẫu",
            "NUOC_SX": "Việt Nam",
            "NAM_SX": "2019",
            "NAM_SD": "2020",
            "MA_MAY": code,
            "SO_LUU_HANH": "LH-99-01",
            "TU_NGAY": _LISTED_SINCE,
        }
        for group in place.kind.machines
        for code in facilities.machine_codes(place, group)
    ]


def _places(places: Sequence[Facility]) -> list[Row]:
    known: list[_Listed] = [(place.code, place.kind) for place in places]
    closed = {place.code: place.diary.closed for place in places}
    once = {content().places["refers_from"]: _CLOSED_ONCE}
    others: list[_Listed] = [(other.code, other) for other in facilities.other_facilities()]
    hours = content().places["hours"]
    rows = [
        {
            "MA_CSKCB": code,
            "TEN_CSKCB": what.name,
            "CAP_CMKT": what.level,
            "DIEM_XEP_CAP": what.points,
            "TUYEN_TRUOC_2025": what.former,
            "HANG_BV": _CLASS,
            "LOAI_HINH": what.type,
            "GIO_HOAT_DONG": hours.get(what.type, hours["facility"]),
            "NGUNG_TU": closed.get(code) or once.get(code, ""),
            "NGUNG_DEN": closed.get(code) or once.get(code, ""),
            "TU_NGAY": _LISTED_SINCE,
        }
        for code, what in [*known, *others]
    ]
    return [{"STT": str(i), **row} for i, row in enumerate(rows, 1)]


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)


def _write_xlsx(path: Path, names: Sequence[str], rows: Sequence[Row]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        book.set_properties({"created": _FIXED_DATE})
        sheet = book.add_worksheet("DATA")
        for at, cells in enumerate([names, *[[row.get(n, "") for n in names] for row in rows]]):
            for column, text in enumerate(cells):
                sheet.write_string(at, column, text)
