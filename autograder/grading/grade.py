"""From observations to verdicts, and from a class of submissions to reports."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import chain

from autograder.grading.allowance import Allowance
from autograder.grading.diagnose import diagnose
from autograder.grading.judge import judge
from autograder.grading.observe import Known, RestartableChild
from autograder.grading.oracle import LiveOracle, Oracle
from autograder.model import Check, Definitions, Exercise, Failure, FailureKind, Observation, Unmet
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.checks import CheckSet
from autograder.sources.flags import flags
from autograder.sources.submission import Submission, bounded
from autograder.verdicts import ExerciseReport, Report, Status, Verdict

# Whose fault a failure is decides the status: code that gave no answer failed, code that broke is
# an error (both earn nothing), and a fault of the grader is left for a person to look at.
_STATUS: Mapping[FailureKind, Status] = {
    "missing": "failed",
    "unwritten": "failed",
    "delegated": "failed",
    "malformed": "failed",
    "raised": "error",
    "timeout": "error",
    "memory": "error",
    "crashed": "error",
    "internal": "ungraded",
}


# These are certain, whatever the reference does: no broken probe can bring them about.
_NOT_TRIED: frozenset[FailureKind] = frozenset({"missing", "unwritten", "delegated", "internal"})

UNWRITTEN = "not written yet"
"""How the message begins where the stub is unchanged."""

PARTS = " · "
"""Between the student's line, what Python said, and what it usually means."""

REFERENCE_FAILED = "The reference itself failed here: "


def new_seed() -> int:
    """An unpredictable seed for the inputs of one run, of 128 bits."""
    return secrets.randbits(128)


def grade_submission(
    submission: Submission, check_set: CheckSet, oracle: Oracle, sandbox: Sandbox
) -> Report:
    """Observe, judge and diagnose one submission.

    Everything that is wrong with it is in the report, and a fault of the grader makes the checks it
    touches "ungraded": neither raises.
    """
    plan = submission.definitions([exercise.name for exercise in check_set.exercises])
    exercises = grade_definitions(plan.each, plan.missing, check_set, oracle, sandbox)
    remarks = bounded(
        [
            *submission.remarks,
            *plan.remarks,
            *flags(plan.each),
            *(f"{cell}. This cell was skipped." for cell in plan.broken),
        ]
    )
    return Report(
        submission.student,
        check_set.name,
        exercises,
        oracle.seed,
        sandbox.level,
        remarks,
    )


def grade_definitions(
    definitions: Definitions | Mapping[str, Definitions],
    missing: Mapping[str, str],
    check_set: CheckSet,
    oracle: Oracle,
    sandbox: Sandbox,
    known: Known | None = None,
) -> tuple[ExerciseReport, ...]:
    """Observe, judge and diagnose one implementation of the exercises.

    Args:
        definitions: those of all exercises, or for each exercise its own, which are loaded for it
            alone: what keeps one exercise from being loaded costs no other.
        missing: exercises that are not defined, with the reason; their probes are not run.
        known: what need not be observed again; only for the course's own code.
    """
    trials = {
        exercise.name: oracle.trials(check_set.of(exercise.name))
        for exercise in check_set.exercises
        if exercise.name not in missing
    }
    allowance = Allowance.of(chain.from_iterable(trials.values()))

    def report(exercise: Exercise) -> ExerciseReport:
        # Judged at once, so that the arrays of only one exercise are in memory.
        checks = check_set.of(exercise.name)
        if exercise.name in missing:
            gone = Observation(failure=Failure("missing", missing[exercise.name]))
            observed = dict.fromkeys((check.id for check in checks), gone)
        else:
            alone = not isinstance(definitions, Definitions)
            own = (
                definitions if isinstance(definitions, Definitions) else definitions[exercise.name]
            )
            found = child.observations(own, trials[exercise.name], alone=alone)
            observed = {check.id: observation for check, observation in found}
        return _judge_exercise(exercise, checks, observed, oracle)

    with RestartableChild(sandbox, known, allowance) as child:
        return tuple(report(exercise) for exercise in check_set.exercises)


def judge_exercises(
    check_set: CheckSet, observed: Mapping[str, Observation], oracle: Oracle
) -> tuple[ExerciseReport, ...]:
    """The verdicts on what was observed of one implementation, exercise by exercise."""
    return tuple(
        _judge_exercise(exercise, check_set.of(exercise.name), observed, oracle)
        for exercise in check_set.exercises
    )


def _judge_exercise(
    exercise: Exercise,
    checks: Sequence[Check],
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> ExerciseReport:
    observed = _delegated(checks, observed)
    decided = {check.id: judge_check(check, observed[check.id], oracle) for check in checks}
    by_status: dict[bool, list[Check]] = {True: [], False: []}
    for check in checks:
        if decided[check.id][0] != "ungraded":
            by_status[decided[check.id][0] == "passed"].append(check)
    named = diagnose(by_status[False], by_status[True], observed, oracle)
    verdicts = []
    for check in checks:
        status, message = decided[check.id]
        misconception = named.get(check.id)
        verdicts.append(
            Verdict(
                check=check.name,
                claim=check.claim,
                status=status,
                points=check.points if status == "passed" else 0.0,
                max_points=check.points,
                message=message,
                misconception=misconception.known_as if misconception else None,
                hint=misconception.hint if misconception else "",
                hidden=check.hidden,
            )
        )
    return ExerciseReport(exercise.name, exercise.bonus, tuple(verdicts))


def _delegated(
    checks: Sequence[Check], observed: Mapping[str, Observation]
) -> Mapping[str, Observation]:
    """What was observed; of an exercise that uses the finished one in any check, that alone.

    The other checks did not reach it, or got numbers out of it in a way that was not noticed.
    """
    for check in checks:
        failure = observed[check.id].failure
        if failure and failure.kind == "delegated":
            return dict.fromkeys((each.id for each in checks), Observation(failure=failure))
    return observed


def judge_check(check: Check, observation: Observation, oracle: Oracle) -> tuple[Status, str]:
    """The decision on one check, and the sentence that goes with it."""
    if observation.failure and observation.failure.kind in _NOT_TRIED:
        return _STATUS[observation.failure.kind], _sentence(observation.failure)
    expected = oracle.expected(check)
    if expected.failure:
        return "ungraded", f"{REFERENCE_FAILED}{expected.failure.message}"
    if observation.failure:
        return _STATUS[observation.failure.kind], _sentence(observation.failure)
    inputs = oracle.inputs[check.id]
    try:
        judge(check, observed=observation.arrays, expected=expected.arrays, inputs=inputs)
    except Unmet as failure:
        return "failed", str(failure)
    except Exception as error:  # a judge is the author's code: its faults are not the student's
        return "ungraded", f"The check itself failed: {error!r}"
    return "passed", ""


def _sentence(failure: Failure) -> str:
    """The student's line · what Python said · what it usually means."""
    if failure.kind == "unwritten":
        place = f" ({failure.where})" if failure.where else ""
        text = failure.message.removeprefix("NotImplementedError: ")
        return f"{UNWRITTEN}: {text}{place}"
    return PARTS.join(filter(None, (failure.where, failure.message, failure.meaning)))


def grade_class(
    submissions: Iterable[Submission],
    assignment: Assignment,
    sandbox: Sandbox,
    *,
    jobs: int,
    seed: int,
    finished: Callable[[Submission, Report], None] = lambda *_: None,
) -> Generator[tuple[Submission, Report]]:
    """Grade a class, ``jobs`` submissions at a time; yields each as soon as it is finished.

    Grading continues while the caller handles what it was given. If the generator is closed early,
    or left by an exception, submissions that are still being graded are abandoned.

    Args:
        finished: called with each report, in the thread that made it, before it is yielded.
    """
    oracle = LiveOracle(sandbox, assignment, seed)
    check_set = assignment.check_set
    stopped = threading.Event()

    def work(submission: Submission) -> tuple[Submission, Report]:
        try:
            report = grade_submission(submission, check_set, oracle, sandbox)
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
    return Report(submission.student, check_set.name, exercises, seed, sandbox, remarks)
