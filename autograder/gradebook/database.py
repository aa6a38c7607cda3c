"""The gradebook's database: where it is, how it is created, and what to do when it fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.atomic import atomic_replacement
from autograder.gradebook.config import CONFIG
from autograder.model import AutograderError

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import DBAPIError

_FROM_A_BACKUP = (
    "Move the file away (or restore a backup) and grade again: automatic grades come back, grades "
    "given by hand only from a backup."
)
_FROM_ANOTHER_NBGRADER = (
    "It is from another version of nbgrader. Make a copy, then run: nbgrader db upgrade"
)
_DRIVERS = {
    "postgresql": {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary"},
    "mysql": {"MySQLdb": "mysqlclient", "pymysql": "pymysql"},
}
"""Modules that connect to a database, and what to install to get them."""

_VERSION = re.compile(r"^(revision|down_revision) = ['\"](\w+)['\"]", re.MULTILINE)

_REMEDIES = {
    "locked": "Another program is writing to it. Wait until it finishes, or close it, and grade "
    "again.",
    "not a database": _FROM_A_BACKUP,
    "malformed": _FROM_A_BACKUP,
    "readonly": "Make the file and its folder writable and grade again.",
    "unable to open": "Its folder must exist and be writable.",
    "full": "Free some space on the disk and grade again.",
    "no column": _FROM_ANOTHER_NBGRADER,
    "no such": _FROM_ANOTHER_NBGRADER,
}
"""What to do, by a part of the database's message."""


def open_gradebook(course: CourseDirectory) -> None:
    """Create the gradebook if there is none, whole or not at all.

    nbgrader creates the tables first and notes their version last. After an interruption in
    between, it would take half a database for a whole one; so it works on a file of another name.

    Raises:
        AutograderError: the gradebook's folder is missing or not writable, or its tables are those
            of another version of nbgrader.
    """
    from nbgrader.api import Gradebook

    path = sqlite_file(course)
    if path is None or path.exists():
        Gradebook(course.db_url, course.course_id).close()
        _refuse_other_schema(course)
        return
    try:
        with atomic_replacement(path) as replacement:
            url = _url(course).set(database=str(replacement))
            Gradebook(url.render_as_string(hide_password=False), course.course_id).close()
    except OSError as error:
        raise AutograderError(
            f"The gradebook {path} could not be created: {error.strerror}. "
            "Its folder must exist and be writable."
        ) from error


def _refuse_other_schema(course: CourseDirectory) -> None:
    """Refuse a gradebook of another nbgrader, which would fail somewhere in the class."""
    from nbgrader import __version__
    from nbgrader.api import Gradebook
    from sqlalchemy import inspect, text

    with Gradebook(course.db_url, course.course_id) as gradebook:
        if not inspect(gradebook.engine).has_table("alembic_version"):
            return
        found = gradebook.db.execute(text("select version_num from alembic_version")).scalar()
    schemas = _schemas()
    if found is None or found == schemas[-1]:
        return
    if found in schemas:
        raise AutograderError(
            f"The gradebook {address(course)} is from an older version of nbgrader. Make a copy, "
            "then run: nbgrader db upgrade"
        )
    raise AutograderError(
        f"The gradebook {address(course)} is from another version of nbgrader than {__version__}, "
        f"probably a newer one (its tables are {found!r:.40}, which {__version__} does not know). "
        "Install the nbgrader that wrote it, or move the file away."
    )


def _schemas() -> list[str]:
    """The versions of nbgrader's tables, in order.

    Read from the files of its migrations: importing alembic takes longer than grading a student.
    """
    import nbgrader

    follows: dict[str, str] = {}
    for path in Path(nbgrader.__file__).parent.glob("alembic/versions/*.py"):
        fields = dict(_VERSION.findall(path.read_text()))
        follows[fields.get("down_revision", "")] = fields["revision"]
    order = [""]
    while order[-1] in follows:
        order.append(follows[order[-1]])
    return order


def absolute_url(course: CourseDirectory) -> str:
    """The database's URL, with a path that does not depend on the working directory."""
    path = sqlite_file(course)
    if path is None:
        return str(course.db_url)
    return _url(course).set(database=str(path)).render_as_string(hide_password=False)


def address(course: CourseDirectory) -> str:
    """The database as people read it: a path, or a URL without its password."""
    path = sqlite_file(course)
    return str(path) if path else _url(course).render_as_string(hide_password=True)


def sqlite_file(course: CourseDirectory) -> Path | None:
    """The gradebook's file; None if it is not one, as on a database server."""
    url = _url(course)
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return None
    return Path(course.root, url.database)


@contextmanager
def database_errors_explained(course: CourseDirectory) -> Iterator[None]:
    """Turn the database's errors into an AutograderError that says what to do."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    try:
        yield
    except (ArgumentError, NoSuchModuleError) as error:
        raise AutograderError(
            f"SQLAlchemy cannot open the gradebook at {course.db_url!r} ({error}). "
            f"Correct c.CourseDirectory.db_url in {CONFIG}."
        ) from error
    except ModuleNotFoundError as error:  # SQLAlchemy imports a database's driver when it connects
        driver = _DRIVERS.get(_url(course).get_backend_name(), {}).get(error.name or "")
        if driver is None:
            raise
        raise AutograderError(
            f"The gradebook is at {address(course)}, and {error.name}, which connects to such a "
            f"database, is not installed. Install it with: pip install '{driver}'"
        ) from error
    except DBAPIError as error:
        raise _explained(course, error) from error
    except Exception as error:
        # nbgrader reports a locked database as a wrong entry.
        if isinstance(error.__context__, DBAPIError):
            raise _explained(course, error.__context__) from error
        raise


def _explained(course: CourseDirectory, error: DBAPIError) -> AutograderError:
    reason = str(error.orig)
    return AutograderError(f"The gradebook {address(course)}: {reason}. {_remedy(reason)}")


def _url(course: CourseDirectory) -> URL:
    from sqlalchemy.engine import make_url

    return make_url(course.db_url)


def _remedy(reason: str) -> str:
    for sign, remedy in _REMEDIES.items():
        if sign in reason:
            return remedy
    return "Grades saved so far are kept. Fix the cause and grade again."
