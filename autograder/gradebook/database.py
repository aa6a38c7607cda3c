"""The gradebook's database: where it is, how it is created, and what to do when it fails."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from autograder.atomic import atomic_replacement
from autograder.gradebook.config import CONFIG
from autograder.gradebook.remedies import driver_to_install, explained, without_password
from autograder.gradebook.server import CONNECT_SECONDS, create_tables, is_libpq, one_at_a_time
from autograder.model import AutograderError

if TYPE_CHECKING:
    from nbgrader.coursedir import CourseDirectory
    from sqlalchemy.engine import URL

_VERSION = re.compile(r"^(revision|down_revision) = ['\"](\w+)['\"]", re.MULTILINE)


def open_gradebook(course: CourseDirectory) -> None:
    """Create the gradebook if there is none, whole or not at all.

    nbgrader creates the tables first and notes their version last. After an interruption in
    between, it would take half a database for a whole one; so it works on a file of another name.

    Raises:
        AutograderError: the gradebook or its folder is missing or not writable, or its tables are
            those of another version of nbgrader.
    """
    from nbgrader.api import Gradebook

    path = sqlite_file(course)
    if is_postgres(course):
        with one_at_a_time(course.db_url, "create the tables") as connection:
            create_tables(connection, _schemas())
            Gradebook(course.db_url, course.course_id).close()
        _refuse_other_schema(course)
        return
    if path is None or path.exists():
        if path:
            _refuse_read_only(course, path)
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


def only_grader(course: CourseDirectory, assignment: str) -> AbstractContextManager[object]:
    """Refuse a second grader of an assignment.

    In one course folder, the journal does. Several folders may share a database on a server.

    Raises (on entering):
        AutograderError: there is another.
    """
    if not is_postgres(course):
        return nullcontext()
    return one_at_a_time(
        course.db_url,
        f"grade {assignment}",
        refusal=f"Another `autograder grade` is recording {assignment!r} in the gradebook "
        f"{address(course)}. Wait until it finishes.",
    )


def _refuse_read_only(course: CourseDirectory, path: Path) -> None:
    """Refuse a gradebook that takes no changes, before a class is graded for nothing."""
    effective = os.access in os.supports_effective_ids
    if not all(os.access(each, os.W_OK, effective_ids=effective) for each in (path, path.parent)):
        raise AutograderError(
            f"The gradebook {address(course)} or its folder is read-only for you. Make the file "
            "and its folder writable and grade again."
        )


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
    """The database's URL, with a path that does not depend on the working directory.

    A server that does not answer is given up after seconds.
    """
    path, url = sqlite_file(course), _url(course)
    if path is not None:
        url = url.set(database=str(path))
    elif is_libpq(url) and "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": CONNECT_SECONDS})
    return url.render_as_string(hide_password=False)


def address(course: CourseDirectory) -> str:
    """The database as people read it: a path, or a URL without its password."""
    path, url = sqlite_file(course), _url(course)
    if path:
        return str(path)
    return unquote(url.difference_update_query(["connect_timeout", "password"]).render_as_string())


def sqlite_file(course: CourseDirectory) -> Path | None:
    """The gradebook's file; None if it is not one, as on a database server."""
    url = _url(course)
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith("file:"):
        return None
    return Path(course.root, url.database)


def is_postgres(course: CourseDirectory) -> bool:
    """Whether the gradebook is on a PostgreSQL server."""
    return _url(course).get_backend_name() == "postgresql"


@contextmanager
def database_errors_explained(course: CourseDirectory) -> Iterator[None]:
    """Turn the database's errors into an AutograderError that says what to do."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    try:
        yield
    except (ArgumentError, NoSuchModuleError) as error:
        raise AutograderError(
            f"SQLAlchemy cannot open the gradebook at {without_password(course.db_url)!r} "
            f"({error}). Correct c.CourseDirectory.db_url in {CONFIG}; it looks like "
            "'sqlite:///gradebook.db' or 'postgresql+psycopg://USER@HOST/NAME'."
        ) from error
    except ImportError as error:  # SQLAlchemy imports a database's driver when it connects
        driver = driver_to_install(error, _url(course))
        if not driver:
            raise
        raise AutograderError(
            f"The gradebook is at {address(course)}, and what connects to such a database is not "
            f"installed. Install it with: pip install '{driver}'"
        ) from error
    except DBAPIError as error:
        raise AutograderError(explained(address(course), error, _url(course))) from error
    except Exception as error:
        # nbgrader reports a locked database as a wrong entry.
        reason = error.__context__
        if isinstance(reason, DBAPIError):
            raise AutograderError(explained(address(course), reason, _url(course))) from error
        raise


def _url(course: CourseDirectory) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(course.db_url)
    except ValueError as error:
        raise ArgumentError(str(error)) from error
