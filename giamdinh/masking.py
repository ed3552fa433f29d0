"""Hides who the patient is; codes, amounts and fingerprints stay."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from giamdinh.tables.specs import table_specs
from giamdinh.textcolumns import Messages, Texts

if TYPE_CHECKING:
    from giamdinh.findings import Finding, Findings

HIDDEN = "***"
_CARD_HEAD, _CARD_TAIL = 3, 2
_SHORT = 4
_WORD = re.compile(r"[^\s;|,]+")


def mask(findings: Findings) -> Findings:
    """The same findings without names, patient numbers and values of personal fields.

    Cards keep their first three and last two characters. What is hidden in one column is also
    hidden where the message, the file name or another column of the same finding repeats it.
    """
    columns = {name: Texts() for name in ("value", "expected", "file", "patient", "name", "card")}
    messages = Messages()
    for finding in findings:
        secrets = _secrets(finding)
        personal = is_personal(finding.field)
        for name in ("value", "expected"):
            text = getattr(finding, name)
            columns[name].append(_hide(text) if personal else _scrub(text, secrets))
        columns["file"].append(_scrub(finding.file, secrets))
        columns["patient"].append(_hide(finding.patient))
        columns["name"].append(_hide(finding.name))
        columns["card"].append(mask_cards(finding.card))
        messages.append(_scrub(finding.message, secrets))
    return findings.replaced(**columns, message=messages)


def mask_cards(text: str) -> str:
    """Each card of a `;` list with only its first three and last two characters."""
    return ";".join(_mask_card(part.strip()) for part in text.split(";")) if text else ""


def is_personal(field: str) -> bool:
    """Whether one of the fields named in `field` says who the patient is."""
    return any(name in _personal_fields() for name in _WORD.findall(field))


@cache
def _personal_fields() -> frozenset[str]:
    return frozenset(
        field.name for spec in table_specs().values() for field in spec.fields if field.personal
    )


def _mask_card(card: str) -> str:
    hidden = len(card) - _CARD_HEAD - _CARD_TAIL
    if hidden <= 0:
        return _hide(card)
    return card[:_CARD_HEAD] + "*" * hidden + card[-_CARD_TAIL:]


def _hide(text: str) -> str:
    return HIDDEN if text else ""


def _secrets(finding: Finding) -> tuple[str, ...]:
    """Texts that must not show anywhere in the finding, longest first."""
    found = {finding.name, finding.patient, *_parts(finding.card)}
    if is_personal(finding.field):
        for text in (finding.value, finding.expected):
            found |= {text, *_parts(text), _day(text)}
    found.discard("")
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def _parts(text: str) -> set[str]:
    return {part.strip() for part in text.split(";")}


def _day(text: str) -> str:
    """`19900131…` as messages would print it, 31/01/1990."""
    if len(text) >= 8 and text.isdigit():  # noqa: PLR2004 - yyyymmdd
        return f"{text[6:8]}/{text[4:6]}/{text[:4]}"
    return ""


def _scrub(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        if len(secret) >= _SHORT:
            text = text.replace(secret, HIDDEN)
        elif secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
    return text
