"""The results file, version 1, for other programs to read."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.atomic import atomic_write
from autograder.grading.made_with import MadeWith
from autograder.model import AutograderError
from autograder.reports.standing import Standing
from autograder.verdicts import ExerciseReport, Report, Verdict, seed_in_json

VERSION = 1

FOLDER = "results"
"""Of a course; made where it is missing. Any other folder has to exist."""

NOTHING = "Nothing was submitted."

_NUMBERS = re.compile(r"\[\n[\s\d.e+\-,nul]*\]")
"""A list of numbers in JSON with an indent. In text, a line break is escaped: none is matched."""


def results(
    assignment: str,
    seed: int,
    sandbox: str,
    reports: Sequence[Report],
    *,
    absent: Mapping[str, str] | None = None,
    standings: Mapping[str, Standing] | None = None,
    submissions: Mapping[str, str] | None = None,
    made_with: MadeWith | None = None,
    per_student: bool = False,
) -> dict[str, Any]:
    """The reports of one run as plain JSON values.

    A student whose inputs came from another seed, after submitting again or because each student
    has inputs of their own, has a ``seed`` as well.

    Args:
        absent: students who have no grade because there is nothing to grade, and why; "" if
            nothing was submitted.
        standings: what the gradebook says, by student.
        submissions: digests of what was graded, by student.
        made_with: what else decides the grades.
        per_student: whether each student has inputs of their own, drawn from ``seed`` and the id.
    """
    known, digests = standings or {}, submissions or {}
    return {
        "version": VERSION,
        "assignment": assignment,
        "seed": seed_in_json(seed),
        "seed_per_student": per_student,
        "sandbox": sandbox,
        "made_with": asdict(made_with) if made_with else None,
        "students": [
            _student(report, seed, digests.get(report.student, ""), known.get(report.student))
            for report in reports
        ],
        "not_submitted": [
            {"student": student, "reason": reason or NOTHING}
            for student, reason in (absent or {}).items()
        ],
    }


def _student(
    report: Report, seed: int, submission: str, standing: Standing | None
) -> dict[str, Any]:
    return {
        "student": report.student,
        **({} if report.seed == seed else {"seed": seed_in_json(report.seed)}),
        "score": report.score,
        "max_score": report.max_score,
        "submission": submission,
        "gradebook": _standing(standing),
        "exercises": [_exercise(exercise) for exercise in report.exercises],
        "remarks": list(report.remarks),
    }


def levels(reports: Sequence[Report]) -> str:
    """The protection of a run, whose parts may have had different ones."""
    return " and ".join(dict.fromkeys(report.sandbox for report in reports))


def _standing(standing: Standing | None) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "score": standing.score,
        "max_score": standing.max_score,
        "by_hand": standing.by_hand,
        "waiting": standing.waiting,
        "late_penalty": standing.late_penalty,
        "exercises": dict(standing.exercises),
    }


def _exercise(exercise: ExerciseReport) -> dict[str, Any]:
    return {
        "name": exercise.name,
        "bonus": exercise.bonus,
        "score": exercise.score,
        "max_score": exercise.max_score,
        "checks": [_check(verdict) for verdict in exercise.verdicts],
    }


def _check(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.check,
        "status": verdict.status,
        "points": verdict.points,
        "max_points": verdict.max_points,
        "message": verdict.message,
        "misconception": verdict.misconception,
        "together_with": verdict.together_with,
        "partly": verdict.partly,
        "explains": list(verdict.explains) if verdict.misconception else None,
        "aspect": verdict.aspect,
        "judged_against": verdict.judged_against,
        "observed": verdict.observed,
        **({"curves": asdict(verdict.curves)} if verdict.curves else {}),
    }


def _in_one_line(numbers: re.Match[str]) -> str:
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]")


def refuse_other_version(path: Path) -> None:
    """Refuse to replace a results file that a newer version of the engine wrote.

    Raises:
        AutograderError: there is one.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):  # nothing, or nothing of value
        return
    version = content.get("version") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise AutograderError(
            f"{path} is of version {version}, which a newer autograder wrote; this one writes "
            f"version {VERSION}. Update, move the file away, or choose another one with --json."
        )


def write(path: Path, content: dict[str, Any]) -> None:
    """Write the file completely or not at all.

    Raises:
        AutograderError: the folder cannot be written to, or the disk is full.
    """
    try:
        if path.parent.name == FOLDER:
            path.parent.mkdir(exist_ok=True)
        text = json.dumps(content, indent=1, allow_nan=False)
        atomic_write(path, _NUMBERS.sub(_in_one_line, text) + "\n")
    except OSError as error:
        remedy = "Free some space, or choose" if error.errno == errno.ENOSPC else "Choose"
        raise AutograderError(
            f"{path} could not be written ({error.strerror}). {remedy} another file with --json."
        ) from error
