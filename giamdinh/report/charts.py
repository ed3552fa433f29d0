"""Charts as SVG for a page without network: no script, no outside address."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

_COLOURS = ("#1f4e8c", "#c8772b", "#6b8e23", "#8a3b6a", "#4b9aa8", "#777777")
_LETTER, _MARGINS, _TURNED = 8, 100, 30
_FONT = "Segoe UI, Arial, sans-serif"
_WIDTH, _HEIGHT, _LEGEND = 760, 340, 26
_SCRIPTS = re.compile(r"<script.*?</script>|<!--.*?-->", re.DOTALL)
_ADDRESS = re.compile(r' xmlns:xlink="[^"]*"')
_UNITS = ((10**11, "tỷ đồng", 9), (10**8, "triệu đồng", 6), (0, "đồng", 0))

Series = tuple[str, "Sequence[int | None]"]


def bars(title: str, labels: Sequence[str], series: Sequence[Series], name: str) -> str:
    """Groups of bars, amounts in hundredths of a đồng.

    Args:
        title: above the chart.
        labels: one per group of bars.
        series: one per colour, as many values as labels.
        name: of the picture within its page.
    """
    return _drawn("Bar", title, labels, series, name)


def lines(title: str, labels: Sequence[str], series: Sequence[Series], name: str) -> str:
    """Lines over time; None leaves a hole."""
    return _drawn("Line", title, labels, series, name)


def _drawn(
    kind: str, title: str, labels: Sequence[str], series: Sequence[Series], name: str
) -> str:
    pygal = _pygal()
    biggest = max((abs(v) for _, values in series for v in values if v is not None), default=0)
    unit, power = next((unit, power) for least, unit, power in _UNITS if biggest >= least)
    chart = getattr(pygal, kind)(
        style=_style(),
        js=(),
        disable_xml_declaration=True,
        width=_WIDTH,
        height=_HEIGHT,
        title=f"{title} ({unit})",
        show_legend=len(series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        value_formatter=_formatter(),
        x_label_rotation=0 if sum(map(len, labels)) * _LETTER < _WIDTH - _MARGINS else _TURNED,
        truncate_label=24,
        truncate_legend=40,
        show_minor_x_labels=True,
        include_x_axis=True,
        dots_size=2.5,
        margin=8,
        margin_bottom=_LEGEND if len(series) > 1 else 8,
    )
    chart.x_labels = list(labels)
    for label, values in series:
        scaled = [None if v is None else v / 100 / 10**power for v in values]
        chart.add(label, scaled, allow_interruptions=True)
    return _still(chart.render(is_unicode=True), str(chart.uuid), name)


def _pygal() -> ModuleType:
    """The library, without the finder of plugins that it hangs into every later import."""
    import pygal

    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not type(finder).__module__.startswith("pygal")
    ]
    found: ModuleType = pygal
    return found


def _formatter() -> Callable[[Any], str]:
    def written(value: Any) -> str:  # noqa: ANN401 - pygal hands over what it has
        if value is None:
            return ""
        whole, _, tail = f"{float(value):,.2f}".partition(".")
        tail = tail.rstrip("0")
        grouped = whole.replace(",", ".")
        return f"{grouped},{tail}" if tail else grouped

    return written


def _style() -> Any:  # noqa: ANN401 - pygal is untyped
    from pygal.style import Style

    return Style(
        background="transparent",
        plot_background="transparent",
        foreground="#1c2733",
        foreground_strong="#1c2733",
        foreground_subtle="#5b6875",
        opacity=".9",
        opacity_hover="1",
        transition="0",
        colors=_COLOURS,
        font_family=_FONT,
        title_font_size=15,
        legend_font_size=12,
        label_font_size=11,
        major_label_font_size=11,
    )


def _still(svg: str, drawn_as: str, name: str) -> str:
    """The picture without scripts, comments and addresses, the same on every run."""
    return _ADDRESS.sub("", _SCRIPTS.sub("", svg)).replace(drawn_as, name)
