"""An author's proof that the checks of an assignment are right.

The reference earns everything, the stub nothing, every misconception is caught and named as
itself, what can be wrong with any argument is caught, every correct variant passes, no check
catches nothing, and none of that depends on the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

from nbformat import NotebookNode

from autograder.grading.chance import false_alarms
from autograder.grading.following import Following
from autograder.grading.forbidden import unknown_forbidden
from autograder.grading.grade import REFERENCE_FAILED, UNWRITTEN, grade_definitions, judge_exercises
from autograder.grading.observe import Known
from autograder.grading.oracle import LiveOracle
from autograder.grading.ordinary_errors import false_names
from autograder.grading.proof import Proof, Scope, alike, misnamed, uncaught
from autograder.model import Calls, Definitions, Misconception
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment, exercise_of
from autograder.sources.checks import CHECKS, HIDDEN_CHECKS
from autograder.sources.definitions import Cell
from autograder.sources.faults import Fault, place_of
from autograder.sources.misconceptions import MISCONCEPTIONS
from autograder.sources.submission import Submission, read_submission
from autograder.sources.views import student_notebook
from autograder.verdicts import ExerciseReport


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
        everything: bool = False,
    ) -> None:
        """Prepare it.

        Args:
            seeds: of the checks' inputs.
            known: observations that need not be made again.
            everything: observe every misconception in every check, as a release needs it; if
                not, only as far as the proof needs it.

        Raises:
            AutograderError: there is no such exercise or check, or inputs cannot be drawn.
        """
        self._assignment = scope.of(assignment)
        self._whole = not scope.checks
        self._sandbox = sandbox
        self._seeds = seeds
        self._known = known
        self._variants = [read_submission(path) for path in assignment.variants]
        self._stub = Submission("stub", None, _open_cells(student_notebook(assignment)))
        self.oracle = LiveOracle(sandbox, self._assignment, seeds[0], known)
        self._everything = everything or bool(scope.checks)
        self._following = Following(
            self._assignment.check_set, self.oracle, everything=self._everything
        )
        self.proof = Proof(assignment.name)
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
            passed = executor.map(partial(self._reference, step), self._names)
            sound = [name for name, holds in zip(self._names, passed, strict=True) if holds]
            # The large pieces first, so that no worker is idle for long at the end.
            work: list[Callable[[], None]] = [
                *(
                    partial(self._other_seed, seed, name, step)
                    for name in sound
                    for seed in self._seeds[1:]
                ),
                *(
                    partial(self._variant, variant, name, step)
                    for variant in self._variants
                    for name in self._solved(variant)
                    if name in sound
                ),
                *(partial(self._by_chance, name, step) for name in sound),
                *(partial(self._unwritten, name, step) for name in sound),
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

    def _reference(self, step: Callable[[str], None], exercise: str) -> bool:
        """Whether the reference earns every point with the first seed."""
        checks = self._assignment.check_set.of(exercise)
        for check in checks:
            self.proof.seconds[check.id] = self.oracle.expected(check).seconds
        step(f"{exercise}: reference, seed {self.oracle.seed}")
        if self._misspelt(exercise):
            return False
        found = self._graded(self._assignment.reference(exercise), exercise, self.oracle)
        return self._expect_full("the reference", self._source_of(exercise), self.oracle, found)

    def _misspelt(self, name: str) -> bool:
        """Whether an exercise forbids what does not exist, so that no submission can be graded."""
        checks = self._assignment.check_set.of(name)
        failures = (self.oracle.expected(check).failure for check in checks)
        if not any(failure and failure.kind == "missing" for failure in failures):
            return False
        own = self._assignment.only(frozenset([name]))
        unknown = unknown_forbidden(own, self._sandbox)
        self.proof.problems.extend(map(str, unknown))
        return bool(unknown)

    def _other_seed(self, seed: int, exercise: str, step: Callable[[str], None]) -> None:
        """The reference earns every point with another seed as well."""
        assignment = self._assignment.only(frozenset([exercise]))
        oracle = LiveOracle(self._sandbox, assignment, seed, self._known)
        found = self._graded(assignment.reference(exercise), exercise, oracle)
        self._expect_full("the reference", self._source_of(exercise), oracle, found)
        step(f"{exercise}: reference, seed {seed}")

    def _variant(self, variant: Submission, exercise: str, step: Callable[[str], None]) -> None:
        """A correct variant earns every point of the exercises it has."""
        plan = variant.definitions([exercise])
        found = self._graded(plan.definitions, exercise, self.oracle)
        assert variant.path
        self._expect_full(f"variant {variant.student}", (variant.path, 0), self.oracle, found)
        step(f"{exercise}: variant {variant.student}")

    def _by_chance(self, exercise: str, step: Callable[[str], None]) -> None:
        """No check fails correct code by chance more often than it says."""
        for check, problem in false_alarms(exercise, self.oracle, self._sandbox, self._known):
            self._report(*self._place(check.declared, hidden=check.hidden), problem)
        step(f"{exercise}: checks that depend on chance")

    def _unwritten(self, exercise: str, step: Callable[[str], None]) -> None:
        """The stub earns nothing, and is told that it is not written yet."""
        definitions = self._stub.definitions([exercise]).definitions
        for verdict in self._graded(definitions, exercise, self.oracle).verdicts:
            if verdict.status == "passed":
                problem = f"the stub passes {exercise}.{verdict.check}."
            elif not verdict.message.startswith(UNWRITTEN):
                problem = (
                    f"the stub fails {exercise}.{verdict.check} with {verdict.message!r}, "
                    "not because it is not written yet."
                )
            else:
                continue
            self._report(*self._source_of(exercise), problem)
        step(f"{exercise}: stub")

    def _ordinary_errors(self, exercise: str, step: Callable[[str], None]) -> None:
        """No error of a student's own is taken for a known mistake, and no mistake for another."""
        if self._whole:
            self._following.until_told_apart(exercise)
            own = (exercise, self.oracle, self._sandbox, self._known)
            for error, name in false_names(self._assignment, *own):
                self._report(
                    *self._source_of(exercise),
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
        problems = []
        if not failed:
            problems = [uncaught(known)]
        elif self._following.can_be_named(known):
            other = self._following.double(known)
            problems = [alike(known, other)] if other else self._misnamed(known)
        place = (self._assignment.folder / MISCONCEPTIONS, known.line)
        if known.generated:
            place = self._source_of(known.exercise)
        for problem in problems:
            self._report(*place, problem)

    def _misnamed(self, known: Misconception) -> list[str]:
        """What a student would read, where everything that it takes has been observed."""
        if not self._everything:
            return []
        own = self._assignment.check_set.only(frozenset([known.exercise]))
        observed = self.oracle.whole_observations(known, own.checks)
        (found,) = judge_exercises(own, observed, self.oracle)
        return misnamed(known, found)

    def _every_check_catches_something(self, exercises: Iterable[str]) -> None:
        """No check is redundant."""
        for exercise in exercises:
            for check in self._following.redundant(exercise):
                self._report(
                    *self._place(check.declared, hidden=check.hidden),
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

    def _solved(self, variant: Submission) -> list[str]:
        """The exercises that a variant solves."""
        missing = variant.definitions(self._names).missing
        return [name for name in self._names if name not in missing]

    def _graded(
        self, definitions: Definitions, exercise: str, oracle: LiveOracle
    ) -> ExerciseReport:
        own = self._assignment.check_set.only(frozenset([exercise]))
        (found,) = grade_definitions(definitions, {}, own, oracle, self._sandbox, self._known)
        return found

    def _expect_full(
        self, who: str, place: tuple[Path, int], oracle: LiveOracle, found: ExerciseReport
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
            self._report(*place, f"{which}{what}")
        return not failures

    def _source_of(self, exercise: str) -> tuple[Path, int]:
        """Where the exercise's cell begins."""
        percent = self._assignment.percent
        numbers = enumerate(percent.notebook.cells, 1)
        (cell,) = [number for number, cell in numbers if exercise_of(cell) == exercise]
        return percent.path, percent.line(cell)

    def _place(self, declared: Calls, *, hidden: bool = False) -> tuple[Path, int]:
        return place_of(declared, self._assignment.folder / (HIDDEN_CHECKS if hidden else CHECKS))

    def _report(self, path: Path, line: int, problem: str) -> None:
        self.proof.problems.append(str(Fault(path, line, problem)))


def _open_cells(notebook: NotebookNode) -> tuple[Cell, ...]:
    """The code cells of an untouched student notebook."""
    return tuple(
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked")
    )
