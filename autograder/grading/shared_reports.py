"""Reports on the exercises of a class, each made once for all who wrote it in the same words.

Most of a class leaves some exercises untouched, and writes a few alike. A report is a function of
the definitions that a child loads for an exercise, and of what is the same for the whole run: the
checks, the seed, the versions. Nothing else of a submission is in that child, so what hostile code
does there reaches only those who submit the same code.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from itertools import islice

import msgspec

from autograder.programs import Definitions
from autograder.verdicts import ExerciseReport

Graded = tuple[ExerciseReport, bool]
"""A report, and whether it would be the same if it were made again."""


MOST = 4096
"""Reports that are kept. What most of a class writes is asked for often, and stays."""


class SharedReports:
    """What is known of one run's exercises. Safe to use from several threads.

    Args:
        most: reports that are kept; beyond that, those that were asked for longest ago are made
            again.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, Future[ExerciseReport | None]] = OrderedDict()

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
            else:
                self._known.move_to_end(key)
        if known is not None:
            report = known.result()
            return grade()[0] if report is None else report
        lasts = False
        try:
            report, lasts = grade()
            return report
        finally:
            with self._lock:
                if not lasts:
                    del self._known[key]
                self._forget()
            own.set_result(report if lasts else None)

    def _forget(self) -> None:
        """Forget the oldest reports beyond those that are kept; not those that are being made."""
        more = len(self._known) - self._most
        finished = (key for key, report in self._known.items() if report.done())
        for key in list(islice(finished, max(0, more))):
            del self._known[key]


def _key(exercise: str, definitions: Definitions) -> bytes:
    return hashlib.sha256(msgspec.json.encode((exercise, definitions))).digest()
