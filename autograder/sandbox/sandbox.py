"""Confined children for the grader: started from one warm process, asked, timed, and removed.

    with Sandbox(service="autograder.probing.child") as sandbox, sandbox.child() as child:
        reply, arrays = child.request(message, {}, reply=Loaded, cpu_seconds=5.0)

A `Sandbox` may be used from several threads at once; a `Child` belongs to the thread that asked
for it. Nothing here imports keras.
"""

from __future__ import annotations

import os
import secrets as random_bytes
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.sandbox import canary, scratch
from autograder.sandbox.forked import NotConfinedError, start_child
from autograder.sandbox.interface import ChildDied, SandboxLost, SandboxUnavailable
from autograder.sandbox.keeper import Keeper, Statistics
from autograder.sandbox.levels import NONE, Level, by_strength
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Child
from autograder.sandbox.wire import WireError

__all__ = ["Child", "ChildDied", "Sandbox", "SandboxLost", "SandboxUnavailable", "Statistics"]

DEFAULT_LIMITS = Limits()

SELF_TESTS = 4
"""How often the self-test is tried if something kills its processes."""


class Unprotected(Exception):  # noqa: N818
    """One way to confine untrusted code does not work on this system."""


class Sandbox:
    """Starts children that run untrusted code.

    Args:
        service: module that children run (``serve(connection)``), by dotted name or ``.py`` path.
        confined: False runs them without protection; only what keeps children apart from each
            other's accidents (limits, private folders, closed descriptors) remains.
        level: how to confine; None for the strongest way that passes the self-test.
        limits: of every child.
        secrets: folders and files that no child may read, such as the course's solutions. They
            are refused if they are in the Python installation, and the self-test tries them.

    Raises (on entering):
        SandboxUnavailable: the system cannot run or confine children; says what is missing.
    """

    def __init__(
        self,
        *,
        service: str,
        confined: bool = True,
        level: Level | None = None,
        limits: Limits = DEFAULT_LIMITS,
        secrets: Sequence[Path] = (),
    ) -> None:
        self.confined = confined
        self.limits = limits
        self._service = service
        self._secrets = tuple(path.resolve() for path in secrets)
        self._wanted = level
        self._level = NONE
        self._folder: Path | None = None
        self._keeper: Keeper | None = None
        self._closed = False

    @property
    def level(self) -> str:
        """The protection that is really on, as text for every report."""
        return str(self._level)

    @property
    def folder(self) -> Path:
        """Where everything of this run is; removed at the end."""
        if self._folder is None:
            raise SandboxLost("Use a sandbox inside its `with` block.")
        return self._folder

    @property
    def statistics(self) -> Statistics:
        """What has been used so far."""
        return self._keeper.statistics if self._keeper else Statistics()

    def __enter__(self) -> Self:
        if sys.platform != "linux":
            raise SandboxUnavailable(
                "Running other people's code needs Linux, whose kernel confines it. On Windows "
                "use WSL 2, on a Mac a Linux container: SECURITY.md says how. Checking your own "
                "work (autograder check) works everywhere."
            )
        if self.confined:
            # Only Linux has what this module needs, so it cannot be imported above.
            from autograder.sandbox.confinement import hide_memory

            hide_memory()
        scratch.sweep()
        try:
            self._make_folder()
            if self.confined:
                self._confine()
            else:
                self._start_keeper()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every child and the zygote, and remove every file; may be called twice."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.close()
        if self._folder is not None:
            scratch.remove(self._folder)

    def child(self, limits: Limits | None = None) -> Child:
        """Start a process for one implementation; use it as a context manager.

        Raises:
            SandboxLost: the zygote is gone and could not be started again, or confining failed.
        """
        if self._keeper is None or self._closed:
            raise SandboxLost("The sandbox is closed.")
        return start_child(self._keeper, limits or self.limits, confined=self.confined)

    def _make_folder(self) -> None:
        try:
            self._folder = scratch.run_folder()
            self._outside = self.folder / "outside"
            self._outside.mkdir()
            self._secret = self._outside / "secret"
            self._secret.write_text(random_bytes.token_hex(16))
        except OSError as error:
            raise SandboxUnavailable(
                f"Cannot write to {tempfile.gettempdir()} ({error.strerror}), where submissions "
                "get their working directories. Free some space, or set TMPDIR to another "
                "directory."
            ) from error

    def _start_keeper(self) -> Keeper:
        self._keeper = Keeper(self.folder, self._service, self._level)
        self._keeper.start()
        return self._keeper

    def _confine(self) -> None:
        """Start with the strongest protection that passes the self-test.

        Raises:
            SandboxUnavailable: there is none; says what each one lacks.
        """
        from autograder.sandbox import bubblewrap, confinement

        reasons = []
        levels = [self._wanted] if self._wanted else []
        if not levels:
            abi, problem = confinement.landlock_abi(), bubblewrap.problem()
            levels = by_strength(abi, not problem)
            if not abi:
                reasons.append("this kernel has no Landlock (Linux 5.13 or newer, enabled)")
            if problem:
                reasons.append(problem)
        for level in levels:
            self._level = level
            keeper = self._start_keeper()
            try:
                self._self_test()
                return
            except Unprotected as error:
                reasons.append(f"{level}: {error}")
                keeper.close()
        self._level = NONE
        raise SandboxUnavailable(
            f"Student code cannot be confined here: {'; '.join(reasons)}. Grade on another system "
            "or in a container (SECURITY.md says how). If you trust every submission, use the "
            "option --unsafe of `autograder`, which grades without protection."
        )

    def _self_test(self) -> None:
        """Have the canary try what student code must not be able to do.

        Raises:
            Unprotected: something of it succeeded, or a child cannot be confined in this way.
        """
        assert self._keeper is not None
        self._refuse_readable_secrets(self._keeper.readable)
        attempts = canary.Attempts(
            secrets=[str(path) for path in (self._secret, *self._secrets) if path.exists()],
            outside=str(self._outside),
            grader=os.getpid(),
        )
        missing: Sequence[str] = ()
        for attempt in range(1, SELF_TESTS + 1):
            try:
                with start_child(self._keeper, self.limits, confined=True, canary=True) as child:
                    reply, _ = child.request(attempts, {}, reply=canary.Succeeded, cpu_seconds=10.0)
                    missing = reply.names
                    break
            except (ChildDied, WireError) as error:
                # All that the canary does after its other attempts is to start a program.
                missing = [canary.EXEC]
                if not (isinstance(error, ChildDied) and error.killed):
                    break
            except SandboxLost as error:
                # A process that was killed says nothing about the protection.
                if isinstance(error, NotConfinedError) or attempt == SELF_TESTS:
                    raise Unprotected(str(error)) from error
        if missing:
            raise Unprotected(f"it does not stop student code from {', '.join(missing)}")

    def _refuse_readable_secrets(self, readable: Sequence[Path]) -> None:
        for secret in self._secrets:
            for path in readable:
                real = path.resolve()
                if secret.is_relative_to(real) or real.is_relative_to(secret):
                    raise SandboxUnavailable(
                        f"{secret} and the Python installation ({real}) overlap, so student code "
                        "could read it. Move the course to another directory."
                    )
