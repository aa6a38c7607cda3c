"""The command line: its help answers immediately, and wrong usage says how to fix it.

Wrong usage leads to a clear message on stderr and exit code 2, never to a traceback.

The course is the one of conftest.py. Nothing gets as far as starting a child.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder import cli
from autograder.cli import app
from autograder.desks.release import build
from autograder.distribution import DISTRIBUTION
from autograder.grading.oracle import Oracle
from autograder.sources.assignment import Assignment


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    output: str
    error: str


Run = Callable[..., Answer]
ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command as the console script does, in a folder outside any course."""

    def command(*arguments: object, here: Path = tmp_path) -> Answer:
        monkeypatch.chdir(here)
        monkeypatch.setattr(sys, "argv", ["autograder", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code: object = 0
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        assert isinstance(code, int)
        return Answer(code, said.out, said.err)

    return command


def is_refused(answer: Answer, *said: object) -> None:
    """Exit code 2, nothing on stdout, and an error on stderr that contains all of this."""
    assert answer.code == 2
    assert answer.output == ""
    assert answer.error.startswith("Error: ")
    assert "Traceback" not in answer.error
    for words in said:
        # The width of the terminal decides where lines break.
        assert _unbroken(str(words)) in _unbroken(answer.error)


def _unbroken(text: str) -> str:
    return "".join(text.split())


@pytest.fixture
def release(course: Path, assignment: Assignment, oracle: Oracle) -> Path:
    """The folder that students get of `downhill`."""
    folder = course / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder


# --- the instructor's commands -------------------------------------------------------------------


@pytest.mark.parametrize("command", ["grade", "build", "verify"])
def test_an_unknown_assignment_suggests_the_closest_one(
    command: str, run: Run, course: Path
) -> None:
    answer = run(command, "downhil", "--course", course)
    is_refused(answer, "no assignment 'downhil' in", course / "solutions")
    is_refused(answer, "Did you mean 'downhill'?", "Available: downhill.")


def test_a_demo_of_an_unknown_assignment_suggests_the_closest_one(run: Run, course: Path) -> None:
    answer = run("demo", "--assignment", "downhil", "--course", course)
    is_refused(answer, "Did you mean 'downhill'?")


@pytest.mark.parametrize(
    "arguments", [("grade", "downhill"), ("build",), ("verify",), ("demo",)], ids=lambda a: a[0]
)
def test_a_folder_outside_a_course_says_what_a_course_is(
    arguments: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    is_refused(run(*arguments), tmp_path, "is not in a course", "solutions/", "--course")


def test_a_course_is_found_from_a_folder_in_it(run: Run, course: Path) -> None:
    is_refused(run("grade", "downhil", here=course / "solutions"), "Did you mean 'downhill'?")


def test_missing_submissions_show_nbgraders_layout(run: Run, course: Path) -> None:
    is_refused(
        run("grade", "downhill", "--course", course),
        f"{course / 'submitted'} does not exist",
        "submitted/<student>/<assignment>/<assignment>.ipynb",
        "--submissions",
    )


def test_a_folder_without_students_is_reported(run: Run, course: Path) -> None:
    (course / "submitted").mkdir()
    (course / "submitted" / "notes.txt").touch()
    is_refused(
        run("grade", "downhill", "--course", course),
        f"{course / 'submitted'} has no student folders",
    )


def test_another_folder_of_submissions_that_does_not_exist_is_reported(
    run: Run, course: Path, tmp_path: Path
) -> None:
    is_refused(
        run("grade", "downhill", "--course", course, "--submissions", tmp_path / "nowhere"),
        f"{tmp_path / 'nowhere'} does not exist",
    )


def test_an_unknown_student_lists_the_known_ones(run: Run, course: Path) -> None:
    for student in ("ada", "bo"):
        (course / "submitted" / student).mkdir(parents=True)
    is_refused(
        run("grade", "downhill", "--course", course, "--only", "eve", "--only", "ada"),
        f"eve: no such student in {course / 'submitted'}; it has ada, bo.",
    )


def test_a_broken_course_is_reported_with_file_and_line(run: Run, course: Path) -> None:
    checks = course / "solutions" / "downhill" / "checks.py"
    checks.write_text("import numpy\n1 / 0\n")
    place = "course/solutions/downhill/checks.py, line 2"  # from the folder of the command
    is_refused(run("build", "--course", course), f"{place}: cannot be run: ZeroDivisionError")


def test_an_error_writes_nothing_into_the_course(run: Run, course: Path) -> None:
    before = sorted(course.rglob("*"))
    run("grade", "downhill", "--course", course)
    run("build", "downhil", "--course", course)
    assert sorted(course.rglob("*")) == before


# --- the student's command -----------------------------------------------------------------------


def test_an_unknown_exercise_lists_the_known_ones(run: Run, release: Path) -> None:
    is_refused(
        run("check", release / "downhill.ipynb", "--only", "wlak"),
        "downhill has no exercise 'wlak'; it has walk, average.",
    )


def test_a_path_that_does_not_exist_is_reported(run: Run, release: Path) -> None:
    is_refused(run("check", release / "uphill.ipynb"), release / "uphill.ipynb", "does not exist")


def test_nothing_runs_if_one_path_does_not_exist(run: Run, release: Path) -> None:
    is_refused(run("check", release / "downhill.ipynb", release / "no.py"), "does not exist")


def test_a_file_of_another_type_is_reported(run: Run, release: Path) -> None:
    (release / "answers.pdf").touch()
    is_refused(
        run("check", release / "answers.pdf"),
        "answers.pdf is neither a notebook nor a module. Expected a .ipynb or .py file.",
    )


def test_a_folder_with_nothing_to_check_is_reported(run: Run, tmp_path: Path) -> None:
    is_refused(run("check"), "Nothing to check in", tmp_path, "Name a file, or run")
    is_refused(run("check", tmp_path), "Nothing to check in", tmp_path, "Name a file, or run")


def test_a_file_without_checks_says_where_to_put_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def walk(): ...")
    is_refused(
        run("check", tmp_path / "mine.py"),
        f"No checks found for {tmp_path / 'mine.py'}",
        "checks.py, probes.py and expected.safetensors",
        "assignments/mine/",
    )


def test_a_results_file_of_two_assignments_is_refused_before_anything_runs(
    run: Run, release: Path, course: Path, tmp_path: Path
) -> None:
    shutil.copytree(release, course / "assignments" / "uphill")
    (course / "assignments" / "uphill" / "downhill.ipynb").rename(
        course / "assignments" / "uphill" / "uphill.ipynb"
    )
    is_refused(
        run("check", course / "assignments", "--json", tmp_path / "both.json"),
        "these files belong to downhill, uphill. Check them one at a time, or omit --json.",
    )


def test_a_damaged_release_is_reported(run: Run, release: Path) -> None:
    (release / "expected.safetensors").write_bytes(b"not arrays")
    is_refused(
        run("check", release),
        release / "expected.safetensors",
        "Download the assignment's folder again",
    )


# --- usage that typer answers --------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("gade",),
        ("grade",),
        ("grade", "downhill", "--jobs", "0"),
        ("grade", "downhill", "--jobs", "many"),
        ("grade", "downhill", "--seed", "x"),
        ("verify", "--seeds", "0"),
        ("check", "--nothing"),
    ],
    ids=" ".join,
)
def test_wrong_arguments_exit_with_2_and_show_the_usage(
    arguments: tuple[str, ...], run: Run
) -> None:
    answer = run(*arguments)
    assert answer.code == 2
    assert "Usage:" in answer.error
    assert "Traceback" not in answer.error


def test_an_interrupt_leaves_no_traceback(
    run: Run, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autograder.sources.assignment.read_assignment", stop)
    answer = run("build", "--course", course)
    assert "Traceback" not in answer.error
    assert answer.code == 130


def test_an_interrupt_while_it_imports_leaves_no_traceback() -> None:
    code = (
        "import builtins, sys\n"
        "from autograder.__main__ import main\n"
        "real = builtins.__import__\n"
        "def stopped(name, *rest):\n"
        "    if name == 'typer': raise KeyboardInterrupt\n"
        "    return real(name, *rest)\n"
        "builtins.__import__ = stopped\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EACCES, "Make it readable and writable for you"),
        (errno.EROFS, "Its disk takes no changes"),
        (errno.ENOSPC, "Free some space"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    number: int,
    remedy: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(number: int) -> None:
        raise OSError(number, os.strerror(number), "solutions/downhill")

    monkeypatch.setattr(cli, "app", lambda: fail(number))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith(f"Error: solutions/downhill: {os.strerror(number)}. {remedy}")

    monkeypatch.setattr(cli, "app", lambda: fail(errno.EEXIST))
    with pytest.raises(FileExistsError):
        cli.main()


# --- immediately ---------------------------------------------------------------------------------

HEAVY = (
    *("keras", "tensorflow", "nbgrader", "sklearn", "matplotlib", "IPython"),
    *("nbformat", "jsonschema", "numpy", "jinja2"),
)
THEN_TELL = f"""
import sys
from autograder.cli import main
sys.argv[0] = "autograder"
try:
    main()
finally:
    print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""


def in_a_new_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", THEN_TELL, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["", "check", "build", "verify", "grade", "demo"])
def test_help_imports_neither_keras_nor_nbgrader(command: str) -> None:
    done = in_a_new_process(*command.split(), "--help")
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert f"Usage: autograder {command}".strip() in done.stdout


def test_the_version_is_the_packages_and_imports_neither_keras_nor_nbgrader() -> None:
    done = in_a_new_process("--version")
    assert (done.returncode, done.stderr.strip()) == (0, "")
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    assert project["name"] == DISTRIBUTION
    assert done.stdout == f"autograder {project['version']}\n"


@pytest.mark.parametrize("command", ["grade", "build", "verify"])
def test_an_unknown_assignment_imports_neither_keras_nor_nbgrader(
    command: str, course: Path
) -> None:
    done = in_a_new_process(command, "downhil", "--course", course)
    assert done.returncode == 2
    *error, imported = done.stderr.splitlines()
    assert "Did you mean 'downhill'?" in " ".join(error)
    assert imported == ""


def test_a_students_usage_error_imports_neither_keras_nor_nbgrader(tmp_path: Path) -> None:
    done = in_a_new_process("check", tmp_path / "nothing.ipynb")
    assert done.returncode == 2
    *error, imported = done.stderr.splitlines()
    assert "does not exist" in " ".join(error)
    assert set(imported.split()) <= {"numpy", "jinja2"}  # what judges and draws a check


def test_a_negative_seed_is_refused() -> None:
    result = CliRunner().invoke(app, ["grade", "optimizers", "--seed", "-1"])
    assert result.exit_code == 2
