"""The names in nbgrader_config.py: current ones, and those of existing courses."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from traitlets.utils.importstring import import_item

from autograder.desks import nbgrader_plugin
from autograder.gradebook.release import release_notebook
from autograder.sources.assignment import read_assignment
from autograder.verdicts import ExerciseReport

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tests" / "hostile" / "solutions"
NAMES = ("StudentNotebook", "RestoreRelease", "WriteVerdicts", "SaveVerdicts", "register_release")

AVERAGE = "def average(numbers):\n    return sum(numbers) / len(numbers)\n"


@pytest.mark.parametrize("name", NAMES)
def test_an_old_name_works_and_says_what_to_write_instead(name: str) -> None:
    old = importlib.import_module("autograder.outputs.preprocessors")
    with pytest.warns(FutureWarning, match=rf"write autograder\.desks\.nbgrader_plugin\.{name}"):
        assert getattr(old, name) is getattr(nbgrader_plugin, name)


def test_other_old_names_do_not_exist() -> None:
    old = importlib.import_module("autograder.outputs.preprocessors")
    with pytest.raises(AttributeError, match="has no attribute 'register'"):
        _ = old.register


def test_the_configuration_names_what_exists() -> None:
    config = (ROOT / "nbgrader_config.py").read_text()
    named = re.findall(r'"autograder\.desks\.nbgrader_plugin\.(\w+)"', config)
    assert sorted(named) == sorted((*NAMES, "RemoveHiddenParts"))
    assert '"autograder.gradebook.grades_csv.GradesCsv"' in config
    assert '"autograder.gradebook.safe_markdown.markdown2html"' in config
    for name in re.findall(r'"(autograder\.[\w.]+)"', config):
        import_item(name)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the configuration of an earlier release, built, and one submission."""
    root = tmp_path_factory.mktemp("existing") / "course"
    shutil.copytree(SOURCES, root / "solutions")
    config = (ROOT / "nbgrader_config.py").read_text()
    old = config.replace("autograder.desks.nbgrader_plugin.", "autograder.outputs.preprocessors.")
    old = old.replace('    "autograder.outputs.preprocessors.RemoveHiddenParts",\n', "")
    (root / "nbgrader_config.py").write_text(old)
    release = release_notebook(read_assignment(root / "solutions" / "descent"))
    for folder in ("assignments/descent", "submitted/ada/descent"):
        (root / folder).mkdir(parents=True)
    nbformat.write(release, root / "assignments/descent/descent.ipynb")
    for cell in release.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "average":
            cell.source = AVERAGE
    nbformat.write(release, root / "submitted/ada/descent/descent.ipynb")
    return root


def run(course: Path, *words: str) -> str:
    """Run a command in the course; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout
    return " ".join(done.stdout.split())


def scores(course: Path) -> dict[str, float]:
    with sqlite3.connect(course / "gradebook.db") as database:
        return dict(
            database.execute(
                "select base_cell.name, grade.auto_score from grade"
                " join base_cell on base_cell.id = grade.cell_id"
            )
        )


@pytest.mark.slow
def test_an_old_configuration_grades_as_before(course: Path) -> None:
    said = run(course, "autograder", "grade", "descent")

    (student,) = json.loads((course / "results" / "descent.json").read_text())["students"]
    expected = {f"check-{each['name']}": each["score"] for each in student["exercises"]}
    assert expected["check-average"] > 0
    assert scores(course) == expected
    for name in ("RestoreRelease", "WriteVerdicts", "SaveVerdicts"):
        assert f"write autograder.desks.nbgrader_plugin.{name} instead" in said

    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("update grade set auto_score = null")
    log = run(course, "nbgrader", "autograde", "descent", "--force")

    assert "ERROR" not in log
    assert scores(course) == expected
    for name in NAMES[1:]:
        assert f"write autograder.desks.nbgrader_plugin.{name} instead" in log


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children(recursive=True)}


@pytest.mark.slow
def test_the_formgraders_process_sees_an_edited_check_and_is_left_when_idle(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "course"
    shutil.copytree(course, root)
    notebook = root / "submitted" / "ada" / "descent" / "descent.ipynb"
    before = children()

    def average() -> ExerciseReport:
        report = nbgrader_plugin.grade_one(root, "descent", "ada", notebook)
        (found,) = [each for each in report.exercises if each.name == "average"]
        return found

    assert average().score == average().max_score
    assert children() > before
    assert len(nbgrader_plugin._engines) == 1
    checks = root / "solutions" / "descent" / "checks.py"
    text, judge = checks.read_text(), "judge=close(),"
    assert judge in text
    checks.write_text(text.replace(judge, 'judge=at_least(lambda observed: -1.0, 0.0, "mean"),'))
    assert average().score < average().max_score

    monkeypatch.setattr(nbgrader_plugin, "IDLE_SECONDS", 0.2)
    checks.write_text(text)
    assert average().score == average().max_score
    for _ in range(100):
        if children() <= before:
            break
        time.sleep(0.1)
    assert children() <= before
    # The next submission starts it again.
    assert average().score == average().max_score
    nbgrader_plugin.close()
