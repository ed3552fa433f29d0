"""The machine of row programs: one kernel that runs all conditions of a table on a block of rows.

A program is a table of instructions, so that a changed rule compiles nothing. Registers hold one
value per row of the block: `ints` whole numbers, `bits` conditions as bytes 0 or 1. Importing this
module imports numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from giamdinh.kernels import kernel
from giamdinh.kernels.jit import part

if TYPE_CHECKING:
    import numpy.typing as npt

    from giamdinh.model import CodeArray, IntArray

    Bytes = npt.NDArray[np.uint8]

OP, OUT, X, Y, Z, U, V = range(7)
"""Columns of an instruction: operation, result, up to three operands, a factor, a constant."""
WIDTH = 7

SUM, GAP, SCALE, MUL, FILL, ABS, LEAST, GREATEST, CHOOSE, DIVIDE, NUDGE, LOOK_UP = range(12)
"""What yields a number: a+b+v, a-b+v, a*u+v, a*b, v, |a|, the smaller and the greater of a and b,
p ? a : b, a//v, a+v-(a<0), the entry of a text's code in the table from u to v."""
ABOVE1, BELOW1, EQUAL1, APART1 = range(12, 16)
"""a > v, a < v, a == v, |a+u| > v."""
ABOVE2, EQUAL2, APART2, ABOVE_SUM, BELOW_SUM, EQUAL_SUM = range(16, 22)
"""a-b > v, a-b == v, |a-b+u| > v, a+b > v, a+b < v, a+b == v."""
ABOVE3, BELOW3, EQUAL3, APART3 = range(22, 26)
"""a+b-c > v, a+b-c < v, a+b-c == v, |a+b-c+u| > v."""
AND, OR, NOT, TEST, KEEP = range(26, 31)
"""On conditions; TEST takes bit v of a number, KEEP hands out the rows of condition v."""
_TOGETHER = 64
"""Rows that KEEP passes over at once when none of them is hit."""


def warm() -> None:
    """Compiles the kernels for the types they are called with."""
    program, none = np.zeros((0, WIDTH), np.int64), np.zeros((1, 64), np.int64)
    codes = np.zeros((1, 64), np.int32)
    run_block.compiled(program, none, none.view(np.uint8), none, codes, none[0], 0, codes[0],
                       none[0])  # fmt: skip
    ends.compiled(none[0])


@kernel
def ends(values: IntArray) -> tuple[int, int]:
    """The least and the greatest of at least one value."""
    low, high = values[0], values[0]
    for i in range(values.size):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high


@kernel
def run_block(  # noqa: C901, PLR0913, PLR0917 - one case per sort of operation
    program: IntArray,
    ints: IntArray,
    bits: Bytes,
    eights: IntArray,
    codes: CodeArray,
    luts: IntArray,
    rows: int,
    hits: CodeArray,
    counts: IntArray,
) -> int:
    """Runs a program on the first `rows` rows of the registers.

    Args:
        program: shape (instructions, WIDTH).
        ints: shape (registers, block), scratch; some hold the block's columns beforehand.
        bits: shape (registers, block), scratch, the same for conditions.
        eights: `bits` seen eight rows at a time; block is a multiple of 64.
        codes: shape (text columns, block), dictionary codes, -1 where missing.
        luts: shape (entries,), tables of values by code + 1, one behind the other.
        rows: rows of the block that count.
        hits: shape (room for every row of every kept condition,), receives row numbers.
        counts: shape (kept conditions,), receives the number of hits of each.

    Returns:
        How many `hits` there are, in the order of the program.
    """
    found = 0
    for k in range(program.shape[0]):
        op, out, u, v = program[k, OP], program[k, OUT], program[k, U], program[k, V]
        x, y, z = program[k, X], program[k, Y], program[k, Z]
        # Loops only vectorise over arrays that are cut to size before.
        if op == LOOK_UP:
            _look_up(ints[out, :rows], codes[x, :rows], luts[u:v])
        elif op < ABS:
            _sum(op, ints[out, :rows], ints[x, :rows], ints[y, :rows], u, v)
        elif op < DIVIDE:
            _pick(op, ints[out, :rows], ints[x, :rows], ints[y, :rows], bits[z, :rows])
        elif op < ABOVE1:
            _divide(op, ints[out, :rows], ints[x, :rows], v)
        elif op < ABOVE2:
            _compare_one(op, bits[out, :rows], ints[x, :rows], u, v)
        elif op < ABOVE3:
            _compare_two(op, bits[out, :rows], ints[x, :rows], ints[y, :rows], u, v)
        elif op < AND:
            a, b, c = ints[x, :rows], ints[y, :rows], ints[z, :rows]
            _compare_three(op, bits[out, :rows], a, b, c, u, v)
        elif op == TEST:
            _test(bits[out, :rows], ints[x, :rows], v)
        elif op == KEEP:
            counts[v] = _keep(bits[x, :rows], eights[x], hits[found:])
            found += counts[v]
        else:
            _join(op, bits[out, :rows], bits[x, :rows], bits[y, :rows])
    return found


@part
def _look_up(r: IntArray, codes: CodeArray, table: IntArray) -> None:
    for i in range(r.size):
        # Unsigned, because a signed index may count from the end, which takes a test per row.
        r[i] = table[np.uint32(codes[i] + 1)]


@part
def _sum(  # noqa: PLR0913, PLR0917 - an instruction
    op: int, r: IntArray, a: IntArray, b: IntArray, u: int, v: int
) -> None:
    if op == SUM:
        for i in range(r.size):
            r[i] = a[i] + b[i] + v
    elif op == GAP:
        for i in range(r.size):
            r[i] = a[i] - b[i] + v
    elif op == SCALE:
        for i in range(r.size):
            r[i] = a[i] * u + v
    elif op == MUL:
        for i in range(r.size):
            r[i] = a[i] * b[i]
    else:
        for i in range(r.size):
            r[i] = v


@part
def _pick(op: int, r: IntArray, a: IntArray, b: IntArray, p: Bytes) -> None:
    if op == ABS:
        for i in range(r.size):
            r[i] = abs(a[i])
    elif op == LEAST:
        for i in range(r.size):
            r[i] = min(a[i], b[i])
    elif op == GREATEST:
        for i in range(r.size):
            r[i] = max(a[i], b[i])
    else:
        for i in range(r.size):
            r[i] = b[i] ^ ((a[i] ^ b[i]) & -np.int64(p[i]))


@part
def _divide(op: int, r: IntArray, a: IntArray, v: int) -> None:
    if op == NUDGE:
        for i in range(r.size):
            r[i] = a[i] + v - (a[i] < 0)
    else:
        # Whole-number division does not vectorise; the quotient of floats is off by one at most.
        share = 1.0 / v
        for i in range(r.size):
            q = np.int64(np.floor(a[i] * share))
            rest = a[i] - q * v
            r[i] = q - (rest < 0) + (rest >= v)


@part
def _compare_one(op: int, t: Bytes, a: IntArray, u: int, v: int) -> None:
    if op == ABOVE1:
        for i in range(t.size):
            t[i] = a[i] > v
    elif op == BELOW1:
        for i in range(t.size):
            t[i] = a[i] < v
    elif op == EQUAL1:
        for i in range(t.size):
            t[i] = a[i] == v
    else:
        for i in range(t.size):
            t[i] = abs(a[i] + u) > v


@part
def _compare_two(  # noqa: C901, PLR0913, PLR0917 - an instruction
    op: int, t: Bytes, a: IntArray, b: IntArray, u: int, v: int
) -> None:
    if op == ABOVE2:
        for i in range(t.size):
            t[i] = a[i] - b[i] > v
    elif op == EQUAL2:
        for i in range(t.size):
            t[i] = a[i] - b[i] == v
    elif op == APART2:
        for i in range(t.size):
            t[i] = abs(a[i] - b[i] + u) > v
    elif op == ABOVE_SUM:
        for i in range(t.size):
            t[i] = a[i] + b[i] > v
    elif op == BELOW_SUM:
        for i in range(t.size):
            t[i] = a[i] + b[i] < v
    else:
        for i in range(t.size):
            t[i] = a[i] + b[i] == v


@part
def _compare_three(  # noqa: PLR0913, PLR0917 - an instruction
    op: int, t: Bytes, a: IntArray, b: IntArray, c: IntArray, u: int, v: int
) -> None:
    if op == ABOVE3:
        for i in range(t.size):
            t[i] = a[i] + b[i] - c[i] > v
    elif op == BELOW3:
        for i in range(t.size):
            t[i] = a[i] + b[i] - c[i] < v
    elif op == EQUAL3:
        for i in range(t.size):
            t[i] = a[i] + b[i] - c[i] == v
    else:
        for i in range(t.size):
            t[i] = abs(a[i] + b[i] - c[i] + u) > v


@part
def _join(op: int, t: Bytes, p: Bytes, q: Bytes) -> None:
    if op == AND:
        for i in range(t.size):
            t[i] = p[i] & q[i]
    elif op == OR:
        for i in range(t.size):
            t[i] = p[i] | q[i]
    else:
        for i in range(t.size):
            t[i] = p[i] ^ 1


@part
def _test(t: Bytes, a: IntArray, v: int) -> None:
    for i in range(t.size):
        t[i] = (a[i] >> v) & 1


@part
def _keep(p: Bytes, e: IntArray, hits: CodeArray) -> int:
    found = 0
    for j in range(0, p.size, _TOGETHER):
        k = j // 8
        some = e[k] | e[k + 1] | e[k + 2] | e[k + 3]
        if some | e[k + 4] | e[k + 5] | e[k + 6] | e[k + 7] != 0:
            for i in range(j, min(j + _TOGETHER, p.size)):
                if p[i] != 0:
                    hits[found] = i
                    found += 1
    return found
