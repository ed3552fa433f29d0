"""What was found and does not count, with the decision behind each finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from giamdinh.findings import Findings

if TYPE_CHECKING:
    from giamdinh.money import Money

Kind = Literal["held", "off", "suppressed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Why some findings were set aside, and what they are worth, each đồng counted once.

    Attributes:
        kind: held: the rule hit too many claims; off: the profile turns it off for a facility;
            suppressed: the profile lets these findings pass for a time.
        what: what the decision is about, in words.
        rule: the code of a held rule.
        author, day, expires: of the profile; "" where there is none.
    """

    kind: Kind
    what: str
    reason: str
    findings: int
    claims: int
    money: Money
    rule: str = ""
    author: str = ""
    day: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Findings that were found and do not count, in the order of the decisions.

    Attributes:
        which: index into `decisions` for each finding.
    """

    findings: Findings = field(default_factory=Findings)
    which: tuple[int, ...] = ()
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One decision of a profile and what it did in a run.

    Attributes:
        kind: in words, such as "Tắt".
        applied: False when its time was over.
        findings: how many findings it moved; None where that cannot be told.
    """

    kind: str
    what: str
    reason: str
    author: str
    day: str
    expires: str
    applied: bool
    findings: int | None = None


@dataclass(frozen=True, slots=True)
class ProfileUse:
    """The profile of a run and everything it changed."""

    name: str
    file: str
    sha256: str
    changes: tuple[Change, ...]
