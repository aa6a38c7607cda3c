"""Observe an implementation: its definitions go into a child, probes go after them one by one.

Every request to the child is made here, and everything it says is taken in here: bounded,
cleaned, and turned into an Observation.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Self, cast, get_args
from zlib import crc32

import numpy as np

from autograder.model import (
    Arrays,
    AutograderError,
    Check,
    Definitions,
    Exercise,
    Failure,
    FailureKind,
    Inputs,
    Observation,
    Probe,
)
from autograder.sandbox.interface import Child, Sandbox, SandboxLost
from autograder.sandbox.watch import ChildDied
from autograder.sandbox.wire import WireError

LOAD_SECONDS = 10.0
"""CPU seconds for a submission's definitions: imports are there already, so this is ample."""

PROBE_SECONDS = 10.0
"""CPU seconds for one probe where it is not known how long the reference takes."""

# A correct implementation may be clumsy, an endless loop must not hold up a class.
TIMES_THE_REFERENCE, LEAST_SECONDS = 10.0, 2.0

ONCE_TIMED_OUT_SECONDS = 0.5
"""The least that a probe is given of an exercise that has run out of time before: most have an
endless loop, and it is in every check."""

ATTEMPTS = 4
"""How often a check is tried before the grader's own fault makes it ungraded."""

KILLS = 2
"""How often a child must be killed in a check, by nobody here, before that is its own doing."""


def draw_inputs(check: Check, seed: int) -> Inputs:
    """A check's inputs for one run: the same for every submission that is graded with ``seed``.

    Raises:
        AutograderError: the check's own function failed, or lacks what the check withholds.
    """
    try:
        inputs = check.inputs(np.random.default_rng([seed, crc32(check.id.encode())]))
        unknown = set(check.withheld) - set(inputs)
    except Exception as error:
        raise AutograderError(
            f"The inputs of check {check.id} cannot be drawn: {error!r}."
        ) from error
    if unknown:
        raise AutograderError(
            f"Check {check.id} withholds {min(unknown)!r}, which is none of its inputs "
            f"{', '.join(inputs)}."
        )
    return inputs


def clean(text: object, limit: int = 600) -> str:
    """Text from student code as plain, bounded text: no control characters, no bidi overrides."""
    kept = "".join(
        " " if character in "\r\n\t" else character
        for character in str(text)[: limit * 4]
        if character in "\r\n\t" or unicodedata.category(character)[0] != "C"
    )
    return re.sub(r" {2,}", " ", kept)[:limit].strip()


def budget(check: Check, reference: Observation | None, least: float = LEAST_SECONDS) -> float:
    """CPU seconds that a probe may take, from what the reference took."""
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

    def request(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The message and the arrays that ask for it: all that a child gets to see."""
        withheld = self.check.withheld
        sent = {name: value for name, value in self.inputs.items() if name not in withheld}
        arrays = {name: value for name, value in sent.items() if isinstance(value, np.ndarray)}
        message = {
            "op": "observe",
            "exercise": self.exercise.name,
            "forbidden": list(self.exercise.forbidden),
            "probe": self.probe.name,
            "source": self.probe.source,
            "seed": self._own_seed(),
            "floatx": self.floatx,
            "inputs": {name: value for name, value in sent.items() if name not in arrays},
        }
        return message, arrays

    def _own_seed(self) -> int:
        """A seed for the child, from which that of the run cannot be worked out."""
        secret = sha256(f"{self.seed}.{self.check.id}".encode())
        return int.from_bytes(secret.digest()[:4])


def observations(
    sandbox: Sandbox, definitions: Definitions, trials: Iterable[Trial]
) -> Iterator[tuple[Check, Observation]]:
    """Try one implementation, in one child as long as it lives.

    A child that dies costs the check it was in, if that kills a new one too; the next check goes
    to another.
    """
    with RestartableChild(sandbox) as children:
        yield from children.observations(definitions, trials)


class RestartableChild:
    """A child, and its successors if it dies.

    Submissions get one each. The course's own variants may take turns in one, which saves
    TensorFlow's start each time.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._child: Child | None = None
        self._loaded: Definitions | None = None

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
            observation = self._tried(definitions, trial)
            if observation.failure and observation.failure.kind == "timeout":
                timed_out.add(trial.exercise.name)
            yield trial.check, observation

    def _tried(self, definitions: Definitions, trial: Trial) -> Observation:
        """One check, tried again where what went wrong need not be its implementation's fault.

        What breaks in a child that has been asked something before may be what that left behind:
        a thread, a leak, an answer nobody had asked for. In a new one it is the check's own.
        """
        kills = 0
        failure = Failure("internal", "")
        for _ in range(ATTEMPTS):
            used = self._child is not None
            try:
                child = self._with(definitions)
                return read_reply(*child.request(*trial.request(), cpu_seconds=trial.cpu_seconds))
            except ChildDied as death:
                failure = Failure(death.kind, clean(death))
                kills += death.killed
                again = used or (death.killed and kills < KILLS)
            except WireError as error:
                failure = Failure("malformed", clean(f"what came back could not be read: {error}"))
                again = used
            except SandboxLost as error:
                failure = Failure("internal", clean(error))
                again = True
            self._leave()
            if not again:
                break
        return Observation(failure=failure)

    def _with(self, definitions: Definitions) -> Child:
        """The child, with these definitions loaded."""
        if self._child is None:
            self._child = self._sandbox.child()
        if self._loaded is not definitions:
            load = {"op": "load", "files": [asdict(file) for file in definitions.files]}
            self._child.request(load, {}, cpu_seconds=LOAD_SECONDS)
            self._loaded = definitions
        return self._child

    def _leave(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = self._loaded = None


def read_reply(reply: Mapping[str, Any], found: Arrays) -> Observation:
    """An observation from what a child said; nothing in it is believed to be well-formed."""
    # In one order, whatever order they came in: messages name the first that differs.
    arrays = {clean(name, 60): found[name] for name in sorted(found)}
    seconds = reply.get("seconds")
    if not isinstance(seconds, int | float) or not 0 <= seconds < math.inf:
        seconds = 0.0
    return Observation(arrays, _failure(reply.get("failure")), seconds)


def _failure(reported: Any) -> Failure | None:
    if reported is None:
        return None
    if not isinstance(reported, dict):
        return Failure("malformed", "what came back was no observation.")
    kind = reported.get("kind")
    # A child cannot claim that the grader failed: an ungraded check would go to a person.
    if kind not in get_args(FailureKind) or kind == "internal":
        kind = "malformed"
    return Failure(
        cast(FailureKind, kind),
        clean(reported.get("message", "")),
        clean(reported.get("where", ""), 200),
        clean(reported.get("exception", ""), 60),
    )
