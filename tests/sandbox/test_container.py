"""Grading with the unprivileged settings of a container, which bubblewrap imitates."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.sandbox import bubblewrap, scratch

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def test_grading_works_without_privileges_and_names_its_level(tmp_path: Path) -> None:
    """No user namespaces, capabilities, network, or writable files but the course and /tmp."""
    if problem := bubblewrap.problem():
        pytest.skip(problem)
    course = tmp_path / "course"
    shutil.copytree(ROOT / "tests" / "hostile" / "solutions", course / "solutions")
    place = course / "submitted" / "ada" / "descent"
    place.mkdir(parents=True)
    (place / "descent.py").write_text(
        "def average(numbers):\n    return sum(numbers) / len(numbers)\n"
    )
    inside = [
        *("bwrap", "--unshare-user", "--disable-userns", "--unshare-net", "--unshare-pid"),
        *("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),
        # The tests' own folders may be under /tmp too.
        *("--ro-bind", str(ROOT), str(ROOT), "--bind", str(course), str(course)),
        *("--cap-drop", "ALL", "--chdir", str(course)),
    ]
    command = [sys.executable, "-m", "autograder", "grade", "descent"]
    done = subprocess.run([*inside, *command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((course / "results" / "descent.json").read_text())
    assert re.match(r"landlock\+seccomp \(Landlock ABI \d", results["sandbox"])
    assert [student["score"] for student in results["students"]] == [2.0]


def test_a_run_in_another_container_with_the_same_tmp_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, its process cannot be seen."""
    if problem := bubblewrap.problem():
        pytest.skip(problem)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running, killed = scratch.run_folder(), tmp_path / "autograder-99999999-killed"
    killed.mkdir()
    subprocess.run(
        [
            *("bwrap", "--unshare-pid", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
            *(sys.executable, "-c", "from autograder.sandbox.scratch import sweep; sweep()"),
        ],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        timeout=60,
        check=True,
    )
    assert list(tmp_path.iterdir()) == [running]
    scratch.remove(running)
    assert not running.exists()


def test_the_containerfile_runs_the_grader_as_an_ordinary_user() -> None:
    lines = (ROOT / "Containerfile").read_text().splitlines()
    steps = [line.split()[0] for line in lines if line and line[0].isupper()]
    assert steps[:2] == ["ARG", "FROM"]
    assert steps.index("USER") < steps.index("ENTRYPOINT")
    copied = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}
    assert copied == {"pyproject.toml", "README.md", "autograder"}  # no solution, no submission
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
