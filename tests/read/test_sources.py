"""Files, folders and archives: what is read, in which order, and what is named instead."""

from __future__ import annotations

import io
import os
import random
import sys
import zipfile
from pathlib import Path

import pytest

from giamdinh.errors import InputError
from giamdinh.read import Ledger, Limits, read_claims

from .reading import Result, read
from .writer import claim, envelope, hoso

only_posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


def one(key: str) -> bytes:
    return envelope([hoso(claim(key))]).encode()


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def names(result: Result) -> list[str]:
    return [file for batch in result.batches for file in batch.files]


def test_a_folder_is_searched_in_order_for_xml_and_zip(tmp_path: Path) -> None:
    put(tmp_path / "b" / "2.XML", one("LK3"))
    put(tmp_path / "b" / "1.xml", one("LK2"))
    put(tmp_path / "a.xml", one("LK1"))
    put(tmp_path / "c.Zip", zipped({"x/y.xml": one("LK4"), "z.XML": one("LK5")}))
    result = read([tmp_path])
    assert names(result) == ["a.xml", "b/1.xml", "b/2.XML", "c.Zip!x/y.xml", "c.Zip!z.XML"]
    assert result.keys() == ["LK1", "LK2", "LK3", "LK4", "LK5"]
    assert result.ledger.files_found == result.ledger.files_read == 5


def test_other_and_hidden_files_of_a_folder_are_listed_not_read(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", one("LK1"))
    for name in ("b.pdf", "c.xml.bak", ".d.xml", ".git/e.xml", "f/Thumbs.db"):
        put(tmp_path / name, one("LKX"))
    result = read([tmp_path])
    assert result.keys() == ["LK1"]
    assert sorted(result.ledger.files_ignored) == [
        ".d.xml", ".git", "b.pdf", "c.xml.bak", "f/Thumbs.db"
    ]  # fmt: skip


def test_an_explicit_file_may_have_any_name(tmp_path: Path) -> None:
    assert read([put(tmp_path / "hoso.dat", one("LK1"))]).keys() == ["LK1"]
    assert read([put(tmp_path / "hoso.bin", zipped({"a.xml": one("LK2")}))]).keys() == ["LK2"]


def test_a_file_reached_twice_is_read_once(tmp_path: Path) -> None:
    path = put(tmp_path / "a.xml", one("LK1"))
    result = read([path, tmp_path, Path(tmp_path, ".", "a.xml")])
    assert result.ledger.files_found == 1
    assert result.ledger.claims_replaced == 0


def test_the_order_of_the_paths_changes_nothing(tmp_path: Path) -> None:
    paths = [put(tmp_path / f"{i}.xml", one(f"LK{i}")) for i in range(4)]
    assert names(read(paths)) == names(read(reversed(paths))) == [f"{i}.xml" for i in range(4)]


def test_names_are_relative_to_what_the_paths_share(tmp_path: Path) -> None:
    put(tmp_path / "t1" / "a.xml", one("LK1"))
    put(tmp_path / "t2" / "a.xml", one("LK2"))
    assert names(read([tmp_path / "t1", tmp_path / "t2"])) == ["t1/a.xml", "t2/a.xml"]
    assert names(read([tmp_path / "t1"])) == ["a.xml"]
    assert names(read([tmp_path / "t1" / "a.xml"])) == ["a.xml"]


def test_excluded_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml", "out/c.xml"):
        put(tmp_path / name, one(name))
    result = read([tmp_path], exclude=[tmp_path / "b.xml", tmp_path / "out"])
    assert result.keys() == ["a.xml"]
    assert result.ledger.files_ignored == []


def test_a_missing_path_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", one("LK1"))
    with pytest.raises(InputError, match=r"Không tìm thấy.*khong_co\.xml"):
        read_claims([tmp_path, tmp_path / "khong_co.xml"], Ledger())


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", b"x")
    for paths in ([tmp_path], []):
        with pytest.raises(InputError, match="Không có tệp"):
            read_claims(paths, Ledger())


@only_posix
def test_links_and_pipes_and_unreadable_files_do_not_stop_the_rest(tmp_path: Path) -> None:
    put(tmp_path / "z.xml", one("LK1"))
    (tmp_path / "a.xml").symlink_to(tmp_path / "khong_co.xml")
    (tmp_path / "vong").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "ong.xml")
    os.mkfifo(tmp_path / "ong.zip")
    result = read([tmp_path])
    assert result.keys() == ["LK1"]
    assert result.kinds == ["tep_khong_doc_duoc"] * 3
    assert result.ledger.files_rejected == 3
    assert result.ledger.files_ignored == ["vong"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that fails to be read")
def test_a_read_error_is_a_rejected_file_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "a.xml").symlink_to("/proc/self/mem")
    put(tmp_path / "b.xml", one("LK1"))
    result = read([tmp_path])
    assert result.keys() == ["LK1"]
    assert result.kinds == ["tep_khong_doc_duoc"]
    assert "lỗi đọc ổ đĩa" in result.ledger.problems[0].reason


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_or_folder_without_permission_is_named(tmp_path: Path) -> None:
    path = put(tmp_path / "a.xml", one("LK1"))
    closed = put(tmp_path / "d" / "b.xml", one("LK2")).parent
    path.chmod(0)
    closed.chmod(0)
    result = read([tmp_path])
    closed.chmod(0o700)
    assert result.kinds == ["tep_khong_doc_duoc"] * 2
    assert "không có quyền đọc" in result.ledger.problems[0].reason


def test_members_of_an_archive_are_files_and_others_are_listed(tmp_path: Path) -> None:
    members = {"a/": b"", "a/1.xml": one("LK1"), "a/doc.txt": b"x", "__MACOSX/a/._1.xml": b"x"}
    path = put(tmp_path / "t.zip", zipped(members))
    result = read([path])
    assert names(result) == ["t.zip!a/1.xml"]
    assert result.ledger.files_found == 1
    assert result.ledger.files_ignored == ["t.zip!__MACOSX/a/._1.xml", "t.zip!a/doc.txt"]


@pytest.mark.parametrize(
    "name", ["../ngoai.xml", "/etc/ngoai.xml", "C:\\ngoai.xml", "a\\..\\b.xml"]
)
def test_a_member_that_points_outside_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "vao"
    put(folder / "t.zip", zipped({name: one("LK1"), "b.xml": one("LK2")}))
    result = read([folder])
    assert result.keys() == ["LK2"]
    assert result.kinds == ["zip_nguy_hiem"]
    assert (result.ledger.files_found, result.ledger.files_rejected) == (2, 1)
    assert [p.name for p in tmp_path.rglob("*")] == ["vao", "t.zip"]


def test_an_archive_inside_an_archive_is_named(tmp_path: Path) -> None:
    inner = zipped({"a.xml": one("LK1")})
    members = {"b.xml": one("LK2"), "trong.zip": inner, "gia.xml": inner}
    result = read([put(tmp_path / "t.zip", zipped(members))])
    assert result.keys() == ["LK2"]
    assert sorted(result.kinds) == ["khong_phai_ho_so", "zip_nguy_hiem"]


def test_a_damaged_archive_is_one_rejected_file(tmp_path: Path) -> None:
    data = zipped({"a.xml": one("LK1"), "b.xml": one("LK2")})
    for i, bad in enumerate((data[: len(data) // 2], b"", b"PK\x03\x04", one("LK3"), data[:-3])):
        put(tmp_path / f"{i}.zip", bad)
    put(tmp_path / "z.zip", data)
    result = read([tmp_path])
    assert result.keys() == ["LK1", "LK2"]
    assert result.kinds == ["zip_hong"] * 5
    assert result.ledger.files_rejected == 5


def test_an_archive_without_claim_files_is_named(tmp_path: Path) -> None:
    put(tmp_path / "t.zip", zipped({"a.txt": b"x"}))
    result = read([tmp_path])
    assert result.kinds == ["khong_phai_ho_so"]
    assert result.ledger.files_ignored == ["t.zip!a.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_is_not_half_read(tmp_path: Path, method: int) -> None:
    members = {"a.xml": one("LK1"), "b.xml": one("LK2")}
    data = bytearray(zipped(members, method))
    data[200] ^= 0x15
    result = read([put(tmp_path / "t.zip", bytes(data))])
    assert result.keys() == ["LK2"]
    assert result.kinds == ["zip_hong"]


def test_an_encrypted_member_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.xml": one("LK1")}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    result = read([put(tmp_path / "t.zip", bytes(data))])
    assert result.kinds == ["zip_hong"]
    assert "mật khẩu" in result.ledger.problems[0].reason


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_packing_methods_are_refused(tmp_path: Path, method: int) -> None:
    result = read([put(tmp_path / "t.zip", zipped({"a.xml": one("LK1")}, method))])
    assert result.kinds == ["zip_hong"]


def test_a_member_that_grows_too_much_is_refused_while_unpacking(tmp_path: Path) -> None:
    bomb = envelope([]).encode() + b" " * 3_000_000
    path = put(tmp_path / "t.zip", zipped({"a.xml": bomb, "b.xml": one("LK1")}))
    limits = Limits(zip_free_bytes=100_000)
    result = read([path], limits=limits)
    assert "zip_nguy_hiem" in result.kinds
    assert "bom nén" in result.ledger.problems[0].reason


def test_members_that_share_packed_bytes_are_bounded_together(tmp_path: Path) -> None:
    members = {f"{i}.xml": envelope([]).encode() + b" " * 60_000 for i in range(20)}
    limits = Limits(zip_free_bytes=100_000, zip_ratio=50)
    result = read([put(tmp_path / "t.zip", zipped(members))], limits=limits)
    assert "zip_nguy_hiem" in result.kinds


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "t.zip", zipped({f"{i}.xml": b"" for i in range(20)}))
    result = read([path], limits=Limits(zip_members=10))
    assert result.kinds == ["zip_nguy_hiem"]


def test_a_member_larger_than_a_file_may_be_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path / "t.zip", zipped({"a.xml": one("LK1")}, zipfile.ZIP_STORED))
    result = read([path], limits=Limits(file_bytes=500))
    assert result.kinds == ["qua_lon"]
    assert result.batches == []


def test_random_damage_to_an_archive_never_raises(tmp_path: Path) -> None:
    generator = random.Random(7)  # noqa: S311
    data = zipped({"a.xml": one("LK1"), "thư mục/b.xml": one("LK2")})
    for i in range(300):
        bad = bytearray(data[: generator.randrange(1, len(data))] if i % 3 == 0 else data)
        for _ in range(generator.randrange(1, 9)):
            bad[generator.randrange(len(bad))] = generator.randrange(256)
        read([put(tmp_path / "t.zip", bytes(bad))])


def test_batches_hold_whole_claims_up_to_the_number_asked_for(tmp_path: Path) -> None:
    for i in range(3):
        keys = [f"LK{i}{j}" for j in range(5)]
        put(tmp_path / f"{i}.xml", envelope([hoso(claim(key)) for key in keys]).encode())
    whole = read([tmp_path])
    split = read([tmp_path], batch_claims=4)
    assert [len(batch) for batch in split.batches] == [4, 4, 4, 3]
    assert [len(batch) for batch in whole.batches] == [15]
    for table in ("HOSO", "XML1", "XML2", "XML3"):
        assert split.rows(table) == whole.rows(table)


def test_a_batch_is_handed_on_early_when_its_input_is_large(tmp_path: Path) -> None:
    put(tmp_path / "a.xml", envelope([hoso(claim(f"LK{i}", 40)) for i in range(40)]).encode())
    result = read([tmp_path], limits=Limits(batch_bytes=100_000))
    assert len(result.batches) > 1
    assert result.ledger.claims_read == 40


@only_posix
def test_names_that_are_no_utf8_are_shown_without_what_cannot_be_written(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path)
    data = {b"a\xff.xml": b"", b"b\xff.zip": zipped({"c.xml": b""}), b"d\xff.txt": b""}
    for name, text in data.items():
        Path(os.fsdecode(raw + b"/" + name)).write_bytes(text)
    ledger = read([tmp_path]).ledger
    files = [problem.file for problem in ledger.problems] + ledger.files_ignored
    assert files == ["a?.xml", "b?.zip!c.xml", "d?.txt"]


@only_posix
def test_a_pipe_given_directly_is_refused_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ong.xml")
    result = read([tmp_path / "ong.xml", Path(os.devnull)])
    assert result.kinds == ["tep_khong_doc_duoc"] * 2
    assert all("Không phải tệp thường" in p.reason for p in result.ledger.problems)
