"""A class is graded in threads while it is recorded, and neither disturbs the other."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import warnings
from pathlib import Path

import pytest
from rich.console import Console

from autograder.desks.instructor import grade_course
from autograder.grading.journal import Journal
from autograder.sources.course import Course
from autograder.verdicts import Report

SOURCES = Path(__file__).parents[1] / "hostile" / "solutions"

pytestmark = pytest.mark.slow


def process_state() -> tuple[object, ...]:
    """What threads share, as far as recording could change it."""
    disabled = logging.root.manager.disable
    return Path.cwd(), sys.path[:], os.environ["PATH"], list(warnings.filters), disabled


def test_grading_threads_see_an_unchanged_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SOURCES, tmp_path / "solutions")
    for student in ("ada", "ben", "cleo"):
        place = tmp_path / "submitted" / student / "descent"
        place.mkdir(parents=True)
        (place / "descent.py").write_text("def average(numbers):\n    return sum(numbers)\n")
    seen: list[tuple[str, tuple[object, ...]]] = []
    add = Journal.add

    def look(journal: Journal, digest: str, report: Report) -> None:
        seen.append((threading.current_thread().name, process_state()))
        add(journal, digest, report)

    monkeypatch.setattr(Journal, "add", look)
    before = process_state()

    grade_course(
        Course(tmp_path),
        "descent",
        Console(quiet=True),
        submissions=None,
        results_file=None,
        jobs=2,
        seed=None,
        only=frozenset(),
    )

    assert len(seen) == 3
    for thread, state in seen:
        assert thread.startswith("grade")
        assert state == before
    assert process_state() == before
    assert (tmp_path / "grades.csv").is_file()
