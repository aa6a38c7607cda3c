"""The same observations and grades come back from a Dask cluster, whatever happens to its workers.

The scheduler and the workers are real processes on the loopback.
"""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dask_processes import OTHER_KERAS, Processes, free_port
from distributed import Client

from autograder.grading.allowance import Allowance
from autograder.grading.cluster import Cluster, cluster
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.trial import Trial, sizes_of
from autograder.grading.unit import Executor, Here, MachinesLost, Unit, observations
from autograder.grading.whole_class import grade_class
from autograder.grading.worker import pack
from autograder.model import AutograderError, Observation
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.inputs import draw_inputs
from autograder.sources.submission import Submission, read_submission
from autograder.verdicts import Report

SEED = 20_261_127
RIGHT = "def average(numbers):\n    return sum(numbers) / len(numbers)\n"
WROTE = {
    "right": RIGHT,
    "wrong": "def average(numbers):\n    return sum(numbers)\n",
    "raises": "def average(numbers):\n    return numbers.mine\n",
    "hostile": "class Lie(dict):\n    items = None\n\n\ndef average(numbers):\n    return Lie()\n",
    "walks": "import numpy as np\n\n\ndef walk(start, rate, gradients):\n"
    "    return start - rate * np.cumsum(gradients)\n",
}
SLOW = "import time\n\n\ndef average(numbers):\n    time.sleep(1)\n    return {}\n"


def trial_of(assignment: Assignment, check_id: str) -> Trial:
    check_set = assignment.check_set
    (check,) = [each for each in check_set.checks if each.id == check_id]
    return Trial(
        check_set.exercise(check.exercise),
        check,
        check_set.probes[check.probe],
        draw_inputs(check, SEED),
        SEED,
        reference=sizes_of(Observation()),
    )


def test_a_worker_gets_what_a_child_gets_and_nothing_else(assignment: Assignment) -> None:
    trial = trial_of(assignment, "walk.takes_every_step")
    withheld = replace(trial, check=replace(trial.check, withheld=("rate",)))
    bare = withheld.bare()
    message, arrays = withheld.request()
    sent, sent_arrays = bare.request()
    assert (sent, sent_arrays.keys()) == (message, arrays.keys())
    assert bare.digest == withheld.digest

    parcel = pack(Unit(assignment.reference("walk"), (withheld,), True, Allowance.of([withheld])))
    assert b"takes_every_step" in parcel  # what is searched for below would be found as text
    for secret in (trial.check.claim, "draw_inputs", "hills", "sqlite", str(assignment.folder)):
        assert secret.encode() not in parcel
    assert SEED.to_bytes(4, "little") not in parcel
    (unpacked,) = pickle.loads(parcel).trials
    assert unpacked.inputs.keys() == {"start", "gradients"}
    assert unpacked.seed == message.seed
    assert unpacked.exercise.checks == []
    with pytest.raises(AssertionError, match="only the grader"):
        unpacked.check.judge()


def test_dask_is_imported_with_the_option_alone() -> None:
    code = (
        "import sys; import autograder.cli, autograder.desks.machines;"
        "import autograder.grading.whole_class;"
        "print({'dask', 'distributed'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "set()", done.stderr


def enter(address: str, said: list[str] | None = None, seconds: float = 60) -> Cluster:
    opened = cluster(
        address,
        confined=True,
        secret_paths=[],
        jobs=2,
        say=(said if said is not None else []).append,
        seconds=seconds,
    )
    with opened as found:
        return found


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.grading.cluster.CONNECT_SECONDS", 1.0)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(AutograderError, match=rf"{address} cannot be reached: .*dask scheduler"):
        enter(address)
    with pytest.raises(AutograderError, match="nonsense://x cannot be reached"):
        enter("nonsense://x")


# --- a scheduler and workers ----------------------------------------------------------------------

slow = pytest.mark.slow


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    found = Processes(tmp_path_factory.mktemp("dask"))
    yield found
    found.end()


@pytest.fixture(scope="module")
def scheduler(processes: Processes) -> str:
    port = free_port()
    processes.scheduler(port)
    return f"tcp://127.0.0.1:{port}"


@slow
def test_a_scheduler_without_workers_says_how_to_start_one(scheduler: str) -> None:
    with pytest.raises(AutograderError, match=f"no workers.*`dask worker {scheduler}`"):
        enter(scheduler, seconds=1)


@pytest.fixture(scope="module")
def unfit(processes: Processes, scheduler: str) -> None:
    processes.worker_with_another_keras(scheduler)
    processes.worker_without_a_sandbox(scheduler)
    with Client(scheduler) as client:
        client.wait_for_workers(2, timeout=120)


@slow
@pytest.mark.usefixtures("unfit")
def test_unfit_workers_are_refused_with_the_reason(scheduler: str) -> None:
    said: list[str] = []
    with pytest.raises(AutograderError, match=r"All workers .* were refused"):
        enter(scheduler, said)
    text = "\n".join(said)
    assert re.search(rf"is refused: Keras is {OTHER_KERAS} there and \d[\d.]+ here$", text, re.M)
    assert re.search(r"is refused: Student code cannot be confined here: .*Landlock", text)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with probing_sandbox() as found:
        yield found


class Crew:
    """Two workers, and the executor that uses them."""

    def __init__(self, processes: Processes, scheduler: str, executor: Cluster) -> None:
        self.processes, self.scheduler, self.executor = processes, scheduler, executor
        self.pids: list[int] = []
        self.said: list[str] = []

    def kill(self, index: int) -> None:
        os.kill(self.pids.pop(index), signal.SIGKILL)


@pytest.fixture(scope="module")
def crew(processes: Processes, scheduler: str, unfit: None) -> Iterator[Crew]:
    said: list[str] = []
    pids = [processes.worker(scheduler), processes.worker(scheduler)]
    with Client(scheduler) as client:
        client.wait_for_workers(4, timeout=120)
    with cluster(
        scheduler, confined=True, secret_paths=[], jobs=2, say=said.append, seconds=120
    ) as executor:
        found = Crew(processes, scheduler, executor)
        found.pids, found.said = pids, said
        await_(lambda: sum("sandbox" in line for line in said) >= 2)
        yield found


def await_(holds: object, seconds: float = 180) -> None:
    assert callable(holds)
    waited = threading.Event()
    for _ in range(int(seconds / 0.2)):
        if holds():
            return
        waited.wait(0.2)
    raise AssertionError("it did not happen")


def submissions(folder: Path, wrote: dict[str, str]) -> list[Submission]:
    for student, text in wrote.items():
        (folder / f"{student}.py").write_text(text)
    return [read_submission(folder / f"{student}.py") for student in wrote]


def graded(
    found: list[Submission],
    assignment: Assignment,
    sandbox: Sandbox,
    executor: Executor | None = None,
) -> dict[str, Report]:
    class_ = {each.student: each for each in found}
    reports = grade_class(class_, assignment, sandbox, jobs=2, seed=SEED, executor=executor)
    return {submission.student: report for submission, report in reports}


@slow
def test_observations_and_grades_are_those_of_one_machine_bit_for_bit(
    crew: Crew, sandbox: Sandbox, assignment: Assignment, tmp_path: Path
) -> None:
    found = submissions(tmp_path, WROTE)
    here = graded(found, assignment, sandbox)
    assert graded(found, assignment, sandbox, crew.executor) == here
    assert len({report.score for report in here.values()}) > 2

    oracle = LiveOracle(sandbox, assignment, SEED)
    for submission in found:
        plan = submission.definitions(["walk", "average"])
        for exercise, definitions in plan.each.items():
            trials = oracle.trials(assignment.check_set.of(exercise))
            first, second = (
                observations(definitions, trials, Allowance.of(trials), executor)
                for executor in (Here(sandbox), crew.executor)
            )
            assert first.keys() == second.keys()
            for seen in (first.values(), second.values()):
                assert sum(each.seconds for each in seen) > 0
                assert min(each.peak_bytes for each in seen) > 0
            for check, one in first.items():
                other = second[check]
                assert one.failure == other.failure
                assert [(n, a.dtype, a.shape, a.tobytes()) for n, a in one.arrays.items()] == [
                    (n, a.dtype, a.shape, a.tobytes()) for n, a in other.arrays.items()
                ]
    assert sum(line.endswith(f"sandbox {sandbox.level}; 1 at a time") for line in crew.said) == 2


@slow
def test_a_worker_whose_sandbox_fails_costs_no_grade(
    crew: Crew, sandbox: Sandbox, assignment: Assignment, tmp_path: Path
) -> None:
    def close_sandbox(dask_worker: Any) -> int:
        for plugin in dask_worker.plugins.values():
            if hasattr(plugin, "sandbox"):
                plugin.sandbox.close()
        return os.getpid()

    with Client(crew.scheduler) as client:
        broken = next(a for a, pid in client.run(os.getpid).items() if pid == crew.pids[0])
        client.run(close_sandbox, workers=[broken])
    found = submissions(tmp_path, {f"b{n}": SLOW.format(-n) for n in range(4)})
    before = len(crew.said)
    assert graded(found, assignment, sandbox, crew.executor) == graded(found, assignment, sandbox)
    # While it gets another sandbox it grades nothing, and then its loss would be none.
    await_(lambda: any(f"worker {broken} joined: sandbox" in line for line in crew.said[before:]))
    crew.kill(0)
    await_(lambda: any(f"worker {broken} was lost" in line for line in crew.said))


@slow
def test_a_worker_that_is_killed_costs_nothing_and_a_late_one_ends_the_work(
    crew: Crew, sandbox: Sandbox, assignment: Assignment, tmp_path: Path
) -> None:
    found = submissions(tmp_path, {f"s{n}": SLOW.format(n) for n in range(8)})
    class_ = {each.student: each for each in found}
    reports = grade_class(class_, assignment, sandbox, jobs=2, seed=SEED, executor=crew.executor)
    done = dict([next(reports)])
    crew.kill(0)
    crew.pids = [crew.processes.worker(crew.scheduler)]
    done |= dict(reports)

    by_student = {submission.student: report for submission, report in done.items()}
    assert by_student == graded(found, assignment, sandbox)
    assert sum("was lost" in line for line in crew.said) == 2
    assert " joined: sandbox " in crew.said[-1]


@slow
def test_what_costs_one_worker_after_another_is_left_to_a_person(
    crew: Crew, sandbox: Sandbox, assignment: Assignment, tmp_path: Path
) -> None:
    """The scheduler's own limit of losses, at its lowest: the first one counts."""

    def at_once(dask_scheduler: object) -> None:
        dask_scheduler.allowed_failures = 0  # type: ignore[attr-defined]

    crew.executor._client.run_on_scheduler(at_once)
    (submission,) = submissions(tmp_path, {"s": SLOW.format("numbers, 'killed'").replace("1", "9")})
    trials = LiveOracle(sandbox, assignment, SEED).trials(assignment.check_set.of("average"))
    definitions = submission.definitions(["average"]).each["average"]
    kill = threading.Timer(3, crew.kill, [0])
    kill.start()
    seen = observations(definitions, trials, Allowance.of(trials), crew.executor)
    (failure,) = {each.failure for each in seen.values()}
    assert failure is not None
    assert failure.kind == "internal"
    assert failure.message == "Each of 1 workers was lost while it ran this exercise."

    crew.executor.close()
    with pytest.raises(MachinesLost, match="run the same command again"):
        observations(definitions, trials, Allowance.of(trials), crew.executor)
