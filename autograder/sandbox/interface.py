"""What the grader needs of a sandbox, whichever kind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from autograder.sandbox.process import Child

DeathKind = Literal["timeout", "memory", "crashed"]


class SandboxUnavailable(Exception):  # noqa: N818 - it says what happened, as StopIteration does
    """This system cannot run or confine children: the message says what is missing."""


class SandboxLost(Exception):  # noqa: N818 - as above
    """The sandbox itself failed: nothing can be said about the submission."""


class ChildDied(Exception):  # noqa: N818 - as above
    """A child's process ended, or was killed, while it had a request to answer.

    Attributes:
        kind: "timeout", "memory" or "crashed".
        message: one sentence for the student.
        cpu_seconds: CPU time since the request was sent.
        killed: True for a signal that neither the grader nor a limit has sent. The kernel may
            have run out of memory, a person may have killed it, or the process itself, as
            TensorFlow does when other processes have left it no thread. Once is not the fault of
            the submission.
    """

    def __init__(self, kind: DeathKind, message: str, *, killed: bool = False) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.cpu_seconds = 0.0
        self.killed = killed


class Sandbox(Protocol):
    """Starts processes that run implementations."""

    @property
    def level(self) -> str:
        """The protection that is really on, as text for every report."""
        ...

    def child(self) -> Child:
        """Start a process for one implementation.

        Raises:
            SandboxLost: none could be started.
        """
        ...

    def close(self) -> None:
        """End every process, and remove every file."""
        ...
