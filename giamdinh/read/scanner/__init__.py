"""The scanner: claim files written as usual, read at the machine's speed by compiled kernels.

It accepts only what it understands to the last byte; everything else is left to the parser, whose
result is the specification. Nothing here is imported unless the scanner is wanted: numba is slow
to load.
"""

from __future__ import annotations

_CLAIM = b"""<GIAMDINHHS><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>
<NOIDUNGFILE><TONG_HOP><STT>1</STT></TONG_HOP></NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO>
</THONGTINHOSO></GIAMDINHHS>"""


def warm() -> None:
    """Compiles all kernels and keeps them for later runs."""
    from io import BytesIO

    from giamdinh.read.document import Document
    from giamdinh.read.ledger import Ledger
    from giamdinh.read.reader import Reading
    from giamdinh.read.scanner.codes import grow
    from giamdinh.read.scanner.texts import empty_texts

    reading = Reading(Ledger(), scanner=True)
    for _ in (*reading.read(Document("", lambda: BytesIO(_CLAIM))), *reading.rest()):
        pass
    texts = empty_texts()
    grow(texts.slots, texts, 0)
