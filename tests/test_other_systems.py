"""What students start works on macOS and Windows, as far as Linux can tell.

The switch takes away what Windows lacks, once the standard library is imported: modules, functions
and signals. Files are read by their encoding, not by the system's, and a console may have no check
marks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest

from autograder.desks import status
from autograder.desks.release import build
from autograder.grading.oracle import Oracle
from autograder.sources.assignment import Assignment

WITHOUT = """\
import multiprocessing, os, platform, selectors, signal, socket, subprocess, sys
import sysconfig, tempfile, warnings, zoneinfo
warnings.simplefilter("ignore", EncodingWarning)
sysconfig.get_config_vars()  # of this system, which cannot be found later
import matplotlib.backends.backend_agg, numpy, psutil, rich.console, safetensors, typer

for name in ("fcntl", "resource", "termios", "tty", "pwd", "grp"):
    sys.modules[name] = None
for name in ("fork", "getuid", "geteuid", "getpgid", "killpg", "pidfd_open", "register_at_fork",
             "sched_getaffinity", "setsid", "sysconf", "waitid", "O_NOFOLLOW", "O_DIRECTORY"):
    delattr(os, name)
for name in ("setitimer", "pthread_sigmask", "SIGKILL", "SIGXCPU", "SIGBUS", "SIGALRM", "SIGPROF"):
    delattr(signal, name)
del selectors.PollSelector
sys.platform = "win32"
warnings.filterwarnings("error", category=EncodingWarning, module="autograder")

import autograder.desks.watch, autograder.sandbox.plain, autograder.reports.plots
from autograder import cli

sys.argv[0] = "autograder"
cli.main()
"""


@pytest.fixture
def release(course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path) -> Path:
    """The folder that students get of `downhill`, at a place with a name as people give them."""
    folder = tmp_path / "Übung 1 (neu)" / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder


def run(here: Path, *arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[str]:
    if sys.platform == "linux":
        command = [sys.executable, "-X", "warn_default_encoding", "-c", WITHOUT, *arguments]
    else:
        command = [sys.executable, "-m", "autograder", *arguments]
    environment = {**os.environ, "COLUMNS": "100", "PYTHONIOENCODING": encoding}
    return subprocess.run(
        command, cwd=here, env=environment, capture_output=True, encoding=encoding, timeout=200
    )


def test_status_check_and_reset_need_nothing_of_linux(release: Path) -> None:
    notebook = release / "downhill.ipynb"
    done = run(release.parents[1], "status")
    assert (done.returncode, done.stderr) == (0, "")
    assert "downhill: 2 exercises, 3 points" in done.stdout.replace("1 exercise", "2 exercises")
    done = run(release, "check")
    assert (done.returncode, done.stderr) == (1, "")
    assert "walk: not written yet" in done.stdout
    content = json.loads(notebook.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "walk":
            cell["source"] = "def walk(start):\n    return 'ein Spaziergang über die Hügel'\n"
    notebook.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    done = run(release, "reset", "downhill", "walk")
    assert (done.returncode, done.stderr) == (0, "")
    kept = (release / "downhill-walk-before-reset-1.txt").read_text(encoding="utf-8")
    assert "über die Hügel" in kept


def test_a_console_without_check_marks_gets_other_signs(release: Path) -> None:
    done = run(release, "check", encoding="cp1252")
    assert (done.returncode, done.stderr) == (1, "")
    assert "· walk: not written yet" in done.stdout
    done = run(release, "check", "--all", encoding="ascii")
    assert ". walk: not written yet" in done.stdout
    (release / "downhill.ipynb").write_text("{", encoding="utf-8")
    done = run(release, "check", encoding="cp1252")
    assert (done.returncode, done.stderr) == (1, "")
    assert "x walk" in done.stdout


@pytest.mark.parametrize(
    ("platform", "said"),
    [
        ("win32", '"C:\\Meine Übung\\downhill.ipynb"'),
        ("linux", "'C:\\Meine Übung\\downhill.ipynb'"),
    ],
)
def test_a_command_to_copy_is_quoted_for_the_systems_shell(
    platform: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert status.quoted(PureWindowsPath("C:/Meine Übung/downhill.ipynb")) == said
