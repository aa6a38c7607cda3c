"""Observations that are kept between runs, so that what has not changed is not computed again.

An observation is a function of the code that runs, the probe, its inputs and the versions of the
libraries. The cache keeps it under a digest of all these: whatever changes, changes the digest.
Code that differs in comments and formatting alone is the same. Time-outs and crashes, which depend
on the machine's load, are never kept.

What hostile code answers is kept like any answer, under the digest of that code, and judged again
each time: it reaches no one who submits other code.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import platform
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from autograder.grading.journal import FOLDER
from autograder.grading.trial import Trial, is_by_chance
from autograder.model import AutograderError, Failure, Observation
from autograder.programs import Definitions
from autograder.sources.normal_form import normal_form
from autograder.sources.parsing import parsed

FILE = "observations.db"

LIMIT = 1_000_000_000
"""Bytes of arrays that are kept; what was not used for longest goes first."""

_LIBRARIES = ("keras", "numpy", "tensorflow")
USED_AGAIN = 3600.0
"""Seconds after which an observation that is used again is noted as used: not at each use."""

_PACKAGE = Path(__file__).parents[1]

# No database, a broken one, or one with other tables; not one that another process holds.
_DAMAGED = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_ERROR"})

PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

_TABLE = """
create table if not exists observation (
    key blob primary key,
    used real not null,  -- when, in seconds since 1970
    failure text,  -- JSON, or null
    seconds real not null,
    size integer not null,
    arrays blob not null  -- safetensors
)
"""
# A table of its own: files of earlier versions have the other one without it.
_PEAK_TABLE = "create table if not exists peak (key blob primary key, bytes integer not null)"


class ObservationCache:
    """Reads and writes one SQLite file. Safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the file; a damaged one is replaced.

        Raises:
            AutograderError: the file cannot be written.
        """
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._database = _opened(path)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorname not in _DAMAGED:
                    raise
                path.unlink()  # nothing is lost but time
                self._database = _opened(path)
        except (OSError, sqlite3.Error) as error:
            raise AutograderError(
                f"{path} cannot be written ({error}). It keeps what was computed; make its folder "
                "writable, or free some space."
            ) from error

    def get(
        self, definitions: Definitions, trial: Trial, *, alone: bool = False
    ) -> Observation | None:
        """What was kept of this trial; None if there is nothing, or nothing readable."""
        keys = observation_keys(definitions, trial, alone=alone)
        try:
            with self._lock:
                row = self._database.execute(
                    "select failure, seconds, arrays, used, coalesce(bytes, 0) from observation "
                    "left join peak using (key) where key in (?, ?)",
                    keys,
                ).fetchone()
            if row is None:
                return None
            failure, seconds, arrays, used, peak = row
            now = time.time()
            if now - used > USED_AGAIN:
                with self._lock, self._database:
                    self._database.execute(
                        "update observation set used = ? where key in (?, ?)", (now, *keys)
                    )
            known = Failure(**json.loads(failure)) if failure else None
            return Observation(dict(sorted(load(arrays).items())), known, seconds, peak)
        except (sqlite3.Error, SafetensorError, ValueError, TypeError):
            return None  # it is computed again

    def put(
        self,
        definitions: Definitions,
        trial: Trial,
        observation: Observation,
        *,
        alone: bool = False,
    ) -> None:
        """Keep an observation, unless it depends on chance."""
        if is_by_chance(observation):
            return
        failure = observation.failure
        anywhere, placed = observation_keys(definitions, trial, alone=alone)
        key = placed if failure else anywhere
        # `np.ascontiguousarray` would give a number one dimension.
        arrays = save({name: np.array(a, order="C") for name, a in observation.arrays.items()})
        told = json.dumps(asdict(failure)) if failure else None
        row = (key, time.time(), told, observation.seconds, len(arrays), arrays)
        # A full disk costs the next run some time, and this one nothing.
        with contextlib.suppress(sqlite3.Error), self._lock, self._database:
            self._database.execute("insert or replace into observation values (?,?,?,?,?,?)", row)
            peak = (key, observation.peak_bytes)
            self._database.execute("insert or replace into peak values (?,?)", peak)

    def size(self) -> tuple[int, int]:
        """How many observations are kept, and the bytes of their arrays."""
        with self._lock:
            number, size = self._database.execute(
                "select count(*), coalesce(sum(size), 0) from observation"
            ).fetchone()
        return number, size

    def clear(self) -> None:
        """Forget everything, and give the disk its space back.

        Raises:
            sqlite3.Error: another process is writing.
        """
        with self._lock:
            with self._database:
                self._database.execute("delete from observation")
                self._database.execute("delete from peak")
            self._database.execute("vacuum")

    def close(self) -> None:
        """Drop what exceeds the limit, and close the file."""
        with contextlib.suppress(sqlite3.Error), self._lock:
            with self._database:
                self._database.execute(
                    "delete from observation where key in (select key from (select key, sum(size) "
                    "over (order by used desc, key) as total from observation) where total > ?)",
                    (LIMIT,),
                )
                self._database.execute(
                    "delete from peak where key not in (select key from observation)"
                )
            self._database.close()


@contextmanager
def observation_cache(root: Path) -> Iterator[ObservationCache]:
    """The cache of a course.

    Args:
        root: the course's folder.

    Raises:
        AutograderError: the file cannot be written.
    """
    with closing(ObservationCache(root / FOLDER / FILE)) as opened:
        yield opened


def observation_keys(
    definitions: Definitions, trial: Trial, *, alone: bool = False
) -> tuple[bytes, bytes]:
    """Two digests of everything that decides what a trial of these definitions will show.

    The first is the same for code that differs in comments, docstrings, formatting and place. The
    second is not: a failure says where it happened.

    Args:
        alone: as in `autograder.grading.observe.RestartableChild.observations`.
    """
    digest = hashlib.sha256(_versions() + trial.digest + bytes([alone]))
    digest.update(msgspec.json.encode(definitions.undefined))
    placed = digest.copy()
    exact = msgspec.json.encode(definitions.files)
    placed.update(exact)
    normal = normal_form(definitions)
    digest.update(exact if normal is None else normal.encode("utf-8", "surrogatepass"))
    return digest.digest(), placed.digest()


@cache
def _versions() -> bytes:
    """Of Python, of the libraries, and of our own code that runs in a child."""
    digest = hashlib.sha256(repr((platform.python_version(), platform.machine())).encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    for path in _code_of_a_child():
        digest.update(path.read_bytes())
    return digest.digest()


def _code_of_a_child() -> list[Path]:
    """Our modules that answer a probe: ``probing/``, what that imports of ``sources/``, and what
    reads the arrays that a child is sent, whose order it decides.
    """
    found = dict.fromkeys([*sorted(_PACKAGE.glob("probing/*.py")), _PACKAGE / "sandbox/wire.py"])
    waiting = list(found)
    while waiting:
        path = waiting.pop()
        for node in ast.walk(parsed(path.read_text(encoding="utf-8"), path.name)):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            path = _PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
            if module.startswith("autograder.sources.") and path not in found:
                found[path] = None
                waiting.append(path)
    return sorted(found)


def _opened(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
    try:
        with database:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = off")  # what a crash loses is computed again
            database.execute(_TABLE)
            database.execute(_PEAK_TABLE)
            database.execute("select count(failure) from observation").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database
