"""What two runs were not the same in, so that a difference may come from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from giamdinh.report.summary import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from giamdinh.compare.runs import Run


def warnings(earlier: Run, later: Run) -> list[str]:
    """One sentence per difference of the runs themselves."""
    return [
        *_rules(earlier.said, later.said),
        *_profiles(earlier.said, later.said),
        *_unjudged(earlier, later),
        *_catalogues(earlier.said, later.said),
        *_claims(earlier, later),
    ]


def _rules(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    out = []
    if before.get("version") != after.get("version"):
        out.append(
            f"Phiên bản giamdinh khác nhau ({before.get('version')} và {after.get('version')})."
        )
    first, second = (str(said.get("rules", {}).get("hash", "")) for said in (before, after))
    if first != second:
        out.append(
            f"Bộ quy tắc khác nhau ({first[:12]} và {second[:12]}): có phát hiện mới hoặc hết vì "
            "quy tắc, tham số hay danh mục mã đã đổi, không phải vì hồ sơ được sửa."
        )
    return out


def _profiles(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    first, second = ((said.get("profile") or {}).get("hash") for said in (before, after))
    if first == second:
        return []
    return ["Tệp cấu hình (--profile) của hai lần chạy khác nhau."]


def _unjudged(earlier: Run, later: Run) -> list[str]:
    """Rules that only one of the runs could apply."""
    out = []
    for run, other, when in ((earlier, later, "lần sau"), (later, earlier, "lần trước")):
        codes = sorted(run.judged - other.judged)
        if codes:
            what = f"{when} không chạy được hoặc không được chọn"
            out.append(f"{len(codes)} quy tắc {what}: {listed(codes)}.")
    return out


def _catalogues(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    first, second = (
        {(c["kind"], c["facility"]): _content(c) for c in said.get("catalogues", [])}
        for said in (before, after)
    )
    changed = [key for key in {**first, **second} if first.get(key) != second.get(key)]
    if not changed:
        same = before.get("catalogues_sha256") == after.get("catalogues_sha256")
        return [] if same else ["Nội dung các tệp danh mục khác nhau."]
    names = [f"{kind} {facility or '(mọi cơ sở)'}" for kind, facility in sorted(changed)]
    return [f"Danh mục khác nhau: {listed(names)}."]


def _content(catalogue: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(catalogue.get(key) for key in ("from", "through", "rows", "refused"))


def _claims(earlier: Run, later: Run) -> list[str]:
    if earlier.claims is None or later.claims is None:
        reason = "Có lần chạy không ghi claims.parquet (bản giamdinh cũ)"
        return [f"{reason}: không phân biệt được đã hết với hồ sơ không còn trong dữ liệu."]
    gone = int((~np.isin(earlier.claims, later.claims)).sum())
    added = int((~np.isin(later.claims, earlier.claims)).sum())
    out = []
    if gone:
        out.append(
            f"{gone} hồ sơ của lần trước không còn trong dữ liệu lần sau: "
            "phát hiện của chúng không tính là đã hết."
        )
    if added:
        out.append(f"{added} hồ sơ chỉ có ở lần sau.")
    return out
