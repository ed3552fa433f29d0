"""What is kept between runs: the same as made anew, seen through when stale, never in the way."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from giamdinh import kept as kept_module
from giamdinh.kept import kept, private_folder, writable
from giamdinh.kernels.jit import compiled
from giamdinh.read.reader import worth_scanning
from giamdinh.read.scanner import code_folder
from giamdinh.rules.cards import load_rules
from giamdinh.tables.codelists import code_list, code_list_names
from giamdinh.tables.specs import table_specs
from tests.commands import ROOT, run, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CLAIM = ROOT / "sample_xml/ho_so/38902_202609_0004.xml"
HEAVY = ("pandas", "pandera", "pyarrow", "numba", "polars", "xlsxwriter", "openpyxl", "rich",
         "holidays", "yaml", "numpy.ma", "multiprocessing", "email", "ssl")  # fmt: skip
ADMIN = hasattr(os, "getuid") and os.getuid() == 0

pytestmark = pytest.mark.xdist_group("kept")
"""One process: filling a cache with compiled code takes half a minute."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("GIAMDINH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Makes the same thing each time and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> list[str]:
        self.times += 1
        return ["a", "b"]


def only(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_thing_is_made_once(folder: Path) -> None:
    make = Maker()
    assert kept("thu", make) == kept("thu", make) == ["a", "b"]
    assert make.times == 1
    assert only(folder).stat().st_mode & 0o077 == 0


def test_the_scanner_waits_for_more_input_when_it_has_to_be_compiled_first(folder: Path) -> None:
    month = 100 * 2**20
    assert not worth_scanning(month)
    compiled = folder / code_folder() / "scanner_1" / "envelope.read_spans-105.py311.1.nbc"
    compiled.parent.mkdir(parents=True)
    compiled.touch()
    assert worth_scanning(month)
    assert not worth_scanning(2**20)


def test_a_changed_byte_is_seen_though_size_and_time_stay(folder: Path, tmp_path: Path) -> None:
    card, make = tmp_path / "the.yaml", Maker()
    for text in ("a: 1", "a: 2"):
        card.write_text(text, encoding="utf-8")
        os.utime(card, (1, 1))
        kept("thu", make, [card])
    assert make.times == 2
    assert len(list(folder.iterdir())) == 2


def test_what_was_edited_while_it_was_read_is_not_kept(folder: Path, tmp_path: Path) -> None:
    card = tmp_path / "the.yaml"
    card.write_text("a: 1", encoding="utf-8")
    kept("thu", lambda: card.write_text("a: 2", encoding="utf-8"), [card])
    assert not folder.exists()


def test_names_do_not_share_a_file(folder: Path) -> None:
    assert kept("mot", lambda: 1) == 1
    assert kept("hai", lambda: 2) == 2
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:0],
        lambda whole: whole[:-1],
        lambda whole: whole[:40],
        lambda whole: whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:],
        lambda whole: pickle.dumps([len(whole)]),
        lambda whole: b"\0" * len(whole),
    ],
)
def test_a_damaged_file_is_made_anew(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    make = Maker()
    kept("thu", make)
    path = only(folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert kept("thu", make) == ["a", "b"]
    assert make.times == 2
    assert path.read_bytes() == whole


def test_a_folder_in_the_place_of_a_file_is_left_alone(folder: Path) -> None:
    make = Maker()
    kept("thu", make)
    path = only(folder)
    path.unlink()
    path.mkdir()
    assert kept("thu", make) == ["a", "b"]
    assert path.is_dir()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps homes apart")
def test_a_file_that_others_may_write_is_not_read(folder: Path) -> None:
    make = Maker()
    kept("thu", make)
    only(folder).chmod(0o666)
    kept("thu", make)
    assert make.times == 2
    if ADMIN:
        os.chown(only(folder), 12345, -1)
        kept("thu", make)
        assert make.times == 3


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps homes apart")
def test_compiled_code_is_only_kept_where_others_cannot_write(folder: Path) -> None:
    mine = private_folder("numba")
    assert mine is not None
    mine.chmod(0o777)
    assert private_folder("numba") is None
    assert folder.is_dir()


def test_old_versions_are_dropped(folder: Path, tmp_path: Path) -> None:
    card = tmp_path / "the.yaml"
    for number in range(9):
        card.write_text(str(number), encoding="utf-8")
        kept("thu", lambda: 1, [card])
    kept("thu_khac", lambda: 1)
    names = [path.name for path in folder.iterdir()]
    assert sum(name.startswith("thu-") for name in names) == 4
    assert sum(name.startswith("thu_khac-") for name in names) == 1


@pytest.mark.parametrize("place", ["below", "file"])
def test_a_folder_that_cannot_be_only_costs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    taken = tmp_path / "tep"
    taken.write_text("x", encoding="utf-8")
    monkeypatch.setenv("GIAMDINH_CACHE", str(taken / "cache" if place == "below" else taken))
    make = Maker()
    assert kept("thu", make) == kept("thu", make) == ["a", "b"]
    assert make.times == 2
    assert not writable()
    assert private_folder("numba") is None
    assert compiled(plus_one)(1) == 2
    assert taken.read_text(encoding="utf-8") == "x"


def plus_one(number: int) -> int:
    """Something to compile."""
    return number + 1


def test_damaged_compiled_code_is_compiled_anew(folder: Path) -> None:
    assert compiled(plus_one)(1) == 2
    files = [path for path in folder.rglob("*.nb?") if path.is_file()]
    assert files
    for damage in (b"", b"x" * 50):
        for path in files:
            path.write_bytes(damage)
        assert compiled(plus_one)(1) == 2


def test_everything_kept_comes_back_as_it_was() -> None:
    for thing in (load_rules().rules, table_specs(), code_list("ma_nhom").rows):
        assert pickle.loads(pickle.dumps(thing)) == thing  # noqa: S301
    for name in code_list_names():
        listed = code_list(name)
        again = pickle.loads(pickle.dumps(listed))  # noqa: S301
        assert (again.rows, again.name) == (listed.rows, name)
        assert again.epochs.tolist() == listed.epochs.tolist()


def test_equal_parts_of_conditions_are_one_object_and_stay_so() -> None:
    rules = pickle.loads(pickle.dumps(load_rules())).rules  # noqa: S301
    whens = [clause.when for rule in rules for clause in rule.clauses if clause.when is not None]
    nodes = [node for when in whens for node in when.walk()]
    assert len({id(node) for node in nodes}) == len(set(nodes)) < len(nodes) / 2


def test_a_changed_card_parameter_or_list_of_this_copy_is_seen(tmp_path: Path) -> None:
    for name in ("giamdinh", "rules", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    env = {"GIAMDINH_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(tmp_path)}
    card = min((tmp_path / "rules" / "MNY").glob("MNY-001_*.yaml"))
    before = told(run("rules", "list", "MNY-001", cwd=tmp_path, env=env))
    assert before == told(run("rules", "list", "MNY-001", cwd=tmp_path, env=env))
    status, text = card.stat(), card.read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title: "))
    card.write_text(text.replace(title, title[:-1] + "Z"), encoding="utf-8")
    os.utime(card, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert told(run("rules", "list", "MNY-001", cwd=tmp_path, env=env)).strip().endswith("Z")
    (tmp_path / "schemas" / "phien_ban.yaml").write_text("- {code: x}\n", encoding="utf-8")
    assert run("check", CLAIM, cwd=tmp_path, env=env).returncode != 0


@pytest.mark.nightly
def test_runs_that_start_together_on_an_empty_cache_agree(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "giamdinh", "check", str(CLAIM)],
            env={**os.environ, "GIAMDINH_CACHE": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    printed = [process.communicate(timeout=120) for process in runs]
    assert len(set(printed)) == 1
    assert printed[0][1] == b""
    assert list(folder.glob("*.tmp")) == []
    again = run("check", CLAIM, env={"GIAMDINH_CACHE": str(folder)})
    assert (again.stdout, again.stderr) == printed[0]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder that `warmup` made."""
    folder = tmp_path_factory.mktemp("warm") / "cache"
    done = run("warmup", env={"GIAMDINH_CACHE": str(folder)})
    assert done.returncode == 0, told(done)
    assert str(folder) in told(done)
    assert "quy tắc" in told(done)
    return folder


@pytest.mark.parametrize(
    ("command", "below"),
    [("check", True), pytest.param("audit", False, marks=pytest.mark.nightly)],
)
def test_commands_print_the_same_without_a_cache(
    tmp_path: Path, warm: Path, command: str, *, below: bool
) -> None:
    taken = tmp_path / "tep"
    taken.write_text("x", encoding="utf-8")
    out = ("--out", tmp_path / "kq", "--format", "none") if command == "audit" else ()
    good, other = (
        run(command, CLAIM, *out, env={"GIAMDINH_CACHE": str(place)})
        for place in (warm, taken / "cache" if below else taken)
    )
    assert (good.returncode, good.stderr) == (command == "check", b"")
    assert (other.returncode, other.stdout, other.stderr) == (good.returncode, good.stdout, b"")


def test_warmup_leaves_nothing_to_make(warm: Path) -> None:
    before = sorted(warm.rglob("*"))
    assert any(path.suffix == ".nbc" for path in before)
    for command in (("check", CLAIM), ("rules", "lint")):
        run(*command, env={"GIAMDINH_CACHE": str(warm)})
    assert sorted(warm.rglob("*")) == before


def test_a_quick_check_with_a_warm_cache_loads_nothing_heavy(warm: Path) -> None:
    """-X importtime names whatever is imported in the whole run, from start to exit."""
    env = {"GIAMDINH_CACHE": str(warm)}
    done = run("check", CLAIM, env=env, program=("-X", "importtime", "-m", "giamdinh"))
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert {"giamdinh.rules.run", "numpy", "lxml.etree"} <= loaded
    assert sorted(loaded & set(HEAVY)) == []


@pytest.mark.nightly
def test_warmup_says_that_it_cannot_keep_anything(tmp_path: Path) -> None:
    taken = tmp_path / "tep"
    taken.write_text("x", encoding="utf-8")
    done = run("warmup", env={"GIAMDINH_CACHE": str(taken / "cache")})
    assert done.returncode == 0
    assert f"Không ghi được vào bộ nhớ đệm {taken / 'cache'}" in told(done)


@pytest.mark.parametrize("named", ["GIAMDINH_CACHE", "XDG_CACHE_HOME", ""])
@pytest.mark.skipif(os.name == "nt", reason="places of POSIX systems")
def test_the_cache_folder_is_the_usual_one_or_the_named_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    for name in ("GIAMDINH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(named or "HOME", str(tmp_path))
    usual = {"GIAMDINH_CACHE": "", "XDG_CACHE_HOME": "giamdinh", "": ".cache/giamdinh"}
    assert kept_module.cache_folder() == tmp_path / usual[named]
