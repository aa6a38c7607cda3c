"""``pytest FOLDER`` runs a release's checks as tests, and other runs of pytest notice nothing.

Each test starts pytest as students do: in a process of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograder import pytest_plugin
from autograder.desks.release import build
from autograder.desks.released_course import EXPECTED
from autograder.grading.oracle import Oracle
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CHECKS


@pytest.fixture
def release(course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path) -> Path:
    """The folder that students get of `downhill`."""
    folder = tmp_path / "mine" / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder


def run(here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    wide = {**plain, "COLUMNS": "200"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=here, env=wide, capture_output=True, text=True, timeout=200)


def test_what_tells_a_release_is_what_the_desks_say() -> None:
    assert (pytest_plugin.CHECKS, pytest_plugin.EXPECTED) == (CHECKS, EXPECTED)


def test_every_check_is_an_item_named_after_exercise_and_check(release: Path) -> None:
    (release / "test_mine.py").write_text("def test_of_an_instructor(): pass\n")
    done = run(release.parents[1], "assignments/downhill", "--collect-only", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[:4] == [
        "assignments/downhill/downhill.ipynb::walk::takes_every_step",
        "assignments/downhill/downhill.ipynb::walk::starts_at_the_start",
        "assignments/downhill/downhill.ipynb::average::divides_by_the_count",
        "assignments/downhill/test_mine.py::test_of_an_instructor",
    ]


def test_an_unwritten_exercise_fails_once_and_no_run_is_green(release: Path) -> None:
    done = run(release, "-rs")
    assert done.returncode == 1
    assert "2 failed, 1 skipped" in done.stdout
    said = r"walk: not written yet \(cell \d+\)\. Its other checks are skipped\."
    assert re.search(said, done.stdout)
    assert "downhill.ipynb:1: walk: the same cause as another check" in done.stdout
    # One check alone is not skipped because of another that did not run.
    done = run(release, "-k", "starts_at_the_start")
    assert (done.returncode, "1 failed, 2 deselected" in done.stdout) == (1, True)


def test_a_module_is_not_imported_and_a_broken_notebook_has_one_error(release: Path) -> None:
    (release / "mine.py").write_text("raise SystemExit('ran')\n")
    done = run(release, "mine.py", "--collect-only", "-q")
    assert "mine.py::walk::takes_every_step" in done.stdout
    assert done.returncode == 0
    (release / "downhill.ipynb").write_text("{")
    done = run(release, "downhill.ipynb")
    assert done.returncode == 2
    assert "invalid JSON" in done.stdout
    assert "Traceback" not in done.stdout


def test_other_runs_load_nothing_of_the_engine(release: Path) -> None:
    tests = release.parents[1] / "tests"
    tests.mkdir()
    (tests / "test_other.py").write_text(
        "import sys\n"
        "def test_other(request):\n"
        "    loaded = [name for name in sys.modules if name.startswith('autograder.')]\n"
        "    assert loaded == ['autograder.pytest_plugin']\n"
        "    assert not request.config.pluginmanager.has_plugin('autograder-checks')\n"
    )
    # The whole course is no argument that names a release.
    for arguments in (["tests"], ["."], []):
        done = run(release.parents[1], *arguments, "-q")
        assert done.returncode == 0, done.stdout
        assert "1 passed" in done.stdout
        assert "downhill" not in done.stdout


@pytest.mark.slow
def test_a_failure_shows_what_a_student_reads_also_in_parallel(release: Path) -> None:
    notebook = release / "downhill.ipynb"
    content = json.loads(notebook.read_text())
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "walk":
            cell["source"] = (
                "def walk(start, rate, gradients):\n"
                "    print('walking', rate)\n"
                "    return start + rate * np.cumsum(gradients)\n"
            )
    notebook.write_text(json.dumps(content))
    done = run(release, "-n", "2", "--junitxml=report.xml")
    assert done.returncode == 1
    assert "Looks like: uphill. You walk up: subtract." in done.stdout
    assert (
        "walk: Every step goes downhill by rate times the gradient. (0 of 2 points)" in done.stdout
    )
    assert "Captured stdout call" in done.stdout
    assert "walking 0." in done.stdout
    for engine in ("autograder/", "Traceback", "CheckFailedError"):
        assert engine not in done.stdout.replace(str(Path(sys.executable).parents[2]), "")
    cases = ElementTree.parse(release / "report.xml").getroot().iter("testcase")
    found = {case.get("name"): case for case in cases}
    failure = found["takes_every_step"].find("failure")
    assert failure is not None
    assert "expected" in str(failure.get("message"))
    points = {p.get("name"): p.get("value") for p in found["takes_every_step"].iter("property")}
    assert points == {"points": "0", "max_points": "2"}
