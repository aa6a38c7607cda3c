"""A child that the zygote has forked: how it starts, how it is measured, and how it ends."""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from autograder.sandbox import scratch
from autograder.sandbox.channel import Channel, HungUpError
from autograder.sandbox.control import Readiness
from autograder.sandbox.interface import ChildDied, SandboxLost
from autograder.sandbox.keeper import KILL_SECONDS, START_SECONDS, Job, Keeper
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Child
from autograder.sandbox.watch import (
    LOOK_SECONDS,
    cpu_time,
    explain,
    has_ended,
    resident_bytes,
    size_and_threads,
    waited_for_a_core,
)
from autograder.sandbox.wire import Bounds

REPLY_JSON_BYTES = 1 << 18


class NotConfinedError(SandboxLost):
    """A child could not confine itself, and has run nothing."""


class ForkedProcess:
    """A process that the zygote has forked, with a folder of its own."""

    def __init__(self, keeper: Keeper, job: Job, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self._keeper = keeper
        self._job = job
        self._limits = limits
        self._first_size = self._first_resident = 0
        self._memory_was_short = False

    @property
    def pid(self) -> int:
        return self._job.pid

    @property
    def peak_bytes(self) -> int:
        # Without the pages that it shares with the zygote: they are the same for all.
        return max(0, self._job.peak_bytes - self._first_resident)

    def cpu_seconds(self) -> float:
        return cpu_time(self.pid)

    def waited_seconds(self) -> float:
        return waited_for_a_core(self.pid)

    def glance(self) -> None:
        limits = self._limits
        size, threads = size_and_threads(self.pid)
        self._memory_was_short |= size - self._first_size > 0.75 * limits.memory_bytes
        if threads > limits.threads:
            raise ChildDied("crashed", f"Started more than {limits.threads} threads.")

    def look(self) -> None:
        limits = self._limits
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
        self._first_resident = resident_bytes(self.pid)


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
