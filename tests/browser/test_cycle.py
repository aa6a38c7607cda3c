"""nbgrader's whole cycle in a browser, with the two Linux users and the exchange of a real course.

Where two users are not possible (see `two_users.py`), one user plays both, with two homes.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbgrader_cycle as cycle
import pytest
from chromium import WITH_CHROMIUM, chromium
from documents import blocks
from two_users import ROOT, Machine, Server, jupyter_labs, shared_machine

from autograder.desks.release import build, write_source
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.stored import PUBLIC_SEED
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

pytestmark = WITH_CHROMIUM

NAME = "descent"

IMPORT = "from autograder import check"

QUESTION = """

# %% [markdown] question="which_rate" points=4
# ## Which learning rate?
#
# How do you choose it?
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric, 4 points.** 2 for a reason, 2 for a picture to tell it from.
# ### END SOLUTION
"""

WRONG = "self.assign_add(variable, learning_rate * gradient)"
RIGHT = "self.assign_sub(variable, learning_rate * gradient)"
PARTLY = "return numbers[0]"
ATTACK = "<img src=x onerror=document.body.append(12345*6789)>"
ANSWER = "The largest rate at which the loss < 1 still falls."
COMMENT = "Right & short; which picture shows it?"


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine with a course that is built, and with both users' nbgrader set up."""
    with shared_machine() as machine:
        exchange = f"c.Exchange.root = {str(machine.exchange)!r}\n"
        course = machine.teacher.home / "course"
        shutil.copytree(
            ROOT / "tests" / "hostile" / "solutions" / NAME, course / "solutions" / NAME
        )
        notebook = course / "solutions" / NAME / f"{NAME}.py"
        text = notebook.read_text().replace("import keras\n", f"{IMPORT}\n\nimport keras\n", 1)
        notebook.write_text(text + QUESTION)
        _release(Course(course))
        config = (ROOT / "nbgrader_config.py").read_text()
        (course / "nbgrader_config.py").write_text(f"{config}\n{exchange}")
        machine.teacher.own(course)
        settings = machine.student.home / ".jupyter"
        settings.mkdir()
        (settings / "nbgrader_config.py").write_text(_students_config() + exchange)
        machine.student.own(settings)
        yield machine


def _release(course: Course) -> None:
    """What `autograder build` does, but for the proof, which would take half a minute."""
    assignment = read_assignment(course.solution(NAME))
    with probing_sandbox() as sandbox:
        oracle = LiveOracle(sandbox, assignment, PUBLIC_SEED)
        build(assignment, course.release(NAME), lambda: oracle)
    write_source(assignment, course.release(NAME), course.source(NAME))


def _students_config() -> str:
    """The configuration of students in the instructors' guide."""
    guide = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
    return next(block.text for block in blocks(guide) if block.title == "nbgrader_config.py")


@dataclass(frozen=True)
class Desks:
    """Both users at work, each with a browser window."""

    machine: Machine
    student_at: Server
    teacher: Any
    student: Any

    @property
    def course(self) -> Path:
        """The instructor's folder."""
        return self.machine.teacher.home / "course"


@pytest.fixture(scope="module")
def desks(machine: Machine) -> Iterator[Desks]:
    """Both users in JupyterLab; in the end no process of theirs is left."""
    teacher, student = machine.teacher, machine.student
    places = (teacher, teacher.home / "course"), (student, student.home)
    with (
        jupyter_labs(*places) as (teachers, students),
        chromium() as browser,
        cycle.at_work(browser, teachers) as teacher_at_work,
        cycle.at_work(browser, students) as student_at_work,
    ):
        yield Desks(machine, students, teacher_at_work, student_at_work)


@dataclass(frozen=True)
class Submitted:
    """What a student saw on the way to the submission."""

    wrong: str
    pictures: int
    right: str
    validated: str


@pytest.fixture(scope="module")
def submitted(desks: Desks) -> Submitted:
    """The instructor releases; the student fetches, writes, checks, validates and submits."""
    said = cycle.press(cycle.open_formgrader(desks.teacher), "release")
    assert "Successfully released" in said

    page = desks.student
    cycle.fetch(page)
    cycle.open_notebook(page, desks.student_at, NAME)
    cycle.run(page, cycle.cell_with(page, IMPORT))
    exercise = cycle.cell_with(page, "class Descent(")
    check = cycle.cell_with(page, "check(Descent)")
    cycle.type_over(page, exercise, "raise NotImplementedError", WRONG)
    cycle.run(page, exercise)
    output = cycle.run(page, check)
    wrong, pictures = output.inner_text(), output.locator("img").count()
    cycle.type_over(page, exercise, WRONG, RIGHT)
    cycle.run(page, exercise)
    right = cycle.run(page, check).inner_text()
    average = cycle.cell_with(page, "def average(")
    cycle.type_over(page, average, "raise NotImplementedError", PARTLY)
    cycle.answer(page, f"{ATTACK} {ANSWER}")
    cycle.save(page)
    validated = cycle.validate(page)
    cycle.submit(page)
    return Submitted(wrong, pictures, right, validated)


def test_a_student_sees_what_is_wrong_before_submitting(submitted: Submitted) -> None:
    assert "Each update takes learning_rate times the gradient" in submitted.wrong
    assert "The gradient points uphill." in submitted.wrong
    assert submitted.pictures > 0
    assert "The gradient points uphill." not in submitted.right
    # Validate names the exercise that is not right, with the check's words, and no other.
    assert "check(average)" in submitted.validated
    assert "The sum is divided by how many numbers there are." in submitted.validated
    assert "check(Descent)" not in submitted.validated
    assert "did not provide a response" not in submitted.validated


@dataclass(frozen=True)
class Graded:
    """What an instructor saw in the formgrader, and the gradebook's scores after autograding."""

    listed: str
    scores: dict[str, float | None]
    page: str


@pytest.fixture(scope="module")
def graded(desks: Desks, submitted: Submitted) -> Graded:
    """The instructor collects, autogrades, grades the answer by hand and releases feedback."""
    formgrader = cycle.open_formgrader(desks.teacher)
    assert "Successfully collected" in cycle.press(formgrader, "collect")
    cycle.open_submissions(formgrader, NAME)
    assert "Successfully autograded" in cycle.press(formgrader, "autograde")
    listed, scores = formgrader.locator("#main-table").inner_text(), _scores(desks.course)
    # A page from before the answer is graded, which must not be the one that is released.
    assert "Successfully generated" in cycle.press(formgrader, "generate-feedback")
    cycle.open_submission(formgrader, NAME)
    cycle.grade_by_hand(desks.teacher, "which_rate", points=3, extra=0.5, comment=COMMENT)
    page = formgrader.locator("body").inner_text()
    cycle.open_submissions(formgrader, NAME)
    assert "Successfully generated" in cycle.press(formgrader, "generate-feedback")
    assert "Successfully released" in cycle.press(formgrader, "release-feedback")
    return Graded(listed, scores, page)


def _scores(course: Path) -> dict[str, float | None]:
    with closing(sqlite3.connect(course / "gradebook.db")) as database:
        return dict(
            database.execute(
                "select base_cell.name, grade.auto_score from grade"
                " join base_cell on base_cell.id = grade.cell_id"
            )
        )


def test_the_formgrader_gives_the_scores_of_the_command(desks: Desks, graded: Graded) -> None:
    assert "needs manual grading" in graded.listed
    assert "4 / 9" in graded.listed

    desks.machine.teacher.run("autograder", "grade", NAME, folder=desks.course)

    assert graded.scores == _scores(desks.course)
    results = json.loads((desks.course / "results" / f"{NAME}.json").read_text())
    (student,) = results["students"]
    by_command = {f"check-{each['name']}": each["score"] for each in student["exercises"]}
    assert graded.scores == {**by_command, "which_rate": None}
    assert by_command == {"check-Descent": 3, "check-average": 1}


def test_a_students_script_does_not_run_in_the_formgrader(desks: Desks, graded: Graded) -> None:
    submission = desks.course / "submitted" / desks.machine.student.name / NAME / f"{NAME}.ipynb"
    assert ATTACK in submission.read_text()
    assert ANSWER in graded.page
    assert "83810205" not in graded.page  # what the script would write


def test_the_student_fetches_points_and_comment(desks: Desks, graded: Graded) -> None:
    page = cycle.fetch_feedback(desks.student, NAME)
    seen = page.locator("body").inner_text()
    assert COMMENT in seen
    assert ANSWER in seen
    for text in ("7.5", "3.5", "Descent", "average", "The sum is divided by"):
        assert text in seen


def test_each_sees_what_is_theirs(desks: Desks, graded: Graded) -> None:
    machine, course = desks.machine, desks.course
    if not machine.two_users:
        pytest.skip("there is one Linux user here")
    shared = machine.exchange / "keras-training"
    assert machine.student.can_read(shared / "outbound" / NAME / f"{NAME}.ipynb")
    assert machine.teacher.can_read(shared / "inbound")
    for path in (shared / "inbound", shared / "feedback", course / "solutions"):
        assert not machine.student.can_read(path)
    assert not machine.teacher.can_read(machine.student.home)
