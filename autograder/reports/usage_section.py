"""Time and memory on the page of a class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from autograder.reports.attention import met_limit
from autograder.reports.class_report import ClassReport
from autograder.reports.class_usage import FEWEST, RULE, Outlier, Spread, What
from autograder.reports.feedback import number

SHORT_LIST = 20
"""Students up to which the list is open at first."""

_TITLES: Mapping[What, str] = {"time": "CPU time", "memory": "memory"}


def usage_section(
    report: ClassReport, people: Sequence[Mapping[str, Any]], first: int
) -> dict[str, Any]:
    """What the template ``usage.html.j2`` shows.

    Args:
        people: name and link of each student.
        first: the number of the first of `outlier_groups` in the data that the script reads.
    """
    usage = report.usage
    groups: dict[tuple[str, What], dict[str, int | None]] = {
        key: {"held": first + at, "far": len(found)}
        for at, (key, found) in enumerate(_groups(usage.outliers))
    }

    def figure(exercise: str, what: What, spread: Spread | None) -> dict[str, Any]:
        return {
            "title": _TITLES[what],
            "spread": spread,
            "median": _amount(spread.median, what) if spread else "",
            "largest": _amount(spread.largest, what) if spread else "",
            **groups.get((exercise, what), {"held": None, "far": 0}),
        }

    return {
        "known": usage.known,
        "unknown": len(people) - len(report.absent) - usage.known,
        "rule": RULE,
        "fewest": FEWEST,
        "open": len(usage.outliers) <= SHORT_LIST,
        "students": len({each.student for each in usage.outliers}),
        "exercises": [
            {
                "name": each.exercise,
                "figures": [
                    figure(each.exercise, "time", each.time),
                    figure(each.exercise, "memory", each.memory),
                ],
            }
            for each in usage.exercises
        ],
        "outliers": [
            _row(report, each, people)
            for each in sorted(usage.outliers, key=lambda each: -each.times)
        ],
    }


def outlier_groups(
    report: ClassReport, columns: Mapping[tuple[str, str], int]
) -> Iterator[dict[str, Any]]:
    """Those who need far more than the class, as sets of students that the table can show."""
    first: dict[str, int] = {}
    for (exercise, _), column in columns.items():
        first.setdefault(exercise, column)
    for (exercise, what), found in _groups(report.usage.outliers):
        yield {
            "title": f"{exercise}: far more {_TITLES[what]}",
            "students": [each.student for each in found],
            "check": first[exercise],
        }


def _groups(outliers: Sequence[Outlier]) -> list[tuple[tuple[str, What], list[Outlier]]]:
    """By exercise, and by what there is more of; they come in this order."""
    grouped = groupby(outliers, key=lambda each: (each.exercise, each.what))
    return [(key, list(found)) for key, found in grouped]


def _row(
    report: ClassReport, found: Outlier, people: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    exercises = report.students[found.student].exercises
    (exercise,) = [each for each in exercises if each.name == found.exercise]
    limit = any(map(met_limit, exercise.checks))
    points = "not graded" if exercise.ungraded else f"{number(exercise.score)}"
    return {
        "person": people[found.student],
        "exercise": found.exercise,
        "what": _TITLES[found.what],
        "value": found.used,
        "used": _amount(found.used, found.what),
        "median": _amount(found.median, found.what),
        "ratio": found.times,
        "times": f"{found.times:.{0 if found.times >= 10 else 1}f}",
        "points": f"{points} of {number(exercise.max_score)}",
        "limit": limit,
    }


def _amount(size: float, what: What) -> str:
    if what == "memory":
        return f"{size:,.0f} MB"
    return f"{size:.2g} s" if size < 1 else f"{size:.1f} s" if size < 100 else f"{size:,.0f} s"
