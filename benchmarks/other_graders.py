"""The same notebooks graded by nbgrader and by Otter, each as it is used out of the box.

Both run the checks in the student's kernel: the check cells of the release for nbgrader, hidden
test files with the same calls for Otter. So all graders run the same probes. Both start a kernel
and import Keras for every notebook, one after another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from shutil import copytree

import nbformat
from class_variants import ROOT
from process_tree import Used, run

from autograder.gradebook.release import CHECK, release_notebook
from autograder.sources.assignment import Assignment
from autograder.sources.course import Course

CONFIG = "c = get_config()\nc.Execute.timeout = 300\nc.ClearSolutions.enforce_metadata = False\n"

# One case for each exercise, all or nothing: how points are divided makes nothing slower.
OTTER_TEST = """\
OK_FORMAT = False
from otter.test_files import test_case

name = {name!r}


@test_case(points={points})
def runs_the_checks(env):
    from autograder import check

    result = check(env.get({name!r})).exercise
    assert result.score == result.max_score, repr(result)
"""

OTTER_RUN = """\
import json, sys
from otter.api import grade_submission

print(json.dumps([grade_submission(path, sys.argv[1], quiet=True).total for path in sys.argv[2:]]))
"""


def nbgrader(assignment: Assignment, class_: Course, folder: Path, students: Sequence[str]) -> Used:
    """Grade these students with ``nbgrader autograde`` in a course that knows no other engine."""
    source = folder / "source" / assignment.name
    copytree(ROOT / "assignments" / assignment.name, source)
    nbformat.write(release_notebook(assignment), source / f"{assignment.name}.ipynb")
    for student in students:
        copytree(class_.root / "submitted" / student, folder / "submitted" / student)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    programs = Path(sys.executable).parent
    # nbgrader runs alembic from PATH.
    path = {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}
    log = folder / "nbgrader.log"
    making: list[str | Path] = [
        programs / "nbgrader",
        "generate_assignment",
        assignment.name,
        "--create",
        "--force",
    ]
    run(making, folder, environment=path, output=log)
    return run(
        [programs / "nbgrader", "autograde", assignment.name], folder, environment=path, output=log
    )


def otter_environment(folder: Path) -> Path:
    """Install Otter beside this engine and the same Keras; returns the environment's Python.

    Raises:
        RuntimeError: it cannot be installed; says what uv says.
    """
    python = folder / "bin" / "python"
    same = [f"{name}=={version(name)}" for name in ("keras", "tensorflow", "numpy")]
    install = ["uv", "pip", "install", "--quiet", "--python", str(python)]
    for command in (
        ["uv", "venv", "--quiet", "--python", sys.executable, str(folder)],
        [*install, "otter-grader[grading]", str(ROOT), *same],
    ):
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder.parent
        )
        if done.returncode:
            raise RuntimeError(f"Otter cannot be installed: {done.stderr.strip()[-600:]}")
    return python


def otter(
    assignment: Assignment, class_: Course, folder: Path, students: Sequence[str], python: Path
) -> tuple[Used, list[float]]:
    """Grade these students with Otter, without a container, all in one process.

    Returns:
        what it used, and each student's points.
    """
    archive = folder / "autograder.zip"
    _write_archive(assignment, archive)
    notebooks = []
    for student in students:
        name = assignment.name
        notebook = nbformat.read(class_.root / "submitted" / student / name / f"{name}.ipynb", 4)
        # Otter's own test files call the checks.
        notebook.cells = [
            cell
            for cell in notebook.cells
            if not cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith(CHECK)
        ]
        notebooks.append(folder / f"{student}.ipynb")
        nbformat.write(notebook, notebooks[-1])
    output = folder / "otter.log"
    used = run([python, "-c", OTTER_RUN, archive, *notebooks], folder, output=output)
    return used, json.loads(output.read_text().splitlines()[-1])


def otter_version(python: Path) -> str:
    """The version of Otter in its environment."""
    ask = "from importlib.metadata import version; print(version('otter-grader'))"
    return subprocess.run(
        [python, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.strip()


def _write_archive(assignment: Assignment, archive: Path) -> None:
    """What Otter calls an autograder: test files, and the files that notebooks need."""
    release = ROOT / "assignments" / assignment.name
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("otter_config.json", "{}")
        for exercise in assignment.check_set.exercises:
            points = sum(check.points for check in assignment.check_set.of(exercise.name))
            test = OTTER_TEST.format(name=exercise.name, points=points)
            made.writestr(f"tests/{exercise.name}.py", test)
        for path in sorted(release.rglob("*")):
            if path.is_file() and path.suffix != ".ipynb" and "__pycache__" not in path.parts:
                made.write(path, f"files/{path.relative_to(release)}")
