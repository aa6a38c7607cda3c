"""What could not be recorded as it should: a student's problem, or the end of the run."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator

from autograder.gradebook.server import patiently
from autograder.model import AutograderError
from autograder.reports.terminal import printable

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
"""Errors that every further student's files would meet too."""


class Problems:
    """The problems of a run so far, one sentence each, by student."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def add(self, student: str, problem: str) -> None:
        """Note a problem of a student."""
        said = printable(f"{student}: {problem}")
        if said not in self._said:  # what is tried again may be said again
            self._said.append(said)

    def attempt(self, student: str, what: str, work: Callable[[], None], *, server: bool) -> bool:
        """Do one student's work; if it fails for reasons of that student alone, note a problem.

        Args:
            what: is made.
            server: whether the gradebook is on a server, which may be away for a moment.

        Returns:
            whether it is done.

        Raises:
            AutograderError, sqlalchemy.exc.DBAPIError: the rest of the class would fail in the
                same way.
        """
        from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

        try:
            patiently(work, server=server)
            return True
        except (DataError, IntegrityError) as error:
            reason = f"could not be saved ({error.orig})"
        except (AutograderError, DBAPIError):
            raise
        except OSError as error:
            if error.errno in _DISK_ERRORS:
                raise AutograderError(
                    f"Stopped at student {printable(student)}: {error.strerror}: "
                    f"{error.filename}. Free some space (or make the folder writable) and grade "
                    "again."
                ) from error
            reason = f"could not be written ({error})"
        except Exception as error:  # a submission of any kind must not stop the class
            if isinstance(error.__context__, OperationalError):  # nbgrader calls it a wrong entry
                raise error.__context__ from error
            reason = f"could not be made ({type(error).__name__}: {error})"
        self.add(student, f"the {what} {reason}")
        return False
