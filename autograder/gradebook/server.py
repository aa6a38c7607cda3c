"""A gradebook on a PostgreSQL server: created whole, one grader for an assignment, restarts.

A file has one folder and one program that writes at a time. A server has several graders on several
machines, and may restart while they work.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from autograder.model import AutograderError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection

T = TypeVar("T")

PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds to wait before each further attempt: together as long as a server takes to restart."""

CONNECT_SECONDS = "10"
"""How long an address may stay silent; the system's own limit is minutes."""

_RETRIED = ("08", "40", "57P01", "57P02", "57P03", "53300")
"""SQLSTATEs of what passes: lost connections, deadlocks, restarts, too many connections.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""
_DUPLICATE = "23505"


def patiently(work: Callable[[], T], *, server: bool) -> T:
    """Do ``work``, and again if a database server was away or another grader came in between.

    Args:
        work: leaves the same gradebook behind if it is done twice.
        server: whether the gradebook is on a server; a file's errors do not pass.
    """
    from sqlalchemy.exc import DBAPIError

    for pause in PATIENCE if server else ():
        try:
            return work()
        except Exception as error:
            # nbgrader reports a database's errors as wrong entries.
            reasons = [each for each in (error, error.__context__) if isinstance(each, DBAPIError)]
            if not any(map(_passes, reasons)):
                raise
        time.sleep(pause)
    return work()


def _passes(error: object) -> bool:
    """Whether a DBAPIError may not occur again."""
    from sqlalchemy.exc import IntegrityError, OperationalError

    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state is None:  # no connection, or none any more
        return isinstance(error, OperationalError)
    # Two graders of two assignments may enrol a student at once.
    return state.startswith(_RETRIED) or (isinstance(error, IntegrityError) and state == _DUPLICATE)


def is_libpq(url: URL) -> bool:
    """Whether ``url`` is PostgreSQL's, through a driver that takes libpq's parameters."""
    return url.get_backend_name() == "postgresql" and url.get_driver_name().startswith("psycopg")


@contextmanager
def one_at_a_time(url: str, what: str, *, refusal: str = "") -> Iterator[Connection]:
    """Hold a lock in the database, which ends with the process or its connection.

    Args:
        what: the name of the lock.
        refusal: what to say if another process has the lock; "" to wait for it.

    Yields:
        a connection that commits every statement by itself.

    Raises:
        AutograderError: another process has the lock.
    """
    from sqlalchemy import create_engine, make_url, text
    from sqlalchemy.pool import NullPool

    # Without it, text comes as bytes where the server has no encoding, and SQLAlchemy fails.
    encoded = {"client_encoding": "utf8"} if is_libpq(make_url(url)) else {}
    engine = create_engine(
        url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=encoded
    )
    digest = hashlib.sha256(f"autograder: {what}".encode("utf-8", "surrogatepass")).digest()
    key = int.from_bytes(digest[:8], "big", signed=True)
    with engine.connect() as connection:
        if not refusal:
            connection.execute(text("select pg_advisory_lock(:key)"), {"key": key})
        elif not connection.execute(
            text("select pg_try_advisory_lock(:key)"), {"key": key}
        ).scalar():
            raise AutograderError(refusal)
        yield connection


def create_tables(connection: Connection, schemas: Sequence[str]) -> None:
    """Create nbgrader's tables where there are none, all of them or none.

    nbgrader creates them one after another and notes their version last: a grader that is killed
    in between, or a second one that starts then, finds half a gradebook.

    Args:
        schemas: the versions of the tables, the newest last.

    Raises:
        AutograderError: the database cannot hold every letter.
    """
    from nbgrader.api import Base
    from sqlalchemy import inspect, text

    encoding = connection.execute(text("show server_encoding")).scalar()
    encoding = encoding.decode() if isinstance(encoding, bytes) else encoding
    if encoding != "UTF8":
        raise AutograderError(
            f"The gradebook's database has the encoding {encoding}, which lacks letters of names "
            "and comments. Create another: createdb --encoding UTF8 --template template0 NAME"
        )
    if inspect(connection).get_table_names():
        return
    with connection.engine.execution_options(isolation_level="READ COMMITTED").begin() as whole:
        Base.metadata.create_all(bind=whole)
        whole.execute(text("create table alembic_version (version_num varchar(32) not null)"))
        whole.execute(
            text("insert into alembic_version values (:version)"), {"version": schemas[-1]}
        )
