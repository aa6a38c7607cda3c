"""A release is built when it is stale, and contains no answers. No keras."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from editing import change, downhill

from autograder.desks.release import _refuse_answers, build
from autograder.grading.oracle import Oracle
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.views import solution_lines, student_notebook


def test_a_release_contains_no_line_of_the_reference_and_no_edit(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    build(assignment, folder, lambda: oracle)
    assert sorted(path.name for path in folder.iterdir()) == [
        "checks.py",
        "downhill.ipynb",
        "expected.safetensors",
        "probes.py",
        "stubs.json",
    ]
    released = b"".join(path.read_bytes() for path in folder.iterdir())
    answers = solution_lines(assignment)
    assert answers
    for answer in answers | {m.replace for m in assignment.misconceptions if m.replace}:
        assert answer.encode() not in released
    # What a student's laptop needs to name a mistake is there.
    assert b"never_moves_on" in released
    assert b"Each step starts where the last one ended." in released


def test_hidden_checks_are_graded_with_and_never_released(
    course: Path, oracle: Oracle, tmp_path: Path
) -> None:
    folder = downhill(course)
    checks = (folder / "checks.py").read_text()
    declared = checks[checks.index("walk.rule(") :]
    for name in ("takes_every_step", "starts_at_the_start", "divides_by_the_count"):
        declared = declared.replace(name, f"secretly_{name}")
    (folder / "hidden_checks.py").write_text(f"from checks import *\n\n{declared}")
    (folder / "hidden_probes.py").write_text((folder / "probes.py").read_text())
    assignment = read_assignment(folder)
    found = [(check.name, check.hidden) for check in assignment.check_set.of("average")]
    assert found == [("divides_by_the_count", False), ("secretly_divides_by_the_count", True)]
    build(assignment, tmp_path / "release", lambda: oracle)
    for path in (tmp_path / "release").iterdir():
        assert b"secretly" not in path.read_bytes()


@pytest.mark.parametrize("name", ["probes.py", "checks.py"])
def test_a_line_of_the_reference_in_a_release_is_refused(
    name: str, course: Path, oracle: Oracle, tmp_path: Path
) -> None:
    path = downhill(course) / name
    line = path.read_text().count("\n") + 2
    path.write_text(path.read_text() + '"""As in\n    places.append(place)\n"""\n')
    with pytest.raises(AutograderError) as refused:
        build(read_assignment(downhill(course)), tmp_path / "release", lambda: oracle)
    assert str(refused.value) == (
        f"{name}, line {line}, would reveal a line of the reference: 'places.append(place)'. "
        "Move it into the solution region, or rephrase it."
    )
    assert not (tmp_path / "release").exists()


def test_a_line_of_the_reference_in_the_students_notebook_is_refused(
    assignment: Assignment, tmp_path: Path
) -> None:
    # No source leads to such a notebook; this is what would catch a bug that leaves regions in.
    notebook = student_notebook(assignment)
    notebook.cells[2].source = assignment.cells["walk"]
    release = tmp_path / "release"
    release.mkdir()
    nbformat.write(notebook, release / "downhill.ipynb")
    with pytest.raises(AutograderError, match=r"downhill.ipynb, line \d+, would reveal"):
        _refuse_answers(assignment, release)


def test_an_up_to_date_release_is_not_computed_again(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    def no_oracle() -> Oracle:
        raise AssertionError("computed again")

    folder = tmp_path / "release"
    written = build(assignment, folder, lambda: oracle)
    record = "solutions/downhill/released.json"
    assert set(written) == {record, *(path.name for path in folder.iterdir())}
    assert build(assignment, folder, no_oracle) == ()


def test_a_hand_edited_release_is_stale_and_rewritten(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    build(assignment, folder, lambda: oracle)
    change(folder / "probes.py", "def middle", "def in_between")
    assert build(assignment, folder, lambda: oracle, write=False) == ("probes.py",)
    assert "in_between" in (folder / "probes.py").read_text()
    assert build(assignment, folder, lambda: oracle) == ("probes.py",)
    assert "in_between" not in (folder / "probes.py").read_text()


def test_another_edit_of_a_misconception_makes_the_arrays_stale(
    course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    build(assignment, folder, lambda: oracle)
    change(downhill(course) / "misconceptions.toml", "place + rate", "place + 2 * rate")
    changed = build(read_assignment(downhill(course)), folder, lambda: oracle, write=False)
    assert changed == ("expected.safetensors",)


def test_a_release_folder_that_cannot_be_written_is_named(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    (tmp_path / "assignments").write_text("a file where a folder should be")
    with pytest.raises(AutograderError, match="assignments/downhill could not be written"):
        build(assignment, tmp_path / "assignments" / "downhill", lambda: oracle)
