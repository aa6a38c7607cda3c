"""An author's proof that the checks of an assignment are right.

The reference earns everything, the stub nothing, every misconception is caught and named as
itself, every correct variant passes, no check catches nothing, and none of that depends on the
seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from nbformat import NotebookNode

from autograder.grading.grade import UNWRITTEN, grade_definitions, grade_submission, judge_exercises
from autograder.grading.oracle import LiveOracle
from autograder.model import Misconception
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission, read_submission
from autograder.sources.views import student_notebook
from autograder.verdicts import ExerciseReport


@dataclass
class Proof:
    """What ``verify`` found about one assignment.

    Attributes:
        caught: for each misconception, the names of the checks it fails.
        problems: what is wrong, one sentence each; empty if the assignment is proven.
        counts: how many of each kind of implementation were examined.
    """

    assignment: str
    caught: dict[Misconception, tuple[str, ...]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def verify(
    assignment: Assignment,
    sandbox: Sandbox,
    *,
    jobs: int,
    seeds: Sequence[int],
    step: Callable[[str], None],
) -> Proof:
    """Examine an assignment: everything with the first seed, the reference with all of them.

    Args:
        jobs: number of parallel jobs.
        step: called after each of `steps` with what was examined.
    """
    examination = _Examination(assignment, sandbox, seeds[0], step)
    variants = [read_submission(path) for path in assignment.variants]
    examination.oracle.prepare_all(
        jobs,
        step,
        besides=[
            *(partial(examination.reference, seed) for seed in seeds),
            *(partial(examination.variant, each) for each in variants),
            examination.stub,
        ],
    )
    for known in assignment.misconceptions:
        examination.misconception(known)
    examination.every_check_catches_something()
    proof = examination.proof
    proof.counts = {
        "seeds": len(seeds),
        "misconceptions": len(assignment.misconceptions),
        "variants": examination.exercises_in_variants,
        "checks": len(assignment.check_set.checks),
    }
    return proof


class _Examination:
    """The parts of a proof; the first three may run side by side."""

    def __init__(
        self, assignment: Assignment, sandbox: Sandbox, seed: int, step: Callable[[str], None]
    ) -> None:
        self.assignment = assignment
        self.sandbox = sandbox
        self.step = step
        self.check_set = assignment.check_set
        self.oracle = LiveOracle(sandbox, assignment, seed)
        self.proof = Proof(assignment.name)
        self.exercises_in_variants = 0

    def reference(self, seed: int) -> None:
        """The reference earns every point."""
        oracle = self.oracle
        if seed != oracle.seed:
            oracle = LiveOracle(self.sandbox, self.assignment, seed)
        found = grade_definitions(
            self.assignment.reference(), {}, self.check_set, oracle, self.sandbox
        )
        self._expect_full(f"the reference (seed {seed})", found)
        self.step(f"reference, seed {seed}")

    def variant(self, submission: Submission) -> None:
        """A correct variant earns every point of the exercises it has."""
        names = [exercise.name for exercise in self.check_set.exercises]
        plan = submission.definitions(names)
        own = self.check_set.only(frozenset(names) - frozenset(plan.missing))
        found = grade_submission(submission, own, self.oracle, self.sandbox).exercises
        self._expect_full(f"variant {submission.student} (seed {self.oracle.seed})", found)
        self.exercises_in_variants += len(own.exercises)
        self.step(f"variant {submission.student}")

    def stub(self) -> None:
        """The stub earns nothing, and is told that it is not written yet."""
        report = grade_submission(_stub(self.assignment), self.check_set, self.oracle, self.sandbox)
        for exercise in report.exercises:
            for verdict in exercise.verdicts:
                if verdict.status == "passed":
                    self.proof.problems.append(f"the stub passes {exercise.name}.{verdict.check}.")
                elif not verdict.message.startswith(UNWRITTEN):
                    self.proof.problems.append(
                        f"the stub fails {exercise.name}.{verdict.check} with {verdict.message!r}, "
                        "not because it is not written yet."
                    )
        self.step("stub")

    def misconception(self, known: Misconception) -> None:
        """A misconception is caught, and named as itself."""
        # What the oracle saw it do is what it would do if it were submitted.
        observed = self.oracle.whole_observations(known, self.check_set.of(known.exercise))
        own = self.check_set.only(frozenset([known.exercise]))
        (found,) = judge_exercises(own, observed, self.oracle)
        failed = tuple(v.check for v in found.verdicts if v.status != "passed")
        self.proof.caught[known] = failed
        self.proof.problems.extend(_misnamed(known, found))

    def every_check_catches_something(self) -> None:
        """No check is redundant."""
        caught = {
            (known.exercise, name) for known, names in self.proof.caught.items() for name in names
        }
        for check in self.check_set.checks:
            if (check.exercise, check.name) not in caught:
                self.proof.problems.append(f"check {check.id} catches no misconception.")

    def _expect_full(self, who: str, exercises: Sequence[ExerciseReport]) -> None:
        for exercise in exercises:
            for verdict in exercise.verdicts:
                if verdict.status != "passed":
                    named = f", taken for {verdict.misconception}" if verdict.misconception else ""
                    self.proof.problems.append(
                        f"{who} fails {exercise.name}.{verdict.check}{named}: {verdict.message}"
                    )


def steps(assignment: Assignment, seeds: int) -> int:
    """How many steps ``verify`` reports."""
    return seeds + 1 + len(assignment.variants) + len(assignment.misconceptions)


def stub_cells(notebook: NotebookNode) -> tuple[Cell, ...]:
    """The code cells of an untouched student notebook."""
    return tuple(
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked")
    )


def _stub(assignment: Assignment) -> Submission:
    return Submission("stub", None, stub_cells(student_notebook(assignment)))


def _misnamed(known: Misconception, found: ExerciseReport) -> list[str]:
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
