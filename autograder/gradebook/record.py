"""A graded class, recorded in nbgrader: gradebook, graded notebooks, feedback pages, CSV.

Importing this module is cheap; nbgrader (3 s) is imported when a recorder is entered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from autograder.gradebook.config import (
    configuration_explained,
    course_config,
    in_course_folder,
    quiet,
    silent_libraries,
    silent_log,
)
from autograder.gradebook.database import (
    absolute_url,
    address,
    database_errors_explained,
    is_postgres,
    only_grader,
    open_gradebook,
)
from autograder.gradebook.problems import Problems
from autograder.gradebook.server import patiently
from autograder.reports.standing import Standing
from autograder.sources.submission import Submission
from autograder.verdicts import Report

if TYPE_CHECKING:
    from nbformat.notebooknode import NotebookNode
    from nbgrader.api import Gradebook

T = TypeVar("T")


@dataclass(frozen=True)
class Recorded:
    """Where everything is now.

    Attributes:
        database: path of the SQLite file, or the database's address without its password.
        autograded: folder of the graded notebooks.
        feedback: folder of the feedback pages.
        grades_csv: the exported grades.
        problems: what could not be recorded as it should, one sentence each, by student.
        notices: what to know about the files, and what to change in ``nbgrader_config.py`` before
            the next release of the engine.
    """

    database: str
    autograded: Path
    feedback: Path
    grades_csv: Path
    problems: tuple[str, ...]
    notices: tuple[str, ...] = ()


class Recorder:
    """Records a class's grades in nbgrader, as ``nbgrader autograde`` would.

        with Recorder(course, name, release, submitted) as recorder:
            for submission, report in grade_class(...):
                recorder.save(submission, report)

    The course's own ``nbgrader_config.py`` counts: database, folders, late penalties, exporter,
    further preprocessors. Recording again overwrites automatic scores and nothing that a person
    gave.

    Entering reads the configuration, imports plugins, and opens the gradebook; leaving exports the
    grades, unless by an exception. For that time, and only then, the process works in the course
    folder, with that folder in ``sys.path`` and without warnings and log messages. ``save`` changes
    nothing process-wide, so that grading threads can run meanwhile. A plugin that is called there
    (late penalties, further preprocessors) must import its modules and find its files when it is
    imported: afterwards relative paths are relative to where the command was started, and modules
    next to the configuration are no longer found.

    Args:
        release: the notebook that students got.
        submitted: nbgrader's folder of submissions, ``<student>/<assignment>/``.

    Raises (on entering, saving and leaving):
        AutograderError: the class cannot be recorded: a broken or locked gradebook, a full disk,
            a release that does not fit the reports.
    """

    def __init__(
        self, course: Path, assignment: str, release: NotebookNode, submitted: Path
    ) -> None:
        self._root = course.resolve()
        self._assignment = assignment
        self._release = release
        self._submitted = submitted
        self._problems = Problems()
        self._states: dict[str, str] = {}

    def __enter__(self) -> Self:
        with in_course_folder(self._root), quiet() as notices:
            from nbgrader.coursedir import CourseDirectory

            from autograder.gradebook.as_recorded import AsRecorded, settings_digest
            from autograder.gradebook.conversion import Autograding, FeedbackPages
            from autograder.gradebook.export import GradesExport
            from autograder.gradebook.release import register
            from autograder.gradebook.times import configured_zone, read_time

            config = course_config(self._root)
            self._read_time = partial(read_time, zone=configured_zone(config))
            self._course = CourseDirectory(config=config, root=str(self._root), log=silent_log())
            with database_errors_explained(self._course):
                self._on_server = is_postgres(self._course)
                self._course.db_url = absolute_url(self._course)
            with configuration_explained():
                self._autograding = Autograding(
                    self._course, config, self._assignment, self._release
                )
                self._pages = FeedbackPages(self._course, config, self._assignment)
                self._export = GradesExport(self._course, config)
            makers = (self._autograding.sanitize, self._autograding.grade, self._pages.exporter)
            settings = settings_digest(config, makers)
            with database_errors_explained(self._course), ExitStack() as opened:
                open_gradebook(self._course)
                self._as_recorded = AsRecorded(
                    self._course, self._assignment, settings, self._submitted
                )
                opened.callback(self._as_recorded.close)
                opened.enter_context(only_grader(self._course, self._assignment))
                # nbgrader's preprocessors add a course of their own, as another grader's do.
                self._patiently(partial(register, self._course, self._assignment, self._release))
                self._open = opened.pop_all()
        self._notices = tuple(notices)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._open:
            if error is None:
                with (
                    in_course_folder(self._root),
                    quiet(),
                    database_errors_explained(self._course),
                ):
                    changed = self._patiently(self._export.write)
                self._notices += (changed,) if changed else ()

    def save(self, submission: Submission, report: Report) -> bool:
        """Save a student's grades, graded notebook and feedback page.

        Returns:
            whether all of them are saved; if not, ``recorded.problems`` says why.

        Raises:
            AutograderError: recording the rest of the class would fail in the same way.
        """
        student = report.student
        folder = self._submitted / submission.student / self._assignment
        submitted = self._read_time(read_timestamp(folder))

        def grades() -> None:
            for problem in self._autograding.save(submission, report, folder, submitted):
                self._problems.add(student, problem)

        def page() -> None:
            # Read before the page is made: what a person changes meanwhile is not in it.
            rows = self._as_recorded.rows(student)
            self._pages.save(student, submitted)
            self._states[student] = self._as_recorded.state(student, rows.get(student))

        problems = len(self._problems)
        with silent_libraries(), database_errors_explained(self._course):
            saved = self._done(student, "grade", grades) and self._done(
                student, "feedback page", page
            )
        if len(self._problems) > problems:
            self._states.pop(student, None)  # it is recorded again, so that they are told again
        return saved

    def state(self, student: str) -> str:
        """Tells later whether a student who was saved would be recorded again as it is.

        Returns:
            "" if that cannot be told: the course has code of its own, or there were problems.
        """
        return self._states.get(student, "")

    def unchanged(self, states: Mapping[str, str]) -> frozenset[str]:
        """The students who would be recorded as they are.

        Args:
            states: what `state` has said when each was saved.

        Raises:
            AutograderError: the gradebook cannot be read.
        """
        with database_errors_explained(self._course):
            return self._patiently(lambda: self._as_recorded.unchanged(states))

    def roster(self) -> frozenset[str]:
        """The students in the gradebook.

        Raises:
            AutograderError: the gradebook cannot be read.
        """
        return self._read(lambda gradebook: frozenset(each.id for each in gradebook.students))

    def standings(self) -> dict[str, Standing]:
        """What the gradebook says of every student with a submission, by student.

        Raises:
            AutograderError: the gradebook cannot be read.
        """
        from autograder.gradebook.standings import standings

        return self._read(lambda gradebook: standings(gradebook, self._assignment))

    def leave_ungraded(self, students: Iterable[str]) -> None:
        """Enrol students who submitted nothing: a missing submission is no graded zero.

        Raises:
            AutograderError: recording the rest of the class would fail in the same way.
        """
        from autograder.gradebook.absent import leave_ungraded

        def enrol(gradebook: Gradebook, student: str) -> None:
            for problem in leave_ungraded(gradebook, self._course, self._assignment, student):
                self._problems.add(student, problem)

        def all_of_them(gradebook: Gradebook) -> None:
            for student in students:
                self._done(student, "enrolment", partial(enrol, gradebook, student))

        with silent_libraries():
            self._read(all_of_them)

    def saved_students(self) -> frozenset[str]:
        """Students with a submission of the assignment in the gradebook, and a feedback page.

        Raises:
            AutograderError: the gradebook cannot be read.
        """
        course = self._course
        saved = self._read(
            lambda gradebook: {
                each.student_id for each in gradebook.assignment_submissions(self._assignment)
            }
        )
        folder = course.feedback_directory
        return frozenset(
            student
            for student in saved
            if Path(course.format_path(folder, student, self._assignment)).is_dir()
        )

    @property
    def recorded(self) -> Recorded:
        """Where everything is, and the problems so far."""
        return Recorded(
            database=address(self._course),
            autograded=self._root / self._course.autograded_directory,
            feedback=self._root / self._course.feedback_directory,
            grades_csv=self._export.path,
            problems=tuple(self._problems),
            notices=self._notices,
        )

    def _read(self, work: Callable[[Gradebook], T]) -> T:
        from nbgrader.api import Gradebook

        def opened() -> T:
            with Gradebook(self._course.db_url, self._course.course_id) as gradebook:
                return work(gradebook)

        with database_errors_explained(self._course):
            return self._patiently(opened)

    def _patiently(self, work: Callable[[], T]) -> T:
        return patiently(work, server=self._on_server)

    def _done(self, student: str, what: str, work: Callable[[], None]) -> bool:
        return self._problems.attempt(student, what, work, server=self._on_server)


def read_timestamp(folder: Path) -> str | None:
    """The text of a submission's ``timestamp.txt``; None if there is none, or it is empty."""
    path = folder / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return None
    return path.read_bytes()[:200].decode("utf-8", "replace").strip() or None
