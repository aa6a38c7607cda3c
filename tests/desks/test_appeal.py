"""A check turns out to be wrong: the class is graded again, and a grade is explained."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from safetensors.numpy import load_file

from autograder.desks import nbgrader_plugin
from autograder.desks.explain import Asked, explain
from autograder.desks.instructor import grade_course
from autograder.desks.regrade import Options, regrade_course
from autograder.gradebook.record import Recorder
from autograder.grading.seeds import Seeds, code_digest, seed_of_student
from autograder.reports.explanation import Explanation
from autograder.sources.course import Course

pytestmark = pytest.mark.slow

SOURCES = Path(__file__).parents[1] / "hostile" / "solutions"

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
CLASS = {
    "ada": RIGHT,
    "ben": RIGHT.replace(" / len(numbers)", ""),
    "cleo": RIGHT.replace("assign_sub", "assign_add"),
    "dora": "def average(numbers):\n    return sum(numbers) / max(len(numbers), 2)\n",
}
NOW = {"ada": 6.0, "ben": 5.0, "cleo": 2.0, "dora": 2.0}


def submit(course: Path, student: str, text: str) -> None:
    place = course / "submitted" / student / "descent"
    place.mkdir(parents=True, exist_ok=True)
    (place / "descent.py").write_text(text)


def regrade(course: Path, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=120)
    regrade_course(Course(course), "descent", console, Options(None, None, 2, **options))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def content(path: Path) -> Any:
    return json.loads(path.read_bytes())


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass
class Story:
    """A class that is graded, and graded again with other checks; and what was printed.

    Each student has inputs of their own, as the first grading has asked for.
    """

    course: Path
    first: Any
    unchanged: str
    dry: str
    touched: list[str]
    resumed: str
    again: str

    @property
    def last(self) -> Any:
        return content(self.course / "results" / "descent.json")

    @property
    def history(self) -> list[Path]:
        return sorted((self.course / "results" / "history").iterdir())


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    course = tmp_path_factory.mktemp("appeal")
    shutil.copytree(SOURCES, course / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    for student, text in CLASS.items():
        submit(course, student, text)
    grade_course(
        Course(course),
        "descent",
        Console(quiet=True),
        submissions=None,
        results_file=None,
        jobs=2,
        seed=None,
        per_student=True,
        only=frozenset(),
    )
    grade_by_hand(course)
    results = course / "results" / "descent.json"
    first, unchanged = content(results), regrade(course)

    checks = course / "solutions" / "descent" / "checks.py"
    text = checks.read_text()
    text = text.replace('lowest place.",\n    points=1', 'lowest place.",\n    points=2')
    text = text.replace(
        "inputs=one_number,\n    judge=close()", "inputs=one_number,\n    judge=close(atol=9.0)"
    )
    checks.write_text(text)
    submit(course, "fay", RIGHT)  # too late for the first grading

    before = digests(course)
    dry = regrade(course, dry_run=True, why="no reason")
    after = digests(course)
    touched = [name for name in before | after if before.get(name) != after.get(name)]

    why = "One number is lenient now."
    save, saved = Recorder.save, list[str]()

    def killed(self: Recorder, submission: Any, report: Any) -> bool:
        if saved:
            raise KeyboardInterrupt
        saved.append(report.student)
        return save(self, submission, report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recorder, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            regrade(course, why=why)
    resumed = regrade(course, why=why)
    return Story(course, first, unchanged, dry, touched, resumed, regrade(course))


def opened(course: Path) -> Gradebook:
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}", "")


def grade_by_hand(course: Path) -> None:
    with opened(course) as gradebook:
        grade = gradebook.find_grade("check-average", "descent", "descent", "ben")
        grade.manual_score = 1.5
        gradebook.find_comment("average", "descent", "descent", "ben").manual_comment = "Well said."
        gradebook.db.commit()


def test_without_a_change_nothing_is_written(story: Story) -> None:
    assert "Nothing has changed since the last grading" in story.unchanged
    assert "Nothing has changed since the last grading" in story.again


def test_a_dry_run_says_who_gains_and_writes_nothing(story: Story) -> None:
    assert story.touched == []
    said = story.dry
    assert "3 of 4 students change: 3 gain, 0 lose; class mean +0.75" in said
    assert "Maximum: 5 before, 6 now" in said
    assert "- check average.one_number_is_its_average was changed" in said
    assert "- points of Descent.reaches_the_valley: 1 before, 2 now" in said
    assert "Dry run: nothing was written." in said
    (dora,) = [line for line in said.splitlines() if line.strip().startswith("dora")]
    assert " ".join(dora.split()) == "dora 1/5 2/6 +1 average.one_number_is_its_average 0 → 1"
    assert "Not graded before, and left out: 1." in said


def test_what_was_observed_is_not_observed_again(story: Story) -> None:
    (line,) = [line for line in story.dry.splitlines() if line.startswith("Observations: ")]
    assert line.startswith("Observations: 0 computed, ")


def test_all_is_graded_again_after_a_kill_and_the_same_command(story: Story) -> None:
    assert "Resuming a regrade that was interrupted." in story.resumed
    assert "3 of 4 students change" in story.resumed
    assert "Points given by hand are as they were: ben." in story.resumed
    assert {each["student"]: each["score"] for each in story.last["students"]} == NOW
    assert {each["max_score"] for each in story.last["students"]} == {6.0}
    assert story.last["seed"] == story.first["seed"]


def test_the_earlier_results_are_kept_with_the_reason_and_what_had_changed(story: Story) -> None:
    (path,) = story.history
    kept = content(path)
    replaced = kept.pop("replaced")
    assert kept == story.first
    assert replaced["why"] == "One number is lenient now."
    assert [(each["kind"], each["name"]) for each in replaced["changed"]] == [
        ("check", "average.one_number_is_its_average"),
        ("points", "Descent.reaches_the_valley"),
    ]
    assert path.name.startswith("descent-2")


def test_what_a_person_gave_stays_and_the_maximum_follows(story: Story) -> None:
    with opened(story.course) as gradebook:
        grade = gradebook.find_grade("check-average", "descent", "descent", "ben")
        assert (grade.manual_score, grade.auto_score) == (1.5, 1.0)
        comment = gradebook.find_comment("average", "descent", "descent", "ben")
        assert comment.manual_comment == "Well said."
        assert gradebook.find_assignment("descent").max_score == 6.0
        found = {s.student_id: s.score for s in gradebook.assignment_submissions("descent")}
    assert found == {**NOW, "ben": 5.5}


def test_each_student_has_inputs_of_their_own_from_then_on(story: Story) -> None:
    own = int(story.first["seed"])
    assert Seeds(story.course, write=False).kept("descent") == own
    for results in (story.first, story.last):
        assert results["seed_per_student"] is True
        seeds = {each["student"]: int(each["seed"]) for each in results["students"]}
        assert seeds == {student: seed_of_student(own, student) for student in CLASS}


def test_what_is_written_alike_is_not_graded_once_for_two(story: Story) -> None:
    ada, ben = (
        {check["name"]: check["observed"] for check in student["exercises"][0]["checks"]}
        for student in story.first["students"][:2]
    )
    assert "" not in ada.values()
    assert all(ada[name] != ben[name] for name in ada)


def test_nbgrader_grades_with_the_students_own_inputs(story: Story) -> None:
    place = story.course / "submitted" / "cleo" / "descent" / "descent.ipynb"
    found = nbgrader_plugin.grade_one(story.course, "descent", "cleo", place)
    nbgrader_plugin.close()
    (cleo,) = (each for each in story.last["students"] if each["student"] == "cleo")
    assert (found.seed, found.score) == (int(cleo["seed"]), cleo["score"])
    assert [
        (verdict.points, verdict.message, verdict.observed)
        for exercise in found.exercises
        for verdict in exercise.verdicts
    ] == [
        (check["points"], check["message"], check["observed"])
        for exercise in cleo["exercises"]
        for check in exercise["checks"]
    ]


def test_a_dry_run_counts_no_attempt(story: Story, tmp_path: Path) -> None:
    from autograder.sources.submission import read_submission

    submit(tmp_path, "ada", f"{RIGHT}\nx = 1\n")
    shutil.copytree(story.course / ".autograder", tmp_path / ".autograder")
    changed = read_submission(tmp_path / "submitted" / "ada" / "descent" / "descent.py", "ada")
    seeds = Seeds(tmp_path, write=False)
    assert seeds.attempt("descent", changed.student, code_digest(changed)) == 2
    submit(tmp_path, "ada", f"{RIGHT}\nx = 2\n")
    changed = read_submission(tmp_path / "submitted" / "ada" / "descent" / "descent.py", "ada")
    assert seeds.attempt("descent", changed.student, code_digest(changed)) == 2


@pytest.fixture(scope="module")
def explained(
    story: Story, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Explanation, str, Path]:
    folder = tmp_path_factory.mktemp("explained")
    console = Console(file=io.StringIO(), width=80)
    asked = Asked("cleo", "descent", "Descent", json=folder / "cleo.json", arrays=folder / "arrays")
    found = explain(Course(story.course), asked, console)
    return found, console.file.getvalue(), folder  # type: ignore[attr-defined]


def test_a_grade_is_computed_again_bit_for_bit(explained: tuple[Explanation, str, Path]) -> None:
    found, said, _ = explained
    assert found.same
    assert found.bit_for_bit
    assert "Computed again with the same inputs: the same, bit for bit." in said
    assert "unchanged since it was graded" in said
    assert all(len(line.rstrip()) <= 80 for line in said.splitlines() if "/" not in line)


def test_an_explanation_has_what_is_behind_a_verdict(
    explained: tuple[Explanation, str, Path],
) -> None:
    found, said, _ = explained
    text = " ".join(said.split())
    assert "Descent.follows_the_rule (0/2 points, rule)" in text
    assert "21 of 21 numbers differ by more than 1e-05 + 0.0001 * |expected|" in text
    assert "beside the mistake: all 21 numbers within" in text
    assert "Looks like: uphill. In 2 of 2 checks that fail by the reference" in text
    assert "matrix_gradients: float32 (3, 2, 2):" in text
    assert "autograder explain cleo descent --exercise Descent" in text
    assert str(found.provenance.seed) in text
    assert "(the student's, derived from the assignment's own; attempt 1)" in text
    assert "average" not in [each.check.exercise for each in found.checks]


def test_an_explanation_has_all_numbers_in_files(
    explained: tuple[Explanation, str, Path],
) -> None:
    found, _, folder = explained
    (rule, valley) = content(folder / "cleo.json")["checks"]
    assert rule["beside_expected"]["first"]["place"] == "matrix[0, 0, 0]"
    assert rule["digest"]["recorded"] == rule["digest"]["now"] != ""
    assert valley["inputs"]["lowest"]["value"]["shape"] == [2]
    arrays = load_file(folder / "arrays" / "Descent.follows_the_rule.safetensors")
    assert arrays["observed/matrix"].shape == (3, 2, 2)
    assert (arrays["observed/matrix"] == found.checks[0].observed.arrays["matrix"]).all()  # type: ignore[union-attr]
    assert {name.partition("/")[0] for name in arrays} == {
        "inputs",
        "expected",
        "observed",
        "mistake",
    }
