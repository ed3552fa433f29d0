"""Who the patient is stays in the columns made for it, and with --mask stays nowhere.

Every personal field of every table carries a marker of its own, well formed and damaged in many
ways; the markers are then searched in everything that a run writes.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from giamdinh.tables.specs import table_specs
from tests.commands import run
from tests.read.writer import FACILITY, Envelope, content, document, envelope, file_hoso, hoso

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from giamdinh.model import Field

CARDS = "GD4798811223377;HC4798844556688"
BIRTH = "190711290000"
WELL_FORMED = {
    "MA_THE_BHYT": CARDS,
    "SO_CCCD": "079188812345",
    "NGAY_SINH": BIRTH,
    "NGAYSINH_NND": BIRTH[:8],
    "DIEN_THOAI": "0918881234",
}
SECRETS = (
    "QZX",
    "798811223",
    "798844556",
    "079188812345",
    "0918881234",
    BIRTH[:8],
    "29/11/1907",
    "1907-11-29",
)
"""What must not show: all markers hold one of these. Cards keep three and two characters."""

MAY_SHOW = {"value", "expected", "patient", "name", "card"}
"""Columns of findings that say who the patient is."""

PERSONAL = {
    name: [field for field in spec.fields if field.personal] for name, spec in table_specs().items()
}


def marker(name: str) -> str:
    return f"{name[::-1].replace('_', '')}QZX"


def row(table: str, key: str, *, damaged: bool) -> dict[str, str]:
    """A row whose personal fields are marked and whose other fields are mostly senseless."""
    spec = table_specs()[table]
    filled = {field.name: "?" * 3 for field in spec.fields if not field.temporal}
    filled |= {field.name: "202613320000" for field in spec.fields if field.temporal}
    filled |= {field.name: marked(field, damaged=damaged) for field in PERSONAL[table]}
    known = {
        "MA_LK": key,
        "STT": "1",
        "MA_CSKCB": FACILITY,
        "NGAY_VAO": "202503090800",
        "NGAY_RA": "202503091030",
        "T_BHTT": "25200",
        "SO_LUONG": "1",
        "MA_NHOM": "4",
    }
    return filled | {name: text for name, text in known.items() if name in spec.by_name}


def marked(field: Field, *, damaged: bool) -> str:
    if damaged:
        return f"{marker(field.name)}\t{'x' * 300};;{marker(field.name)}"
    return WELL_FORMED.get(field.name, marker(field.name))


def claim(key: str, *, damaged: bool = False) -> dict[str, list[dict[str, str]]]:
    return {
        name: [row(name, key, damaged=damaged)]
        for name in table_specs()
        if name not in ("HOSO", "XML0")
    }


def spoiled(inside: str) -> str:
    """A claim whose XML1 is `inside`, beside other tables that are sound."""
    others = {k: v for k, v in claim("LKX").items() if k != "XML1"}
    return envelope([hoso(others).replace("<HOSO>", "<HOSO>" + file_hoso("XML1", inside), 1)])


def claim_files() -> dict[str, bytes]:
    """Files by name, sound and damaged."""
    name, xml1 = marker("HO_TEN"), document("XML1", claim("LK1")["XML1"])
    sound = envelope([hoso(claim("LK1")), hoso(claim("LK2"), "inline")])
    opened = "<HO_TEN>"
    texts = {
        "tot": sound,
        "sai_dang": envelope([hoso(claim("LK3", damaged=True))]),
        "gui_lai": envelope([hoso(claim("LK1"))], Envelope(made="20250401")),
        "bi_cat": sound[: len(sound) * 2 // 3],
        "cat_ngang_ten": sound[: sound.index("<HO_TEN>") + 12],
        "khong_phai_base64": spoiled(f"{name} không phải base64 ***"),
        "xml_trong_hong": spoiled(content(xml1.replace("</HO_TEN>", ""), "base64")),
        "thuc_the_la": spoiled(content(xml1.replace(opened, f"{opened}&{name};"), "base64")),
        "thuoc_tinh_hong": spoiled(content(xml1.replace(opened, f"<HO_TEN {name}>"), "base64")),
        "dau_nho_hon": spoiled(content(xml1.replace(opened, f"{opened}<{name} "), "base64")),
        "thuc_the_la_ngoai": sound.replace(opened, f"{opened}&{name};"),
        "thuoc_tinh_hong_ngoai": sound.replace(opened, f"<HO_TEN {name}>"),
        "ky_tu_cam": sound.replace(opened, f"{opened}\x01"),
        "the_la": spoiled(content(xml1.replace("HO_TEN>", "HO_VA_TEN>"), "base64")),
        "chu_roi": sound.replace("<HOSO>", f"<HOSO>{name}").replace("<DSACH_", f"{name}<DSACH_"),
        "thieu_xml1": envelope([hoso({"XML6": claim("LK4")["XML6"]})]),
        "xml1_lap": envelope([hoso({"XML1": claim("LK5")["XML1"] * 2})]),
        "so_ho_so_la": envelope([hoso(claim("LK6"))], Envelope(count=name)),
        "khong_phai_ho_so": f"<html><body>{name} {CARDS}</body></html>",
        "bang_roi": xml1,
        "doctype": f"<!DOCTYPE x [<!ENTITY a '{name}'>]>{sound}",
        "tiep_don": document("XML0", [row("XML0", "LK7", damaged=True)]),
    }
    found = {f"{key}.xml": text.encode() for key, text in texts.items()}
    found["sai_ma.xml"] = ('<?xml version="1.0" encoding="UTF-8"?>' + sound).encode("utf-16")[2:]
    found["khong_phai_utf8.xml"] = sound.replace(name, f"{name} Nguyễn").encode("cp1258", "replace")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("hai.xml", texts["sai_dang"])
    found["nen.zip"] = packed.getvalue()
    found["nen_hong.zip"] = packed.getvalue()[:-200]
    return found


def write_catalogues(folder: Path) -> None:
    """A card registry that contradicts the claims, and rows that cannot be used."""
    folder.mkdir()
    name = marker("HO_TEN")
    (folder / "the.csv").write_text(
        "MA_THE_BHYT,HO_TEN,NGAY_SINH,MA_DKBD,GT_THE_TU,GT_THE_DEN\n"
        f"{CARDS[:15]},{name} KHAC,19071129,01001,20240101,20251231\n"
        f"{CARDS[16:]},{name},{name},01001,{name},{BIRTH}\n"
        f",{name},,01001,20240101,\n",
        encoding="utf-8",
    )
    (folder / "nhan_luc.csv").write_text(
        "HO_TEN,MACCHN,SO_DINH_DANH,TU_NGAY,DEN_NGAY\n"
        f"{name},,079188812345,{name},\n"
        f"{name},0001/GPHN,079188812345,20240101,{name}\n",
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def marked_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rieng_tu")
    (folder / "ho_so").mkdir()
    for name, data in claim_files().items():
        (folder / "ho_so" / name).write_bytes(data)
    write_catalogues(folder / "danh_muc")
    return folder


def audit(folder: Path, out: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    done = run(
        "audit", folder / "ho_so", "--catalogues", folder / "danh_muc", "--out", out, *options
    )
    assert done.returncode == 0, done.stderr.decode()
    return done


def shown(where: str, text: str) -> list[str]:
    """Each secret in `text` with what stands around it."""
    return [
        f"{where}: …{text[max(found.start() - 60, 0) : found.start() + 40]}…"
        for secret in SECRETS
        for found in re.finditer(secret, text)
    ]


def findings(out: Path) -> list[dict[str, str | int | None]]:
    lines = (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_markers_are_read_and_found(marked_folder: Path, tmp_path: Path) -> None:
    """Otherwise the other tests would prove nothing."""
    audit(marked_folder, tmp_path, "--format", "none")
    rows = findings(tmp_path)
    assert {"STR-001", "STR-003", "STR-004", "STR-005"} & {str(row["rule"]) for row in rows}
    fields = {str(row["field"]) for row in rows if shown("", str(row["value"]))}
    assert {"HO_TEN", "MA_THE_BHYT", "SO_CCCD", "NGAY_SINH"} <= fields
    run_json = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    kinds = {problem["kind"] for problem in run_json["ledger"]["problems"]}
    assert len(kinds) >= 8, kinds


def test_without_mask_only_the_columns_made_for_it_say_who(
    marked_folder: Path, tmp_path: Path
) -> None:
    done = audit(marked_folder, tmp_path, "--format", "none")
    found = shown("stdout", done.stdout.decode()) + shown("stderr", done.stderr.decode())
    found += shown("run.json", (tmp_path / "run.json").read_text(encoding="utf-8"))
    for row in findings(tmp_path):
        for column, cell in row.items():
            if column not in MAY_SHOW:
                found += shown(f"{row['rule']} {column}", str(cell))
    assert sorted(set(found)) == []


def test_with_mask_nothing_says_who(marked_folder: Path, tmp_path: Path) -> None:
    done = audit(marked_folder, tmp_path, "--mask")
    found = shown("stdout", done.stdout.decode()) + shown("stderr", done.stderr.decode())
    found += shown("run.json", (tmp_path / "run.json").read_text(encoding="utf-8"))
    for row in findings(tmp_path):
        for column, cell in row.items():
            found += shown(f"{row['rule']} {row['field']} {column}", str(cell))
    for cells in pq.read_table(tmp_path / "findings.parquet").to_pylist():
        found += shown("parquet", str(cells))
    (book,) = tmp_path.glob("*.xlsx")
    with zipfile.ZipFile(book) as parts:
        for part in parts.namelist():
            found += shown(part, parts.read(part).decode("utf-8", "replace"))
    assert sorted(set(found)) == []


def test_a_masked_check_prints_nothing_that_says_who(marked_folder: Path) -> None:
    files = sorted((marked_folder / "ho_so").iterdir())
    done = run("check", *files, "--mask", "--catalogues", marked_folder / "danh_muc")
    assert done.returncode == 1
    assert shown("stdout", done.stdout.decode()) + shown("stderr", done.stderr.decode()) == []
