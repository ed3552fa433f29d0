"""Lines beside imported reference lists, and the conditions that such a list sets."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.tables.codelists import plain_icd
from tests.oracle import slow
from tests.oracle.twins.cat_lists import (
    Line,
    Shelf,
    asked,
    bare,
    beside,
    compact,
    drug_keys,
    service_keys,
    split,
    supply_keys,
)
from tests.oracle.twins.helpers import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.oracle.twins import Card, Claim, Item, Row

PLACES = {
    "MA_THUOC": ("XML2", "MA_THUOC"),
    "MA_HOAT_CHAT": ("XML2", "MA_THUOC"),
    "SO_DANG_KY": ("XML2", "SO_DANG_KY"),
    "MA_DICH_VU": ("XML3", "MA_DICH_VU"),
    "PREFIX_DVKT": ("XML3", "MA_DICH_VU"),
    "MA_VAT_TU": ("XML3", "MA_VAT_TU"),
}
AGES = ("TUOI_TU", "TUOI_DEN")
CONDITIONS = (
    "GIOI_TINH", *AGES, "MA_BENH", "MA_BENH_LOAI_TRU", "LOAI_KCB", "MA_KHOA", "HANG_BV",
    "KEM_MA", "PP_VO_CAM", "TYLE_TT_BH", "DUONG_DUNG",
)  # fmt: skip


@cache
def cell(text: str) -> list[str]:
    """The codes of a cell."""
    return [compact(part) for part in split(text)]


@cache
def keys_of(column: str, text: str) -> list[str]:
    """The names of a code in a column of a list, the most exact one first."""
    if column == "SO_DANG_KY":
        return [compact(text)]
    if column == "PREFIX_DVKT":
        return [compact(text)[:size] for size in range(len(compact(text)), 0, -1)]
    kinds = {"MA_DICH_VU": service_keys, "MA_VAT_TU": supply_keys}
    found = kinds.get(column, drug_keys)(text)
    wider = []
    if column == "MA_DICH_VU" and re.fullmatch(r"[0-9]{2}\.[0-9]{4}\..+", found[-1]):
        wider = [found[-1].rsplit(".", 1)[0]]
    return found + wider + [found[-1][:n] + "*" for n in range(len(found[-1]), -1, -1)]


def named(card: Card) -> tuple[str, list[str]]:
    """The column of codes of the card's first list, and the conditions that it names."""
    parts = [p for part in card.rule.needs[0].split(".")[1:] for p in part.split("|")]
    key = next(part for part in parts if part in PLACES)
    return key, [part for part in parts if part in CONDITIONS]


def listed(card: Card, claim: Claim, column: str) -> Iterator[Line]:
    """The lines paid for whose code the card's list names at any time."""
    table, field = PLACES[column]
    shelf = Shelf(card.items(card.rule.needs[0]), lambda i: cell(i[column]), everybody=True)
    for row in claim.rows(table):
        supply = field == "MA_DICH_VU" and row["MA_VAT_TU"] is not None
        if row[field] is None or supply or not asked(card, row):
            continue
        line = beside(card, row, shelf, [k for k in keys_of(column, row[field]) if k] or [""])
        if line.every:
            yield line


class Diseases:
    """The codes and ranges, such as I10-I15, that a cell names."""

    def __init__(self, text: str) -> None:
        words = [w for part in split(text) for w in cell(part.replace(",", ";"))]
        self.words = [w.replace(".", "").replace("–", "-").replace("*", "") for w in words]
        self.words = [word for word in self.words if word]

    @property
    def readable(self) -> bool:
        single = [w for w in self.words if self.span(w) is None]
        shape = r"[A-Z]([0-9][0-9A-Z]{0,5})?"
        return bool(self.words) and all(re.fullmatch(shape, word) for word in single)

    @staticmethod
    def span(word: str) -> tuple[str, str] | None:
        match = re.fullmatch(r"([A-Z])([0-9]{2})[0-9A-Z]*-([A-Z]?)([0-9]{2})[0-9A-Z]*", word)
        if match is None:
            return None
        letter, first, other, last = match.groups()
        return letter + first, (other or letter) + last

    def has(self, code: str) -> bool:
        plain = plain_icd(code)
        for word in self.words:
            span = self.span(word)
            if span is None and plain.startswith(word):
                return True
            if span is not None and span[0] <= plain[:3] <= span[1]:
                return True
        return False


def diagnosed(row: Row, text: str) -> bool:
    """Whether a diagnosis of the claim or of the line is among some codes."""
    codes = split(row.claim["MA_BENH_CHINH"]) + split(row.claim["MA_BENH_KT"])
    if row.table == "XML3":
        codes += split(row["MA_BENH"])
    wanted = Diseases(text)
    return any(wanted.has(code) for code in codes)


def age(line: Line, unit: str) -> int | None:
    """Completed years, months or days on the order date; None when the birth is not so known."""
    head = line.row.claim.head
    born, text = head["NGAY_SINH"], head.text("NGAY_SINH")
    if born is None or "00" in (text[4:6], text[6:8]) or born > line.when:
        return None
    if unit == "ngay":
        return (line.when.date() - born.date()).days
    months = (line.when.year - born.year) * 12 + line.when.month - born.month
    months -= line.when.day < born.day
    return months if unit == "thang" else months // 12


def meets(card: Card, line: Line, item: Item, column: str) -> bool | None:
    """Whether a line meets one condition of a row of the list; None when that is not known."""
    wanted, row = item[column], line.row
    if not wanted:
        return True
    if column in AGES:
        return _right_age(line, item, column)
    if column == "MA_BENH":
        return _indicated(row, wanted, item["TU_KHOA"])
    answers: dict[str, Callable[[], bool | None]] = {
        "GIOI_TINH": lambda: _sex(row, wanted),
        "MA_BENH_LOAI_TRU": lambda: _not_excluded(row, wanted),
        "LOAI_KCB": lambda: _care(card, row, wanted),
        "MA_KHOA": lambda: _department(row, wanted),
        "HANG_BV": lambda: _rank(card, row, wanted),
        "KEM_MA": lambda: _together(row.claim, wanted),
        "PP_VO_CAM": lambda: _anaesthesia(row, wanted),
        "TYLE_TT_BH": lambda: _ratio(row, wanted),
        "DUONG_DUNG": lambda: _route(row, wanted),
    }
    return answers[column]()


def _sex(row: Row, wanted: str) -> bool | None:
    mine = row.claim["GIOI_TINH"]
    return mine == wanted if {mine, wanted} <= {"1", "2"} else None


def _not_excluded(row: Row, wanted: str) -> bool | None:
    if diagnosed(row, wanted):
        return False
    return True if row.claim["MA_BENH_CHINH"] is not None else None


def _ratio(row: Row, wanted: str) -> bool | None:
    most, mine = whole(wanted), row["TYLE_TT_BH"]
    return None if mine is None or most is None else mine <= most


def _route(row: Row, wanted: str) -> bool | None:
    mine = row["DUONG_DUNG"]
    return None if mine is None else any(fits(mine, code) for code in cell(wanted))


def whole(text: str) -> int | None:
    if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]+)?", text) is None:
        return None
    return int(slow.half_away(Fraction(text), 0))


def fits(text: str, code: str) -> bool:
    return text.startswith(code[:-1]) if code.endswith("*") else text == code


def _right_age(line: Line, item: Item, column: str) -> bool | None:
    unit = item["DON_VI_TUOI"]
    limit, years = whole(item[column]), age(line, unit)
    if limit is None or years is None or unit not in ("", "nam", "thang", "ngay"):
        return None
    return years >= limit if column == "TUOI_TU" else years <= limit


def _indicated(row: Row, wanted: str, words: str) -> bool | None:
    if not Diseases(wanted).readable:
        return None
    texts = [folded(row.claim[f] or "") for f in ("CHAN_DOAN_RV", "CHAN_DOAN_VAO")]
    if diagnosed(row, wanted) or any(folded(w) in text for w in split(words) for text in texts):
        return True
    return False if row.claim["MA_BENH_CHINH"] is not None else None


def _care(card: Card, row: Row, wanted: str) -> bool | None:
    kind = row.claim["MA_LOAI_KCB"]
    words = [folded(word) for word in split(wanted.replace(",", ";"))]
    stays = {"noi tru": True, "nội trú": True, "ngoai tru": False, "ngoại trú": False}
    if kind is None or not all(w in stays or re.fullmatch("[0-9]{1,2}", w) for w in words):
        return None
    inpatient = kind in card.texts("NOI_TRU", row.claim.head)
    return any(stays[w] == inpatient if w in stays else w.zfill(2) == kind for w in words)


def departments(text: str) -> set[str]:
    """The departments of a field; a joint code also by its parts."""
    found = set()
    for code in cell(text):
        digits = code[1:].split(".")[0]
        found |= {code, *("K" + digits[i : i + 2] for i in range(0, len(digits), 2))}
    return found


def _department(row: Row, wanted: str) -> bool | None:
    mine, codes = row["MA_KHOA"], cell(wanted)
    if mine is None or not all(re.fullmatch("K[0-9]{2}.*|TYT|LKV|GKV", code) for code in codes):
        return None
    return bool(departments(mine) & set(codes))


RANKS = {"DACBIET": "0", "HANGDACBIET": "0", "I": "1", "HANGI": "1", "HANG1": "1", "II": "2",
         "HANGII": "2", "HANG2": "2", "III": "3", "HANGIII": "3", "HANG3": "3", "IV": "4",
         "HANGIV": "4", "HANG4": "4"}  # fmt: skip


def _rank(card: Card, row: Row, wanted: str) -> bool | None:
    """By the list of facilities, where all its rows about a facility name one and the same."""
    classes = {RANKS.get(bare(word), word) for word in split(wanted.replace(",", ";"))}
    mine = {i["HANG_BV"] for i in card.items("co_so") if i["MA_CSKCB"] == row.claim["MA_CSKCB"]}
    known = {"0", "1", "2", "3", "4"}
    if not classes <= known or len(mine) != 1 or not mine <= known:
        return None
    return mine <= classes


def _together(claim: Claim, wanted: str) -> bool | None:
    if not are_codes(wanted):
        return None
    codes = set(cell(wanted))
    lines = [(r, "MA_THUOC") for r in claim.rows("XML2")]
    lines += [(r, "MA_DICH_VU") for r in claim.rows("XML3")]
    return any(codes & set(keys_of(f, r[f])) for r, f in lines if r[f] is not None)


def are_codes(text: str) -> bool:
    """Whether a cell holds codes, which have a digit or a dot, and no words."""
    return all(
        code == "*" or re.fullmatch(r"(?=.*[.0-9])[0-9A-ZĐ._+-]+\*?", code) for code in cell(text)
    )


def _anaesthesia(row: Row, wanted: str) -> bool | None:
    if row.table != "XML3":
        return True
    mine = row["PP_VO_CAM"]
    if mine is None or not all(code.isdigit() for code in cell(wanted)):
        return None
    return mine in cell(wanted)


def meets_all(card: Card, line: Line, item: Item, columns: list[str]) -> bool | None:
    """All conditions of a row: broken when one is, met when each one surely is."""
    answers = [meets(card, line, item, column) for column in columns]
    return False if False in answers else None if None in answers else True
