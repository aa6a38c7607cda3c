"""Everything behind the verdicts on one submission, which is observed once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from autograder.grading.decide import judge_check
from autograder.grading.evidence import Evidence
from autograder.grading.gaps import Compared, compare
from autograder.grading.grade import grade_submission
from autograder.grading.oracle import LiveOracle
from autograder.grading.pairing import at_once
from autograder.grading.trial import Known, Trial
from autograder.model import Check, Inputs, Misconception, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.submission import Submission
from autograder.verdicts import Report, Verdict


@dataclass(frozen=True)
class ExplainedCheck:
    """One check: what went in, what came out, and what that was compared with.

    Attributes:
        observed: None if nothing was run, since the exercise is not defined.
        compared: what was observed beside the reference; None if either has no numbers.
        mistake: what the named known mistake does here; None if none is named in the exercise.
        beside_mistake: what was observed beside that.
    """

    check: Check
    verdict: Verdict
    inputs: Inputs
    expected: Observation
    observed: Observation | None
    compared: Compared | None
    mistake: Observation | None
    beside_mistake: Compared | None


@dataclass(frozen=True)
class MistakeEvidence:
    """What speaks for a known mistake in an exercise, and what does not, by names of checks.

    Attributes:
        alike: the failed checks in which the submission did what the mistake does.
        otherwise: those in which the mistake does something wrong, and the submission something
            else.
    """

    exercise: str
    misconception: Misconception
    alike: tuple[str, ...]
    otherwise: tuple[str, ...]
    failed: int


@dataclass(frozen=True)
class Explained:
    """A report made once more, with everything behind it."""

    report: Report
    checks: tuple[ExplainedCheck, ...]
    evidence: tuple[MistakeEvidence, ...]


class _Tape:
    """Knows nothing, so that everything is computed, and keeps what was."""

    def __init__(self) -> None:
        self.observed: dict[str, Observation] = {}

    def get(
        self, definitions: Definitions, trial: Trial, *, alone: bool = False
    ) -> Observation | None:
        return None

    def put(
        self,
        definitions: Definitions,
        trial: Trial,
        observation: Observation,
        *,
        alone: bool = False,
    ) -> None:
        # The first: a check may be tried again, with the public seed.
        self.observed.setdefault(trial.check.id, observation)


class FreshReference:
    """What is known of known mistakes; the reference is observed again."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def get(
        self, definitions: Definitions, trial: Trial, *, alone: bool = False
    ) -> Observation | None:
        # Only the reference is tried without the sizes of the reference's arrays.
        is_reference = trial.reference is None
        return None if is_reference else self._known.get(definitions, trial, alone=alone)

    def put(
        self,
        definitions: Definitions,
        trial: Trial,
        observation: Observation,
        *,
        alone: bool = False,
    ) -> None:
        self._known.put(definitions, trial, observation, alone=alone)


def explained(
    submission: Submission,
    assignment: Assignment,
    oracle: LiveOracle,
    sandbox: Sandbox,
    *,
    carry: bool,
) -> Explained:
    """Grade a submission once more, and keep what was seen.

    Args:
        assignment: with the exercises to explain.
        carry: as in `grade_submission`.
    """
    tape = _Tape()
    report = grade_submission(submission, assignment.check_set, oracle, sandbox, tape, carry=carry)
    checks: list[ExplainedCheck] = []
    evidence: list[MistakeEvidence] = []
    for exercise in assignment.check_set.exercises:
        own = assignment.check_set.of(exercise.name)
        (graded,) = (each for each in report.exercises if each.name == exercise.name)
        verdicts = {verdict.check: verdict for verdict in graded.verdicts}
        known = assignment.of(exercise.name)
        seen = _seen(own, tape.observed, oracle)
        families = (_family(name, known, assignment) for name in _names(verdicts.values()))
        named = [closest(family, seen) for family in families if family]
        checks += [
            _explained(check, verdicts[check.name], oracle, tape.observed.get(check.id), named)
            for check in own
        ]
        if seen:
            evidence += [_evidence(each, seen) for each in named]
    return Explained(report, tuple(checks), tuple(evidence))


def closest(family: Sequence[Misconception], seen: Evidence | None) -> Misconception:
    """Of the mistakes that have one name, the one that the submission is most like.

    Args:
        family: the one whose own the name is, and those that are the same as it.
        seen: None if nothing was run; then it is the first one.
    """

    def alike(known: Misconception) -> tuple[int, int]:
        if seen is None:
            return 0, 0
        checks = [*seen.failed, *seen.passed]
        return len(seen.explained(known, seen.failed)), -len(seen.denied(known, checks))

    return max(family, key=alike) if len(family) > 1 else family[0]


Name = tuple[str, ...]
"""What one mistake is known as, or two in one formula."""


def _names(verdicts: Iterable[Verdict]) -> Iterable[Name]:
    """The names of the mistakes that verdicts name, each once."""
    return dict.fromkeys(name for each in verdicts for name in _named(each))


def _named(verdict: Verdict) -> list[Name]:
    both = [name for name in (verdict.misconception, verdict.together_with) if name]
    return [tuple(both)] if verdict.in_one_formula else [(name,) for name in both]


def _family(
    name: Name, known: Sequence[Misconception], assignment: Assignment
) -> list[Misconception]:
    """The mistakes that have a name; of two in one formula, the edits that make both."""
    each = [[mistake for mistake in known if mistake.known_as == one] for one in name]
    if len(each) == 1:
        return each[0]
    both = (at_once(assignment, one, other) for one, other in product(*each))
    return [edit for edit in both if edit]


def _seen(
    checks: Sequence[Check], observed: Mapping[str, Observation], oracle: LiveOracle
) -> Evidence | None:
    """What was seen in an exercise's checks; None if they were not all run."""
    if any(check.id not in observed for check in checks):
        return None
    passed: dict[bool, list[Check]] = {True: [], False: []}
    for check in checks:
        status, _ = judge_check(check, observed[check.id], oracle)
        if status != "ungraded":
            passed[status == "passed"].append(check)
    return Evidence(passed[False], passed[True], observed, oracle)


def _explained(
    check: Check,
    verdict: Verdict,
    oracle: LiveOracle,
    observed: Observation | None,
    named: Sequence[Misconception],
) -> ExplainedCheck:
    inputs, expected = oracle.inputs[check.id], oracle.expected(check)
    # The one that the check names; or else the one that its exercise's rule follows.
    names = [" and ".join(name) for name in _named(verdict)[:1]]
    own = [each for each in named if each.known_as in names] or list(named)
    did = oracle.whole_observations(own[0], [check])[check.id] if own else None

    def beside(other: Observation | None) -> Compared | None:
        if observed is None or other is None or observed.failure or other.failure:
            return None
        return compare(check, observed.arrays, other.arrays, inputs)

    return ExplainedCheck(
        check, verdict, inputs, expected, observed, beside(expected), did, beside(did)
    )


def _evidence(known: Misconception, seen: Evidence) -> MistakeEvidence:
    return MistakeEvidence(
        known.exercise,
        known,
        tuple(check.name for check in seen.explained(known, seen.failed)),
        tuple(check.name for check in seen.denied(known, [*seen.failed, *seen.passed])),
        len(seen.failed),
    )
