"""What became of the mutants of an exercise, and the figures that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from autograder.sources.equivalents import Equivalent
from autograder.sources.mutants import Mutant

Result = Literal["caught", "crashed", "survived", "ungraded"]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Attributes:
        result: "caught" by a check; "crashed" if it cannot be defined, comes to no end or returns
            no arrays, or if Python refuses what it does; "survived" every check; "ungraded" if no
            check failed it, but one broke on it.
        check: the first check that failed, or broke; "" for a survivor.
        message: what a student would read there.
        misconception: the name of the mistake that a student would read; "" if there is none.
        equivalent: why it is declared to change nothing; "" if it is not.
    """

    mutant: Mutant
    result: Result
    check: str = ""
    message: str = ""
    misconception: str = ""
    equivalent: str = ""


@dataclass(frozen=True)
class Mutation:
    """What became of the mutants of one exercise.

    Attributes:
        outcomes: one for each mutant, in the order of the text.
        unknown: what is declared equivalent and does not exist.
    """

    exercise: str
    outcomes: tuple[Outcome, ...]
    unknown: tuple[Equivalent, ...] = ()

    @property
    def made(self) -> int:
        """How many mutants there are."""
        return len(self.outcomes)

    @property
    def caught(self) -> tuple[Outcome, ...]:
        """Those that a check fails, the crashed ones included."""
        return tuple(o for o in self.outcomes if o.result in ("caught", "crashed"))

    @property
    def crashed(self) -> tuple[Outcome, ...]:
        """Those that do not run: they say little of the checks, and no hint is possible."""
        return self._with("crashed")

    @property
    def named(self) -> tuple[Outcome, ...]:
        """Those that a check fails with the name of a mistake."""
        return tuple(o for o in self._with("caught") if o.misconception)

    @property
    def unnamed(self) -> tuple[Outcome, ...]:
        """Those that a check fails without a name: each may be a misconception to add."""
        return tuple(o for o in self._with("caught") if not o.misconception)

    @property
    def equivalent(self) -> tuple[Outcome, ...]:
        """Survivors that are declared to change nothing."""
        return tuple(o for o in self._with("survived") if o.equivalent)

    @property
    def survivors(self) -> tuple[Outcome, ...]:
        """Survivors that are not declared: a check is missing, or a declaration."""
        return tuple(o for o in self._with("survived") if not o.equivalent)

    @property
    def ungraded(self) -> tuple[Outcome, ...]:
        """Those that a check breaks on."""
        return self._with("ungraded")

    @property
    def wrongly_declared(self) -> tuple[Outcome, ...]:
        """Those that are declared to change nothing, and are caught."""
        return tuple(o for o in self.caught if o.equivalent)

    @property
    def shared_names(self) -> Mapping[str, tuple[Outcome, ...]]:
        """Names that more than one mutant gets: their hint may match too much."""
        found: dict[str, tuple[Outcome, ...]] = {}
        for outcome in self.named:
            found[outcome.misconception] = (*found.get(outcome.misconception, ()), outcome)
        return {name: those for name, those in found.items() if len(those) > 1}

    @property
    def score(self) -> float:
        """The share of the mutants that are caught, without those that change nothing."""
        return _share(len(self.caught), self.made - len(self.equivalent))

    @property
    def naming(self) -> float:
        """The share of the mutants caught by a check that have a name."""
        return _share(len(self.named), len(self.caught) - len(self.crashed))

    def _with(self, result: Result) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.result == result)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
