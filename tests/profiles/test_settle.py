"""What counts at the end of a run: severities, suppressions, and rules that are held."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from giamdinh.catalogues import Catalogues
from giamdinh.findings import Findings
from giamdinh.model import Outcome
from giamdinh.money import money
from giamdinh.pipeline import Options, audit
from giamdinh.profiles.apply import rules_under
from giamdinh.profiles.model import Entry, Profile, Section
from giamdinh.profiles.settings import settings
from giamdinh.profiles.settle import settle
from giamdinh.read import Ledger, read_claims
from giamdinh.report import json_out, terminal, workbook
from giamdinh.rules.cards import RuleSet, load_rules
from giamdinh.rules.run import Runner
from giamdinh.tables.claimset import ClaimSetBuilder
from tests.commands import ROOT, month, run, told
from tests.report.results import finding, result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from giamdinh.findings import Finding
    from giamdinh.profiles.settle import Settled

TODAY = date(2026, 11, 22)
LATER, BEFORE = date(2026, 12, 31), date(2026, 11, 21)


def entry(section: Section, *rules: str, **more: Any) -> Entry:
    return Entry(section, "vì sao", "Phòng KHTH", date(2026, 11, 1), rules, **more)


def of(*claims: int, rule: str = "MNY-001", **columns: Any) -> list[Finding]:
    return [finding(rule, claim=f"HS{n}", claim_seq=n, **columns) for n in claims]


def settled(
    rows: list[Finding], *entries: Entry, judged: int = 1000, brake: bool = True
) -> Settled:
    findings = Findings()
    for row in rows:
        findings.append(row)
    codes = {row.rule for row in rows}
    outcomes = [Outcome(code, "ran", 99, 99, "", judged) for code in sorted(codes)]
    profile = Profile("BV A", "a.toml", "00", entries) if entries else None
    return settle(findings, outcomes, profile, TODAY, brake=brake)


def left(done: Settled) -> set[tuple[str, str]]:
    return {(f.rule, f.claim) for f in done.findings}


def test_without_decisions_everything_counts_as_it_was() -> None:
    done = settled(of(1, 2))
    assert (len(done.findings), len(done.aside.findings), done.profile) == (2, 0, None)


def test_a_severity_holds_everywhere_or_at_a_facility() -> None:
    rows = [*of(1), *of(2, facility="01002"), *of(3, rule="TIM-004")]
    everywhere = entry("severity", "MNY", severity="warning")
    own = entry("severity", "MNY-001", severity="info", facilities=("01002",))
    found = [f.severity for f in settled(rows, own, everywhere).findings]
    assert found == ["warning", "info", "error"]


@pytest.mark.parametrize(
    ("match", "gone"),
    [
        ({"claim": "HS1"}, {"HS1"}),
        ({"facility": "01002"}, {"HS2"}),
        ({"facility": "01001", "field": "SO_LUONG"}, {"HS3"}),
        ({"row": "7"}, {"HS3"}),
        ({"code": "40.1"}, {"HS2"}),
        ({"code": "X9"}, {"HS3"}),
        ({"table": "XML2"}, set()),
    ],
)
def test_a_suppression_takes_what_it_names_and_no_more(
    match: dict[str, str], gone: set[str]
) -> None:
    rows = [*of(1), *of(2, facility="01002", item="40.1"),
            *of(3, field="SO_LUONG", row=7, value="X9"), *of(4, rule="TIM-004")]  # fmt: skip
    given = entry("suppress", "MNY-001", match=tuple(match.items()), expires=LATER)
    done = settled(rows, given)
    assert {f.claim for f in done.aside.findings} == gone
    assert {f.status for f in done.aside.findings} <= {"bỏ qua"}
    assert len(done.findings) + len(gone) == len(rows)


def test_one_finding_is_suppressed_by_its_fingerprint() -> None:
    findings = Findings()
    findings.append(of(2)[0])
    given = (("fingerprint", findings.fingerprint(0)),)
    done = settled(of(1, 2), entry("suppress", match=given, expires=LATER))
    assert left(done) == {("MNY-001", "HS1")}
    assert done.aside.findings.fingerprint(0) == findings.fingerprint(0)


def test_an_expired_suppression_is_told_and_not_applied() -> None:
    done = settled(of(1), entry("suppress", "MNY-001", match=(("claim", "HS1"),), expires=BEFORE))
    assert len(done.findings) == 1
    assert done.profile is not None
    (change,) = done.profile.changes
    assert (change.applied, change.expires, change.findings) == (False, "2026-11-21", 0)


def test_a_suppression_still_holds_on_its_last_day() -> None:
    done = settled(of(1), entry("suppress", "MNY-001", match=(("claim", "HS1"),), expires=TODAY))
    assert len(done.findings) == 0


def test_what_is_off_at_a_facility_is_counted_apart_with_its_money() -> None:
    rows = [*of(1, 2), *of(3, facility="01002")]
    done = settled(rows, entry("ignore", "MNY", facilities=("01001",)))
    assert left(done) == {("MNY-001", "HS3")}
    (decision,) = done.aside.decisions
    assert (decision.kind, decision.findings, decision.claims) == ("off", 2, 2)
    assert decision.money == money(done.aside.findings)
    (outcome,) = done.outcomes
    assert (outcome.rows_hit, outcome.rows_aside) == (1, 2)


def test_a_selection_at_a_facility_turns_the_other_rules_off_there() -> None:
    rows = [*of(1), *of(1, rule="TIM-004"), *of(2, rule="TIM-004", facility="01002")]
    done = settled(rows, entry("select", "MNY", facilities=("01001",)))
    assert left(done) == {("MNY-001", "HS1"), ("TIM-004", "HS2")}


def test_each_finding_goes_to_one_decision() -> None:
    both = [entry("suppress", "MNY-001", match=(("claim", claim),), expires=LATER)
            for claim in ("HS1", "HS1")]  # fmt: skip
    done = settled(of(1, 2), *both)
    assert [d.findings for d in done.aside.decisions] == [1]
    assert done.aside.which == (0,)


@pytest.mark.parametrize(
    ("hit", "judged", "held"),
    [(20, 100, False), (21, 100, True), (10, 49, False), (11, 50, True), (10, 50, False)],
)
def test_a_rule_that_hits_more_than_a_fifth_of_enough_claims_is_held(
    hit: int, judged: int, *, held: bool
) -> None:
    assert (settings().brake_percent, settings().brake_claims) == (20, 50)
    done = settled([*of(*range(hit)), *of(*range(hit))], judged=judged)
    assert bool(done.aside.decisions) is held
    if held:
        (decision,) = done.aside.decisions
        assert (decision.kind, decision.rule, decision.claims) == ("held", "MNY-001", hit)
        assert len(done.findings) == 0
        assert money(done.findings).error == 0
        (outcome,) = done.outcomes
        assert (outcome.status, outcome.rows_hit, outcome.rows_aside) == ("ran", 0, 2 * hit)
        assert outcome.reason.startswith(f"tạm giữ: bắt {hit}/{judged} hồ sơ")
        assert {f.status for f in done.aside.findings} == {"tạm giữ"}


def test_a_held_rule_can_be_released_and_what_is_suppressed_does_not_count_towards_it() -> None:
    rows = of(*range(30))
    assert len(settled(rows, judged=100).findings) == 0
    assert len(settled(rows, entry("release", "MNY"), judged=100).findings) == 30
    assert len(settled(rows, judged=100, brake=False).findings) == 30
    away = [entry("suppress", "MNY-001", match=(("claim", f"HS{n}"),), expires=LATER)
            for n in range(10)]  # fmt: skip
    assert len(settled(rows, *away, judged=100).findings) == 20


def test_findings_about_files_hold_no_rule() -> None:
    rows = [finding("FMT-010", table="TEP", claim_seq=-1, claim=str(i)) for i in range(90)]
    assert len(settled(rows, judged=100).findings) == 90


def test_rules_turned_off_everywhere_do_not_run_and_parameters_change_the_hash() -> None:
    rules = load_rules()
    profile = Profile("", "", "", (entry("ignore", "MNY-001"), entry("select", "MNY")))
    under = rules_under(profile, rules)
    assert {rule.family for rule in under.rules} == {"MNY"}
    assert "MNY-001" not in under.by_code
    assert under.hash == rules.hash
    wide = entry("parameter", name="SAI_SO_DONG", value="100")
    under = rules_under(Profile("", "", "", (wide,)), rules)
    assert under.parameters["SAI_SO_DONG"].numbers.tolist() == [100]
    assert rules.parameters["SAI_SO_DONG"].numbers.tolist() == [1]
    assert under.hash != rules.hash


def claims_of(rules: RuleSet, builder: ClaimSetBuilder) -> dict[str, int]:
    findings = Findings()
    runner = Runner(rules, Catalogues.from_tables({}), findings, pandera=False)
    runner.run(builder.build())
    return {o.rule: o.claims_in_force for o in runner.outcomes(findings)}


def test_the_claims_a_rule_looks_at_are_those_with_a_row_in_force() -> None:
    builder = ClaimSetBuilder()
    for n in range(6):
        day = "202503101600" if n < 4 else "202003101600"
        xml1 = {"MA_LK": str(n), "MA_CSKCB": "01001", "NGAY_VAO": day, "NGAY_RA": day}
        claim = builder.add_claim("a.xml", n + 1, {"NGAYLAP": day[:8]}, xml1)
        for _ in range(n % 3):
            row = {"SO_LUONG": "1", "DON_GIA": "2", "THANH_TIEN_BV": "9", "NGAY_YL": day}
            builder.add_row("XML2", claim, row)
        if n == 0:
            builder.add_row("XML3", claim, {"NGAY_YL": day})
            builder.mark_unread("XML2", claim)
    found = claims_of(load_rules().chosen(["TIM-001", "MNY-001", "STR-006"]), builder)
    assert found == {"TIM-001": 4, "MNY-001": 2, "STR-006": 3}


def test_a_changed_parameter_decides_in_conditions_and_in_words() -> None:
    builder = ClaimSetBuilder()
    day = "202503101600"
    xml1 = {"MA_LK": "A", "NGAY_VAO": day, "NGAY_RA": day, "T_BHTT": "9000"}
    claim = builder.add_claim("a.xml", 1, {"NGAYLAP": day[:8]}, xml1)
    for total in ("1050", "1101"):
        row = {"SO_LUONG": "1", "DON_GIA": "1000", "THANH_TIEN_BV": total, "NGAY_YL": day}
        builder.add_row("XML2", claim, row)
    rules = load_rules().chosen(["MNY-001"])
    wide = entry("parameter", name="SAI_SO_DONG", value="100")
    found = []
    for under in (rules, rules_under(Profile("", "", "", (wide,)), rules), rules):
        findings = Findings()
        runner = Runner(under, Catalogues.from_tables({}), findings, pandera=False)
        runner.run(builder.build())
        found.append([f.value for f in findings])
    assert found == [["1050", "1101"], ["1101"], ["1050", "1101"]]


def judged(claims: list[Path], *entries: Entry) -> list[tuple[Any, ...]]:
    """What some families find under some decisions, sorted."""
    under = rules_under(Profile("", "", "", entries), load_rules().chosen(["TIM", "DOCU", "MNY"]))
    findings = Findings()
    runner = Runner(under, Catalogues.from_tables({}), findings, pandera=False)
    for batch in read_claims(claims, Ledger(), batch_claims=30):
        runner.run(batch)
    return sorted((f.facility, f.claim, f.rule, f.table, f.row, f.message) for f in findings)


def test_a_facility_can_have_its_own_threshold() -> None:
    """Each facility is judged as in a run of its own under its numbers."""
    folder = ROOT / "sample_xml" / "ho_so"
    claims = sorted(folder.glob("38901*.xml")) + sorted(folder.glob("38902*1.xml"))
    wide = [
        entry("parameter", name=name, value=value)
        for name, value in (("DO_DAI_TOM_TAT", "200"), ("PHUT_XN_TOI_THIEU", "60"))
    ]
    usual, changed = judged(claims), judged(claims, *wide)
    assert usual != changed
    for facility in {row[0] for row in usual if row[0]}:
        own = [replace(e, facilities=(facility,)) for e in wide]
        both = [r for r in usual if r[0] != facility] + [r for r in changed if r[0] == facility]
        assert judged(claims, *own) == sorted(both)


CARD = """\
code: NBO-001
title: Lượt khám nào cũng bắt
title_en: Hits everything
severity: error
tt12: i
legal: [{text: "Quy trình kiểm soát nội bộ"}]
effective: {from: 2023-01-18, by: NGAY_RA}
table: XML1
field: T_BHTT
when: T_BHTT >= 0
amount: T_BHTT
message: "T_BHTT {T_BHTT}."
fix: "Xem lại."
examples:
  - name: có tiền thì bắt, thiếu thì im
    XML1: |
      MA_LK | T_BHTT
      A     | 1
      B     | -1
    hits: [A]
"""
RELEASE = """\
[[release]]
rules = ["NBO-001"]
reason = "Đúng là mọi lượt khám"
author = "Phòng KHTH"
date = 2026-11-01
[[parameter]]
name = "SAI_SO_DONG"
value = 1000
reason = "Làm tròn"
author = "Phòng KHTH"
date = 2026-11-01
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean month, a rule that hits every claim, and a profile that releases it."""
    folder = tmp_path_factory.mktemp("phanh")
    month(folder / "thang", errors=False, claims=60)
    (folder / "rieng" / "NBO").mkdir(parents=True)
    (folder / "rieng" / "NBO" / "NBO-001_moi.yaml").write_text(CARD, encoding="utf-8")
    (folder / "mo.toml").write_text(RELEASE, encoding="utf-8")
    return folder


def test_a_held_rule_is_told_everywhere_and_none_of_its_money_counts(place: Path) -> None:
    asked = Options(rules=(place / "rieng",), select=("NBO", "MNY-001"), pandera=False)
    done = audit([place / "thang" / "ho_so"], asked)
    assert len(done.findings) == 0
    assert len(done.aside.findings) == 60
    said = json_out.manifest(done)
    assert said["money"] == {"error": 0, "warning": 0}
    (held,) = said["aside"]
    assert (held["kind"], held["rule"], held["findings"]) == ("held", "NBO-001", 60)
    assert held["money"]["error"] > 0
    outcome = next(o for o in said["outcomes"] if o["rule"] == "NBO-001")
    assert (outcome["status"], outcome["rows_hit"], outcome["rows_aside"]) == ("ran", 0, 60)


def test_the_workbook_lists_every_finding_that_does_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = settled(
        [*of(1, 2, 3), *of(*range(20, 60), rule="TIM-004")],
        entry("suppress", "MNY-001", match=(("claim", "HS1"),), expires=LATER),
        judged=100,
    )
    audited = result(findings=done.findings, aside=done.aside, profile=done.profile)
    (path,) = workbook.write(audited, tmp_path)
    book = load_workbook(path)
    head, *rows = book["KhongTinh"].iter_rows(values_only=True)
    assert len(rows) == 41
    assert {row[head.index("Trạng thái")] for row in rows} == {"tạm giữ", "bỏ qua"}
    assert any("bắt 40/100 hồ sơ (40 %)" in row[0] for row in rows)
    listed = [row[:2] for row in book["KhongKiemDuoc"].iter_rows(min_row=2, values_only=True)]
    assert {("Tạm giữ", "TIM-004"), ("Bỏ qua", "Bỏ qua")} <= set(listed)
    info = [row[1] for row in book["ThongTinChay"].iter_rows(values_only=True)]
    assert "Bỏ qua có thời hạn: MNY-001 · MA_LK HS1" in info
    terminal.print_audit(audited)
    text = capsys.readouterr().out
    assert "Tạm giữ | quy tắc TIM-004 | Phát hiện 40 | Hồ sơ 40" in text
    lines = json_out.write_aside(audited, tmp_path)
    assert lines is not None
    assert len(lines.read_text(encoding="utf-8").splitlines()) == 41


@pytest.fixture(scope="module")
def command(place: Path) -> Callable[..., tuple[int, str, dict[str, Any]]]:
    def called(*more: str | Path) -> tuple[int, str, dict[str, Any]]:
        out = place / "kq"
        chosen = ("--rules", place / "rieng", "--select", "NBO", "--select", "MNY-00")
        claims = place / "thang" / "ho_so"
        done = run("audit", claims, *chosen, "--format", "none", "--out", out, *more)
        manifest = out / "run.json"
        said = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
        return done.returncode, told(done), {**said, "files": {p.name for p in out.iterdir()}}

    return called


def test_a_profile_releases_changes_and_is_told(
    place: Path, command: Callable[..., tuple[int, str, dict[str, Any]]]
) -> None:
    code, text, said = command()
    assert (code, said["findings"], said["profile"]) == (0, 0, None)
    assert "Tạm giữ | quy tắc NBO-001 | Phát hiện 60" in text
    assert "findings_aside.jsonl" in said["files"]
    before = said["rules"]["hash"]
    code, text, said = command("--profile", place / "mo.toml")
    assert (code, said["findings"], said["aside"]) == (0, 60, [])
    assert "findings_aside.jsonl" not in said["files"]
    assert said["rules"]["hash"] != before
    assert [c["what"] for c in said["profile"]["changes"]] == ["NBO-001", "SAI_SO_DONG = 1000"]
    assert "Đổi tham số | SAI_SO_DONG = 1000 | Làm tròn (Phòng KHTH, 01/11/2026)" in text


def test_a_wrong_profile_ends_with_5_before_any_claim_is_read(
    place: Path, command: Callable[..., tuple[int, str, dict[str, Any]]]
) -> None:
    wrong = place / "sai.toml"
    wrong.write_text('[[ignore]]\nrules = ["XYZ"]\n', encoding="utf-8")
    code, text, _ = command("--profile", wrong)
    assert code == 5
    assert "sai.toml:1: [[ignore]] thứ 1: không có quy tắc nào bắt đầu bằng 'XYZ'" in text
