"""Turns hits into findings: values, expected values, capped amounts and messages for people."""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from giamdinh.rules.context import FILE_TABLE
from giamdinh.rules.on_rows import OnRows
from giamdinh.rules.vectors import Numbers, Texts
from giamdinh.tables import values
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE
from giamdinh.textcolumns import Picked, Pieces, Worded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.findings import Findings
    from giamdinh.model import CodeArray, IntArray, Problem
    from giamdinh.rules.cards import Clause, Rule
    from giamdinh.rules.context import Hits
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.rules.nodes import Node
    from giamdinh.tables.claimset import Table

_MONEY_FIELD = "T_BHTT"
_SHOWN = 200
"""Most characters of one value in a message; the value column keeps all."""
_NOTHING = "(trống)"
_PERSON = {"patient": "MA_BN", "name": "HO_TEN", "card": "MA_THE_BHYT"}
_DEPARTMENT = ("MA_KHOA",)
_ITEM = ("MA_VAT_TU", "MA_DICH_VU", "MA_THUOC")
PRACTITIONER = ("MA_BAC_SI", "NGUOI_THUC_HIEN", "MA_BS_DOC_KQ", "MA_BS")
SHOWN_OF_CLAIM = ("MA_CSKCB", "MA_LK", _MONEY_FIELD, *_DEPARTMENT, *_PERSON.values())
SHOWN_OF_ROW = ("STT", _MONEY_FIELD, *_DEPARTMENT, *PRACTITIONER, *_ITEM)
"""The fields that every finding shows, beside those of its rule."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one clause found in a table, made out as far as it depends on the rule."""

    rule: Rule
    rows: IntArray
    fields: str | Sequence[str]
    values: Sequence[str]
    expected: Sequence[str]
    amounts: IntArray
    message: Worded
    others: IntArray

    def checked(self) -> _Piece:
        """The same.

        Raises:
            TypeError: something that should be a text is none.
            ValueError: a column is not as long as the others.
        """
        texts: list[Sequence[str]] = [self.expected, *self.message.places]
        texts += [] if isinstance(self.fields, str) else [self.fields]
        sizes = {*map(len, texts), self.amounts.size, self.others.size}
        if sizes != {self.rows.size}:
            raise ValueError(sizes)
        for column in texts:
            "".join(column)
        return self


class Writer:
    """Writes the findings of one batch; they are there after `flush`."""

    def __init__(self, evaluator: Evaluator, findings: Findings) -> None:
        self.evaluator = evaluator
        self.claims = evaluator.claims
        self.findings = findings
        self._pieces: dict[str, list[_Piece]] = {}

    def write(self, rule: Rule, clause: Clause, hits: Hits, problems: Sequence[Problem]) -> None:
        """Adds one finding per hit."""
        if clause.table == FILE_TABLE:
            self._write_problems(rule, clause, hits, problems)
            return
        table = self.claims[clause.table]
        here = OnRows(self.evaluator, clause.table, hits.rows)
        expected = hits.expected or self._expected(rule, clause, here)
        fields = hits.field or rule.fields[clause.table]
        others = hits.other_rows
        piece = _Piece(
            rule=rule,
            rows=hits.rows,
            fields=fields,
            values=_values(table, fields, hits.rows),
            expected=expected,
            amounts=_amounts(clause, hits, here),
            message=self._messages(clause, hits, expected, here),
            others=np.full(hits.rows.size, -1) if others is None else others,
        )
        self._pieces.setdefault(table.name, []).append(piece.checked())

    def flush(self) -> None:
        """Hands over all findings, table by table: what they say of their claims is asked once."""
        for name, pieces in self._pieces.items():
            table = self.claims[name]
            rows = np.concatenate([piece.rows for piece in pieces])
            of = np.repeat(np.arange(len(pieces), dtype=np.int32), [p.rows.size for p in pieces])
            rules = [_of_rule(piece.rule) for piece in pieces]
            columns = {key: Picked(of, [rule[key] for rule in rules]) for key in rules[0]}
            others = np.concatenate([piece.others for piece in pieces])
            amounts = np.concatenate([piece.amounts for piece in pieces])
            self.findings.add_rows(
                int(rows.size),
                {
                    **columns,
                    **self._of_claim(table, rows),
                    "field": _fields(pieces, of),
                    "value": [value for piece in pieces for value in piece.values],
                    "expected": [text for piece in pieces for text in piece.expected],
                    "amount": np.clip(amounts, 0, self._caps(name, rows)).astype(np.int64),
                    "message": Pieces([piece.message for piece in pieces]),
                    **self._of_other(table, others),
                },
            )
        self._pieces.clear()

    def _of_claim(self, table: Table, rows: IntArray) -> dict[str, Any]:
        """Where the hits stand, and what reports show about their claims."""
        claims = table.parent[rows]
        owned = claims >= 0
        xml1 = self.claims[CLAIM_TABLE]

        def of_claim(name: str, source: Table = xml1) -> Picked:
            column = source[name]
            return Picked(np.append(column.codes, np.int32(-1))[claims], column.texts)

        def of_row(*names: str) -> list[Picked]:
            columns = [table[name] for name in names if name in table.columns]
            return [Picked(column.codes[rows], column.texts) for column in columns]

        sender = of_claim("MACSKCB", self.claims[ENVELOPE_TABLE])
        cap = np.append(np.maximum(xml1[_MONEY_FIELD].values, 0), 0)
        line = _MONEY_FIELD in table.columns and table.spec.many
        return {
            "facility": _first(of_claim("MA_CSKCB"), sender, *of_row("MA_CSKCB")),
            "claim": _first(of_claim("MA_LK"), *of_row("MA_LK")),
            "table": table.name,
            "row": _row_numbers(table, rows),
            "file": Picked(claims.astype(np.int32), self.claims.files),
            "hoso": np.append(self.claims.hoso, 0)[claims],
            "department": _first(*of_row(*_DEPARTMENT), of_claim("MA_KHOA")),
            "practitioner": _first(*of_row(*PRACTITIONER)),
            "item": _first(*of_row(*_ITEM)),
            **{shown: of_claim(name) for shown, name in _PERSON.items()},
            "claim_seq": np.where(owned, np.append(self.claims.seq, -1)[claims], -1),
            "line_seq": table.number[rows] - 1 if line else -1,
            "claim_cap": cap[claims],
        }

    def _of_other(self, table: Table, others: IntArray) -> dict[str, Any]:
        """The row that each hit clashes with, -1 for none."""
        there = others >= 0
        if not there.any():
            return {}
        others = np.where(there, others, 0)
        owners = np.where(there, table.parent[others], -1)
        keys = self.claims[CLAIM_TABLE]["MA_LK"]
        return {
            "other_claim": Picked(np.append(keys.codes, np.int32(-1))[owners], keys.texts),
            "other_row": np.where(there, _row_numbers(table, others), 0),
        }

    def _caps(self, table_name: str, rows: IntArray) -> IntArray:
        """The most that can be at stake: the line's T_BHTT and the claim's."""
        table = self.claims[table_name]
        claim = self.claims[CLAIM_TABLE][_MONEY_FIELD]
        if not len(self.claims):
            return np.zeros(rows.size, np.int64)
        parent = table.parent[rows]
        caps = np.where((parent >= 0) & claim.valid[parent], claim.values[parent], 0)
        if _MONEY_FIELD in table.columns:
            own = table[_MONEY_FIELD]
            caps = np.minimum(caps, np.where(own.valid[rows], own.values[rows], 0))
        return np.maximum(caps, 0)

    def _expected(self, rule: Rule, clause: Clause, here: OnRows) -> list[str]:
        if clause.expected is None:
            return [""] * here.rows(clause.table)
        spec = self.claims[clause.table].spec.by_name.get(rule.fields[clause.table])
        wide = spec is None or not spec.temporal or max(spec.widths) > 8  # noqa: PLR2004
        return self._plain(clause.expected, here, wide=wide)

    def _plain(self, node: Node, here: OnRows, *, wide: bool) -> list[str]:
        """Values as the format writes them."""
        vector = here.value(node)
        if isinstance(vector, Texts):
            return _picked(vector.texts, vector.codes)
        assert isinstance(vector, Numbers)  # noqa: S101 - linted: number, time or text
        if node.kind == "time":
            pattern = "%Y%m%d%H%M" if wide else "%Y%m%d"
            return _texts(vector, lambda value: values.moment(value).strftime(pattern), "")
        return _texts(vector, lambda value: values.number_text(value, node.scale), "")

    def _messages(
        self, clause: Clause, hits: Hits, expected: Sequence[str], here: OnRows
    ) -> Worded:
        parts: dict[str, Sequence[str]] = {
            name: self._shown(node, here) for name, node in clause.shown.items()
        }
        if clause.expected is not None and hits.expected is None:
            parts["expected"] = self._shown(clause.expected, here)
        else:
            parts["expected"] = expected
        parts["detail"] = hits.detail or [""] * hits.rows.size
        template, names = _template(clause.message)
        return Worded(template, [parts[name] for name in names], hits.rows.size)

    def _shown(self, node: Node, here: OnRows) -> list[str]:
        """Values as people read them."""
        vector = here.value(node)
        if isinstance(vector, Texts):
            codes = vector.codes.tolist()
            return [_cut(vector.texts[c]) if c >= 0 else _NOTHING for c in codes]
        assert isinstance(vector, Numbers)  # noqa: S101 - linted: number, time or text
        if node.kind == "time":
            return _texts(vector, values.time_vi, _NOTHING)
        if self._whole_field(node):
            return _texts(vector, str, _NOTHING)
        return _texts(vector, lambda value: values.number_vi(value, node.scale), _NOTHING)

    def _whole_field(self, node: Node) -> bool:
        """Whether a node is a field of whole numbers, such as a year, which takes no grouping."""
        field = node.args[0] if node.op == "lift" else node
        if field.op != "field":
            return False
        table, name = field.value
        return self.claims[table].spec.by_name[name].kind == "integer"

    def _write_problems(
        self, rule: Rule, clause: Clause, hits: Hits, problems: Sequence[Problem]
    ) -> None:
        found = [problems[row] for row in hits.rows.tolist()]
        details = hits.detail or [problem.reason for problem in found]
        self.findings.add_rows(
            len(found),
            {
                **_of_rule(rule),
                "facility": [problem.facility for problem in found],
                "claim": [problem.claim for problem in found],
                "table": [problem.table or FILE_TABLE for problem in found],
                "file": [problem.file for problem in found],
                "hoso": [problem.hoso for problem in found],
                "field": rule.fields[FILE_TABLE],
                "message": [clause.message.replace("{detail}", detail) for detail in details],
                "claim_seq": -1,
            },
        )


def _of_rule(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.code,
        "tt12": rule.tt12,
        "severity": rule.severity,
        "basis": rule.basis,
        "fix": rule.fix,
    }


def _fields(pieces: Sequence[_Piece], of: CodeArray) -> Picked | list[str]:
    """The field of each hit; `of` says which piece it belongs to."""
    if all(isinstance(piece.fields, str) for piece in pieces):
        return Picked(of, [cast("str", piece.fields) for piece in pieces])
    return [
        field
        for piece in pieces
        for field in (
            [piece.fields] * piece.rows.size if isinstance(piece.fields, str) else piece.fields
        )
    ]


def _values(table: Table, fields: str | Sequence[str], rows: IntArray) -> list[str]:
    """What is written in the field of each hit, as it was sent."""
    column = table.columns.get(fields) if isinstance(fields, str) else None
    if column and not column.padded:
        return _picked(column.texts, column.codes[rows])
    names = [fields] * rows.size if isinstance(fields, str) else fields
    columns = [table.columns.get(name) for name in names]
    return [
        (own.padded.get(row) or own.text(row)) if own else ""
        for own, row in zip(columns, rows.tolist(), strict=True)
    ]


def _picked(texts: Sequence[str], codes: CodeArray, nothing: str = "") -> list[str]:
    return [texts[code] if code >= 0 else nothing for code in codes.tolist()]


def _row_numbers(table: Table, rows: IntArray) -> IntArray:
    """The numbers a person uses for rows: STT as written, else the position in the claim."""
    if table.name == CLAIM_TABLE:
        return np.ones(rows.size, np.int64)
    if table.spec.many and "STT" in table.columns:
        stt = table["STT"]
        return np.where(stt.valid[rows], stt.values[rows], table.number[rows])
    return table.number[rows]


def _first(*choices: Picked) -> Picked | str:
    """The first of some texts that is written, row by row."""
    if not choices:
        return ""
    found = choices[0]
    for other in choices[1:]:
        open_rows = found.codes < 0
        if not open_rows.any():
            break
        codes = np.where(other.codes < 0, -1, other.codes + len(found.texts))
        found = Picked(
            np.where(open_rows, codes, found.codes).astype(np.int32),
            [*found.texts, *other.texts],
        )
    return found


def _amounts(clause: Clause, hits: Hits, here: OnRows) -> IntArray:
    """The money at stake as the check or the card says, before it is capped."""
    if hits.amount is not None:
        return hits.amount
    if clause.amount is None:
        return np.zeros(hits.rows.size, np.int64)
    found = here.numbers(clause.amount)
    return np.where(found.valid, found.values, 0)


def _texts(vector: Numbers, write: Callable[[int], str], nothing: str) -> list[str]:
    """Numbers as texts; each distinct one is written once."""
    known: dict[int, str] = {}
    out = []
    pairs = zip(vector.values.tolist(), vector.valid.tolist(), strict=True)
    for value, valid in pairs:
        text = known.get(value)
        if text is None:
            text = known[value] = write(value)
        out.append(text if valid else nothing)
    return out


@lru_cache(2**12)
def _template(message: str) -> tuple[str, tuple[str, ...]]:
    """A message as a format with numbered places, and what stands in them."""
    pieces, names = [], []
    for literal, name, _, _ in string.Formatter().parse(message):
        pieces.append(literal.replace("{", "{{").replace("}", "}}"))
        if name is not None:
            pieces.append("{}")
            names.append(name)
    return "".join(pieces), tuple(names)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
