"""How far a student is in a course: from the files as they are, and from what checks found."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

from autograder.desks.released import Worth, locked_cells_in, release_notebook, worths
from autograder.desks.released_course import releases_near, work_in
from autograder.desks.remembered import Remembered, digest_of, remembered
from autograder.desks.untouched import untouched_cell
from autograder.reports.progress import AssignmentStatus, ExerciseStatus, State
from autograder.sources.predictions import PREDICTIONS
from autograder.sources.submission import LoadPlan, Submission, read_submission


def course_status(start: Path) -> Iterator[AssignmentStatus]:
    """The assignments of the course that a folder is in, in order.

    Raises:
        AutograderError: there is none.
    """
    for release in releases_near(start):
        yield assignment_status(release)


def assignment_status(release: Path) -> AssignmentStatus:
    """How far the work in a release's folder is."""
    locked = locked_cells_in(release_notebook(release))
    file, listed = work_in(release), worths(locked)
    if file is None:
        return AssignmentStatus(release.name, None, (), "it has no notebook.")
    submission = read_submission(file, locked=locked, own=True)
    if not listed:
        why = submission.unreadable or f"{file.name} has no check cells."
        return AssignmentStatus(release.name, file, (), why)
    written = [name for name in listed if name != PREDICTIONS]
    plan, known = submission.definitions(written), remembered(file)
    found = (
        _predictions(release, submission, w)
        if n == PREDICTIONS
        else _status(n, w, submission, plan, known.get(n))
        for n, w in listed.items()
    )
    return AssignmentStatus(release.name, file, tuple(found))


def _status(
    name: str, worth: Worth, submission: Submission, plan: LoadPlan, known: Remembered | None
) -> ExerciseStatus:
    score, most = (known.score, known.max_score) if known else (0.0, worth.points - worth.later)

    def status(state: State, said: str = "") -> ExerciseStatus:
        return ExerciseStatus(name, state, score, most, worth.bonus, said)

    if name in plan.missing:
        return status("broken", plan.missing[name])
    if untouched_cell(submission, plan.each[name], name):
        return status("unwritten")
    if known is None:
        return status("unchecked")
    if known.digest != digest_of(plan.each[name]):
        return status("changed")
    return status("wrong", known.wrong) if known.wrong else status("done")


def _predictions(release: Path, submission: Submission, worth: Worth) -> ExerciseStatus:
    """How many are made, which is plain without a check."""
    # Only here: it imports numpy.
    from autograder.grading.predicted import predicted
    from autograder.grading.stored import FILE, predictions_in

    reports = predicted(submission, predictions_in(release / FILE))
    score = sum(report.score for report in reports)
    open_ = [v.claim for report in reports for v in report.verdicts if v.status != "passed"]
    state: State = "wrong" if open_ and score else "unwritten" if open_ else "done"
    said = open_[0] if state == "wrong" else ""
    return ExerciseStatus(PREDICTIONS, state, score, worth.points, worth.bonus, said)


def quoted(path: PurePath) -> str:
    """A path as an argument in the shell of this system: Windows' know no single quotes."""
    if sys.platform == "win32":
        return subprocess.list2cmdline([str(path)])
    return shlex.quote(str(path))


def next_exercise(
    course: list[AssignmentStatus],
) -> tuple[AssignmentStatus, ExerciseStatus] | None:
    """What to do next: in an assignment that is begun, or else the first; a bonus last of all."""
    left = [(a, e) for a in course for e in a.exercises if e.state != "done"]
    return min(left, key=lambda pair: (pair[1].bonus, pair[0].untouched), default=None)


def upcoming(course: list[AssignmentStatus]) -> tuple[str, str]:
    """What to do next in words, and the command that checks it; "" twice if all is done."""
    found = next_exercise(course)
    if found is None:
        return "", ""
    assignment, exercise = found
    verb = {"unwritten": "write", "unchecked": "check", "changed": "check"}.get(
        exercise.state, "fix"
    )
    file = assignment.file or Path()
    place = file if not file.is_relative_to(Path.cwd()) else file.relative_to(Path.cwd())
    command = f"autograder check {quoted(place)} --only {exercise.name}"
    return f"{verb} {exercise.name} in {assignment.name}.", command
