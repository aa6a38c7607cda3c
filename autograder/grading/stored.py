"""Expected arrays in a file: with it, a student's laptop judges and names mistakes.

A release holds, for the public seed, the arrays of the reference and the fingerprints of every
misconception, and no code of either. One safetensors file: the arrays, those of one shape stacked,
and JSON in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from autograder.grading.fingerprint import fingerprint, normalized, same
from autograder.grading.judge import Close
from autograder.grading.oracle import Oracle
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
from autograder.sources.checks import CheckSet, read_checks
from autograder.sources.data_files import read_data
from autograder.sources.inputs import draw_inputs
from autograder.sources.predictions import Prediction

FILE = "expected.safetensors"
PUBLIC_SEED = 0
FLOAT32_PRECISION = 1e-6
_REFERENCE = "reference"
_REFERENCE_FINGERPRINT = "reference's fingerprint"


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
            self._observations: dict[tuple[str, str], Observation] = {
                (_REFERENCE, check): Observation(
                    {
                        name: np.broadcast_to(np.zeros((), dtype), shape)
                        for name, (dtype, shape) in kinds.items()
                    }
                )
                for check, kinds in described["kinds"].items()
            }
            self._observations |= {
                (who, check): Observation(failure=Failure(**described["failures"][number]))
                for who, check, number in described["failed"]
            }
            self._observations |= {
                (who, check): Observation(
                    {name: stacks[n][row] for name, (n, row) in found.items()}
                )
                for who, checks in described["arrays"].items()
                for check, found in checks.items()
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
            if (_REFERENCE, check.id) not in self._observations:
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
        return self._observations[_REFERENCE, check.id]

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

    def _did(self, misconception: Misconception, check: Check) -> Observation:
        # A misconception that did as the reference does is not stored twice.
        reference = self._reference_fingerprint(check)
        return self._observations.get((misconception.name, check.id), reference)

    def _reference_fingerprint(self, check: Check) -> Observation:
        whose = _REFERENCE if check.measure is None else _REFERENCE_FINGERPRINT
        return self._observations[whose, check.id]


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


def store(oracle: Oracle, check_set: CheckSet, path: Path, digest: str) -> None:
    """Write everything an oracle knows about the checks of a release.

    Of a misconception, that is its fingerprints. Of the reference, the arrays that a judge compares
    with, and of the others the shapes and dtypes.

    Args:
        digest: of everything the numbers are made from; tells later whether they are stale.
    """
    content = _Content()
    misconceptions: list[dict[str, Any]] = []
    for exercise in check_set.exercises:
        checks = check_set.of(exercise.name)
        reference = {}
        for check in checks:
            expected = oracle.expected(check)
            reference[check.id] = fingerprint(expected, check, oracle.inputs[check.id])
            if check.measure is None or "expected" in check.judge_takes:
                content.add(_REFERENCE, check, expected, "float64")
            else:
                content.add_kinds(check, expected)
            if check.measure is not None:
                content.add(_REFERENCE_FINGERPRINT, check, reference[check.id], "float32")
        for misconception in oracle.misconceptions(exercise.name):
            misconceptions.append(_told(misconception))
            did = oracle.observe_misconception(misconception, checks)
            for check in checks:
                if not same(did[check.id], reference[check.id], check):
                    content.add(misconception.name, check, did[check.id], _precision(check))
    described = {
        "digest": digest,
        "seed": oracle.seed,
        "misconceptions": misconceptions,
        "failures": [asdict(failure) for failure in content.failures],
        "failed": content.failed,
        "kinds": content.kinds,
        "arrays": content.index,
        "data": sorted(check_set.data),
        "predictions": [(each.name, each.choices) for each in check_set.predictions],
    }
    save_file(content.stacked(), path, metadata={"autograder": json.dumps(described)})


def _told(misconception: Misconception) -> dict[str, Any]:
    """What a release says of a misconception: neither its edit nor what is as usual."""
    kept = ("name", "exercise", "hint", "idea", "where", "same_as", "generated", "breaks")
    told = {key: value for key in kept if (value := getattr(misconception, key))}
    return told if misconception.carries else {**told, "carries": False}


def _precision(check: Check) -> str:
    """As many digits as the judge may compare a submission with those of a known mistake."""
    fine = isinstance(check.judge, Close) and check.judge.rtol < FLOAT32_PRECISION
    return "float64" if fine else "float32"


class _Content:
    """What goes into the file. Each array and each failure once: many mistakes do the same.

    Thousands of small arrays, each with a name and a shape of its own, would take as much room for
    these as for their numbers: so those of one dtype and shape are the rows of a stack.

    Attributes:
        index: for each misconception and check, the stack and the row of each array.
        failures: all that there are, in the order of their numbers.
        failed: a misconception, a check, and the number of its failure there.
        kinds: for each check whose arrays are not kept, their dtypes and shapes.
    """

    def __init__(self) -> None:
        self.index: dict[str, dict[str, dict[str, tuple[int, int]]]] = {}
        self.failures: dict[Failure, int] = {}
        self.failed: list[tuple[str, str, int]] = []
        self.kinds: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {}
        self._stacks: dict[tuple[str, tuple[int, ...]], dict[bytes, int]] = {}

    def add(self, who: str, check: Check, seen: Observation, dtype: str) -> None:
        if seen.failure:
            # Without its place, which quotes a line of the reference, and without what of the
            # message is of this machine.
            told = replace(seen.failure, where="", message=normalized(seen.failure.message))
            number = self.failures.setdefault(told, len(self.failures))
            self.failed.append((who, check.id, number))
        for name, array in seen.arrays.items():
            with np.errstate(over="ignore"):  # a mistake may go beyond float32
                kept = array.astype(dtype) if array.dtype.kind == "f" else array
            self._keep(who, check.id, name, np.array(kept, order="C"))

    def _keep(self, who: str, check: str, name: str, array: np.ndarray) -> None:
        kind = (str(array.dtype), array.shape)
        rows = self._stacks.setdefault(kind, {})
        row = rows.setdefault(array.tobytes(), len(rows))
        place = list(self._stacks).index(kind), row
        self.index.setdefault(who, {}).setdefault(check, {})[name] = place

    def stacked(self) -> dict[str, np.ndarray]:
        """The stacks, by their numbers; each has its arrays along the first axis."""
        return {
            str(number): np.ndarray((len(rows), *shape), dtype, b"".join(rows))
            for number, ((dtype, shape), rows) in enumerate(self._stacks.items())
        }

    def add_kinds(self, check: Check, seen: Observation) -> None:
        if seen.failure:
            self.add(_REFERENCE, check, seen, "float64")
        else:
            self.kinds[check.id] = {
                name: (str(array.dtype), array.shape) for name, array in seen.arrays.items()
            }
