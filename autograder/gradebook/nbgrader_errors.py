"""What nbgrader's own commands say when the gradebook or a folder fails: a sentence.

``nbgrader_config.py`` calls `explain_errors`, so it runs wherever nbgrader reads that file: in its
commands and in the server of the formgrader.
"""

from __future__ import annotations

import functools
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.gradebook.remedies import without_password
from autograder.gradebook.upgrade import open_before_upgrading
from autograder.model import AutograderError

_MISLEADING = "There was an error accessing the nbgrader database"
"""nbgrader says this of every error, also of a wrong password, and to upgrade the database."""

_UPGRADING = "Upgrading "
"""What nbgrader says of a gradebook, with its password."""

_REPEATED_SECONDS = 1.0
"""`nbgrader autograde` meets the same error at every student."""


def explain_errors() -> None:
    """Explain errors of the gradebook, of rights and of the engine's steps, in this process.

    Outside nbgrader's commands and a Jupyter server, nothing changes: `autograder` reads the same
    configuration, and explains its errors itself.
    """
    from traitlets.config import Application

    if not Application.initialized():
        return
    for log in (Application.instance().log, logging.getLogger("tornado.application")):
        if not any(isinstance(each, _Explained) for each in log.filters):
            log.addFilter(_Explained())
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _print_explanation
    open_before_upgrading()
    api: Any = sys.modules.get("nbgrader.apps.api")  # imported before, where a formgrader runs
    if api and not hasattr(api.capture_log, "__wrapped__"):
        api.capture_log = explained_result(api.capture_log)


def explanation(error: BaseException | None) -> str:
    """What to do about an error under nbgrader; "" if that is not known."""
    from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

    from autograder.gradebook.database import database_errors_explained

    if error is None or isinstance(error, AutograderError):
        return str(error or "")
    if not _passed_nbgrader(error.__traceback__):
        return ""
    if said := _of_what_was_passed(error):
        return said
    if isinstance(error, PermissionError) and error.filename:
        return (
            f"You may not read or write {error.filename}. Make it yours, or ask its owner or the "
            "administrator for the rights, and run the same command again."
        )
    if isinstance(error, OSError) and error.filename:
        return (
            f"{error.filename}: {error.strerror}. Check that the folder exists and that the disk "
            "has space, and run the same command again."
        )
    reason = error.__context__ if isinstance(error.__context__, DBAPIError) else error
    known = (ArgumentError, DBAPIError, ImportError, NoSuchModuleError)
    # An entry that exists already is nbgrader's to report.
    if not isinstance(reason, known) or isinstance(reason, IntegrityError):
        return ""
    try:
        with database_errors_explained(_course()):
            raise reason
    except AutograderError as said:
        return str(said)
    except Exception:  # an import of something else; a configuration that cannot be read
        return ""


def _of_what_was_passed(error: BaseException) -> str:
    """What is wrong with what a command was given; "" if that is not known."""
    if isinstance(error, UnicodeDecodeError):
        return (
            f"A file is not UTF-8 text (byte {error.start + 1} is {error.object[error.start]:#x}). "
            "Save it as UTF-8, as 'CSV UTF-8' in Excel, and run the same command again."
        )
    if "NOT NULL constraint failed: student.id" in str(error):
        return "A row has no id. Write one in the column `id`, and run the same command again."
    if isinstance(error, subprocess.CalledProcessError) and "alembic" in error.cmd:
        return (
            "The gradebook could not be upgraded; the reason is above. Beside a gradebook that is "
            "a file, nbgrader has put a copy of it as it was."
        )
    return ""


def _course() -> Any:
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Application

    from autograder.gradebook.config import course_config

    # A command knows its course; in a server, the application is the server.
    app = Application.instance() if Application.initialized() else None
    if isinstance(course := getattr(app, "coursedir", None), CourseDirectory):
        return course
    root = Path.cwd()
    return CourseDirectory(config=course_config(root), root=str(root))


def _passed_nbgrader(trace: TracebackType | None) -> bool:
    """Whether an error came out of nbgrader: a server has other extensions and databases."""
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "nbgrader":
            return True
        trace = trace.tb_next
    return False


def explained_result(run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What the formgrader's buttons show of a failure: the explanation, instead of a traceback.

    Args:
        run: nbgrader's, which runs a command and returns its log, and its traceback if it fails.
    """

    @functools.wraps(run)
    def explained(app: Any, *rest: Any) -> dict[str, Any]:
        filters = [each for each in app.log.filters if isinstance(each, _Explained)]
        for each in filters:
            each.said = ""
        result = run(app, *rest)
        said = next((each.said for each in filters if each.said), "")
        if said and "error" in result:
            result["error"] = said
        return result

    return explained


class _Explained(logging.Filter):
    """Puts the explanation in the place of a logged traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.said, self._at = "", 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        # nbgrader logs tracebacks as text, while it handles the error.
        error = record.exc_info[1] if record.exc_info else sys.exc_info()[1]
        if record.getMessage().startswith(_UPGRADING):
            record.msg, record.args = without_password(record.getMessage()), ()
        if error is None or record.levelno < logging.INFO:
            return True
        message = record.getMessage()
        traced = bool(record.exc_info) or "Traceback (most recent call last)" in message
        misleading = message.startswith(_MISLEADING)
        if not (traced or misleading) or not (said := explanation(error)):
            return True
        repeated = said == self.said and record.created - self._at < _REPEATED_SECONDS
        self.said, self._at = said, record.created
        record.msg, record.args, record.exc_info, record.exc_text = said, (), None, None
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        return not repeated


def _print_explanation(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if said := explanation(error):
        print(said, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)
