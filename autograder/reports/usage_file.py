"""What submissions used of the machine, as a file: ``results/usage/<name>.json``.

It is not part of the results file, which another grading of the same class writes again bit for
bit. A row is believed of that submission alone whose digest it has, so that the file may be older
or newer than the results that it is read with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from autograder.atomic import atomic_replacement
from autograder.grading.used import UsedBy
from autograder.reports.class_results import StudentResult
from autograder.reports.results import FOLDER
from autograder.verdicts import Used

VERSION, USAGE = 1, "usage"


@dataclass(frozen=True)
class UsedRow:
    """What one submission used.

    Attributes:
        submission: its digest.
    """

    submission: str
    used: UsedBy = field(default_factory=dict)


def usage_path(root: Path, name: str) -> Path:
    """Where the file of an assignment is in a course."""
    return root / FOLDER / USAGE / f"{name}.json"


def read_usage(path: Path) -> dict[str, UsedRow]:
    """The rows by student; none if the file is missing, damaged, or of another version."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        # The json module reads ids that are not UTF-8, as it wrote them; msgspec does not.
        content = json.loads(path.read_bytes())
        if content["version"] == VERSION:
            return {each["student"]: _row(each) for each in content["students"]}
    return {}


def _row(found: Mapping[str, Any]) -> UsedRow:
    used = msgspec.convert(found["exercises"], dict[str, Used])
    return UsedRow(msgspec.convert(found["submission"], str), used)


def write_usage(path: Path, name: str, rows: Mapping[str, UsedRow]) -> None:
    """Write the file completely or not at all, a line for each student.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    head = json.dumps({"version": VERSION, "assignment": name, "students": []})
    with atomic_replacement(path) as new, new.open("w", encoding="utf-8") as file:
        file.write(head.removesuffix("]}"))
        for number, (student, row) in enumerate(rows.items()):
            exercises = msgspec.to_builtins(row.used)
            line = {"student": student, "submission": row.submission, "exercises": exercises}
            file.write(f"{',' if number else ''}\n{json.dumps(line)}")
        file.write("\n]}\n")


def used_by_class(
    students: Sequence[StudentResult], rows: Mapping[str, UsedRow]
) -> tuple[UsedBy, ...]:
    """For each student, what the submission used; nothing where it is another submission."""

    def own(student: StudentResult) -> UsedBy:
        row = rows.get(student.student)
        if row is None or row.submission != student.submission:
            return {}
        exercises = {exercise.name for exercise in student.exercises}
        return {name: used for name, used in row.used.items() if name in exercises}

    return tuple(map(own, students))
