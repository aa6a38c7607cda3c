"""Examine what ``checks.py`` and ``hidden_checks.py`` declare, without running a check."""

from __future__ import annotations

import inspect
import keyword
import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any, get_args

from autograder.model import JUDGE_ARGUMENTS, Aspect, Check, Exercise
from autograder.sources.faults import Faults, place_of, place_of_function

Place = tuple[Path, int]

MOST_FALSE_ALARMS = 1e-3
"""Of 500 correct students with 20 checks each, ten would lose points: more is out of the question.
"""


def examine_exercises(path: Path, exercises: Sequence[Exercise], faults: Faults) -> None:
    """Names and lists of forbidden names. ``path`` is the file that declares the exercises."""
    seen: dict[str, Exercise] = {}
    for exercise in exercises:
        name, place = exercise.name, place_of(exercise.declared, path)
        if not isinstance(name, str) or not _is_identifier(name):
            faults.add(*place, f"{name!r} is not a valid name for an exercise. {_IDENTIFIER}")
        elif name in seen:
            faults.add(*place, f"another exercise is named {name!r} too. Rename one of them.")
        seen.setdefault(name, exercise)
        forbidden = exercise.forbidden
        if isinstance(forbidden, str) or not all(isinstance(each, str) for each in forbidden):
            faults.add(
                *place,
                f"`forbidden` of exercise {name!r} must be a tuple of names, such as "
                '("keras.optimizers.SGD",) with its comma.',
            )


def examine_checks(
    path: Path, checks: Sequence[Check], faults: Faults, taken: Sequence[Check] = ()
) -> None:
    """The fields of every check.

    Args:
        path: the file that declares them.
        taken: checks whose names are taken already.
    """
    seen = {check.id for check in taken}
    for check in checks:
        place = place_of(check.declared, path)
        if problem := _problem(check):
            faults.add(*place, f"check {check.id!r} {problem}")
        elif check.id in seen:
            faults.add(*place, f"another check is named {check.id!r} too. Rename one of them.")
        else:
            _functions(check, place, faults)
        seen.add(check.id)
    for check in checks:
        if check.inputs_of and f"{check.exercise}.{check.inputs_of}" not in seen:
            faults.add(
                *place_of(check.declared, path),
                f"check {check.id!r} has inputs_of={check.inputs_of!r}, and {check.exercise} has "
                "no check of that name.",
            )


def examine_unchecked(
    path: Path, exercises: Sequence[Exercise], checks: Sequence[Check], faults: Faults
) -> None:
    """Every exercise has a check."""
    for exercise in exercises:
        if not any(check.exercise == exercise.name for check in checks):
            faults.add(
                *place_of(exercise.declared, path),
                f"exercise {exercise.name!r} has no check. Declare one with "
                f"`@{exercise.name}.check(...)`.",
            )


_IDENTIFIER = "Use letters, digits and _, and begin with a letter."


def _is_identifier(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


# Longer than 50 lines because it is one table: each field of a check, and what to do about it.
def _problem(check: Check) -> str:
    """What is wrong with the values of a check, and how to fix it; "" if nothing is."""
    if not isinstance(check.name, str) or not _is_identifier(check.name):
        return f"has an invalid name. {_IDENTIFIER}"
    if not isinstance(check.claim, str) or not check.claim.strip():
        return "has no claim. Write the sentence that students read as its docstring."
    points: Any = check.points
    if not _is_number(points) or not 0 < points < math.inf:
        return (
            f"is worth {points!r} points. Give it a number of points above 0, without quotes, or "
            "delete it."
        )
    if not isinstance(check.probe, str):
        return f"has probe {check.probe!r}. Give the name of a function in probes.py, in quotes."
    for field in ("inputs", "judge", "measure", "in_itself"):
        value = getattr(check, field)
        if not callable(value) and (value is not None or field not in ("measure", "in_itself")):
            return f"has {field}={value!r:.60}. Pass a function, without calling it."
    withheld: Any = check.withheld
    if isinstance(withheld, str) or not all(isinstance(each, str) for each in withheld):
        return (
            f"has withheld={withheld!r}. Write a tuple of names, such as "
            '("held_out_rows",) with its comma.'
        )
    for field in ("budget", "tolerance"):
        value = getattr(check, field)
        if value is not None and (not _is_number(value) or not 0 < value < math.inf):
            return f"has {field}={value!r}. Give a number above 0, or leave it out."
    if not _is_number(check.false_alarm) or not 0 <= check.false_alarm <= MOST_FALSE_ALARMS:
        return (
            f"has false_alarm={check.false_alarm!r}. Give the probability with which it fails "
            f"correct code by chance: {MOST_FALSE_ALARMS:g} at most."
        )
    if check.aspect not in get_args(Aspect):
        return f"has aspect={check.aspect!r}. Write one of {', '.join(get_args(Aspect))}."
    if not isinstance(check.same_shapes, bool):
        return f"has same_shapes={check.same_shapes!r}. Write True or False."
    if check.reference_floatx not in ("float32", "float64"):
        return f'has reference_floatx={check.reference_floatx!r}. Write "float32" or "float64".'
    return ""


def _functions(check: Check, place: Place, faults: Faults) -> None:
    """The parameters of a check's functions: what the engine calls them with."""
    _judge(check, place, faults)
    for field, called_with, parameters in (
        ("inputs", (None,), "one parameter, rng"),
        ("measure", (None, None), "two parameters, observed and inputs"),
        ("in_itself", (None, None, None), "three parameters, observed, inputs and others"),
    ):
        function = getattr(check, field)
        if function is not None and not _accepts(function, called_with):
            faults.add(
                *place_of_function(function, place),
                f"`{field}` of check {check.id!r} must be a function of {parameters}.",
            )


def _accepts(function: Callable[..., Any], arguments: Sequence[None]) -> bool:
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # a built-in function does not tell
        pass
    return True


def _judge(check: Check, place: Place, faults: Faults) -> None:
    given = ", ".join(JUDGE_ARGUMENTS)
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(check.judge).parameters
    except ValueError:
        parameters = {}
    for name, parameter in parameters.items():
        if name not in JUDGE_ARGUMENTS and parameter.default is inspect.Parameter.empty:
            faults.add(
                *place_of_function(check.judge, place),
                f"check {check.id!r} asks for {name!r}. A check's function may take {given}.",
            )
            return
    if not set(parameters) & {"observed", "measured"}:
        faults.add(
            *place,
            f"check {check.id!r} looks at nothing that the student did: its judge takes neither "
            "observed nor measured. Was `close` meant to be called, as in judge=close()?",
        )
    elif "measured" in parameters and check.measure is None:
        faults.add(
            *place,
            f"check {check.id!r} asks for 'measured'. Give it `measure=` a function of "
            "(observed, inputs).",
        )
