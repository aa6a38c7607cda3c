"""An author's proof that the checks of an assignment are right.

The reference earns everything, the stub nothing, every misconception is caught and named as
itself, what can be wrong with any argument is caught, every correct variant passes, no check
catches nothing, and none of that depends on the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial

from autograder.grading.decide import judge_exercises
from autograder.grading.following import Following, lots
from autograder.grading.full_marks import FullMarks, stub_of
from autograder.grading.oracle import LiveOracle
from autograder.grading.ordinary_errors import false_names
from autograder.grading.proof import (
    Findings,
    Proof,
    Scope,
    alike,
    breaks_nothing,
    earns_points,
    misnamed,
    uncaught,
)
from autograder.grading.trial import Known
from autograder.model import Misconception
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.misconceptions import MISCONCEPTIONS
from autograder.sources.submission import Submission, read_submission


class Examination:
    """Examines one assignment: everything with the first seed, the reference with all.

    Attributes:
        oracle: what is observed with the first seed.
        proof: what is found.
        steps: how many steps `run` reports.
    """

    def __init__(
        self,
        assignment: Assignment,
        sandbox: Sandbox,
        *,
        seeds: Sequence[int],
        known: Known | None = None,
        scope: Scope = Scope(),  # noqa: B008 - it is frozen
    ) -> None:
        """Prepare it.

        Args:
            seeds: of the checks' inputs.
            known: observations that need not be made again.

        Raises:
            AutograderError: there is no such exercise or check, or inputs cannot be drawn.
        """
        self._assignment = scope.of(assignment)
        self._whole = not scope.checks
        self._sandbox = sandbox
        self._seeds = seeds
        self._known = known
        self._variants = [read_submission(path) for path in assignment.variants]
        self.oracle = LiveOracle(sandbox, self._assignment, seeds[0], known)
        self._everything = scope.everything or bool(scope.checks)
        self._following = Following(
            self._assignment.check_set, self.oracle, everything=self._everything
        )
        self._findings = Findings(assignment)
        self.proof = self._findings.proof
        self._full_marks = FullMarks(
            self._assignment, stub_of(assignment), self.oracle, sandbox, self._findings, known
        )
        self.steps = len(self._names) * (len(seeds) + 3) + len(self._assignment.misconceptions)
        self.steps += sum(len(self._solved(variant)) for variant in self._variants)

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(exercise.name for exercise in self._assignment.check_set.exercises)

    def run(self, jobs: int, step: Callable[[str], None]) -> Proof:
        """Examine everything, ``jobs`` at a time.

        Where the reference itself fails, nothing else of its exercise is examined.

        Args:
            step: called after each of `steps` with what was examined.
        """
        with ThreadPoolExecutor(jobs, "verify") as executor:
            passed = executor.map(partial(self._full_marks.reference, step), self._names)
            sound = [name for name, holds in zip(self._names, passed, strict=True) if holds]
            # The large pieces first, so that no worker is idle for long at the end.
            work: list[Callable[[], None]] = [
                *(
                    partial(self._full_marks.variants, lot, name, step)
                    for name in sound
                    for lot in lots(self._solutions(name), jobs)
                ),
                *(
                    partial(self._full_marks.other_seed, seed, name, step)
                    for name in sound
                    for seed in self._seeds[1:]
                ),
                *(partial(self._full_marks.by_chance, name, step) for name in sound),
                *(partial(self._full_marks.unwritten, name, step) for name in sound),
                *self._following.until_caught(sound, jobs, step),
            ]
            # Once every misconception is caught.
            last = [partial(self._ordinary_errors, name, step) for name in sound]
            try:
                for tasks in (work, last):
                    for future in as_completed([executor.submit(task) for task in tasks]):
                        future.result()
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)
                raise
        for known in self._assignment.misconceptions:
            if known.exercise in sound:
                self._judge(known)
        self._every_check_catches_something(sound)
        self._count()
        return self.proof

    def _ordinary_errors(self, exercise: str, step: Callable[[str], None]) -> None:
        """No error of a student's own is taken for a known mistake, and no mistake for another."""
        if self._whole:
            self._following.until_told_apart(exercise)
            own = (exercise, self.oracle, self._sandbox, self._known)
            for error, name in false_names(self._assignment, *own):
                self._findings.of_exercise(
                    exercise,
                    f"{error.name.replace('_in_', ' in ')} is taken for {exercise}.{name}, and "
                    "says nothing of it. Let another check, which that mistake passes, come first, "
                    "or delete it.",
                )
        step(f"{exercise}: ordinary errors")

    def _judge(self, known: Misconception) -> None:
        """A misconception is caught, and named as itself."""
        failed, tried = self._following.failed(known), self._following.tried(known)
        self.proof.caught[known] = tuple(check.name for check in failed)
        self.proof.passed[known] = tuple(check.name for check in tried if check not in failed)
        if not self._whole:
            return
        problems = [
            breaks_nothing(known, name)
            for name in known.breaks
            if not known.same_as and name not in self._behaviour(known.exercise)
        ]
        if not failed:
            problems.append(uncaught(known))
        elif self._following.can_be_named(known):
            other = self._following.double(known)
            problems += [alike(known, other)] if other else self._misnamed(known)
        for problem in problems:
            self._findings.of_misconception(known, problem)

    def _behaviour(self, exercise: str) -> list[str]:
        checks = self._assignment.check_set.of(exercise)
        return [check.name for check in checks if check.aspect == "behaviour"]

    def _misnamed(self, known: Misconception) -> list[str]:
        """What a student would read, where everything that it takes has been observed."""
        if not self._everything:
            return []
        own = self._assignment.check_set.only(frozenset([known.exercise]))
        observed = self.oracle.whole_observations(known, own.checks)
        (found,) = judge_exercises(own, observed, self.oracle)
        self.proof.left[known] = found.score / found.max_score
        problems = misnamed(known, found)
        if not known.carries and found.score:
            problems.append(earns_points(f"makes the mistake {known.name}", found))
        return problems

    def _every_check_catches_something(self, exercises: Iterable[str]) -> None:
        """No check is redundant."""
        for exercise in exercises:
            for check in self._following.redundant(exercise):
                self._findings.of_check(
                    check,
                    f"check {check.id} catches no misconception. Add the mistake it is for to "
                    f"{MISCONCEPTIONS}, or delete the check.",
                )

    def _count(self) -> None:
        self.proof.counts = {
            "seeds": len(self._seeds),
            "misconceptions": len(self._assignment.authored),
            "generated for arguments": sum(m.generated for m in self._assignment.misconceptions),
            "variants": sum(len(self._solved(variant)) for variant in self._variants),
            "checks": len(self._assignment.check_set.checks),
        }

    def _solutions(self, exercise: str) -> list[Submission]:
        """The variants that solve an exercise."""
        return [each for each in self._variants if exercise in self._solved(each)]

    def _solved(self, variant: Submission) -> list[str]:
        """The exercises that a variant solves."""
        missing = variant.definitions(self._names).missing
        return [name for name in self._names if name not in missing]
