"""What tests of a student's desk start from: the release of `downhill`, without keras."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.desks.release import build
from autograder.grading.oracle import Oracle
from autograder.sources.assignment import Assignment


@pytest.fixture
def notebook(course: Path, assignment: Assignment, oracle: Oracle) -> Path:
    """The notebook of `downhill` that students get, in its release."""
    folder = course / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder / "downhill.ipynb"
