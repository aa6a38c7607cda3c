"""Predictions: how they are released, and how an answer is read. No keras."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import downhill

from autograder.sources.assignment import read_assignment
from autograder.sources.definitions import Cell
from autograder.sources.predictions import Prediction, answers
from autograder.sources.views import student_notebook

TWO = """
# %% [markdown] prediction="end"
# **Predict.** Where does the walk end?
#
# - **a** at 0
# - **b** elsewhere

# %%
print(walk(3.0, 0.1, [1.0]))

# %% [markdown]
# At 2.9.

# %% [markdown] prediction="start"
# And where does it begin?
#
# - **a** at 0
# - **b** at 3
# - **c** it cannot be told

# %%
print(walk(3.0, 0.0, [1.0]))

# %% [markdown]
# At 3.
"""

END, START = Prediction("end", "ab"), Prediction("start", "abc")


def test_each_prediction_has_a_cell_to_write_in_and_all_have_one_check(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text() + TWO)
    assignment = read_assignment(downhill(course))
    assert assignment.check_set.predictions == (END, START)
    cells = student_notebook(assignment).cells
    by_id = {c.metadata["nbgrader"]["grade_id"]: c for c in cells if "nbgrader" in c.metadata}
    written = by_id["prediction-start"]
    assert written.source == (
        '# Replace the ? by a, b or c. Any of them earns the half point.\nprediction_start = "?"'
    )
    assert written.metadata["nbgrader"]["solution"]
    assert "nbgrader" not in cells[cells.index(written) - 1].metadata
    check = by_id["check-predictions"]
    assert check.source == '# 1 point, whatever you predict\ncheck("predictions")'
    assert (check.metadata["nbgrader"]["points"], check.metadata["nbgrader"]["locked"]) == (1, True)
    assert cells.index(check) == cells.index(written) + 1  # behind the last one


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('prediction_start = "c"', {"start": "c"}),
        ("prediction_start = 'B'  # I think", {"start": "b"}),
        ('prediction_start = " a) "', {"start": "a"}),
        ("prediction_start = b", {"start": "b"}),  # no quotes: an error in the kernel, clear to us
        (
            '%matplotlib inline\nprediction_end = "a"\nprediction_start = "b"',
            {"end": "a", "start": "b"},
        ),
        ('prediction_start = "c"\nprediction_start = "?"', {"start": "c"}),
        ('prediction_start = "?"', {"start": ""}),
        ('prediction_start = "abc"', {"start": ""}),
        ('prediction_end = "c"', {"end": ""}),
        ("prediction_start = 1", {"start": ""}),
        ('prediction_start = __import__("os").getcwd()', {"start": ""}),
        ('prediction_start = "b', {}),
        ("print(prediction_start)", {}),
        ("", {}),
    ],
)
def test_an_answer_is_a_letter_however_it_is_written(text: str, read: dict[str, str]) -> None:
    assert answers([Cell("cell 1", text)], (END, START)) == read


def test_an_answer_counts_in_any_cell() -> None:
    cells = [
        Cell("cell 1", 'prediction_end = "?"', "prediction-end"),
        Cell("cell 2", 'prediction_end = "b"\nprediction_start = "'),
        Cell("cell 3", 'prediction_end = "b"'),
        Cell("cell 4", 'prediction_end = "?"'),
    ]
    assert answers(cells, (END, START)) == {"end": "b"}
