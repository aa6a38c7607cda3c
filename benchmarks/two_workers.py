"""How much faster two Dask workers observe than one, on this machine.

    uv run python benchmarks/two_workers.py                  # optimizers, 12 submissions a round
    uv run python benchmarks/two_workers.py --rounds 5

Both workers are there all the time, with one thread each. In one half of a round, one unit is under
way at a time, so one worker is idle; in the other half, two are. The halves alternate, so that what
else this machine does weighs on both. Every submission has words of its own, so nothing is observed
twice. References are run before the clock starts.

Two workers can be twice as fast only if the machine has two cores to spare: one is also used by the
scheduler and by the grader, which encode and compare.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

from distributed import LocalCluster

from autograder.grading.allowance import Allowance
from autograder.grading.cluster import Cluster, cluster
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.trial import Trial
from autograder.grading.unit import observations
from autograder.programs import Definitions
from autograder.sources.assignment import read_assignment
from autograder.sources.course import find_course

Work = tuple[Definitions, Sequence[Trial]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="optimizers")
    parser.add_argument("--students", type=int, default=12, help="submissions in each half")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    assignment = read_assignment(find_course(Path(__file__)).solution(options.assignment))
    with probing_sandbox() as sandbox:
        oracle = LiveOracle(sandbox, assignment, 1)
        trials = {
            each.name: oracle.trials(assignment.check_set.of(each.name))
            for each in assignment.check_set.exercises
        }
    numbers = iter(range(1_000_000))

    def work() -> list[Work]:
        return [
            (own_words(assignment.reference(name), next(numbers)), trials[name])
            for _ in range(options.students)
            for name in trials
        ]

    ratios = []
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as dask,
        cluster(
            dask.scheduler_address, confined=True, secret_paths=[], jobs=2, say=print
        ) as executor,
    ):
        for each in trials:  # both workers' first children
            seconds([(own_words(assignment.reference(each), -1), trials[each])] * 2, executor, 2)
        for number in range(options.rounds):
            order = (1, 2) if number % 2 else (2, 1)
            took = {count: seconds(work(), executor, count) for count in order}
            ratios.append(took[1] / took[2])
            print(
                f"round {number + 1}: {len(trials) * options.students} units; one worker "
                f"{took[1]:.1f} s, two workers {took[2]:.1f} s, ratio {ratios[-1]:.2f}"
            )
    print(f"two workers are {median(ratios):.2f} times as fast as one (median)")


def own_words(definitions: Definitions, number: int) -> Definitions:
    """The same code under a key of its own."""
    files = (replace(file, text=f"{file.text}\n# {number}\n") for file in definitions.files)
    return replace(definitions, files=tuple(files))


def seconds(work: Sequence[Work], executor: Cluster, at_a_time: int) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(at_a_time) as threads:
        for seen in threads.map(
            lambda each: observations(each[0], each[1], Allowance.of(each[1]), executor), work
        ):
            failures = [s.failure for s in seen.values() if s.failure]
            if failures:
                print(f"! {failures[0]}")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
