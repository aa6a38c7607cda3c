"""Errors in the source notebook of an assignment, and missing files. No keras."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from editing import change, downhill

from autograder.model import AutograderError
from autograder.sources.assignment import read_assignment
from autograder.sources.regions import END


def test_the_bundled_variants_are_found_in_order(course: Path) -> None:
    (downhill(course) / "variants").mkdir()
    for name in ("b.py", "a.py", "notes.txt"):
        (downhill(course) / "variants" / name).touch()
    assert [path.name for path in read_assignment(downhill(course)).variants] == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        (
            "### END SOLUTION\n    return",
            "return",
            "cell 3, line 4",
            "### BEGIN SOLUTION without an ### END SOLUTION after it",
        ),
        (
            "### BEGIN SOLUTION: Subtract rate times each gradient in turn.\n",
            "\n",
            "cell 3, line 9",
            "### END SOLUTION without a ### BEGIN SOLUTION before it",
        ),
        (
            "    for gradient in gradients:\n",
            "    ### BEGIN SOLUTION: Again.\n    for gradient in gradients:\n",
            "cell 3, line 6",
            "inside the region that begins at line 4. Put ### END SOLUTION between them",
        ),
        (
            "### BEGIN SOLUTION: Subtract rate times each gradient in turn.\n",
            "### BEGIN SOLUTION\n",
            "cell 3, line 4",
            "has no sentence. Say what to write there",
        ),
        (
            "import numpy as np",
            "### BEGIN SOLUTION: Import it.\nimport numpy as np\n### END SOLUTION",
            "cell 2",
            "a solution region outside an exercise. Start the cell with",
        ),
        (
            '# %% exercise="average"',
            '# %% exercise="walk"',
            "cell 5",
            "exercise 'walk' already has a cell. Merge the two cells.",
        ),
        (
            '# %% exercise="average"',
            '# %% exercise="mean"',
            "cell 5",
            "exercise 'mean' is not defined in checks.py, which has walk, average",
        ),
        (
            '# %% exercise="average"\ndef average(numbers):',
            '# %% exercise="average"\ndef average(numbers): ...\n\n# %%\ndef other(numbers):',
            "cell 5",
            "exercise 'average' has no solution region. Put what students write between",
        ),
    ],
    ids=["unended", "unbegun", "nested", "no sentence", "outside", "twice", "unknown", "no region"],
)
def test_a_broken_notebook_names_the_cell_and_what_to_do(
    old: str, new: str, place: str, said: str, course: Path
) -> None:
    source = downhill(course) / "downhill.py"
    change(source, old, new)
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{source}, {place}: ")
    assert said in str(error.value)


def test_an_exercise_without_a_cell_is_named(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text().split("# %% [markdown]\n# ## And")[0])
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value) == (
        f"{source}: exercise 'average' of checks.py has no cell. Start one with "
        '`# %% exercise="average"`.'
    )


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("downhill.py", "the assignment's percent notebook, named after its folder"),
        ("misconceptions.toml", "lists the known mistakes"),
        ("checks.py", "exercises and their checks"),
        ("probes.py", "the probes that the checks name"),
    ],
)
def test_a_missing_file_is_named_with_what_it_contains(name: str, holds: str, course: Path) -> None:
    path = downhill(course) / name
    path.unlink()
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{path} is missing")
    assert holds in str(error.value)


def test_blank_lines_after_an_exercise_without_a_region_release_nothing(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    text = source.read_text()
    for marker in ('### BEGIN SOLUTION: Divide the sum by "how many", \\nu, there are.', END):
        text = marker_taken_out(text, marker)
    source.write_text(text + "\n\n\n\n")
    with pytest.raises(AutograderError, match="'average' has no solution region"):
        read_assignment(downhill(course))


def marker_taken_out(text: str, marker: str) -> str:
    head, _, tail = text.rpartition(marker)
    return head.rstrip(" ") + tail.lstrip("\n")


@pytest.mark.parametrize("name", ["downhill.py", "probes.py", "misconceptions.toml"])
def test_a_source_that_is_not_text_is_named(name: str, course: Path) -> None:
    (downhill(course) / name).write_bytes(b"\xff\xfe")
    with pytest.raises(AutograderError, match=re.escape(name)):
        read_assignment(downhill(course))
