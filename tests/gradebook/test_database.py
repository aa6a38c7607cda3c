"""The gradebook's database: found, created, and explained when it fails."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

import pytest
from graded_class import Graded, record, recorded, report, solved
from nbformat.notebooknode import NotebookNode
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from autograder.gradebook.database import open_gradebook
from autograder.gradebook.remedies import explained
from autograder.model import AutograderError

pytestmark = pytest.mark.slow


def test_an_instructors_database_and_exporter_count(course: Path, release: NotebookNode) -> None:
    (course / "gradebook.db").rename(course / "elsewhere.db")
    (course / "names.py").write_text(
        "from pathlib import Path\n"
        "from nbgrader.plugins import ExportPlugin\n"
        "class Names(ExportPlugin):\n"
        "    def export(self, gradebook):\n"
        "        Path(self.to).write_text(','.join(s.id for s in gradebook.students))\n"
    )
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        "c.CourseDirectory.db_url = 'sqlite:///elsewhere.db'\n"
        "c.ExportApp.plugin_class = 'names.Names'\n"
    )
    done = recorded(course, release, Graded(report(), solved(release)))

    assert done.database == str(course / "elsewhere.db")
    assert done.grades_csv.read_text() == "ada"
    with sqlite3.connect(course / "elsewhere.db") as database:
        assert database.execute("select id from student").fetchall() == [("ada",)]
    assert not (course / "gradebook.db").exists()


def test_a_new_gradebook_is_created_without_an_activated_environment(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course / "gradebook.db").unlink()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    recorded(course, release, Graded(report(), solved(release)))

    with sqlite3.connect(course / "gradebook.db") as database:
        assert database.execute("select count(*) from alembic_version").fetchone() == (1,)


@pytest.mark.parametrize("place", [".", "gradebook.db"])
def test_a_read_only_gradebook_is_refused_before_anyone_is_graded(
    empty_gradebook: Path, place: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:  # which other users can reach
        course = Path(folder)
        shutil.copy(empty_gradebook, course / "gradebook.db")
        for path in (course, course / "gradebook.db"):
            path.chmod(0o777)
        (course / place).chmod(0o555)
        directory = CourseDirectory(root=folder)
        if root := os.geteuid() == 0:  # who may write all the same
            os.seteuid(65534)
        try:
            with pytest.raises(AutograderError, match=r"gradebook\.db or its folder is read-only"):
                open_gradebook(directory)
        finally:
            if root:
                os.seteuid(0)
            course.chmod(0o777)


def test_half_a_gradebook_is_not_left_behind(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise KeyboardInterrupt

    (course / "gradebook.db").unlink()
    monkeypatch.setattr("nbgrader.api.get_alembic_version", fail)
    with pytest.raises(KeyboardInterrupt):
        record(course, release)

    assert not (course / "gradebook.db").exists()


def test_a_corrupt_gradebook_says_how_to_fix_it(course: Path, release: NotebookNode) -> None:
    (course / "gradebook.db").write_text("grades: all good")

    with pytest.raises(AutograderError, match=r"gradebook\.db: file is not a database.*backup"):
        record(course, release)

    assert (course / "gradebook.db").read_text() == "grades: all good"


def test_a_locked_gradebook_says_what_to_wait_for(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("begin exclusive")
    try:
        with pytest.raises(AutograderError, match=r"is locked.*[Aa]nother program"):
            record(course, release)
    finally:
        other.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("update alembic_version set version_num = 'ffffffffffff'", "probably a newer one"),
        ("update alembic_version set version_num = '282d30a0218e'", "nbgrader db upgrade"),
        ("alter table grade drop column extra_credit", "no column .* nbgrader db upgrade"),
    ],
)
def test_a_gradebook_of_another_nbgrader_is_refused(
    course: Path, release: NotebookNode, change: str, message: str
) -> None:
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute(change)
    with pytest.raises(AutograderError, match=rf"gradebook\.db.*{message}"):
        record(course, release, Graded(report(), solved(release)))


@pytest.mark.parametrize("reason", ["locking protocol", "disk I/O error"])
def test_a_disk_that_does_not_lock_is_named(reason: str) -> None:
    url = make_url("sqlite:///gradebook.db")
    error = DBAPIError("select", {}, sqlite3.OperationalError(reason))
    said = explained("gradebook.db", error, url)
    assert said.startswith(f"The gradebook gradebook.db: {reason}. SQLite needs a disk that locks")
    assert "database server" in said


def test_a_gradebook_in_use_is_not_called_a_wrong_entry(
    course: Path, release: NotebookNode
) -> None:
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("begin immediate")  # others can still read
    try:
        with pytest.raises(AutograderError, match=r"is locked.*[Aa]nother program"):
            record(course, release)
    finally:
        other.close()


def test_a_folder_in_the_gradebooks_place_is_told_from_a_missing_folder(
    course: Path, release: NotebookNode
) -> None:
    (course / "gradebook.db").unlink()
    (course / "gradebook.db").mkdir()
    with pytest.raises(AutograderError, match="It must be a file that you may read and write"):
        record(course, release)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("CourseDirectory.db_url = 'postgresql+psycopg2://ann:hush@x/y'", "psycopg2-binary"),
        ("ExportApp.plugin_class = 'nowhere.Plugin'", r"nowhere\.Plugin"),
        ("CourseDirectory.db_url = 'sqlite:///file:gradebook.db?mode=ro&uri=true'", "writable"),
    ],
)
def test_a_setting_that_cannot_be_used_is_explained(
    course: Path, release: NotebookNode, setting: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    (course / "nbgrader_config.py").write_text(f"c = get_config()\nc.{setting}\n")
    with pytest.raises(AutograderError, match=message) as refused:
        record(course, release, Graded(report(), solved(release)))
    assert "hush" not in str(refused.value)
