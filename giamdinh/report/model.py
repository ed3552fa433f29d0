"""What every writer takes: the frozen result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from giamdinh.catalogues.catalogues import CatalogueProblem, CatalogueStatus
    from giamdinh.findings import Findings
    from giamdinh.model import LegalText, Outcome, Severity
    from giamdinh.read.ledger import Ledger


class RuleInfo(Protocol):
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
    """Which claim, and where it was read."""

    facility: str
    claim: str
    file: str
    hoso: int = 0


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
class AuditResult:
    """Everything a run knows at its end.

    Attributes:
        rules: by code, all that were asked for.
        started: local time.
        catalogue_problems: files and rows of the catalogue folder that were kept out.
        timings: seconds by stage.
        inputs: the files that were read.
        claims_by_facility: MA_CSKCB → (claims, T_BHTT in hundredths).
        period: month of the claims as yyyymm; "" when unknown.
        claims: every claim of a short run, so that clean ones can be named; empty in a long one.
    """

    findings: Findings
    outcomes: tuple[Outcome, ...]
    ledger: Ledger
    rules: Mapping[str, RuleInfo]
    rules_hash: str
    started: datetime
    catalogues: tuple[CatalogueStatus, ...] = ()
    catalogue_problems: tuple[CatalogueProblem, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    inputs: Inputs = field(default_factory=Inputs)
    claims_by_facility: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    period: str = ""
    claims: tuple[ClaimRef, ...] = ()
