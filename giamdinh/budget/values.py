"""Cells of budget tables as people write them: money, counts, months, codes of facilities."""

from __future__ import annotations

import re
from datetime import date

from giamdinh.budget.model import TOTAL
from giamdinh.catalogues.cells import day_text, number_text, plain
from giamdinh.tables.values import parse_number

_TOTALS = frozenset({"TONG", "TONGCONG", "TONGSO", "CONG"})
_THOUSANDS = re.compile(r"-?[0-9]{1,3}\.[0-9]{3}")
_CURRENCY = re.compile(r"(?i)\s*(đồng|đ|vnđ|vnd)\.?$")
_SCIENTIFIC = re.compile(r"(?i)-?[0-9]+([.,][0-9]+)?e[+-]?[0-9]+")
_MONTH = re.compile(r"(?i)(?:tháng|thang|t)?\s*([0-9]{1,2})")
_QUARTER = re.compile(r"(?:quý|Quý|QUÝ|q|Q)?\s*(?:(IV|I{1,3})|([1-4]))")
_YEAR_MONTH = re.compile(r"([0-9]{4})[/.-]?([0-9]{2})|([0-9]{1,2})[/.-]([0-9]{4})")
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_WORD = re.compile(r"[^A-Z0-9]+")
_DASHES = frozenset({"-", "–", "—"})
_FRACTION, _WHOLE = 2, 0
_EATEN = 4
"""Digits left of a five-digit code whose leading zero a spreadsheet has eaten."""


class CellError(ValueError):
    """A cell that cannot be used, with the reason in Vietnamese.

    Attributes:
        column: where it stands, as far as known.
    """

    column = ""


def money(text: str) -> int:
    """Hundredths of a đồng.

    Raises:
        CellError: no amount, or finer than hundredths.
    """
    return _number(text, _FRACTION, "số tiền")


def allocation(text: str) -> int:
    """Hundredths of a đồng, not negative.

    Raises:
        CellError: no such amount.
    """
    amount = money(text)
    if amount < 0:
        raise CellError("dự toán âm")
    return amount


def visits(text: str) -> int:
    """A whole number; 0 where nothing is written.

    Raises:
        CellError: anything else.
    """
    return _number(text, _WHOLE, "số lượt") if text else 0


def people(text: str) -> int:
    """A whole number of persons, not negative.

    Raises:
        CellError: anything else, or nothing.
    """
    found = _number(text, _WHOLE, "số người")
    if found < 0:
        raise CellError("số người âm")
    return found


def year(text: str) -> int:
    """A year of four digits.

    Raises:
        CellError: anything else.
    """
    if re.fullmatch(r"(?:19|20)[0-9]{2}", text):
        return int(text)
    raise CellError(f"'{_short(text)}' không phải năm dạng 2023" if text else "thiếu năm")


def month(text: str, year: int) -> int:
    """1–12, or 0 for the whole year.

    Raises:
        CellError: no month, or one of another year.
    """
    if text in ("", "0") or plain(text) in (*_TOTALS, "CANAM"):
        return 0
    if match := _MONTH.fullmatch(text):
        found = int(match.group(1))
    elif match := _YEAR_MONTH.fullmatch(text):
        found = int(match.group(2) or match.group(3))
        if int(match.group(1) or match.group(4)) != year:
            raise CellError(f"tháng '{_short(text)}' không thuộc năm {year}")
    else:
        raise CellError(f"'{_short(text)}' không phải tháng từ 1 đến 12")
    if 1 <= found <= 12:  # noqa: PLR2004 - months
        return found
    raise CellError(f"'{_short(text)}' không phải tháng từ 1 đến 12")


def quarter(text: str) -> int:
    """1–4; 4 where nothing is written: the end of the year.

    Raises:
        CellError: no quarter.
    """
    found = _QUARTER.fullmatch(text)
    if not text:
        return 4
    if found is None:
        raise CellError(f"'{_short(text)}' không phải quý từ 1 đến 4")
    return ("", "I", "II", "III", "IV").index(found[1]) if found[1] else int(found[2])


def day(text: str) -> date | None:
    """A day, None when nothing is written.

    Raises:
        CellError: something that is no day.
    """
    if not text:
        return None
    found = day_text(text)
    if found is None:
        raise CellError(f"'{_short(text)}' không phải ngày dạng 31/12/2023")
    return date(int(found[:4]), int(found[4:6]), int(found[6:8]))


def facility(text: str) -> str:
    """The code of a facility, or `TOTAL`; a leading zero that a spreadsheet ate is put back.

    Raises:
        CellError: nothing is written.
    """
    if not text:
        raise CellError("thiếu mã cơ sở; dòng tổng thì ghi TONG")
    if plain(text) in _TOTALS:
        return TOTAL
    code = _SPACES.sub("" if text.isascii() else " ", text).upper()
    return f"0{code}" if len(code) == _EATEN and code.isascii() and code.isdigit() else code


def kind(text: str) -> str:
    """A class as NOI_TRU, whether written so or "Nội trú", or `TOTAL`.

    Raises:
        CellError: nothing is written.
    """
    if not text:
        raise CellError("thiếu loại KCB; dòng tổng thì ghi TONG")
    if plain(text) in _TOTALS:
        return TOTAL
    words = [plain(word) for word in re.split(r"[\s_/-]+", text)]
    return "_".join(word for word in words if word)


def _number(text: str, scale: int, what: str) -> int:
    compact = _SPACES.sub("", _CURRENCY.sub("", text.strip()))
    if not compact:
        raise CellError(f"thiếu {what}")
    if compact in _DASHES:  # how accountants write nothing
        return 0
    if compact.startswith("(") and compact.endswith(")"):
        compact = f"-{compact[1:-1]}"
    if _SCIENTIFIC.fullmatch(compact):
        raise CellError(f"'{_short(text)}' là số dạng khoa học, đã mất chữ số; ghi đủ các chữ số")
    plain_text = compact.replace(".", "") if _THOUSANDS.fullmatch(compact) else number_text(compact)
    if plain_text is None:
        raise CellError(f"'{_short(text)}' không phải {what}")
    fraction = plain_text.partition(".")[2].rstrip("0")
    if len(fraction) > scale:
        exact = "số nguyên" if scale == 0 else "tối đa 2 chữ số lẻ"
        raise CellError(f"'{_short(text)}' không phải {what} ({exact})")
    value = parse_number(plain_text, scale)
    if value is None:
        raise CellError(f"'{_short(text)}' quá lớn")
    return value


def _short(text: str) -> str:
    most = 40
    return text if len(text) <= most else f"{text[:most]}…"
