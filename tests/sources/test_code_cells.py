"""What students write into locked cells, and what is no edit of them. No keras."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.sources.code_cells import checked_exercises, code_cells

ORIGINAL = "# 21 points, 2 of them for checks that run only when you are graded\ncheck(Momentum)"
LOCKED = {"check-Momentum": ORIGINAL}
CLASS = "class Momentum:\n    pass"


def check_cell(source: str | list[str]) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": "check-Momentum", "locked": True}}
    return {"cell_type": "code", "metadata": metadata, "source": source}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (CLASS, "Momentum"),
        (f"{ORIGINAL}\n\n{CLASS}", "Momentum"),
        (f"%%time\n{CLASS}\n{ORIGINAL}", "Momentum"),
        (f"    {CLASS.replace(chr(10), chr(10) + '    ')}", "Momentum"),
        ("def step(x):\n    return x", "step"),
        ("import numpy as np", "np"),
        ("RATE = 0.1", "RATE"),
        ("class Momentum(:\n    pass", "Momentum"),
    ],
)
def test_code_in_a_locked_cell_counts_and_is_mentioned(text: str, name: str) -> None:
    cells, (remark,) = code_cells([check_cell(text)], LOCKED)
    assert [(cell.label, cell.text) for cell in cells] == [("cell 1", text)]
    assert f"The locked cell check-Momentum (cell 1) contains other code: {name}." in remark
    assert "the original check was used" in remark


@pytest.mark.parametrize(
    "text",
    [
        ORIGINAL,
        ORIGINAL.replace("\n", "\r\n"),
        ORIGINAL.replace("\n", "\r"),
        [f"{line}\r\n" for line in ORIGINAL.split("\n")],
        f"\n{ORIGINAL}  \n\n",
        "# 19 points\ncheck(Momentum)",
        "check(Momentum)",
        "check(\n    Momentum\n)",
        "# 21 bonus points\ncheck(Momentum);",
    ],
)
def test_line_ends_and_the_check_of_an_earlier_release_are_no_edit(text: str) -> None:
    assert code_cells([check_cell(text)], LOCKED) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "check(Adam)",
        "# check(Momentum)",
        "print(1000)",
        "check(Momentum)\nprint(21)",
        "check(",
        "(",
    ],
)
def test_another_edit_is_mentioned_and_changes_nothing(text: str) -> None:
    cells, remarks = code_cells([check_cell(text)], LOCKED)
    assert cells == ()
    assert remarks == ("The locked cell check-Momentum was edited; the original check was used.",)


def test_an_exercises_own_cell_is_known_by_its_id() -> None:
    own: dict[str, Any] = {"cell_type": "code", "source": CLASS}
    own |= {"metadata": {"nbgrader": {"grade_id": "Momentum", "solution": True}}}
    (cell,), _ = code_cells([own], {})
    assert cell.exercise == "Momentum"
    assert checked_exercises(LOCKED) == ("Momentum",)
