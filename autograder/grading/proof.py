"""What of an assignment is examined, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field

from autograder.model import Misconception
from autograder.sources.assignment import Assignment
from autograder.sources.misconceptions import MISCONCEPTIONS
from autograder.verdicts import ExerciseReport


@dataclass(frozen=True)
class Scope:
    """What of an assignment to examine.

    Attributes:
        exercises: names of exercises; empty for all.
        checks: names of checks (``name`` or ``Exercise.name``); empty for all. With some of them
            alone, a misconception may be caught by none, or look like another.
    """

    exercises: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()

    def of(self, assignment: Assignment) -> Assignment:
        """The assignment with nothing but this.

        Raises:
            AutograderError: it has no such exercise or check.
        """
        found = assignment.only(self.exercises) if self.exercises else assignment
        return found.with_checks(self.checks) if self.checks else found


@dataclass
class Proof:
    """What ``verify`` found about one assignment.

    Attributes:
        caught: for each misconception, the names of the checks it fails.
        problems: what is wrong, one sentence each; empty if the assignment is proven.
        counts: how many of each kind of implementation were examined.
        seconds: for each check's id, the CPU seconds of its probe on the reference.
    """

    assignment: str
    caught: dict[Misconception, tuple[str, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def missed(known: Misconception, found: ExerciseReport) -> list[str]:
    """What is wrong if a generated misconception is not caught.

    It may do what an author's does, which students then read: the author knows more about it.
    """
    if any(verdict.status != "passed" for verdict in found.verdicts):
        return []
    advice = (
        f"Add a check in which the argument matters, or declare [[equivalent]] exercise = "
        f'"{known.exercise}", mutant = "{known.name}" in {MISCONCEPTIONS} and say why no check '
        "can see it."
    )
    return [f"{known.exercise} passes every check with {known.name}: {known.hint} {advice}"]


def misnamed(known: Misconception, found: ExerciseReport) -> list[str]:
    """What is wrong if a misconception is not caught, or not named as itself."""
    who = f"misconception {known.exercise}.{known.name}"
    failed = [v for v in found.verdicts if v.status != "passed"]
    if not failed:
        return [f"{who} passes every check."]
    names = {v.misconception for v in failed if v.misconception}
    if not names:
        return [f"{who} fails {failed[0].check}, and is not named."]
    return [
        f"{who} cannot be told from {other}: they do the same in {failed[0].check}."
        for other in sorted(names - {known.known_as})
    ]
