"""Who needs far more time or memory than the class: the rule, the file, and what is shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from class_results import HOSTILE, check, content, right, same, student, with_losses, wrong

from autograder.grading.used import UsedBy
from autograder.reports.class_files import class_csv, class_json
from autograder.reports.class_matrix import class_matrix
from autograder.reports.class_page import class_page
from autograder.reports.class_report import ClassReport, class_report
from autograder.reports.class_results import ClassResults
from autograder.reports.class_usage import FEWEST, RULE, ClassUsage, class_usage
from autograder.reports.usage_file import UsedRow, read_usage, usage_path, write_usage
from autograder.verdicts import Used

STUB = same("failed", "not written yet: Momentum.build")
ENDLESS = [
    {**each, "cause": "timeout"} for each in same("error", "module, line 3: `while True: pass`")
]


def compared(*used: Used | None, passing: int | None = None) -> ClassUsage:
    """A class of one exercise, of whom the first so many pass a check."""
    rows: list[UsedBy] = [{"walk": each} if each else {} for each in used]
    most = len(used) if passing is None else passing
    passes = [frozenset({"walk"} if at < most else ()) for at in range(len(used))]
    return class_usage(rows, passes, ["walk", "never run"])


def test_far_more_is_three_times_the_median_and_a_second_or_250_megabytes_above() -> None:
    usual = [Used(1.0, 100.0)] * FEWEST
    cases = {
        Used(3.0, 300.0): [],  # three times the median, and not more
        Used(3.1, 349.0): ["time"],  # too few megabytes
        Used(1.0, 351.0): ["memory"],
        Used(90.0, None): ["time"],  # whose memory is not known
    }
    for used, expected in cases.items():
        found = compared(*usual, used)
        assert [each.what for each in found.outliers] == expected, used
        assert {each.student for each in found.outliers} <= {FEWEST}
    # 90 times a moment is a moment.
    assert not compared(*[Used(0.01)] * FEWEST, Used(0.9)).outliers


def test_stubs_do_not_make_outliers_of_those_who_wrote_something() -> None:
    wrote, stubs = [Used(5.0)] * FEWEST, [Used(0.1)] * 40
    found = compared(*wrote, *stubs, passing=FEWEST)
    assert not found.outliers
    (row,) = found.exercises
    assert row.exercise == "walk"
    assert row.time is not None
    assert (row.time.students, row.time.median, row.memory) == (FEWEST, 5.0, None)
    # But who passes nothing because of that is one.
    (endless,) = compared(*wrote, *stubs, Used(60.0), passing=FEWEST).outliers
    assert (endless.student, endless.times) == (45, 12.0)


def test_too_few_are_no_class_to_compare_with() -> None:
    few = [Used(1.0)] * (FEWEST - 1)
    assert not compared(*few, None, Used(60.0), passing=FEWEST - 1).outliers


def test_the_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = usage_path(tmp_path, "optimizers")
    rows = {
        name: UsedRow("digest", {"Adam": Used(1.25, 110.5), "Momentum": Used(0.5)})
        for name in (*HOSTILE, "\udcff7")
    }
    write_usage(path, "optimizers", rows)
    assert read_usage(path) == rows
    assert json.loads(path.read_bytes())["assignment"] == "optimizers"
    assert len(path.read_text().splitlines()) == len(rows) + 2  # one can read it, and compare it
    write_usage(path, "optimizers", {})
    assert read_usage(path) == {}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"version": 2, "students": []}',
        '{"version": 1}',
        '{"version": 1, "students": [{"student": "ada", "submission": "d", "exercises": 3}]}',
        '{"version": 1, "students": [{"student": [], "submission": "d", "exercises": {}}]}',
    ],
)
def test_a_damaged_file_costs_the_figures_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "usage.json").write_text(text)
    assert read_usage(tmp_path / "usage.json") == {}
    assert read_usage(tmp_path / "missing.json") == {}


def report_on(rows: Mapping[str, UsedRow], *students: Any) -> ClassReport:
    for each in students:
        each["submission"] = f"digest of {each['student']}"
    return class_report(msgspec.convert(content(students), ClassResults), usage=rows)


def row(name: str, *used: Used) -> tuple[str, UsedRow]:
    exercises = dict(zip(("Momentum", "Adam"), used, strict=False))
    return name, UsedRow(f"digest of {name}", exercises)


@pytest.fixture(scope="module")
def whole() -> ClassReport:
    """Six students alike, a slow one with a hostile id, one who never ends, one unknown."""
    names = [f"s{number}" for number in range(6)]
    usual = Used(1.0, 100.0), Used(0.5, 90.0)
    rows = dict(row(name, *usual) for name in names)
    rows |= dict([row(HOSTILE[0], Used(31.0, 2400.0), usual[1]), row("endless", Used(20.0, 100.0))])
    students = [student(name, right(), right()) for name in (*names, HOSTILE[0], "unknown")]
    return report_on(rows, *students, student("endless", ENDLESS, STUB), student("idle", STUB))


def test_the_page_says_who_and_by_what_rule(whole: ClassReport) -> None:
    links = ["./feedback.html"] * len(whole.students)
    page = class_page(whole, links, graded="today")
    section = page[page.index('<section id="usage"') :]
    assert RULE in section
    assert "Not known for 2 students." in section
    assert "<script>alert" not in section
    for said in (
        "31.0 s",
        "2,400 MB",
        "31 \N{MULTIPLICATION SIGN}",
        "20.0 s",
        "ran into a limit",
        "6 of 6",
    ):
        assert said in section, said
    assert section.count('<a href="./feedback.html"') == 3
    held = class_matrix(whole, links)["held"]
    assert [(each["title"], each["students"]) for each in held] == [
        ("Momentum: far more CPU time", [6, 8]),
        ("Momentum: far more memory", [6]),
    ]
    for number in range(2):  # each button leads to the set with its number
        assert f'data-held="{number}" aria-label="Show the students with far more' in section


def test_numbers_of_sets_follow_those_of_mistakes_and_of_loss_curves() -> None:
    off = [*wrong()[:2], check(2, "failed", "After epoch 2, too high", misconception="slow")]
    names = [f"s{number}" for number in range(8)]
    rows = dict(row(name, Used(1.0)) for name in names) | dict([row("off", Used(31.0))])
    students = [student(name, with_losses(right(), 1.0)) for name in names]
    report = report_on(rows, *students, student("off", with_losses(off, 1.0, 1.5)))
    titles = [each["title"] for each in class_matrix(report, [None] * 9)["held"]]
    number = titles.index("Momentum: far more CPU time")
    assert number == 3  # two mistakes, a way to fail, and then this
    assert f'data-held="{number}" aria-label="Show the students with far more CPU' in class_page(
        report, [None] * 9, graded="today"
    )


def test_json_and_csv_have_the_figures(whole: ClassReport) -> None:
    usage = json.loads(class_json(whole))["usage"]
    assert usage["students"] == 8
    assert usage["exercises"][0]["time"] == {"students": 7, "median": 1.0, "largest": 31.0}
    assert [(each["student"], each["what"], each["used"]) for each in usage["outliers"]] == [
        (HOSTILE[0], "time", 31.0),
        ("endless", "time", 20.0),
        (HOSTILE[0], "memory", 2400.0),
    ]
    rows = {each["student"]: each for each in csv.DictReader(io.StringIO(class_csv(whole)))}
    slow, unknown = rows[HOSTILE[0]], rows["unknown"]
    assert (slow["Momentum CPU seconds"], slow["Momentum MB"]) == ("31.0", "2400.0")
    assert (unknown["Momentum CPU seconds"], unknown["Momentum MB"]) == ("", "")


def test_figures_of_another_submission_or_exercise_are_not_believed() -> None:
    rows = {"ada": UsedRow("digest of something else", {"Momentum": Used(9.0)})}
    rows |= {"ben": UsedRow("digest of ben", {"Removed": Used(9.0)})}
    report = report_on(rows, student("ada", right()), student("ben", right()))
    assert report.usage.known == 0
    page = class_page(report, [None] * 2, graded="today")
    assert "Not known for these submissions" in page
    assert "results/usage/optimizers.json" in page


@pytest.mark.parametrize(
    ("cause", "kind"),
    [("timeout", "limit"), ("memory", "limit"), ("raised", "error"), ("crashed", "error")],
)
def test_a_cause_is_believed_and_not_its_words(cause: str, kind: str) -> None:
    words = "cell 3, line 1: boom" if kind == "limit" else "RuntimeError: Out of memory"
    checks = [{**each, "cause": cause} for each in same("error", words)]
    report = report_on({}, student("ada", right(), checks))
    assert [each.kind for each in report.attention] == [kind]
