"""Column specifications of the lists a facility keeps, loaded once from `schemas/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast

from giamdinh import yamlio
from giamdinh.catalogues.cells import plain
from giamdinh.errors import CardError
from giamdinh.kept import kept
from giamdinh.resources import data_dir

if TYPE_CHECKING:
    from pathlib import Path

ColumnKind = Literal["text", "number", "date", "partial", "facility"]

_LIST_KEYS = {
    "kind", "form", "title", "source", "row", "needed", "any_of", "identified_by", "facility",
    "start", "end", "unique", "refused", "refusal_reason", "split", "official",
    "useful", "columns",
}  # fmt: skip
_COLUMN_KEYS = {"name", "title", "kind", "aliases", "values", "personal"}


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of a list.

    Attributes:
        kind: how its cells are read; `partial` is a day whose month or day may be unknown.
        names: every header this column goes by, in `plain` form.
        values: words for a code, in `plain` form.
    """

    name: str
    title: str
    kind: ColumnKind
    names: frozenset[str]
    values: dict[str, str]
    personal: bool


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One kind of list and how a header row is recognised as it.

    Attributes:
        form: number of the official form, "" for a list without one.
        row: tag of a row in the XML form, "" where there is none.
        needed, any_of: a header is this list when it has all of `needed` and one of `any_of`.
        identified_by: a row without any of these columns says nothing.
        facility: the column that names the facility, "" when the list is for everybody.
        start, end: the columns of the period; the first one filled counts.
        unique: columns that together name one item; empty when the form does not say.
        refused: column → answers, in `plain` form, of rows that were not approved.
        refusal_reason: a column that makes a row refused when no answer is written.
        split: a column whose codes divide the list into parts, "" when there is none; a row
            without one is of the first part.
        source: where the columns come from.
        official: how many columns, the first ones, the official form has.
        useful: columns that rules read in place of what comes with the program.
    """

    kind: str
    form: str
    title: str
    row: str
    needed: tuple[str, ...]
    any_of: tuple[str, ...]
    identified_by: tuple[str, ...]
    facility: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    unique: tuple[str, ...]
    refused: dict[str, frozenset[str]]
    refusal_reason: str
    split: str
    source: str
    official: int
    useful: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    by_name: dict[str, ColumnSpec] = field(repr=False, compare=False, default_factory=dict)
    by_header: dict[str, str] = field(repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for column in self.columns:
            self.by_name[column.name] = column
            for name in column.names:
                self.by_header.setdefault(name, column.name)
        # An official name is never another column's alias.
        self.by_header.update({plain(column.name): column.name for column in self.columns})

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that the list is divided into, in the order of its specification."""
        return tuple(dict.fromkeys(self.by_name[self.split].values.values())) if self.split else ()


@cache
def list_specs() -> dict[str, ListSpec]:
    """All kinds of lists by kind, in the order of their forms.

    Raises:
        CardError: a specification file is wrong.
    """
    return {spec.kind: spec for spec in kept("cot_danh_muc", _read_specs)}


def _read_specs() -> list[ListSpec]:
    folder = data_dir("schemas") / "danh_muc_co_so"
    specs = [_spec(path) for path in sorted(folder.glob("*.yaml"))]
    return sorted(specs, key=lambda spec: (not spec.form, spec.form))


def _spec(path: Path) -> ListSpec:
    data, lines = yamlio.load(path)
    _known(path, data, _LIST_KEYS, lines.at(""))
    columns = []
    for i, row in enumerate(data["columns"]):
        _known(path, row, _COLUMN_KEYS, lines.at(f"columns.{i}"))
        columns.append(_column(row))
    names = {column.name for column in columns}
    keys = ("needed", "any_of", "identified_by", "start", "end", "unique", "useful")
    named = [name for key in keys for name in data.get(key, ())]
    split = [data["split"]] if data.get("split") else []
    for name in [*named, *data.get("refused", {}), *split]:
        if name not in names:
            raise CardError([f"{path}:1: '{name}' không phải cột trong columns; sửa tên cột"])
    return ListSpec(
        kind=data["kind"],
        form=data["form"],
        title=data["title"],
        row=data["row"],
        needed=tuple(data["needed"]),
        any_of=tuple(data.get("any_of", ())),
        identified_by=tuple(data["identified_by"]),
        facility=data["facility"],
        start=tuple(data["start"]),
        end=tuple(data["end"]),
        unique=tuple(data.get("unique", ())),
        refused={k: frozenset(map(plain, v)) for k, v in data.get("refused", {}).items()},
        refusal_reason=data.get("refusal_reason", ""),
        split=data.get("split", ""),
        source=data["source"],
        official=int(data.get("official", len(columns))),
        useful=tuple(data.get("useful", ())),
        columns=tuple(columns),
    )


def _column(row: dict[str, Any]) -> ColumnSpec:
    names = [row["name"], row["title"], *row.get("aliases", ())]
    return ColumnSpec(
        name=row["name"],
        title=row["title"],
        kind=cast("ColumnKind", row.get("kind", "text")),
        names=frozenset(map(plain, names)),
        values={plain(word): code for word, code in row.get("values", {}).items()},
        personal=row.get("personal", "no") == "yes",
    )


def _known(path: Path, row: dict[str, Any], keys: set[str], line: int) -> None:
    for key in sorted(set(row) - keys):
        raise CardError([f"{path}:{line}: khóa lạ '{key}' trong mô tả danh mục"])


def need_text(need: str) -> str:
    """What a card asks for in `needs`, by the title of the list and its columns, for a reader."""
    kind, _, rest = need.partition(".")
    spec = list_specs().get(kind)
    if spec is None:
        return need
    names = [part.split("|") for part in rest.split(".") if part]
    columns = [" hoặc ".join(part) for part in names if part[0] in spec.by_name]
    groups = [" hoặc ".join(part) for part in names if part[0] not in spec.by_name]
    text = f"{spec.title.removeprefix('Danh mục ')} ({spec.form or kind})"
    if columns:
        text += f", cột {' và '.join(columns)}"
    return f"{text}, phần {', '.join(groups)}" if groups else text
