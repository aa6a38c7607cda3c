"""An interrupted run, whatever interrupts it: the next one resumes it and loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "tests" / "hostile" / "solutions"

RIGHT = """
import keras


class Descent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)


def average(numbers):
    return sum(numbers) / len(numbers)
"""
WRONG = RIGHT.replace(" / len(numbers)", "")
SLOW = RIGHT.replace("    return sum", "    while True:\n        pass\n    return sum")

pytestmark = pytest.mark.slow


def submit(course: Path, student: str, text: str) -> None:
    place = course / "submitted" / student / "descent"
    place.mkdir(parents=True, exist_ok=True)
    # In words of their own: what is written alike is graded once, and would be over too soon.
    (place / "descent.py").write_text(f"{text}\n# {student}\n")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    shutil.copytree(SOURCES, tmp_path / "course" / "solutions")
    for student in ("ada", "ben", "cleo"):
        submit(tmp_path / "course", student, RIGHT if student != "ben" else WRONG)
    return tmp_path / "course"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", "descent", *words]


def grade(course: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run(command(*words), cwd=course, capture_output=True, text=True, timeout=300)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == code, said
    assert "Traceback" not in said
    return said


def results(course: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((course / "results" / "descent.json").read_text())
    return content


def usage(course: Path) -> dict[str, Any]:
    """The rows of what submissions used; each is about the submission that was graded."""
    content = json.loads((course / "results" / "usage" / "descent.json").read_text())
    found = {row["student"]: row for row in content["students"]}
    graded = {each["student"]: each["submission"] for each in results(course)["students"]}
    assert {student: row["submission"] for student, row in found.items()} == graded
    return found


def scores(course: Path) -> dict[str, float]:
    return {student["student"]: student["score"] for student in results(course)["students"]}


def in_gradebook(course: Path) -> dict[str, float]:
    with sqlite3.connect(course / "gradebook.db") as database:
        return dict(
            database.execute(
                "select submitted_assignment.student_id, sum(grade.auto_score) from grade"
                " join submitted_notebook on submitted_notebook.id = grade.notebook_id"
                " join submitted_assignment"
                " on submitted_assignment.id = submitted_notebook.assignment_id group by 1"
            )
        )


def journal(course: Path) -> dict[str, int]:
    """The graded students, each with a number that changes when it is graded again."""
    with sqlite3.connect(course / ".autograder" / "descent.run") as database:
        rows = database.execute("select student, rowid from graded").fetchall()
    return {os.fsdecode(student): row for student, row in rows}


ALL = {"ada": 5.0, "ben": 4.0, "cleo": 5.0}


def test_kills_at_random_moments_change_no_grade() -> None:
    """A few of what `benchmarks/faults.py` does fifty times over a class of 40."""
    faults = [
        sys.executable,
        str(ROOT / "benchmarks" / "faults.py"),
        "--kills",
        "5",
        "--students",
        "8",
    ]
    done = subprocess.run(faults, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 kills survived" in done.stdout


@pytest.fixture
def interrupted(course: Path) -> Path:
    """A course in which Ctrl-C was pressed while the last student, who is slow, was graded."""
    submit(course, "slow", SLOW)
    run = subprocess.Popen(
        command("--jobs", "1"),
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.stdout is not None
    for line in run.stdout:
        if "cleo" in line:
            break
    run.send_signal(signal.SIGINT)
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert "same command" in said
    return course


def test_after_ctrl_c_the_same_command_resumes(interrupted: Path) -> None:
    before, seed = journal(interrupted), results(interrupted)["seed"]
    assert before.keys() == {"ada", "ben", "cleo"}
    assert scores(interrupted) == ALL

    said = grade(interrupted)

    assert "3 of 4 are graded already" in said
    assert scores(interrupted) == {**ALL, "slow": 3.0}
    assert in_gradebook(interrupted) == scores(interrupted)
    assert results(interrupted)["seed"] == seed
    assert {s: row for s, row in journal(interrupted).items() if s != "slow"} == before


def test_failures_of_the_grader_are_named_and_tried_again(course: Path) -> None:
    checks = course / "solutions" / "descent" / "checks.py"
    judged = 'at_least(depth, 0.9, "depth reached")'
    assert judged in checks.read_text()
    checks.write_text(checks.read_text().replace(judged, "lambda observed: 1 / 0"))

    for _ in range(2):
        said = grade(course, code=1)
        assert "The grader itself failed on ada, ben, cleo: their scores are not final" in said
        assert "3 students, " in said  # all of them are to be graded again


def test_a_changed_submission_is_graded_again(interrupted: Path) -> None:
    submit(interrupted, "ben", RIGHT)
    submit(interrupted, "slow", RIGHT)
    before = journal(interrupted)
    assert "2 of 4 are graded already" in grade(interrupted)
    assert set(scores(interrupted).values()) == {5.0}
    assert in_gradebook(interrupted) == scores(interrupted)
    after = journal(interrupted)
    assert {student for student in before if before[student] != after[student]} == {"ben"}


def test_changed_checks_begin_a_new_run(interrupted: Path) -> None:
    checks = interrupted / "solutions" / "descent" / "checks.py"
    checks.write_text(checks.read_text() + "\n# another version\n")
    submit(interrupted, "slow", RIGHT)
    seed = results(interrupted)["seed"]
    assert "graded already" not in grade(interrupted)
    assert results(interrupted)["seed"] == seed  # it is the assignment's


def test_a_deleted_gradebook_is_filled_again(interrupted: Path) -> None:
    (interrupted / "gradebook.db").unlink()
    before = journal(interrupted)
    grade(interrupted)
    assert in_gradebook(interrupted) == {**ALL, "slow": 3.0}
    assert {s: row for s, row in journal(interrupted).items() if s != "slow"} == before


def test_restart_grades_the_whole_class_again(interrupted: Path) -> None:
    submit(interrupted, "slow", RIGHT)
    seed = results(interrupted)["seed"]
    assert "graded already" not in grade(interrupted, "--restart")
    assert results(interrupted)["seed"] == seed


def test_a_new_seed_is_kept_from_then_on(course: Path) -> None:
    grade(course)
    first = results(course)["seed"]
    assert "graded already" not in grade(course, "--seed", "new")
    second = results(course)["seed"]
    assert second != first
    assert "3 of 3 are graded already" in grade(course)
    assert results(course)["seed"] == second


def test_who_submits_again_gets_other_inputs(course: Path) -> None:
    grade(course)
    submit(course, "ben", RIGHT)
    submit(course, "late", RIGHT)
    grade(course)
    seeds = {s["student"]: s.get("seed") for s in results(course)["students"]}
    first = results(course)["seed"]
    assert seeds["ada"] is seeds["cleo"] is seeds["late"] is None
    assert seeds["ben"] not in (None, first)
    # Both seeds reproduce what they were used for.
    grade(course, "--only", "ben", "--restart", "--seed", str(seeds["ben"]))
    assert results(course)["seed"] == seeds["ben"]


def test_only_what_may_have_changed_is_recorded_again(course: Path) -> None:
    def pages() -> dict[str, int]:
        found = (course / "feedback").glob("*/descent/descent.html")
        return {path.parts[-3]: path.stat().st_mtime_ns for path in found}

    grade(course)
    first, used = pages(), usage(course)
    assert all(row["exercises"]["average"]["seconds"] > 0 for row in used.values())
    assert used["ada"]["exercises"]["Descent"]["megabytes"] > 0
    (course / "results" / "usage" / "descent.json").unlink()
    assert "3 of 3 are graded already" in grade(course)
    assert pages() == first
    assert usage(course) == used
    # Regardless of how long it took, the results are the same.
    assert not {"used", "seconds"} & set(json.dumps(results(course)).split('"'))

    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("update student set first_name = 'Ada' where id = 'ada'")
    grade(course)
    assert {student for student, time in pages().items() if time != first[student]} == {"ada"}
    assert "Ada" in (course / "feedback/ada/descent/descent.html").read_text()


def test_one_student_again_keeps_the_others_and_the_seed(course: Path) -> None:
    grade(course)
    seed, used = results(course)["seed"], usage(course)
    submit(course, "ben", RIGHT)
    said = grade(course, "--only", "ben")
    assert {student for student, row in usage(course).items() if row != used[student]} == {"ben"}
    assert "ada" not in said
    assert scores(course) == {**ALL, "ben": 5.0}
    assert results(course)["seed"] == seed
    assert "3 of 3 are graded already" in grade(course)
    assert results(course)["seed"] == seed


def test_one_student_with_another_seed_does_not_discard_an_interrupted_run(
    interrupted: Path,
) -> None:
    before = journal(interrupted)
    said = grade(interrupted, "--only", "ada", "--seed", "7", code=2)
    assert "--restart" in said
    assert journal(interrupted) == before


def test_a_second_run_of_an_assignment_is_refused(interrupted: Path) -> None:
    with sqlite3.connect(interrupted / ".autograder" / "descent.run") as other:
        other.execute("begin exclusive")
        said = grade(interrupted, code=2)
    assert "Another `autograder grade` is already running" in said
    assert scores(interrupted) == ALL


def test_a_damaged_journal_says_what_to_delete(course: Path) -> None:
    (course / ".autograder").mkdir()
    damaged = course / ".autograder" / "descent.run"
    damaged.write_bytes(b"no database, and longer than an empty one" * 100)
    assert "Delete it" in grade(course, code=2)
    damaged.unlink()
    grade(course)
    assert scores(course) == ALL


def test_a_locked_gradebook_loses_nothing(interrupted: Path) -> None:
    with sqlite3.connect(interrupted / "gradebook.db") as other:
        other.execute("begin exclusive")
        said = grade(interrupted, code=2)
    assert "Another program is writing to it" in said
    assert scores(interrupted).items() >= ALL.items()
    grade(interrupted)
    assert in_gradebook(interrupted) == {**ALL, "slow": 3.0}


def test_a_clock_that_jumps_changes_nothing(course: Path) -> None:
    jumping = (
        "import itertools, sys, time; from autograder.cli import main;"
        "jumps = itertools.cycle([0.0, 4e9, -1e9, 1e6]); real = time.time;"
        "time.time = lambda: max(real() + next(jumps), 0.0); sys.argv[0] = 'autograder'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", jumping, "grade", "descent"],
        cwd=course,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert scores(course) == ALL
    assert in_gradebook(course) == ALL


# --- disks ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(course: Path, tmp_path: Path) -> Iterator[Path]:
    """The course on a file system of its own, of 1500 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", disk], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may make a file system")
    try:
        shutil.copytree(course, disk / "course")
        yield disk / "course"
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    hog = small_disk.parent / "hog"
    usable = shutil.disk_usage(small_disk).free
    hog.write_bytes(bytes(usable - 60_000))
    said = grade(small_disk, code=2)
    assert "No space left" in said or "disk is full" in said or "database or disk is full" in said
    assert "Free some space" in said
    whole_or_not_at_all(small_disk)

    hog.unlink()
    grade(small_disk)
    assert scores(small_disk) == ALL
    assert in_gradebook(small_disk) == ALL


def test_a_disk_that_fills_up_during_a_run_loses_nothing(small_disk: Path) -> None:
    """The gradebook is there, and then there is no room for the next page."""
    grade(small_disk, "--only", "ada")
    before = journal(small_disk)
    hog = small_disk.parent / "hog"
    hog.write_bytes(bytes(shutil.disk_usage(small_disk).free - 30_000))
    said = grade(small_disk, code=2)
    assert "Free some space" in said
    whole_or_not_at_all(small_disk)
    assert in_gradebook(small_disk)["ada"] == 5

    hog.unlink()
    grade(small_disk)
    assert scores(small_disk) == ALL
    assert in_gradebook(small_disk) == ALL
    assert journal(small_disk)["ada"] == before["ada"]


def whole_or_not_at_all(course: Path) -> None:
    for path in course.rglob("*.ipynb"):
        json.loads(path.read_text())
    for path in course.rglob("*.html"):
        assert path.read_text().rstrip().endswith("</html>")
    if (course / "results" / "descent.json").exists():
        results(course)
    assert not [path for path in course.rglob(".*") if path.name != ".autograder"]


def test_a_course_that_cannot_be_written_says_so(small_disk: Path) -> None:
    disk = small_disk.parent
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    said = grade(small_disk, code=2)
    assert "could not be written" in said
    assert "Read-only file system" in said
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    grade(small_disk)
    assert scores(small_disk) == ALL
