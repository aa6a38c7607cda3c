"""Run mutants of the reference through the checks: each should fail one, and have a name there.

A mutant that passes every check is a check that is missing, or an edit that no check can see, which
the author declares with its reason (see `autograder.sources.misconceptions`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

from autograder.grading.diagnose import diagnose
from autograder.grading.fingerprint import fingerprint, same
from autograder.grading.grade import judge_check
from autograder.grading.observe import RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.model import Check, Equivalent, Observation
from autograder.sandbox.interface import Sandbox
from autograder.sources.arguments import argument_misconceptions
from autograder.sources.assignment import Assignment
from autograder.sources.misconceptions import MISCONCEPTIONS, read_equivalents
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

Result = Literal["caught", "crashed", "survived", "ungraded"]


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.

    Attributes:
        result: "caught" by a check; "crashed" if it could not be defined, or Python refused what
            it does; "survived" every check; "ungraded" if no check failed it, but one broke on it.
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
        """Those that Python itself refuses: no check is tested by them, and no hint needed."""
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

    Each is observed, judged and diagnosed as a submission is, but only until it is caught and its
    name is certain.

    Args:
        oracle: of this assignment and sandbox; what it knows already is not observed again.
        step: called after each of `mutants_of` with its id.

    Raises:
        AutograderError: ``misconceptions.toml`` declares an equivalent mutant in a wrong way.
    """
    declared = read_equivalents(assignment.folder / MISCONCEPTIONS, assignment.cells)
    own = [each for each in declared if each.exercise == exercise]
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
        with RestartableChild(self.sandbox) as child:
            for mutant in lot:
                outcomes.append(self._outcome(mutant, child))
                self.step(mutant.id)
        return outcomes

    def _outcome(self, mutant: Mutant, child: RestartableChild) -> Outcome:
        declared = self.equivalent.get(mutant.id, "")
        observed: dict[str, Observation] = {}
        passed, failed = list[Check](), list[Check]()
        result: Result = "survived"
        place, said, name = "", "", ""
        definitions = self.assignment.misconception(mutant.as_misconception())
        for check, seen in child.observations(definitions, self.oracle.trials(self.order)):
            status, message = judge_check(check, seen, self.oracle)
            observed[check.id] = seen
            if status == "passed":
                passed.append(check)
                continue
            if not failed:
                place, said = check.name, message
            if status == "ungraded":
                result = "ungraded" if result == "survived" else result
                continue
            failed.append(check)
            result = "caught"
            names = self._names(check, seen)
            name = names.pop() if len(names) == 1 else ""
            if len(failed) == 1 and not names and not name and _does_not_run(seen):
                return Outcome(mutant, "crashed", place, said, equivalent=declared)
            if name or _out_of_time(seen):
                break
        if failed and not name:
            name = self._diagnosed(failed, passed, observed)
        return Outcome(mutant, result, place, said, name, declared)

    def _diagnosed(
        self, failed: list[Check], passed: list[Check], observed: Mapping[str, Observation]
    ) -> str:
        """The name that all the checks together give, in the author's order of them."""
        checks = self.assignment.check_set.of(self.exercise)
        both = [[check for check in checks if check in some] for some in (failed, passed)]
        named = diagnose(*both, observed, self.oracle)
        return next((named[check.id].known_as for check in checks if check.id in named), "")

    def _names(self, check: Check, seen: Observation) -> set[str]:
        """The names of the misconceptions that do in a check what was seen."""
        if seen.failure and seen.failure.kind != "raised":
            return set()
        found = fingerprint(seen, check, self.oracle.inputs[check.id])
        return {
            known.known_as
            for known, did in self.oracle.observe_misconceptions(check)
            if same(found, did, check)
        }


def _does_not_run(seen: Observation) -> bool:
    """Whether the mutant could not even be defined, or Python refused what it does."""
    failure = seen.failure
    return failure is not None and (failure.kind == "missing" or failure.exception in _DOES_NOT_RUN)


def _out_of_time(seen: Observation) -> bool:
    """Whether it may be in an endless loop, which the other checks need not wait for too."""
    return seen.failure is not None and seen.failure.kind == "timeout"
