"""What the law says on a day, for the claims that are made up: lists, percents, thresholds.

Nothing is written here: it comes from `schemas/` and `rules/tham_so/`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from giamdinh import yamlio
from giamdinh.resources import data_dir
from giamdinh.rules.params import parameters
from giamdinh.tables.codelists import CodeList, code_list
from giamdinh.tables.specs import format_versions, version_rank
from giamdinh.tables.values import DAY, day_minutes

OBSERVED = "observation"
_NEVER = np.iinfo(np.int64).max


def attribute(name: str, code: str, what: str, day: int) -> str:
    """An attribute of a code in a list on a day (minutes since 1970); "" where it has none."""
    found = code_list(name)
    epoch = int(found.epoch_of(np.array([day], np.int64))[0])
    return _attributes(name, what, epoch).get(code, "")


def format_version(day: int) -> str:
    """The format version of claims that end on `day`."""
    current = [v.code for v in format_versions() if day_minutes(v.since) <= day]
    return current[-1] if current else format_versions()[0].code


def card_digit(prefix: str, day: int) -> str:
    """The benefit digit that goes with a card prefix on a day."""
    return attribute("doi_tuong_the", prefix, "digits", day).split(";")[0]


def card_percent(card: str, day: int) -> int:
    """Percent of in-scope cost that a card entitles to, by its benefit digit."""
    return int(attribute("muc_huong_the", card[2:3], "benefit_percent", day))


def is_inpatient(care: str, day: int) -> bool:
    """Whether a MA_LOAI_KCB is a stay: inpatient, day treatment, short stay or observation."""
    found = attribute("ma_loai_kcb", care, "inpatient_class", day)
    return found.startswith("inpatient") or found == OBSERVED


def multiplier(category: str, care: str, day: int) -> int:
    """Percent of the card's level that a visit category gives."""
    setting = "mult_inpatient" if is_inpatient(care, day) else "mult_outpatient"
    return int(attribute("ma_doituong_kcb", category, setting, day) or 100)


def full_scope(category: str, day: int) -> bool:
    """Whether a visit category pays the whole in-scope cost whatever the card."""
    return attribute("ma_doituong_kcb", category, "level_rule", day) == "full_scope"


def stay_days_rule(care: str, version: str, day: int) -> str:
    """The word that names how SO_NGAY_DTRI is counted."""
    newer = version_rank(version) >= version_rank("3176")
    return attribute("ma_loai_kcb", care, "so_ngay_3176" if newer else "so_ngay_130", day)


def number(name: str, day: int) -> int:
    """A whole dated number of `rules/tham_so/` on a day.

    Raises:
        LookupError: the parameter has no value on that day.
    """
    parameter = parameters()[name]
    epoch = int(parameter.epoch_of(np.array([day], np.int64))[0])
    if epoch < 0:
        raise LookupError(f"{name} không có giá trị vào ngày này")
    return int(parameter.numbers[epoch]) // int(10**parameter.scale)


def small_visit_limit(day: int) -> int:
    """Total in-scope cost, in 1/100 đồng, below which a right-tier visit has no co-payment."""
    return number("LUONG_CO_SO", day) * number("TY_LE_CHI_PHI_THAP", day)


def package_ceiling(day: int) -> int:
    """Most that the supplies of one package may cost, in 1/100 đồng."""
    return number("LUONG_CO_SO", day) * number("SO_THANG_TRAN_GOI_VTYT", day) * 100


def exam_percent(order: int, day: int) -> int:
    """TYLE_TT_DV of the n-th examination of a visit, n from 1."""
    return number(f"TY_LE_KHAM_{min(order, 6)}", day)


def second_operation_percent(day: int) -> int:
    """TYLE_TT_DV of a second operation by the same team."""
    return number("TY_LE_PT_CUNG_KIP", day)


def rule_in_force(code: str, day: int) -> bool:
    """Whether there is a card for a rule code and its period covers the day."""
    period = _periods().get(code)
    return period is not None and period[0] <= day < period[1]


@cache
def _periods() -> dict[str, tuple[int, int]]:
    """First minute in force and the one after the last, by rule code."""
    found = {}
    for path in data_dir("rules").glob("*/*_*.yaml"):
        card, _ = yamlio.load(path)
        if not isinstance(card, dict) or "effective" not in card:
            continue
        dates = card["effective"]
        end = day_minutes(yamlio.as_date(dates["through"])) + DAY if "through" in dates else _NEVER
        found[card["code"]] = (day_minutes(yamlio.as_date(dates["from"])), end)
    return found


@cache
def _attributes(name: str, what: str, epoch: int) -> dict[str, str]:
    found: CodeList = code_list(name)
    return found.attribute(what, epoch)
