"""From observations to verdicts: what was observed of an exercise is judged, check by check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autograder.grading.carry import UNEXPLAINED, Decision, Decisions, carried_forward
from autograder.grading.curves import curves_of
from autograder.grading.diagnose import diagnose
from autograder.grading.error_text import without_noise
from autograder.grading.judge import judge
from autograder.grading.made_with import observation_digest
from autograder.grading.oracle import Oracle
from autograder.model import (
    Check,
    Exercise,
    Failure,
    FailureKind,
    Misconception,
    Observation,
    Unmet,
)
from autograder.sources.checks import CheckSet
from autograder.verdicts import PARTS, ExerciseReport, Status, Verdict

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

REFERENCE_FAILED = "The reference itself failed here: "


def judge_exercises(
    check_set: CheckSet,
    observed: Mapping[str, Observation],
    oracle: Oracle,
    *,
    carry: bool = True,
) -> tuple[ExerciseReport, ...]:
    """The verdicts on what was observed of one implementation, exercise by exercise."""
    return tuple(
        judge_exercise(exercise, check_set.of(exercise.name), observed, oracle, carry=carry)
        for exercise in check_set.exercises
    )


def judge_exercise(
    exercise: Exercise,
    checks: Sequence[Check],
    observed: Mapping[str, Observation],
    oracle: Oracle,
    *,
    carry: bool,
) -> ExerciseReport:
    """The verdicts on what was observed of one exercise.

    Args:
        checks: all of the exercise's.
        observed: by check id.
        carry: whether a known mistake in a rule is carried forward to what depends on it.
    """
    observed = _delegated(checks, observed)
    decided: Decisions = {
        check.id: Decision(*judge_check(check, observed[check.id], oracle)) for check in checks
    }
    by_status: dict[bool, list[Check]] = {True: [], False: []}
    for check in checks:
        if decided[check.id].status != "ungraded":
            by_status[decided[check.id].passed].append(check)
    diagnosis = diagnose(by_status[False], by_status[True], observed, oracle)
    if carry:
        decided = carried_forward(
            checks, observed, decided, diagnosis.alone, oracle, diagnosis.together
        )
    told = diagnosis.told()
    verdicts = {
        check.id: replace(
            _verdict(check, decided[check.id], told.get(check.id, ())),
            observed=observation_digest(observed[check.id]),
            curves=curves_of(check, observed[check.id], oracle),
            cause=failure.kind if (failure := observed[check.id].failure) else None,
        )
        for check in checks
    }
    counted = _counted(verdicts, diagnosis.lost)
    report = ExerciseReport(exercise.name, exercise.bonus, counted)
    pairs = oracle.pairs(exercise.name)
    if pairs is None or pairs.trial.seed != oracle.seed:
        return report
    return pairs.named(report, observed[pairs.trial.check.id], oracle.misconceptions(exercise.name))


def _verdict(check: Check, decision: Decision, named: Sequence[Misconception]) -> Verdict:
    # A hint belongs where the mistake costs something.
    mistake, other = (*named, None, None)[:2] if not decision.passed else (None, None)
    message = decision.message
    if other and message.startswith(f"{UNEXPLAINED}:"):
        message = message.replace(UNEXPLAINED, f"{UNEXPLAINED} alone", 1)
    return Verdict(
        check=check.name,
        claim=check.claim,
        status=decision.status,
        points=check.points if decision.passed else 0.0,
        max_points=check.points,
        message=message,
        misconception=mistake.known_as if mistake else None,
        hint=mistake.hint if mistake else "",
        further=(mistake.idea, mistake.where) if mistake and mistake.idea else (),
        hidden=check.hidden,
        aspect=check.aspect,
        judged_against=decision.judged_against,
        together_with=other.known_as if other else None,
    )


def _counted(verdicts: Mapping[str, Verdict], lost: frozenset[str]) -> tuple[Verdict, ...]:
    """The verdicts, each with how many failed checks its mistake explains.

    Args:
        verdicts: of all checks of an exercise, by check id.
        lost: the checks in which a mistake lost all numbers; these are not counted.
    """
    failed = [
        verdict
        for check, verdict in verdicts.items()
        if verdict.status in ("failed", "error")
        and verdict.judged_against != "nothing"
        and check not in lost
    ]
    return tuple(replace(each, explains=_explains(each, failed)) for each in verdicts.values())


def _explains(verdict: Verdict, failed: Sequence[Verdict]) -> tuple[int, int]:
    """How many failed checks a verdict's misconception explains, and of how many."""
    name = verdict.misconception
    if name is None:
        return 0, 0
    return sum(name in (each.misconception, each.together_with) for each in failed), len(failed)


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
        judge(
            check,
            observed=observation.arrays,
            expected=expected.arrays,
            inputs=inputs,
            wanted=oracle.wanted(check) if "wanted" in check.judge_takes else None,
        )
    except Unmet as failure:
        return "failed", str(failure)
    except Exception as error:  # a judge is the author's code: its faults are not the student's
        return "ungraded", f"The check itself failed: {error!r}"
    return "passed", ""


def _sentence(failure: Failure) -> str:
    """The student's line · what Python said · what it usually means."""
    if failure.kind == "unwritten":
        place = f" ({failure.where})" if failure.where else ""
        text = failure.message.removeprefix("NotImplementedError").removeprefix(": ")
        what = f"{UNWRITTEN}: {text}" if text else UNWRITTEN
        return PARTS.join(filter(None, (f"{what}{place}", failure.meaning)))
    said = without_noise(failure.message)
    return PARTS.join(filter(None, (failure.where, said, failure.meaning)))
