"""Every stub that students get is found in its source; see also tests/probing/test_stubs.py."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from autograder.sources.stubs import stub_at

RELEASES = sorted((Path(__file__).parents[2] / "assignments").glob("*/*.ipynb"))
RAISE = "raise NotImplementedError("


def solution_cells(notebook: Path) -> list[tuple[str, str]]:
    cells = nbformat.read(notebook, as_version=4).cells
    graded = [(cell.metadata.get("nbgrader", {}), cell) for cell in cells]
    return [
        (metadata["grade_id"], cell.source)
        for metadata, cell in graded
        if metadata.get("solution")
        and cell.cell_type == "code"
        # A prediction is a variable to set, and no stub.
        and not metadata["grade_id"].startswith("prediction-")
    ]


@pytest.mark.parametrize("notebook", RELEASES, ids=lambda path: path.stem)
def test_every_stub_of_the_course_is_one_without_a_further_word(notebook: Path) -> None:
    for exercise, source in solution_cells(notebook):
        lines = [n for n, line in enumerate(source.splitlines(), 1) if RAISE in line]
        assert lines
        # The second is what is left of it where the student changed the text.
        for text in (source, source.replace(RAISE, "raise NotImplementedError('later' or ")):
            for line in lines:
                stub = stub_at(text, line)
                assert stub is not None
                assert (stub.exercise, stub.above, stub.below) == (exercise, False, False)


def test_a_line_that_raises_nothing_is_no_stub() -> None:
    source = "def walk(x):\n    y = x\n    raise NotImplementedError\n"
    assert [stub_at(source, line) is not None for line in (1, 2, 3, 4)] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize("source", ["def walk(:", "x = 1\0", "(" * 500])
def test_what_cannot_be_parsed_has_no_stub(source: str) -> None:
    assert stub_at(source, 1) is None
