"""nbgrader's own commands see what was recorded, and grade with the engine."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from graded_class import (
    NAME,
    ROOT,
    Graded,
    autograded,
    by_id,
    cells,
    drop_checks,
    grade,
    nbgrader,
    nbgrader_api,
    opened,
    page,
    recorded,
    report,
    solved,
)
from nbformat.notebooknode import NotebookNode

pytestmark = pytest.mark.slow


def test_nbgraders_commands_and_the_formgrader_see_the_grades(
    course: Path, release: NotebookNode
) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", course)
    submitted = course / "submitted" / "ada" / NAME
    submitted.mkdir(parents=True)
    nbformat.write(solved(release), submitted / f"{NAME}.ipynb")
    (submitted / "timestamp.txt").write_text("2030-01-01 15:00:00 UTC")
    graded = Graded(report(momentum=7.5), solved(release), timestamp="2030-01-01 15:00:00 UTC")
    done = recorded(course, release, graded)
    ours, html = done.grades_csv.read_text(), page(course)
    assert "Well argued" not in html

    done.grades_csv.unlink()
    nbgrader(course, "export")
    assert done.grades_csv.read_text() == ours

    with opened(course) as database:
        database.find_comment("essay", NAME, NAME, "ada").manual_comment = "Well argued"
        database.db.commit()
    nbgrader(course, "generate_feedback", NAME)  # without --force
    theirs = page(course)
    assert "Well argued" in theirs
    assert "Feedback for" in theirs
    recorded(course, release, graded)
    assert page(course) == theirs

    api = nbgrader_api(course)
    (course / "feedback" / "ada" / NAME / f"{NAME}.html").unlink()
    assert api.generate_feedback(NAME, "ada")["success"]  # the formgrader's button
    assert page(course) == theirs
    (submission,) = api.get_submissions(NAME)
    assert (submission["student"], submission["score"], submission["max_score"]) == (
        "ada",
        31.5,
        35,
    )
    assert submission["autograded"] is True
    assert submission["needs_manual_grade"] is True  # the written answer
    (notebook,) = api.get_notebook_submissions(NAME, NAME)
    assert notebook["failed_tests"] is True


def test_nbgrader_autograde_grades_with_the_engine(course: Path, release: NotebookNode) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", course)
    # The engine itself would start keras; here a module in the course grades instead.
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(
            "import stand_in\nfrom autograder.desks import nbgrader_plugin\n"
            "nbgrader_plugin.grade_one = stand_in.grade_one\n"
        )
    (course / "stand_in.py").write_text(
        "import graded_class as t\n"
        "def grade_one(course, assignment, student, notebook):\n"
        "    assert notebook.parent.is_dir() and (course / 'submitted').is_dir()\n"
        "    return t.report(student, momentum=7.5, adam_status='ungraded')\n"
    )
    shutil.copy(Path(__file__).parents[1] / "graded_class.py", course)
    (course / "solutions" / NAME).mkdir(parents=True)
    for path in (f"assignments/{NAME}", f"submitted/ada/{NAME}"):
        (course / path).mkdir(parents=True)
        nbformat.write(release, course / path / f"{NAME}.ipynb")
    tampered = solved(release)
    drop_checks(tampered)
    nbformat.write(tampered, course / f"submitted/ada/{NAME}/{NAME}.ipynb")

    (course / f"submitted/ada/{NAME}/timestamp.txt").write_text("2030-01-01 15:00:00 KST")
    # What `autograder grade` takes, nbgrader takes, too.
    for student in ("ben", "cleo", "dora", "eve"):
        (course / f"submitted/{student}/{NAME}").mkdir(parents=True)
    nbformat.write(solved(release), course / f"submitted/ben/{NAME}/My {NAME} (2).ipynb")
    nothing = nbformat.v4.new_notebook()
    nbformat.write(nothing, course / f"submitted/cleo/{NAME}/{NAME}.ipynb")
    final = solved(release)
    for cell in final.cells:
        if cell.source.startswith("mine = "):
            name = cell.metadata.nbgrader.grade_id
            cell.source = f"class {name}:\n    {cell.source}"
    nbformat.write(final, course / f"submitted/cleo/{NAME}/{NAME}-final.ipynb")
    module = "class Momentum:\n    pass\n\n\nclass Adam:\n    pass\n"
    (course / f"submitted/dora/{NAME}/{NAME}.py").write_text(module)
    (course / f"submitted/eve/{NAME}/{NAME}.ipynb").write_text("no notebook")

    log = nbgrader(course, "autograde", NAME)

    assert "ERROR" not in log
    assert grade(course, "check-Momentum")["auto_score"] == 7.5
    assert grade(course, "check-Adam")["auto_score"] is None
    assert grade(course, "check-Nesterov")["extra_credit"] == 4
    with opened(course) as database:
        assert database.find_submission(NAME, "ada").timestamp == datetime(2030, 1, 1, 6)
    assert (course / f"autograded/ada/{NAME}/submission_secret.txt").read_text()
    for student in ("ben", "cleo", "dora", "eve"):
        assert grade(course, "check-Momentum", student)["auto_score"] == 7.5
    for student in ("ben", "cleo"):
        assert "mine = 'Adam'" in by_id(autograded(course, student))["Adam"].source
    assert any(module.strip() in each.source for each in cells(autograded(course, "dora")))
