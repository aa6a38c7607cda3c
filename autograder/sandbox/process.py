"""A child: one process that is asked, timed, and removed, however it was started."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, overload

import numpy as np

from autograder.sandbox import scratch
from autograder.sandbox.channel import Channel, HungUpError, UnsendableError
from autograder.sandbox.control import Readiness
from autograder.sandbox.interface import ChildDied, SandboxLost
from autograder.sandbox.keeper import KILL_SECONDS, START_SECONDS, Job, Keeper
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import (
    LOOK_SECONDS,
    Measured,
    Watch,
    cpu_time,
    explain,
    has_ended,
    size_and_threads,
    waited_for_a_core,
)
from autograder.sandbox.wire import Bounds, Message, NamedArrays, WireError

Reply = TypeVar("Reply")

REPLY_JSON_BYTES = 1 << 20


class NotConfinedError(SandboxLost):
    """A child could not confine itself, and has run nothing."""


class Process(Measured, Protocol):
    """What a `Child` needs of its process."""

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    def kill(self) -> None:
        """Kill the process and wait until it is gone, so that nothing of it can still run."""
        ...

    def death(self) -> ChildDied:
        """Why the connection ended although the grader did not close it; the process is gone.

        Raises:
            SandboxLost: that was the grader's own fault.
        """
        ...

    def remove_files(self) -> None:
        """Remove all that it left."""
        ...


class Child:
    """A process that runs the service for one implementation.

    After a request has raised, the process is gone and every further request raises `ChildDied`.
    """

    def __init__(self, process: Process, channel: Channel) -> None:
        self._process = process
        self._channel = channel
        self._gone: ChildDied | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kill the process and remove its files; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._gone = self._gone or ChildDied("crashed", "The process was closed.")
        self._channel.close()
        try:
            self._process.kill()  # not asked to exit, which it might refuse
        finally:
            self._process.remove_files()

    @overload
    def request(
        self, message: object, arrays: Mapping[str, np.ndarray], *, cpu_seconds: float
    ) -> tuple[Message, NamedArrays]: ...

    @overload
    def request(
        self,
        message: object,
        arrays: Mapping[str, np.ndarray],
        *,
        cpu_seconds: float,
        reply: type[Reply],
    ) -> tuple[Reply, NamedArrays]: ...

    def request(
        self,
        message: object,
        arrays: Mapping[str, np.ndarray],
        *,
        cpu_seconds: float,
        reply: Any = Message,
    ) -> tuple[Any, NamedArrays]:
        """Send a request and wait for its reply.

        Args:
            message: a dictionary of JSON values, or a Struct.
            arrays: named arrays of numbers or booleans.
            cpu_seconds: CPU time (all threads) that the answer may take. The wall clock ends a
                child only after 6 times that plus 5 seconds.
            reply: type of the reply's message: a Struct, or a dictionary.

        Raises:
            ChildDied: out of time, out of memory, or crashed; the process is gone.
            WireError: the reply is malformed or too large; the process is gone.
            SandboxLost: the grader's own fault, such as a request that cannot be encoded.
        """
        if self._gone is not None:
            raise self._gone
        watch = Watch(self._process, cpu_seconds)
        try:
            answer = self._channel.exchange(message, arrays, watch.pause, reply)
            self._process.look()  # or a fast child would get away with more than a slow one
            return answer
        except ChildDied as died:
            died.cpu_seconds = watch.spent()
            self._gone = died
            self._process.kill()
            raise
        except UnsendableError as error:
            raise SandboxLost(f"A request could not be sent: {error}.") from error
        except HungUpError:
            spent = watch.spent()
            self._gone = self._process.death()
            self._gone.cpu_seconds = max(spent, watch.spent())
            raise self._gone from None
        except WireError:
            self._gone = ChildDied("crashed", "The process was killed after an invalid reply.")
            self._process.kill()
            raise
        except BaseException:  # Ctrl-C: its reply must not be taken for that to a later request
            self._gone = ChildDied("crashed", "The request was interrupted.")
            raise


class ForkedProcess:
    """A process that the zygote has forked, with a folder of its own."""

    def __init__(self, keeper: Keeper, job: Job, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self._keeper = keeper
        self._job = job
        self._limits = limits
        self._first_size = 0
        self._memory_was_short = False

    @property
    def pid(self) -> int:
        return self._job.pid

    def cpu_seconds(self) -> float:
        return cpu_time(self.pid)

    def waited_seconds(self) -> float:
        return waited_for_a_core(self.pid)

    def look(self) -> None:
        limits = self._limits
        size, threads = size_and_threads(self.pid)
        self._memory_was_short |= size - self._first_size > 0.75 * limits.memory_bytes
        if threads > limits.threads:
            raise ChildDied("crashed", f"Started more than {limits.threads} threads.")
        try:
            size, files = scratch.usage(self.folder, limits.scratch_files)
        except scratch.HiddenError as error:
            raise ChildDied("crashed", "Made a directory that cannot be read.") from error
        if files > limits.scratch_files:
            raise ChildDied("crashed", f"Wrote more than {limits.scratch_files:,} files.")
        if size + scratch.deleted(self.pid) > limits.scratch_bytes:
            message = f"Wrote more than {limits.scratch_bytes:,} bytes of files."
            raise ChildDied("crashed", message)

    def kill(self) -> None:
        self._keeper.kill(self._job)

    def death(self) -> ChildDied:
        job = self._job
        # On a busy machine, the zygote may take its time to report the end.
        ended_by_itself = job.ended.wait(1.0) or has_ended(job.pid)
        self.kill()
        if job.lost:
            raise SandboxLost(job.lost)
        if not ended_by_itself:
            return ChildDied("crashed", "The process closed its connection to the grader.")
        return explain(
            job.status,
            self._limits,
            peak_bytes=job.peak_bytes,
            cpu_seconds=job.cpu_seconds,
            memory_was_short=self._memory_was_short,
        )

    def remove_files(self) -> None:
        scratch.remove(self.folder)

    def await_readiness(self, channel: Channel) -> None:
        """Wait until it is confined; it has run nothing of the student's before.

        Raises:
            NotConfinedError: it cannot confine itself.
            SandboxLost: it ended, or took too long.
        """

        def pause() -> float:
            if time.monotonic() > end:
                raise SandboxLost("A new process did not confine itself in time.")
            return LOOK_SECONDS

        end = time.monotonic() + START_SECONDS
        try:
            reply, _ = channel.exchange({}, {}, pause, Readiness)
        except HungUpError:
            self._job.ended.wait(KILL_SECONDS)
            reason = self._job.lost or f"it ended with status {self._job.status}"
            raise SandboxLost(f"A process could not be started: {reason}") from None
        if reply.problem:
            raise NotConfinedError(reply.problem)
        self._job.started.wait(KILL_SECONDS)
        self._first_size = size_and_threads(self.pid)[0]


def start_child(keeper: Keeper, limits: Limits, *, confined: bool, canary: bool = False) -> Child:
    """Have a process forked, and wait until it is confined.

    Args:
        canary: whether it runs the self-test instead of the service.

    Raises:
        SandboxLost: it could not be started or confined.
    """
    folder = keeper.folder / f"child-{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise SandboxLost(f"{folder} could not be made: {error.strerror}.") from error
    try:
        job, connection = keeper.fork(folder, limits, confined=confined, canary=canary)
    except BaseException:
        scratch.remove(folder)
        raise
    bounds = Bounds(frame_bytes=limits.frame_bytes, json_bytes=REPLY_JSON_BYTES)
    channel = Channel(connection, bounds)
    process = ForkedProcess(keeper, job, folder, limits)
    child = Child(process, channel)
    try:
        process.await_readiness(channel)
    except BaseException:
        child.close()
        raise
    return child
