"""How often correct code fails a check by chance: the reference, with many seeds.

Most checks see the same whatever random numbers the implementation draws. The others are tried as
often as a few seconds allow. That refutes a check that often fails correct code; how rare a failure
is, no number of runs can show, so every check says it (`autograder.model.Check.false_alarm`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from autograder.grading.grade import judge_check
from autograder.grading.judge import ATOL, alike
from autograder.grading.observe import Known, RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.model import Check
from autograder.sandbox.interface import Sandbox

SECONDS = 2.0
"""CPU seconds for one check, spent on as many runs of the reference as they allow."""

MOST_RUNS, LEAST_RUNS = 50, 5

SURPRISING = 0.01
"""A check is refused if what it says made its failures less probable than this."""

_SEEDS_APART = 1000


def false_alarms(
    exercise: str, oracle: LiveOracle, sandbox: Sandbox, known: Known | None = None
) -> Iterator[tuple[Check, str]]:
    """The checks of an exercise that fail its reference more often than they say, and what is said.

    Args:
        oracle: has the reference's observations with one seed; the others are derived from it.
    """
    with RestartableChild(sandbox, known) as child:
        for check in _by_chance(exercise, oracle, child):
            seeds = _seeds(check, oracle)
            found = [_failure(check, oracle.with_seed(s, check, child), child) for s in seeds]
            failures = [message for message in found if message]
            if failures and _probability(len(failures), len(found), check) < SURPRISING:
                yield check, _problem(check, len(found), failures)


def _by_chance(exercise: str, oracle: LiveOracle, child: RestartableChild) -> list[Check]:
    """The checks in which the reference returns something else for other random numbers."""
    trials = [
        replace(oracle.reference_trial(check), seed=oracle.seed + 1)
        for check in oracle.assignment.check_set.of(exercise)
    ]
    reference = oracle.assignment.reference(exercise)
    return [
        check
        for check, seen in child.observations(reference, trials)
        if not alike(seen.arrays, oracle.expected(check).arrays, atol=ATOL)
    ]


def _seeds(check: Check, oracle: LiveOracle) -> range:
    seconds = max(oracle.expected(check).seconds, 1e-3)
    first = oracle.seed + _SEEDS_APART
    # Two runs for each: the reference's own, in float64, and the one that is graded.
    return range(first, first + int(min(max(SECONDS / (2 * seconds), LEAST_RUNS), MOST_RUNS)))


def _failure(check: Check, oracle: LiveOracle, child: RestartableChild) -> str:
    """Why the reference fails a check with the oracle's seed; "" if it passes."""
    trials = oracle.trials([check])
    reference = oracle.assignment.reference(check.exercise)
    ((_, seen),) = child.observations(reference, trials)
    status, message = judge_check(check, seen, oracle)
    return "" if status == "passed" else message


def _probability(failures: int, runs: int, check: Check) -> float:
    """Of as many failures or more, if the check fails correct code as often as it says."""
    # Only here: it takes a while to import.
    from scipy.stats import binom

    return float(binom.sf(failures - 1, runs, check.false_alarm))


def _problem(check: Check, runs: int, messages: list[str]) -> str:
    return (
        f"check {check.id} fails the reference with {len(messages)} of {runs} seeds, and says that "
        f"this happens to correct code with a probability of {check.false_alarm:g}: {messages[0]} "
        "Widen its bound, or look at more random numbers."
    )
