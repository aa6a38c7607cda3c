"""A class in a terminal: a row per student."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.grading.decide import UNWRITTEN
from autograder.grading.observe import clean
from autograder.reports.feedback import number
from autograder.reports.standing import Standing
from autograder.reports.terminal import WIDE
from autograder.sources.predictions import PREDICTIONS
from autograder.verdicts import PARTS, Report, Verdict

SHORT = 80
"""Characters of each problem that a row has room for."""


def class_table(
    reports: Sequence[Report], width: int, standings: Mapping[str, Standing] | None = None
) -> Table:
    """A row per student: the score, what went wrong, and, if there is room, each exercise.

    Args:
        standings: what the gradebook says, by student. The score is then the gradebook's, and what
            a person gave, points that wait for one, and a late penalty have a column.
    """
    known = standings or {}
    by_person = any(standing.said for standing in known.values())
    table = Table(header_style="bold", pad_edge=False, box=SIMPLE_HEAD)
    table.add_column("student", overflow="fold", max_width=30)
    table.add_column("score", justify="right", no_wrap=True)
    if by_person:
        table.add_column("of these", overflow="fold", max_width=32)
    exercises = reports[0].exercises if reports and width >= WIDE else ()
    for exercise in exercises:
        name = f"{exercise.name}{'*' if exercise.bonus else ''}"
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("diagnosis", overflow="fold")
    for report in reports:
        points = ["?" if e.ungraded else number(e.score) for e in report.exercises]
        standing = known.get(report.student)
        score, most = _points(report, standing)
        table.add_row(
            Text(clean(report.student)),
            f"{number(score)}/{number(most)}",
            *([standing.said if standing else ""] if by_person else ()),
            *(points if exercises else ()),
            Text(diagnosis(report)),
        )
    if any(exercise.bonus for exercise in exercises):
        table.caption = "* bonus: counts toward the score, not the maximum"
        table.caption_justify = "left"
    return table


def _points(report: Report, standing: Standing | None) -> tuple[float, float]:
    """Score and maximum: the gradebook's, or else the report's."""
    known = standing or report
    return known.score, known.max_score


def average(reports: Sequence[Report], standings: Mapping[str, Standing]) -> str:
    """The mean score as a sentence; "" for fewer than two students with a final score.

    Who submitted nothing has no report, and does not count.
    """
    final = [
        _points(report, standings.get(report.student)) for report in reports if not report.ungraded
    ]
    if len(final) < 2:
        return ""
    mean = fmean(score for score, _ in final)
    return f"Average of {len(final)} submissions: {mean:.1f} of {number(final[0][1])}"


def diagnosis(report: Report) -> str:
    """A report in a few words: the named mistakes, or else the first problem of each exercise."""
    named = dict.fromkeys(
        f"{exercise.name}: {verdict.misconception.replace('_', ' ')}"
        for exercise in report.exercises
        for verdict in exercise.verdicts
        if verdict.misconception
    )
    first = {
        exercise.name: _said(problem)
        for exercise in report.exercises
        # That one was not made is no mistake, and its column says so.
        if exercise.name != PREDICTIONS
        and (problem := next((v for v in exercise.verdicts if v.status != "passed"), None))
    }
    unwritten = [name for name, message in first.items() if message.startswith(UNWRITTEN)]
    if named:
        return _few([*named, *([f"not written: {', '.join(unwritten)}"] if unwritten else [])])
    others = {name: message for name, message in first.items() if name not in unwritten}
    found = list(dict.fromkeys(others.values()))
    if len(found) > 1 or len(others) == 1:
        found = [f"{name}: {message}" for name, message in others.items()]
    if unwritten:
        found.append(f"not written: {', '.join(unwritten)}")
    remarks = [remark for remark in report.remarks if not any(remark[:30] in f for f in found)]
    return _few([*found, *remarks[:1]])


def _said(verdict: Verdict) -> str:
    """Of an error what Python said, without the student's line before it."""
    parts = verdict.message.split(PARTS)
    if verdict.status != "error" or len(parts) == 1:
        return verdict.message
    return parts[1] if parts[0].endswith("`") else parts[0]


def _few(found: Sequence[str]) -> str:
    """At most two problems, cut to what a row has room for, and how many more there are."""
    more = f"; and {len(found) - 2} more" if len(found) > 2 else ""
    return "; ".join(_cut(text) for text in found[:2]) + more


def _cut(text: str) -> str:
    if len(text) <= SHORT:
        return text.rstrip(".")
    words, _, last = text[:SHORT].rpartition(" ")
    # A very long word is cut too, or hardly anything would be left.
    return f"{words if len(last) < SHORT // 2 else text[:SHORT]}..."
