"""One self-contained HTML page: tables that sort and filter, pictures, ready for paper."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from giamdinh.report.grid import shown
from giamdinh.report.plain import NUMBERS, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from giamdinh.report.grid import Cell, Column, Sheet

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_FILTERED = 6
"""Tables with fewer rows need no filter."""
_WIDEST = 44
_SHORT = 14
"""Columns up to this width hold codes, which stay on one line."""
_STYLE = """
:root{--line:#c9d1da;--head:#e8eef6;--ink:#1c2733;--soft:#5b6875;--bad:#a40000;--good:#1b6e3c}
*{box-sizing:border-box}
body{font:14px/1.45 "Segoe UI",Arial,sans-serif;color:var(--ink);margin:0 auto;max-width:1240px;
padding:24px}
h1{font-size:24px;margin:0 0 4px}h2{font-size:19px;margin:32px 0 8px;border-bottom:2px solid
var(--ink);padding-bottom:4px}h3{font-size:15px;margin:20px 0 6px}
.soft{color:var(--soft)}.tiles{display:flex;flex-wrap:wrap;gap:12px;margin:12px 0}
.tile{border:1px solid var(--line);border-radius:6px;padding:10px 14px;min-width:170px}
.tile b{display:block;font-size:20px;font-variant-numeric:tabular-nums}
.bad b{color:var(--bad)}.good b{color:var(--good)}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:12.5px}
th,td{border:1px solid var(--line);padding:4px 7px;text-align:left;vertical-align:top}
th{background:var(--head);cursor:pointer;user-select:none}
th[data-up="1"]:after{content:" ▲"}th[data-up="0"]:after{content:" ▼"}
td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td.k{white-space:nowrap}td.minus{color:var(--bad)}
input{font:inherit;padding:4px 8px;margin:0 0 6px;width:260px;
border:1px solid var(--line);border-radius:4px}
.charts{display:flex;flex-wrap:wrap;gap:12px}
.charts svg{flex:1 1 480px;max-width:min(100%,620px);height:auto}
nav a{margin-right:14px}ul{padding-left:20px}
@page{size:A4 landscape;margin:12mm}
@media print{body{max-width:none;padding:0 2px;font-size:11px}input,nav{display:none}
.tiles{gap:8px}.tile{min-width:0;padding:6px 10px}.tile b{font-size:15px}.charts svg{flex-basis:46%}
table{font-size:9.5px}thead{display:table-header-group}tr,.tile,svg{break-inside:avoid}
h2,h3{break-after:avoid}.scroll{overflow:visible}section.page{break-before:page}}
"""
_SCRIPT = """
document.querySelectorAll('table').forEach(function(t){
var b=t.tBodies[0];
t.querySelectorAll('th').forEach(function(h,i){h.addEventListener('click',function(){
var up=h.dataset.up==='1'?0:1;
t.querySelectorAll('th').forEach(function(o){delete o.dataset.up});h.dataset.up=up;
var rows=Array.prototype.slice.call(b.rows);
function key(r){var c=r.cells[i];return c.dataset.v!==undefined?Number(c.dataset.v):c.textContent}
rows.sort(function(x,y){var p=key(x),q=key(y);
var d=typeof p==='number'&&typeof q==='number'?p-q:String(p).localeCompare(String(q),'vi');
return up?d:-d});
rows.forEach(function(r){b.appendChild(r)})})});
var f=t.parentNode.previousElementSibling;
if(f&&f.tagName==='INPUT')f.addEventListener('input',function(){
var w=f.value.toLocaleLowerCase('vi');
Array.prototype.forEach.call(b.rows,function(r){
r.style.display=r.textContent.toLocaleLowerCase('vi').indexOf(w)<0?'none':''})})});
"""


def page(title: str, subtitle: str, body: Sequence[str]) -> str:
    """The whole document around parts that are HTML already."""
    return "\n".join(
        (
            '<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title><style>{_STYLE}</style></head><body>",
            f'<h1>{text(title)}</h1><p class="soft">{text(subtitle)}</p>',
            *body,
            f"<script>{_SCRIPT}</script></body></html>\n",
        )
    )


def text(words: str) -> str:
    """Words as HTML, on one line."""
    return escape(printable(words))


def heading(words: str, anchor: str = "") -> str:
    """A heading of the second level."""
    place = f' id="{escape(anchor)}"' if anchor else ""
    return f"<h2{place}>{text(words)}</h2>"


def paragraph(words: str, tone: str = "") -> str:
    """A paragraph; tone "soft" for remarks."""
    mark = f' class="{tone}"' if tone else ""
    return f"<p{mark}>{text(words)}</p>"


def bullets(lines: Sequence[str]) -> str:
    """A list, nothing for none."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def links(words: str, places: Sequence[tuple[str, str]]) -> str:
    """A line of links to headings of the page: (anchor, words); nothing for none."""
    parts = (f'<a href="#{escape(anchor)}">{text(name)}</a> ' for anchor, name in places)
    return f"<nav>{text(words)}: {''.join(parts)}</nav>" if places else ""


def tiles(items: Sequence[tuple[str, str, str]]) -> str:
    """Large figures: (label, figure, tone "bad", "good" or "")."""
    parts = (
        f'<div class="tile {tone}">{text(label)}<b>{text(figure)}</b></div>'
        for label, figure, tone in items
    )
    return f'<div class="tiles">{"".join(parts)}</div>'


def charts(pictures: Sequence[str]) -> str:
    """SVG pictures side by side."""
    return f'<div class="charts">{"".join(pictures)}</div>' if pictures else ""


def table(sheet: Sheet, title: str = "") -> str:
    """A table that sorts on a click of its headings, with a filter when it is long."""
    head = "".join(_heading(column) for column in sheet.columns)
    rows = [
        "<tr>"
        + "".join(_cell(cell, column) for cell, column in zip(row, sheet.columns, strict=True))
        + "</tr>"
        for row in sheet.rows
    ]
    field = '<input type="search" placeholder="Lọc…" aria-label="Lọc">'
    return (
        (f"<h3>{text(title)}</h3>" if title else "")
        + (field if len(rows) >= _FILTERED else "<span hidden></span>")
        + f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        + f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _heading(column: Column) -> str:
    """Columns of sentences keep room for them beside many others."""
    wide = f' style="min-width:{min(column.width, _WIDEST):g}ch"' if column.kind == "wrap" else ""
    return f"<th{wide}>{text(column.header)}</th>"


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell, int | float):
        minus = " minus" if cell < 0 else ""
        return f'<td class="n{minus}" data-v="{cell}">{text(shown(cell, column.kind))}</td>'
    if column.kind in NUMBERS:
        return f'<td class="n">{text(shown(cell, column.kind))}</td>'
    mark = ' class="k"' if column.kind == "text" and column.width <= _SHORT else ""
    return f"<td{mark}>{text(shown(cell, column.kind))}</td>"
