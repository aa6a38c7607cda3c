"""Write a release's expected arrays: what `autograder.grading.stored` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from autograder.grading.fingerprint import fingerprint, normalized, same
from autograder.grading.judge import Close
from autograder.grading.oracle import Oracle
from autograder.grading.stored import REFERENCE, REFERENCE_FINGERPRINT
from autograder.model import Check, Failure, Misconception, Observation
from autograder.sources.checks import CheckSet

FLOAT32_PRECISION = 1e-6


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
                content.add(REFERENCE, check, expected, "float64")
            else:
                content.add_kinds(check, expected)
            if check.measure is not None:
                content.add(REFERENCE_FINGERPRINT, check, reference[check.id], "float32")
        for misconception in oracle.misconceptions(exercise.name):
            misconceptions.append(_told(misconception))
            did = oracle.observe_misconception(misconception, checks)
            for check in checks:
                if not same(did[check.id], reference[check.id], check):
                    content.add(misconception.name, check, did[check.id], _precision(check))
    stacks = content.stacked()
    pairs = _add_pairs(stacks, oracle, misconceptions)
    described = {
        "digest": digest,
        "seed": oracle.seed,
        "misconceptions": misconceptions,
        "failures": [asdict(failure) for failure in content.failures],
        "failed": content.failed,
        "kinds": content.kinds,
        "arrays": content.index,
        "pairs": pairs,
        "data": sorted(check_set.data),
        "predictions": [(each.name, each.choices) for each in check_set.predictions],
    }
    save_file(stacks, path, metadata={"autograder": json.dumps(described)})


def _add_pairs(
    stacks: dict[str, np.ndarray], oracle: Oracle, misconceptions: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Add the numbers of pairs of mistakes, a stack for each exercise; returns what they are.

    Args:
        misconceptions: as they are told. The two of a pair are told by their places in it.
    """
    places = {(known["exercise"], known["name"]): at for at, known in enumerate(misconceptions)}
    found = {}
    for exercise in dict.fromkeys(exercise for exercise, _ in places):
        pairs = oracle.pairs(exercise)
        if pairs and pairs.names:
            found[exercise] = {
                "check": pairs.trial.check.name,
                "size": pairs.size,
                "mistakes": [[places[exercise, name] for name in each] for each in pairs.names],
                "stack": len(stacks),
            }
            stacks[str(len(stacks))] = pairs.numbers.astype("float32")
    return found


def _told(misconception: Misconception) -> dict[str, Any]:
    """What a release says of a misconception: neither its edit nor what is as usual."""
    kept = ("name", "exercise", "hint", "idea", "where", "same_as", "generated", "breaks")
    told = {key: value for key in kept if (value := getattr(misconception, key))}
    return told if misconception.carries else {**told, "carries": False}


def _precision(check: Check) -> str:
    """As many digits as the judge may compare a submission with those of a known mistake."""
    fine = isinstance(check.judge, Close) and check.judge.rtol < FLOAT32_PRECISION
    return "float64" if fine else "float32"


def _shortened(array: np.ndarray, dtype: str) -> np.ndarray:
    """An array in fewer digits; as it is where that would lose a number to infinity."""
    with np.errstate(over="ignore"):
        short = array.astype(dtype)
    return short if (np.isfinite(short) == np.isfinite(array)).all() else array


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
            kept = _shortened(array, dtype) if array.dtype.kind == "f" else array
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
            self.add(REFERENCE, check, seen, "float64")
        else:
            self.kinds[check.id] = {
                name: (str(array.dtype), array.shape) for name, array in seen.arrays.items()
            }
