"""One check as plain text: what must hold, what was found, a hint."""

from __future__ import annotations

from autograder.grading.carry import NO_IDEA
from autograder.grading.decide import UNWRITTEN
from autograder.reports.feedback import number
from autograder.reports.partly import partly
from autograder.verdicts import Verdict


def failure_text(exercise: str, verdict: Verdict, message: str, *, hinted: bool = False) -> str:
    """What a student reads of a check that fails.

    Args:
        message: what was found, as `autograder.reports.told_once.messages` tells it.
        hinted: whether the hint was given already.
    """
    if verdict.message.startswith(UNWRITTEN):
        others = " Its other checks are skipped." if message != verdict.message else ""
        return f"{exercise}: {verdict.message}.{others}"
    points = f"{number(verdict.points)} of {number(verdict.max_points)} points"
    if verdict.status == "ungraded":
        points = "not graded: the autograder failed here"
    lines = [f"{exercise}: {verdict.claim} ({points})"]
    if verdict.judged_against == "nothing" and verdict.message != NO_IDEA:
        lines.append("This depends on the rule. Get that right first.")
    lines += message.splitlines()
    if verdict.misconception:
        name = verdict.misconception.replace("_", " ")
        hint = f"{verdict.hint} {partly(verdict)}".rstrip()
        lines.append(
            f"Looks like: {name}{', as above' if hinted else ''}. {'' if hinted else hint}"
        )
    return "\n".join(line.rstrip() for line in lines)


def same_cause_text(exercise: str, verdict: Verdict) -> str:
    """Why a check is not shown as a failure of its own."""
    if verdict.judged_against == "nothing":
        return f"{exercise}: depends on the rule, or on the idea of the exercise; fix that first"
    said = (verdict.message.splitlines() or [""])[0]
    return f"{exercise}: the same cause as another check: {said}"
