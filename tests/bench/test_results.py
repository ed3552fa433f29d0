"""From measurements to tables and to the page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from giamdinh.bench import measure, plan
from giamdinh.bench.command import drawn
from giamdinh.bench.measure import Job, in_turn, ratios, run
from giamdinh.bench.page import page
from giamdinh.bench.plan import Wish, measured
from giamdinh.bench.tables import tables
from tests.commands import run as run_command
from tests.commands import told


def test_competitors_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    def noted(job: Job) -> dict[str, Any]:
        order.append(job.name)
        return {"problem": "không có"} if job.name == "c" else {"cpu": float(len(order))}

    monkeypatch.setattr(measure, "run", noted)
    runs = in_turn([Job("x", name) for name in "abc"], 2, lambda _: None)
    assert order == ["a", "b", "c", "a", "b"]
    assert [r.problem for r in runs] == ["", "", "không có"]
    assert [s["cpu"] for s in runs[0].samples] == [1.0, 4.0]


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([1.0, 2.0, 4.0], [3.0, 4.0, 20.0]) == (3.0, 2.0, 5.0)


def test_a_measured_process_tells_time_and_memory() -> None:
    found = run(Job("check", "python"))
    assert found["times"] == 3
    assert 0 < found["cpu"] <= 60
    assert found["memory"] >= 0


def test_a_process_that_fails_says_why() -> None:
    assert "KeyError" in run(Job("check", "no such work"))["problem"]


def sample(**figures: float) -> dict[str, float]:
    return {"cpu": 1.0, "wall": 1.0, "memory": 100.0, **figures}


def result() -> dict[str, Any]:
    def runs(**named: list[dict[str, float]]) -> list[dict[str, Any]]:
        return [
            {"name": n.replace("_", " "), "samples": s, "problem": ""} for n, s in named.items()
        ]

    engine = [sample(claims=1000, findings=9, shared=4, rules=20)] * 2
    checker = [sample(claims=1000, findings=4, shared=4, rules=12, cpu=20.0)] * 2
    audit = {plan.ENGINE: engine, plan.CHECKER: checker}
    scale = {"250": [sample(claims=250)], "500": [sample(claims=500, cpu=2.5)]}
    return {
        "version": "1", "date": "2026-01-01", "repeat": 2, "base": 8, "seconds": 61,
        "machine": {"Bộ xử lý": "mẫu"},
        "parts": {
            "audit": {"data": {"1000-claims": 1000, "1000-bytes": 10**6},
                      "groups": {"1000": runs(**audit)}},
            "scale": {"data": {}, "groups": {"scale": runs(**scale)}},
            "check": {"data": {}, "groups": {"check": [
                {"name": "giamdinh check", "samples": [], "problem": "hỏng"}]}},
        },
    }  # fmt: skip


def test_the_summary_compares_with_the_goals() -> None:
    summary = tables(result())[0]
    verdict = {row[0]: row[1:] for row in summary.rows}
    fast = verdict["Giám định, một lõi, mọi quy tắc: nhanh hơn Python từng hồ sơ"]
    assert fast == ("20× (20–20)", "≥ 15×", "đạt")
    assert verdict["Gấp đôi dữ liệu (lần 1): thời gian"][2] == "chưa đạt"
    assert verdict["Đọc, một lõi: nhanh hơn lxml đơn giản"] == ("chưa đo", "≥ 12×", "–")


def test_tables_say_what_could_not_be_measured_and_whether_counts_agree() -> None:
    found = {table.title: table for table in tables(result())}
    assert "giamdinh check: hỏng." in found["Kiểm một tệp, cả tiến trình"].notes
    assert found["Giám định 1.000 hồ sơ"].notes == (
        "Số phát hiện của các quy tắc mọi bên cùng kiểm: bằng nhau.",
    )
    other = result()
    other["parts"]["audit"]["groups"]["1000"][1]["samples"][0] = sample(
        claims=1000, findings=5, shared=5, rules=12
    )
    assert any("KHÁC NHAU" in note for table in tables(other) for note in table.notes)


def test_the_page_holds_every_table_and_what_is_unfair() -> None:
    text = page(result())
    for table in tables(result()):
        assert f"## {table.title}" in text
        assert next(drawn(table)) == table.title
    assert "12 trong 20 quy tắc" in " ".join(text.split())
    assert "{" not in text.replace("{}", "")


def test_a_tiny_run_measures_and_prints() -> None:
    found = measured(Wish(sizes=(6,), parts=("parse",), repeat=1, base=6), lambda _: None)
    again = json.loads(json.dumps(found))
    groups = again["parts"]["parse"]["groups"]
    assert list(groups) == ["one-6", "big-6", "inline-6"]
    taken = {run["name"]: run for run in groups["one-6"]}
    assert taken[plan.NAIVE]["samples"][0]["claims"] == 6
    assert all(run["samples"] or run["problem"] for runs in groups.values() for run in runs)
    assert "Đọc 6 hồ sơ" in page(again)


@pytest.mark.parametrize(("option", "value"), [("--sizes", "1m"), ("--parts", "parse,xyz")])
def test_the_command_refuses_what_it_does_not_know(option: str, value: str) -> None:
    done = run_command("bench", option, value)
    assert done.returncode == 2
    assert value.rpartition(",")[2] in told(done)
