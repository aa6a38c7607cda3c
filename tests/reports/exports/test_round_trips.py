"""What other systems read back: every id and every score, from the formats' own parsers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from class_results import check, content, right, same, student, wrong

from autograder.model import AutograderError
from autograder.reports.class_results import ClassResults
from autograder.reports.exports import canvas, moodle
from autograder.reports.exports.grades import FinalGrade, final_grades, most_points, notes_on
from autograder.reports.exports.junit import junit_xml
from autograder.reports.exports.roster import Roster, match
from autograder.reports.spreadsheet import unprotected

IDS = (
    "ada",
    "Müller, Jörg",
    "山田太郎",
    "0012345",
    'the "quoted"',
    "line\nbreak",
    "=cmd|' /C calc'!A0",
    "+41 79 000",
    "@sum",
    "'apostrophe",
    "Ada",
    "a;b\tc",
)


def results(*students: Any, absent: tuple[str, ...] = ()) -> ClassResults:
    found = content(students)
    found["not_submitted"] = [{"student": each, "reason": "Nothing."} for each in absent]
    return msgspec.convert(found, ClassResults)


def in_gradebook(name: str, score: float, **more: float) -> Any:
    standing = {"score": score, "max_score": 17.0, "by_hand": 0.0, "waiting": 0.0, **more}
    return {**student(name, right(), right(), right()), "gradebook": standing}


@pytest.fixture
def a_class() -> ClassResults:
    return results(*(in_gradebook(name, 10 + number / 3) for number, name in enumerate(IDS)))


def scores(grades: tuple[FinalGrade, ...]) -> dict[str, float]:
    return {each.student: each.score for each in grades if each.score is not None}


def read(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter))


def assert_no_formulas(rows: list[list[str]]) -> None:
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "@")), cell


# Canvas, without its own export.


def test_canvas_reads_every_id_and_score(a_class: ClassResults) -> None:
    grades = final_grades(a_class)
    text, _ = canvas.new_table(grades, "optimizers", most_points(a_class))
    header, points, *rows = read(text)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "optimizers"]
    assert "Points Possible" in points[0]
    assert points[-1] == "17"
    assert_no_formulas(rows)
    found = {unprotected(row[3]): float(row[-1]) for row in rows}
    assert found == pytest.approx(scores(grades), abs=1e-9)


def test_who_has_no_final_grade_is_said_and_not_written() -> None:
    some = results(
        in_gradebook("waits", 9.0, waiting=3.0),
        student("unlucky", [check(0, "ungraded", "ours"), check(1)]),
        in_gradebook("late", 8.0, late_penalty=2.0),
        student("stub", *[same("failed", "Nothing was submitted for this assignment.")] * 3),
        absent=("gone",),
    )
    assert scores(final_grades(some)) == {"late": 8.0}
    said = "\n".join(notes_on(final_grades(some), some))
    for who in ("waits (3)", "unlucky", "stub, gone"):
        assert who in said
    zero = final_grades(some, partial=True, absent_as_zero=True)
    assert scores(zero) == {"waits": 9.0, "late": 8.0, "stub": 0.0, "gone": 0.0}
    assert "0 is written" in "\n".join(notes_on(zero, some))


def test_ids_that_differ_only_in_case_are_said(a_class: ClassResults) -> None:
    assert "ada and Ada" in "\n".join(notes_on(final_grades(a_class), a_class))


# Canvas, with its own export.


def canvas_export(*people: tuple[str, str, str]) -> Roster:
    header = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Essay (7)",
              "Optimizers (42)", "Final Score")  # fmt: skip
    points = ("    Points Possible", "", "", "", "", "5", "17", "(read only)")
    rows = [(name, number, "", login, "A", "4", "1", "50") for name, number, login in people]
    test = ("Student, Test", "999", "", "f3a", "A", "", "", "")
    return Roster("canvas.csv", header, (points, *rows, test))


def test_canvas_gets_its_own_ids_back(a_class: ClassResults) -> None:
    people = [(f"Name {number}", str(500 + number), name) for number, name in enumerate(IDS)]
    grades = final_grades(a_class)
    text, notes = canvas.merged(canvas_export(*people), grades, "optimizers", 17.0)
    header, points, *rows = read(text)
    assert header[-1] == "Optimizers (42)"
    assert "Essay (7)" not in header  # no other grade is imported with it
    assert points[0].strip() == "Points Possible"
    found = {IDS[int(row[1]) - 500]: float(row[-1]) for row in rows}
    assert found == pytest.approx(scores(grades), abs=1e-9)
    assert_no_formulas(rows)
    assert notes == [f"Matched {len(IDS)} of {len(IDS)} students by SIS Login ID."]


def test_a_grade_that_canvas_has_is_not_removed() -> None:
    some = results(in_gradebook("waits", 9.0, waiting=3.0), in_gradebook("bob", 12.0))
    roster = canvas_export(("W", "1", "waits"), ("B", "2", "bob"), ("C", "3", "carol"))
    text, notes = canvas.merged(roster, final_grades(some), "optimizers", 17.0)
    assert [row[-1] for row in read(text)[2:]] == ["1", "12", "1"]
    assert "without results, and left as they are: carol." in "\n".join(notes)


def test_whoever_is_missing_or_ambiguous_is_said(a_class: ClassResults) -> None:
    roster = canvas_export(("A", "1", "ADA"), ("Z", "2", "12345"), ("Y", "3", "山田太郎"))
    text, notes = canvas.merged(roster, final_grades(a_class), "optimizers", 20.0)
    said = "\n".join(notes)
    assert "Ambiguous in canvas.csv, and left out: ada, Ada." in said
    assert "0012345" in said
    assert "lost leading zeros" in said
    assert "Canvas has 17 points for it, and here they are 20." in said
    assert len(read(text)) == 5


def test_case_and_unicode_forms_are_no_difference_where_that_is_unambiguous() -> None:
    ids = ("bob", "Mu\u0308ller")
    roster = Roster("r.csv", ("ID", "Login"), (("1", "BOB@uni.example"), ("2", "müller@x.example")))
    found = match(roster, [0, 1], ids, ["ID", "Login"])
    assert found.students == {0: "bob", 1: "Mu\u0308ller"}
    assert "Login, up to the @" in found.notes[0]
    assert "bob = BOB" in found.notes[1]


def test_a_table_that_is_not_canvas_or_of_another_class_is_refused(a_class: ClassResults) -> None:
    other = Roster("x.csv", ("Name", "Grade"), (("a", "1"),))
    with pytest.raises(AutograderError, match="not an export of Canvas"):
        canvas.merged(other, final_grades(a_class), "optimizers", 17.0)
    with pytest.raises(AutograderError, match="--match"):
        canvas.merged(
            canvas_export(("A", "1", "stranger")), final_grades(a_class), "optimizers", 17.0
        )


def test_canvas_is_told_of_an_assignment_that_it_does_not_have(a_class: ClassResults) -> None:
    roster = canvas_export(("A", "1", "ada"))
    text, notes = canvas.merged(roster, final_grades(a_class), "dropout", 17.0)
    assert read(text)[0][-1] == "dropout"
    assert "whether to create it" in "\n".join(notes)
    chosen, _ = canvas.merged(roster, final_grades(a_class), "dropout", 17.0, column="essay (7)")
    assert read(chosen)[0][-1] == "Essay (7)"


# Moodle.


def worksheet(*people: tuple[str, str, str], grade: str = "Grade") -> Roster:
    header = ("Identifier", "Full name", "ID number", "Email address", "Status", grade,
              "Maximum Grade", "Last modified (grade)", "Feedback comments")  # fmt: skip
    rows = [
        (
            f"Participant {number}",
            name,
            id_,
            f"{id_}@uni.example",
            "Submitted",
            "",
            "12.00",
            "-",
            "",
        )
        for number, name, id_ in people
    ]
    return Roster("worksheet.csv", header, tuple(rows))


def test_moodle_reads_every_id_and_score(a_class: ClassResults) -> None:
    grades = final_grades(a_class)
    header, *rows = read(moodle.new_table(grades, "optimizers")[0])
    assert header == ["ID number", "optimizers"]
    assert_no_formulas(rows)
    found = {unprotected(row[0]): float(row[1]) for row in rows}
    assert found == pytest.approx(scores(grades), abs=1e-9)


def test_moodles_worksheet_is_filled_in(a_class: ClassResults) -> None:
    people = [(str(70 + number), "A_b/c: d", name) for number, name in enumerate(IDS)]
    grades = final_grades(a_class)
    sheet = moodle.filled(worksheet(*people), grades)
    header, *rows = read(sheet.text)
    assert header == list(worksheet().header)
    found = {IDS[int(row[0].removeprefix("Participant ")) - 70]: float(row[5]) for row in rows}
    assert found == pytest.approx(scores(grades), abs=1e-9)
    # Moodle splits the folder's name at underscores, at most four times.
    name, number, *plugin = sheet.folders["ada"].split("_", 4)
    assert (name, number, plugin) == ("A b c d", "70", ["assignsubmission", "file", ""])
    said = "\n".join(sheet.notes)
    assert "Moodle skips grades above its maximum: +41 79 000 (12.3333333333 of 12)" in said
    assert rows[0][7] == "-"  # no formula


def test_moodles_column_may_have_a_name_in_another_language(a_class: ClassResults) -> None:
    roster = worksheet(("70", "Ada", "ada"), grade="Bewertung")
    with pytest.raises(AutograderError, match="--column"):
        moodle.filled(roster, final_grades(a_class))
    sheet = moodle.filled(roster, final_grades(a_class), column="Bewertung", by="ID number")
    assert read(sheet.text)[1][5] == "10"


# JUnit.

HOSTILE = "]]></failure> & \x1b[31m \x00 \ufffe \U0001f600"


def document() -> ET.Element:
    failed = [check(0, "failed", HOSTILE, misconception="uphill"), check(1, "error", "boom"),
              check(2, "ungraded", "ours")]  # fmt: skip
    some = results(*(student(name, failed, wrong()) for name in IDS), absent=("gone",))
    text = junit_xml(some, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    return ET.fromstring(text.encode())


def test_junit_has_every_student_exercise_and_check() -> None:
    root = document()
    found = {
        (suite.find("properties/property[@name='student']").get("value"),  # type: ignore[union-attr]
         suite.find("properties/property[@name='exercise']").get("value"))  # type: ignore[union-attr]
        for suite in root
    }  # fmt: skip
    wanted = {(name, exercise) for name in IDS for exercise in ("Momentum", "Adam")}
    assert found == wanted | {("gone", "submission")}
    first = root[0]
    kinds = [[child.tag for child in case] for case in first.iter("testcase")]
    assert kinds == [["failure"], ["error"], ["skipped"]]
    failure = first.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "]]></failure> & \\x1b[31m \\x00 \\ufffe \U0001f600"
    assert failure.get("type") == "uphill"


# Of Ant's schema, which is stricter than Jenkins': required attributes, and elements in order.
ANT = {
    "testsuites": (set(), {"testsuite"}),
    "testsuite": (
        {"package", "id", "name", "timestamp", "hostname", "tests", "failures", "errors", "time"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, {"skipped", "error", "failure"}),
    "failure": ({"type"}, set()),
    "error": ({"type"}, set()),
    "skipped": (set(), set()),
    "system-out": (set(), set()),
    "system-err": (set(), set()),
}
ALLOWED = {"testsuite": {"skipped"}, "failure": {"message"}, "error": {"message"},
           "skipped": {"message"}}  # fmt: skip


def test_junit_follows_the_published_schemas() -> None:
    root = document()
    for element in root.iter():
        required, children = ANT[element.tag]
        assert required <= set(element.keys()) <= required | ALLOWED.get(element.tag, set())
        assert {child.tag for child in element} <= children
    for number, suite in enumerate(root):
        assert suite[0].tag == "properties"
        assert [child.tag for child in suite][-2:] == ["system-out", "system-err"]
        assert suite.get("id") == str(number)
        assert datetime.fromisoformat(suite.get("timestamp", "")).tzinfo is None
        cases = list(suite.iter("testcase"))
        assert int(suite.get("tests", "")) == len(cases)
        for tag, attribute in (
            ("failure", "failures"),
            ("error", "errors"),
            ("skipped", "skipped"),
        ):
            assert int(suite.get(attribute, "")) == len(list(suite.iter(tag)))
