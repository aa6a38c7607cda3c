"""Several assignments together."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from class_results import check, content, right, same, student, wrong

from autograder.reports.class_report import class_report
from autograder.reports.class_results import ClassResults
from autograder.reports.course_report import Part, course_csv, course_json, course_page, shares


def part(name: str, *students: Any) -> Part:
    report = class_report(msgspec.convert(content(students, name), ClassResults))
    return Part(report, f"./{name}.html", [None] * len(report.students), "today")


PARTS = (
    part("first", student("ada", right(), right(), right()), student("bob", wrong())),
    part(
        "second",
        student("cy", [check(0, "ungraded"), check(1), check(2)]),
        student("ada", right()),
        student("bob", same("failed", "Nothing was submitted for this assignment.")),
    ),
)


def test_a_student_has_a_share_where_there_is_a_final_score() -> None:
    assert shares(PARTS) == {
        "ada": [1.5, 1.0],  # with the bonus
        "bob": [2 / 12, None],
        "cy": [None, None],
    }


def test_csv_and_json_say_the_same() -> None:
    assert course_csv(PARTS).splitlines() == [
        "student,first,second",
        "ada,1.5,1.0",
        "bob,0.1667,",
        "cy,,",
    ]
    content = json.loads(course_json(PARTS))
    assert [each["absent"] for each in content["assignments"]] == [0, 1]
    assert content["students"][2] == {"student": "cy", "shares": {"first": None, "second": None}}


def test_the_page_has_a_row_for_each_assignment() -> None:
    page = course_page(PARTS)
    assert 'href="./first.html"' in page
    assert "Momentum: uphill" in page
    assert "first: lower quartile" in page
    assert "course report" in course_page(()).lower()
