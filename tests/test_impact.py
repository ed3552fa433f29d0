"""What a change would hit, told before it is used."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from giamdinh.errors import CardError
from giamdinh.impact import measure, rules_table, summary
from giamdinh.pipeline import Options, audit
from giamdinh.resources import data_dir
from giamdinh.rules.cards import load_rules
from giamdinh.rules.trial import with_values
from tests.commands import month, run, told

if TYPE_CHECKING:
    from pathlib import Path

CARD = """\
code: NBO-001
title: Dòng thuốc có tiền BHYT
title_en: Drug line paid by the fund
severity: warning
tt12: i
legal: [{text: "Quy trình kiểm soát nội bộ"}]
effective: {from: 2023-01-18, by: NGAY_RA}
table: XML2
field: T_BHTT
when: T_BHTT > 0
amount: T_BHTT
message: "T_BHTT {T_BHTT}."
fix: "Xem lại."
examples:
  - name: có tiền thì bắt, thiếu thì im
    XML2: |
      MA_LK | STT | T_BHTT
      A     | 1   | 1
      A     | 2   | 0
    hits: [A/1]
"""
ENTRY = 'reason = "thử"\nauthor = "KHTH"\ndate = 2026-11-01\n'


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tac_dong")
    month(folder / "thang", errors=True, claims=60)
    (folder / "rieng" / "NBO").mkdir(parents=True)
    (folder / "rieng" / "NBO" / "NBO-001_moi.yaml").write_text(CARD, encoding="utf-8")
    return folder


def profile(place: Path, text: str) -> Path:
    path = place / "cau_hinh.toml"
    path.write_text(text + ENTRY, encoding="utf-8")
    return path


def test_a_new_rule_shows_all_it_would_hit_and_that_it_would_be_held(place: Path) -> None:
    base = Options(select=("STR-006",))
    changed = Options(select=("STR-006", "NBO"), rules=(place / "rieng",))
    found = measure([place / "thang" / "ho_so"], base, changed)
    (rule,) = found.rules
    assert (rule.code, rule.removed, rule.altered, rule.held) == ("NBO-001", None, 0, True)
    assert rule.added is not None
    assert rule.added.findings == sum(f.rule == "NBO-001" for f in found.changed.findings) > 0
    assert rule.added.claims == rule.hit <= rule.judged
    (row,) = rules_table(found).rows
    assert "tạm giữ" in str(row[-1])


def test_a_changed_tolerance_shows_what_it_lets_pass(place: Path) -> None:
    claims = [place / "thang" / "ho_so"]
    wide = profile(place, '[[parameter]]\nname = "SAI_SO_HO_SO"\nvalue = 1000\n')
    before, after = (
        {f.claim for f in audit(claims, Options(select=("MNY",), profile=p, pandera=False)).findings
         if f.rule == "MNY-016"}
        for p in (None, wide)
    )  # fmt: skip
    found = measure(claims, Options(select=("MNY",)), Options(select=("MNY",), profile=wide))
    gone = {f.claim for fate, _, _, f in found.difference.each()
            if fate != "same" and f.rule == "MNY-016"}  # fmt: skip
    assert gone == before - after
    assert all(rule.added is None for rule in found.rules)


def test_another_severity_is_a_change_although_the_findings_are_the_same(place: Path) -> None:
    mild = profile(place, '[[severity]]\nrules = ["STR-006"]\nseverity = "info"\n')
    options = Options(select=("STR-006",))
    found = measure(
        [place / "thang" / "ho_so"], options, Options(select=("STR-006",), profile=mild)
    )
    (rule,) = found.rules
    assert (rule.added, rule.removed) == (None, None)
    assert rule.altered == len(found.base.findings) > 0


def test_a_price_list_without_a_facility_changes_what_its_rules_find(place: Path) -> None:
    now = place / "thang" / "danh_muc"
    later = shutil.copytree(now, place / "danh_muc_moi")
    lost = sorted(path for path in later.rglob("*") if path.is_file() and "nhan_luc" in path.name)
    lost[0].unlink()
    claims = place / "thang" / "ho_so"
    out = place / "tac_dong.json"
    done = run("rules", "impact", claims, "--base-catalogues", now, "--catalogues", later,
               "--select", "DOC", "--examples", "1", "--out", out)  # fmt: skip
    assert done.returncode == 0, told(done)
    assert "Sau khi đổi | Phát hiện" in told(done)
    said = json.loads(out.read_text(encoding="utf-8"))
    assert said["totals"]["new"]["findings"] == 0
    lines = done.stdout.decode().partition("Ví dụ:")[2].splitlines()
    examples = [line.split(" | ")[0] for line in lines if " | " in line]
    assert len(examples) == len(set(examples))


def test_a_change_must_be_named(place: Path) -> None:
    done = run("rules", "impact", place / "thang" / "ho_so")
    assert (done.returncode, "cần ít nhất một thay đổi" in told(done)) == (2, True)


def test_a_card_of_the_same_code_is_tried_in_place_of_the_projects(place: Path) -> None:
    milder = place / "thay_the" / "STR"
    milder.mkdir(parents=True)
    (old,) = data_dir("rules").glob("STR/STR-006_*.yaml")
    text = old.read_text(encoding="utf-8").replace("severity: error", "severity: warning")
    (milder / old.name).write_text(text, encoding="utf-8")
    claims = [place / "thang" / "ho_so"]
    base = Options(select=("STR-006",))
    with pytest.raises(CardError, match="đã dùng ở"):
        audit(claims, Options(select=("STR-006",), rules=(milder.parent,)))
    trial = Options(select=("STR-006",), rules=(milder.parent,), replacing=True)
    found = measure(claims, base, trial)
    (rule,) = found.rules
    assert rule.altered == len(found.base.findings) == len(found.changed.findings) > 0
    assert {f.severity for f in found.changed.findings} == {"warning"}


def test_a_parameter_is_tried_with_another_value(place: Path) -> None:
    claims = place / "thang" / "ho_so"
    done = run("rules", "impact", claims, "--select", "MNY", "--set", "SAI_SO_HO_SO=100000000")
    assert done.returncode == 0, told(done)
    assert "Thay đổi này bắt thêm 0 hồ sơ; không bắt nữa " in told(done)
    base, trial = (
        Options(select=("MNY-016",), values=values)
        for values in ((), (("SAI_SO_HO_SO", "100000000"),))
    )
    found = measure([claims], base, trial)
    assert len(found.base.findings) > 0
    assert len(found.changed.findings) == 0
    assert summary(found).count("0 hồ sơ") == 1


def test_a_set_is_tried_with_other_codes() -> None:
    options = Options(select=("BED",), values=(("NHOM_GIUONG", "99, 98"),))
    rules = with_values(load_rules(), options.values)
    assert set(rules.parameters["NHOM_GIUONG"].sets) == {frozenset({"98", "99"})}
    assert rules.hash != load_rules().hash


@pytest.mark.parametrize(
    ("value", "said"),
    [("LUONG_CO_S=1", "LUONG_CO_SO"), ("LUONG_CO_SO=nhiều", "phải là số"), ("LUONG", "--set viết")],
)
def test_a_parameter_that_cannot_be_is_refused(place: Path, value: str, said: str) -> None:
    done = run("rules", "impact", place / "thang" / "ho_so", "--set", value)
    assert (done.returncode, said in told(done)) == (2, True), told(done)
