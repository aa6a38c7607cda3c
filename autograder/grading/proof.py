"""What of an assignment is examined, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from autograder.model import Check, Misconception
from autograder.sources.assignment import Assignment, exercise_of
from autograder.sources.checks import CHECKS, HIDDEN_CHECKS
from autograder.sources.faults import Fault, place_of
from autograder.sources.misconceptions import MISCONCEPTIONS
from autograder.verdicts import ExerciseReport


@dataclass(frozen=True)
class Scope:
    """What of an assignment to examine.

    Attributes:
        exercises: names of exercises; empty for all.
        checks: names of checks (``name`` or ``Exercise.name``); empty for all. With some of them
            alone, a misconception may be caught by none, or look like another.
        everything: observe every misconception in every check, as a release needs it, and not only
            as far as the proof needs it.
    """

    exercises: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()
    everything: bool = False

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
        caught: for each misconception, the names of the checks that it is known to fail.
        passed: for each misconception, the names of the checks that it is known to pass.
        problems: what is wrong, one sentence each; empty if the assignment is proven.
        counts: how many of each kind of implementation were examined.
        seconds: for each check's id, the CPU seconds of its probe on the reference.
        left: for each misconception that was observed in every check, the share of the exercise's
            points that it leaves, from 0 to 1.
    """

    assignment: str
    caught: dict[Misconception, tuple[str, ...]] = field(default_factory=dict)
    passed: dict[Misconception, tuple[str, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    left: dict[Misconception, float] = field(default_factory=dict)


class Findings:
    """Says what is wrong with an assignment, each time with the file and the line."""

    def __init__(self, assignment: Assignment) -> None:
        self.proof = Proof(assignment.name)
        self._assignment = assignment

    def of_exercise(self, exercise: str, problem: str) -> None:
        """At the beginning of the exercise's cell."""
        percent = self._assignment.percent
        numbers = enumerate(percent.notebook.cells, 1)
        (cell,) = [number for number, cell in numbers if exercise_of(cell) == exercise]
        self.at(percent.path, percent.line(cell), problem)

    def of_check(self, check: Check, problem: str) -> None:
        """Where the check is declared."""
        file = self._assignment.folder / (HIDDEN_CHECKS if check.hidden else CHECKS)
        self.at(*place_of(check.declared, file), problem)

    def of_misconception(self, known: Misconception, problem: str) -> None:
        """Where it stands; a generated one stands nowhere but in the exercise."""
        if known.generated:
            self.of_exercise(known.exercise, problem)
        else:
            self.at(self._assignment.folder / MISCONCEPTIONS, known.line, problem)

    def at(self, path: Path, line: int, problem: str) -> None:
        """At a line of a file; 0 for the whole file."""
        self.proof.problems.append(str(Fault(path, line, problem)))


def uncaught(known: Misconception) -> str:
    """What is wrong if every check passes a misconception."""
    if not known.generated:
        return f"misconception {known.exercise}.{known.name} passes every check."
    return (
        f"{known.exercise} passes every check with {known.name}: {known.hint} Add a check in which "
        f"the argument matters, or declare [[equivalent]] exercise = "
        f'"{known.exercise}", mutant = "{known.name}" in {MISCONCEPTIONS} and say why no check '
        "can see it."
    )


def alike(known: Misconception, other: Misconception) -> str:
    """What is wrong if two misconceptions do the same in every check, so that neither is named."""
    return (
        f"misconception {known.exercise}.{known.name} cannot be told from {other.name}: they do "
        "the same in every check. Add a check that shows the difference, or, if they are "
        f'mathematically one, replace the hint of the second by same_as = "{other.name}".'
    )


def earns_points(what: str, found: ExerciseReport) -> str:
    """What is wrong if an implementation without the idea of the exercise earns points."""
    passed = ", ".join(verdict.check for verdict in found.verdicts if verdict.points)
    return (
        f"code that {what} earns {found.score:g} of {found.max_score:g} points of {found.name}: it "
        f"passes {passed}. Make it a misconception with `carries = false`, or let these checks "
        "ask for more."
    )


def breaks_nothing(known: Misconception, name: str) -> str:
    """What is wrong if a misconception breaks what is no check of behaviour."""
    return (
        f"misconception {known.exercise}.{known.name} breaks {name!r}, and {known.exercise} has no "
        "check of behaviour of that name. Only to these a mistake is carried forward; correct or "
        "delete the name."
    )


def misnamed(known: Misconception, found: ExerciseReport) -> list[str]:
    """What is wrong if a misconception that is caught is not named as itself."""
    who = f"misconception {known.exercise}.{known.name}"
    failed = [v for v in found.verdicts if v.status != "passed"]
    names = {v.misconception for v in failed if v.misconception}
    if not names:
        return [f"{who} fails {failed[0].check}, and is not named."]
    return [
        f"{who} is taken for {other}: they do the same in {failed[0].check}."
        for other in sorted(names - {known.known_as})
    ]
