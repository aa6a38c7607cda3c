"""A child: one process that is asked, timed, and removed, however it was started."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, overload

import numpy as np

from autograder.sandbox.channel import Channel, HungUpError, UnsendableError
from autograder.sandbox.interface import ChildDied, SandboxLost
from autograder.sandbox.watch import (
    Measured,
    Watch,
)
from autograder.sandbox.wire import Message, NamedArrays, Room, WireError

Reply = TypeVar("Reply")


class Process(Measured, Protocol):
    """What a `Child` needs of its process."""

    @property
    def pid(self) -> int:
        """The process id."""
        ...

    @property
    def peak_bytes(self) -> int:
        """The most memory that it had beyond what it started with; 0 until it is gone, or if that
        is unknown."""
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

    Attributes:
        cpu_seconds: CPU time that its answers have taken.
        waited_seconds: for how long it was ready to run meanwhile, while others ran.
    """

    def __init__(self, process: Process, channel: Channel) -> None:
        self._process = process
        self._channel = channel
        self._gone: ChildDied | None = None
        self._closed = False
        self.cpu_seconds = self.waited_seconds = 0.0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def peak_bytes(self) -> int:
        """The most memory that it had beyond what it started with; 0 until it is closed, or if
        that is unknown."""
        return self._process.peak_bytes

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
        self,
        message: object,
        arrays: Mapping[str, np.ndarray],
        *,
        cpu_seconds: float,
        wall_seconds: float = ...,
        room: Room | None = ...,
    ) -> tuple[Message, NamedArrays]: ...

    @overload
    def request(
        self,
        message: object,
        arrays: Mapping[str, np.ndarray],
        *,
        cpu_seconds: float,
        wall_seconds: float = ...,
        room: Room | None = ...,
        reply: type[Reply],
    ) -> tuple[Reply, NamedArrays]: ...

    def request(
        self,
        message: object,
        arrays: Mapping[str, np.ndarray],
        *,
        cpu_seconds: float,
        wall_seconds: float = math.inf,
        room: Room | None = None,
        reply: Any = Message,
    ) -> tuple[Any, NamedArrays]:
        """Send a request and wait for its reply.

        Args:
            message: a dictionary of JSON values, or a Struct.
            arrays: named arrays of numbers or booleans.
            cpu_seconds: CPU time (all threads) that the answer may take. The wall clock ends a
                child only after 6 times that plus 5 seconds.
            wall_seconds: the same of wall-clock time, without waiting for a core, if it is less.
            room: how much of the reply's arrays is kept; None for all that the limits allow.
            reply: type of the reply's message: a Struct, or a dictionary.

        Raises:
            ChildDied: out of time, out of memory, or crashed; the process is gone.
            WireError: the reply is malformed or too large; the process is gone.
            SandboxLost: the grader's own fault, such as a request that cannot be encoded.
        """
        if self._gone is not None:
            raise self._gone
        watch = Watch(self._process, cpu_seconds, wall_seconds)
        try:
            return self._answered(watch, message, arrays, reply, room)
        finally:
            self.cpu_seconds += watch.last_spent
            self.waited_seconds += watch.last_waited

    def _answered(
        self,
        watch: Watch,
        message: object,
        arrays: Mapping[str, np.ndarray],
        reply: Any,
        room: Room | None,
    ) -> tuple[Any, NamedArrays]:
        """The reply to one request; whatever keeps it from coming ends the process."""
        try:
            bounds = room.within(self._channel.bounds) if room else None
            answer = self._channel.exchange(message, arrays, watch.pause, reply, bounds)
            # Or a fast child would get away with more than a slow one.
            self._process.glance()
            self._process.look()
            watch.read()
            return answer
        except ChildDied as died:
            watch.read()
            died.cpu_seconds = watch.last_spent
            self._gone = died
            self._process.kill()
            raise
        except UnsendableError as error:
            raise SandboxLost(f"A request could not be sent: {error}.") from error
        except HungUpError:
            watch.read()
            self._gone = self._process.death()
            self._gone.cpu_seconds = watch.last_spent
            raise self._gone from None
        except WireError:
            watch.read()
            self._gone = ChildDied("crashed", "The process was killed after an invalid reply.")
            self._process.kill()
            raise
        except BaseException:  # Ctrl-C: its reply must not be taken for that to a later request
            self._gone = ChildDied("crashed", "The request was interrupted.")
            raise
