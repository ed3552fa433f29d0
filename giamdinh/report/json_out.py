"""`findings.jsonl`, one finding per line, and `run.json`, the manifest of a run."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from giamdinh import __version__
from giamdinh.findings import EXPORTED, NUMBERS
from giamdinh.money import money
from giamdinh.report.files import ASIDE, write_whole
from giamdinh.report.money_out import dong, dong_of
from giamdinh.report.root_causes import causes_said
from giamdinh.report.scorecard import scorecard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from giamdinh.catalogues.catalogues import CatalogueStatus
    from giamdinh.findings import Findings
    from giamdinh.profiles.aside import Decision, ProfileUse
    from giamdinh.read.ledger import Ledger
    from giamdinh.report.model import AuditResult, Inputs
    from giamdinh.report.scorecard import Score
    from giamdinh.rules.recall import StoreUse

_BATCH = 10_000
# JSON allows them inside texts, but many readers of lines would break there.
_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def write_findings(result: AuditResult, folder: Path) -> Path:
    """Writes one JSON object per finding; amounts in đồng, null where there is nothing."""

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(_lines(result.findings))

    return write_whole(folder / "findings.jsonl", write)


def write_aside(result: AuditResult, folder: Path) -> Path | None:
    """Writes the findings that do not count, like the others; nothing when there are none."""
    findings = result.aside.findings
    if not len(findings):
        return None

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(_lines(findings))

    return write_whole(folder / ASIDE, write)


def write_run(result: AuditResult, folder: Path) -> Path:
    """Writes the manifest; call it last, so that it stands for a finished run."""
    text = json.dumps(manifest(result), ensure_ascii=False, indent=1)
    return write_whole(folder / "run.json", lambda path: _write_text(path, text + "\n"))


def manifest(result: AuditResult) -> dict[str, Any]:
    """The content of `run.json`; amounts in đồng, days as yyyy-mm-dd."""
    return {
        "version": __version__,
        "started": result.started.isoformat(timespec="seconds"),
        "rules": {"hash": result.rules_hash, "count": len(result.rules)},
        "ledger": _ledger(result.ledger),
        "reader": {
            "scanned": dict(result.ledger.scanned),
            "left_to_lxml": dict(sorted(result.ledger.left.items())),
        },
        "outcomes": [
            {
                "rule": outcome.rule,
                "status": outcome.status,
                "rows_in_force": outcome.rows_in_force,
                "rows_hit": outcome.rows_hit,
                "reason": outcome.reason,
                **({"rows_aside": outcome.rows_aside} if outcome.rows_aside else {}),
            }
            for outcome in result.outcomes
        ],
        "scorecard": {score.content.code: _score(score) for score in scorecard(result)},
        "findings": len(result.findings),
        "money": dong_of(money(result.findings)),
        "root_causes": causes_said(result),
        "aside": [_decision(decision) for decision in result.aside.decisions],
        "profile": _profile(result.profile),
        "facilities": {
            code: {"claims": claims, "T_BHTT": dong(amount)}
            for code, (claims, amount) in sorted(result.claims_by_facility.items())
        },
        "catalogues": [_catalogue(status) for status in result.catalogues],
        "catalogue_problems": [
            {"file": problem.file, "row": problem.row, "reason": problem.reason}
            for problem in result.catalogue_problems
        ],
        "catalogues_sha256": result.catalogues_sha256 or None,
        **_inputs(result.inputs, result.store),
        "options": dict(result.options),
        "timings": {stage: round(seconds, 3) for stage, seconds in result.timings.items()},
    }


def _inputs(inputs: Inputs, store: StoreUse | None) -> dict[str, Any]:
    return {
        "store": _store(store),
        "inputs": [{"file": file, "sha256": digest or None} for file, digest in inputs.named],
        "inputs_total": {
            "files": inputs.files,
            "bytes": inputs.bytes,
            "sha256": inputs.sha256,
            "sha256_of": "content" if inputs.content else "size_and_time",
        },
    }


def _decision(decision: Decision) -> dict[str, Any]:
    said = {
        "kind": decision.kind,
        "what": decision.what,
        "rule": decision.rule,
        "findings": decision.findings,
        "claims": decision.claims,
        "money": dong_of(decision.money),
        "reason": decision.reason,
        "author": decision.author,
        "date": decision.day,
        "expires": decision.expires,
    }
    return {key: value for key, value in said.items() if value != ""}


def _profile(use: ProfileUse | None) -> dict[str, Any] | None:
    if use is None:
        return None
    changes = [
        {
            "kind": change.kind,
            "what": change.what,
            "reason": change.reason,
            "author": change.author,
            "date": change.day,
            "expires": change.expires or None,
            "applied": change.applied,
            "findings": change.findings,
        }
        for change in use.changes
    ]
    return {"name": use.name, "file": use.file, "hash": use.sha256, "changes": changes}


def _store(use: StoreUse | None) -> dict[str, Any] | None:
    if use is None:
        return None
    return {
        "name": use.name,
        "months": {"from": use.first or None, "through": use.last or None},
        "claims": use.claims,
        "claims_used": use.used,
        "claims_in_run": use.own,
        "used_by": dict(use.kinds),
    }


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _ledger(ledger: Ledger) -> dict[str, Any]:
    return {
        "files": {
            "found": ledger.files_found,
            "read": ledger.files_read,
            "rejected": ledger.files_rejected,
            "ignored": len(ledger.files_ignored),
        },
        "claims": {
            "declared": ledger.claims_declared,
            "read": ledger.claims_read,
            "replaced": ledger.claims_replaced,
            "quarantined": ledger.claims_quarantined,
        },
        "balanced": ledger.balanced,
        "rows": dict(ledger.rows),
        "rows_quarantined": dict(ledger.rows_quarantined),
        "ignored_files": list(ledger.files_ignored),
        "unknown_tags": [
            {"table": table, "tag": tag, "count": times}
            for (table, tag), times in ledger.unknown_tags.items()
        ],
        "problems": [
            {
                "kind": problem.kind,
                "file": problem.file,
                "hoso": problem.hoso,
                "table": problem.table,
                "facility": problem.facility,
                "claim": problem.claim,
                "reason": problem.reason,
            }
            for problem in ledger.problems
        ],
    }


def _catalogue(status: CatalogueStatus) -> dict[str, Any]:
    return {
        "kind": status.kind,
        "facility": status.facility,
        "from": status.first.isoformat() if status.first else None,
        "through": status.through.isoformat() if status.through else None,
        "rows": status.rows,
        "refused": status.refused,
        "file": status.file,
    }


def _score(score: Score) -> dict[str, Any]:
    return {
        "title": score.content.title,
        "rules": score.rules,
        "ran": score.ran,
        "not_applicable": score.not_applicable,
        "not_checkable": score.not_checkable,
        "error": score.error,
        "checked_percent": score.checked_percent,
        "rows_in_force": score.rows_in_force,
        "rows_hit": score.rows_hit,
        "findings": score.findings,
        "money": dong_of(score.money),
    }


def _lines(findings: Findings) -> Iterator[str]:
    """JSON lines, built column by column: each distinct text is encoded once."""
    encoders = [_encoder(findings, name) for name in EXPORTED]
    template = ", ".join(f'"{name}": %s' for name in EXPORTED)
    for start in range(0, len(findings), _BATCH):
        rows = range(start, min(start + _BATCH, len(findings)))
        for values in zip(*(encode(rows) for encode in encoders), strict=True):
            yield "{" + template % values + "}\n"


def _encoder(findings: Findings, name: str) -> Callable[[range], list[str]]:
    """What gives the JSON of one column for some rows."""
    if name == "fingerprint":
        return lambda rows: [f'"{findings.fingerprint(row)}"' for row in rows]
    if name == "message":
        return lambda rows: [_text(findings.messages[row]) for row in rows]
    if name == "amount":
        return lambda rows: [repr(dong(n)) for n in findings.numbers_in(name, rows)]
    if name in NUMBERS:
        return lambda rows: [str(n) if n else "null" for n in findings.numbers_in(name, rows)]
    texts = [*map(_text, findings.texts(name).texts), "null"]
    column = findings.texts(name)
    return lambda rows: [
        texts[code] for code in column.codes_in(slice(rows.start, rows.stop)).tolist()
    ]


def _text(text: str) -> str:
    if not text:
        return "null"
    encoded = encode_basestring(text)
    return _LINE_ENDS.sub(_escape, encoded) if _LINE_ENDS.search(encoded) else encoded


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"
