"""What the grader and the zygote say to each other, one message to a packet.

The control socket is a ``SOCK_SEQPACKET`` pair, which keeps messages apart. No child has it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from autograder.sandbox.limits import CONTROL_BYTES, Limits

REASON_CHARS = 4000

Job = Annotated[int, msgspec.Meta(ge=1)]
Size = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Reason = Annotated[str, msgspec.Meta(max_length=REASON_CHARS)]
Paths = Annotated[list[str], msgspec.Meta(max_length=1000)]


class Order(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="order", tag=str.lower
):
    """From the grader to the zygote."""


class Start(Order, frozen=True):
    """Fork a child; its end of a connection is attached.

    Attributes:
        folder: the child's own.
        landlock: ABI version to confine with; 0 for none.
        canary: run the self-test instead of the service.
    """

    job: Job
    folder: str
    confined: bool
    landlock: Size
    canary: bool
    limits: Limits


class Kill(Order, frozen=True):
    """Kill a child."""

    job: Job


class Stop(Order, frozen=True):
    """Kill every child and exit. Without it, the end of the socket means a killed grader."""


class Event(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event", tag=str.lower
):
    """From the zygote to the grader."""


class Ready(Event, frozen=True):
    """The imports are done.

    Attributes:
        readable: the paths that a confined child can read.
        peak_bytes: resident memory of the zygote.
    """

    readable: Paths
    peak_bytes: Size


class Started(Event, frozen=True):
    """A child was forked; a pidfd of it is attached."""

    job: Job


class Refused(Event, frozen=True):
    """A child could not be forked."""

    job: Job
    reason: Reason


class Ended(Event, frozen=True):
    """A child is gone.

    Attributes:
        status: exit status, or minus the number of the signal.
        peak_bytes: its resident memory, pages shared with the zygote included.
        cpu_seconds: of its whole life.
    """

    job: Job
    status: int
    peak_bytes: Size
    cpu_seconds: Seconds


class Readiness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first reply of a child, before it runs anything: why it cannot be confined, or ""."""

    problem: Reason = ""


ORDERS = Start | Kill | Stop
EVENTS = Ready | Started | Refused | Ended


class ControlError(Exception):
    """A control message is malformed."""


def decode(data: bytes, kind: Any) -> Any:
    """One message of ``kind``, which is `ORDERS` or `EVENTS`.

    Raises:
        ControlError: it is malformed.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (ValueError, RecursionError) as error:
        raise ControlError(f"Malformed control message: {error}") from error


def send(connection: socket.socket, message: Order | Event, handles: Sequence[int] = ()) -> None:
    """Send a message, with descriptors attached.

    Raises:
        OSError: the other side is gone.
    """
    socket.send_fds(connection, [msgspec.json.encode(message)], handles)


def receive(connection: socket.socket, kind: Any) -> tuple[Any, list[int]]:
    """The next message, or None at the end of the connection; and the descriptors attached to it.

    Raises:
        ControlError: it is malformed.
        OSError: the other side is gone, or a timeout has passed.
    """
    data, handles, _, _ = socket.recv_fds(connection, CONTROL_BYTES, 1)
    if not data:
        return None, handles
    try:
        return decode(data, kind), handles
    except ControlError:
        for handle in handles:
            os.close(handle)
        raise
