"""Which submissions share more than the release, the reference and the class explain."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz.distance import Indel

from autograder.desks.class_report import FOLDER, write_texts
from autograder.gradebook.release import release_notebook
from autograder.model import AutograderError
from autograder.programs import Definitions
from autograder.reports.similar_page import Side, SimilarExercise, SimilarPair, similar_page
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.parsing import UNPARSABLE, parsed
from autograder.sources.released_cells import read_released
from autograder.sources.similarity import Pair, alike
from autograder.sources.submitted_files import find_submission, submissions_in

MOST_PAIRS = 60
"""Pairs that the page shows."""

_LONGEST = 20_000
"""Letters of a text that are compared letter for letter."""

Work = Mapping[str, Mapping[str, str]]
"""For each exercise, the text of each student."""

Steps = Callable[[int], AbstractContextManager[Callable[[str], None]]]


@dataclass(frozen=True)
class Similar:
    """What was written.

    Attributes:
        pairs: those that are worth a look, the most similar first.
        students: how many were compared.
    """

    pairs: tuple[Pair, ...]
    students: int
    page: Path


def no_steps(_: int) -> AbstractContextManager[Callable[[str], None]]:
    """Shows no progress."""
    return nullcontext(lambda _: None)


def find_similar(
    course: Course,
    name: str,
    *,
    submissions: Path | None = None,
    output: Path | None = None,
    steps: Steps = no_steps,
) -> Similar:
    """Compare the submissions of an assignment, and write a page and a JSON file about them.

    Args:
        submissions: nbgrader's folder; None for ``submitted/`` in the course.
        output: the page; None for ``reports/<name>-similar.html`` in the course.
        steps: shows progress.

    Raises:
        AutograderError: there is nothing to compare, or the page cannot be written.
    """
    assignment = read_assignment(course.solution(name))
    folder = submissions or course.root / "submitted"
    work = _work(assignment, folder, steps)
    students = len({student for texts in work.values() for student in texts})
    if students < 2:
        raise AutograderError(
            f"There is nothing to compare: {students} of the submissions in {folder} "
            f"{'has' if students == 1 else 'have'} an exercise of {name}."
        )
    # A stub is not in the reference as students get it: something else follows each of its parts.
    notebooks = (assignment.notebook, release_notebook(assignment))
    known = [cell.source for each in notebooks for cell in each.cells if cell.cell_type == "code"]
    pairs = tuple(pair for pair in alike(work, known) if pair.notable)
    page = output or course.root / FOLDER / f"{name}-similar.html"
    shown = [_shown(pair, work) for pair in pairs[:MOST_PAIRS]]
    write_texts(
        {
            page: similar_page(name, shown, students=students, more=len(pairs) - len(shown)),
            page.with_suffix(".json"): _json(name, pairs),
        }
    )
    return Similar(pairs, students, page)


def _work(assignment: Assignment, folder: Path, steps: Steps) -> dict[str, dict[str, str]]:
    locked = locked_cells(release_notebook(assignment))
    released = read_released(assignment.folder)
    names = list(assignment.cells)
    work: dict[str, dict[str, str]] = {name: {} for name in names}
    students = submissions_in(folder)
    with steps(len(students)) as step:
        for student in students:
            place = folder / student / assignment.name
            found = find_submission(place, assignment.name, student, locked, released)
            for exercise, definitions in found.definitions(names).each.items():
                work[exercise][student] = text_of(definitions)
            step(student)
    return work


def text_of(definitions: Definitions) -> str:
    """What a student wrote to define an exercise: the statements that it needs, but imports."""
    parts = []
    for file in definitions.files:
        try:
            body = parsed(file.text, file.label).body
        except UNPARSABLE:
            continue
        lines = file.text.split("\n")
        for index in file.keep:
            node = body[index]
            if isinstance(node, ast.Import | ast.ImportFrom):
                continue
            decorators: list[ast.expr] = getattr(node, "decorator_list", [])
            first = min([node.lineno, *(each.lineno for each in decorators)])
            parts.append("\n".join(lines[first - 1 : node.end_lineno]))
    return "\n\n".join(parts)


def _shown(pair: Pair, work: Work) -> SimilarPair:
    exercises = []
    for shared in pair.exercises:
        texts = [work[shared.exercise][student] for student in pair.students]
        one, other = (
            Side(student, text, spans)
            for student, text, spans in zip(pair.students, texts, shared.spans, strict=True)
        )
        letters = Indel.normalized_similarity(*(text[:_LONGEST] for text in texts))
        exercises.append(
            SimilarExercise(shared.exercise, shared.weight, shared.share, letters, one, other)
        )
    return SimilarPair(pair.students, pair.weight, pair.share, tuple(exercises))


def _json(name: str, pairs: tuple[Pair, ...]) -> str:
    content = {
        "version": 1,
        "assignment": name,
        "pairs": [
            {
                "students": list(pair.students),
                "weight": round(pair.weight, 1),
                "share": round(pair.share, 3),
                "exercises": [each.exercise for each in pair.exercises],
            }
            for pair in pairs
        ],
    }
    return json.dumps(content, indent=1) + "\n"
