"""nbgrader's configuration of a course, and the process as nbgrader's code expects it.

``in_course_folder`` and ``quiet`` change the whole process: its working directory, ``sys.path``,
``PATH``, warning filters and logging. Use them only while no grading thread runs.
"""

from __future__ import annotations

import logging
import os
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.model import AutograderError

if TYPE_CHECKING:
    from traitlets.config import Config

CONFIG = "nbgrader_config.py"

_LIBRARY_LOGS = ("traitlets", "tornado.application")
"""Where nbformat and nbgrader's gradebook log what they then raise."""


def course_config(course: Path) -> Config:
    """nbgrader's configuration as its commands find it when they run in ``course``.

    Raises:
        AutograderError: a configuration file raises an exception.
    """
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import Config, PyFileConfigLoader

    config = Config()
    for folder in [*reversed(jupyter_config_path()), str(course)]:
        path = Path(folder, CONFIG)
        if path.is_file():
            try:
                config.merge(PyFileConfigLoader(CONFIG, path=folder).load_config())
            except Exception as error:
                what = repr(error)
                if isinstance(error, SyntaxError):  # its fields repeat the file and the line's text
                    what = f"{type(error).__name__} in line {error.lineno}: {error.msg}"
                raise AutograderError(f"{path} raises {what}. Fix that and grade again.") from error
    return config


@contextmanager
def configuration_explained() -> Iterator[None]:
    """Turn what is wrong with a setting or a plugin into an AutograderError that names it."""
    from traitlets import TraitError

    try:
        yield
    except (TraitError, ImportError) as error:
        raise AutograderError(
            f"{CONFIG} has a setting that nbgrader cannot use: {error}. Correct it and grade again."
        ) from error


@contextmanager
def in_course_folder(course: Path) -> Iterator[None]:
    """Work in the course folder, as nbgrader's commands do.

    Configuration and plugins may rely on it: relative paths, modules next to the configuration.
    nbgrader also runs ``alembic`` from PATH when it creates a database, and finds it there only if
    the environment is activated.

    Raises:
        AutograderError: there is no such folder.
    """
    if not course.is_dir():
        raise AutograderError(f"There is no course folder {course}.")
    directory, modules, programs = Path.cwd(), sys.path[:], os.environ.get("PATH")
    try:
        os.chdir(course)
        sys.path.insert(0, str(course))
        os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), programs or ""])
        yield
    finally:
        os.chdir(directory)
        sys.path[:] = modules
        if programs is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = programs


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Keep the log messages and warnings of nbgrader and its libraries off the terminal.

    What goes wrong reaches the caller as an exception or a problem.

    Yields:
        a list that holds, at the end, the warnings meant for the instructor (FutureWarning).
    """
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    notices: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.filterwarnings("always", r"autograder\.outputs\.", FutureWarning)
            yield notices
            notices += dict.fromkeys(str(warning.message) for warning in caught)
    finally:
        logging.disable(disabled)


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Drop the log messages of nbgrader and its libraries, and nothing else.

    Unlike ``quiet``, it may be used while grading threads run: they do not use these loggers.
    """
    logs = [logging.getLogger(name) for name in _LIBRARY_LOGS]
    for log in logs:
        log.addFilter(_drop)
    try:
        yield
    finally:
        for log in logs:
            log.removeFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False


def silent_log() -> logging.Logger:
    """A logger for nbgrader's objects that writes nothing and passes nothing on."""
    log = logging.getLogger("autograder.nbgrader")
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    return log
