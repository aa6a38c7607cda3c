"""A student is recorded again if, and only if, something else might be recorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from graded_class import NAME, autograded, opened, report, solved
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.record import Recorder
from autograder.sources.submission import Submission
from autograder.verdicts import Report

pytestmark = pytest.mark.slow


def saved(course: Path, release: NotebookNode, *reports: Report) -> dict[str, str]:
    """Record these students; what tells whether they would be recorded as they are."""
    with Recorder(course, NAME, release, course / "submitted") as recorder:
        for each in reports:
            assert recorder.save(Submission(each.student, None, notebook=solved(release)), each)
        return {each.student: recorder.state(each.student) for each in reports}


def unchanged(course: Path, release: NotebookNode, states: dict[str, str]) -> set[str]:
    with Recorder(course, NAME, release, course / "submitted") as recorder:
        return set(recorder.unchanged(states))


def in_the_gradebook(change: Callable[..., object]) -> Callable[[Path], None]:
    def changed(course: Path) -> None:
        with opened(course) as database:
            change(database)
            database.db.commit()

    return changed


def points(database: Any) -> None:
    database.find_grade("check-Momentum", NAME, NAME, "ada").manual_score = 8


def comment(database: Any) -> None:
    found = database.find_comment("Momentum", NAME, NAME, "ada")
    found.manual_comment = "Nice try"


def extra_credit(database: Any) -> None:
    database.find_grade("check-Adam", NAME, NAME, "ada").extra_credit = 1


def name(database: Any) -> None:
    database.update_or_create_student("ada", last_name="Lovelace")


def no_submission(database: Any) -> None:
    database.remove_submission(NAME, "ada")


def page_gone(course: Path) -> None:
    (course / "feedback" / "ada" / NAME / f"{NAME}.html").unlink()


def graded_notebook_written(course: Path) -> None:
    path = autograded(course)
    path.chmod(0o600)
    path.write_text(path.read_text() + "\n")


def picture_submitted(course: Path) -> None:
    folder = course / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / "plot.png").write_bytes(b"png")


@pytest.mark.parametrize(
    "change",
    [
        *map(in_the_gradebook, (points, comment, extra_credit, name, no_submission)),
        page_gone,
        graded_notebook_written,
        picture_submitted,
    ],
)
def test_who_might_be_recorded_otherwise_is_not_unchanged(
    course: Path, release: NotebookNode, change: Callable[[Path], None]
) -> None:
    states = saved(course, release, report(), report("bob"))
    assert unchanged(course, release, states) == {"ada", "bob"}

    change(course)

    assert unchanged(course, release, states) == {"bob"}


def test_other_settings_concern_everyone(course: Path, release: NotebookNode) -> None:
    states = saved(course, release, report())
    config = course / "nbgrader_config.py"
    config.write_text("c = get_config()\nc.CourseDirectory.max_file_size = 7\n")

    assert not unchanged(course, release, states)
    again = saved(course, release, report())
    assert unchanged(course, release, again) == {"ada"}

    # A due date is the assignment's, and late penalties follow from it.
    with opened(course) as database:
        database.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")
    assert not unchanged(course, release, again)


@pytest.mark.parametrize(
    "setting",
    [
        "c.AssignLatePenalties.plugin_class = 'own.Late'",
        "c.Autograde.sanitize_preprocessors = ['own.Step']",
        "c.GenerateFeedback.preprocessors = ['own.Step']",
        "c.HTMLExporter.template_name = 'classic'",
    ],
)
def test_what_code_of_the_course_does_is_not_known(
    course: Path, release: NotebookNode, setting: str
) -> None:
    (course / "own.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "from nbgrader.preprocessors import NbGraderPreprocessor\n"
        "class Late(BasePlugin):\n"
        "    def late_submission_penalty(self, *_):\n"
        "        return 0\n"
        "class Step(NbGraderPreprocessor):\n"
        "    def preprocess(self, nb, resources):\n"
        "        return nb, resources\n"
    )
    (course / "nbgrader_config.py").write_text(f"c = get_config()\n{setting}\n")

    assert saved(course, release, report()) == {"ada": ""}


def test_problems_are_told_again(course: Path, release: NotebookNode) -> None:
    folder = course / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("soon")

    with Recorder(course, NAME, release, course / "submitted") as recorder:
        recorder.save(Submission("ada", None, notebook=solved(release)), report())
        assert recorder.recorded.problems
        assert recorder.state("ada") == ""


def test_what_a_person_gives_while_the_page_is_made_is_not_missed(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Recorder(course, NAME, release, course / "submitted") as recorder:
        make = recorder._pages.save

        def make_and_grade(*of: Any) -> None:
            make(*of)
            in_the_gradebook(points)(course)

        monkeypatch.setattr(recorder._pages, "save", make_and_grade)
        recorder.save(Submission("ada", None, notebook=solved(release)), report())
        states = {"ada": recorder.state("ada")}
    assert states["ada"]
    assert not unchanged(course, release, states)
