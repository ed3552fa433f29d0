from __future__ import annotations

import pytest

from giamdinh.rules.expr import Symbols, parse
from giamdinh.rules.nodes import ExpressionError
from giamdinh.rules.params import parameters
from giamdinh.tables.codelists import code_list_names
from giamdinh.tables.specs import table_specs

SYMBOLS = Symbols(table_specs(), parameters(), frozenset(code_list_names()))


def parsed(text: str, table: str = "XML3") -> object:
    return parse(text, table, "NGAY_RA", SYMBOLS)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("THANH_TIEN_BX > 1", "ý là 'THANH_TIEN_B"),
        ("XML1.NGAYRA > NGAY_YL", "NGAY_RA"),
        ("XML2.SO_LUONG > 1", "chỉ gọi được XML1"),
        ("MA_NHOM < 3", "không so sánh được"),
        ('MA_NHOM > "3"', "chỉ so sánh == và !="),
        ("THANH_TIEN_BV / 3", "ratio(a, b, c)"),
        ("NGAY_KQ - NGAY_YL > 3", "minutes(a, b)"),
        ('__import__("os").system("x")', "không viết được"),
        ("open('x')", "không có hàm 'open'"),
        ("lambda: 1", "không viết được"),
        ("[1, 2]", "không viết được"),
        ("MA_NHOM.upper()", "không viết được"),
        ("abs()", "sai số tham số"),
        ("sum(XML9X, SO_LUONG)", "không phải tên bảng"),
        ('MA_NHOM in list("khong_co")', "không có danh mục"),
        ('lookup("ma_nhom", MA_NHOM, "gia")', "không có thuộc tính"),
        ('matches(MA_NHOM, "[")', "biểu thức chính quy sai"),
        ("SO_LUONG > (1", "sai cú pháp"),
        ("1 if SO_LUONG > 1 else MA_NHOM", "cùng loại"),
        ("SO_LUONG and DON_GIA_BV", "cần điều kiện"),
        ("(" * 400 + "1" + ")" * 400, "sai cú pháp"),
        ("SO_LUONG > 1 or " * 200 + "SO_LUONG > 1", "dài hơn"),
    ],
)
def test_a_fault_says_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(ExpressionError, match=advice.replace("(", r"\(").replace(")", r"\)")):
        parsed(text)


def test_equal_parts_are_equal_nodes_so_that_they_are_computed_once() -> None:
    one = parsed("sum(XML2, THANH_TIEN_BV) > 1", "XML1")
    two = parsed("sum(XML2,THANH_TIEN_BV) > 1", "XML1")
    assert one == two
    assert hash(one) == hash(two)


def test_a_backslash_is_written_once() -> None:
    node = parse(r'matches(MA_DICH_VU, "[0-9]\.[0-9]")', "XML3", "NGAY_RA", SYMBOLS)
    assert node.value == ("matches", r"[0-9]\.[0-9]")
