"""A student's points in the gradebook: what the engine gave, what a person gave, what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.reports.feedback import number


@dataclass(frozen=True)
class Standing:
    """One student's points for one assignment, as the gradebook has them.

    Attributes:
        score: final: with what a person gave, less the penalty; never below 0.
        max_score: of everything but bonuses, written answers included.
        by_hand: what a person's grading changes: written answers, corrected scores, extra credit.
        waiting: points that have no score yet and wait for a person.
        late_penalty: points that a late submission loses.
        exercises: points of each exercise and question; None if they wait for a person.
    """

    score: float
    max_score: float
    by_hand: float = 0.0
    waiting: float = 0.0
    late_penalty: float = 0.0
    exercises: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def raw_score(self) -> float:
        """The score before the penalty."""
        return sum(points for points in self.exercises.values() if points is not None)

    @property
    def said(self) -> str:
        """What a person did or has to do, and the penalty: ``+6 by hand, 3 waiting, -2 late``."""
        parts = []
        if self.by_hand:
            parts.append(f"{'+' if self.by_hand > 0 else '-'}{number(abs(self.by_hand))} by hand")
        if self.waiting:
            parts.append(f"{number(self.waiting)} waiting")
        if self.late_penalty:
            parts.append(f"-{number(self.late_penalty)} late")
        return ", ".join(parts)
