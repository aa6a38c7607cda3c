"""One file that is watched: read again at a save, and judged as far as it has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from autograder.desks.remembered import remember, remembered
from autograder.desks.self_check import Decided, Release, Work, read
from autograder.desks.student import release_of
from autograder.reports.beside import Beside
from autograder.sandbox.interface import Sandbox
from autograder.verdicts import ExerciseReport


class Watched:
    """A student's file and what is known of its exercises.

    What the last check of a file found right need not be judged again if the code is the same.

    Args:
        file: a notebook or module.

    Raises:
        AutograderError: no release belongs to it.

    Attributes:
        reports: on the exercises that were judged, as the code is now.
        before: what they replaced.
        beside: for each of those exercises, what is shown below a check's message.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.folder = release_of(file)
        self.reports: dict[str, ExerciseReport] = {}
        self.before: dict[str, ExerciseReport] = {}
        self.beside: dict[str, Mapping[str, Beside]] = {}
        self._release: Release | None = None
        self._work: Work | None = None
        self._codes = {
            name: known.digest for name, known in remembered(file).items() if not known.wrong
        }

    @property
    def work(self) -> Work:
        """The file as it was read last."""
        if self._work is None:
            self.read()
            assert self._work is not None
        return self._work

    def read(self) -> list[str]:
        """Read the file; returns the exercises whose code is new, or was never judged.

        Raises:
            AutograderError: the release is damaged.
        """
        self._release = self._release or read(self.folder)
        self._work = Work(self.file, self._release)
        code = self._work.code
        return [name for name in self._work.exercises if self._codes.get(name) != code(name)]

    def wrong_used(self, name: str) -> list[str]:
        """The other exercises that one uses, and that are known not to be right."""
        used = self.work.uses(name)
        return [n for n, r in self.reports.items() if n in used and r.score < r.max_score]

    def judge(
        self, name: str, sandbox: Callable[[], Sandbox], decided: Decided | None = None
    ) -> ExerciseReport:
        """Judge one exercise as it was read last.

        Args:
            sandbox: called only if something has to run.
            decided: told of each check that runs.
        """
        report = self.work.judge(name, sandbox, decided)
        if name in self.reports:
            self.before[name] = self.reports[name]
        self.reports[name], self._codes[name] = report, self.work.code(name)
        self.beside[name] = self.work.beside(name)
        with suppress(OSError):  # a folder that cannot be written costs only `status`
            remember(self.file, [report], self.work.code)
        return report
