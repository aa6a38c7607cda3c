"""An exercise that is as released is known without running it, by nbgrader's own checksum."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.desks.self_check import Silent, Work, read
from autograder.desks.student import check_paths
from autograder.reports.unwritten import is_unwritten
from autograder.sandbox.interface import Sandbox


def edit(notebook: Path, exercise: str, change: Callable[[str], str]) -> None:
    raw = json.loads(notebook.read_text())
    for cell in raw["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == exercise:
            cell["source"] = change("".join(cell["source"]))
    notebook.write_text(json.dumps(raw))


class StartedError(Exception):
    """A sandbox was asked for."""


def start() -> Sandbox:
    raise StartedError


def test_what_is_as_released_is_not_run(notebook: Path) -> None:
    work = Work(notebook, read(notebook.parent))
    for exercise in work.exercises:
        report = work.judge(exercise, start)
        assert is_unwritten(report)
        assert "(cell " in report.verdicts[0].message


@pytest.mark.parametrize("change", [lambda text: text + "\n", lambda text: text + "\n# mine"])
def test_any_edit_is_run(notebook: Path, change: Callable[[str], str]) -> None:
    edit(notebook, "walk", change)
    work = Work(notebook, read(notebook.parent))
    with pytest.raises(StartedError):
        work.judge("walk", start)
    assert is_unwritten(work.judge("average", start))


def test_a_definition_in_another_cell_is_run(notebook: Path) -> None:
    raw = json.loads(notebook.read_text())
    own = {"cell_type": "code", "metadata": {}, "source": "def walk(start, rate, gradients): ..."}
    raw["cells"].append(own | {"outputs": [], "execution_count": None})
    notebook.write_text(json.dumps(raw))
    with pytest.raises(StartedError):
        Work(notebook, read(notebook.parent)).judge("walk", start)


def test_a_missing_exercise_is_not_run(notebook: Path) -> None:
    edit(notebook, "walk", lambda text: text.replace("def walk", "def wlak"))
    report = Work(notebook, read(notebook.parent)).judge("walk", start)
    assert "There is no class or function named 'walk'" in report.verdicts[0].message


def test_several_files_of_an_assignment_are_told(notebook: Path) -> None:
    (notebook.parent / "copy of mine.ipynb").write_bytes(notebook.read_bytes())
    told = Told()
    assert len(list(check_paths([notebook.parent], frozenset(), show=told))) == 2
    (line,) = told.lines
    assert line.startswith("2 files of one assignment: copy of mine.ipynb, downhill.ipynb.")
    assert line.endswith("Submit one, as downhill.ipynb.")


def test_a_check_goes_on_where_it_cannot_be_remembered(notebook: Path) -> None:
    (notebook.parent / ".autograder").touch()
    told = Told()
    ((_, report),) = check_paths([notebook], frozenset(), show=told, keep=True)
    assert report.score == 0
    assert "`autograder status` will not know of this check" in told.lines[0]


class Told(Silent):
    """Keeps the lines that a user reads."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)
