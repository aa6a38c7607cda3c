"""What is tried on an implementation: one check, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import msgspec
import numpy as np

from autograder.messages import Observe
from autograder.model import Arrays, Check, Exercise, Failure, FailureKind, Inputs, Observation
from autograder.programs import Definitions, Probe
from autograder.sandbox.wire import Room

Sizes = Mapping[str, tuple[tuple[int, ...], int]]

PROBE_SECONDS = 10.0
"""CPU seconds for one probe where it is not known how long the reference takes."""

# A correct implementation may be clumsy, an endless loop must not hold up a class.
TIMES_THE_REFERENCE, LEAST_SECONDS = 10.0, 2.0

ONCE_DIED_SECONDS = 1.0
"""The least time for a probe once its exercise has cost a process: most such exercises have an
endless loop or a crash, and have it in every check. TensorFlow's start in a new process takes a
fifth of it."""

# A reply, and one array of it, may be many times as large as the reference's: what is wrong with it
# should be said, and a wrong shape often comes from broadcasting. What is larger fills the memory.
TIMES_THE_ARRAYS, LEAST_REPLY_BYTES, LEAST_ARRAY_BYTES = 8, 1 << 22, 1 << 18

_BY_CHANCE: frozenset[FailureKind] = frozenset({"timeout", "memory", "crashed", "internal"})


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


def is_by_chance(observation: Observation) -> bool:
    """Whether another try may end in another way, since how busy the machine is plays a part."""
    return observation.failure is not None and observation.failure.kind in _BY_CHANCE


def sizes_of(reference: Observation) -> Sizes:
    """Shape and bytes of each array; none for a reference that failed."""
    return {name: (array.shape, array.nbytes) for name, array in reference.arrays.items()}


@dataclass(frozen=True)
class Trial:
    """One check to try on an implementation.

    Attributes:
        inputs: all of them; what the check withholds is not sent.
        floatx: Keras' default float type while the probe runs.
        cpu_seconds: what it may take.
        cpu_seconds_after_death: the same, once the process of another check of the exercise has
            died: out of time, out of memory, killed or crashed.
        share: CPU seconds that the check adds to what all checks of its exercise may take together.
        reference: shape and bytes of each of the reference's arrays; None if they are not known.
        data: the files that definitions may read, by path; they are sent when these are loaded.
        seed_is_own: whether ``seed`` is the check's own instead of the run's.
    """

    exercise: Exercise
    check: Check
    probe: Probe
    inputs: Inputs
    seed: int
    floatx: str = "float32"
    cpu_seconds: float = PROBE_SECONDS
    cpu_seconds_after_death: float = PROBE_SECONDS
    share: float = PROBE_SECONDS
    reference: Sizes | None = None
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    seed_is_own: bool = False

    def request(self, cpu_seconds: float | None = None) -> tuple[Observe, dict[str, np.ndarray]]:
        """The message and the arrays that ask for it: all that a child gets to see.

        Args:
            cpu_seconds: when the child is to interrupt it by itself; None for never.
        """
        withheld = self.check.withheld
        # In the order in which the wire brings them, also where there is none, in a notebook.
        sent = {name: self.inputs[name] for name in sorted(self.inputs) if name not in withheld}
        arrays = {name: value for name, value in sent.items() if isinstance(value, np.ndarray)}
        message = Observe(
            exercise=self.exercise.name,
            forbidden=tuple(self.exercise.forbidden),
            probe=self.probe.name,
            source=self.probe.source,
            seed=self._own_seed(),
            floatx=self.floatx,
            inputs={name: value for name, value in sent.items() if name not in arrays},
            cpu_seconds=cpu_seconds,
        )
        return message, arrays

    @cached_property
    def digest(self) -> bytes:
        """Of all that decides what a child answers: what it is sent, and what of it is kept."""
        digest = sha256()
        message, arrays = self.request()
        digest.update(msgspec.json.encode(message, order="deterministic"))
        for name, array in sorted(arrays.items()):
            digest.update(repr((name, array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        for name, content in sorted(self.data.items()):
            digest.update(repr((name, len(content))).encode())
            digest.update(content)
        if room := self.room():
            digest.update(repr((room.array_bytes, sorted(room.names or []))).encode())
        return digest.digest()

    def room(self) -> Room | None:
        """How much of a reply is kept; None for all.

        Arrays that the reference does not return are dropped, unless right implementations may
        differ in their names.
        """
        if self.reference is None:
            return None
        sizes = [size for _, size in self.reference.values()]
        return Room(
            frame_bytes=LEAST_REPLY_BYTES + TIMES_THE_ARRAYS * sum(sizes),
            array_bytes=max(LEAST_ARRAY_BYTES, TIMES_THE_ARRAYS * max(sizes, default=0)),
            names=frozenset(self.reference) if self.check.same_shapes or not sizes else None,
        )

    def too_large(self, found: Arrays) -> Failure | None:
        """Why the arrays of a reply are not looked at; None if they may be."""
        room, reference = self.room(), self.reference
        if room is None or reference is None:
            return None
        for name, array in sorted(found.items()):
            if array.nbytes <= room.array_bytes:
                continue
            if name in reference:
                message = f"{name}: expected shape {reference[name][0]}, got {array.shape}."
            else:
                message = f"An array of the result is too large: its shape is {array.shape}."
            return Failure("malformed", message)
        return None

    def bare(self) -> Trial:
        """The same trial without what only the grader may know, to be tried on another machine.

        Claim, points, judge, withheld inputs and the seed of the run are gone. Of the reference,
        the sizes that bound a reply are left.
        """
        check, sent = self.check, self.inputs.keys() - set(self.check.withheld)
        return replace(
            self,
            exercise=Exercise(self.exercise.name, tuple(self.exercise.forbidden), declared=()),
            check=Check(
                name=check.name,
                exercise=check.exercise,
                claim="",
                points=0.0,
                probe=check.probe,
                inputs=_not_here,
                judge=_not_here,
                same_shapes=check.same_shapes,
            ),
            inputs={name: value for name, value in self.inputs.items() if name in sent},
            seed=self._own_seed(),
            data=dict(self.data),
            seed_is_own=True,
        )

    def _own_seed(self) -> int:
        """A seed for the child, from which that of the run cannot be worked out."""
        if self.seed_is_own:
            return self.seed
        secret = sha256(f"{self.seed}.{self.check.id}".encode())
        return int.from_bytes(secret.digest()[:4])


def _not_here(*_: object, **__: object) -> Any:
    """What draws inputs and judges answers in a trial that is on another machine."""
    raise AssertionError("only the grader draws inputs and judges")


class Known(Protocol):
    """Observations that need not be made again."""

    def get(
        self, definitions: Definitions, trial: Trial, *, alone: bool = False
    ) -> Observation | None:
        """What this trial of these definitions has shown before, if it has been kept.

        Args:
            alone: as in `autograder.grading.observe.RestartableChild.observations`.
        """
        ...

    def put(
        self,
        definitions: Definitions,
        trial: Trial,
        observation: Observation,
        *,
        alone: bool = False,
    ) -> None:
        """Keep what this trial showed."""
        ...
