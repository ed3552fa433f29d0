"""A card's examples: small tables turned into claims and run through the real engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.model import Problem
from giamdinh.rules.context import FILE_TABLE
from giamdinh.rules.in_force import needs_store
from giamdinh.rules.recall import Recalled
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, table_specs
from giamdinh.tables.values import moment, number_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.findings import Finding
    from giamdinh.rules.cards import Rule, RuleSet

FACILITY = "01001"
_DEFAULT_DAY = "2025-03-10"
_HUGE = "999999999999"
EARLIER = "earlier"
"""Block of an example: claims of a store, drawn like those of the run."""
_KEY = "_"
"""Column that says which claim a row belongs to where MA_LK itself is what the example varies."""
_DATED = {"NGAY_VAO": "0800", "NGAY_YL": "0830", "NGAY_TH_YL": "0840", "NGAY_RA": "1600"}
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """What one example gave: the faults, empty when it is as the card says."""

    name: str
    faults: tuple[str, ...]


def pipe_table(text: str) -> list[Row]:
    """Rows of a table drawn with `|`; the first line names the columns.

    Raises:
        ValueError: a row with another number of cells than the header.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    header = [cell.strip() for cell in lines[0].split("|")]
    rows = []
    for line in lines[1:]:
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != len(header):
            raise ValueError(f"dòng '{line.strip()}' có {len(cells)} ô, cần {len(header)}")
        rows.append(dict(zip(header, cells, strict=True)))
    return rows


def example_day(rule: Rule, example: Mapping[str, Any]) -> str:
    """Yyyymmdd of the example: its `day`, else a fixed day, else the rule's first day."""
    day = str(example.get("day", "")).replace("-", "")
    if day:
        return day
    default = _DEFAULT_DAY.replace("-", "")
    first = moment(rule.start).strftime("%Y%m%d")
    last = moment(rule.end).strftime("%Y%m%d") if rule.end < 10**9 else "99999999"
    return default if first <= default <= last else first


def example_claims(rule: Rule, example: Mapping[str, Any]) -> ClaimSet:
    """The claims an example draws, behind them those of earlier months.

    A claim named only by a line gets an XML1 row by itself.

    Raises:
        ValueError: an unknown column, or a table drawn wrongly.
    """
    builder = ClaimSetBuilder()
    for drawn, file in ((example, "vi_du.xml"), (example.get(EARLIER, {}), "ky_truoc.xml")):
        _draw(builder, drawn, file, example_day(rule, {**example, **drawn}))
    return builder.build()


def _draw(builder: ClaimSetBuilder, example: Mapping[str, Any], file: str, day: str) -> None:
    tables = _drawn_tables(example)
    envelopes = {row["MA_LK"]: row for row in tables.pop(ENVELOPE_TABLE, [])}
    index: dict[str, int] = {}
    for key, row in _drawn_claims(tables).items():
        envelope = {"MACSKCB": FACILITY, "NGAYLAP": day, **envelopes.get(key, {})}
        index[key] = builder.add_claim(file, len(index) + 1, envelope, _filled(row, day))
    tables.pop(CLAIM_TABLE, None)
    for name, rows in tables.items():
        dated = name in ("XML2", "XML3")
        for row in rows:
            builder.add_row(name, index[_claim_key(row)], _filled(row, day, line=dated))


def _drawn_tables(example: Mapping[str, Any]) -> dict[str, list[Row]]:
    tables = {name: pipe_table(example[name]) for name in table_specs() if name in example}
    for name, rows in tables.items():
        known = {*table_specs()[name].by_name, _KEY, "MA_LK"}
        for column in rows[0] if rows else ():
            if column not in known:
                raise ValueError(f"{name} không có trường '{column}'")
    return tables


def _drawn_claims(tables: Mapping[str, list[Row]]) -> dict[str, Row]:
    """XML1 rows by key; a key that only lines use gets a row of its own."""
    claims = {_claim_key(row): row for row in tables.get(CLAIM_TABLE, [])}
    for rows in tables.values():
        for row in rows:
            key = _claim_key(row)
            claims.setdefault(key, {"MA_LK": key})
    return claims


def _claim_key(row: Row) -> str:
    return row.get(_KEY, row.get("MA_LK", ""))


def run_example(rules: RuleSet, rule: Rule, example: Mapping[str, Any]) -> ExampleResult:
    """Runs one example through the engine and compares with what the card says."""
    from giamdinh.rules.cards import RuleSet

    only = RuleSet((rule,), rules.parameters, "")
    findings = Findings()
    drawn = {k: pipe_table(t) for k, t in example.get("danh_muc", {}).items()}
    catalogues = Catalogues.from_tables(drawn)
    runner = Runner(only, catalogues, findings, pandera=False, store=_with_store(rule, example))
    try:
        if FILE_TABLE in rule.fields:
            problems = [Problem(**_problem(row)) for row in pipe_table(example[FILE_TABLE])]
            runner.run_files(problems, ClaimSetBuilder().build())
        else:
            drawn_claims = example_claims(rule, example)
            runner.run(drawn_claims)
            _compare(runner, drawn_claims.files.count("vi_du.xml"))
    except (ValueError, KeyError) as error:
        return ExampleResult(example["name"], (f"ví dụ viết sai: {error}",))
    outcome = runner.outcomes(findings)[0]
    if outcome.status == "error":
        return ExampleResult(example["name"], (f"quy tắc hỏng: {outcome.reason}",))
    return ExampleResult(example["name"], tuple(_faults(rule, example, findings)))


def _with_store(rule: Rule, example: Mapping[str, Any]) -> bool:
    return EARLIER in example or needs_store(rule)


def _compare(runner: Runner, own: int) -> None:
    """The rule across claims on all claims, of which only the first `own` are of the run."""
    claims = runner.memory.claims(without=())
    if claims is None:
        return
    claims.seq[own:] = -1
    runner.run_across(claims, Recalled(own) if runner.store else None)


def _problem(row: Row) -> dict[str, Any]:
    return {"file": "", "reason": "", **row, "hoso": int(row.get("hoso") or 0)}


def _filled(row: Row, day: str, *, line: bool | None = None) -> Row:
    """Times and T_BHTT that the example leaves out."""
    out = dict(row)
    names = ("NGAY_YL", "NGAY_TH_YL") if line else ("NGAY_VAO", "NGAY_RA")
    if line is None and row.get("NGAY_RA") and "NGAY_VAO" not in row:
        out["NGAY_VAO"] = min(row["NGAY_RA"], day + _DATED["NGAY_VAO"])
    if line is not False:
        for name in names:
            out.setdefault(name, day + _DATED[name])
        out.setdefault("T_BHTT", _HUGE)
    if line is None:
        out.setdefault("MA_CSKCB", FACILITY)
    return out


def _faults(rule: Rule, example: Mapping[str, Any], findings: Findings) -> list[str]:
    faults = []
    found = {}
    for finding in findings:
        found[_key(rule, finding)] = (finding.expected, number_text(finding.amount, 2))
    wanted = [str(hit) for hit in example.get("hits", [])]
    faults += [f"không bắt được {key}" for key in wanted if key not in found]
    faults += [f"bắt nhầm {key}" for key in found if key not in wanted]
    for at, word in ((0, "expected"), (1, "amounts")):
        for key, value in example.get(word, {}).items():
            got = found.get(key, ("", ""))[at]
            if got != str(value):
                faults.append(f"{key}: {word} là '{got}', ví dụ viết '{value}'")
    return faults


def _key(rule: Rule, finding: Finding) -> str:
    if FILE_TABLE in rule.fields:
        return finding.file
    many = table_specs()[finding.table].many
    key = f"{finding.claim}/{finding.row}" if many else finding.claim
    return f"{finding.table}:{key}" if len(rule.fields) > 1 else key
