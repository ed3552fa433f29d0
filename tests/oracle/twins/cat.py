"""Twins of the checks of drugs and supplies against the facility's own lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.oracle import slow
from tests.oracle.twins import Card, Claim, Hit, Item, Row, twin
from tests.oracle.twins.cat_lists import (
    Line,
    amount,
    approved,
    bare,
    beside,
    compact,
    drug_keys,
    either,
    ever,
    highest,
    price,
    registrations,
    same_product,
    share,
    shelf_of,
    split,
    tender,
    written,
)
from tests.oracle.twins.cat_strength import same_strength
from tests.oracle.twins.helpers import ABSENT, CLOSED, folded, paid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TENDER_PRICES = ("DON_GIA_BH", "DON_GIA")


def needed(card: Card) -> str:
    return card.rule.needs[0].split(".")[0]


def judged(card: Card, claim: Claim, kind: str) -> Iterator[Line]:
    return (line for line in approved(card, claim, kind) if line.judged)


@twin
def khong_co_trong_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, needed(card)):
        if line.state == ABSENT:
            yield Hit(line.row)


@twin
def thuoc_ngoai_thoi_gian_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "thuoc"):
        if line.state == CLOSED and line.known:
            yield Hit(line.row)


def first_day(item: Item) -> datetime:
    text = item["TU_NGAY_HD"]
    return datetime.strptime(text, "%Y%m%d") if text else datetime.min  # noqa: DTZ007, DTZ901


def day_after(item: Item) -> datetime:
    text = item["DEN_NGAY_HD"]
    if not text:
        return datetime(9000, 1, 1)  # noqa: DTZ001
    return datetime.strptime(text, "%Y%m%d") + timedelta(days=1)  # noqa: DTZ007


@twin
def thuoc_ngoai_hop_dong(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        days = timedelta(days=int(card.number("SO_NGAY_TON_SAU_HOP_DONG", line.row)))
        if not any(
            first_day(item) <= line.when < day_after(item) + days
            for item in same_product(line.row, line.found)
        ):
            yield Hit(line.row)


@twin
def vat_tu_ngoai_thoi_gian(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in approved(card, claim, "vat_tu"):
        if line.known and line.state == CLOSED:
            yield Hit(line.row)
        if line.judged and all(
            line.when < first_day(item) for item in same_product(line.row, line.found)
        ):
            yield Hit(line.row)


@twin
def sai_thong_tin_thau(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, needed(card)):
        mine = tender(line.row["TT_THAU"])
        texts = [item["TT_THAU"] for item in line.found]
        if len(mine) == 4 and all(mine) and all(texts):
            known = [tender(text) for text in texts]
            if not any(_agree(mine, listed) for listed in known):
                yield Hit(line.row, expected=either(texts))


def _agree(mine: list[str], listed: list[str]) -> bool:
    """Equal wherever both say something, and both say something somewhere."""
    both = [(a, b) for a, b in zip(mine, listed, strict=False) if a and b]
    return bool(both) and all(a == b for a, b in both)


def _other_text(
    line: Line, field: str, column: str, keys: Callable[[str], set[str]]
) -> Iterator[Hit]:
    mine = keys(line.row[field] or "")
    texts = [item[column] for item in line.found]
    comparable = mine and all(keys(text) for text in texts)
    if comparable and not any(mine & keys(text) for text in texts):
        yield Hit(line.row, field, expected=either(texts))


def _name(text: str) -> set[str]:
    return {bare(text)} - {""}


@twin
def thuoc_sai_so_dang_ky(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        yield from _other_text(line, "SO_DANG_KY", "SO_DANG_KY", registrations)


@twin
def thuoc_sai_ten(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        yield from _other_text(line, "TEN_THUOC", "TEN_THUOC", _name)


@twin
def vat_tu_sai_ten_hoac_ma_hieu(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "vat_tu"):
        yield from _other_text(line, "TEN_VAT_TU", "TEN_VAT_TU", _name)
        yield from _other_text(line, "MA_HIEU_SP", "MA_HIEU", _name)


@twin
def thuoc_sai_ham_luong(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        mine = line.row["HAM_LUONG"]
        texts = [item["HAM_LUONG"] for item in line.found]
        if mine and all(texts) and not any(same_strength(mine, text) for text in texts):
            yield Hit(line.row, expected=either(texts))


@twin
def thuoc_sai_duong_dung(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        mine = line.row["DUONG_DUNG"]
        pairs = [(item["MA_DUONG_DUNG"], item["DUONG_DUNG"]) for item in line.found]
        if mine is None or not all(code or name for code, name in pairs):
            continue
        if not any(_same_route(card, line, mine, pair) for pair in pairs):
            yield Hit(line.row, expected=either(code or name for code, name in pairs))


def _same_route(card: Card, line: Line, mine: str, listed: tuple[str, str]) -> bool:
    """The same code, or names of which one begins the other; an unknown code cannot be compared."""
    codes, name = split(listed[0]), listed[1]
    if mine in codes:
        return True
    called = _route_name(card, line, mine)
    if not called and not listed[0]:
        return True
    own = [bare(called), bare(mine)]
    theirs = [bare(name), *(bare(_route_name(card, line, code)) for code in codes)]
    pairs = [(a, b) for a in own for b in theirs if a and b]
    return any(a.startswith(b) or b.startswith(a) for a, b in pairs)


def _route_name(card: Card, line: Line, code: str) -> str:
    found = card.listed("duong_dung", code, line.row)
    return (found or {}).get("name", "")


def _allowed(line: Line) -> Fraction:
    return highest(same_product(line.row, line.found), TENDER_PRICES)


def _too_dear(card: Card, line: Line, asked: Fraction | None, allowed: Fraction) -> bool:
    percent = card.number("SAI_SO_GIA_TRUNG_THAU", line.row)
    return asked is not None and allowed > 0 and asked > allowed * (1 + percent / 100)


def _excess(line: Line, asked: Fraction, allowed: Fraction) -> Fraction:
    return share(line.row, max(asked - allowed, Fraction(0)), asked)


def _unit(card: Card, line: Line) -> str:
    """The list's unit where the line is priced by another one; "" where it is not."""
    asked, allowed = line.row["DON_GIA"], _allowed(line)
    mine = folded(line.row["DON_VI_TINH"] or "")
    texts = [item["DON_VI_TINH"] for item in same_product(line.row, line.found)]
    if not mine or not all(texts) or mine in [folded(text) for text in texts]:
        return ""
    times = card.number("SO_LAN_GIA_KHAC_DON_VI", line.row)
    if asked is None or asked <= 0 or not allowed:
        return ""
    return either(texts) if asked >= times * allowed or asked * times <= allowed else ""


def _blood(card: Card, row: Row) -> bool:
    return row["MA_NHOM"] in card.texts("NHOM_MAU_CHE_PHAM", row)


@twin
def don_gia_thuoc_vuot_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        asked, allowed = line.row["DON_GIA"], _allowed(line)
        otherwise = _unit(card, line) or _blood(card, line.row)
        if _too_dear(card, line, asked, allowed) and not otherwise:
            yield Hit(line.row, "", written(allowed), _excess(line, asked, allowed))


@twin
def thuoc_khac_don_vi_tinh(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        unit = _unit(card, line)
        if unit:
            yield Hit(line.row, "", unit, _excess(line, line.row["DON_GIA"], _allowed(line)))


@twin
def don_gia_vat_tu_vuot_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "vat_tu"):
        asked, allowed = line.row["DON_GIA_BH"], _allowed(line)
        if _too_dear(card, line, asked, allowed):
            yield Hit(line.row, "", written(allowed), _excess(line, asked, allowed))


@twin
def don_gia_mau_khac_danh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, "thuoc"):
        asked = line.row["DON_GIA"]
        exact = [i for i in line.found if compact(i["MA_THUOC"]) == compact(line.row["MA_THUOC"])]
        known = [price(item, TENDER_PRICES) for item in exact]
        if not _blood(card, line.row) or asked is None or not known or not all(known):
            continue
        if all(abs(asked - one) > card.number("SAI_SO_GIA", line.row) for one in known):
            excess = _excess(line, asked, max(known)) if asked > 0 else Fraction(0)
            yield Hit(line.row, "", written(max(known)), excess)


@twin
def sai_ty_le_thanh_toan(card: Card, claim: Claim) -> Iterator[Hit]:
    for line in judged(card, claim, needed(card)):
        ratios = [amount(item["TYLE_TT_BH"]) for item in line.found]
        known = [ratio for ratio in ratios if ratio is not None and 0 <= ratio <= 100]
        mine = line.row["TYLE_TT_BH"]
        if mine is None or mine > 100 or len(known) < len(ratios) or mine <= max(known):
            continue
        yield Hit(line.row, "", written(max(known)), share(line.row, mine - max(known), mine))


@twin
def vi_thuoc_thieu_che_bien(card: Card, claim: Claim) -> Iterator[Hit]:
    shelf = shelf_of(card, "thuoc")
    for row in claim.rows("XML2"):
        code = compact(row["MA_THUOC"])
        if not code or row["MA_PP_CHEBIEN"] is not None or not paid(row):
            continue
        if code.startswith(tuple(ever(card, "DAU_MA_CHE_PHAM_YHCT"))):
            continue
        line = beside(card, row, shelf, drug_keys(code))
        kinds = ever(card, "LOAI_THUOC_YHCT")
        called = line.judged and all(item["LOAI_THUOC"] in kinds for item in line.found)
        if called or code.startswith(tuple(ever(card, "DAU_MA_VI_THUOC"))):
            yield Hit(row)


@twin
def vat_tu_vuot_dinh_muc(card: Card, claim: Claim) -> Iterator[Hit]:
    groups: dict[tuple[str, str], list[tuple[Row, Fraction]]] = {}
    for line in judged(card, claim, "vat_tu"):
        norms = [amount(item["DINH_MUC"]) or Fraction(0) for item in line.found]
        row = line.row
        if min(norms) > 0 and row["MA_DICH_VU"] is not None and row["SO_LUONG"] is not None:
            key = (row["MA_DICH_VU"], row["MA_VAT_TU"])
            groups.setdefault(key, []).append((row, max(norms)))
    for (service, _), lines in groups.items():
        times = [
            r["SO_LUONG"]
            for r in claim.rows("XML3")
            if r["MA_VAT_TU"] is None and r["MA_DICH_VU"] == service and r["SO_LUONG"] is not None
        ]
        dearest, norm = max(lines, key=lambda pair: pair[0]["T_BHTT"])
        most = Fraction(int(norm * max(sum(times), 1) * 1000), 1000)
        total = sum(row["SO_LUONG"] for row, _ in lines)
        money = sum(row["T_BHTT"] for row, _ in lines)
        if total > most:
            excess = slow.half_away(money * (total - most) / total, 2)
            yield Hit(dearest, "", written(most), excess)


@twin
def vat_tu_trong_va_ngoai_goi(_card: Card, claim: Claim) -> Iterator[Hit]:
    def counted(row: Row) -> bool:
        return row["MA_VAT_TU"] is not None and row["NGAY_YL"] is not None and paid(row)

    for row in claim.rows("XML3"):
        if counted(row) and row["GOI_VTYT"] is None:
            for other in claim.rows("XML3"):
                same = other["MA_VAT_TU"] == row["MA_VAT_TU"] and other["GOI_VTYT"] is not None
                if same and counted(other) and other["NGAY_YL"].date() == row["NGAY_YL"].date():
                    yield Hit(row)
                    break


def _problems(problems: Iterable[object], kind: str) -> Iterator[Hit]:
    for at, problem in enumerate(problems):
        if getattr(problem, "kind", "") == kind:
            yield Hit(at)


@twin
def danh_muc_trung_dong(_card: Card, problems: list[object]) -> Iterator[Hit]:
    return _problems(problems, "dm_trung_dong")


@twin
def danh_muc_nguoc_ngay(_card: Card, problems: list[object]) -> Iterator[Hit]:
    return _problems(problems, "dm_nguoc_ngay")


@twin
def danh_muc_nhieu_co_so(_card: Card, problems: list[object]) -> Iterator[Hit]:
    return _problems(problems, "dm_nhieu_cskcb")


@twin
def danh_muc_chua_duoc_chap_nhan(_card: Card, problems: list[object]) -> Iterator[Hit]:
    return _problems(problems, "dm_tu_choi")
