"""The file of a profile: what it may say, and what a person is told when it says it wrongly."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from giamdinh.errors import CardError, UsageError
from giamdinh.profiles.load import load_profile
from giamdinh.profiles.model import SECTIONS
from giamdinh.profiles.settings import settings
from giamdinh.profiles.words import entry_text
from giamdinh.rules.cards import load_rules
from giamdinh.rules.params import parameters
from giamdinh.tables.values import number_text
from tests.commands import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.profiles.model import Profile

RULES = load_rules()
HEAD = '[profile]\nname = "BV A"\nauthor = "Phòng KHTH"\ndate = 2026-11-20\n'
WHY = 'reason = "vì sao"\n'


def profile(folder: Path, text: str, head: str = HEAD) -> Profile:
    path = folder / "cau_hinh.toml"
    path.write_text(head + text, encoding="utf-8")
    return load_profile(path, RULES)


def faults(folder: Path, text: str, head: str = HEAD) -> list[str]:
    with pytest.raises(CardError) as caught:
        profile(folder, text, head)
    assert all(fault.startswith(f"{folder / 'cau_hinh.toml'}:") for fault in caught.value.problems)
    return [fault.split("cau_hinh.toml:")[1] for fault in caught.value.problems]


def test_a_whole_profile_is_read_in_its_order(tmp_path: Path) -> None:
    read = profile(
        tmp_path,
        f'[[ignore]]\nrules = ["CLN", "ICD-001"]\n{WHY}'
        f'[[select]]\nrules = "MNY"\nfacilities = ["01001"]\n{WHY}'
        f'[[severity]]\nrules = ["BED"]\nseverity = "info"\n{WHY}author = "Giám đốc"\n'
        f'[[parameter]]\nname = "SAI_SO_DONG"\nvalue = 100\n{WHY}'
        f'[[suppress]]\nrule = "MNY-001"\ncode = "40.1"\nexpires = "2026-12-31"\n{WHY}'
        f'[[suppress]]\nfingerprint = "4dffc87817275fb6"\nexpires = 2026-12-31\n{WHY}'
        f'[[release]]\nrules = ["CRD-003"]\n{WHY}',
    )
    assert [entry_text(entry) for entry in read.entries] == [
        "CLN, ICD-001",
        "MNY · tại cơ sở 01001",
        "BED · thành Thông tin",
        "SAI_SO_DONG = 100",
        "MNY-001 · mã 40.1",
        "mã đối chiếu 4dffc87817275fb6",
        "CRD-003",
    ]
    assert {entry.author for entry in read.entries} == {"Phòng KHTH", "Giám đốc"}
    assert (read.name, len(read.sha256)) == ("BV A", 64)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (f"[[ignore]]\n{WHY}", 5, "thiếu rules"),
        ('[[ignore]]\nrules = ["MNY"]\n', 5, "thiếu reason (vì sao)"),
        (f'[[ignore]]\nrules = ["XYZ"]\n{WHY}', 5, "không có quy tắc nào bắt đầu bằng 'XYZ'"),
        (f'[[ignore]]\nrules = ["MNY"]\nrule = "A"\n{WHY}', 5, "khóa lạ 'rule'"),
        (f'[[ignore]]\nrules = ["MNY"]\nfacilities = [1001]\n{WHY}', 5, "mã cơ sở 5 ký tự"),
        (f'[ignore]\nrules = ["MNY"]\n{WHY}', 5, "hai ngoặc vuông: [[ignore]]"),
        (f'[[tat]]\nrules = ["MNY"]\n{WHY}', 5, "không có mục 'tat'"),
        (f'[[severity]]\nrules = ["MNY"]\nseverity = "nhẹ"\n{WHY}', 5, "error, warning, info"),
        (f'[[parameter]]\nname = "LUONG_CO_SO"\nvalue = 1\n{WHY}', 5, "số của luật"),
        (f'[[parameter]]\nname = "SAI_SO"\nvalue = 1\n{WHY}', 5, "không có tham số 'SAI_SO'"),
        (f'[[parameter]]\nname = "SAI_SO_DONG"\nvalue = 5000\n{WHY}', 5, "từ 0 đến 1000"),
        (f'[[parameter]]\nname = "SAI_SO_DONG"\nvalue = "1,5"\n{WHY}', 5, "phải là số"),
        (f'[[parameter]]\nname = "SAI_SO_DONG"\nvalue = 1.5\n{WHY}', 5, "0 chữ số lẻ"),
        (f'[[suppress]]\nrule = "MNY-001"\nclaim = "A"\n{WHY}', 5, "thiếu expires"),
        (f'[[suppress]]\nrule = "MNY-001"\nexpires = 2026-12-31\n{WHY}', 5, "[[ignore]]"),
        (f'[[suppress]]\nclaim = "A"\nexpires = 2026-12-31\n{WHY}', 5, "cần rule"),
        (f'[[suppress]]\nrule = "MNY"\nclaim = "A"\nexpires = 2026-12-31\n{WHY}', 5, "'MNY'"),
        (f'[[suppress]]\nrule = "MNY-001"\nrow = "a"\nexpires = 2026-12-31\n{WHY}', 5, "STT"),
        (f'[[suppress]]\nfingerprint = "x"\nexpires = 2026-12-31\n{WHY}', 5, "16 ký tự"),
        (f'[[suppress]]\nrule = "MNY-001"\nclaim = "A"\nexpires = 2026-01-01\n{WHY}', 5, "trước"),
        ("[[ignore]\n", 5, "sai cú pháp TOML"),
        ("[[ignore]]\nrules = [01001]\n", 6, "sai cú pháp TOML"),
    ],
)
def test_a_wrong_profile_names_line_entry_and_what_to_write(
    tmp_path: Path, text: str, line: int, told: str
) -> None:
    (fault,) = faults(tmp_path, text)
    assert fault.startswith(f"{line}: ")
    assert told in fault


def test_every_fault_is_told_at_once_with_the_number_of_its_entry(tmp_path: Path) -> None:
    good = f'[[ignore]]\nrules = ["MNY"]\n{WHY}'
    found = faults(tmp_path, f'{good}[[ignore]]\nrules = ["XYZ"]\n', head="")
    assert [fault.split(": ")[1] for fault in found].count("[[ignore]] thứ 2") == 4
    assert [fault.split(": ")[0] for fault in found] == ["1", "1", "4", "4", "4", "4"]


def test_the_example_of_the_guide_is_a_whole_profile(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "cau_hinh.md").read_text(encoding="utf-8")
    text = guide.partition("```toml\n")[2].partition("```")[0]
    read = profile(tmp_path, text, head="")
    assert {entry.section for entry in read.entries} == {*SECTIONS}


def test_an_uncertain_rule_cannot_be_made_an_error(tmp_path: Path) -> None:
    unsure = next(rule.code for rule in RULES.rules if rule.confidence == "low")
    (fault,) = faults(tmp_path, f'[[severity]]\nrules = ["{unsure}"]\nseverity = "error"\n{WHY}')
    assert "chưa chắc chắn" in fault


def test_the_head_has_its_own_keys(tmp_path: Path) -> None:
    assert "[profile] chỉ gồm" in faults(tmp_path, "", head='[profile]\nten = "A"\n')[0]


def test_a_file_of_another_encoding_or_none_at_all_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cau_hinh.toml"
    with pytest.raises(UsageError, match="không đọc được tệp cấu hình"):
        load_profile(path, RULES)
    path.write_bytes("[profile]\nname = 'Ấ'".encode("utf-16"))
    with pytest.raises(CardError, match="UTF-8"):
        load_profile(path, RULES)
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_profile(path, RULES).entries == ()


def test_only_numbers_that_no_law_sets_can_be_changed() -> None:
    known = parameters()
    for name, (least, most) in settings().adjustable.items():
        parameter = known[name]
        assert not parameter.is_set
        for number in parameter.numbers.tolist():
            assert Decimal(least) <= Decimal(number_text(number, parameter.scale)) <= Decimal(most)
        words = ("không quy định", "sai số", "sàng lọc", "đối chiếu")
        assert all(any(word in text for word in words) for text in parameter.legal), name


def test_the_families_of_facilities_are_not_those_of_the_project() -> None:
    families = {rule.family for rule in RULES.rules}
    assert not families & set(settings().own_families)
