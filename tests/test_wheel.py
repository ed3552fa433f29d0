"""The built wheel alone is enough: rules and schemas travel in it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.commands import ROOT, month


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out))
    built = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("giamdinh-*.whl")
    return path


def test_wheel_holds_every_rule_and_schema_and_nothing_else_of_the_checkout(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("rules", "schemas"):
        wanted = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        prefix = "giamdinh/_data/"
        shipped = {n.removeprefix(prefix) for n in names if n.startswith(f"{prefix}{folder}/")}
        assert shipped == wanted
    assert {name.split("/")[0].split("-")[0] for name in names} == {"giamdinh"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_installed_wheel_audits_a_file_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """An empty environment gets the wheel; its dependencies are lent by this one."""
    home = tmp_path / "venv"
    venv.create(home, symlinks=os.name != "nt")
    scheme = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    scripts = Path(sysconfig.get_path("scripts", "venv", scheme))
    suffix = ".exe" if os.name == "nt" else ""
    install(wheel, scripts / f"python{suffix}", site)
    claims = month(tmp_path / "thang", errors=False) / "ho_so"
    elsewhere = tmp_path / "noi khac"
    elsewhere.mkdir()

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(scripts / f"{program}{suffix}"), *arguments],
            cwd=elsewhere,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    where = "import giamdinh.resources as r\nprint(r.__file__)\nprint(r.data_dir('rules'))"
    for path in run("python", "-c", where).splitlines():
        assert Path(path).is_relative_to(site)
    run("giamdinh", "audit", str(claims), "--out", "kq")
    assert (elsewhere / "kq" / "run.json").is_file()
    assert len(list((elsewhere / "kq").glob("*.xlsx"))) == 1


def install(wheel: Path, python: Path, site: Path) -> None:
    """Installs only the wheel, and lets its environment see the dependencies of this one.

    The path comes after `site`, and its own .pth files (an editable checkout) stay unread.
    """
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "-q")
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
