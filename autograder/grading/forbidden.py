"""Ask a child whether what the exercises forbid exists: only there is keras imported."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from autograder.grading.observe import LOAD_SECONDS
from autograder.messages import Unknown, UnknownNames
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CHECKS
from autograder.sources.faults import Fault, place_of


def unknown_forbidden(assignment: Assignment, sandbox: Sandbox) -> tuple[Fault, ...]:
    """A fault for each name in an exercise's ``forbidden`` that does not exist.

    What does not exist cannot be refused, and every check of the exercise would fail.

    Raises:
        ChildDied, SandboxLost: the question could not be asked.
    """
    exercises = assignment.check_set.exercises
    names = sorted({name for exercise in exercises for name in exercise.forbidden})
    unknown = frozenset(_unknown(names, sandbox) if names else ())
    return tuple(
        Fault(
            *place_of(exercise.declared, assignment.folder / CHECKS),
            f"exercise {exercise.name!r} forbids {name!r}, which does not exist in the installed "
            "packages. Write the name as it is imported, such as keras.optimizers.SGD.",
        )
        for exercise in exercises
        for name in exercise.forbidden
        if name in unknown
    )


def _unknown(names: Sequence[str], sandbox: Sandbox) -> Sequence[str]:
    with closing(sandbox.child()) as child:
        reply, _ = child.request(
            Unknown(tuple(names)), {}, reply=UnknownNames, cpu_seconds=LOAD_SECONDS
        )
    return reply.names
