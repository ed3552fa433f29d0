"""The statistical forms as dated data: tags, sections, columns and relations between columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast

from giamdinh import yamlio
from giamdinh.errors import CardError
from giamdinh.resources import data_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from pathlib import Path

ColumnKind = Literal["text", "wrap", "money", "count", "time", "birth"]
_KINDS = ("text", "wrap", "money", "count", "time", "birth")
_NEEDED = ("code", "title", "from", "source", "root", "list", "row", "signature", "columns")
_KEYS = {*_NEEDED, "confidence", "sections", "relations"}
_PARTS: dict[str, tuple[set[str], set[str]]] = {
    "columns": ({"name", "kind"}, {"width", "source"}),
    "sections": ({"code", "title", "class", "name"}, {"takes"}),
    "relations": ({"left", "right", "words"}, {"slack", "over"}),
}
"""Keys that the entries of a form must have, and may have."""


@dataclass(frozen=True, slots=True)
class FormColumn:
    """One column; `source` is where its value comes from."""

    name: str
    kind: ColumnKind
    source: str
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the monthly form, and the class of care it is in other reports.

    Attributes:
        kind: such as NGOAI_TRU; `name` is what people read.
        takes: inpatient_class of codes without a section that count in this class.
    """

    code: str
    title: str
    kind: str
    name: str
    takes: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """The columns `left` add up to the columns `right`.

    Attributes:
        slack: column by whose amount the side `over` may be more; "" for none.
        words: how the reader knows it.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    words: str
    slack: str = ""
    over: str = "left"

    def sides(self, sums: Mapping[str, int]) -> tuple[int, int, bool]:
        """Both sums, and whether the relation holds."""
        left, right = (sum(sums[name] for name in side) for side in (self.left, self.right))
        more = left - right if self.over == "left" else right - left
        room = sums[self.slack] if self.slack else 0
        return left, right, 0 <= more <= room


@dataclass(frozen=True, slots=True)
class FormSpec:
    """One form from a day on.

    Attributes:
        tags: root, list and row of its XML, and the empty element for the signature.
    """

    code: str
    title: str
    since: date
    source: str
    tags: tuple[str, str, str, str]
    columns: tuple[FormColumn, ...]
    sections: tuple[Section, ...]
    relations: tuple[Relation, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def amounts(self) -> tuple[str, ...]:
        """The columns with money."""
        return tuple(column.name for column in self.columns if column.kind == "money")

    @property
    def titles(self) -> dict[str, str]:
        """Section to its title, in order."""
        return {section.code: section.title for section in self.sections}


def form_spec(code: str, day: date) -> FormSpec:
    """A form as it is on a day; before its first version, the first.

    Raises:
        CardError: there is no such form, or the file of forms is wrong.
    """
    versions = [spec for spec in _specs() if spec.code == code]
    if not versions:
        raise CardError([f"{_path()}:1: không có mẫu '{code}'"])
    started = [spec for spec in versions if spec.since <= day]
    return max(started, key=lambda spec: spec.since) if started else versions[0]


def classes_of_care(code: str = "01/BH") -> tuple[Section, ...]:
    """The classes of care of the newest monthly form, in order."""
    return [spec for spec in _specs() if spec.code == code][-1].sections


@cache
def class_names() -> dict[str, str]:
    """A class such as NOI_TRU to what people read."""
    return {section.kind: section.name for section in classes_of_care()}


def _path() -> Path:
    return data_dir("schemas") / "bieu_mau.yaml"


@cache
def _specs() -> tuple[FormSpec, ...]:
    """All forms, each oldest first."""
    return load_forms(_path())


def load_forms(path: Path) -> tuple[FormSpec, ...]:
    """The forms of a file.

    Raises:
        CardError: unknown or missing keys, kinds or columns that do not exist, bad dates.
    """
    data, lines = yamlio.load(path)
    forms = data.get("forms") if isinstance(data, dict) else None
    if not isinstance(forms, list) or not forms:
        raise CardError([f"{path}:1: tệp biểu mẫu phải có danh sách 'forms'"])
    problems = [
        f"{path}:{lines.at(f'forms.{i}')}: {fault}"
        for i, form in enumerate(forms)
        for fault in _faults(form)
    ]
    if problems:
        raise CardError(problems)
    return tuple(sorted(map(_spec, forms), key=lambda spec: (spec.code, spec.since)))


def _faults(form: Any) -> list[str]:  # noqa: ANN401 - what the file holds
    if not isinstance(form, dict):
        return ["mỗi mẫu phải là bảng khóa: giá trị"]
    faults = [f"thiếu '{key}'" for key in _NEEDED if not form.get(key)]
    faults += [f"khóa lạ '{key}'" for key in sorted(set(form) - _KEYS)]
    for part, (needed, others) in _PARTS.items():
        for entry in form.get(part, ()):
            if not isinstance(entry, dict) or not needed <= set(entry) <= needed | others:
                faults.append(f"'{part}': mục phải có {', '.join(sorted(needed))}")
    if faults:
        return faults
    try:
        yamlio.as_date(form["from"])
    except ValueError:
        faults.append("'from' phải là ngày dạng yyyy-mm-dd")
    return faults + _wrong_names(form)


def _wrong_names(form: Mapping[str, Any]) -> list[str]:
    kinds = {column["name"]: column["kind"] for column in form["columns"]}
    faults = [f"cột {name}: không có kiểu '{k}'" for name, k in kinds.items() if k not in _KINDS]
    for relation in form.get("relations", ()):
        used = (*relation["left"], *relation["right"], *filter(None, [relation.get("slack")]))
        faults += [
            f"quan hệ dùng cột tiền '{name}' không có trong mẫu"
            for name in used
            if kinds.get(name) != "money"
        ]
        if relation.get("over", "left") not in ("left", "right"):
            faults.append("'over' phải là left hoặc right")
    return faults


def _spec(form: Mapping[str, Any]) -> FormSpec:
    return FormSpec(
        code=form["code"],
        title=form["title"],
        since=yamlio.as_date(form["from"]),
        source=form["source"],
        tags=(form["root"], form["list"], form["row"], form["signature"]),
        columns=tuple(map(_column, form["columns"])),
        sections=tuple(map(_section, form.get("sections", ()))),
        relations=tuple(map(_relation, form.get("relations", ()))),
    )


def _column(entry: Mapping[str, str]) -> FormColumn:
    width = entry.get("width")
    kind = cast("ColumnKind", entry["kind"])
    source = entry.get("source", entry["name"])
    return FormColumn(entry["name"], kind, source, float(width) if width else None)


def _section(entry: Mapping[str, str]) -> Section:
    return Section(
        entry["code"], entry["title"], entry["class"], entry["name"], entry.get("takes", "")
    )


def _relation(entry: Mapping[str, Any]) -> Relation:
    left: Sequence[str] = entry["left"]
    return Relation(
        tuple(left), tuple(entry["right"]), entry["words"], entry.get("slack", ""),
        entry.get("over", "left"),
    )  # fmt: skip
