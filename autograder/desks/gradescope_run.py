"""Grade one submission on Gradescope: what `run_autograder` starts.

Student code runs in the same sandbox as elsewhere. It can read neither the course nor the
submission's folder nor ``submission_metadata.json``, which has names and earlier results; the
self-test tries to. Where nothing confines it, nothing is graded: without a ``results.json``,
Gradescope says that the autograder failed, and gives no score.

What is printed is for instructors.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.atomic import atomic_write
from autograder.desks.gradescope_zip import SETTINGS
from autograder.gradebook.release import release_notebook
from autograder.grading.observe import clean, probing_sandbox
from autograder.grading.seeds import seed_of_attempt, seed_of_student
from autograder.grading.whole_class import grade_class
from autograder.model import AutograderError
from autograder.reports.exports.gradescope import gradescope_results
from autograder.reports.feedback import number
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.released_cells import read_released
from autograder.sources.submitted_files import find_submission
from autograder.verdicts import Report


@dataclass(frozen=True)
class Layout:
    """Gradescope's folders: https://gradescope-autograders.readthedocs.io/en/latest/specs/."""

    root: Path

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def submission(self) -> Path:
        return self.root / "submission"

    @property
    def metadata(self) -> Path:
        return self.root / "submission_metadata.json"

    @property
    def results(self) -> Path:
        return self.root / "results" / "results.json"


@dataclass(frozen=True)
class Submitted:
    """What Gradescope says of a submission.

    Attributes:
        student: e-mail addresses of who submitted; several for a group.
        attempt: counts from 1.
    """

    student: str = "student"
    attempt: int = 1


def main() -> None:
    """Grade, and exit with 0; with 1 and a sentence if nothing could be graded."""
    layout = Layout(Path(sys.argv[1] if len(sys.argv) > 1 else "/autograder").resolve())
    try:
        report = grade(layout)
        atomic_write(layout.results, json.dumps(gradescope_results(report), indent=1) + "\n")
    except (AutograderError, OSError) as error:
        print(f"Not graded: {error}")
        sys.exit(1)
    points = f"{number(report.score)} of {number(report.max_score)} points"
    print(f"{clean(report.student)}: {points}; protection: {report.sandbox}; seed {report.seed}")


def grade(layout: Layout) -> Report:
    """The report on the submission.

    Raises:
        AutograderError: student code cannot be confined here, or the grader itself failed.
    """
    settings = _settings(layout)
    course = Course(layout.source / "course")
    name = settings["assignment"]
    assignment = read_assignment(course.solution(name))
    submitted = read_metadata(layout.metadata)
    locked = locked_cells(release_notebook(assignment))
    released = read_released(assignment.folder)
    submission = find_submission(layout.submission, name, submitted.student, locked, released)
    secrets = [layout.source, layout.submission, layout.results.parent]
    if layout.metadata.exists():
        secrets.append(layout.metadata)
    own = int(settings["seed"])
    # A zip of an earlier version does not say.
    first = seed_of_student(own, submitted.student) if settings.get("seed_per_student") else own
    seed = seed_of_attempt(first, submitted.attempt)
    jobs = len(os.sched_getaffinity(0))
    with _sandbox(secrets, required=settings["confined"]) as sandbox:
        ((_, report),) = grade_class(
            {submission.student: submission}, assignment, sandbox, jobs=jobs, seed=seed
        )
    failed = [
        verdict.message
        for exercise in report.exercises
        for verdict in exercise.verdicts
        if verdict.status == "ungraded"
    ]
    if failed:
        raise AutograderError(f"the grader failed ({failed[0]}). Run the autograder again.")
    return report


@contextmanager
def _sandbox(secrets: Sequence[Path], *, required: bool) -> Iterator[Sandbox]:
    """The strongest sandbox of this machine; where none works and it is not required, none."""
    with ExitStack() as stack:
        try:
            sandbox = stack.enter_context(probing_sandbox(secrets=secrets))
        except AutograderError:
            if required:
                raise
            sandbox = stack.enter_context(probing_sandbox(confined=False))
        yield sandbox


def _settings(layout: Layout) -> dict[str, Any]:
    path = layout.source / SETTINGS
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
        int(found["seed"])
        if not isinstance(found["assignment"], str) or not isinstance(found["confined"], bool):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AutograderError(
            f"{path} is missing or damaged. Make the zip again with: autograder export NAME "
            "--format gradescope-autograder"
        ) from error
    return found


def read_metadata(path: Path) -> Submitted:
    """What ``submission_metadata.json`` says; what it does not say is as for a first submission.

    The file: https://gradescope-autograders.readthedocs.io/en/latest/submission_metadata/.
    """
    try:
        content = json.loads(path.read_bytes())
        emails = [str(user["email"]) for user in content["users"]]
        earlier = content.get("previous_submissions") or []
        return Submitted(", ".join(filter(None, emails)) or "student", 1 + len(earlier))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Submitted()


if __name__ == "__main__":
    main()
