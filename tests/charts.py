"""Charts of a page as a reader sees them: what is drawn, measured against the axis beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from tests.tables import vietnamese

_CHART = re.compile(r'<svg xmlns="[^"]*" id="chart-([^"]*)".*?</svg>', re.DOTALL)
_UNITS = {"tỷ đồng": 10**9, "triệu đồng": 10**6, "đồng": 1}
_SERIES = re.compile(r'<g class="series serie-(\d+) color-\d+">(.*?)(?=<g class="series|$)')
_LEGEND = re.compile(r'id="activate-serie-\d+".*?<text[^>]*>([^<]*)<')
_BAR = re.compile(
    r'<rect x="([^"]+)" y="([^"]+)" rx="0" ry="0" width="([^"]+)" height="([^"]+)"[^>]*/>'
    r'<desc class="value">([^<]*)</desc>.*?<desc class="x_label">([^<]*)</desc>'
)


@dataclass(frozen=True)
class Chart:
    """A picture: its values in đồng by series and label, and how exactly they can be measured."""

    name: str
    title: str
    series: dict[str, dict[str, float]]
    slack: float


def charts_of(page: str) -> dict[str, Chart]:
    """Every chart of a page by its name."""
    return {found[1]: _chart(found[1], found[0]) for found in _CHART.finditer(page)}


def _chart(name: str, svg: str) -> Chart:
    title, unit = re.findall(r"<title>([^<]*) \((\w+ ?\w*)\)</title>", svg)[0]
    flat = "horizontalbar-graph" in svg
    plot = svg[svg.index('class="plot"') : svg.index('class="titles"')]
    zero, step = _axis(plot, flat=flat)
    scale = _UNITS[unit]
    legend = [unescape(label) for label in _LEGEND.findall(svg)] or [""]
    series: dict[str, dict[str, float]] = {}
    places = _places(plot)
    for number, drawn in _SERIES.findall(plot):
        values = {}
        for x, y, width, height, said, label in _BAR.findall(drawn):
            start, size = (float(x), float(width)) if flat else (float(y), float(height))
            end = start + size
            far = end if abs(start - zero) < abs(end - zero) else start
            values[unescape(label)] = (far - zero) / step * scale
            assert abs(values[unescape(label)] / scale - (vietnamese(said) or 0)) < 0.0051, label
        for path in re.findall(r'<path d="M([^"]*)" class="line', drawn):
            for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", path):
                label = min(places, key=lambda at: abs(places[at] - float(x)))
                values[label] = (float(y) - zero) / step * scale
        series[legend[int(number)]] = values
    return Chart(name, unescape(title), series, abs(2e-4 / step) * scale)


def _axis(plot: str, *, flat: bool) -> tuple[float, float]:
    """Where nothing is, and how far one unit is from it."""
    axis = plot[plot.index('<g class="axis x') :] if flat else plot
    axis = axis.split("</g></g>", maxsplit=1)[0]
    lines = re.findall(r'<path d="M([\d.-]+) ([\d.-]+) [hv][^/]*/><text[^>]*>([^<]*)<', axis)
    ends = sorted((vietnamese(label) or 0.0, float(x if flat else y)) for x, y, label in lines)
    (low, start), (high, end) = ends[0], ends[-1]
    step = (end - start) / (high - low)
    return start - low * step, step


def _places(plot: str) -> dict[str, float]:
    """Label to its place on the axis of labels."""
    axis = plot[plot.index('<g class="axis x') :].split("</g></g>", maxsplit=1)[0]
    lines = re.findall(r'<path d="M([\d.-]+) [\d.-]+ v[^/]*/><text[^>]*>([^<]*)<', axis)
    return {unescape(label): float(x) for x, label in lines}
