from __future__ import annotations

import csv
import hashlib
import zipfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

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
    from collections.abc import Callable

    from giamdinh.report.model import AuditResult
    from giamdinh.sample.model import SampleReport
    from giamdinh.tables.claimset import ClaimSet

MONTHS = ("2023-11", "2024-08", "2025-03", "2026-03", "2026-09")
"""One month of every format version, base salary and list of visit categories."""
SMALL = {"2023-11": 200, "2024-08": 120, "2025-03": 120, "2026-03": 120}
LARGE = {"2024-07": 420, "2025-10": 420, "2027-01": 420}
"""Months with errors, the large ones with every error that is one in them, and their claims."""
ELSEWHERE = {"STR-078"}
"""Its error cannot stand in a folder, see below; those beside earlier months are in test_months."""
SAMPLE = ROOT / "sample_xml"


class Made(NamedTuple):
    """A month that was written, and what the audit says of it."""

    report: SampleReport
    result: AuditResult

    @property
    def claims(self) -> ClaimSet:
        return read(self.report.folder)[0][0]


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
    """The answer key, with the right value word for word, also where a rule names several."""
    with (folder / "dap_an.csv").open(encoding="utf-8", newline="") as file:
        names = ("rule", "facility", "claim", "table", "row", "field", "amount", "expected")
        return Counter(tuple(row[name] for name in names) for row in csv.DictReader(file))


def found(result: AuditResult) -> Counter[tuple[str, ...]]:
    return Counter(
        (
            *(finding.rule, finding.facility, finding.claim, finding.table),
            *(str(finding.row), finding.field),
            number_text(finding.amount, 2) if finding.amount else "",
            finding.expected,
        )
        for finding in result.findings
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        made(tmp_path / name, claims=20, seed=seed, errors=1)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Months without errors, each made and audited once for all tests."""

    @cache
    def month(name: str) -> Made:
        folder = tmp_path_factory.mktemp("sach")
        return Made(made(folder, name, claims=130), audited(folder))

    return month


@pytest.mark.parametrize("month", MONTHS)
def test_no_rule_finds_anything_in_a_clean_month(clean: Callable[[str], Made], month: str) -> None:
    result = clean(month).result
    assert found(result) == Counter()
    assert not result.ledger.problems
    assert not result.catalogue_problems
    assert result.ledger.claims_read == result.ledger.claims_declared == 130
    apart = {rule.code for rule in load_rules().rules if needs_store(rule)}
    statuses = {outcome.status for outcome in result.outcomes if outcome.rule not in apart}
    assert statuses <= {"ran", "not_applicable"}


@cache
def month_with_errors(month: str) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Answers and findings of a month; its files are read once for all tests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        made(folder, month, claims={**SMALL, **LARGE}[month], errors=1, seed=7)
        return answers(folder), found(audited(folder))


@pytest.mark.parametrize("month", [*SMALL, *LARGE])
def test_every_planted_error_is_found_and_nothing_else(month: str) -> None:
    planted, seen = month_with_errors(month)
    assert seen == planted
    assert len({answer[0] for answer in planted}) > (400 if month in LARGE else 200)


def test_every_rule_has_an_error_that_it_finds() -> None:
    """In one of the months, or in another test of this folder."""
    rules = load_rules()
    earlier = {rule.code for rule in rules.rules if needs_store(rule)}
    planted = {answer[0] for month in LARGE for answer in month_with_errors(month)[0]}
    assert set(rules.by_code) - planted == earlier | ELSEWHERE


def test_a_file_that_is_written_again_while_it_is_audited_is_found(tmp_path: Path) -> None:
    made(tmp_path, claims=8, style="cdata")
    last = max((tmp_path / "ho_so").glob("*.xml"))

    def written(*_: int) -> None:
        with last.open("ab") as file:
            file.write(b"\n")

    options = Options(select=("STR",), pandera=False, part_files=1)
    seen = found(audit([tmp_path / "ho_so"], options, written))
    assert seen == Counter([("STR-078", "", "", "TEP", "0", "NOIDUNGFILE", "", "")])


def test_the_committed_sample_is_what_the_command_writes(tmp_path: Path) -> None:
    made(tmp_path, claims=100, facilities=4, errors=1, seed=7)
    folders = ("ho_so", "danh_muc")
    new, old = ({name: digest(top / name) for name in folders} for top in (tmp_path, SAMPLE))
    for name in folders:
        assert sorted(new[name]) == sorted(old[name])
        # Archives and workbooks depend on the libraries that write them.
        texts = [file for file in new[name] if file.endswith((".xml", ".csv"))]
        assert {file: new[name][file] for file in texts} == {f: old[name][f] for f in texts}
    assert answers(tmp_path) == answers(SAMPLE)


def test_the_committed_sample_is_small_and_broad_and_leaves_valid_claims() -> None:
    size = sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file())
    assert size < 2_500_000
    assert len({answer[0] for answer in answers(SAMPLE)}) >= 180
    assert len({answer[2] for answer in answers(SAMPLE)}) < 90


def test_the_committed_sample_holds_what_its_answer_key_says() -> None:
    assert found(audited(SAMPLE)) == answers(SAMPLE)


def test_errors_share_a_claim_only_where_no_rule_sees_both() -> None:
    rules = defaultdict(set)
    with (SAMPLE / "dap_an.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["claim"] and not row["note"].startswith("kéo theo"):
                rules[row["claim"]].add(row["rule"])
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


def test_a_mixed_month_has_archives_files_of_several_claims_and_a_check_in(
    clean: Callable[[str], Made],
) -> None:
    files = sorted((clean("2026-09").report.folder / "ho_so").iterdir())
    assert any(zipfile.is_zipfile(path) for path in files)
    assert any("tiep_don" in path.name for path in files)
    texts = [path.read_text(encoding="utf-8") for path in files if path.suffix == ".xml"]
    assert any(text.count("<HOSO>") > 1 for text in texts)
    assert any("<![CDATA[" in text for text in texts)


def test_the_main_kinds_of_episode_are_all_there(clean: Callable[[str], Made]) -> None:
    claims = clean("2026-09").claims
    head = claims["XML1"]
    cares = {head["MA_LOAI_KCB"].texts[code] for code in head["MA_LOAI_KCB"].codes}
    assert cares == {"01", "02", "03", "04", "05", "06", "07", "09"}
    ways = {head["MA_DOITUONG_KCB"].texts[code] for code in head["MA_DOITUONG_KCB"].codes}
    assert ways >= {"1.1", "1.2", "1.3", "1.5", "1.7", "1.11", "1.12", "1.15", "1.18", "2", "3.1"}
    assert all(len(claims[table]) for table in ("XML7", "XML8", "XML9", "XML11", "XML13", "XML14"))
    assert any(";" in text for text in head["MA_THE_BHYT"].texts)


def test_lines_balance_to_the_hundredth(clean: Callable[[str], Made]) -> None:
    claims = clean("2026-09").claims
    for table in ("XML2", "XML3"):
        lines = claims[table]
        parts = [lines[name].values for name in ("T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC")]
        assert (lines["THANH_TIEN_BV"].values == sum(parts)).all()
        assert (lines["THANH_TIEN_BH"].values <= lines["THANH_TIEN_BV"].values).all()


def test_every_person_is_marked_as_invented(clean: Callable[[str], Made]) -> None:
    mark = content().names["mark"]
    names = clean("2026-09").claims["XML1"]["HO_TEN"]
    assert all(mark in names.texts[code].split() for code in names.codes)
    registry = clean("2026-09").report.folder / "danh_muc" / "the_bhyt.csv"
    with registry.open(encoding="utf-8-sig") as file:
        assert all(mark in row["HO_TEN"].split() for row in csv.DictReader(file))


def test_lists_of_every_facility_are_recognised(clean: Callable[[str], Made]) -> None:
    lists = clean("2026-09").result.catalogues
    seen = {(status.kind, status.facility) for status in lists}
    kinds = {"khoa", "nhan_luc", "thuoc", "vat_tu", "dich_vu"}
    assert seen >= {(kind, f"3890{n}") for kind in kinds for n in range(1, 6)}
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
