"""The demo: a scratch course with a class of varied submissions, graded for real."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from rich.console import Console

from autograder.desks.author import author
from autograder.desks.class_grades import ClassGrades
from autograder.desks.demo_class import submit_class
from autograder.desks.empty_folder import empty_folder
from autograder.desks.instructor import grade_course
from autograder.desks.release import build
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course
from autograder.sources.probes import SHARED


def run(
    course: Course,
    name: str,
    into: Path | None,
    console: Console,
    *,
    jobs: int,
    confined: bool,
) -> ClassGrades:
    """Build, submit, grade and report, in a folder of its own.

    Args:
        name: the assignment; "" for ``optimizers`` or, if there is none, the course's first.
        into: a new or empty folder; None for a temporary one, which is not removed.

    Raises:
        AutograderError: the folder is not empty, or the course has no such assignment.
    """
    names = course.assignments()
    if not names:
        raise AutograderError(f"{course.solutions} has no assignment to demonstrate.")
    original = course.solution(name or ("optimizers" if "optimizers" in names else names[0]))
    scratch = Course(empty_folder(into, "autograder-demo-"))
    assignment = _copy_course(course, original, scratch)
    console.print(f"Scratch course: {scratch.root}", soft_wrap=True)
    with author(scratch, console, jobs=jobs) as desk:
        build(assignment, scratch.release(assignment.name), partial(desk.oracle, assignment))
    console.print(f"Built assignments/{assignment.name}/.")
    students = submit_class(assignment, scratch)
    console.print(f"Submitted the work of {len(students)} students to submitted/.")
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
    without_caches = shutil.ignore_patterns("__pycache__")
    shutil.copytree(original, target, ignore=without_caches)
    if (course.solutions / SHARED).is_dir():
        shutil.copytree(
            course.solutions / SHARED, scratch.solutions / SHARED, ignore=without_caches
        )
    if course.release(original.name).is_dir():
        # Built from the same sources, so its arrays need not be computed again.
        shutil.copytree(course.release(original.name), scratch.release(original.name))
    config = course.root / "nbgrader_config.py"
    if config.is_file():
        shutil.copy(config, scratch.root)
    return read_assignment(target)
