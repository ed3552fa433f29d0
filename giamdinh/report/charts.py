"""Charts as SVG for a page without network: no script, no outside address."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from types import ModuleType

_COLOURS = ("#8fa8c8", "#1f4e8c", "#c8772b", "#6b8e23", "#8a3b6a", "#4b9aa8")
_ALONE, _WHOLE, _RISE, _FALL = "#1f4e8c", "#4a5b70", "#b5532a", "#2f7d4f"
_GUIDE = "#d8dee6"
_LETTER, _MARGINS, _TURNED = 8, 100, 30
_FONT = "Segoe UI, Arial, sans-serif"
_WIDTH, _HEIGHT, _LEGEND = 760, 340, 26
_FEW, _WORD = 8, 14
"""Bars that have room for their figures; letters of a name that has room below its bar."""
_PARTS = "phần"
"""Stands for the only series of a change and its parts."""
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
    if any(len(label) > _WORD for label in labels):  # long names lie beside their bars
        labels = list(reversed(labels))
        series = [(label, list(reversed(values))) for label, values in series]
        return _drawn("HorizontalBar", (title, name), labels, series)
    return _drawn("Bar", (title, name), labels, series)


def lines(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    name: str,
    thin: Collection[str] = (),
) -> str:
    """Lines over time; None leaves a hole.

    Args:
        title: above the chart.
        labels: one per point.
        series: one per colour, as many values as labels.
        name: of the picture within its page.
        thin: series that are drawn dashed and without points, such as a forecast or a bound.
    """
    return _drawn("Line", (title, name), labels, series, thin)


def change(title: str, labels: Sequence[str], values: Sequence[int], name: str) -> str:
    """A change, first, and the parts that add up to it: rises and falls in colours of their own."""
    return _drawn("Bar", (title, name), labels, [(_PARTS, list(values))])


def _drawn(
    kind: str,
    named: tuple[str, str],
    labels: Sequence[str],
    series: Sequence[Series],
    thin: Collection[str] = (),
) -> str:
    title, name = named
    pygal = _pygal()
    biggest = max((abs(v) for _, values in series for v in values if v is not None), default=0)
    unit, power = next((unit, power) for least, unit, power in _UNITS if biggest >= least)
    few = kind == "Bar" and len(labels) * len(series) <= _FEW
    chart = getattr(pygal, kind)(
        style=_style(len(series)),
        print_values=few,
        print_values_position="top",
        js=(),
        disable_xml_declaration=True,
        width=_WIDTH,
        height=_HEIGHT,
        title=f"{title} ({unit})",
        show_legend=len(series) > 1,
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        value_formatter=_formatter(),
        x_label_rotation=_rotation(kind, labels),
        truncate_label=24,
        truncate_legend=40,
        show_minor_x_labels=True,
        max_scale=8,
        include_x_axis=True,
        dots_size=2.5,
        margin=8,
        margin_bottom=_LEGEND if len(series) > 1 else 8,
    )
    chart.x_labels = list(labels)
    for label, values in series:
        _add(chart, label, [None if v is None else v / 100 / 10**power for v in values], thin)
    return _still(chart.render(is_unicode=True), str(chart.uuid), name)


def _rotation(kind: str, labels: Sequence[str]) -> int:
    """Degrees by which labels are turned that have no room beside each other."""
    fit = sum(map(len, labels)) * _LETTER < _WIDTH - _MARGINS
    return 0 if fit or kind == "HorizontalBar" else _TURNED


def _add(chart: Any, label: str, values: list[float | None], thin: Collection[str]) -> None:  # noqa: ANN401
    """One series, drawn as what it is."""
    if label == _PARTS:
        colours = [_RISE if (value or 0) >= 0 else _FALL for value in values]
        colours[:1] = [_WHOLE]
        points = [
            {"value": value, "color": colour} for value, colour in zip(values, colours, strict=True)
        ]
        chart.add(label, points)
        return
    look: dict[str, Any] = {"stroke_style": {"width": 2.5}}
    if label in thin:
        look = {"show_dots": False, "stroke_style": {"width": 1.5, "dasharray": "6, 5"}}
    chart.add(label, values, allow_interruptions=True, **look)


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


def _style(series: int) -> Any:  # noqa: ANN401 - pygal is untyped
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
        colors=_COLOURS if series > 1 else (_ALONE,),
        guide_stroke_color=_GUIDE,
        major_guide_stroke_color=_GUIDE,
        guide_stroke_dasharray="1, 0",
        major_guide_stroke_dasharray="1, 0",
        value_font_size=11,
        value_colors=("#1c2733",) * len(_COLOURS),
        font_family=_FONT,
        title_font_size=15,
        legend_font_size=12,
        label_font_size=11,
        major_label_font_size=11,
    )


def _still(svg: str, drawn_as: str, name: str) -> str:
    """The picture without scripts, comments and addresses, the same on every run."""
    return _ADDRESS.sub("", _SCRIPTS.sub("", svg)).replace(drawn_as, name)
