"""How often correct code fails a check by chance: the reference, with many seeds.

Most checks see the same whatever random numbers the implementation draws. The others are tried as
often as a few seconds allow. That refutes a check that often fails correct code; how rare a failure
is, no number of runs can show, so every check says it (`autograder.model.Check.false_alarm`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from autograder.grading.compare import ATOL, alike
from autograder.grading.decide import judge_check
from autograder.grading.observe import RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.model import Check, Observation

SECONDS = 10.0
"""CPU seconds for the checks of one exercise, spent on as many runs of its reference as they allow,
alike for each check."""

MOST_RUNS, LEAST_RUNS = 50, 5

SURPRISING = 0.01
"""A check is refused if what it says made its failures less probable than this."""

_SEEDS_APART = 1000


def varying(
    observed: Mapping[str, Observation], checks: Iterable[Check], oracle: LiveOracle
) -> list[Check]:
    """The checks in which the reference may have shown something else for other random numbers.

    Args:
        observed: what the reference did, as a student's code and with a seed that is not the
            oracle's, by check id.
    """
    return [
        check
        for check in checks
        if not alike(observed[check.id].arrays, oracle.expected(check).arrays, atol=ATOL)
    ]


def false_alarms(
    checks: Sequence[Check], oracle: LiveOracle, child: RestartableChild
) -> Iterator[tuple[Check, str]]:
    """The checks that fail the reference more often than they say, and what is said of each.

    Args:
        checks: of one exercise; those that may see something else for other random numbers.
        oracle: has the reference's observations with one seed; the others are derived from it.
        child: where the reference runs.
    """
    by_chance = _by_chance(checks, oracle, child)
    for check in by_chance:
        seeds = _seeds(check, oracle, SECONDS / len(by_chance))
        found = [_failure(check, oracle.with_seed(s, check, child), child) for s in seeds]
        failures = [message for message in found if message]
        if failures and _probability(len(failures), len(found), check) < SURPRISING:
            yield check, _problem(check, len(found), failures)


def _by_chance(checks: Sequence[Check], oracle: LiveOracle, child: RestartableChild) -> list[Check]:
    """Those in which the reference does so with the same precision: what differs is no rounding."""
    if not checks:
        return []
    reference = oracle.assignment.reference(checks[0].exercise)
    trials = [replace(oracle.reference_trial(check), seed=oracle.seed + 1) for check in checks]
    observed = {check.id: seen for check, seen in child.observations(reference, trials)}
    return varying(observed, checks, oracle)


def _seeds(check: Check, oracle: LiveOracle, seconds: float) -> range:
    # Two runs for each: the reference's own, in float64, and the one that is graded.
    runs = seconds / (2 * max(oracle.expected(check).seconds, 1e-3))
    first = oracle.seed + _SEEDS_APART
    return range(first, first + int(min(max(runs, LEAST_RUNS), MOST_RUNS)))


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
