"""Where CPU seconds go when right submissions are graded, assignment by assignment, and the floor.

    uv run python benchmarks/time_spent.py                       # all assignments
    uv run python benchmarks/time_spent.py optimizers --students 6

The floor is what the probes themselves compute: the same definitions, probes and inputs, one after
another in one warm process, without a child for each exercise, TensorFlow's start in it, the
sandbox, judging and recording. Grading and floor take turns, submission by submission, so that what
else this machine does weighs on both.

Every submission is the reference in words of its own. References and known mistakes are run once
for a whole class, and are not counted.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
from class_variants import ROOT, in_own_words

from autograder.grading.grade import grade_submission
from autograder.grading.observe import RestartableChild, probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.seeds import new_seed
from autograder.grading.trial import Trial
from autograder.model import Observation
from autograder.programs import Definitions
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, exercise_of, read_assignment
from autograder.sources.course import find_course
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission

ZYGOTE = "autograder.sandbox.zygote"


@dataclass(frozen=True)
class Spent:
    """CPU seconds for one submission of an assignment, on average.

    Attributes:
        floor: what the probes take in one warm process.
        probes: the same in children of their own, where TensorFlow starts anew.
        children: everything else in these: fork, confinement, loading, TensorFlow's start.
        grader: parsing, judging, and talking to children.
        slowest: the three probes that take the most, with their seconds.
        processes: children started.
        observations: probes run.
    """

    assignment: str
    students: int
    floor: float
    probes: float
    children: float
    grader: float
    slowest: Mapping[str, float]
    processes: float
    observations: float

    @property
    def total(self) -> float:
        return self.probes + self.children + self.grader


class Clock:
    """Remembers how long each probe took; knows nothing, so that each is run."""

    def __init__(self) -> None:
        self.seconds = defaultdict[str, float](float)
        self.count = 0

    def get(self, definitions: Definitions, trial: Trial, *, alone: bool = False) -> None:
        return None

    def put(
        self,
        definitions: Definitions,
        trial: Trial,
        observation: Observation,
        *,
        alone: bool = False,
    ) -> None:
        self.seconds[trial.check.id] += observation.seconds
        self.count += 1


def time_spent(assignment: Assignment, sandbox: Sandbox, bare: Sandbox, students: int) -> Spent:
    """Grade right submissions, and run their probes alone.

    Args:
        sandbox: the confined one that grades.
        bare: an unconfined one, whose one child is the warm process.
    """
    oracle = LiveOracle(sandbox, assignment, new_seed())
    check_set, clock = assignment.check_set, Clock()
    for check in check_set.checks:
        oracle.expected(check)
    names = [each.name for each in check_set.exercises]
    grader = children = floor = 0.0
    started = sandbox.statistics.children
    with RestartableChild(bare) as warm:
        # What only the first submission of a process pays: TensorFlow's start, Keras' own caches.
        _floor(warm, right(assignment, -1), oracle.trials(check_set.checks), names)
        for number in range(students):
            submission = right(assignment, number)
            own, of_children = time.process_time(), _children_cpu()
            report = grade_submission(submission, check_set, oracle, sandbox, clock)
            grader += time.process_time() - own
            children += _children_cpu() - of_children
            if report.score < report.max_score:
                raise RuntimeError(f"{assignment.name}: the reference earns {report.score:g}")
            floor += _floor(warm, submission, oracle.trials(check_set.checks), names)
    slowest = sorted(clock.seconds, key=clock.seconds.__getitem__, reverse=True)[:3]
    probes = sum(clock.seconds.values())
    return Spent(
        assignment.name,
        students,
        floor / students,
        probes / students,
        (children - probes) / students,
        grader / students,
        {id_: clock.seconds[id_] / students for id_ in slowest},
        (sandbox.statistics.children - started) / students,
        clock.count / students,
    )


def _floor(
    warm: RestartableChild, submission: Submission, trials: Sequence[Trial], names: Sequence[str]
) -> float:
    each = submission.definitions(names).each
    seconds = 0.0
    for name, definitions in each.items():
        own = [trial for trial in trials if trial.exercise.name == name]
        seen = warm.observations(definitions, own, alone=True)
        seconds += sum(observation.seconds for _, observation in seen)
    return seconds


def right(assignment: Assignment, number: int) -> Submission:
    """The reference as a submission, in words of its own."""
    given = [
        Cell(f"cell {position}", cell.source)
        for position, cell in enumerate(assignment.notebook.cells, 1)
        if cell.cell_type == "code" and not exercise_of(cell)
    ]
    asked = assignment.check_set.predictions
    given.append(Cell("predictions", "\n".join(f'{each.variable} = "a"' for each in asked)))
    written = [
        Cell(name, in_own_words(source, number)) for name, source in assignment.cells.items()
    ]
    return Submission("right", None, (*given, *written))


def _children_cpu() -> float:
    """CPU seconds of the sandboxes' warm processes and of their children that have ended."""
    found = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if ZYGOTE in process.cmdline() and "bwrap" not in process.name():
                times = process.cpu_times()
                found += times.user + times.system + times.children_user + times.children_system
        except psutil.Error:
            continue
    return found


def measure(names: Sequence[str], students: int) -> Iterator[Spent]:
    """Assignment by assignment."""
    course = find_course(ROOT)
    with ExitStack() as stack:
        sandbox = stack.enter_context(probing_sandbox())
        bare = stack.enter_context(probing_sandbox(confined=False))
        for name in names or course.assignments():
            yield time_spent(read_assignment(course.solution(name)), sandbox, bare, students)


def row(spent: Spent) -> str:
    """One line of the table."""
    slowest = ", ".join(f"{id_} {seconds:.2f}" for id_, seconds in spent.slowest.items())
    return (
        f"{spent.assignment:20s} {spent.total:5.2f} s = probes {spent.probes:5.2f} + children "
        f"{spent.children:5.2f} + grader {spent.grader:5.2f}; floor {spent.floor:5.2f}, "
        f"{spent.total / spent.floor:4.2f} times; {slowest}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments (default: all)")
    parser.add_argument("--students", type=int, default=4, help="submissions of each")
    options = parser.parse_args()
    for spent in measure(options.names, options.students):
        print(row(spent), flush=True)


if __name__ == "__main__":
    main()
