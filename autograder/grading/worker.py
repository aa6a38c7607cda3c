"""What a worker of a Dask cluster does: it holds a sandbox, and observes units in it.

A worker is trusted, as the grader is; what it runs in its sandbox is not. It gets a unit without
judges, expectations, withheld inputs and seeds of runs, and never sees a reference.

This module is imported where Dask is used, and nowhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
import pickle
import platform
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
from distributed import Worker, WorkerPlugin, get_worker

from autograder.grading.observe import probing_sandbox
from autograder.grading.unit import Seen, Unit, observe
from autograder.model import AutograderError, Failure, Observation
from autograder.sandbox import wire
from autograder.sandbox.interface import SandboxLost
from autograder.sandbox.sandbox import Sandbox

_PACKAGE = Path(__file__).parents[1]


@cache
def versions() -> Mapping[str, str]:
    """All that must be the same on two machines for them to give the same observations."""
    code = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        code.update(path.relative_to(_PACKAGE).as_posix().encode() + path.read_bytes())
    return {
        "Python": platform.python_version(),
        "Keras": version("keras"),
        "TensorFlow": version("tensorflow"),
        "NumPy": version("numpy"),
        "processor": platform.machine(),
        "autograder": f"{version('keras-training-autograder')}, code {code.hexdigest()[:8]}",
    }


@dataclass(frozen=True)
class Terms:
    """On what terms a worker may grade.

    Attributes:
        versions: as in `versions`, of the grader.
        confined: whether student code must be confined.
        secrets: paths that no child may read, where they exist on the worker.
    """

    versions: Mapping[str, str]
    confined: bool
    secrets: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of these terms: of the plugin that keeps them, and of the resource that units ask for."""
        terms = repr((sorted(self.versions.items()), self.confined, self.secrets))
        return f"autograder-{hashlib.sha256(terms.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class Answer:
    """What a worker says to the terms.

    Attributes:
        threads: how many units it observes at a time.
        level: its protection.
        refused: why it may not grade; "" if it may.
    """

    threads: int
    level: str
    refused: str = ""


class SandboxOfWorker(WorkerPlugin):
    """Holds a sandbox for as long as a grader uses the worker, or until the worker ends.

    Attributes:
        users: ids of the graders' clients.
        refused: why there is no sandbox; "" if there is one.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.users: set[str] = set()
        self.refused = ""
        self._open = ExitStack()
        self._sandbox: Sandbox | None = None

    @property
    def sandbox(self) -> Sandbox:
        if self._sandbox is None:
            raise RuntimeError("This worker has no sandbox.")
        return self._sandbox

    async def setup(self, worker: Worker) -> None:
        """Start the sandbox; only then units reach the worker."""
        secrets = [Path(path) for path in self.terms.secrets]
        sandbox = probing_sandbox(confined=self.terms.confined, secrets=secrets)
        try:
            # It takes seconds, in which the worker must answer its scheduler.
            self._sandbox = await asyncio.to_thread(self._open.enter_context, sandbox)
        except AutograderError as error:
            self.refused = str(error)
            return
        await worker.set_resources(**{self.terms.name: worker.state.nthreads})

    async def teardown(self, worker: Worker) -> None:
        """End the sandbox and all that runs in it."""
        if self._sandbox and worker.status.name == "running":
            await worker.set_resources(**{self.terms.name: 0})
        self._sandbox = None
        await asyncio.to_thread(self._open.close)


_TURNS = asyncio.Lock()
"""Two graders may come at a time: they share the sandbox, and the first one's wish starts it."""


async def enlist(terms: Terms, user: str, dask_worker: Worker) -> Answer:
    """Get a worker ready to grade, or learn why it may not.

    Args:
        user: id of the client that asks.
        dask_worker: this worker: Dask fills it in.
    """
    threads = dask_worker.state.nthreads
    if reason := _other_versions(terms.versions, versions()):
        return Answer(threads, "", reason)
    async with _TURNS:
        if terms.name not in dask_worker.plugins:
            await dask_worker.plugin_add(SandboxOfWorker(terms), name=terms.name)
        plugin = dask_worker.plugins[terms.name]
        assert isinstance(plugin, SandboxOfWorker)
        if plugin.refused:
            await dask_worker.plugin_remove(name=terms.name)
            return Answer(threads, "", plugin.refused)
        plugin.users.add(user)
        return Answer(threads, plugin.sandbox.level)


async def dismiss(name: str, user: str | None, dask_worker: Worker) -> None:
    """End a worker's sandbox, unless another grader uses it.

    Args:
        name: of the terms.
        user: id of the client that no longer uses it; None to end it in any case.
        dask_worker: this worker: Dask fills it in.
    """
    async with _TURNS:
        plugin = dask_worker.plugins.get(name)
        if isinstance(plugin, SandboxOfWorker):
            plugin.users.discard(user or "")
            if user is None or not plugin.users:
                await dask_worker.plugin_remove(name=name)


def _other_versions(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    other = [
        f"{what} is {found.get(what)} there and {of_grader} here"
        for what, of_grader in wanted.items()
        if found.get(what) != of_grader
    ]
    return "; ".join(other)


@dataclass(frozen=True)
class Reply:
    """What a task returns.

    Attributes:
        asked: who asked first: several may have wanted the same work.
        worker: the address of the worker that did it.
        frames: one for each observation, as from a child.
        cpu, wall, lost, peak_bytes: as in `Seen`.
    """

    asked: str
    worker: str
    frames: Sequence[bytes]
    cpu: float
    wall: float
    lost: float
    peak_bytes: int

    def read(self) -> Seen:
        """What was seen: the frames are parsed and bounded.

        Raises:
            WireError: they are no frames.
        """
        seen = []
        for frame in self.frames:
            told, arrays = wire.decode(frame, _Told)
            seen.append(Observation(dict(sorted(arrays.items())), told.failure, told.seconds))
        return Seen(tuple(seen), self.cpu, self.wall, self.lost, self.peak_bytes)


def answer(name: str, parcel: bytes, asked: str) -> Reply:
    """The task that Dask runs: observe a unit in this worker's sandbox.

    Args:
        name: of the terms.
        parcel: the unit, from the grader's `pack`.
        asked: who asks.
    """
    worker = get_worker()
    plugin = worker.plugins.get(name)
    if not isinstance(plugin, SandboxOfWorker):
        raise SandboxLost("The sandbox of this worker has ended.")
    seen = observe(pickle.loads(parcel), plugin.sandbox)
    frames = [_frame(each) for each in seen.observations]
    return Reply(asked, worker.address, frames, seen.cpu, seen.wall, seen.lost, seen.peak_bytes)


def pack(unit: Unit) -> bytes:
    """A unit on its way to a worker, without what only the grader may know.

    It is a pickle: a worker runs what the scheduler's clients send in any case.
    """
    return pickle.dumps(replace(unit, trials=tuple(trial.bare() for trial in unit.trials)))


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    failure: Failure | None
    seconds: float


def _frame(observation: Observation) -> bytes:
    failure = asdict(observation.failure) if observation.failure else None
    told = {"failure": failure, "seconds": observation.seconds}
    return wire.encode(told, observation.arrays)
