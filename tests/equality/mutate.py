"""Changes to claim files: some keep them well formed, others break them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from giamdinh.tables.specs import table_specs
from tests.read.writer import document

from .damage import damaged
from .documents import SCANNED_STYLES, Part, Sent, sent, written
from .fragments import (
    ATTRIBUTES,
    BLANKS,
    BYTES,
    CODECS,
    COUNTS,
    DECLARATIONS,
    ELEMENTS,
    IN_BASE64,
    IN_VALUES,
    KINDS,
    LOOSE,
    MISCELLANY,
    NOTES,
    PLACES,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    Change = Callable[[list[str], int, random.Random], range]
    """Changes the token at a place, perhaps those behind it too; gives the places it touched."""

_TOKEN = re.compile(
    r"""<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<(?:[^<>"']|"[^"]*"|'[^']*')*>|[^<]+|<""",
    re.DOTALL,
)
_NAME = re.compile(r"</?([A-Za-z_][\w.:-]*)")
_PACKED = re.compile(r">([A-Za-z0-9+/=\s]{16,})<")
_ENTITY = re.compile(r"&(?:#x?[0-9A-Fa-f]+|[a-z]+);")
_REFERENCES = {"&lt;": "&#60;", "&gt;": "&#x3E;", "&amp;": "&#38;", "&#13;": "&#xD;"}


def usual(dice: random.Random) -> bytes:
    """A claim file written in ways that are rare and yet what the scanner is for."""
    made = sent(dice, dice.choice((0, 0, 0.02)), SCANNED_STYLES)
    for part in (part for parts in made.claims for part in parts):
        _shuffle_fields(part, dice)
    often = dice.choice((1, 3, 12))

    def respell(text: str) -> str:
        return respelled(text, dice, dice.randrange(often + 1), USUAL)

    text = respelled(written(made, respell), dice, dice.randrange(often + 1), USUAL_OUTSIDE)
    if dice.random() < 0.3:
        text = _other_breaks(text, dice)
    if dice.random() < 0.3:
        text = f"{dice.choice(DECLARATIONS[:3])}{text}\n\t "
    return text.encode(dice.choice(("utf-8", "utf-8", "utf-8-sig")))


def well_formed(dice: random.Random) -> bytes:
    """A claim file written in unusual ways that XML allows."""
    made = sent(dice, dice.choice((0.02, 0.15, 0.5)))
    _rearranged(made, dice)
    inner, outer = dice.choice(((0, 3), (2, 0), (1, 1), (3, 3), (8, 8)))
    changes = dice.choice((ALIKE, ALL))

    def respell(text: str) -> str:
        return respelled(text, dice, dice.randrange(inner + 1), changes)

    text = respelled(written(made, respell), dice, dice.randrange(outer + 1), changes)
    return _rewrapped(text, dice) if dice.random() < 0.4 else text.encode()


def flawed(dice: random.Random) -> bytes:
    """A claim file with a single flaw, in a value or in a base64 text; all else is as usual."""
    made = sent(dice, 0, SCANNED_STYLES)
    parts = [part for parts in made.claims for part in parts]
    texts = [document(part.table, part.rows) for part in parts]
    if dice.random() < 0.7:
        at = dice.randrange(len(texts))
        texts[at] = _with_flaw(texts[at], dice)
    rest = iter(texts)
    text = written(made, lambda _: next(rest))
    if dice.random() < 0.4:
        packed = list(_PACKED.finditer(text))
        if packed:
            found = dice.choice(packed)
            text = text[: found.start(1)] + _repacked(found[1], dice) + text[found.end(1) :]
    return text.encode("utf-8", "surrogateescape")


def _with_flaw(text: str, dice: random.Random) -> str:
    """A document with a fragment or wrong bytes somewhere in one of its values."""
    tokens = _TOKEN.findall(text)
    values = [i for i, token in enumerate(tokens) if token[:1] != "<"]
    if not values:
        return text
    at = dice.choice(values)
    flaw = dice.choice(BYTES).decode("utf-8", "surrogateescape")
    if dice.random() < 0.7:
        flaw = dice.choice(IN_VALUES)
    cut = dice.choice((0, len(tokens[at]), dice.randrange(len(tokens[at]) + 1)))
    tokens[at] = tokens[at][:cut] + flaw + tokens[at][cut:]
    return "".join(tokens)


def _repacked(packed: str, dice: random.Random) -> str:
    """Base64 that is perhaps no longer strict."""
    how = dice.randrange(6)
    at = dice.choice((0, len(packed), dice.randrange(len(packed) + 1)))
    if how == 0:
        return packed.rstrip("=\r\n\t ") + dice.choice(("", "=", "==", "===", "====", "= ", "=\n="))
    if how == 1:
        return packed[:at] + dice.choice(IN_BASE64) + packed[at:]
    if how == 2:
        return packed[: len(packed) - dice.randrange(1, 6)]
    if how == 3:
        return packed[:at] + packed[at + 1 :]
    if how == 4:
        return packed[: at - at % 4] + dice.choice(("QUJD", "QQ==", "QUI=")) + packed[at - at % 4 :]
    return packed + dice.choice(IN_BASE64)


def broken(dice: random.Random) -> bytes:
    """A claim file with damage in its envelope, in its tables, or both."""
    made = sent(dice, 0.1)
    where = dice.choice(("outer", "inner", "inner", "both"))

    def damage(text: str) -> str:
        if where == "outer" or dice.random() < 0.6:
            return text
        data = damaged(text.encode(), dice)
        return data.decode("utf-8", "surrogateescape")

    data = written(made, damage).encode("utf-8", "surrogateescape")
    return data if where == "inner" else damaged(data, dice)


def _rearranged(made: Sent, dice: random.Random) -> None:
    """Fields, tables and claims in another order, or twice."""
    for parts in made.claims:
        if dice.random() < 0.2:
            dice.shuffle(parts)
        if dice.random() < 0.1:
            parts.append(dice.choice(parts))
        if dice.random() < 0.05:
            parts.pop(dice.randrange(len(parts)))
        for part in parts:
            if dice.random() < 0.2:
                _shuffle_fields(part, dice)
            if dice.random() < 0.05 and table_specs()[part.table].many:
                part.rows.append({})
    if dice.random() < 0.05:
        made.claims.append(dice.choice(made.claims))


def _shuffle_fields(part: Part, dice: random.Random) -> None:
    fields = [list(row.items()) for row in part.rows]
    for row in fields:
        dice.shuffle(row)
    part.rows = [dict(row) for row in fields]


def respelled(
    text: str, dice: random.Random, times: int, changes: tuple[Change, ...] | None = None
) -> str:
    """Writes `times` places of a document differently, by any of `changes`."""
    document = text.rstrip()
    tokens = _TOKEN.findall(document)
    touched: set[int] = set()
    for _ in range(times if tokens else 0):
        at = dice.randrange(len(tokens))
        if touched.isdisjoint((at, at + 1, at + 2)):
            touched.update(dice.choice(changes or ALL)(tokens, at, dice))
    return "".join(tokens) + text[len(document) :]


def _blank(tokens: list[str], at: int, dice: random.Random) -> range:
    if tokens[at][:1] != "<":
        return range(0)
    if dice.random() < 0.5:
        tokens[at] = dice.choice(BLANKS) + tokens[at]
    else:
        end = -2 if tokens[at].endswith("/>") else -1
        tokens[at] = tokens[at][:end] + dice.choice(BLANKS) + tokens[at][end:]
    return range(at, at + 1)


def _between(tokens: list[str], at: int, dice: random.Random) -> range:
    tokens[at] = dice.choice(MISCELLANY if at else NOTES + BLANKS) + tokens[at]
    return range(at, at + 1)


def _inside_tag(tokens: list[str], at: int, dice: random.Random) -> range:
    token = tokens[at]
    if token[:1] != "<" or token[1:2] in ("!", "?", ""):
        return range(0)
    cut = len(token) - (2 if token.endswith("/>") else 1)
    blank = dice.choice((" ", "\n", "\t ", "\r\n"))
    starts = token[1] != "/"
    more = dice.choice(ATTRIBUTES) if starts and dice.random() < 0.6 else ""
    tokens[at] = token[:cut] + more + blank * dice.randrange(2) + token[cut:]
    return range(at, at + 1)


def _empty(tokens: list[str], at: int, _dice: random.Random) -> range:
    token = tokens[at]
    name = _NAME.match(token)
    if token.endswith("/>") and name:
        tokens[at] = f"{token[:-2]}></{name.group(1)}>"
    elif name and at + 1 < len(tokens) and tokens[at + 1] == f"</{name.group(1)}>":
        tokens[at], tokens[at + 1] = f"{token[:-1]}/>", ""
        return range(at, at + 2)
    return range(at, at + 1)


def _in_text(change: Callable[[str, int, random.Random], str]) -> Change:
    """A change of a text; it gets the text and a place in it, not within an entity."""

    def apply(tokens: list[str], at: int, dice: random.Random) -> range:
        token = tokens[at]
        if token[:1] == "<":
            return range(0)
        tokens[at] = change(token, dice.randrange(len(token)) if "&" not in token else 0, dice)
        return range(at, at + 1)

    return apply


@_in_text
def _section(text: str, cut: int, dice: random.Random) -> str:
    if "&" in text:
        return text
    end = dice.randrange(cut, len(text) + 1)
    return f"{text[:cut]}<![CDATA[{text[cut:end]}]]>{text[end:]}"


@_in_text
def _numbered(text: str, cut: int, dice: random.Random) -> str:
    if text[cut] == "&":
        return text
    form = dice.choice(("&#{};", "&#x{:x};", "&#x{:X};", "&#0{};", "&#x000{:x};"))
    return text[:cut] + form.format(ord(text[cut])) + text[cut + 1 :]


@_in_text
def _other_entities(text: str, _cut: int, _dice: random.Random) -> str:
    return _ENTITY.sub(lambda m: _REFERENCES.get(m.group(), m.group()), text)


@_in_text
def _note_in_text(text: str, cut: int, dice: random.Random) -> str:
    return text[:cut] + dice.choice(NOTES) + text[cut:]


def _insert(tokens: list[str], at: int, dice: random.Random) -> range:
    tokens[at] += dice.choice(ELEMENTS) if at < len(tokens) - 2 else ""
    return range(at, at + 1)


def _insert_text(tokens: list[str], at: int, dice: random.Random) -> range:
    tokens[at] += dice.choice(LOOSE) if at < len(tokens) - 2 else ""
    return range(at, at + 1)


def _leaf(change: Callable[[list[str], random.Random], list[str]]) -> Change:
    """A change of an element with only text in it: start tag, text, end tag."""

    def apply(tokens: list[str], at: int, dice: random.Random) -> range:
        leaf = tokens[at : at + 3]
        name = _NAME.match(leaf[0])
        if name is None or len(leaf) < 3 or leaf[2] != f"</{name.group(1)}>" or leaf[1][:1] == "<":
            return range(0)
        tokens[at : at + 3] = change(leaf, dice)
        return range(at, at + 3)

    return apply


@_leaf
def _twice(leaf: list[str], dice: random.Random) -> list[str]:
    other = dice.choice((leaf[1], "khác", "", " "))
    return [*leaf[:2], f"{leaf[2]}{leaf[0]}{other}{leaf[2]}"]


@_leaf
def _prefixed(leaf: list[str], dice: random.Random) -> list[str]:
    name = leaf[0][1:-1]
    space = dice.choice(('"urn:q"', "'q'", '"http://x/y"'))
    return [f"<q:{name} xmlns:q={space}>", leaf[1], f"</q:{name}>"]


@_leaf
def _renamed(leaf: list[str], dice: random.Random) -> list[str]:
    name = dice.choice(("STT", "MA_LK", "THE_LA", leaf[0][1:-1].lower(), leaf[0][1:-1] + "_"))
    return [f"<{name}>", leaf[1], f"</{name}>"]


@_leaf
def _dropped(_leaf: list[str], _dice: random.Random) -> list[str]:
    return ["", "", ""]


@_leaf
def _refilled(leaf: list[str], dice: random.Random) -> list[str]:
    if "LOAIHOSO" in leaf[0]:
        return [leaf[0], dice.choice(KINDS), leaf[2]]
    if "NOIDUNGFILE" in leaf[0]:
        return [
            leaf[0],
            dice.choice(("", " \n", "<TONG_HOP/>", leaf[1][:-4], f"\n {leaf[1]}\n")),
            leaf[2],
        ]
    return [leaf[0], dice.choice(COUNTS + LOOSE), leaf[2]]


USUAL_OUTSIDE: tuple[Change, ...] = (_blank, _empty)
USUAL: tuple[Change, ...] = (_blank, _empty, _section, _numbered, _other_entities, _dropped)
ALIKE: tuple[Change, ...] = (*USUAL[:-1], _between, _inside_tag, _note_in_text, _prefixed)
ALL: tuple[Change, ...] = (
    *(*USUAL, _between, _inside_tag, _note_in_text, _prefixed),
    *(_insert, _insert, _insert_text, _twice, _renamed, _refilled),
)


def _rewrapped(text: str, dice: random.Random) -> bytes:
    """Changes around the whole file: declaration, encoding, line breaks, namespace, more roots."""
    for change in dice.sample(_AROUND, dice.choice((0, 1, 1, 2))):
        text = change(text, dice)
    codec = dice.choice(CODECS) if dice.random() < 0.2 else "utf-8"
    return text.encode(codec)


def _all_prefixed(text: str, _dice: random.Random) -> str:
    text = re.sub(r"<(/?)(?=[A-Z])", r"<\1g:", text)
    return text.replace("<g:GIAMDINHHS", '<g:GIAMDINHHS xmlns:g="urn:g"', 1)


def _default_namespace(text: str, _dice: random.Random) -> str:
    return text.replace("<GIAMDINHHS", '<GIAMDINHHS xmlns="urn:x"', 1)


def _other_breaks(text: str, dice: random.Random) -> str:
    return text.replace("\n", dice.choice(("\r\n", "\r", "", "\n\n")))


def _more_behind(text: str, dice: random.Random) -> str:
    return text + dice.choice((*MISCELLANY, "\x00", "x", "<x/>", text, "\n" * 70_000))


def _declared(text: str, dice: random.Random) -> str:
    return dice.choice(DECLARATIONS) + text


def _more_before(text: str, dice: random.Random) -> str:
    return dice.choice(NOTES + BLANKS) + text


def _moved_header(text: str, dice: random.Random) -> str:
    name = dice.choice(("NGAYLAP", "SOLUONGHOSO", "MACSKCB", "LOAIHOSO"))
    found = re.search(rf"<{name}>.*?</{name}>", text, re.DOTALL)
    if found is None:
        return text
    rest = text[: found.start()] + text[found.end() :]
    after = dice.choice(PLACES)
    return rest.replace(after, after + found.group() * dice.choice((0, 1, 1, 2)), 1)


_AROUND = (
    *(_all_prefixed, _default_namespace, _other_breaks, _more_behind),
    *(_declared, _declared, _more_before, _moved_header),
)
