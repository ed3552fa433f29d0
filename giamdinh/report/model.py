"""What every writer takes: the frozen result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from giamdinh.model import RuleTraits
from giamdinh.profiles.aside import SetAside

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from giamdinh.catalogues.catalogues import CatalogueProblem, CatalogueStatus
    from giamdinh.findings import Findings
    from giamdinh.model import IntArray, KeyArray, LegalText, Outcome, Severity
    from giamdinh.profiles.aside import ProfileUse
    from giamdinh.read.ledger import Ledger
    from giamdinh.rules.recall import StoreUse


class RuleInfo(RuleTraits, Protocol):
    """What reports need to know of a rule."""

    @property
    def code(self) -> str:
        """Such as MNY-001."""

    @property
    def title(self) -> str:
        """What is wrong, in Vietnamese."""

    @property
    def title_en(self) -> str:
        """What is wrong, in English."""

    @property
    def family(self) -> str:
        """The letters of the code."""

    @property
    def severity(self) -> Severity:
        """How much it matters."""

    @property
    def tt12(self) -> str:
        """The content of TT 12/2026 it belongs to."""

    @property
    def legal(self) -> tuple[LegalText, ...]:
        """Where it comes from."""

    @property
    def fix(self) -> str:
        """What to do about it."""

    @property
    def confidence(self) -> str:
        """high, medium or low."""


@dataclass(frozen=True, slots=True)
class ClaimRef:
    """Which claim, and where it was read.

    Attributes:
        service: minutes: the moment whose law applies; 0 when the claim has no date.
        amount: T_BHTT in hundredths.
    """

    facility: str
    claim: str
    file: str
    hoso: int = 0
    service: int = field(default=0, compare=False)
    amount: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was read.

    Attributes:
        named: (file, SHA-256) of the first files, all of them while they are few; "" instead of a
            hash where the content was not hashed.
        files, bytes: of all.
        sha256: over the list of all files, each with its hash, or with its size and time.
        content: whether the hashes are of the content of the files.
    """

    named: tuple[tuple[str, str], ...] = ()
    files: int = 0
    bytes: int = 0
    sha256: str = ""
    content: bool = True


@dataclass(frozen=True, slots=True)
class Register:
    """Every claim of a run that counts, by which a later run can be compared with it.

    Attributes:
        keys: shape (claims,), `claim_key` of each; 0 for a claim without MA_LK.
        paid: shape (claims,), T_BHTT in hundredths.
        months: shape (claims,), yyyymm of the service, 0 where no date is known; None: not kept.
    """

    keys: KeyArray
    paid: IntArray
    months: IntArray | None = None


@dataclass(frozen=True, slots=True)
class AuditResult:
    """Everything a run knows at its end.

    Attributes:
        rules: by code, all that were asked for.
        started: local time.
        catalogue_problems: files and rows of the catalogue folder that were kept out.
        catalogues_sha256: over the content of the catalogue files; "" without them.
        timings: seconds by stage.
        inputs: the files that were read.
        claims_by_facility: MA_CSKCB → (claims, T_BHTT in hundredths).
        period: month of the claims as yyyymm; "" when unknown.
        claims: every claim when they were asked for, so that clean ones can be named.
        notes: what people wrote about findings, by fingerprint.
        register: every claim, as a number; None where nobody asked.
        aside: what was found and does not count.
        profile: what a profile changed; None without one.
        store: what was taken from a store of months; None without one.
        memo: what reports worked out from the rest.
    """

    findings: Findings
    outcomes: tuple[Outcome, ...]
    ledger: Ledger
    rules: Mapping[str, RuleInfo]
    rules_hash: str
    started: datetime
    catalogues: tuple[CatalogueStatus, ...] = ()
    catalogue_problems: tuple[CatalogueProblem, ...] = ()
    catalogues_sha256: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    inputs: Inputs = field(default_factory=Inputs)
    claims_by_facility: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    claims: tuple[ClaimRef, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    register: Register | None = None
    aside: SetAside = field(default_factory=SetAside)
    profile: ProfileUse | None = None
    store: StoreUse | None = None
    memo: dict[str, object] = field(init=False, repr=False, compare=False, default_factory=dict)
