"""One mistake costs once: error carried forward, as examiners do it.

A slip in a rule shows in every check that depends on the rule. So where a submission fails the
checks of the rule exactly as a known mistake does, its checks of behaviour are judged by what that
mistake does there. What is like it is passed, given the rule; what is not is a second fault.

Where the mistake has no name, a check of behaviour may be judged by what the submission does
elsewhere: a compiled update by an eager one. What can be judged by neither depends on the rule, and
earns nothing. Nothing is carried forward to convergence, which is a consequence of the rule; nor
from a mistake that is the absence of the idea.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.grading.fingerprint import fingerprint, is_silent, same
from autograder.grading.judge import Close
from autograder.grading.oracle import Oracle
from autograder.model import Arrays, Check, Misconception, Observation, Unmet
from autograder.verdicts import JudgedAgainst, Status

DEPENDS = "This depends on the rule, which is not right yet."
NO_IDEA = "This says nothing yet: the idea of the exercise is still missing."
UNEXPLAINED = "Not explained by the first mistake"


@dataclass(frozen=True)
class Decision:
    """What was decided on a check, and by comparison with what."""

    status: Status
    message: str = ""
    judged_against: JudgedAgainst = "reference"

    @property
    def passed(self) -> bool:
        return self.status == "passed"


Decisions = Mapping[str, Decision]
"""By check id."""


def carried_forward(
    checks: Sequence[Check],
    observed: Mapping[str, Observation],
    decided: Decisions,
    named: Mapping[str, Misconception],
    oracle: Oracle,
    explained: Collection[str] = (),
) -> Decisions:
    """The decisions on an exercise's checks, with the mistake in its rule carried forward.

    Args:
        checks: all checks of the exercise.
        observed, decided: what the submission did, and what that is by the reference alone.
        named: the known mistakes that explain failed checks.
        explained: further failed checks that known mistakes explain, by id. Whatever else is said
            of these, it is not that they depend on the rule.
    """
    rule = [check for check in checks if check.aspect == "rule"]
    failed = [check for check in rule if not decided[check.id].passed]
    if not failed or any(decided[check.id].status == "ungraded" for check in rule):
        return decided
    mistake = _mistake_in_the_rule(rule, failed, observed, named, oracle)
    if mistake and not mistake.carries:
        return {check.id: _without_the_idea(decided[check.id]) for check in checks}
    found = dict(decided)
    for check in checks:
        if check.aspect != "behaviour":
            continue
        if mistake:
            found[check.id] = _given_the_mistake(check, mistake, observed, decided, oracle)
        elif check.id not in named:
            found[check.id] = _in_itself(check, observed, decided, oracle)
    if mistake is None and len(failed) == len(rule):
        # With no rule at all, what passes does so because nothing happens.
        found |= {
            check.id: Decision("failed", DEPENDS, "nothing")
            for check in checks
            if found[check.id].passed and found[check.id].judged_against == "reference"
        }
    return found | {
        check: decided[check]
        for check in explained
        if found[check].judged_against == "nothing" and not decided[check].passed
    }


def _mistake_in_the_rule(
    rule: Sequence[Check],
    failed: Sequence[Check],
    observed: Mapping[str, Observation],
    named: Mapping[str, Misconception],
    oracle: Oracle,
) -> Misconception | None:
    """The known mistake whose rule the submission follows in every check of the rule."""
    mistakes = {named[check.id] for check in failed if check.id in named}
    if len(mistakes) != 1:
        return None
    (mistake,) = mistakes
    did = oracle.observe_misconception(mistake, rule)
    alike = all(
        _same(check, observed, did[check.id], oracle)
        or (is_silent(did[check.id]) and is_silent(observed[check.id]))
        for check in rule
    )
    return mistake if alike else None


def _given_the_mistake(
    check: Check,
    mistake: Misconception,
    observed: Mapping[str, Observation],
    decided: Decisions,
    oracle: Oracle,
) -> Decision:
    """By what the mistake does in a check of behaviour; a failure with an error stays one."""
    before, seen = decided[check.id], observed[check.id]
    if before.status != "failed" or seen.failure or check.name in mistake.breaks:
        return before
    did = oracle.observe_misconception(mistake, [check])[check.id]
    if did.failure:
        return before
    if is_silent(did):
        return Decision("failed", DEPENDS, "nothing")
    difference = _difference(check, seen, did, before.message, oracle)
    if not difference:
        return Decision("passed", judged_against="mistake")
    if check.in_itself:
        # The same slip in other words may be another one here: what the code itself does, counts.
        own = _in_itself(check, observed, decided, oracle)
        if own.passed:
            return own
    return Decision("failed", f"{UNEXPLAINED}: {_small(difference)}", "mistake")


def _difference(
    check: Check, seen: Observation, did: Observation, message: str, oracle: Oracle
) -> str:
    """What a submission does otherwise than a known mistake does; "" if it does the same."""
    got = fingerprint(seen, check, oracle.inputs[check.id])
    if not same(got, did, check):
        return message
    if isinstance(check.judge, Close):  # as precisely as the check itself looks
        try:
            check.judge(_where_finite(got, did), _where_finite(did, did))
        except Unmet as unmet:
            return str(unmet)
    return ""


def _in_itself(
    check: Check, observed: Mapping[str, Observation], decided: Decisions, oracle: Oracle
) -> Decision:
    """By what the submission does elsewhere, if the check can be judged so."""
    before, seen = decided[check.id], observed[check.id]
    if before.status != "failed" or seen.failure:
        return before
    lost = not all(np.isfinite(array).all() for array in seen.arrays.values())
    if check.in_itself is None or lost:  # of NaN nothing can be said
        return Decision("failed", DEPENDS, "nothing")
    others: dict[str, Arrays] = {
        name.partition(".")[2]: one.arrays
        for name, one in observed.items()
        if name.startswith(f"{check.exercise}.") and not one.failure
    }
    try:
        with np.errstate(all="ignore"):
            check.in_itself(seen.arrays, oracle.inputs[check.id], others)
    except Unmet as unmet:
        return Decision("failed", str(unmet), "itself")
    except Exception:  # arrays of a shape that it need not expect
        return Decision("failed", DEPENDS, "nothing")
    return Decision("passed", judged_against="itself")


def _without_the_idea(before: Decision) -> Decision:
    """A check that holds of an implementation without the idea holds of nothing."""
    return Decision("failed", NO_IDEA, "nothing") if before.passed else before


def _same(
    check: Check, observed: Mapping[str, Observation], did: Observation, oracle: Oracle
) -> bool:
    return same(fingerprint(observed[check.id], check, oracle.inputs[check.id]), did, check)


def _where_finite(seen: Observation, did: Observation) -> Arrays:
    """The arrays, with zeros where the mistake's numbers are lost: there, nothing is compared."""
    return {
        name: np.where(np.isfinite(theirs), seen.arrays[name], 0)
        for name, theirs in did.arrays.items()
    }


def _small(message: str) -> str:
    return f"{message[:1].lower()}{message[1:]}" if message[1:2].islower() else message
