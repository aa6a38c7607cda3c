"""The demo: a scratch course with a class of varied submissions, graded for real."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from autograder.desks.demo_class import hand_in
from autograder.desks.instructor import ClassGrades, grade_course
from autograder.desks.release import build
from autograder.grading.oracle import Oracle, prepared_oracle
from autograder.grading.stored import PUBLIC_SEED
from autograder.model import AutograderError
from autograder.reports.terminal import progress
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course


def run(
    course: Course,
    name: str,
    into: Path | None,
    console: Console,
    *,
    jobs: int,
    confined: bool,
) -> ClassGrades:
    """Build, hand in, grade and report, in a folder of its own.

    Args:
        name: the assignment; "" for the first that the course has.
        into: the folder, which must be empty or new; None for a temporary one, which stays.

    Raises:
        AutograderError: the folder is not empty, or the course has no such assignment.
    """
    names = course.assignments()
    if not names:
        raise AutograderError(f"{course.solutions} holds no assignment to show.")
    original = course.solution(name or ("optimizers" if "optimizers" in names else names[0]))
    root = into or Path(tempfile.mkdtemp(prefix="autograder-demo-"))
    root.mkdir(parents=True, exist_ok=True)
    if any(root.iterdir()):
        raise AutograderError(f"{root} is not empty; name a new folder with --into.")
    scratch = Course(root.resolve())
    assignment = _copy_course(course, original, scratch)
    console.print(f"A scratch course in {scratch.root}", soft_wrap=True)
    hand_in(assignment, scratch)

    def compute() -> Oracle:
        with progress(console, "computed", len(assignment.misconceptions)) as step:
            return prepared_oracle(assignment, PUBLIC_SEED, jobs, step)

    release = scratch.release(assignment.name)
    build(assignment, release, compute)
    console.print(f"Built assignments/{assignment.name}/, and handed in a class.")
    return grade_course(
        scratch,
        assignment.name,
        console,
        submissions=None,
        results_file=None,
        jobs=jobs,
        seed=None,
        only=frozenset(),
        confined=confined,
    )


def _copy_course(course: Course, original: Path, scratch: Course) -> Assignment:
    target = scratch.solutions / original.name
    shutil.copytree(original, target, ignore=shutil.ignore_patterns("__pycache__"))
    if course.release(original.name).is_dir():
        # What was built from the same sources is still fresh, and is not computed again.
        shutil.copytree(course.release(original.name), scratch.release(original.name))
    config = course.root / "nbgrader_config.py"
    if config.is_file():
        shutil.copy(config, scratch.root)
    return read_assignment(target)
