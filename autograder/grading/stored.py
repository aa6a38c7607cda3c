"""Expected arrays in a file: with it, a student's laptop judges and names mistakes.

A release holds, for the public seed, the arrays of the reference and the fingerprints of every
misconception, and no code of either. One safetensors file: the arrays, those of one shape stacked,
and JSON in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from autograder.grading.pairs import Pairs
from autograder.grading.trial import LEAST_SECONDS, Trial, budget, sizes_of
from autograder.model import (
    Arrays,
    AutograderError,
    Check,
    Failure,
    Inputs,
    Misconception,
    Observation,
)
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CheckSet, read_checks
from autograder.sources.course import Course
from autograder.sources.data_files import read_data
from autograder.sources.inputs import draw_inputs
from autograder.sources.predictions import Prediction

FILE = "expected.safetensors"
PUBLIC_SEED = 0
REFERENCE = "reference"
REFERENCE_FINGERPRINT = "reference's fingerprint"


class StoredOracle:
    """Reads from a release what the reference and the misconceptions did with the public seed."""

    def __init__(self, path: Path, check_set: CheckSet) -> None:
        """Raises: AutograderError if the file is missing, damaged, or of other checks."""
        try:
            with safe_open(path, "numpy") as file:
                described = json.loads((file.metadata() or {})["autograder"])
                stacks = [file.get_tensor(str(n)) for n in range(len(file.keys()))]
            self.seed = int(described["seed"])
            self._misconceptions = [
                Misconception(**{**known, "breaks": tuple(known.get("breaks", ()))})
                for known in described["misconceptions"]
            ]
            self._observations = _observations_in(described, stacks)
            self._pairs = {
                exercise: {**found, "stack": stacks[found["stack"]]}
                for exercise, found in described.get("pairs", {}).items()
            }
        except FileNotFoundError as error:
            raise AutograderError(
                f"{path} is missing. Run the checks in the folder that your assignment came in: it "
                f"holds the notebook, checks.py, probes.py and {FILE}."
            ) from error
        except (SafetensorError, OSError, LookupError, ValueError, TypeError) as error:
            raise AutograderError(
                f"{path} is damaged ({error}). Download the assignment's folder again."
            ) from error
        self._check_set = check_set
        self.inputs: Mapping[str, Inputs] = {
            check.id: draw_inputs(check, self.seed) for check in check_set.checks
        }
        for check in check_set.checks:
            if (REFERENCE, check.id) not in self._observations:
                raise AutograderError(
                    f"{path} has no numbers for {check.id}: it belongs to another version of "
                    "checks.py. Download the assignment's folder again."
                )

    def trials(self, checks: Iterable[Check]) -> list[Trial]:
        """What to try on a submission, with the default time limits."""
        return [
            Trial(
                self._check_set.exercise(check.exercise),
                check,
                self._check_set.probes[check.probe],
                self.inputs[check.id],
                self.seed,
                cpu_seconds=budget(check, None),
                cpu_seconds_after_death=check.budget or LEAST_SECONDS,
                share=budget(check, None),
                reference=sizes_of(self.expected(check)),
                data=self._check_set.data,
            )
            for check in checks
        ]

    def expected(self, check: Check) -> Observation:
        """What the reference did; where no judge reads its numbers, zeros of the same shapes."""
        return self._observations[REFERENCE, check.id]

    def wanted(self, check: Check) -> Arrays:
        return self._reference_fingerprint(check).arrays

    def misconceptions(self, exercise: str) -> Sequence[Misconception]:
        return [m for m in self._misconceptions if m.exercise == exercise]

    def observe_misconception(
        self, misconception: Misconception, checks: Sequence[Check]
    ) -> Mapping[str, Observation]:
        return {check.id: self._did(misconception, check) for check in checks}

    def observe_misconceptions(self, check: Check) -> Sequence[tuple[Misconception, Observation]]:
        return [(m, self._did(m, check)) for m in self.misconceptions(check.exercise)]

    def pairs(self, exercise: str) -> Pairs | None:
        found = self._pairs.get(exercise)
        if found is None:
            return None
        checks = self._check_set.of(exercise)
        (trial,) = self.trials(check for check in checks if check.name == found["check"])
        names = [
            (self._misconceptions[one].name, self._misconceptions[other].name)
            for one, other in found["mistakes"]
        ]
        return Pairs(trial, int(found["size"]), names, found["stack"])

    def _did(self, misconception: Misconception, check: Check) -> Observation:
        # A misconception that did as the reference does is not stored twice.
        reference = self._reference_fingerprint(check)
        return self._observations.get((misconception.name, check.id), reference)

    def _reference_fingerprint(self, check: Check) -> Observation:
        whose = REFERENCE if check.measure is None else REFERENCE_FINGERPRINT
        return self._observations[whose, check.id]


def _observations_in(
    described: Mapping[str, Any], stacks: Sequence[np.ndarray]
) -> dict[tuple[str, str], Observation]:
    """By who was observed and the check's id, what a file says of them.

    Where it holds only shapes and dtypes, the arrays are zeros.
    """
    kinds = {
        (REFERENCE, check): Observation(
            {
                name: np.broadcast_to(np.zeros((), dtype), shape)
                for name, (dtype, shape) in of.items()
            }
        )
        for check, of in described["kinds"].items()
    }
    failed = {
        (who, check): Observation(failure=Failure(**described["failures"][number]))
        for who, check, number in described["failed"]
    }
    arrays = {
        (who, check): Observation({name: stacks[n][row] for name, (n, row) in found.items()})
        for who, checks in described["arrays"].items()
        for check, found in checks.items()
    }
    return kinds | failed | arrays


def read_release(folder: Path, only: frozenset[str] = frozenset()) -> tuple[CheckSet, StoredOracle]:
    """The checks and the stored numbers of a release.

    Raises:
        AutograderError: the folder is no release, or a damaged one; an exercise is unknown.
    """
    check_set = read_checks(folder, hidden=False)
    try:
        # Not what a student keeps in the same folder.
        data = read_data(folder, data_in(folder / FILE))
    except OSError as error:
        raise AutograderError(
            f"{error.filename} is missing. Download the assignment's folder again."
        ) from error
    check_set = replace(check_set, data=data, predictions=predictions_in(folder / FILE))
    oracle = StoredOracle(folder / FILE, check_set)
    return (check_set.only(only) if only else check_set), oracle


def released_pairs(assignment: Assignment) -> Callable[[str], Pairs | None]:
    """What the release of an assignment knows of two mistakes at once.

    Nothing if it is missing, or of other checks. It is read when it is asked for.
    """

    @cache
    def oracle() -> StoredOracle | None:
        whole = assignment.check_set
        public = tuple(check for check in whole.checks if not check.hidden)
        folder = Course(assignment.folder.parents[1]).release(assignment.name)
        try:
            return StoredOracle(folder / FILE, replace(whole, checks=public))
        except AutograderError:
            return None

    def of(exercise: str) -> Pairs | None:
        found = oracle()
        return found.pairs(exercise) if found else None

    return of


def digest_in(path: Path) -> str:
    """The digest that ``store`` was given; "" if the file holds none."""
    return str(_described(path).get("digest", ""))


def data_in(path: Path) -> list[str]:
    """The names of the data files that the assignment was released with."""
    return list(_described(path).get("data", ()))


def predictions_in(path: Path) -> tuple[Prediction, ...]:
    """The predictions that the assignment's notebook asks for, whatever became of its cells."""
    return tuple(Prediction(*each) for each in _described(path).get("predictions", ()))


def _described(path: Path) -> dict[str, Any]:
    """What a file says of itself; nothing if it is missing or damaged."""
    try:
        with safe_open(path, "numpy") as file:
            found = json.loads((file.metadata() or {})["autograder"])
    except (SafetensorError, OSError, LookupError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
