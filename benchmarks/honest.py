"""How often correct submissions lose a point, with any seed, number of jobs and load.

    uv run python benchmarks/honest.py                       # 2000 gradings over all assignments
    uv run python benchmarks/honest.py dropout --gradings 100

Grades every correct variant of every assignment, and the reference as a student's file, over and
over. Each run has a fresh seed, one to eight jobs, and up to four other processes that keep the CPU
busy. The exit code is 1 if a point was lost. Press Ctrl-C to stop early; the figures then cover the
runs that finished.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from autograder.grading.observe import probing_sandbox
from autograder.grading.seeds import new_seed
from autograder.grading.whole_class import grade_class
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, exercise_of, read_assignment
from autograder.sources.course import find_course
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission, read_submission

CLASS = 16
"""Number of gradings in one run. They share a seed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="assignments (default: all)")
    parser.add_argument("--gradings", type=int, default=2000)
    parser.add_argument("--busy", type=int, default=4, help="largest number of competing processes")
    parser.add_argument("--chance", type=int, default=0, help="seed for jobs and load")
    options = parser.parse_args()
    course = find_course(Path(__file__).parent)
    names = options.names or course.assignments()
    assignments = [read_assignment(course.solution(name)) for name in names]
    classes = {each.name: itertools.cycle(honest(each)) for each in assignments}
    chance = random.Random(options.chance)
    done: Counter[str] = Counter()
    lost: list[str] = []
    started = time.monotonic()
    with (
        suppress(KeyboardInterrupt),
        probing_sandbox() as sandbox,
        Progress(console=Console(stderr=True), transient=True) as bar,
    ):
        step = bar.add_task("graded", total=options.gradings)
        for assignment in itertools.cycle(assignments):
            missing = options.gradings - done.total()
            if missing <= 0:
                break
            submissions = [
                in_own_words(each, number)
                for number, each in enumerate(
                    itertools.islice(classes[assignment.name], min(CLASS, missing))
                )
            ]
            jobs, load, seed = chance.randint(1, 8), chance.randint(0, options.busy), new_seed()
            with busy(load):
                for problem in losses(sandbox, assignment, submissions, jobs, seed):
                    lost.append(f"{problem} (seed {seed}, {jobs} jobs, {load} busy)")
                    print(lost[-1], flush=True)
            done[assignment.name] += len(submissions)
            bar.advance(step, len(submissions))
    minutes = (time.monotonic() - started) / 60
    for name, count in sorted(done.items()):
        print(f"  {name:22s} {count:5d} gradings")
    print(f"{done.total()} honest gradings in {minutes:.0f} min, {len(lost)} lost points", end="")
    restarts = sandbox.statistics.restarts
    print(f"; the zygote was restarted {restarts} times" if restarts else "")
    sys.exit(bool(lost))


def honest(assignment: Assignment) -> list[Submission]:
    """The reference and every variant, completed with the reference's cells, and predictions."""
    names = [exercise.name for exercise in assignment.check_set.exercises]
    given = [
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(assignment.notebook.cells, 1)
        if cell.cell_type == "code" and not exercise_of(cell)
    ]
    asked = assignment.check_set.predictions
    given.append(Cell("predictions", "\n".join(f'{each.variable} = "a"' for each in asked)))
    written = {name: Cell(name, assignment.cells[name]) for name in names}
    submissions = [Submission("reference", None, (*given, *written.values()))]
    for path in assignment.variants:
        variant = read_submission(path)
        missing = variant.definitions(names).missing
        others = [written[name] for name in names if name in missing]
        submissions.append(Submission(path.stem, path, (*given, *others, *variant.cells)))
    return submissions


def in_own_words(submission: Submission, number: int) -> Submission:
    """The same, with a comment in each cell: what is written alike would be graded only once."""
    cells = tuple(replace(cell, text=f"{cell.text}\n# {number}") for cell in submission.cells)
    return replace(submission, cells=cells)


def losses(
    sandbox: Sandbox, assignment: Assignment, submissions: list[Submission], jobs: int, seed: int
) -> Iterator[str]:
    """One sentence for each check of a run that did not pass."""
    class_ = {each.student: each for each in submissions}
    for submission, report in grade_class(class_, assignment, sandbox, jobs=jobs, seed=seed):
        for exercise in report.exercises:
            for verdict in exercise.verdicts:
                if verdict.status != "passed":
                    yield (
                        f"{assignment.name}, {submission.student}: {exercise.name}."
                        f"{verdict.check} {verdict.status}: {verdict.message}"
                    )


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Run ``count`` processes that compete for the CPU."""
    with ExitStack() as stack:
        for _ in range(count):
            process = multiprocessing.get_context("spawn").Process(target=burn, daemon=True)
            process.start()
            stack.callback(process.join)
            stack.callback(process.kill)
        yield


def burn() -> None:
    """Compute for at most two hours."""
    end = time.monotonic() + 7200
    while time.monotonic() < end:
        sum(range(100_000))


if __name__ == "__main__":
    main()
