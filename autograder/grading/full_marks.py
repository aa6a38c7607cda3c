"""What must earn every point, and what none.

The reference earns every point with every seed and whatever random numbers it draws, each correct
variant with the first seed, and the stub none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.grading.chance import false_alarms, varying
from autograder.grading.decide import REFERENCE_FAILED, UNWRITTEN, judge_exercises
from autograder.grading.forbidden import unknown_forbidden
from autograder.grading.observe import RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.grading.proof import Findings, earns_points
from autograder.grading.trial import Known
from autograder.model import Check, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.definitions import Cell
from autograder.sources.idle import idle
from autograder.sources.submission import Submission
from autograder.sources.views import student_notebook
from autograder.verdicts import ExerciseReport


class FullMarks:
    """Examines the reference, the variants and the stub, exercise by exercise.

    They take turns in children, each loaded anew, so that TensorFlow starts seldom.
    """

    def __init__(
        self,
        assignment: Assignment,
        stub: Submission,
        oracle: LiveOracle,
        sandbox: Sandbox,
        findings: Findings,
        known: Known | None = None,
    ) -> None:
        """Examine nothing yet.

        Args:
            stub: the untouched notebook: see `stub_of`.
            oracle: observes with the first seed.
            findings: where to say what is wrong.
            known: observations that need not be made again.
        """
        self._assignment = assignment
        self._oracle = oracle
        self._sandbox = sandbox
        self._findings = findings
        self._known = known
        self._stub = stub
        self._varying: dict[str, list[Check]] = {}

    def reference(self, step: Callable[[str], None], exercise: str) -> bool:
        """Whether the reference earns every point with the first seed.

        It draws other random numbers than the oracle's, as right code may.
        """
        checks = self._assignment.check_set.of(exercise)
        for check in checks:
            self._findings.proof.seconds[check.id] = self._oracle.expected(check).seconds
        step(f"{exercise}: reference, seed {self._oracle.seed}")
        if self._misspelt(exercise):
            return False
        reference = self._assignment.reference(exercise)
        trials = [
            replace(trial, seed=self._oracle.seed + 1) for trial in self._oracle.trials(checks)
        ]
        with self._oracle.child() as child:
            observed = {check.id: seen for check, seen in child.observations(reference, trials)}
        self._varying[exercise] = varying(observed, checks, self._oracle)
        found = self._judged(observed, exercise, self._oracle)
        return self._expect_full("the reference", None, self._oracle, found)

    def _misspelt(self, name: str) -> bool:
        """Whether an exercise forbids what does not exist, so that no submission can be graded."""
        checks = self._assignment.check_set.of(name)
        failures = (self._oracle.expected(check).failure for check in checks)
        if not any(failure and failure.kind == "missing" for failure in failures):
            return False
        own = self._assignment.only(frozenset([name]))
        unknown = unknown_forbidden(own, self._sandbox)
        self._findings.proof.problems.extend(map(str, unknown))
        return bool(unknown)

    def other_seed(self, seed: int, exercise: str, step: Callable[[str], None]) -> None:
        """The reference earns every point with another seed as well."""
        assignment = self._assignment.only(frozenset([exercise]))
        with self._oracle.child() as child:
            oracle = LiveOracle(self._sandbox, assignment, seed, self._known, child)
            found = self._graded(assignment.reference(exercise), exercise, oracle, child)
        self._expect_full("the reference", None, oracle, found)
        step(f"{exercise}: reference, seed {seed}")

    def variants(
        self, lot: Sequence[Submission], exercise: str, step: Callable[[str], None]
    ) -> None:
        """Each correct variant earns every point of an exercise; they take turns in one child."""
        with self._oracle.child() as child:
            for variant in lot:
                definitions = variant.definitions([exercise]).definitions
                found = self._graded(definitions, exercise, self._oracle, child)
                who = f"variant {variant.student}"
                self._expect_full(who, variant.path, self._oracle, found)
                step(f"{exercise}: {who}")

    def by_chance(self, exercise: str, step: Callable[[str], None]) -> None:
        """No check fails correct code by chance more often than it says."""
        with self._oracle.child() as child:
            for check, problem in false_alarms(self._varying[exercise], self._oracle, child):
                self._findings.of_check(check, problem)
        step(f"{exercise}: checks that depend on chance")

    def unwritten(self, exercise: str, step: Callable[[str], None]) -> None:
        """The stub earns nothing, and is told that it is not written yet."""
        definitions = self._stub.definitions([exercise]).definitions
        with self._oracle.child() as child:
            found = self._graded(definitions, exercise, self._oracle, child)
        for verdict in found.verdicts:
            if verdict.status == "passed":
                problem = f"the stub passes {exercise}.{verdict.check}."
            elif not verdict.message.startswith(UNWRITTEN):
                problem = (
                    f"the stub fails {exercise}.{verdict.check} with {verdict.message!r}, "
                    "not because it is not written yet."
                )
            else:
                continue
            self._findings.of_exercise(exercise, problem)
        self._idle(exercise)
        step(f"{exercise}: stub")

    def _idle(self, exercise: str) -> None:
        """What does nothing earns nothing, although some claims hold of it."""
        rule = [c for c in self._assignment.check_set.of(exercise) if c.aspect == "rule"]
        with self._oracle.child() as child:
            for what, submission in idle(self._stub, exercise):
                definitions = submission.definitions([exercise]).definitions
                # Without a check of the rule nothing counts, unless it is taken for a slip.
                found = self._graded(definitions, exercise, self._oracle, child, rule)
                if found.score or any(verdict.misconception for verdict in found.verdicts):
                    found = self._graded(definitions, exercise, self._oracle, child)
                if found.score:
                    self._findings.of_exercise(exercise, earns_points(what, found))

    def _graded(
        self,
        definitions: Definitions,
        exercise: str,
        oracle: LiveOracle,
        child: RestartableChild,
        checks: Sequence[Check] = (),
    ) -> ExerciseReport:
        trials = oracle.trials(checks or self._assignment.check_set.of(exercise))
        observed = {check.id: seen for check, seen in child.observations(definitions, trials)}
        return self._judged(observed, exercise, oracle, checks)

    def _judged(
        self,
        observed: Mapping[str, Observation],
        exercise: str,
        oracle: LiveOracle,
        checks: Sequence[Check] = (),
    ) -> ExerciseReport:
        own = self._assignment.check_set.only(frozenset([exercise]))
        (found,) = judge_exercises(
            replace(own, checks=tuple(checks or own.checks)), observed, oracle
        )
        return found

    def _expect_full(
        self, who: str, file: Path | None, oracle: LiveOracle, found: ExerciseReport
    ) -> bool:
        """Whether everything is passed; says once what fails several checks alike."""
        failures: dict[str, list[str]] = {}
        for verdict in found.verdicts:
            if verdict.status != "passed":
                named = f", taken for {verdict.misconception}" if verdict.misconception else ""
                why = verdict.message.removeprefix(REFERENCE_FAILED)
                failures.setdefault(f"{named}: {why}", []).append(verdict.check)
        for what, checks in failures.items():
            others = f" and {len(checks) - 1} more" if len(checks) > 1 else ""
            which = f"{who} (seed {oracle.seed}) fails {found.name}.{checks[0]}{others}"
            if file:
                self._findings.at(file, 0, f"{which}{what}")
            else:
                self._findings.of_exercise(found.name, f"{which}{what}")
        return not failures


def stub_of(assignment: Assignment) -> Submission:
    """The untouched notebook of a whole assignment, as a submission."""
    cells = tuple(
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(student_notebook(assignment).cells, 1)
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked")
    )
    return Submission("stub", None, cells)
