"""Instructions of a row program: sums kept symbolic, bounds followed, registers given out.

A sum of registers with whole factors stays a `Form` until an operation needs its value, so that
`abs(a * b - c) > d` becomes few instructions. Bounds come from the batch; what could leave int64
is refused (None), and what the bounds decide costs no instruction.
"""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from giamdinh.kernels import chuong_trinh as machine

TRUE, FALSE, REFUSED = -1, -2, -3
"""Conditions that need no register; REFUSED is one the machine may not compute."""
LIMIT = 2**62
_EXACT = 2**50
"""Below this a quotient worked out in floating point is off by one at most."""


class Form(NamedTuple):
    """The sum of register * factor over `terms`, plus `constant`; its size when `absolute`."""

    terms: tuple[tuple[int, int], ...]
    constant: int = 0
    absolute: bool = False


class Code(NamedTuple):
    """One instruction with virtual registers; -1 for an operand it does not have."""

    op: int
    x: int = -1
    y: int = -1
    z: int = -1
    u: int = 0
    v: int = 0


_PAIR = 2
LOAD_INT, LOAD_BIT = -1, -2
"""Pseudo operations: column `u` of the batch is in the register before the program runs."""


class Emitter:
    """Builds one program."""

    def __init__(self) -> None:
        self.code: list[Code] = []
        self.bounds: list[tuple[int, int]] = []
        self._known: dict[Code, int] = {}

    def emit(self, code: Code, low: int = 0, high: int = 1) -> int:
        """The register of an instruction, which is done once; its values lie in low … high."""
        at = self._known.get(code)
        if at is None:
            at = self._known[code] = len(self.code)
            self.code.append(code)
            self.bounds.append((low, high))
        return at

    def keep(self, condition: int, place: int) -> None:
        """Hands out the rows of a condition as number `place`."""
        self.code.append(Code(machine.KEEP, condition, v=place))
        self.bounds.append((0, 0))

    def extent(self, form: Form) -> tuple[int, int] | None:
        """The least and greatest value; None when int64 might not hold a partial sum."""
        low = high = form.constant
        size = abs(form.constant)
        for register, factor in form.terms:
            ends = sorted(factor * end for end in self.bounds[register])
            low, high = low + ends[0], high + ends[1]
            size += max(-ends[0], ends[1], 0)
        if size >= LIMIT:
            return None
        if form.absolute:
            return max(low, -high, 0), max(-low, high)
        return low, high

    def add(self, a: Form, b: Form, factor: int = 1) -> Form:
        """A + factor * b."""
        terms = dict(self.plain(a).terms)
        b = self.plain(b)
        a = self.plain(a)
        for register, times in b.terms:
            terms[register] = terms.get(register, 0) + factor * times
        kept = tuple(sorted((r, t) for r, t in terms.items() if t))
        return Form(kept, a.constant + factor * b.constant)

    def plain(self, form: Form) -> Form:
        """The same value without `absolute`."""
        if not form.absolute:
            return form
        inner = self.register(form._replace(absolute=False))
        low, high = self.extent(form) or (0, LIMIT)
        return Form(((self.emit(Code(machine.ABS, inner), low, high), 1),))

    def register(self, form: Form) -> int:
        """A register that holds the value."""
        if form.absolute:
            return self.plain(form).terms[0][0]
        if not form.terms:
            return self.emit(Code(machine.FILL, v=form.constant), form.constant, form.constant)
        v = form.constant
        if len(form.terms) == 1:
            ((x, factor),) = form.terms
            return x if (factor, v) == (1, 0) else self._times(x, factor, v)
        match self._units(form, 2):
            case [x, y], []:
                return self._summed(x, y, v)
            case [x], [y]:
                (low_x, high_x), (low_y, high_y) = self.bounds[x], self.bounds[y]
                return self.emit(
                    Code(machine.GAP, x, y, v=v), low_x - high_y + v, high_x - low_y + v
                )
            case _, [x, y]:
                return self._times(self._summed(x, y, -v), -1, 0)
        raise AssertionError(form)

    def _times(self, x: int, factor: int, constant: int) -> int:
        low, high = sorted(factor * end + constant for end in self.bounds[x])
        return self.emit(Code(machine.SCALE, x, u=factor, v=constant), low, high)

    def _summed(self, x: int, y: int, v: int) -> int:
        (low_x, high_x), (low_y, high_y) = self.bounds[x], self.bounds[y]
        code = Code(machine.SUM, min(x, y), max(x, y), v=v)
        return self.emit(code, low_x + low_y + v, high_x + high_y + v)

    def _units(self, form: Form, most: int) -> tuple[list[int], list[int]]:
        """Registers to add and to take away, two of each and `most` in all at the most."""
        plus: list[int] = []
        minus: list[int] = []
        for register, factor in form.terms:
            one = register if abs(factor) == 1 else self._times(register, abs(factor), 0)
            (plus if factor > 0 else minus).append(one)
        while len(plus) + len(minus) > most or max(len(plus), len(minus)) > _PAIR:
            side = plus if len(plus) > 1 else minus
            side.append(self._summed(side.pop(0), side.pop(0), 0))
        return plus, minus

    def above(self, form: Form, limit: int) -> int:  # noqa: C901 - one case per shape
        """Where the value is greater than `limit`."""
        if not form.terms:
            return TRUE if _constant(form) > limit else FALSE
        extent = self.extent(form)
        if extent is None:
            return REFUSED
        if extent[0] > limit or extent[1] <= limit:
            return TRUE if extent[0] > limit else FALSE
        if form.absolute:
            return self._apart(form, limit)
        # Dividing by what all factors share leaves the meaning of > as it is.
        shared = gcd(*(factor for _, factor in form.terms))
        v = (limit - form.constant) // shared
        match self._units(_divided(form, shared), 3):
            case [x], []:
                code = Code(machine.ABOVE1, x, v=v)
            case [], [x]:
                code = Code(machine.BELOW1, x, v=-v)
            case [x], [y]:
                code = Code(machine.ABOVE2, x, y, v=v)
            case [x, y], []:
                code = Code(machine.ABOVE_SUM, x, y, v=v)
            case [], [x, y]:
                code = Code(machine.BELOW_SUM, x, y, v=-v)
            case [x, y], [z]:
                code = Code(machine.ABOVE3, x, y, z, v=v)
            case [z], [x, y]:
                code = Code(machine.BELOW3, x, y, z, v=-v)
            case _:
                raise AssertionError(form)
        return self.emit(code)

    def _apart(self, form: Form, limit: int) -> int:
        """Where the size of the value is greater than `limit`."""
        u = form.constant
        plus, minus = self._units(form, 3)
        if len(plus) < len(minus):
            plus, minus, u = minus, plus, -u
        if not minus and len(plus) == _PAIR:
            plus = [self._summed(plus[0], plus[1], 0)]
        x, y, z = [*plus, *minus, -1, -1][:3]
        op = (machine.APART1, machine.APART2, machine.APART3)[len(plus) + len(minus) - 1]
        return self.emit(Code(op, x, y, z, u=u, v=limit))

    def equal(self, form: Form, value: int) -> int:
        """Where the value is `value`."""
        if not form.terms:
            return TRUE if _constant(form) == value else FALSE
        form = self.plain(form)
        extent = self.extent(form)
        if extent is None:
            return REFUSED
        if extent == (value, value):
            return TRUE
        shared = gcd(*(factor for _, factor in form.terms))
        if not extent[0] <= value <= extent[1] or (value - form.constant) % shared:
            return FALSE
        v = (value - form.constant) // shared
        plus, minus = self._units(_divided(form, shared), 3)
        if len(plus) < len(minus):
            plus, minus, v = minus, plus, -v
        match plus, minus:
            case [x], []:
                code = Code(machine.EQUAL1, x, v=v)
            case [x], [y]:
                code = Code(machine.EQUAL2, x, y, v=v)
            case [x, y], []:
                code = Code(machine.EQUAL_SUM, x, y, v=v)
            case [x, y], [z]:
                code = Code(machine.EQUAL3, x, y, z, v=v)
            case _:
                raise AssertionError(form)
        return self.emit(code)

    def quotient(self, form: Form, divisor: int) -> Form | None:
        """Value // divisor, rounded down."""
        extent = self.extent(form)
        if extent is None or max(-extent[0], extent[1]) + divisor >= _EXACT:
            return None
        low, high = extent[0] // divisor, extent[1] // divisor
        if low == high:
            return Form((), low)
        x = self.register(form)
        return Form(((self.emit(Code(machine.DIVIDE, x, v=divisor), low, high), 1),))

    def rounded(self, form: Form, divisor: int) -> Form | None:
        """Value / divisor, half away from zero; the divisor is even."""
        extent = self.extent(form)
        if extent is None or max(-extent[0], extent[1]) + divisor >= _EXACT:
            return None
        half = divisor // 2
        if extent[0] >= 0:
            return self.quotient(self.add(form, Form((), half)), divisor)
        low, high = extent[0] + half - 1, extent[1] + half
        nudged = self.emit(Code(machine.NUDGE, self.register(form), v=half), low, high)
        return self.quotient(Form(((nudged, 1),)), divisor)

    def both(self, a: int, b: int) -> int:
        """Where both conditions hold."""
        if FALSE in (a, b):
            return FALSE
        if REFUSED in (a, b):
            return REFUSED
        if TRUE in (a, b) or a == b:
            return max(a, b)
        return self.emit(Code(machine.AND, min(a, b), max(a, b)))

    def either(self, a: int, b: int) -> int:
        """Where at least one of two conditions holds."""
        if TRUE in (a, b):
            return TRUE
        if REFUSED in (a, b):
            return REFUSED
        if FALSE in (a, b) or a == b:
            return max(a, b)
        return self.emit(Code(machine.OR, min(a, b), max(a, b)))

    def opposite(self, a: int) -> int:
        """Where a condition does not hold."""
        if a < 0:
            return {TRUE: FALSE, FALSE: TRUE}.get(a, REFUSED)
        return self.emit(Code(machine.NOT, a))

    def scaled(self, form: Form, factor: int) -> Form:
        """Value * factor."""
        if factor < 0:
            form = self.plain(form)
        terms = tuple((register, times * factor) for register, times in form.terms)
        return Form(terms if factor else (), form.constant * factor, form.absolute)

    def size(self, form: Form) -> Form:
        """|value|."""
        extent = self.extent(form)
        if extent is not None and extent[0] >= 0:
            return form
        return form._replace(absolute=True)

    def product(self, a: Form, b: Form) -> Form | None:
        """A * b."""
        if not a.terms or not b.terms:
            form, constant = (a, b.constant) if a.terms else (b, a.constant)
            return self.scaled(form, constant)
        (x, times_x), (y, times_y) = self._factored(a), self._factored(b)
        ends = [i * j for i in self.bounds[x] for j in self.bounds[y]]
        if max(ends) >= LIMIT or min(ends) <= -LIMIT:
            return None
        found = self.emit(Code(machine.MUL, min(x, y), max(x, y)), min(ends), max(ends))
        return Form(((found, times_x * times_y),))

    def _factored(self, form: Form) -> tuple[int, int]:
        """A register and the factor that makes it the value."""
        if len(form.terms) == 1 and not form.constant and not form.absolute:
            return form.terms[0]
        return self.register(form), 1

    def extreme(self, op: int, a: Form, b: Form) -> Form:
        """The smaller or the greater of two."""
        pick = min if op == machine.LEAST else max
        x, y = self.register(a), self.register(b)
        low, high = (pick(ends) for ends in zip(self.bounds[x], self.bounds[y], strict=True))
        return self._of_two(Code(op, min(x, y), max(x, y)), low, high)

    def chosen(self, condition: int, a: Form, b: Form) -> Form:
        """A where the condition holds, else b."""
        x, y = self.register(a), self.register(b)
        ends = [*self.bounds[x], *self.bounds[y]]
        return self._of_two(Code(machine.CHOOSE, x, y, condition), min(ends), max(ends))

    def _of_two(self, code: Code, low: int, high: int) -> Form:
        return Form(((self.emit(code, low, high), 1),))


def _constant(form: Form) -> int:
    return abs(form.constant) if form.absolute else form.constant


def _divided(form: Form, divisor: int) -> Form:
    return Form(tuple((register, factor // divisor) for register, factor in form.terms))
