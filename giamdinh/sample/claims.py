"""Whole episodes: the patient arrives, is examined, treated and leaves; XML1 sums it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import documents, law, people
from giamdinh.sample.content import content
from giamdinh.sample.days import next_workday
from giamdinh.sample.lines import (
    SURGERY,
    Visit,
    bed,
    drug,
    exam,
    last_note,
    nights,
    note,
    operation_note,
    procedure,
    supply,
    tests,
)
from giamdinh.sample.model import DAY, HOUR, Claim, day8, dice, stamp
from giamdinh.sample.money import settle
from giamdinh.sample.returns import link
from giamdinh.tables.specs import CLAIM_TABLE, version_rank
from giamdinh.tables.values import moment, number_text

if TYPE_CHECKING:
    from giamdinh.sample.content import Plan
    from giamdinh.sample.model import Facility, Row
    from giamdinh.sample.returns import Before

_OPENING = 7 * HOUR
_ARRIVALS = ((15, 150), (360, 420))
_WARD_ROUND = 8 * HOUR + 30
_SESSION = 8 * HOUR
_SUPPORT = 20_000
_EXEMPT_SINCE = 40
_WARD = {"nhi": "K18", "san": "K27", "ngoai": "K19"}
_OVER_LIMIT = "20000000"
_RESULTS = "12"


def make_claim(
    place: Facility, plan: Plan, serial: int, day: int, before: Before | None = None
) -> Claim:
    """One valid episode that begins on `day` (midnight, minutes since 1970).

    With `before` it is another one of that patient, whose cards the registry has already.
    """
    rng = dice("claim", place.seed, serial, plan.key)
    disease = content().diseases[rng.choice(plan.diseases)]
    disease = before.claim.disease if before and before.same else disease
    patient = before.claim.patient if before else None
    patient = patient or people.make_patient(place, plan, disease, serial, day)
    claim = Claim(place, plan, disease, patient, law.format_version(day))
    claim.rows[CLAIM_TABLE] = [_identity(claim, serial, day)]
    stay = law.is_inpatient(plan.care, day)
    arrival = day + _OPENING + rng.randint(*_ARRIVALS[0 if stay or rng.random() < 0.7 else 1])  # noqa: PLR2004
    doctor = rng.choice(place.people("K01", "bac_si"))
    arrival = before.arrival if before and before.arrival else arrival
    visit = Visit(claim, rng, arrival, doctor, "K01")
    (_inpatient if stay else _outpatient)(visit)
    _finish(visit, arrival)
    settle(claim)
    documents.add_documents(claim, visit.doctor)
    if before:
        link(claim, before)
    else:
        claim.register.extend(_register(claim))
    return claim


def _outpatient(visit: Visit) -> None:
    plan, disease, rng = visit.claim.plan, visit.claim.disease, visit.rng
    if plan.exams:
        _exams(visit)
    if "no_tests" not in plan.flags and plan.care != "02":
        tests(visit, disease.tests)
    for session in range(plan.sessions):
        if session:
            visit.now = next_workday(visit.now - visit.now % DAY + DAY) + _SESSION
        if "no_procedures" not in plan.flags:
            _procedures(visit)
        if plan.care == "02":
            note(visit, visit.now + 2, session)
        if session == 0:
            _prescribe(visit)
    visit.now += rng.randint(15, 25)


def _exams(visit: Visit) -> None:
    plan, claim = visit.claim.plan, visit.claim
    emergency = plan.category.startswith("cap_cuu")
    opening = "cap_cuu" if emergency else claim.disease.exam
    offered = claim.place.kind.exams
    first = opening if opening in offered else offered[0]
    fitting = [key for key in offered if key not in {first, "cap_cuu", "san", "nhi"}]
    for order, key in enumerate([first, *fitting][: plan.exams], start=1):
        exam(visit, key, law.exam_percent(order, visit.now))


def _procedures(visit: Visit) -> None:
    disease, plan = visit.claim.disease, visit.claim.plan
    first: Row | None = None
    for key in disease.procedures:
        operation = content().services[key].anaesthesia == "1"
        again = operation and first is not None
        percent = law.second_operation_percent(visit.now) if again else 100
        line = procedure(visit, key, percent)
        first = first or line
        if line["MA_NHOM"] == SURGERY:
            operation_note(visit, line)
    if first is not None and plan.sessions == 1:
        for key in disease.supplies:
            supply(visit, key, first, "G1")


def _prescribe(visit: Visit) -> None:
    for key in visit.claim.disease.drugs:
        drug(visit, key, visit.claim.disease.days, visit.now + 4)
    if visit.claim.plan.key == "kham_dong_chi_tra":
        drug(visit, "vitamin", visit.claim.disease.days, visit.now + 4)
    visit.now += 10


def _inpatient(visit: Visit) -> None:
    plan, claim, arrived = visit.claim.plan, visit.claim, visit.now
    emergency = plan.category == "cap_cuu"
    if plan.exams:
        _exams(visit)
    if emergency and plan.stay[1] and "no_tests" not in plan.flags:
        tests(visit, claim.disease.tests)
        visit.now = max(visit.now, arrived + 2 * HOUR + 5)
    admitted = visit.now + visit.rng.randint(10, 20)
    claim.head["NGAY_VAO_NOI_TRU"] = stamp(admitted)
    _to_ward(visit, admitted)
    if (not emergency or not plan.stay[1]) and "no_tests" not in plan.flags:
        tests(visit, claim.disease.tests)
    _procedures(visit)
    stay = visit.rng.randint(*plan.stay)
    if stay:
        left = admitted - admitted % DAY + stay * DAY + 14 * HOUR + visit.rng.randint(0, 90)
    else:
        left = admitted + plan.hours * HOUR + visit.rng.randint(0, 20)
    _daily_care(visit, admitted, left)
    if plan.care != "09":
        _beds(visit, admitted, left)
    visit.now = left


def _to_ward(visit: Visit, admitted: int) -> None:
    place, claim = visit.claim.place, visit.claim
    ward = _WARD.get(claim.disease.exam, "K03")
    if claim.plan.wards > 1 or claim.plan.care == "09":
        ward = "K02"
    visit.department = ward
    visit.doctor = place.people(ward, "bac_si")[0]
    note(visit, admitted + 5, 0)
    visit.now = admitted + 10


def _daily_care(visit: Visit, admitted: int, left: int) -> None:
    claim = visit.claim
    started = visit.now
    for number in range(nights(admitted, left) + 1):
        midnight = admitted - admitted % DAY + number * DAY
        at = started + 10 if number == 0 else midnight + _WARD_ROUND + visit.rng.randint(0, 20)
        if number:
            note(visit, at, number)
        for key in claim.disease.drugs:
            drug(visit, key, 1, at + 5)
        if "outside_list" in claim.plan.flags:
            drug(visit, "ngoai_danh_muc", 1, at + 5)
    if "payer" in claim.plan.flags:
        drug(visit, "lao_chuong_trinh", 1, started + 15)
    if "dies" in claim.plan.flags:
        last_note(visit, left - 10)


def _beds(visit: Visit, admitted: int, left: int) -> None:
    plan = visit.claim.plan
    whole = nights(admitted, left)
    if plan.flags & {"transfer", "dies"}:
        whole += 1
    ward = visit.department
    key = {"04": "ban_ngay", "06": "luu"}.get(plan.care, ward)
    spans = [(admitted + i * DAY, admitted + (i + 1) * DAY) for i in range(max(whole, 1))]
    spans[-1] = (spans[-1][0], left)
    if plan.wards == 1:
        for span in spans:
            bed(visit, key, span, ("1.000", _room(visit, ward, admitted, left)))
        return
    middle = len(spans) // 2
    change = spans[middle][0] + 4 * HOUR
    for span in spans[:middle]:
        bed(visit, ward, span, ("1.000", _room(visit, ward, admitted, change)))
    bed(visit, ward, (spans[middle][0], change), ("0.500", _room(visit, ward, admitted, change)))
    visit.department = "K03"
    visit.doctor = visit.claim.place.people("K03", "bac_si")[0]
    second = _room(visit, "K03", change, left)
    bed(visit, "K03", (change, spans[middle][1]), ("0.500", second))
    for span in spans[middle + 1 :]:
        bed(visit, "K03", span, ("1.000", second))


def _room(visit: Visit, ward: str, since: int, until: int) -> str:
    taken = {
        row["MA_KHOA"]: row["MA_GIUONG"] for row in visit.claim.lines("XML3") if "MA_GIUONG" in row
    }
    if ward in taken:
        return taken[ward]
    diary = visit.claim.place.diary
    return f"H{diary.room(f'{ward}/', since, until):03d}"


def _identity(claim: Claim, serial: int, day: int) -> Row:
    patient, names = claim.patient, content().names
    cards = patient.cards
    child = cards[0].code.startswith("TE")
    return {
        "MA_LK": f"{claim.place.code}{moment(day):%y%m}{serial:06d}",
        "STT": "1",
        "MA_BN": patient.number,
        "HO_TEN": patient.name,
        "SO_CCCD": patient.identity,
        "NGAY_SINH": stamp(patient.born),
        "GIOI_TINH": patient.sex,
        "MA_QUOCTICH": names["nation"],
        "MA_DANTOC": names["ethnic"],
        "MA_NGHE_NGHIEP": "00" if version_rank(claim.version) >= version_rank("3176") else "00000",
        **patient.address,
        "MA_THE_BHYT": ";".join(card.code for card in cards),
        "MA_DKBD": ";".join(card.facility for card in cards),
        "GT_THE_TU": ";".join(day8(card.since) for card in cards),
        "GT_THE_DEN": ";".join(day8(card.until) for card in cards),
        "NAM_NAM_LIEN_TUC": "" if child else day8(patient.five_years),
        "CAN_NANG": patient.weight,
    }


def _finish(visit: Visit, arrived: int) -> None:
    claim, left = visit.claim, visit.now
    disease, plan, head = claim.disease, claim.plan, claim.head
    stay = law.is_inpatient(plan.care, left)
    claim.version = law.format_version(left)
    head |= {
        "LY_DO_VV": disease.reason,
        "CHAN_DOAN_VAO": disease.text.partition(";")[0],
        "CHAN_DOAN_RV": disease.text,
        "MA_BENH_CHINH": disease.icd,
        "MA_BENH_KT": ";".join(disease.more),
        "MA_PTTT_QT": ";".join(dict.fromkeys(_written(claim, "MA_PTTT_QT"))),
        "MA_TAI_NAN": disease.accident or "0",
        "NGAY_VAO": stamp(arrived),
        "NGAY_RA": stamp(left),
        "PP_DIEU_TRI": "Điều trị theo phác đồ, theo dõi diễn biến",
        "KET_QUA_DTRI": visit.rng.choice(_RESULTS),
        "MA_LOAI_RV": "1",
        "NGAY_TTOAN": stamp(left + visit.rng.randint(5, 12)),
        "NAM_QT": f"{moment(left):%Y}",
        "THANG_QT": str(moment(left).month),
        "MA_LOAI_KCB": plan.care,
        "MA_KHOA": ";".join(dict.fromkeys(row["MA_KHOA"] for row in claim.lines("XML3", "XML2"))),
        "MA_CSKCB": claim.place.code,
        "MA_HSBA": f"HS{claim.key}",
        "MA_TTDV": claim.place.head.number,
        "GHI_CHU": "Uống thuốc theo đơn, tái khám khi có dấu hiệu bất thường",
    }
    if stay:
        head |= {"LY_DO_VNT": disease.reason, "MA_LY_DO_VNT": "01"}
    head |= _category(visit, left, stay=stay)
    head |= _outcome(visit, left)
    head["SO_NGAY_DTRI"] = str(_stay_days(claim, arrived, left))


def _written(claim: Claim, name: str) -> list[str]:
    return [row[name] for row in claim.lines("XML3") if row.get(name)]


def _category(visit: Visit, left: int, *, stay: bool) -> Row:
    claim, how = visit.claim, visit.claim.plan.category
    key = {"tu_den": "tu_den_noi_tru" if stay else "tu_den_ngoai_tru"}.get(how, how)
    kinds = content().categories[key.removesuffix("_ngoai_tru") if "cap_cuu" in key else key]
    dated = kinds.get(claim.place.kind.key) or kinds["any"]
    row = {"MA_DOITUONG_KCB": [code for since, code in dated if since <= left][-1]}
    number = f"{visit.rng.randint(100, 999)}/{moment(left):%Y}"
    if how == "chuyen_den":
        row |= {"MA_NOI_DI": content().places["refers_from"], "GIAY_CHUYEN_TUYEN": f"{number}/GCT"}
    elif how == "hen_lai":
        row["GIAY_CHUYEN_TUYEN"] = f"{number}/HKL"
    return row


def _outcome(visit: Visit, left: int) -> Row:
    claim, flags = visit.claim, visit.claim.plan.flags
    row: Row = {}
    if "transfer" in flags:
        destination = content().places["refers_to"]
        row |= {"MA_LOAI_RV": "2", "KET_QUA_DTRI": "3", "MA_NOI_DEN": destination}
    if "dies" in flags:
        row |= {"KET_QUA_DTRI": "5", "GHI_CHU": ""}
    if "birth" in flags:
        row["CAN_NANG_CON"] = str(visit.rng.randint(28, 37) * 100)
    if "follow" in flags:
        row["NGAY_TAI_KHAM"] = day8(next_workday(left + claim.disease.days * DAY))
    if "exempt" in flags:
        day_of_year = moment(left).timetuple().tm_yday
        row["NGAY_MIEN_CCT"] = stamp(left - left % DAY - min(day_of_year - 1, _EXEMPT_SINCE) * DAY)
    if "payer" in flags:
        _support(claim)
    return row


def _support(claim: Claim) -> None:
    for line in claim.lines("XML3"):
        if line.get("MA_GIUONG"):
            line["T_NGUONKHAC_VTTN"] = number_text(_SUPPORT * 100, 2)


def _stay_days(claim: Claim, arrived: int, left: int) -> int:
    rule = law.stay_days_rule(claim.plan.care, claim.version, left)
    if rule == "ra_tru_vao_cong_1":
        return nights(arrived, left) + 1
    if rule == "so_ngay_dich_vu":
        return len({row["NGAY_YL"][:8] for row in claim.lines("XML3")})
    if rule.startswith("so_ngay_thuoc"):
        return claim.disease.days
    return 0


def _register(claim: Claim) -> list[Row]:
    head, patient = claim.head, claim.patient
    used = _OVER_LIMIT if "exempt" in claim.plan.flags else "0"
    return [
        {
            "MA_THE_BHYT": card.code,
            "SO_CCCD": patient.identity,
            "HO_TEN": patient.name,
            "NGAY_SINH": day8(patient.born),
            "GIOI_TINH": patient.sex,
            "MA_DKBD": card.facility,
            "GT_THE_TU": day8(card.since),
            "GT_THE_DEN": day8(card.until),
            "MUC_HUONG_SO": card.code[2],
            "NAM_NAM_LIEN_TUC": head["NAM_NAM_LIEN_TUC"],
            "LUY_KE_CCT": used,
            "TRANG_THAI": "000",
            "NGAY_TRA_CUU": head["NGAY_VAO"][:8],
        }
        for card in patient.cards
    ]
