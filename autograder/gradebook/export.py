"""The class's grades as a table, by the course's export plugin; `GradesCsv` by default."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin
from traitlets.config import Config

from autograder.atomic import atomic_replacement
from autograder.gradebook.config import silent_log
from autograder.gradebook.grades_csv import GradesCsv
from autograder.model import AutograderError
from autograder.reports.spreadsheet import protected
from autograder.reports.terminal import printable


class GradesExport:
    """``nbgrader export``; made, the plugin is imported.

    Attributes:
        path: the file that the plugin writes.
    """

    def __init__(self, course: CourseDirectory, config: Config) -> None:
        self.course = course
        app = ExportApp(config=config, log=silent_log())
        # nbgrader's own shifts rows, and gives a zero to students who submitted nothing.
        kind = GradesCsv if app.plugin_class is CsvExportPlugin else app.plugin_class
        self.plugin = kind(parent=app)
        self.path = Path(course.root, self.plugin.to or "grades.csv")

    def write(self) -> str:
        """Write the table.

        Returns:
            a sentence about ids that are not written as they are; "" if all are.

        Raises:
            AutograderError: the file cannot be written.
        """
        try:
            with _alone(self.path.parent), atomic_replacement(self.path) as replacement:
                self.plugin.to = str(replacement)
                with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
                    self.plugin.export(gradebook)
                    ids = [student.id for student in gradebook.students]
        except OSError as error:
            raise AutograderError(
                f"The grades are saved, but {self.path} could not be written: {error.strerror}. "
                "Make it writable and run: nbgrader export"
            ) from error
        changed = [each for each in ids if protected(each) != each]
        if not changed or not isinstance(self.plugin, GradesCsv):
            return ""
        return (
            f"{self.path.name} has {', '.join(map(printable, changed[:3]))}"
            f"{', ...' if len(changed) > 3 else ''} with an apostrophe in front, so that no "
            "spreadsheet takes an id for a formula. To read it back, remove that apostrophe."
        )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for another grader of the course, who writes the same file: theirs and ours are one."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # NFS locks no folder that is only read
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
