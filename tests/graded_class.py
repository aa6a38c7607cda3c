"""A class to record: its release, its reports, its notebooks; and what nbgrader made of it."""

from __future__ import annotations

import copy
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.record import Recorded, Recorder
from autograder.gradebook.release import with_checksums
from autograder.sources.submission import Submission
from autograder.verdicts import ExerciseReport, Report, Status, Verdict

NAME = "optimizers"


ROOT = Path(__file__).parents[1]


def code(source: str, **nbgrader: Any) -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_code_cell(source)
    if nbgrader:
        cell.metadata["nbgrader"] = {"schema_version": 3, **nbgrader}
    return cell


def solution(name: str) -> NotebookNode:
    stub = f"class {name}:\n    raise NotImplementedError"
    return code(stub, grade=False, solution=True, locked=False, grade_id=name)


def check(name: str, points: float) -> NotebookNode:
    cell = {"grade": True, "solution": False, "locked": True, "points": points}
    return code(f"check({name})", grade_id=f"check-{name}", **cell)


def essay() -> NotebookNode:
    cell: NotebookNode = nbformat.v4.new_markdown_cell("Write your answer here.")
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 5,
        "grade_id": "essay",
    }
    return cell


def make_release() -> NotebookNode:
    """Two exercises, a bonus and a written answer."""
    cells = [
        nbformat.v4.new_markdown_cell("# Optimizers <img src='momentum.png'>"),
        code("import keras"),
        solution("Momentum"),
        check("Momentum", 10),
        nbformat.v4.new_markdown_cell("Now $w < v$."),
        solution("Adam"),
        check("Adam", 20),
        solution("Nesterov"),
        check("Nesterov", 0),
        essay(),
    ]
    for index, cell in enumerate(cells):
        cell.id = f"release-{index}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return with_checksums(nbformat.v4.new_notebook(cells=cells, metadata=metadata))


def solved(release: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = f"mine = '{cell.metadata.nbgrader.grade_id}'"
    return notebook


def drop_checks(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("check(")]


def double_checks(notebook: NotebookNode) -> None:
    notebook.cells += copy.deepcopy(notebook.cells)


def exercise(
    name: str, earned: float, of: float, *, bonus: bool = False, status: Status | None = None
) -> ExerciseReport:
    """An exercise of two checks; the second carries what is not earned."""
    half = of / 2
    first, second = min(earned, half), max(0.0, earned - half)
    verdicts = (
        Verdict("moves_downhill", f"{name} moves downhill.", "passed", first, half),
        Verdict(
            "follows_the_rule",
            f"{name} follows its rule.",
            status or ("passed" if earned == of else "failed"),
            second,
            half,
            message="" if earned == of else "After update 2 expected 0.76, got 0.81.",
            misconception=None if earned == of else "learning_rate_twice",
            hint="" if earned == of else "Is the learning rate applied twice?",
        ),
    )
    return ExerciseReport(name, bonus, verdicts)


def report(
    student: str = "ada",
    momentum: float = 10,
    adam: float = 20,
    nesterov: float = 4,
    *,
    adam_status: Status | None = None,
    remarks: tuple[str, ...] = (),
) -> Report:
    exercises = (
        exercise("Momentum", momentum, 10),
        exercise("Adam", adam, 20, status=adam_status),
        exercise("Nesterov", nesterov, 4, bonus=True),
    )
    return Report(student, NAME, exercises, seed=7, sandbox="landlock", remarks=remarks)


@dataclass(frozen=True)
class Graded:
    """A graded submission: its report, the notebook as the student left it, its timestamp."""

    report: Report
    notebook: NotebookNode
    timestamp: str = ""


def record(course: Path, release: NotebookNode, *class_: Graded) -> Recorded:
    submitted = course / "submitted"
    with Recorder(course, NAME, release, submitted) as recorder:
        for graded in class_:
            student = graded.report.student
            if graded.timestamp:
                folder = submitted / student / NAME
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "timestamp.txt").write_text(graded.timestamp)
            recorder.save(Submission(student, None, notebook=graded.notebook), graded.report)
    return recorder.recorded


def recorded(course: Path, release: NotebookNode, *class_: Graded) -> Recorded:
    """Record the class; nothing may go wrong."""
    result = record(course, release, *class_)
    assert result.problems == ()
    return result


@contextmanager
def opened(course: Path) -> Iterator[Any]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "") as database:
        yield database


def grade(course: Path, cell: str, student: str = "ada") -> dict[str, Any]:
    with opened(course) as database:
        return dict(database.find_grade(cell, NAME, NAME, student).to_dict())


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def nbgrader(course: Path, *arguments: str) -> str:
    """Run nbgrader's own command in the course, as an instructor would."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


_ONE_AFTER_ANOTHER = """
import json, os, shlex, sys
from nbgrader.apps.nbgraderapp import NbGraderApp
import nbgrader.apps

for folder, line in json.loads(sys.argv[1]):
    if os.fork() == 0:
        os.chdir(folder)
        NbGraderApp.launch_instance(shlex.split(line))
        sys.exit(0)
    if code := os.waitstatus_to_exitcode(os.wait()[1]):
        sys.exit(code)
"""


def nbgrader_commands(*commands: tuple[Path, str]) -> str:
    """Run nbgrader's commands, each in its folder, after one import, which takes seconds."""
    lines = json.dumps([[str(folder), line] for folder, line in commands])
    done = subprocess.run(
        [sys.executable, "-c", _ONE_AFTER_ANOTHER, lines],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def nbgrader_api(course: Path) -> Any:
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    from autograder.gradebook.config import course_config

    config = course_config(course)
    return NbGraderAPI(CourseDirectory(config=config, root=str(course)), config=config)


def cells(path: Path) -> list[NotebookNode]:
    return list(nbformat.read(path, as_version=4).cells)


def by_id(path: Path) -> dict[str, NotebookNode]:
    found = [cell for cell in cells(path) if cell.metadata.get("nbgrader", {}).get("grade_id")]
    assert len({cell.metadata.nbgrader.grade_id for cell in found}) == len(found)
    return {cell.metadata.nbgrader.grade_id: cell for cell in found}


def autograded(course: Path, student: str = "ada") -> Path:
    return course / "autograded" / student / NAME / f"{NAME}.ipynb"


def page(course: Path, student: str = "ada") -> str:
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")
