"""A second model of the money of a claim: plain Python with fractions, one claim at a time.

Written from the decisions' formulas and not from the rule cards. `sheet` gives the rows that a
visit must have; the functions ending in `_ways` give every value that a decision allows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

BASE_SALARY = (("20230701", 1_800_000), ("20240701", 2_340_000), ("20260701", 2_530_000))
VERSIONS = (("20230118", "130"), ("20231229", "4750"), ("20250101", "3176"))
EVERYBODY = -1
"""Part of a category that pays the whole in-scope cost whatever the card."""
# mã đối tượng, loại KCB, từ tháng, đến tháng, phần trăm của mức trên thẻ
CATEGORIES = (
    ("1.1", "01", "202301", "209912", 100),
    ("1.1", "03", "202301", "209912", 100),
    ("1.2", "01", "202507", "209912", EVERYBODY),
    ("1.3", "03", "202301", "209912", 100),
    ("1.11", "01", "202507", "209912", 100),
    ("1.13", "01", "202507", "202606", 0),
    ("1.13", "01", "202607", "209912", 50),
    ("1.14", "01", "202607", "209912", 50),
    ("1.18", "01", "202507", "202606", 0),
    ("1.18", "01", "202607", "209912", 50),
    ("2", "09", "202301", "209912", 100),
    ("3.1", "01", "202301", "209912", 0),
    ("3.1", "03", "202301", "209912", 40),
    ("3.2", "04", "202301", "209912", 100),
    ("3.3", "01", "202301", "209912", 100),
)
UNSETTLED_WHEN_CHEAP = {"1.18", "3.3"}
LEVELS = {"1": 100, "2": 100, "3": 95, "4": 80, "5": 100}
CARDS = ("GD4", "GD4", "DN4", "HT3", "HN2", "TE1", "QN5", "CN3")
PARTS = ("NSNN", "VTNN", "VTTN", "CL")
OTHER = "T_NGUONKHAC"
SHARES = ("T_BNTT", "T_BNCCT", "T_BHTT", OTHER)
NOTHING = Fraction(0)
Three = tuple[Fraction, Fraction, Fraction]
Row = dict[str, Fraction | str]


@dataclass(frozen=True, slots=True)
class Line:
    """One line before money.

    `source` says how another source is used: "order" (self-pay, co-payment, fund), "all" (support
    of the facility, off the price first), "copay" (instead of the co-payment), or not at all;
    `given` is its part of the price. `ceiling` is the insured level of a supply, from 3176 on.
    """

    table: str
    group: str
    quantity: Fraction
    price: Fraction
    insured_price: Fraction
    service_ratio: int
    insured_ratio: int
    scope: str = "1"
    spared: bool = False
    source: str = ""
    given: Fraction = NOTHING
    left_over: bool = False
    ceiling: Fraction = NOTHING


@dataclass(frozen=True, slots=True)
class Visit:
    """One claim before money, with the habits of its software.

    `whole` rounds every amount to the đồng, `by_formula` takes the fund's total from the in-scope
    cost where another source leaves two ways, `counted` adds to that cost what lines that the
    patient pays alone have left over in THANH_TIEN_BH.
    """

    arrived: str
    left: str
    category: str
    care: str
    part: int
    card: str
    lines: tuple[Line, ...]
    whole: bool = False
    by_formula: bool = False
    counted: bool = False

    @property
    def version(self) -> str:
        return [name for since, name in VERSIONS if since <= self.left][-1]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a claim: XML1 and its lines."""

    head: Row
    rows: list[tuple[str, Row]]


def rounded(x: Fraction, digits: int = 2) -> Fraction:
    shifted = x * 10**digits + Fraction(1, 2)
    return Fraction(shifted.numerator // shifted.denominator, 10**digits)


def number(row: Row, name: str) -> Fraction:
    return Fraction(row[name])


def texts(row: Row) -> dict[str, str]:
    """The fields as the format writes them."""
    return {name: x if isinstance(x, str) else _plain(x) for name, x in row.items()}


def _plain(x: Fraction) -> str:
    text = format(Decimal(x.numerator) / Decimal(x.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def salary(day: str) -> int:
    return [amount for since, amount in BASE_SALARY if since <= day][-1]


def level(card: str, day: str) -> int:
    """Percent of the card; near-poor cards (CN3) have 100 from 2026 on."""
    return 100 if card == "CN3" and day >= "20260101" else LEVELS[card[2]]


def percent(visit: Visit, total: Fraction) -> Fraction:
    """MUC_HUONG of the visit when its in-scope cost is `total`."""
    low = total * 100 < salary(visit.left) * 15
    if visit.part == EVERYBODY or (visit.part == 100 and low):
        return Fraction(100)
    own = 100 if low else level(visit.card, visit.left)
    return Fraction(own * visit.part, 100)


def charged_ways(line: Line, version: str) -> list[Fraction]:
    """Every THANH_TIEN_BV that a decision allows."""
    full = line.quantity * line.price
    if line.table == "XML2" or version == "130":
        return [rounded(full)]
    ways = [rounded(full * line.service_ratio / 100)]
    if version == "3176":
        spared = line.quantity * line.insured_price * (100 - line.service_ratio) / 100
        ways.append(rounded(full - spared))
    return ways


def insured_ways(line: Line, version: str, charged: Fraction, other: Fraction) -> list[Fraction]:
    """Every THANH_TIEN_BH that a decision allows; the last is with support taken off first."""
    plain = line.quantity * line.insured_price * line.insured_ratio / 100
    cut = plain if line.table == "XML2" else plain * line.service_ratio / 100
    if version == "3176":
        return [rounded(cut)]
    return [rounded(cut), rounded(plain), rounded((charged - other) * line.insured_ratio / 100)]


def in_order(own: Fraction, copay: Fraction, fund: Fraction, other: Fraction) -> Three:
    """Another source taken off self-pay, then co-payment, then the fund's part."""
    taken = min(other, own)
    shared = min(other - taken, copay)
    return own - taken, copay - shared, fund - min(other - taken - shared, fund)


def share_ways(row: Row, version: str) -> dict[str, list[Fraction]]:
    """Every T_BNTT, T_BNCCT, T_BHTT that fits the other amounts of a line."""
    charged, insured, other = (number(row, n) for n in ("THANH_TIEN_BV", "THANH_TIEN_BH", OTHER))
    fund = rounded(insured * number(row, "MUC_HUONG") / 100)
    own, copay = charged - insured, insured - fund
    reduced = in_order(own, copay, fund, other)
    ways = {name: [share] for name, share in zip(SHARES, reduced, strict=False)}
    if version != "3176":
        ways["T_BNTT"].append(own)
        ways["T_BNCCT"] += [copay, insured - number(row, "T_BHTT"), NOTHING]
        ways["T_BHTT"].append(fund)
    return ways


def gross(line: Line, visit: Visit) -> Three:
    """THANH_TIEN_BV, THANH_TIEN_BH and the other source, as far as no percent is needed."""
    digits = 0 if visit.whole else 2
    charged = rounded(charged_ways(line, visit.version)[-1 if line.spared else 0], digits)
    if line.scope == "2":
        return charged, charged if line.left_over else NOTHING, NOTHING
    other = rounded(charged * line.given, digits) if line.source in {"order", "all"} else NOTHING
    ways = insured_ways(line, visit.version, charged, other)
    return charged, rounded(ways[-1 if line.source == "all" else 0], digits), other


def priced(line: Line, visit: Visit, rate: Fraction) -> Row:
    """The money of one line at a percent."""
    charged, insured, other = gross(line, visit)
    own = charged - insured
    if line.scope == "2":
        rate, shares = NOTHING, (charged, NOTHING, NOTHING)
    elif line.group == "12":
        # Vận chuyển được trả đủ, dù phần mềm ghi mức hưởng 100 hay mức của đợt.
        rate, shares = Fraction(100) if line.spared else rate, (own, NOTHING, insured)
    else:
        fund = rounded(insured * rate / 100, 0 if visit.whole else 2)
        # Làm tròn riêng hai số có thể dôi một đồng.
        copay = rounded(insured * (100 - rate) / 100, 0) if visit.whole else insured - fund
        shares = (own, copay, fund)
        if line.source == "order":
            shares = in_order(*shares, other)
        elif line.source == "all":
            shares = (own - other, copay, fund)
        elif line.source == "copay":
            other, shares = copay, (own, NOTHING, fund)
    sources: Row = dict.fromkeys((f"{OTHER}_{part}" for part in PARTS), NOTHING)
    sources[f"{OTHER}_{PARTS[int(line.quantity) % len(PARTS)]}"] = other
    money: Row = dict(zip(SHARES, (*shares, other), strict=True))
    amounts: Row = {"THANH_TIEN_BV": charged, "THANH_TIEN_BH": insured, "MUC_HUONG": rate}
    return amounts | money | sources


def known(line: Line, visit: Visit, at: int) -> Row:
    """The fields of a line that are not money."""
    row: Row = {
        "STT": str(at),
        "MA_NHOM": line.group,
        "SO_LUONG": line.quantity,
        "MA_PTTT": "1",
        "PHAM_VI": line.scope,
        "TYLE_TT_BH": Fraction(line.insured_ratio),
        "NGAY_YL": f"{visit.arrived}0900",
    }
    if line.table == "XML2":
        return row | {"DON_GIA": line.price, "NGUON_CTRA": "1"}
    prices: Row = {"DON_GIA_BV": line.price, "DON_GIA_BH": line.insured_price}
    ceiling: Row = {"T_TRANTT": line.ceiling} if line.ceiling else {}
    return row | prices | ceiling | {"TYLE_TT_DV": Fraction(line.service_ratio)}


def totals(visit: Visit, rows: list[tuple[str, Row]]) -> Row:
    """The totals of XML1."""

    def total(field: str, kept: list[Row]) -> Fraction:
        return sum((number(row, field) for row in kept), NOTHING)

    every = [row for _, row in rows]
    head: Row = {field: total(field, every) for field in SHARES}
    head["T_BHTT_GDV"] = head["T_BHTT"]
    head["T_THUOC"] = total("THANH_TIEN_BV", [row for table, row in rows if table == "XML2"])
    head["T_VTYT"] = total("THANH_TIEN_BV", [row for row in every if row["MA_NHOM"] == "10"])
    head["T_TONGCHI_BV"] = total("THANH_TIEN_BV", every)
    insured = total("THANH_TIEN_BH", [row for row in every if row["PHAM_VI"] != "2"])
    head["T_TONGCHI_BH"] = total("THANH_TIEN_BH", every) if visit.counted else insured
    if visit.by_formula and head[OTHER]:
        head["T_BHTT"] = insured - number(head, "T_BNCCT")
    return head


def sheet(visit: Visit, rate: Fraction | None = None) -> Sheet:
    """The claim as the model has it, or at a percent of somebody's choice."""
    insured = sum((gross(x, visit)[1] for x in visit.lines if x.scope != "2"), NOTHING)
    right = percent(visit, insured) if rate is None else rate
    rows = [
        (x.table, known(x, visit, at) | priced(x, visit, right))
        for at, x in enumerate(visit.lines, 1)
    ]
    head: Row = {
        "MA_CSKCB": "01001",
        "MA_DKBD": "01001",
        "MA_THE_BHYT": f"{visit.card}010000000001",
        "GT_THE_TU": "20230101",
        "GT_THE_DEN": "20301231",
        "MA_DOITUONG_KCB": visit.category,
        "MA_LOAI_KCB": visit.care,
        "NGAY_VAO": f"{visit.arrived}0800",
        "NGAY_RA": f"{visit.left}1600",
    }
    return Sheet(head | totals(visit, rows), rows)


def some_line(dice: random.Random, version: str) -> Line:
    """Any line that the decision of the day allows."""
    table, group = ("XML2", "4") if dice.random() < 0.4 else ("XML3", "1")
    parts = dice.choice((1, 1, 100, 1000))
    price = dice.randint(500, 400_000) + Fraction(dice.randrange(parts), parts)
    quantity = Fraction(dice.choice((1000, 1000, 2000, 7000, 500, 1333)), 1000)
    line = Line(table, group, quantity, price, price, 100, dice.choice((100, 100, 50)))
    if dice.random() < 0.1:
        left_over = dice.random() < 0.5
        return replace(line, scope="2", insured_ratio=0, left_over=left_over)
    if dice.random() < 0.4:
        source = "order" if version == "3176" else dice.choice(("order", "all", "copay"))
        line = replace(line, source=source, given=Fraction(dice.randint(1, 90), 100))
    if table == "XML2":
        return line
    group = dice.choice(("1", "2", "8", "10", "12", "13", "15", "18"))
    ratio = dice.choice((100, 80, 50, 30)) if group in {"8", "13", "15", "18"} else 100
    line = replace(line, group=group, service_ratio=ratio, spared=dice.random() < 0.5)
    line = replace(line, price=price + dice.choice((0, 0, 30_000)))
    if group == "10" and version == "3176":
        ceiling = rounded(price * Fraction(dice.randint(60, 130), 100))
        line = replace(line, ceiling=ceiling, insured_price=min(line.price, ceiling))
    return replace(line, source="") if group == "12" else line


def some_visit(dice: random.Random, month: str, *, plain: bool = False) -> Visit:
    """Any visit of the month; plain ones have exact amounts and no other source."""
    day = f"{month}{dice.randint(1, 28):02d}"
    fitting = [c for c in CATEGORIES if c[2] <= month <= c[3]]
    category, care, _, _, part = dice.choice(fitting)
    card = dice.choice((*CARDS, "CN2") if month >= "202601" else CARDS)
    visit = Visit(day, day, category, care, part, card, ())
    lines = [some_line(dice, visit.version) for _ in range(dice.randint(1, 5))]
    if category in UNSETTLED_WHEN_CHEAP:
        dear = Fraction(900_000)
        lines.append(Line("XML3", "2", Fraction(1), dear, dear, 100, 100))
    if plain:
        return replace(visit, lines=tuple(replace(line, source="") for line in lines))
    whole, counted = dice.random() < 0.3, dice.random() < 0.5
    by_formula = not counted and dice.random() < 0.6
    return replace(visit, lines=tuple(lines), whole=whole, by_formula=by_formula, counted=counted)
