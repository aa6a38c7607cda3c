"""The seed of each assignment of a course, and which of a student's attempts is graded.

An assignment keeps the seed that its first grading draws, so that late submissions and a second run
get the same inputs as the rest of the class. A student who submits again after that gets others,
derived from the seed and the number of the attempt: what the first grading printed is no help for
the second. An assignment may also give each student inputs of their own, and keeps that choice.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from autograder.grading.journal import FOLDER, read_only
from autograder.model import AutograderError
from autograder.sources.submission import Submission

FILE = "seeds.db"

SEED_BITS = 128

MOST_ATTEMPTS = 1000
"""Of a student, that are looked through for the one with a certain seed."""

PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

_TABLES = (
    # In hexadecimal: SQLite's integers have 64 bits.
    "create table if not exists seed (assignment text primary key, seed text not null)",
    # A student's folder need not have a name in UTF-8.
    "create table if not exists attempt (assignment text not null, student blob not null, "
    "number integer not null, code blob not null, primary key (assignment, student))",
    "create table if not exists choice (assignment text primary key, per_student integer not null)",
)


def new_seed() -> int:
    """An unpredictable seed for the inputs of one run, of 128 bits."""
    return secrets.randbits(SEED_BITS)


def seed_of_attempt(seed: int, number: int) -> int:
    """The seed for a student's attempt: for the first it is the assignment's own.

    No other can be worked out from it, nor it from another, since a digest stands between them.

    Args:
        number: counts from 1.
    """
    if number == 1:
        return seed
    digest = hashlib.sha256(f"{seed:x} attempt {number}".encode()).digest()
    return int.from_bytes(digest[: SEED_BITS // 8])


def seed_of_student(seed: int, student: str) -> int:
    """The seed for a student's first attempt where each student has inputs of their own.

    As with attempts, none can be worked out from another.

    Args:
        seed: the assignment's.
    """
    content = f"{seed:x} student ".encode() + os.fsencode(student)
    return int.from_bytes(hashlib.sha256(content).digest()[: SEED_BITS // 8])


def attempt_with(first: int, seed: int) -> int | None:
    """The attempt that has a seed, given that of the first; None if it is none of the student's."""
    numbers = range(1, MOST_ATTEMPTS)
    return next((number for number in numbers if seed_of_attempt(first, number) == seed), None)


class Seeds:
    """One SQLite file for all assignments of a course. Several processes may use it at once.

    Args:
        write: False to read only: no file is changed, and no attempt counted.
    """

    def __init__(self, course: Path, *, write: bool = True) -> None:
        self.path = course / FOLDER / FILE
        self._write = write

    def kept(self, assignment: str) -> int | None:
        """The assignment's seed; None if it has not been graded yet.

        Raises:
            AutograderError: the file is damaged, or cannot be used.
        """
        with self._database() as database:
            return self._kept(database, assignment)

    def keep(self, assignment: str, seed: int) -> int:
        """Keep a seed for an assignment that has none; returns the one it has.

        Raises:
            AutograderError: the file is damaged, or cannot be used.
        """
        with self._database() as database:
            database.execute("insert or ignore into seed values (?, ?)", (assignment, hex(seed)))
            found = self._kept(database, assignment)
            assert found is not None
            return found

    def renew(self, assignment: str, seed: int) -> None:
        """Keep another seed from now on."""
        with self._database() as database:
            database.execute("insert or replace into seed values (?, ?)", (assignment, hex(seed)))

    def per_student(self, assignment: str) -> bool:
        """Whether the assignment gives each student inputs of their own.

        Raises:
            AutograderError: the file is damaged, or cannot be used.
        """
        with self._database() as database:
            # A file that is only read may be of an earlier version, without that table.
            table = "select 1 from sqlite_master where name = 'choice'"
            if database.execute(table).fetchone() is None:
                return False
            row = database.execute(
                "select per_student from choice where assignment = ?", (assignment,)
            ).fetchone()
            return row is not None and bool(row[0])

    def choose(self, assignment: str, *, per_student: bool) -> None:
        """Keep that choice from now on."""
        with self._database() as database:
            database.execute(
                "insert or replace into choice values (?, ?)", (assignment, int(per_student))
            )

    def attempt(self, assignment: str, student: str, code: bytes) -> int:
        """Which attempt of the student a submission is, counted from 1.

        It is the same as the last one as long as the code is the same. The count is kept.

        Args:
            code: by `code_digest`.
        """
        name = os.fsencode(student)
        with self._database() as database:
            row = database.execute(
                "select number, code from attempt where assignment = ? and student = ?",
                (assignment, name),
            ).fetchone()
            if row is not None and row[1] == code:
                return int(row[0])
            number = 1 if row is None else int(row[0]) + 1
            if self._write:
                database.execute(
                    "insert or replace into attempt values (?, ?, ?, ?)",
                    (assignment, name, number, code),
                )
            return number

    def _kept(self, database: sqlite3.Connection, assignment: str) -> int | None:
        row = database.execute("select seed from seed where assignment = ?", (assignment,))
        found = row.fetchone()
        try:
            return None if found is None else int(found[0], 16)
        except (TypeError, ValueError) as error:
            raise AutograderError(self._damaged(error)) from error

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """The file, in one transaction."""
        try:
            if not self._write:
                with closing(read_only(self.path, ";".join(_TABLES))) as database:
                    yield database
                return
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # No one else may read it: the inputs follow from the seed.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with (
                closing(
                    sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
                ) as database,
                database,
            ):
                database.execute("begin immediate")
                for table in _TABLES:
                    database.execute(table)
                yield database
        except OSError as error:
            raise AutograderError(
                f"{self.path} could not be written: {error.strerror}. Make its folder writable: "
                "the seed of the assignment is kept there."
            ) from error
        except sqlite3.OperationalError as error:
            raise AutograderError(
                f"{self.path}: {error}. Free some space if the disk is full, or make the file and "
                "its folder writable; then run the same command again."
            ) from error
        except sqlite3.DatabaseError as error:
            raise AutograderError(self._damaged(error)) from error

    def _damaged(self, what: object) -> str:
        return (
            f"{self.path} is damaged ({what}). Delete it, and pass the seed of the last results "
            "file with --seed once, and --seed-per-student if the file says seed_per_student: "
            "both are kept from then on."
        )


def code_digest(submission: Submission) -> bytes:
    """Of a submission's code: what is written around it is no new attempt."""
    text = repr([cell.text for cell in submission.cells])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
