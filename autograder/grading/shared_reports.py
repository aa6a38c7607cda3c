"""Reports on the exercises of a class, each made once for all who wrote it in the same words.

Most of a class leaves some exercises untouched, and writes a few alike. A report is a function of
the definitions that a child loads for an exercise, and of what is the same for the whole run: the
checks, the seed, the versions. Nothing else of a submission is in that child, so what hostile code
does there reaches only those who submit the same code.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

import msgspec

from autograder.programs import Definitions
from autograder.verdicts import ExerciseReport

Graded = tuple[ExerciseReport, bool]
"""A report, and whether it would be the same if it were made again."""


class SharedReports:
    """What is known of one run's exercises. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[bytes, Future[ExerciseReport | None]] = {}

    def all(
        self, definitions: Mapping[str, Definitions], grade: Callable[[str], Graded]
    ) -> dict[str, ExerciseReport]:
        """The reports on the exercises of a submission, by name.

        What another thread is making goes last, and is waited for.

        Args:
            definitions: those of each exercise.
            grade: makes the report on an exercise, and says whether it would be the same if it
                were made again. If not, the next submission gets a report of its own.
        """
        left, found = list(definitions), {}
        while left:
            name = next((n for n in left if not self._is_being_made(n, definitions[n])), left[0])
            left.remove(name)
            found[name] = self._of(name, definitions[name], partial(grade, name))
        return found

    def _is_being_made(self, exercise: str, definitions: Definitions) -> bool:
        with self._lock:
            known = self._known.get(_key(exercise, definitions))
        return known is not None and not known.done()

    def _of(
        self, exercise: str, definitions: Definitions, grade: Callable[[], Graded]
    ) -> ExerciseReport:
        key = _key(exercise, definitions)
        with self._lock:
            known = self._known.get(key)
            if known is None:
                own = self._known[key] = Future()
        if known is not None:
            report = known.result()
            return grade()[0] if report is None else report
        lasts = False
        try:
            report, lasts = grade()
            return report
        finally:
            if not lasts:
                with self._lock:
                    del self._known[key]
            own.set_result(report if lasts else None)


def _key(exercise: str, definitions: Definitions) -> bytes:
    return hashlib.sha256(msgspec.json.encode((exercise, definitions))).digest()
