"""The checks of a release as items of pytest. Each cause fails once; what it also fails is skipped.

An exercise is judged as a whole when the first of its checks runs: whether one mistake explains
several checks cannot be told from one of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from autograder.desks.backend import ignored_backend
from autograder.desks.released_course import is_release
from autograder.desks.self_check import Work, read
from autograder.desks.student import HAS_FORK, NOT_CONFINED, files_in, self_check_sandbox
from autograder.model import AutograderError
from autograder.reports.beside import Beside
from autograder.reports.feedback import number
from autograder.reports.one_check import failure_text, same_cause_text
from autograder.reports.told_once import messages
from autograder.sandbox.interface import Sandbox
from autograder.sources.checks import CHECKS, PROBES
from autograder.sources.predictions import PREDICTIONS
from autograder.verdicts import ExerciseReport, Verdict


class CheckFailedError(Exception):
    """A check fails; the text is what a student reads of it."""


class ChecksPlugin:
    """Collects notebooks and modules in the releases that pytest's arguments name.

    Args:
        paths: those of the arguments, resolved.
    """

    def __init__(self, config: pytest.Config, paths: frozenset[Path]) -> None:
        self._paths = paths
        self._tests = [str(pattern) for pattern in config.getini("python_files")]

    def pytest_report_header(self) -> list[str]:
        names = sorted(f.name for p in self._paths for f in (p, p.parent) if is_release(f))
        shown = f"autograder: checks of {', '.join(names)}" if names else "autograder: checks"
        return [shown, *ignored_backend(), *(() if HAS_FORK else (NOT_CONFINED,))]

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if file_path.suffix == ".py" and file_path in self._paths:
            return None  # pytest's own collector asks for it below
        return _File.from_parent(parent, path=file_path) if self._is_work(file_path) else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> Any:
        """Keep pytest from importing a student's module, which would run it here."""
        return _File.from_parent(parent, path=module_path) if self._is_work(module_path) else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let a skipped check name the student's file, not a line of the engine."""
        report = yield
        if isinstance(item, _Check) and report.skipped and isinstance(report.longrepr, tuple):
            report.longrepr = (str(item.path), 1, report.longrepr[2])
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Give each exercise to one worker: a second one would judge it all over again."""
        if config.getvalue("dist") not in ("load", "loadfile"):
            return None
        if not all(_holds_releases(path) for path in self._paths):
            return None
        # Where this hook is called, pytest-xdist is installed.
        from xdist.scheduler import LoadScopeScheduling

        return LoadScopeScheduling(config, log)

    def _is_work(self, file: Path) -> bool:
        """Whether a file is a student's in a release that was asked for."""
        folder = file.parent
        if not {file, folder, folder.parent} & self._paths or not is_release(folder):
            return False
        if file.name in (CHECKS, PROBES) or any(fnmatch(file.name, p) for p in self._tests):
            return False
        if file in self._paths:
            return file.suffix in (".ipynb", ".py")
        try:
            return file in files_in(folder)
        except AutograderError:
            return False


def _holds_releases(path: Path) -> bool:
    return is_release(path) or is_release(path.parent) or any(map(is_release, path.glob("*")))


class _File(pytest.File):
    """A notebook or module."""

    def collect(self) -> Iterator[_Exercise]:
        try:
            work = Work(self.path, read(self.path.parent))
        except AutograderError as error:
            raise self.CollectError(str(error)) from None
        if work.submission.unreadable:
            raise self.CollectError(work.submission.unreadable)
        for exercise in work.exercises:
            yield _Exercise.from_parent(self, name=exercise, work=work)


class _Exercise(pytest.Collector):
    """An exercise in it; its name is a part of the name of every check, for ``-k``."""

    def __init__(self, *, work: Work, **further: Any) -> None:
        super().__init__(**further)
        self._work = work
        self._told: set[str] = set()
        self._hinted: set[str] = set()

    def collect(self) -> Iterator[_Check]:
        if self.name == PREDICTIONS:
            names = [verdict.check for verdict in self.report.verdicts]
        else:
            names = [check.name for check in self._work.release.check_set.of(self.name)]
        for name in names:
            yield _Check.from_parent(self, name=name)

    @cached_property
    def report(self) -> ExerciseReport:
        """The verdicts on it; the first time, this runs it."""
        return self._work.judge(self.name, lambda: _sandbox(self.config))

    def printed(self, check: str) -> str:
        """What the code printed while a check ran; "" if nothing."""
        beside = self._work.beside(self.name).get(check, Beside())
        return "".join(f"{line}\n" for line in beside.lines)

    def text(self, verdict: Verdict, message: str) -> str:
        """What is read of a check that fails; a hint is given once."""
        hinted = verdict.misconception in self._hinted
        self._hinted |= {verdict.misconception} if verdict.misconception else set()
        return failure_text(self.name, verdict, message, hinted=hinted)

    def verdict(self, check: str) -> tuple[Verdict, str]:
        """The verdict on a check, and its message; "" if the cause was told under another one."""
        verdicts = self.report.verdicts
        place = [verdict.check for verdict in verdicts].index(check)
        verdict = verdicts[place]
        if verdict.status == "passed":
            return verdict, ""
        depends, cause = verdict.judged_against == "nothing", messages(verdicts, hidden=True)[place]
        # The first one that runs tells the cause, and that need not be the first one of all.
        known = bool(self._told) if depends or not cause else False
        self._told.add(verdict.message)
        return verdict, "" if known else (cause or verdict.message)


class _Check(pytest.Item):
    """A check of it."""

    parent: _Exercise

    def runtest(self) -> None:
        verdict, message = self.parent.verdict(self.name)
        if printed := self.parent.printed(self.name):
            self.add_report_section("call", "stdout", printed)
        points = {"points": verdict.points, "max_points": verdict.max_points}
        self.user_properties += [(name, number(value)) for name, value in points.items()]
        if verdict.status == "passed":
            return
        if not message and verdict.status != "ungraded":
            pytest.skip(same_cause_text(self.parent.name, verdict))
        raise CheckFailedError(self.parent.text(verdict, message))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> Any:
        """What a student reads, without a traceback through the engine."""
        if isinstance(excinfo.value, CheckFailedError | AutograderError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, f"{self.parent.name}: {self.name}"


_STACK = pytest.StashKey[Sandbox]()


def _sandbox(config: pytest.Config) -> Sandbox:
    """One for all exercises, started when the first one has to run."""
    if _STACK not in config.stash:
        stack = ExitStack()
        config.add_cleanup(stack.close)
        config.stash[_STACK] = stack.enter_context(self_check_sandbox(_say))
    return config.stash[_STACK]


def _say(line: str) -> None:
    """Once for each process, in the summary of warnings."""
    warnings.warn(pytest.PytestWarning(line), stacklevel=1)
