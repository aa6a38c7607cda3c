"""Which exercises are still as they were released."""

from __future__ import annotations

import re

from autograder.grading.grade import UNWRITTEN
from autograder.verdicts import ExerciseReport


def is_unwritten(exercise: ExerciseReport) -> bool:
    """Whether every check of an exercise found the stub."""
    return bool(exercise.verdicts) and all(
        verdict.status == "failed" and verdict.message.startswith(UNWRITTEN)
        for verdict in exercise.verdicts
    )


def what_is_unwritten(exercise: ExerciseReport) -> str:
    """What the stub says, and its place. Without its line, which says the same again."""
    message = exercise.verdicts[0].message
    return re.sub(r"(?<=, line )(\d+): `[^`]*`(?=\))", r"\1", message)
