"""The unit of grading: the definitions of one exercise, and the trials that are made of them.

What they show is observed in this process's sandbox or on another machine: an `Executor` decides,
and the rest of grading does not know where.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

from autograder.grading.allowance import Allowance
from autograder.grading.observe import RestartableChild, clean
from autograder.grading.printed import Printed
from autograder.grading.trial import Known, Trial
from autograder.model import AutograderError, Check, Failure, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import Sandbox, SandboxLost

Told = Callable[[Check, Observation], None]
"""Called with each check as soon as it is observed."""

ENDLESS = 3
"""After so many checks in a row that do not end, a student who waits has seen enough."""

NOT_RUN = Observation(
    failure=Failure("timeout", f"Not run: the {ENDLESS} checks before it did not end.")
)


class MachinesLost(AutograderError):  # noqa: N818 - it says what happened, as StopIteration does
    """Nothing more can be observed, and that is no fault of any submission: the run ends here."""


@dataclass(frozen=True)
class Unit:
    """What one child is asked.

    Attributes:
        definitions: what it loads.
        trials: what is tried on them, at least one, all of one exercise.
        alone: as in `autograder.grading.observe.RestartableChild.observations`.
        allowance: what the submission may still use, and has used.
    """

    definitions: Definitions
    trials: tuple[Trial, ...]
    alone: bool
    allowance: Allowance

    @property
    def exercise(self) -> str:
        """The name of the exercise."""
        return self.trials[0].exercise.name


@dataclass(frozen=True)
class Seen:
    """What a unit showed.

    Attributes:
        observations: of each trial, in order.
        cpu: CPU seconds that it took.
        wall: wall-clock seconds, without waiting for a core.
        lost: wall-clock seconds that were lost to faults of the sandbox.
        peak_bytes: the most memory that one of its processes had beyond the libraries.
    """

    observations: tuple[Observation, ...]
    cpu: float
    wall: float
    lost: float
    peak_bytes: int = 0


class Executor(Protocol):
    """Where units are observed. Like those of ``concurrent.futures``, it returns futures."""

    @property
    def level(self) -> str:
        """The protection that is really on there, as text for every report."""
        ...

    @property
    def submissions(self) -> int | None:
        """How many submissions to grade at a time; None for as many jobs as there are here."""
        ...

    @property
    def here(self) -> AbstractContextManager[object]:
        """Held while this machine works itself: runs a reference, or judges."""
        ...

    def submit(self, unit: Unit) -> Future[Seen]:
        """Observe a unit; blocks while there is no room for it.

        The future may raise `SandboxLost` (nothing is known of this unit) and `MachinesLost`.
        """
        ...

    def close(self) -> None:
        """Give up what is not observed yet: its futures raise `MachinesLost`."""
        ...


class Here:
    """Observes in this process's sandbox, in the thread that asks: the caller has its own.

    Args:
        printed: gets what each check prints, by check id; None not to ask.
        patient: False to run no more checks of an exercise after `ENDLESS` of them that do not end.
        tell: called with each check as soon as it is observed.
    """

    submissions: int | None = None

    def __init__(
        self,
        sandbox: Sandbox,
        printed: dict[str, Printed] | None = None,
        *,
        patient: bool = True,
        tell: Told | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._printed = printed
        self._patient = patient
        self._tell = tell
        self.here: AbstractContextManager[object] = nullcontext()

    @property
    def level(self) -> str:
        return self._sandbox.level

    def submit(self, unit: Unit) -> Future[Seen]:
        future: Future[Seen] = Future()
        try:
            seen = observe(
                unit, self._sandbox, self._printed, patient=self._patient, tell=self._tell
            )
            future.set_result(seen)
        except BaseException as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        pass


def observe(
    unit: Unit,
    sandbox: Sandbox,
    printed: dict[str, Printed] | None = None,
    *,
    patient: bool = True,
    tell: Told | None = None,
) -> Seen:
    """Try a unit in a child of a sandbox; the unit stays as it is.

    Args:
        printed: gets what each check prints, by check id; None not to ask.
        patient: False to run no more checks after `ENDLESS` of them that do not end.
        tell: called with each check as soon as it is observed.
    """
    allowance = copy.deepcopy(unit.allowance)
    cpu, wall = allowance.spent(unit.exercise)
    with RestartableChild(sandbox, allowance=allowance, printed=printed) as child:
        found: list[Observation] = []
        before = cpu
        for check, seen in child.observations(unit.definitions, unit.trials, alone=unit.alone):
            # As measured here, its share of loading included: what a child says may be a lie.
            now, _ = allowance.spent(unit.exercise)
            found.append(replace(seen, seconds=now - before))
            before = now
            if tell:
                tell(check, found[-1])
            if not patient and is_endless(found):
                found += [NOT_RUN] * (len(unit.trials) - len(found))
                break
    cpu_now, wall_now = allowance.spent(unit.exercise)
    lost = allowance.lost - unit.allowance.lost
    return Seen(tuple(found), cpu_now - cpu, wall_now - wall, lost, child.peak_bytes)


def is_endless(found: Sequence[Observation]) -> bool:
    """Whether the last `ENDLESS` checks of an exercise did not end."""
    last = found[-ENDLESS:]
    ends = [not (each.failure and each.failure.kind == "timeout") for each in last]
    return len(last) == ENDLESS and not any(ends)


def observations(
    definitions: Definitions,
    trials: Sequence[Trial],
    allowance: Allowance,
    executor: Executor,
    known: Known | None = None,
    *,
    alone: bool = True,
) -> dict[str, Observation]:
    """What one exercise's definitions show, by check id.

    What is known takes the time and memory that it took: a submission that is slow as a whole gets
    no further in a second run.

    Args:
        allowance: what the submission may use; what is used is counted there.
        known: what need not be observed again.

    Raises:
        MachinesLost: nothing more can be observed.
    """
    found: dict[str, Observation] = {}
    for trial in trials if known else ():
        exercise = trial.exercise.name
        if allowance.used_up(exercise) or allowance.given_up:
            break
        if seen := known and known.get(definitions, trial, alone=alone):
            allowance.spend(exercise, seen.seconds, seen.seconds)
            allowance.note_peak(exercise, seen.peak_bytes)
            found[trial.check.id] = seen
    left = [trial for trial in trials if trial.check.id not in found]
    if left:
        for trial, new in zip(
            left, _observed(Unit(definitions, tuple(left), alone, allowance), executor), strict=True
        ):
            found[trial.check.id] = new
            if known:
                known.put(definitions, trial, new, alone=alone)
    return {trial.check.id: found[trial.check.id] for trial in trials}


def _observed(unit: Unit, executor: Executor) -> Sequence[Observation]:
    try:
        seen = executor.submit(unit).result()
    except SandboxLost as error:
        lost = Observation(failure=Failure("internal", clean(error)))
        return [lost] * len(unit.trials)
    unit.allowance.spend(unit.exercise, seen.cpu, seen.wall)
    unit.allowance.lost += seen.lost
    unit.allowance.note_peak(unit.exercise, seen.peak_bytes)
    return [replace(each, peak_bytes=seen.peak_bytes) for each in seen.observations]
