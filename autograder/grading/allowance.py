"""How long one implementation may take in all: each of its exercises, and the whole submission.

Every check has a limit of its own. Without a total, a submission that sleeps up to the limit of
each check, and then kills its process, holds up a class for hours.

CPU time is what counts: a busy machine does not add to it. Wall-clock time is for what waits
without computing, so the time that a process waited for a core is subtracted from it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from autograder.grading.trial import Trial
from autograder.sandbox.interface import SandboxLost
from autograder.verdicts import Used

EXERCISE_SECONDS = 20.0
"""CPU seconds for an exercise beyond many times what the reference takes: for new processes."""

HURRIED_SECONDS = 10.0
"""The same, once another exercise has used up its time. An exercise keeps its own share, so an
endless loop in one costs no other its points."""

# A machine that is itself a guest of a busy one may lose time that no clock counts.
WALL_TIMES, WALL_SECONDS = 1.5, 15.0

LOST_SECONDS = 300.0
"""Wall-clock seconds that a submission may lose to faults of the sandbox. They cost no points, but
from then on its checks are left to a person at once."""


@dataclass
class Budget:
    """Seconds to spend.

    Attributes:
        cpu: CPU seconds in all.
        wall: wall-clock seconds in all, without waiting for a core.
        spent_cpu: of these, what has been spent.
        spent_wall: the same of the wall-clock seconds.
    """

    cpu: float
    wall: float
    spent_cpu: float = 0.0
    spent_wall: float = 0.0

    @property
    def left(self) -> tuple[float, float]:
        """CPU seconds and wall-clock seconds that are left; 0 or less if there are none."""
        return self.cpu - self.spent_cpu, self.wall - self.spent_wall

    @property
    def exhausted(self) -> str:
        """What has been used up, in words; "" if nothing has."""
        cpu, wall = self.left
        if cpu <= 0:
            return f"{self.cpu:.0f} s of CPU time"
        return f"{self.wall:.0f} s" if wall <= 0 else ""


@dataclass
class Allowance:
    """What a submission may still use.

    Attributes:
        shares: for each exercise, the sum of its checks' ``Trial.share``.
        limited: False for the course's own code, which may take its time.
        lost: wall-clock seconds that were lost to faults of the sandbox.
        peaks: for each exercise, the most memory that one of its processes had; 0 if unknown.
    """

    shares: Mapping[str, float]
    limited: bool = True
    lost: float = 0.0
    peaks: dict[str, int] = field(default_factory=dict)
    _exercises: dict[str, Budget] = field(default_factory=dict)

    @classmethod
    def of(cls, trials: Iterable[Trial]) -> Allowance:
        """The allowance of an implementation that these trials are for."""
        shares: dict[str, float] = {}
        for trial in trials:
            shares[trial.exercise.name] = shares.get(trial.exercise.name, 0.0) + trial.share
        return cls(shares)

    def __post_init__(self) -> None:
        # Exercises that use up their own time leave the others theirs: only the first has more
        # than `HURRIED_SECONDS`.
        cpu = EXERCISE_SECONDS + HURRIED_SECONDS * len(self.shares) + sum(self.shares.values())
        cpu = cpu if self.limited else math.inf
        self.submission = Budget(cpu, WALL_TIMES * cpu + WALL_SECONDS * len(self.shares))

    def left(self, exercise: str) -> tuple[float, float]:
        """CPU seconds and wall-clock seconds that the next check of an exercise may take."""
        own, whole = self._of(exercise).left, self.submission.left
        return min(own[0], whole[0]), min(own[1], whole[1])

    def spend(self, exercise: str, cpu: float, wall: float) -> None:
        """Count what an exercise has used.

        Args:
            cpu: CPU seconds.
            wall: wall-clock seconds, without waiting for a core.
        """
        for budget in (self._of(exercise), self.submission):
            budget.spent_cpu += cpu
            budget.spent_wall += max(wall, 0.0)

    def spent(self, exercise: str) -> tuple[float, float]:
        """CPU seconds and wall-clock seconds that an exercise has used."""
        budget = self._of(exercise)
        return budget.spent_cpu, budget.spent_wall

    def note_peak(self, exercise: str, peak_bytes: int) -> None:
        """Note what the largest process of an exercise had of memory; it limits nothing here."""
        self.peaks[exercise] = max(self.peaks.get(exercise, 0), peak_bytes)

    def used(self, exercise: str) -> Used | None:
        """What an exercise has used, for a person to read; None if nothing was run or known."""
        seconds, _ = self.spent(exercise)
        peak = self.peaks.get(exercise, 0)
        return Used(round(seconds, 2), round(peak / 1e6, 1) if peak else None) if seconds else None

    @contextmanager
    def counting(self, exercise: str, use: Callable[[], tuple[float, float]]) -> Iterator[None]:
        """Count what a block uses for an exercise, or what a fault of the sandbox costs there.

        Args:
            use: CPU seconds of the submission's processes so far, and the seconds that they waited
                for a core.
        """
        started, (cpu, waited) = time.monotonic(), use()
        lost = False
        try:
            yield
        except SandboxLost:
            lost = True
            raise
        finally:
            seconds = time.monotonic() - started
            if lost:
                self.lost += seconds
            else:
                cpu_now, waited_now = use()
                self.spend(exercise, cpu_now - cpu, seconds - (waited_now - waited))

    def used_up(self, exercise: str) -> str:
        """Why no other check of an exercise is run, as a message; "" if there is time left."""
        if what := self._of(exercise).exhausted:
            return (
                f"The checks of {exercise} took more than {what} in all. "
                "The other checks of this exercise were not run."
            )
        if what := self.submission.exhausted:
            return (
                f"The checks of this submission took more than {what} in all. "
                "The other checks of this exercise were not run."
            )
        return ""

    @property
    def given_up(self) -> bool:
        """Whether the sandbox has failed for so long that it is not tried again."""
        return self.lost > LOST_SECONDS

    def _of(self, exercise: str) -> Budget:
        if exercise not in self._exercises:
            late = any(budget.exhausted for budget in self._exercises.values())
            seconds = HURRIED_SECONDS if late else EXERCISE_SECONDS
            cpu = self.shares[exercise] + seconds if self.limited else math.inf
            self._exercises[exercise] = Budget(cpu, WALL_TIMES * cpu + WALL_SECONDS)
        return self._exercises[exercise]
