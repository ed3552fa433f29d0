"""The scanner gives what the parser gives, and leaves to it what it does not understand."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from giamdinh.read import LIMITS, Ledger, Limits, read_claims
from giamdinh.read.reader import Reading, worth_scanning
from giamdinh.read.scanner.buffer import Buffer
from giamdinh.read.scanner.driver import Scanner
from giamdinh.read.sources import documents, find
from tests.equality.compare import Reading as Result
from tests.equality.compare import compare, differences, read

from .writer import STYLES, Envelope, Row, claim, envelope, file_hoso, hoso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.tables.claimset import ClaimSet

SAMPLES = Path(__file__).parent / "data" / "bien_the"
PARSED = {"escaped", "base64_utf16", "base64_wrongly_declared", "cdata_declared"}
"""Styles that the scanner leaves to the parser."""


def put(folder: Path, text: str | bytes, name: str = "hs.xml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def scanned(path: Path, **options: Any) -> Ledger:
    """The ledger after both readers agreed on a file or folder."""
    assert compare(path, **options) == []
    return read(path, scanner=True, **options).ledger


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("cdata", [False, True])
def test_every_style_is_read_alike(style: str, cdata: bool, tmp_path: Path) -> None:  # noqa: FBT001
    hosos = [hoso(claim(f"LK{i}", lines=i), style, cdata=cdata) for i in (1, 2, 3)]
    ledger = scanned(put(tmp_path, envelope(hosos)))
    left = style in PARSED or (style.startswith("cdata") and cdata)
    assert ledger.claims_read == 3
    assert ledger.scanned.get("claims", 0) == (0 if left else 3)
    assert sum(ledger.left.values()) == left


def test_official_variants_are_read_alike(tmp_path: Path) -> None:
    ledger = scanned(SAMPLES)
    assert ledger.scanned["claims"] >= 20
    for path in SAMPLES.iterdir():
        scanned(put(tmp_path, path.read_bytes(), path.name))


VALUES = [
    "a&amp;b", "&lt;&gt;&quot;&apos;", "&#65;&#x1EA0;&#x1F600;", "a\r\nb\rc", "<![CDATA[a<b]]>",
    "x<![CDATA[&amp;]]>y<![CDATA[]]>", " thừa  ", "\u00a0ngoài\u3000", "\u2028", " \t\n ", "]]",
    "] ]>",
    "\u0085a\u1680", "ế" * 300, "&#13;", "&#xD;&#10;", "\u2009\u205f", "x\u00a0", "é", "0" * 30,
]  # fmt: skip
WRONG = [
    "a&b", "&nbsp;", "&#0;", "&#x1F;", "&#xD800;", "&#xFFFE;", "&#1114112;", "]]>", "\x01", "<b/>",
    "<!-- -->",
    "&#;", "&#x;", "&amp", "\ufffe", "<![CDATA[\x02]]>", "&#X41;", "&#99999999;", "&#00000065;",
]  # fmt: skip


def valued(text: str) -> str:
    row = f"<TONG_HOP><MA_LK>1</MA_LK><HO_TEN>{text}</HO_TEN><STT>1</STT></TONG_HOP>"
    return envelope([f"<HOSO>{file_hoso('XML1', row)}</HOSO>"])


@pytest.mark.parametrize("text", VALUES)
def test_values_are_read_alike_and_here(text: str, tmp_path: Path) -> None:
    assert scanned(put(tmp_path, valued(text))).scanned["claims"] == 1


@pytest.mark.parametrize("text", WRONG)
def test_doubtful_values_are_left_to_the_parser(text: str, tmp_path: Path) -> None:
    assert scanned(put(tmp_path, valued(text))).left == {"gia_tri": 1}


def test_wrong_utf8_is_left_to_the_parser(tmp_path: Path) -> None:
    for wrong in (
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff",
        b"\xc3",
        b"\xe0\x80\x80",
    ):
        data = valued("@").encode().replace(b"@", wrong)
        assert scanned(put(tmp_path, data)).left == {"gia_tri": 1}


def test_trimmed_and_filled_texts_keep_what_was_written(tmp_path: Path) -> None:
    tables = claim("LK1")
    tables["XML1"][0] |= {"MA_LOAI_KCB": " 1 ", "HO_TEN": "\u00a0NGƯỜI \n", "STT": " 01 "}
    other = claim("LK2")
    other["XML1"][0]["MA_LOAI_KCB"] = "1"
    assert scanned(put(tmp_path, envelope([hoso(tables), hoso(other)]))).scanned["claims"] == 2
    batch = read(tmp_path, scanner=True).batches[0]
    kind = batch["XML1"]["MA_LOAI_KCB"]
    assert (kind.texts, kind.padded) == (["01"], {0: " 1 ", 1: "1"})


def odd_files() -> dict[str, str]:
    plain = [hoso(claim(f"LK{i}")) for i in range(3)]
    whole = envelope(plain)
    nested = whole.replace("<HOSO>", "<HOSO><HOSO>", 1).replace("</HOSO>", "</HOSO></HOSO>", 1)
    ends = "</DANHSACHHOSO></THONGTINHOSO>"
    crossed = whole.replace(ends, "</THONGTINHOSO></DANHSACHHOSO>")
    row = "<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE>{}</NOIDUNGFILE></FILEHOSO></HOSO>"
    return {
        "thua_the": envelope([plain[0].replace("<FILEHOSO>", "<LA/><FILEHOSO>", 1), *plain[1:]]),
        "khong_xml1": envelope([hoso({"XML2": claim("A")["XML2"]}), *plain]),
        "hai_xml1": envelope([hoso(claim("A")).replace("</HOSO>", hoso(claim("A"))[7:]), *plain]),
        "rong": envelope([]),
        "dong_rong": envelope([row.format("<TONG_HOP></TONG_HOP>"), *plain]),
        "hai_lan": envelope([row.format("<TONG_HOP><STT>1</STT><STT>2</STT></TONG_HOP>"), *plain]),
        "sai_so": envelope(plain, Envelope(count="7")),
        "so_chu": envelope(plain, Envelope(count="ba")),
        "thieu_so": envelope(plain).replace("<SOLUONGHOSO>3</SOLUONGHOSO>", ""),
        "dau_cuoi": whole.replace("</DANHSACHHOSO>", "</DANHSACHHOSO><MACSKCB/>"),
        "hai_vo": envelope(plain) * 2,
        "cat": envelope(plain)[:-400],
        "doctype": "<!DOCTYPE x>" + envelope(plain),
        "chu_thich": "<!-- -->" + envelope(plain),
        "long": nested,
        "sai_vo": envelope(plain).replace("THONGTINHOSO", "THONGTINHOSO2"),
        "doi_dong": crossed,
        "chu_ky": envelope(plain, Envelope(tail="<CHUKYDONVI>chữ\r\nký</CHUKYDONVI>")),
        "chu_ky_xml": envelope(plain, Envelope(tail="<CHUKYDONVI><Signature/></CHUKYDONVI>")),
        "sau_cung": envelope(plain) + "x",
        "loai_thuong": envelope([p.replace("XML2", "xml2") for p in plain]),
        "loai_la": envelope([p.replace("XML2", "XML16") for p in plain]),
        "loai_khac": envelope([p.replace("XML2<", "XML3<") for p in plain]),
        "khai_bao_la": '<?xml version="1.0" encoding="windows-1258"?>' + envelope(plain),
        "khai_bao": "<?xml version='1.0'  encoding='utf-8' standalone='no' ?>\n" + envelope(plain),
        "khai_bao_rong": "<?xml?>" + envelope(plain),
    }  # fmt: skip


@pytest.mark.parametrize("name", odd_files())
def test_odd_files_say_the_same(name: str, tmp_path: Path) -> None:
    scanned(put(tmp_path, odd_files()[name]))
    scanned(put(tmp_path, "\ufeff" + odd_files()[name]))


def test_files_of_both_readers_keep_their_order(tmp_path: Path) -> None:
    for i, (name, text) in enumerate(odd_files().items()):
        put(tmp_path, text, f"{i:02d}_{name}.xml")
        put(tmp_path, envelope([hoso(claim(f"F{i}"))]), f"{i:02d}_{name}_sau.xml")
    for batch_claims in (1, 7):
        ledger = scanned(tmp_path, batch_claims=batch_claims)
    assert ledger.replaced
    assert ledger.scanned["claims"] > len(odd_files())


def test_archives_are_scanned(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i, text in enumerate(odd_files().values()):
            archive.writestr(f"{i:02d}.xml", text)
        archive.writestr("anh.png", b"")
    put(tmp_path, odd_files()["chu_ky"], "b.xml")
    assert scanned(tmp_path).scanned["claims"] >= 15


def test_check_in_rows_of_a_claim_stay_with_it_or_leave_it(tmp_path: Path) -> None:
    rows: list[Row] = [{"MA_LK": "LK1", "STT": "1"}, {"STT": "2"}]
    own = hoso({**claim("LK1"), "XML0": rows})
    other = hoso({**claim("LK2"), "XML0": rows})
    assert scanned(put(tmp_path, envelope([own]))).scanned["claims"] == 1
    assert scanned(put(tmp_path, envelope([own, other]))).left == {"lap": 1}


def test_several_discharge_papers_belong_to_one_claim(tmp_path: Path) -> None:
    paper = file_hoso(
        "XML7", "<CHI_TIEU_DU_LIEU_GIAY_RA_VIEN><MA_LK>1</MA_LK></CHI_TIEU_DU_LIEU_GIAY_RA_VIEN>"
    )
    text = envelope([hoso(claim("1")).replace("</HOSO>", 3 * paper + "</HOSO>")])
    ledger = scanned(put(tmp_path, text))
    assert (ledger.rows["XML7"], ledger.scanned["claims"]) == (3, 1)


def test_narrow_limits_refuse_the_same(tmp_path: Path) -> None:
    hosos = [hoso(claim(f"LK{i}", lines=i)) for i in range(1, 6)]
    put(tmp_path, envelope(hosos))
    for limits in (
        Limits(rows_per_claim=5), Limits(table_bytes=1200), Limits(claim_nodes=90), Limits(depth=2),
        Limits(file_pieces=3), Limits(claim_bytes=3000), Limits(file_bytes=9000),
        Limits(prolog_bytes=40), Limits(batch_bytes=2000),
    ):  # fmt: skip
        scanned(tmp_path, limits=limits)


def small(path: Path, limits: Limits = LIMITS, batch_claims: int = 7, **sizes: int) -> Result:
    """What the scanner reads in a buffer of other sizes."""
    reading = Reading(Ledger(), batch_claims, limits)
    reading._scanner = Scanner(reading, batch_claims, Buffer(limits, **sizes))
    batches: list[ClaimSet] = []
    for document in documents(find([path]), reading.ledger, limits):
        batches += reading.read(document)
    batches += reading.rest()
    reading.sendings.settle(reading.ledger)
    assert reading.ledger.balanced
    return Result(batches, reading.ledger)


def long_files() -> dict[str, str]:
    """Files of many claims, some of them odd, some files damaged."""
    hosos = [
        hoso(claim(f"LK{i}", lines=1 + i % 4), "base64" if i % 3 else "inline") for i in range(40)
    ]

    def changed(*changes: tuple[int, str, str]) -> str:
        new = list(hosos)
        for at, old, text in changes:
            assert old in new[at]
            new[at] = new[at].replace(old, text, 1)
        return envelope(new, Envelope(namespace=' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'))

    odd = (12, "<FILEHOSO>", "<LA/><FILEHOSO>")
    cdata = "<LA><![CDATA[<HOSO></HOSO>]]></LA><FILEHOSO>"
    nested = ((25, "<HOSO>", "<HOSO><HOSO>"), (25, "</HOSO>", "</HOSO></HOSO>"))
    ends = "</HOSO></DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>"
    return {
        "sach": changed(),
        "the_la": changed(odd, (0, *odd[1:]), (39, "<FILEHOSO>", "<LA2/><FILEHOSO>")),
        "khong_gian_ten": changed((20, "<FILEHOSO>", '<FILEHOSO xsd:a="">'), odd),
        "chu_thich_kho": changed((15, "<FILEHOSO>", "<!-- </HOSO> <HOSO> --><FILEHOSO>"), odd),
        "cdata_kho": changed((15, "<FILEHOSO>", cdata), odd),
        "thieu_the_dong": changed(odd, (25, "</HOSO>", "")),
        "hoso_long_nhau": changed(odd, *nested),
        "chu_giua": changed(odd, (25, "</HOSO>", "</HOSO>chữ")),
        "dong_som": changed(odd, (30, "</HOSO>", "</HOSO></DANHSACHHOSO>")),
        "vo_moi": changed(odd, (30, "</HOSO>", ends)),
        "dau_giua": changed(odd, (30, "</HOSO>", "</HOSO><NGAYLAP>20250101</NGAYLAP>")),
        "hong_mot_bang": changed(odd, (19, "</NOIDUNGFILE>", "=</NOIDUNGFILE>")),
        "cat": changed(odd)[:-9000],
        "thua": changed(odd) + "<x/>",
        "khai_bao": '<?xml version="1.0" encoding="latin1"?>' + changed(odd),
        "khoang_trang": changed(odd, (22, "</HOSO>", "</HOSO>" + " \n" * 4000)),
    }  # fmt: skip


@pytest.mark.parametrize("name", long_files())
@pytest.mark.parametrize("largest", [5_000, 16_384, 40_000])
def test_long_files_say_the_same_piece_by_piece(name: str, largest: int, tmp_path: Path) -> None:
    put(tmp_path, long_files()[name])
    put(tmp_path, envelope([hoso(claim("SAU"))]), "z.xml")
    parsed = read(tmp_path, scanner=False, batch_claims=11)
    found = small(tmp_path, largest=largest, batch=largest)
    assert list(differences(parsed, found)) == []
    if name in ("sach", "the_la", "khong_gian_ten"):
        assert found.ledger.scanned["claims"] >= 38


@pytest.mark.parametrize("cells", [100, 700, 2000])
def test_a_full_work_area_is_emptied_and_used_again(cells: int, tmp_path: Path) -> None:
    for i, text in enumerate(long_files().values()):
        put(tmp_path, text, f"{i}.xml")
    parsed = read(tmp_path, scanner=False)
    for largest in (12_000, 10**6):
        found = small(tmp_path, largest=largest, batch=largest, cells=cells)
        assert list(differences(parsed, found)) == []
        expected = cells > 100 and largest < 10**6  # whole files do not fit
        assert bool(found.ledger.scanned.get("claims")) == expected


def test_limits_of_long_files_refuse_the_same(tmp_path: Path) -> None:
    put(tmp_path, long_files()["the_la"])
    for limits in (
        Limits(file_pieces=17), Limits(file_bytes=50_000),
        Limits(claim_bytes=140_000, prolog_bytes=400),
        Limits(rows_per_claim=5), Limits(claim_nodes=300, prolog_bytes=300, chunk_bytes=256),
    ):  # fmt: skip
        parsed = read(tmp_path, scanner=False, limits=limits)
        assert list(differences(parsed, small(tmp_path, limits, largest=20_000))) == []


def modules(paths: Sequence[Path]) -> str:
    code = (
        "import sys; from pathlib import Path; from giamdinh.read import Ledger, read_claims\n"
        "for _ in read_claims([Path(p) for p in sys.argv[1:]], Ledger()): pass\n"
        "print('numba' in sys.modules)"
    )
    command = [sys.executable, "-c", code, *map(str, paths)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_little_input_loads_no_numba(tmp_path: Path) -> None:
    put(tmp_path, envelope([hoso(claim("LK1"))]))
    assert modules([tmp_path]) == "False"


def test_much_input_is_scanned_by_itself(tmp_path: Path) -> None:
    text = envelope([hoso(claim(f"LK{i}")) for i in range(100)])
    files = 12 * 2**20 // len(text) + 1
    for i in range(files):
        put(tmp_path, text, f"{i}.xml")
    scanned(put(tmp_path / "mot", text))
    ledger = Ledger()
    claims = sum(len(batch) for batch in read_claims([tmp_path], ledger))
    wanted = worth_scanning(files * len(text))  # not where compiled kernels cannot be kept
    assert ledger.scanned == ({"claims": claims, "files": ledger.files_read} if wanted else {})
    assert worth_scanning(2**30)
