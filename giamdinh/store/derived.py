"""What a store keeps beside its files so that questions need not open them: narrow tables.

Each row comes from the files of one group of claims of a facility and month, and leaves with them
in the same transaction. Nothing stands here that the files do not say; `verify` compares the two.
Claims without MA_LK are left out: nobody asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from giamdinh.errors import InputError
from giamdinh.store.files import digest_of, fields_mark, rows_of
from giamdinh.store.layout import FORMAT
from giamdinh.store.rows import integers, strings
from giamdinh.tables.specs import CLAIM_TABLE, table_specs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from giamdinh.store.catalogue import Catalogue

PERSONS, PAPERS, WORKED = "nguoi", "giay", "lam_viec"
GROUP = "nhom, cskcb, thang"
"""The claims whose rows were written together; the key of every table here, of `ho_so` and of
`phan`."""
CARD_DIGITS = 10
PAPER_TABLES = ("XML10", "XML11")
ORDERED, MONEY = "NGAY_YL", "T_BHTT"
ABOUT = "MA_DOITUONG_KCB"
ITEM_FIELDS = {
    "XML2": frozenset({"MA_THUOC", "MA_CSKCB_THUOC", "MA_PP_CHEBIEN", "SO_DANG_KY", "PHAM_VI",
                       "DON_VI_TINH", "TT_THAU", "SO_LUONG", "DON_GIA", "THANH_TIEN_BV", MONEY}),
    "XML3": frozenset({"MA_DICH_VU", "MA_VAT_TU", "MA_NHOM", "PHAM_VI", "DON_VI_TINH", "TT_THAU",
                       "SO_LUONG", "DON_GIA_BV", "THANH_TIEN_BV", MONEY}),
}  # fmt: skip
"""Fields of lines that are added up by month (numbers) or keep sums apart (texts), beside the field
`ABOUT` of the claim."""
_PERSON = """
SELECT {group}, hs, CASE WHEN regexp_full_match(so_the, '[0-9]+') AND length(so_the) = {digits}
    THEN CAST(so_the AS BIGINT) END AS the, MA_THE_BHYT, SO_CCCD, NGAY_SINH, GIOI_TINH, HO_TEN,
    NGAY_VAO, NGAY_RA
FROM (SELECT *, right(trim(split_part(MA_THE_BHYT, ';', 1)), {digits}) AS so_the FROM ({rows}))
JOIN hs_cham ON hs = KHO_HS
"""
_PAPER = """
SELECT {group}, hs, '{table}' AS bang, SO_SERI FROM ({rows}) JOIN hs_cham ON hs = KHO_HS
WHERE SO_SERI IS NOT NULL
"""
_WORK = """
SELECT {group}, min(NGAY_TH_YL) AS tu, max(NGAY_TH_YL) AS den
FROM ({rows}) JOIN hs_cham ON hs = KHO_HS WHERE NGAY_TH_YL IS NOT NULL GROUP BY ALL
"""
_SUMS = """
SELECT {group}, date_trunc('month', x.{ordered}) AS luc, c.{about}{columns}
FROM ({rows}) x JOIN hs_cham ON hs = x.KHO_HS JOIN ({claims}) c ON c.KHO_HS = hs
WHERE x.{money} > 0 AND x.{ordered} IS NOT NULL GROUP BY ALL
"""
_DIFFERING = """
SELECT count(*) FROM ((({query}) EXCEPT ALL ({kept})) UNION ALL (({kept}) EXCEPT ALL ({query})))
"""


def in_groups(name: str) -> str:
    """The condition that claims, files or rows kept are of the groups in a table."""
    return f"({GROUP}) IN (SELECT {GROUP} FROM {name})"  # noqa: S608 - names of ours


def sums_of(table: str) -> str:
    """The name of the sums of a table's lines: by group, month of the order, and texts."""
    return f"tong_{table}"


def apart(table: str, fields: frozenset[str]) -> tuple[list[str], list[str]]:
    """The fields of lines that keep sums apart, and those that are added up."""
    spec = table_specs()[table].by_name
    numbers = sorted(name for name in fields if spec[name].numeric)
    texts = sorted(n for n in fields if not spec[n].numeric and not spec[n].temporal)
    return texts, numbers


def summed_columns(table: str, fields: frozenset[str]) -> str:
    """The fields as columns of a question for sums, each behind a comma; `x` are the lines."""
    texts, numbers = apart(table, fields)
    shown = [f", x.{name}" for name in texts]
    return "".join([*shown, *(f", sum(x.{name}) AS {name}" for name in numbers)])


def touch(own: Catalogue, groups: Collection[tuple[int, str, int]]) -> None:
    """Names the groups that the next question is about, by nhom, cskcb and thang."""
    import pyarrow as pa

    group, facility, month = zip(*groups, strict=True) if groups else ((), (), ())
    named = pa.table({
        "nhom": integers(group, None, pa.int64()),
        "cskcb": strings(facility),
        "thang": integers(month, None, pa.int32()),
    })  # fmt: skip
    own.db.register("cham_moi", named)
    own.db.execute("CREATE OR REPLACE TEMP TABLE cham AS SELECT * FROM cham_moi")
    own.db.unregister("cham_moi")
    own.db.execute(
        f"CREATE OR REPLACE TEMP TABLE hs_cham AS SELECT hs, {GROUP} FROM ho_so "  # noqa: S608
        f"WHERE ma_lk <> '' AND {in_groups('cham')}"
    )


def derive(own: Catalogue) -> None:
    """Makes the rows of the groups named by `touch` anew, after files and claims are entered."""
    for name, query in _asked(own).items():
        own.db.execute(f"DELETE FROM {name} WHERE {in_groups('cham')}")  # noqa: S608
        own.db.execute(f"INSERT INTO {name} BY NAME {query}")


def differing(own: Catalogue) -> dict[str, int]:
    """Table kept → how many of its rows the files do not say, or say and it lacks."""
    touch(own, ())
    names = list(_asked(own))
    wrong = {name: own.number(f"SELECT count(*) FROM {name}") for name in names}  # noqa: S608
    for month in _months(own):
        touch(own, month)
        for name, query in _asked(own).items():
            kept = f"SELECT * FROM {name} WHERE {in_groups('cham')}"  # noqa: S608
            wrong[name] -= own.number(f"SELECT count(*) FROM ({kept})")  # noqa: S608
            wrong[name] += own.number(_DIFFERING.format(query=query, kept=kept))
    return wrong


def bring_up_to_date(own: Catalogue) -> None:
    """Gives a new or older store what this version keeps, in one transaction."""
    if own.format == FORMAT:
        return
    import duckdb

    db = own.db
    db.execute("BEGIN")
    try:
        _mark_fields(own)
        touch(own, ())
        for name, query in _asked(own).items():
            db.execute(f"CREATE OR REPLACE TABLE {name} AS {query}")
        for month in _months(own):
            touch(own, month)
            derive(own)
        db.execute("INSERT OR REPLACE INTO thong_tin VALUES ('dinh_dang', ?)", [FORMAT])
        db.execute("COMMIT")
    except duckdb.Error:
        db.execute("ROLLBACK")
        raise _damaged(own) from None
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _mark_fields(own: Catalogue) -> None:
    """Notes the columns of each file of a store whose catalogue did not."""
    from pyarrow import parquet
    from pyarrow.lib import ArrowException

    own.db.execute("ALTER TABLE phan ADD COLUMN IF NOT EXISTS truong VARCHAR")
    marks = []
    for (path,) in own.rows("SELECT duong_dan FROM phan WHERE truong IS NULL"):
        try:
            marks.append([fields_mark(parquet.read_schema(own.store / path).names), path])
        except (OSError, ArrowException):
            raise _unusable(own, path) from None
    if marks:
        own.db.executemany("UPDATE phan SET truong = ? WHERE duong_dan = ?", marks)


def _damaged(own: Catalogue) -> InputError:
    """Why the files cannot be read: the first one that is not as it was written."""
    for path, digest in own.rows("SELECT duong_dan, sha256 FROM phan ORDER BY 1"):
        if digest_of(own.store / path) != digest:
            return _unusable(own, path)
    return InputError(f"kho '{own.store}' do bản giamdinh cũ tạo, không đọc được để dùng tiếp")


def _unusable(own: Catalogue, path: str) -> InputError:
    return InputError(
        f"kho '{own.store}' do bản giamdinh cũ tạo, chưa dùng tiếp được: tệp {path} "
        "bị thiếu hoặc hỏng; chép lại tệp đó từ bản sao lưu"
    )


def _months(own: Catalogue) -> Iterator[list[tuple[int, str, int]]]:
    """The groups of one month after the other."""
    query = f"SELECT DISTINCT {GROUP} FROM phan WHERE thang = ?"  # noqa: S608
    for (month,) in own.rows("SELECT DISTINCT thang FROM phan ORDER BY 1"):
        yield [(group, facility, its) for group, facility, its in own.rows(query, month)]


def _asked(own: Catalogue) -> dict[str, str]:
    """Every table kept with the query for its rows of the groups named by `touch`."""
    tables = (CLAIM_TABLE, *PAPER_TABLES, *ITEM_FIELDS)
    rows = {table: rows_of(own, table, in_groups("cham")) for table in tables}
    claims = rows[CLAIM_TABLE]
    said = {"group": GROUP, "ordered": ORDERED, "money": MONEY, "about": ABOUT, "claims": claims}
    papers = (_PAPER.format(table=t, rows=rows[t], **said) for t in PAPER_TABLES)
    return {
        PERSONS: _PERSON.format(rows=claims, digits=CARD_DIGITS, **said),
        PAPERS: " UNION ALL ".join(papers),
        WORKED: _WORK.format(rows=rows["XML3"], **said),
        **{
            sums_of(t): _SUMS.format(rows=rows[t], columns=summed_columns(t, fields), **said)
            for t, fields in ITEM_FIELDS.items()
        },
    }
