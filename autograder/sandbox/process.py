"""One child: a process that is asked, timed, and removed."""

from __future__ import annotations

import secrets as random_bytes
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autograder.sandbox import scratch
from autograder.sandbox.channel import Channel, HungUpError, UnsendableError
from autograder.sandbox.interface import SandboxLost
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import (
    LOOK_SECONDS,
    ChildDied,
    Watch,
    explain,
    has_ended,
    size_and_threads,
)
from autograder.sandbox.wire import Bounds, Message, NamedArrays, WireError

if TYPE_CHECKING:
    from autograder.sandbox.sandbox import Sandbox

START_SECONDS = 180.0
KILL_SECONDS = 20.0
"""How long a killed process may take to be gone before the sandbox is declared broken."""
REPLY_JSON_BYTES = 1 << 20


class RefusedError(SandboxLost):
    """A child could not confine itself, and has run nothing."""


class Child:
    """A process that runs the service for one implementation, confined if the sandbox is.

    After a request has raised, the process is gone and every further request raises `ChildDied`.
    """

    def __init__(
        self, sandbox: Sandbox, limits: Limits, *, confined: bool, test: bool = False
    ) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._gone: ChildDied | None = None
        self._closed = False
        self._folder = sandbox.folder / f"child-{random_bytes.token_hex(8)}"
        try:
            self._folder.mkdir(mode=0o700)
        except OSError as error:
            raise SandboxLost(f"{self._folder} could not be made: {error.strerror}") from error
        try:
            self._job, self._socket = sandbox._start(self._folder, limits, confined, test)
        except BaseException:
            scratch.remove(self._folder)
            raise
        bounds = Bounds(frame_bytes=limits.frame_bytes, json_bytes=REPLY_JSON_BYTES)
        self._channel = Channel(self._socket, bounds)
        try:
            self._await_readiness()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        return self._job.pid

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
        """End the process and remove its folder; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._socket.close()
        try:
            # Nothing of it is wanted any more, so it is not asked to end: it might refuse.
            self._sandbox._kill(self._job)
        finally:
            scratch.remove(self._folder)

    def request(
        self, message: Mapping[str, Any], arrays: Mapping[str, np.ndarray], *, cpu_seconds: float
    ) -> tuple[Message, NamedArrays]:
        """Send a request and wait for its reply.

        Args:
            message: JSON values; the key "nonce" is taken.
            arrays: named arrays of numbers or booleans.
            cpu_seconds: CPU time (all threads) the answer may take. The wall clock only ends a
                child after 6 times that plus 5 seconds, so that a busy machine fails nobody.

        Raises:
            ChildDied: out of time, out of memory, or crashed; the process is gone.
            WireError: the reply is malformed or too large; the process is gone.
            SandboxLost: the grader's own fault, such as a request that cannot be encoded.
        """
        if self._gone is not None:
            raise self._gone
        watch = Watch(self._job, self._folder, self._limits, cpu_seconds)
        try:
            answer = self._channel.exchange(message, arrays, watch.pause)
            watch.look()  # or what it gets away with would depend on how fast it was
            return answer
        except ChildDied as died:
            self._gone = died
            self._sandbox._kill(self._job)
            raise
        except UnsendableError as error:
            raise SandboxLost(f"a request could not be sent: {error}") from error
        except HungUpError:
            self._gone = self._explain_end(watch)
            raise self._gone from None
        except WireError as error:
            self._gone = ChildDied("crashed", "the process was ended after a malformed answer")
            self._sandbox._kill(self._job)
            raise error
        except BaseException:  # Ctrl-C: a reply that nobody waits for must not be read later
            self._gone = ChildDied("crashed", "the process was ended in the middle of a request")
            raise

    def _await_readiness(self) -> None:
        """Wait until the child is confined; nothing of the student's has run before."""

        def pause() -> float:
            if time.monotonic() > end:
                raise SandboxLost("a new process did not confine itself in time")
            return LOOK_SECONDS

        end = time.monotonic() + START_SECONDS
        try:
            reply, _ = self._channel.exchange({}, {}, pause)
        except HungUpError:
            self._job.ended.wait(KILL_SECONDS)
            reason = self._job.lost or f"it ended with status {self._job.status}"
            raise SandboxLost(f"a process could not be started: {reason}") from None
        if "refused" in reply:
            raise RefusedError(reply["refused"])
        self._job.started.wait(KILL_SECONDS)
        self._job.first_size = size_and_threads(self._job.pid)[0]

    def _explain_end(self, watch: Watch) -> ChildDied:
        """Why the connection ended although nobody here closed it."""
        spent = watch.spent()
        # A busy machine may take its time to say so.
        ended_by_itself = self._job.ended.wait(1.0) or has_ended(self._job.pid)
        self._sandbox._kill(self._job)
        job = self._job
        if job.lost:
            raise SandboxLost(job.lost)
        if not ended_by_itself:
            return ChildDied("crashed", "the process closed its connection to the grader", spent)
        return explain(job, self._limits, watch)
