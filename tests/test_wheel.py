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
    venv.create(tmp_path / "venv", with_pip=False, symlinks=os.name != "nt")
    scheme = {"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    scripts = Path(sysconfig.get_path("scripts", "venv", scheme))
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    install(wheel, site)
    claims = month(tmp_path / "thang", errors=False) / "ho_so"
    elsewhere = tmp_path / "noi khac"
    elsewhere.mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(python), *arguments], cwd=elsewhere, capture_output=True, check=False,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    where = (
        "import giamdinh, giamdinh.resources as r; print(giamdinh.__file__, r.data_dir('rules'))"
    )
    for path in run("-c", where).split():
        assert Path(path).is_relative_to(site)
    run("-m", "giamdinh", "audit", str(claims), "--out", "kq")
    assert (elsewhere / "kq" / "run.json").is_file()
    assert len(list((elsewhere / "kq").glob("*.xlsx"))) == 1


def install(wheel: Path, site: Path) -> None:
    """Unpacks the wheel into `site`, and lets it see the dependencies installed here.

    A .pth line would also bring the editable install of this checkout; a path that comes after
    `site` and whose own .pth files stay unread does not.
    """
    command = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index")
    subprocess.run([*command, "--target", str(site), str(wheel)], check=True)
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
