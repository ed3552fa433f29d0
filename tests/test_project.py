"""What holds for the repository itself: sizes, no law in code, documents that stay true."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import tokenize
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from giamdinh import yamlio
from giamdinh.catalogues.lists import list_specs
from giamdinh.resources import data_dir
from giamdinh.rules import compile as cards_format
from giamdinh.rules.cards import card_files, load_rules
from giamdinh.rules.functions import FUNCTIONS
from tests.commands import ROOT, run, told

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = ROOT / "giamdinh"
SAMPLE = PACKAGE / "sample"
"""Writes files of a given format version, so it must name versions."""
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE, MAX_FUNCTION = 400, 40
LONG_MODULES = {
    "rules/evaluate.py": "one short method per operation of the language; a split hides none",
}
README = (ROOT / "README.md").read_text(encoding="utf-8")
LANGUAGE = (ROOT / "docs/ngon_ngu_quy_tac.md").read_text(encoding="utf-8")
ADRS = sorted((ROOT / "docs/adr").glob("*.md"))

DECREE = re.compile(r"\b(QĐ|TT|NĐ|NQ|CV)[ -]?\d{2,}|\b\d{2,}/(20\d\d/)?(QĐ|TT|NĐ|NQ|QH|CV)\b")
FORMAT = re.compile(r"^\W*(4750|3176|1931)\W*$")
NAMES_DECREES = {
    "cli.py": "the help names the formats that are read",
    "text.py": "a heading names the circular whose contents the scorecard follows",
    "report/sheets.py": "the same heading",
    "report/rulebook.py": "the same heading",
    "rules/compile.py": "an error shows how a legal text is written",
}
"""Modules whose texts for users name a decree; nothing is decided by it."""
COUNTS = {
    "findings.py": "rows of a batch",
    "read/limits.py": "bounds against hostile input",
    "read/scanner/numbers.py": "days from the year 0 to 1970",
    "read/scanner/rows.py": "places in a buffer",
    "report/pages.py": "rows of an Excel sheet",
}
"""Modules with large numbers that are no money."""
LONG = {"read_row": (90, "one loop over the bytes, whose state stays in registers")}
"""Kernels that may be longer than other functions, and why."""
FOREIGN = re.compile(r"/work/|/opt/gd|\.\./shared|design\.md|plan/CONTRACT|\bissues? (show|\d)")


def id_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def tracked() -> list[Path]:
    """Files of the project: known to git or not ignored by it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.splitlines()  # fmt: skip
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if id_of(path) not in LONG_MODULES:
        assert len(text.splitlines()) <= MAX_MODULE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            most, _ = LONG.get(node.name, (MAX_FUNCTION, ""))
            assert body_lines(node) <= most, node.name


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[ast.get_docstring(function) is not None :] or function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def code_words(path: Path) -> Iterator[tuple[str, str]]:
    """(kind, text) of the strings and numbers of a module; comments and docstrings are left out."""
    source = path.read_text(encoding="utf-8")
    docstrings = {
        node.value.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name == "NUMBER" or (name == "STRING" and token.start[0] not in docstrings):
            yield name, token.string
        elif name == "FSTRING_MIDDLE":
            yield "STRING", token.string


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_no_decision_is_named_in_code(path: Path) -> None:
    """Law is data: decrees, dates and thresholds stand in `rules/` and `schemas/`."""
    for kind, text in code_words(path):
        assert kind == "NUMBER" or id_of(path) in NAMES_DECREES or not DECREE.search(text), text
        if not path.is_relative_to(SAMPLE):
            assert not FORMAT.search(text), f"{text}: compare versions by their rank"


@pytest.mark.parametrize("path", MODULES, ids=id_of)
def test_no_amount_of_money_stands_in_code(path: Path) -> None:
    if id_of(path) in COUNTS or path.is_relative_to(SAMPLE):
        return
    for kind, text in code_words(path):
        digits = text.replace("_", "")
        if kind == "NUMBER" and digits.isdigit():
            assert len(digits) < len("100000"), f"{text}: a number of the law is a parameter"


def test_nothing_refers_to_places_outside_the_repository() -> None:
    for path in tracked():
        if path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".cfg", ""}:
            if path == Path(__file__):
                continue
            found = FOREIGN.search(path.read_text(encoding="utf-8", errors="replace"))
            assert found is None, f"{path}: {found and found.group()}"


def test_licence_is_there_and_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache-2.0" in README


def test_every_decision_record_is_numbered_and_short() -> None:
    assert [path.name[:4] for path in ADRS] == [f"{i:04d}" for i in range(1, len(ADRS) + 1)]
    for path in ADRS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        assert len(text.splitlines()) <= 45, path.name


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    reasons = (ROOT / "docs/adr/0008-dependencies.md").read_text(encoding="utf-8")
    extras = project["optional-dependencies"]
    for needed in (*project["dependencies"], *chain.from_iterable(extras.values())):
        name = re.split(r"[^A-Za-z0-9-]", needed)[0]
        if name == project["name"]:
            continue
        assert f"`{name}`" in reasons, f"{name} has no reason in 0008"


def test_ci_runs_only_commands_of_the_readme() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in script if line and not line.startswith(("#", "set ", "cd "))]
    assert commands[-1].endswith("-m tests")
    assert [command for command in commands if command not in README] == []


def test_pre_commit_calls_the_same_tools() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    for tool in ("ruff check", "ruff format", "mypy", "giamdinh rules lint"):
        assert f"python -m {tool}" in hooks


def test_every_function_of_the_language_is_documented_and_the_reverse() -> None:
    documented = set(re.findall(r"^\| `([a-z_]+)\(", LANGUAGE, re.MULTILINE))
    assert documented == set(FUNCTIONS)


def test_the_card_schema_knows_the_keys_that_the_engine_knows() -> None:
    schema = card_schema()
    keys = (*cards_format._REQUIRED, *cards_format._OPTIONAL)
    drawn = [key for key in schema["properties"] if key in keys]
    assert sorted(drawn) == sorted(schema["properties"]) == sorted(keys)
    assert sorted(schema["required"]) == sorted(cards_format._REQUIRED)
    properties = schema["properties"]
    assert tuple(properties["severity"]["enum"]) == cards_format.SEVERITIES
    assert tuple(properties["tt12"]["enum"]) == cards_format.CONTENTS
    kinds = "|".join(cards_format.CATALOGUES)
    assert properties["needs"]["items"]["pattern"] == rf"^({kinds})(\.[A-Za-z0-9_|]+)*$"
    version = properties["versions"]["items"]["properties"]
    assert sorted(version) == sorted(cards_format._VERSION_KEYS)


def test_every_card_satisfies_the_schema_for_editors() -> None:
    schema = card_schema()
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    for path in card_files([data_dir("rules")]):
        card, _ = yamlio.load(path)
        faults = [error.message for error in validator(schema).iter_errors(card)]
        assert faults == [], path.name


def card_schema() -> dict[str, dict[str, dict[str, object]]]:
    found: dict[str, dict[str, dict[str, object]]] = json.loads(
        (ROOT / "rules/rule.schema.json").read_text(encoding="utf-8")
    )
    return found


def test_readme_names_every_key_of_a_card_in_the_reference() -> None:
    reference = (ROOT / "rules/README.md").read_text(encoding="utf-8")
    for key in (*cards_format._REQUIRED, *cards_format._OPTIONAL):
        assert f"`{key}`" in reference, key


def readme_card() -> tuple[str, str]:
    """(file name, text) of the worked example in the README."""
    found = re.search(r"`\w+/([A-Z]+/[A-Z]+-\d+_\w+\.yaml)`.*?```yaml\n(.*?)```", README, re.DOTALL)
    assert found, "the README has no worked card"
    return found.group(1), found.group(2)


def test_the_card_of_the_readme_runs_as_it_says(tmp_path: Path) -> None:
    name, text = readme_card()
    path = tmp_path / name
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    code = path.name[:7]
    for command in (("lint",), ("test", code), ("explain", code)):
        done = run("rules", *command, "--rules", tmp_path)
        assert done.returncode == 0, told(done)
    assert code in told(run("rules", "list", code, "--rules", tmp_path))


def test_the_readme_names_every_family_and_sheet() -> None:
    families = re.findall(r"^\| ([A-Z, ]+) \|", table_under(README, "| Họ |"), re.MULTILINE)
    assert set(", ".join(families).split(", ")) == {rule.family for rule in load_rules().rules}
    sheets = table_under(README, "| Trang |")
    for name in ("TongQuan", "LoiChiTiet", "TheoQuyTac", "KhongKiemDuoc", "ThongTinChay"):
        assert name in sheets


def test_the_page_on_catalogues_names_each_with_its_columns_and_rules() -> None:
    page = (ROOT / "docs/danh_muc.md").read_text(encoding="utf-8")
    lines = table_under(page, "| Danh mục | Cột").splitlines()[1:]
    rows = dict(zip(re.findall(r"^\| `(\w+)`", "\n".join(lines), re.MULTILINE), lines, strict=True))
    assert list(rows) == list(cards_format.CATALOGUES)
    for spec in list_specs().values():
        assert all(column in rows[spec.kind] for column in spec.needed), spec.kind
    for kind, row in rows.items():
        needing = {r.code for r in load_rules().rules if kind in {n.split(".")[0] for n in r.needs}}
        assert set(re.findall(r"[A-Z]+-\d{3}", row)) == needing, kind


def table_under(page: str, header: str) -> str:
    """The rows of the page's table that begins with `header`."""
    after = page[page.index(header) :]
    return after[: after.index("\n\n")].partition("\n")[2]


def test_the_readme_shows_what_the_first_command_prints(tmp_path: Path) -> None:
    command = re.search(r"\.venv/bin/giamdinh (audit .*) --out ket_qua", README)
    assert command
    printed = told(run(*command.group(1).split(), "--out", tmp_path, cwd=ROOT)).splitlines()
    block = README[README.index("Lệnh thứ nhất in ra") :].split("```")[1].splitlines()[1:]
    shown = [line for line in block if "…" not in line and "ket_qua/" not in line]
    assert [line for line in shown if line not in printed] == []


def test_the_changelog_names_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {project['version']}\n" in changes
