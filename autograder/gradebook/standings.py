"""What the gradebook says of a class: final points, points by hand, points that wait."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.orm import Query, Session

from autograder.gradebook.bonus import automatic_bonus
from autograder.gradebook.release import CHECK
from autograder.reports.standing import Standing


@dataclass(frozen=True)
class CellPoints:
    """One graded cell of one student; ``bonus`` is how much of ``extra`` the engine gave."""

    name: str
    auto: float | None
    manual: float | None
    extra: float
    most: float
    bonus: float

    @property
    def final(self) -> float | None:
        given = self.auto if self.manual is None else self.manual
        return None if given is None else given + self.extra

    @property
    def by_hand(self) -> float:
        changed = 0.0 if self.manual is None else self.manual - (self.auto or 0.0)
        return changed + self.extra - self.bonus


def standings(gradebook: Gradebook, assignment: str) -> dict[str, Standing]:
    """The standing of every student who has a submission of the assignment in the gradebook."""
    points = _points(gradebook, assignment)
    return {
        student: _standing(cells, penalty, float(most))
        for student, penalty, most in _submissions(gradebook, assignment)
        if (cells := points.get(student)) is not None
    }


def _standing(cells: list[CellPoints], penalty: float, most: float) -> Standing:
    raw = math.fsum(cell.final or 0.0 for cell in cells)
    return Standing(
        score=max(0.0, raw - penalty),
        max_score=most,
        by_hand=math.fsum(cell.by_hand for cell in cells),
        waiting=math.fsum(cell.most for cell in cells if cell.final is None),
        late_penalty=penalty,
        exercises={cell.name.removeprefix(CHECK): cell.final for cell in cells},
    )


def of_cells(
    session: Session, assignment: str, kind: type[Grade] | type[Comment], *columns: Any
) -> Query[Any]:
    """A query of the grades of an assignment, or of its comments.

    Args:
        kind: which of them.
        columns: of these, after the student's id and the name of the cell.
    """
    return (
        session.query(SubmittedAssignment.student_id, BaseCell.name, *columns)
        .join(SubmittedNotebook, kind.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, kind.cell_id == BaseCell.id)
        .filter(Assignment.name == assignment)
    )


def _submissions(gradebook: Gradebook, assignment: str) -> list[tuple[str, float, float]]:
    most = gradebook.find_assignment(assignment).max_score
    penalties: dict[str, float] = defaultdict(float)
    rows = (
        gradebook.db.query(SubmittedAssignment.student_id, SubmittedNotebook)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    )
    for student, notebook in rows:
        penalties[student] += notebook.late_submission_penalty or 0.0
    return [(student, penalty, most) for student, penalty in penalties.items()]


def _points(gradebook: Gradebook, assignment: str) -> Mapping[str, list[CellPoints]]:
    """The graded cells by student, in the order of the notebook."""
    columns = (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.max_score)
    cells = of_cells(gradebook.db, assignment, Grade, *columns)
    comments = of_cells(gradebook.db, assignment, Comment, Comment.auto_comment)
    said = {
        (student, CHECK + name): comment
        for student, name, comment in comments.filter(Comment.auto_comment.like("Bonus: %"))
    }
    # With the id, which no index has, rows come as they were stored: in the notebook's order.
    stored = gradebook.db.query(BaseCell.id, BaseCell.name)
    place = {name: index for index, (_, name) in enumerate(stored)}
    found: dict[str, list[CellPoints]] = defaultdict(list)
    for student, name, auto, manual, extra, most in cells:
        extra = extra or 0.0
        bonus = automatic_bonus(extra, said.get((student, name)))
        found[student].append(CellPoints(name, auto, manual, extra, most, bonus))
    for points in found.values():
        points.sort(key=lambda cell: place.get(cell.name, len(place)))
    return found
