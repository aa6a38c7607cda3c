"""The table of students and checks as data for the page's script: small, also for 2,000 students.

What is said to several students is held once, and the states of a student are one text with a
letter for each check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograder.reports.class_report import ClassReport, Held, State, state
from autograder.reports.class_results import InGradebook, StudentResult
from autograder.reports.feedback import number
from autograder.reports.terminal import printable
from autograder.reports.usage_section import outlier_groups

STATES: Mapping[State, Mapping[str, Any]] = {
    "ungraded": {"name": "ungraded", "letter": "u", "sign": "?", "title": "not graded"},
    "error": {"name": "error", "letter": "e", "sign": "!", "title": "crashed"},
    "failed": {"name": "failed", "letter": "f", "sign": "✗", "title": "failed"},
    "depends": {"name": "depends", "letter": "d", "sign": "·", "title": "depends on a wrong rule"},
    "unwritten": {"name": "unwritten", "letter": "w", "sign": "○", "title": "not written"},
    "absent": {"name": "absent", "letter": "a", "sign": "-", "title": "not submitted"},
    "passed": {"name": "passed", "letter": "p", "sign": "✓", "title": "passed"},
}
"""How a state is shown, in the order in which a column is sorted."""

NO_CHECK = " "
"""The letter of a check that a student's results lack."""

LONGEST = 400
"""Characters of a message that the table shows; the feedback page has all of it."""

ANOTHER_WAY = "wrong in another way"


def readable(name: str) -> str:
    """The name of a misconception as words."""
    return name.replace("_", " ") if name else ANOTHER_WAY


def in_gradebook(found: InGradebook) -> str:
    """The gradebook's score and how it differs: ``24 of 50 points (+6 by hand, 3 waiting)``."""
    parts = []
    if found.by_hand:
        parts.append(f"{'+' if found.by_hand > 0 else '-'}{number(abs(found.by_hand))} by hand")
    if found.waiting:
        parts.append(f"{number(found.waiting)} waiting")
    if found.late_penalty:
        parts.append(f"-{number(found.late_penalty)} late")
    return f"{number(found.score)} of {number(found.max_score)} points ({', '.join(parts)})"


def class_matrix(report: ClassReport, links: Sequence[str | None]) -> dict[str, Any]:
    """Plain JSON values for ``class_report.js``.

    Args:
        links: for each student, the address of the feedback page.
    """
    columns = {(item.exercise, item.check): place for place, item in enumerate(report.checks)}
    groups = [item.exercise for item in report.exercises]
    mistakes = {
        (held.exercise, held.name): place for place, held in enumerate(report.misconceptions)
    }
    texts: dict[str, int] = {}
    notes: dict[int, list[int]] = {}
    for each in report.attention:
        if each.kind in ("remark", "flagged"):
            notes.setdefault(each.student, []).append(_place(texts, each.text))
    urgent = {each.student for each in report.attention}
    rows = []
    for position, student in enumerate(report.students):
        row = _row(student, columns, groups, mistakes, texts)
        row |= {"link": links[position], "attention": position in urgent}
        if position in report.absent:
            row |= {"absent": True, "score": None, "points": [-1] * len(groups), "messages": []}
            row["states"] = STATES["absent"]["letter"] * len(columns)
        if student.gradebook and student.gradebook.differs:
            row["book"] = in_gradebook(student.gradebook)
        if position in notes:
            row["notes"] = notes[position]
        rows.append(row)
    return {
        "rows": rows,
        "groups": [
            {"name": group, "checks": [at for (of, _), at in columns.items() if of == group]}
            for group in groups
        ],
        "checks": [{"name": item.check, "claim": item.claim} for item in report.checks],
        "states": {
            each["letter"]: {**each, "order": order} for order, each in enumerate(STATES.values())
        },
        "mistakes": [
            {"title": readable(held.name), "hint": held.hint} for held in report.misconceptions
        ],
        "held": [
            *(_held(held, columns) for held in (*report.misconceptions, *report.unnamed)),
            *_strayed(report, columns),
            *outlier_groups(report, columns),
        ],
        "texts": list(texts),
        "linked": any(links),
    }


def _held(held: Held, columns: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "title": f"{held.exercise}: {readable(held.name)}",
        "students": held.students,
        "check": columns[held.exercise, held.checks[0]],
    }


def _strayed(
    report: ClassReport, columns: Mapping[tuple[str, str], int]
) -> Iterator[dict[str, Any]]:
    """Those who fail a check of convergence, way by way."""
    for curves in report.curves:
        for strayed in curves.strayed:
            yield {
                "title": f"{curves.exercise}: {readable(strayed.name)} in {curves.check}",
                "students": strayed.students,
                "check": columns[curves.exercise, curves.check],
            }


def _row(
    student: StudentResult,
    columns: Mapping[tuple[str, str], int],
    groups: Sequence[str],
    mistakes: Mapping[tuple[str, str], int],
    texts: dict[str, int],
) -> dict[str, Any]:
    letters = [NO_CHECK] * len(columns)
    messages = []
    for exercise in student.exercises:
        for check in exercise.checks:
            column = columns[exercise.name, check.name]
            letters[column] = STATES[state(check)]["letter"]
            if check.message or check.misconception:
                text = _place(texts, check.message) if check.message else -1
                mistake = mistakes.get((exercise.name, check.misconception or ""), -1)
                messages.append([column, text, mistake])
    points = {each.name: None if each.ungraded else each.score for each in student.exercises}
    return {
        "id": printable(student.student),
        "score": None if student.ungraded else student.final[0],
        "of": student.final[1],
        "states": "".join(letters),
        # An exercise that the results lack is not the same as one without a score.
        "points": [points.get(group, -1) for group in groups],
        "messages": messages,
    }


def _place(texts: dict[str, int], text: str) -> int:
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    return texts.setdefault(short, len(texts))
