"""A finished run read back from its files, for pages and for the workbook."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from giamdinh.catalogues.catalogues import CatalogueProblem, CatalogueStatus
from giamdinh.catalogues.lists import list_specs
from giamdinh.findings import EXPORTED, NUMBERS, Findings
from giamdinh.model import Outcome, Problem
from giamdinh.money import Money
from giamdinh.profiles.aside import Change, Decision, ProfileUse, SetAside
from giamdinh.read import Ledger
from giamdinh.report.model import AuditResult, Inputs
from giamdinh.rules.recall import StoreUse
from giamdinh.textcolumns import Picked
from giamdinh.web import extras

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from giamdinh.model import IntArray
    from giamdinh.rules.cards import RuleSet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Claims:
    """Every claim that counts, by its number less one.

    Attributes:
        service: shape (claims,), minutes; 0 when unknown.
        amount: shape (claims,), T_BHTT in hundredths.
    """

    facility: list[str]
    claim: list[str]
    file: list[str]
    hoso: list[int]
    service: IntArray
    amount: IntArray

    def __len__(self) -> int:
        return len(self.claim)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a run left.

    Attributes:
        manifest: `run.json`.
        number: shape (findings,), number of the claim from 1; 0 for a finding about a file.
        search: folded text per finding.
        aside: what was found and does not count.
    """

    manifest: dict[str, Any]
    findings: Findings
    claims: Claims
    number: IntArray
    search: pa.ChunkedArray
    aside: SetAside


def read(folder: Path) -> Stored:
    """The result in `folder`.

    Raises:
        OSError, ValueError, KeyError: there is none, or it is damaged.
    """
    from pyarrow import parquet

    def table(name: str) -> pa.Table:
        with (folder / name).open("rb") as stream:  # pyarrow takes no path that is not UTF-8
            return parquet.read_table(stream)

    manifest = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    rows, claims = table(extras.ROWS), table(extras.CLAIMS)
    findings = _findings(table("findings.parquet"), rows)
    every = Claims(
        claims["facility"].to_pylist(),
        claims["claim"].to_pylist(),
        claims["file"].to_pylist(),
        claims["hoso"].to_pylist(),
        _ints(claims["service"]),
        _ints(claims["amount"]),
    )
    aside = _aside(manifest, table(extras.ASIDE))
    return Stored(manifest, findings, every, _ints(rows["number"]), rows["search"], aside)


def result(stored: Stored, cards: RuleSet) -> AuditResult:
    """The run as writers take it."""
    told = stored.manifest
    ran = {outcome["rule"] for outcome in told["outcomes"]}
    facilities = {
        code: (found["claims"], round(found["T_BHTT"] * 100))
        for code, found in told["facilities"].items()
    }
    inputs = told["inputs_total"]
    return AuditResult(
        findings=stored.findings,
        outcomes=tuple(_made(Outcome, outcome) for outcome in told["outcomes"]),
        ledger=ledger(told),
        rules={code: rule for code, rule in cards.by_code.items() if code in ran},
        rules_hash=told["rules"]["hash"],
        started=datetime.fromisoformat(told["started"]),
        catalogues=tuple(map(_status, told["catalogues"])),
        catalogue_problems=tuple(
            _made(CatalogueProblem, one) for one in told["catalogue_problems"]
        ),
        catalogues_sha256=told.get("catalogues_sha256") or "",
        timings=told["timings"],
        inputs=Inputs(
            tuple((one["file"], one["sha256"] or "") for one in told["inputs"]),
            inputs["files"],
            inputs["bytes"],
            inputs["sha256"],
            content=inputs["sha256_of"] == "content",
        ),
        claims_by_facility=facilities,
        options=told["options"],
        period=period(stored),
        aside=stored.aside,
        profile=_profile(told.get("profile")),
        store=_store(told.get("store")),
    )


def ledger(told: dict[str, Any]) -> Ledger:
    """The ledger of a manifest."""
    found = told["ledger"]
    made = Ledger(
        files_ignored=found["ignored_files"],
        rows=found["rows"],
        rows_quarantined=found["rows_quarantined"],
        unknown_tags={(one["table"], one["tag"]): one["count"] for one in found["unknown_tags"]},
        problems=[_made(Problem, one) for one in found["problems"]],
    )
    for kind, names in (("files", ("found", "read", "rejected")),
                        ("claims", ("declared", "read", "replaced", "quarantined"))):  # fmt: skip
        for name in names:
            setattr(made, f"{kind}_{name}", found[kind][name])
    return made


def period(stored: Stored) -> str:
    """The month most claims belong to as yyyymm, "" when none has a date."""
    days = stored.claims.service
    months = (days[days > 0] // (24 * 60)).astype("datetime64[D]").astype("datetime64[M]")
    values, counts = np.unique(months, return_counts=True)
    return str(values[counts.argmax()]).replace("-", "") if values.size else ""


def _made(kind: type[T], one: dict[str, Any]) -> T:
    """What a manifest says of one thing; another version may say more."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in one.items() if name in names})


def _aside(told: dict[str, Any], table: pa.Table) -> SetAside:
    decisions = tuple(
        _made(Decision, {**one, "day": one.get("date", ""), "money": _money(one["money"])})
        for one in told["aside"]
    )
    which = tuple(table["which"].to_pylist())
    return SetAside(_findings(table, table), which, decisions)


def _money(one: dict[str, float]) -> Money:
    return Money(round(one["error"] * 100), round(one["warning"] * 100))


def _profile(one: dict[str, Any] | None) -> ProfileUse | None:
    if one is None:
        return None
    changes = tuple(
        _made(Change, {**change, "day": change["date"], "expires": change["expires"] or ""})
        for change in one["changes"]
    )
    return ProfileUse(one["name"], one["file"], one["hash"], changes)


def _store(one: dict[str, Any] | None) -> StoreUse | None:
    if one is None:
        return None
    held = one["months"]
    return StoreUse(
        one["name"], held["from"] or 0, held["through"] or 0, one["claims"], one["claims_used"],
        one["claims_in_run"], one["used_by"],
    )  # fmt: skip


def _status(one: dict[str, Any]) -> CatalogueStatus:
    spec = list_specs().get(one["kind"])
    days = {
        name: date.fromisoformat(one[key]) if one[key] else None
        for name, key in (("first", "from"), ("through", "through"))
    }
    return CatalogueStatus(
        kind=one["kind"],
        title=spec.title if spec else one["kind"],
        facility=one["facility"],
        rows=one["rows"],
        refused=one["refused"],
        file=one["file"],
        **days,
    )


def _findings(table: pa.Table, rows: pa.Table) -> Findings:
    import pyarrow as pa

    columns: dict[str, Any] = {}
    for name in EXPORTED:
        if name == "fingerprint" or name not in table.column_names:
            continue
        column = table[name].combine_chunks()
        if name == "amount":
            columns[name] = _hundredths(column)
        elif name in NUMBERS:
            columns[name] = _ints(column.fill_null(0))
        elif name == "message":
            columns[name] = column.fill_null("").to_pylist()
        else:
            coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
            columns[name] = Picked(codes, coded.dictionary.to_pylist())
    for name in ("claim_seq", "line_seq", "claim_cap"):
        columns[name] = _ints(rows[name])
    findings = Findings()
    findings.add_rows(table.num_rows, columns)
    prints = [int(text, 16) for text in table["fingerprint"].to_pylist()]
    findings.stamp(np.array(prints, np.uint64))
    return findings


def _hundredths(column: pa.Array) -> IntArray:
    """decimal(18, 2) as the integer behind it; the upper half of its 128 bits is only the sign."""
    words = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)
    values = words[column.offset : column.offset + len(column), 0]
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    return np.where(valid, values, 0)


def _ints(column: pa.Array | pa.ChunkedArray) -> IntArray:
    return np.asarray(column.to_numpy(), np.int64)
