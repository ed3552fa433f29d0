"""Damage to whole files: each damaged file holds claims that nothing else is wrong with."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from giamdinh.sample.days import last_day
from giamdinh.sample.model import DAY, KeyRow, dice, stamp
from giamdinh.sample.money import minutes_of
from giamdinh.sample.plants import free, key_row
from giamdinh.sample.write import ClaimFile, file_text, send_day

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.sample.model import Claim, Request

Damage = tuple[list[ClaimFile], list[KeyRow]]

_LATE = 20 * DAY
_COMMON = 3
_CLAIMS_PER_DAMAGE = 10
_HEAD_TABLE = re.compile(r"<FILEHOSO>\n<LOAIHOSO>XML1</LOAIHOSO>.*?</FILEHOSO>\n", flags=re.DOTALL)
_SUMMARY = re.compile(r"(<LOAIHOSO>XML8</LOAIHOSO>\n<NOIDUNGFILE>)(.*?)(</NOIDUNGFILE>)", re.DOTALL)


def damaged_files(
    claims: Sequence[Claim], request: Request
) -> tuple[list[ClaimFile], list[KeyRow]]:
    """Damaged files of untouched claims, which are marked as touched, and their answers."""
    files: list[ClaimFile] = []
    key: list[KeyRow] = []
    # The rare kinds of episode are left for the errors that need them.
    mixed = [claim for claim in claims if claim.plan.weight >= _COMMON]
    for number, damage in enumerate(_DAMAGES[: len(claims) // _CLAIMS_PER_DAMAGE], start=1):
        dice("damage", request.seed, number).shuffle(mixed)
        for claim in mixed:
            if claim.touched:
                continue
            name = f"{claim.place.code}_{request.month.replace('-', '')}_hong_{number}"
            found = damage(claim, name)
            if found is None:
                continue
            claim.touched.add(found[1][0].rule)
            files += found[0]
            key += found[1]
            break
    return files, key


def _file(claim: Claim, name: str, *, later: int = 0) -> ClaimFile:
    return ClaimFile(f"{name}.xml", "base64", (claim,), send_day([claim]) + later)


def _at(claim: Claim, rule: str, table: str, field: str, note: str) -> KeyRow:
    return KeyRow(rule, claim.place.code, claim.key, table, "0", field, note=note)


def broken_payload(claim: Claim, name: str) -> Damage | None:
    """The base64 of one table is cut short."""
    if not claim.lines("XML8"):
        return None
    file = _file(claim, name)
    cut = _SUMMARY.sub(lambda m: m[1] + m[2][: len(m[2]) // 2 + 1] + m[3], file_text(file))
    return [replace(file, text=cut)], [
        _at(claim, "STR-001", "XML8", "NOIDUNGFILE", "base64 bị cắt giữa chừng")
    ]


def missing_claim(claim: Claim, name: str) -> Damage | None:
    """The file promises one claim more than it holds."""
    file = replace(_file(claim, name), promised=2)
    row = _at(claim, "STR-002", "TEP", "SOLUONGHOSO", "khai 2 hồ sơ, có 1")
    return [file], [replace(row, claim="")]


def no_summary(claim: Claim, name: str) -> Damage | None:
    """The claim comes without XML1."""
    if not claim.lines("XML3"):
        return None
    file = _file(claim, name)
    return [replace(file, text=_HEAD_TABLE.sub("", file_text(file)))], [
        _at(claim, "STR-004", "XML1", "MA_LK", "hồ sơ không có XML1")
    ]


def sent_twice(claim: Claim, name: str) -> Damage | None:
    """The claim is sent again a day later; the newer one counts."""
    first, second = _file(claim, name), _file(claim, f"{name}_lai", later=DAY)
    return [first, second], [_at(claim, "LNK-028", "TEP", "MA_LK", "gửi lại ngày hôm sau")]


def sent_late(claim: Claim, name: str) -> Damage | None:
    """The claim is sent after the deadline."""
    due = stamp(last_day(minutes_of(claim.head["NGAY_RA"])))
    late = free("XML1", "NGAY_RA").right(due)
    return [_file(claim, name, later=_LATE)], [key_row(claim, "TIM-024", late)]


def table_twice(claim: Claim, name: str) -> Damage | None:
    """One table stands twice in the claim."""
    if not claim.lines("XML8"):
        return None
    file = _file(claim, name)
    twice = re.sub(
        r"<FILEHOSO>\n<LOAIHOSO>XML8</LOAIHOSO>.*?</FILEHOSO>\n",
        lambda found: found[0] * 2,
        file_text(file),
        flags=re.DOTALL,
    )
    return [replace(file, text=twice)], [
        _at(claim, "STR-003", "XML8", "LOAIHOSO", "XML8 gửi hai lần trong một hồ sơ")
    ]


def cut_in_half(claim: Claim, name: str) -> Damage | None:
    """The file ends in the middle of its last claim."""
    file = _file(claim, name)
    text = file_text(file)
    row = _at(claim, "STR-001", "TEP", "NOIDUNGFILE", "tệp bị cắt giữa chừng")
    return [replace(file, text=text[: text.index("</HOSO>")])], [row]


def unknown_tag(claim: Claim, name: str) -> Damage | None:
    """A table has a tag that the format does not know."""
    file = replace(_file(claim, name), style="inline")
    text = file_text(file).replace("</NGAY_RA>", "</NGAY_RA>\n<NGAY_VE>1</NGAY_VE>", 1)
    row = replace(_at(claim, "STR-005", "TEP", "NOIDUNGFILE", "thẻ ngoài chuẩn"), claim="")
    return [replace(file, text=text)], [row]


def too_many_claims(claim: Claim, name: str) -> Damage | None:
    """The file holds a claim although it promises none."""
    file = replace(_file(claim, name), promised=0)
    row = _at(claim, "STR-073", "TEP", "SOLUONGHOSO", "khai 0 hồ sơ, có 1")
    return [file], [replace(row, claim="")]


def count_in_words(claim: Claim, name: str) -> Damage | None:
    """The number of claims is written in words."""
    file = _file(claim, name)
    text = file_text(file).replace("<SOLUONGHOSO>1<", "<SOLUONGHOSO>một<", 1)
    row = _at(claim, "STR-077", "TEP", "NOIDUNGFILE", "SOLUONGHOSO không phải số")
    return [replace(file, text=text)], [replace(row, claim="")]


_DAMAGES: tuple[Callable[[Claim, str], Damage | None], ...] = (
    broken_payload,
    missing_claim,
    no_summary,
    sent_twice,
    sent_late,
    table_twice,
    cut_in_half,
    unknown_tag,
    too_many_claims,
    count_in_words,
)
