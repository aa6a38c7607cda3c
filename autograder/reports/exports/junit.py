"""The verdicts as JUnit XML, which continuous integration and many other tools show.

One test suite for each student and exercise, one test case for each check. The document follows
both published schemas: that of Ant's JUnit task
(https://github.com/windyroad/JUnit-Schema/blob/master/JUnit.xsd) and that of Jenkins' xUnit plugin
(https://github.com/jenkinsci/xunit-plugin, junit-10.xsd). Hidden checks are in it by their names:
it is for instructors.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from autograder.reports.attention import is_absent
from autograder.reports.class_results import (
    CheckResult,
    ClassResults,
    ExerciseResult,
    StudentResult,
)
from autograder.reports.exports.grades import plain

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow in a document, not even escaped."""

ABSENT = "submission"
"""The test case of a student who submitted nothing."""


def junit_xml(results: ClassResults, graded: datetime) -> str:
    """The document.

    Args:
        graded: when the results were written.
    """
    root = ET.Element("testsuites")
    stamp = graded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    for student in results.everyone:
        # Without verdicts: the exercises of an absent student may be none, or all stubs.
        absent = [ExerciseResult(ABSENT, False, 0.0, 0.0, ())]
        for exercise in absent if is_absent(student) else student.exercises:
            suite = ET.SubElement(root, "testsuite", _attributes(student, exercise, results, stamp))
            suite.set("id", str(len(root) - 1))
            _fill(suite, student, exercise)
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _attributes(
    student: StudentResult, exercise: ExerciseResult, results: ClassResults, stamp: str
) -> dict[str, str]:
    statuses = [check.status for check in exercise.checks]
    return {
        "package": allowed(results.assignment),
        "name": allowed(f"{student.student}: {exercise.name}"),
        "timestamp": stamp,
        "hostname": "localhost",  # as Ant writes where it is not known
        "tests": str(len(statuses) or 1),
        "failures": str(statuses.count("failed")),
        "errors": str(statuses.count("error")),
        "skipped": str(statuses.count("ungraded") if statuses else 1),
        "time": "0",
    }


def _fill(suite: ET.Element, student: StudentResult, exercise: ExerciseResult) -> None:
    properties = ET.SubElement(suite, "properties")
    facts = {"student": student.student, "exercise": exercise.name}
    if exercise.checks:
        facts |= {"score": plain(exercise.score), "max_score": plain(exercise.max_score)}
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=allowed(value))
    for check in exercise.checks:
        _case(suite, exercise, check)
    if not exercise.checks:
        case = ET.SubElement(suite, "testcase", name=ABSENT, classname=ABSENT, time="0")
        ET.SubElement(case, "skipped", message=allowed(student.absent or "Nothing was submitted."))
    ET.SubElement(suite, "system-out").text = "\n".join(map(allowed, student.remarks))
    ET.SubElement(suite, "system-err")


def _case(suite: ET.Element, exercise: ExerciseResult, check: CheckResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        name=allowed(check.name),
        classname=allowed(exercise.name),
        time="0",
    )
    message = allowed(check.message)
    if check.status == "ungraded":
        ET.SubElement(case, "skipped", message=message)
    elif check.status in ("failed", "error"):
        kind = "failure" if check.status == "failed" else "error"
        found = ET.SubElement(
            case, kind, message=message, type=allowed(check.misconception or check.status)
        )
        points = f"{plain(check.points)} of {plain(check.max_points)} points"
        depends = " (depends on the rule)" if check.judged_against == "nothing" else ""
        found.text = f"{points}{depends}\n{message}".strip()


def allowed(text: str) -> str:
    """``text`` with everything that XML forbids escaped as Python would: ``\\x1b``."""
    return _FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
