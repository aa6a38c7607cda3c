"""The reports of a class so far, so that an interrupted run can be resumed.

One SQLite file for each assignment, in the course's ``.autograder/``. SQLite commits a report
whole or not at all, whatever ends the process, and locks out a second run while the first one
lasts.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from autograder.grading.kept_reports import KeptReports, encoded
from autograder.grading.used import ADD_USED, UsedBy, read_used, used_row
from autograder.model import AutograderError
from autograder.verdicts import Report

FOLDER = ".autograder"

_TABLES = """
create table if not exists run (
    seed text not null,  -- of the checks' inputs: see _written
    key text not null,  -- fingerprint of what else decides the grades
    complete integer not null
);
create table if not exists graded (
    student blob primary key,  -- a folder's name need not be UTF-8
    submission text not null,  -- its digest
    report blob not null,
    recorded integer not null default 0  -- whether it is in the gradebook
);
create table if not exists recorded_as (
    student blob primary key,
    state text not null  -- of what decides, beside the report, what is recorded
);
create table if not exists used (
    student blob primary key,
    exercises blob not null  -- see `used_row`
);
"""

_ADD = "insert or replace into graded (student, submission, report) values (?, ?, ?)"


@dataclass(frozen=True)
class Run:
    """One grading of a class.

    Attributes:
        seed: of the checks' inputs.
        key: fingerprint of the checks, the engine and the protection; a run with another key cannot
            be resumed.
        complete: whether it is finished.
    """

    seed: int
    key: str
    complete: bool = False


@dataclass(frozen=True)
class Entry:
    """One student of a run: the digest of the submission, its report, and whether it is saved."""

    submission: str
    report: Report
    recorded: bool


class Journal:
    """The last run of an assignment; used as a context manager, from any thread.

    Args:
        write: False to read only, which changes no file and locks no one out.

    Raises (on entering):
        AutograderError: another run has not finished, or the file cannot be used.
    """

    def __init__(self, course: Path, assignment: str, *, write: bool = True) -> None:
        self.path = course / FOLDER / f"{assignment}.run"
        self._write = write
        self._lock = threading.Lock()
        self._reports = KeptReports()

    def __enter__(self) -> Self:
        if not self._write:
            with self._explained():
                self._database = read_only(self.path, _TABLES)
            return self
        with self._explained():
            self.path.parent.mkdir(exist_ok=True)
            self._database = sqlite3.connect(
                self.path, timeout=0.5, isolation_level=None, check_same_thread=False
            )
            try:
                # The lock is held until the connection ends, in whatever way.
                self._database.execute("pragma locking_mode = exclusive")
                self._database.execute("begin exclusive")
                for statement in _TABLES.split(";\n"):
                    self._database.execute(statement)
                self._database.execute("commit")
            except BaseException:
                self._database.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._database.close()

    def last(self) -> Run | None:
        """The run that this file is about; None if there was none."""
        rows = self._all("select seed, key, complete from run")
        if not rows:
            return None
        written, key, complete = rows[0]
        seed = _read(written)
        if seed is None or not isinstance(key, str):
            raise AutograderError(self._damaged(f"a run with seed {written!r:.40}"))
        return Run(seed, key, bool(complete))

    def begin(self, run: Run) -> None:
        """Forget the last run, and note the new one."""
        self.replace(run, ())

    def replace(self, run: Run, graded: Iterable[tuple[str, Report]]) -> None:
        """Forget the last run, and note a new one with its reports, all of it or nothing.

        Args:
            graded: digests of submissions, and their reports.
        """
        with self._lock, self._explained(), self._transaction():
            self._database.execute("delete from run")
            self._database.execute("delete from graded")
            self._database.execute("delete from recorded_as")
            self._database.execute("delete from used")
            self._database.execute(
                "insert into run values (?, ?, 0)", (_written(run.seed), run.key)
            )
            for digest, report in graded:
                self._add(digest, report)

    def complete(self) -> None:
        """Note that the run is finished."""
        self._do("update run set complete = 1")

    def add(self, submission: str, report: Report) -> None:
        """Add a report; it replaces an earlier one of the same student."""
        with self._lock, self._explained(), self._transaction():
            self._add(submission, report)

    def recorded(self, student: str, state: str = "") -> None:
        """Note that a student's grades are in the gradebook, and the feedback page is written.

        Args:
            state: tells a later run whether it would record the same; "" if nothing can.
        """
        name = os.fsencode(student)
        with self._lock, self._explained(), self._transaction():
            self._database.execute("update graded set recorded = 1 where student = ?", (name,))
            self._database.execute(
                "insert or replace into recorded_as values (?, ?)", (name, state)
            )

    def states(self) -> Mapping[str, str]:
        """What `recorded` was last told of each student. Only for a journal that is written."""
        rows = self._all("select student, state from recorded_as")
        return {os.fsdecode(name): str(state) for name, state in rows}

    def digests(self) -> Mapping[str, str]:
        """What was graded so far: the digest of the submission, by student."""
        rows = self._all("select student, submission from graded")
        return {os.fsdecode(name): str(submission) for name, submission in rows}

    def entries(self) -> Mapping[str, Entry]:
        """The reports so far, by student. Exercises with the same report share one object."""
        found = {}
        columns = "student, submission, report, recorded"
        for name, submission, content, recorded in self._all(f"select {columns} from graded"):
            try:
                student = os.fsdecode(name)
                report = self._reports.decoded(content, student)
            except (TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
                raise AutograderError(self._damaged(error)) from error
            found[student] = Entry(submission, report, bool(recorded))
        return found

    def used(self) -> Mapping[str, UsedBy]:
        """What the submissions so far have used, by student. Only for a journal that is written."""
        return read_used(self._all("select student, exercises from used"))

    def _add(self, submission: str, report: Report) -> None:
        self._database.execute(_ADD, _row(submission, report))
        self._database.execute(ADD_USED, used_row(report))

    def _do(self, statement: str, *values: object) -> None:
        with self._lock, self._explained():
            self._database.execute(statement, values)

    def _all(self, statement: str) -> list[tuple]:  # type: ignore[type-arg]
        with self._lock, self._explained(), closing(self._database.execute(statement)) as rows:
            return rows.fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("begin")
        try:
            yield
        except BaseException:
            if self._database.in_transaction:  # a full disk ends it by itself
                self._database.execute("rollback")
            raise
        self._database.execute("commit")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise AutograderError(
                f"{self.path.parent} could not be written: {error.strerror}. Make the course "
                "folder writable: the reports are stored there, so that an interrupted run can be "
                "resumed."
            ) from error
        except sqlite3.Error as error:
            raise AutograderError(self._remedy(error)) from error
        except UnicodeError as error:  # SQLite quotes the bytes it cannot read
            raise AutograderError(self._damaged(error)) from error

    def _remedy(self, error: sqlite3.Error) -> str:
        if "locked" in str(error):
            return (
                "Another `autograder grade` is already running for this assignment (it locks "
                f"{self.path}). Wait until it finishes."
            )
        if not self._write and isinstance(error, sqlite3.OperationalError):
            return (
                f"{self.path}: {error}. The last run was killed while it wrote there. Resume it "
                "first: run `autograder grade` for this assignment."
            )
        if isinstance(error, sqlite3.OperationalError) and "disk" in str(error):
            return (
                f"{self.path}: {error}. Free some space, then run the same command again to resume."
            )
        if isinstance(error, sqlite3.OperationalError):
            return f"{self.path}: {error}. Make the file and its folder writable, and grade again."
        return self._damaged(error)

    def _damaged(self, what: object) -> str:
        return f"{self.path} is damaged ({what}). Delete it and grade the whole class again."


def read_only(path: Path, tables: str) -> sqlite3.Connection:
    """A database whose file is never written; without a file, one that is empty.

    Args:
        tables: statements that make its tables.
    """
    if path.is_file():
        where = f"file:{quote(str(path.absolute()))}?mode=ro"
        return sqlite3.connect(where, timeout=0.5, uri=True, check_same_thread=False)
    empty = sqlite3.connect(":memory:", check_same_thread=False)
    empty.executescript(tables)
    return empty


def _row(submission: str, report: Report) -> tuple[bytes, str, bytes]:
    return os.fsencode(report.student), submission, encoded(report)


def _written(seed: int) -> str:
    """A seed for SQLite, whose integers have 64 bits.

    In hexadecimal, because a column of integers, which files of earlier versions have, would round
    a long decimal number.
    """
    return hex(seed)


def _read(written: object) -> int | None:
    """The seed; None if it is damaged. Earlier versions have written a number."""
    try:
        seed = int(str(written), 0)
    except ValueError:
        return None
    return seed if seed >= 0 else None
