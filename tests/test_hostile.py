"""The corpus of hostile submissions: none earns too much, and none costs a neighbour a point.

Each also runs without protection: an escape then gets out, and a cheat fools a grader that compares
in its own process. That is what makes the first half mean something.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hostile import corpus, naive
from hostile.corpus import ASSIGNMENT, HERE, NEIGHBOURS, Attack, attacks

from autograder.grading.grade import grade_submission
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.whole_class import grade_class
from autograder.sandbox.limits import Limits
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.submission import Submission
from autograder.sources.submitted_files import find_submission
from autograder.verdicts import Report

pytestmark = pytest.mark.slow
pytest_plugins = ["hostile.targets"]

SEED = 20_261_123
GIBIBYTE = 1 << 30
CORPUS = {attack.name: attack for attack in attacks()}
# Small, so that exceeding them is harmless. Runs without protection get more.
LIMITS = Limits(memory_bytes=GIBIBYTE, file_bytes=10_000_000, open_files=200, threads=200)
LOOSE = Limits(memory_bytes=8 * GIBIBYTE, open_files=1000)

# Some machines refuse these without a sandbox: containers and Yama restrict them.
OFTEN_REFUSED = {"traces_another_process", "makes_a_namespace", "writes_to_shared_memory"}


def named(*controls: str) -> list[str]:
    return sorted(name for name, attack in CORPUS.items() if attack.control in controls)


@pytest.fixture(scope="module")
def assignment() -> Assignment:
    return corpus.read_course()


def contents(folder: str) -> dict[str, Any]:
    """Every file below a folder: bytes, mode and time."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime)
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def submission(attack: Attack, folder: Path, on: Mapping[str, Any]) -> Submission:
    place = folder / attack.name / ASSIGNMENT
    attack.write(place, on)
    return find_submission(place, ASSIGNMENT, attack.name, {"check-Descent": "check(Descent)"})


def neighbours(folder: Path) -> list[Submission]:
    found = []
    for name, text in NEIGHBOURS.items():
        place = folder / name / ASSIGNMENT
        place.mkdir(parents=True)
        (place / f"{ASSIGNMENT}.py").write_text(text)
        found.append(find_submission(place, ASSIGNMENT, name))
    return found


def told(report: Report) -> str:
    """All messages and remarks of a report."""
    verdicts = [verdict for exercise in report.exercises for verdict in exercise.verdicts]
    return " ".join([*(verdict.message for verdict in verdicts), *report.remarks])


def stolen(report: Report, on: Mapping[str, Any]) -> bool:
    """Whether a secret got out, in a message or in a file outside."""
    loot = Path(on["loot"])
    seen = told(report) + (loot.read_text() if loot.exists() else "")
    return any(on[secret] in seen for secret in ("token", "page", "in_the_environment"))


# --- with the sandbox -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with probing_sandbox(limits=LIMITS) as sandbox:
        yield sandbox


def by_student(submissions: list[Submission]) -> dict[str, Submission]:
    return {each.student: each for each in submissions}


@pytest.fixture(scope="module")
def undisturbed(
    sandbox: Sandbox, assignment: Assignment, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Report]:
    """The neighbours' reports in a class without attacks."""
    honest = neighbours(tmp_path_factory.mktemp("honest"))
    graded = grade_class(by_student(honest), assignment, sandbox, jobs=2, seed=SEED)
    reports = {report.student: report for _, report in graded}
    assert [reports[name].score for name in NEIGHBOURS] == [5, 2, 1]
    return reports


@pytest.mark.parametrize("jobs", [1, 8])
def test_grades_do_not_depend_on_the_number_of_jobs_or_the_order(
    sandbox: Sandbox,
    assignment: Assignment,
    undisturbed: dict[str, Report],
    tmp_path: Path,
    jobs: int,
) -> None:
    submitted = neighbours(tmp_path)[::-1]
    graded = grade_class(by_student(submitted), assignment, sandbox, jobs=jobs, seed=SEED)
    assert {report.student: report for _, report in graded} == undisturbed


@pytest.mark.parametrize("name", sorted(CORPUS))
def test_it_earns_no_more_and_costs_no_neighbour(
    sandbox: Sandbox,
    assignment: Assignment,
    undisturbed: dict[str, Report],
    on: dict[str, Any],
    tmp_path: Path,
    name: str,
) -> None:
    attack = CORPUS[name]
    before = contents(on["listed"])
    first, *others = neighbours(tmp_path / "submitted")
    submitted = [first, submission(attack, tmp_path / "submitted", on), *others]

    graded = grade_class(by_student(submitted), assignment, sandbox, jobs=4, seed=SEED)
    reports = {report.student: report for _, report in graded}

    earned = {exercise.name: exercise.score for exercise in reports[name].exercises}
    for exercise in attack.exactly:
        assert earned[exercise] == attack.earns[exercise], told(reports[name])
    assert all(earned[exercise] <= most for exercise, most in attack.earns.items())
    assert not stolen(reports[name], on), told(reports[name])
    assert contents(on["listed"]) == before
    verdicts = [v for exercise in reports[name].exercises for v in exercise.verdicts]
    assert {v.status for v in verdicts} <= {"passed", "failed", "error"}, told(reports[name])
    del reports[name]
    assert reports == undisturbed


STRANGE_IDS = [
    "=cmd|' C calc'!A1",
    "--help",
    "-rf *",
    "$(touch owned)",
    "`id`; drop table grade",
    "%s%n{0}{{7*7}}",
    "<img src=x onerror=alert(1)>",
    "[red]rich[bold]",
    " spaces ",
    "two\nlines",
    "\x1b[2J\x07",
    "\u202eright to left",
    "école-学生-🙂",
    "bytes that are not text \udcff",
    "long " * 40,
]


def test_a_class_of_them_all_is_finished(on: dict[str, Any], tmp_path: Path) -> None:
    """The whole command, with every attack and every strange name next to honest students."""
    course = tmp_path / "class"
    shutil.copytree(HERE / "solutions", course / "solutions")
    submitted = course / "submitted"
    for attack in CORPUS.values():
        attack.write(submitted / attack.name / ASSIGNMENT, on)
    neighbours(submitted)
    for student in STRANGE_IDS:
        place = submitted / student / ASSIGNMENT
        place.mkdir(parents=True)
        (place / f"{ASSIGNMENT}.py").write_text(NEIGHBOURS["right"])
    before = contents(str(course / "solutions")), contents(on["listed"])

    command = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--seed", str(SEED)]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=900)

    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", done.stdout + done.stderr)
    assert (contents(str(course / "solutions")), contents(on["listed"])) == before
    results = json.loads((course / "results" / "descent.json").read_text())
    students = {s["student"]: s for s in results["students"]}
    # A folder, a pipe and a link have no grade, and are listed with the reason.
    absent = {s["student"]: s["reason"] for s in results["not_submitted"]}
    assert absent.keys() == {
        "is_a_folder_named_like_the_notebook",
        "is_a_link_to_a_neighbour",
        "is_a_pipe",
    }
    assert students.keys() | absent.keys() == {*CORPUS, *NEIGHBOURS, *STRANGE_IDS}
    for attack in CORPUS.values():
        if attack.name in absent:
            continue
        earned = {e["name"]: e["score"] for e in students[attack.name]["exercises"]}
        assert all(earned[name] <= most for name, most in attack.earns.items()), attack.name
    for student in ["right", *STRANGE_IDS]:
        assert students[student]["score"] == 5, student
    with sqlite3.connect(course / "gradebook.db") as database:
        saved = dict(
            database.execute(
                "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
                " join submitted_notebook on submitted_notebook.id = grade.notebook_id"
                " join submitted_assignment"
                " on submitted_assignment.id = submitted_notebook.assignment_id"
                " group by submitted_assignment.student_id"
            )
        )
    nowhere = "bytes that are not text \udcff"  # nbgrader's database only stores text
    assert "bytes that are not text \\udcff: the grade could not be made" in done.stdout
    for student, report in students.items():
        if student == nowhere:
            continue
        assert saved[student] == report["score"], student
        page = course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
        text = page.read_text()
        assert "<script>document.title" not in text, student
        assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", text), student


# --- without it -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unprotected() -> Iterator[Sandbox]:
    with probing_sandbox(confined=False, limits=LOOSE) as sandbox:
        yield sandbox


@pytest.mark.parametrize("name", named("escapes", "survives"))
def test_it_gets_out_without_the_sandbox(
    unprotected: Sandbox, assignment: Assignment, on: dict[str, Any], tmp_path: Path, name: str
) -> None:
    oracle = LiveOracle(unprotected, assignment, SEED)
    submitted = submission(CORPUS[name], tmp_path / "submitted", on)
    report = grade_submission(submitted, assignment.check_set, oracle, unprotected)
    if not stolen(report, on) and name in OFTEN_REFUSED:
        pytest.skip(f"this machine refuses it without a sandbox: {told(report)[:200]}")
    assert stolen(report, on), told(report)


@pytest.fixture(scope="module")
def naive_grader() -> Iterator[Sandbox]:
    with Sandbox(confined=False, limits=LOOSE, service=naive.__file__) as sandbox:
        yield sandbox


def graded_in_one_process(grader: Sandbox, text: str, exercise: str) -> set[bool]:
    folder = HERE / "solutions" / ASSIGNMENT
    files = {"reference": "descent.py", "checks": "checks.py", "probes": "probes.py"}
    course = {name: (folder / file).read_text() for name, file in files.items()}
    with grader.child() as child:
        reply, _ = child.request({"submission": text, "course": course}, {}, cpu_seconds=30)
    return {passed for check, passed in reply["passed"].items() if check.startswith(exercise)}


@pytest.mark.parametrize("name", named("fools"))
def test_it_fools_a_grader_in_its_own_process(
    naive_grader: Sandbox, on: dict[str, Any], name: str
) -> None:
    text = corpus.text_of(HERE / "submissions" / f"{name}.py", on)
    for exercise, points in CORPUS[name].earns.items():
        if points == 0:
            assert graded_in_one_process(naive_grader, text, exercise) == {True}, exercise


def test_the_grader_in_one_process_is_right_about_honest_code(naive_grader: Sandbox) -> None:
    for name, exercise, verdict in (
        ("right", "Descent", True),
        ("right", "average", True),
        ("mistaken", "Descent", False),
        ("mistaken", "average", False),
    ):
        assert verdict in graded_in_one_process(naive_grader, NEIGHBOURS[name], exercise)
