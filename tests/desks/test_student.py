"""Which files a self-check finds, which release they belong to, and how it confines them.

No keras: the processes run a service that imports little.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from autograder.desks import student
from autograder.desks.release import build
from autograder.desks.student import (
    NOT_CONFINED,
    check_paths,
    files_in,
    release_of,
    self_check_sandbox,
)
from autograder.grading import observe
from autograder.grading.oracle import Oracle
from autograder.model import AutograderError
from autograder.sandbox import bubblewrap, confinement
from autograder.sandbox.interface import Sandbox
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
    assert files_in(release) == [release / "downhill.ipynb"]
    (release / "downhill.ipynb").unlink()
    # checks.py and probes.py are the release's, not the student's.
    assert files_in(release) == [release / "mine.py"]


def test_a_folder_of_releases_means_all_their_notebooks(release: Path) -> None:
    assert files_in(release.parent) == [release / "downhill.ipynb"]


def test_the_course_means_them_too_and_so_does_a_name_from_anywhere_in_it(
    release: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course / "nbgrader_config.py").touch()  # no student's module
    assert files_in(course) == [release / "downhill.ipynb"]
    for here in (course, release):
        monkeypatch.chdir(here)
        assert files_in(Path("downhill")) == [release / "downhill.ipynb"]
    with pytest.raises(AutograderError, match=r"no assignment 'down_hill' .* mean 'downhill'"):
        files_in(Path("down_hill"))
    monkeypatch.chdir(course.parent)
    with pytest.raises(AutograderError, match="uphill does not exist"):
        files_in(Path("uphill"))


EMPTY = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def test_of_several_assignments_those_are_checked_that_have_the_exercise(release: Path) -> None:
    other = release.with_name("uphill")
    shutil.copytree(release, other)
    (other / "downhill.ipynb").rename(other / "uphill.ipynb")
    (other / "uphill.ipynb").write_text(json.dumps(EMPTY))
    (other / "stubs.json").write_text(json.dumps({"climb": "def climb(start):\n    pass\n"}))
    ((file, report),) = check_paths([release.parent], frozenset(["walk"]))
    assert file == release / "downhill.ipynb"
    assert [each.name for each in report.exercises] == ["walk"]
    with pytest.raises(AutograderError, match=r"None of these .* 'Walk'. Did you mean 'walk'\?"):
        next(check_paths([release.parent], frozenset(["Walk"])))


SERVICE = str(Path(__file__).parents[1] / "sandbox" / "escape_service.py")


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that starts at once."""
    monkeypatch.setattr(observe, "SERVICE", SERVICE)
    monkeypatch.setattr(student, "SERVICE", SERVICE)


def reads(sandbox: Sandbox, secret: Path) -> bool:
    """Whether code in a child of the sandbox can read a file."""
    attack = "from pathlib import Path\n\ndef read(on):\n    return Path(on.secret).read_text()"
    request = {"op": "read", "on": {"source": attack, "secret": str(secret)}}
    with sandbox.child() as child:
        reply, _ = child.request(request, {}, cpu_seconds=10.0)
    return bool(reply["succeeded"])


@pytest.mark.usefixtures("light")
def test_a_strangers_file_is_confined_where_the_system_can(tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("private")
    said: list[str] = []
    with self_check_sandbox(said.append) as sandbox:
        assert "seccomp" in sandbox.level
        assert not reads(sandbox, tmp_path / "diary")
    assert said == []


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("has_fork", [True, False])
def test_where_it_cannot_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_fork: bool
) -> None:
    (tmp_path / "diary").write_text("private")
    monkeypatch.setattr(student, "HAS_FORK", has_fork)
    monkeypatch.setattr(bubblewrap, "PROGRAM", "")
    monkeypatch.setattr(confinement, "landlock_abi", int)
    said: list[str] = []
    with self_check_sandbox(said.append) as sandbox:
        assert said == [NOT_CONFINED]  # before anything runs
        assert sandbox.level == "none"
        assert reads(sandbox, tmp_path / "diary")
