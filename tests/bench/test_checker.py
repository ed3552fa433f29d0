"""The plain Python checker finds what the engine finds, on every card's examples and beyond."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from giamdinh.bench import data
from giamdinh.bench.checker import Checker
from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.read import Ledger, read_claims
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.examples import example_claims
from giamdinh.rules.run import Runner
from giamdinh.sample.write import table_text
from giamdinh.tables.specs import CLAIM_TABLE, ENVELOPE_TABLE, format_versions
from tests.oracle.test_cards import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.oracle.test_cards import Rows

RULES = load_rules()
WRITTEN = tuple(rule for rule in RULES.rules if not rule.check)
ODD = ("", "0", "x", "-1", "99999999999.999", "202602291200", "20250310", "1;2;", "100", "2", "13")
Found = Counter[tuple[str, str, str, int]]
"""File, which holds one claim, rule, table and row."""


def drawn() -> Iterator[Rows]:
    """The claims of every card's examples."""
    for rule in WRITTEN:
        for example in rule.examples:
            yield from plain(example_claims(rule, example))


def spoiled(claims: Iterable[Rows]) -> Iterator[Rows]:
    """The same claims with some cells exchanged for odd values."""
    rng = Random(3)  # noqa: S311 - the same on every run
    for claim in claims:
        for table, rows in claim.items():
            for row in rows if table != ENVELOPE_TABLE else ():
                for field in sorted(row):
                    if rng.random() < 0.15:
                        row[field] = rng.choice(ODD)
        yield claim


def sent(claim: Rows) -> data.Claim:
    version = format_versions()[-1].code
    envelope = (claim.get(ENVELOPE_TABLE) or [{}])[0]
    tables = [name for name in claim if name not in (CLAIM_TABLE, ENVELOPE_TABLE, "XML0")]
    return data.Claim(
        envelope.get("MACSKCB", "").encode(),
        envelope.get("NGAYLAP", "").encode(),
        (),
        tuple(
            (name.encode(), table_text(name, claim[name], version).encode())
            for name in [CLAIM_TABLE, *tables]
            if claim[name]
        ),
    )


def engine_found(folder: Path) -> Found:
    findings = Findings()
    rules = RuleSet(WRITTEN, RULES.parameters, "")
    runner = Runner(rules, Catalogues.from_tables({}), findings, pandera=False)
    for claims in read_claims([folder], Ledger()):
        runner.run(claims)
    assert [o for o in runner.outcomes(findings) if o.status == "error"] == []
    return Counter((f.file.rpartition("/")[2], f.rule, f.table, f.row) for f in findings)


def checker_found(folder: Path) -> Found:
    paths = sorted(folder.rglob("*.xml"))
    found = zip(paths, Checker(WRITTEN).files(paths), strict=True)
    return Counter((p.name, hit.rule, hit.table, hit.row) for p, (_, hits) in found for hit in hits)


def test_checker_and_engine_find_the_same(tmp_path: Path) -> None:
    examples = list(drawn())
    both = [sent(claim) for claim in examples] + [sent(claim) for claim in spoiled(examples)]
    data.write(both, tmp_path, "one")
    mine, engine = checker_found(tmp_path), engine_found(tmp_path)
    assert {rule for _, rule, _, _ in mine} == {rule.code for rule in WRITTEN}
    assert mine - engine == Counter()
    assert engine - mine == Counter()
