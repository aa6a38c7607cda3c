"""The class's grades as a table, by the course's export plugin; nbgrader's CSV by default."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.atomic import atomic_replacement
from autograder.gradebook.config import silent_log
from autograder.model import AutograderError


class GradesExport:
    """``nbgrader export``; made, the plugin is imported.

    Attributes:
        path: the file that the plugin writes.
    """

    def __init__(self, course: CourseDirectory, config: Config) -> None:
        self.course = course
        app = ExportApp(config=config, log=silent_log())
        self.plugin = app.plugin_class(parent=app)
        self.path = Path(course.root, self.plugin.to or "grades.csv")

    def write(self) -> None:
        """Write the table.

        Raises:
            AutograderError: the file cannot be written.
        """
        try:
            with atomic_replacement(self.path) as replacement:
                self.plugin.to = str(replacement)
                with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
                    self.plugin.export(gradebook)
        except OSError as error:
            raise AutograderError(
                f"The grades are saved, but {self.path} could not be written: {error.strerror}. "
                "Make it writable and run: nbgrader export"
            ) from error
