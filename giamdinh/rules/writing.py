"""Turns hits into findings: values, expected values, capped amounts and messages for people."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.rules.context import FILE_TABLE
from giamdinh.rules.vectors import Numbers, Texts
from giamdinh.tables import values
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.findings import Findings
    from giamdinh.model import IntArray, Problem
    from giamdinh.rules.cards import Clause, Rule
    from giamdinh.rules.context import Hits
    from giamdinh.rules.evaluate import Evaluator
    from giamdinh.rules.nodes import Node
    from giamdinh.tables.claimset import Column, Table

_MONEY_FIELD = "T_BHTT"
_SHOWN = 200
"""Most characters of one value in a message; the value column keeps all."""
_DEPARTMENT = ("MA_KHOA",)
_PRACTITIONER = ("MA_BAC_SI", "NGUOI_THUC_HIEN", "MA_BS_DOC_KQ", "MA_BS")


class Writer:
    """Writes the findings of one batch."""

    def __init__(self, evaluator: Evaluator, findings: Findings, first_claim: int) -> None:
        self.evaluator = evaluator
        self.claims = evaluator.claims
        self.findings = findings
        self.first_claim = first_claim

    def write(self, rule: Rule, clause: Clause, hits: Hits, problems: Sequence[Problem]) -> None:
        """Adds one finding per hit."""
        if clause.table == FILE_TABLE:
            self._write_problems(rule, clause, hits, problems)
            return
        rows = hits.rows
        table = self.claims[clause.table]
        expected = hits.expected or self._expected(rule, clause, rows)
        own_field = rule.fields[clause.table]
        fields = hits.field or own_field
        names = [fields] * rows.size if isinstance(fields, str) else fields
        columns = [table.columns.get(name) for name in names]
        self.findings.add_rows(
            int(rows.size),
            {
                **_of_rule(rule),
                **self._of_claim(table, rows),
                "field": fields,
                "value": [
                    _written(column, row) if column else ""
                    for column, row in zip(columns, rows.tolist(), strict=True)
                ],
                "expected": expected,
                "amount": self._amounts(clause, hits),
                "message": self._messages(clause, hits, expected),
                **self._of_other(table, hits),
            },
        )

    def _of_claim(self, table: Table, rows: IntArray) -> dict[str, Any]:
        """Where the hits stand, and what reports show about their claims."""
        claims = table.parent[rows].tolist()
        owned = [claim >= 0 for claim in claims]
        xml1 = self.claims[CLAIM_TABLE]

        def of_claim(name: str, source: Table = xml1) -> list[str]:
            column = source[name]
            return [column.text(c) if ok else "" for c, ok in zip(claims, owned, strict=True)]

        sender = of_claim("MACSKCB", self.claims[ENVELOPE_TABLE])
        key = table.columns.get("MA_LK")
        own_key = [key.text(row) if key else "" for row in rows.tolist()]
        cap = xml1[_MONEY_FIELD].values
        line = _MONEY_FIELD in table.columns and table.spec.many
        return {
            "facility": [a or b for a, b in zip(of_claim("MA_CSKCB"), sender, strict=True)],
            "claim": [a or b for a, b in zip(of_claim("MA_LK"), own_key, strict=True)],
            "table": table.name,
            "row": [table.row_number(row) for row in rows.tolist()],
            "file": [
                self.claims.files[c] if ok else "" for c, ok in zip(claims, owned, strict=True)
            ],
            "hoso": [
                int(self.claims.hoso[c]) if ok else 0 for c, ok in zip(claims, owned, strict=True)
            ],
            "department": _first(table, rows, _DEPARTMENT, of_claim("MA_KHOA")),
            "practitioner": _first(table, rows, _PRACTITIONER, [""] * rows.size),
            "patient": of_claim("MA_BN"),
            "name": of_claim("HO_TEN"),
            "card": of_claim("MA_THE_BHYT"),
            "claim_seq": [
                self.first_claim + c if ok else -1 for c, ok in zip(claims, owned, strict=True)
            ],
            "line_seq": rows.tolist() if line else -1,
            "claim_cap": [
                max(int(cap[c]), 0) if ok else 0 for c, ok in zip(claims, owned, strict=True)
            ],
        }

    def _of_other(self, table: Table, hits: Hits) -> dict[str, Any]:
        """The row that each hit clashes with."""
        if hits.other_rows is None:
            return {}
        others = hits.other_rows.tolist()
        owners = [int(table.parent[row]) if row >= 0 else -1 for row in others]
        keys = self.claims[CLAIM_TABLE]["MA_LK"]
        return {
            "other_claim": [keys.text(owner) if owner >= 0 else "" for owner in owners],
            "other_row": [table.row_number(row) if row >= 0 else 0 for row in others],
        }

    def _amounts(self, clause: Clause, hits: Hits) -> list[int]:
        rows = hits.rows
        if hits.amount is not None:
            amounts = hits.amount
        elif clause.amount is None:
            return [0] * rows.size
        else:
            found = self.evaluator.numbers(clause.amount)
            amounts = np.where(found.valid[rows], found.values[rows], 0)
        return [int(a) for a in np.clip(amounts, 0, self._caps(clause.table, rows))]

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
        pattern = "%Y%m%d%H%M" if wide else "%Y%m%d"
        out = []
        for value, valid in zip(vector.values[rows], vector.valid[rows], strict=True):
            if not valid:
                out.append("")
            elif node.kind == "time":
                out.append(values.moment(int(value)).strftime(pattern))
            else:
                out.append(values.number_text(int(value), node.scale))
        return out

    def _messages(self, clause: Clause, hits: Hits, expected: Sequence[str]) -> list[str]:
        rows = hits.rows
        parts: dict[str, Sequence[str]] = {
            name: self._shown(node, rows) for name, node in clause.shown.items()
        }
        if clause.expected is not None and hits.expected is None:
            parts["expected"] = self._shown(clause.expected, rows)
        else:
            parts["expected"] = expected
        parts["detail"] = hits.detail or [""] * rows.size
        template = list(string.Formatter().parse(clause.message))
        return [
            "".join(
                literal + (parts[name][i] if name is not None else "")
                for literal, name, _, _ in template
            )
            for i in range(rows.size)
        ]

    def _shown(self, node: Node, rows: IntArray) -> list[str]:
        """Values as people read them."""
        vector = self.evaluator.value(node)
        if isinstance(vector, Texts):
            codes = vector.codes[rows].tolist()
            return [_cut(vector.texts[c]) if c >= 0 else "(trống)" for c in codes]
        whole = self._whole_field(node)
        assert isinstance(vector, Numbers)  # noqa: S101 - linted: number, time or text
        out = []
        for value, valid in zip(vector.values[rows], vector.valid[rows], strict=True):
            if not valid:
                out.append("(trống)")
            elif node.kind == "time":
                out.append(values.time_vi(int(value)))
            elif whole:
                out.append(str(int(value)))
            else:
                out.append(values.number_vi(int(value), node.scale))
        return out

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


def _written(column: Column, row: int) -> str:
    return column.padded.get(row) or column.text(row)


def _first(table: Table, rows: IntArray, names: tuple[str, ...], otherwise: list[str]) -> list[str]:
    """The first of some fields that is written in each row."""
    out = otherwise
    for name in reversed(names):
        if name in table.columns:
            column = table[name]
            out = [column.text(row) or old for row, old in zip(rows.tolist(), out, strict=True)]
    return out


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
