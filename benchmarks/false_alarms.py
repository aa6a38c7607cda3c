"""False alarms: how often right code fails a check whose verdict depends on chance.

    uv run python benchmarks/false_alarms.py                     # all assignments, 200 seeds
    uv run python benchmarks/false_alarms.py dropout --seeds 1000
    uv run python benchmarks/false_alarms.py optimizers --every-check
    uv run python benchmarks/false_alarms.py optimizers --check Adam.losses_follow_the_rule

The reference is graded in float32, as a student's code is, with fresh seeds. Without
``--every-check`` only those checks are measured that are more than a comparison of numbers with
the reference: convergence, statistics, orders. Where a number has to reach a threshold, its
spread over the seeds is shown, and how many standard deviations lie between its mean and the
threshold. Where losses have to stay within a band around the reference's, the reference and the
correct variants take turns, seed by seed, and for every loss the epoch is shown where the gap comes
nearest to the band. No failure in N seeds bounds the probability by 3/N (95 % confidence); the
comments in checks.py give the smaller bounds that follow from theory or from this spread.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from autograder.cli_options import CORES
from autograder.grading.judge import Close, Threshold, judge
from autograder.grading.observe import RestartableChild, probing_sandbox
from autograder.grading.seeds import new_seed
from autograder.grading.trial import Trial
from autograder.model import Arrays, AutograderError, Check, Unmet
from autograder.programs import Definitions
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import find_course
from autograder.sources.inputs import draw_inputs
from autograder.sources.submission import read_submission

SEEDS_PER_CHILD = 10
"""Seeds that share a child, so that TensorFlow starts once for all of them."""


class Measured:
    """What was seen of one check."""

    def __init__(self) -> None:
        self.runs = 0
        self.failures: list[str] = []
        self.values: list[float] = []
        self.gaps: dict[str, list[np.ndarray]] = defaultdict(list)
        """For each loss, the differences of its logarithm from the reference's, (epochs,) each."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments; default: all")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--every-check", action="store_true", help="comparisons of numbers too")
    parser.add_argument("--check", action="append", help="these alone, by name or Exercise.name")
    parser.add_argument("--jobs", type=int, default=CORES)
    options = parser.parse_args()
    course = find_course(Path(__file__).parent)
    # The author's own code, and nothing else, runs here.
    with probing_sandbox(confined=False) as sandbox:
        for name in options.names or course.assignments():
            assignment = read_assignment(course.solution(name))
            checks = [
                check
                for check in assignment.check_set.checks
                if options.every_check or depends_on_chance(check)
                if not options.check or {check.name, check.id} & set(options.check)
            ]
            measured = measure(sandbox, assignment, checks, options.seeds, options.jobs)
            show(name, checks, measured)


def depends_on_chance(check: Check) -> bool:
    """Whether its judge is more than a comparison with the reference's numbers."""
    return not isinstance(check.judge, Close)


def has_band(check: Check) -> bool:
    """Whether its judge compares losses within a band; the course has that judge of its own."""
    return hasattr(check.judge, "apart")


def measure(
    sandbox: Sandbox, assignment: Assignment, checks: Sequence[Check], seeds: int, jobs: int
) -> dict[str, Measured]:
    """Grade what is correct with ``seeds`` fresh seeds; the key is the check's id."""
    measured: dict[str, Measured] = defaultdict(Measured)
    correct = {
        check.id: solutions(assignment, check.exercise, variants=has_band(check))
        for check in checks
    }

    def lot(numbers: range) -> None:
        with RestartableChild(sandbox) as children:
            for number in numbers:
                seed = new_seed()
                for check in checks:
                    who, definitions = correct[check.id][number % len(correct[check.id])]
                    take(children, who, definitions, assignment, check, seed, measured[check.id])

    numbers = range(seeds)
    lots = [numbers[first : first + SEEDS_PER_CHILD] for first in numbers[::SEEDS_PER_CHILD]]
    with ThreadPoolExecutor(jobs) as executor:
        list(
            track(
                executor.map(lot, lots),
                assignment.name,
                len(lots),
                console=Console(stderr=True),
                transient=True,
            )
        )
    return measured


def solutions(
    assignment: Assignment, exercise: str, *, variants: bool
) -> list[tuple[str, Definitions]]:
    """The reference, and the variants that solve an exercise, by name."""
    found = [("reference", assignment.reference())]
    for path in assignment.variants if variants else ():
        plan = read_submission(path).definitions([exercise])
        if exercise not in plan.missing:
            found.append((path.stem, plan.definitions))
    return found


def take(
    children: RestartableChild,
    who: str,
    definitions: Definitions,
    assignment: Assignment,
    check: Check,
    seed: int,
    into: Measured,
) -> None:
    """One check with one seed: a correct solution as a student's code, and the reference."""
    check_set = assignment.check_set
    exercise, probe = check_set.exercise(check.exercise), check_set.probes[check.probe]
    inputs = draw_inputs(check, seed)
    trial = Trial(exercise, check, probe, inputs, seed)
    reference = replace(trial, floatx=check.reference_floatx)
    if has_band(check):
        reference = with_other_draws(reference)
    observed = expected = observe(children, definitions, trial)
    if not isinstance(check.judge, Threshold):  # which looks at the observation alone
        expected = observe(children, assignment.reference(), reference)
    into.runs += 1
    try:
        judge(check, observed=observed, expected=expected, inputs=inputs)
    except Unmet as failure:
        into.failures.append(f"{who}, seed {seed}: {failure}")
    if isinstance(check.judge, Threshold):
        into.values.append(check.judge.metric(observed, inputs))
    if has_band(check):
        apart = check.judge.apart(observed, expected, inputs)  # type: ignore[attr-defined]
        for name, gaps in apart.items():
            into.gaps[name].append(gaps)


def with_other_draws(trial: Trial) -> Trial:
    """The same data and weights to start from; what the probe draws itself is drawn anew.

    A student's code need not draw as the reference does. Here nothing does, not even the reference,
    so that every gap is one between independent draws.
    """
    inputs, seed = dict(trial.inputs), new_seed()
    if "seed" in inputs:  # of the generator that the probe passes
        inputs["seed"] = seed % 2**31
    return replace(trial, inputs=inputs, seed=seed)


def observe(children: RestartableChild, definitions: Definitions, trial: Trial) -> Arrays:
    """What one implementation does."""
    ((_, observation),) = children.observations(definitions, [trial])
    if observation.failure:
        raise AutograderError(f"{trial.check.id}, seed {trial.seed}: {observation.failure.message}")
    return observation.arrays


def show(name: str, checks: Sequence[Check], measured: dict[str, Measured]) -> None:
    print(f"{name}: {len(checks)} checks")
    for check in checks:
        seen = measured[check.id]
        print(f"  {check.id:58s} {len(seen.failures)} of {seen.runs} failed")
        if isinstance(check.judge, Threshold):
            mean, spread = statistics.mean(seen.values), statistics.stdev(seen.values)
            margin = (mean - check.judge.threshold) / spread if spread else float("inf")
            print(
                f"    {mean:.3f} ± {spread:.3f}, at least {min(seen.values):.3f}; "
                f"threshold {check.judge.threshold:.2f}, {margin:.1f} deviations below"
            )
        if has_band(check):
            for name, gaps in seen.gaps.items():
                print(f"    the loss {name}: {spread_of(np.array(gaps), check.judge.band)}")  # type: ignore[attr-defined]
        for failure in seen.failures[:3]:
            print(f"    {failure}")


def spread_of(gaps: np.ndarray, band: float) -> str:
    """How near gaps (runs, epochs) come to a band, in the epoch where they come nearest."""
    mean, spread = gaps.mean(axis=0), gaps.std(axis=0, ddof=1)
    away = (band - np.abs(mean)) / np.maximum(spread, np.finfo(float).tiny)
    epoch = int(np.argmin(away))
    return (
        f"gap {mean[epoch]:.2g} ± {spread[epoch]:.2g} after epoch {epoch + 1}, at most "
        f"{np.abs(gaps).max():.2g}; band {band:.2g}, {away[epoch]:.1f} deviations away"
    )


if __name__ == "__main__":
    main()
