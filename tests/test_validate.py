"""Shape checks: each kind on its boundary, and both runners give the same result."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from giamdinh.tables.claimset import ClaimSet, ClaimSetBuilder
from giamdinh.tables.codelists import code_list
from giamdinh.tables.shapes import wrong_texts
from giamdinh.tables.specs import format_versions, table_specs
from giamdinh.tables.values import day_minutes, parse_number, parse_time
from giamdinh.validate import (
    KINDS,
    ShapeFailures,
    fields_checked,
    pandera_schema,
    row_versions,
    shape_failures,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.model import Field

DAY = date(2025, 3, 10)
Row = dict[str, str]


def good_value(spec: Field, day: date) -> str:
    """A value that fits a field."""
    size = min((n for _, n in spec.sizes if n), default=20)
    if spec.code_list:
        codes = code_list(spec.code_list).codes_on(day_minutes(day))
        return min(codes, key=lambda code: (len(code), code), default="1")
    if spec.kind in ("integer", "decimal"):
        return "1"
    if spec.kind == "date8":
        return f"{day:%Y%m%d}"
    if spec.kind == "datetime12":
        return f"{day:%Y%m%d}0800"
    return "A" * min(size, 5)


def good_row(table: str, day: date = DAY, **changes: str) -> Row:
    row = {spec.name: good_value(spec, day) for spec in table_specs()[table].fields}
    return row | changes


def claim(rows: Mapping[str, Row], day: date = DAY) -> ClaimSet:
    """One claim; `rows` says by table what differs from a good row."""
    builder = ClaimSetBuilder()
    envelope = good_row("HOSO", day, **rows.get("HOSO", {}))
    builder.add_claim("f.xml", 1, envelope, good_row("XML1", day, **rows.get("XML1", {})))
    for table, changes in rows.items():
        if table not in ("HOSO", "XML1"):
            builder.add_row(table, 0, good_row(table, day, **changes))
    return builder.build()


def flat(failures: ShapeFailures) -> dict[tuple[str, str, str], list[int]]:
    return {
        (table, kind, name): rows.tolist()
        for table, kinds in failures.tables.items()
        for kind, fields in kinds.items()
        for name, rows in fields
    }


def failures_of(claims: ClaimSet) -> set[tuple[str, str, str]]:
    return set(flat(shape_failures(claims, pandera=False)))


@pytest.mark.parametrize("day", [date(2023, 6, 1), date(2024, 8, 1), DAY, date(2026, 8, 1)])
def test_good_rows_of_all_tables_have_no_failure(day: date) -> None:
    assert not failures_of(claim({name: {} for name in table_specs()}, day))


@pytest.mark.parametrize(
    ("table", "name", "text", "kind"),
    [
        ("XML1", "HO_TEN", "", "thieu"),
        ("XML3", "MA_NHOM", "", "thieu"),
        ("HOSO", "NGAYLAP", "", "thieu"),
        ("XML1", "MA_BN", "x" * 101, "qua_dai"),
        ("XML2", "TYLE_TT_BH", "1000", "qua_dai"),
        ("XML2", "SO_LUONG", "1,5", "khong_phai_so"),
        ("XML2", "SO_LUONG", "1e3", "khong_phai_so"),
        ("XML1", "CAN_NANG_CON", "3000;nặng", "khong_phai_so"),
        ("XML1", "T_BHTT", "10.001", "thua_so_le"),
        ("XML2", "TYLE_TT_BH", "9.5", "thua_so_le"),
        ("XML1", "NAM_NAM_LIEN_TUC", "20250230", "sai_ngay"),
        ("XML1", "NAM_NAM_LIEN_TUC", "202501011200", "sai_ngay"),
        ("XML1", "GT_THE_DEN", "20251231;20259999", "sai_ngay"),
        ("XML2", "NGAY_YL", "202503102400", "sai_ngay_gio"),
        ("XML2", "NGAY_YL", "20250310", "sai_ngay_gio"),
        ("XML1", "NGAY_SINH", "200000000060", "sai_ngay_gio"),
        ("XML1", "GIOI_TINH", "4", "sai_danh_muc"),
        ("XML3", "MA_NHOM", "11", "sai_danh_muc"),
        ("XML1", "MA_LOAI_KCB", "11", "sai_danh_muc"),
        ("XML1", "LY_DO_VV", "sốt\x07cao", "ky_tu_dieu_khien"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_kind(table: str, name: str, text: str, kind: str) -> None:
    assert failures_of(claim({table: {name: text}})) == {(table, kind, name)}


@pytest.mark.parametrize(
    ("table", "name", "text"),
    [
        ("XML1", "MA_KHUVUC", ""),  # conditional
        ("XML1", "MA_NGHE_NGHIEP", ""),  # low confidence
        ("XML1", "MA_BN", "x" * 100),
        ("XML1", "HO_TEN", "Ế" * 255),  # characters, not bytes
        ("XML2", "MUC_HUONG", "100.0"),  # zeros after the point are no length
        ("XML2", "SO_LUONG", "1.50000"),
        ("XML2", "TYLE_TT_BH", "100.00"),
        ("XML1", "T_BHTT", "-10.50"),
        ("XML1", "CAN_NANG_CON", "3000;2500;"),
        ("XML1", "GT_THE_DEN", "20251231; 20261231"),
        ("XML1", "NGAY_SINH", "200000000000"),  # month and day not known
        ("XML1", "NGAY_MIEN_CCT", "20250101"),
        ("XML1", "NGAY_VAO", "202402292359"),
        ("XML1", "LY_DO_VV", "sốt\nho\tđau"),
    ],
)
def test_an_unusual_but_right_value_is_silent(table: str, name: str, text: str) -> None:
    assert not failures_of(claim({table: {name: text}}))


def test_size_and_fields_follow_the_version_of_the_claim() -> None:
    value = {"XML2": {"MUC_HUONG": "47.5"}}
    assert failures_of(claim(value)) == {("XML2", "qua_dai", "MUC_HUONG")}
    assert not failures_of(claim(value, date(2026, 7, 1)))
    unborn = {"XML2": {"NGAY_TH_YL": "hôm qua"}}
    assert not failures_of(claim(unborn, date(2023, 6, 1)))
    assert failures_of(claim(unborn)) == {("XML2", "sai_ngay_gio", "NGAY_TH_YL")}
    gone = {"XML13": {"TEN_THUOC": "\x07"}}
    assert not failures_of(claim(gone))
    assert failures_of(claim(gone, date(2024, 8, 1)))


@pytest.mark.parametrize(
    ("day", "code", "wrong"),
    [
        (date(2025, 12, 31), "1.9", False),
        (date(2026, 1, 1), "1.9", True),
        (date(2024, 12, 31), "1.13", True),
        (date(2025, 1, 1), "1.13", False),
    ],
)
def test_a_code_is_judged_by_the_list_of_its_day(day: date, code: str, *, wrong: bool) -> None:
    found = failures_of(claim({"XML1": {"MA_DOITUONG_KCB": code}}, day))
    assert found == ({("XML1", "sai_danh_muc", "MA_DOITUONG_KCB")} if wrong else set())


def test_a_day_before_any_list_accuses_nobody() -> None:
    codes = {"MA_LOAI_KCB": "77", "MA_DOITUONG_KCB": "777"}
    assert not failures_of(claim({"XML1": codes}, date(2023, 1, 20)))


def test_claims_of_two_versions_in_one_batch_keep_their_own_rules() -> None:
    builder = ClaimSetBuilder()
    for day in (DAY, date(2026, 8, 1), DAY):
        index = builder.add_claim("f", 1, good_row("HOSO", day), good_row("XML1", day))
        builder.add_row("XML2", index, good_row("XML2", day, MUC_HUONG="47.5"))
    claims = builder.build()
    codes = [format_versions()[i].code for i in row_versions(claims, "XML2").tolist()]
    assert codes == ["3176", "1931", "3176"]
    expected = {("XML2", "qua_dai", "MUC_HUONG"): [0, 2]}
    assert flat(shape_failures(claims, pandera=False)) == expected
    assert flat(shape_failures(claims, pandera=True)) == expected


def test_a_row_without_claim_is_judged_by_its_own_arrival() -> None:
    builder = ClaimSetBuilder()
    builder.add_claim("f", 1, good_row("HOSO"), good_row("XML1"))
    for day in (date(2026, 7, 31), date(2026, 8, 1)):
        builder.add_row("XML0", -1, good_row("XML0", day, MA_LOAI_KCB="11"))
    found = flat(shape_failures(builder.build(), pandera=False))
    assert found == {("XML0", "sai_danh_muc", "MA_LOAI_KCB"): [0]}


def test_an_empty_batch_has_no_failure() -> None:
    empty = ClaimSetBuilder().build()
    for pandera in (False, True):
        assert shape_failures(empty, pandera=pandera).tables == {}


def test_failures_of_an_unknown_table_are_empty() -> None:
    assert ShapeFailures().of("XML1", "thieu") == []


def test_the_direct_runner_needs_no_pandas() -> None:
    code = (
        "import sys; from giamdinh.tables.claimset import ClaimSetBuilder as B; "
        "from giamdinh.validate import shape_failures as s; b = B(); "
        "b.add_claim('f', 1, {}, {'MA_LK': '1'}); assert s(b.build(), pandera=False).tables; "
        "assert not {'pandas', 'pandera', 'pyarrow', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def frame_of(table: str, version: str, row: Row) -> pd.DataFrame:
    names = [name for name in pandera_schema(table, version).columns if name != "NGAY_XET"]
    columns = {name: pd.Categorical([row.get(name)]) for name in names}
    return pd.DataFrame({"NGAY_XET": [day_minutes(DAY)], **columns})


@pytest.mark.parametrize("version", [v.code for v in format_versions()])
@pytest.mark.parametrize("table", list(table_specs()))
def test_the_pandera_schema_has_every_field_and_every_check(table: str, version: str) -> None:
    schema = pandera_schema(table, version)
    in_force = {f.name for kind in KINDS for f in fields_checked(kind, table, version)}
    assert in_force <= set(schema.columns)
    assert {name for name in schema.columns if name != "NGAY_XET"} <= set(
        table_specs()[table].by_name
    )
    assert [check.name for check in schema.checks] == list(KINDS)


def test_the_pandera_schema_itself_refuses_what_is_wrong() -> None:
    schema = pandera_schema("XML1", "3176")
    row = good_row("XML1")
    schema.validate(frame_of("XML1", "3176", row), lazy=True)
    wrong = frame_of("XML1", "3176", row | {"T_BHTT": "1,5", "GIOI_TINH": "9"})
    with pytest.raises(SchemaErrors) as caught:
        schema.validate(wrong, lazy=True)
    assert {error.check.name for error in caught.value.schema_errors} == {
        "khong_phai_so", "sai_danh_muc"}  # fmt: skip
    with pytest.raises(SchemaErrors):
        schema.validate(frame_of("XML1", "3176", row).drop(columns="MA_LK"), lazy=True)
    with pytest.raises(SchemaErrors):
        schema.validate(frame_of("XML1", "3176", row).assign(LA="x"), lazy=True)


ODD = st.sampled_from(
    [
        "", "1", "0", "-1.50", "1.500", "1.501", "1,5", "1e3", "12345678901234567", "+1", ".5",
        "1.", "1;2", "1;x", ";", "20250310", "20250230", "202503102359", "202503102460",
        "20250310;20259999", "01", "11", "1.9", "3.1", "x" * 300, "Ế", "a\x07b", "1\n2", "\x85",
    ]
)  # fmt: skip


@st.composite
def batches(draw: st.DrawFn) -> ClaimSet:
    builder = ClaimSetBuilder()
    for _ in range(draw(st.integers(0, 3))):
        day = draw(st.sampled_from([date(2023, 6, 1), DAY, date(2025, 12, 31), date(2026, 8, 1)]))
        claim_row = good_row("XML1", day) | draw(odd_values("XML1"))
        index = builder.add_claim("f", 1, good_row("HOSO", day), claim_row)
        for table in ("XML2", "XML3", "XML9", "XML13"):
            for _ in range(draw(st.integers(0, 2))):
                builder.add_row(table, index, good_row(table, day) | draw(odd_values(table)))
    if draw(st.booleans()):
        builder.add_row("XML0", -1, good_row("XML0") | draw(odd_values("XML0")))
    return builder.build()


def odd_values(table: str) -> st.SearchStrategy[Row]:
    names = st.sampled_from([spec.name for spec in table_specs()[table].fields])
    return st.dictionaries(names, ODD, max_size=4)


@settings(max_examples=40, deadline=None)
@given(batches())
def test_both_runners_give_the_same_failures(claims: ClaimSet) -> None:
    direct = shape_failures(claims, pandera=False)
    assert flat(direct) == flat(shape_failures(claims, pandera=True))
    for kinds in direct.tables.values():
        assert list(kinds) == [kind for kind in KINDS if kind in kinds]


TYPED = [
    spec
    for table in ("XML1", "XML2", "XML13", "XML14")
    for spec in table_specs()[table].fields
    if spec.kind in ("integer", "decimal", "date8", "datetime12")
]
NUMBERISH = st.text("0123456789.-;x\n", max_size=20)
TIMEISH = st.text("0123456789", min_size=7, max_size=13) | st.datetimes(
    min_value=pd.Timestamp("1900-01-01").to_pydatetime()
).map(lambda t: f"{t:%Y%m%d%H%M}")
WRITTEN = (NUMBERISH | TIMEISH | ODD).map(str.strip).filter(bool)


def alone(kind: str, text: str, spec: Field) -> bool:
    """The slow definition: one text, part by part."""
    parts = [text]
    if spec.separator:
        parts = [part.strip() for part in text.split(spec.separator) if part.strip()]
    if kind in ("sai_ngay", "sai_ngay_gio"):
        return any(parse_time(part, spec) is None for part in parts)
    numbers = [part for part in parts if parse_number(part, spec.scale) is not None]
    if kind == "khong_phai_so":
        return len(numbers) < len(parts)
    return any((Decimal(part) * 10**spec.scale) % 1 != 0 for part in numbers)


@given(st.sampled_from(TYPED), st.lists(WRITTEN, unique=True))
def test_the_fast_tests_agree_with_looking_at_each_text(spec: Field, texts: list[str]) -> None:
    numeric = spec.kind in ("integer", "decimal")
    temporal = "sai_ngay" if spec.kind == "date8" else "sai_ngay_gio"
    for kind in ("khong_phai_so", "thua_so_le") if numeric else (temporal,):
        found = wrong_texts(kind, texts, spec, "3176").tolist()
        assert found == [alone(kind, text, spec) for text in texts]
