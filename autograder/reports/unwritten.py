"""Which exercises and predictions are still as they were released."""

from __future__ import annotations

import re

from autograder.grading.decide import UNWRITTEN
from autograder.grading.predicted import UNMADE
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


def unmade(exercise: ExerciseReport) -> list[str]:
    """The variables of a notebook's predictions if none is made; none for any other exercise."""
    found = [re.match(rf"{UNMADE}: (\w+) ", verdict.message) for verdict in exercise.verdicts]
    names = [match[1] for match in found if match]
    return names if len(names) == len(found) else []
