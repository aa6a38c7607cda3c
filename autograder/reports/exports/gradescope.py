"""A report as Gradescope's ``results.json``.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/. A hidden check is shown
to students only after grades are published, and without a word on what it checks; until then
Gradescope does not show them their total either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograder.reports.class_results import InGradebook
from autograder.reports.depending import note
from autograder.reports.exports.grades import plain
from autograder.reports.feedback import FURTHER, HIDDEN_CLAIM, number
from autograder.reports.partly import partly
from autograder.reports.told_once import messages
from autograder.verdicts import ExerciseReport, Report, Verdict

BY_HAND = "Graded by hand"
LATE = "Late submission"
DEPENDS = "This depends on the rule. Get that right first."


def gradescope_results(report: Report, standing: InGradebook | None = None) -> dict[str, Any]:
    """The file's content. The scores of its tests add up to its score.

    Args:
        report: without ungraded verdicts: Gradescope knows nothing but points.
        standing: what the gradebook says; None for the automatic score.
    """
    tests = [test for exercise in report.exercises for test in _tests(exercise)]
    score, said = report.score, []
    if standing:
        tests += _gradebook(report, standing)
        score = standing.score
        if standing.waiting:
            said.append(f"Points that wait for a person: {number(standing.waiting)}.")
    said += [clean(remark) for remark in report.remarks]
    said.append(f"Protection while this code ran: {clean(report.sandbox)}.")
    return {
        "score": rounded(score),
        "output": "\n".join(said),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "student": clean(report.student),
            "assignment": report.assignment,
            "sandbox": clean(report.sandbox),
        },
    }


def _tests(exercise: ExerciseReport) -> Iterator[dict[str, Any]]:
    bonus = " (bonus)" if exercise.bonus else ""
    told = messages(exercise.verdicts, hidden=False)
    hinted: set[str] = set()
    for verdict, message in zip(exercise.verdicts, told, strict=True):
        claim = HIDDEN_CLAIM if verdict.hidden else verdict.claim
        output = "" if verdict.hidden else _output(verdict, message, hinted)
        yield {
            "name": clean(f"{exercise.name}{bonus}: {claim}"),
            "score": rounded(verdict.points),
            # What is above the maximum is extra credit.
            "max_score": 0.0 if exercise.bonus else rounded(verdict.max_points),
            "status": "passed" if verdict.status == "passed" else "failed",
            "output": clean(output),
            "output_format": "text",
            "visibility": "after_published" if verdict.hidden else "visible",
        }


def _output(verdict: Verdict, message: str, hinted: set[str]) -> str:
    """What the feedback page says under a check; a hint appears only once."""
    depends = DEPENDS if verdict.judged_against == "nothing" else ""
    lines = [message or note(verdict) or depends]
    if verdict.misconception and verdict.hint and verdict.hint not in hinted:
        hinted.add(verdict.hint)
        lines.append(f"Hint: {verdict.hint} {partly(verdict)}".rstrip())
        lines += [f"{title}: {text}" for title, text in zip(FURTHER, verdict.further, strict=False)]
    return "\n".join(line for line in lines if line)


def _gradebook(report: Report, standing: InGradebook) -> list[dict[str, Any]]:
    """What makes the automatic score the gradebook's: points by hand, and the penalty."""
    lines = []
    most = standing.max_score - report.max_score
    penalty = standing.score - report.score - standing.by_hand
    if standing.by_hand or most > 0:
        output = (
            f"Points that wait for a person: {plain(standing.waiting)}." if standing.waiting else ""
        )
        lines.append((BY_HAND, standing.by_hand, max(0.0, most), output))
    if standing.late_penalty:
        said = f"The penalty is {plain(standing.late_penalty)} points; a score is never below 0."
        lines.append((LATE, penalty, 0.0, said))
    return [
        {
            "name": name,
            "score": rounded(points),
            "max_score": rounded(most),
            "output": output,
            "output_format": "text",
            "visibility": "visible",
        }
        for name, points, most, output in lines
    ]


def rounded(points: float) -> float:
    """Points without noise in the last digits."""
    return float(plain(points))


def clean(text: str) -> str:
    """``text`` without control characters, and with everything that JSON as UTF-8 can hold."""
    kept = "".join(
        letter for letter in text if letter in "\n\t" or (letter >= " " and letter != "\x7f")
    )
    return kept.encode("utf-8", "replace").decode()
