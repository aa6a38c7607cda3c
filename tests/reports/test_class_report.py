"""What a results file says of a class, and how the page, the JSON and the CSV say it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from class_results import (
    HOSTILE,
    a_class,
    check,
    content,
    right,
    same,
    student,
    wrong,
)

from autograder.model import AutograderError
from autograder.reports.class_files import class_csv, class_json
from autograder.reports.class_matrix import class_matrix
from autograder.reports.class_page import class_page, percent
from autograder.reports.class_report import ClassReport, Knowledge, class_report
from autograder.reports.class_results import ClassResults, read_results
from autograder.reports.histogram import histogram
from autograder.sandbox.limits import out_of_time
from autograder.sources.submitted_files import find_submission

KNOWN = Knowledge(
    {("Momentum", "follows_the_rule"): "Each update follows the rule."},
    {("Momentum", "uphill"): "Is the loss <lower> after one update?"},
)


def report_on(*students: Any) -> ClassReport:
    return class_report(msgspec.convert(content(students), ClassResults), KNOWN)


@pytest.fixture(scope="module")
def whole() -> ClassReport:
    return class_report(msgspec.convert(a_class(), ClassResults), KNOWN)


def names(report: ClassReport, positions: Any) -> list[str]:
    return [report.students[position].student for position in positions]


def test_mistakes_are_ranked_by_who_holds_them() -> None:
    report = report_on(
        student("ada", wrong("rare"), right()),
        student("bob", wrong(), wrong("common")),
        student("cy", right(), wrong("common")),
    )
    assert [(held.name, names(report, held.students)) for held in report.misconceptions] == [
        ("common", ["bob", "cy"]),
        ("rare", ["ada"]),
        ("uphill", ["bob"]),
    ]
    assert report.misconceptions[2].hint == "Is the loss <lower> after one update?"
    assert report.misconceptions[2].checks == ("follows_the_rule",)


def test_a_student_is_counted_once_for_a_mistake_in_several_checks() -> None:
    twice = [check(at, "failed", f"{at}", misconception="uphill") for at in range(3)]
    (held,) = report_on(student("ada", twice)).misconceptions
    assert held.students == (0,)
    assert len(held.checks) == 3


def test_a_wrong_rule_that_no_mistake_explains_is_listed() -> None:
    report = report_on(
        student("named", wrong()),
        student("unnamed", wrong(None)),
        student("stub", same("failed", "not written yet: Momentum.build")),
        student("undefined", same("failed", "Momentum is not defined")),
    )
    (held,) = report.unnamed
    assert names(report, held.students) == ["unnamed"]


def test_what_needs_a_person_comes_by_urgency(whole: ClassReport) -> None:
    found = [(each.kind, *names(whole, [each.student])) for each in whole.attention]
    assert found == [
        ("ungraded", "unlucky"),
        ("flagged", "odd"),
        ("error", "crash"),
        ("absent", "absent"),
    ]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (out_of_time(2.0), "limit"),
        ("Out of memory (limit: 4.0 GiB).", "limit"),
        ("The checks of Adam took more than 60 s of CPU time in all. The other", "limit"),
        ("cell 3, line 1: boom", "error"),
    ],
)
def test_who_runs_out_of_time_or_memory_is_listed_apart(message: str, kind: str) -> None:
    report = report_on(student("slow", right(), same("error", message)))
    assert [each.kind for each in report.attention] == [kind]
    assert ("Out of time or memory" in class_page(report, [None], graded="today")) is (
        kind == "limit"
    )


def test_absent_students_and_unfinished_scores_are_left_out(whole: ClassReport) -> None:
    assert whole.scores.count == len(whole.students) - 2
    assert all(item.statistics.students <= len(whole.students) - 1 for item in whole.checks)
    (adam,) = [item for item in whole.exercises if item.exercise == "Adam"]
    assert adam.statistics.students == len(whole.students) - 2


def test_it_knows_the_message_of_those_who_submitted_nothing(tmp_path: Path) -> None:
    submission = find_submission(tmp_path / "nothing", "optimizers", "ada")
    message = submission.definitions(["Momentum"]).missing["Momentum"]
    assert report_on(student("ada", same("failed", message))).absent == {0}


def test_those_who_are_listed_as_absent_come_last() -> None:
    found = content([student("ada", right())])
    found["not_submitted"] = [{"student": "eve", "reason": "The submitted folder is empty."}]
    report = class_report(msgspec.convert(found, ClassResults))
    assert names(report, report.absent) == ["eve"]
    assert report.attention[0].text == "The submitted folder is empty."
    assert report.scores.count == 1
    assert class_csv(report).splitlines()[2] == "eve,,6.0,,,,,absent,absent,absent,,,"


def test_points_that_wait_for_a_person_are_shown() -> None:
    found = student("ada", right())
    found["gradebook"] = {"score": 11.0, "max_score": 16.0, "by_hand": 6.0, "waiting": 4.0}
    report = report_on(found, student("bob", right()))
    (waiting,) = report.attention
    assert (waiting.kind, waiting.text) == ("waiting", "4 points wait for a person.")
    page = class_page(report, [None] * 2, graded="today")
    assert "11 of 16 points (+6 by hand, 4 waiting)" in page
    assert "Scores are those of the gradebook:" in page


def test_a_late_penalty_shows_wherever_the_score_does() -> None:
    found = student("=late", right(), right())
    found["gradebook"] = {"score": 10.0, "max_score": 14.0, "waiting": 2.0, "late_penalty": 2.0}
    report = report_on(found, student("bob", right(), right()))
    # How hard a check is has nothing to do with who is late.
    assert report.exercises == report_on(*(student(n, right(), right()) for n in "ab")).exercises
    assert (report.scores.maximum, report.scores.mean, report.scores.complete) == (14, 11, 0)
    late = next(csv.DictReader(io.StringIO(class_csv(report))))
    assert (late["student"], late["score"], late["late_penalty"]) == ("'=late", "10.0", "2.0")
    (row, _) = class_matrix(report, [None] * 2)["rows"]
    assert (row["score"], row["of"]) == (10, 14)


def test_a_bonus_counts_toward_the_score_alone() -> None:
    report = report_on(student("ada", right(), right(), right()))
    assert report.scores.maximum == 12
    assert report.scores.mean == 18
    assert report.scores.complete == 1


@pytest.mark.parametrize("students", [[], [student("ada", right())], [student("no exercise")]])
def test_the_smallest_classes_have_a_page(students: list[Any]) -> None:
    report = report_on(*students)
    page = class_page(report, [None] * len(students), graded="today")
    assert f"{len(students)} student" in page
    json.loads(class_json(report))


def test_text_of_students_is_data(whole: ClassReport) -> None:
    page = class_page(whole, [None] * len(whole.students), graded="today")
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "expected <b>" not in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    assert "http" not in re.sub(r"<meta[^>]*http-equiv", "", page)  # nothing is fetched


def test_ids_survive_in_csv_and_json(whole: ClassReport) -> None:
    rows = list(csv.DictReader(io.StringIO(class_csv(whole))))
    assert [row["student"] for row in rows] == [each.student for each in whole.students]
    by_id = {row["student"]: row for row in rows}
    assert by_id[HOSTILE[3]]["misconceptions"] == "Momentum.uphill"
    assert by_id[HOSTILE[3]]["Momentum.converges"] == "depends"
    assert by_id["unlucky"]["score"] == ""
    assert by_id["absent"]["Momentum"] == ""
    holders = json.loads(class_json(whole))["misconceptions"][0]["students"]
    assert set(HOSTILE) <= set(holders)


def test_a_results_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    odd = student("\udcff7", right())  # a folder whose name is not UTF-8
    del odd["remarks"]  # as earlier versions wrote it
    file.write_text(json.dumps({**content([odd]), "added_later": 1}))
    assert read_results(file, "optimizers").students[0].student == "\udcff7"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "invalid JSON"),
        ("[]", "not a results file of version 1"),
        ('{"version": "2"}', "its version: '2'"),
        ('{"version": 2}', "which a newer autograder wrote; this one reads version 1"),
        ('{"version": 1, "assignment": 3}', "not a valid results file"),
        (json.dumps(content([], "dropout")), "results of 'dropout', not of 'optimizers'"),
    ],
)
def test_another_file_gets_a_clear_answer(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "results.json"
    file.write_text(text)
    with pytest.raises(AutograderError, match=re.escape(says)):
        read_results(file, "optimizers")
    with pytest.raises(AutograderError, match="cannot be read"):
        read_results(tmp_path, "optimizers")


def test_every_score_is_in_one_bar() -> None:
    scores = [0, 1.99, 2, 43.5, 43.5, 52]
    _, bins = histogram(scores, 43.5)
    assert sum(each["count"] for each in bins) == len(scores)
    assert bins[0]["low"] == 0
    assert bins[-1]["high"] >= 52
    assert len(bins) <= 24


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %"), (0.999, "> 99 %"), (1, "100 %")],
)
def test_percentages_do_not_round_away_a_student(share: float, said: str) -> None:
    assert percent(share) == said
