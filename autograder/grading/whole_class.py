"""Grade a class: several submissions at a time, what is written alike once, and all to the end."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from functools import partial
from itertools import islice
from types import MappingProxyType

from autograder.grading.grade import grade_submission
from autograder.grading.oracle import LiveOracle
from autograder.grading.predicted import predicted
from autograder.grading.shared_reports import SharedReports
from autograder.grading.stored import released_pairs
from autograder.grading.trial import Known
from autograder.grading.unit import Executor, Here, MachinesLost
from autograder.model import Check
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CheckSet
from autograder.sources.submission import Submission, bounded
from autograder.verdicts import ExerciseReport, Report, Verdict

MOST_WAITING = 16
"""Graded submissions that wait for the caller; further ones would fill the memory."""


class _Lots:
    """For each seed, what submissions with these inputs are graded by, until the last of them is.

    Args:
        seeds: of each submission.
    """

    def __init__(
        self,
        assignment: Assignment,
        sandbox: Sandbox,
        known: Known | None,
        seeds: Iterable[int],
    ) -> None:
        pairs = released_pairs(assignment)
        self._new = partial(LiveOracle, sandbox, assignment, known=known, pairs=pairs)
        self._lock = threading.Lock()
        self._lots: dict[int, tuple[LiveOracle, SharedReports]] = {}
        self._left = Counter(seeds)

    def of(self, seed: int) -> tuple[LiveOracle, SharedReports]:
        """The oracle of a seed, and the reports on what is written alike."""
        with self._lock:
            if seed not in self._lots:
                self._lots[seed] = self._new(seed), SharedReports()
            return self._lots[seed]

    def done(self, seed: int) -> None:
        """Note that a submission is graded; the arrays of thousands of seeds would fill memory."""
        with self._lock:
            self._left[seed] -= 1
            if not self._left[seed]:
                self._lots.pop(seed, None)


# Longer than 50 lines because it documents every argument.
def grade_class(
    submissions: Mapping[str, Submission],
    assignment: Assignment,
    sandbox: Sandbox,
    *,
    jobs: int,
    seed: int,
    seeds: Mapping[str, int] = MappingProxyType({}),
    known: Known | None = None,
    finished: Callable[[Submission, Report], None] = lambda *_: None,
    carry: bool = True,
    executor: Executor | None = None,
) -> Generator[tuple[Submission, Report]]:
    """Grade a class, ``jobs`` submissions at a time; yields each as soon as it is finished.

    Grading continues while the caller handles what it was given. If the generator is closed early,
    or left by an exception, submissions that are still being graded are abandoned.

    Args:
        submissions: by student; each is read when its turn comes.
        seed: of the checks' inputs.
        seeds: by student, the seeds of those that get inputs of their own.
        known: what need not be observed again, in this run or a later one.
        finished: called with each report, in the thread that made it, before it is yielded.
        carry: whether a known mistake in a rule is carried forward to what depends on it.
        executor: where submissions run; None for the sandbox. References run in the sandbox.

    Raises:
        MachinesLost: the executor can run nothing more.
    """
    where = executor or Here(sandbox)
    of_each = [seeds.get(student, seed) for student in submissions]
    check_set, lots = assignment.check_set, _Lots(assignment, sandbox, known, of_each)
    stopped = threading.Event()

    def work(student: str) -> tuple[Submission, Report]:
        own, submission = seeds.get(student, seed), Submission(student, None)
        try:
            submission = submissions[student]
            oracle, reports = lots.of(own)
            report = grade_submission(
                submission, check_set, oracle, sandbox, known, reports, carry=carry, executor=where
            )
        except MachinesLost:
            raise
        except Exception as error:  # our own fault: grade the rest, and leave this one to a person
            report = ungraded(submission, check_set, own, where.level, error)
        lots.done(own)
        if not stopped.is_set():  # otherwise stopping may have made it what it is
            finished(submission, report)
        return submission, report

    def expect(check: Check) -> None:
        with where.here:
            lots.of(seed)[0].expected(check)

    workers = where.submissions or jobs
    threads = ThreadPoolExecutor(workers, "grade")
    try:
        # The reference's answers first, one exercise a worker, so that no student's job waits.
        for future in as_completed(
            [
                threads.submit(expect, check_set.of(exercise.name)[0])
                for exercise in (check_set.exercises if seed in of_each else ())
            ]
        ):
            future.result()
        yield from _in_turn(threads, work, submissions, workers + MOST_WAITING)
    except BaseException:
        # Ctrl-C: do not wait for submissions that are being graded.
        stopped.set()
        where.close()
        sandbox.close()
        raise
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def _in_turn(
    threads: ThreadPoolExecutor,
    work: Callable[[str], tuple[Submission, Report]],
    students: Iterable[str],
    most: int,
) -> Generator[tuple[Submission, Report]]:
    """What work makes of each student, as soon as it is made; at most so many are under way."""
    waiting, under_way = iter(students), set[Future[tuple[Submission, Report]]]()
    while True:
        for student in islice(waiting, most - len(under_way)):
            under_way.add(threads.submit(work, student))
        if not under_way:
            return
        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        while done:
            yield done.pop().result()


def ungraded(
    submission: Submission, check_set: CheckSet, seed: int, sandbox: str, error: Exception
) -> Report:
    """The report of a submission on which the grader itself failed."""
    message = f"The grader failed: {type(error).__name__}: {error}"
    exercises = tuple(
        ExerciseReport(
            exercise.name,
            exercise.bonus,
            tuple(
                Verdict(
                    check.name,
                    check.claim,
                    "ungraded",
                    0.0,
                    check.points,
                    message,
                    hidden=check.hidden,
                )
                for check in check_set.of(exercise.name)
            ),
        )
        for exercise in check_set.exercises
    )
    remarks = bounded(submission.remarks)
    exercises += predicted(submission, check_set.predictions)
    return Report(submission.student, check_set.name, exercises, seed, sandbox, remarks)
