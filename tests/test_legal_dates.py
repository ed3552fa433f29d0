from __future__ import annotations

import re

import pytest

from giamdinh.rules.cards import Rule, load_rules
from giamdinh.tables.values import moment

_YEARS = {
    "CV 38/BYT-BH": 2025,
    "Luật BHYT": 2009,
    "QĐ 130/QĐ-BYT": 2023,
    "QĐ 1351/QĐ-BHXH (2015), sửa đổi bởi QĐ 1697/QĐ-BHXH (2023)": 2015,
    "QĐ 1804/QĐ-BYT": 2026,
    "QĐ 2010/QĐ-BYT": 2025,
    "QĐ 3176/QĐ-BYT": 2024,
    "QĐ 3276/QĐ-BYT": 2025,
    "QĐ 3618/QĐ-BHXH": 2022,
    "QĐ 4469/QĐ-BYT": 2020,
    "QĐ 4750/QĐ-BYT": 2023,
    "QĐ 5937/QĐ-BYT": 2021,
    "QĐ 6061/QĐ-BYT": 2017,
    "QĐ 7603/QĐ-BYT": 2018,
    "QĐ 824/QĐ-BYT": 2023,
}
"""Years of the texts whose number has none; letters and topics count as too young for anything."""
_TOO_YOUNG = 9999
_YEAR = re.compile(r"[/(](20\d\d)[/)]")


def year_of(text: str) -> int:
    found = _YEAR.search(text)
    return _YEARS.get(text, _TOO_YOUNG) if found is None else int(found[1])


@pytest.mark.parametrize("rule", load_rules().rules, ids=lambda rule: rule.code)
def test_a_card_cites_a_text_of_the_time_in_which_it_begins(rule: Rule) -> None:
    years = [year_of(law.text) for law in rule.legal]
    assert min(years) <= moment(rule.start).year, f"thêm văn bản có hiệu lực từ {rule.start}"


@pytest.mark.parametrize("rule", load_rules().rules, ids=lambda rule: rule.code)
def test_the_letter_of_a_card_is_the_one_it_cites(rule: Rule) -> None:
    for law in rule.legal:
        letter = re.search(r"Điều 10 khoản 1 điểm (\w+)", law.at)
        if law.text == "TT 12/2026/TT-BTC" and letter:
            assert letter[1] == rule.tt12
