"""What a wrong rule leaves of the checks that depend on it: what holds nevertheless, the rest.

The rest is one line: there is nothing to do about it before the rule is right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.grading.carry import NO_IDEA
from autograder.verdicts import JudgedAgainst, Verdict

NOTES: dict[JudgedAgainst, str] = {
    "reference": "",
    "mistake": "Right, given your rule.",
    "itself": "Right, compared with what your code does elsewhere.",
    "nothing": "",
}
"""What is said under a check that is passed, by what it was judged against."""


@dataclass(frozen=True)
class Depending:
    """The checks of an exercise that say nothing as long as the rule is wrong."""

    checks: int
    max_points: float
    without_the_idea: bool

    @property
    def sentence(self) -> str:
        """What students read of them."""
        checks = f"{self.checks} more {'check' if self.checks == 1 else 'checks'}"
        if self.without_the_idea:
            say = "says" if self.checks == 1 else "say"
            return f"{checks} {say} nothing yet: the idea of the exercise is still missing."
        depend = "depends" if self.checks == 1 else "depend"
        return f"{checks} {depend} on the rule. Get that right first."


def depending(verdicts: Sequence[Verdict]) -> tuple[list[Verdict], Depending | None]:
    """The verdicts to show one by one, and what is said of the others."""
    shown = [verdict for verdict in verdicts if verdict.judged_against != "nothing"]
    rest = [verdict for verdict in verdicts if verdict.judged_against == "nothing"]
    if not rest:
        return shown, None
    points = math.fsum(verdict.max_points for verdict in rest)
    no_idea = any(verdict.message == NO_IDEA for verdict in rest)
    return shown, Depending(len(rest), points, no_idea)


def note(verdict: Verdict) -> str:
    """What is said under a check that is passed although the rule is wrong; "" for others."""
    return NOTES[verdict.judged_against] if verdict.status == "passed" else ""
