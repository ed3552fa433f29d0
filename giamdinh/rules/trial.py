"""Parameters with other values, to see what they would change before anybody decides so."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from giamdinh.errors import UsageError
from giamdinh.rules.cards import RuleSet
from giamdinh.tables.values import parse_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.rules.params import Parameter


def with_values(rules: RuleSet, values: Sequence[tuple[str, str]]) -> RuleSet:
    """The rules with parameters that have one value on all days and at all facilities.

    Args:
        rules: as they are now.
        values: name and value of each; the values of a set are parted by commas.

    Raises:
        UsageError: an unknown parameter, or a value that it cannot have.
    """
    if not values:
        return rules
    changed = {name: _changed(rules, name, value) for name, value in values}
    local = {
        place: {name: changed.get(name, parameter) for name, parameter in own.items()}
        for place, own in rules.local.items()
    }
    digest = hashlib.sha256(rules.hash.encode())
    for name, value in values:
        digest.update(f"\0{name}={value}".encode())
    return RuleSet(rules.rules, {**rules.parameters, **changed}, digest.hexdigest(), local)


def _changed(rules: RuleSet, name: str, value: str) -> Parameter:
    parameter = rules.parameters.get(name)
    if parameter is None:
        near = difflib.get_close_matches(name, rules.parameters, 3)
        hint = f"; ý bạn là {', '.join(near)}?" if near else ""
        raise UsageError(f"không có tham số '{name}'{hint}")
    if parameter.is_set:
        texts = frozenset(part.strip() for part in value.split(",")) - {""}
        return replace(parameter, sets=(texts,) * len(parameter.sets))
    number = parse_number(value, parameter.scale)
    if number is None:
        places = f" có nhiều nhất {parameter.scale} chữ số thập phân" if parameter.scale else ""
        raise UsageError(f"{name} ({parameter.title}) phải là số{places}, không phải '{value}'")
    return replace(parameter, numbers=np.full(parameter.numbers.shape, number, np.int64))
