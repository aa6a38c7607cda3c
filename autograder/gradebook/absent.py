"""Who submitted nothing: a student of the course, without a submission and without a grade."""

from __future__ import annotations

import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbgrader.api import Gradebook, SubmittedAssignment
    from nbgrader.coursedir import CourseDirectory


def leave_ungraded(
    gradebook: Gradebook, course: CourseDirectory, assignment: str, student: str
) -> Iterator[str]:
    """Enrol a student who submitted nothing, without a grade for the assignment.

    A submission that holds nothing but zeros is removed from the gradebook: earlier versions
    recorded one for a student who submitted nothing. Its page would be released as feedback.

    Yields:
        a sentence, if there are grades that must not be removed.
    """
    from nbgrader.api import MissingEntry

    gradebook.update_or_create_student(student)
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return
    if _worth_keeping(submission):
        yield (
            "nothing is submitted any more; the gradebook keeps the grades of the earlier "
            "submission"
        )
        return
    gradebook.remove_submission(assignment, student)
    for step in (course.autograded_directory, course.feedback_directory):
        shutil.rmtree(Path(course.format_path(step, student, assignment)), ignore_errors=True)


def _worth_keeping(submission: SubmittedAssignment) -> bool:
    return any(
        any(g.manual_score is not None or g.auto_score or g.extra_credit for g in notebook.grades)
        or any(comment.manual_comment for comment in notebook.comments)
        for notebook in submission.notebooks
    )


def alike(students: Iterable[str]) -> list[tuple[str, ...]]:
    """Ids that differ only in case or in how their letters are encoded: probably one student."""
    same: dict[str, list[str]] = defaultdict(list)
    for student in students:
        same[unicodedata.normalize("NFKC", student).casefold()].append(student)
    return [tuple(sorted(ids)) for ids in same.values() if len(ids) > 1]
