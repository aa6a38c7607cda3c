"""The same cause is told once for an exercise, not under each check that it fails."""

from __future__ import annotations

import re
from collections.abc import Sequence

from autograder.verdicts import PARTS, Verdict


def messages(verdicts: Sequence[Verdict], *, hidden: bool) -> list[str]:
    """For each verdict, its message; "" for one that is told under an earlier check.

    The first of them says how many more it is told for. The messages of errors are the same if only
    their numbers differ: one line fails with the sizes of each check.

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
    # The line is of the cause, with its number: only in what Python said numbers differ.
    place, parts, said = verdict.message.rpartition(f"`{PARTS}")
    return place + parts + re.sub(r"\d+(, ?\d+)*", "#", said)
