"""The commands as a user runs them: exit codes, files written, any encoding, any folder."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from tests.commands import month, run, told

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean month and one with planted errors."""
    folder = tmp_path_factory.mktemp("tháng thử nghiệm")
    month(folder / "sach", errors=False)
    month(folder / "co_loi", errors=True)
    return folder


@pytest.fixture(scope="module")
def audited(months: Path) -> Path:
    """The output folder of an audit of the month with errors."""
    faulty = months / "co_loi"
    out = months / "kết quả"
    done = run("audit", faulty / "ho_so", "--catalogues", faulty / "danh_muc", "--out", out)
    assert done.returncode == 0, told(done)
    (months / "in_ra.txt").write_bytes(done.stdout)
    return out


def manifest(out: Path) -> Any:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


def findings(out: Path) -> list[dict[str, Any]]:
    lines = (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_clean_month_ends_with_0_and_no_error(months: Path, tmp_path: Path) -> None:
    clean = months / "sach"
    done = run("audit", clean / "ho_so", "--catalogues", clean / "danh_muc", "--out", tmp_path,
               "--fail-on", "error")  # fmt: skip
    assert done.returncode == 0, told(done)
    assert [row for row in findings(tmp_path) if row["severity"] == "error"] == []


def test_audit_writes_three_parseable_outputs_that_agree(audited: Path) -> None:
    rows = findings(audited)
    table = pq.read_table(audited / "findings.parquet")
    (path,) = audited.glob("GIAMDINH_*.xlsx")
    book = openpyxl.load_workbook(path)
    details = [row for row in book["LoiChiTiet"].iter_rows(min_row=2, values_only=True) if row[0]]
    book.close()
    assert len(rows) == table.num_rows == len(details) == manifest(audited)["findings"] > 0
    assert [row["rule"] for row in rows] == table["rule"].to_pylist()


def test_run_json_has_the_promised_shape(audited: Path) -> None:
    run_json = manifest(audited)
    ledger = run_json["ledger"]
    assert set(ledger["files"]) >= {"found", "read", "rejected"}
    claims = ledger["claims"]
    assert claims["declared"] == claims["read"] + claims["quarantined"]
    assert set(claims) == {"declared", "read", "replaced", "quarantined"}
    assert ledger["rows"]["XML1"] == claims["read"]
    for problem in ledger["problems"]:
        assert {"file", "hoso", "table", "reason"} <= set(problem)
    assert run_json["rules"]["count"] == len(run_json["outcomes"])
    assert len(run_json["rules"]["hash"]) == 64
    for outcome in run_json["outcomes"]:
        assert set(outcome) == {"rule", "status", "rows_in_force", "rows_hit", "reason"}
        assert outcome["status"] in {"ran", "not_applicable", "not_checkable"}
        assert outcome["status"] == "ran" or outcome["reason"]
    assert set(run_json["scorecard"]) == {*"abcdđeghikl", "Đ9"}
    assert set(run_json["money"]) == {"error", "warning"}
    assert run_json["money"]["error"] > 0
    assert run_json["timings"]


def test_the_summary_names_the_ledger_the_money_and_the_files(audited: Path) -> None:
    text = (audited.parent / "in_ra.txt").read_text(encoding="utf-8")
    claims = manifest(audited)["ledger"]["claims"]
    assert f"Hồ sơ khai báo: {claims['declared']}\n" in text
    assert f"Hồ sơ đọc được: {claims['read']}\n" in text
    for words in ("Đối soát: KHỚP", "Đề nghị xuất toán (đ)", "findings.parquet", "run.json"):
        assert words in text


def test_findings_at_the_asked_level_end_with_1(months: Path, tmp_path: Path) -> None:
    """`audited` ended with 0: an audit never fails on findings unless asked to."""
    done = run("audit", months / "co_loi" / "ho_so", "--format", "none", "--out", tmp_path,
               "--fail-on", "error")  # fmt: skip
    assert done.returncode == 1
    assert not list(tmp_path.glob("*.xlsx"))


def test_check_fails_on_errors_and_passes_what_is_ready(months: Path) -> None:
    assert run("check", *claim_files(months / "sach")).returncode == 0
    done = run("check", *claim_files(months / "co_loi"))
    assert done.returncode == 1
    for words in ("PHẢI SỬA", "Cách sửa:", "Căn cứ:", "KẾT LUẬN:"):
        assert words in done.stdout.decode()


def claim_files(folder: Path) -> list[Path]:
    return sorted((folder / "ho_so").iterdir())


@pytest.mark.parametrize(
    "arguments",
    [("audit",), ("nothing",), ("check", "a.xml", "--fail-on", "all"), ("audit", "x", "--what")],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_input_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    for arguments in (("audit", tmp_path / "không có"), ("audit", tmp_path), ("check", "x.xml")):
        done = run(*arguments, "--out", tmp_path / "kq")
        assert done.returncode == 3, told(done)
        assert done.stderr.decode().startswith("Lỗi: ")
        assert b"Traceback" not in done.stderr


def test_a_catalogue_folder_that_is_not_there_ends_with_3(months: Path, tmp_path: Path) -> None:
    done = run("check", *claim_files(months / "sach"), "--catalogues", tmp_path / "không có")
    assert done.returncode == 3, told(done)


def own_card(folder: Path, **changes: str) -> Path:
    """A folder with one card of a facility's own; `changes` replace its lines."""
    lines = {
        "code": "code: TST-001",
        "title": "title: Hồ sơ có ngày vào",
        "title_en": "title_en: Claim has an admission time",
        "severity": "severity: info",
        "tt12": "tt12: k",
        "legal": "legal: [{text: Quy ước, at: thử}]",
        "effective": "effective: {from: 2023-01-18}",
        "table": "table: XML1",
        "field": "field: NGAY_VAO",
        "when": "when: present(NGAY_VAO)",
        "message": 'message: "Vào {NGAY_VAO}."',
        "fix": "fix: Không phải sửa gì, thẻ này để thử.",
        "examples": 'examples: [{name: bắt, XML1: "MA_LK\\nA", hits: [A]}]',
    }
    path = folder / "TST" / "TST-001_thu.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join({**lines, **changes}.values()) + "\n", encoding="utf-8")
    return folder


def test_a_card_of_the_facility_runs_beside_the_others(months: Path, tmp_path: Path) -> None:
    done = run("audit", months / "sach" / "ho_so", "--rules", own_card(tmp_path / "rieng"),
               "--select", "TST", "--out", tmp_path, "--format", "none")  # fmt: skip
    assert done.returncode == 0, told(done)
    assert {row["rule"] for row in findings(tmp_path)} == {"TST-001"}
    assert len(findings(tmp_path)) == 12


@pytest.mark.parametrize(
    ("key", "line", "advice"),
    [
        ("when", "when: present(NGAY_VAOO)", "NGAY_VAO"),
        ("severity", "severity: fatal", "warning"),
        ("extra", "wen: 1", "when"),
        ("legal", "legal:", "legal"),
        ("message", 'message: "Tên {HO_TEN}"', "HO_TEN"),
    ],
)
def test_a_wrong_card_ends_with_5_and_says_where(
    tmp_path: Path, key: str, line: str, advice: str
) -> None:
    done = run("rules", "lint", "--rules", own_card(tmp_path, **{key: line}))
    assert done.returncode == 5
    assert "TST-001_thu.yaml:" in done.stderr.decode()
    assert advice in done.stderr.decode()


def test_a_prefix_that_fits_no_rule_ends_with_2(months: Path) -> None:
    done = run("check", *claim_files(months / "sach"), "--select", "MNYY")
    assert done.returncode == 2
    assert "MNYY" in done.stderr.decode()


def test_a_rule_that_crashes_ends_with_6_and_the_others_go_on(months: Path, tmp_path: Path) -> None:
    folder = own_card(tmp_path / "rieng", when="check: hong", amount='amount: "0"')
    program = (
        "from giamdinh.cli import main\n"
        "from giamdinh.rules.context import check, checks\n"
        "checks()\n"
        "@check\n"
        "def hong(context):\n"
        "    raise ValueError(context.claims['XML1']['HO_TEN'].text(0))\n"
        "main()\n"
    )
    done = run("audit", months / "sach" / "ho_so", "--rules", folder, "--out", tmp_path,
               "--format", "none", program=("-c", program))  # fmt: skip
    assert done.returncode == 6, told(done)
    crashed = [o for o in manifest(tmp_path)["outcomes"] if o["status"] == "error"]
    assert [o["rule"] for o in crashed] == ["TST-001"]
    assert crashed[0]["reason"].startswith("ValueError tại ")
    assert len(crashed[0]["reason"]) < 60, "only where it crashed, never the text of the exception"


def test_select_and_ignore_go_by_prefix(months: Path, tmp_path: Path) -> None:
    arguments = ("audit", months / "co_loi" / "ho_so", "--format", "none", "--out", tmp_path)
    assert run(*arguments, "--select", "MNY", "--ignore", "MNY-001").returncode == 0
    rules = {outcome["rule"] for outcome in manifest(tmp_path)["outcomes"]}
    assert rules
    assert all(rule.startswith("MNY-") and rule != "MNY-001" for rule in rules)


def test_mask_hides_names_and_keeps_amounts(months: Path, audited: Path, tmp_path: Path) -> None:
    faulty = months / "co_loi"
    done = run("audit", faulty / "ho_so", "--catalogues", faulty / "danh_muc", "--out", tmp_path,
               "--mask")  # fmt: skip
    assert done.returncode == 0, told(done)
    plain, masked = findings(audited), findings(tmp_path)
    for key in ("rule", "claim", "amount", "fingerprint"):
        assert [row[key] for row in plain] == [row[key] for row in masked]
    assert {row["name"] for row in masked} <= {None, "***"}
    assert {row["name"] for row in plain} - {None, "***"}


def test_lang_en_gives_an_english_summary(months: Path) -> None:
    done = run("check", *claim_files(months / "sach"), "--lang", "en")
    assert "VERDICT" in done.stdout.decode()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_output_is_utf8_whatever_the_console_says(encoding: str) -> None:
    env = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}
    assert "Giám định" in run("--help", env=env).stdout.decode("utf-8")
    assert "Lỗi: " in run("check", "không_có.xml", env=env).stderr.decode("utf-8")
    assert "Thành tiền" in run("rules", "list", "MNY-001", env=env).stdout.decode("utf-8")


def test_paths_may_be_relative_and_have_spaces_and_vietnamese_letters(
    months: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "Quý III – hồ sơ gửi"
    shutil.copytree(months / "sach", folder)
    done = run("audit", "ho_so", "--catalogues", "danh_muc", cwd=folder)
    assert done.returncode == 0, told(done)
    assert (folder / "ket_qua" / "run.json").is_file()


def test_the_catalogue_folder_inside_the_input_is_not_read_as_claims(
    months: Path, tmp_path: Path
) -> None:
    faulty = months / "sach"
    done = run("audit", faulty, "--catalogues", faulty / "danh_muc", "--out", tmp_path,
               "--format", "none")  # fmt: skip
    assert done.returncode == 0, told(done)
    assert manifest(tmp_path)["ledger"]["files"]["rejected"] == 0


def test_rules_list_explain_and_test() -> None:
    assert "MNY-001" in told(run("rules", "list", "MNY"))
    page = told(run("rules", "explain", "MNY-001"))
    for words in ("Căn cứ:", "Hiệu lực:", "Vi phạm khi:", "Cách sửa:", "Ví dụ:"):
        assert words in page
    assert run("rules", "test", "MNY-00").returncode == 0
    assert run("rules", "explain", "XYZ-999").returncode == 2


def test_version_and_help() -> None:
    assert run("--version").stdout.decode().startswith("giamdinh ")
    shown = run("audit", "--help").stdout.decode()
    for option in ("--catalogues", "--rules", "--select", "--ignore", "--mask", "--fail-on"):
        assert option in shown
