"""What an author starts: the proof that the checks of an assignment are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from autograder.grading.grade import new_seed
from autograder.grading.observe import probing_sandbox
from autograder.grading.verify import Proof, steps, verify
from autograder.reports.terminal import progress
from autograder.sources.assignment import Assignment, read_assignments
from autograder.sources.course import Course


def verify_course(
    course: Course, names: Sequence[str] | None, console: Console, *, jobs: int, seeds: int
) -> Iterator[tuple[Assignment, Proof]]:
    """Verify assignments, each with fresh random seeds, and show progress.

    Args:
        names: the assignments; None or empty for all.
        seeds: how many seeds the reference must pass with.

    Raises:
        AutograderError: an assignment does not exist or is broken.
    """
    assignments = read_assignments(course, names)
    # Everything that runs here is the author's own code.
    with probing_sandbox(confined=False) as sandbox:
        for assignment in assignments:
            drawn = [new_seed() for _ in range(seeds)]
            with progress(console, assignment.name, steps(assignment, seeds)) as step:
                proof = verify(assignment, sandbox, jobs=jobs, seeds=drawn, step=step)
            yield assignment, proof
