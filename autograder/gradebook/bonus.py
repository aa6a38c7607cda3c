"""The sentence saved with a bonus: it tells the engine's extra credit from a person's.

The formgrader lets people edit extra credit, and the database has one column for both.
"""

from __future__ import annotations

import re

from autograder.reports.feedback import number

_SENTENCE = re.compile(r"Bonus: (\d+(?:\.\d+)?) points, given as extra credit\.")


def bonus_sentence(points: float) -> str:
    """What the comment on a bonus exercise says."""
    return f"Bonus: {number(points)} points, given as extra credit."


def is_bonus_sentence(comment: str | None) -> bool:
    """Whether the engine wrote ``comment``, whatever the points."""
    return comment is not None and comment.startswith("Bonus: ")


def automatic_bonus(extra_credit: float, comment: str | None) -> float:
    """How much of the extra credit the engine gave."""
    if comment == bonus_sentence(extra_credit):
        return extra_credit  # the sentence has two decimals only
    found = _SENTENCE.fullmatch(comment or "")
    return float(found[1]) if found else 0.0
