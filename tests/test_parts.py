"""The work in parts: the same result whatever the parts, the processes and the batches are."""

from __future__ import annotations

import json
import os
import random
import shutil
import threading
from typing import TYPE_CHECKING, Any

import pytest

from giamdinh import pipeline
from giamdinh.findings import Findings
from giamdinh.parts.plan import PART_BYTES, groups, part_bytes, plan
from giamdinh.pipeline import Options, audit
from giamdinh.read import Ledger, Limits, read_claims
from giamdinh.read.sources import Source, find
from giamdinh.report.json_out import manifest
from giamdinh.sample import generate
from tests.read.writer import Envelope, claim, document, envelope, file_hoso, hoso

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.report.model import AuditResult

NIGHTLY = bool(os.environ.get("GIAMDINH_NIGHTLY"))
ALONE = ("MNY-00", "STR-00", "STR-01")
RULES = () if NIGHTLY else ("STR", "MNY", "DOC", "CRD")


pytestmark = pytest.mark.usefixtures("loaded_once")


def facts(result: AuditResult) -> dict[str, Any]:
    """Everything that a run says, but for the time it took."""
    said = manifest(result)
    for name in ("started", "timings"):
        del said[name]
    said.pop("reader")
    return {
        "findings": list(result.findings),
        "prints": [result.findings.fingerprint(i) for i in range(len(result.findings))],
        "run": json.dumps(said, ensure_ascii=False),
        "ledger": result.ledger,
        "claims": result.claims,
        "period": result.period,
    }


def big_file(claims: int, *, errors: bool = True, tail: str = "<CHUKYDONVI/>") -> str:
    """One claim file with many claims: some are faulty, sent twice or without a key."""
    hosos = []
    for i in range(claims):
        tables = claim("" if i % 11 == 3 else f"LK{i % (claims - 3)}", 1 + i % 4)
        if errors and i % 3 == 0:
            tables["XML2"][0]["THANH_TIEN_BV"] = "15009"
        if errors and i % 5 == 0:
            tables["XML1"][0][f"THE_LA_{i % 4}"] = "x"
        if i % 7 == 0:
            tables["XML0"] = [{"MA_LK": "LK_KHAC", "STT": "1", "GIOI_TINH": "9"}]
        hosos.append(hoso(tables, ("base64", "inline", "cdata", "base64_lines")[i % 4]))
    return envelope(hosos, Envelope(tail=tail))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of files of all sizes, some damaged, an archive, files that are no claims."""
    top = tmp_path_factory.mktemp("thang")
    generate(top, seed=11, month="2026-09", facilities=2, claims=10, errors=True)
    claims = top / "ho_so"
    (claims / "lon.xml").write_text(big_file(24), encoding="utf-8")
    (claims / "m_hong.xml").write_text(big_file(12)[:-4000], encoding="utf-8")
    (claims / "trong.xml").write_text("", encoding="utf-8")
    (claims / "khac.txt").write_text("x", encoding="utf-8")
    status = [{"MA_LK": "LK1", "STT": "1", "GIOI_TINH": "7"}] * 3
    for name in ("a_checkin.xml", "z_checkin.xml"):
        (claims / name).write_text(document("XML0", status), encoding="utf-8")
    return top


def run(top: Path, paths: list[Path] | None = None, **options: Any) -> AuditResult:
    asked = Options(
        catalogues=top / "danh_muc", pandera=False, name_claims=True, select=RULES, **options
    )
    return audit(paths or [top / "ho_so"], asked)


@pytest.fixture(scope="module")
def whole(folder: Path) -> dict[str, Any]:
    """The result in one part and one batch."""
    result = run(folder, part_bytes=2**40)
    assert len(result.findings) > 100
    assert result.ledger.claims_replaced > 3
    assert len(result.ledger.unknown_tags) > 3
    assert any(finding.claim_seq < 0 for finding in result.findings)
    return facts(result)


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        assert found[name] == value, name


@pytest.mark.parametrize(("size", "batch"), [(1, 7), (20_000, 3), (60_000, 2000), (2**40, 1)])
def test_neither_parts_nor_batches_change_anything(
    folder: Path, whole: dict[str, Any], size: int, batch: int
) -> None:
    same(facts(run(folder, part_bytes=size, batch_claims=batch)), whole)


@pytest.mark.parametrize(("size", "batch"), [(20_000, 5), (2**40, 2000)])
def test_the_scanner_changes_nothing(
    folder: Path, whole: dict[str, Any], size: int, batch: int
) -> None:
    same(facts(run(folder, part_bytes=size, batch_claims=batch, scanner=True)), whole)


def test_the_number_of_processes_and_the_order_of_the_paths_change_nothing(
    folder: Path, whole: dict[str, Any]
) -> None:
    paths = [p for p in sorted((folder / "ho_so").iterdir()) if p.suffix != ".txt"]
    random.Random(5).shuffle(paths)  # noqa: S311
    found = facts(run(folder, paths, part_bytes=15_000, jobs=2))
    same({**found, "ledger": 0, "run": 0}, {**whole, "ledger": 0, "run": 0})
    same(facts(run(folder, part_bytes=40_000, jobs=3)), whole)


def test_workers_of_a_program_with_threads_begin_afresh(
    folder: Path, whole: dict[str, Any]
) -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        same(facts(run(folder, part_bytes=60_000, jobs=2)), whole)
    finally:
        done.set()
        other.join()


def test_findings_stand_in_order_of_claims_and_rules(folder: Path) -> None:
    findings = run(folder, part_bytes=50_000).findings
    owned = [(f.claim_seq, f.rule) for f in findings if f.claim_seq >= 0]
    assert owned == sorted(owned)
    assert len({findings.fingerprint(i) for i in range(len(findings))}) == len(findings)


def test_files_go_into_parts_in_order_and_large_ones_are_cut(folder: Path) -> None:
    sources = find([folder / "ho_so"]).sources()
    parts = plan(sources, Limits(), 20_000, 5)
    told = [source.name for part in parts for source in part.sources if not part.cut]
    cut = [part for part in parts if part.cut]
    assert "lon.xml" in {part.sources[0].name for part in cut}
    names = [group[0].sources[0].name for group in groups(parts) if group[0].cut]
    assert sorted(told + names) == sorted(source.name for source in sources)
    assert all(len(part.sources) <= 5 for part in parts)
    for group in groups(parts):
        if group[0].cut:
            ends = [part.cut.end for part in group if part.cut]
            assert [part.cut.start for part in group[1:] if part.cut] == ends[:-1]
            assert ends[-1] == group[0].sources[0].size
    assert plan(sources, Limits(), 20_000, 5) == parts


def test_a_small_folder_is_one_part(folder: Path) -> None:
    assert len(plan(find([folder / "ho_so"]).sources(), Limits())) == 1


def sized(*sizes: int) -> list[Source]:
    return [Source(f"{i:03d}.xml", f"{i:03d}.xml", size, 0) for i, size in enumerate(sizes)]


def test_parts_are_equally_large() -> None:
    parts = plan(sized(*[7] * 100), Limits(), 300)
    assert [len(part.sources) for part in parts] == [33, 34, 33], "not 42, 42 and a rest of 16"
    assert [len(part.sources) for part in plan(sized(90, *[1] * 30), Limits(), 100)] == [1, 30]
    for sizes in ((0, 0, 0), (100, 0), (100, -1), (0, 100, 0)):
        assert len(plan(sized(*sizes), Limits(), 100)) == 1
    assert [len(part.sources) for part in plan(sized(100, 100, 0, 0), Limits(), 100)] == [1, 3]
    assert plan([], Limits()) == ()


@pytest.mark.parametrize(
    ("total", "jobs", "size"),
    [
        (2**40, 1, PART_BYTES),
        (2**40, 8, PART_BYTES),
        (1600 * 2**20, 2, 400 * 2**20 + 1),
        (1600 * 2**20, 16, 64 * 2**20),
        (0, 2, 64 * 2**20),
    ],
)
def test_several_processes_get_two_parts_each(total: int, jobs: int, size: int) -> None:
    assert part_bytes(sized(total), jobs) == size


def alone(tmp_path: Path, text: str | bytes, size: int = 6000, **options: Any) -> AuditResult:
    """The result of one file in ranges, which must be that of the whole file."""
    path = tmp_path / "vao" / "hs.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    asked = Options(select=ALONE, pandera=False, name_claims=True, **options)
    expected = audit([path], asked)
    assert len(plan(find([path]).sources(), asked.limits, size)) > 2
    found = audit([path], Options(**{**as_dict(asked), "part_bytes": size}))
    same(facts(found), facts(expected))
    assert found.ledger.balanced
    return found


def as_dict(options: Options) -> dict[str, Any]:
    return {name: getattr(options, name) for name in Options.__dataclass_fields__}


def ranges_used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose ranges were put together, filled while running."""
    from giamdinh.parts.merge import Merger

    used: list[str] = []
    original = Merger.add_ranges

    def noted(self: Merger, name: str, ranges: Any) -> None:
        used.append(name)
        original(self, name, ranges)

    monkeypatch.setattr(Merger, "add_ranges", noted)
    return used


def test_a_big_file_is_read_in_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    used = ranges_used(monkeypatch)
    found = alone(tmp_path, big_file(40))
    assert used == ["hs.xml"]
    assert found.ledger.claims_read == 40
    assert max(finding.hoso for finding in found.findings) > 30


TRAPS = {
    "comment": "<!-- <HOSO> -->",
    "cdata": "<![CDATA[ <HOSO> </HOSO> ]]>",
    "open comment over the cut": "<!-- " + "<HOSO><FILEHOSO/></HOSO>" * 400 + " -->",
    "open cdata over the cut": "<GHICHU><![CDATA[" + "<HOSO>x</HOSO>" * 600 + "]]></GHICHU>",
    "instruction": "<?xem " + "<HOSO>" * 2000 + "?>",
    "list closed and opened": "</DANHSACHHOSO><DANHSACHHOSO>",
    "list in a list": "<DANHSACHHOSO>",
    "end tag missing": "<HOSO><FILEHOSO>",
    "end tag too many": "</HOSO>",
    "second envelope": "</DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>\n" + envelope([])[: -len(
        "</DANHSACHHOSO></THONGTINHOSO>\n<CHUKYDONVI/></GIAMDINHHS>\n")],
    "header between claims": "<MACSKCB>11111</MACSKCB><NGAYLAP>20200101</NGAYLAP>",
    "late count": "<SOLUONGHOSO>7</SOLUONGHOSO>",
    "entity": "<X>&la;</X>",
    "ampersand": "<X>a & b</X>",
    "wrong byte": "\udcff",
    "control character": "\x01",
    "nested": "<HOSO><HOSO></HOSO></HOSO>",
    "half a claim": "<HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO></FILEHOSO></HOSO>",
    "namespace": '<n:HOSO xmlns:n="urn:x"></n:HOSO>',
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
@pytest.mark.parametrize("at", range(2, 14) if NIGHTLY else [2, 9])
def test_whatever_lies_at_a_cut_the_ranges_say_what_the_file_says(
    tmp_path: Path, name: str, at: int
) -> None:
    pieces = big_file(14).split("<HOSO>")
    pieces[at] = pieces[at] + TRAPS[name]
    alone(tmp_path, "<HOSO>".join(pieces).encode("utf-8", "surrogateescape"), 4000)


@pytest.mark.parametrize("head", ["count", "namespace", "prefix", "bom", "declared", "comment"])
def test_heads_of_all_kinds(tmp_path: Path, head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used = ranges_used(monkeypatch)
    text = big_file(24)
    if head == "count":
        text = text.replace("<SOLUONGHOSO>24", "<SOLUONGHOSO>30")
    elif head == "namespace":
        text = text.replace("<GIAMDINHHS>", '<GIAMDINHHS xmlns="urn:a" xmlns:b="urn:b">')
    elif head == "prefix":
        for tag in ("GIAMDINHHS", "THONGTINHOSO", "DANHSACHHOSO"):
            text = text.replace(f"</{tag}>", f"</g:{tag}>").replace(f"<{tag}>", f"<g:{tag}>")
        text = text.replace("<g:GIAMDINHHS>", '<g:GIAMDINHHS xmlns:g="urn:g">')
    elif head == "bom":
        text = "\ufeff" + text
    elif head == "declared":
        text = '<?xml version="1.0" encoding="UTF-8"?>\n' + text
    elif head == "comment":
        text = text.replace("<DANHSACHHOSO>", "<!-- <X> --><DANHSACHHOSO a='1'>")
    alone(tmp_path, text)
    assert used == ["hs.xml"]


@pytest.mark.parametrize("codec", ["utf-16", "cp1258"])
def test_files_in_other_encodings_are_not_cut(tmp_path: Path, codec: str) -> None:
    text = f'<?xml version="1.0" encoding="{codec}"?>\n' + big_file(24).replace("Ư", "U")
    path = tmp_path / "hs.xml"
    path.write_bytes(text.encode(codec, "ignore"))
    assert len(plan(find([path]).sources(), Limits(), 6000)) == 1


def test_bounds_of_a_file_hold_over_its_ranges(tmp_path: Path) -> None:
    found = alone(tmp_path, big_file(40), limits=Limits(file_pieces=25))
    assert "qua_lon" in {problem.kind for problem in found.ledger.problems}
    alone(tmp_path, big_file(40), limits=Limits(unknown_tags=2))
    wrong = big_file(40, errors=False).replace("<LOAIHOSO>XML3<", "<LOAIHOSO>XML33<")
    found = alone(tmp_path, wrong, limits=Limits(problems_per_file=20))
    assert "còn " in found.ledger.problems[-1].reason or found.ledger.claims_replaced


def test_random_mutations_of_a_big_file_say_the_same_in_ranges(tmp_path: Path) -> None:
    generator = random.Random(17)  # noqa: S311
    base = big_file(16).encode()
    words = [b"<HOSO>", b"</HOSO>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<", b"&", b"\xff"]
    for _ in range(200 if NIGHTLY else 8):
        data = bytearray(base)
        for _ in range(generator.randrange(1, 4)):
            at = generator.randrange(600, len(data))
            data[at : at + generator.randrange(3)] = generator.choice(words)
        alone(tmp_path, bytes(data), 3000)


def test_a_file_that_changes_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tmp_path / "vao"
    top.mkdir()
    for name in ("a.xml", "b.xml", "c.xml"):
        (top / name).write_text(big_file(12), encoding="utf-8")

    def changing(*arguments: Any) -> Any:
        parts = plan(*arguments)
        (top / "a.xml").write_text(big_file(13), encoding="utf-8")
        (top / "b.xml").unlink()
        return parts

    monkeypatch.setattr(pipeline, "plan", changing)
    for size in (2**30, 4000):
        (top / "b.xml").write_text(big_file(12), encoding="utf-8")
        result = audit([top], Options(select=("MNY",), pandera=False, part_bytes=size))
        found = [(p.kind, p.file) for p in result.ledger.problems if p.kind != "ho_so_thay_the"]
        assert ("tep_thay_doi", "a.xml") in found or size == 2**30
        assert ("tep_khong_doc_duoc", "b.xml") in found
        assert ("tep_thay_doi", "b.xml") in found
        assert not [name for _, name in found if name == "c.xml" and _ == "tep_thay_doi"]
        assert result.ledger.balanced


def test_a_folder_of_many_files_is_listed_fast_and_small(tmp_path: Path) -> None:
    import time
    import tracemalloc

    many = 200_000 if NIGHTLY else 4000
    for i in range(many):
        (tmp_path / f"{i:06d}.xml").touch()
    started = time.process_time()
    sources = find([tmp_path]).sources()
    parts = plan(sources, Limits())
    seconds = time.process_time() - started
    assert len(sources) == many == sum(len(part.sources) for part in parts)
    assert seconds / many < 60e-6, f"{seconds / many * 1e6:.0f} µs for each file"
    tracemalloc.start()
    sources = find([tmp_path]).sources()
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used / many < 1500


def test_two_passes_joined_are_one_ledger(tmp_path: Path) -> None:
    for i in range(6):
        tables = {"XML1": [{**claim(f"LK{i}")["XML1"][0], f"LA{i % 4}": "x", "LB": "y"}]}
        tables |= {"XML2": [{f"LA{j}": "x" for j in range(i + 1)}]}
        text = envelope([hoso(tables), file_hoso("XML9", "x")])
        (tmp_path / f"{i}.xml").write_text(text, encoding="utf-8")
    paths = sorted(tmp_path.iterdir())
    for most in (2000, 4, 1):
        limits = Limits(unknown_tags=most)
        whole = Ledger()
        list(read_claims([tmp_path], whole, limits=limits))
        joined = Ledger()
        for path in paths:
            one = Ledger()
            list(read_claims([path], one, limits=limits))
            joined.join(one, most)
        if most == 2000:
            assert joined == whole
        assert sum(joined.unknown_tags.values()) == sum(whole.unknown_tags.values())
        assert len(joined.unknown_tags) <= most + 2


def test_findings_of_parts_can_be_moved_and_settled() -> None:
    found = Findings()
    found.add_rows(3, {"rule": "X", "claim": ["", "A", ""], "claim_seq": [0, 1, -1], "hoso": 1})
    found.seal()
    before = [found.fingerprint(i) for i in range(3)]
    found.move(10, 5)
    assert found.numbers("claim_seq").tolist() == [10, 11, -1]
    assert found.numbers("hoso").tolist() == [6, 6, 1]
    after = [found.fingerprint(i) for i in range(3)]
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)
    assert [f.claim_seq for f in found.settle([11])] == [10, -1]


@pytest.mark.nightly
def test_seeds_of_many_months(tmp_path: Path) -> None:
    for seed in range(12):
        top = tmp_path / str(seed)
        generate(top, seed=seed, month="2026-03", facilities=2, claims=30, errors=True)
        expected = facts(run(top, part_bytes=2**40))
        generator = random.Random(seed)  # noqa: S311
        for jobs in (1, 2):
            size, batch = generator.randrange(1000, 200_000), generator.randrange(1, 40)
            same(facts(run(top, part_bytes=size, batch_claims=batch, jobs=jobs)), expected)
        shutil.rmtree(top)
