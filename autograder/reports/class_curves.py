"""The losses of a class over those of the reference, for each check of convergence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.reports.class_results import CheckResult, StudentResult
from autograder.verdicts import Curves

Losses = tuple[tuple[float | None, ...], ...]
"""For each loss of a check, its numbers after the epochs; None where that is no finite number."""

MIDDLE = (0.1, 0.9)
"""The quantiles between which the middle of the class is."""

FEWEST = 5
"""Students with curves, for there to be a middle."""


@dataclass(frozen=True)
class Strayed:
    """Students whose losses fail a check in the same way.

    Attributes:
        name: of the misconception that explains it; "" if none does, and then all of them have
            about the same losses.
        students: positions in the class.
        curves: the different losses that they have, the most frequent first.
    """

    name: str
    students: tuple[int, ...]
    curves: tuple[Losses, ...]


@dataclass(frozen=True)
class ClassCurves:
    """One check of convergence.

    Attributes:
        losses: their names: "on unseen digits".
        expected: for each loss, the numbers of the reference.
        middle: for each loss, the numbers at the two quantiles; empty for too few students.
        passed: the different losses of those who pass, the most frequent first.
        passing: how many pass.
        strayed: those who fail, the most frequent way first.
        rescaled: how many had other inputs: their losses are drawn as multiples of the reference's
            on these.
        missing: how many have no losses, because their code returned no weights.
    """

    exercise: str
    check: str
    along: str
    band: float
    losses: tuple[str, ...]
    expected: tuple[tuple[float, ...], ...]
    middle: tuple[tuple[tuple[float | None, ...], tuple[float | None, ...]], ...]
    passed: tuple[Losses, ...]
    passing: int
    strayed: tuple[Strayed, ...]
    rescaled: int
    missing: int

    @property
    def straying(self) -> int:
        """How many fail."""
        return sum(len(each.students) for each in self.strayed)


def class_curves(students: Sequence[StudentResult]) -> tuple[ClassCurves, ...]:
    """Of every check that has curves in the results, in their order."""
    found: dict[tuple[str, str], dict[int, CheckResult]] = {}
    for position, student in enumerate(students):
        for exercise in student.exercises:
            for check in exercise.checks:
                if check.aspect == "convergence":
                    found.setdefault((exercise.name, check.name), {})[position] = check
    each = (_of_check(*name, checks) for name, checks in found.items())
    return tuple(curves for curves in each if curves is not None)


def _of_check(exercise: str, name: str, checks: Mapping[int, CheckResult]) -> ClassCurves | None:
    drawn = {
        position: (check, check.curves)
        for position, check in checks.items()
        if check.curves and check.status in ("passed", "failed")
    }
    if not drawn:
        return None
    kinds = Counter(_kind(curves) for _, curves in drawn.values())
    ((along, band, losses, expected), _), *_ = kinds.most_common(1)
    passed, rescaled = Counter[Losses](), 0
    strayed: dict[object, tuple[str, dict[int, Losses]]] = {}
    everyone = []
    for position, (check, curves) in drawn.items():
        own = _over(curves, losses, expected)
        if own is None:
            continue
        everyone.append(own)
        rescaled += _kind(curves)[3] != expected
        if check.status == "passed":
            passed[_rounded(own)] += 1
        else:
            mistake = check.misconception or ""
            _, students = strayed.setdefault(mistake or _about(own, band), (mistake, {}))
            students[position] = own
    return ClassCurves(
        exercise=exercise,
        check=name,
        along=along,
        band=band,
        losses=losses,
        expected=expected,
        middle=tuple(_middle(everyone)) if len(everyone) >= FEWEST else (),
        passed=tuple(each for each, _ in passed.most_common()),
        passing=passed.total(),
        strayed=_by_frequency(strayed.values()),
        rescaled=rescaled,
        missing=len(checks) - len(everyone),
    )


_Kind = tuple[str, float, tuple[str, ...], tuple[tuple[float, ...], ...]]


def _kind(curves: Curves) -> _Kind:
    names = tuple(each.name for each in curves.losses)
    return curves.along, curves.band, names, tuple(each.expected for each in curves.losses)


def _over(
    curves: Curves, names: Sequence[str], expected: Sequence[Sequence[float]]
) -> Losses | None:
    """A student's losses beside the class's reference; None if they are of another check.

    Who has other inputs has another reference, too: what compares is the factor between the two.
    """
    if [each.name for each in curves.losses] != list(names):
        return None
    if len(curves.losses[0].expected) != len(expected[0]):
        return None
    return tuple(
        tuple(
            loss if loss is None or own == right or own <= 0 else loss * right / own
            for loss, own, right in zip(each.observed, each.expected, wanted, strict=True)
        )
        for each, wanted in zip(curves.losses, expected, strict=True)
    )


def _about(losses: Losses, band: float) -> object:
    """What losses have in common that differ by chance, or by rounding."""
    step = max(4 * band, 1e-6)
    return tuple(
        tuple(round(math.log(loss) / step) if loss and loss > 0 else loss for loss in each)
        for each in losses
    )


def _rounded(losses: Losses) -> Losses:
    """As far as a picture shows differences."""
    return tuple(
        tuple(None if loss is None else float(f"{loss:.3g}") for loss in each) for each in losses
    )


def _middle(
    everyone: Sequence[Losses],
) -> Iterator[tuple[tuple[float | None, ...], tuple[float | None, ...]]]:
    """The quantiles of each loss; a number that is lost is above all others."""
    for losses in zip(*everyone, strict=True):
        numbers = [[math.inf if loss is None else loss for loss in each] for each in losses]
        low, high = np.quantile(numbers, MIDDLE, axis=0, method="inverted_cdf")
        yield _finite(low), _finite(high)


def _finite(losses: np.ndarray) -> tuple[float | None, ...]:
    return tuple(float(loss) if math.isfinite(loss) else None for loss in losses)


def _by_frequency(found: Iterable[tuple[str, Mapping[int, Losses]]]) -> tuple[Strayed, ...]:
    strayed = (
        Strayed(
            name,
            tuple(students),
            tuple(each for each, _ in Counter(students.values()).most_common()),
        )
        for name, students in found
    )
    return tuple(sorted(strayed, key=lambda each: -len(each.students)))
