"""The feedback page says what the gradebook and the graded notebook say, however it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from graded_class import (
    NAME,
    Graded,
    autograded,
    code,
    drop_checks,
    opened,
    page,
    recorded,
    report,
    solved,
)
from nbformat.notebooknode import NotebookNode

pytestmark = pytest.mark.slow

LATE = "2030-01-01 15:00:00 UTC"


@pytest.fixture
def again(course: Path) -> Callable[..., str]:
    """Makes ada's page again, as after grading by hand, with some configuration."""
    from nbgrader.coursedir import CourseDirectory

    from autograder.gradebook.config import course_config, in_course_folder, silent_log
    from autograder.gradebook.conversion import FeedbackPages
    from autograder.gradebook.database import absolute_url

    def made(configure: Callable[[Any], None] = lambda config: None) -> str:
        with in_course_folder(course):
            config = course_config(course)
            configure(config)
            folder = CourseDirectory(config=config, root=str(course), log=silent_log())
            folder.db_url = absolute_url(folder)
            FeedbackPages(folder, config, NAME).save("ada", SimpleNamespace(text=LATE))  # type: ignore[arg-type]
        return page(course)

    return made


def parsed(text: str) -> Any:
    return BeautifulSoup(text, "html.parser").body


def words(text: str) -> str:
    return " ".join(parsed(text).get_text(" ").split())


def test_the_page_says_what_a_person_gave(
    course: Path, release: NotebookNode, again: Callable[..., str]
) -> None:
    remarks = ("The check cell of Adam was edited; the original check was used.",)
    graded = report(momentum=7.5, adam_status="ungraded", remarks=remarks)
    recorded(course, release)
    with opened(course) as database:
        database.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")
        database.update_or_create_student("ada", first_name="Ada", last_name="Lovelace")
    recorded(course, release, Graded(graded, solved(release), LATE))
    before = words(page(course))
    assert "Feedback for Ada Lovelace ( ada ) Optimizers 11.5 of 35 points so far" in before
    assert "25 points wait for a person 4 of them bonus 3 hours late: no points" in before
    assert "From the autograder: The check cell of Adam was edited" in before
    assert "✗ Momentum something to fix, 7.5 / 10 points" in before
    assert "Hint: Is the learning rate applied twice?" in before
    assert "mine = 'Momentum'" in before
    assert "Nesterov all right, bonus +4 / 4 points" in before

    with opened(course) as database:
        database.find_grade("essay", NAME, NAME, "ada").manual_score = 3
        database.find_grade("check-Adam", NAME, NAME, "ada").manual_score = 12
        database.find_grade("check-Momentum", NAME, NAME, "ada").extra_credit = 1
        database.find_comment("essay", NAME, NAME, "ada").manual_comment = "Why **$v$**?"
        database.find_comment("Adam", NAME, NAME, "ada").manual_comment = "By hand. <script>"
        notebook = database.find_submission_notebook(NAME, NAME, "ada")
        notebook.late_submission_penalty = 2
        database.db.commit()
    after = words(again())

    assert "Optimizers 25.5 of 35 points 4 of them bonus +16 by hand 3 hours late" in after
    assert "late: \N{MINUS SIGN}2 Submitted 2030-01-01 15:00 UTC, due 2030-01-01 12:00" in after
    assert "✎ Essay graded by a person, 3 / 5 points mine = 'essay' Comment Why v ?" in after
    assert "Adam something to fix, by hand 12 / 20 points" in after
    assert "A person gave these points." in after
    assert "Comment By hand. <" not in after  # the text of a script is dropped
    assert "Comment By hand." in after
    assert "extra credit 8.5 / 10 points" in after
    assert "+1 point of extra credit from a person." in after


def test_that_nothing_is_written_is_no_comment(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report(), release))
    with opened(course) as database:
        assert database.find_comment("essay", NAME, NAME, "ada").comment == "No response."
    shown = words(page(course))
    assert "No response" not in shown
    assert "Comment" not in shown


def test_work_in_other_cells_is_shown_and_pointed_to(course: Path, release: NotebookNode) -> None:
    moved = solved(release)
    moved.cells = [cell for cell in moved.cells if "nbgrader" not in cell.metadata]
    moved.cells.append(code("class Momentum: pass"))
    moved.cells.append(nbformat.v4.new_markdown_cell("My answer is $a$."))
    drop_checks(moved)
    recorded(course, release, Graded(report(momentum=5), moved))

    shown = parsed(page(course))
    others = shown.select_one("#others")
    assert others.has_attr("open")
    assert "class Momentum: pass" in others.get_text()
    assert "My answer is" in others.get_text()
    assert "import keras" not in others.get_text()  # a cell of the release
    text = words(page(course))
    assert "This was not in its own cell: see your other cells" in text
    assert "The answer may be in another cell: see your other cells" in text
    assert "Comment The answer may be in another cell." in text


def test_the_question_is_folded_and_the_answer_shown(course: Path, release: NotebookNode) -> None:
    from autograder.gradebook.release import with_checksums

    question = "## 7 · Your judgement\n\nWhich of the four?\n\n*Write your answer here.*"
    release.cells[-1].source = question
    with_checksums(release)
    answered = solved(release)
    answered.cells[-1].source = f"{question}\n\nAdam, always."
    recorded(course, release, Graded(report(), answered))

    (part,) = parsed(page(course)).select("section.part:last-of-type")
    assert part.h3.get_text() == "7 · Your judgement"
    assert "Which of the four?" in part.select_one("details.question").get_text()
    assert part.select_one(".answer").get_text().strip() == "Adam, always."


def test_verdicts_of_an_earlier_version_are_shown(
    course: Path, release: NotebookNode, again: Callable[..., str]
) -> None:
    from autograder.gradebook.preprocessors import VERDICTS

    recorded(course, release, Graded(report(momentum=7.5), solved(release)))
    graded = nbformat.read(autograded(course), as_version=4)
    for cell in graded.cells:
        for output in cell.get("outputs", []):
            del output["data"][VERDICTS]
    autograded(course).chmod(0o644)
    nbformat.write(graded, autograded(course))

    shown = again()
    assert "✗ Momentum something to fix, 7.5 / 10 points" in words(shown)
    assert "Is the learning rate applied twice?" in words(shown)
    assert "Nesterov all right, bonus +4 points" in words(shown)
    assert ' style="' not in shown


def test_other_assignments_keep_nbgraders_page_and_a_courses_own_template_counts(
    course: Path, release: NotebookNode, again: Callable[..., str]
) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    assert "Feedback for" in page(course)

    def template(config: Any) -> None:
        config.HTMLExporter.template_name = "basic"

    assert "Feedback for" not in again(template)
    graded = nbformat.read(autograded(course), as_version=4)
    del graded.metadata["autograder"]  # as `nbgrader autograde` leaves it without the engine
    autograded(course).chmod(0o644)
    nbformat.write(graded, autograded(course))
    assert "Student's answer" in again()
