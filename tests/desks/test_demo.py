"""The demo, run as the README says, and what nbgrader does with its grades."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from autograder.desks.class_grades import ClassGrades
from autograder.desks.instructor import grade_course
from autograder.model import AutograderError
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course

ROOT = Path(__file__).parents[2]
NOISE = re.compile(r"I0000|oneDNN|cuda|absl|Traceback|Warning", re.IGNORECASE)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which the demo has run."""
    folder = tmp_path_factory.mktemp("demo") / "course"
    done = command("autograder", "demo", "--into", str(folder), cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (folder / "printed.txt").write_text(done.stdout + done.stderr)
    return folder


def command(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(words[0])
    return subprocess.run(
        [program, *words[1:]], cwd=cwd, capture_output=True, text=True, timeout=600
    )


@pytest.fixture(scope="module")
def students(course: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((course / "results" / "optimizers.json").read_text())
    assert found["version"] == 1
    assert "seccomp" in found["sandbox"]
    return {student["student"]: student for student in found["students"]}


def points(student: dict[str, Any]) -> list[float]:
    return [exercise["score"] for exercise in student["exercises"]]


def statuses(exercise: dict[str, Any]) -> set[str]:
    return {check["status"] for check in exercise["checks"]}


def full(student: dict[str, Any]) -> list[float]:
    return [exercise["max_score"] for exercise in student["exercises"]]


def test_right_code_earns_every_point_in_every_style(students: dict[str, Any]) -> None:
    for name in ("all-right", "other-style", "noisy"):
        assert points(students[name]) == full(students[name]), name


def test_unwritten_code_earns_nothing_and_says_what_to_write(students: dict[str, Any]) -> None:
    assert sum(points(students["untouched"])) == 0
    message = students["untouched"]["exercises"][0]["checks"][0]["message"]
    assert message.startswith("not written yet: Momentum.build: create one velocity")
    half = points(students["half-done"])
    assert half == [*full(students["half-done"])[:3], 0, 0, 0, 0]  # the last: no prediction


def test_each_mistake_is_named(students: dict[str, Any]) -> None:
    assignment = read_assignment(ROOT / "solutions" / "optimizers")
    known = {(m.exercise, m.name) for m in assignment.misconceptions}
    for number in range(1, 7):
        # The n-th student made a mistake in the n-th exercise.
        exercises = students[f"mistake-{number}"]["exercises"][:number]
        wrong = [e for e in exercises if e["score"] < e["max_score"]]
        assert len(wrong) == 1
        named = {check["misconception"] for check in wrong[0]["checks"]} - {None}
        assert len(named) == 1
        assert (wrong[0]["name"], named.pop()) in known
    two = [e for e in students["two-mistakes"]["exercises"] if e["score"] < e["max_score"]]
    assert [e["name"] for e in two] == ["Momentum", "AdamW"]


@pytest.mark.parametrize("name", ["syntax-error", "endless-loop"])
def test_broken_code_costs_its_own_exercise_only(students: dict[str, Any], name: str) -> None:
    student = students[name]
    assert points(student) == [0, *full(student)[1:]]


def test_an_endless_loop_runs_out_of_time(students: dict[str, Any]) -> None:
    checks = students["endless-loop"]["exercises"][0]["checks"]
    assert {check["status"] for check in checks} == {"error"}
    where = re.compile(r"cell \d+, line \d+: `.*` · Exceeded the CPU limit")
    assert all(where.match(check["message"]) for check in checks)


def test_the_built_in_class_is_refused_with_the_reason(students: dict[str, Any]) -> None:
    assert sum(points(students["built-in"])) == 0
    *exercises, predictions = students["built-in"]["exercises"]
    assert predictions["name"] == "predictions"
    for exercise in exercises:
        # The message names the class that was used.
        assert "keras.optimizers." in exercise["checks"][0]["message"]


def test_edited_check_cells_change_nothing(students: dict[str, Any]) -> None:
    student = students["edited-checks"]
    assert points(student) == [full(student)[0], 0, 0, 0, 0, 0, 0]
    assert full(student) == full(students["all-right"])


@pytest.mark.parametrize("name", ["reads-solutions", "forges-results"])
def test_an_attack_earns_nothing(students: dict[str, Any], name: str) -> None:
    assert sum(points(students[name])) == 0


def test_what_cannot_be_read_says_why(students: dict[str, Any]) -> None:
    checks = students["not-a-notebook"]["exercises"][0]["checks"]
    assert "invalid JSON" in checks[0]["message"]
    assert students["not-a-notebook"]["score"] == 0


def test_who_submitted_nothing_is_listed_and_has_no_grade(
    course: Path, students: dict[str, Any]
) -> None:
    assert "nothing-submitted" not in students
    absent = json.loads((course / "results" / "optimizers.json").read_text())["not_submitted"]
    assert absent == [{"student": "nothing-submitted", "reason": "Nothing was submitted."}]
    assert (
        "Nothing submitted, no grade (1): nothing-submitted" in (course / "printed.txt").read_text()
    )


def test_every_student_is_in_every_output(course: Path, students: dict[str, Any]) -> None:
    submitted = {path.name for path in (course / "submitted").iterdir()} - {"nothing-submitted"}
    assert len(submitted) >= 16
    assert set(students) == submitted
    with (course / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(rows) == submitted
    printed = (course / "printed.txt").read_text()
    for name in submitted:
        assert float(rows[name]["score"]) == pytest.approx(students[name]["score"])
        assert name in printed
        page = course / "feedback" / name / "optimizers" / "optimizers.html"
        assert page.is_file()
        assert (course / "autograded" / name / "optimizers" / "optimizers.ipynb").is_file()


def test_only_our_own_words_are_printed(course: Path) -> None:
    assert not NOISE.search((course / "printed.txt").read_text())


def test_feedback_shows_the_hint(course: Path) -> None:
    page = (course / "feedback" / "mistake-1" / "optimizers" / "optimizers.html").read_text()
    assert "Hint:" in page


def test_nbgrader_exports_the_same_grades(course: Path, students: dict[str, Any]) -> None:
    done = command("nbgrader", "export", "--to", "again.csv", cwd=course)
    assert done.returncode == 0, done.stderr
    with (course / "again.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    for name, student in students.items():
        assert float(rows[name]["score"]) == pytest.approx(student["score"])
        # The written question has 4 points, which a person gives.
        assert float(rows[name]["max_score"]) == pytest.approx(student["max_score"] + 4)


def test_nbgrader_makes_the_feedback_again(course: Path) -> None:
    page = course / "feedback" / "all-right" / "optimizers" / "optimizers.html"
    page.unlink()
    done = command(
        "nbgrader", "generate_feedback", "optimizers", "--student=all-right", "--force", cwd=course
    )
    assert done.returncode == 0, done.stderr
    assert "Momentum" in page.read_text()


def test_the_seed_reproduces_the_run(course: Path, students: dict[str, Any]) -> None:
    seed = json.loads((course / "results" / "optimizers.json").read_text())["seed"]
    again = course / "again.json"
    words = ["--only", "mistake-1", "--seed", str(seed), "--json", str(again)]
    done = command("autograder", "grade", "optimizers", *words, cwd=course)
    assert done.returncode == 0, done.stderr
    graded = {student["student"]: student for student in json.loads(again.read_text())["students"]}
    assert graded == students


def test_a_gradebook_that_breaks_midway_loses_no_verdict(
    course: Path, students: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> bool:
        raise AutograderError("the disk is full")

    monkeypatch.setattr("autograder.desks.instructor.Recorder.save", breaks)
    kept = tmp_path / "results.json"
    chosen = frozenset({"untouched", "nothing-submitted", "not-a-notebook"})
    with pytest.raises(AutograderError, match="the disk is full"):
        grade(course, results_file=kept, only=chosen)
    again = {student["student"]: student for student in json.loads(kept.read_text())["students"]}
    # What the gradebook says of them is not known.
    assert again == {name: {**student, "gradebook": None} for name, student in students.items()}


def test_a_broken_gradebook_stops_the_run_before_it_grades(course: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "course"
    shutil.copytree(course, scratch)
    (scratch / "gradebook.db").write_text("this is no database, and too long to be an empty one")
    kept = tmp_path / "results.json"
    with pytest.raises(AutograderError, match="not a database"):
        grade(scratch, results_file=kept, only=frozenset(), seed=1)
    assert not kept.exists()


def grade(course: Path, **chosen: Any) -> ClassGrades:
    usual = {"submissions": None, "jobs": 2, "seed": None, "confined": True}
    return grade_course(Course(course), "optimizers", Console(quiet=True), **{**usual, **chosen})


def test_nbgrader_generates_the_same_assignment(course: Path) -> None:
    released = course / "assignments" / "optimizers" / "optimizers.ipynb"
    before = json.loads(released.read_text())
    done = command("nbgrader", "generate_assignment", "optimizers", "--force", cwd=course)
    assert done.returncode == 0, done.stderr
    assert json.loads(released.read_text())["cells"] == before["cells"]
    assert (released.parent / "expected.safetensors").is_file()


def test_the_formgrader_lists_the_assignment_and_its_submissions(
    course: Path, students: dict[str, Any]
) -> None:
    program = (
        "import json, sys\n"
        "from nbgrader.apps.api import NbGraderAPI\n"
        "from nbgrader.coursedir import CourseDirectory\n"
        "from nbgrader.auth import Authenticator\n"
        "coursedir = CourseDirectory(root='.')\n"
        "api = NbGraderAPI(coursedir, Authenticator())\n"
        "print(json.dumps([api.get_assignments(), api.get_submissions('optimizers')]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=course, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assignments, submissions = json.loads(done.stdout.splitlines()[-1])
    assert [assignment["name"] for assignment in assignments] == ["optimizers"]
    scores = {s["student"]: s["score"] for s in submissions}
    assert scores == {name: student["score"] for name, student in students.items()}


def test_nbgrader_autograde_uses_the_same_engine(course: Path, students: dict[str, Any]) -> None:
    words = ["--student=mistake-2", "--force"]
    done = command("nbgrader", "autograde", "optimizers", *words, cwd=course)
    assert done.returncode == 0, done.stderr[-3000:]
    command("nbgrader", "export", "--to", "third.csv", cwd=course)
    with (course / "third.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert float(rows["mistake-2"]["score"]) == pytest.approx(students["mistake-2"]["score"])
