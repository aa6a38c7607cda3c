"""Observations that are known from earlier runs: how many were, and a copy for a dry run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from autograder.grading.cache import FILE, ObservationCache, observation_cache
from autograder.grading.journal import FOLDER
from autograder.grading.trial import Known, Trial
from autograder.model import Observation
from autograder.programs import Definitions


class Counted:
    """Known observations, and how many were known and how many had to be computed."""

    def __init__(self, known: Known | None) -> None:
        """Count nothing yet.

        Args:
            known: what need not be observed again; None for nothing.
        """
        self._known = known
        self.served = self.computed = 0

    def get(
        self, definitions: Definitions, trial: Trial, *, alone: bool = False
    ) -> Observation | None:
        found = self._known.get(definitions, trial, alone=alone) if self._known else None
        self.served += found is not None
        return found

    def put(
        self,
        definitions: Definitions,
        trial: Trial,
        observation: Observation,
        *,
        alone: bool = False,
    ) -> None:
        self.computed += 1
        if self._known:
            self._known.put(definitions, trial, observation, alone=alone)


@contextmanager
def counted_observations(root: Path, *, write: bool) -> Iterator[Counted]:
    """What a course knows of earlier runs.

    Args:
        root: the course's folder.
        write: False to work on a copy, so that no file of the course is changed.

    Raises:
        AutograderError: the file cannot be written.
    """
    if write:
        with observation_cache(root) as cache:
            yield Counted(cache)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / FILE
        with suppress(OSError):  # a full disk costs time, and no grade
            _copy(root / FOLDER / FILE, copy)
        with closing(ObservationCache(copy)) as cache:
            yield Counted(cache)


def _copy(source: Path, target: Path) -> None:
    """Copy an SQLite file and its log; nothing, if another process writes to them meanwhile."""
    parts = [source.with_name(f"{source.name}{end}") for end in ("", "-wal")]
    before = [_state(part) for part in parts]
    for part in parts:
        if part.is_file():
            shutil.copyfile(part, target.with_name(f"{target.name}{part.name[len(source.name) :]}"))
    if before != [_state(part) for part in parts]:
        for part in target.parent.iterdir():
            part.unlink()


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
