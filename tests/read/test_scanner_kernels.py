"""Pieces of the scanner against what Python itself says."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numba import njit

from giamdinh.model import Field
from giamdinh.read.payload import _from_base64
from giamdinh.read.refused import RefusedError
from giamdinh.read.scanner import base64 as kernels
from giamdinh.read.scanner.codes import _trimmed
from giamdinh.read.scanner.columns import _fields
from giamdinh.read.scanner.layout import tables
from giamdinh.read.scanner.marks import plain
from giamdinh.read.scanner.numbers import NUMBER, TIME, parse
from giamdinh.tables import values

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=400)
START = 64


@njit
def _decode(a: Any, p: int, to: int) -> tuple[int, int]:
    return kernels.decode(a, p, to)


@njit
def _parse(a: Any, p: int, n: int, field: Any) -> tuple[int, bool]:
    return parse(a, p, n, field)


@njit
def _trim(a: Any, p: int, n: int) -> tuple[int, int]:
    return _trimmed(a, p, n)


@njit
def _plain(a: Any, p: int) -> int:
    return plain(a, p)


def buffer(data: bytes, room: int = 0) -> Any:
    """`data` from `START` on, in front of the byte that ends it and of `room` more."""
    array = np.full(START + len(data) + room + 256, 0xFF, np.uint8)
    array[START : START + len(data)] = np.frombuffer(data, np.uint8)
    return array


def decoded(data: bytes) -> bytes | None:
    """What the kernel makes of a whole text, None when it refuses."""
    array = buffer(data, len(data))
    to = START + len(data) + 64
    stop, end = _decode(array, START, to)
    return array[to:end].tobytes() if stop == START + len(data) and end else None


def expected(data: bytes) -> bytes | None:
    try:
        return _from_base64(data.decode("latin-1"))
    except RefusedError:
        return None


@RELAXED
@given(st.binary(max_size=400), st.integers(1, 90), st.sampled_from(["\n", "\r\n", " \t", ""]))
def test_base64_comes_back(data: bytes, width: int, gap: str) -> None:
    text = base64.b64encode(data).decode()
    lines = gap.join(text[i : i + width] for i in range(0, len(text), width))
    assert decoded(lines.encode()) == data


@RELAXED
@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=3), st.integers(0, 3))
@example(b"abc", 4, b"=", 0)
@example(b"a", 0, b"", 0)
def test_damaged_base64_is_refused_as_strictly(
    data: bytes, at: int, change: bytes, gone: int
) -> None:
    text = bytearray(base64.b64encode(data))
    at %= len(text) + 1
    text[at : at + gone] = change
    whole = bytes(text)
    assert decoded(whole) == expected(whole)


@pytest.mark.parametrize(
    "text", ["", "=", "====", "A", "AA", "AAA", "AA=", "AA==A", "AA=\n=", "AAA=\n"]
)
def test_edges_of_base64(text: str) -> None:
    assert decoded(text.encode()) == expected(text.encode())
    with_more = b"QUJD" * 40 + text.encode()
    assert decoded(with_more) == expected(with_more)
    assert binascii.a2b_base64(b"QUJD" * 40) == (decoded(b"QUJD" * 40) or b"")


KINDS = [
    *(Field("X", "decimal", "", scale=scale) for scale in (0, 1, 2, 3)),
    *(Field("X", "datetime12", "", widths=w) for w in ((8,), (12,), (8, 12))),
    *(Field("X", "datetime12", "", widths=w, partial=True) for w in ((8,), (12,), (8, 12))),
]  # fmt: skip


def coded(field: Field) -> Any:
    widths = sum(1 << width for width in field.widths)
    return np.array(
        [NUMBER if field.numeric else TIME, field.scale, widths, field.partial], np.int64
    )


NUMBERS = st.from_regex(r"-?[0-9]{0,17}(\.[0-9]{0,20})?[ x]?", fullmatch=True)
TIMES = st.builds(
    "{:04d}{:02d}{:02d}{}".format,
    st.integers(0, 9999) | st.sampled_from([1900, 2000, 2024, 2025, 1969, 1970]),
    st.integers(0, 13),
    st.integers(0, 32) | st.integers(27, 31),
    st.sampled_from(["", "0000", "2359", "2400", "0060", "1", "12x4", "123456"]),
)


@settings(RELAXED, max_examples=1500)
@given(NUMBERS | TIMES | st.text(max_size=14), st.sampled_from(KINDS))
@example("999999999999999.9995", KINDS[3])
@example("-0.005", KINDS[2])
@example("20240229", KINDS[4])
@example("19000000", KINDS[7])
def test_numbers_and_times_are_those_of_the_specification(text: str, field: Field) -> None:
    data = text.encode()
    number, valid = _parse(buffer(data), START, len(data), coded(field))
    assert (number if valid else None) == values.parse(text, field)


@pytest.mark.parametrize("text", ["4611686018427387904", "461168601842738.7903", "999999999999999"])
@pytest.mark.parametrize("scale", [0, 3, 4, 5])
def test_numbers_stop_at_the_same_size(text: str, scale: int) -> None:
    field = replace(KINDS[0], scale=scale)
    number, valid = _parse(buffer(text.encode()), START, len(text), coded(field))
    assert (number if valid else None) == values.parse(text, field)


BLANKS = st.text(
    st.sampled_from("\t\n\r \x85\xa0\u1680\u2000\u200a\u200b\u2028\u2029\u202f\u205f\u3000"),
    max_size=4,
)


@RELAXED
@given(BLANKS, st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=5), BLANKS)
def test_texts_are_trimmed_as_python_does(before: str, text: str, after: str) -> None:
    data = (before + text + after).encode()
    array = buffer(data)
    p, n = _trim(array, START, len(data))
    assert array[p : p + n].tobytes().decode() == (before + text + after).strip()


def plain_bytes(data: bytes) -> int:
    """Bytes in front of the first character that needs a second look, or is none."""
    n = 0
    while n < len(data):
        size = next((k for k in range(1, 5) if is_character(data[n : n + k])), 0)
        text = data[n : n + size].decode()
        if not size or text in "<&]\r\ufffe\uffff" or (text < " " and text not in "\t\n"):
            break
        n += size
    return n


def is_character(data: bytes) -> bool:
    try:
        return len(data.decode()) == 1
    except UnicodeDecodeError:
        return False


TEXTS = st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass"))


@RELAXED
@given(st.binary(max_size=30) | TEXTS)
def test_plain_text_ends_at_the_first_byte_that_is_none(data: bytes) -> None:
    assert _plain(buffer(data), START) - START == plain_bytes(data)


def test_fields_are_told_to_the_kernels_in_the_order_of_the_tables() -> None:
    fields = [field for spec in tables() for field in spec.fields]
    kinds = [NUMBER if f.numeric else TIME if f.temporal else 0 for f in fields]
    assert _fields()[:, 0].tolist() == kinds
