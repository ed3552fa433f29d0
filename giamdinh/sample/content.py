"""The invented content of a month, read once from `data/`: services, drugs, stories, names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from giamdinh import yamlio
from giamdinh.tables.values import day_minutes, parse_number

PRICE_SCALE = 3


@dataclass(frozen=True, slots=True)
class Item:
    """An indicator of a laboratory test and the range of invented values."""

    code: str
    name: str
    unit: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service, examination or bed; price in thousandths of a đồng, times in minutes."""

    key: str
    codes: tuple[tuple[int, str], ...]
    name: str
    price: int
    group: str
    minutes: int = 8
    wait: int = 0
    dept: str = ""
    role: str = "bac_si"
    machine: str = ""
    qt: str = ""
    anaesthesia: str = ""
    specialty: str = ""
    items: tuple[Item, ...] = ()
    reports: tuple[tuple[str, str], ...] = ()

    def code(self, day: int) -> str:
        """The code in use on a day."""
        return [code for since, code in self.codes if since <= day][-1]


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug of the facility's list; price in thousandths of a đồng."""

    key: str
    code: str
    ingredient: str
    name: str
    unit: str
    strength: str
    route: str
    route_name: str
    form: str
    registration: str
    price: int
    tender: str
    take: int
    times: int
    ratio: int = 100
    scope: str = "1"
    source: str = "1"
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Supply:
    """A supply; price and ceiling in thousandths of a đồng, ceiling 0 where there is none."""

    key: str
    code: str
    group_name: str
    name: str
    model: str
    unit: str
    price: int
    quantity: int
    ceiling: int = 0


@dataclass(frozen=True, slots=True)
class Disease:
    """A story: what the patient has, and what is usually ordered for it."""

    key: str
    icd: str
    text: str
    reason: str
    exam: str
    ages: tuple[int, int]
    days: int
    more: tuple[str, ...] = ()
    sex: str = ""
    tests: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    supplies: tuple[str, ...] = ()
    accident: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind of episode; `flags` are the words switched on for it."""

    key: str
    at: tuple[str, ...]
    care: str
    diseases: tuple[str, ...]
    category: str
    prefixes: tuple[str, ...]
    exams: int
    weight: int
    since: int
    second_from: int
    stay: tuple[int, int]
    hours: int
    sessions: int
    wards: int
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Department:
    """A department of a kind of facility and the size of its staff by role."""

    code: str
    name: str
    tables: int
    beds: int
    staff: dict[str, int]


@dataclass(frozen=True, slots=True)
class FacilityKind:
    """A kind of facility; `points` as written in the facility list."""

    key: str
    name: str
    level: str
    former: str
    points: str
    type: str
    weight: int
    capitation: bool
    departments: tuple[Department, ...]
    exams: tuple[str, ...]
    machines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything of `data/`, by key and in the order of the files."""

    services: dict[str, Service]
    drugs: dict[str, Drug]
    supplies: dict[str, Supply]
    diseases: dict[str, Disease]
    notes: tuple[str, ...]
    dying: str
    plans: tuple[Plan, ...]
    categories: dict[str, dict[str, tuple[tuple[int, str], ...]]]
    kinds: tuple[FacilityKind, ...]
    places: dict[str, Any]
    names: dict[str, Any]
    province: dict[str, Any]


@cache
def content() -> Content:
    """The content of the package."""
    care, stories = _file("dich_vu"), _file("benh")
    pharmacy, visits, places = _file("thuoc"), _file("dot_kham"), _file("co_so")
    services = [
        _service(row, group)
        for part, group in (("exams", "13"), ("beds", ""), ("tests", ""), ("procedures", ""))
        for row in care[part]
        for group in (row.get("group", group),)
    ]
    return Content(
        services={s.key: s for s in services},
        drugs={row["key"]: _drug(row) for row in pharmacy["drugs"]},
        supplies={row["key"]: _supply(row) for row in pharmacy["supplies"]},
        diseases={row["key"]: _disease(row) for row in stories["diseases"]},
        notes=tuple(stories["notes"]),
        dying=stories["dying"],
        plans=tuple(_plan(row) for row in visits["plans"]),
        categories={
            how: {kind: _dated(codes) for kind, codes in kinds.items()}
            for how, kinds in visits["categories"].items()
        },
        kinds=tuple(_kind(row) for row in places["kinds"]),
        places=places,
        names=_file("ten"),
        province=_file("tinh"),
    )


def _file(name: str) -> dict[str, Any]:
    data, _ = yamlio.load(Path(__file__).with_name("data") / f"{name}.yaml")
    found: dict[str, Any] = data
    return found


def _dated(codes: dict[str, str]) -> tuple[tuple[int, str], ...]:
    return tuple((day_minutes(yamlio.as_date(day)), code) for day, code in codes.items())


def _price(text: str) -> int:
    return parse_number(text, PRICE_SCALE) or 0


def _service(row: dict[str, Any], group: str) -> Service:
    codes = row.get("codes") or {"2015-01-01": row["code"]}
    return Service(
        key=row["key"],
        codes=_dated(codes),
        name=row["name"],
        price=_price(row["price"]),
        group=group,
        minutes=int(row.get("minutes", "8")),
        wait=int(row.get("wait", "0")),
        dept=row.get("dept", ""),
        role=row.get("role") or row.get("performer") or _role(group),
        machine=row.get("machine", ""),
        qt=row.get("qt", ""),
        anaesthesia=row.get("anaesthesia", ""),
        specialty=row.get("specialty", ""),
        items=tuple(Item(**item) for item in row.get("items", ())),
        reports=tuple((seen, found) for seen, found in row.get("reports", ())),
    )


def _role(group: str) -> str:
    return "ktv" if group in {"1", "2", "3"} else "bac_si"


def _drug(row: dict[str, str]) -> Drug:
    numbers: dict[str, Any] = {k: int(row[k]) for k in ("take", "times", "ratio") if k in row}
    flags = {"price": _price(row["price"]), "whole": "whole" in row}
    return Drug(**{**row, **numbers, **flags})


def _supply(row: dict[str, str]) -> Supply:
    numbers: dict[str, Any] = {key: _price(row.get(key, "0")) for key in ("price", "ceiling")}
    return Supply(**{**row, **numbers, "quantity": int(row["quantity"])})


def _disease(row: dict[str, Any]) -> Disease:
    lists = {key: tuple(row.get(key, ())) for key in ("more", "tests", "drugs", "procedures")}
    low, high = row["age"]
    return Disease(
        key=row["key"],
        icd=row["icd"],
        text=row["text"],
        reason=row["reason"],
        exam=row["exam"],
        ages=(int(low), int(high)),
        days=int(row["days"]),
        sex=row.get("sex", ""),
        supplies=tuple(row.get("supplies", ())),
        accident=row.get("accident", ""),
        **lists,
    )


_FLAGS = (
    "follow", "sick_leave", "pregnancy_leave", "transfer", "payer", "two_cards", "exempt", "dies",
    "birth", "newborn", "outside_list",
)  # fmt: skip


def _plan(row: dict[str, Any]) -> Plan:
    low, high = row.get("stay", ("0", "0"))
    off = {f"no_{key}" for key in ("tests", "procedures") if row.get(key) == "0"}
    return Plan(
        key=row["key"],
        at=tuple(row["at"]),
        care=row["care"],
        diseases=tuple(row["diseases"]),
        category=row.get("category", "dung_tuyen"),
        prefixes=tuple(row.get("prefixes", ())),
        exams=int(row["exams"]),
        weight=int(row["weight"]),
        since=_dated({row.get("since", "2015-01-01"): ""})[0][0],
        second_from=_dated({row.get("second_from", "2015-01-01"): ""})[0][0],
        stay=(int(low), int(high)),
        hours=int(row.get("hours", "0")),
        sessions=int(row.get("sessions", "1")),
        wards=int(row.get("wards", "1")),
        flags=frozenset({flag for flag in _FLAGS if flag in row} | off),
    )


def _kind(row: dict[str, Any]) -> FacilityKind:
    departments = tuple(
        Department(
            code=part["code"],
            name=part["name"],
            tables=int(part["tables"]),
            beds=int(part["beds"]),
            staff={role: int(count) for role, count in part["staff"].items()},
        )
        for part in row["departments"]
    )
    texts = {key: row[key] for key in ("key", "name", "level", "former", "points", "type")}
    return FacilityKind(
        **texts,
        weight=int(row["weight"]),
        capitation="capitation" in row,
        departments=departments,
        exams=tuple(row["exams"]),
        machines=tuple(row["machines"]),
    )
