"""LNK, TIM, DOCU within one claim: papers, results, days of supplies and drugs."""

from __future__ import annotations

from datetime import timedelta

from giamdinh.tables.specs import table_specs
from tests.oracle.twins import Card, Claim, Found, Hit, Row, twin
from tests.oracle.twins.doses import dose
from tests.oracle.twins.helpers import base_service, days, folded, paid, parts, said


@twin
def ngay_kq_khac_xml3(card: Card, claim: Claim) -> Found:
    del card
    for row in claim.rows("XML4"):
        code = base_service(row.text("MA_DICH_VU"))
        times = [
            line["NGAY_KQ"]
            for line in claim.rows("XML3")
            if line["NGAY_KQ"] is not None and base_service(line.text("MA_DICH_VU")) == code
        ]
        if code and row["NGAY_KQ"] is not None and times and row["NGAY_KQ"] not in times:
            yield Hit(row)


@twin
def giay_khac_xml1(card: Card, claim: Claim) -> Found:
    """Several papers of a kind belong to several newborns."""
    for table, names in card.reads.items():
        if len(claim.rows(table)) != 1:
            continue
        row = claim.rows(table)[0]
        for name in names:
            known = claim.head.text(name)
            if row.text(name) and known and differ(row, claim.head, name):
                hidden = table_specs()[table].by_name[name].personal
                yield Hit(row, name, "" if hidden else known)


def differ(paper: Row, head: Row, name: str) -> bool:
    """Times are compared as times, where both are; lists agree when they share a part."""
    specs = [table_specs()[row.table].by_name[name] for row in (paper, head)]
    if all(spec.temporal for spec in specs):
        return None not in (paper[name], head[name]) and paper[name] != head[name]
    one, two = ({folded(part) for part in parts(row.text(name))} for row in (paper, head))
    return not one & two


@twin
def ngay_tai_kham_khac_giay_hen(card: Card, claim: Claim) -> Found:
    del card
    asked = claim.head.text("NGAY_TAI_KHAM")
    if asked and not claim.rows("XML14"):
        yield Hit(claim.head, "NGAY_TAI_KHAM")
    for row in claim.rows("XML14"):
        when = row["NGAY_HEN_KL"]
        if asked and when is not None:
            named = {part[:8] for part in parts(asked)}
            if f"{when:%Y%m%d}" not in named:
                yield Hit(row, "NGAY_HEN_KL")


def results_before(card: Card, claim: Claim, field: str) -> Found:
    for row in claim.rows("XML3"):
        bed = row["MA_NHOM"] in card.texts("NHOM_GIUONG", row)
        known = row[field] is not None and row["NGAY_KQ"] is not None
        if known and not bed and row["NGAY_KQ"] < row[field]:
            yield Hit(row)
    for row in claim.rows("XML4"):
        code = row.text("MA_DICH_VU")
        begun = [line[field] for line in claim.rows("XML3") if line.text("MA_DICH_VU") == code]
        sure = code and begun and None not in begun and row["NGAY_KQ"] is not None
        if sure and row["NGAY_KQ"] < min(begun):
            yield Hit(row)


@twin
def ket_qua_truoc_thuc_hien(card: Card, claim: Claim) -> Found:
    return results_before(card, claim, "NGAY_TH_YL")


@twin
def ket_qua_truoc_y_lenh(card: Card, claim: Claim) -> Found:
    return results_before(card, claim, "NGAY_YL")


def service(row: Row) -> str:
    """The service of a line, or that a supply was used for."""
    named = parts(row.text("MA_DICH_VU"))
    return base_service(named[0]) if named else ""


@twin
def vat_tu_khac_ngay_dich_vu(card: Card, claim: Claim) -> Found:
    names = ("NGAY_YL", "NGAY_TH_YL", "NGAY_KQ")
    for row in claim.rows("XML3"):
        if not row.text("MA_VAT_TU") or not service(row) or row["NGAY_YL"] is None:
            continue
        done = [
            line
            for line in claim.rows("XML3")
            if not line.text("MA_VAT_TU") and service(line) == service(row)
        ]
        dates = [[line[name] for name in names if line[name] is not None] for line in done]
        if dates and all(dates):
            gap = min(abs(days(when, row["NGAY_YL"])) for own in dates for when in own)
            if gap > card.number("SO_NGAY_LECH_VAT_TU", row):
                yield Hit(row)


@twin
def nhieu_dich_vu_trong_cua_so(card: Card, claim: Claim) -> Found:
    def counts(row: Row) -> bool:
        kind = row["MA_NHOM"]
        wanted = kind in card.texts("NHOM_DVKT", row) and kind not in card.texts("NHOM_XN", row)
        return wanted and paid(row) and bool(service(row)) and row["NGAY_TH_YL"] is not None

    lines = sorted(filter(counts, claim.rows("XML3")), key=lambda row: row["NGAY_TH_YL"])
    for i, row in enumerate(lines):
        since = row["NGAY_TH_YL"] - timedelta(minutes=int(card.number("PHUT_CUA_SO_DICH_VU", row)))
        seen = {service(line) for line in lines[: i + 1] if line["NGAY_TH_YL"] >= since}
        if len(seen) > card.number("SO_DICH_VU_TRONG_CUA_SO", row):
            yield Hit(row)


@twin
def so_ngay_dtri_khac_so_ngay_thuoc(card: Card, claim: Claim) -> Found:
    kind, written = claim["MA_LOAI_KCB"], claim["SO_NGAY_DTRI"]
    doses = [
        dose(row.text("LIEU_DUNG"))
        for row in claim.rows("XML2")
        if row["MA_NHOM"] in card.texts("NHOM_THUOC", row)
    ]
    if kind not in card.texts("LOAI_KCB_SO_NGAY_THUOC", claim.head) or written is None:
        return
    longest = max((own.days for own in doses if own), default=0)
    if not all(doses) or not longest:
        return
    if written == 0 and kind in card.texts("LOAI_KCB_LINH_THUOC", claim.head):
        return
    if abs(written - longest) > card.number("SAI_SO_NGAY_THUOC", claim.head):
        yield Hit(claim.head, expected=said(longest))
