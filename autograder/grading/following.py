"""Observe the misconceptions of an assignment, each for as long as that proves something.

Most are caught by the first check, and do there what no other does: what they do in the others adds
nothing. The rest go on until they are caught and told from every other. What a grader would say
follows from that: it names the one misconception that does everything that a submission does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from autograder.grading.decide import judge_check
from autograder.grading.evidence import tells
from autograder.grading.fingerprint import same
from autograder.grading.observe import RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.model import Check, Misconception, Observation
from autograder.sources.checks import CheckSet

_Each = TypeVar("_Each")

PER_CHILD = 24
"""How many implementations share a child: TensorFlow starts once for all of them. Where it dies,
another goes on with the same check."""


def lots(implementations: Sequence[_Each], jobs: int) -> list[Sequence[_Each]]:
    """The course's own implementations, in lots that each take turns in one child.

    Args:
        jobs: how many lots will run side by side.
    """
    size = max(1, min(PER_CHILD, -(-len(implementations) // jobs)))
    return [implementations[at : at + size] for at in range(0, len(implementations), size)]


class Following:
    """Observes misconceptions, and says which checks they fail and which are alike."""

    def __init__(self, check_set: CheckSet, oracle: LiveOracle, *, everything: bool) -> None:
        """Observe nothing yet.

        Args:
            everything: observe every misconception in every check.
        """
        self._check_set = check_set
        self._oracle = oracle
        self._everything = everything
        self._failing: dict[tuple[str, str], bool] = {}

    def until_caught(
        self, exercises: Sequence[str], jobs: int, step: Callable[[str], None]
    ) -> list[Callable[[], None]]:
        """Tasks that observe every misconception of some exercises until a check catches it.

        Several misconceptions take turns in one child, and each task has one.

        Args:
            jobs: how many tasks will run side by side.
            step: called after each misconception with its name.
        """
        tasks: list[Callable[[], None]] = []
        for exercise in exercises:
            known = self._oracle.misconceptions(exercise)
            tasks += [partial(self._until_caught, lot, step) for lot in lots(known, jobs)]
        return tasks

    def until_told_apart(self, exercise: str) -> None:
        """Go on until everything is proven, once each misconception of an exercise is caught.

        That is: those with a name of their own are told from each other, and every check catches
        something.
        """
        known = self._oracle.misconceptions(exercise)
        with self._oracle.child() as child:
            for misconception in filter(self.can_be_named, known):
                self.double(misconception, child)
            for check in self.redundant(exercise):
                next((m for m in known if self._fails(m, check, child)), None)

    def redundant(self, exercise: str) -> list[Check]:
        """The checks that no misconception is known to fail."""
        known = self._oracle.misconceptions(exercise)
        caught = {check.id for misconception in known for check in self.failed(misconception)}
        return [check for check in self._check_set.of(exercise) if check.id not in caught]

    def failed(self, known: Misconception) -> list[Check]:
        """The checks that it is known to fail."""
        return [check for check in self.tried(known) if self._fails(known, check)]

    def tried(self, known: Misconception) -> list[Check]:
        """The checks in which it has been observed."""
        observed = self._oracle.observed(known)
        return [check for check in self._check_set.of(known.exercise) if check.id in observed]

    def can_be_named(self, known: Misconception) -> bool:
        """Whether a student could be told of it: an author's, that tells something where it fails.

        One that ends in NaN everywhere, or runs out of time, is caught, but looks like many others.
        """
        return not known.generated and any(
            tells(self._fingerprint(known, check)) for check in self.failed(known)
        )

    def double(
        self, known: Misconception, child: RestartableChild | None = None
    ) -> Misconception | None:
        """Another that does the same in every check, so that neither can be named.

        What is generated gives way to an author's, so that it is no double of it.

        Args:
            child: where to observe what has not been observed yet.
        """
        for other in self._oracle.misconceptions(known.exercise):
            if not self.can_be_named(other):
                continue
            if known.known_as != other.known_as and not self._is_told_from(known, other, child):
                return other
        return None

    def _until_caught(self, lot: Sequence[Misconception], step: Callable[[str], None]) -> None:
        with self._oracle.child() as child:
            for known in lot:
                for check in self._check_set.of(known.exercise):
                    caught = self._fails(known, check, child)
                    said = known.generated or tells(self._fingerprint(known, check))
                    if caught and said and not self._everything:
                        break
                step(f"{known.exercise}.{known.name}")

    def _is_told_from(
        self, known: Misconception, other: Misconception, child: RestartableChild | None
    ) -> bool:
        """Whether some check shows that what one did was not what the other does."""
        for check in self._check_set.of(known.exercise):
            did = self._fingerprint(known, check, child)
            if tells(did) and not same(did, self._fingerprint(other, check, child), check):
                return True
        return False

    def _fails(
        self, known: Misconception, check: Check, child: RestartableChild | None = None
    ) -> bool:
        key = (known.name, check.id)
        if key not in self._failing:
            # What the oracle saw it do is what it would do if it were submitted.
            observed = self._oracle.whole_observations(known, [check], child)[check.id]
            self._failing[key] = judge_check(check, observed, self._oracle)[0] != "passed"
        return self._failing[key]

    def _fingerprint(
        self, known: Misconception, check: Check, child: RestartableChild | None = None
    ) -> Observation:
        self._oracle.whole_observations(known, [check], child)
        return self._oracle.observe_misconception(known, [check])[check.id]
