"""What students install is enough for what they do, and the rest says what is missing.

The commands run in an environment that can import what `[project.dependencies]` brings, and nothing
else: neither nbgrader nor jupytext.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.cli_extras import INSTRUCTOR, missing
from autograder.desks.release import build
from autograder.distribution import DISTRIBUTION
from autograder.grading.oracle import Oracle
from autograder.sources.assignment import Assignment

ROOT = Path(__file__).parents[1]

BLOCK = """\
import sys

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Finder)
"""


def students_distributions() -> set[str]:
    """What `pip install` without an extra brings, as far as it is installed."""
    found: set[str] = set()
    waiting = [Requirement(DISTRIBUTION)]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for line in _requirements(name) if name not in found or wanted.extras else ():
            further = Requirement(line)
            extras = wanted.extras or {""}
            marker = further.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(further)
        found.add(name)
    return found


def _requirements(name: str) -> Iterator[str]:
    try:
        yield from requires(name) or ()
    except PackageNotFoundError:  # for another system
        return


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with what students install."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    allowed = students_distributions()
    blocked = {
        name
        for name, owners in packages_distributions().items()
        if not any(canonicalize_name(owner) in allowed for owner in owners)
    }
    assert "nbgrader" in blocked
    assert "keras" not in blocked
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "block.py").write_text(f"BLOCKED = {blocked!r}\n{BLOCK}")
    lines = [sysconfig.get_path("purelib"), str(ROOT), "import block"]
    (packages / "block.pth").write_text("\n".join(lines) + "\n")
    return folder / "bin" / "python"


@pytest.fixture
def release(course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path) -> Path:
    """The folder that students get of `downhill`, in a course without solutions."""
    folder = tmp_path / "mine" / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder


def run(python: Path, here: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    wide = {**os.environ, "COLUMNS": "200"}
    command = [str(python), *arguments]
    return subprocess.run(command, cwd=here, env=wide, capture_output=True, text=True, timeout=200)


def solve(notebook: Path) -> None:
    """Write `walk` into a notebook."""
    content = json.loads(notebook.read_text())
    code = [
        "def walk(start, rate, gradients):\n",
        "    return start - rate * np.cumsum(gradients)\n",
    ]
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "walk":
            cell["source"] = code
    notebook.write_text(json.dumps(content))


def test_students_desks_import_nothing_else(python: Path, release: Path) -> None:
    code = (
        "import autograder.cli, autograder.desks.student, autograder.desks.watch, "
        "autograder.desks.status, autograder.desks.reset, autograder.reports.live, "
        "autograder.reports.plots, autograder.reports.feedback, watchfiles, sklearn.datasets, "
        "matplotlib.pyplot"
    )
    done = run(python, release, "-c", code)
    assert (done.returncode, done.stderr) == (0, "")


def test_status_and_reset_work(python: Path, release: Path) -> None:
    solve(release / "downhill.ipynb")
    done = run(python, release, "-m", "autograder", "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert "downhill" in done.stdout
    done = run(python, release, "-m", "autograder", "reset", "downhill", "walk")
    assert (done.returncode, done.stderr) == (0, "")
    assert "walk: reset. Your code is in downhill-walk-before-reset-1.txt." in done.stdout


@pytest.mark.slow
def test_check_works_in_a_terminal_and_in_a_notebook(python: Path, release: Path) -> None:
    solve(release / "downhill.ipynb")
    done = run(python, release, "-m", "autograder", "check", "--only", "walk")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "walk: 3 of 3 points" in done.stdout
    code = (
        "import numpy as np\n"
        "from autograder import check\n"
        "def walk(start, rate, gradients):\n"
        "    return start + rate * np.cumsum(gradients)\n"
        "result = check(walk)\n"
        "print(result)\n"
        "assert 'subtract' in result._repr_html_()\n"
    )
    done = run(python, release, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "walk: 0 of 3 points" in done.stdout


@pytest.mark.parametrize(
    "command", ["grade downhill", "build", "demo", "new uphill --exercise walk --kind function"]
)
def test_a_command_for_instructors_says_what_to_install(
    command: str, python: Path, tmp_path: Path
) -> None:
    done = run(python, tmp_path, "-m", "autograder", *command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: This command is for instructors and needs nbgrader, which is not installed. "
        'Install it: pip install "keras-training-autograder[instructor]", or in a clone of the '
        'course: pip install ".[instructor]"\n'
    )


def test_what_is_looked_for_is_what_the_extra_brings() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    lines = project["optional-dependencies"]["instructor"]
    brought = {re.match(r"[\w-]+", line)[0].removeprefix("python-") for line in lines}  # type: ignore[index]
    assert set(INSTRUCTOR) <= brought


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it() -> None:
    assert missing("watchfiles.main") == (
        "The package watchfiles is not installed. Install again: "
        'pip install "keras-training-autograder"'
    )
    assert missing("sqlalchemy").endswith('pip install "keras-training-autograder[instructor]"')
    assert missing("autograder.nothing") == missing("fcntl") == ""
