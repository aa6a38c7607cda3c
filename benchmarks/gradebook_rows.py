"""How recording slows down as the gradebook grows: seconds for one more student, by rows.

    uv run python benchmarks/gradebook_rows.py                    # 100, 1,000 and 10,000 students
    uv run python benchmarks/gradebook_rows.py --students 100000

One student is recorded as `autograder grade` does it: grades, graded notebook, feedback page. The
student's rows are copied for as many students as there are to be; then further students are
recorded, and the queries that need all of them are timed: the class table of `autograder grade`,
and the formgrader's page of students. Nothing is run in a sandbox; the reports are made up.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from class_variants import right_notebook, scratch_course, submit
from figures import Found
from whole_class import rows

from autograder.gradebook.record import Recorder
from autograder.gradebook.release import release_notebook
from autograder.grading.predicted import predicted
from autograder.sources.assignment import Assignment
from autograder.sources.course import Course
from autograder.sources.submission import Submission, read_submission
from autograder.verdicts import ExerciseReport, Report, Verdict

MORE = 5
"""Students that are recorded, and timed, beside those that are there."""

TABLES = ("student", "submitted_assignment", "submitted_notebook", "grade", "comment")
"""What a student adds to nbgrader's database."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--assignment", default="optimizers")
    parser.add_argument("--students", type=int, nargs="+", default=[100, 1_000, 10_000])
    options = parser.parse_args()
    for found in measure(options.assignment, options.students):
        print(line(found), flush=True)


def line(found: Found) -> str:
    """One line of the table."""
    return (
        f"{found['students']:7d} students, {found['rows']:9d} rows, "
        f"{found['bytes'] / 2**20:6.0f} MB: one more {found['save']:.3f} CPU s, class table "
        f"{found['standings']:.2f}, formgrader's students {found['student_dicts']:.2f}"
    )


def measure(name: str, numbers: Sequence[int]) -> Iterator[Found]:
    """Size by size, each in a new course."""
    for students in numbers:
        with TemporaryDirectory(prefix="benchmark-") as place:
            course, assignment = scratch_course(name, Path(place, "course"))
            yield _measured(course, assignment, students)


def _measured(course: Course, assignment: Assignment, students: int) -> Found:
    name, database = assignment.name, course.root / "gradebook.db"
    notebook = right_notebook(assignment)
    submitted = course.root / "submitted"
    with Recorder(course.root, name, release_notebook(assignment), submitted) as recorder:

        def record(number: int) -> float:
            student = submit(course, name, number, notebook)
            submission = read_submission(submitted / student / name / f"{name}.ipynb", student)
            started = time.process_time()
            if not recorder.save(submission, _report(assignment, submission)):
                raise RuntimeError(recorder.recorded.problems[-1])
            return time.process_time() - started

        record(0)
        _multiply(database, students - 1)
        record(students)  # what only the first one pays
        save = sum(record(students + number) for number in range(1, MORE + 1)) / MORE
        return {
            "students": students,
            "rows": rows(database),
            "bytes": database.stat().st_size,
            "save": save,
            "standings": _seconds(recorder.standings),
            "student_dicts": _of_the_formgrader(database),
        }


def _of_the_formgrader(database: Path) -> float:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{database}") as gradebook:
        return _seconds(gradebook.student_dicts)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _report(assignment: Assignment, submission: Submission) -> Report:
    """Full marks."""
    check_set = assignment.check_set
    exercises = tuple(
        ExerciseReport(
            exercise.name,
            exercise.bonus,
            tuple(
                Verdict(check.name, check.claim, "passed", check.points, check.points, "")
                for check in check_set.of(exercise.name)
            ),
        )
        for exercise in check_set.exercises
    )
    exercises += predicted(submission, check_set.predictions)
    return Report(submission.student, check_set.name, exercises, 7, "none", ())


def _multiply(path: Path, copies: int) -> None:
    """Copy the rows of the only student for further ones."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("pragma synchronous = off")
        database.row_factory = sqlite3.Row
        tables = {
            table: [dict(each) for each in database.execute(f"select * from {table}")]
            for table in TABLES
        }
        ids = {each["id"] for found in tables.values() for each in found}
        for table, found in tables.items():
            columns = list(found[0]) if found else []
            marks = ", ".join("?" * len(columns))
            database.executemany(
                f"insert into {table} values ({marks})",
                (
                    # What refers to the student, or to a row of his, refers to the copy's.
                    [f"{v}-{copy}"[-32:] if v in ids else v for v in each.values()]
                    for copy in range(copies)
                    for each in found
                ),
            )


if __name__ == "__main__":
    main()
