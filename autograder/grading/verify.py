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
from autograder.model import ExerciseReport, Misconception
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission, read_submission
from autograder.sources.views import student_notebook


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
    """Examine an assignment: everything with the first seed, what must pass with all of them."""
    proof = Proof(assignment.name)
    oracle = LiveOracle(sandbox, assignment, seeds[0])
    check_set = assignment.check_set

    def reference(seed: int) -> None:
        fresh = oracle if seed == oracle.seed else LiveOracle(sandbox, assignment, seed)
        found = grade_definitions(assignment.reference(), {}, check_set, fresh, sandbox)
        _expect_full(proof, f"the reference (seed {seed})", found)
        step(f"reference, seed {seed}")

    def stub() -> None:
        report = grade_submission(_stub(assignment), check_set, oracle, sandbox)
        for exercise in report.exercises:
            for verdict in exercise.verdicts:
                if verdict.status == "passed":
                    proof.problems.append(f"the stub passes {exercise.name}.{verdict.check}.")
                elif not verdict.message.startswith(UNWRITTEN):
                    proof.problems.append(
                        f"the stub fails {exercise.name}.{verdict.check} with {verdict.message!r}, "
                        "not because it is not written yet."
                    )
        step("stub")

    def misconception(known: Misconception) -> None:
        # What the oracle saw it do is what it would do if it were handed in.
        observed = oracle.whole_observations(known, check_set.of(known.exercise))
        own = check_set.only(frozenset([known.exercise]))
        (found,) = judge_exercises(own, observed, oracle)
        failed = tuple(v.check for v in found.verdicts if v.status != "passed")
        proof.caught[known] = failed
        proof.problems.extend(_misnamed(known, found))

    def variant(submission: Submission) -> None:
        names = [exercise.name for exercise in check_set.exercises]
        plan = submission.definitions(names)
        own = check_set.only(frozenset(names) - frozenset(plan.missing))
        found = grade_submission(submission, own, oracle, sandbox).exercises
        _expect_full(proof, f"variant {submission.student} (seed {oracle.seed})", found)
        step(f"variant {submission.student}")

    variants = [read_submission(path) for path in assignment.variants]
    proof.counts = {
        "seeds": len(seeds),
        "misconceptions": len(assignment.misconceptions),
        "variants": sum(
            len(check_set.exercises)
            - len(v.definitions([e.name for e in check_set.exercises]).missing)
            for v in variants
        ),
        "checks": len(check_set.checks),
    }
    oracle.prepare_all(
        jobs,
        step,
        besides=[
            *(partial(reference, seed) for seed in seeds),
            *(partial(variant, each) for each in variants),
            stub,
        ],
    )
    for known in assignment.misconceptions:
        misconception(known)
    caught = {(m.exercise, check) for m, checks in proof.caught.items() for check in checks}
    for check in check_set.checks:
        if (check.exercise, check.name) not in caught:
            proof.problems.append(f"check {check.id} catches no misconception.")
    return proof


def steps(assignment: Assignment, seeds: int) -> int:
    """How many steps ``verify`` reports."""
    return seeds + 1 + len(assignment.variants) + len(assignment.misconceptions)


def stub_cells(notebook: NotebookNode) -> tuple[Cell, ...]:
    """The code cells of a student notebook that was not touched."""
    return tuple(
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked")
    )


def _stub(assignment: Assignment) -> Submission:
    return Submission("stub", None, stub_cells(student_notebook(assignment)))


def _expect_full(proof: Proof, who: str, exercises: Sequence[ExerciseReport]) -> None:
    for exercise in exercises:
        for verdict in exercise.verdicts:
            if verdict.status != "passed":
                named = f", taken for {verdict.misconception}" if verdict.misconception else ""
                proof.problems.append(
                    f"{who} fails {exercise.name}.{verdict.check}{named}: {verdict.message}"
                )


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
        for other in sorted(names - {known.name})
    ]
