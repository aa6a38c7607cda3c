"""``nbgrader autograde`` and the formgrader take the files that ``autograder grade`` takes.

nbgrader converts the notebook that has the assignment's name. It ends with an error where a student
has renamed it, has submitted a module, or a file that is not a notebook at all, and where there are
two files it shows another one than the engine grades. For an assignment of ours, nbgrader is told
of a notebook with the right name wherever there is something to grade, and
``preprocessors.RestoreRelease`` puts what was submitted in its place.
"""

from __future__ import annotations

import functools
import glob
import os
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.converters import Autograde

from autograder.sources.course import Course
from autograder.sources.submitted_files import find_submission


def accept_any_name() -> None:
    """Let nbgrader's converter, in this process, take a submission by any name."""
    if hasattr(Autograde.init_notebooks, "__wrapped__"):
        return
    kind: Any = Autograde
    kind.init_notebooks = _with_any_name(kind.init_notebooks)
    kind.convert_single_notebook = _without_reading(kind.convert_single_notebook)


def _with_any_name(init: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(init)
    def init_notebooks(self: Any) -> None:
        name = self.coursedir.assignment_id
        found = {}
        if _is_ours(self) and fnmatch(name, self.coursedir.notebook_id):
            # The paths are text that nbgrader compares with others: none may be put in order.
            for folder in glob.glob(self._format_source(name, self.coursedir.student_id)):  # noqa: PTH207
                if find_submission(Path(folder), name, "").path:
                    found[folder] = [f"{folder}{os.sep}{name}.ipynb"]
        if not found:
            init(self)  # which says what is missing
            return
        self.assignments, self.notebooks = found, []

    return init_notebooks


def _without_reading(convert: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """The submitted file is read by the engine, which can read more, and need not be there."""

    @functools.wraps(convert)
    def convert_single_notebook(self: Any, notebook_filename: str) -> None:
        if not _is_ours(self):
            convert(self, notebook_filename)
            return
        exporter, read = self.exporter, self.exporter.from_filename

        def from_filename(path: str, resources: Any = None, **more: Any) -> Any:
            if path == notebook_filename:
                empty = nbformat.v4.new_notebook()
                return exporter.from_notebook_node(empty, resources=resources, **more)
            return read(path, resources=resources, **more)

        exporter.from_filename = from_filename
        try:
            convert(self, notebook_filename)
        finally:
            del exporter.from_filename

    return convert_single_notebook


def _is_ours(converter: Any) -> bool:
    course = Course(Path(converter.coursedir.root))
    return (course.solutions / converter.coursedir.assignment_id).is_dir()
