"""What the grader needs of a sandbox, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from autograder.sandbox.wire import Message, NamedArrays


class SandboxLost(Exception):  # noqa: N818 - it says what happened, as StopIteration does
    """The sandbox itself failed: nothing can be said about the submission."""


class Child(Protocol):
    """A process that runs one implementation."""

    def request(
        self, message: Mapping[str, object], arrays: Mapping[str, np.ndarray], *, cpu_seconds: float
    ) -> tuple[Message, NamedArrays]:
        """Send a request and wait for its reply.

        Args:
            message: JSON values; the key "nonce" is taken.
            arrays: named arrays of numbers or booleans.
            cpu_seconds: CPU time (all threads) that the answer may take.

        Raises:
            ChildDied: out of time, out of memory, or crashed; the process is gone.
            WireError: the reply is malformed or too large; the process is gone.
            SandboxLost: the grader's own fault, such as a request that cannot be encoded.
        """
        ...

    def close(self) -> None:
        """End the process, and remove what it left."""
        ...


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
