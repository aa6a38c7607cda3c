"""Questions that a person grades. No keras."""

from __future__ import annotations

from pathlib import Path

from editing import downhill

from autograder.sources.assignment import read_assignment
from autograder.sources.views import solution_lines, student_notebook

QUESTION = """
# %% [markdown] question="why-downhill" points=4
# Why does the walk end?
# ### BEGIN SOLUTION: *Write your answer here.*
# Half of the points for naming the zero gradient at the bottom.
# ### END SOLUTION
"""


def test_a_question_is_manually_graded_and_its_rubric_is_not_released(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text() + QUESTION)
    assignment = read_assignment(downhill(course))
    answer = student_notebook(assignment).cells[-1]
    assert answer.cell_type == "markdown"
    assert answer.source == "Why does the walk end?\n*Write your answer here.*"
    described = answer.metadata["nbgrader"]
    assert (described["grade_id"], described["points"]) == ("why-downhill", 4)
    assert (described["grade"], described["solution"], described["locked"]) == (True, True, False)
    assert "Half of the points for naming the zero gradient at the bottom." in solution_lines(
        assignment
    )
