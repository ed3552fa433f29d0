"""A finished row program: instructions that nothing needs left out, registers given out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.kernels import chuong_trinh as machine
from giamdinh.rules.programs_emit import LOAD_BIT, LOAD_INT, Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.model import IntArray

_OF_BITS = frozenset({machine.AND, machine.OR, machine.NOT, machine.KEEP})


@dataclass(frozen=True, slots=True)
class Layout:
    """A program for the machine.

    Attributes:
        program: shape (instructions, machine.WIDTH).
        ints, bits: registers needed of each sort, at least one.
        columns: (column of the batch, register) of what must be there before the program runs.
    """

    program: IntArray
    ints: int
    bits: int
    columns: tuple[tuple[int, int], ...]


def laid_out(code: Sequence[Code]) -> Layout:
    """The program of some instructions; only what ends in a KEEP stays."""
    last = _last_uses(code)
    columns = [at for at in sorted(last) if code[at].op in (LOAD_INT, LOAD_BIT)]
    rest = [at for at in sorted(last) if code[at].op not in (LOAD_INT, LOAD_BIT)]
    free: dict[bool, list[int]] = {True: [], False: []}
    used = {True: 0, False: 0}
    place: dict[int, int] = {}
    rows = []
    for at in [*columns, *rest]:
        sort = _is_condition(code[at].op)
        # The result gets its register before the operands give theirs back: a loop whose result
        # overlaps an operand is not vectorised.
        if code[at].op != machine.KEEP:
            if not free[sort]:
                free[sort].append(used[sort])
                used[sort] += 1
            place[at] = free[sort].pop()
        if code[at].op in (LOAD_INT, LOAD_BIT):
            continue
        rows.append(_instruction(code[at], place, at))
        for operand in set(_operands(code[at])):
            if last[operand] == at:
                free[_is_condition(code[operand].op)].append(place[operand])
    program = np.array(rows, np.int64).reshape(-1, machine.WIDTH)
    loads = tuple((code[at].u, place[at]) for at in columns)
    return Layout(program, max(used[False], 1), max(used[True], 1), loads)


def _last_uses(code: Sequence[Code]) -> dict[int, int]:
    """For each needed instruction the position of the last one that reads it."""
    last: dict[int, int] = {}
    for at in range(len(code) - 1, -1, -1):
        if at in last or code[at].op == machine.KEEP:
            last.setdefault(at, at)
            for operand in _operands(code[at]):
                last.setdefault(operand, at)
    return last


def _operands(code: Code) -> tuple[int, ...]:
    """The instructions whose results are read; a table look-up reads a text column instead."""
    if code.op == machine.LOOK_UP:
        return ()
    return tuple(operand for operand in (code.x, code.y, code.z) if operand >= 0)


def _is_condition(op: int) -> bool:
    return op >= machine.ABOVE1 or op == LOAD_BIT


def _instruction(code: Code, place: dict[int, int], at: int) -> tuple[int, ...]:
    if code.op == machine.LOOK_UP:
        return code.op, place[at], code.x, 0, 0, code.u, code.v
    x, y, z = (place[r] if r >= 0 else 0 for r in (code.x, code.y, code.z))
    return code.op, place.get(at, 0), x, y, z, code.u, code.v
