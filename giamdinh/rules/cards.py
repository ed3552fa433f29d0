"""Rule cards: YAML files read, linted and turned into `Rule` values before any data is read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from giamdinh import yamlio
from giamdinh.errors import CardError, UsageError
from giamdinh.kept import kept
from giamdinh.model import Rebuilt
from giamdinh.resources import data_dir
from giamdinh.rules.params import parameters
from giamdinh.tables.codelists import code_list_names
from giamdinh.tables.specs import table_specs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from giamdinh.model import LegalText, Severity
    from giamdinh.rules.nodes import Node
    from giamdinh.rules.params import Parameter
    from giamdinh.rules.programs_plan import Plan
    from giamdinh.rules.recall import Recall


@dataclass(frozen=True, slots=True)
class Clause(Rebuilt):
    """The logic of a rule for one table and one period.

    Attributes:
        start, end: first and last minute in force by the rule's deciding date.
        when: the condition; None when a check function decides.
        amount: money at stake at MONEY_SCALE, before the cap.
        expected: the right value, when the law gives one.
        message: the text for people with `{placeholders}`.
        shown: placeholder → node, for what the message shows.
    """

    table: str
    start: int
    end: int
    when: Node | None
    amount: Node | None
    expected: Node | None
    message: str
    shown: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Rule(Rebuilt):
    """One rule as its card states it.

    Attributes:
        across: the rule compares claims with each other, so it runs once, on all of them.
        rows: table → the rows that such a rule looks at; all rows of a table that is not named.
        recall: the other claims of a store that such a rule looks at; None for none.
    """

    code: str
    title: str
    title_en: str
    severity: Severity
    tt12: str
    confidence: Literal["high", "medium", "low"]
    uncertain: str
    legal: tuple[LegalText, ...]
    start: int
    end: int
    by: str
    needs: tuple[str, ...]
    across: bool
    rows: Mapping[str, Node]
    fields: Mapping[str, str]
    clauses: tuple[Clause, ...]
    check: str
    fix: str
    examples: tuple[Mapping[str, Any], ...]
    path: str
    source: Mapping[str, Any]
    recall: Recall | None = None

    @property
    def family(self) -> str:
        """The letters before the dash."""
        return self.code.partition("-")[0]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables the rule looks at."""
        return tuple(self.fields)

    @property
    def reads(self) -> frozenset[str]:
        """Every table whose rows decide whether the rule is broken."""
        tables = {*self.fields, *self.source.get("reads", {})}
        for clause in self.clauses:
            for node in (clause.when, clause.expected):
                for part in node.walk() if node is not None else ():
                    if part.op == "field":
                        tables.add(part.value[0])
                    elif isinstance(part.value, str) and part.value in table_specs():
                        tables.add(part.value)
        return frozenset(tables)

    @property
    def parameters(self) -> frozenset[str]:
        """The dated numbers that its conditions and right values take from the law."""
        nodes = [node for clause in self.clauses for node in (clause.when, clause.expected)]
        parts = [part for node in nodes if node is not None for part in node.walk()]
        return frozenset(part.value[0] for part in parts if part.op == "param")

    @property
    def basis(self) -> str:
        """The legal texts in one line."""
        return "; ".join(str(text) for text in self.legal)


@dataclass(frozen=True)
class RuleSet:
    """All rules of a run with the parameters they use.

    Attributes:
        local: facility → its own parameters.
    """

    rules: tuple[Rule, ...]
    parameters: Mapping[str, Parameter]
    hash: str
    local: Mapping[str, Mapping[str, Parameter]] = field(default_factory=dict)

    @cached_property
    def by_code(self) -> dict[str, Rule]:
        """Rules by code."""
        return {rule.code: rule for rule in self.rules}

    @cached_property
    def plans(self) -> dict[str, Plan]:
        """How the conditions on each table are worked out on many rows."""
        from giamdinh.rules.programs_plan import plans

        return plans(self.rules)

    def chosen(self, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> RuleSet:
        """The rules whose code starts with one of `select` (all when empty) and none of `ignore`.

        Raises:
            UsageError: a prefix that fits no rule.
        """
        for prefix in (*select, *ignore):
            if not any(rule.code.startswith(prefix.upper()) for rule in self.rules):
                raise UsageError(f"không có quy tắc nào bắt đầu bằng '{prefix}'")
        keep = tuple(s.upper() for s in select) or ("",)
        drop = tuple(s.upper() for s in ignore)
        rules = tuple(
            rule
            for rule in self.rules
            if rule.code.startswith(keep) and not (drop and rule.code.startswith(drop))
        )
        return RuleSet(rules, self.parameters, self.hash, self.local)


def card_files(folders: Sequence[Path]) -> list[Path]:
    """The card files of some folders: `<family>/<code>_<slug>.yaml`, without the parameters.

    Raises:
        UsageError: a folder that does not exist.
        CardError: a card that lies outside a family folder, where it would be overlooked.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"không có thư mục quy tắc '{folder}'")
    stray = sorted(path for folder in folders for path in folder.glob("*.y*ml"))
    if stray:
        raise CardError(
            [f"{path}:1: thẻ phải nằm trong thư mục họ, ví dụ {path.parent}/ABC/" for path in stray]
        )
    return sorted(
        path
        for folder in folders
        for path in folder.glob("*/*.yaml")
        if path.parent.name != "tham_so"
    )


def load_rules(extra: Sequence[Path] = (), *, replacing: bool = False) -> RuleSet:
    """The project's cards and those of `extra` folders, all linted.

    With `replacing` a card of `extra` takes the place of the project's card with its code.

    Raises:
        CardError: every fault found, one line each with file, line and what to write.
    """
    own = card_files([*extra]) if replacing else []
    paths = [*card_files([data_dir("rules"), *([] if replacing else extra)]), *own]
    name = "quy_tac_thu" if replacing else "quy_tac"
    return kept(name, lambda: _compiled(paths, frozenset(own)), paths)


def _compiled(paths: Sequence[Path], replacing: frozenset[Path] = frozenset()) -> RuleSet:
    """The cards of some files; those of `replacing` come last and may replace earlier ones."""
    from giamdinh.rules.compile import compile_card
    from giamdinh.rules.expr import Symbols

    symbols = Symbols(table_specs(), parameters(), frozenset(code_list_names()))
    rules: list[Rule] = []
    problems: list[str] = []
    first: dict[str, Path] = {}
    for path in paths:
        try:
            card, lines = yamlio.load(path)
            rule = compile_card(path, card, lines, symbols)
        except CardError as error:
            problems += error.problems
            continue
        known = first.get(rule.code)
        if known is not None and path in replacing and known not in replacing:
            rules = [other for other in rules if other.code != rule.code]
            first[rule.code] = path
        elif known is not None:
            problems.append(f"{path}:1: mã {rule.code} đã dùng ở {known}")
        first.setdefault(rule.code, path)
        rules.append(rule)
    if problems:
        raise CardError(problems)
    rules.sort(key=lambda rule: rule.code)
    return RuleSet(tuple(rules), symbols.parameters, _digest(paths))


def _digest(paths: Sequence[Path]) -> str:
    """SHA-256 over the given files, the parameters and the schemas."""
    digest = hashlib.sha256()
    schemas = data_dir("schemas")
    shared = [*data_dir("rules").glob("tham_so/*.yaml"), *schemas.rglob("*.yaml"),
              *schemas.rglob("*.csv")]  # fmt: skip
    for path in (*paths, *sorted(shared)):
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
