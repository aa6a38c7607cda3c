"""What an author should know of an assignment before it is graded with, and takes some time to see.

`read_assignment` has seen that the files fit together. `examine` draws inputs, and looks for what
students would miss or should not see. ``verify`` and ``build`` call it; grading does not.
"""

from __future__ import annotations

import ast
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from autograder.model import Check, Inputs
from autograder.sources.answers import revealed
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CHECKS, HIDDEN_CHECKS
from autograder.sources.code_rules import examine_judges, examine_probes
from autograder.sources.faults import CourseFaults, Fault, Faults, place_of, place_of_function
from autograder.sources.helpers import examine_helpers
from autograder.sources.inputs import draw_inputs
from autograder.sources.misconceptions import MISCONCEPTIONS, examine_edits
from autograder.sources.parsing import parsed
from autograder.sources.release_files import examine_copy, examine_data

SEED = 0

A_DAY = 86_400.0


def examine(assignment: Assignment) -> tuple[Fault, ...]:
    """Everything that is wrong with an assignment that could be read, sorted by file and line.

    Keras is not imported, and no exercise is run.
    """
    faults = Faults()
    examine_edits(assignment.folder / MISCONCEPTIONS, assignment.authored, assignment.cells, faults)
    examine_helpers(assignment, faults)
    examine_probes(assignment.folder, faults)
    examine_judges(assignment, faults)
    _examine_inputs(assignment, faults)
    faults.found += revealed(assignment)
    faults.found += examine_data(assignment)
    if not faults.found:  # what is wrong here is wrong in a copy too
        faults.found += examine_copy(assignment)
    return tuple(sorted(set(faults.found)))


def _examine_inputs(assignment: Assignment, faults: Faults) -> None:
    """Inputs come from the generator alone, can be sent, and fit the probe."""
    seen: set[tuple[Any, ...]] = set()  # several checks may share a function, or a probe

    def once(fault: Fault, *keys: tuple[Any, ...]) -> None:
        if not seen & set(keys):
            faults.found.append(fault)
        seen.update(keys)

    for check in assignment.check_set.checks:
        file = HIDDEN_CHECKS if check.hidden else CHECKS
        declared = place_of(check.declared, assignment.folder / file)
        try:
            with _other_globals(1, 0.0):
                drawn = draw_inputs(check, SEED)
            with _other_globals(2, A_DAY):
                again = draw_inputs(check, SEED)
        except CourseFaults as error:
            for fault in error.faults:
                once(fault, (fault.path, fault.line))
            continue
        name = _differing(drawn, again)
        path, line = place_of_function(check.inputs, declared)
        if name is not None:
            problem = (
                f"input {name!r} of check {check.id} differs when it is drawn twice from the same "
                "generator. Draw from `rng` alone: no np.random, no random, no time, nothing that "
                "remembers the draw before."
            )
            once(Fault(path, line, problem), (path, line))
        elif misfit := _misfit(assignment, check, drawn):
            name, problem = misfit
            once(Fault(*declared, problem), (check.probe, name), (path, line, name))


@contextlib.contextmanager
def _other_globals(seed: int, seconds: float) -> Iterator[None]:
    """Global random numbers of this seed, and a clock that is ahead; put back afterwards."""
    python, numpy, clock, nanoseconds = (
        random.getstate(),
        np.random.get_state(),
        time.time,
        time.time_ns,
    )
    random.seed(seed)
    np.random.seed(seed)
    _set_clock(lambda: clock() + seconds, lambda: nanoseconds() + int(seconds * 1e9))
    try:
        yield
    finally:
        _set_clock(clock, nanoseconds)
        random.setstate(python)
        np.random.set_state(numpy)


def _set_clock(seconds: Callable[[], float], nanoseconds: Callable[[], int]) -> None:
    time.time, time.time_ns = seconds, nanoseconds


def _differing(one: Inputs, other: Inputs) -> str | None:
    """The name of the first input that two draws do not share."""
    for name in [*one, *other]:
        if name not in one or name not in other or not _same(one[name], other[name]):
            return name
    return None


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        numbers = one.dtype.kind in "fc"
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and np.array_equal(one, other, equal_nan=numbers)
        )
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    try:
        return bool(one == other or (one != one and other != other))
    except Exception:  # of an object of the author's own, which only the judge gets
        return True


def _misfit(assignment: Assignment, check: Check, drawn: Inputs) -> tuple[str, str] | None:
    """Why the probe cannot be called with the inputs of a check: which one, and how to fix it."""
    probe = assignment.check_set.probes[check.probe]
    function = _definition(probe.source, probe.name)
    if function is None:
        return None
    parameters = function.args
    passed = [name for name in drawn if name not in check.withheld]
    positional = [*parameters.posonlyargs, *parameters.args]
    by_name = [each.arg for each in [*parameters.args, *parameters.kwonlyargs]]
    implementation = positional[0].arg if positional else ""
    takes = [name for name in by_name if name != implementation]
    if implementation in passed:
        return implementation, (
            f"check {check.id} has an input {implementation!r}, which is the first parameter of "
            f"probe {check.probe} and gets the student's class or function. Rename one of them."
        )
    strange = [name for name in passed if name not in takes]
    if strange and parameters.kwarg is None:
        return strange[0], (
            f"check {check.id} passes {strange[0]!r} to probe {check.probe}, which takes "
            f"{', '.join(takes) or 'no inputs'}. Rename it, or withhold it: "
            f'withheld=("{strange[0]}",).'
        )
    for name in _required(parameters, implementation):
        if name not in passed:
            held = " It is withheld." if name in check.withheld else ""
            return name, (
                f"probe {check.probe} requires {name!r}, which check {check.id} does not pass; it "
                f"passes {', '.join(passed) or 'nothing'}.{held} Add it to the inputs."
            )
    return None


def _required(parameters: ast.arguments, implementation: str) -> list[str]:
    positional = [each.arg for each in [*parameters.posonlyargs, *parameters.args]]
    required = positional[: len(positional) - len(parameters.defaults)]
    named = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    required += [each.arg for each, default in named if default is None]
    return [name for name in required if name != implementation]


def _definition(source: str, name: str) -> ast.FunctionDef | None:
    """The function of a name in a module, also if the name is another one's alias."""
    body = parsed(source, name).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            for target in node.targets:
                if isinstance(target, ast.Name) and node.value.id in functions:
                    functions[target.id] = functions[node.value.id]
    return functions.get(name)
