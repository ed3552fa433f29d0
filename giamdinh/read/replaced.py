"""Which claims were sent again: per (MA_CSKCB, MA_LK) the newest sending wins."""

from __future__ import annotations

from array import array

from giamdinh.model import Problem

_DATE = 8
_MOMENT = 12


class Sendings:
    """Remembers every claim of a run by its key, in a few words of memory each.

    Claims are added in the order in which they are handed on, which is by path and position;
    so of two sendings made on the same day the later one added wins.
    """

    def __init__(self) -> None:
        self._latest: dict[str, int] = {}
        self._older: dict[int, str] = {}
        self._made = array("q")
        self._file = array("l")
        self._hoso = array("l")
        self._files: list[str] = []

    def add(self, facility: str, claim: str, made: str, place: Problem) -> None:
        """The next claim; without MA_LK it is nobody's newer or older sending."""
        number = len(self._made)
        if not self._files or self._files[-1] != place.file:
            self._files.append(place.file)
        self._made.append(_moment(made))
        self._file.append(len(self._files) - 1)
        self._hoso.append(place.hoso)
        if not claim:
            return
        key = f"{facility}\n{claim}"
        latest = self._latest.setdefault(key, number)
        if latest == number:
            return
        newer, older = (number, latest) if self._made[number] >= self._made[latest] else (
            latest, number)  # fmt: skip
        self._latest[key] = newer
        self._older[older] = key

    def replaced(self) -> set[int]:
        """Sequence numbers of the claims of which a newer sending was added."""
        return set(self._older)

    def problems(self) -> list[Problem]:
        """One problem for each replaced claim, in order."""
        found = []
        for number, key in sorted(self._older.items()):
            facility, _, claim = key.partition("\n")
            newest = self._latest[key]
            reason = (
                "Hồ sơ được gửi lại; dùng lần gửi mới hơn ở "
                f"{self._files[self._file[newest]]}, hồ sơ thứ {self._hoso[newest]}"
            )
            found.append(
                Problem(
                    "ho_so_thay_the",
                    self._files[self._file[number]],
                    reason,
                    hoso=self._hoso[number],
                    claim=claim,
                    facility=facility,
                )
            )
        return found


def _moment(written: str) -> int:
    """NGAYLAP as a number that grows with time; 0 when it is no date."""
    text = written.strip()
    if not (text.isascii() and text.isdigit()) or len(text) < _DATE:
        return 0
    return int(text[:_MOMENT].ljust(_MOMENT, "0"))
