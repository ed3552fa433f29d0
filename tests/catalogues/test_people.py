from __future__ import annotations

import numpy as np
import pytest

from giamdinh.catalogues import IN_FORCE, Catalogues, Coded
from giamdinh.catalogues.people import mentions, practitioners, staff_index, staff_keys


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("0000001/HNO-GPHN", ["0000001/HNO-GPHN"]),
        (" 0000001 / hno-gphn ;; 0000002/HNO-GPHN ;", ["0000001/HNO-GPHN", "0000002/HNO-GPHN"]),
        ("0000001/HNO-GPHN(0000002/HNO-GPHN;0000003/HNO-GPHN)", ["0000001/HNO-GPHN"]),
        ("0000001/HNO-GPHN(0000002/HNO-GPHN", ["0000001/HNO-GPHN"]),
        ("0000001/HNO-GPHN.TX.79001", ["0000001/HNO-GPHN"]),
        ("01/HNO-GPHN.HD.79001;02/HNO-GPHN.CG.79A15", ["01/HNO-GPHN", "02/HNO-GPHN"]),
        ("0000001/HNO-GPHN.C.79001", ["0000001/HNO-GPHN"]),
        ("0000001/HNO-GPHN.001000000001", ["0000001/HNO-GPHN"]),
        ("(0000001/HNO-GPHN)", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_field_names_each_person_once_without_helpers_and_suffixes(
    text: str, codes: list[str]
) -> None:
    assert [person.code for person in practitioners(text)] == codes


def test_a_suffix_says_which_facility_the_person_belongs_to() -> None:
    assert [p.away for p in practitioners("A.TX.79001;B")] == ["79001", ""]


def test_plain_numbers_compare_without_leading_zeros() -> None:
    assert staff_keys("001000000001") == staff_keys("1000000001")
    assert staff_keys("0000001/HNO-GPHN") == ["0000001/HNO-GPHN"]


def test_mentions_keep_the_row_of_each_person() -> None:
    column = Coded(np.array([1, -1, 0, 1], np.int32), ["A", "B;C.TX.79001"])
    people = mentions(column)
    assert people.rows.tolist() == [0, 0, 2, 3, 3]
    assert [people.code.texts[c] for c in people.code.codes] == ["B", "C", "A", "B", "C"]
    assert people.away.tolist() == [False, True, False, False, True]
    kept = people.take(people.away)
    assert kept.rows.tolist() == [0, 3]


def test_nobody_is_mentioned_in_an_empty_column() -> None:
    assert mentions(Coded(np.full(3, -1, np.int32), [])).rows.size == 0


@pytest.mark.parametrize("code", ["0000001/HNO-GPHN", "00009/HN-CCHN", "1000000001", "123456789"])
def test_staff_are_found_by_any_of_their_numbers(code: str) -> None:
    row = {
        "HO_TEN": "NGƯỜI MẪU",
        "MACCHN": "0000001/HNO-GPHN; 00009/hn-cchn",
        "SO_DINH_DANH": "001000000001",
        "MA_BHXH": "0123456789",
        "MA_CSKCB": "01001",
    }
    staff = Catalogues.from_tables({"nhan_luc": [row]}).table("nhan_luc")
    assert staff is not None
    one = np.zeros(1, np.int32)
    states = staff_index(staff).states(
        Coded(one, ["01001"]), Coded(one, [code]), np.zeros(1, np.int64)
    )
    assert states.tolist() == [IN_FORCE]
    assert staff_index(staff) is staff_index(staff)
