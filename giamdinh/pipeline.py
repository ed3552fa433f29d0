"""The whole line in order: claim files → claims → shape checks and rules → findings → result."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from giamdinh.catalogues import load_catalogues
from giamdinh.kept import known_hash
from giamdinh.parts import pool
from giamdinh.parts.merge import Merger, proved
from giamdinh.parts.plan import PART_FILES, Part, groups, part_bytes, plan
from giamdinh.parts.store import Store, basis, noted_size
from giamdinh.parts.work import Clock, Setup
from giamdinh.profiles.apply import rules_shown, rules_under
from giamdinh.profiles.settle import settle
from giamdinh.read import LIMITS, Ledger
from giamdinh.read.document import printable
from giamdinh.read.limits import BATCH_CLAIMS
from giamdinh.read.reader import Reading, worth_scanning
from giamdinh.read.sources import find, unopened
from giamdinh.report.model import AuditResult, Inputs
from giamdinh.rules.cards import load_rules
from giamdinh.rules.trial import with_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from giamdinh.catalogues import Catalogues
    from giamdinh.parts.pool import Workers
    from giamdinh.parts.work import PartResult
    from giamdinh.profiles.model import Profile
    from giamdinh.profiles.settle import Settled
    from giamdinh.read.limits import Limits
    from giamdinh.read.sources import Found, Source
    from giamdinh.rules.cards import RuleSet

    Progress = Callable[[int, int, int], None]

_HASHED_BYTES = 2**30
"""Content is hashed up to here: beyond, that alone would take a good part of the run."""
_NAMED_INPUTS = 1000


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked to do.

    Attributes:
        catalogues: folder with the facility catalogues, card registry and facility list.
        rules: folders with a facility's own cards.
        select, ignore: prefixes of rule codes.
        profile: file with a facility's decisions about the rules.
        brake: hold the findings of a rule that hits too many of the claims.
        batch_claims: most claims held at once by a process.
        pandera: validate with pandera schemas; False runs the same checks without loading pandera,
            and so does a run that is large enough for the scanner.
        name_claims: keep the name of every claim, for the gate before sending.
        jobs: parts worked on at once, each by a process; 0 for as many as are worth it. A program
            that asks for more than one must guard its own start by `__name__ == "__main__"`.
        part_bytes, part_files: size of a part, None for what suits the processes; results do not
            depend on it.
        keep: folder for finished parts; None keeps them in memory only.
        resume: take finished parts from `keep`, where an interrupted run left them.
        scanner: read with the scanner; None: when there is enough input to repay its start.
        limits: bounds on what one input may ask for.
        store: months of claims that rules across claims may compare with.
        replacing: cards of `rules` may take the place of the project's, for a trial.
        values: name and value of parameters that are otherwise, for a trial.
    """

    catalogues: Path | None = None
    rules: tuple[Path, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: Path | None = None
    brake: bool = True
    batch_claims: int = BATCH_CLAIMS
    pandera: bool = True
    name_claims: bool = False
    jobs: int = 1
    part_bytes: int | None = None
    part_files: int = PART_FILES
    keep: Path | None = None
    resume: bool = False
    scanner: bool | None = None
    limits: Limits = LIMITS
    extra: dict[str, str] = field(default_factory=dict)
    store: Path | None = None
    replacing: bool = False
    values: tuple[tuple[str, str], ...] = ()


def audit(
    paths: Sequence[Path], options: Options | None = None, progress: Progress | None = None
) -> AuditResult:
    """Audits claim files, folders and zip archives.

    Args:
        paths: files (any name), folders (their .xml and .zip) and archives.
        options: what to run; all rules without catalogues by default.
        progress: called now and then with the claims read, the parts done and all parts.

    Raises:
        InputError: a path that does not exist, or a store that is none.
        CardError: a card, parameter, code list or profile is wrong; raised before any data is read.
        OutputError: `keep` cannot be written to, or the store is being written to.
        StoppedError: a worker process was killed.
    """
    options = options or Options()
    if options.store is not None:
        from giamdinh.store.layout import must_be_store

        must_be_store(options.store)
    started = datetime.now().astimezone()
    own: dict[str, float] = {}
    clock = Clock(own)
    rules, profile = _rules(options)
    catalogues = load_catalogues(options.catalogues)
    clock.lap("rules_and_catalogues")
    found = find(paths, _apart(options, paths))
    sources = found.sources()
    size = sum(max(source.size, 0) for source in sources)
    setup = _setup(rules, catalogues, options, size)
    jobs = options.jobs or pool.choose_jobs(size)
    room = _room(sources, jobs, options)
    parts = plan(sources, options.limits, room, options.part_files)
    clock.lap("plan")
    merger = Merger(setup, _unread(found, options.limits))
    _run(parts, setup, replace(options, jobs=jobs, part_bytes=room), merger, progress)
    clock.lap("parts")
    merger.finish(options.store)
    outcomes = merger.runner.outcomes(merger.findings)
    today = started.date()
    settled = settle(merger.findings, outcomes, profile, today, brake=options.brake)
    clock.lap("merge")
    return AuditResult(
        rules=rules_shown(profile, rules) if profile else rules.by_code,
        rules_hash=rules.hash,
        catalogues=catalogues.statuses,
        catalogue_problems=catalogues.problems,
        catalogues_sha256=_digest_of(options.catalogues),
        timings={**own, **merger.seconds},
        started=started,
        options=options.extra,
        **_found(merger, settled, sources),
    )


def _found(merger: Merger, settled: Settled, sources: Sequence[Source]) -> dict[str, Any]:
    """What the result says of the data."""
    replaced = merger.ledger.replaced
    return {
        "findings": settled.findings,
        "outcomes": settled.outcomes,
        "aside": settled.aside,
        "profile": settled.profile,
        "ledger": merger.ledger,
        "inputs": _inputs(sources, dict(merger.hashes)),
        "claims_by_facility": merger.totals.by_facility(replaced),
        "period": merger.totals.period(),
        "claims": merger.totals.names(replaced),
        "register": merger.register(),
        "store": merger.store_use,
    }


def _rules(options: Options) -> tuple[RuleSet, Profile | None]:
    """The rules to run, and the profile they run under."""
    everything = load_rules(options.rules, replacing=options.replacing)
    rules = everything.chosen(options.select, options.ignore)
    if options.profile is None:
        return with_values(rules, options.values), None
    from giamdinh.profiles.load import load_profile

    profile = load_profile(options.profile, everything)
    return with_values(rules_under(profile, rules), options.values), profile


def _setup(rules: RuleSet, catalogues: Catalogues, options: Options, size: int) -> Setup:
    scanner = worth_scanning(size) if options.scanner is None else options.scanner
    return Setup(
        rules,
        catalogues,
        options.limits,
        options.batch_claims,
        # Next to many claims, pandera's import and its frames would show in time and memory.
        options.pandera and not scanner,
        options.name_claims,
        hash_files=size <= _HASHED_BYTES,
        scanner=scanner,
        store=options.store is not None,
    )


def _run(
    parts: Sequence[Part],
    setup: Setup,
    options: Options,
    merger: Merger,
    progress: Progress | None,
) -> None:
    """All parts, their results added up in order."""
    kept = _store(parts, setup, options)
    jobs = min(options.jobs, max(len(parts), 1))
    claims = done = 0

    def tell(more: int) -> None:
        nonlocal claims
        claims += more
        if progress:
            progress(claims, done, len(parts))

    with pool.workers(jobs, setup, kept, tell) as running:
        results = running.run(parts)
        for group in groups(parts):
            ranges = [next(results) for _ in group]
            done += len(group)
            if group[0].cut is None:
                merger.add(ranges[0])
            elif proved(ranges, setup.limits):
                merger.add_ranges(group[0].sources[0].name, ranges)
            else:
                tell(-sum(len(part.totals) for part in ranges))
                merger.add(_whole(running, group[0].sources))


def _whole(running: Workers, sources: tuple[Source, ...]) -> PartResult:
    """A file in one go, because its ranges cannot be told apart for certain."""
    (result,) = running.run([Part(sources)])
    return result


def _room(sources: Sequence[Source], jobs: int, options: Options) -> int:
    """Bytes of a part: as asked, as in the run to go on with, else what suits the processes."""
    asked = options.part_bytes
    if asked is None and options.resume and options.keep is not None:
        asked = noted_size(options.keep)
    return asked or part_bytes(sources, jobs)


def _store(parts: Sequence[Part], setup: Setup, options: Options) -> Store | None:
    """Where finished parts are kept; a run of one part has nothing to go on from."""
    if options.keep is None:
        return None
    kept = Store(options.keep, basis(setup, options.catalogues))
    if not options.resume or len(parts) == 1:
        kept.clear()
    if len(parts) == 1:
        return None
    whole = [Part(part.sources) for part in parts if part.cut]
    kept.keep_only((*parts, *whole))
    if options.part_bytes:
        kept.note_size(options.part_bytes)
    return kept


def _unread(found: Found, limits: Limits) -> Ledger:
    """A ledger that begins with what is not even opened."""
    ledger = Ledger()
    reading = Reading(ledger, limits=limits)
    for document in unopened(found, ledger):
        for _ in reading.read(document):
            pass
    return ledger


def _apart(options: Options, paths: Sequence[Path]) -> list[Path]:
    """What to leave out: own files, and the catalogue folder unless the claims lie in it too."""
    out = [path for path in (options.keep, options.store) if path]
    catalogues = options.catalogues
    if catalogues is not None:
        inside = [path.resolve().is_relative_to(catalogues.resolve()) for path in paths]
        out += [] if any(inside) else [catalogues]
    return out


def _digest_of(place: Path | None) -> str:
    """SHA-256 over name and SHA-256 of a file or of all files of a folder; "" without one."""
    if place is None:
        return ""
    digest = hashlib.sha256()
    for path in sorted(path for path in (place, *place.rglob("*")) if path.is_file()):
        with contextlib.suppress(OSError):  # the catalogue problems say what cannot be read
            name = path.relative_to(place).as_posix()
            digest.update(f"{name}\0{known_hash(path)}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _inputs(sources: Sequence[Source], hashes: dict[str, str]) -> Inputs:
    """What was read, each file by name while they are few."""
    content = bool(hashes)
    digest = hashlib.sha256()
    for source in sources:
        state = f"{source.size} {source.changed}"
        mark = hashes.get(source.path, "") if content else state
        digest.update(f"{mark}  {source.path}\n".encode("utf-8", "surrogatepass"))
    return Inputs(
        tuple((printable(s.path), hashes.get(s.path, "")) for s in sources[:_NAMED_INPUTS]),
        len(sources),
        sum(max(source.size, 0) for source in sources),
        digest.hexdigest(),
        content=content,
    )
