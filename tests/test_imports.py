"""Which part may know which, and what a quick check may not load."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from tests.commands import ROOT, month, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "giamdinh"
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS = (
    "errors",
    "model",
    "memory",
    "resources",
    "kept",
    "kernels",
    "arrays",
    "yamlio",
    "text",
    "textcolumns",
    "tables",
    "read",
    "catalogues",
    "validate",
    "findings",
    "masking",
    "money",
    "rules",
    "checks",
    "store",
    "profiles",
    "causes",
    "report",
    "compare",
    "totals",
    "parts",
    "pipeline",
    "impact",
    "growth",
    "budget",
    "sample",
    "warmup",
    "console",
    "bench",
    "web",
    "commands",
    "cli",
    "__main__",
)
"""The straight line: each part imports only from parts named before it."""

STAGES = ("read", "catalogues", "validate", "findings", "report")
"""Parts that meet only in what stands before `read`, and in `rules`, `pipeline` and `commands`."""
MEETING_PLACES = {"report": {"findings"}}

HEAVY = ("pandas", "pandera", "pyarrow", "numba", "xlsxwriter", "openpyxl", "rich")


def part(module: str) -> str:
    """`giamdinh.rules.expr` → `rules`; the package itself is `__init__`."""
    return [*module.split("."), "__init__"][1]


def imported(path: Path) -> Iterator[str]:
    """The parts a file imports when it runs; imports for type checkers do not run."""
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (part(a.name) for a in node.names if a.name.startswith("giamdinh"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("giamdinh"):
            names = [f"giamdinh.{alias.name}" for alias in node.names]
            yield from map(part, names if node.module == "giamdinh" else [node.module or ""])
        todo += ast.iter_child_nodes(node)


def own_part(path: Path) -> str:
    return part(".".join(("giamdinh", *path.relative_to(PACKAGE).with_suffix("").parts)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_imports_what_comes_after_it(path: Path) -> None:
    own = own_part(path)
    if own == "__init__":
        return  # the public names, loaded when first asked for
    assert own in LAYERS, f"{own} has no place in the line"
    before = LAYERS[: LAYERS.index(own)]
    for name in imported(path):
        assert name in (*before, own, "__version__"), f"{path.name} imports giamdinh.{name}"


@pytest.mark.parametrize("stage", STAGES)
def test_stages_do_not_know_each_other(stage: str) -> None:
    others = set(STAGES) - {stage} - MEETING_PLACES.get(stage, set())
    for path in FILES:
        if own_part(path) == stage:
            assert not others & set(imported(path)), path


def test_a_quick_check_loads_nothing_heavy(tmp_path: Path) -> None:
    claim = min((month(tmp_path, errors=False) / "ho_so").glob("*.xml"))
    watch = (
        "import json, sys\n"
        "from giamdinh.cli import main\n"
        "try:\n    main()\n"
        "finally:\n    print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = run("check", claim, program=("-c", watch))
    assert done.returncode == 0, done.stdout.decode()
    loaded = json.loads(done.stderr.decode().splitlines()[-1])
    assert "giamdinh.rules.run" in loaded
    assert [name for name in HEAVY if name in loaded] == []
