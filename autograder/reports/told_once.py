"""The same cause is told once for an exercise, not under each check that it fails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.verdicts import PARTS, Verdict

# What differs from check to check in one error: numbers, values and names of variables; and on one
# line of the student's all that is quoted.
_NUMBERS = r"array\(.*|(?<=variable: )\S+|\d+(?:, ?\d+)*,?"
_DIFFERS = {False: re.compile(_NUMBERS), True: re.compile(rf"'[^']*'|{_NUMBERS}")}


def messages(verdicts: Sequence[Verdict], *, hidden: bool) -> list[str]:
    """For each verdict, its message; "" for one that is told under an earlier check.

    The first of them says how many more it is told for. The messages of errors are the same if only
    their numbers and names differ: one line fails with the sizes and variables of each check.

    Args:
        hidden: whether the messages of hidden checks are told, too, and counted.
    """
    causes = [_cause(verdict) if hidden or not verdict.hidden else "" for verdict in verdicts]
    told = set[str]()
    found = []
    for verdict, cause in zip(verdicts, causes, strict=True):
        if not cause or cause in told:
            found.append("")
            continue
        told.add(cause)
        more = causes.count(cause) - 1
        checks = "check" if more == 1 else "checks"
        found.append(verdict.message + (f"\nThe same in {more} more {checks}." if more else ""))
    return found


def _cause(verdict: Verdict) -> str:
    if verdict.status != "error":
        return verdict.message
    # The line is of the cause, with its number: only what Python said differs.
    place, parts, said = verdict.message.rpartition(f"`{PARTS}")
    return place + parts + _DIFFERS[bool(place)].sub("#", said).rstrip("#>])")
