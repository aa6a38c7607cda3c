"""Predictions: what a student expects of a plot, written down before looking at it.

Every choice earns the points, so there is no right answer here that could leak. An answer is read
from the text of the notebook, which is never run.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.sources.definitions import Cell
from autograder.sources.faults import Faults
from autograder.sources.magics import plain_python
from autograder.sources.parsing import UNPARSABLE, parsed
from autograder.sources.percent import Percent

if TYPE_CHECKING:
    from nbformat import NotebookNode

PREDICTIONS = "predictions"
"""What the predictions of a notebook are called together, in reports and in the gradebook."""

POINTS = 0.5
"""What each is worth."""

_VARIABLE = "prediction_"
_CHOICE = re.compile(r"^[-*] \*\*(\w+)\*\*", re.MULTILINE)

_EXAMPLE = '`# %% [markdown] prediction="name"`'


@dataclass(frozen=True)
class Prediction:
    """A question about a plot, with a few answers to choose from.

    Attributes:
        name: an identifier.
        choices: the letters of the answers, such as "abc".
    """

    name: str
    choices: str

    @property
    def variable(self) -> str:
        """What students set to a letter."""
        return f"{_VARIABLE}{self.name}"

    @property
    def grade_id(self) -> str:
        """What nbgrader calls the cell that it is written in."""
        return f"prediction-{self.name}"

    @property
    def in_words(self) -> str:
        """The letters as a sentence has them: "a, b or c"."""
        return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"

    @property
    def stub(self) -> str:
        """The cell that students write their answer in."""
        return (
            f"# Replace the ? by {self.in_words}. Any of them earns the half point.\n"
            f'{self.variable} = "?"'
        )

    def chosen(self, value: object) -> str:
        """The letter that a value means; "" if it means none."""
        letter = value.strip().rstrip(".)").lower() if isinstance(value, str) else ""
        return letter if len(letter) == 1 and letter in self.choices else ""


def prediction_of(cell: NotebookNode) -> Prediction | None:
    """The prediction that a cell of the source asks for; None for any other cell."""
    name = str(cell.metadata.get("prediction", ""))
    return Prediction(name, "".join(_CHOICE.findall(cell.source))) if name else None


def answers(cells: Sequence[Cell], predictions: Sequence[Prediction]) -> dict[str, str]:
    """What a notebook says of each prediction: its letter, or "" where it says something else.

    A prediction that no valid cell sets is left out. Where there are several answers, the last one
    that is a letter counts.
    """
    by_variable = {each.variable: each for each in predictions}
    found: dict[str, str] = {}
    for cell in cells:
        if not any(variable in cell.text for variable in by_variable):
            continue
        try:
            body = parsed(plain_python(cell.text) if cell.magics else cell.text, cell.label).body
        except UNPARSABLE:  # which the submission's remarks report
            continue
        for node in [each for each in body if isinstance(each, ast.Assign)]:
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id in by_variable:
                    asked = by_variable[target.id]
                    chosen = asked.chosen(_written(node.value))
                    found[asked.name] = chosen or found.get(asked.name, "")
    return found


def _written(node: ast.expr) -> object:
    """A literal's value; of a bare name, which is a letter without its quotes, the name."""
    if isinstance(node, ast.Constant):
        return node.value
    return node.id if isinstance(node, ast.Name) else None


def examine_predictions(
    percent: Percent, taken: Container[str], faults: Faults
) -> tuple[Prediction, ...]:
    """The predictions that a notebook asks for, in order.

    Args:
        taken: names of exercises.
    """
    found: list[Prediction] = []
    for number, cell in enumerate(percent.notebook.cells, 1):
        asked = prediction_of(cell)
        if asked is None:
            continue
        line = max(percent.line(number) - 1, 0)
        problem = _problem(cell, asked, [each.name for each in found], taken)
        if problem := problem or _unanswered(percent.notebook.cells[number:], asked.name):
            faults.add(percent.path, line, problem)
        found.append(asked)
    return tuple(found)


def _problem(
    cell: NotebookNode, asked: Prediction, before: Sequence[str], taken: Container[str]
) -> str:
    """What is wrong with the cell of a prediction, and how to fix it; "" if nothing is."""
    name, choices = asked.name, asked.choices
    if cell.cell_type != "markdown":
        return f"the prediction {name!r} must be a Markdown cell: {_EXAMPLE}."
    if not asked.variable.isidentifier():
        return f"{name!r} is not a valid name for a prediction. Use letters, digits and _."
    if name in before:
        return f"the prediction {name!r} already has a cell. Rename one of them."
    if PREDICTIONS in taken:
        return f"an exercise cannot be named {PREDICTIONS!r} where there are predictions."
    if len(choices) < 2:
        return (
            f"the prediction {name!r} needs at least two choices, and has {len(choices)}. Write "
            "each as a line of its own: `- **a** what may happen`."
        )
    if choices != string.ascii_lowercase[: len(choices)]:
        return (
            f"the choices of the prediction {name!r} are {', '.join(choices)}. Call them "
            f"{', '.join(string.ascii_lowercase[: len(choices)])}, in that order."
        )
    return ""


def _unanswered(below: Sequence[NotebookNode], name: str) -> str:
    """What is missing below a prediction: the plot, or the text that says what it shows."""
    plot = False
    for cell in below:
        if prediction_of(cell):
            break
        if plot and cell.cell_type == "markdown" and "question" not in cell.metadata:
            return ""
        plot = plot or (cell.cell_type == "code" and "exercise" not in cell.metadata)
    if not plot:
        return (
            f"no code cell follows the prediction {name!r} that shows what was asked for. Put the "
            "prediction right before its plot."
        )
    return (
        f"no text follows the plot of the prediction {name!r}. Say below the plot what it shows "
        "and why, for whichever choice was made."
    )
