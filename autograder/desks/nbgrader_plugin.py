"""What ``nbgrader_config.py`` names: the engine's steps in nbgrader's chains of preprocessors.

The steps are defined in ``gradebook/``, which records grades and does not grade. Only here do they
get the engine: ``nbgrader autograde`` grades submission by submission with ``grade_one``.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

from autograder.desks.class_run import fingerprint
from autograder.gradebook import preprocessors
from autograder.gradebook.any_name import accept_any_name
from autograder.gradebook.preprocessors import (
    RemoveHiddenParts,
    RestoreRelease,
    SaveVerdicts,
    StudentNotebook,
)
from autograder.gradebook.release import register_release, release_notebook
from autograder.grading.cache import ObservationCache, observation_cache
from autograder.grading.grade import grade_submission
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.seeds import Seeds, code_digest, new_seed, seed_of_attempt, seed_of_student
from autograder.grading.stored import released_pairs
from autograder.model import AutograderError
from autograder.sources.assignment import read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.released_cells import read_released
from autograder.sources.submitted_files import find_submission
from autograder.verdicts import Report

__all__ = [
    "RemoveHiddenParts",
    "RestoreRelease",
    "SaveVerdicts",
    "StudentNotebook",
    "WriteVerdicts",
    "grade_one",
    "register_release",
]

accept_any_name()  # nbgrader imports this module when it reads its configuration, before it looks

IDLE_SECONDS = 300.0
"""After so long without a submission the processes end: they hold hundreds of megabytes."""

MOST_ORACLES = 8
"""Of an assignment, that are kept: each holds arrays, and students may have inputs of their own."""


class WriteVerdicts(preprocessors.WriteVerdicts):
    """Shows each exercise's verdicts, and grades what comes without a report."""

    def grade(self, course: Path, assignment: str, student: str, notebook: Path) -> Report:
        """Grade the submission that nbgrader is converting."""
        return grade_one(course, assignment, student, notebook)


def grade_one(course: Path, name: str, student: str, notebook: Path) -> Report:
    """Grade one submission for ``nbgrader autograde``, which asks for one after another.

    It gets the inputs that ``autograder grade`` gives it. Sandbox and reference are kept from one
    call to the next, until the process ends, nothing is graded for some minutes, or a file that
    decides grades changes: the formgrader's process lives for days.
    """
    with _BUSY:
        return _engine(course.resolve(), name).grade(student, notebook)


class _Engine:
    """What grades one assignment: its release, a sandbox and, for each seed, an oracle."""

    def __init__(self, course: Course, name: str) -> None:
        self._course, self._seeds = course, Seeds(course.root)
        self._assignment = read_assignment(course.solution(name))
        self.fingerprint = _fingerprint(course.solution(name))
        self._open = ExitStack()
        secrets = [course.solutions, course.root / "submitted"]
        self._sandbox = self._open.enter_context(probing_sandbox(secrets=secrets))
        self._known: ObservationCache | None = None
        with suppress(AutograderError):  # a full disk costs time, and no grade
            self._known = self._open.enter_context(observation_cache(course.root))
        self._pairs = released_pairs(self._assignment)
        self._locked = locked_cells(release_notebook(self._assignment))
        self._oracles: dict[int, LiveOracle] = {}

    def grade(self, student: str, notebook: Path) -> Report:
        """Grade a submission with the inputs of the student and the attempt."""
        name = self._assignment.name
        submission = find_submission(
            notebook.parent, name, student, self._locked, read_released(self._assignment.folder)
        )
        own = self._seeds.keep(name, new_seed())
        first = seed_of_student(own, student) if self._seeds.per_student(name) else own
        seed = seed_of_attempt(first, self._seeds.attempt(name, student, code_digest(submission)))
        oracle, check_set = self._oracle(seed), self._assignment.check_set
        return grade_submission(submission, check_set, oracle, self._sandbox, self._known)

    def _oracle(self, seed: int) -> LiveOracle:
        oracle = self._oracles.pop(seed, None)
        if oracle is None:
            oracle = LiveOracle(
                self._sandbox, self._assignment, seed, self._known, pairs=self._pairs
            )
        self._oracles[seed] = oracle  # last, as the one used last
        if len(self._oracles) > MOST_ORACLES:
            self._oracles.pop(next(iter(self._oracles)))
        return oracle

    def close(self) -> None:
        """End its processes."""
        self._open.close()


_BUSY = threading.RLock()
_engines: dict[tuple[Path, str], _Engine] = {}
_idle: list[threading.Timer] = []


def _engine(root: Path, name: str) -> _Engine:
    """The engine of an assignment as it is now. Called with ``_BUSY`` held."""
    while _idle:
        _idle.pop().cancel()
    course = Course(root)
    engine = _engines.get((root, name))
    if engine and engine.fingerprint != _fingerprint(course.solution(name)):
        close()
        engine = None
    if engine is None:
        engine = _engines[root, name] = _Engine(course, name)
    timer = threading.Timer(IDLE_SECONDS, close)
    timer.daemon = True
    timer.start()
    _idle.append(timer)
    return engine


def _fingerprint(folder: Path) -> str:
    return fingerprint(folder, confined=True, carry=True, attempts=True)


@atexit.register
def close() -> None:
    """End every process that grades; the next submission starts them again."""
    with _BUSY:
        while _engines:
            _engines.popitem()[1].close()
