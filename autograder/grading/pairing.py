"""Observe two known mistakes at once, for a release: see `autograder.grading.pairs`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from autograder.grading.compare import ATOL, RTOL, near
from autograder.grading.fingerprint import fingerprint
from autograder.grading.oracle import LiveOracle
from autograder.grading.pairs import Pairs, sample, size_of
from autograder.model import Check, Misconception
from autograder.sources.assignment import Assignment
from autograder.sources.edits import combined

PER_CHILD = 50
"""So many pairs share a child: TensorFlow starts once for them, and memory stays bounded."""

Both = tuple[Misconception, Misconception, Misconception]
"""Two mistakes, and the edit that makes both."""

Progress = Callable[[str, int], AbstractContextManager[Callable[[str], None]]]
"""Shows how far something is: what it is, and of how many pieces."""


def observe_all_pairs(oracle: LiveOracle, *, jobs: int, progress: Progress) -> dict[str, Pairs]:
    """Of each exercise with a released check that asks for it, what two mistakes do at once."""
    checks = oracle.assignment.check_set.checks
    asked = [check for check in checks if check.pairs and not check.hidden]
    found = {}
    for check in asked:
        alone = _alone(oracle, check)
        pairs = _pairs_to_try(oracle.assignment, alone)
        with progress(f"two mistakes in {check.exercise}", len(pairs)) as step:
            found[check.exercise] = _observed(oracle, check, alone, pairs, jobs, step)
    return found


@dataclass(frozen=True)
class _Alone:
    """What is known of a check before two mistakes are tried in it.

    Attributes:
        size: how many numbers the reference returns.
        samples: what `sample` takes of the reference and of each mistake.
        slips: the author's mistakes that show in the check. What lacks the idea of the exercise is
            no slip beside another.
    """

    size: int
    samples: np.ndarray
    slips: tuple[Misconception, ...]


def _alone(oracle: LiveOracle, check: Check) -> _Alone:
    right = fingerprint(oracle.expected(check), check, oracle.inputs[check.id])
    size = size_of(right)
    did = {known: sample(seen, size) for known, seen in oracle.observe_misconceptions(check)}
    reference = sample(right, size)
    slips = (
        known
        for known, numbers in did.items()
        if known.carries and not known.generated and numbers is not None
        if reference is not None and not near(numbers, reference, RTOL, ATOL).all()
    )
    samples = [numbers for numbers in (reference, *did.values()) if numbers is not None]
    return _Alone(size, np.array(samples), tuple(slips))


def _pairs_to_try(assignment: Assignment, alone: _Alone) -> list[Both]:
    """The pairs of different mistakes whose edits do not overlap."""
    return [
        (one, other, both)
        for one, other in combinations(alone.slips, 2)
        if one.known_as != other.known_as and (both := at_once(assignment, one, other))
    ]


def _observed(
    oracle: LiveOracle,
    check: Check,
    alone: _Alone,
    pairs: Sequence[Both],
    jobs: int,
    step: Callable[[str], None],
) -> Pairs:
    """What pairs of mistakes do in a check.

    Left out are those that end with an error, lose a number, or do what the reference or one
    mistake alone does.
    """
    trial = oracle.trials([check])[0]

    def tried(lot: Sequence[Both]) -> list[np.ndarray | None]:
        found: list[np.ndarray | None] = []
        with oracle.child() as child:
            for *_, both in lot:
                definitions = oracle.assignment.misconception(both)
                ((_, seen),) = child.observations(definitions, [trial])
                found.append(sample(fingerprint(seen, check, trial.inputs), alone.size))
                step(check.exercise)
        return found

    lots = [pairs[first : first + PER_CHILD] for first in range(0, len(pairs), PER_CHILD)]
    with ThreadPoolExecutor(jobs, "pairs") as executor:
        found = [numbers for lot in executor.map(tried, lots) for numbers in lot]
    kept = [
        ((one.name, other.name), numbers)
        for (one, other, _), numbers in zip(pairs, found, strict=True)
        if numbers is not None and np.isfinite(numbers).all()
        if not near(numbers, alone.samples, RTOL, ATOL).all(axis=1).any()
    ]
    numbers = np.array([numbers for _, numbers in kept])
    return Pairs(trial, alone.size, [names for names, _ in kept], numbers)


def at_once(
    assignment: Assignment, one: Misconception, other: Misconception
) -> Misconception | None:
    """Two mistakes of an exercise as one edit of its cell; None if they cannot be made at once."""
    cell = assignment.cells[one.exercise]
    edits = [(known.find, known.replace) for known in (one, other)]
    edited = combined(cell, edits)
    if edited is None:
        return None
    return Misconception(
        f"{one.known_as} and {other.known_as}", one.exercise, "", find=cell, replace=edited
    )
