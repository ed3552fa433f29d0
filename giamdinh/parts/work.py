"""One part from files to findings, numbered from 0; the same in this process or in another one."""

from __future__ import annotations

import hashlib
import importlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from giamdinh.findings import Findings
from giamdinh.model import Problem
from giamdinh.parts.plan import document
from giamdinh.read.document import open_file
from giamdinh.read.ledger import Ledger
from giamdinh.read.reader import Reading
from giamdinh.read.refused import RefusedError
from giamdinh.read.sources import file_state, open_source
from giamdinh.rules.context import check_named
from giamdinh.rules.run import Runner
from giamdinh.totals import ClaimTotals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from giamdinh.catalogues import Catalogues
    from giamdinh.parts.plan import Part
    from giamdinh.read.ending import Ending
    from giamdinh.read.limits import Limits
    from giamdinh.read.replaced import Sendings
    from giamdinh.read.sources import Source
    from giamdinh.rules.across import Memory
    from giamdinh.rules.cards import RuleSet
    from giamdinh.rules.run import RunnerState
    from giamdinh.tables.claimset import ClaimSet

_BLOCK = 2**18
_KERNELS = (
    "giamdinh.kernels.thu_tu", "giamdinh.kernels.cua_so", "giamdinh.kernels.chong_nhau",
    "giamdinh.kernels.danh_so", "giamdinh.kernels.chuong_trinh", "giamdinh.read.scanner",
)  # fmt: skip
"""Modules whose `warm` compiles their kernels."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is the same for all parts of a run; crosses to worker processes once.

    Attributes:
        hash_files: whether the content of the files is hashed.
        scanner: whether the scanner reads what it can.
        store: whether rules will see the claims of a store beside those of the run.
    """

    rules: RuleSet
    catalogues: Catalogues
    limits: Limits
    batch_claims: int
    pandera: bool
    name_claims: bool
    hash_files: bool
    scanner: bool
    store: bool = False


@dataclass(slots=True)
class PartResult:
    """What is left of a part: small, whatever its size.

    Attributes:
        state: how the rules fared.
        memory: what rules across claims read.
        ending: of a range of a file; None when the range could not be read as one.
        hashes: (path, SHA-256) of the files, in order.
        seconds: time by stage.
    """

    ledger: Ledger
    findings: Findings
    state: RunnerState
    memory: Memory
    totals: ClaimTotals
    sendings: Sendings
    ending: Ending | None = None
    hashes: list[tuple[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def load_kernels() -> None:
    """Makes all kernels ready to be called, from the cache or by compiling them."""
    for name in _KERNELS:
        importlib.import_module(name).warm()


def prepare(setup: Setup) -> None:
    """Loads what every part needs: for many claims, and for processes that copy this one."""
    for rule in setup.rules.rules:
        if rule.check:
            check_named(rule.check)
    if setup.pandera:
        importlib.import_module("pandera.pandas")
    if setup.scanner:
        load_kernels()
    _ = setup.rules.plans


def run_part(part: Part, setup: Setup, progress: Callable[[int], None] | None = None) -> PartResult:
    """Reads and audits one part.

    Args:
        part: what to read.
        setup: what to run.
        progress: called after each batch with the number of its claims.
    """
    findings, totals = Findings(), ClaimTotals(names=setup.name_claims)
    reading = Reading(Ledger(), setup.batch_claims, setup.limits, scanner=setup.scanner)
    runner = Runner(
        setup.rules, setup.catalogues, findings, pandera=setup.pandera, store=setup.store
    )
    result = PartResult(
        reading.ledger, findings, runner.state(), runner.memory, totals, reading.sendings
    )
    clock = Clock(result.seconds)
    for claims in _batches(part, reading, setup, result):
        clock.lap("read")
        runner.run(claims)
        totals.add(claims)
        clock.lap("audit")
        if progress:
            progress(len(claims))
    clock.lap("read")
    result.findings = findings.in_order()
    result.findings.seal()
    result.ending = reading.ending if part.cut else None
    clock.lap("audit")
    return result


class Clock:
    """Adds up seconds by stage."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Counts the time since the last lap for `stage`."""
        now = time.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


def _batches(part: Part, reading: Reading, setup: Setup, result: PartResult) -> Iterator[ClaimSet]:
    changed: list[Problem] = []
    for source in part.sources:
        if part.cut is not None:
            yield from reading.read(document(source, part.cut))
        else:
            for whole in open_source(source, reading.ledger, setup.limits):
                yield from reading.read(whole)
        if setup.hash_files and (part.cut is None or part.cut.start == part.cut.head):
            digest = _digest(source)
            result.hashes += [(source.path, digest)] if digest else []
        if file_state(source.path) != source.state:
            changed.append(_changed(source))
    yield from reading.rest()
    reading.ledger.problems += changed


def _changed(source: Source) -> Problem:
    reason = (
        "Tệp thay đổi trong lúc giám định nên kết quả của tệp này không chắc chắn; "
        "đợi ghi xong tệp rồi chạy lại"
    )
    return Problem("tep_thay_doi", source.name, reason)


def _digest(source: Source) -> str:
    """SHA-256 of a file that was just read; "" when it cannot be read."""
    digest = hashlib.sha256()
    if source.size < 0:
        return ""
    try:
        with open_file(source.path) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except (OSError, RefusedError):
        return ""
    return digest.hexdigest()
