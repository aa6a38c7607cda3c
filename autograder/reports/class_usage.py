"""Who needs far more time or memory than the class: the rule, and what it finds.

The class is those whose code passes a check of the exercise: a stub and code that ends at once say
nothing about how long the exercise takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from autograder.grading.used import UsedBy
from autograder.verdicts import Used

What = Literal["time", "memory"]

TIMES = 3
"""Far more is more than so many times the median, ..."""

LEAST: Mapping[What, float] = {"time": 1.0, "memory": 250.0}
"""... and at least so many seconds or megabytes more: times of a moment differ by chance."""

FEWEST = 5
"""Students without whom there is no class to compare with."""

RULE = (
    f"Far more is more than {TIMES} times the median, and at least {LEAST['time']:g} s of CPU time "
    f"or {LEAST['memory']:g} MB of memory above it."
)


@dataclass(frozen=True)
class Spread:
    """What a class needs for an exercise.

    Attributes:
        students: how many the median is of.
        largest: of all students, whether they pass a check or not.
    """

    students: int
    median: float
    largest: float


@dataclass(frozen=True)
class ExerciseUsage:
    """An exercise: seconds of CPU time and megabytes; None where nothing is known of the class."""

    exercise: str
    time: Spread | None
    memory: Spread | None


@dataclass(frozen=True)
class Outlier:
    """A student who needs far more than the class.

    Attributes:
        student: position in the class.
        used: seconds of CPU time or megabytes.
        median: of the class.
    """

    student: int
    exercise: str
    what: What
    used: float
    median: float

    @property
    def times(self) -> float:
        """How many medians that is."""
        return self.used / max(self.median, 0.01)


@dataclass(frozen=True)
class ClassUsage:
    """What a class needs.

    Attributes:
        used: for each student, what is known.
        outliers: of each exercise, time first, those who need the most first.
    """

    used: tuple[UsedBy, ...] = ()
    exercises: tuple[ExerciseUsage, ...] = ()
    outliers: tuple[Outlier, ...] = ()

    @property
    def known(self) -> int:
        """Of how many students something is known."""
        return sum(map(bool, self.used))


def class_usage(
    used: Sequence[UsedBy], passing: Sequence[frozenset[str]], exercises: Sequence[str]
) -> ClassUsage:
    """Compare the students of a class.

    Args:
        used: of each student, by exercise.
        passing: for each student, the exercises of which a check is passed.
        exercises: in the order in which they are told.
    """
    rows, outliers = list[ExerciseUsage](), list[Outlier]()
    for exercise in exercises:
        if not any(exercise in each for each in used):
            continue
        spreads: dict[What, Spread | None] = {}
        for what in LEAST:
            sizes = _sizes(used, exercise, what)
            compared = [size for at, size in sizes.items() if exercise in passing[at]]
            spreads[what] = (
                Spread(len(compared), round(median(compared), 3), max(sizes.values()))
                if compared
                else None
            )
            outliers += _outliers(sizes, spreads[what], exercise, what)
        rows.append(ExerciseUsage(exercise, spreads["time"], spreads["memory"]))
    return ClassUsage(tuple(used), tuple(rows), tuple(outliers))


def _sizes(used: Sequence[UsedBy], exercise: str, what: What) -> dict[int, float]:
    found = {}
    for position, each in enumerate(used):
        known = each.get(exercise)
        size = _size(known, what) if known else None
        if size is not None:
            found[position] = size
    return found


def _size(used: Used, what: What) -> float | None:
    return used.seconds if what == "time" else used.megabytes


def _outliers(
    sizes: Mapping[int, float], spread: Spread | None, exercise: str, what: What
) -> list[Outlier]:
    if spread is None or spread.students < FEWEST:
        return []
    middle = spread.median
    far = {
        at: size
        for at, size in sizes.items()
        if size > TIMES * middle and size >= middle + LEAST[what]
    }
    ordered = sorted(far.items(), key=lambda each: (-each[1], each[0]))
    return [Outlier(at, exercise, what, size, middle) for at, size in ordered]
