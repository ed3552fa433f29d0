"""A month from above: money by rule, facility, department, person and root cause, all linked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from giamdinh.money import grouped
from giamdinh.report.root_causes import cause_name
from giamdinh.report.scorecard import content_label
from giamdinh.web.desk import desk, view_of
from giamdinh.web.filters import NUMBERED
from giamdinh.web.render import page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from giamdinh.money import Group
    from giamdinh.rules.cards import RuleSet
    from giamdinh.web.view import View

MOST = 200
_WITHIN = 40


@dataclass(frozen=True, slots=True)
class Linked:
    """A group with its name and the filter that gives exactly its findings; {} for none.

    Attributes:
        claims: how many claims its findings are about.
    """

    name: str
    note: str
    filter: dict[str, str | int]
    group: Group
    claims: int


@dataclass(frozen=True, slots=True)
class Block:
    """Groups of one kind; `count` of all, also of those that are not shown."""

    key: str
    title: str
    head: str
    groups: list[Linked]
    count: int


def month(request: Request) -> Response:
    """Every number leads to as many findings, or claims."""
    view = view_of(request)
    if view.month is None:
        view.month = _blocks(view, desk(request).rules)
    whole = view.total(view.order)
    claims = view.claims_of(view.order).size
    return page(
        request,
        "tong_hop.html",
        run=view.run,
        tab="tong_hop",
        blocks=view.month,
        whole=whole,
        claims=claims,
    )


def _blocks(view: View, rules: RuleSet) -> list[Block]:
    titles = {code: rule.title for code, rule in rules.by_code.items()}
    columns = (
        ("rule", "ma", "quy-tac", "Theo quy tắc", "Quy tắc"),
        ("facility", "cs", "co-so", "Theo cơ sở", "Mã CSKCB"),
        ("department", "khoa", "khoa", "Theo khoa", "Khoa"),
        ("practitioner", "bs", "bac-si", "Theo người hành nghề", "Người hành nghề"),
        ("tt12", "nd", "noi-dung", "Theo nội dung giám định", "Nội dung"),
    )
    return [*(_block(view, titles, *column) for column in columns), _causes(view, titles)]


def _block(view: View, titles: dict[str, str], column: str, key: str, *named: str) -> Block:
    groups = grouped(view.findings, column)
    claims = view.claims_by(column)
    shown = []
    for group in groups[:MOST]:
        text = group.key[0]
        value = view.number(column, text) if key in NUMBERED else text
        name = content_label(text) if column == "tt12" else text or "(không ghi)"
        note = titles.get(text, "") if column == "rule" else ""
        where = {key: value} if value else {}
        shown.append(Linked(name, note, where, group, claims.get(text, 0)))
    anchor, title, head = named
    return Block(anchor, title, head, shown, len(groups))


def _causes(view: View, titles: dict[str, str]) -> Block:
    shown = []
    for number, cause in enumerate(view.causes[:_WITHIN], 1):
        note = f"{', '.join(cause.rules)} · {titles.get(cause.rules[0], '')}"
        group = cause.group
        shown.append(Linked(cause_name(cause), note, {"nn": number}, group, group.claims))
    title = "Nguyên nhân gốc: sửa một chỗ hết nhiều dòng"
    return Block("nguyen-nhan", title, "Nguyên nhân và quy tắc", shown, len(view.causes))
