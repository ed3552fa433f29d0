"""What a store keeps beside its files says what the files say, whatever happened to them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from giamdinh.errors import InputError
from giamdinh.read import Ledger, read_claims
from giamdinh.rules.across import joined
from giamdinh.rules.cards import load_rules
from giamdinh.sample import generate
from giamdinh.store import sums
from giamdinh.store.add import add
from giamdinh.store.catalogue import catalogue
from giamdinh.store.derived import ABOUT, ITEM_FIELDS
from giamdinh.store.files import fields_mark
from giamdinh.store.layout import FORMAT
from giamdinh.store.reading import make_views, open_store
from giamdinh.store.selecting import concerned
from giamdinh.store.sums import ITEMS, summed
from giamdinh.store.upkeep import status, verify

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from giamdinh.tables.claimset import ClaimSet

RULES = [r for r in load_rules().rules if r.recall is not None and r.recall.of == ITEMS]
MONTHS = ("2026-05", "2026-08", "2026-09")
KEPT = ("nguoi", "giay", "lam_viec", *(f"tong_{table}" for table in ITEM_FIELDS))


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Claim files of a month long before a run, of the one before it, and of the run."""
    found = {}
    for month in MONTHS:
        top = tmp_path_factory.mktemp(month)
        generate(top, seed=7, month=month, facilities=2, claims=40, errors=False)
        found[month] = sorted((top / "ho_so").iterdir())
    return found


@pytest.fixture
def store(months: dict[str, list[Path]], tmp_path: Path) -> Path:
    add(tmp_path / "kho", months["2026-05"])
    add(tmp_path / "kho", months["2026-08"])
    return tmp_path / "kho"


def rows_in(batches: Iterable[ClaimSet]) -> list[tuple[object, ...]]:
    """Every line that stands for many, with its facility."""
    found: list[tuple[object, ...]] = []
    for claims in batches:
        head = claims["XML1"]
        for name in ITEM_FIELDS:
            table = claims[name]
            for row, claim in enumerate(table.parent.tolist()):
                cells = [
                    (n, int(c.values[row]) if c.values.size else c.text(row), bool(c.missing[row]))
                    for n, c in sorted(table.columns.items())
                ]
                about = tuple(head[n].text(claim) for n in ("MA_CSKCB", ABOUT))
                found.append((name, *about, *cells))
    return sorted(found, key=repr)


@pytest.mark.parametrize("seed", [1, 2])
def test_sums_of_months_are_the_sums_of_their_lines(
    months: dict[str, list[Path]], store: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    both = [path for path in months["2026-05"] if seed > 1 and chance.random() < 0.2]
    run = joined(list(read_claims([*months["2026-09"], *both], Ledger())))
    columns = {name: frozenset(run[name].columns) for name in ("XML1", "XML2", "XML3")}
    with open_store(store) as own:
        assert (concerned(own, run, {}).own > 0) == bool(both)
        kept = rows_in(summed(own, run, RULES, columns))
        monkeypatch.setattr(sums, "ITEM_FIELDS", {})
        assert kept == rows_in(summed(own, run, RULES, columns))
    assert {"XML2", "XML3"} == {row[0] for row in kept}


def test_the_sums_hold_all_that_rules_ask_of_items() -> None:
    for rule in RULES:
        for table in rule.fields:
            assert {*rule.source["reads"][table]} - {"NGAY_YL"} <= ITEM_FIELDS[table], rule.code
        assert {*rule.source["reads"]["XML1"]} <= {ABOUT, "MA_CSKCB"}, rule.code


@pytest.mark.parametrize("name", KEPT)
def test_rows_that_the_files_do_not_say_are_found(store: Path, name: str) -> None:
    with catalogue(store, write=True) as own:
        held = own.number(f"SELECT count(*) FROM {name}")  # noqa: S608
        own.db.execute(f"INSERT INTO {name} SELECT * FROM {name} LIMIT 1")  # noqa: S608
        own.db.execute(f"UPDATE {name} SET nhom = nhom + 1000 WHERE thang = 202605")  # noqa: S608
    assert held or name == "giay"
    faults = verify(store).faults
    assert any(f"bảng tính sẵn {name}" in fault for fault in faults) == bool(held)


def aged(store: Path) -> None:
    """Makes a store what the first version of the format was."""
    with catalogue(store, write=True) as own:
        for name in KEPT:
            own.db.execute(f"DROP TABLE {name}")
        own.db.execute("ALTER TABLE phan DROP COLUMN truong")
        own.db.execute("UPDATE thong_tin SET gia_tri = 1 WHERE khoa = 'dinh_dang'")


def test_an_older_store_is_renewed_when_it_is_opened(
    months: dict[str, list[Path]], store: Path
) -> None:
    before = status(store)
    aged(store)
    assert status(store) == before
    assert verify(store).faults == []
    aged(store)
    add(store, months["2026-09"][:3])
    assert verify(store).faults == []
    with open_store(store) as own:
        assert own.format == FORMAT


def test_an_older_store_with_a_lost_file_says_which(store: Path) -> None:
    aged(store)
    lost = next((store / "du_lieu" / "XML2").rglob("*.parquet"))
    lost.unlink()
    with pytest.raises(InputError, match=lost.name):
        status(store)


def damage(store: Path) -> Path:
    """A file whose footer is sound and whose rows are not."""
    path = max((store / "du_lieu" / "XML1").rglob("*.parquet"), key=lambda one: one.stat().st_size)
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + b"X" * 2000 + whole[2004:])
    return path


def rows_of_claims(store: Path) -> list[tuple[object, ...]]:
    with open_store(store) as own:
        make_views(own, ["XML1"])
        return own.rows("SELECT * FROM XML1")


def test_an_older_store_with_a_damaged_file_says_which(store: Path) -> None:
    aged(store)
    path = damage(store)
    for action in (status, verify):
        with pytest.raises(InputError, match=path.name):
            action(store)
    with catalogue(store, write=False) as own:
        assert own.format == 1


def test_a_damaged_file_is_told_without_what_stands_in_it(
    months: dict[str, list[Path]], store: Path
) -> None:
    damage(store)
    with pytest.raises(InputError, match="không đọc được kho"):
        rows_of_claims(store)
    add(store, months["2026-08"])
    again = store.parent / "gui_lai"
    again.mkdir()
    for path in months["2026-05"] + months["2026-08"]:
        (again / path.name).write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(InputError, match="không đọc được kho"):
        add(store, [again])
    assert verify(store).strays == 0


def test_files_of_other_months_stay_closed(store: Path) -> None:
    _, *others = sorted((store / "du_lieu" / "XML3").glob("*/202605/*.parquet"))
    assert others
    for path in others:
        path.write_bytes(b"PAR1 khong phai du lieu")
    with open_store(store) as own:
        make_views(own)
        query = "SELECT count(DISTINCT KHO_THANG) FROM XML3 WHERE KHO_THANG BETWEEN ? AND ?"
        assert own.number(query, 202606, 202612) == 1


def test_a_column_that_some_files_lack_is_empty_in_their_rows(store: Path) -> None:
    old = min((store / "du_lieu" / "XML1").rglob("*.parquet"))
    rows = pq.read_table(old, partitioning=None).drop_columns("HO_TEN")
    pq.write_table(rows, old)
    with catalogue(store, write=True) as own:
        place = old.relative_to(store).as_posix()
        mark = fields_mark(rows.schema.names)
        own.db.execute("UPDATE phan SET truong = ? WHERE duong_dan = ?", [mark, place])
    with open_store(store) as own:
        make_views(own, ["XML1"])
        assert own.number("SELECT count(*) FROM XML1 WHERE HO_TEN IS NULL") == rows.num_rows
        assert own.number("SELECT count(*) FROM XML1") == status(store).claims


def test_signs_in_the_name_of_a_folder_above_the_store_are_only_a_name(
    months: dict[str, list[Path]], tmp_path: Path
) -> None:
    store, other = (tmp_path / name / "MA_LK=7" / "kho" for name in ("kho[1]", "kho1"))
    add(store, months["2026-05"])
    add(other, months["2026-05"])
    lost = min((other / "du_lieu" / "XML1").rglob("*.parquet"))
    pq.write_table(pq.read_table(lost, partitioning=None).slice(0, 1), lost)
    assert verify(store).faults == []
    assert verify(other).faults
    with open_store(store) as own:
        make_views(own, ["XML1"])
        assert own.number("SELECT count(DISTINCT MA_LK) FROM XML1") == status(store).claims
