from __future__ import annotations

import pickle
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from giamdinh.findings import EXPORTED, Finding, Findings
from giamdinh.masking import HIDDEN, is_personal, mask, mask_cards
from giamdinh.money import by_department, by_facility, by_practitioner, by_rule, money
from giamdinh.textcolumns import Messages, Picked, Texts, Worded

if TYPE_CHECKING:
    import random

CAP = 1_000


def collected(rows: list[Finding]) -> Findings:
    findings = Findings()
    for row in rows:
        findings.append(row)
    return findings


@st.composite
def random_findings(draw: st.DrawFn) -> list[Finding]:
    """Few claims, lines and rules, so that findings meet on the same line."""
    caps = draw(st.lists(st.integers(0, CAP), min_size=1, max_size=3))
    one = st.builds(
        lambda claim, **columns: Finding(
            claim_seq=claim, claim=f"HS{claim}", claim_cap=caps[claim], **columns
        ),
        claim=st.integers(0, len(caps) - 1),
        rule=st.sampled_from(["MNY-001", "TIM-001", "STF-001"]),
        severity=st.sampled_from(["error", "warning", "info"]),
        facility=st.sampled_from(["01001", "01002"]),
        table=st.sampled_from(["XML1", "XML2", "XML3", "XML4"]),
        line_seq=st.integers(-1, 2),
        amount=st.integers(0, 2 * CAP),
        value=st.sampled_from(["", "1", "2"]),
        practitioner=st.sampled_from(["", "CC1", "CC2"]),
        department=st.sampled_from(["", "K01"]),
    )
    return draw(st.lists(one, max_size=25))


def counted_by_hand(rows: list[Finding], severities: set[str]) -> int:
    """The money of `rows` one finding at a time."""
    total = 0
    for claim in {row.claim_seq for row in rows}:
        lines: dict[tuple[str, int], int] = defaultdict(int)
        whole = cap = 0
        for row in rows:
            if row.claim_seq != claim:
                continue
            cap = row.claim_cap
            if row.severity not in severities:
                continue
            if row.table in ("XML2", "XML3") and row.line_seq >= 0:
                key = (row.table, row.line_seq)
                lines[key] = max(lines[key], row.amount)
            else:
                whole = max(whole, row.amount)
        total += min(cap, max(sum(lines.values()), whole))
    return total


@given(random_findings())
def test_money_equals_a_count_by_hand_and_stays_within_t_bhtt(rows: list[Finding]) -> None:
    total = money(collected(rows))
    assert total.error == counted_by_hand(rows, {"error"})
    assert total.error + total.warning == counted_by_hand(rows, {"error", "warning"})
    caps = {row.claim_seq: row.claim_cap for row in rows}
    assert 0 <= total.error <= total.error + total.warning <= sum(caps.values())
    for claim, cap in caps.items():
        alone = money(collected([row for row in rows if row.claim_seq == claim]))
        assert alone.error + alone.warning <= cap


@given(random_findings(), st.randoms())
def test_money_does_not_depend_on_order_and_repeats_count_once(
    rows: list[Finding], draw: random.Random
) -> None:
    mixed = rows * 2
    draw.shuffle(mixed)
    assert money(collected(mixed)) == money(collected(rows))


@given(random_findings())
def test_groups_count_every_finding_once_and_their_money_like_a_run_of_their_own(
    rows: list[Finding],
) -> None:
    findings = collected(rows)
    for make, key in (
        (by_rule, lambda f: (f.rule,)),
        (by_facility, lambda f: (f.facility,)),
        (by_department, lambda f: (f.facility, f.department)),
        (by_practitioner, lambda f: (f.facility, f.department, f.practitioner)),
    ):
        groups = make(findings)
        assert sum(group.findings for group in groups) == len(rows)
        for group in groups:
            own = [row for row in rows if key(row) == group.key]
            assert group.findings == len(own)
            assert group.errors == sum(row.severity == "error" for row in own)
            assert group.warnings == sum(row.severity == "warning" for row in own)
            assert group.claims == len({row.claim_seq for row in own})
            assert group.money == money(collected(own))
        assert groups == sorted(groups, key=lambda g: (-g.money.error, -g.money.warning))


def test_a_line_hit_twice_counts_once_and_a_claim_finding_is_not_added() -> None:
    line: dict[str, Any] = {"table": "XML3", "line_seq": 4, "claim_cap": 100_00}
    rows = [
        Finding("MNY-001", amount=20_00, **line),
        Finding("PRC-001", amount=30_00, **line),
        Finding("MNY-001", amount=10_00, **{**line, "line_seq": 5}),
        Finding("BEN-001", table="XML1", amount=25_00, claim_cap=100_00),
        Finding("STF-001", severity="warning", amount=35_00, **line),
    ]
    total = money(collected(rows))
    assert total.error == 40_00
    assert total.warning == 5_00


def test_findings_come_back_as_they_were_added() -> None:
    rows = [Finding("MNY-001", message="Lệch «1»"), Finding("TIM-001", amount=-5, other_row=3)]
    findings = collected(rows)
    assert list(findings) == rows
    assert findings[1].other_row == 3


def test_rows_can_be_added_by_column_with_one_value_for_all() -> None:
    findings = Findings()
    findings.add_rows(2, {"rule": "MNY-001", "claim": ["A", "B"], "amount": [1, 2], "row": 7})
    assert [(f.rule, f.claim, f.amount, f.row, f.status) for f in findings] == [
        ("MNY-001", "A", 1, 7, "mới"),
        ("MNY-001", "B", 2, 7, "mới"),
    ]
    with pytest.raises(ValueError, match="không có cột 'khong_co'"):
        findings.add_rows(1, {"khong_co": "x"})
    with pytest.raises(ValueError, match="cột 'claim' có 1 giá trị, cần 2"):
        findings.add_rows(2, {"claim": ["A"]})
    assert len(findings) == 2


WORDS = st.sampled_from(["", "a", "{}", "{0}", "ế", "x\x1fy", "\x1f", "dài hơn"])


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=8), WORDS, st.randoms())
def test_worded_messages_read_as_if_each_had_been_written(
    pairs: list[tuple[str, str]], alone: str, chance: random.Random
) -> None:
    places = [[a for a, _ in pairs], [b for _, b in pairs]]
    messages, other = Messages(), Messages()
    messages.extend(Worded("{{Giá}} {} khác {}.", places, len(pairs)))
    messages.append(alone)
    other.fill(alone, 2)
    other.extend(Worded("Chỉ {}", places[:1], len(pairs)))
    messages.join(other)
    texts = [f"{{Giá}} {a} khác {b}." for a, b in pairs]
    texts += [alone, alone, alone, *(f"Chỉ {a}" for a, _ in pairs)]
    assert [messages[row] for row in range(len(messages))] == texts
    rows = [chance.randrange(len(texts)) for _ in texts]
    taken = messages.take(np.array(rows, np.int64))
    assert [taken[i] for i in range(len(rows))] == [texts[row] for row in rows]
    written = messages.arrow(slice(1, len(texts))).to_pylist()
    assert written == [text or None for text in texts[1:]]


@given(st.lists(st.integers(-1, 3), max_size=12))
def test_picked_texts_read_as_if_each_had_been_written(codes: list[int]) -> None:
    texts = ["a", "", "a", "b"]
    column = Texts()
    column.append("b")
    column.extend(Picked(np.array(codes, np.int32), texts))
    expected = ["b", *(texts[code] if code >= 0 else "" for code in codes)]
    assert [column[row] for row in range(len(column))] == expected
    assert len(set(column.texts)) == len(column.texts)


@given(random_findings(), random_findings())
def test_extend_and_keep_act_like_lists(first: list[Finding], second: list[Finding]) -> None:
    findings = collected(first)
    findings.extend(collected(second))
    assert list(findings) == first + second
    wanted = [row.severity == "error" for row in first + second]
    assert list(findings.keep(wanted)) == [f for f in first + second if f.severity == "error"]


def test_kept_findings_forget_the_texts_of_the_others() -> None:
    findings = collected([Finding("A-1", name="Ẩn Danh"), Finding("A-2", name="Còn Lại")])
    kept = findings.keep([False, True])
    assert kept.texts("name").texts == ["Còn Lại"]
    assert b"Danh" not in pickle.dumps(kept)


def test_fingerprints_are_stable_unique_and_independent_of_other_claims() -> None:
    twice = Finding("MNY-001", facility="01001", claim="A", table="XML3", row=1, field="T_BHTT")
    other = twice._replace(claim="B", claim_seq=1)
    alone = collected([twice, twice])
    mixed = collected([other, twice, other, twice])
    assert mixed.fingerprint(1) == alone.fingerprint(0)
    assert mixed.fingerprint(3) == alone.fingerprint(1)
    prints = {mixed.fingerprint(row) for row in range(4)}
    assert len(prints) == 4
    assert all(len(text) == 16 and int(text, 16) >= 0 for text in prints)
    assert mixed.keep([False, True, True, True]).fingerprint(2) == alone.fingerprint(1)
    assert mask(mixed).fingerprint(3) == alone.fingerprint(1)


def test_a_fingerprint_does_not_change_between_versions() -> None:
    finding = Finding("MNY-001", facility="01001", claim="A", table="XML3", row=1, field="T_BHTT")
    assert collected([finding]).fingerprint(0) == "4dffc87817275fb6"


def test_findings_survive_a_process_boundary() -> None:
    findings = collected([Finding("MNY-001", message="Lệch", claim="A"), Finding("TIM-001")])
    copy = pickle.loads(pickle.dumps(findings))  # noqa: S301 - our own bytes
    assert list(copy) == list(findings)
    assert copy.fingerprint(0) == findings.fingerprint(0)


def test_arrow_has_the_agreed_columns_decimal_amounts_and_nulls() -> None:
    rows = [
        Finding("MNY-001", amount=-12_345, message="Lệch", row=3, table="XML3"),
        Finding("TIM-001", amount=90_000_000_000_000_00, value="x"),
    ]
    table = collected(rows).to_arrow()
    table.validate(full=True)
    assert table.column_names == list(EXPORTED)
    assert table.schema.field("amount").type == pa.decimal128(18, 2)
    assert table.schema.field("rule").type == pa.dictionary(pa.int32(), pa.string())
    assert table.schema.field("row").type == pa.int64()
    assert table["amount"].to_pylist() == [Decimal("-123.45"), Decimal("90000000000000.00")]
    assert table["row"].to_pylist() == [3, None]
    assert table["value"].to_pylist() == [None, "x"]
    assert table["table"].to_pylist() == ["XML3", None]
    assert table["message"].to_pylist() == ["Lệch", None]
    assert Findings().to_arrow().num_rows == 0


@settings(deadline=None)  # the first one loads pyarrow's conversions
@given(random_findings())
def test_arrow_holds_the_same_texts_in_any_batch_size(rows: list[Finding]) -> None:
    findings = collected(rows)
    table = pa.Table.from_batches(list(findings.batches(3)), schema=findings.to_arrow().schema)
    assert table.to_pylist() == findings.to_arrow().to_pylist()
    assert table["practitioner"].to_pylist() == [row.practitioner or None for row in rows]


def test_by_money_is_a_stable_order_from_large_to_small() -> None:
    rows = [
        Finding("B-1", severity="warning", amount=5, claim="A"),
        Finding("A-1", severity="error", amount=5, claim="B"),
        Finding("A-1", severity="info", amount=9),
        Finding("A-1", severity="error", amount=5, claim="A"),
    ]
    order = collected(rows).by_money().tolist()
    assert order == [2, 3, 1, 0]


def test_masking_leaves_no_trace_of_the_patient() -> None:
    secret = Finding(
        "CRD-001", facility="01001", claim="HS1", table="XML1", field="NGAY_SINH",
        value="199001310000", expected="19900201", patient="BN778899", name="Nguyễn Văn Dấu",
        card="DN4797912345678;HS4010198765432", file="xuat_DN4797912345678_BN778899.xml",
        message="Người bệnh Nguyễn Văn Dấu, thẻ HS4010198765432, sinh 31/01/1990 (199001310000).",
    )  # fmt: skip
    plain = Finding("MNY-001", field="T_BHTT", value="15002", message="15002 khác 15000", name="An")
    masked = mask(collected([secret, plain]))
    shown = masked[0]
    text = " ".join(map(str, masked[0]))
    for marker in ("Nguyễn", "Dấu", "4797912345678", "0198765432", "778899", "1990"):
        assert marker not in text
        assert marker.encode() not in pickle.dumps(masked)
    assert shown.card == "DN4**********78;HS4**********32"
    assert (shown.claim, shown.facility, shown.value) == ("HS1", "01001", HIDDEN)
    assert (masked[1].value, masked[1].message) == ("15002", "15002 khác 15000")


def test_short_secrets_hide_only_whole_words() -> None:
    finding = Finding("A-1", name="An", message="An và Anh khác bàn", field="T_BHTT")
    assert mask(collected([finding]))[0].message == f"{HIDDEN} và Anh khác bàn"


def test_cards_keep_their_head_and_tail_only() -> None:
    assert mask_cards("DN4010123456789") == "DN4**********89"
    assert mask_cards("DN401") == HIDDEN
    assert mask_cards("") == ""


def test_personal_fields_are_those_of_the_table_specifications() -> None:
    assert is_personal("HO_TEN")
    assert is_personal("GT_THE_TU; MA_THE_BHYT")
    assert not is_personal("T_BHTT")
    assert not is_personal("")


def test_findings_and_money_need_neither_pandas_nor_pyarrow() -> None:
    code = (
        "import sys; from giamdinh.findings import Finding, Findings\n"
        "from giamdinh.masking import mask; from giamdinh.money import money\n"
        "f = Findings(); f.append(Finding('A-1')); money(mask(f)); f.fingerprint(0)\n"
        "print(sorted({'pandas', 'pyarrow', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
