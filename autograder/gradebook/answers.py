"""Written answers that are not where they belong.

A cell loses its metadata in an editor that does not keep it, a student writes below the question
or at the end of the notebook instead of in it, or a module has the answer as a comment. nbgrader
then sees the untouched question and gives 0, with nothing to grade.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nbformat.notebooknode import NotebookNode

ELSEWHERE = "The answer may be in another cell."
"""What the grader reads at a question that was left as it was."""

NO_RESPONSE = "No response."
"""What nbgrader says of a cell that was left as it was."""

_QUOTED = re.compile(r"^(?:\w+[ \t]*=[ \t]*)?[rRuU]?(\"{3}|'{3})(.*?)\1", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"#(?!\s*(?:%%|\+ ))\s?(.*)")
_HEADER = re.compile(r"\A# ---\n(?:#.*\n)*?# ---\n")
"""Jupytext's own."""

_SUMMARY = re.compile(r"\A\s*[rRuU]?\"{3}[^\"\n]*\"{3}")
"""A docstring of one line at the top says what the module is."""

_WORD = re.compile(r"[A-Za-z]{2,}|[^\W\d_A-Za-z]")
_FEWEST_WORDS = 3
"""Of a line that may be an answer; headings have fewer."""


def is_question(cell: Mapping[str, Any]) -> bool:
    """Whether a cell of a release is a written question, which a person grades."""
    nbgrader = cell.get("metadata", {}).get("nbgrader", {})
    return bool(nbgrader.get("grade") and nbgrader.get("solution"))


def is_elsewhere(cell: NotebookNode) -> bool:
    """Whether ``mark`` found what may be the answer to this question in another cell."""
    return bool(cell.metadata.get("autograder", {}).get("answer_elsewhere"))


def mark(
    cells: Sequence[NotebookNode], own: Collection[int], questions: Mapping[str, NotebookNode]
) -> None:
    """Mark each untouched question of which another cell may be the answer.

    Args:
        cells: of the restored notebook.
        own: positions of the student's own cells.
        questions: the release's, by id.
    """
    untouched = {question.source.strip() for question in questions.values()}
    written = [
        index for index in own if (text := cells[index].source.strip()) and text not in untouched
    ]
    for index, cell in enumerate(cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        question = questions.get(name)
        if question is None or cell.source != question.source:
            continue
        if cell.metadata.get("autograder", {}).get("lost"):
            # Its place is a guess, so any text of the student's may be the answer.
            found = any(cells[each].cell_type != "code" for each in written)
        else:
            near = {*_around(index, own), *_below(index, cells, own)}
            found = any(each in near for each in written)
        if found:
            cell.metadata["autograder"] = {"answer_elsewhere": True}


def mark_all(cells: Sequence[NotebookNode]) -> None:
    """Mark every question: what the student wrote cannot be shown."""
    for cell in cells:
        if is_question(cell):
            cell.metadata["autograder"] = {"answer_elsewhere": True}


def written_in_module(text: str, release: Sequence[NotebookNode]) -> str:
    """What a module says outside its code: answers, if there are any; "" if it says nothing.

    Such text is in comments and long strings that begin at the left margin, where jupytext puts
    Markdown cells, too. Lines of the release are left out, and so are lines of a word or two.

    Args:
        text: the module's.
        release: the release's cells.
    """
    known = {line.strip() for cell in release for line in cell.source.split("\n")}
    text = _HEADER.sub("", text)
    text = _SUMMARY.sub("", text)
    lines = [found[1] for line in text.split("\n") if (found := _COMMENT.match(line))]
    lines += [line for found in _QUOTED.finditer(text) for line in found[2].split("\n")]
    said = [
        line
        for line in lines
        if line.strip() not in known and len(_WORD.findall(line)) >= _FEWEST_WORDS
    ]
    return "\n".join(said)


def _around(index: int, own: Collection[int]) -> list[int]:
    """Positions of the own cells directly above and below ``index``."""
    around = []
    for step in (-1, 1):
        place = index + step
        while place in own:
            around.append(place)
            place += step
    return around


def _below(index: int, cells: Sequence[NotebookNode], own: Collection[int]) -> list[int]:
    """Positions of own text before the next exercise or question, and at the notebook's end."""
    below = []
    for place in range(index + 1, len(cells)):
        if "nbgrader" in cells[place].metadata:
            break
        below.append(place)
    place = len(cells) - 1
    while place > index and place in own:
        below.append(place)
        place -= 1
    return [each for each in below if each in own and cells[each].cell_type != "code"]
