"""Table specifications and format versions, loaded once from `schemas/`."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from giamdinh import yamlio
from giamdinh.errors import CardError
from giamdinh.kept import kept
from giamdinh.model import Field, FormatVersion, Kind, TableSpec
from giamdinh.resources import data_dir

CLAIM_TABLE = "XML1"
ENVELOPE_TABLE = "HOSO"

_FIELD_KEYS = {
    "name", "kind", "title", "size", "required", "separator", "scale", "widths", "pad", "since",
    "until", "aliases", "list", "personal", "partial", "confidence",
}  # fmt: skip


@cache
def table_specs() -> dict[str, TableSpec]:
    """All tables by name: XML0 … XML15 and the envelope `HOSO`, in that order.

    Raises:
        CardError: a specification file is wrong.
    """
    return {spec.name: spec for spec in kept("bang", _read_tables)}


@cache
def format_versions() -> tuple[FormatVersion, ...]:
    """The versions of the format, oldest first."""
    return kept("phien_ban", _read_versions)


def version_rank(code: str) -> int:
    """Position of a version in time; -1 for blank, so that a field without `since` is always in."""
    return _ranks()[code] if code else -1


@cache
def _ranks() -> dict[str, int]:
    return {version.code: rank for rank, version in enumerate(format_versions())}


def _read_tables() -> list[TableSpec]:
    folder = data_dir("schemas") / "bang"
    specs = [_table(path) for path in folder.glob("*.yaml")]
    return sorted(specs, key=lambda s: int(s.name[3:]) if s.name.startswith("XML") else 99)


def _read_versions() -> tuple[FormatVersion, ...]:
    path = data_dir("schemas") / "phien_ban.yaml"
    rows, _ = yamlio.load(path)
    return tuple(
        FormatVersion(row["code"], row["title"], yamlio.as_date(row["since"])) for row in rows
    )


def _table(path: Any) -> TableSpec:  # noqa: ANN401 - a path-like
    data, lines = yamlio.load(path)
    fields = []
    for i, row in enumerate(data["fields"]):
        extra = sorted(set(row) - _FIELD_KEYS)
        if extra:
            line = lines.at(f"fields.{i}.{extra[0]}")
            raise CardError([f"{path}:{line}: khóa lạ '{extra[0]}' trong mô tả trường"])
        fields.append(_field(row))
    return TableSpec(
        name=data["table"],
        title=data["title"],
        root=data["root"],
        list_tag=data["list"],
        row=data["row"],
        many=data["many"] == "yes",
        fields=tuple(fields),
    )


def _field(row: dict[str, Any]) -> Field:
    kind = cast("Kind", row["kind"])
    width = {"date8": (8,), "datetime12": (12,)}.get(kind, ())
    return Field(
        name=row["name"],
        kind=kind,
        title=row["title"],
        required=row.get("required", ""),
        sizes=_sizes(row.get("size", "n")),
        separator=row.get("separator", ""),
        pad=int(row.get("pad", 0)),
        scale=int(row.get("scale", 0)),
        widths=tuple(int(w) for w in row["widths"]) if "widths" in row else width,
        since=row.get("since", ""),
        until=row.get("until", ""),
        aliases=tuple(row.get("aliases", ())),
        code_list=row.get("list", ""),
        personal=row.get("personal", "no") == "yes",
        partial=row.get("partial", "no") == "yes",
        confidence=row.get("confidence", "high"),
    )


def _sizes(size: str | dict[str, str]) -> tuple[tuple[str, int | None], ...]:
    by_version = size if isinstance(size, dict) else {"": size}
    return tuple((version, None if n == "n" else int(n)) for version, n in by_version.items())


def size_in(field: Field, version: str) -> int | None:
    """Most characters allowed for `field` in a format version; None where there is no bound."""
    best: int | None = None
    rank = version_rank(version)
    for since, size in field.sizes:
        if version_rank(since) <= rank:
            best = size
    return best
