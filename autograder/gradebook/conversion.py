"""nbgrader's converters, set up once for an assignment and run for student after student.

Setting up imports the course's plugins and reads its configuration, so it needs the course folder
as working directory. Running needs nothing of the process: every path is absolute by then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.exporters.exporter import Exporter
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, SaveAutoGrades
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder.atomic import atomic_write
from autograder.gradebook.carried_files import TIMESTAMP, carry, complete
from autograder.gradebook.config import CONFIG, silent_log
from autograder.gradebook.feedback_page import FeedbackExporter
from autograder.gradebook.preprocessors import RestoreRelease, SaveVerdicts, WriteVerdicts
from autograder.gradebook.release import match_release, of_another_assignment
from autograder.gradebook.shown import shown_notebook
from autograder.gradebook.times import SubmissionTime
from autograder.model import AutograderError
from autograder.sources.submission import Submission
from autograder.verdicts import Report


class Autograding:
    """``nbgrader autograde``, with reports instead of execution.

    Raises:
        AutograderError: the configured preprocessors lack a step that saves or shows verdicts.
    """

    def __init__(
        self, course: CourseDirectory, config: Config, assignment: str, release: NotebookNode
    ) -> None:
        self.course = course
        self.assignment = assignment
        self.release = release
        self.converter = Autograde(coursedir=course, config=config, log=silent_log())
        sanitizers, graders = _steps(self.converter)
        self.sanitize = _exporter(NotebookExporter, self.converter, sanitizers)
        self.grade = _exporter(NotebookExporter, self.converter, graders)

    def save(
        self, submission: Submission, report: Report, folder: Path, submitted: SubmissionTime
    ) -> Iterator[str]:
        """Save the grades, and the graded notebook with the other files of the submission.

        Yields:
            the problems met.
        """
        match_release(self.release, report)
        student = report.student
        if student in ("", ".", "..") or re.search(r"[/\\\x00]", student):
            raise ValueError(f"{student!r} cannot be the name of a folder")
        if submitted.problem:
            yield submitted.problem
        if mistaken := of_another_assignment(submission.notebook, self.release):
            yield mistaken
        restored, problem = shown_notebook(submission, self.release)
        if problem:
            yield f"graded, but {problem}"

        with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
            gradebook.update_or_create_student(student)
            # nbgrader adds the submission last; SQLAlchemy warns of every flush before that.
            with gradebook.db.no_autoflush:
                gradebook.update_or_create_submission(
                    self.assignment, student, timestamp=submitted.time
                )
        resources = _resources(self.course, self.assignment, student)
        resources["autograder"] = {"report": report}
        sanitized, _ = self.sanitize.from_notebook_node(restored, resources)
        notebook, _ = self.grade.from_notebook_node(_parsed(str(sanitized)), resources)
        graded = _folder(self.course, self.course.autograded_directory, student, self.assignment)
        _carry(self.course, folder, graded)
        _write(graded, f"{self.assignment}.ipynb", str(notebook), submitted)
        self.converter.set_permissions(self.assignment, student)


class FeedbackPages:
    """``nbgrader generate_feedback``."""

    def __init__(self, course: CourseDirectory, config: Config, assignment: str) -> None:
        self.course = course
        self.assignment = assignment
        self.converter = GenerateFeedback(coursedir=course, config=config, log=silent_log())
        # A course's own exporter or template counts.
        own = "exporter_class" in config.GenerateFeedback or "template_name" in config.HTMLExporter
        kind = self.converter.exporter_class if own else FeedbackExporter
        self.exporter = _exporter(kind, self.converter, self.converter.preprocessors)

    def save(self, student: str, submitted: SubmissionTime) -> None:
        """Make a student's page from the graded notebook."""
        graded, pages = (
            _folder(self.course, step, student, self.assignment)
            for step in (self.course.autograded_directory, self.course.feedback_directory)
        )
        notebook = (graded / f"{self.assignment}.ipynb").read_text(encoding="utf-8")
        resources = _resources(self.course, self.assignment, student)
        page, _ = self.exporter.from_notebook_node(_parsed(notebook), resources)
        _carry(self.course, graded, pages)
        _write(pages, f"{self.assignment}.html", str(page), submitted)
        self.converter.set_permissions(self.assignment, student)


def _steps(autograde: Autograde) -> tuple[list[Any], list[Any]]:
    """The configured preprocessors, with the engine's instead of those that execute.

    A course without our ``nbgrader_config.py``, or with one of its own, names nbgrader's classes.
    """

    def classes(steps: Sequence[Any]) -> list[Any]:
        return [import_item(step) if isinstance(step, str) else step for step in steps]

    ours = {Execute: WriteVerdicts, SaveAutoGrades: SaveVerdicts}
    # The notebook is restored before nbconvert sees it, because a forged one would break nbconvert.
    sanitizers = [
        step for step in classes(autograde.sanitize_preprocessors) if not _is(step, RestoreRelease)
    ]
    graders = [ours.get(step, step) for step in classes(autograde.autograde_preprocessors)]
    for step in (WriteVerdicts, SaveVerdicts):
        if not any(_is(grader, step) for grader in graders):
            raise AutograderError(
                f"c.Autograde.autograde_preprocessors in {CONFIG} names neither {step.__name__} "
                "nor the nbgrader class it replaces. "
                f"Add 'autograder.desks.nbgrader_plugin.{step.__name__}' there."
            )
    return sanitizers, graders


def _is(step: Any, kind: type) -> bool:
    return isinstance(step, type) and issubclass(step, kind)


def _exporter(kind: Any, converter: Any, preprocessors: Sequence[Any]) -> Exporter:
    exporter = kind(parent=converter, config=converter.config)
    for preprocessor in preprocessors:
        exporter.register_preprocessor(preprocessor)
    # The last one's default is made from the others.
    for paths in ("extra_template_basedirs", "extra_template_paths", "template_paths"):
        if exporter.has_trait(paths):
            root = converter.coursedir.root
            setattr(exporter, paths, [str(Path(root, path)) for path in getattr(exporter, paths)])
    return exporter


def _resources(course: CourseDirectory, assignment: str, student: str) -> dict[str, Any]:
    """What nbgrader's converters tell their preprocessors about a notebook."""
    return {
        "unique_key": assignment,
        "output_files_dir": f"{assignment}_files",
        "nbgrader": {
            "student": student,
            "assignment": assignment,
            "notebook": assignment,
            "db_url": course.db_url,
        },
    }


def _folder(course: CourseDirectory, step: str, student: str, assignment: str) -> Path:
    return Path(course.format_path(step, student, assignment))


def _parsed(notebook: str) -> NotebookNode:
    return nbformat.reads(notebook, as_version=4)


def _carry(course: CourseDirectory, source: Path, target: Path) -> None:
    carry(source, target, ignore=course.ignore, largest=course.max_file_size * 1_000)


def _write(folder: Path, name: str, text: str, submitted: SubmissionTime) -> None:
    """Write a file, and the submission's time next to it, as nbgrader does.

    nbgrader's commands compare the times to find out what is up to date.
    """
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / name, text)
    atomic_write(folder / TIMESTAMP, f"{submitted.text}\n" if submitted.text else "")
    complete(folder)
