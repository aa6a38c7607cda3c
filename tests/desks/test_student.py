"""Which files a self-check finds, and which release they belong to. No keras."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.desks.release import build
from autograder.desks.student import _files, release_of
from autograder.grading.oracle import Oracle
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment


@pytest.fixture
def release(course: Path, assignment: Assignment, oracle: Oracle) -> Path:
    """The folder that students get of `downhill`."""
    folder = course / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder


def test_a_file_belongs_to_the_release_in_its_folder(release: Path) -> None:
    assert release_of(release / "downhill.ipynb") == release
    assert release_of(release / "mine.py") == release


def test_a_file_belongs_to_the_courses_release_of_its_name_or_its_folders(
    release: Path, course: Path
) -> None:
    assert release_of(course / "downhill.py") == release
    assert release_of(course / "solutions" / "downhill" / "variants" / "downhill.py") == release
    assert release_of(course / "solutions" / "downhill" / "mine.py") == release


def test_a_copy_away_from_the_course_is_a_release_too(release: Path, tmp_path: Path) -> None:
    laptop = Path(shutil.copytree(release, tmp_path / "laptop"))
    assert release_of(laptop / "downhill.ipynb") == laptop


def test_a_file_without_a_release_is_refused(course: Path) -> None:
    with pytest.raises(AutograderError, match=r"No checks found for .*uphill\.py"):
        release_of(course / "uphill.py")


def test_a_folder_means_its_notebooks_or_else_its_modules(release: Path) -> None:
    (release / "mine.py").touch()
    (release / "._downhill.ipynb").touch()  # a Mac's companion file
    (release / "._mine.py").touch()
    assert _files(release) == [release / "downhill.ipynb"]
    (release / "downhill.ipynb").unlink()
    # checks.py and probes.py are the release's, not the student's.
    assert _files(release) == [release / "mine.py"]


def test_a_folder_of_releases_means_all_their_notebooks(release: Path) -> None:
    assert _files(release.parent) == [release / "downhill.ipynb"]
