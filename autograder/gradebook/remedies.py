"""What a database's errors mean, and what to do about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from autograder.gradebook.config import CONFIG

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import DBAPIError

_FROM_A_BACKUP = (
    "Move the file away (or restore a backup) and grade again: automatic grades come back, grades "
    "given by hand only from a backup."
)
_FROM_ANOTHER_NBGRADER = (
    "It is from another version of nbgrader. Make a copy, then run: nbgrader db upgrade"
)
_OF_FILES = {
    "locking protocol|disk I/O": "SQLite needs a disk that locks files, with space left; many "
    "network disks do not lock. Use a local disk, or a database server, and grade again.",
    "locked": "Another program is writing to it. Wait until it finishes, or close it, and grade "
    "again.",
    "not a database": _FROM_A_BACKUP,
    "malformed": _FROM_A_BACKUP,
    "readonly": "Make the file and its folder writable and grade again.",
    "unable to open": "It must be a file that you may read and write, in a folder that exists and "
    "is writable.",
    "full": "Free some space on the disk and grade again.",
    "no column": _FROM_ANOTHER_NBGRADER,
    "no such": _FROM_ANOTHER_NBGRADER,
}
_OF_SERVERS = {
    "password": f"Correct the user or the password in c.CourseDirectory.db_url in {CONFIG}, or in "
    "~/.pgpass.",
    "role .* does not exist": f"Correct the user in c.CourseDirectory.db_url in {CONFIG}, or run: "
    "createuser --pwprompt NAME",
    "column ": _FROM_ANOTHER_NBGRADER,
    "relation ": _FROM_ANOTHER_NBGRADER,
    "database .* does not exist": "Create it (createdb --encoding UTF8 --template template0 NAME), "
    f"or correct c.CourseDirectory.db_url in {CONFIG}.",
    "permission denied|must be owner": "The gradebook's user creates and changes tables: make it "
    "the owner of the database and of the tables in it.",
    "assignment_course_id_fkey": f"Set c.CourseDirectory.course_id in {CONFIG}: a server takes no "
    "assignment without a course.",
    "read-only": "The database takes no changes: it is a standby, or was made read-only.",
    "no pg_hba.conf entry": "The server's pg_hba.conf does not let this user in from this machine.",
    "too many|connection slots": "Wait, or let the server take more connections, and grade again.",
    "No space left|could not extend": "Free some space on the server's disk and grade again.",
}
_AWAY = (
    f"Check that the server runs, and c.CourseDirectory.db_url in {CONFIG}. Then run the same "
    "command again: what has been graded is kept."
)
_KEPT = "Grades saved so far are kept. Fix the cause and grade again."

_DRIVERS = {"psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient"}
"""What to install, by module, where it has another name."""

_BEFORE_THE_REASON = re.compile(r"^(?:.*FATAL: +|connection (?:failed|is bad): |- .*?failed: )")


def driver_to_install(error: ImportError, url: URL) -> str:
    """What installs the driver that could not be imported; "" if it is not that."""
    if "pq wrapper" in str(error):  # psycopg without its library
        return _DRIVERS["psycopg"]
    known = (*_DRIVERS, url.get_driver_name())
    return _DRIVERS.get(error.name or "", error.name or "") if error.name in known else ""


def explained(where: str, error: DBAPIError, url: URL) -> str:
    """One sentence about what failed, and one that says what to do.

    Args:
        where: the gradebook's address, without a password.
    """
    if url.get_backend_name() == "sqlite":
        return f"The gradebook {where}: {error.orig}. {_remedy(str(error.orig), _OF_FILES, _KEPT)}"
    # Further lines repeat the statement, or guess.
    lines = [each for each in str(error.orig).splitlines() if each.strip()] or ["no reason given"]
    reason = lines[-1] if lines[0].startswith("Multiple connection attempts") else lines[0]
    reason = _BEFORE_THE_REASON.sub("", reason).rstrip(".?")
    lost = getattr(error.orig, "sqlstate", None) is None or error.connection_invalidated
    remedy = _remedy(reason, _OF_SERVERS, _AWAY if lost else _KEPT)
    return f"The gradebook {where}: {reason}. {remedy}"


def without_password(url: str) -> str:
    """A URL that SQLAlchemy may be unable to read, as it can be shown."""
    return re.sub(r"(//[^:/@]*:).*(?=@)|(\bpassword=)[^&]*", r"\1\2***", url)


def _remedy(reason: str, remedies: dict[str, str], otherwise: str) -> str:
    for sign, remedy in remedies.items():
        if re.search(sign, reason):
            return remedy
    return otherwise
