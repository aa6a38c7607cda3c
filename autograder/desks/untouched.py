"""Which exercises of a notebook are still as they were released: they need no run to be judged.

nbgrader's checksum in a cell's metadata tells its text as released, whatever the cell holds now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.grading.decide import judge_exercises
from autograder.grading.oracle import Oracle
from autograder.model import Failure, Observation
from autograder.programs import Definitions
from autograder.sources.checks import CheckSet
from autograder.sources.submission import Submission
from autograder.verdicts import ExerciseReport


def untouched_cell(submission: Submission, definitions: Definitions, exercise: str) -> str:
    """The label of the cell that defines an exercise, if its text is as released; or ""."""
    if submission.notebook is None:
        return ""
    released = {
        f"cell {number}": source
        for number, cell in enumerate(submission.notebook["cells"], 1)
        if (source := _as_released(cell, exercise)) is not None
    }
    defining = [
        file for file in definitions.files if exercise in (name for _, name in file.defines)
    ]
    # All of them: a later definition may replace the first, or be built on it.
    if defining and all(released.get(file.label) == file.text for file in defining):
        return defining[-1].label
    return ""


def report_without_a_run(check_set: CheckSet, failure: Failure, oracle: Oracle) -> ExerciseReport:
    """The report on an exercise that is known to fail every check.

    Args:
        check_set: its checks alone.
        failure: that it is missing, or unwritten.
    """
    gone = Observation(failure=failure)
    (report,) = judge_exercises(check_set, {check.id: gone for check in check_set.checks}, oracle)
    return report


def is_as_released(source: str, metadata: Mapping[str, Any]) -> bool:
    """Whether nbgrader's checksum of a solution cell fits this source.

    Args:
        metadata: the cell's nbgrader metadata.
    """
    # As nbgrader.utils.compute_checksum does it for a cell that is not graded itself.
    parts = (source, "code", "False", "True", "False", str(metadata.get("grade_id", "")))
    made = hashlib.md5("".join(parts).encode(errors="replace"), usedforsecurity=False)
    return made.hexdigest() == metadata.get("checksum")


def nbgrader_metadata(cell: Any) -> Mapping[str, Any]:
    """What nbgrader keeps in a cell of a raw notebook; empty if it keeps nothing."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    found = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def source_of(cell: Any) -> str:
    """The text of a cell of a raw notebook; "" if it has none."""
    source = cell.get("source") if isinstance(cell, dict) else None
    lines: Iterable[Any] = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str))


def _as_released(cell: Any, exercise: str) -> str | None:
    metadata, source = nbgrader_metadata(cell), source_of(cell)
    if metadata.get("grade_id") == exercise and is_as_released(source, metadata):
        return source
    return None
