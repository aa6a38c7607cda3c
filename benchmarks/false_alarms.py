"""False alarms: how often right code fails a check whose verdict depends on chance.

    uv run python benchmarks/false_alarms.py                     # all assignments, 200 seeds
    uv run python benchmarks/false_alarms.py dropout --seeds 1000
    uv run python benchmarks/false_alarms.py optimizers --every-check
    uv run python benchmarks/false_alarms.py optimizers --check digits_are_learned

The reference is graded in float32, as a student's code is, with fresh seeds. Without
``--every-check`` only those checks are measured that are more than a comparison of numbers with
the reference: convergence, statistics, orders. Where a number has to reach a threshold, its
spread over the seeds is shown, and how many standard deviations lie between its mean and the
threshold. No failure in N seeds bounds the probability by 3/N (95 % confidence); the comments in
checks.py give the smaller bounds that follow from theory or from this spread.
"""

from __future__ import annotations

import argparse
import statistics
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.progress import track

from autograder.cli_options import CORES
from autograder.grading.grade import new_seed
from autograder.grading.judge import Close, Threshold, judge
from autograder.grading.observe import RestartableChild, probing_sandbox
from autograder.grading.trial import Trial
from autograder.model import AutograderError, Check, Unmet
from autograder.programs import Definitions
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import find_course
from autograder.sources.inputs import draw_inputs

SEEDS_PER_CHILD = 10
"""Seeds that share a child, so that TensorFlow starts once for all of them."""


class Measured:
    """What was seen of one check."""

    def __init__(self) -> None:
        self.runs = 0
        self.failures: list[str] = []
        self.values: list[float] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments; default: all")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--every-check", action="store_true", help="comparisons of numbers too")
    parser.add_argument("--check", action="append", help="these alone, by name")
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
                if not options.check or check.name in options.check
            ]
            measured = measure(sandbox, assignment, checks, options.seeds, options.jobs)
            show(name, checks, measured)


def depends_on_chance(check: Check) -> bool:
    """Whether its judge is more than a comparison with the reference's numbers."""
    return not isinstance(check.judge, Close)


def measure(
    sandbox: Sandbox, assignment: Assignment, checks: Sequence[Check], seeds: int, jobs: int
) -> dict[str, Measured]:
    """Grade the reference with ``seeds`` fresh seeds; the key is the check's id."""
    measured: dict[str, Measured] = defaultdict(Measured)
    reference = assignment.reference()

    def lot(count: int) -> None:
        with RestartableChild(sandbox) as children:
            for _ in range(count):
                seed = new_seed()
                for check in checks:
                    take(children, reference, assignment, check, seed, measured[check.id])

    lots = [min(SEEDS_PER_CHILD, seeds - first) for first in range(0, seeds, SEEDS_PER_CHILD)]
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


def take(
    children: RestartableChild,
    reference: Definitions,
    assignment: Assignment,
    check: Check,
    seed: int,
    into: Measured,
) -> None:
    """One check with one seed: the reference as a student's code, and as the reference."""
    inputs = draw_inputs(check, seed)
    check_set = assignment.check_set
    exercise, probe = check_set.exercise(check.exercise), check_set.probes[check.probe]
    trials = [
        Trial(exercise, check, probe, inputs, seed, floatx)
        for floatx in ("float32", check.reference_floatx)
    ]
    if isinstance(check.judge, Threshold):  # looks at the observation alone
        trials.pop()
    found = [observation for _, observation in children.observations(reference, trials)]
    observed, expected = found[0], found[-1]
    for failure in filter(None, (observed.failure, expected.failure)):
        raise AutograderError(f"{check.id}, seed {seed}: {failure.message}")
    into.runs += 1
    try:
        judge(check, observed=observed.arrays, expected=expected.arrays, inputs=inputs)
    except Unmet as failure:
        into.failures.append(f"seed {seed}: {failure}")
    if isinstance(check.judge, Threshold):
        into.values.append(check.judge.metric(observed.arrays, inputs))


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
        for failure in seen.failures[:3]:
            print(f"    {failure}")


if __name__ == "__main__":
    main()
