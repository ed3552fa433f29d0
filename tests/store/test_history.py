"""`audit --store`: claims of a store are looked at beside those of the run, never accused."""

from __future__ import annotations

import json
import random
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from giamdinh import pipeline
from giamdinh.catalogues import Catalogues
from giamdinh.errors import InputError
from giamdinh.findings import Findings
from giamdinh.pipeline import Options, audit
from giamdinh.read import Ledger, read_claims
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.examples import FACILITY, example_claims
from giamdinh.rules.in_force import needs_store
from giamdinh.rules.recall import Recalled
from giamdinh.rules.run import Runner
from giamdinh.sample import generate
from giamdinh.store.add import add
from tests.commands import run, told

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult

RULES = load_rules().rules
ACROSS = tuple(rule.code for rule in RULES if rule.across)
NEEDING = {rule.code for rule in RULES if needs_store(rule)}
Key = tuple[Any, ...]


pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month with errors across claims."""
    top = tmp_path_factory.mktemp("thang")
    generate(top, seed=5, month="2026-09", facilities=4, claims=120, errors=True)
    return top


def audited(top: Path, files: list[Path], store: Path | None = None) -> AuditResult:
    asked = Options(catalogues=top / "danh_muc", pandera=False, select=ACROSS, store=store)
    return audit(files, asked)


def keys(result: AuditResult) -> set[Key]:
    return {
        (f.rule, f.facility, f.claim, f.table, f.row, f.field, f.amount, f.expected,
         f.other_claim, f.other_row, re.sub(r" \[trong kho, tệp [^\]]+\]", "", f.message))
        for f in result.findings
        if f.rule not in NEEDING
    }  # fmt: skip


def claims_in(files: list[Path]) -> set[tuple[str, str]]:
    found = set()
    for claims in read_claims(files, Ledger()):
        xml1 = claims["XML1"]
        found |= {(xml1["MA_CSKCB"].text(i), xml1["MA_LK"].text(i)) for i in range(len(claims))}
    return found


@pytest.fixture(scope="module")
def whole(month: Path) -> set[Key]:
    found = keys(audited(month, sorted((month / "ho_so").iterdir())))
    assert len({key[0] for key in found}) >= 10
    return found


@pytest.mark.parametrize("seed", [1])
def test_a_run_beside_a_store_finds_what_a_run_of_both_finds_on_its_claims(
    month: Path, whole: set[Key], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    held, asked = [], []
    for path in sorted((month / "ho_so").iterdir()):
        (held if chance.random() < 0.5 else asked).append(path)
    add(tmp_path / "kho", held)
    mine = claims_in(asked)
    alone, beside = audited(month, asked), audited(month, asked, tmp_path / "kho")
    assert keys(beside) == {key for key in whole if key[1:3] in mine}
    assert keys(alone) < keys(beside)
    assert not [o for o in beside.outcomes if o.status == "error"]
    assert {f.other_claim for f in beside.findings} & {claim for _, claim in claims_in(held)}


def test_without_a_store_rules_that_need_one_cannot_be_checked(month: Path) -> None:
    alone = {o.rule: o for o in audited(month, sorted((month / "ho_so").iterdir())).outcomes}
    assert {code for code in NEEDING if alone[code].status == "not_checkable"} == NEEDING
    assert all("--store" in alone[code].reason for code in NEEDING)


def test_claims_that_are_in_the_store_too_count_once_as_they_are_in_the_run(
    month: Path, whole: set[Key], tmp_path: Path
) -> None:
    files = sorted((month / "ho_so").iterdir())
    add(tmp_path / "kho", files)
    again = audited(month, files, tmp_path / "kho")
    assert keys(again) == whole
    assert again.store is not None
    assert again.store.used == 0
    assert again.store.own == again.store.claims


def pair(month: Path, top: Path) -> tuple[Path, Path]:
    """Two claims of one person, a copy of the other with another MA_LK, in a folder each."""
    first = next(
        path
        for path in sorted((month / "ho_so").glob("*.xml"))
        if path.read_text("utf-8", "replace").count("<HOSO>") == 1
        and "<MA_LK>" in path.read_text("utf-8", "replace")
    )
    text = first.read_text("utf-8")
    claim = re.search("<MA_LK>(.*?)</MA_LK>", text)
    assert claim
    for name in ("truoc", "nay"):
        (top / name).mkdir()
    shutil.copy(first, top / "truoc" / "ho_so.xml")
    later = text.replace(f"<MA_LK>{claim.group(1)}<", f"<MA_LK>{claim.group(1)}Z<")
    (top / "nay" / "ho_so_lai.xml").write_text(later, "utf-8")
    return top / "truoc", top / "nay"


def test_the_command_finds_a_pair_that_lies_in_two_months(month: Path, tmp_path: Path) -> None:
    before, now = pair(month, tmp_path)
    store, out = tmp_path / "kho", tmp_path / "ra"
    add(store, [before])
    command = ("audit", now, "--select", "HIS-006", "--out", out, "--format", "none")
    assert run(*command).returncode == 0
    assert (out / "findings.jsonl").read_text("utf-8") == ""
    assert json.loads((out / "run.json").read_text("utf-8"))["store"] is None
    done = run(*command, "--store", store)
    assert done.returncode == 0, told(done)
    (found,) = map(json.loads, (out / "findings.jsonl").read_text("utf-8").splitlines())
    assert found["other_claim"] == found["claim"].removesuffix("Z")
    assert "trong kho, tệp ho_so.xml" in found["message"]
    said = json.loads((out / "run.json").read_text("utf-8"))["store"]
    assert (said["name"], said["claims"], said["claims_used"]) == ("kho", 1, 1)
    add(store, [now])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "load_catalogues", lambda _: Catalogues.from_tables({}))
        earlier = audit([before], Options(pandera=False, select=("HIS-006",), store=store))
    assert not len(earlier.findings)


def operated(month: Path, top: Path) -> tuple[Path, Path, set[str]]:
    """Two claims of one person with the same paid services, in a file each, and their codes."""
    for path in sorted((month / "ho_so").glob("*.xml")):
        text = path.read_text("utf-8", "replace")
        for claims in read_claims([path], Ledger()):
            lines = claims["XML3"]
            whole = text.count("<HOSO>") == 1 and "<MA_LK>" in text
            tests = {i for i in range(len(lines)) if lines["MA_NHOM"].text(i) == "1"}
            paid = {i for i in tests if whole and lines["T_BHTT"].values[i] > 0}
            codes = {lines["MA_DICH_VU"].text(i) for i in paid}
            if codes:
                (top / "truoc.xml").write_text(text, "utf-8")
                again = re.sub("<MA_LK>(.*?)</MA_LK>", r"<MA_LK>\1Z</MA_LK>", text)
                (top / "nay.xml").write_text(again, "utf-8")
                return top / "truoc.xml", top / "nay.xml", codes
    raise AssertionError


def test_of_other_claims_only_lines_that_the_list_names_are_looked_at(
    month: Path, tmp_path: Path
) -> None:
    before, now, codes = operated(month, tmp_path)
    add(tmp_path / "kho", [before])
    for listed, some in (("99.9999.9999", False), (";".join(sorted(codes)), True)):
        lists = tmp_path / listed[:2]
        lists.mkdir()
        (lists / "khoang_cach.csv").write_text(
            f"LOAI_LAP|MA_DICH_VU|SO_NGAY|NGUON|TU_NGAY\nMột lần|{listed}|36500|Mẫu|20200101\n",
            "utf-8",
        )
        options = Options(catalogues=lists, pandera=False, brake=False, select=("HIS-011",))
        both = audit([before, now], options)
        beside = audit([now], replace(options, store=tmp_path / "kho"))
        assert keys(beside) == {key for key in keys(both) if key[2].endswith("Z")}
        assert bool(keys(beside)) == some


def tenders(month: Path, folder: Path) -> Path:
    """A list of the drugs of a month, each with so few tendered that they run out."""
    rows = {"MA_THUOC|TEN_THUOC|SO_DANG_KY|DON_VI_TINH|TT_THAU|SO_LUONG|DON_GIA|TU_NGAY|MA_CSKCB"}
    for claims in read_claims([month], Ledger()):
        drugs, facility = claims["XML2"], claims["XML1"]["MA_CSKCB"]
        for row, claim in enumerate(drugs.parent.tolist()):
            names = ("MA_THUOC", "TEN_THUOC", "SO_DANG_KY", "DON_VI_TINH", "TT_THAU")
            cells = [drugs[name].text(row) for name in names]
            rows.add("|".join([*cells, "30", "1", "20200101", facility.text(claim)]))
    folder.mkdir()
    text = "\n".join(sorted(rows, key=lambda row: (row[:8] != "MA_THUOC", row)))
    (folder / "thuoc.csv").write_text(text.replace("|", "\t"), "utf-8")
    return folder


def test_what_earlier_months_used_of_an_item_counts(tmp_path: Path) -> None:
    for name, asked in (("truoc", "2026-08"), ("nay", "2026-09")):
        generate(tmp_path / name, seed=5, month=asked, facilities=1, claims=40, errors=False)
    before, now = (sorted((tmp_path / name / "ho_so").iterdir()) for name in ("truoc", "nay"))
    lists = tenders(tmp_path / "nay" / "ho_so", tmp_path / "danh_muc")
    mine = claims_in(now)

    def found(files: list[Path], held: list[Path]) -> set[Key]:
        store = tmp_path / f"kho{len(held)}"
        add(store, held)
        asked = Options(catalogues=lists, pandera=False, brake=False, select=("CAT-013",))
        result = audit(files, replace(asked, store=store))
        pairs = ((f.claim, f.row, f.amount, f.message) for f in result.findings)
        return {pair for pair in pairs if pair[0] in {claim for _, claim in mine}}

    both = found([*before, *now], before[:1])
    assert found(now, before) == both
    assert len(found(now, now[:1])) < len(both)


def test_a_facility_keeps_its_own_parameters_across_claims() -> None:
    (rule,) = (rule for rule in RULES if rule.code == "HIS-003")
    (drawn, *_) = rule.examples
    parameters = load_rules().parameters
    hours = parameters["GIO_TAI_NHAP_VIEN"]
    none = {"GIO_TAI_NHAP_VIEN": replace(hours, numbers=hours.numbers * 0)}
    counts = []
    for local in ({}, {FACILITY: none}, {"99999": none}):
        findings = Findings()
        rules = RuleSet((rule,), parameters, "", local)
        runner = Runner(rules, Catalogues.from_tables({}), findings, pandera=False)
        runner.run(example_claims(rule, drawn))
        kept = runner.memory.claims(without=())
        assert kept is not None
        runner.run_across(kept)
        counts.append(len(findings))
    assert counts[0] == counts[2] > counts[1] == 0


def test_months_that_the_store_lacks_make_a_claim_unjudged_and_are_counted() -> None:
    (rule,) = (rule for rule in RULES if rule.code == "BEN-013")
    claims = example_claims(rule, rule.examples[0])
    own = claims.files.count("vi_du.xml")
    outcomes = []
    year = frozenset(range(2024 * 12, 2026 * 12))
    for months in (year, year - {2025 * 12 + 5}):
        findings = Findings()
        rules = RuleSet((rule,), load_rules().parameters, "")
        runner = Runner(rules, Catalogues.from_tables({}), findings, pandera=False, store=True)
        runner.run(claims)
        kept = runner.memory.claims(without=())
        assert kept is not None
        runner.run_across(kept, Recalled(own, {FACILITY: months}))
        outcomes += runner.outcomes(findings)
    assert [(o.status, o.rows_in_force, o.rows_hit) for o in outcomes] == [
        ("ran", 4, 1),
        ("not_checkable", 0, 0),
    ]
    assert "4 dòng không kiểm được vì kho thiếu tháng trong 366 ngày" in outcomes[1].reason


def test_a_damaged_store_is_named_and_says_nothing_of_its_claims(
    month: Path, tmp_path: Path
) -> None:
    files = sorted((month / "ho_so").glob("*.xml"))[:2]
    add(tmp_path / "kho", files[:1])
    for path in (tmp_path / "kho" / "du_lieu" / "XML1").rglob("*.parquet"):
        path.write_bytes(b"PAR1 khong phai du lieu")
    with pytest.raises(InputError, match="store verify") as caught:
        audited(month, files[1:], tmp_path / "kho")
    assert caught.value.__cause__ is None


def test_a_folder_that_is_no_store_is_refused_before_anything_is_read(
    month: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="không phải kho"):
        audited(month, [month / "ho_so"], tmp_path)
    done = run("audit", month / "ho_so", "--out", tmp_path / "ra", "--store", tmp_path)
    assert done.returncode == InputError.exit_code
    assert "không phải kho" in told(done)
