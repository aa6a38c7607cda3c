"""Which workers of a Dask cluster grade: who has joined, who was refused, who has left.

Each worker gets a sandbox when it is first seen, also one that joins late, and is refused if it has
other versions or no protection.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from distributed import Client

from autograder.grading.worker import Answer, Terms, dismiss, enlist
from autograder.model import AutograderError

WORKERS_SECONDS = 30.0
"""How long to wait for the first worker; and then for the slower ones."""

SLOWEST_SECONDS = 180.0
"""How long the first sandbox may take to start, on a machine that is busy."""

ALONE_SECONDS = 300.0
"""How long a run waits for another worker once it has lost all of them."""

LOOK_SECONDS = 1.0
"""How often to look for workers that have joined or left."""

LEAVE_SECONDS = 10.0
"""How long to wait for the sandboxes to end."""

Say = Callable[[str], None]


class Workforce:
    """The workers of a scheduler.

    Attributes:
        changed: guards the others; notified when one of them changes.
        workers: those that grade, by address.
        refused: the others that have answered, with the reason.
        levels: every protection that was on, in any worker so far, in order.
    """

    def __init__(self, client: Client, terms: Terms, say: Say) -> None:
        """Ask no worker yet.

        Args:
            say: tells a person one sentence.
        """
        self.changed = threading.Condition()
        self.workers: dict[str, Answer] = {}
        self.refused: dict[str, str] = {}
        self.levels: dict[str, None] = {}
        self.address: str = client.scheduler_info()["address"]
        self._client, self._terms, self._say = client, terms, say
        self._asked: set[str] = set()
        self._gathered = False
        self._ended = False

    @property
    def threads(self) -> int:
        """How many units the workers observe at a time."""
        return sum(worker.threads for worker in self.workers.values())

    def gather(self, lost: Callable[[str], None], seconds: float) -> None:
        """Enlist the workers that are there, and from now on those that join.

        Args:
            lost: called once if the run cannot go on, with the reason; in another thread.
            seconds: how long to wait for the first worker.

        Raises:
            AutograderError: there is none, or all were refused.
        """
        threading.Thread(target=self._look, args=[lost], name="workers", daemon=True).start()
        with self.changed:
            wait_for = self.changed.wait_for
            wait_for(lambda: self._ended or self._asked or self.workers or self.refused, seconds)
            wait_for(lambda: self._ended or not self._asked, WORKERS_SECONDS)
            wait_for(lambda: self._ended or self.workers or not self._asked, SLOWEST_SECONDS)
            if self.workers or self._ended:
                self._gathered = True
                return
            if self.refused:
                raise AutograderError(
                    f"All workers at {self.address} were refused, for the reasons above. Fix "
                    "them and run the same command again."
                )
        raise AutograderError(
            f"The scheduler at {self.address} has no workers. Start some with "
            f"`dask worker {self.address}` and run the same command again."
        )

    def renew(self, worker: str) -> None:
        """Give a worker another sandbox, because the one that it has fails."""
        with self.changed:
            if self.workers.pop(worker, None) is None:
                return  # another unit has said so
            self._asked.add(worker)
            self.changed.notify_all()
        self._say(f"! the sandbox of worker {worker} fails; it gets another one")
        with contextlib.suppress(Exception):
            self._client.run(dismiss, self._terms.name, None, workers=[worker], on_error="ignore")
        threading.Thread(target=self._enlist, args=[worker], daemon=True).start()

    def leave(self) -> None:
        """End the workers' sandboxes; those that cannot be reached are left to themselves."""
        with self.changed:
            self._ended = True
            workers = list(self.workers)

        def dismiss_all() -> None:
            name, user = self._terms.name, self._client.id
            with contextlib.suppress(Exception):
                self._client.run(dismiss, name, user, workers=workers, on_error="ignore")

        if workers and self._client.status == "running":
            ending = threading.Thread(target=dismiss_all, daemon=True)
            ending.start()
            ending.join(LEAVE_SECONDS)

    def _look(self, lost: Callable[[str], None]) -> None:
        """Look who is there, again and again; runs in a thread of its own."""
        last = time.monotonic()
        while not self._ended:
            try:
                present = set(self._client.nthreads())
            except Exception:
                lost(f"The scheduler at {self.address} is gone.")
                return
            if self._client.status != "running":
                lost(f"The scheduler at {self.address} is gone.")
                return
            self._compare(present)
            if self.workers or not self._gathered:
                last = time.monotonic()
            elif time.monotonic() - last > ALONE_SECONDS:
                lost(f"No worker is left at {self.address}.")
                return
            time.sleep(LOOK_SECONDS)

    def _compare(self, present: set[str]) -> None:
        with self.changed:
            new = present - self._asked - self.workers.keys() - self.refused.keys()
            left = self.workers.keys() - present
            self.workers = {w: said for w, said in self.workers.items() if w in present}
            self.refused = {w: reason for w, reason in self.refused.items() if w in present}
            self._asked |= new
            others = "the others do its work" if self.workers else "waiting for another one"
            self.changed.notify_all()
        for worker in sorted(left):
            self._say(f"! worker {worker} was lost; {others}")
        for worker in sorted(new):
            # A worker that does not answer keeps no other one waiting.
            threading.Thread(target=self._enlist, args=[worker], daemon=True).start()

    def _enlist(self, worker: str) -> None:
        said = self._answer_of(worker)
        if not said.refused:
            self._reconsider()
        with self.changed:
            self._asked.discard(worker)
            if said.refused:
                self.refused[worker] = said.refused
            else:
                self.workers[worker] = said
                self.levels[said.level] = None
            joined = " joined" if self._gathered else ""
            self.changed.notify_all()
        if self._ended:
            return
        if said.refused:
            self._say(f"! worker {worker} is refused: {said.refused}")
        else:
            self._say(f"worker {worker}{joined}: sandbox {said.level}; {said.threads} at a time")

    def _reconsider(self) -> None:
        """Have the scheduler look again at units that no worker was there for.

        It does so when a worker joins, but this one had no sandbox then.
        """

        def reconsider(dask_scheduler: Any) -> None:  # inside, so that it travels as code
            waiting = dict.fromkeys((task.key for task in dask_scheduler.unrunnable), "waiting")
            dask_scheduler.transitions(waiting, "autograder-worker-is-ready")

        with contextlib.suppress(Exception):
            self._client.run_on_scheduler(reconsider)

    def _answer_of(self, worker: str) -> Answer:
        try:
            said = self._client.run(
                enlist, self._terms, self._client.id, workers=[worker], on_error="return"
            )[worker]
        except Exception as error:
            said = error
        if isinstance(said, Answer):
            return said
        if isinstance(said, ImportError):
            return Answer(0, "", f"autograder cannot be used there ({said})")
        return Answer(0, "", f"it did not answer ({type(said).__name__}: {said})")
