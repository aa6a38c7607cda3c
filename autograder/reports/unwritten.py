"""Which exercises are still as they were released."""

from __future__ import annotations

from autograder.grading.grade import UNWRITTEN
from autograder.verdicts import ExerciseReport


def is_unwritten(exercise: ExerciseReport) -> bool:
    """Whether every check of an exercise found the stub."""
    return bool(exercise.verdicts) and all(
        verdict.status == "failed" and verdict.message.startswith(UNWRITTEN)
        for verdict in exercise.verdicts
    )
