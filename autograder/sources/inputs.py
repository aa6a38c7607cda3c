"""Draw the inputs of checks, as what can be sent to a child: NumPy arrays and JSON values."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from autograder.model import Check, Inputs
from autograder.sources.faults import CourseFaults, Fault, place_of, place_of_function

CHECKS = Path("checks.py")

LARGEST_INTEGER = 2**63


def draw_inputs(check: Check, seed: int) -> Inputs:
    """A check's inputs for one run: the same for every submission that is graded with ``seed``.

    NumPy's scalars become Python's numbers, tuples and arrays inside other values become lists, so
    that the judge has what the probe gets. What the check withholds is left as it is.

    Raises:
        CourseFaults: the check's own function failed, lacks what the check withholds, or returned
            what cannot be sent.
    """
    place = _place(check)
    inputs = _drawn(check, seed, place)
    if not isinstance(inputs, Mapping):
        raise _fault(
            place,
            f"the inputs of check {check.id} are a {_kind(inputs)}. Return a dictionary with a "
            "value for each parameter of the probe.",
        )
    for name in inputs:
        if not isinstance(name, str) or not name.isidentifier():
            raise _fault(
                place,
                f"check {check.id} has an input named {name!r}. Name it as a parameter of the "
                "probe: letters, digits and _.",
            )
    if unknown := set(check.withheld) - set(inputs):
        raise _fault(
            place_of(check.declared, CHECKS),
            f"check {check.id} withholds {min(unknown)!r}, which is none of its inputs "
            f"{', '.join(inputs)}.",
        )
    try:
        return {
            name: value if name in check.withheld else _sent(value, f"input {name!r}")
            for name, value in inputs.items()
        }
    except TypeError as error:
        raise _fault(place, f"check {check.id}: {error}") from error


def _drawn(check: Check, seed: int, place: tuple[Path, int]) -> Any:
    """What the check's own function returns."""
    like = f"{check.exercise}.{check.inputs_of or check.name}"
    try:
        return check.inputs(np.random.default_rng([seed, crc32(like.encode())]))
    except Exception as error:
        # The author's own line, and not the library's that it called.
        steps = traceback.extract_tb(error.__traceback__)
        lines = [step for step in steps if Path(step.filename).parent == place[0].parent]
        if lines:
            place = Path(lines[-1].filename), lines[-1].lineno or 0
        problem = f"{type(error).__name__}: {error}"
        raise _fault(
            place, f"the inputs of check {check.id} cannot be drawn: {problem}. Fix this line."
        ) from error


def _place(check: Check) -> tuple[Path, int]:
    return place_of_function(check.inputs, place_of(check.declared, CHECKS))


def _fault(place: tuple[Path, int], message: str) -> CourseFaults:
    return CourseFaults([Fault(*place, message)])


def _sent(value: Any, what: str) -> Any:
    """An input as it is sent: an array, or a JSON value.

    Raises:
        TypeError: it is neither; says what it is and what to pass instead.
    """
    if isinstance(value, np.ndarray):
        _expect_numbers(value, what)
        return value
    return _plain(value, what)


def _plain(value: Any, what: str) -> Any:
    if isinstance(value, np.generic):
        _expect_numbers(np.asarray(value), what)
        value = value.item()
    if isinstance(value, np.ndarray):  # inside a list or a dictionary
        _expect_numbers(value, what)
        value = value.tolist()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if not -LARGEST_INTEGER <= value < LARGEST_INTEGER:
            raise TypeError(f"{what} is {value:.3g}, which 64 bits do not hold. Use a float.")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{what} is {value}, which JSON does not have. Use np.array({value}).")
        return value
    if isinstance(value, list | tuple):
        return [_plain(one, f"{what}[{index}]") for index, one in enumerate(value)]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{what} has the key {key!r}, and JSON keys are text. Use str().")
        return {key: _plain(one, f"{what}[{key!r}]") for key, one in value.items()}
    raise TypeError(
        f"{what} is a {_kind(value)}, which cannot be sent to a student's process. Pass a NumPy "
        "array, or numbers, text, lists and dictionaries of these."
    )


def _expect_numbers(array: np.ndarray, what: str) -> None:
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(
            f"{what} is an array of {array.dtype}, which cannot be sent to a student's process. "
            "Use numbers of up to 64 bits, or a list of text."
        )


def _kind(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
