"""What `autograder new` writes is a complete assignment, with and without the course's _shared/."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from autograder.cli import app
from autograder.desks import skeleton
from autograder.desks.skeleton import SHARED_MODULES, Kind, new_assignment
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course
from autograder.sources.views import solution_lines, student_notebook

ROOT = Path(__file__).parents[2]
CASES = [(kind, shared) for kind in Kind for shared in (False, True) if kind in SHARED_MODULES]
CASES += [(kind, False) for kind in Kind if kind not in SHARED_MODULES]
IDS = [f"{kind.value}-{'shared' if shared else 'own'}" for kind, shared in CASES]


def empty_course(folder: Path, *, shared: bool) -> Course:
    """A course that has a solutions/ folder and nothing else but, if asked for, _shared/."""
    course = Course(folder)
    course.solutions.mkdir(parents=True)
    if shared:
        shutil.copytree(ROOT / "solutions" / "_shared", course.solutions / "_shared")
    return course


def written(folder: Path, kind: Kind, *, shared: bool) -> Assignment:
    course = empty_course(folder, shared=shared)
    # A function is named as functions are, which the linter asks for.
    new_assignment(course, "trial", "smooth" if kind is Kind.function else "Trial", kind)
    return read_assignment(course.solution("trial"))


def new(course: Course, *words: str) -> Result:
    return CliRunner().invoke(app, ["new", *words, "--course", str(course.root)])


@pytest.mark.parametrize(("kind", "shared"), CASES, ids=IDS)
def test_a_skeleton_is_one_exercise_with_two_misconceptions_and_a_variant(
    kind: Kind, shared: bool, tmp_path: Path
) -> None:
    assignment = written(tmp_path, kind, shared=shared)
    (exercise,) = assignment.check_set.exercises
    assert 3 <= len(assignment.check_set.checks) <= 4
    assert len(assignment.authored) == 2
    assert [path.name for path in assignment.variants] == ["one.py"]
    probes = (assignment.folder / "probes.py").read_text()
    assert ("from _shared." in probes) is shared
    cells = [cell.metadata.nbgrader.grade_id for cell in _graded(assignment)]
    assert cells == [exercise.name, f"checked-{exercise.name}", f"check-{exercise.name}"]


@pytest.mark.parametrize(("kind", "shared"), CASES, ids=IDS)
def test_its_notes_to_the_author_and_its_reference_do_not_reach_the_students_notebook(
    kind: Kind, shared: bool, tmp_path: Path
) -> None:
    assignment = written(tmp_path, kind, shared=shared)
    assert "Edit:" in (assignment.folder / "trial.py").read_text()
    text = "\n".join(cell.source for cell in student_notebook(assignment).cells)
    assert "Edit:" not in text
    assert solution_lines(assignment)
    lines = {line.strip() for line in text.splitlines()}
    for file in ("checks.py", "probes.py"):
        lines |= {line.strip() for line in (assignment.folder / file).read_text().splitlines()}
    assert not lines & solution_lines(assignment)


@pytest.mark.parametrize(("kind", "shared"), CASES, ids=IDS)
def test_it_is_formatted_and_linted_like_the_course(
    kind: Kind, shared: bool, tmp_path: Path
) -> None:
    folder = written(tmp_path, kind, shared=shared).folder
    config = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    known = ["--config", "lint.isort.known-third-party=['_shared']"]  # as in solutions/
    for words in (["format", "--check", *config], ["check", *config, *known]):
        program = Path(sys.executable).with_name("ruff")
        done = subprocess.run([program, *words, folder], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@cache
def answers() -> dict[str, set[str]]:
    """The lines of the references of the course, by what they write."""
    region = re.compile(r"### BEGIN SOLUTION: ([\w.]+):[^\n]*\n(.*?)### END SOLUTION", re.DOTALL)
    course = Course(ROOT)
    return {
        f"{name}.{what}": {line.strip() for line in lines.strip().splitlines()}
        for name in course.assignments()
        for source in read_assignment(course.solution(name)).cells.values()
        for what, lines in region.findall(source)
        # The configuration is told by the names of the arguments.
        if not what.endswith(".get_config")
    }


@pytest.mark.parametrize("kind", Kind, ids=[kind.value for kind in Kind])
def test_it_is_no_answer_to_an_exercise_of_the_course(kind: Kind) -> None:
    """Students have the engine, and with it the skeletons."""
    files = (Path(skeleton.__file__).parent / "skeletons" / kind.value).iterdir()
    given = {line.strip() for file in files for line in file.read_text().splitlines()}
    assert len(answers()) > 30
    assert not [what for what, lines in answers().items() if lines <= given]


def _graded(assignment: Assignment) -> list:  # type: ignore[type-arg]  # cells have no types
    return [cell for cell in student_notebook(assignment).cells if "nbgrader" in cell.metadata]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "shared"), CASES, ids=IDS)
def test_it_verifies_as_it_is(kind: Kind, shared: bool, tmp_path: Path) -> None:
    assignment = written(tmp_path, kind, shared=shared)
    program = Path(sys.executable).with_name("autograder")
    command = [str(program), "verify", "trial", "--course", str(tmp_path), "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ trial" in done.stdout
    for misconception in assignment.misconceptions:
        assert misconception.name in done.stdout


def test_a_course_with_another_shared_folder_gets_a_skeleton_of_its_own(tmp_path: Path) -> None:
    course = empty_course(tmp_path, shared=False)
    (course.solutions / "_shared").mkdir()
    (course.solutions / "_shared" / "optimizer_probes.py").write_text("# of another kind\n")
    new_assignment(course, "trial", "Trial", Kind.optimizer)
    probes = (course.solution("trial") / "probes.py").read_text()
    assert "_shared" not in probes
    assert "def trajectory" in probes


def test_the_command_prints_what_it_wrote_and_what_to_type_next(tmp_path: Path) -> None:
    course = empty_course(tmp_path, shared=False)
    done = new(course, "lion", "--exercise", "Lion", "--kind", "optimizer")
    assert done.exit_code == 0, done.output
    files = sorted(path for path in course.solution("lion").rglob("*") if path.is_file())
    assert len(files) == 5
    for path in files:
        assert f"  {path.relative_to(course.root).as_posix()}\n" in done.output
    for command in ("verify", "preview", "build"):
        assert f"autograder {command} lion" in done.output
    assert course.assignments() == ("lion",)
    # Others of the teaching team can read it, as the folders beside it.
    assert course.solution("lion").stat().st_mode == course.solutions.stat().st_mode


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    course = empty_course(tmp_path, shared=False)
    (course.solutions / "lion").mkdir()
    (course.solutions / "lion" / "notes.txt").write_text("mine")
    with pytest.raises(AutograderError, match="already exists, and nothing was changed") as refused:
        new_assignment(course, "lion", "Lion", Kind.optimizer)
    assert '# %% exercise="Lion"' in str(refused.value)
    assert [path.name for path in (course.solutions / "lion").iterdir()] == ["notes.txt"]
    assert [path.name for path in course.solutions.iterdir()] == ["lion"]


@pytest.mark.parametrize(
    ("name", "exercise", "said"),
    [
        ("two words", "Lion", "'two words' cannot be the name of an assignment."),
        ("1st", "Lion", "beginning with a letter"),
        ("class", "Lion", "no Python keyword"),
        ("_hidden", "Lion", "beginning with a letter"),
        ("../outside", "Lion", "cannot be the name of an assignment"),
        ("lion", "Lion King", "'Lion King' cannot be the name of an exercise."),
        ("lion", "None", "no Python keyword"),
        ("checks", "Lion", "its folder has a file checks.py of another use"),
        ("hidden_probes", "Lion", "its folder has a file hidden_probes.py of another use"),
        ("lion", "keras", "The skeleton itself uses the name 'keras'."),
        ("lion", "Exercise", "The skeleton itself uses the name 'Exercise'."),
        ("lion", "check", "The skeleton itself uses the name 'check'."),
    ],
)
def test_a_name_that_cannot_work_is_refused_with_a_remedy(
    name: str, exercise: str, said: str, tmp_path: Path
) -> None:
    course = empty_course(tmp_path, shared=False)
    with pytest.raises(AutograderError) as refused:
        new_assignment(course, name, exercise, Kind.optimizer)
    assert said in str(refused.value)
    assert list(course.solutions.iterdir()) == []


def test_an_unknown_kind_names_the_five(tmp_path: Path) -> None:
    course = empty_course(tmp_path, shared=False)
    done = new(course, "lion", "--exercise", "Lion", "--kind", "loss")
    assert done.exit_code == 2
    for kind in Kind:
        assert kind.value in done.output


def test_a_course_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    course = empty_course(tmp_path, shared=False)
    course.solutions.rmdir()
    course.solutions.write_text("a file, not a folder")
    with pytest.raises(AutograderError, match=r"solutions.lion could not be written: Not a dir"):
        new_assignment(course, "lion", "Lion", Kind.optimizer)
