from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
import pytest

from giamdinh.errors import InputError, OutputError
from giamdinh.read import Ledger, read_claims
from giamdinh.sample import generate
from giamdinh.store import add as adding
from giamdinh.store.add import add
from giamdinh.store.catalogue import catalogue
from giamdinh.store.layout import DATA, STAGING, tables
from giamdinh.store.lock import locked
from giamdinh.store.reading import make_views, open_store
from giamdinh.store.upkeep import compact, status, verify
from tests.commands import run, told

if TYPE_CHECKING:
    from collections.abc import Callable

Content = dict[str, list[tuple[object, ...]]]


@cache
def month() -> Path:
    """Claim files of a small month, a claim that was sent again, and a file cut short."""
    folder = Path(mkdtemp())
    generate(folder, seed=3, month="2026-09", facilities=1, claims=10, errors=False)
    claims = folder / "ho_so"
    (claims / "zz_lai.xml").write_text(changed(claims, "20261130", "4321"), "utf-8")
    (claims / "zz_hong.xml").write_text(changed(claims, "20261130", "1")[:-900], "utf-8")
    return claims


def changed(claims: Path, made: str, paid: str) -> str:
    """The first claim with another NGAYLAP and T_BHTT."""
    texts = (path.read_text("utf-8", "replace") for path in sorted(claims.glob("*.xml")))
    text = next(text for text in texts if "<T_BHTT>" in text and text.count("<HOSO>") == 1)
    text = re.sub("<NGAYLAP>[0-9]*</NGAYLAP>", f"<NGAYLAP>{made}</NGAYLAP>", text)
    return re.sub("<T_BHTT>[0-9.]*</T_BHTT>", f"<T_BHTT>{paid}</T_BHTT>", text, count=1)


def content(store: Path) -> Content:
    """Every row of every table, whatever its claim is numbered and whichever file it is in."""
    with open_store(store) as own:
        make_views(own)
        return {
            table: own.rows(f"SELECT * EXCLUDE (KHO_HS) FROM {table} ORDER BY ALL")  # noqa: S608
            for table in tables()
        }


@cache
def whole() -> Content:
    """What a store holds that took the month in without trouble."""
    store = Path(mkdtemp()) / "kho"
    add(store, [month()])
    assert verify(store).faults == []
    return content(store)


def test_the_store_holds_every_claim_and_row_that_the_reader_gives(tmp_path: Path) -> None:
    ledger = Ledger()
    for _ in read_claims([month()], ledger):
        pass
    done = add(tmp_path / "kho", [month()])
    assert (done.declared, done.read, done.quarantined, done.replaced, done.rows) == (
        ledger.claims_declared, ledger.claims_read, ledger.claims_quarantined,
        ledger.claims_replaced, sum(ledger.rows.values()),
    )  # fmt: skip
    held = status(tmp_path / "kho")
    assert held.claims == ledger.claims_read - ledger.claims_replaced
    assert held.replaced == ledger.claims_replaced > 0


def test_taking_in_again_changes_nothing(tmp_path: Path) -> None:
    store = tmp_path / "kho"
    add(store, [month()])
    files = sorted(store.rglob("*.parquet"))
    again = add(store, [month()])
    assert (again.files, again.rows) == (0, 0)
    assert sorted(store.rglob("*.parquet")) == files
    copied = tmp_path / "ban_sao"
    shutil.copytree(month(), copied)
    assert add(store, [copied]).files == 0
    assert content(store) == whole()


def test_the_order_and_size_of_the_bites_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "_GROUP_BYTES", 20_000)
    monkeypatch.setattr(adding, "_WAITING_ROWS", 30)
    files = sorted(month().iterdir())
    files = files[1::2] + files[::2][::-1]
    store = tmp_path / "kho"
    for start in range(0, len(files), 7):
        add(store, files[start : start + 7])
    assert verify(store).faults == []
    found = content(store)
    assert found == whole()
    before, after = compact(store)
    assert after < before
    assert content(store) == found
    assert verify(store).faults == []


def sent_again(folder: Path, made: str, paid: str) -> tuple[Path, str]:
    """A claim of the month in a file of its own, with another NGAYLAP and T_BHTT."""
    folder.mkdir(parents=True)
    path, text = folder / "lai.xml", changed(month(), made, paid)
    path.write_text(text, "utf-8")
    claim = re.search("<MA_LK>(.*?)</MA_LK>", text)
    assert claim
    return path, claim.group(1)


def paid_for(store: Path, claim: str) -> list[object]:
    with open_store(store) as own:
        make_views(own)
        rows = own.rows("SELECT T_BHTT FROM XML1 WHERE MA_LK = ?", claim)
        return [float(row[0]) for row in rows]


def test_a_claim_sent_again_replaces_the_older_and_is_on_record(tmp_path: Path) -> None:
    store = tmp_path / "kho"
    add(store, [month()])
    claims = status(store).claims
    newer, claim = sent_again(tmp_path / "a", "20261231", "12345")
    assert add(store, [newer]).replaced == 1
    assert paid_for(store, claim) == [12345]
    older, _ = sent_again(tmp_path / "b", "20200101", "777")
    assert add(store, [older]).replaced == 1
    assert paid_for(store, claim) == [12345]
    assert status(store).claims == claims
    with open_store(store) as own:
        rows = own.rows("SELECT t_bhtt, bang_tep FROM thay_the WHERE ma_lk = ?", claim)
    assert {name for _, name in rows} == {"zz_lai.xml", "lai.xml"}
    assert 77700 in {amount for amount, _ in rows}
    assert verify(store).faults == []


def test_other_engines_read_the_files_as_they_are(tmp_path: Path) -> None:
    store = tmp_path / "kho"
    add(store, [month()])
    rows = pq.read_table(store / DATA / "XML1", partitioning=None)
    assert rows.num_rows == status(store).claims
    assert str(rows.schema.field("T_BHTT").type) == "decimal128(18, 2)"
    assert str(rows.schema.field("NGAY_RA").type).startswith("timestamp")
    polars = pytest.importorskip("polars")
    found = polars.read_parquet(f"{store}/{DATA}/XML3/**/*.parquet")
    assert found.height == len(whole()["XML3"])


def test_what_cannot_be_read_as_a_number_is_kept_as_written(tmp_path: Path) -> None:
    path, claim = sent_again(tmp_path / "a", "20261231", "12345")
    text = path.read_text("utf-8").replace("<T_BHTT>12345<", "<T_BHTT>12,345<")
    path.write_text(text, "utf-8")
    add(tmp_path / "kho", [path])
    with open_store(tmp_path / "kho") as own:
        make_views(own)
        rows = own.rows("SELECT T_BHTT, KHO_GOC FROM XML1 WHERE MA_LK = ?", claim)
    assert rows == [(None, '{"T_BHTT": "12,345"}')]


def test_damage_is_found(tmp_path: Path) -> None:
    store = tmp_path / "kho"
    add(store, [month()])
    first, second = (next((store / DATA / name).rglob("*.parquet")) for name in ("XML2", "XML3"))
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    second.unlink()
    faults = verify(store).faults
    assert any("sai SHA-256" in fault for fault in faults)
    assert any("thiếu tệp" in fault for fault in faults)
    done = run("store", "verify", "--store", store)
    assert done.returncode == 1
    assert "2 lỗi" in told(done)


def test_claims_without_any_row_are_found(tmp_path: Path) -> None:
    add(tmp_path / "kho", [month()])
    with catalogue(tmp_path / "kho", write=True) as own:
        for (part,) in own.rows("SELECT duong_dan FROM phan WHERE bang = 'XML1'"):
            (own.store / part).unlink()
        own.db.execute("DELETE FROM phan WHERE bang = 'XML1'")
        claims = own.number("SELECT count(*) FROM ho_so")
    assert f"{claims} hồ sơ không có dòng XML1" in verify(tmp_path / "kho").faults


KILL = """
import os, signal, sys
from pathlib import Path
from giamdinh.store import add, journal
name, nth, late, store, claims = sys.argv[1:]
add._GROUP_BYTES, add._WAITING_ROWS = 20_000, 25
owner = journal if hasattr(journal, name) else journal.Change
real, seen = getattr(owner, name), 0
def stop(*given):
    global seen
    seen += 1
    if seen == int(nth) and late == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    out = real(*given)
    if seen == int(nth):
        os.kill(os.getpid(), signal.SIGKILL)
    return out
setattr(owner, name, stop)
add.add(Path(store), [Path(claims)])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.parametrize(
    ("step", "nth", "late"),
    [
        ("write", 7, "1"),
        ("drop_claims", 3, "1"),
        ("_publish", 2, "1"),
        ("_enter", 2, "1"),
        ("derive", 2, "1"),
        ("_clean", 1, "0"),
    ],
)
def test_a_killed_add_loses_and_doubles_nothing(
    tmp_path: Path, step: str, nth: int, late: str
) -> None:
    store = tmp_path / "kho"
    killed = subprocess.run(
        [sys.executable, "-c", KILL, step, str(nth), late, str(store), str(month())],
        check=False, timeout=120,
    )  # fmt: skip
    assert killed.returncode == -9
    add(store, [month()])
    assert content(store) == whole()
    assert verify(store).faults == []
    assert not (store / STAGING).exists()


def test_a_failed_add_leaves_the_store_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "kho"
    first, *rest = sorted(month().iterdir())
    add(store, [first])
    before = content(store)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("giamdinh.store.journal.Change._enter", full)
        with pytest.raises(OSError, match="No space"):
            add(store, rest)
    assert content(store) == before
    assert verify(store).strays == 0
    add(store, rest)
    assert content(store) == whole()


@pytest.mark.parametrize("action", [status, verify, compact])
def test_a_store_in_use_says_by_whom(tmp_path: Path, action: Callable[[Path], object]) -> None:
    store = tmp_path / "kho"
    add(store, sorted(month().iterdir())[:1])
    with locked(store), pytest.raises(OutputError, match=r"đang được .*tiến trình [0-9]+"):
        action(store)


def test_two_adds_at_once_lose_nothing(tmp_path: Path) -> None:
    store = tmp_path / "kho"
    command = [
        sys.executable,
        "-m",
        "giamdinh",
        "store",
        "add",
        str(month()),
        "--store",
        str(store),
    ]
    both = [subprocess.Popen(command, stdout=-3, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate(timeout=120)[1].decode() for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 0], [0, 2]), said
    assert codes == [0, 0] or any("đang được một lệnh khác dùng" in text for text in said)
    assert content(store) == whole()


def test_a_catalogue_without_tables_is_an_empty_store_and_one_with_others_is_none(
    tmp_path: Path,
) -> None:
    duckdb.connect(str(tmp_path / "kho.duckdb")).close()  # a writer was stopped at the beginning
    assert verify(tmp_path).faults == []
    assert status(tmp_path).claims == 0
    other = tmp_path / "khac"
    other.mkdir()
    with duckdb.connect(str(other / "kho.duckdb")) as db:
        db.execute("CREATE TABLE cua_nguoi_khac (a INTEGER)")
    for action in (status, compact):
        with pytest.raises(InputError, match="không phải kho"):
            action(other)


@pytest.mark.parametrize("action", [status, verify, compact])
def test_a_folder_that_is_no_store_is_refused(
    tmp_path: Path, action: Callable[[Path], object]
) -> None:
    with pytest.raises(InputError, match="không phải kho"):
        action(tmp_path)
    (tmp_path / "kho.duckdb").write_text("không phải cơ sở dữ liệu", "utf-8")
    with pytest.raises(InputError, match="không mở được"):
        action(tmp_path)


def test_the_commands_tell_what_they_did(tmp_path: Path) -> None:
    store = tmp_path / "kho"
    text = told(run("store", "add", month(), "--store", store))
    assert "Hồ sơ khai báo" in text
    assert "nanobind" not in text
    assert "T_BHTT" in told(run("store", "status", "--store", store))
    assert "ĐÚNG" in told(run("store", "verify", "--store", store))
