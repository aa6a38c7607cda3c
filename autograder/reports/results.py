"""The results file, version 1, for other programs to read."""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from textwrap import indent
from typing import Any

from autograder.atomic import atomic_replacement
from autograder.grading.made_with import MadeWith
from autograder.model import AutograderError
from autograder.reports.standing import Standing
from autograder.verdicts import ExerciseReport, Report, Verdict, seed_in_json

VERSION = 1

FOLDER = "results"
"""Of a course; made where it is missing. Any other folder has to exist."""

NOTHING = "Nothing was submitted."

_FIRST = re.compile(rb'\s*\{\s*"version"\s*:\s*(\d+)\s*[,}]')

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
    students = student_results(reports, seed, standings=standings, submissions=submissions)
    return {
        "version": VERSION,
        "assignment": assignment,
        "seed": seed_in_json(seed),
        "seed_per_student": per_student,
        "sandbox": sandbox,
        "made_with": asdict(made_with) if made_with else None,
        "students": list(students),
        "not_submitted": [
            {"student": student, "reason": reason or NOTHING}
            for student, reason in (absent or {}).items()
        ],
    }


def student_results(
    reports: Iterable[Report],
    seed: int,
    *,
    standings: Mapping[str, Standing] | None = None,
    submissions: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Any]]:
    """The ``students`` of `results`, whose arguments these are, one by one."""
    known, digests = standings or {}, submissions or {}
    for report in reports:
        student = report.student
        yield _student(report, seed, digests.get(student, ""), known.get(student))


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
        **({"cause": verdict.cause} if verdict.cause else {}),
        **({"curves": asdict(verdict.curves)} if verdict.curves else {}),
    }


def _in_one_line(numbers: re.Match[str]) -> str:
    return " ".join(numbers[0].split()).replace("[ ", "[").replace(" ]", "]")


def _text(content: dict[str, Any], students: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The file's text, part by part; all of it is ASCII."""
    before, no_student, after = _json(content).partition('"students": []')
    yield before
    opening = '"students": ['
    for student in students:
        yield f"{opening}\n{indent(_json(student), '  ')}"
        opening = ","
    yield "\n ]" if opening == "," else no_student
    yield f"{after}\n"


def _json(value: dict[str, Any]) -> str:
    return _NUMBERS.sub(_in_one_line, json.dumps(value, indent=1, allow_nan=False))


def refuse_other_version(path: Path) -> None:
    """Refuse to replace a results file that a newer version of the engine wrote.

    Raises:
        AutograderError: there is one.
    """
    version = _version(path)
    if version is not None and version > VERSION:
        raise AutograderError(
            f"{path} is of version {version}, which a newer autograder wrote; this one writes "
            f"version {VERSION}. Update, move the file away, or choose another one with --json."
        )


def _version(path: Path) -> int | None:
    """The version that a results file is of; None if it is none."""
    try:
        with path.open("rb") as file:
            # It comes first in what this program writes; the file of a large class is hundreds of
            # megabytes.
            if found := _FIRST.match(file.read(100)):
                return int(found[1])
            file.seek(0)
            content = json.loads(file.read())
    except (OSError, ValueError, RecursionError):  # nothing, or nothing of value
        return None
    version = content.get("version") if isinstance(content, dict) else None
    return version if isinstance(version, int) else None


def write(path: Path, content: dict[str, Any], students: Iterable[dict[str, Any]] = ()) -> None:
    """Write the file completely or not at all.

    Args:
        content: by `results`.
        students: instead of those in ``content``, which has none: each is written before the next
            one is made, since all of a large class would fill the memory.

    Raises:
        AutograderError: the folder cannot be written to, or the disk is full.
    """
    try:
        if path.parent.name == FOLDER:
            path.parent.mkdir(exist_ok=True)
        with atomic_replacement(path) as new, new.open("w", encoding="utf-8") as file:
            file.writelines(_text(content, students))
    except OSError as error:
        remedy = "Free some space, or choose" if error.errno == errno.ENOSPC else "Choose"
        if path.parent.is_file():
            remedy = f"{path.parent} is a file: move it away, or choose"
        raise AutograderError(
            f"{path} could not be written ({error.strerror}). {remedy} another file with --json."
        ) from error
