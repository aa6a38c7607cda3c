"""Where a class is graded: on this machine, or on the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from autograder.grading.unit import Executor
from autograder.model import AutograderError


@dataclass(frozen=True)
class Machines:
    """Where submissions run, and how.

    Attributes:
        scheduler: address of a Dask scheduler; None for this machine alone.
        confined: whether student code is confined, on every machine.
        jobs: how many jobs run on this machine at a time.
        console: told of workers that join, leave, or are refused.
    """

    scheduler: str | None
    confined: bool
    jobs: int
    console: Console

    @contextmanager
    def executor(self, secrets: Sequence[Path]) -> Iterator[Executor | None]:
        """What runs submissions elsewhere; None to run them here.

        Args:
            secrets: what no submission may read.

        Raises:
            AutograderError: Dask is not installed, the scheduler cannot be reached, or no worker
                may grade.
        """
        if self.scheduler is None:
            yield None
            return
        try:
            # Only with --scheduler: it takes a second, and few have Dask.
            from autograder.grading.cluster import cluster
        except ModuleNotFoundError as error:
            if error.name not in ("dask", "distributed"):
                raise
            raise AutograderError(
                "--scheduler needs Dask, which is not installed. In the folder of this repository, "
                'run `uv sync --extra cluster`, or `pip install ".[cluster]"`, here and on every '
                "worker."
            ) from None
        with cluster(
            self.scheduler,
            confined=self.confined,
            secret_paths=secrets,
            jobs=self.jobs,
            say=self._say,
        ) as found:
            yield found

    def announce(self, level: str, students: int) -> None:
        """Say what begins.

        Args:
            level: the protection on this machine.
            students: how many are to be graded.
        """
        if self.scheduler is None:
            self.console.print(f"sandbox: {level}; {students} students, {self.jobs} at a time")
        else:  # each worker has told its own level
            self.console.print(f"{students} students; judged here, {self.jobs} at a time")

    def _say(self, sentence: str) -> None:
        style = "yellow" if sentence.startswith("!") else None
        self.console.print(sentence, style=style, markup=False, highlight=False, soft_wrap=True)
