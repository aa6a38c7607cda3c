"""Questions that a person grades. No keras."""

from __future__ import annotations

from pathlib import Path

import pytest
from editing import change, downhill

from autograder.model import AutograderError
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (" points=4", "", "Start it with `# %% [markdown] question="),
        ("points=4", "points=0", "Start it with `# %% [markdown] question="),
        ("[markdown] question", "question", "Start it with `# %% [markdown] question="),
        ("# ### BEGIN SOLUTION: *Write your answer here.*\n", "", "without a ### BEGIN SOLUTION"),
        (QUESTION[QUESTION.index("# ###") :], "", "has no rubric"),
    ],
    ids=["no points", "0 points", "code", "unbegun", "no rubric"],
)
def test_a_broken_question_is_named(old: str, new: str, said: str, course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text() + QUESTION)
    change(source, old, new)
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{source}, cell 6")
    assert said in str(error.value)
