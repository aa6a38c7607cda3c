"""What ``nbgrader_config.py`` names: the engine's steps in nbgrader's chains of preprocessors.

The steps are defined in ``gradebook/``, which records grades and does not grade. Only here do they
get the engine: ``nbgrader autograde`` grades submission by submission with ``grade_one``.
"""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from autograder.gradebook import preprocessors
from autograder.gradebook.preprocessors import RestoreRelease, SaveVerdicts, StudentNotebook
from autograder.gradebook.release import register_release, release_notebook
from autograder.grading.grade import grade_submission, new_seed
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.submitted_files import find_submission
from autograder.verdicts import Report

__all__ = [
    "RestoreRelease",
    "SaveVerdicts",
    "StudentNotebook",
    "WriteVerdicts",
    "grade_one",
    "register_release",
]


class WriteVerdicts(preprocessors.WriteVerdicts):
    """Shows each exercise's verdicts, and grades what comes without a report."""

    def grade(self, course: Path, assignment: str, student: str, notebook: Path) -> Report:
        """Grade the submission that nbgrader is converting."""
        return grade_one(course, assignment, student, notebook)


def grade_one(course: Path, name: str, student: str, notebook: Path) -> Report:
    """Grade one submission for ``nbgrader autograde``, which asks for one after another.

    Sandbox and reference are kept from one call to the next, until the process ends.
    """
    assignment, oracle, sandbox, locked = _engine(course.resolve(), name)
    submission = find_submission(notebook.parent, name, student, locked)
    return grade_submission(submission, assignment.check_set, oracle, sandbox)


@cache
def _engine(root: Path, name: str) -> tuple[Assignment, LiveOracle, Sandbox, dict[str, str]]:
    course = Course(root)
    assignment = read_assignment(course.solution(name))
    until_exit = ExitStack()
    atexit.register(until_exit.close)
    secrets = [course.solutions, root / "submitted"]
    sandbox = until_exit.enter_context(probing_sandbox(secrets=secrets))
    locked = locked_cells(release_notebook(assignment))
    return assignment, LiveOracle(sandbox, assignment, new_seed()), sandbox, locked
