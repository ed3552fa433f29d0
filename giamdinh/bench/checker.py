"""A per-claim checker in plain Python that does the checks of the expression cards.

The yardstick of the whole audit: lxml, a dict per row, one claim after another, every condition a
plain Python expression. It leaves out what the engine does besides: cards with a check function,
shape checks, catalogues, messages, amounts and the ledger.
"""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from giamdinh.bench.checker_code import ROW_INDEX, WRITTEN, Coder
from giamdinh.rules.cards import load_rules
from giamdinh.tables import values
from giamdinh.tables.claimset import UNDATED
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, format_versions, table_specs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from lxml import etree

    from giamdinh.model import Field
    from giamdinh.rules.cards import Rule

    Row = dict[str, Any]
    Claim = dict[str, list[Row]]


class Hit(NamedTuple):
    """One finding: rule, MA_LK, table, and the number a person uses for the row."""

    rule: str
    claim: str
    table: str
    row: int


class Checker:
    """All expression cards, compiled once."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = [rule for rule in rules if not rule.check]
        parameters = load_rules().parameters
        coder = Coder(parameters)
        self.source = coder.source(self.rules)
        space = coder.names
        exec(compile(self.source, "<checker>", "exec"), space)  # noqa: S102 - our own source
        found = {table: space.get(f"check_{table}") for table in table_specs()}
        self._checks = {table: check for table, check in found.items() if check is not None}
        self._reader = _Reader({table: list(names) for table, names in coder.fields.items()})
        self._first = values.day_minutes(format_versions()[0].since)

    def files(self, paths: Iterable[Path]) -> Iterator[tuple[int, list[Hit]]]:
        """For each file the number of its claims and what is wrong with them."""
        for path in paths:
            claims = 0
            hits: list[Hit] = []
            for claim in self._reader.claims(path):
                claims += 1
                hits += self.claim(claim)
            yield claims, hits

    def claim(self, claim: Claim) -> list[Hit]:
        """What is wrong with one claim."""
        head, envelope = claim[CLAIM_TABLE][0], claim[ENVELOPE_TABLE][0]
        day = _service(head, envelope, self._first)
        hits: list[Hit] = []
        shared: dict[int, Any] = {}
        for table, check in self._checks.items():
            if claim[table]:
                out: list[tuple[int, Row]] = []
                check(claim, head, envelope, day, shared, out)
                hits += [
                    Hit(self.rules[rule].code, head["MA_LK"] or "", table, _number(table, row))
                    for rule, row in out
                ]
        return hits


class _Reader:
    """Claim files to dicts of the fields that are used, typed as the cards need them."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        from lxml import etree

        self._parser = etree.XMLParser(huge_tree=True, resolve_entities=False)
        self._parse, self._load = etree.fromstring, etree.parse
        wanted = {
            CLAIM_TABLE: ("MA_LK", "NGAY_RA", "NGAY_VAO"),
            ENVELOPE_TABLE: ("NGAYLAP",),
        }
        self._blank: dict[str, Row] = {}
        self._cells: dict[str, dict[str, list[tuple[str, Callable[[str], Any]]]]] = {}
        for table, spec in table_specs().items():
            names = dict.fromkeys([*fields[table], *wanted.get(table, ())])
            if "STT" in spec.by_name:
                names["STT"] = None
            self._blank[table] = dict.fromkeys(names)
            self._cells[table] = _cells(spec.by_name, names)

    def claims(self, path: Path) -> Iterator[Claim]:
        """The claims of one file."""
        root = self._load(path, self._parser).getroot()
        envelope = self._row(ENVELOPE_TABLE, 0, [e for e in root.iter() if not len(e)][:8])
        for hoso in root.iter("HOSO"):
            claim: Claim = {table: [] for table in self._blank}
            claim[ENVELOPE_TABLE].append(envelope)
            for file in hoso:
                table = file.findtext("LOAIHOSO") or ""
                content = file.find("NOIDUNGFILE")
                if content is not None and table in claim:
                    self._table(table, content, claim[table])
            yield claim

    def _table(self, table: str, content: etree._Element, rows: list[Row]) -> None:
        document = (
            content
            if len(content)
            else self._parse(base64.b64decode(content.text or ""), self._parser)
        )
        for element in document.iter(table_specs()[table].row):
            rows.append(self._row(table, len(rows), element))

    def _row(self, table: str, index: int, cells: Iterable[etree._Element]) -> Row:
        row = dict(self._blank[table])
        row[ROW_INDEX] = index
        known = self._cells[table]
        for cell in cells:
            wanted = known.get(str(cell.tag))
            if wanted is not None and cell.text:
                for name, convert in wanted:
                    row[name] = convert(cell.text)
        return row


def _cells(
    fields: dict[str, Field], names: Iterable[str]
) -> dict[str, list[tuple[str, Callable[[str], Any]]]]:
    """Tag → the entries of a row that it fills."""
    cells: dict[str, list[tuple[str, Callable[[str], Any]]]] = {}
    for name in names:
        field = fields[name.removeprefix(WRITTEN)]
        convert = _typed(field, as_text=name.startswith(WRITTEN))
        for tag in (field.name, *field.aliases):
            cells.setdefault(tag, []).append((name, convert))
    return cells


def _typed(field: Field, *, as_text: bool) -> Callable[[str], Any]:
    def text_of(raw: str) -> str | None:
        text = raw.strip()
        if len(text) < field.pad and text.isdigit():
            text = text.zfill(field.pad)
        return text or None

    @cache
    def value_of(raw: str) -> int | None:
        text = text_of(raw)
        return values.parse(text, field) if text else None

    return text_of if as_text or not (field.numeric or field.temporal) else value_of


def _service(head: Row, envelope: Row, first: int) -> int:
    """The minute whose law applies to a claim, as the engine decides it."""
    leave, arrive, made = head["NGAY_RA"], head["NGAY_VAO"], envelope["NGAYLAP"]
    ordered = None if leave is not None and arrive is not None and leave < arrive else leave
    for when in (ordered, arrive, made):
        if when is not None and when >= first:
            return int(when)
    known = (when for when in (leave, arrive, made) if when is not None)
    return int(next(known, UNDATED))


def _number(table: str, row: Row) -> int:
    if table == CLAIM_TABLE:
        return 1
    if table_specs()[table].many and row.get("STT") is not None:
        return int(row["STT"])
    return int(row[ROW_INDEX]) + 1
