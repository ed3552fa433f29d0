"""Checks of the package: what went wrong while files were read. Rows are the reader's problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.checks.chung import problems, problems_where
from giamdinh.rules.context import Hits, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from giamdinh.model import Problem
    from giamdinh.rules.context import CheckContext

_UNREADABLE = frozenset(
    {
        "tep_khong_doc_duoc",
        "tep_bi_cat",
        "khong_phai_ho_so",
        "doctype",
        "qua_lon",
        "qua_sau",
        "zip_hong",
        "zip_nguy_hiem",
        "base64_sai",
        "xml_trong_hong",
        "sai_bang_ma",
    }
)
_STRANGE_TABLES = frozenset({"bang_la", "bang_lap", "xml1_lap", "loai_hoso_la"})
_STRANGE_CONTENT = frozenset({"ky_tu_dieu_khien", "noi_dung_la"})
_ONE_PER_NEWBORN = "XML7"


@check
def goi_tin_hong(context: CheckContext) -> Iterable[Hits]:
    """Files, or tables inside them, that could not be read."""
    yield problems_where(context, _unreadable)


@check
def ho_so_thieu_so_voi_khai_bao(context: CheckContext) -> Iterable[Hits]:
    """Files with fewer claims than they declare."""
    yield problems(context, "so_ho_so_thieu")


@check
def ho_so_thua_so_voi_khai_bao(context: CheckContext) -> Iterable[Hits]:
    """Files with more claims than they declare."""
    yield problems(context, "so_ho_so_thua")


@check
def bang_la_hoac_lap(context: CheckContext) -> Iterable[Hits]:
    """Tables of an unknown type, or sent twice in a claim; several XML7 are legitimate."""

    def strange(problem: Problem) -> bool:
        legitimate = problem.kind == "bang_lap" and problem.table == _ONE_PER_NEWBORN
        return problem.kind in _STRANGE_TABLES and not legitimate

    yield problems_where(context, strange)


@check
def ho_so_thieu_xml1(context: CheckContext) -> Iterable[Hits]:
    """Claims without XML1."""
    yield problems(context, "thieu_xml1")


@check
def the_ngoai_chuan(context: CheckContext) -> Iterable[Hits]:
    """Tags that the format does not have."""
    yield problems(context, "the_la")


@check
def noi_dung_co_ky_tu_la(context: CheckContext) -> Iterable[Hits]:
    """Control characters, or content where none belongs."""
    yield problems_where(
        context, lambda problem: problem.kind in _STRANGE_CONTENT and not _unreadable(problem)
    )


@check
def tep_thay_doi_khi_doc(context: CheckContext) -> Iterable[Hits]:
    """Files that changed while they were read."""
    yield problems(context, "tep_thay_doi")


@check
def ho_so_gui_lai(context: CheckContext) -> Iterable[Hits]:
    """Claims of which a newer version replaced an older one."""
    yield problems(context, "ho_so_thay_the")


def _unreadable(problem: Problem) -> bool:
    return problem.lost or problem.kind in _UNREADABLE
