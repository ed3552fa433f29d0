"""Claims for the benchmarks: a synthetic month, generated once and multiplied with new identities.

Copies differ from their originals only in what identifies claim and patient, written with the same
length, so that a copy is as right or as wrong as its original.
"""

from __future__ import annotations

import base64
import csv
import re
import shutil
import zipfile
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from giamdinh.tables.specs import CLAIM_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

SEED, MONTH, FACILITIES, BASE_CLAIMS = 7, "2026-09", 4, 1500
LAYOUTS = ("one", "days", "big", "inline")
"""One claim per file; one file per facility and day; a few big files; child elements, no base64."""
REALISTIC = {"XML2": 7.7, "XML3": 7.7, "XML4": 15.0}
"""Mean rows per claim of the filled-up claims."""
_BIG_CLAIMS = 2500
_STRIDE = 2500
"""More than the serial numbers of the base: planted errors bring claims of their own."""
_SERIAL = 6
_SHORTEST = 8
_IDENTITY = (b"MA_LK", b"MA_BN", b"SO_CCCD", b"MA_THE_BHYT")
_FOLDER_FILES = 1000
_DAMAGED = "_hong_"
_HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_FILE = re.compile(
    rb"<MACSKCB>(\w*)</MACSKCB>.*?<NGAYLAP>(\w*)</NGAYLAP>.*?<DANHSACHHOSO>(.*)</DANHSACHHOSO>",
    re.DOTALL,
)
_TABLE = re.compile(rb"<LOAIHOSO>(\w+)</LOAIHOSO>\s*<NOIDUNGFILE>([A-Za-z0-9+/=\s]*)</NOIDUNGFILE>")
_STT = re.compile(rb"<STT>\d+</STT>")


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it is sent.

    Attributes:
        facility: MACSKCB.
        sent: NGAYLAP.
        identity: texts that say which claim and which patient it is.
        tables: (LOAIHOSO, table document) in the order of the file.
    """

    facility: bytes
    sent: bytes
    identity: tuple[bytes, ...]
    tables: tuple[tuple[bytes, bytes], ...]


def base_claims(folder: Path, *, errors: bool, count: int) -> list[Claim]:
    """The claims of a synthetic month that is written to `folder`.

    Damaged files and second sendings of a claim are left out: benchmarks read what can be read.
    """
    from giamdinh.sample import generate

    generate(folder, seed=SEED, month=MONTH, facilities=FACILITIES, claims=count, errors=errors,
             style="base64-line")  # fmt: skip
    found = {claim.identity[0]: claim for text in _files(folder / "ho_so") for claim in _in(text)}
    return sorted(found.values(), key=_facility_and_day)


def by_day(base: list[Claim], count: int) -> Iterator[Claim]:
    """`count` claims, those of a facility and day together, thinned out evenly over the month."""
    times = -(-count // len(base))
    groups = groupby(base, key=_facility_and_day)
    members = [list(group) for _, group in groups]
    every = ((c, turn) for group in members for turn in range(times) for c in group)
    total = times * len(base)
    for i, (claim, turn) in enumerate(every):
        if (i + 1) * count // total > i * count // total:
            yield _copy(claim, turn * _STRIDE)


def mixed(base: list[Claim], count: int) -> Iterator[Claim]:
    """`count` claims in an order in which any beginning is like the whole."""
    order = list(base)
    Random(SEED).shuffle(order)  # noqa: S311 - synthetic data
    for i in range(count):
        turn, at = divmod(i, len(order))
        yield _copy(order[at], turn * _STRIDE)


def filled_up(base: list[Claim]) -> list[Claim]:
    """The same claims with their lines repeated until the mean is that of `REALISTIC`.

    Sums over lines no longer agree with XML1: for reading only.
    """
    wanted = {}
    for table, mean in REALISTIC.items():
        rows = sum(_rows(claim, table) for claim in base)
        wanted[table.encode()] = (_row_end(table), mean * len(base) / max(rows, 1))
    return [replace(claim, tables=_longer(claim, wanted)) for claim in base]


def write(claims: Iterable[Claim], folder: Path, layout: str) -> dict[str, int]:
    """Writes claim files in one of `LAYOUTS`; gives the number of claims, files and bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    pack = _inline if layout == "inline" else _base64
    total = {"claims": 0, "files": 0, "bytes": 0}
    for group in _grouped(claims, layout):
        place = folder / f"{total['files'] // _FOLDER_FILES:04d}"
        place.mkdir(exist_ok=True)
        first = group[0]
        parts = [
            b"%s<GIAMDINHHS>\n<THONGTINDONVI><MACSKCB>%s</MACSKCB></THONGTINDONVI>\n"
            b"<THONGTINHOSO>\n<NGAYLAP>%s</NGAYLAP>\n<SOLUONGHOSO>%d</SOLUONGHOSO>\n"
            b"<DANHSACHHOSO>\n" % (_HEAD, first.facility, first.sent, len(group)),
            *(_hoso(claim, pack) for claim in group),
            b"</DANHSACHHOSO>\n</THONGTINHOSO>\n<CHUKYDONVI/>\n</GIAMDINHHS>\n",
        ]
        data = b"".join(parts)
        (place / f"{total['files']:07d}.xml").write_bytes(data)
        total["claims"] += len(group)
        total["files"] += 1
        total["bytes"] += len(data)
    return total


def write_catalogues(source: Path, target: Path, count: int) -> None:
    """The catalogues of the month, with a card registry that knows the patients of all copies."""
    shutil.copytree(source, target)
    registry = target / "the_bhyt.csv"
    with registry.open(encoding="utf-8-sig", newline="") as file:
        names, *rows = csv.reader(file)
    people = [names.index("MA_THE_BHYT"), names.index("SO_CCCD")]
    with registry.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for turn in range(-(-count // max(len(rows), 1)) + 1):
            for row in rows:
                fresh = list(row)
                for column in people:
                    fresh[column] = _fresh(row[column].encode(), turn * _STRIDE).decode()
                writer.writerow(fresh)


def parse_data(folder: str, sizes: list[int], base: int) -> Callable[[], dict[str, int]]:
    """Claims for reading, filled up: `<folder>/<layout>-<size>` for every layout and size."""

    def work() -> dict[str, int]:
        claims = filled_up(base_claims(Path(folder) / "base", errors=False, count=base))
        total: dict[str, int] = {}
        for size in sizes:
            for layout in ("one", "big", "inline"):
                found = write(mixed(claims, size), Path(folder) / f"{layout}-{size}", layout)
                total |= {f"{layout}-{size}-{key}": value for key, value in found.items()}
        return total

    return work


def audit_data(folder: str, sizes: list[int], base: int) -> Callable[[], dict[str, int]]:
    """Claims for auditing, some of them wrong: `<folder>/<size>/{ho_so,danh_muc}`."""

    def work() -> dict[str, int]:
        claims = base_claims(Path(folder) / "base", errors=True, count=base)
        total: dict[str, int] = {}
        for size in sizes:
            place = Path(folder) / str(size)
            found = write(by_day(claims, size), place / "ho_so", "days")
            write_catalogues(Path(folder) / "base" / "danh_muc", place / "danh_muc", size)
            total |= {f"{size}-{key}": value for key, value in found.items()}
        return total

    return work


COMPETITORS = {"parse": parse_data, "audit": audit_data}


def _facility_and_day(claim: Claim) -> tuple[bytes, bytes]:
    return claim.facility, claim.sent


def _files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        if _DAMAGED in path.name:
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        else:
            yield path.read_bytes()


def _in(text: bytes) -> Iterator[Claim]:
    whole = _FILE.search(text)
    if whole is None:
        return
    for hoso in whole[3].split(b"</HOSO>"):
        tables = []
        for table, code in _TABLE.findall(hoso):
            tables.append((table, base64.b64decode(code).removeprefix(_HEAD)))
        if tables and tables[0][0] == CLAIM_TABLE.encode():
            yield Claim(whole[1], whole[2], _identity(tables[0][1]), tuple(tables))


def _identity(xml1: bytes) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for tag in _IDENTITY:
        match = re.search(rb"<%s>([^<]*)</%s>" % (tag, tag), xml1)
        found += match[1].split(b";") if match else []
    return tuple(dict.fromkeys(text for text in found if len(text) >= _SHORTEST))


def _copy(claim: Claim, shift: int) -> Claim:
    if not shift:
        return claim
    fresh = [(old, _fresh(old, shift)) for old in claim.identity]
    tables = []
    for table, document in claim.tables:
        text = document
        for old, new in fresh:
            text = text.replace(old, new)
        tables.append((table, text))
    return replace(claim, identity=tuple(new for _, new in fresh), tables=tuple(tables))


def _fresh(text: bytes, shift: int) -> bytes:
    """The text with `shift` added to its last digits; the length stays."""
    head, serial = text[:-_SERIAL], text[-_SERIAL:]
    if len(text) < _SHORTEST or not serial.isdigit():
        return text
    return head + b"%0*d" % (_SERIAL, (int(serial) + shift) % 10**_SERIAL)


def _rows(claim: Claim, table: str) -> int:
    return sum(text.count(_row_end(table)) for name, text in claim.tables if name.decode() == table)


def _row_end(table: str) -> bytes:
    return f"</{table_specs()[table].row}>".encode()


def _longer(
    claim: Claim, wanted: Mapping[bytes, tuple[bytes, float]]
) -> tuple[tuple[bytes, bytes], ...]:
    tables = []
    for table, text in claim.tables:
        if table not in wanted:
            tables.append((table, text))
            continue
        end, factor = wanted[table]
        first, *rest = text.split(end)
        start = first.rindex(b"<" + end[2:])
        rows = [first[start:], *rest[:-1]]
        more = [
            _STT.sub(b"<STT>%d</STT>" % (i + 1), rows[i % len(rows)], count=1) + end
            for i in range(round(len(rows) * factor))
        ]
        tables.append((table, first[:start] + b"".join(more) + rest[-1]))
    return tuple(tables)


def _grouped(claims: Iterable[Claim], layout: str) -> Iterator[list[Claim]]:
    if layout == "days":
        for _, day in groupby(claims, key=_facility_and_day):
            yield list(day)
        return
    size = 1 if layout == "one" else _BIG_CLAIMS
    rest = iter(claims)
    while group := list(islice(rest, size)):
        yield group


def _hoso(claim: Claim, pack: Callable[[bytes], bytes]) -> bytes:
    tables = (
        b"<FILEHOSO>\n<LOAIHOSO>%s</LOAIHOSO>\n<NOIDUNGFILE>%s</NOIDUNGFILE>\n</FILEHOSO>\n"
        % (table, pack(document))
        for table, document in claim.tables
    )
    return b"<HOSO>\n%s</HOSO>\n" % b"".join(tables)


def _base64(document: bytes) -> bytes:
    return base64.b64encode(_HEAD + document)


def _inline(document: bytes) -> bytes:
    return b"\n%s\n" % document
