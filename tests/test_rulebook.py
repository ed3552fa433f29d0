"""Rules for readers: the pages of the rule book, search by words, and a new card to fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from giamdinh.errors import CardError, UsageError
from giamdinh.report import rule_pages
from giamdinh.report.rulebook import search
from giamdinh.rules.cards import load_rules
from giamdinh.rules.examples import run_example
from giamdinh.rules.skeleton import new_card
from giamdinh.text import bare
from tests.commands import ROOT, run, told

if TYPE_CHECKING:
    from pathlib import Path

RULES = load_rules()
PAGES = rule_pages.pages(RULES)
BOOK = ROOT / "docs" / "rules"
REFRESH = "chạy: giamdinh rules book docs/rules"


def test_the_rule_book_is_fresh() -> None:
    assert {path.name for path in BOOK.glob("*.md")} == set(PAGES), REFRESH
    stale = [n for n, text in PAGES.items() if (BOOK / n).read_text(encoding="utf-8") != text]
    assert stale == [], REFRESH


def test_every_rule_has_its_place_with_law_dates_logic_examples_and_repair() -> None:
    for rule in RULES.rules:
        page = PAGES[f"{rule.family}.md"]
        own = page[page.index(f"\n## {rule.code}\n") :].split("\n## ")[1]
        for text in (rule.title, rule.fix, f"theo {rule.by}", "**Vi phạm khi", "Bắt: "):
            assert text in own, rule.code
        assert all(str(text) in own for text in rule.legal), rule.code
        assert all(example["name"] in own for example in rule.examples), rule.code
        assert f"[{rule.code}]({rule.family}.md#{rule.code.lower()})" in PAGES["README.md"]


def test_dated_numbers_stand_beside_the_rule_that_uses_them() -> None:
    rule = next(rule for rule in RULES.rules if "LUONG_CO_SO" in rule.parameters)
    assert "2.340.000 từ 01/07/2024" in PAGES[f"{rule.family}.md"]


def test_writing_the_book_removes_generated_pages_only(tmp_path: Path) -> None:
    (tmp_path / "CU.md").write_text(f"# CU\n\n{rule_pages.MARK}\n", encoding="utf-8")
    (tmp_path / "cua_toi.md").write_text("# Của tôi\n", encoding="utf-8")
    done = run("rules", "book", tmp_path)
    assert done.returncode == 0, told(done)
    assert {path.name for path in tmp_path.iterdir()} == {*PAGES, "cua_toi.md"}
    assert (tmp_path / "MNY.md").read_text(encoding="utf-8") == PAGES["MNY.md"]


def test_search_needs_no_diacritics_and_puts_titles_first() -> None:
    found = search(RULES.rules, ["ngay giuong"])
    assert found == search(RULES.rules, ["NGÀY", "Giường"])
    inside = [all(w in bare(rule.title) for w in ("ngay", "giuong")) for rule in found]
    assert len(found) > 3
    assert inside == sorted(inside, reverse=True)
    assert "TIM-001" in {rule.code for rule in search(RULES.rules, ["tim-001"])}
    assert search(RULES.rules, ["ngay", "xyzxyz"]) == []


def test_the_search_command_prints_a_line_per_rule() -> None:
    done = run("rules", "search", "muc huong", "luong co so")
    assert done.returncode == 0
    assert all(re.match(r"[A-Z]+-\d{3} ", line) for line in done.stdout.decode().splitlines())
    done = run("rules", "search", "xyzxyz")
    assert (done.returncode, "không quy tắc nào" in told(done)) == (1, True)


FILLED = {
    "title_en:": "title_en: Drug line of 2 million VND or more",
    "  - {text: , at: }": '  - {text: "Quy trình nội bộ", at: "Mục 4"}',
    "when:": "when: THANH_TIEN_BH >= 2000000",
    "message:": 'message: "Thành tiền {THANH_TIEN_BH} đồng."',
    "fix:": 'fix: "Đối chiếu đơn thuốc."',
    "  - name:": "  - name: từ 2 triệu thì bắt",
    "      A     | 1   |               |": "      A     | 1   | 2000000       | 5",
    "      A     | 2   |               |": "      A     | 2   | 1999999       | 5",
}


def test_a_new_card_passes_once_it_is_filled_in(tmp_path: Path) -> None:
    done = run("rules", "new", "NBO-001", "Dòng thuốc từ 2 triệu đồng", "--to", tmp_path)
    assert done.returncode == 0, told(done)
    (path,) = tmp_path.rglob("*.yaml")
    assert path.relative_to(tmp_path).as_posix() == "NBO/NBO-001_dong_thuoc_tu_2_trieu_dong.yaml"
    with pytest.raises(CardError, match="thẻ thiếu khóa 'title_en'"):
        load_rules([tmp_path])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert set(FILLED) <= set(lines)
    assert all(line == line.rstrip() for line in lines)
    path.write_text("\n".join(FILLED.get(line, line) for line in lines), encoding="utf-8")
    rules = load_rules([tmp_path])
    rule = rules.by_code["NBO-001"]
    assert rule.title == "Dòng thuốc từ 2 triệu đồng"
    assert [run_example(rules, rule, example).faults for example in rule.examples] == [()]


@pytest.mark.parametrize(
    ("code", "told_so"),
    [
        ("NBO-1", "phải có dạng NBO-001"),
        ("nbo-001", "phải có dạng NBO-001"),
        ("QQQ-001", "không có họ quy tắc 'QQQ'; các họ: "),
        ("MNY-001", "mã MNY-001 đã dùng; mã còn trống: MNY-"),
        ("NBO-007", "mã NBO-007 đã dùng; mã còn trống: NBO-001"),
    ],
)
def test_codes_that_cannot_be_used_are_refused(tmp_path: Path, code: str, told_so: str) -> None:
    (tmp_path / "NBO").mkdir()
    (tmp_path / "NBO" / "NBO-007_cu.yaml").write_text("", encoding="utf-8")
    families = {rule.family for rule in RULES.rules}
    with pytest.raises(UsageError, match=re.escape(told_so)):
        new_card(tmp_path, code, "", families, RULES.by_code)


def test_a_facilitys_own_family_may_be_used_again(tmp_path: Path) -> None:
    (tmp_path / "KHTH").mkdir()
    path = new_card(tmp_path, "KHTH-002", "", set(), RULES.by_code)
    assert path.name == "KHTH-002_dat_ten_khong_dau.yaml"
    assert "\ntitle:\n" in path.read_text(encoding="utf-8")
