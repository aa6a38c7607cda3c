"""The feedback page, as ``nbgrader_config.py`` names it: an exporter of ``GenerateFeedback``.

    c.GenerateFeedback.exporter_class = "autograder.gradebook.feedback_page.FeedbackExporter"

So `autograder grade`, `nbgrader generate_feedback` and the formgrader's button make the same page,
from the graded notebook and the gradebook. A notebook that the engine did not grade, of another
assignment of the course, gets nbgrader's own page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.notebooknode import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SourceCell, SubmittedNotebook
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import is_task

from autograder.gradebook.answers import NO_RESPONSE, is_elsewhere, is_question
from autograder.gradebook.bonus import automatic_bonus, is_bonus_sentence
from autograder.gradebook.preprocessors import VERDICTS
from autograder.gradebook.release import CHECK
from autograder.gradebook.restore import MOVED, grade_id
from autograder.gradebook.standings import CellPoints
from autograder.reports.feedback import ShownExercise
from autograder.reports.feedback_page import Feedback, Late, Part, Points, feedback_page, readable
from autograder.reports.student_text import markdown, plain, python, table
from autograder.sources.predictions import PREDICTIONS

_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)

_MOST_RENDERED = 200_000
"""Characters of a student's other cells that get formulas and colours, which take time."""

_PREDICTION = "prediction-"
"""What the id of a cell with a prediction starts with."""


class FeedbackExporter(HTMLExporter):
    """Makes a student's page from the graded notebook and the gradebook."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """The page of a graded notebook."""
        if "autograder" not in nb.metadata or "nbgrader" not in (resources or {}):
            return super().from_notebook_node(nb, resources, **kwargs)
        resources = self._init_resources(resources)  # type: ignore[no-untyped-call]
        notebook, resources = self._preprocess(nb, resources)
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            submission = gradebook.find_submission_notebook(
                where["notebook"], where["assignment"], where["student"]
            )
            return feedback_page(_feedback(notebook, submission, gradebook)), resources

    def _preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run a course's own preprocessors, and not those that only prepare nbgrader's page."""
        every = self._preprocessors
        if "autograder" in nb.metadata:
            theirs = (GetGrades, CSSHTMLHeaderPreprocessor)
            self._preprocessors = [each for each in every if not isinstance(each, theirs)]
        try:
            return super()._preprocess(nb, resources)  # type: ignore[no-untyped-call]
        finally:
            self._preprocessors = every


@dataclass(frozen=True)
class _Saved:
    """What the gradebook has of a notebook, by the ids of its cells.

    Attributes:
        comments: taken out as they are shown.
        questions: the release's written questions.
    """

    points: Mapping[str, CellPoints]
    comments: dict[str, str]
    questions: Mapping[str, str]

    def take_comments(self, *names: str) -> tuple[Markup, ...]:
        """The comments on these cells."""
        found = [self.comments.pop(name, "") for name in names]
        return tuple(markdown(text) for text in found if text)


def _feedback(
    notebook: NotebookNode, submission: SubmittedNotebook, gradebook: Gradebook
) -> Feedback:
    saved = _saved(submission, gradebook)
    parts = tuple(_parts(notebook.cells, saved))
    points = saved.points.values()
    raw = math.fsum(cell.final or 0.0 for cell in points)
    penalty = submission.late_submission_penalty or 0.0
    whole, student = submission.assignment, submission.student
    return Feedback(
        assignment=whole.name,
        student=student.id,
        name=" ".join(filter(None, (student.first_name, student.last_name))),
        score=max(0.0, raw - penalty),
        max_score=float(submission.max_score),
        submitted=whole.timestamp,
        due=whole.duedate,
        late=Late(whole.total_seconds_late, penalty),
        by_hand=math.fsum(cell.by_hand for cell in points),
        waiting=math.fsum(cell.most for cell in points if cell.final is None),
        bonus=math.fsum(part.points.final or 0.0 for part in parts if part.bonus),
        notes=tuple(_note(cell.source) for cell in notebook.cells if _noted(cell, "note")),
        parts=parts,
        others=tuple(_others(notebook.cells)),
        comments=tuple(
            Markup("<p>{}:</p>{}").format(readable(name), markdown(text))
            for name, text in saved.comments.items()
        ),
    )


def _saved(submission: SubmittedNotebook, gradebook: Gradebook) -> _Saved:
    session = gradebook.db
    said: dict[str, tuple[str | None, str | None]] = {
        name: (manual, auto)
        for name, manual, auto in session.query(
            BaseCell.name, Comment.manual_comment, Comment.auto_comment
        )
        .join(BaseCell, Comment.cell_id == BaseCell.id)
        .filter(Comment.notebook_id == submission.id)
    }
    grades = (
        session.query(
            BaseCell.name,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.max_score,
        )
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .filter(Grade.notebook_id == submission.id)
    )
    points = {}
    for name, auto, manual, extra, most in grades:
        _, sentence = said.get(name.removeprefix(CHECK), (None, None))
        bonus = automatic_bonus(extra or 0.0, sentence)
        points[name] = CellPoints(name, auto, manual, extra or 0.0, most, bonus)
    questions = session.query(SourceCell.name, SourceCell.source).filter(
        SourceCell.notebook_id == submission.notebook_id, SourceCell.name.in_(points)
    )
    # The sentence about a bonus is said by its points, and that nothing is written is plain.
    comments = {
        name: manual or auto or ""
        for name, (manual, auto) in said.items()
        if manual or not (auto == NO_RESPONSE or is_bonus_sentence(auto))
    }
    return _Saved(points, comments, dict(tuple(row) for row in questions))


def _parts(cells: Sequence[NotebookNode], saved: _Saved) -> Iterator[Part]:
    """The graded cells, in the order of the notebook."""
    solutions = {name: cell for cell in cells if (name := grade_id(cell))}
    for cell in cells:
        name = grade_id(cell)
        if name not in saved.points:
            continue
        points = saved.points[name]
        if is_question(cell) or is_task(cell):
            yield _written(cell, points, saved)
        else:
            yield _exercise(cell, points, saved, solutions)


def _exercise(
    cell: NotebookNode,
    points: CellPoints,
    saved: _Saved,
    solutions: Mapping[str, NotebookNode],
) -> Part:
    name = points.name.removeprefix(CHECK)
    names = [each for each in solutions if each == name]
    if name == PREDICTIONS:
        names = [each for each in solutions if each.startswith(_PREDICTION)]
    sources = [solutions[each].source for each in names]
    exercise, html = _verdicts(cell)
    most = exercise.max_score if exercise and exercise.bonus else points.most
    return Part(
        name=name,
        points=_points(points, most),
        exercise=exercise,
        table=table(html) if html and exercise is None else Markup(),
        code=python("\n\n".join(source.strip("\n") for source in sources if source != MOVED)),
        comments=saved.take_comments(name, points.name, *names),
        elsewhere=MOVED in sources,
    )


def _written(cell: NotebookNode, points: CellPoints, saved: _Saved) -> Part:
    """A written answer, without the question that it is written below."""
    asked = saved.questions.get(points.name, "")
    question, text = _without_question(cell.source, asked)
    title = _HEADING.search(asked)
    part = Part(
        name=title[1] if title else points.name,
        points=_points(points, points.most),
        comments=saved.take_comments(points.name),
        elsewhere=is_elsewhere(cell),
    )
    if cell.cell_type == "code":
        return replace(part, code=python(cell.source))
    return replace(
        part,
        question=markdown(question) if question else Markup(),
        answer=markdown(text, cell.get("attachments")) if text else Markup(),
    )


def _points(cell: CellPoints, most: float) -> Points:
    manual = cell.manual is not None
    return Points(cell.final, most, cell.auto, manual, cell.extra - cell.bonus)


def _verdicts(cell: NotebookNode) -> tuple[ShownExercise | None, str]:
    """The verdicts in a check cell's output, as data and as HTML."""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        try:
            return msgspec.convert(data[VERDICTS], ShownExercise), ""
        except (KeyError, msgspec.ValidationError):  # graded by an earlier version
            return None, str(data.get("text/html", ""))
    return None, ""


def _without_question(source: str, asked: str) -> tuple[str, str]:
    """The question and the answer of a cell that had both; the whole as the answer if unsure."""
    question, _, place = asked.rpartition("\n\n")
    if not source.startswith(question):
        return "", source
    answer = source[len(question) :].strip().removeprefix(place.strip()).strip()
    return question, answer


def _noted(cell: NotebookNode, what: str) -> bool:
    """Whether ``restore`` has marked a cell as a ``note``, or as the student's ``own``."""
    return bool(cell.metadata.get("autograder", {}).get(what))


def _note(source: str) -> tuple[str, ...]:
    """The lines of a note, which is a code block."""
    return tuple(line.removeprefix("- ") for line in source.split("\n")[1:-1])


def _others(cells: Sequence[NotebookNode]) -> Iterator[Markup]:
    """The student's own cells."""
    length = 0
    for cell in cells:
        if not _noted(cell, "own") or not cell.source.strip():
            continue
        length += len(cell.source)
        if length > _MOST_RENDERED or cell.cell_type == "raw":
            yield plain(cell.source)
        elif cell.cell_type == "markdown":
            yield markdown(cell.source, cell.get("attachments"))
        else:
            yield Markup("<pre>{}</pre>").format(python(cell.source))
