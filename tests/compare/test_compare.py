"""What became of each finding from one run to the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from openpyxl import load_workbook

from giamdinh.compare.difference import FATES, compare
from giamdinh.compare.output import content, print_difference
from giamdinh.compare.runs import from_result, load_run
from giamdinh.compare.warnings import warnings
from giamdinh.errors import InputError
from giamdinh.model import Outcome, Problem
from giamdinh.money import money
from giamdinh.read.replaced import claim_key
from giamdinh.report import json_out, parquet_out
from giamdinh.report.model import Inputs, Register
from tests.commands import month, run, told
from tests.report.results import CARDS, finding, ledger, result

if TYPE_CHECKING:
    from pathlib import Path

    from giamdinh.findings import Finding
    from giamdinh.report.model import AuditResult

ALL_RAN = tuple(Outcome(code, "ran", 10, 0) for code in CARDS)


def of(claim: str, rule: str = "MNY-001", **columns: Any) -> Finding:
    number = int(claim.removeprefix("HS"))
    return finding(rule, claim=claim, claim_seq=number, hoso=number, **columns)


def audited(*findings: Finding, claims: str = "1 2 3 4", **changes: Any) -> AuditResult:
    """A run of some claims of facility 01001, each worth a million."""
    keys = [claim_key("01001", f"HS{number}") for number in claims.split()]
    register = Register(np.array(keys, np.uint64), np.full(len(keys), 100_000_000, np.int64))
    return result(*findings, **{"outcomes": ALL_RAN, "register": register, **changes})


def stored(audit: AuditResult, folder: Path) -> Path:
    """The result folder of a run."""
    folder.mkdir()
    parquet_out.write(audit, folder)
    parquet_out.write_claims(audit, folder)
    json_out.write_findings(audit, folder)
    json_out.write_run(audit, folder)
    return folder


def fates(earlier: AuditResult, later: AuditResult) -> dict[str, list[tuple[str, str]]]:
    """(rule, claim) by fate."""
    out: dict[str, list[tuple[str, str]]] = {}
    for fate, _, _, f in compare(from_result("A", earlier), from_result("B", later)).each():
        out.setdefault(fate, []).append((f.rule, f.claim))
    return out


def test_findings_are_new_fixed_or_the_same_by_their_fingerprint() -> None:
    earlier = audited(of("HS1"), of("HS2", amount=500))
    later = audited(of("HS2", amount=700, message="Câu khác"), of("HS3"))
    assert fates(earlier, later) == {
        "new": [("MNY-001", "HS3")],
        "same": [("MNY-001", "HS2")],
        "fixed": [("MNY-001", "HS1")],
    }


def test_a_claim_that_is_not_there_any_more_is_not_fixed() -> None:
    earlier = audited(of("HS1"), of("HS2"))
    later = audited(claims="2 3")
    assert fates(earlier, later) == {
        "gone": [("MNY-001", "HS1")],
        "fixed": [("MNY-001", "HS2")],
    }
    warned = warnings(from_result("A", earlier), from_result("B", later))
    assert any(text.startswith("2 hồ sơ của lần trước không còn trong dữ liệu") for text in warned)


@pytest.mark.parametrize(
    ("outcomes", "fate"),
    [
        ((Outcome("MNY-001", "not_checkable"),), "unchecked"),
        ((Outcome("MNY-001", "error"),), "unchecked"),
        ((), "unchecked"),
        ((Outcome("MNY-001", "not_applicable"),), "fixed"),
    ],
)
def test_a_finding_whose_rule_did_not_run_again_is_not_fixed(
    outcomes: tuple[Outcome, ...], fate: str
) -> None:
    later = audited(outcomes=outcomes)
    assert fates(audited(of("HS1")), later) == {fate: [("MNY-001", "HS1")]}


def test_a_new_finding_says_when_the_claim_or_the_rule_is_new() -> None:
    earlier = audited(claims="1", outcomes=[o for o in ALL_RAN if o.rule != "TIM-004"])
    later = audited(of("HS1"), of("HS2"), of("HS1", "TIM-004"))
    found = compare(from_result("A", earlier), from_result("B", later)).each()
    assert {(f.rule, f.claim): why for _, why, _, f in found} == {
        ("MNY-001", "HS1"): "",
        ("MNY-001", "HS2"): "hồ sơ mới có",
        ("TIM-004", "HS1"): "quy tắc lần trước không chạy được",
    }


def about_file(name: str) -> Finding:
    return finding("FMT-010", table="TEP", claim="", file=name, claim_seq=-1, row=0, hoso=0)


def test_a_file_that_was_not_read_again_is_not_repaired() -> None:
    def inputs(*names: str) -> Inputs:
        return Inputs(tuple((f"vao/{name}", "") for name in names), len(names))

    earlier = audited(about_file("a.zip!x.xml"), about_file("b.xml"), about_file("01DM.csv"),
                      inputs=inputs("a.zip", "b.xml"))  # fmt: skip
    later = audited(inputs=inputs("b.xml"))
    found = compare(from_result("A", earlier), from_result("B", later)).each()
    assert {f.file: fate for fate, _, _, f in found} == {
        "a.zip!x.xml": "gone", "b.xml": "fixed", "01DM.csv": "fixed",
    }  # fmt: skip


@pytest.mark.parametrize("lines", [False, True])
def test_a_result_folder_gives_the_same_comparison_as_the_run(
    tmp_path: Path, *, lines: bool
) -> None:
    earlier = audited(
        of("HS1"), of("HS1", row=5, line_seq=4), of("HS2", "STF-002"), of("HS3", "TIM-004"),
        of("HS2", "CRD-003", table="XML1", row=1, line_seq=-1, amount=200_000_000),
        about_file("b.xml"),
    )  # fmt: skip
    later = audited(of("HS1"), of("HS2", "PRC-001"), claims="1 2")
    folders = [stored(audit, tmp_path / name) for name, audit in (("A", earlier), ("B", later))]
    if lines:
        for folder in folders:
            (folder / "findings.parquet").unlink()
    direct = compare(from_result("A", earlier), from_result("B", later))
    read = compare(*map(load_run, folders))
    for said in (given := content(direct), back := content(read)):
        for side in ("earlier", "later"):
            del said[side]["name"]
    assert given == back
    assert money(read.earlier.findings) == money(earlier.findings)


def test_counts_and_money_add_up_and_each_dong_counts_once() -> None:
    line: dict[str, Any] = {"line_seq": 2, "row": 3}
    earlier = audited(of("HS1", **line, amount=30_00), of("HS1", "TIM-004", **line, amount=50_00))
    later = audited(of("HS1", "TIM-004", **line, amount=50_00), of("HS2", "STF-002", amount=10_00))
    said = content(compare(from_result("A", earlier), from_result("B", later)))
    assert said["totals"]["fixed"]["money"] == {"error": 30, "warning": 0}
    assert said["totals"]["same"]["money"] == {"error": 50, "warning": 0}
    assert said["totals"]["new"]["money"] == {"error": 0, "warning": 10}
    assert said["by_rule"]["MNY-001"]["fixed"]["findings"] == 1
    assert said["by_severity"]["warning"]["new"]["claims"] == 1
    assert sum(said["totals"][fate]["findings"] for fate in FATES) == len(said["findings"]) == 3


def test_what_the_runs_were_not_the_same_in_is_said() -> None:
    earlier = audited()
    later = audited(
        rules_hash="khác", catalogues=(), outcomes=ALL_RAN[1:], register=None,
        ledger=ledger(problems=[Problem("la", "x", "y")]),
    )  # fmt: skip
    text = "\n".join(warnings(from_result("A", earlier), from_result("B", later)))
    for words in ("Bộ quy tắc khác nhau (0123456789ab và khác)", "khác nhau: nhan_luc 01001",
                  "1 quy tắc lần sau không chạy được", "claims.parquet"):  # fmt: skip
        assert words in text
    assert warnings(from_result("A", earlier), from_result("B", audited())) == []


def test_a_folder_without_results_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="không phải thư mục kết quả"):
        load_run(tmp_path)
    (tmp_path / "run.json").write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match="không phải thư mục kết quả"):
        load_run(tmp_path)


def test_only_rules_with_a_change_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    earlier = audited(of("HS1"), of("HS2", "STF-002"))
    difference = compare(from_result("A", earlier), from_result("B", audited(of("HS1"))))
    print_difference(difference, {"STF-002": "Người lạ", "MNY-001": "Tiền lệch"})
    text = capsys.readouterr().out
    assert "STF-002 | Người lạ | Mới 0 | Mới (đ) 0 | Còn 0 | Còn (đ) 0 | Đã hết 1" in text
    assert "Tiền lệch" not in text


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A month, and the same month with a file less and without the rules on form."""
    folder = tmp_path_factory.mktemp("hai_lan")
    claims = month(folder / "thang", errors=True) / "ho_so"
    runs = folder / "A", folder / "B"
    for out, more in zip(runs, ((), ("--ignore", "STR")), strict=True):
        done = run("audit", claims, "--format", "none", "--out", out, *more)
        assert done.returncode == 0, told(done)
        min(claims.glob("*.xml")).unlink()
    return runs


def test_the_command_writes_json_and_a_workbook(two_runs: tuple[Path, Path]) -> None:
    out = two_runs[0].parent / "so_sanh"
    done = run("compare", *two_runs, "--out", out / "a.json")
    assert done.returncode == 0, told(done)
    said = json.loads((out / "a.json").read_text(encoding="utf-8"))
    assert said["totals"]["gone"]["findings"] > 0
    assert said["totals"]["unchecked"]["findings"] > 0
    assert said["totals"]["new"]["findings"] == 0
    assert "Không còn trong dữ liệu" in told(done)
    done = run("compare", *two_runs, "--out", out / "a.xlsx")
    assert done.returncode == 0, told(done)
    book = load_workbook(out / "a.xlsx")
    assert book.sheetnames == ["TongHop", "TheoMucDo", "TheoQuyTac", "ChiTiet", "ThongTin"]
    assert book["ChiTiet"].max_row - 1 == len(said["findings"])


def test_wrong_use_of_the_command_is_explained(two_runs: tuple[Path, Path], tmp_path: Path) -> None:
    done = run("compare", *two_runs, "--out", tmp_path / "a.pdf")
    assert (done.returncode, ".json hoặc .xlsx" in told(done)) == (2, True)
    done = run("compare", tmp_path, two_runs[1])
    assert (done.returncode, b"Traceback" in done.stderr) == (3, False)
