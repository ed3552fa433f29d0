"""A result as tables for people, ratios first: the terminal and the page show the same ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from giamdinh.bench import plan
from giamdinh.bench.measure import ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Samples = Sequence[dict[str, float]]
    Group = dict[str, list[dict[str, float]]]

_LAYOUTS = {
    "one": "mỗi tệp một hồ sơ, base64",
    "big": "tệp lớn, base64",
    "inline": "tệp lớn, không base64",
}
_NONE = "–"
_MEGA = 10**6
_SHORT = 0.1


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under a title; `notes` say what to keep in mind."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure with its goal; `figure` is (median, lowest, highest), None when not measured."""

    name: str
    figure: tuple[float, float, float] | None
    least: float | None = None
    most: float | None = None
    unit: str = "×"

    def row(self) -> tuple[str, ...]:
        """Name, figure with spread, goal, verdict."""
        sign, bound = ("≥", self.least) if self.least is not None else ("≤", self.most or 0)
        goal = f"{sign} {_number(bound)}{self.unit}"
        if self.figure is None:
            return (self.name, "chưa đo", goal, _NONE)
        middle = self.figure[0]
        reached = middle >= bound if self.least is not None else middle <= bound
        return (self.name, _spread(self.figure, self.unit), goal, "đạt" if reached else "chưa đạt")


@dataclass(slots=True)
class _Parts:
    """The measured groups of a result: part → group → competitor → samples."""

    parts: dict[str, dict[str, Group]] = field(default_factory=dict)
    problems: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def group(self, part: str, group: str) -> Group:
        return self.parts.get(part, {}).get(group, {})

    def last(self, part: str, competitor: str, prefix: str = "") -> list[dict[str, float]]:
        """The samples of a competitor in the last group that has it."""
        groups = self.parts.get(part, {})
        for name in reversed(groups):
            if name.startswith(prefix) and groups[name].get(competitor):
                return groups[name][competitor]
        return []


def tables(result: dict[str, Any]) -> list[Table]:
    """The summary with the goals, then one table per part and size."""
    found = _Parts()
    for part, measured in result["parts"].items():
        for group, runs in measured["groups"].items():
            samples = {each["name"]: each["samples"] for each in runs}
            found.parts.setdefault(part, {})[group] = samples
            found.problems |= {
                (part, group, each["name"]): each["problem"] for each in runs if each["problem"]
            }
    out = [Table("Tóm tắt", ("Phép đo", "Kết quả", "Mục tiêu", ""), _summary(found))]
    for part, groups in found.parts.items():
        out += [_DRAWN[part](found, group) for group in groups]
    return out


def _summary(found: _Parts) -> tuple[tuple[str, ...], ...]:
    rules = found.group("rules", "rules")
    engine, checker = (found.last("audit", name) for name in (plan.ENGINE, plan.CHECKER))
    sizes = list(found.group("scale", "scale").values())
    memory = [sample["memory"] for sample in engine]
    check = [s["cpu"] / s["times"] for s in found.last("check", "giamdinh check")]
    goals = [
        Goal("Đọc, một lõi: nhanh hơn lxml đơn giản",
             _faster(found.last("parse", plan.SCANNER, "one"),
                     found.last("parse", plan.NAIVE, "one")), least=12),
        Goal("Giám định: 2 tiến trình nhanh hơn 1 (đồng hồ)",
             _ratio(found.last("audit", plan.ENGINE_2), engine, "wall"), least=1.8),
        Goal("100 quy tắc dòng: thời gian so với vòng lặp lý tưởng",
             _ratio(rules.get(plan.IDEAL, []), rules.get(plan.OURS, []), "cpu"), most=2),
        Goal("Giám định, một lõi, cùng quy tắc: nhanh hơn Python từng hồ sơ",
             _faster(found.last("audit", plan.SAME), checker), least=15),
        Goal("Giám định, một lõi, mọi quy tắc: nhanh hơn Python từng hồ sơ",
             _faster(engine, checker), least=15),
        Goal("Giám định, một lõi: mọi quy tắc so với đọc", _range(_beside_reading(engine)), most=1),
        Goal("Bộ nhớ cao nhất mỗi tiến trình", _range(memory), most=400, unit=" MB"),
        *(Goal(f"Gấp đôi dữ liệu (lần {i}): thời gian", _ratio(a, b, "cpu"), most=2.1)
          for i, (a, b) in enumerate(pairwise(sizes), start=1)),
        Goal("check một tệp: thời gian CPU cả tiến trình", _range(check), most=0.5, unit=" s"),
    ]  # fmt: skip
    return tuple(goal.row() for goal in goals)


def _parse(found: _Parts, group: str) -> Table:
    layout, _, size = group.partition("-")
    samples = found.group("parse", group)
    base = samples.get(plan.NAIVE) or found.last("parse", plan.NAIVE, "one")

    def told(taken: Samples) -> Iterable[str]:
        yield _spread(_faster(taken, base))
        yield _per(taken, "claims", "cpu")
        yield _per(taken, "bytes", "cpu", 1 / _MEGA)
        yield _number(_middle(taken, "claims"), 0)
        yield _memory(taken)

    header = ("Cách đọc", "So với lxml đơn giản", "Hồ sơ/giây CPU", "MB/giây CPU", "Hồ sơ đã đọc",
              "Bộ nhớ (MB)")  # fmt: skip
    title = f"Đọc {_number(float(size), 0)} hồ sơ, {_LAYOUTS[layout]}"
    notes = (*_sameness(samples, "rows", "số dòng"), *_problems(found, "parse", group))
    return Table(title, header, _rows(header, samples, told), notes)


def _rules(found: _Parts, group: str) -> Table:
    samples = found.group("rules", group)
    ideal = samples.get(plan.IDEAL, [])

    def told(taken: Samples) -> Iterable[str]:
        yield _spread(_ratio(ideal, taken, "cpu"))
        yield _number(1000 * median(s["cpu"] / s["times"] for s in taken), 0)
        yield _number(_middle(taken, "hits"), 0)
        yield _memory(taken)

    header = ("Cách tính", "Thời gian so với lý tưởng", "ms CPU", "Dòng bị bắt", "Bộ nhớ (MB)")
    notes = (
        *_sameness(samples, "hits", "số dòng bị bắt", per_claim=False),
        *_problems(found, "rules", group),
    )
    return Table("100 quy tắc trên từng dòng", header, _rows(header, samples, told), notes)


def _audit(found: _Parts, group: str) -> Table:
    samples = found.group("audit", group)
    base = samples.get(plan.CHECKER) or found.last("audit", plan.CHECKER)

    def told(taken: Samples) -> Iterable[str]:
        yield _spread(_faster(taken, base))
        yield _per(taken, "claims", "cpu")
        yield _seconds(taken, "cpu")
        yield _seconds(taken, "wall")
        yield _spread(_range(_beside_reading(taken)))
        yield _number(_middle(taken, "findings"), 0)
        yield _memory(taken)

    header = ("Cách giám định", "So với Python từng hồ sơ", "Hồ sơ/giây CPU", "Giây CPU",
              "Giây đồng hồ", "Quy tắc so với đọc", "Phát hiện", "Bộ nhớ (MB)")  # fmt: skip
    notes = (
        *_sameness(samples, "shared", "số phát hiện của các quy tắc mọi bên cùng kiểm"),
        *_problems(found, "audit", group),
    )
    title = f"Giám định {_number(float(group), 0)} hồ sơ"
    return Table(title, header, _rows(header, samples, told), notes)


def _check(found: _Parts, group: str) -> Table:
    samples = found.group("check", group)

    def told(taken: Samples) -> Iterable[str]:
        yield _spread(_ratio(samples.get("import numpy, lxml", []), taken, "cpu"))
        yield _spread(_range([1000 * each["cpu"] / each["times"] for each in taken]), "", 0)
        yield _memory(taken)

    header = ("Tiến trình", "So với import numpy, lxml", "ms CPU", "Bộ nhớ (MB)")
    notes = _problems(found, "check", group)
    return Table("Kiểm một tệp, cả tiến trình", header, _rows(header, samples, told), notes)


def _scale(found: _Parts, group: str) -> Table:
    samples = {
        _number(float(size), 0): taken for size, taken in found.group("scale", group).items()
    }
    measured: list[Samples] = [taken for taken in samples.values() if taken]

    def told(taken: Samples) -> Iterable[str]:
        at = measured.index(taken)
        yield _spread(_ratio(measured[at - 1], taken, "cpu")) if at else _NONE
        yield _seconds(taken, "cpu")
        yield _per(taken, "claims", "cpu")
        yield _memory(taken)

    header = ("Hồ sơ", "Thời gian so với dòng trên", "Giây CPU", "Hồ sơ/giây CPU", "Bộ nhớ (MB)")
    notes = _problems(found, "scale", group)
    title = "Thời gian và bộ nhớ khi dữ liệu gấp đôi"
    return Table(title, header, _rows(header, samples, told), notes)


_DRAWN: dict[str, Callable[[_Parts, str], Table]] = {
    "parse": _parse,
    "rules": _rules,
    "audit": _audit,
    "check": _check,
    "scale": _scale,
}


def _rows(
    header: Sequence[str], samples: Group, told: Callable[[Samples], Iterable[str]]
) -> tuple[tuple[str, ...], ...]:
    """A row for each competitor: its name, and what is told of it if it could be measured."""
    nothing = ("không đo được", *[_NONE] * (len(header) - 2))
    return tuple((name, *(told(taken) if taken else nothing)) for name, taken in samples.items())


def _problems(found: _Parts, part: str, group: str) -> tuple[str, ...]:
    """Why competitors could not be measured."""
    return tuple(
        f"{where[2]}: {problem}."
        for where, problem in found.problems.items()
        if where[:2] == (part, group)
    )


def _sameness(samples: Group, key: str, what: str, *, per_claim: bool = True) -> tuple[str, ...]:
    """Whether competitors that did the same work counted the same."""
    counts: dict[float, set[float]] = {}
    for taken in samples.values():
        for sample in taken:
            counts.setdefault(sample["claims"] if per_claim else 0, set()).add(sample[key])
    same = all(len(found) == 1 for found in counts.values())
    verdict = "bằng nhau" if same else "KHÁC NHAU"
    return (f"{what[0].upper()}{what[1:]}: {verdict}.",) if counts else ()


def _faster(ours: Samples, theirs: Samples) -> tuple[float, float, float] | None:
    """How many times more claims per CPU second."""
    costs = [[sample["cpu"] / sample["claims"] for sample in taken] for taken in (ours, theirs)]
    return ratios(*costs) if all(costs) else None


def _ratio(a: Samples, b: Samples, key: str) -> tuple[float, float, float] | None:
    """B / a of one figure, for each repetition of the work."""
    costs = [[sample[key] / sample.get("times", 1) for sample in taken] for taken in (a, b)]
    return ratios(*costs) if all(costs) else None


def _beside_reading(taken: Samples) -> list[float]:
    """Time of all rules over the time of reading; nothing where these are one."""
    return [sample["audit"] / sample["read"] for sample in taken if sample.get("read")]


def _range(values: Sequence[float]) -> tuple[float, float, float] | None:
    return (median(values), min(values), max(values)) if values else None


def _middle(taken: Samples, key: str) -> float:
    return median(sample[key] for sample in taken)


def _per(taken: Samples, top: str, bottom: str, unit: float = 1) -> str:
    return _number(median(sample[top] / sample[bottom] for sample in taken) * unit, 0)


def _seconds(taken: Samples, key: str) -> str:
    return _spread(_range([sample[key] for sample in taken]), "")


def _memory(taken: Samples) -> str:
    peak = max(sample["memory"] for sample in taken)
    return _number(peak, 0) if peak else _NONE


def _spread(figure: tuple[float, float, float] | None, unit: str = "×", digits: int = 1) -> str:
    """`12,3× (11,9–12,8)`."""
    if figure is None:
        return _NONE
    middle, low, high = figure
    digits = 2 if digits and low < 10 else digits  # noqa: PLR2004 - one digit more below ten
    return f"{_number(middle, digits)}{unit} ({_number(low, digits)}–{_number(high, digits)})"


def _number(value: float, digits: int = 1) -> str:
    """As Vietnamese readers write it: 1.234,5."""
    text = f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return text.removesuffix(",0")
