"""How long a submission may take in all. No process is started; time is counted, not waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograder.grading import allowance as allowances
from autograder.grading import observe
from autograder.grading.allowance import (
    EXERCISE_SECONDS,
    HURRIED_SECONDS,
    LOST_SECONDS,
    WALL_SECONDS,
    WALL_TIMES,
    Allowance,
)
from autograder.grading.judge import close
from autograder.grading.observe import ATTEMPTS, ATTEMPTS_ONCE_LOST, RestartableChild
from autograder.grading.trial import Trial
from autograder.grading.unit import Here, observations
from autograder.messages import Load, Loaded, Observed
from autograder.model import Check, Exercise, Observation
from autograder.programs import Definitions, Probe, SourceFile
from autograder.sandbox.interface import ChildDied, SandboxLost
from autograder.verdicts import Used

SUBMITTED = Definitions((SourceFile("cell_2.py", "cell 2", "class Adam: pass", (0,)),))
SHARE = 0.5

Died = tuple[str, bool] | None  # kind of death, and whether it was by a kill


@dataclass(frozen=True)
class Doing:
    """What a submission does with the time that it is given.

    Attributes:
        cpu: CPU seconds of an answer; None for all that it may use.
        asleep: seconds that it waits meanwhile; None for all that it may.
        waits: seconds that it is ready to run, while others run.
        dies: how it ends then; None if it answers.
    """

    cpu: float | None = 0.0
    asleep: float | None = 0.0
    waits: float = 0.0
    dies: Died = None


IN_A_MOMENT = Doing(cpu=0.01)


@dataclass
class Machine:
    """A sandbox and a clock that only moves if a submission does something.

    Attributes:
        doing: what the submission does in the checks of each exercise.
        loading: what it does while it is loaded.
        starting: seconds until a child is ready.
        requests: how often it was asked something.
    """

    doing: Mapping[str, Doing]
    loading: Doing = IN_A_MOMENT
    starting: float = 0.0
    now: float = 0.0
    requests: int = 0

    def child(self) -> Any:
        self.now += self.starting
        return FakeChild(self)

    def monotonic(self) -> float:
        return self.now


@dataclass
class FakeChild:
    """Uses the time of its machine, up to the limits that a real child is held to."""

    machine: Machine
    cpu_seconds: float = 0.0
    waited_seconds: float = 0.0
    peak_bytes: int = 120_000_000

    def request(
        self,
        message: Any,
        arrays: Mapping[str, np.ndarray],
        *,
        reply: type,
        cpu_seconds: float,
        wall_seconds: float,
        room: object = None,
    ) -> tuple[Loaded | Observed, dict[str, np.ndarray]]:
        self.machine.requests += 1
        load = isinstance(message, Load)
        does = self.machine.loading if load else self.machine.doing[message.exercise]
        if does.dies and does.dies[0] == "lost":
            self.machine.now += does.asleep or 0.0
            raise SandboxLost("no memory for a process")
        most = min(6 * cpu_seconds + 5, wall_seconds)
        cpu = cpu_seconds if does.cpu is None else does.cpu
        asleep = most - cpu if does.asleep is None else does.asleep
        late = cpu >= cpu_seconds or cpu + asleep >= most
        cpu, asleep = min(cpu, cpu_seconds), min(asleep, most - cpu)
        self.machine.now += cpu + asleep + does.waits
        self.cpu_seconds += cpu
        self.waited_seconds += does.waits
        if does.dies:
            raise ChildDied("crashed", "It was killed.", killed=does.dies[1])
        if late:
            raise ChildDied("timeout", "No reply in time.")
        return (Loaded() if load else Observed(None)), {}

    def close(self) -> None:
        pass


def trial(exercise: str, number: int) -> Trial:
    check = Check(
        name=f"check_{number}",
        exercise=exercise,
        claim="It holds.",
        points=1.0,
        probe="probe",
        inputs=lambda rng: {},
        judge=close(),
    )
    return Trial(
        Exercise(exercise),
        check,
        Probe("probe", "..."),
        {},
        0,
        cpu_seconds=2.0,
        cpu_seconds_after_death=1.0,
        share=SHARE,
    )


EXERCISES = [f"Exercise{number}" for number in range(6)]
CHECKS = 16


def graded(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, allowance: Allowance | None = None
) -> dict[str, list[Observation]]:
    """What 96 checks of 6 exercises show, by exercise."""
    for module in (observe, allowances):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=machine.monotonic))
    trials = {name: [trial(name, number) for number in range(CHECKS)] for name in EXERCISES}
    allowance = allowance or Allowance.of(one for each in trials.values() for one in each)
    sandbox: Any = machine
    with RestartableChild(sandbox, allowance=allowance) as child:
        return {
            name: [seen for _, seen in child.observations(SUBMITTED, each)]
            for name, each in trials.items()
        }


def all_doing(doing: Doing, **others: Doing) -> Machine:
    return Machine({**dict.fromkeys(EXERCISES, doing), **others})


def failures(seen: list[Observation]) -> list[str]:
    return [one.failure.message for one in seen if one.failure]


# The whole submission, with one more request that ends when the time is used up.
CPU = EXERCISE_SECONDS + len(EXERCISES) * (HURRIED_SECONDS + CHECKS * SHARE)
WALL = WALL_TIMES * CPU + WALL_SECONDS * len(EXERCISES)

HOSTILE = {
    "sleeps": Doing(asleep=None),
    "sleeps, then kills itself": Doing(asleep=15.0, dies=("crashed", True)),
    "sleeps, then crashes": Doing(asleep=15.0, dies=("crashed", False)),
    "sleeps, then answers": Doing(asleep=15.0),
    "computes": Doing(cpu=None),
    "computes, then answers": Doing(cpu=1.9),
    "computes, then kills itself": Doing(cpu=1.9, dies=("crashed", True)),
    "does both": Doing(cpu=0.9, asleep=None),
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_submission_ends_in_time_whatever_it_does(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = all_doing(HOSTILE[how])
    graded(machine, monkeypatch)
    assert machine.now <= WALL


@pytest.mark.parametrize("how", [how for how in HOSTILE if how.startswith("sleeps")])
def test_without_an_allowance_it_would_not(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = all_doing(HOSTILE[how])
    seen = graded(machine, monkeypatch, Allowance({}, limited=False))
    assert machine.now > 2 * WALL
    assert not any("not run" in message for each in seen.values() for message in failures(each))


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_exercise_costs_no_other_its_points(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As clumsy as a check may be: ten times the reference in every check, on a busy machine.
    clumsy = Doing(cpu=SHARE, waits=30.0)
    machine = all_doing(HOSTILE[how], Exercise5=clumsy)
    assert failures(graded(machine, monkeypatch)["Exercise5"]) == []


def test_waiting_for_a_core_or_for_a_new_process_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = all_doing(Doing(cpu=SHARE, waits=600.0))
    machine.starting = 600.0
    seen = graded(machine, monkeypatch)
    assert machine.now > 100 * WALL
    assert not any(failures(each) for each in seen.values())


def test_the_message_says_what_was_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = graded(all_doing(IN_A_MOMENT, Exercise0=Doing(cpu=None)), monkeypatch)
    said = failures(seen["Exercise0"])
    assert len(said) == CHECKS
    assert said[0] == "No reply in time."
    assert (
        said[-1]
        == (
            "The checks of Exercise0 took more than 28 s of CPU time in all. "
            "The other checks of this exercise were not run."
        )
        or said[-1] == "No reply in time."
    )
    seen = graded(all_doing(IN_A_MOMENT, Exercise0=Doing(asleep=None)), monkeypatch)
    assert failures(seen["Exercise0"])[-1] == (
        "The checks of Exercise0 took more than 57 s in all. "
        "The other checks of this exercise were not run."
    )
    assert not failures(seen["Exercise1"])


def test_definitions_that_do_not_load_are_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = all_doing(IN_A_MOMENT)
    machine.loading = Doing(asleep=None)
    seen = graded(machine, monkeypatch)
    assert machine.requests == 1
    assert {message for each in seen.values() for message in failures(each)} == {
        "Your definitions could not be loaded. No reply in time."
    }
    assert sum(map(len, map(failures, seen.values()))) == len(EXERCISES) * CHECKS


def test_definitions_that_were_killed_once_are_loaded_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = all_doing(IN_A_MOMENT)
    machine.loading = Doing(dies=("crashed", True))
    graded(machine, monkeypatch)
    assert machine.requests == 2


def test_a_lost_sandbox_hurries_too_and_costs_no_points(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = Doing(asleep=20.0, dies=("lost", False))
    machine = all_doing(lost)
    seen = graded(machine, monkeypatch)
    assert machine.now < LOST_SECONDS + 30.0
    every = [one.failure for each in seen.values() for one in each]
    assert {failure.kind for failure in every if failure} == {"internal"}
    # The first check is tried more often than those that follow, until there is no time left.
    assert ATTEMPTS_ONCE_LOST < ATTEMPTS
    assert machine.requests < len(every)


def test_a_fault_of_the_sandbox_shortens_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose fault it is decides: only what the submission did makes the grader impatient."""
    machine = all_doing(Doing(cpu=1.5), Exercise0=Doing(dies=("lost", False)))
    lost, *others = (graded(machine, monkeypatch)[name][0] for name in EXERCISES)
    assert lost.failure
    assert lost.failure.kind == "internal"
    assert others[0].failure is None


def test_the_courses_own_code_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = all_doing(Doing(cpu=1.9))
    seen = graded(machine, monkeypatch, Allowance({}, limited=False))
    assert not any(failures(each) for each in seen.values())


def test_shares_are_added_up_for_each_exercise() -> None:
    trials = [trial("A", 1), trial("B", 1), replace(trial("A", 2), share=7.0)]
    assert Allowance.of(trials).shares == {"A": SHARE + 7.0, "B": SHARE}


class KeepsAll:
    """Knows whatever was ever observed."""

    def __init__(self) -> None:
        self.kept: dict[str, Observation] = {}

    def get(
        self, definitions: Definitions, trial: Trial, *, alone: bool = False
    ) -> Observation | None:
        return self.kept.get(trial.check.id)

    def put(
        self, definitions: Definitions, trial: Trial, observation: Observation, *, alone: bool
    ) -> None:
        self.kept[trial.check.id] = observation


def test_what_is_known_used_what_was_measured_when_it_was_run() -> None:
    machine: Any = all_doing(Doing(cpu=0.25))
    trials = [trial("Exercise0", number) for number in range(4)]
    known = KeepsAll()
    requests = []
    for asked in trials[:1], trials, trials:  # then three checks more, then nothing new
        allowance = Allowance.of(trials)
        observations(SUBMITTED, asked, allowance, Here(machine), known)  # type: ignore[arg-type]
        requests.append(machine.requests)
    assert requests == [2, 6, 6]
    # Two children were loaded. They say themselves that they took no time at all.
    assert allowance.used("Exercise0") == Used(2 * 0.01 + 4 * 0.25, 120.0)
