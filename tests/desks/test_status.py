"""Progress is what the last check found, as long as the code is the same. Nothing runs."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from student_work import write

from autograder.desks.released_course import EXPECTED, release_named, releases_near
from autograder.desks.remembered import remember
from autograder.desks.self_check import Work, read
from autograder.desks.status import assignment_status, course_status, next_exercise, upcoming
from autograder.grading import stored
from autograder.model import AutograderError
from autograder.reports.progress import show_status
from autograder.verdicts import ExerciseReport, Verdict

MINE = "def walk(start, rate, gradients):\n    return start\n"
HOLDS = Verdict("takes_every_step", "Every step goes downhill.", "passed", 3.0, 3.0)


def states(notebook: Path) -> dict[str, str]:
    (found,) = course_status(notebook.parent)
    return {exercise.name: exercise.state for exercise in found.exercises}


def checked(notebook: Path, verdict: Verdict) -> None:
    """As a check of `walk` leaves it."""
    work = Work(notebook, read(notebook.parent))
    remember(notebook, [ExerciseReport("walk", False, (verdict,))], work.code)


def test_the_states_of_an_exercise(notebook: Path) -> None:
    assert states(notebook) == {"walk": "unwritten", "average": "unwritten"}
    write(notebook, "walk", MINE)
    assert states(notebook)["walk"] == "unchecked"
    checked(notebook, replace(HOLDS, status="failed", points=0.0))
    assert states(notebook)["walk"] == "wrong"
    checked(notebook, HOLDS)
    assert states(notebook)["walk"] == "done"
    write(notebook, "walk", f"{MINE}# a remark")
    assert states(notebook)["walk"] == "done"
    write(notebook, "walk", MINE.replace("return start", "return start + 1"))
    assert states(notebook)["walk"] == "changed"
    write(notebook, "walk", f"{MINE}(")
    assert states(notebook)["walk"] == "broken"


def test_a_new_cell_above_changes_nothing(notebook: Path) -> None:
    write(notebook, "walk", MINE)
    checked(notebook, HOLDS)
    raw = json.loads(notebook.read_text())
    raw["cells"].insert(0, {"cell_type": "code", "metadata": {}, "source": "print(1)"})
    notebook.write_text(json.dumps(raw))
    assert states(notebook)["walk"] == "done"


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1, "files": {"downhill.ipynb": 3}}'])
def test_a_damaged_memory_is_none(content: str, notebook: Path) -> None:
    write(notebook, "walk", MINE)
    checked(notebook, HOLDS)
    (notebook.parent / ".autograder" / "checked.json").write_text(content)
    assert states(notebook)["walk"] == "unchecked"
    checked(notebook, HOLDS)
    assert states(notebook)["walk"] == "done"


def test_what_comes_next_is_in_what_is_begun_and_a_bonus_last(notebook: Path) -> None:
    course = list(course_status(notebook.parent))
    untouched = replace(course[0], name="first")
    write(notebook, "walk", MINE)
    begun = list(course_status(notebook.parent))
    found = next_exercise([untouched, *begun])
    assert found
    assert (found[0].name, found[1].name) == ("downhill", "walk")
    checked(notebook, HOLDS)
    found = next_exercise([untouched, *course_status(notebook.parent)])
    assert found
    assert (found[0].name, found[1].name) == ("first", "walk")


def test_what_is_printed(notebook: Path) -> None:
    write(notebook, "walk", MINE)
    console = Console(file=StringIO(), width=60)
    course = list(course_status(notebook.parent))
    show_status(console, course, *upcoming(course))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "> downhill: 0 of 3 points" in text
    assert "? walk    written, not checked yet" in text
    assert "· average bonus: not written yet" in text
    assert "Next: check walk in downhill." in text


def test_the_order_of_a_course_is_that_of_its_readme(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / "assignments" / name).mkdir(parents=True)
        for file in ("checks.py", EXPECTED):
            (tmp_path / "assignments" / name / file).touch()
    (tmp_path / "assignments" / "README.md").write_text("Say `a`.\n| 1 | `c` |\n| 2 | `a` |\n")
    for start in (tmp_path, tmp_path / "assignments", tmp_path / "assignments" / "b"):
        assert [folder.name for folder in releases_near(start)] == ["c", "a", "b"]
        assert release_named("b", start).name == "b"
    with pytest.raises(AutograderError, match=r"no assignment 'd'.*Available: c, a, b"):
        release_named("d", tmp_path)


def test_the_name_of_the_stored_numbers() -> None:
    assert EXPECTED == stored.FILE


def test_a_folder_may_be_renamed_and_hold_a_second_download(notebook: Path) -> None:
    folder = notebook.parent.rename(notebook.parent.with_name("downhill-main"))
    (folder / "downhill (1).ipynb").write_bytes((folder / notebook.name).read_bytes())
    found = assignment_status(folder)
    assert found.file == folder / notebook.name
    assert [exercise.name for exercise in found.exercises] == ["walk", "average"]


def test_a_notebook_that_cannot_be_read_is_no_finished_one(notebook: Path) -> None:
    notebook.write_text(notebook.read_text()[:100])
    course = list(course_status(notebook.parent))
    console = Console(file=StringIO(), width=60)
    show_status(console, course, *upcoming(course))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "! downhill: downhill.ipynb is not a valid notebook" in text
    assert "Every exercise holds" not in text
