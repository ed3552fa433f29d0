"""Reference lists that the clean month satisfies, and marked twins that break one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample.catalogue_variants import BLOOD, twin
from giamdinh.sample.content import content
from giamdinh.sample.lines import price_text
from giamdinh.tables.codelists import code_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.sample.model import Row

_DRUGS = ("paracetamol", "amoxicilin", "cefuroxim", "loratadin", "ceftriaxon", "losartan")
(FIT, INDICATED, EXCLUDED, CONDITION, TOPIC, FIRST, SECOND, INSIDE, DOSE, TIMES, DAYS, STAR,
 CONTROLLED, RANK, CANCER, VITAMIN, DECLARED, NO_BLOOD, NO_MATCH) = range(121, 140)  # fmt: skip
"""The marks of drugs."""
(SEX, AGE, NEEDS_DISEASE, BARRED, UNMET, LISTED, DAILY, COURSE, ALONE, CONTRAST, INJECTION,
 APART, PART, PANEL, FILMS, REPEATED, ONCE, DIALYSIS) = range(31, 49)  # fmt: skip
"""The marks of services."""
DIALYSIS_NAME = "Thận nhân tạo chu kỳ mẫu"
CAP = 140
"""The mark of supplies dearer than their cap."""
WRONG_ROUTE, NO_INGREDIENT, MILD, NO_DISEASE = "9.99", "40.8888", "J18.9", "C98"
HALF, MILLIGRAM, NEVER = "0.5", "1", "0"
"""What the lists allow of a marked drug or service."""
_NOT_HERE = "Z99"
_CATEGORY = 3
_EVERY_DISEASE = "A00-Z99"
_MIXED = "Vitamin A mẫu + Vitamin B mẫu"
_SOURCE = {"NGUON": "Văn bản mẫu", "TU_NGAY": "20220101"}


def marked_drugs(rows: Sequence[Row]) -> list[Row]:
    """Twins of some drugs of a facility's list, one for every mark."""
    codes = {content().drugs[key].code for key in _DRUGS}
    chosen = [row for row in rows if row["MA_THUOC"] in codes]
    return [_drug(row, mark) for mark in range(FIT, NO_MATCH + 1) for row in chosen]


def marked_services(rows: Sequence[Row]) -> list[Row]:
    """Twins of the procedures in force of a facility's list."""
    codes = _procedures()
    chosen = [row for row in rows if row["MA_DICH_VU"] in codes and not row.get("DEN_NGAY")]
    twins = [
        {**row, "MA_DICH_VU": twin(row["MA_DICH_VU"], mark)}
        for mark in range(SEX, ONCE + 1)
        for row in chosen
    ]
    sessions = [
        {**row, "MA_DICH_VU": twin(row["MA_DICH_VU"], DIALYSIS), "TEN_DICH_VU": DIALYSIS_NAME}
        for row in chosen
    ]
    return twins + sessions


def marked_supplies(rows: Sequence[Row]) -> list[Row]:
    """Twins of supplies that cost more than their cap."""
    return [{**row, "MA_VAT_TU": twin(row["MA_VAT_TU"], CAP)} for row in rows]


def reference_lists() -> dict[str, list[Row]]:
    """The rows of every reference list by kind."""
    lists = {
        "phu_hop": _fitting(),
        "dieu_kien": _conditions(),
        "cap_ma": _pairs(),
        "so_lan": _numbers(),
        "lieu_toi_da": _doses(),
        "hoat_chat": _ingredients(),
        "gia_tran": _caps(),
        "ma_dung_chung": _codes(),
        "may_bat_buoc": _machines(),
        "may_dich_vu": _machine_groups(),
        "icd10": _categories(),
        "khoang_cach": _intervals(),
    }
    return {
        kind: [{"STT": str(i), **_SOURCE, **row} for i, row in enumerate(rows, 1)]
        for kind, rows in lists.items()
    }


def drugs_of(mark: int) -> str:
    """The codes of all drugs with a mark."""
    return ";".join(twin(content().drugs[key].code, mark) for key in _DRUGS)


def services_of(mark: int) -> str:
    """The codes of all services with a mark."""
    return ";".join(twin(code, mark) for code in _procedures())


def exams() -> str:
    """The codes of all examinations at any time."""
    found = [s for s in content().services.values() if s.specialty]
    return ";".join(dict.fromkeys(code for s in found for _, code in s.codes))


def intensive_bed() -> str:
    """The bed that asks for a severe disease; every one but `MILD` counts as severe."""
    return content().services["K02"].codes[-1][1]


def other_registration(text: str) -> str:
    """The registration number of a drug that is dearer than declared."""
    return f"{text}K"


def _drug(row: Row, mark: int) -> Row:
    made = {**row, "MA_THUOC": twin(row["MA_THUOC"], mark)}
    if mark == VITAMIN:
        made["TEN_HOAT_CHAT"] = _MIXED
    if mark == DECLARED:
        made["SO_DANG_KY"] = other_registration(row["SO_DANG_KY"])
    return made


def _procedures() -> list[str]:
    return [s.codes[-1][1] for s in content().services.values() if s.group == "18"]


def _fitting() -> list[Row]:
    return [
        {"MA_DICH_VU": services_of(SEX), "GIOI_TINH": "Nữ"},
        {"MA_DICH_VU": services_of(AGE), "TUOI_TU": "130"},
        {"MA_DICH_VU": services_of(NEEDS_DISEASE), "MA_BENH": _NOT_HERE},
        {"MA_DICH_VU": services_of(BARRED), "MA_BENH_LOAI_TRU": _EVERY_DISEASE},
        {"MA_DICH_VU": _exam("nhi"), "TUOI_DEN": "15"},
        {"MA_DICH_VU": _exam("san"), "GIOI_TINH": "Nữ"},
        {"MA_THUOC": drugs_of(FIT), "GIOI_TINH": "Nữ"},
        {"MA_THUOC": drugs_of(INDICATED), "MA_BENH": _NOT_HERE},
        {"MA_THUOC": drugs_of(EXCLUDED), "MA_BENH_LOAI_TRU": _EVERY_DISEASE},
    ]


def _exam(key: str) -> str:
    return ";".join(code for _, code in content().services[key].codes)


def _conditions() -> list[Row]:
    made = {"DIEU_KIEN": "Chỉ cho bệnh không có trong tháng mẫu", "MA_BENH": _NOT_HERE}
    return [
        {"LOAI": "Thanh toán", "MA_DICH_VU": services_of(UNMET), **made},
        {"LOAI": "Danh sách 1", "MA_DICH_VU": services_of(LISTED), **made},
        {"LOAI": "Thanh toán", "MA_THUOC": drugs_of(CONDITION), **made},
        {"LOAI": "Chuyên đề", "MA_THUOC": drugs_of(TOPIC), **made},
    ]


def _pairs() -> list[Row]:
    exam, lacking = {"MA_A": exams(), "CUA_SO": "Cùng đợt"}, {"CUA_SO": "Cùng đợt"}
    return [
        {"QUAN_HE": "Loại trừ", **exam, "MA_B": services_of(APART)},
        {"QUAN_HE": "Bao gồm", **exam, "MA_B": services_of(PART)},
        {"QUAN_HE": "Xét nghiệm tách", **exam, "MA_B": services_of(PANEL)},
        {"QUAN_HE": "Hai phim", **exam, "MA_B": services_of(FILMS)},
        {"QUAN_HE": "Trong giá dịch vụ", **exam, "MA_B": drugs_of(INSIDE)},
        {"QUAN_HE": "Tương tác", "MA_A": drugs_of(FIRST), "MA_B": drugs_of(SECOND),
         "MUC_DO": "Nặng", "CUA_SO": "Cùng ngày"},
        {"QUAN_HE": "Cần có", "MA_A": services_of(ALONE), "MA_B": "99.*", **lacking},
        {"QUAN_HE": "Cần thuốc cản quang", "MA_A": services_of(CONTRAST), "MA_B": "40.7777",
         **lacking},
        {"QUAN_HE": "Cần thuốc tiêm", "MA_A": services_of(INJECTION), "DUONG_DUNG_B": "8.*",
         **lacking},
        {"QUAN_HE": "Cần xét nghiệm hòa hợp", "MA_A": drugs_of(NO_MATCH), "MA_B": "99.*",
         **lacking},
        {"QUAN_HE": "Giường hồi sức cần", "MA_A": intensive_bed(), "MA_BENH_B": "A00-J17;J19-Z99",
         **lacking},
    ]  # fmt: skip


def _numbers() -> list[Row]:
    return [
        {"KHOANG": "Ngày", "MA_DICH_VU": services_of(DAILY), "SO_LAN_TOI_DA": NEVER},
        {"KHOANG": "Đợt", "MA_DICH_VU": services_of(COURSE), "SO_LAN_TOI_DA": NEVER},
    ]


def _doses() -> list[Row]:
    return [
        {"MA_THUOC": drugs_of(DOSE), "LIEU_NGAY_MG": MILLIGRAM},
        {"MA_THUOC": drugs_of(TIMES), "SO_LAN_NGAY": HALF},
        {"MA_THUOC": drugs_of(DAYS), "SO_NGAY_TOI_DA": HALF},
    ]


def _ingredients() -> list[Row]:
    """Every code of the month and of other planted errors, and the marked ones."""
    drugs = [(drug.code, drug.ingredient) for drug in content().drugs.values()]
    # Marks of two digits are those of the approved lists.
    known = [m for m in range(FIT, NO_MATCH + 1) if m != VITAMIN]
    rows = [
        {
            "MA_HOAT_CHAT": ";".join(
                (code, *(f"{code}.{m}*" for m in range(6, 10)), *(twin(code, m) for m in known))
            ),
            "TEN_HOAT_CHAT": name,
        }
        for code, name in drugs
    ]
    marks = {
        STAR: {"DAU_SAO": "Có"},
        CONTROLLED: {"KIEM_SOAT": "Gây nghiện", "SO_NGAY_KE": HALF},
        RANK: {"HANG_BV": "0;1"},
        CANCER: {"UNG_THU": "Có"},
    }
    rows += [
        {"MA_HOAT_CHAT": drugs_of(mark), "TEN_HOAT_CHAT": "Hoạt chất mẫu", **flags}
        for mark, flags in marks.items()
    ]
    rows += [{"MA_HOAT_CHAT": "40.9999;40.9;40.17", "TEN_HOAT_CHAT": "Hoạt chất mẫu khác"}]
    return rows + [
        {"MA_HOAT_CHAT": f"40.60{i}", "TEN_HOAT_CHAT": name, "VITAMIN": "Có"}
        for i, name in enumerate(_MIXED.split(" + "))
    ]


def _caps() -> list[Row]:
    drugs = [content().drugs[key] for key in _DRUGS]
    declared = [
        {"SO_DANG_KY": drug.registration, "GIA_TOI_DA": price_text(drug.price)} for drug in drugs
    ]
    declared += [
        {"SO_DANG_KY": other_registration(d.registration), "GIA_TOI_DA": price_text(d.price // 2)}
        for d in drugs
    ]
    return declared + [
        {"MA_VAT_TU": twin(s.code, CAP), "GIA_TOI_DA": price_text(s.price // 2)}
        for s in content().supplies.values()
    ]


def _codes() -> list[Row]:
    names, drugs = content().names, content().drugs.values()
    routes = dict.fromkeys(drug.route for drug in drugs)
    blood = [twin(drug.code, BLOOD) for drug in drugs]
    wards = [ward["code"] for ward in names["communes"]]
    found = {"Quốc tịch": [names["nation"]], "Xã": wards, "Máu": blood}
    found["Đường dùng"] = [*routes, "3.05"]
    return [
        {"LOAI_DM": kind, "MA": code, "TEN": "Mã mẫu"}
        for kind, codes in found.items()
        for code in codes
    ]


def _intervals() -> list[Row]:
    return [
        {"LOAI_LAP": "khoang_cach", "MA_DICH_VU": services_of(REPEATED), "SO_NGAY": "90"},
        {"LOAI_LAP": "mot_lan", "MA_DICH_VU": services_of(ONCE), "SO_NGAY": "36500"},
    ]


def _categories() -> list[Row]:
    """The categories of the former list, which more detailed codes stand under."""
    codes = {row.code[:_CATEGORY] for row in code_list("icd10").rows}
    return [{"MA_BENH": code, "TEN_BENH": "Bệnh mẫu"} for code in sorted(codes)]


def _machines() -> list[Row]:
    tests = [s for s in content().services.values() if s.machine]
    return [{"MA_DICH_VU": s.codes[-1][1], "TEN_DVKT_TT23": s.name} for s in tests]


def _machine_groups() -> list[Row]:
    tests = [s for s in content().services.values() if s.machine]
    return [{"PREFIX_DVKT": s.codes[-1][1], "MA_MAY_PREFIX": s.machine} for s in tests]
