"""Observe two known mistakes at once, for a release: see `autograder.grading.pairs`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import combinations
from typing import Protocol

import numpy as np

from autograder.grading.compare import ATOL, RTOL, near
from autograder.grading.fingerprint import fingerprint
from autograder.grading.oracle import LiveOracle
from autograder.grading.pairs import Pairs, sample
from autograder.model import Check, Misconception
from autograder.sources.assignment import Assignment
from autograder.sources.edits import combined

PER_CHILD = 50
"""So many pairs share a child: TensorFlow starts once for them, and memory stays bounded."""

Both = tuple[Misconception, Misconception]


class Progress(Protocol):
    """Shows how far something is."""

    def __call__(
        self, what: str, count: int, /
    ) -> AbstractContextManager[Callable[[str], None]]: ...


def observe_all_pairs(oracle: LiveOracle, *, jobs: int, progress: Progress) -> dict[str, Pairs]:
    """Of each exercise with a released check that asks for it, what two mistakes do at once."""
    checks = oracle.assignment.check_set.checks
    asked = [check for check in checks if check.pairs and not check.hidden]
    found = {}
    for check in asked:
        pairs = pairs_to_try(oracle, check)
        with progress(f"two mistakes in {check.exercise}", len(pairs)) as step:
            found[check.exercise] = observe_pairs(oracle, check, pairs, jobs=jobs, step=step)
    return found


def pairs_to_try(oracle: LiveOracle, check: Check) -> list[Both]:
    """The pairs of an author's mistakes that show in a check, and whose edits do not overlap.

    What lacks the idea of the exercise is no slip beside another.
    """
    right = fingerprint(oracle.expected(check), check, oracle.inputs[check.id]).arrays
    size = sum(array.size for array in right.values())
    reference = sample(right, size)
    shown = []
    for known, did in oracle.observe_misconceptions(check):
        numbers = None if did.failure else sample(did.arrays, size)
        if numbers is None or reference is None or near(numbers, reference, RTOL, ATOL).all():
            continue
        if known.carries and not known.generated:
            shown.append(known)
    return [
        (one, other)
        for one, other in combinations(shown, 2)
        if one.known_as != other.known_as and at_once(oracle.assignment, one, other)
    ]


def observe_pairs(
    oracle: LiveOracle,
    check: Check,
    pairs: Sequence[Both],
    *,
    jobs: int,
    step: Callable[[str], None] = lambda _: None,
) -> Pairs:
    """What pairs of mistakes do in a check.

    Left out are those that end with an error, lose a number, or do what the reference or one
    mistake alone does.

    Args:
        step: called after each pair with its exercise's name.
    """
    trial = oracle.trials([check])[0]
    right = fingerprint(oracle.expected(check), check, oracle.inputs[check.id]).arrays
    size = sum(array.size for array in right.values())
    alone = [sample(right, size)]
    alone += [
        None if did.failure else sample(did.arrays, size)
        for _, did in oracle.observe_misconceptions(check)
    ]
    singles = np.array([numbers for numbers in alone if numbers is not None])

    def observed(lot: Sequence[Both]) -> list[np.ndarray | None]:
        found: list[np.ndarray | None] = []
        with oracle.child() as child:
            for pair in lot:
                edit = at_once(oracle.assignment, *pair)
                assert edit is not None
                definitions = oracle.assignment.misconception(edit)
                ((_, seen),) = child.observations(definitions, [trial])
                did = fingerprint(seen, check, oracle.inputs[check.id])
                numbers = None if did.failure else sample(did.arrays, size)
                told = numbers is not None and np.isfinite(numbers).all()
                alike = told and near(numbers, singles, RTOL, ATOL).all(axis=1).any()  # type: ignore[arg-type]
                found.append(numbers if told and not alike else None)
                step(check.exercise)
        return found

    lots = [pairs[first : first + PER_CHILD] for first in range(0, len(pairs), PER_CHILD)]
    with ThreadPoolExecutor(jobs, "pairs") as executor:
        found = [numbers for lot in executor.map(observed, lots) for numbers in lot]
    kept = [
        (pair, numbers) for pair, numbers in zip(pairs, found, strict=True) if numbers is not None
    ]
    names = [(one.name, other.name) for (one, other), _ in kept]
    return Pairs(trial, size, names, np.array([numbers for _, numbers in kept]))


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
