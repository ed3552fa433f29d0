"""The whole line in order: claim files → claims → shape checks and rules → findings → result."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.catalogues import load_catalogues
from giamdinh.findings import Findings
from giamdinh.read import read_claims
from giamdinh.read.ledger import Ledger
from giamdinh.report.model import AuditResult
from giamdinh.rules.cards import load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from giamdinh.totals import ClaimTotals

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do.

    Attributes:
        catalogues: folder with the facility catalogues, card registry and facility list.
        rules: folders with a facility's own cards.
        select, ignore: prefixes of rule codes.
        batch_claims: most claims held at once.
        pandera: validate with pandera schemas; False runs the same checks without loading pandera.
        name_claims: keep the name of every claim, for the gate before sending.
    """

    catalogues: Path | None = None
    rules: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    batch_claims: int = 2000
    pandera: bool = True
    name_claims: bool = False
    extra: dict[str, str] = field(default_factory=dict)


def audit(
    paths: Sequence[Path], options: Options | None = None, progress: Progress | None = None
) -> AuditResult:
    """Audits claim files, folders and zip archives.

    Args:
        paths: files (any name), folders (their .xml and .zip) and archives.
        options: what to run; all rules without catalogues by default.
        progress: called after each batch with the number of claims read so far.

    Raises:
        InputError: a path that does not exist.
        CardError: a card, parameter or code list is wrong; raised before any data is read.
    """
    options = options or Options()
    started = datetime.now().astimezone()
    clock = _Clock()
    rules = load_rules(options.rules).chosen(options.select, options.ignore)
    catalogues = load_catalogues(options.catalogues)
    clock.lap("rules_and_catalogues")
    ledger, findings = Ledger(), Findings()
    runner = Runner(rules, catalogues, findings, pandera=options.pandera)
    totals = ClaimTotals(names=options.name_claims)
    exclude = _apart(options.catalogues, paths)
    batches = read_claims(paths, ledger, batch_claims=options.batch_claims, exclude=exclude)
    for claims in batches:
        clock.lap("read")
        runner.run(claims)
        clock.lap("audit")
        totals.add(claims)
        if progress:
            progress(len(totals))
    clock.lap("read")
    runner.run_files(ledger.problems, ClaimSetBuilder().build())
    findings = _without(findings, ledger.replaced)
    outcomes = runner.outcomes(findings)
    clock.lap("audit")
    return AuditResult(
        findings=findings,
        outcomes=outcomes,
        ledger=ledger,
        rules=rules.by_code,
        rules_hash=rules.hash,
        catalogues=catalogues.statuses,
        catalogue_problems=catalogues.problems,
        timings=clock.seconds,
        inputs=_hashes(paths),
        claims_by_facility=totals.by_facility(ledger.replaced),
        started=started,
        options=options.extra,
        period=totals.period(),
        claims=totals.names(ledger.replaced),
    )


def _apart(catalogues: Path | None, paths: Sequence[Path]) -> tuple[Path, ...]:
    """The catalogue folder to leave out of the claims, unless the claims lie in it too."""
    if catalogues is None:
        return ()
    inside = [path.resolve().is_relative_to(catalogues.resolve()) for path in paths]
    return () if any(inside) else (catalogues,)


def _without(findings: Findings, replaced: Collection[int]) -> Findings:
    """The findings of claims that no later sending replaced."""
    if not replaced:
        return findings
    return findings.keep(~np.isin(findings.numbers("claim_seq"), list(replaced)))


class _Clock:
    """Seconds spent per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


def _hashes(paths: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of the named files, and of the files of named folders."""
    files = []
    for path in paths:
        files += sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    wanted = [p for p in files if p in paths or p.suffix.lower() in (".xml", ".zip")]
    out = []
    for path in wanted:
        try:
            with path.open("rb") as stream:
                out.append((str(path), hashlib.file_digest(stream, "sha256").hexdigest()))
        except OSError:
            continue
    return tuple(out)
