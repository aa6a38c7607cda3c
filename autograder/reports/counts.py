"""How many checks fail and how many hold, in words."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.reports.depending import note
from autograder.verdicts import Verdict


def counts(verdicts: Sequence[Verdict], *, more: bool = False) -> str:
    """``3 checks fail, 13 checks hold, 10 given your rule``; "" of no verdicts.

    Args:
        more: whether they are further ones: "3 more checks fail".
    """
    failing = sum(verdict.status in ("failed", "error") for verdict in verdicts)
    ungraded = sum(verdict.status == "ungraded" for verdict in verdicts)
    holding = [verdict for verdict in verdicts if verdict.status == "passed"]
    parts = [
        _count(failing, "fails", "fail", more=more),
        _count(ungraded, "could not be graded", "could not be graded", more=more),
        held(holding),
    ]
    return ", ".join(filter(None, parts))


def held(holding: Sequence[Verdict]) -> str:
    """``13 checks hold, 10 given your rule``; "" of none.

    Args:
        holding: verdicts that are passed.
    """
    count = _count(len(holding), "holds", "hold")
    given = sum(bool(note(verdict)) for verdict in holding)
    if not given:
        return count
    return f"{count}, {'given your rule' if given == len(holding) else f'{given} given your rule'}"


def _count(number: int, one: str, several: str, *, more: bool = False) -> str:
    if not number:
        return ""
    what = "more check" if more else "check"
    return f"{number} {what} {one}" if number == 1 else f"{number} {what}s {several}"
