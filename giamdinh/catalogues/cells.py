"""Cells as text: what spreadsheets and people write, brought to the form of the claim fields."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from functools import lru_cache

from giamdinh.tables.values import DAY, day_minutes

_YMD = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{4}(?:[0-9]{2})?)?")
_DMY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?:[ T].*)?")
_DMY_JOINED = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})(?:[ T].*)?")
_MONTH = re.compile(r"([0-9]{1,2})[/.-]([0-9]{4})")
_YEAR = re.compile(r"([0-9]{4})(?:0{4}){0,2}")
_YEAR_MONTH = re.compile(r"([0-9]{4})([0-9]{2})00(?:0000)?")
_FIRST_YEAR = 1900
_GROUPS = re.compile(r"-?[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*(?:(?!\1)[.,][0-9]+)?")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NOT_PLAIN = re.compile(r"[^A-Z0-9]")
_BETWEEN_CODES = re.compile(r"[;,\s]+")
_FACILITY = 5
_REMEMBERED = 4096


def cell_text(cell: object) -> str:
    """A cell as text: whole numbers without ".0", days as yyyymmdd, NFC, trimmed."""
    if isinstance(cell, str):
        text = cell.strip()
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"
    if isinstance(cell, datetime):
        midnight = cell.hour == 0 and cell.minute == 0
        return cell.strftime("%Y%m%d" if midnight else "%Y%m%d%H%M")
    if isinstance(cell, date):
        return cell.strftime("%Y%m%d")
    if isinstance(cell, bool):
        return str(int(cell))
    return cell.strftime("%H:%M") if isinstance(cell, time) else str(cell)


def plain(text: str) -> str:
    """Upper case letters and digits only, without diacritics: how headers and words compare."""
    spread = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return _NOT_PLAIN.sub("", spread)


@lru_cache(_REMEMBERED)
def day_text(text: str) -> str | None:
    """Yyyymmdd of a day written in any usual way; None when it is no day.

    Day comes before month, as in Vietnam, wherever the year is last.
    """
    text = text.removesuffix(".0")
    for pattern, order in ((_YMD, (1, 2, 3)), (_ISO, (1, 2, 3)), (_DMY, (3, 2, 1))):
        if (match := pattern.fullmatch(text)) and (found := _day(match, order)):
            return found
    joined = _DMY_JOINED.fullmatch(text)
    return _day(joined, (3, 2, 1)) if joined else None


def partial_day_text(text: str) -> str:
    """Yyyymmdd with 00 for an unknown month or day; "" when not even a year can be read."""
    whole = day_text(text)
    if whole:
        return whole
    text = text.removesuffix(".0")
    if match := _YEAR.fullmatch(text):
        return f"{match.group(1)}0000"
    if match := _MONTH.fullmatch(text):
        return f"{match.group(2)}{int(match.group(1)):02d}00"
    match = _YEAR_MONTH.fullmatch(text)
    return f"{match.group(1)}{match.group(2)}00" if match else ""


@lru_cache(_REMEMBERED)
def number_text(text: str) -> str | None:
    """A number with a dot and without group marks; None when it is not one.

    A single dot is the decimal dot, as in the claim files; a comma before three digits and a
    repeated mark are group marks.
    """
    compact = text.replace(" ", "").replace("\u00a0", "")
    marks = [c for c in compact if c in ".,"]
    if marks and (marks != ["."]) and _GROUPS.fullmatch(compact):
        last = marks[-1] if marks[-1] != marks[0] else ""
        compact = compact.replace(marks[0], "").replace(last or " ", ".")
    elif marks == [","]:
        compact = compact.replace(",", ".")
    return compact if _PLAIN_NUMBER.fullmatch(compact) else None


def facility_text(text: str) -> str:
    """A facility code; a spreadsheet eats the leading zero of five digits."""
    return text.zfill(_FACILITY) if text.isdigit() else text.upper()


def facility_texts(text: str) -> list[str]:
    """The facility codes of a cell that may name several."""
    return [facility_text(part) for part in _BETWEEN_CODES.split(text) if part]


def minutes_of(day: str) -> int:
    """Minutes from 1970-01-01 to the start of yyyymmdd."""
    return day_minutes(date(int(day[:4]), int(day[4:6]), int(day[6:8])))


def day_of(minutes: int) -> date:
    """The day that holds a minute."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + minutes // DAY)


def _day(match: re.Match[str], order: tuple[int, int, int]) -> str | None:
    year, month, day = (int(match.group(i)) for i in order)
    if year < _FIRST_YEAR:
        return None
    try:
        return date(year, month, day).strftime("%Y%m%d")
    except ValueError:
        return None
