"""Memory stays bounded on large and on hostile input."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from .writer import b64, claim, content, document, envelope, file_hoso, hoso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MB = 1_000_000
START, END = envelope(["?"]).split("?")
XML1 = file_hoso("XML1", content(document("XML1", claim("LK1")["XML1"]), "base64"))

MEASURE = r"""
import json, re, sys
from pathlib import Path
from giamdinh.read import Ledger, read_claims
from giamdinh.tables.specs import table_specs
table_specs()
def peak():
    # getrusage would count the peak of the process that started this one.
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
ledger = Ledger()
scanner = sys.argv[2] == "scanner"
for batch in read_claims([Path(sys.argv[1])], ledger, batch_claims=200, scanner=scanner):
    del batch
after = peak()
kinds = sorted({problem.kind for problem in ledger.problems})
print(json.dumps([(after - before) / 1000, ledger.claims_read, kinds, ledger.balanced]))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")


def measure(path: Path, reader: str = "parser") -> tuple[float, int, list[str]]:
    """Megabytes used while reading `path`, claims read, kinds of problems.

    The reader is named, because left alone it depends on the size of the file and on what the
    cache holds: loading or compiling the scanner takes memory of its own.
    """
    command = [sys.executable, "-c", MEASURE, str(path), reader]
    done = subprocess.run(command, capture_output=True, check=True, timeout=300)
    used, claims, kinds, balanced = json.loads(done.stdout)
    assert balanced
    return used, claims, kinds


def write(path: Path, chunks: Iterator[str]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(chunks)
    return path


def repeated(start: str, middle: str, megabytes: int, end: str) -> Iterator[str]:
    yield start
    block = middle * (MB // len(middle.encode()) or 1)
    for _ in range(megabytes):
        yield block
    yield end


def inside(start: str) -> str:
    """The file up to the content of XML2 of its first claim."""
    return f"{START}<HOSO>{XML1}<FILEHOSO><LOAIHOSO>XML2</LOAIHOSO><NOIDUNGFILE>{start}"


BOMBS = {
    "text": (inside(""), "QUFB" * 250),
    "cdata": (inside("<![CDATA["), "<CHI_TIET_THUOC>"),
    "tags": (inside("<CHITIEU_CHITIET_THUOC>"), "<a/>"),
    "text and tags": (inside("<CHITIEU_CHITIET_THUOC>"), "<a/>x"),
    "comment": (inside("<!--"), "xxxxxxxxxx"),
    "attribute": (inside("<a b='"), "xxxxxxxxxx"),
    "blanks": (inside(""), " " * 1000),
    "outside": (START, "<RAC><a>x</a></RAC>"),
    "header": (START.replace("<DANHSACHHOSO>", "<MACSKCB>"), "xxxxxxxxxx"),
    "wide letters": (inside(""), "ế😀" * 100),
    "empty claims": (START, f"<HOSO>{' ' * 500}</HOSO>"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_150_mb_uses_bounded_memory(tmp_path: Path, name: str) -> None:
    start, middle = BOMBS[name]
    path = write(tmp_path / "bom.xml", repeated(start, middle, 150, ""))
    used, claims, kinds = measure(path)
    assert used < 600, f"{used:.0f} MB"
    assert claims == 0
    assert {"qua_lon", "tep_bi_cat"} & set(kinds)


@pytest.mark.parametrize(
    "middle", ["<a/>", "<CHI_TIET_THUOC/>", "<CHI_TIET_THUOC><STT>1</STT></CHI_TIET_THUOC>"]
)
def test_a_base64_bomb_uses_bounded_memory(tmp_path: Path, middle: str) -> None:
    table = document("XML2", []).replace("><", f">{middle * (40 * MB // len(middle))}<", 1)
    path = write(
        tmp_path / "bom.xml",
        iter([inside(b64(table.encode())), "</NOIDUNGFILE></FILEHOSO></HOSO>", END]),
    )
    used, claims, kinds = measure(path)
    assert used < 600, f"{used:.0f} MB"
    assert claims == 1
    assert kinds == ["qua_lon"]


def test_a_zip_bomb_uses_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "bom.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.xml", "w", force_zip64=True) as member,
    ):
        for chunk in repeated(inside(""), " " * 1000, 400, END):
            member.write(chunk.encode())
    used, claims, kinds = measure(path)
    assert used < 50, f"{used:.0f} MB"
    assert claims == 0
    assert kinds == ["zip_nguy_hiem"]


@pytest.mark.parametrize("reader", ["parser", "scanner"])
def test_one_huge_file_of_many_claims_streams(tmp_path: Path, reader: str) -> None:
    if reader == "scanner":  # compiling takes memory too, so none of the two may be the first
        warm = "from giamdinh.read.scanner import warm; warm()"
        subprocess.run([sys.executable, "-c", warm], check=True, timeout=300)

    def peak(claims: int) -> float:
        text = hoso(claim("LK?", 30), "inline")
        hosos = (text.replace("LK?", f"LK{i}") for i in range(claims))
        path = write(tmp_path / "lon.xml", iter([START, *hosos, END]))
        used, read, _ = measure(path, reader)
        assert read == claims
        return used

    few, many = peak(500), peak(4000)
    assert many < few + 30, f"{few:.0f} MB, {many:.0f} MB"
