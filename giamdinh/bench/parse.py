"""Reading claim files to columns: the usual ways, and ours.

The competitors only take claims apart: text columns, nothing checked. Ours also checks the
envelope, types numbers and times, codes texts and keeps the ledger.
"""

from __future__ import annotations

import base64
import io
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from giamdinh.tables.specs import ENVELOPE_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[[], dict[str, int]]

_WARM_UP = 20
_JOINED_FILES = 1000
_ENVELOPE = re.compile(
    rb"<LOAIHOSO>(\w+)</LOAIHOSO>\s*<NOIDUNGFILE>\s*([^<]*|.*?)\s*</NOIDUNGFILE>", re.DOTALL
)
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")


def naive_lxml(folder: str, most: int) -> Work:
    """What most scripts do with lxml: a dict per row, a DataFrame per table at the end."""
    import pandas as pd

    def work(paths: list[Path]) -> dict[str, int]:
        rows: dict[str, list[dict[str, str]]] = {table: [] for table in _tables()}
        for table, document in _documents(paths):
            for element in document.iter(table_specs()[table].row):
                rows[table].append({cell.tag: cell.text or "" for cell in element})
        frames = {table: pd.DataFrame(found) for table, found in rows.items()}
        return _counted(len(frames["XML1"]), sum(map(len, frames.values())))

    return _ready(work, folder, most)


def read_xml(folder: str, most: int) -> Work:
    """`pandas.read_xml` on every table document."""
    import pandas as pd
    from lxml import etree

    def work(paths: list[Path]) -> dict[str, int]:
        frames: dict[str, list[Any]] = {table: [] for table in _tables()}
        for table, document in _documents(paths):
            text = io.BytesIO(etree.tostring(document, encoding="utf-8"))
            row = f"//{table_specs()[table].row}"
            frames[table].append(pd.read_xml(text, xpath=row, dtype=str))
        whole = {table: pd.concat(found) for table, found in frames.items() if found}
        return _counted(len(whole["XML1"]), sum(map(len, whole.values())))

    return _ready(work, folder, most)


def xml2arrow(folder: str, most: int) -> Work:
    """xml2arrow (Rust) on the decoded documents of a thousand files joined under one root."""
    from xml2arrow import XmlToArrowParser

    with tempfile.TemporaryDirectory() as place:
        config = Path(place) / "bang.yaml"
        config.write_text(_xml2arrow_config(), encoding="utf-8")
        parser = XmlToArrowParser(str(config))

    def work(paths: list[Path]) -> dict[str, int]:
        claims = rows = 0
        for start in range(0, len(paths), _JOINED_FILES):
            batches = parser.parse(_joined(paths[start : start + _JOINED_FILES]))
            claims += batches["XML1"].num_rows
            rows += sum(batch.num_rows for batch in batches.values())
        return _counted(claims, rows)

    return _ready(work, folder, most)


def ours(folder: str, most: int, *, scanner: bool) -> Work:
    """The package's reader, batch by batch."""
    from giamdinh.read import Ledger, read_claims

    def work(paths: list[Path]) -> dict[str, int]:
        ledger = Ledger()
        # A user names the folder, so that is what is measured where all of it is read.
        for _ in read_claims([Path(folder)] if len(paths) == there else paths, ledger,
                             scanner=scanner):  # fmt: skip
            pass
        rows = sum(ledger.rows.get(table, 0) for table in _tables())
        return _counted(ledger.claims_read, rows)

    there = len(_files(folder))
    return _ready(work, folder, most)


COMPETITORS: dict[str, Callable[..., Work]] = {
    "naive": naive_lxml,
    "read_xml": read_xml,
    "xml2arrow": xml2arrow,
    "ours": ours,
}


def _ready(work: Callable[[list[Path]], dict[str, int]], folder: str, most: int) -> Work:
    """The work on the first `most` files of a folder, after a warm-up."""
    paths = _files(folder)[:most]
    work(paths[:_WARM_UP] if len(paths) > _WARM_UP else paths[:1])
    size = sum(path.stat().st_size for path in paths)
    return lambda: {**work(paths), "bytes": size}


def _files(folder: str) -> list[Path]:
    return sorted(Path(folder).rglob("*.xml"))


def _counted(claims: int, rows: int) -> dict[str, int]:
    return {"claims": claims, "rows": rows}


def _tables() -> list[str]:
    return [name for name in table_specs() if name not in (ENVELOPE_TABLE, "XML0")]


def _documents(paths: list[Path]) -> Iterator[tuple[str, Any]]:
    """(LOAIHOSO, root of the table document) of every table of every file."""
    from lxml import etree

    for path in paths:
        for file in etree.parse(path, etree.XMLParser(huge_tree=True)).iter("FILEHOSO"):
            content = file.find("NOIDUNGFILE")
            if content is not None:
                inside = content[0] if len(content) else None
                if inside is None:
                    inside = etree.fromstring(base64.b64decode(content.text or ""))
                yield str(file.findtext("LOAIHOSO")), inside


def _joined(paths: list[Path]) -> bytes:
    found: dict[bytes, list[bytes]] = {table.encode(): [] for table in _tables()}
    for path in paths:
        for table, content in _ENVELOPE.findall(path.read_bytes()):
            plain = content if content.startswith(b"<") else base64.b64decode(content)
            found[table].append(_DECLARATION.sub(b"", plain))
    parts = [b"<%s>%s</%s>" % (table, b"".join(texts), table) for table, texts in found.items()]
    return b"<R>%s</R>" % b"".join(parts)


def _xml2arrow_config() -> str:
    lines = ["parser_options:", "  trim_text: false", "tables:"]
    for table in _tables():
        spec = table_specs()[table]
        steps = [step for step in (spec.root, spec.list_tag) if step and step != spec.row]
        place = "/".join(["/R", table, *steps])
        lines += [f"- name: {table}", f"  xml_path: {place}", "  levels: []", "  fields:"]
        for field in spec.fields:
            at = f"{place}/{spec.row}/{field.name}"
            lines += [f"    - name: {field.name}", f"      xml_path: {at}",
                      "      data_type: Utf8", "      nullable: true"]  # fmt: skip
    return "\n".join(lines)
