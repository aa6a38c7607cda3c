"""What an author starts: the proof that the checks of an assignment are right."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from autograder.grading.cache import ObservationCache, observation_cache
from autograder.grading.mutation import mutants_of, try_mutants
from autograder.grading.mutation_result import Mutation
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.pairing import observe_all_pairs
from autograder.grading.proof import Proof, Scope
from autograder.grading.seeds import new_seed
from autograder.grading.stored import PUBLIC_SEED
from autograder.grading.verify import Examination
from autograder.model import AutograderError
from autograder.reports.proof import show_proof
from autograder.reports.terminal import progress
from autograder.sandbox.interface import Sandbox
from autograder.sandbox.process import Child
from autograder.sources.assignment import Assignment, read_assignments
from autograder.sources.course import Course
from autograder.sources.examine import examine
from autograder.sources.faults import CourseFaults
from autograder.sources.probes import SHARED


@dataclass(frozen=True)
class Author:
    """A warm process and the kept observations: what proving several assignments shares."""

    console: Console
    sandbox: Sandbox
    cache: ObservationCache
    jobs: int

    def proven(
        self,
        assignment: Assignment,
        seeds: Sequence[int],
        scope: Scope,
        *,
        recompute: bool = False,
    ) -> Proof:
        """Prove an assignment, or a part of it, and show progress.

        Args:
            recompute: neither take nor keep observations.

        Raises:
            AutograderError: it has no such exercise or check, or inputs cannot be drawn.
        """
        return self._examined(assignment, seeds, scope, recompute=recompute).proof

    def mutated(self, assignment: Assignment, exercise: str) -> Mutation:
        """Run edits of an exercise's reference, made by rule, through its checks."""
        oracle = LiveOracle(self.sandbox, assignment, PUBLIC_SEED, self.cache)
        count = len(mutants_of(assignment, exercise))
        with progress(self.console, f"mutants of {exercise}", count) as step:
            return try_mutants(
                assignment, self.sandbox, exercise, jobs=self.jobs, oracle=oracle, step=step
            )

    def oracle(
        self, assignment: Assignment, *, unproven: bool = False, recompute: bool = False
    ) -> LiveOracle:
        """What a release stores: everything observed with the public seed.

        Args:
            unproven: take it even if the proof with that seed fails.
            recompute: do not take what has been kept.

        Raises:
            AutograderError: the proof fails; the message lists the problems.
        """
        refuse_faults([assignment])
        examination = self._examined(
            assignment, [PUBLIC_SEED], Scope(everything=True), recompute=recompute
        )
        if examination.proof.problems and not unproven:
            raise AutograderError(
                "\n".join(
                    [
                        f"{assignment.name} is not proven, so it was not built:",
                        *(f"  {problem}" for problem in examination.proof.problems),
                        f"Fix this (`autograder verify {assignment.name}` shows more), or build it "
                        f"as it is with `autograder build {assignment.name} --unproven`.",
                    ]
                )
            )
        oracle = examination.oracle
        shown = partial(progress, self.console)
        oracle.pairs = observe_all_pairs(oracle, jobs=self.jobs, progress=shown).get
        return oracle

    def _examined(
        self,
        assignment: Assignment,
        seeds: Sequence[int],
        scope: Scope,
        *,
        recompute: bool = False,
    ) -> Examination:
        examination = Examination(
            assignment,
            self.sandbox,
            seeds=seeds,
            known=None if recompute else self.cache,
            scope=scope,
        )
        with progress(self.console, assignment.name, examination.steps) as step:
            examination.run(self.jobs, step)
        return examination


def refuse_faults(assignments: Iterable[Assignment]) -> None:
    """Raises: CourseFaults with everything that can be seen without running an exercise."""
    faults = [fault for assignment in assignments for fault in examine(assignment)]
    if faults:
        raise CourseFaults(faults)


@contextmanager
def author(course: Course, console: Console, *, jobs: int) -> Iterator[Author]:
    """Everything that a proof needs. Keras is imported when something has to be computed.

    Raises:
        AutograderError: the course's folder cannot be written.
    """
    with (
        observation_cache(course.root) as cache,
        closing(SandboxWhenNeeded(console)) as sandbox,
    ):
        yield Author(console, sandbox, cache, jobs)


class SandboxWhenNeeded:
    """A sandbox that starts with its first child: where nothing has changed, nothing starts.

    Children are confined as in grading where the system can do that, so that a probe that needs a
    file or a process is found before students have it.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._started: Sandbox | None = None

    @property
    def level(self) -> str:
        """The protection that is really on; "none" as long as nothing has started."""
        return self._started.level if self._started else "none"

    def child(self) -> Child:
        """Start a process for one implementation.

        Raises:
            AutograderError: this system cannot run children.
            SandboxLost: none could be started.
        """
        with self._lock:
            if self._started is None:
                self._started = self._start()
        return self._started.child()

    def close(self) -> None:
        """End every process, and remove every file."""
        self._stack.close()

    def _start(self) -> Sandbox:
        self._console.print("Starting Keras ...", style="dim")
        try:
            return self._stack.enter_context(probing_sandbox())
        except AutograderError as error:
            self._console.print(f"Not confined as in grading: {error}", style="dim", markup=False)
            return self._stack.enter_context(probing_sandbox(confined=False))


def verify_course(
    course: Course,
    names: Sequence[str] | None,
    console: Console,
    *,
    jobs: int,
    seeds: int,
    fresh: bool = False,
    scope: Scope = Scope(),  # noqa: B008 - it is frozen
) -> Iterator[tuple[Assignment, Proof]]:
    """Verify assignments and show progress.

    Args:
        names: the assignments; None or empty for all.
        seeds: how many seeds the reference must pass with.
        fresh: draw the seeds anew. Otherwise they are the same in every run, and what has not
            changed since is not computed again.

    Raises:
        AutograderError: an assignment does not exist or is broken.
    """
    assignments = read_assignments(course, names)
    for assignment in assignments:
        scope.of(assignment)  # a typing error is answered before slow imports
    refuse_faults(assignments)
    with author(course, console, jobs=jobs) as desk:
        for assignment in assignments:
            drawn = _seeds(seeds, fresh)
            yield scope.of(assignment), desk.proven(assignment, drawn, scope, recompute=fresh)


def mutate_course(
    course: Course,
    names: Sequence[str] | None,
    console: Console,
    *,
    jobs: int,
    scope: Scope,
) -> Iterator[tuple[Assignment, list[Mutation]]]:
    """Try the checks of assignments, or of some exercises, on many small mistakes.

    Raises:
        AutograderError: an assignment does not exist or is broken.
    """
    assignments = read_assignments(course, names)
    chosen = [scope.of(assignment) for assignment in assignments]
    refuse_faults(assignments)
    with author(course, console, jobs=jobs) as desk:
        for assignment in chosen:
            exercises = [exercise.name for exercise in assignment.check_set.exercises]
            yield assignment, [desk.mutated(assignment, name) for name in exercises]


def watch_course(
    course: Course,
    names: Sequence[str] | None,
    console: Console,
    *,
    jobs: int,
    seeds: int,
    scope: Scope,
) -> None:
    """Verify assignments, and again whatever a saved file changes, until Ctrl-C.

    What is broken for a moment is said and waited for.
    """
    # Only here: it loads a native library.
    from watchfiles import PythonFilter, watch

    chosen = tuple(names or course.assignments())
    saved = watch(
        course.solutions,
        watch_filter=PythonFilter(extra_extensions=[".toml"]),
        rust_timeout=1000,  # milliseconds
        yield_on_timeout=True,
        raise_interrupt=False,
    )
    next(saved, None)  # from here on, what is saved while something is verified is not missed
    with author(course, console, jobs=jobs) as desk:
        _verify_again(desk, course, chosen, _seeds(seeds, fresh=False), scope)
        console.print(f"Watching {course.solutions}. Press Ctrl-C to stop.", style="dim")
        for changes in filter(None, saved):
            folders = {Path(path).relative_to(course.solutions).parts[0] for _, path in changes}
            # What lies in solutions/_shared/ may concern every assignment.
            changed = tuple(n for n in chosen if n in folders or SHARED in folders)
            _verify_again(desk, course, changed, _seeds(seeds, fresh=False), scope)


def _verify_again(
    desk: Author, course: Course, names: Sequence[str], seeds: Sequence[int], scope: Scope
) -> None:
    for name in names:
        started = time.monotonic()
        try:
            (assignment,) = read_assignments(course, [name])
            refuse_faults([assignment])
            show_proof(desk.console, scope.of(assignment), desk.proven(assignment, seeds, scope))
        except AutograderError as error:
            desk.console.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
        took = time.monotonic() - started
        desk.console.print(f"{time.strftime('%H:%M:%S')}  {name}: {took:.1f} s", style="dim")


def _seeds(count: int, fresh: bool) -> list[int]:
    # The public one first: what verify computes with it, build need not compute.
    return [new_seed() if fresh else PUBLIC_SEED + number for number in range(count)]
