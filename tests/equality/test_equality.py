"""Both readers give the same tables and the same ledger, whatever they read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.read import make_samples
from tests.read.writer import envelope

from . import documents, mutate
from .compare import AS_IT_IS, OPTIONS, Reading, Room, compare, differences, put, read
from .damage import damaged
from .minimise import minimised

if TYPE_CHECKING:
    from pathlib import Path

NIGHTLY = bool(os.environ.get("GIAMDINH_NIGHTLY"))
GROUPS = 400 if NIGHTLY else 8
PER_GROUP = 250
KINDS = (
    documents.plain,
    *(mutate.usual, mutate.usual, mutate.well_formed),
    *(mutate.flawed, mutate.flawed, mutate.broken),
)


def made(seed: str) -> bytes:
    dice = documents.dice_of(seed)
    if dice.random() < 0.02:
        status = documents.status(dice)
        return status if dice.random() < 0.5 else damaged(status, dice)
    return dice.choice(KINDS)(dice)


def assert_equal(folder: Path, sent: dict[str, bytes], **options: Any) -> None:
    """Both readers agree on these files; if not, says on which one and saves it cut down."""
    found = compare(put(folder / "all", sent), **options)
    if not found:
        return
    for name, data in sent.items():
        if compare(put(folder / "one", {name: data}), **options):

            def differs(candidate: bytes, name: str = name) -> bool:
                return bool(compare(put(folder / "one", {name: candidate}), **options))

            small = folder / f"nho_{name}"
            small.write_bytes(minimised(data, differs))
            found = compare(put(folder / "one", {name: small.read_bytes()}), **options)
            pytest.fail(f"{name}, saved as {small}:\n" + "\n".join(found[:5]))
    pytest.fail(f"only together, in {folder / 'all'}:\n" + "\n".join(found[:5]))


@pytest.mark.parametrize("group", range(GROUPS))
def test_both_readers_agree_on_random_files(group: int, tmp_path: Path) -> None:
    seeds = [f"{group}_{i}" for i in range(PER_GROUP)]
    sent = {f"hs_{seed}.xml": made(seed) for seed in seeds}
    assert_equal(tmp_path, sent, **OPTIONS[group % len(OPTIONS)])


@pytest.mark.parametrize("style", documents.SCANNED_STYLES)
def test_the_scanner_itself_reads_every_usual_style(style: str, tmp_path: Path) -> None:
    sent = {}
    for i in range(20):
        made = documents.sent(documents.dice_of(f"style {i}"), nasty=0)
        for part in (part for parts in made.claims for part in parts):
            part.style = style
        sent[f"{i}.xml"] = documents.written(made).encode()
    ledger = read(put(tmp_path / "all", sent), scanner=True).ledger
    assert ledger.left == {}
    assert ledger.scanned == {"files": 20, "claims": ledger.claims_read}


def test_random_files_exercise_the_scanner_not_only_the_way_out_of_it(tmp_path: Path) -> None:
    dice = documents.dice_of("share")
    for make, least in ((documents.plain, 0.6), (mutate.usual, 0.7), (mutate.well_formed, 0.05)):
        sent = {f"{i}.xml": make(dice) for i in range(200)}
        ledger = read(put(tmp_path / "all", sent), scanner=True).ledger
        assert ledger.scanned["claims"] > least * ledger.claims_read


def large(seed: str) -> bytes:
    """One file of fifty claims, of which one is odd or damaged."""
    dice = documents.dice_of(seed)
    hosos = []
    bad = dice.randrange(50)
    for i in range(50):
        text = documents.written(documents.Sent([documents.claim(f"LK{i}", dice, 0.05)]))
        text = text[text.index("<HOSO>") : text.index("</DANHSACHHOSO>")]
        if i == bad and dice.random() < 0.6:
            text = damaged(text.encode(), dice).decode("utf-8", "surrogateescape")
        elif i == bad:
            text = mutate.respelled(text, dice, 3)
        hosos.append(text)
    return envelope(hosos).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("batch_claims", [60, 1000])
def test_a_bad_claim_among_good_ones_changes_hands_and_nothing_else(
    batch_claims: int, tmp_path: Path
) -> None:
    count = 200 if NIGHTLY else 10
    sent = {f"lon_{batch_claims}_{i}.xml": large(f"{batch_claims} {i}") for i in range(count)}
    assert_equal(tmp_path, sent, batch_claims=batch_claims)


def test_much_of_everything_in_one_file(tmp_path: Path) -> None:
    dice = documents.dice_of("much")
    claims = [documents.claim(f"LK{i}", dice, 0.05) for i in range(40)]
    rows = [documents.row("XML3", "LK1", dice, 0.3) for _ in range(2000)]
    rows[7]["TEN_DICH_VU"] = "Dài " * 50_000
    claims[1].append(documents.Part("XML3", rows, "base64_76"))
    claims[2].append(documents.Part("XML2", [{"MA_THUOC": f"{i}.{i}"} for i in range(5000)]))
    text = documents.written(documents.Sent(claims))
    first, last = text.index("<HOSO>"), text.index("</DANHSACHHOSO>")
    repeated = text[:first] + text[first:last] * 4 + text[last:]
    sent = {"lon.xml": repeated.encode(), "nho.xml": text.encode()}
    assert_equal(tmp_path, sent, batch_claims=150)


def test_both_readers_agree_on_members_of_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "hs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(60):
            archive.writestr(f"{i:02d}.xml", made(f"zip {i}"))
    for room in (AS_IT_IS, Room(largest=3_000, batch=5_000)):
        assert compare(tmp_path / "hs.zip", room=room) == []


def test_both_readers_agree_on_every_variant_of_the_format(tmp_path: Path) -> None:
    assert_equal(tmp_path, make_samples.samples())


@pytest.mark.parametrize("batch_claims", [5, 1000])
def test_the_size_of_a_batch_changes_nothing(batch_claims: int, tmp_path: Path) -> None:
    folder = put(tmp_path / "all", {f"{i:03d}.xml": made(f"batch {i}") for i in range(40)})
    for scanner in (True, False):
        whole = read(folder, scanner=scanner, batch_claims=50)
        parts = read(folder, scanner=scanner, batch_claims=batch_claims)
        assert list(differences(whole, parts)) == []


def test_a_header_belongs_to_the_claims_behind_it_only(tmp_path: Path) -> None:
    dice = documents.dice_of("header")
    text = documents.written(documents.Sent([documents.claim("LK1", dice, 0)] * 3))
    text = re.sub("<MACSKCB>.*?</MACSKCB>", "", text)
    first = text.index("</HOSO>") + len("</HOSO>")
    late = f"{text[:first]}<MACSKCB>79001</MACSKCB>{text[first:]}"
    folder = put(tmp_path / "all", {"a.xml": late.encode()})
    for scanner in (True, False):
        for batch_claims in (1, 9):
            batches = read(folder, scanner=scanner, batch_claims=batch_claims).batches
            columns = [batch["HOSO"]["MACSKCB"] for batch in batches]
            texts = [column.text(i) for column in columns for i in range(len(column.codes))]
            assert texts == ["", "79001", "79001"]


def test_a_document_written_differently_says_the_same(tmp_path: Path) -> None:
    as_usual, unusual = {}, {}
    for i in range(200):
        dice = documents.dice_of(f"alike {i}")
        sent = documents.sent(dice)

        def respell(text: str) -> str:
            return mutate.respelled(text, dice, 3, mutate.ALIKE)  # noqa: B023 - called at once

        as_usual[f"{i:03d}.xml"] = documents.written(sent).encode()
        unusual[f"{i:03d}.xml"] = respell(documents.written(sent, respell)).encode()
    before = _trimmed(read(put(tmp_path / "a", as_usual), scanner=False))
    for scanner in (True, False):
        after = _trimmed(read(put(tmp_path / "b", unusual), scanner=scanner))
        assert list(differences(before, after)) == []


def _trimmed(reading: Reading) -> Reading:
    """Without what blanks around a text change: raw values, and remarks about LOAIHOSO."""
    problems = reading.ledger.problems
    reading.ledger.tags_named.clear()
    problems[:] = [problem for problem in problems if problem.kind != "loai_hoso_la"]
    for batch in reading.batches:
        for table in batch.tables.values():
            for column in table.columns.values():
                column.padded.clear()
    return reading


@pytest.mark.nightly
def test_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    checked = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "GIAMDINH_NIGHTLY": ""}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", __file__, "-k", "random"]
    subprocess.run(command, env=os.environ | checked, check=True)
