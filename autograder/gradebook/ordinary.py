"""Ordinary assignments of nbgrader's in a course of ours: our steps then do what nbgrader does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    Execute,
    IgnorePattern,
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    NbGraderPreprocessor,
    SaveAutoGrades,
)

from autograder.gradebook.release import is_ordinary
from autograder.model import AutograderError

Resources = dict[str, Any]

BEFORE_SAVING = (
    IncludeHeaderFooter,
    InstantiateTests,
    LockCells,
    ClearSolutions,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
)
AFTER_SAVING = (ClearHiddenTests, ClearMarkScheme, ComputeChecksums, CheckCellMetadata)
EXECUTION = (Execute, IgnorePattern, ClearMetadataPreprocessor)
SAVING = (SaveAutoGrades,)
"""nbgrader's defaults around SaveCells, and in the places of our steps of `nbgrader autograde`."""


def is_ordinary_assignment(preprocessor: NbGraderPreprocessor, resources: Resources) -> bool:
    """Whether a preprocessor has a notebook of an ordinary assignment; as `is_ordinary`."""
    root = Path(course_directory(preprocessor).root)
    return is_ordinary(root, resources["nbgrader"]["assignment"])


def nbgraders_own(
    preprocessor: NbGraderPreprocessor,
    steps: Sequence[type],
    nb: NotebookNode,
    resources: Resources,
) -> tuple[NotebookNode, Resources]:
    """Run nbgrader's own steps where it would run them."""
    for step in steps:
        nb, resources = step(parent=preprocessor.parent)(nb, resources)
    return nb, resources


def course_directory(preprocessor: NbGraderPreprocessor) -> CourseDirectory:
    """The course of the converter that runs ``preprocessor``."""
    owner = preprocessor
    while owner is not None:
        if isinstance(course := getattr(owner, "coursedir", None), CourseDirectory):
            return course
        owner = owner.parent
    raise AutograderError(
        f"{type(preprocessor).__name__} runs only under nbgrader or `autograder grade`."
    )
