"""The whole audit, claim files to findings in Parquet, against a checker written claim by claim."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from giamdinh.rules.cards import Rule

    Work = Callable[[], dict[str, float]]


def engine(folder: str, jobs: int = 1, *, same: bool = False) -> Work:
    """All rules with catalogues, or the rules of the checker; start-up and imports are part of it.

    Rules across claims are left out: the copies of a claim share its doctors, beds and hours.

    Args:
        folder: where the data is.
        jobs: processes.
        same: only the cards that the checker runs, without catalogues.
    """

    def work() -> dict[str, float]:
        from giamdinh.pipeline import Options, audit
        from giamdinh.report import parquet_out
        from giamdinh.rules.cards import load_rules

        known = load_rules().rules
        if same:
            shared = tuple(rule.code for rule in known if not rule.check)
            options = Options(select=shared, jobs=jobs)
        else:
            across = tuple(rule.code for rule in known if rule.across)
            lists = Path(folder) / "danh_muc"
            options = Options(catalogues=lists, ignore=across, jobs=jobs)
        result = audit([Path(folder) / "ho_so"], options)
        with tempfile.TemporaryDirectory() as out:
            parquet_out.write(result, Path(out))
        column = result.findings.texts("rule")
        rules = cast("Mapping[str, Rule]", result.rules)
        written = [not rules[code].check for code in column.texts]
        return {
            "claims": result.ledger.claims_read,
            "rules": sum(outcome.status == "ran" for outcome in result.outcomes),
            "findings": len(result.findings),
            "shared": sum(written[code] for code in column.codes.tolist()),
            "read": result.timings["read"],
            "audit": result.timings["audit"],
        }

    return work


def checker(folder: str) -> Work:
    """The expression cards only, claim by claim in plain Python; hits go to Parquet too."""

    def work() -> dict[str, float]:
        import pyarrow as pa
        from pyarrow import parquet

        from giamdinh.bench.checker import Checker, Hit
        from giamdinh.rules.cards import load_rules

        made = Checker(load_rules().rules)
        claims = 0
        hits: list[Hit] = []
        for count, found in made.files(sorted(Path(folder, "ho_so").rglob("*.xml"))):
            claims += count
            hits += found
        table = pa.table({name: [hit[i] for hit in hits] for i, name in enumerate(Hit._fields)})
        with tempfile.TemporaryDirectory() as out:
            parquet.write_table(table, Path(out) / "findings.parquet")
        return {"claims": claims, "rules": len(made.rules), "findings": len(hits),
                "shared": len(hits)}  # fmt: skip

    return work


COMPETITORS: dict[str, Callable[..., Work]] = {"engine": engine, "checker": checker}
