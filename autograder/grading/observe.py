"""Observe an implementation: its definitions go into a child, probes go after them one by one.

Every request to the child is made here, and everything it says is read here: bounded, cleaned, and
turned into an Observation.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import msgspec
import numpy as np

from autograder.grading.allowance import Allowance
from autograder.grading.libraries import need_libraries
from autograder.grading.printed import Printed, read_printed
from autograder.grading.trial import Known, Trial
from autograder.messages import Load, Loaded, Observed, SourceText
from autograder.model import Arrays, AutograderError, Check, Failure, Observation
from autograder.programs import Definitions
from autograder.sandbox.interface import ChildDied, Sandbox, SandboxLost, SandboxUnavailable
from autograder.sandbox.process import Child
from autograder.sandbox.sandbox import Sandbox as ForkingSandbox
from autograder.sandbox.wire import TooLargeError, WireError

SERVICE = "autograder.probing.child"
"""What the children of a sandbox run, so that probes can be sent to them."""

LOAD_SECONDS, LOAD_WALL_SECONDS = 10.0, 40.0
"""CPU seconds for a submission's definitions, and wall-clock seconds without waiting for a core:
Keras is imported already, so this is ample."""

ATTEMPTS, ATTEMPTS_ONCE_LOST = 4, 2
"""How often a check is tried before the grader's own fault makes it ungraded; and how often after
that has happened."""

INTERRUPTED = 0.95
"""After this share of its time, the child interrupts an answer by itself: unlike the grader, who
can only kill it, it can name the line that takes so long."""

LOADING_FAILED = "Your definitions could not be loaded. "

INVALID_REPLY = "Invalid reply from the submission's process (forged or corrupted)."
TOO_LARGE = "The result is too large: many times the size of the expected one."

KILLS = 2
"""How often a child must be killed in a check, but not by the grader, to be blamed for it."""


@contextmanager
def probing_sandbox(
    *, confined: bool = True, secrets: Sequence[Path] = (), **further: Any
) -> Iterator[ForkingSandbox]:
    """A sandbox whose children answer probes.

    Args:
        confined: False for code of the course's own, or of the person who runs it.
        secrets: what no child may read, such as the course's solutions.
        further: arguments of `autograder.sandbox.sandbox.Sandbox`.

    Raises:
        AutograderError: this system cannot run or confine children; says what is missing.
    """
    need_libraries()
    sandbox = ForkingSandbox(service=SERVICE, confined=confined, secrets=secrets, **further)
    try:
        sandbox.__enter__()
    except SandboxUnavailable as error:
        raise AutograderError(str(error)) from error
    with closing(sandbox):
        yield sandbox


def clean(text: object, limit: int = 600) -> str:
    """Text from student code as plain, bounded text: no control characters, no bidi overrides."""
    kept = "".join(
        " " if character in "\r\n\t" else character
        for character in str(text)[: limit * 4]
        if character in "\r\n\t" or unicodedata.category(character)[0] != "C"
    )
    return re.sub(r" {2,}", " ", kept)[:limit].strip()


class RestartableChild:
    """A child, and its successors if it dies.

    Each exercise of a submission gets one. The course's own variants may take turns in one, which
    saves TensorFlow's start each time.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        known: Known | None = None,
        allowance: Allowance | None = None,
        printed: dict[str, Printed] | None = None,
    ) -> None:
        """Start nothing yet.

        Args:
            known: what need not be tried again.
            allowance: how long all checks may take together; None for as long as they like.
            printed: gets what each check that is tried prints, by check id; None not to ask.
        """
        self._sandbox = sandbox
        self._known = known
        self._printed = printed
        self._allowance = allowance or Allowance({}, limited=False)
        self._attempts = ATTEMPTS
        self._hurried: set[str] = set()
        self._alone = False
        self._child: Child | None = None
        self._loaded: Definitions | None = None
        self._once_loaded: Definitions | None = None
        self._unloadable: tuple[Definitions, Failure] | None = None
        self._ended = (0.0, 0.0)  # what the children that are gone have used: see `_use`
        self.peak_bytes = 0  # the most memory that one of these had

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def observations(
        self, definitions: Definitions, trials: Iterable[Trial], *, alone: bool = False
    ) -> Iterator[tuple[Check, Observation]]:
        """Try one implementation, check after check.

        Args:
            alone: whether the definitions are those of one exercise, and of what it needs: while
                they are loaded, what it forbids is refused.
        """
        self._hurried.clear()
        self._alone = alone
        for trial in trials:
            if trial.exercise.name in self._hurried:
                trial = replace(trial, cpu_seconds=trial.cpu_seconds_after_death)
            yield trial.check, self._observed(definitions, trial)

    def _observed(self, definitions: Definitions, trial: Trial) -> Observation:
        """What is known of a trial, or what trying it shows.

        What is known takes the time that it took: a submission that is slow as a whole gets no
        further in a second run.
        """
        exercise = trial.exercise.name
        if self._known and not self._refusal(definitions, exercise):
            known = self._known.get(definitions, trial, alone=self._alone)
            if known is not None:
                self._allowance.spend(exercise, known.seconds, known.seconds)
                return known
        observation = self._tried(definitions, trial)
        if self._known:
            self._known.put(definitions, trial, observation, alone=self._alone)
        return observation

    def _tried(self, definitions: Definitions, trial: Trial) -> Observation:
        """One check, tried again where what went wrong need not be its implementation's fault.

        What breaks in a child that has been asked something before may be what that left behind:
        a thread, a leak, an unrequested answer. In a new one it is the check's own.
        """
        exercise, kills = trial.exercise.name, 0
        failure = Failure("internal", "")
        for _ in range(self._attempts):
            if refusal := self._refusal(definitions, exercise):
                return Observation(failure=refusal)
            used = self._child is not None
            try:
                with self._allowance.counting(exercise, self._use):
                    seen = self._answer(definitions, trial)
                if not (seen.failure and seen.failure.kind == "timeout"):
                    return seen
                failure, again = seen.failure, used
                self._leave()  # what it was doing may be half done
            except ChildDied as death:
                failure = Failure(death.kind, clean(death))
                kills += death.killed
                again = used or (death.killed and kills < KILLS)
            except WireError as error:
                large = isinstance(error, TooLargeError)
                failure = Failure("malformed", TOO_LARGE if large else INVALID_REPLY)
                again = used
            except SandboxLost as error:
                failure = Failure("internal", clean(error))
                again = True
            if not again:
                break
        return Observation(failure=self._blamed(definitions, exercise, failure))

    def _answer(self, definitions: Definitions, trial: Trial) -> Observation:
        """What the child answers; a child that fails to is gone."""
        try:
            child = self._with(definitions, trial)
            left, wall = self._allowance.left(trial.exercise.name)
            cpu = min(left, trial.cpu_seconds)
            message, arrays = trial.request(INTERRUPTED * cpu)
            message = msgspec.structs.replace(message, prints=self._printed is not None)
            reply, found = child.request(
                message,
                arrays,
                reply=Observed,
                cpu_seconds=cpu,
                wall_seconds=wall,
                room=trial.room(),
            )
            if self._printed is not None:
                self._printed[trial.check.id] = read_printed(reply)
            failure = trial.too_large(found)
            return Observation(failure=failure) if failure else read_reply(reply, found)
        except (ChildDied, WireError, SandboxLost):
            self._leave()
            raise

    def _use(self) -> tuple[float, float]:
        """CPU seconds of all children so far, and seconds that they waited for a core."""
        cpu, waited = self._ended
        child = self._child
        return (cpu + child.cpu_seconds, waited + child.waited_seconds) if child else self._ended

    def _refusal(self, definitions: Definitions, exercise: str) -> Failure | None:
        """Why a check is not even tried; None if it is."""
        if self._unloadable and self._unloadable[0] is definitions:
            return self._unloadable[1]
        if message := self._allowance.used_up(exercise):
            return Failure("timeout", message)
        if self._allowance.given_up:
            return Failure("internal", "The sandbox failed too often to go on.")
        return None

    def _blamed(self, definitions: Definitions, exercise: str, failure: Failure) -> Failure:
        """Why a check failed in the end, noted for the checks that follow."""
        if failure.kind == "internal":
            self._attempts = ATTEMPTS_ONCE_LOST
            return failure
        self._hurried.add(exercise)
        if message := self._allowance.used_up(exercise):
            return Failure("timeout", message) if failure.kind == "timeout" else failure
        if self._once_loaded is not definitions:
            # Loading is tried once, not for each check: it may have taken all of its time.
            failure = replace(failure, message=f"{LOADING_FAILED}{failure.message}")
            self._unloadable = definitions, failure
        return failure

    def _with(self, definitions: Definitions, trial: Trial) -> Child:
        """The child, with these definitions loaded."""
        if self._child is None:
            started = time.monotonic()
            self._child = self._sandbox.child()
            # The start of a process, which may take as long as Keras' import, is not its own time.
            cpu, waited = self._ended
            self._ended = cpu, waited + time.monotonic() - started
        if self._loaded is not definitions:
            files = tuple(SourceText(**vars(file)) for file in definitions.files)
            forbidden = tuple(trial.exercise.forbidden) if self._alone else ()
            load = Load(files, definitions.undefined, forbidden)
            cpu, wall = self._allowance.left(trial.exercise.name)
            self._child.request(
                load,
                {name: np.frombuffer(content, "u1") for name, content in trial.data.items()},
                reply=Loaded,
                cpu_seconds=min(cpu, LOAD_SECONDS),
                wall_seconds=min(wall, LOAD_WALL_SECONDS),
            )
            self._loaded = self._once_loaded = definitions
        return self._child

    def _leave(self) -> None:
        if self._child is not None:
            self._ended = self._use()
            child, self._child, self._loaded = self._child, None, None
            # One that cannot be killed says nothing about the answers that it gave.
            with suppress(SandboxLost):
                child.close()
            self.peak_bytes = max(self.peak_bytes, child.peak_bytes)


def read_reply(reply: Observed, found: Arrays) -> Observation:
    """An observation from what a child said, which may be a lie: its texts are cleaned."""
    # In one order, whatever order they came in: messages name the first that differs.
    arrays = {clean(name, 60): found[name] for name in sorted(found)}
    failure = None
    if reported := reply.failure:
        failure = Failure(
            reported.kind,
            clean(reported.message),
            clean(reported.where, 200),
            clean(reported.exception, 60),
            clean(reported.operation, 160),
            clean(reported.meaning, 300),
        )
    return Observation(arrays, failure, reply.seconds)
