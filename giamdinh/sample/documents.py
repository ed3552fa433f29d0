"""The papers of an episode: discharge, summary, birth, leave, transfer and follow-up (XML7-14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.sample import law
from giamdinh.sample.content import content
from giamdinh.sample.model import DAY, day8
from giamdinh.sample.money import minutes_of
from giamdinh.tables.specs import size_in, table_specs, version_rank

if TYPE_CHECKING:
    from giamdinh.sample.model import Claim, Row, Staff

_SUMMARISED = {"03", "04", "06"}
_REST_DAYS = 5
_LEAVE_DAYS = 3
_PREGNANCY_DAYS = 7
_EMPLOYER = "Công ty TNHH Thử Nghiệm"
_ISSUED = "20210601"
_PAPERS_SINCE = "4750"
_SAME = (
    "HO_TEN", "NGAY_SINH", "GIOI_TINH", "DIA_CHI", "MA_THE_BHYT", "GT_THE_DEN", "NGAY_VAO",
    "NGAY_VAO_NOI_TRU", "NGAY_RA", "CHAN_DOAN_RV", "MA_BENH_CHINH", "MA_BENH_KT",
)  # fmt: skip


def add_documents(claim: Claim, doctor: Staff) -> None:
    """Add every paper that the episode calls for and that its format version knows."""
    head, flags = claim.head, claim.plan.flags
    if law.is_inpatient(claim.plan.care, minutes_of(head["NGAY_RA"])):
        claim.add("XML7", _discharge(claim, doctor), numbered=False)
    if claim.plan.care in _SUMMARISED:
        claim.add("XML8", _summary(claim), numbered=False)
    if "birth" in flags:
        claim.add("XML9", _birth(claim, doctor), numbered=False)
    if "pregnancy_leave" in flags:
        claim.add("XML10", _pregnancy_leave(claim, doctor), numbered=False)
    if "sick_leave" in flags:
        claim.add("XML11", _sick_leave(claim, doctor), numbered=False)
    if version_rank(claim.version) < version_rank(_PAPERS_SINCE):
        return
    if "transfer" in flags:
        claim.add("XML13", _transfer(claim, doctor), numbered=False)
    if head.get("NGAY_TAI_KHAM"):
        claim.add("XML14", _follow_up(claim, doctor), numbered=False)


def check_in(claim: Claim) -> Row:
    """The XML0 row of an episode: its first cost at the moment of arrival."""
    head = claim.head
    line = claim.lines("XML3", "XML2")[0]
    names = ("MA_DICH_VU", "TEN_DICH_VU", "MA_THUOC", "TEN_THUOC", "NGAY_YL")
    same = (
        "MA_LK", "STT", "MA_BN", "HO_TEN", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "MA_DOITUONG_KCB",
        "NGAY_VAO", "NGAY_VAO_NOI_TRU", "LY_DO_VNT", "MA_LY_DO_VNT", "MA_LOAI_KCB", "MA_CSKCB",
    )  # fmt: skip
    cards = {
        name: head[name].split(";")[0]
        for name in ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")
    }
    row = {name: head.get(name, "") for name in same}
    width = size_in(table_specs()["XML0"].by_name["MA_DOITUONG_KCB"], claim.version)
    row["MA_DOITUONG_KCB"] = row["MA_DOITUONG_KCB"][:width]
    return {
        **row,
        **cards,
        **{name: line.get(name, "") for name in names},
    }


def _discharge(claim: Claim, doctor: Staff) -> Row:
    head = claim.head
    left = minutes_of(head["NGAY_RA"])
    row = {
        "SO_LUU_TRU": f"LT{claim.key}",
        "MA_YTE": head["MA_BN"],
        "MA_KHOA_RV": head["MA_KHOA"].rpartition(";")[2],
        "NGAY_VAO": head["NGAY_VAO"],
        "NGAY_RA": head["NGAY_RA"],
        "MA_DINH_CHI_THAI": "0",
        "CHAN_DOAN_RV": head["CHAN_DOAN_RV"],
        "PP_DIEUTRI": head["PP_DIEU_TRI"],
        "GHI_CHU": "Nghỉ ngơi, tái khám khi có dấu hiệu bất thường",
        "MA_TTDV": claim.place.head.number,
        "MA_BS": doctor.number,
        "TEN_BS": doctor.name,
        "NGAY_CT": day8(left),
    }
    if claim.patient.cards[0].code.startswith("DN") and not claim.plan.flags & {"dies", "transfer"}:
        row |= {
            "SO_NGAY_NGHI": str(_REST_DAYS),
            "NGOAITRU_TUNGAY": day8(left + DAY),
            "NGOAITRU_DENNGAY": day8(left + _REST_DAYS * DAY),
        }
    if claim.patient.cards[0].code.startswith("TE"):
        row["HO_TEN_ME"] = _mother(claim)
    return row


def _summary(claim: Claim) -> Row:
    head = claim.head
    done = dict.fromkeys(row["TEN_DICH_VU"] for row in _results_of(claim))
    found = "; ".join(done) or "khám lâm sàng, theo dõi dấu hiệu sinh tồn hằng ngày"
    row = {
        name: head[name]
        for name in (
            "MA_LOAI_KCB", "NGAY_VAO", "NGAY_RA", "CHAN_DOAN_VAO", "CHAN_DOAN_RV", "KET_QUA_DTRI",
        )
    }  # fmt: skip
    if claim.patient.cards[0].code.startswith("TE"):
        row["HO_TEN_ME"] = _mother(claim)
    return {
        **row,
        "QT_BENHLY": f"Người bệnh vào viện vì {claim.disease.reason.lower()}, được theo dõi",
        "TOMTAT_KQ": f"Đã thực hiện: {found}. Kết quả phù hợp chẩn đoán.",
        "PP_DIEUTRI": head["PP_DIEU_TRI"],
        "MA_TTDV": claim.place.head.number,
        "NGAY_CT": head["NGAY_RA"][:8],
    }


def _results_of(claim: Claim) -> list[Row]:
    reported = {row["MA_DICH_VU"] for row in claim.lines("XML4")}
    return [row for row in claim.lines("XML3") if row["MA_DICH_VU"] in reported]


def _birth(claim: Claim, doctor: Staff) -> Row:
    head = claim.head
    delivery = next(row for row in claim.lines("XML3") if row.get("MA_PTTT_QT"))
    card = claim.patient.cards[0].code
    names = content().names
    own = ("MA_QUOCTICH", "MATINH_CU_TRU", "MAHUYEN_CU_TRU", "MAXA_CU_TRU", "CAN_NANG_CON")
    return {
        **{name: head.get(name, "") for name in own},
        "MA_BHXH_NND": card[5:],
        "MA_THE_NND": card,
        "HO_TEN_NND": head["HO_TEN"],
        "NGAYSINH_NND": head["NGAY_SINH"][:8],
        "MA_DANTOC_NND": head["MA_DANTOC"],
        "SO_CCCD_NND": head["SO_CCCD"],
        "NGAYCAP_CCCD_NND": _ISSUED,
        "NOICAP_CCCD_NND": "Cục Cảnh sát quản lý hành chính về trật tự xã hội",
        "NOI_CU_TRU_NND": head["DIA_CHI"],
        "MA_THE_TAM": f"TE1{names['province']['code']}{int(card[5:]) + 5_000_000:010d}",
        "GIOI_TINH_CON": "2",
        "SO_CON": "1",
        "LAN_SINH": "1",
        "SO_CON_SONG": "1",
        "NGAY_SINH_CON": delivery["NGAY_KQ"],
        "NOI_SINH_CON": claim.place.kind.name,
        "TINH_TRANG_CON": "Khóc to, hồng hào, phản xạ tốt",
        "SINHCON_PHAUTHUAT": "0",
        "SINHCON_DUOI32TUAN": "0",
        "NGUOI_DO_DE": doctor.name,
        "NGUOI_GHI_PHIEU": doctor.name,
        "NGAY_CT": head["NGAY_RA"][:8],
        "SO": f"GCS{claim.key}",
        "QUYEN_SO": "01",
        "MA_TTDV": claim.place.head.number,
    }


def _leave(claim: Claim, days: int) -> Row:
    left = minutes_of(claim.head["NGAY_RA"])
    return {
        "SO_SERI": f"SR{claim.key}",
        "SO_CT": f"CT{claim.key}",
        "DON_VI": _EMPLOYER,
        "CHAN_DOAN_RV": claim.head["CHAN_DOAN_RV"],
        "TU_NGAY": day8(left),
        "DEN_NGAY": day8(left + (days - 1) * DAY),
        "MA_TTDV": claim.place.head.number,
        "NGAY_CT": day8(left),
    }


def _pregnancy_leave(claim: Claim, doctor: Staff) -> Row:
    signed = {"TEN_BS": doctor.name, "MA_BS": doctor.number}
    return {**_leave(claim, _PREGNANCY_DAYS), "SO_NGAY": str(_PREGNANCY_DAYS), **signed}


def _sick_leave(claim: Claim, doctor: Staff) -> Row:
    card = claim.patient.cards[0].code
    return {
        **_leave(claim, _LEAVE_DAYS),
        "SO_KCB": f"KCB{claim.key}",
        "MA_BHXH": card[5:],
        "MA_THE_BHYT": card,
        "PP_DIEUTRI": claim.head["PP_DIEU_TRI"],
        "SO_NGAY_NGHI": str(_LEAVE_DAYS),
        "MA_BS": doctor.number,
        "MAU_SO": "CT07",
    }


def _transfer(claim: Claim, doctor: Staff) -> Row:
    head, disease = claim.head, claim.disease
    origin = {"MA_QUOCTICH": "", "MA_DANTOC": "", "MA_LOAI_RV": ""}
    return {
        **{name: head.get(name, "") for name in (*_SAME, *origin)},
        "MA_NGHE_NGHIEP": "00000",
        "SO_HOSO": f"HS{claim.key}",
        "SO_CHUYENTUYEN": f"SCT{claim.key}",
        "GIAY_CHUYEN_TUYEN": f"GCT{claim.key}",
        "MA_CSKCB": claim.place.code,
        "MA_CSKCB_DI": claim.place.code,
        "MA_CSKCB_DEN": head["MA_NOI_DEN"],
        "DAU_HIEU_LS": disease.reason,
        "QT_BENHLY": f"Vào viện vì {disease.reason.lower()}, đã xử trí ban đầu",
        "TOMTAT_KQ": "Kết quả cận lâm sàng kèm theo hồ sơ bệnh án",
        "PP_DIEUTRI": head["PP_DIEU_TRI"],
        "TINH_TRANG_CT": "Tỉnh, huyết động ổn định, cần điều trị chuyên khoa",
        "MA_LYDO_CT": "1",
        "HUONG_DIEU_TRI": "Chuyển cơ sở cấp trên điều trị tiếp",
        "PHUONGTIEN_VC": "Xe cứu thương",
        "HOTEN_NGUOI_HT": doctor.name,
        "CHUCDANH_NGUOI_HT": "Bác sĩ",
        "MA_BAC_SI": doctor.licence,
        "MA_TTDV": claim.place.head.number,
    }


def _follow_up(claim: Claim, doctor: Staff) -> Row:
    head = claim.head
    return {
        **{name: head.get(name, "") for name in (*_SAME, "MA_DOITUONG_KCB")},
        "SO_GIAYHEN_KL": f"HKL{claim.key}",
        "MA_CSKCB": claim.place.code,
        "NGAY_HEN_KL": head["NGAY_TAI_KHAM"],
        "MA_BAC_SI": doctor.licence,
        "MA_TTDV": claim.place.head.number,
        "NGAY_CT": head["NGAY_RA"][:8],
    }


def _mother(claim: Claim) -> str:
    names = content().names
    family = claim.patient.name.split()[0]
    return f"{family} {names['female_middle'][0]} {names['mark']} {names['given'][0]}"
