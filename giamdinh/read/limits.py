"""How much one input may ask of the reader: bounds against hostile or broken files."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds in bytes unless said otherwise; what goes beyond one is refused and named.

    Attributes:
        file_bytes: one file or archive member, unpacked.
        file_pieces: HOSO of one claim file, or rows of one check-in file.
        prolog_bytes: everything before the root element; also how much is looked at to tell
            what a file is.
        chunk_bytes: how much is read at a time.
        claim_bytes: one HOSO as written in the file.
        claim_nodes: characters `<` and `=` in one HOSO or table, a bound on its elements and
            attributes.
        table_bytes: one decoded NOIDUNGFILE.
        depth: nesting of elements inside one table.
        rows_per_claim: rows of all tables of one HOSO.
        batch_bytes: input after which a batch is handed on though it has few claims.
        zip_ratio: unpacked to packed size, of a member and of an archive.
        zip_free_bytes: unpacked size below which the ratio does not matter.
        zip_members: entries of one archive.
        problems_per_file: problems of one file told one by one; the rest are counted.
        unknown_tags: distinct unknown tags counted by name.
        tag_characters: how much of an unknown tag is kept.
    """

    file_bytes: int = 8 * GIB
    file_pieces: int = 1_000_000
    prolog_bytes: int = 64 * KIB
    chunk_bytes: int = 64 * KIB
    claim_bytes: int = 64 * MIB
    claim_nodes: int = 2_000_000
    table_bytes: int = 48 * MIB
    depth: int = 32
    rows_per_claim: int = 100_000
    batch_bytes: int = 480 * MIB
    zip_ratio: int = 250
    zip_free_bytes: int = 16 * MIB
    zip_members: int = 500_000
    problems_per_file: int = 10_000
    unknown_tags: int = 2_000
    tag_characters: int = 60


LIMITS = Limits()
BATCH_CLAIMS = 40_000
"""Most claims that are held at once, unless asked otherwise."""
