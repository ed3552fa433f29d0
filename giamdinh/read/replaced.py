"""Which claims were sent again: per (MA_CSKCB, MA_LK) the newest sending wins."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.model import Problem

if TYPE_CHECKING:
    from giamdinh.model import IntArray, KeyArray
    from giamdinh.read.ledger import Ledger

_DATE = 8
_MOMENT = 12
_WIDTH = 16


class Sendings:
    """Remembers every claim of a run by its key, in about 70 bytes each.

    Claims are added in the order in which they are handed on, which is by path and position;
    so of two sendings made on the same day the later one added wins.
    """

    def __init__(self) -> None:
        self._keys = bytearray()  # facility and MA_LK of each claim, end to end
        self._ends = array("q", [0])
        self._digests = bytearray()
        self._made = array("q")
        self._file = array("q")
        self._hoso = array("q")
        self._files: list[str] = []

    def __len__(self) -> int:
        return len(self._made)

    def add(self, facility: str, claim: str, made: str, place: Problem) -> None:
        """The next claim; without MA_LK it is nobody's newer or older sending."""
        if not self._files or self._files[-1] != place.file:
            self._files.append(place.file)
        self._made.append(_moment(made))
        self._file.append(len(self._files) - 1)
        self._hoso.append(place.hoso)
        key = _key(facility, claim) if claim else b""
        self._keys += key
        self._ends.append(len(self._keys))
        self._digests += _digest(key)

    def join(self, other: Sendings, first_hoso: int = 0) -> None:
        """The claims of the next files, or of the same file behind its first claims."""
        ends = np.array(other._ends, np.int64)[1:] + len(self._keys)
        self._ends.frombytes(ends.tobytes())
        self._keys += other._keys
        self._digests += other._digests
        self._made.extend(other._made)
        same = bool(self._files and other._files and self._files[-1] == other._files[0])
        file = np.array(other._file, np.int64) + len(self._files) - same
        self._file.frombytes(file.tobytes())
        self._files += other._files[same:]
        self._hoso.frombytes((np.array(other._hoso, np.int64) + first_hoso).tobytes())

    def keys(self) -> KeyArray:
        """Shape (claims,): the `claim_key` of each claim; 0 for one without MA_LK."""
        words = np.frombuffer(bytes(self._digests), np.uint64).reshape(-1, 2)[:, 0]
        return np.where(np.diff(np.array(self._ends, np.int64)) > 0, words, 0).astype(np.uint64)

    def settle(self, ledger: Ledger) -> None:
        """Tells the ledger which claims are replaced, each with a problem, in order."""
        older, newest = self._pairs()
        ledger.replaced.update(older.tolist())
        ledger.claims_replaced = len(ledger.replaced)
        for number, winner in zip(older.tolist(), newest.tolist(), strict=True):
            key = self._keys[self._ends[number] : self._ends[number + 1]].decode()
            facility, _, claim = key.partition("\n")
            reason = (
                "Hồ sơ được gửi lại; dùng lần gửi mới hơn ở "
                f"{self._files[self._file[winner]]}, hồ sơ thứ {self._hoso[winner]}"
            )
            file = self._files[self._file[number]]
            hoso = self._hoso[number]
            ledger.problems.append(
                Problem("ho_so_thay_the", file, reason, hoso, claim=claim, facility=facility)
            )

    def _pairs(self) -> tuple[IntArray, IntArray]:
        """Numbers of the replaced claims, rising, and of the claim that replaces each."""
        keyed = np.flatnonzero(np.diff(np.array(self._ends, np.int64)))
        words = np.frombuffer(bytes(self._digests), np.uint64).reshape(-1, 2)[keyed]
        made = np.array(self._made, np.int64)[keyed]
        order = np.lexsort((keyed, made, words[:, 1], words[:, 0]))
        ordered = words[order]
        last = np.ones(order.size, np.bool_)
        last[:-1] = (ordered[1:] != ordered[:-1]).any(axis=1)
        winners = keyed[order[last]]
        groups: IntArray = np.cumsum(last) - last
        older = keyed[order[~last]]
        newest = winners[groups[~last]]
        rising = np.argsort(older)
        return older[rising].astype(np.int64), newest[rising].astype(np.int64)


def claim_key(facility: str, claim: str) -> int:
    """A number for the claim with this MA_LK, the same in every run; never 0."""
    return int(np.frombuffer(_digest(_key(facility, claim)), np.uint64)[0])


def _key(facility: str, claim: str) -> bytes:
    return f"{facility}\n{claim}".encode()


def _digest(key: bytes) -> bytes:
    return blake2b(key, digest_size=_WIDTH).digest()


def _moment(written: str) -> int:
    """NGAYLAP as a number that grows with time; 0 when it is no date."""
    text = written.strip()
    if not (text.isascii() and text.isdigit()) or len(text) < _DATE:
        return 0
    return int(text[:_MOMENT].ljust(_MOMENT, "0"))
