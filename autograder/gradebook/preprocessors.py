"""The engine's steps in nbgrader's chains of preprocessors.

    StudentNotebook    first of ``GenerateAssignment.preprocessors``
    RemoveHiddenParts  last of ``GenerateAssignment.preprocessors``
    RestoreRelease     first of ``Autograde.sanitize_preprocessors``
    WriteVerdicts      replaces ``Execute``
    SaveVerdicts       replaces ``SaveAutoGrades``

An assignment without ``solutions/<name>/`` is an ordinary one of nbgrader's: each step then does
what nbgrader does in its place.

Everything between and after them (sanitizing, limits, late penalties) stays nbgrader's own. They
run under ``nbgrader autograde`` as well as under ``autograder grade``, which restores the notebook
itself and passes on the report it already has, as ``resources["autograder"]["report"]``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Comment, Grade, Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from autograder.gradebook.answers import ELSEWHERE, NO_RESPONSE, is_elsewhere
from autograder.gradebook.bonus import bonus_sentence, is_bonus_sentence
from autograder.gradebook.carried_files import complete
from autograder.gradebook.config import CONFIG
from autograder.gradebook.ordinary import (
    AFTER_SAVING,
    BEFORE_SAVING,
    EXECUTION,
    SAVING,
    course_directory,
    is_ordinary_assignment,
    nbgraders_own,
)
from autograder.gradebook.record import read_timestamp
from autograder.gradebook.release import (
    exercises_by_cell,
    match_release,
    read_release,
    release_notebook,
)
from autograder.gradebook.restore import grade_id, note
from autograder.gradebook.shown import shown_notebook
from autograder.gradebook.times import configured_zone, read_time
from autograder.model import AutograderError
from autograder.reports.feedback import shown_exercise
from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.sources.assignment import read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.released_cells import record_release
from autograder.sources.submitted_files import find_submission
from autograder.verdicts import ExerciseReport, Report, seed_in_json

Resources = dict[str, Any]

VERDICTS = "application/vnd.autograder.exercise+json"
"""The type of what students read of an exercise as data, beside the same as HTML and as text."""


class StudentNotebook(NbGraderPreprocessor):  # type: ignore[misc]
    """Makes, under ``nbgrader generate_assignment``, the notebook that ``autograder build`` makes.

    It is made from ``solutions/``; the notebook in ``source/`` is only another view of that.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        name = resources["nbgrader"]["assignment"]
        course = Course(Path(course_directory(self).root))
        if is_ordinary_assignment(self, resources):
            if not any(isinstance(each, RemoveHiddenParts) for each in self.parent._preprocessors):
                raise AutograderError(
                    f"{name!r} has no folder in {course.solutions}. To release it as an ordinary "
                    "assignment of nbgrader, without its hidden tests, end "
                    f"c.GenerateAssignment.preprocessors in {CONFIG} with "
                    "'autograder.desks.nbgrader_plugin.RemoveHiddenParts'."
                )
            return nbgraders_own(self, BEFORE_SAVING, nb, resources)
        assignment = read_assignment(course.solution(name))
        release = release_notebook(assignment)
        record_release(assignment.folder, release)
        return release, resources


class RemoveHiddenParts(NbGraderPreprocessor):  # type: ignore[misc]
    """Removes hidden tests and rubrics from an ordinary assignment, after they have been saved."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        if is_ordinary_assignment(self, resources):
            return nbgraders_own(self, AFTER_SAVING, nb, resources)
        return nb, resources


class RestoreRelease(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts what was submitted back onto the release: the file that is graded, by any name."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        if is_ordinary_assignment(self, resources):
            return nb, resources
        course = course_directory(self)
        name, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        release = read_release(course, name)
        folder = Path(course.format_path(course.submitted_directory, student, name))
        submission = find_submission(folder, name, student, locked_cells(release))
        restored, problem = shown_notebook(submission, release)
        if problem:
            self.log.warning("%s: %s", student, problem)
        return restored, resources


class WriteVerdicts(NbGraderPreprocessor):  # type: ignore[misc]
    """Shows each exercise's verdicts as the output of its check cell.

    The output's plain text is a number, nbgrader's form of partial credit, so that any other tool
    that reads the notebook comes to the same score. Grades are saved from the report all the same.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        if "autograder" not in resources and is_ordinary_assignment(self, resources):
            return nbgraders_own(self, EXECUTION, nb, resources)
        given = resources.setdefault("autograder", {})
        report = given["report"] = given.get("report") or self._report(resources["nbgrader"])
        match_release(nb, report)
        exercises = exercises_by_cell(report)
        for cell in nb.cells:
            if cell.cell_type == "code" and (exercise := exercises.get(grade_id(cell))):
                cell.outputs = _outputs(exercise, float(cell.metadata.nbgrader["points"]))
        if report.remarks:
            remarks = note("From the autograder:", *(f"- {remark}" for remark in report.remarks))
            remarks.id = "autograder-remarks"
            nb.cells.insert(0, remarks)
        nb.metadata["autograder"] = {
            "seed": seed_in_json(report.seed),
            "sandbox": report.sandbox,
        }
        return nb, resources

    def grade(self, course: Path, assignment: str, student: str, notebook: Path) -> Report:
        """Grade a submission that comes without a report; ``desks.nbgrader_plugin`` does.

        Raises:
            AutograderError: always; this class shows verdicts and grades nothing.
        """
        raise AutograderError(
            f"{type(self).__module__}.WriteVerdicts does not grade. Name "
            "autograder.desks.nbgrader_plugin.WriteVerdicts in nbgrader_config.py instead."
        )

    def _report(self, submission: dict[str, str]) -> Report:
        course = course_directory(self)
        student, assignment = submission["student"], submission["assignment"]
        folder = Path(course.format_path(course.submitted_directory, student, assignment))
        notebook = folder / f"{submission['notebook']}.ipynb"
        complete(Path(course.format_path(course.autograded_directory, student, assignment)))
        self._correct_time(notebook.parent, submission)
        return self.grade(Path(course.root), assignment, student, notebook)

    def _correct_time(self, folder: Path, submission: dict[str, str]) -> None:
        """Save the time with its zone: nbgrader has read names of zones that it does not know."""
        found = read_time(read_timestamp(folder), configured_zone(self.config))
        if found.problem:
            self.log.warning("%s: %s", submission["student"], found.problem)
        with Gradebook(submission["db_url"]) as gradebook:
            saved = gradebook.find_submission(submission["assignment"], submission["student"])
            if found.time is not None and saved.timestamp != found.time:
                saved.timestamp = found.time
                gradebook.db.commit()


class SaveVerdicts(NbGraderPreprocessor):  # type: ignore[misc]
    """Saves the report's scores in one transaction, by the rules of nbgrader's SaveAutoGrades.

    A score or comment that a person gave is kept, and flagged for another look. Beyond
    nbgrader's rules: an exercise the grader could not judge has no score and waits for a person,
    and a bonus is extra credit.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        if "autograder" not in resources:
            return nbgraders_own(self, SAVING, nb, resources)
        where = resources["nbgrader"]
        exercises = exercises_by_cell(resources["autograder"]["report"])
        bonuses = {exercise.name for exercise in exercises.values() if exercise.bonus}
        earned = {exercise.name for exercise in exercises.values() if exercise.score > 0}
        with Gradebook(where["db_url"]) as gradebook:
            submission = gradebook.find_submission_notebook(
                where["notebook"], where["assignment"], where["student"]
            )
            grades = {grade.name: grade for grade in submission.grades}
            comments = {comment.name: comment for comment in submission.comments}
            for cell in nb.cells:
                name = grade_id(cell)
                exercise = exercises.get(name)
                if name in comments and name not in bonuses:
                    _comment(comments[name], cell, solved=name in earned)
                if not is_grade(cell):
                    continue
                if exercise is not None:
                    _score(grades[name], exercise, cell)
                else:
                    _leave_to_a_person(grades[name], cell)
                if exercise is not None and exercise.bonus:
                    _extra_credit(grades[name], exercise, comments.get(exercise.name))
            gradebook.db.commit()
        return nb, resources


def _outputs(exercise: ExerciseReport, points: float) -> list[NotebookNode]:
    data = {
        "text/html": verdict_table(exercise),
        VERDICTS: msgspec.to_builtins(shown_exercise(exercise)),  # for the feedback page
    }
    if exercise.ungraded:
        data["text/plain"] = verdict_text(exercise)
        return [nbformat.v4.new_output("display_data", data=data)]
    data["text/plain"] = repr(_within(exercise, points))
    return [nbformat.v4.new_output("execute_result", data=data, execution_count=None)]


def _within(exercise: ExerciseReport, points: float) -> float:
    """The score, not above ``points`` (nbgrader raises) by a bonus or a release's rounding."""
    return min(float(exercise.score), points)


def _score(grade: Grade, exercise: ExerciseReport, cell: NotebookNode) -> None:
    points = float(cell.metadata.nbgrader["points"])
    grade.auto_score = None if exercise.ungraded else _within(exercise, points)
    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None


def _leave_to_a_person(grade: Grade, cell: NotebookNode) -> None:
    # nbgrader gives full marks to a check cell without output; without a verdict there is none.
    untouched = is_solution(cell) and not is_elsewhere(cell)
    grade.auto_score = determine_grade(cell)[0] if untouched else None
    grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None


def _extra_credit(grade: Grade, exercise: ExerciseReport, comment: Comment | None) -> None:
    """Give a bonus as extra credit, unless a person has changed it since.

    The formgrader lets people edit extra credit, and the database has one column for both. The
    comment saved with it is what tells them apart: it states what the autograder last gave.
    """
    before = grade.extra_credit or 0.0
    said = comment.auto_comment if comment is not None else None
    automatic = said == bonus_sentence(before) or (before == 0.0 and not is_bonus_sentence(said))
    if not automatic or grade.manual_score is not None:
        grade.needs_manual_grade = True
        return
    grade.extra_credit = None if exercise.ungraded else float(exercise.score)
    if comment is not None and not exercise.ungraded:
        comment.auto_comment = bonus_sentence(grade.extra_credit)


def _comment(comment: Comment, cell: NotebookNode, *, solved: bool) -> None:
    """Say that there is no response under a stub, unless it was solved in another cell."""
    unchanged = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell)
    no_response = unchanged and not solved and not is_task(cell)
    said = ELSEWHERE if is_elsewhere(cell) else NO_RESPONSE
    comment.auto_comment = said if no_response else None
