"""Run mutants of the reference through the checks: each should fail one, and have a name there.

A mutant that passes every check is a check that is missing, or an edit that no check can see, which
the author declares with its reason (see `autograder.sources.misconceptions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from autograder.grading.decide import judge_check
from autograder.grading.diagnose import diagnose
from autograder.grading.fingerprint import fingerprint, same
from autograder.grading.mutation_result import Mutation, Outcome, Result
from autograder.grading.observe import RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.model import Check, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import Sandbox
from autograder.sources.arguments import argument_misconceptions
from autograder.sources.assignment import Assignment
from autograder.sources.mutants import Mutant, mutants

MUTANTS_PER_CHILD = 8
"""Mutants that share a child: TensorFlow starts once for all of them, and few share what a mutant
may leave behind."""

FIRST_WAVE = 16
"""Mutants that show which checks tell the most; the others then meet those first."""

# Python's own message says what does not exist and where: no hint could say it better.
_DOES_NOT_RUN = frozenset(
    {"SyntaxError", "NameError", "UnboundLocalError", "AttributeError", "TypeError"}
)


def mutants_of(assignment: Assignment, exercise: str) -> tuple[Mutant, ...]:
    """The mutants of an exercise; their lines are those of the assignment's notebook source."""
    cell = assignment.cells[exercise]
    path = assignment.folder / f"{assignment.name}.py"
    before, found, _ = path.read_text(encoding="utf-8").partition(cell)
    return mutants(cell, exercise, first_line=before.count("\n") + 1 if found else 1)


def try_mutants(
    assignment: Assignment,
    sandbox: Sandbox,
    exercise: str,
    *,
    jobs: int,
    oracle: LiveOracle,
    step: Callable[[str], None] = lambda _: None,
) -> Mutation:
    """Run the mutants of an exercise through its checks, ``jobs`` at a time.

    Each is observed, judged and diagnosed as a submission is, but only until it is caught and has a
    name. Those that a check catches without a name, and survivors, meet every check.

    Args:
        oracle: of this assignment and sandbox; what it knows already is not observed again.
        step: called after each of `mutants_of` with its id.
    """
    own = [each for each in assignment.equivalents if each.exercise == exercise]
    trial = _Trial(assignment, sandbox, exercise, oracle, {e.mutant: e.why for e in own}, step)
    made = mutants_of(assignment, exercise)
    # Spread over the text: neighbours have much in common.
    first = made[:: max(1, len(made) // FIRST_WAVE)]
    rest = [mutant for mutant in made if mutant not in first]
    found: dict[Mutant, Outcome] = {}
    with ThreadPoolExecutor(jobs, "mutants") as executor:
        for wave in (first, rest):
            size = max(1, min(MUTANTS_PER_CHILD, -(-len(wave) // jobs)))
            lots = [wave[start : start + size] for start in range(0, len(wave), size)]
            for outcomes in executor.map(trial.run, lots):
                found |= {outcome.mutant: outcome for outcome in outcomes}
            trial.telling_first(list(found.values()))
    known = {mutant.id for mutant in made} | {
        each.name for each in argument_misconceptions(assignment.cells[exercise], exercise)
    }
    unknown = tuple(each for each in own if each.mutant not in known)
    return Mutation(exercise, tuple(found[mutant] for mutant in made), unknown)


@dataclass
class _Trial:
    """Tries mutants of one exercise; `run` is safe to call from several threads."""

    assignment: Assignment
    sandbox: Sandbox
    exercise: str
    oracle: LiveOracle
    equivalent: Mapping[str, str]
    step: Callable[[str], None]
    order: list[Check] = field(init=False)

    def __post_init__(self) -> None:
        self.telling_first([])

    def telling_first(self, outcomes: Sequence[Outcome]) -> None:
        """Order the checks by the seconds that each takes to catch one mutant."""
        catches = [outcome.check for outcome in outcomes if outcome.check]

        def seconds(check: Check) -> float:
            taken = max(self.oracle.expected(check).seconds, 0.01)
            return taken * (len(catches) + 2) / (catches.count(check.name) + 1)

        self.order = sorted(self.assignment.check_set.of(self.exercise), key=seconds)

    def run(self, lot: Sequence[Mutant]) -> list[Outcome]:
        """What becomes of some mutants, which take turns in one child."""
        outcomes = []
        # Mutants divide by 0 and overflow: judges work with what comes of it, without a warning.
        with RestartableChild(self.sandbox) as child, np.errstate(all="ignore"):
            for mutant in lot:
                outcomes.append(self._outcome(mutant, child))
                self.step(mutant.id)
        return outcomes

    def _outcome(self, mutant: Mutant, child: RestartableChild) -> Outcome:
        tried = _Tried(self.oracle, child, self.assignment.misconception(mutant.as_misconception()))
        check = next((c for c in tried.checks(self.order) if c.id in tried.failed), None)
        if check is None:
            result: Result = "ungraded" if tried.broken else "survived"
            place, said = next(iter(tried.broken.items()), ("", ""))
            return Outcome(mutant, result, place, said, "", self.equivalent.get(mutant.id, ""))
        seen, said = tried.observed[check.id], tried.failed[check.id]
        crashed = _does_not_run(seen) and not self._names(check, seen)
        name = "" if crashed else self._name(tried)
        # One that returns no arrays may do so in one check alone; by now it has met all of them.
        crashed = crashed or not (name or any(_tells(tried.observed[one]) for one in tried.failed))
        return Outcome(
            mutant,
            "crashed" if crashed else "caught",
            check.name,
            said,
            name,
            self.equivalent.get(mutant.id, ""),
        )

    def _name(self, tried: _Tried) -> str:
        """The name that a student would read first, from no more checks than that takes."""
        checks = self.assignment.check_set.of(self.exercise)
        for check in tried.checks(checks):
            # An error is named only where every other check agrees.
            if check.id in tried.failed and not tried.observed[check.id].failure:
                names = self._names(check, tried.observed[check.id])
                if len(names) == 1:
                    return names.pop()
        failed = [check for check in checks if check.id in tried.failed]
        passed = [check for check in checks if check.id in tried.passed]
        named = diagnose(failed, passed, tried.observed, self.oracle).told()
        return next((named[check.id][0].known_as for check in failed if check.id in named), "")

    def _names(self, check: Check, seen: Observation) -> set[str]:
        """The names of the misconceptions that do in a check what was seen."""
        if not _tells(seen):
            return set()
        found = fingerprint(seen, check, self.oracle.inputs[check.id])
        return {
            known.known_as
            for known, did in self.oracle.observe_misconceptions(check)
            if same(found, did, check)
        }


@dataclass
class _Tried:
    """What one mutant did in the checks that it was tried in so far.

    Attributes:
        observed: what it did, by check id.
        passed: ids of the checks that it passed.
        failed: ids of the checks that failed it, with the message.
        broken: names of the checks that broke on it, with the message.
    """

    oracle: LiveOracle
    child: RestartableChild
    definitions: Definitions
    observed: dict[str, Observation] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def checks(self, order: Sequence[Check]) -> Iterator[Check]:
        """Yield each check once it is decided; none is tried twice, and none after a time-out."""
        for check in order:
            if check.id not in self.observed:
                # One time-out is enough: an endless loop has it in every check.
                if any(_out_of_time(seen) for seen in self.observed.values()):
                    continue
                self._try(check)
            yield check

    def _try(self, check: Check) -> None:
        trials = self.oracle.trials([check])
        ((_, seen),) = self.child.observations(self.definitions, trials)
        self.observed[check.id] = seen
        status, message = judge_check(check, seen, self.oracle)
        if status == "passed":
            self.passed.add(check.id)
        elif status == "ungraded":
            self.broken[check.name] = message
        else:
            self.failed[check.id] = message


def _does_not_run(seen: Observation) -> bool:
    """Whether a mutant cannot be defined or comes to no end, or Python refuses what it does."""
    failure = seen.failure
    return failure is not None and (
        failure.kind in ("missing", "timeout", "memory", "crashed")
        or failure.exception in _DOES_NOT_RUN
    )


def _tells(seen: Observation) -> bool:
    """Whether a misconception could do the same: other failures look alike in every mistake."""
    return seen.failure is None or seen.failure.kind == "raised"


def _out_of_time(seen: Observation) -> bool:
    """Whether it may be in an endless loop, which the other checks need not wait for too."""
    return seen.failure is not None and seen.failure.kind == "timeout"
