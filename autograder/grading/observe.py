"""Observe an implementation: its definitions go into a child, probes go after them one by one.

Every request to the child is made here, and everything it says is read here: bounded, cleaned, and
turned into an Observation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from autograder.messages import Load, Loaded, Observe, Observed, SourceText
from autograder.model import (
    Arrays,
    AutograderError,
    Check,
    Definitions,
    Exercise,
    Failure,
    Inputs,
    Observation,
    Probe,
)
from autograder.sandbox.interface import ChildDied, Sandbox, SandboxLost, SandboxUnavailable
from autograder.sandbox.process import Child
from autograder.sandbox.sandbox import Sandbox as ForkingSandbox
from autograder.sandbox.wire import WireError

SERVICE = "autograder.probing.child"
"""What the children of a sandbox run, so that probes can be sent to them."""

LOAD_SECONDS = 10.0
"""CPU seconds for a submission's definitions: imports are done already, so this is ample."""

PROBE_SECONDS = 10.0
"""CPU seconds for one probe where it is not known how long the reference takes."""

# A correct implementation may be clumsy, an endless loop must not hold up a class.
TIMES_THE_REFERENCE, LEAST_SECONDS = 10.0, 2.0

ONCE_TIMED_OUT_SECONDS = 0.5
"""The least time for a probe once its exercise has run out of time: most such exercises have an
endless loop, and have it in every check."""

ATTEMPTS = 4
"""How often a check is tried before the grader's own fault makes it ungraded."""

LOADING_FAILED = "Your definitions could not be loaded. "

INVALID_REPLY = "Invalid reply from the submission's process (forged or corrupted)."

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


def budget(check: Check, reference: Observation | None, least: float = LEAST_SECONDS) -> float:
    """CPU seconds that a probe may take.

    That is the check's own ``budget``; without one, ten times what the reference took on this
    machine, and two seconds at least.

    Args:
        reference: what the reference did; None if that is not known.
        least: what a probe may take in any case.
    """
    if check.budget is not None:
        return check.budget
    if reference is None or reference.failure:
        return PROBE_SECONDS
    return max(least, TIMES_THE_REFERENCE * reference.seconds)


@dataclass(frozen=True)
class Trial:
    """One check to try on an implementation.

    Attributes:
        inputs: all of them; what the check withholds is not sent.
        floatx: Keras' default float type while the probe runs.
        cpu_seconds: what it may take.
        cpu_seconds_after_timeout: the same, once the exercise has run out of time in another check.
    """

    exercise: Exercise
    check: Check
    probe: Probe
    inputs: Inputs
    seed: int
    floatx: str = "float32"
    cpu_seconds: float = PROBE_SECONDS
    cpu_seconds_after_timeout: float = PROBE_SECONDS

    def request(self) -> tuple[Observe, dict[str, np.ndarray]]:
        """The message and the arrays that ask for it: all that a child gets to see."""
        withheld = self.check.withheld
        sent = {name: value for name, value in self.inputs.items() if name not in withheld}
        arrays = {name: value for name, value in sent.items() if isinstance(value, np.ndarray)}
        message = Observe(
            exercise=self.exercise.name,
            forbidden=tuple(self.exercise.forbidden),
            probe=self.probe.name,
            source=self.probe.source,
            seed=self._own_seed(),
            floatx=self.floatx,
            inputs={name: value for name, value in sent.items() if name not in arrays},
        )
        return message, arrays

    def _own_seed(self) -> int:
        """A seed for the child, from which that of the run cannot be worked out."""
        secret = sha256(f"{self.seed}.{self.check.id}".encode())
        return int.from_bytes(secret.digest()[:4])


class Known(Protocol):
    """Observations that need not be made again."""

    def get(self, definitions: Definitions, trial: Trial) -> Observation | None:
        """What this trial of these definitions has shown before, if it has been kept."""
        ...

    def put(self, definitions: Definitions, trial: Trial, observation: Observation) -> None:
        """Keep what this trial showed."""
        ...


def observations(
    sandbox: Sandbox, definitions: Definitions, trials: Iterable[Trial], known: Known | None = None
) -> Iterator[tuple[Check, Observation]]:
    """Try one implementation, in one child as long as it lives.

    A child that dies costs the check it was in, if that kills a new one too; the next check goes
    to another.

    Args:
        known: what need not be tried again; only for the course's own code.
    """
    with RestartableChild(sandbox, known) as children:
        yield from children.observations(definitions, trials)


class RestartableChild:
    """A child, and its successors if it dies.

    Submissions get one each. The course's own variants may take turns in one, which saves
    TensorFlow's start each time.
    """

    def __init__(self, sandbox: Sandbox, known: Known | None = None) -> None:
        self._sandbox = sandbox
        self._known = known
        self._child: Child | None = None
        self._loaded: Definitions | None = None
        self._failed: tuple[Definitions, Failure] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def observations(
        self, definitions: Definitions, trials: Iterable[Trial]
    ) -> Iterator[tuple[Check, Observation]]:
        """Try one implementation, check after check."""
        timed_out: set[str] = set()
        for trial in trials:
            if trial.exercise.name in timed_out:
                trial = replace(trial, cpu_seconds=trial.cpu_seconds_after_timeout)
            observation = self._observed(definitions, trial)
            if observation.failure and observation.failure.kind == "timeout":
                timed_out.add(trial.exercise.name)
            yield trial.check, observation

    def _observed(self, definitions: Definitions, trial: Trial) -> Observation:
        known = self._known.get(definitions, trial) if self._known else None
        if known is not None:
            return known
        observation = self._tried(definitions, trial)
        if self._known:
            self._known.put(definitions, trial, observation)
        return observation

    def _tried(self, definitions: Definitions, trial: Trial) -> Observation:
        """One check, tried again where what went wrong need not be its implementation's fault.

        What breaks in a child that has been asked something before may be what that left behind:
        a thread, a leak, an unrequested answer. In a new one it is the check's own.
        """
        if self._failed and self._failed[0] is definitions:
            return Observation(failure=self._failed[1])
        kills = 0
        failure = Failure("internal", "")
        for _ in range(ATTEMPTS):
            used = self._child is not None
            try:
                child = self._with(definitions)
                message, arrays = trial.request()
                reply, found = child.request(
                    message, arrays, reply=Observed, cpu_seconds=trial.cpu_seconds
                )
                return read_reply(reply, found)
            except ChildDied as death:
                failure = Failure(death.kind, clean(death))
                kills += death.killed
                again = used or (death.killed and kills < KILLS)
            except WireError:
                failure = Failure("malformed", INVALID_REPLY)
                again = used
            except SandboxLost as error:
                failure = Failure("internal", clean(error))
                again = True
            loaded = self._loaded is definitions
            self._leave()
            if not again:
                break
        if not loaded and failure.kind != "internal":
            # Loading is tried once, not for each check: it may have taken all of its time.
            failure = replace(failure, message=f"{LOADING_FAILED}{failure.message}")
            self._failed = definitions, failure
        return Observation(failure=failure)

    def _with(self, definitions: Definitions) -> Child:
        """The child, with these definitions loaded."""
        if self._child is None:
            self._child = self._sandbox.child()
        if self._loaded is not definitions:
            files = tuple(SourceText(**vars(file)) for file in definitions.files)
            load = Load(files, definitions.undefined)
            self._child.request(load, {}, reply=Loaded, cpu_seconds=LOAD_SECONDS)
            self._loaded = definitions
        return self._child

    def _leave(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = self._loaded = None


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
        )
    return Observation(arrays, failure, reply.seconds)
