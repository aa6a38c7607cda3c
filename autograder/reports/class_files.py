"""The report of a class for other programs: all of it as JSON, a row per student as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from autograder.grading.used import UsedBy
from autograder.reports.class_curves import MIDDLE, ClassCurves
from autograder.reports.class_report import ClassReport, Held, Item, state
from autograder.reports.class_usage import RULE, ClassUsage
from autograder.reports.spreadsheet import protected
from autograder.reports.terminal import printable

VERSION = 1


def class_json(report: ClassReport) -> str:
    """Everything that the page shows, students by their ids."""
    students = [student.student for student in report.students]

    def held(found: Held) -> dict[str, Any]:
        return {
            "exercise": found.exercise,
            "name": found.name,
            "hint": found.hint,
            "checks": found.checks,
            "students": [students[position] for position in found.students],
        }

    content = {
        "version": VERSION,
        "assignment": report.results.assignment,
        "students": len(students),
        "absent": [students[position] for position in sorted(report.absent)],
        "scores": asdict(report.scores),
        "exercises": [_item(item) for item in report.exercises],
        "checks": [_item(item) for item in report.checks],
        "misconceptions": [held(each) for each in report.misconceptions],
        "unnamed": [held(each) for each in report.unnamed],
        "curves": [_curves(each, students) for each in report.curves],
        "usage": _usage(report.usage, students),
        "attention": [
            {
                "kind": each.kind,
                "student": students[each.student],
                "exercise": each.exercise,
                "text": each.text,
            }
            for each in report.attention
        ],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def class_csv(report: ClassReport) -> str:
    """A row per student: score, points of each exercise, state of each check, named mistakes, and
    what each exercise used of the machine.

    Score and maximum are the gradebook's. A score that the grader could not work out is empty.
    Messages are left out: they are the students' text.
    """
    exercises = [item.exercise for item in report.exercises]
    checks = [(item.exercise, item.check) for item in report.checks]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    titles = ["student", "score", "max_score", "by_hand", "waiting", "late_penalty"]
    units = [f"{exercise} {unit}" for exercise in exercises for unit in ("CPU seconds", "MB")]
    rows.writerow([*titles, *exercises, *map(".".join, checks), "misconceptions", *units])
    for position, student in enumerate(report.students):
        absent = position in report.absent
        points = {each.name: each.score for each in student.exercises if not each.ungraded}
        states = {
            (exercise.name, check.name): state(check)
            for exercise in student.exercises
            for check in exercise.checks
        }
        named = dict.fromkeys(
            f"{exercise.name}.{check.misconception}"
            for exercise in student.exercises
            for check in exercise.checks
            if check.misconception
        )
        score, maximum = student.final
        book = student.gradebook
        rows.writerow(
            [
                protected(printable(student.student)),
                "" if absent or student.ungraded else score,
                maximum,
                *((book.by_hand, book.waiting, book.late_penalty) if book else ("", "", "")),
                *("" if absent else points.get(name, "") for name in exercises),
                *("absent" if absent else states.get(check, "") for check in checks),
                " ".join(named),
                *_used(report.usage.used[position], exercises),
            ]
        )
    return text.getvalue()


def _used(used: UsedBy, exercises: Sequence[str]) -> Iterator[float | str]:
    """Seconds and megabytes of each exercise, empty where they are not known."""
    for exercise in exercises:
        known = used.get(exercise)
        yield known.seconds if known else ""
        yield known.megabytes if known and known.megabytes is not None else ""


def _usage(usage: ClassUsage, students: Sequence[str]) -> dict[str, Any]:
    return {
        "students": usage.known,
        "rule": RULE,
        "exercises": [asdict(each) for each in usage.exercises],
        "outliers": [
            {**asdict(each), "student": students[each.student]} for each in usage.outliers
        ],
    }


def _curves(curves: ClassCurves, students: Sequence[str]) -> dict[str, Any]:
    """The losses by name, and who fails."""

    def named(losses: Sequence[object]) -> dict[str, object]:
        return dict(zip(curves.losses, losses, strict=bool(losses)))

    return {
        "exercise": curves.exercise,
        "check": curves.check,
        "along": curves.along,
        "band": curves.band,
        "expected": named(curves.expected),
        "quantiles": list(MIDDLE),
        "middle": named(curves.middle),
        "passed": curves.passing,
        "missing": curves.missing,
        "failed": [
            {
                "misconception": each.name or None,
                "students": [students[position] for position in each.students],
                "losses": named(each.curves[0]),
            }
            for each in curves.strayed
        ],
    }


def _item(item: Item) -> dict[str, Any]:
    statistics = asdict(item.statistics)
    return {
        "exercise": item.exercise,
        **({"check": item.check, "claim": item.claim, "aspect": item.aspect} if item.check else {}),
        "bonus": item.bonus,
        "points": item.points,
        **statistics,
        **({"states": dict(item.states)} if item.check else {}),
    }
