"""Grade a class: several submissions at a time, what is written alike once, and all to the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed

from autograder.grading.grade import grade_submission
from autograder.grading.oracle import LiveOracle
from autograder.grading.predicted import predicted
from autograder.grading.shared_reports import SharedReports
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CheckSet
from autograder.sources.submission import Submission, bounded
from autograder.verdicts import ExerciseReport, Report, Verdict


# Longer than 50 lines because it documents every argument.
def grade_class(
    submissions: Iterable[Submission],
    assignment: Assignment,
    sandbox: Sandbox,
    *,
    jobs: int,
    seed: int,
    finished: Callable[[Submission, Report], None] = lambda *_: None,
    carry: bool = True,
) -> Generator[tuple[Submission, Report]]:
    """Grade a class, ``jobs`` submissions at a time; yields each as soon as it is finished.

    Grading continues while the caller handles what it was given. If the generator is closed early,
    or left by an exception, submissions that are still being graded are abandoned.

    Args:
        finished: called with each report, in the thread that made it, before it is yielded.
        carry: whether a known mistake in a rule is carried forward to what depends on it.
    """
    oracle = LiveOracle(sandbox, assignment, seed)
    check_set, reports = assignment.check_set, SharedReports()
    stopped = threading.Event()

    def work(submission: Submission) -> tuple[Submission, Report]:
        try:
            report = grade_submission(submission, check_set, oracle, sandbox, reports, carry=carry)
        except Exception as error:  # our own fault: grade the rest, and leave this one to a person
            report = ungraded(submission, check_set, oracle.seed, sandbox.level, error)
        if not stopped.is_set():  # otherwise stopping may have made it what it is
            finished(submission, report)
        return submission, report

    executor = ThreadPoolExecutor(jobs, "grade")
    try:
        # The reference's answers first, one exercise a worker, so that no student's job waits.
        for future in as_completed(
            [
                executor.submit(oracle.expected, check_set.of(exercise.name)[0])
                for exercise in check_set.exercises
            ]
        ):
            future.result()
        for graded in as_completed([executor.submit(work, each) for each in submissions]):
            yield graded.result()
    except BaseException:
        # Ctrl-C: do not wait for submissions that are being graded.
        stopped.set()
        sandbox.close()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


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
