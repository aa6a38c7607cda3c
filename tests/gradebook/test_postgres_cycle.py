"""The whole cycle by commands, on PostgreSQL and on SQLite: the same pages, table and results."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from graded_class import ROOT, nbgrader_commands, rows
from postgres_server import PostgresServer

from autograder.desks.release import write_source
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

pytestmark = pytest.mark.slow

NAME = "descent"
QUESTION = """

# %% [markdown] question="why" points=3
# Why does the sign matter?
#
# ### BEGIN SOLUTION: Write your answer here.
# 3 points: the gradient points uphill.
# ### END SOLUTION
"""
PLACED = [f"student {number}" for number in range(5)]


@dataclass(frozen=True)
class Cycle:
    """A course on PostgreSQL, graded twice, with points by hand in between; and its student."""

    course: Path
    student: Path
    user: str
    outputs: dict[str, str]


def settings(root: Path, url: str) -> str:
    return (
        f"c.Exchange.root = {str(root / 'exchange')!r}\n"
        f"c.Exchange.cache = {str(root / 'cache')!r}\n"
        f"c.CourseDirectory.db_url = {url!r}\n"
    )


def configure(course: Path, url: str) -> None:
    config = (ROOT / "nbgrader_config.py").read_text()
    (course / "nbgrader_config.py").write_text(config + settings(course.parent, url))


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", NAME, *words]


def grade(course: Path) -> str:
    done = subprocess.run(command(), cwd=course, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def by_hand(url: str, user: str) -> None:
    """What a person does in the formgrader, through the interface that it uses."""
    from nbgrader.api import Gradebook

    with Gradebook(url, "keras-training") as gradebook:
        gradebook.find_grade("why", NAME, NAME, user).manual_score = 2.3
        gradebook.find_comment("why", NAME, NAME, user).manual_comment = "Well argued"
        gradebook.find_grade("check-average", NAME, NAME, PLACED[0]).extra_credit = 0.1
        gradebook.db.commit()


def answered(notebook: Path) -> None:
    """Complete an exercise, leave the other as it is, and answer the question."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        written = cell.metadata.get("nbgrader", {}).get("grade_id")
        if written == "average":
            cell.source = "def average(numbers):\n    return np.sum(numbers) / len(numbers)"
        if written == "why":
            cell.source = "Because the gradient points uphill."
    nbformat.write(content, notebook)


def outputs(course: Path) -> dict[str, str]:
    """What grading wrote, by path."""
    files = [
        course / "grades.csv",
        course / "results" / f"{NAME}.json",
        *(p for step in ("autograded", "feedback") for p in (course / step).rglob(f"{NAME}.*")),
    ]
    return {str(path.relative_to(course)): path.read_text() for path in files}


@pytest.fixture(scope="module")
def cycle(tmp_path_factory: pytest.TempPathFactory, server: PostgresServer) -> Cycle:
    root = tmp_path_factory.mktemp("cycle")
    course, student = root / "course", root / "student"
    (root / "exchange").mkdir()
    (root / "exchange").chmod(0o777)
    student.mkdir()
    shutil.copytree(ROOT / "tests" / "hostile" / "solutions", course / "solutions")
    with (course / "solutions" / NAME / f"{NAME}.py").open("a") as source:
        source.write(QUESTION)
    url = server.create("cycle")
    configure(course, url)
    (student / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'keras-training'\n"
        + settings(root, "sqlite:///none.db")
    )
    found = Course(course)
    write_source(read_assignment(found.solution(NAME)), found.release(NAME), found.source(NAME))
    nbgrader_commands(
        (course, f"generate_assignment {NAME}"),
        (course, f"release_assignment {NAME}"),
        (student, f"fetch_assignment {NAME}"),
    )
    answered(student / NAME / f"{NAME}.ipynb")
    nbgrader_commands((student, f"submit {NAME}"), (course, f"collect {NAME}"))
    (user,) = (path.name for path in (course / "submitted").iterdir())
    for each in PLACED:
        shutil.copytree(
            course / "submitted" / user,
            course / "submitted" / each,
            ignore=shutil.ignore_patterns("submission_secret.txt"),
        )
    grade(course)
    by_hand(url, user)
    grade(course)
    return Cycle(course, student, user, outputs(course))


def test_feedback_is_released_and_fetched(cycle: Cycle) -> None:
    table = (cycle.course / "grades.csv").read_text()
    nbgrader_commands(
        (cycle.course, f"generate_feedback {NAME}"),
        (cycle.course, f"release_feedback {NAME}"),
        (cycle.student, f"fetch_feedback {NAME}"),
        (cycle.course, "export"),
    )
    (page,) = cycle.student.glob(f"{NAME}/feedback/*/*.html")
    assert "Well argued" in page.read_text()
    assert (cycle.course / "grades.csv").read_text() == table
    found = rows(cycle.course / "grades.csv")
    assert found[cycle.user]["score"] == "4.3"
    assert (found[PLACED[0]]["score"], found[PLACED[0]]["by_hand"]) == ("2.1", "0.1")


def test_without_the_driver_the_line_to_install_it_is_printed(cycle: Cycle) -> None:
    without = (
        "import sys; sys.modules['psycopg'] = None; from autograder.cli import main;"
        "sys.argv[0] = 'autograder'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", without, "grade", NAME],
        cwd=cycle.course,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "400"},
    )
    assert done.returncode == 2, done.stdout
    assert "pip install 'psycopg[binary]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hush" not in done.stdout + done.stderr


def test_another_database_gets_the_same_grades(cycle: Cycle, server: PostgresServer) -> None:
    """The journal has the reports: nothing is graded again, also after the grader was killed."""
    assert len(cycle.outputs) == 2 * len(PLACED) + 4
    for url in (server.create("again"), f"sqlite:///{cycle.course / 'gradebook.db'}"):
        configure(cycle.course, url)
        for path in cycle.outputs:
            (cycle.course / path).unlink()
        killed_after(cycle.course, PLACED[2])
        assert not (cycle.course / "grades.csv").exists()
        by_hand(url, cycle.user)
        assert "6 of 6 are graded already" in grade(cycle.course)
        assert outputs(cycle.course) == cycle.outputs


def killed_after(course: Path, student: str) -> None:
    run = subprocess.Popen(command(), cwd=course, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    for line in run.stdout:
        if student in line:
            break
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
