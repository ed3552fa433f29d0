"""The scanner: claim files written as usual, read at the machine's speed by compiled kernels.

It accepts only what it understands to the last byte; everything else is left to the parser, whose
result is the specification. No module here is imported unless the scanner is wanted: numba is slow
to load.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

from giamdinh.kept import cache_folder

_CLAIM = b"""<GIAMDINHHS><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>
<NOIDUNGFILE><TONG_HOP><STT>1</STT></TONG_HOP></NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO>
</THONGTINHOSO></GIAMDINHHS>"""

_LARGEST_KERNEL = "envelope.read_spans-*.nbc"


@cache
def code_folder() -> str:
    """A folder of its own for each state of the sources: numba sees changes of one file only.

    Raises:
        ImportError: there is no numba.
    """
    from importlib.metadata import version

    digest = hashlib.sha256(version("numba").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return f"numba-{digest.hexdigest()[:16]}"


def is_compiled() -> bool:
    """Whether an earlier run has compiled the kernels as they are now."""
    try:
        folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder() / code_folder())
    except ImportError:
        return False
    return next(folder.rglob(_LARGEST_KERNEL), None) is not None


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
