"""Which claims are of the same person, by what their XML1 says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.arrays import numbered
from giamdinh.checks.chung import text_numbers
from giamdinh.rules.context import frozen
from giamdinh.rules.texts import fold
from giamdinh.tables.codelists import pattern
from giamdinh.tables.specs import CLAIM_TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from giamdinh.model import IntArray
    from giamdinh.rules.context import CheckContext
    from giamdinh.tables.claimset import Column, Table

_CARD = re.compile(r"(?:[A-Z]{2}[0-9]{3})?([0-9]{10})")
_YEAR = 4
_EPOCH = 1970


def persons(context: CheckContext) -> IntArray:
    """A number per claim, equal for claims of one person; -1 where nobody can be told for certain.

    The insurance number in the card decides, else the identity number, which also stands for the
    insurance number that other claims give with it, if that is always the same. Claims are kept
    apart where the year of birth or the sex differs (a mother's card is used for her newborn too),
    where a card is given with several identity numbers, and infants also by their names (twins).
    """
    claims = context.claims[CLAIM_TABLE]
    return context.batch.once("persons", lambda: frozen(persons_in(claims)))


def persons_in(claims: Table) -> IntArray:
    """The same for rows of XML1."""
    card = text_numbers(claims["MA_THE_BHYT"], insurance_number)
    identity = text_numbers(claims["SO_CCCD"], _identity_number)
    number = np.where(card >= 0, card, _through_identity(card, identity))
    year = text_numbers(claims["NGAY_SINH"], lambda text: text[:_YEAR])
    sex = text_numbers(claims["GIOI_TINH"], str)
    known = (number >= 0) & (year >= 0) & (sex >= 0)
    key = number
    for part in (year, sex, _infant_name(claims)):
        key = _pairs(key, part)
    key = _pairs(key, _disputed(key, identity))
    out = np.full(number.size, -1, np.int64)
    out[known] = numbered(key[known])[1]
    return out


def _pairs(first: IntArray, second: IntArray) -> IntArray:
    """A number for each pair; parts count from -1."""
    return numbered(first * (int(second.max(initial=0)) + 2) + second + 1)[1]


def _infant_name(claims: Table) -> IntArray:
    """A number for the name of a child born in the year of the visit or the one before, else -1."""
    born = _lut(claims["NGAY_SINH"], lambda t: int(t[:_YEAR]) if t[:_YEAR].isdecimal() else 0)
    arrival = (claims["NGAY_VAO"].values * 60).astype("datetime64[s]")
    came = arrival.astype("datetime64[Y]").astype(np.int64) + _EPOCH
    name = text_numbers(claims["HO_TEN"], lambda text: "".join(fold(text).split()))
    return np.where(came - born <= 1, name, -1)


def _disputed(key: IntArray, identity: IntArray) -> IntArray:
    """The identity number of claims whose key comes with several of them, else -1."""
    size = int(key.max(initial=-1)) + 1
    there = identity >= 0
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, -1, np.int64)
    np.minimum.at(low, key[there], identity[there])
    np.maximum.at(high, key[there], identity[there])
    return np.where((low < high)[key], identity, -1)


def insurance_number(text: str) -> str:
    """The ten digits that tell the person of the first card in a text, "" where they do not."""
    match = _CARD.fullmatch(text.partition(";")[0].strip())
    return match[1] if match and not filler(match[1]) else ""


def _identity_number(text: str) -> str:
    return text if pattern("CCCD_12").fullmatch(text) and not filler(text) else ""


def is_identity(text: str) -> bool:
    """Whether a text is the number of an identity paper; a wrong one says nothing about anybody."""
    return bool(pattern("SO_CCCD").fullmatch(text)) and not filler(text)


def filler(number: str) -> bool:
    """Whether a number is one digit again and again, which stands for no number."""
    return len(set(number)) == 1


def _lut(column: Column, number: Callable[[str], int]) -> IntArray:
    """A number per row, asked once per distinct text; -1 where nothing is written."""
    return np.array([*map(number, column.texts), -1], np.int64)[column.codes]


def _through_identity(card: IntArray, identity: IntArray) -> IntArray:
    """The insurance number that goes with an identity number, else a number of its own."""
    size = int(identity.max(initial=-1)) + 1
    cards = int(card.max(initial=-1)) + 1
    both = (card >= 0) & (identity >= 0)
    low, high = np.full(size, cards, np.int64), np.full(size, -1, np.int64)
    np.minimum.at(low, identity[both], card[both])
    np.maximum.at(high, identity[both], card[both])
    meant = np.where(low == high, low, cards + np.arange(size))
    return np.append(meant, -1)[identity]
