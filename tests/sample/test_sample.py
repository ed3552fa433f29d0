from __future__ import annotations

import csv
import hashlib
import zipfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from giamdinh.pipeline import Options, audit
from giamdinh.read import read_claims
from giamdinh.read.ledger import Ledger
from giamdinh.rules.cards import load_rules
from giamdinh.rules.in_force import needs_store
from giamdinh.sample import STYLES, generate
from giamdinh.sample.content import content
from giamdinh.sample.diary import GAP, Diary
from giamdinh.sample.plants import all_plants
from giamdinh.tables.values import number_text
from tests.commands import ROOT

if TYPE_CHECKING:
    from giamdinh.report.model import AuditResult
    from giamdinh.sample.model import SampleReport
    from giamdinh.tables.claimset import ClaimSet

MONTHS = ("2023-11", "2024-08", "2025-03", "2026-03", "2026-09")
"""One month of every format version, base salary and list of visit categories."""
LARGE = {"2024-07": 420, "2025-10": 420, "2027-01": 420}
"""Months with every error that is one in them, and how many claims that takes."""
NOT_PLANTED = {"STR-078": "a file must change while it is read"}
"""Rules whose error cannot stand in a folder; those that need earlier months are tested apart."""
SAMPLE = ROOT / "sample_xml"


def made(
    folder: Path, month: str = "2026-09", claims: int = 60, style: str | None = None, **other: int
) -> SampleReport:
    return generate(
        folder,
        seed=other.get("seed", 3),
        month=month,
        facilities=other.get("facilities", 5),
        claims=claims,
        errors=bool(other.get("errors", 0)),
        style=style,
    )


def audited(folder: Path) -> AuditResult:
    return audit([folder / "ho_so"], Options(catalogues=folder / "danh_muc", pandera=False))


def read(folder: Path) -> tuple[list[ClaimSet], Ledger]:
    ledger = Ledger()
    return list(read_claims([folder / "ho_so"], ledger)), ledger


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def answers(folder: Path) -> Counter[tuple[str, ...]]:
    with (folder / "dap_an.csv").open(encoding="utf-8", newline="") as file:
        names = ("rule", "facility", "claim", "table", "row", "field", "amount")
        return Counter(tuple(row[name] for name in names) for row in csv.DictReader(file))


def found(result: AuditResult) -> Counter[tuple[str, ...]]:
    return Counter(
        (
            *(finding.rule, finding.facility, finding.claim, finding.table),
            *(str(finding.row), finding.field),
            number_text(finding.amount, 2) if finding.amount else "",
        )
        for finding in result.findings
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        made(tmp_path / name, claims=40, seed=seed, errors=1)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


@pytest.mark.parametrize("month", MONTHS)
def test_no_rule_finds_anything_in_a_clean_month(tmp_path: Path, month: str) -> None:
    made(tmp_path, month, claims=110)
    result = audited(tmp_path)
    assert found(result) == Counter()
    assert not result.ledger.problems
    assert not result.catalogue_problems
    assert not [outcome for outcome in result.outcomes if outcome.status == "error"]


@cache
def month_with_errors(month: str) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Answers and findings of a month; its files are read once for all tests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        made(folder, month, claims=LARGE.get(month, 200), errors=1, seed=7)
        return answers(folder), found(audited(folder))


@pytest.mark.parametrize("month", ["2023-11", *LARGE])
def test_every_planted_error_is_found_and_nothing_else(month: str) -> None:
    planted, seen = month_with_errors(month)
    assert seen == planted
    assert len({answer[0] for answer in planted}) > (400 if month in LARGE else 280)


def test_every_rule_has_an_error_that_it_finds() -> None:
    """In one of the months; the few rules for which none can be planted are named."""
    rules = load_rules()
    earlier = {rule.code for rule in rules.rules if needs_store(rule)}
    planted = {answer[0] for month in LARGE for answer in month_with_errors(month)[0]}
    assert sorted(set(rules.by_code) - planted - earlier - set(NOT_PLANTED)) == []
    assert sorted(set(NOT_PLANTED) & planted) == []


def test_a_month_of_a_hundred_claims_plants_many_rules_and_leaves_valid_claims(
    tmp_path: Path,
) -> None:
    report = made(tmp_path, claims=100, facilities=4, errors=1)
    assert len({row.rule for row in report.planted}) >= 180
    assert len({row.claim for row in report.planted}) < 90
    assert found(audited(tmp_path)) == answers(tmp_path)


def test_errors_share_a_claim_only_where_no_rule_sees_both(tmp_path: Path) -> None:
    report = made(tmp_path, claims=100, facilities=4, errors=1)
    rules = defaultdict(set)
    for row in report.planted:
        if row.claim and not row.note.startswith("kéo theo"):
            rules[row.claim].add(row.rule)
    assert max(map(len, rules.values())) <= 3
    assert sum(len(own) > 1 for own in rules.values()) > 40


def test_plants_are_of_every_family() -> None:
    families = {code.partition("-")[0] for code in all_plants()}
    assert families >= {"STR", "LNK", "MNY", "CRD", "BEN", "TIM", "DOC", "BED", "EXM", "ICD"}
    assert families >= {"DRG", "SVC", "CLN", "DOCU"}


@pytest.mark.parametrize("style", STYLES)
def test_every_style_carries_the_same_claims(tmp_path: Path, style: str) -> None:
    report = made(tmp_path, claims=20, style=style)
    batches, ledger = read(tmp_path)
    assert ledger.claims_declared == ledger.claims_read == 20
    rows = Counter[str]()
    for batch in batches:
        rows.update({table: len(batch[table]) for table in report.rows})
    assert rows == report.rows


def test_a_mixed_month_has_archives_files_of_several_claims_and_a_check_in(tmp_path: Path) -> None:
    made(tmp_path)
    files = sorted((tmp_path / "ho_so").iterdir())
    assert any(zipfile.is_zipfile(path) for path in files)
    assert any("tiep_don" in path.name for path in files)
    texts = [path.read_text(encoding="utf-8") for path in files if path.suffix == ".xml"]
    assert any(text.count("<HOSO>") > 1 for text in texts)
    assert any("<![CDATA[" in text for text in texts)


def test_the_main_kinds_of_episode_are_all_there(tmp_path: Path) -> None:
    made(tmp_path, claims=110)
    ((claims, *_), _) = read(tmp_path)
    head = claims["XML1"]
    cares = {head["MA_LOAI_KCB"].texts[code] for code in head["MA_LOAI_KCB"].codes}
    assert cares == {"01", "02", "03", "04", "05", "06", "07", "09"}
    ways = {head["MA_DOITUONG_KCB"].texts[code] for code in head["MA_DOITUONG_KCB"].codes}
    assert ways >= {"1.1", "1.2", "1.3", "1.5", "1.7", "1.11", "1.12", "1.15", "1.18", "2", "3.1"}
    assert all(len(claims[table]) for table in ("XML7", "XML8", "XML9", "XML11", "XML13", "XML14"))
    assert any(";" in text for text in head["MA_THE_BHYT"].texts)


def test_lines_balance_to_the_hundredth(tmp_path: Path) -> None:
    made(tmp_path, claims=110)
    ((claims, *_), _) = read(tmp_path)
    for table in ("XML2", "XML3"):
        lines = claims[table]
        parts = [lines[name].values for name in ("T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC")]
        assert (lines["THANH_TIEN_BV"].values == sum(parts)).all()
        assert (lines["THANH_TIEN_BH"].values <= lines["THANH_TIEN_BV"].values).all()


def test_every_person_is_marked_as_invented(tmp_path: Path) -> None:
    made(tmp_path, claims=40)
    mark = content().names["mark"]
    ((claims, *_), _) = read(tmp_path)
    names = claims["XML1"]["HO_TEN"]
    assert all(mark in names.texts[code].split() for code in names.codes)
    with (tmp_path / "danh_muc" / "the_bhyt.csv").open(encoding="utf-8-sig") as file:
        assert all(mark in row["HO_TEN"].split() for row in csv.DictReader(file))


def test_lists_of_every_facility_are_recognised(tmp_path: Path) -> None:
    made(tmp_path, claims=40, facilities=4)
    seen = {(status.kind, status.facility) for status in audited(tmp_path).catalogues}
    kinds = {"khoa", "nhan_luc", "thuoc", "vat_tu", "dich_vu"}
    assert seen >= {(kind, f"3890{n}") for kind in kinds for n in range(1, 5)}
    assert seen >= {("the_bhyt", ""), ("co_so", "")}


def test_an_unknown_style_or_month_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kiểu ghi tệp"):
        made(tmp_path, style="utf-7")
    with pytest.raises(ValueError, match="không phải tháng"):
        made(tmp_path, month="2026-13")


def test_nobody_is_booked_twice() -> None:
    diary = Diary()
    starts = [diary.book(["a", "b"], 100, 30) for _ in range(3)]
    assert starts == [100, 130 + GAP, 160 + 2 * GAP]
    assert diary.book(["b"], 0, 50) == 0
    assert diary.soonest(["a", "c"], 100, 10) == "c"
    assert [diary.room("K03/", 0, 10), diary.room("K03/", 5, 20), diary.room("K03/", 30, 40)] == [
        1,
        2,
        1,
    ]
    assert diary.rooms("K03/") == 2


def test_the_committed_sample_holds_what_its_answer_key_says() -> None:
    assert found(audited(SAMPLE)) == answers(SAMPLE)


def test_the_committed_sample_is_small_and_broad() -> None:
    size = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    assert size < 2_500_000
    assert len({answer[0] for answer in answers(SAMPLE)}) >= 180
