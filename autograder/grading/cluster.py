"""The workers of a Dask cluster as an executor: units go there, and all else stays here.

No more units are under way than the workers have threads, so that a worker that joins late has work
at once. Dask runs what a lost worker was doing on another one.

Nothing but ``--scheduler`` imports this module and its two neighbours: they need Dask.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import secrets
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import Future as PlainFuture
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import dask
from distributed import Client, KilledWorker

from autograder.grading.cache import observation_keys
from autograder.grading.trial import is_by_chance
from autograder.grading.unit import MachinesLost, Seen, Unit
from autograder.grading.worker import Reply, Terms, answer, pack, versions
from autograder.grading.workforce import WORKERS_SECONDS, Say, Workforce
from autograder.model import AutograderError
from autograder.sandbox.interface import SandboxLost

CONNECT_SECONDS = 10.0
"""How long the scheduler may take to answer."""

SUBMISSIONS = 64
"""How many submissions are under way at a time, at least: most of them wait for a worker."""

SANDBOXES = 3
"""How often a unit is tried again because the sandbox of its worker failed."""

RESUME = "Finished grades are saved; run the same command again to resume."


class Cluster:
    """Observes on the workers of a scheduler. Safe to use from several threads."""

    def __init__(self, client: Client, terms: Terms, workforce: Workforce, jobs: int) -> None:
        """Ask nothing yet.

        Args:
            jobs: how many threads may run references and judge on this machine.
        """
        self.here = threading.Semaphore(jobs)
        self._client, self._terms, self._workforce = client, terms, workforce
        self._changed = workforce.changed  # guards what follows
        self._waiting: set[PlainFuture[Seen]] = set()
        self._broken: MachinesLost | None = None

    @property
    def level(self) -> str:
        with self._changed:
            return " and ".join(self._workforce.levels)

    @property
    def submissions(self) -> int:
        with self._changed:
            return max(SUBMISSIONS, 2 * self._workforce.threads)

    def submit(self, unit: Unit) -> PlainFuture[Seen]:
        own: PlainFuture[Seen] = PlainFuture()
        key = _key(self._terms, unit)  # before a place is taken, in case that this fails
        with self._changed:
            self._changed.wait_for(
                lambda: self._broken or len(self._waiting) < self._workforce.threads
            )
            if self._broken:
                own.set_exception(self._broken)
                return own
            self._waiting.add(own)
        self._ask(unit, key, own)
        return own

    def close(self) -> None:
        self.end(f"The run on {self._workforce.address} was ended.")

    def end(self, reason: str) -> None:
        """End the run, unless something has ended it before."""
        with self._changed:
            self._broken = self._broken or MachinesLost(f"{reason} {RESUME}")
            waiting, self._waiting = self._waiting, set()
            self._changed.notify_all()
        for own in waiting:
            own.set_exception(self._broken)

    def _ask(self, unit: Unit, key: str, own: PlainFuture[Seen], tried: int = 0) -> None:
        token, name = secrets.token_hex(8), self._terms.name
        try:
            future = self._client.submit(
                answer, name, pack(unit), token, key=key, resources={name: 1}
            )
            answered = partial(self._answered, unit, key, token, own, tried)
            future.add_done_callback(answered)
        except Exception as error:
            self._failed(own, error)

    def _answered(
        self, unit: Unit, key: str, token: str, own: PlainFuture[Seen], tried: int, future: Any
    ) -> None:
        """Take what a worker returned; runs in a thread of Dask's."""
        try:
            reply: Reply = future.result()
            seen = reply.read()
        except KilledWorker as error:
            times = error.allowed_failures + 1
            message = f"Each of {times} workers was lost while it ran this exercise."
            self._failed(own, SandboxLost(message))
            return
        except Exception as error:
            self._failed(own, error)
            return
        failures = [each.failure for each in seen.observations if each.failure]
        if tried < SANDBOXES and any(failure.kind == "internal" for failure in failures):
            # A worker whose sandbox fails must not cost a class its grades.
            self._workforce.renew(reply.worker)
            self._ask(unit, f"{key}-{token}", own, tried + 1)
        elif reply.asked != token and any(map(is_by_chance, seen.observations)):
            self._ask(unit, f"{key}-{token}", own, tried)  # it was another grader's bad luck
        elif self._take(own):
            own.set_result(seen)

    def _failed(self, own: PlainFuture[Seen], error: Exception) -> None:
        if isinstance(error, CancelledError) or self._client.status != "running":
            self.end(f"The scheduler at {self._workforce.address} is gone.")
        elif self._take(own):
            own.set_exception(error)

    def _take(self, own: PlainFuture[Seen]) -> bool:
        """Make room for another unit; whether this one was still waited for."""
        with self._changed:
            was_waiting = own in self._waiting
            self._waiting.discard(own)
            self._changed.notify_all()
        return was_waiting


def _key(terms: Terms, unit: Unit) -> str:
    """Dask's key of a unit: the same for the same work, so that it is done once in a cluster."""
    digest = hashlib.sha256(terms.name.encode())
    for trial in unit.trials:
        digest.update(observation_keys(unit.definitions, trial, alone=unit.alone)[1])
    return f"{unit.exercise}-{digest.hexdigest()}"


@contextmanager
def cluster(
    address: str,
    *,
    confined: bool,
    secret_paths: Sequence[Path],
    jobs: int,
    say: Say,
    seconds: float = WORKERS_SECONDS,
) -> Iterator[Cluster]:
    """The workers of a scheduler, each with a sandbox.

    Args:
        address: of the scheduler, such as ``tcp://10.0.0.1:8786``.
        confined: whether workers without protection are refused.
        secret_paths: what no submission may read, where it exists on a worker.
        jobs: how many threads may work on this machine.
        say: tells a person one sentence.
        seconds: how long to wait for the first worker.

    Raises:
        AutograderError: the scheduler cannot be reached, or no worker may grade.
    """
    client = _connected(address)
    try:
        paths = tuple(str(path.resolve()) for path in secret_paths)
        terms = Terms(versions(), confined, paths)
        workforce = Workforce(client, terms, say)
        executor = Cluster(client, terms, workforce, jobs)
        try:
            say(f"scheduler {workforce.address}: each worker starts a sandbox")
            workforce.gather(executor.end, seconds)
            yield executor
        finally:
            executor.close()
            workforce.leave()
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=2)


def _connected(address: str) -> Client:
    # What went wrong is said in a sentence of ours.
    for name in ("distributed", *(n for n in logging.root.manager.loggerDict if "distrib" in n)):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # Files in data/ may be large, and are sent with each unit.
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    options: dict[str, Any] = {"timeout": CONNECT_SECONDS, "set_as_default": False}
    try:
        return Client(address, name="autograder", **options)
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise AutograderError(
            f"The scheduler at {address} cannot be reached: {reason.rstrip('.')}. Is `dask "
            "scheduler` running there, and is this its address?"
        ) from error
