"""What a course keeps of earlier runs, so that it need not be computed again."""

from __future__ import annotations

import sqlite3

from autograder.grading.cache import FILE, LIMIT, observation_cache
from autograder.grading.journal import FOLDER
from autograder.model import AutograderError
from autograder.sources.course import Course


def describe_or_clear(course: Course, *, clear: bool) -> str:
    """One sentence about the observations that are kept, which are deleted if asked for.

    Raises:
        AutograderError: the file cannot be used, or another process is writing.
    """
    path = course.root / FOLDER / FILE
    if not path.exists():
        return f"Nothing is kept in {course.root / FOLDER}."
    with observation_cache(course.root) as cache:
        number, size = cache.size()
        if clear:
            try:
                cache.clear()
            except sqlite3.Error as error:
                raise AutograderError(
                    f"{path}: {error}. Wait until no other command of this course is running."
                ) from error
    verb = "Deleted" if clear else "Kept"
    most = "" if clear else f" At most {LIMIT / 1e6:.0f} MB are kept; --clear deletes them."
    return f"{verb}: {number} observations of {size / 1e6:.1f} MB in {path}.{most}"
