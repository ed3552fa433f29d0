"""What several twins need: money, parts, days, people and stretches of time."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from giamdinh.tables.codelists import pattern
from tests.oracle import slow

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from tests.oracle.twins import Claim, Item, Row

T = TypeVar("T")
_FIRST = datetime(1, 1, 1)  # noqa: DTZ001 - before all that is known
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
UNKNOWN, ABSENT, CLOSED, IN_FORCE = "unknown", "absent", "closed", "in force"


def said(value: Fraction) -> str:
    """A number as the format writes it: a dot, no needless zeros."""
    whole, rest = divmod(abs(value) * 1000, 1000)
    assert rest.denominator == 1, value
    tail = f"{int(rest):03d}".rstrip("0")
    return ("-" if value < 0 else "") + str(int(whole)) + (f".{tail}" if tail else "")


def share(money: Fraction | None, part: Fraction, whole: Fraction) -> Fraction:
    """Money * part / whole in hundredths of a đồng, half up."""
    return slow.half_away((money or Fraction(0)) * part / whole, 2)


def paid(row: Row) -> bool:
    """Whether the fund is asked to pay anything for a row."""
    return (row["T_BHTT"] or 0) > 0


def parts(text: str, separator: str = ";") -> list[str]:
    return slow.split(text, separator)


def folded(text: str) -> str:
    """A text without regard to capitals and blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def minutes(start: datetime, end: datetime) -> int:
    return (end - start) // MINUTE


def days(start: datetime, end: datetime) -> int:
    """Calendar days from one moment to another."""
    return (end.date() - start.date()).days


def grouped(things: Iterable[T], key: Callable[[T], Hashable]) -> dict[Hashable, list[T]]:
    """Things by key, in their order; those with the key None are left out."""
    found: dict[Hashable, list[T]] = {}
    for thing in things:
        own = key(thing)
        if own is not None:
            found.setdefault(own, []).append(thing)
    return found


def number_of(item: Item, column: str) -> Fraction | None:
    """A number in a catalogue."""
    return Fraction(item[column]) if item[column] else None


def state(items: Iterable[Item], facility: str, of_key: Callable[[Item], bool],
          when: datetime) -> str:  # fmt: skip
    """What a list kept by facilities says about a key on a day.

    It says nothing about the days before its first row, and nothing when a row of the key cannot
    be read; rows without facility are for all.
    """
    own = [item for item in items if item.facility in (facility, "")]
    begun = any(item.readable and item.since <= when for item in own)
    rows = [item for item in own if of_key(item)]
    if not facility:
        return UNKNOWN
    if any(item.on(when) for item in rows):
        return IN_FORCE
    if not begun or any(not item.readable for item in rows):
        return UNKNOWN
    return CLOSED if rows else ABSENT


def filler(number: str) -> bool:
    """One digit again and again stands for no number."""
    return len(set(number)) == 1


def insurance_number(text: str) -> str:
    """The ten digits of the person in the first card of a text."""
    first = text.split(";", maxsplit=1)[0].strip()
    match = re.fullmatch(r"([A-Z]{2}[0-9]{3})?([0-9]{10})", first)
    return "" if match is None or filler(match[2]) else match[2]


def identity_number(text: str) -> str:
    return text if pattern("CCCD_12").fullmatch(text) and not filler(text) else ""


def persons(claims: Sequence[Claim]) -> list[Hashable]:
    """Who each claim is about, None where nobody can be told for certain.

    The insurance number decides, else the identity number, which stands for the insurance number
    that other claims give with it if there is only one. A mother and her newborn on one card are
    told apart by year of birth and sex, infants by their names, and a card that comes with several
    identity numbers by these.
    """
    cards_of: dict[str, set[str]] = {}
    for claim in claims:
        card, identity = _numbers(claim)
        if card and identity:
            cards_of.setdefault(identity, set()).add(card)
    keys: list[Hashable] = []
    identities: dict[Hashable, set[str]] = {}
    for claim in claims:
        key = _person(claim, cards_of)
        keys.append(key)
        if key is not None and _numbers(claim)[1]:
            identities.setdefault(key, set()).add(_numbers(claim)[1])
    return [
        (key, _numbers(claim)[1]) if len(identities.get(key, ())) > 1 else key
        for key, claim in zip(keys, claims, strict=True)
    ]


def _numbers(claim: Claim) -> tuple[str, str]:
    head = claim.head
    return insurance_number(head.text("MA_THE_BHYT")), identity_number(head.text("SO_CCCD"))


def _person(claim: Claim, cards_of: dict[str, set[str]]) -> Hashable:
    card, identity = _numbers(claim)
    if not card and len(cards_of.get(identity, ())) == 1:
        card = next(iter(cards_of[identity]))
    born, sex = claim.head.text("NGAY_SINH")[:4], claim.head.text("GIOI_TINH")
    if not (card or identity) or not born or not sex:
        return None
    name = ""
    came = claim["NGAY_VAO"]
    if came is not None and came.year - (int(born) if born.isdecimal() else 0) <= 1:
        name = "".join(folded(claim.head.text("HO_TEN")).split())
    return (card or f"CCCD {identity}", born, sex, name)


def in_order(rows: Iterable[Row], when: Callable[[Row], datetime | None]) -> list[Row]:
    """Rows by time; at one time by facility, MA_LK and place in the claim."""

    def key(row: Row) -> tuple[datetime, str, str, int]:
        head = row.claim.head
        return when(row) or _FIRST, head.text("MA_CSKCB"), head.text("MA_LK"), row.at

    return sorted(rows, key=key)


def practitioners(text: str) -> list[tuple[str, str]]:
    """The persons of a field as (code, other facility or "").

    `;` or a new line stands between them, helpers are in brackets, suffixes name where a person
    comes from (.TX .HD .CG .C and five characters) or the trainee who helped (twelve digits).
    """
    found = []
    for part in re.split(r"[;\r\n]", re.sub(r"\([^)]*(\)|$)", "", text)):
        code, away = "".join(part.split()).upper(), ""
        while match := re.search(r"\.(TX|HD|CG|C)\.([0-9A-Z]{5})$", code):
            code, away = code[: match.start()], match[2]
        if "/" in code:
            code = re.sub(r"\.[0-9]{12}$", "", code)
        if code:
            found.append((code, away))
    return found


def base_service(code: str) -> str:
    """A service code without the marks of anaesthesia, stopping and other facilities."""
    return re.split(r"_|\.[KC]\.", code)[0]


def years(since: datetime, until: datetime) -> int:
    """Completed years."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


def icd_codes(cell: str) -> Callable[[str], bool]:
    """Whether a diagnosis is one of the codes of a list's cell, under one, or in a range there."""
    words = ["".join(w.split()).upper() for w in re.split("[;,]", cell.replace("–", "-"))]
    words = [re.sub("[.*]", "", word) for word in words]

    def has(code: str) -> bool:
        plain = code.replace(".", "").rstrip("+*†").upper()
        for word in filter(None, words):
            match = re.fullmatch("([A-Z][0-9]{2})[0-9A-Z]*-([A-Z]?[0-9]{2})[0-9A-Z]*", word)
            if match is None:
                if plain.startswith(word):
                    return True
                continue
            last = match[2] if match[2][0].isalpha() else match[1][0] + match[2]
            if match[1] <= plain[:3] <= last:
                return True
        return False

    return has


def unmarked(text: str) -> str:
    """Capital letters and digits without accents."""
    spread = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return re.sub("[^A-Z0-9]", "", spread)
