"""From a submission to its report: observe, judge and diagnose, exercise by exercise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from autograder.grading.allowance import Allowance
from autograder.grading.decide import judge_exercise
from autograder.grading.oracle import Oracle
from autograder.grading.predicted import predicted
from autograder.grading.shared_reports import SharedReports
from autograder.grading.trial import Known, is_by_chance
from autograder.grading.unit import Executor, Here, observations
from autograder.model import Exercise, Failure, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import Sandbox
from autograder.sources.checks import CheckSet
from autograder.sources.flags import flags
from autograder.sources.submission import Submission, bounded
from autograder.verdicts import ExerciseReport, Report


def grade_submission(
    submission: Submission,
    check_set: CheckSet,
    oracle: Oracle,
    sandbox: Sandbox,
    known: Known | None = None,
    reports: SharedReports | None = None,
    *,
    carry: bool = True,
    executor: Executor | None = None,
) -> Report:
    """Observe, judge and diagnose one submission.

    Everything that is wrong with it is in the report, and a fault of the grader makes the checks it
    touches "ungraded": neither raises.

    Args:
        known: what need not be observed again.
        reports: on exercises that other submissions define in the same words.
        carry: whether a known mistake in a rule is carried forward to what depends on it.
        executor: where the submission runs, which may raise `MachinesLost`; None for the sandbox.
    """
    executor = executor or Here(sandbox)
    plan = submission.definitions([exercise.name for exercise in check_set.exercises])
    exercises = grade_definitions(
        plan.each,
        plan.missing,
        check_set,
        oracle,
        sandbox,
        known,
        reports,
        carry=carry,
        executor=executor,
    )
    remarks = bounded([*submission.remarks, *plan.remarks, *flags(plan.each), *plan.skipped])
    return Report(
        submission.student,
        check_set.name,
        (*exercises, *predicted(submission, check_set.predictions)),
        oracle.seed,
        executor.level,
        remarks,
    )


# Longer than 50 lines because it documents every argument.
def grade_definitions(
    definitions: Definitions | Mapping[str, Definitions],
    missing: Mapping[str, str],
    check_set: CheckSet,
    oracle: Oracle,
    sandbox: Sandbox,
    known: Known | None = None,
    reports: SharedReports | None = None,
    *,
    carry: bool = True,
    executor: Executor | None = None,
) -> tuple[ExerciseReport, ...]:
    """Observe, judge and diagnose one implementation of the exercises.

    Each exercise has a child of its own: what one does in its process costs no other.

    Args:
        definitions: those of all exercises, or for each exercise its own.
        missing: exercises that are not defined, with the reason; their probes are not run.
        known: what need not be observed again.
        reports: on exercises that other submissions define in the same words.
        carry: whether a known mistake in a rule is carried forward to what depends on it.
        executor: where the definitions run; None for the sandbox.
    """
    executor = executor or Here(sandbox)
    with executor.here:  # the reference may still have to run
        trials = {
            exercise.name: oracle.trials(check_set.of(exercise.name))
            for exercise in check_set.exercises
            if exercise.name not in missing
        }
    allowance = Allowance.of(chain.from_iterable(trials.values()))

    def missed(exercise: Exercise) -> ExerciseReport:
        gone = Observation(failure=Failure("missing", missing[exercise.name]))
        checks = check_set.of(exercise.name)
        return judge_exercise(
            exercise, checks, {check.id: gone for check in checks}, oracle, carry=carry
        )

    def own(name: str) -> Definitions:
        return definitions if isinstance(definitions, Definitions) else definitions[name]

    def graded(name: str) -> tuple[ExerciseReport, bool]:
        alone = not isinstance(definitions, Definitions)
        observed = observations(own(name), trials[name], allowance, executor, known, alone=alone)
        # Judged at once, so that the arrays of only one exercise are in memory.
        exercise, checks = check_set.exercise(name), check_set.of(name)
        with executor.here:
            judged = judge_exercise(exercise, checks, observed, oracle, carry=carry)
        pairs = oracle.pairs(name)
        if pairs and pairs.in_doubt(judged):
            again = pairs.trial
            seen = observations(own(name), [again], allowance, executor, known, alone=alone)
            judged = pairs.named(judged, seen[again.check.id], oracle.misconceptions(name))
        judged = replace(judged, used=allowance.used(name))
        return judged, not any(map(is_by_chance, observed.values()))

    found = (reports or SharedReports()).all({name: own(name) for name in trials}, graded)
    return tuple(found.get(each.name) or missed(each) for each in check_set.exercises)
