from __future__ import annotations

import csv
import hashlib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest

from giamdinh.pipeline import Options, audit
from giamdinh.read import Ledger, read_claims
from giamdinh.sample.province import Month, Province, Wish, months_until
from giamdinh.sample.province_plants import EARLIER
from giamdinh.store.add import add
from tests.commands import run, told

if TYPE_CHECKING:
    from collections.abc import Iterator

Key = tuple[str, str, str, str, str, str]
_NAMES = ("rule", "facility", "claim", "table", "row", "field")


@cache
def two_months() -> tuple[Path, Province, tuple[Month, ...]]:
    """A station, a centre, a clinic and a hospital; somebody comes back on the first of July."""
    folder = Path(mkdtemp())
    made = Province(Wish(seed=7, last="2026-07", months=2, facilities=4, claims=240))
    return folder, made, tuple(made.months(folder))


def planted(month: Month, *, earlier: bool) -> set[Key]:
    """What must be found with or without the months before."""
    with (month.folder / "dap_an.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    return {tuple(r[n] for n in _NAMES) for r in rows if earlier or r["note"] != EARLIER}  # type: ignore[misc]


def found(month: Month, store: Path | None = None) -> set[Key]:
    """Everything above information that an audit finds."""
    options = Options(catalogues=month.folder / "danh_muc", pandera=False, store=store)
    findings = audit([month.folder / "ho_so"], options).findings
    return {
        tuple(str(getattr(f, name)) for name in _NAMES)  # type: ignore[misc]
        for f in findings
        if f.severity != "info"
    }


def heads(month: Month) -> Iterator[dict[str, str]]:
    """The XML1 rows of a month."""
    for claims in read_claims([month.folder / "ho_so"], Ledger()):
        table = claims["XML1"]
        for row in range(len(claims)):
            yield {name: column.text(row) for name, column in table.columns.items()}


def test_an_audit_finds_the_overlaps_and_nothing_else() -> None:
    folder, _, (june, july) = two_months()
    assert found(june) == planted(june, earlier=True) != set()
    assert found(july) == planted(july, earlier=False)
    add(folder / "kho", [june.folder / "ho_so"])
    with_june = planted(july, earlier=True)
    assert with_june > planted(july, earlier=False)
    assert found(july, folder / "kho") == with_june


def test_people_and_staff_are_the_same_in_every_month() -> None:
    _, made, months = two_months()
    people: dict[str, tuple[str, ...]] = {}
    staff: list[set[str]] = []
    for month in months:
        rows = [*heads(month)]
        assert len(rows) == month.claims
        staff.append({row["MA_TTDV"] for row in rows})
        for row in rows:
            who = tuple(row[n] for n in ("HO_TEN", "SO_CCCD", "NGAY_SINH", "GIOI_TINH"))
            assert people.setdefault(row["MA_BN"], who) == who
    assert staff[0] == staff[1]
    assert len({who[1] for who in people.values()}) == len(people)
    assert sum(made.counts.values()) == 240


def test_the_books_hold_what_was_paid() -> None:
    folder, made, months = two_months()
    paid: dict[str, int] = {}
    for row in (row for month in months for row in heads(month)):
        dong, _, rest = row["T_BHTT"].partition(".")
        paid[row["MA_CSKCB"]] = paid.get(row["MA_CSKCB"], 0) + int(dong + rest.ljust(2, "0"))
    assert {code: made.paid[code, 2026] for code in paid} == paid
    with (folder / "dap_an_vuot.csv").open(encoding="utf-8", newline="") as file:
        over = [*csv.DictReader(file)]
    assert [(row["MA_CSKCB"], row["NAM"]) for row in over] == [("38904", "2026")]
    assert all(float(row["VUOT"]) > 0 for row in over)


def test_the_same_wish_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = []
    for name in ("a", "b"):
        wish = Wish(seed=1, last="2025-01", months=2, facilities=1, claims=40)
        for _ in Province(wish).months(tmp_path / name):
            pass
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert [f"{month}" for month in months_until("2025-01", 2)] == ["2024-12", "2025-01"]
        digests.append([(path.relative_to(tmp_path / name), hashlib.sha256(path.read_bytes()))
                        for path in files])  # fmt: skip
    one, other = ([(path, digest.hexdigest()) for path, digest in found] for found in digests)
    assert one == other


def test_the_command_writes_a_province(tmp_path: Path) -> None:
    command = ("sample", tmp_path, "--months", "1", "--facilities", "1", "--claims", "20")
    assert "2026-09: 20 hồ sơ" in told(run(*command))
    assert (tmp_path / "du_toan.csv").is_file()


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="không phải tháng"):
        Province(Wish(seed=1, last="2026-13", months=1, facilities=1, claims=1))
