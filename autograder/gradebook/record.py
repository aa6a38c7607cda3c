"""A graded class, recorded in nbgrader: gradebook, graded notebooks, feedback pages, CSV.

Importing this module is cheap; nbgrader (3 s) is imported when something is recorded.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import sysconfig
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.atomic import atomic_replacement, atomic_write
from autograder.model import AutograderError, Report

if TYPE_CHECKING:
    from nbconvert.exporters import Exporter
    from nbformat.notebooknode import NotebookNode
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

CONFIG = "nbgrader_config.py"

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""What no other student's files will fare better with."""


@dataclass(frozen=True)
class Graded:
    """One graded submission.

    Attributes:
        report: its verdicts.
        notebook: what was submitted, in nbformat 4, as the student left it.
        timestamp: the text of its ``timestamp.txt``, if there is one.
    """

    report: Report
    notebook: NotebookNode
    timestamp: str | None = None


@dataclass(frozen=True)
class Recorded:
    """Where everything now is.

    Attributes:
        database: path of the SQLite file, or the database's address without its password.
        autograded: folder of the graded notebooks.
        feedback: folder of the feedback pages.
        grades_csv: the exported grades.
        problems: what could not be recorded as it should, one sentence each, by student.
    """

    database: str
    autograded: Path
    feedback: Path
    grades_csv: Path
    problems: tuple[str, ...]


def record(
    course: Path,
    assignment: str,
    release: NotebookNode,
    submissions: Iterable[Graded],
    *,
    progress: Callable[[str], None],
    saved: Callable[[str], None] = lambda _: None,
) -> Recorded:
    """Record the class's grades in nbgrader, as ``nbgrader autograde`` would.

    The course's own ``nbgrader_config.py`` counts: database, folders, late penalties, exporter,
    further preprocessors. For as long as it runs, the process stands in the course folder, as
    nbgrader's commands do. Grades are saved student by student, as they come; calling it again
    overwrites automatic scores and nothing that a person gave.

    Args:
        release: the notebook that students got.
        submissions: asked for the first only when the gradebook is known to work, and for each
            further one when the last is saved, so that a class may be graded meanwhile.
        progress: called with a student's id when that student is done.
        saved: called with a student's id when grades and feedback page are saved.

    Raises:
        AutograderError: the class cannot be recorded: a broken or locked gradebook, a full disk,
            a release that does not fit the reports.
    """
    course = course.resolve()
    with _standing_in(course), _quiet():
        from nbgrader.coursedir import CourseDirectory

        from autograder.gradebook.preprocessors import register

        config = course_config(course)
        directory = CourseDirectory(config=config, root=str(course))
        grades = _Grades(directory, config, assignment, release)
        pages = _Pages(directory, config, assignment)
        problems: list[str] = []
        with _database_errors_explained(directory):
            _open(directory)
            register(directory, assignment, release)
            for graded in submissions:
                student = graded.report.student
                done, found = _attempt(student, "grade", grades.save(graded))
                problems += found
                if done:
                    done, found = _attempt(student, "feedback page", pages.make(graded))
                    problems += found
                if done:
                    saved(student)
                progress(student)
            grades_csv = _export(directory, config)
    return Recorded(
        database=_address(directory),
        autograded=course / directory.autograded_directory,
        feedback=course / directory.feedback_directory,
        grades_csv=grades_csv,
        problems=tuple(problems),
    )


def saved_students(course: Path, assignment: str) -> frozenset[str]:
    """Who has a submission of the assignment in the gradebook, and a feedback page.

    Raises:
        AutograderError: the gradebook cannot be read.
    """
    course = course.resolve()
    with _standing_in(course), _quiet():
        from nbgrader.api import Gradebook
        from nbgrader.coursedir import CourseDirectory

        directory = CourseDirectory(config=course_config(course), root=str(course))
        file = _sqlite_file(directory)
        if file is not None and not file.exists():
            return frozenset()
        with (
            _database_errors_explained(directory),
            Gradebook(directory.db_url, directory.course_id) as gradebook,
        ):
            saved = {s.student_id for s in gradebook.assignment_submissions(assignment)}
        folder = directory.feedback_directory
        return frozenset(
            student
            for student in saved
            if Path(directory.format_path(folder, student, assignment)).is_dir()
        )


def course_config(course: Path) -> Config:
    """nbgrader's configuration as its commands find it when they run in ``course``.

    Raises:
        AutograderError: a configuration file does not run.
    """
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import Config, PyFileConfigLoader

    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(course)]:
        path = Path(folder, CONFIG)
        if path.is_file():
            try:
                config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
            except Exception as error:
                raise AutograderError(f"{path} does not run: {error!r}. Mend it there.") from error
    return config


class _Grades:
    """nbgrader's chain of preprocessors, set up once and run for student after student."""

    def __init__(
        self, course: CourseDirectory, config: Config, assignment: str, release: NotebookNode
    ) -> None:
        from nbconvert.exporters import NotebookExporter
        from nbgrader.converters import Autograde

        self.course = course
        self.assignment = assignment
        self.release = release
        self.converter = Autograde(coursedir=course, config=config)
        sanitizers, graders = _with_engine(self.converter)
        self.sanitize = _exporter(NotebookExporter, self.converter, sanitizers)
        self.grade = _exporter(NotebookExporter, self.converter, graders)

    def save(self, graded: Graded) -> Iterator[str]:
        """Save the grades, and the graded notebook in its folder; yields what is to be known."""
        from nbgrader.api import Gradebook
        from nbgrader.utils import parse_utc

        from autograder.gradebook.preprocessors import match_release
        from autograder.gradebook.restore import note, restore

        match_release(self.release, graded.report)
        student = graded.report.student
        if student in ("", ".", "..") or re.search(r"[/\\\x00]", student):
            raise ValueError(f"{student!r} cannot be the name of a folder")
        if re.search(r'[,"\n\r]', student):
            yield "nbgrader's CSV does not quote ids, so this student's row is shifted"
        timestamp = None
        try:
            timestamp = parse_utc(_timestamp(graded))
        except Exception:  # dateutil raises what it likes
            yield "timestamp.txt is not a date, so no late penalty was computed"
        try:
            restored = restore(graded.notebook, self.release)
        except Exception as error:  # the report stands, whatever the notebook does to its readers
            restored = restore(self.release, self.release)
            restored.cells.insert(0, note("The submitted notebook could not be shown."))
            yield f"graded, but the notebook cannot be shown ({type(error).__name__})"

        with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
            gradebook.update_or_create_student(student)
            gradebook.update_or_create_submission(self.assignment, student, timestamp=timestamp)
        resources = _resources(self.course, self.assignment, student)
        resources["autograder"] = {"report": graded.report}
        sanitized, _ = self.sanitize.from_notebook_node(restored, resources)
        notebook, _ = self.grade.from_notebook_node(_parsed(str(sanitized)), resources)
        folder = Path(
            self.course.format_path(self.course.autograded_directory, student, self.assignment)
        )
        folder.mkdir(parents=True, exist_ok=True)
        atomic_write(folder / f"{self.assignment}.ipynb", str(notebook))
        _stamp(folder, _timestamp(graded))
        self.converter.set_permissions(self.assignment, student)


class _Pages:
    """nbgrader's feedback, set up once and made for student after student."""

    def __init__(self, course: CourseDirectory, config: Config, assignment: str) -> None:
        from nbgrader.converters import GenerateFeedback

        self.course = course
        self.assignment = assignment
        self.converter = GenerateFeedback(coursedir=course, config=config)
        self.exporter = _exporter(
            self.converter.exporter_class, self.converter, self.converter.preprocessors
        )

    def make(self, submission: Graded) -> Iterator[str]:
        """Make a student's page of the graded notebook; there is nothing to be known about it."""
        student = submission.report.student
        graded, pages = (
            Path(self.course.format_path(step, student, self.assignment))
            for step in (self.course.autograded_directory, self.course.feedback_directory)
        )
        notebook = (graded / f"{self.assignment}.ipynb").read_text(encoding="utf-8")
        resources = _resources(self.course, self.assignment, student)
        page, _ = self.exporter.from_notebook_node(_parsed(notebook), resources)
        pages.mkdir(parents=True, exist_ok=True)
        atomic_write(pages / f"{self.assignment}.html", str(page))
        _stamp(pages, _timestamp(submission))
        self.converter.set_permissions(self.assignment, student)
        yield from ()


def _attempt(student: str, what: str, work: Iterable[str]) -> tuple[bool, list[str]]:
    """Do one student's work; returns whether it was done, and what is to be known about it."""
    from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

    problems: list[str] = []
    try:
        for problem in work:
            problems.append(_printable(f"{student}: {problem}"))
        return True, problems
    except (DataError, IntegrityError) as error:
        reason = f"could not be saved ({error.orig})"
    except (AutograderError, DBAPIError):
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise AutograderError(
                f"Stopped at student {_printable(student)}: {error.strerror}: {error.filename}. "
                "Make room (or the folder writable) and grade again."
            ) from error
        reason = f"could not be written ({error})"
    except Exception as error:  # whatever a submission brings, the class goes on
        if isinstance(error.__context__, OperationalError):  # nbgrader takes it for a wrong entry
            raise error.__context__ from error
        reason = f"could not be made ({type(error).__name__}: {error})"
    return False, [*problems, _printable(f"{student}: the {what} {reason}")]


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


def _parsed(notebook: str) -> NotebookNode:
    import nbformat

    return nbformat.reads(notebook, as_version=4)


def _stamp(folder: Path, timestamp: str | None) -> None:
    """Leave the submission's time beside what was made of it, as nbgrader does.

    By it, nbgrader's commands see what is up to date.
    """
    path = folder / "timestamp.txt"
    if timestamp:
        atomic_write(path, timestamp + "\n")
    else:
        path.unlink(missing_ok=True)


def _with_engine(autograde: Autograde) -> tuple[list[Any], list[Any]]:
    """The configured preprocessors, with the engine in place of execution.

    A course without our ``nbgrader_config.py``, or with one of its own, names nbgrader's classes.
    """
    from nbgrader.preprocessors import Execute, SaveAutoGrades
    from traitlets.utils.importstring import import_item

    from autograder.gradebook.preprocessors import RestoreRelease, SaveVerdicts, WriteVerdicts

    def classes(steps: Sequence[Any]) -> list[Any]:
        return [import_item(step) if isinstance(step, str) else step for step in steps]

    ours = {Execute: WriteVerdicts, SaveAutoGrades: SaveVerdicts}
    # Restoring is done before nbconvert touches the notebook, which a forged one would not survive.
    sanitizers = [
        step for step in classes(autograde.sanitize_preprocessors) if step is not RestoreRelease
    ]
    graders = [ours.get(step, step) for step in classes(autograde.autograde_preprocessors)]
    for step in (WriteVerdicts, SaveVerdicts):
        if step not in graders:
            raise AutograderError(
                f"c.Autograde.autograde_preprocessors in {CONFIG} names neither {step.__name__} "
                f"nor what it replaces. Add '{step.__module__}.{step.__name__}' there."
            )
    return sanitizers, graders


def _timestamp(graded: Graded) -> str | None:
    return (graded.timestamp or "").strip() or None


def _printable(text: str) -> str:
    """A folder's name may hold anything, also bytes that are no text and terminal commands."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _exporter(kind: Any, converter: Any, preprocessors: Sequence[Any]) -> Exporter:
    exporter = kind(parent=converter, config=converter.config)
    for preprocessor in preprocessors:
        exporter.register_preprocessor(preprocessor)
    return exporter


def _export(course: CourseDirectory, config: Config) -> Path:
    """Write the CSV by the course's export plugin, nbgrader's own unless configured."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import ExportApp

    app = ExportApp(config=config)
    plugin = app.plugin_class(config=config)
    destination = Path(course.root, plugin.to or "grades.csv")
    try:
        with atomic_replacement(destination) as replacement:
            plugin.to = str(replacement)
            with Gradebook(course.db_url, course.course_id) as gradebook:
                plugin.export(gradebook)
    except OSError as error:
        raise AutograderError(
            f"The grades are saved, but {destination} could not be written: {error.strerror}. "
            "Make it writable and run: nbgrader export"
        ) from error
    return destination


def _open(course: CourseDirectory) -> None:
    """Create the gradebook if there is none, whole or not at all.

    nbgrader makes the tables first and marks their version last; without the mark, its next start
    would take the half for a whole. So it is made beside its place, whatever ends this process.
    """
    from nbgrader.api import Gradebook
    from sqlalchemy.engine import make_url

    path = _sqlite_file(course)
    if path is None or path.exists():
        Gradebook(course.db_url, course.course_id).close()
        return
    try:
        with atomic_replacement(path) as replacement:
            url = make_url(course.db_url).set(database=str(replacement))
            Gradebook(url.render_as_string(hide_password=False), course.course_id).close()
    except OSError as error:
        raise AutograderError(
            f"The gradebook {path} could not be made: {error.strerror}. "
            "Its folder must exist and be writable."
        ) from error


def _sqlite_file(course: CourseDirectory) -> Path | None:
    from sqlalchemy.engine import make_url

    url = make_url(course.db_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(course.root, url.database)


def _address(course: CourseDirectory) -> str:
    from sqlalchemy.engine import make_url

    path = _sqlite_file(course)
    return str(path) if path else make_url(course.db_url).render_as_string(hide_password=True)


@contextmanager
def _database_errors_explained(course: CourseDirectory) -> Iterator[None]:
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    try:
        yield
    except (ArgumentError, NoSuchModuleError) as error:
        raise AutograderError(
            f"The gradebook's address {course.db_url!r} is not one SQLAlchemy can open ({error}). "
            f"Correct c.CourseDirectory.db_url in {CONFIG}."
        ) from error
    except DBAPIError as error:
        reason = str(error.orig)
        raise AutograderError(
            f"The gradebook {_address(course)}: {reason}. {_remedy(reason)}"
        ) from error


def _remedy(reason: str) -> str:
    """How to mend what the database complains about."""
    remedies = {
        "locked": "Another program is writing to it: let that finish (or close it), grade again.",
        "not a database": "Move the file away (or put a backup in its place) and grade again: "
        "automatic grades come back, grades given by hand only from a backup.",
        "malformed": "Move the file away (or put a backup in its place) and grade again: "
        "automatic grades come back, grades given by hand only from a backup.",
        "readonly": "Make the file and its folder writable and grade again.",
        "unable to open": "Its folder must exist and be writable.",
        "full": "Make room on the disk and grade again.",
        "no such": "It is from another version of nbgrader: copy it away, then run: "
        "nbgrader db upgrade",
    }
    for sign, remedy in remedies.items():
        if sign in reason:
            return remedy
    return "Grades saved so far are kept; once it works again, grade again."


@contextmanager
def _standing_in(course: Path) -> Iterator[None]:
    """Work in the course folder, as nbgrader's commands do.

    Configuration and plugins may count on it: relative paths, modules beside the configuration.
    nbgrader also runs ``alembic`` from PATH when it makes a database, which is only there where
    the environment is activated.
    """
    before, path, search = Path.cwd(), sys.path[:], os.environ.get("PATH", "")
    if not course.is_dir():
        raise AutograderError(f"There is no course folder {course}.")
    try:
        os.chdir(course)
        sys.path.insert(0, str(course))
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), search])
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        os.environ["PATH"] = search


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep nbgrader's, nbconvert's and SQLAlchemy's chatter off the terminal.

    What goes wrong reaches the caller as an exception or a problem.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
