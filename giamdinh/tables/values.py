"""Field text to integers: scaled numbers, minutes since 1970, and back to text for people."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from giamdinh.model import Field

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time, as the format writes it
DAY = 1440
_NUMBER = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]+))?")
_LIMIT = 2**62


def parse_number(text: str, scale: int) -> int | None:
    """`text` as an integer of 10**-scale, rounded half away from zero; None when it is no number.

    Only digits with one dot are a number: no comma, exponent, sign "+", or thousands mark.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    kept = fraction[:scale].ljust(scale, "0")
    value = int(whole + kept)
    if fraction[scale : scale + 1] >= "5":
        value += 1
    if value >= _LIMIT:
        return None
    return -value if sign else value


def parse_time(text: str, field: Field) -> int | None:
    """`text` as minutes since 1970 in one of the field's widths; None when it is no such time.

    In a `partial` field (a date of birth) an unknown month or day is written 00 and counts as 01.
    """
    if len(text) not in field.widths or not (text.isascii() and text.isdigit()):
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
    if field.partial:
        day = day or 1
        if month == 0:
            month, day = 1, 1
    hour, minute = (int(text[8:10]), int(text[10:12])) if len(text) > 8 else (0, 0)  # noqa: PLR2004
    try:
        moment = datetime(year, month, day, hour, minute)  # noqa: DTZ001
    except ValueError:
        return None
    return minutes(moment)


def parse(text: str, field: Field) -> int | None:
    """The integer behind `text` for a numeric or temporal field; None when it is not one."""
    if field.numeric:
        return parse_number(text, field.scale)
    return parse_time(text, field)


def minutes(moment: datetime) -> int:
    """Minutes from 1970-01-01 00:00 to `moment`."""
    delta = moment - EPOCH
    return delta.days * DAY + delta.seconds // 60


def day_minutes(day: date) -> int:
    """Minutes from 1970-01-01 00:00 to the start of `day`."""
    return (day - EPOCH.date()).days * DAY


def moment(value: int) -> datetime:
    """The local time `value` minutes after 1970-01-01 00:00."""
    return EPOCH + timedelta(minutes=value)


def number_text(value: int, scale: int) -> str:
    """A scaled integer written with a dot and without needless zeros: 12345, 2 → `123.45`."""
    if scale == 0:
        return str(value)
    sign = "-" if value < 0 else ""
    whole, fraction = divmod(abs(value), 10**scale)
    tail = f"{fraction:0{scale}d}".rstrip("0")
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def number_vi(value: int, scale: int) -> str:
    """A scaled integer as Vietnamese readers write it: 123456789, 2 → `1.234.567,89`."""
    plain = number_text(abs(value), scale)
    whole, _, tail = plain.partition(".")
    grouped = f"{int(whole):,}".replace(",", ".")
    sign = "-" if value < 0 else ""
    return f"{sign}{grouped},{tail}" if tail else f"{sign}{grouped}"


def time_vi(value: int) -> str:
    """Minutes as `dd/mm/yyyy hh:mm`, without the hour at midnight."""
    when = moment(value)
    return f"{when:%d/%m/%Y}" if value % DAY == 0 else f"{when:%d/%m/%Y %H:%M}"
