"""Name the mistakes: the misconceptions whose observations are those of the submission.

A misconception explains a failed check if it does with the same inputs what the submission did.
Several may do the same in one check (at the first update, say), so those are dropped that do not
explain the next one. Where more than one is left, none is named: a false name is worse than none.
For the same reason, what one check alone says is not believed if more of them say otherwise, nor
what several say if more of them pass that the mistake would fail.

An error is weaker evidence than numbers, since many mistakes end in the same one. It names a
misconception only if that does in every other check of the exercise, too, what the submission did;
or nothing, where another known mistake explains that.

What no mistake explains alone, two may explain together: see `autograder.grading.together`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.grading.evidence import Evidence
from autograder.grading.oracle import Oracle
from autograder.grading.together import Pair, together
from autograder.model import Check, Failure, Misconception, Observation


@dataclass(frozen=True)
class Diagnosis:
    """The known mistakes that explain failed checks, by check id.

    Attributes:
        alone: where the submission did what one mistake does.
        together: where it did what two do, each in its place.
        lost: where its numbers are lost, as those of a named mistake are. That names nothing, but
            is no other fault either.
    """

    alone: Mapping[str, Misconception]
    together: Mapping[str, Pair]
    lost: frozenset[str] = frozenset()

    def told(self) -> dict[str, Sequence[Misconception]]:
        """For each explained check, the mistake to tell first, and the other one if it takes two.

        Of two, that is the one that has been told the least, so that each has its hint somewhere.
        """
        found: dict[str, Sequence[Misconception]] = {c: (m,) for c, m in self.alone.items()}
        for check, pair in self.together.items():
            first = [mistakes[0].known_as for mistakes in found.values()]
            found[check] = sorted(pair, key=lambda known: first.count(known.known_as))
        return found


def diagnose(
    failed: Sequence[Check],
    passed: Sequence[Check],
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> Diagnosis:
    """For each failed check that known mistakes explain, those mistakes.

    Args:
        failed, passed: the checks of one exercise, in the author's order: the cheap ones, and
            those that tell the most apart, first.
        observed: what the submission did, by check id.
    """
    if not failed:
        return Diagnosis({}, {})
    evidence = Evidence(failed, passed, observed, oracle)
    named = _by_numbers(evidence)
    named |= _by_errors(evidence, named)
    shared = together(evidence, named)
    alone = _believed(evidence, named, shared)
    return Diagnosis(alone, shared, evidence.lost(set(alone.values())))


def _by_numbers(evidence: Evidence) -> dict[str, Misconception]:
    """Names that numbers give, also for the errors that the same mistakes explain."""
    named: dict[str, Misconception] = {}
    left = [check for check in evidence.failed if check in evidence.telling]
    left.sort(key=evidence.is_error)
    while left and not evidence.is_error(left[0]):
        one = _one(_narrowed(evidence.alike(left[0]), [*left[1:], *evidence.passed], evidence))
        named |= {check.id: one for check in evidence.explained(one, left)} if one else {}
        left = [check for check in left[1:] if check.id not in named]
    return named


def _by_errors(evidence: Evidence, named: Mapping[str, Misconception]) -> dict[str, Misconception]:
    """Names of the mistakes whose errors are all the errors that have no name yet; none otherwise.

    Each of them does in every check what the submission did, or nothing wrong. Only what another of
    them ends with an error, it need not do.
    """
    left = [check for check in evidence.failed if check in evidence.telling]
    left = [check for check in left if check.id not in named]
    errors = [check for check in left if evidence.is_error(check)]
    if len(errors) < len(left) and not named:
        return {}
    others = [check for check in evidence.telling if check not in errors]
    found: dict[str, Misconception] = {}
    while rest := [check for check in errors if check.id not in found]:
        fitting = [m for m in evidence.alike(rest[0]) if not evidence.denied(m, others)]
        one = _one(_narrowed(fitting, rest[1:], evidence))
        if one is None:
            return {}
        found |= {check.id: one for check in evidence.explained(one, rest)}
    # The same error twice has one cause.
    causes = {(_error(check, evidence), found[check.id].known_as) for check in errors}
    return found if len({error for error, _ in causes}) == len(causes) else {}


def _error(check: Check, evidence: Evidence) -> Failure | None:
    return evidence.seen[check.id].failure


def _believed(
    evidence: Evidence, named: Mapping[str, Misconception], shared: Mapping[str, Pair]
) -> dict[str, Misconception]:
    """The names without those that more checks speak against than for.

    What a mistake would do wrong and the submission did right speaks against it. Against a name
    that rests on one check, so does everything else that the submission does wrong in another way,
    or where it lost all its numbers and the mistake alone would not. Where nothing but numbers that
    are lost, among right ones, speaks for a name, one check against it is enough.
    """
    unexplained = [
        check
        for check in (*evidence.failed, *evidence.passed)
        if check.id not in named and check.id not in shared and not evidence.is_error(check)
    ]
    passed = [check for check in evidence.passed if check.id not in shared]
    names = Counter(known.known_as for known in named.values())
    names.update(known.known_as for pair in shared.values() for known in pair)

    def doubted(known: Misconception) -> bool:
        # Nothing is asked that cannot decide: what a mistake does has to be observed.
        times = names[known.known_as]
        explained = [c for c in evidence.failed if named.get(c.id) == known]
        if times == len(explained) and all(map(evidence.only_lost, explained)):
            return bool(evidence.denied(known, unexplained))
        if times == 1 and len(evidence.denied(known, unexplained)) > 1:
            return True
        return len(passed) > times and len(evidence.denied(known, passed)) > times

    return {check: known for check, known in named.items() if not doubted(known)}


def _narrowed(
    candidates: list[Misconception], others: Sequence[Check], evidence: Evidence
) -> list[Misconception]:
    """Of several misconceptions that explain a check, those that explain more checks."""
    for check in others:
        if len(candidates) > 1:
            # Those that also explain the next check; all of them if none does, as with a second
            # mistake.
            candidates = [m for m in candidates if evidence.explained(m, [check])] or candidates
    return candidates


def _one(candidates: Sequence[Misconception]) -> Misconception | None:
    """The misconception that is left; of several that are one mistake, the author's first.

    One that is generated gives way to an author's that does the same: its hint says more.
    """
    left = [known for known in candidates if not known.generated] or candidates
    return left[0] if len({known.known_as for known in left}) == 1 else None
