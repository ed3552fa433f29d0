"""Lines of XML2 to XML5: who ordered and did what, when, on which machine, with which result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.sample import facilities
from giamdinh.sample.content import PRICE_SCALE, content
from giamdinh.sample.model import DAY, stamp
from giamdinh.tables.specs import version_rank
from giamdinh.tables.values import moment, number_text, parse_number

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from giamdinh.sample.content import Drug, Item, Service, Supply
    from giamdinh.sample.model import Claim, Row, Staff

LAB, SURGERY = "1", "8"
_ORDER_DELAY = 3
_DISPENSED_AFTER = 10
_SAMPLED_AFTER = 10
_NOTED_AFTER = 3


@dataclass(slots=True)
class Visit:
    """An episode in progress: `now` moves on with every step (minutes since 1970)."""

    claim: Claim
    rng: random.Random
    now: int
    doctor: Staff
    department: str

    @property
    def payment(self) -> str:
        """MA_PTTT of the lines: 2 where outpatient care is paid by capitation."""
        outpatient = self.claim.plan.care == "01"
        return "2" if outpatient and self.claim.place.kind.capitation else "1"


def exam(visit: Visit, key: str, percent: int = 100) -> None:
    """An examination by the clinic doctor who is free first; he becomes the ordering doctor."""
    service = content().services[key]
    place = visit.claim.place
    department = "K02" if key == "cap_cuu" else "K01"
    done = {row["NGUOI_THUC_HIEN"] for row in visit.claim.lines("XML3")}
    doctors = [p for p in place.people(department, "bac_si") if p.licence not in done]
    ordered = visit.now
    visit.doctor = _soonest(visit, doctors, ordered + _ORDER_DELAY, service.minutes)
    visit.department = department
    start = place.diary.book([visit.doctor.licence], ordered + _ORDER_DELAY, service.minutes)
    visit.now = start + service.minutes
    line = _service_line(visit, service, (ordered, start, visit.now), [visit.doctor])
    line["TYLE_TT_DV"] = str(percent)


def tests(visit: Visit, keys: Sequence[str]) -> None:
    """All tests ordered together; `now` moves to the last result."""
    ordered = visit.now + _ORDER_DELAY
    ends = [_test(visit, content().services[key], ordered) for key in keys]
    visit.now = max(ends, default=visit.now)


def procedure(visit: Visit, key: str, percent: int = 100) -> Row:
    """A procedure or an operation by its team; `now` moves to its end."""
    service = content().services[key]
    team = _team(visit, service)
    names = [p.licence for p in team]
    ordered = visit.now + _ORDER_DELAY
    if service.machine:
        names.append(_machine(visit, service, ordered))
    start = visit.claim.place.diary.book(names, ordered + _ORDER_DELAY, service.minutes)
    visit.now = start + service.minutes
    line = _service_line(visit, service, (ordered, start, visit.now), team)
    line |= {"PP_VO_CAM": service.anaesthesia, "MA_PTTT_QT": service.qt}
    line["TYLE_TT_DV"] = str(percent)
    if service.machine:
        line["MA_MAY"] = names[-1]
    return line


def supply(visit: Visit, key: str, service_line: Row, package: str) -> None:
    """A supply used in a service; one with a ceiling is paid up to it."""
    item = content().supplies[key]
    capped = item.ceiling and version_rank(visit.claim.version) >= version_rank("3176")
    insured = min(item.price, item.ceiling) if capped else item.price
    line = visit.claim.add(
        "XML3",
        {
            **_supply_names(item, moment(visit.now).year),
            "MA_DICH_VU": service_line["MA_DICH_VU"],
            "TEN_DICH_VU": service_line["TEN_DICH_VU"],
            "GOI_VTYT": package,
            "SO_LUONG": f"{item.quantity}.000",
            "DON_GIA_BV": price_text(item.price),
            "DON_GIA_BH": price_text(insured),
            "T_TRANTT": number_text(item.ceiling // 10, 2) if capped else "",
            **_shared(visit),
            "NGAY_YL": service_line["NGAY_YL"],
            "NGAY_TH_YL": service_line["NGAY_TH_YL"],
        },
    )
    line["NGUOI_THUC_HIEN"] = service_line["NGUOI_THUC_HIEN"]


def drug(visit: Visit, key: str, days: int, at: int) -> Row:
    """A drug line for `days` days ordered at minute `at`."""
    item = content().drugs[key]
    quantity = 1 if item.whole else item.take * item.times * days
    line = visit.claim.add(
        "XML2",
        {
            "MA_THUOC": item.code,
            "MA_NHOM": "4",
            "TEN_THUOC": item.name,
            "DON_VI_TINH": item.unit,
            "HAM_LUONG": item.strength,
            "DUONG_DUNG": item.route,
            "DANG_BAO_CHE": item.form,
            "LIEU_DUNG": dose_text(item, days),
            "CACH_DUNG": "Dùng theo đơn",
            "SO_DANG_KY": item.registration,
            "TT_THAU": facilities.drug_tender(moment(at).year, item.tender),
            "PHAM_VI": item.scope,
            "TYLE_TT_BH": str(item.ratio),
            "SO_LUONG": f"{quantity}.000",
            "DON_GIA": price_text(item.price),
            "NGUON_CTRA": item.source,
            "MA_KHOA": visit.department,
            "MA_BAC_SI": visit.doctor.licence,
            "NGAY_YL": stamp(at),
            "NGAY_TH_YL": stamp(at + _DISPENSED_AFTER),
            "MA_PTTT": visit.payment,
        },
    )
    if item.source != "1":
        # A programme pays such a drug in full, so nothing is left for the fund.
        line["T_NGUONKHAC_NSNN"] = number_text(quantity * item.price, PRICE_SCALE)
    return line


def bed(visit: Visit, key: str, span: tuple[int, int], part: tuple[str, str]) -> None:
    """A bed line over `span` (minutes); `part` is SO_LUONG and MA_GIUONG."""
    service = content().services[key]
    line = _service_line(visit, service, (span[0], span[0], span[1]), [])
    line |= {"SO_LUONG": part[0], "MA_GIUONG": part[1], "DON_VI_TINH": "Ngày"}


def note(visit: Visit, at: int, number: int) -> None:
    """A progress note; its number and vital signs keep it unlike every other one."""
    rng = visit.rng
    opening = content().notes[number % len(content().notes)]
    text = (
        f"{opening}. Mạch {rng.randint(70, 96)} lần/phút, huyết áp {rng.randint(11, 14)}0/"
        f"{rng.randint(6, 8)}0 mmHg, nhiệt độ {rng.randint(365, 376) / 10} độ C; "
        f"theo dõi lần {number + 1}."
    )
    row = {"DIEN_BIEN_LS": text, "THOI_DIEM_DBLS": stamp(at)}
    visit.claim.add("XML5", {**row, "NGUOI_THUC_HIEN": visit.doctor.licence})


def operation_note(visit: Visit, operation: Row) -> None:
    """The note of an operation that has just ended."""
    visit.claim.add(
        "XML5",
        {
            "DIEN_BIEN_LS": f"Sau {operation['TEN_DICH_VU'].lower()}, người bệnh tỉnh, vết mổ khô",
            "PHAU_THUAT": f"{operation['TEN_DICH_VU']}; cuộc mổ thuận lợi, mất máu ít",
            "THOI_DIEM_DBLS": stamp(visit.now + _NOTED_AFTER),
            "NGUOI_THUC_HIEN": operation["NGUOI_THUC_HIEN"].partition(";")[0],
        },
    )


def last_note(visit: Visit, at: int) -> None:
    """The note of a death."""
    row = {"DIEN_BIEN_LS": content().dying, "THOI_DIEM_DBLS": stamp(at)}
    visit.claim.add("XML5", {**row, "NGUOI_THUC_HIEN": visit.doctor.licence})


def dose_text(item: Drug, days: int) -> str:
    """LIEU_DUNG in the prescribed notation."""
    if item.whole:
        return f"{item.times} lần/ngày * {days} ngày"
    unit = item.unit.lower()
    daily = item.take * item.times
    return f"{item.take} {unit}/lần * {item.times} lần/ngày * {days} ngày [{daily} {unit}/ngày]"


def price_text(price: int) -> str:
    """A unit price in thousandths, written with three decimals."""
    return f"{price // 10**PRICE_SCALE}.{price % 10**PRICE_SCALE:03d}"


def _test(visit: Visit, service: Service, ordered: int) -> int:
    place, rng = visit.claim.place, visit.rng
    performers = [p for p in place.people(service.dept, service.role) if p != visit.doctor]
    busy = service.minutes + service.wait
    start = ordered + _SAMPLED_AFTER
    performer = _soonest(visit, performers, start, busy)
    machine = _machine(visit, service, start)
    if service.group != LAB:
        start = place.diary.book([performer.licence, machine], start, busy)
    readers = [
        p for p in place.people(service.dept, "bac_si") if p not in (performer, visit.doctor)
    ]
    line = _service_line(visit, service, (ordered, start, start + busy), [performer])
    line["MA_MAY"] = machine
    _results(visit, service, line, rng.choice(readers))
    return start + busy


def _soonest(visit: Visit, people: Sequence[Staff], earliest: int, minutes: int) -> Staff:
    """Whoever is free first; among equals a different one in each visit."""
    mixed = visit.rng.sample(people, len(people))
    chosen = visit.claim.place.diary.soonest([p.licence for p in mixed], earliest, minutes)
    return next(p for p in mixed if p.licence == chosen)


def _machine(visit: Visit, service: Service, earliest: int) -> str:
    place = visit.claim.place
    codes = facilities.machine_codes(place, service.machine)
    return place.diary.soonest(codes, earliest, service.minutes + service.wait)


def _results(visit: Visit, service: Service, line: Row, reader: Staff) -> None:
    shared = {
        "MA_DICH_VU": line["MA_DICH_VU"],
        "NGAY_KQ": line["NGAY_KQ"],
        "MA_BS_DOC_KQ": reader.licence,
    }
    for item in service.items:
        found = {"MA_CHI_SO": item.code, "TEN_CHI_SO": item.name, "DON_VI_DO": item.unit}
        visit.claim.add("XML4", {**shared, **found, "GIA_TRI": _value(visit.rng, item)})
    if service.reports:
        seen, concluded = visit.rng.choice(service.reports)
        visit.claim.add("XML4", {**shared, "MO_TA": seen, "KET_LUAN": concluded})


def _value(rng: random.Random, item: Item) -> str:
    scale = len(item.low.partition(".")[2])
    low, high = parse_number(item.low, scale) or 0, parse_number(item.high, scale) or 0
    return number_text(rng.randint(low, high), scale)


def _team(visit: Visit, service: Service) -> list[Staff]:
    place = visit.claim.place
    people = place.people(service.dept, service.role)
    if service.group != SURGERY:
        return [_soonest(visit, people, visit.now, service.minutes)]
    done = [row for row in visit.claim.lines("XML3") if row["MA_NHOM"] == SURGERY]
    if done:
        # The second operation of a session is by the same team.
        names = done[0]["NGUOI_THUC_HIEN"].split(";")
        return [p for name in names for p in place.everyone if p.licence == name]
    surgeon, anaesthetist = visit.rng.sample(people[1:], 2)
    return [surgeon, anaesthetist, visit.rng.choice(place.people(service.dept, "dieu_duong"))]


def _service_line(
    visit: Visit, service: Service, times: tuple[int, int, int], people: Sequence[Staff]
) -> Row:
    ordered, start, end = times
    return visit.claim.add(
        "XML3",
        {
            "MA_DICH_VU": service.code(ordered),
            "TEN_DICH_VU": service.name,
            "MA_NHOM": service.group,
            "DON_VI_TINH": "Lần",
            "SO_LUONG": "1.000",
            "DON_GIA_BV": price_text(service.price),
            "DON_GIA_BH": price_text(service.price),
            **_shared(visit),
            "NGUOI_THUC_HIEN": ";".join(p.licence for p in people),
            "NGAY_YL": stamp(ordered),
            "NGAY_TH_YL": stamp(start),
            "NGAY_KQ": stamp(end),
        },
    )


def _shared(visit: Visit) -> Row:
    return {
        "PHAM_VI": "1",
        "TYLE_TT_DV": "100",
        "TYLE_TT_BH": "100",
        "MA_KHOA": visit.department,
        "MA_BAC_SI": visit.doctor.licence,
        "MA_BENH": visit.claim.disease.icd,
        "MA_PTTT": visit.payment,
    }


def _supply_names(item: Supply, year: int) -> Row:
    return {
        "MA_VAT_TU": item.code,
        "TEN_VAT_TU": item.name,
        "MA_NHOM": "10",
        "DON_VI_TINH": item.unit,
        "TT_THAU": facilities.supply_tender(year),
        "MA_HIEU_SP": item.model,
    }


def nights(since: int, until: int) -> int:
    """Calendar days between two moments."""
    return until // DAY - since // DAY
