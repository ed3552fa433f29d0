"""Errors that show only beside earlier months: each has a claim a month before, and one later.

A plant is a function `(two) -> findings`; it returns nothing where the months leave it no room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.catalogue_variants import twin
from giamdinh.sample.content import content
from giamdinh.sample.days import is_workday
from giamdinh.sample.lines import price_text
from giamdinh.sample.model import DAY, HOUR, day8, stamp
from giamdinh.sample.money import amount, half_up, minutes_of, scaled, settle
from giamdinh.sample.pairs import Maker, midnight, move, offered, plan, without_drugs
from giamdinh.sample.plants import first, free, line_hit
from giamdinh.sample.plants_again import marked, over_sessions, small_parts
from giamdinh.sample.returns import fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.sample.catalogue_files import Lists
    from giamdinh.sample.diary import Bookings
    from giamdinh.sample.model import Claim, Facility, Row
    from giamdinh.sample.pairs import Found

    Marks = tuple[int, int, list[tuple[Facility, Bookings]]]

Fitting = Callable[["Claim"], bool]

LIMITED, RISEN = 93, 94
"""Marks of twins: had in a small number only; many times as dear since the later month began."""
_AMOXICILLIN, _THREAD, _KNEE, _STATIN = "40.154", "N05.02.030", "N06.04.053", "40.549"
_SEWING = "khau_vet_thuong"
_PILLS, _THREADS = "20", "2"
"""What the lists have of the limited drug and supply: as much as one claim uses."""
_RISEN_PRICE = 101_000_000
"""In thousandths."""
_TRIES, _PATIENTS, _VISITS = 40, 12, 5
_EARLY, _LATE = 2, 12
"""Working days of a month, counted from 0."""
_OPERATION, _PROCEDURE = "8", "18"
_PAUSE, _UNTIL_NIGHT = 10, 11 * HOUR


@dataclass(frozen=True, slots=True)
class Two:
    """Who makes the claims of the month before, and those of the month itself."""

    before: Maker
    after: Maker

    def earlier(self, key: str, number: int, fitting: Fitting = bool) -> Claim | None:
        """A claim of somebody new on a working day of the month before."""
        return self.new(self.before, key, _workday(self.before, number), fitting)

    def now(self, key: str, number: int, fitting: Fitting = bool) -> Claim | None:
        """The same in the month itself."""
        return self.new(self.after, key, _workday(self.after, number), fitting)

    def new(self, maker: Maker, key: str, day: int, fitting: Fitting) -> Claim | None:
        """A claim of somebody new at the largest facility that has one that fits."""
        for place in offered(maker, plan(key))[::-1]:
            for _ in range(_TRIES):
                marks = self.marks()
                made = maker.stranger(place, plan(key), day)
                if made is not None and fitting(made):
                    return made
                self.undo(marks)
        return None

    def again(
        self, claim: Claim, number: int, key: str = "", fitting: Fitting = bool
    ) -> Claim | None:
        """The patient of an earlier claim comes on a working day of the month itself.

        With `key` it is for something else, perhaps at another facility.
        """
        day, kind = _workday(self.after, number), plan(key) if key else claim.plan
        places = [claim.place] if claim.place.kind.key in kind.at else offered(self.after, kind)
        for place in places * _VISITS:
            marks = self.marks()
            made = self.after.again(claim, day, kind if key else None, place)
            if made and fits(claim.patient, kind, made.disease, day) and fitting(made):
                return made
            self.undo(marks)
        return None

    def pair(
        self, kind: str, key: str = "", fitting: tuple[Fitting, Fitting] = (bool, bool)
    ) -> tuple[Claim, Claim] | None:
        """Somebody comes early in the month before, and again weeks later, as in `again`."""
        for _ in range(_PATIENTS):
            marks = self.marks()
            claim = self.earlier(kind, _EARLY, fitting[0])
            later = self.again(claim, _LATE, key, fitting[1]) if claim else None
            if claim and later:
                return claim, later
            self.undo(marks)
        return None

    def marks(self) -> Marks:
        """What was made and booked so far, for `undo`."""
        booked = [(place, place.diary.bookings()) for place in self.before.places]
        return len(self.before.made), len(self.after.made), booked

    def undo(self, marks: Marks) -> None:
        """Nothing was made since."""
        before, after, booked = marks
        del self.before.made[before:], self.after.made[after:]
        for place, bookings in booked:
            place.diary.back_to(bookings)


def _workday(maker: Maker, number: int) -> int:
    return [day for day in maker.days if is_workday(day)][number]


def limit_passed(two: Two) -> Found | None:
    """The co-payments of the year are above the limit, and the next visit has one."""
    pair = two.pair("noi_tru_vat_tu", "chuyen_den_ngoai_tru", (_fifth_shared, _shared))
    if pair is None:
        return None
    claim, later = pair
    knee = next(row for row in claim.lines("XML3") if row.get("MA_VAT_TU") == _KNEE)
    knee["SO_LUONG"] = "2.000"
    settle(claim)
    day = midnight(claim)
    limit = law.number("LUONG_CO_SO", day) * law.number("SO_THANG_MIEN_CCT", day) * 100
    passed = amount(claim.head, "T_BNCCT") > limit
    return [(later, free("XML1", "T_BNCCT").right("0"))] if passed else None


def _fifth_shared(claim: Claim) -> bool:
    return claim.head["MA_THE_BHYT"][2] == "4"


def _shared(claim: Claim) -> bool:
    return bool(amount(claim.head, "T_BNCCT"))


def exempt_unearned(two: Two) -> Found | None:
    """The registry knows of co-payments that no claim of the year has; so have all like that."""
    claim = two.now("noi_tru_mien", _EARLY)
    others = [one for one in two.after.all if "exempt" in one.plan.flags]
    return [(one, free("XML1", "NGAY_MIEN_CCT")) for one in (*others, claim) if one]


def split_over_months(two: Two) -> Found | None:
    """The last day of a month and the first of the next have the two parts of a visit."""
    apart = _workday(two.after, 0) - _workday(two.before, -1)
    if apart > law.number("SO_NGAY_TACH_HO_SO", two.after.days[0]) * DAY:
        return None
    for _ in range(_TRIES):
        marks = two.marks()
        claim = two.earlier("kham_mot", -1)
        later = two.again(claim, 0) if claim else None
        if claim is None or later is None:
            return None
        without_drugs(later)
        if small_parts(claim, later):
            return [(later, free("XML1", "T_TONGCHI_BH"))]
        two.undo(marks)
    return None


def _both(two: Two, kind: str, find: Callable[[Claim], Row | None]) -> list[tuple[Claim, Row]]:
    """Two patients of one facility in the two months, each with a line that the fund pays for."""

    def fitting(claim: Claim) -> bool:
        row = find(claim)
        return row is not None and bool(amount(row, "T_BHTT"))

    claim = two.earlier(kind, _EARLY, fitting)
    later = two.now(
        kind, _EARLY, lambda c: claim is not None and c.place is claim.place and fitting(c)
    )
    return [(c, row) for c in (claim, later) if c and (row := find(c))] if later else []


def _used_up(two: Two, kind: str, table: str, where: tuple[str, str]) -> Found | None:
    """What the list has of a drug or supply is used a month before; `where`: field and code."""
    field, code = where
    pair = _both(two, kind, lambda claim: first(claim.lines(table), **{field: code}))
    for _, row in pair:
        row[field] = twin(code, LIMITED)
    if len({row["SO_LUONG"] for _, row in pair}) != 1:
        return None
    later, row = pair[-1]
    over = 200 - law.number("PHAN_TRAM_SO_LUONG_THAU", midnight(later))
    return [(later, line_hit(table, row, "SO_LUONG", half_up(amount(row, "T_BHTT") * over, 100)))]


def drug_used_up(two: Two) -> Found | None:
    """A drug beyond the tendered quantity."""
    return _used_up(two, "kham_mot", "XML2", ("MA_THUOC", _AMOXICILLIN))


def supply_used_up(two: Two) -> Found | None:
    """A supply beyond it."""
    return _used_up(two, "tai_nan", "XML3", ("MA_VAT_TU", _THREAD))


def transfer_used_up(two: Two) -> Found | None:
    """A transferred technique more often than was transferred."""
    pair = _both(two, "tai_nan", lambda claim: first(claim.lines("XML3"), MA_NHOM=_PROCEDURE))
    for claim, row in pair:
        marked(claim, row, LIMITED)
    return [(pair[-1][0], line_hit("XML3", pair[-1][1], "SO_LUONG"))] if pair else None


def far_from_the_appointment(two: Two) -> Found | None:
    """A visit by the slip weeks after its day."""
    pair = two.pair("kham_hen_lai", "hen_kham_lai")
    return [(pair[1], free("XML1", "NGAY_VAO"))] if pair else None


def slip_used_again(two: Two) -> Found | None:
    """One slip for two visits."""
    return _same_paper(two, "hen_kham_lai", "GIAY_CHUYEN_TUYEN")


def referral_used_for_long(two: Two) -> Found | None:
    """One referral for two visits weeks apart, for a disease that does not allow it."""
    return _same_paper(two, "chuyen_den_ngoai_tru", "MA_BENH_CHINH")


def _same_paper(two: Two, kind: str, field: str) -> Found | None:
    pair = two.pair(kind)
    if pair is None:
        return None
    claim, later = pair
    later.head["GIAY_CHUYEN_TUYEN"] = claim.head["GIAY_CHUYEN_TUYEN"]
    return [(later, free("XML1", field))]


def referral_expired(two: Two) -> Found | None:
    """A referral that its sender made out weeks ago."""
    pair = two.pair("tram_chuyen", "chuyen_den_ngoai_tru")
    if pair is None:
        return None
    claim, later = pair
    number = claim.lines("XML13")[0]["GIAY_CHUYEN_TUYEN"]
    later.head.update({"MA_NOI_DI": claim.place.code, "GIAY_CHUYEN_TUYEN": number})
    return [(later, free("XML1", "GIAY_CHUYEN_TUYEN"))]


def operated_after_hours(two: Two) -> Found | None:
    """A surgeon who sewed all morning operates until night; that patient leaves a month later."""
    for _ in range(_TRIES):
        marks = two.marks()
        claim = two.earlier("tai_nan", -1)
        day = midnight(claim) if claim else 0
        stay = two.new(two.after, "noi_tru_phau_thuat", day, _paid_operation)
        if claim is None or stay is None:
            return None
        sewn, operation = _done(claim, _PROCEDURE), _done(stay, _OPERATION)
        begins, ends = minutes_of(sewn["NGAY_TH_YL"]), minutes_of(operation["NGAY_TH_YL"]) - _PAUSE
        if claim.place is stay.place and ends - begins > 2 * HOUR:
            sewn["NGUOI_THUC_HIEN"] = operation["NGUOI_THUC_HIEN"].partition(";")[0]
            move(claim, ends - minutes_of(sewn["NGAY_KQ"]), since=sewn["NGAY_KQ"])
            operation["NGAY_KQ"] = stamp(minutes_of(operation["NGAY_TH_YL"]) + _UNTIL_NIGHT)
            return [(stay, line_hit("XML3", operation, "NGUOI_THUC_HIEN"))]
        two.undo(marks)
    return None


def _done(claim: Claim, group: str) -> Row:
    return next(row for row in claim.lines("XML3") if row["MA_NHOM"] == group)


def _paid_operation(claim: Claim) -> bool:
    row = first(claim.lines("XML3"), MA_NHOM=_OPERATION)
    return row is not None and bool(amount(row, "T_BHTT"))


def price_risen(two: Two) -> Found | None:
    """A drug at many times of what it was a month before; the list has both prices."""
    pair = _both(two, "man_tinh", lambda claim: first(claim.lines("XML2"), MA_THUOC=_STATIN))
    pair[:1] += _both(two, "man_tinh", lambda c: first(c.lines("XML2"), MA_THUOC=_STATIN))[:1]
    for _, row in pair:
        row["MA_THUOC"] = twin(_STATIN, RISEN)
    if not pair:
        return None
    later, row = pair[-1]
    asked, usual = _RISEN_PRICE, scaled(row, "DON_GIA", 3)
    row["DON_GIA"] = price_text(_RISEN_PRICE)
    settle(later)
    over = half_up(amount(row, "T_BHTT") * (asked - usual), asked)
    return [(later, line_hit("XML2", row, "DON_GIA", over))]


def sessions_of_two_months(two: Two) -> Found | None:
    """More sessions of dialysis within thirty days than three a week."""
    claim = two.earlier("ngoai_tru_dot", _LATE)
    later = two.again(claim, 0) if claim else None
    if claim is None or later is None:
        return None
    without_drugs(later)
    return over_sessions(claim, later)


def limited_items(lists: Lists, start: int) -> None:
    """Adds to the lists what only these errors use; the later month begins at `start`."""
    for (_, kind), rows in lists.own.items():
        for row in _twins_of(kind, rows, start):
            rows.append({**row, "STT": str(len(rows) + 1)})


def _twins_of(kind: str, rows: Sequence[Row], start: int) -> list[Row]:
    """The twins of a list."""
    if kind == "thuoc":
        dear = dict.fromkeys(("DON_GIA", "DON_GIA_BH"), price_text(_RISEN_PRICE))
        statin = _twin(rows, "MA_THUOC", _STATIN, RISEN)
        few = {"SO_LUONG": _PILLS}
        return [
            _twin(rows, "MA_THUOC", _AMOXICILLIN, LIMITED) | few,
            statin | {"DEN_NGAY": day8(start - DAY)},
            statin | dear | {"TU_NGAY": day8(start)},
        ]
    if kind == "vat_tu":
        return [_twin(rows, "MA_VAT_TU", _THREAD, LIMITED) | {"SO_LUONG": _THREADS}]
    code = content().services[_SEWING].codes[-1][1]
    if kind == "dich_vu" and any(row["MA_DICH_VU"] == code for row in rows):
        giver = {"CSKCB_CGKT": content().places["refers_from"], "SO_LUONG_CGKT": "1"}
        return [_twin(rows, "MA_DICH_VU", code, LIMITED) | giver]
    return []


def _twin(rows: Sequence[Row], name: str, code: str, mark: int) -> Row:
    row = next(row for row in rows if row[name] == code and not row.get("DEN_NGAY"))
    return {**row, name: twin(code, mark)}


YEARLY = frozenset({"BEN-013"})
"""Rules that must know a whole year before."""
PLANTS: tuple[tuple[str, Callable[[Two], Found | None]], ...] = (
    ("BEN-012", limit_passed),
    ("BEN-013", exempt_unearned),
    ("BEN-020", split_over_months),
    ("CAT-013", drug_used_up),
    ("CAT-030", supply_used_up),
    ("CAT-053", transfer_used_up),
    ("CRD-022", far_from_the_appointment),
    ("CRD-023", slip_used_again),
    ("CRD-024", referral_expired),
    ("CRD-025", referral_used_for_long),
    ("DOC-015", operated_after_hours),
    ("MNY-034", price_risen),
    ("SVC-009", sessions_of_two_months),
)
