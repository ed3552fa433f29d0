"""Rules across claims: the same findings however files are cut, and nobody linked by mistake."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from giamdinh.catalogues import Catalogues
from giamdinh.checks.nguoi_benh import persons
from giamdinh.pipeline import Options, audit
from giamdinh.rules.across import Memory, wanted
from giamdinh.rules.cards import load_rules
from giamdinh.rules.context import Batch, CheckContext
from giamdinh.rules.evaluate import Evaluator
from giamdinh.sample import generate
from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder

if TYPE_CHECKING:
    from pathlib import Path

ACROSS = tuple(rule.code for rule in load_rules().rules if rule.across)


pytestmark = pytest.mark.usefixtures("loaded_once")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month with errors across claims, and with one claim of a pair sent again unchanged."""
    top = tmp_path_factory.mktemp("thang")
    generate(top, seed=3, month="2026-09", facilities=4, claims=96, errors=True)
    first = next(path for path in sorted((top / "ho_so").iterdir()) if path.suffix == ".xml")
    shutil.copy(first, first.with_name("z_gui_lai.xml"))
    return top


def findings(top: Path, **options: Any) -> list[tuple[Any, ...]]:
    """What the rules find, with the claim that each finding names beside its own."""
    files = options.pop("files", None) or [top / "ho_so"]
    asked = Options(catalogues=top / "danh_muc", pandera=False, select=ACROSS, **options)
    result = audit(files, asked)
    prints = [result.findings.fingerprint(i) for i in range(len(result.findings))]
    return sorted(
        (f.rule, f.claim, f.table, f.row, f.field, f.amount, f.message, f.other_claim, mark)
        for f, mark in zip(result.findings, prints, strict=True)
    )


@pytest.fixture(scope="module")
def whole(month: Path) -> list[tuple[Any, ...]]:
    found = findings(month)
    assert len({row[0] for row in found}) >= 7
    assert all(row[7] for row in found if row[0].startswith("HIS-00") and row[0] != "HIS-004")
    return found


@pytest.mark.parametrize(("batch", "size"), [(7, 20_000), (50, 2**40)])
def test_batches_and_parts_change_nothing(
    month: Path, whole: list[tuple[Any, ...]], batch: int, size: int
) -> None:
    assert findings(month, batch_claims=batch, part_bytes=size) == whole


def test_two_processes_and_the_order_of_the_files_change_nothing(
    month: Path, whole: list[tuple[Any, ...]]
) -> None:
    files = sorted((month / "ho_so").iterdir())
    random.Random(4).shuffle(files)  # noqa: S311
    assert findings(month, files=files, jobs=2, part_bytes=40_000, batch_claims=9) == whole


def test_names_of_the_files_change_nothing(
    month: Path, whole: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    shutil.copytree(month, tmp_path / "khac")
    files = sorted((tmp_path / "khac" / "ho_so").glob("*.xml"))
    for i, path in enumerate(reversed(files)):
        path.rename(path.with_name(f"{i:04d}.xml"))
    assert findings(tmp_path / "khac") == whole


def test_findings_of_pairs_stand_among_those_of_their_claims(month: Path) -> None:
    asked = Options(catalogues=month / "danh_muc", pandera=False, select=("DOC", "TIM", "HIS"))
    owned = [(f.claim_seq, f.rule) for f in audit([month / "ho_so"], asked).findings]
    assert owned == sorted(owned)


BASE = {
    "MA_THE_BHYT": "GD4010000000001", "SO_CCCD": "", "NGAY_SINH": "198001010000", "GIOI_TINH": "2",
    "HO_TEN": "NGUYỄN THỊ MẪU", "NGAY_VAO": "202503100800", "NGAY_RA": "202503100900",
    "MA_CSKCB": "01001",
}  # fmt: skip


def claims(*changes: dict[str, str]) -> ClaimSet:
    builder = ClaimSetBuilder()
    for i, change in enumerate(changes):
        builder.add_claim("a.xml", i + 1, {"MACSKCB": "01001"}, {**BASE, "MA_LK": str(i), **change})
    return builder.build()


def linked(*changes: dict[str, str]) -> list[int]:
    """Persons of claims that differ from the usual one."""
    rules = load_rules()
    batch = claims(*changes)
    evaluator = Evaluator(batch, rules.parameters)
    rule = rules.by_code["HIS-001"]
    shared = Batch(batch, pandera=False)
    context = CheckContext(batch, rule, evaluator, Catalogues.from_tables({}), (), shared)
    return [int(person) for person in persons(context)]


@pytest.mark.parametrize(
    "other",
    [
        {"MA_THE_BHYT": "GD4010000000002"},
        {"NGAY_SINH": "202503090000"},
        {"GIOI_TINH": "1"},
        {"NGAY_SINH": ""},
        {"GIOI_TINH": ""},
        {"MA_THE_BHYT": "QN5970000000000"},
        {"MA_THE_BHYT": "0000"},
        {"MA_THE_BHYT": "", "SO_CCCD": "000000000000"},
    ],
)
def test_claims_that_may_be_of_two_persons_are_not_linked(other: dict[str, str]) -> None:
    first, second = linked({}, other)
    assert first != second


def test_nobody_is_linked_by_what_stands_for_no_number() -> None:
    assert linked({"MA_THE_BHYT": "QN5970000000000"}, {"MA_THE_BHYT": "QN5970000000000"}) == [
        -1,
        -1,
    ]
    assert linked({"MA_THE_BHYT": ""}, {"MA_THE_BHYT": ""}) == [-1, -1]


def test_a_card_given_with_two_identity_numbers_is_of_two_persons() -> None:
    one, two = {"SO_CCCD": "001080000001"}, {"SO_CCCD": "001080000002"}
    first, second, third, again = linked(one, two, {}, one)
    assert first == again
    assert len({first, second, third}) == 3


def test_twins_are_told_apart_by_their_names_and_adults_are_not() -> None:
    born = {"NGAY_SINH": "202503090000"}
    first, second = linked({**born, "HO_TEN": "CON 1 MẪU"}, {**born, "HO_TEN": "CON 2 MẪU"})
    assert first != second
    first, second = linked({"HO_TEN": "NGUYEN THI MAU"}, {})
    assert first == second


def test_a_person_is_known_by_the_identity_number_that_goes_with_the_card() -> None:
    identity = {"SO_CCCD": "001080000001"}
    first, second = linked(identity, {**identity, "MA_THE_BHYT": ""})
    assert first == second >= 0


def test_a_new_card_of_the_same_number_is_the_same_person() -> None:
    first, second = linked({}, {"MA_THE_BHYT": "HT2010000000001", "HO_TEN": "KHÁC"})
    assert first == second


def test_only_rows_that_a_rule_with_its_lists_looks_at_are_remembered() -> None:
    rules = [rule for rule in load_rules().rules if rule.code in {"BED-017", "EXM-005"}]
    builder = ClaimSetBuilder()
    for i in range(3):
        builder.add_claim("a.xml", i + 1, {"MACSKCB": "01001"}, {**BASE, "MA_LK": str(i)})
        for group in ("13", "15", "1"):
            builder.add_row("XML3", i, {"MA_LK": str(i), "STT": group, "MA_NHOM": group})
    batch = builder.build()
    kept = {}
    for has in (False, True):
        chosen = wanted(rules, lambda _, has=has: has)
        assert chosen is not None
        memory = Memory()
        memory.add(Evaluator(batch, load_rules().parameters), chosen)
        joined = memory.claims(without=[1])
        assert joined is not None
        lines = joined["XML3"]
        kept[has] = lines["STT"].values.tolist()
        assert lines["STT"].values.dtype == np.int64
        assert [joined["XML1"]["MA_LK"].text(i) for i in range(len(joined))] == ["0", "2"]
    assert kept == {False: [13, 13], True: [13, 15, 13, 15]}
