"""Turns hits into findings: values, expected values, capped amounts and messages for people."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.rules.context import FILE_TABLE
from giamdinh.rules.vectors import Numbers, Texts
from giamdinh.tables import values
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE
from giamdinh.textcolumns import Picked, Worded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from giamdinh.findings import Findings
    from giamdinh.model import IntArray, Problem
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


class Writer:
    """Writes the findings of one batch."""

    def __init__(self, evaluator: Evaluator, findings: Findings) -> None:
        self.evaluator = evaluator
        self.claims = evaluator.claims
        self.findings = findings

    def write(self, rule: Rule, clause: Clause, hits: Hits, problems: Sequence[Problem]) -> None:
        """Adds one finding per hit."""
        if clause.table == FILE_TABLE:
            self._write_problems(rule, clause, hits, problems)
            return
        table = self.claims[clause.table]
        expected = hits.expected or self._expected(rule, clause, hits.rows)
        fields = hits.field or rule.fields[clause.table]
        self.findings.add_rows(
            int(hits.rows.size),
            {
                **_of_rule(rule),
                **self._of_claim(table, hits.rows),
                "field": fields,
                "value": _values(table, fields, hits.rows),
                "expected": expected,
                "amount": self._amounts(clause, hits),
                "message": self._messages(clause, hits, expected),
                **self._of_other(table, hits),
            },
        )

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

    def _of_other(self, table: Table, hits: Hits) -> dict[str, Any]:
        """The row that each hit clashes with."""
        if hits.other_rows is None:
            return {}
        there = hits.other_rows >= 0
        others = np.where(there, hits.other_rows, 0)
        owners = np.where(there, table.parent[others], -1)
        keys = self.claims[CLAIM_TABLE]["MA_LK"]
        return {
            "other_claim": Picked(np.append(keys.codes, np.int32(-1))[owners], keys.texts),
            "other_row": np.where(there, _row_numbers(table, others), 0),
        }

    def _amounts(self, clause: Clause, hits: Hits) -> IntArray | int:
        rows = hits.rows
        if hits.amount is not None:
            amounts = hits.amount
        elif clause.amount is None:
            return 0
        else:
            found = self.evaluator.numbers(clause.amount)
            amounts = np.where(found.valid[rows], found.values[rows], 0)
        return np.clip(amounts, 0, self._caps(clause.table, rows)).astype(np.int64)

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

    def _expected(self, rule: Rule, clause: Clause, rows: IntArray) -> list[str]:
        if clause.expected is None:
            return [""] * rows.size
        spec = self.claims[clause.table].spec.by_name.get(rule.fields[clause.table])
        wide = spec is None or not spec.temporal or max(spec.widths) > 8  # noqa: PLR2004
        return self._plain(clause.expected, rows, wide=wide)

    def _plain(self, node: Node, rows: IntArray, *, wide: bool) -> list[str]:
        """Values as the format writes them."""
        vector = self.evaluator.value(node)
        if isinstance(vector, Texts):
            return [vector.texts[c] if c >= 0 else "" for c in vector.codes[rows].tolist()]
        assert isinstance(vector, Numbers)  # noqa: S101 - linted: number, time or text
        if node.kind == "time":
            pattern = "%Y%m%d%H%M" if wide else "%Y%m%d"
            return _texts(vector, rows, lambda value: values.moment(value).strftime(pattern), "")
        return _texts(vector, rows, lambda value: values.number_text(value, node.scale), "")

    def _messages(self, clause: Clause, hits: Hits, expected: Sequence[str]) -> Worded:
        rows = hits.rows
        parts: dict[str, Sequence[str]] = {
            name: self._shown(node, rows) for name, node in clause.shown.items()
        }
        if clause.expected is not None and hits.expected is None:
            parts["expected"] = self._shown(clause.expected, rows)
        else:
            parts["expected"] = expected
        parts["detail"] = hits.detail or [""] * rows.size
        template, names = _template(clause.message)
        return Worded(template, [parts[name] for name in names], rows.size)

    def _shown(self, node: Node, rows: IntArray) -> list[str]:
        """Values as people read them."""
        vector = self.evaluator.value(node)
        if isinstance(vector, Texts):
            codes = vector.codes[rows].tolist()
            return [_cut(vector.texts[c]) if c >= 0 else _NOTHING for c in codes]
        assert isinstance(vector, Numbers)  # noqa: S101 - linted: number, time or text
        if node.kind == "time":
            return _texts(vector, rows, values.time_vi, _NOTHING)
        if self._whole_field(node):
            return _texts(vector, rows, str, _NOTHING)
        return _texts(vector, rows, lambda value: values.number_vi(value, node.scale), _NOTHING)

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


def _values(table: Table, fields: str | Sequence[str], rows: IntArray) -> Picked | list[str]:
    """What is written in the field of each hit, as it was sent."""
    column = table.columns.get(fields) if isinstance(fields, str) else None
    if column and not column.padded:
        return Picked(column.codes[rows], column.texts)
    names = [fields] * rows.size if isinstance(fields, str) else fields
    columns = [table.columns.get(name) for name in names]
    return [
        (own.padded.get(row) or own.text(row)) if own else ""
        for own, row in zip(columns, rows.tolist(), strict=True)
    ]


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


def _texts(vector: Numbers, rows: IntArray, write: Callable[[int], str], nothing: str) -> list[str]:
    """Numbers as texts; each distinct one is written once."""
    known: dict[int, str] = {}
    out = []
    pairs = zip(vector.values[rows].tolist(), vector.valid[rows].tolist(), strict=True)
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
