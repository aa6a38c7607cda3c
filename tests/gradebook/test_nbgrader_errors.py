"""nbgrader's own commands and the formgrader say what to do about a gradebook that fails."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from graded_class import NAME, ROOT, make_release

from autograder.gradebook.nbgrader_errors import _Explained, explained_result, explanation

pytestmark = pytest.mark.slow

WITHOUT_DRIVER = "postgresql+pg8000://ann:hush@host/grades"

COMMANDS = """
import os, shlex, sys
from nbgrader.apps.nbgraderapp import NbGraderApp

for line in sys.argv[1:]:
    if os.fork() == 0:
        NbGraderApp.launch_instance(shlex.split(line))
        sys.exit(0)
    print("exit code", os.waitstatus_to_exitcode(os.wait()[1]), file=sys.stderr, flush=True)
"""


def said_by(course: Path, *commands: str) -> list[str]:
    """What nbgrader's commands print to stderr, one after another, after one import."""
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, *commands],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    *said, rest = done.stderr.split("exit code 1\n")
    assert (len(said), rest) == (len(commands), ""), done.stderr
    return said


def configure(course: Path, db_url: str) -> None:
    config = (ROOT / "nbgrader_config.py").read_text()
    (course / "nbgrader_config.py").write_text(f"{config}\nc.CourseDirectory.db_url = {db_url!r}\n")


def submit(course: Path) -> None:
    for folder in (f"source/{NAME}", f"submitted/ada/{NAME}", f"submitted/ben/{NAME}"):
        (course / folder).mkdir(parents=True)
        nbformat.write(make_release(), course / folder / f"{NAME}.ipynb")


def test_a_missing_driver_is_named_by_nbgraders_commands(course: Path) -> None:
    configure(course, WITHOUT_DRIVER)
    submit(course)
    for said in said_by(course, "db student list", f"autograde {NAME}", "db upgrade"):
        assert said.count("pip install 'pg8000'") == 1
        assert "Traceback" not in said
        assert "db upgrade" not in said
        assert "hush" not in said


def test_a_gradebook_of_another_nbgrader_is_named_by_nbgraders_commands(course: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", course)
    with sqlite3.connect(course / "gradebook.db") as database:
        database.execute("alter table student drop column lms_user_id")
    (said,) = said_by(course, "db student list")
    assert said.startswith(f"The gradebook {course / 'gradebook.db'}: no such column")
    assert said.endswith("Make a copy, then run: nbgrader db upgrade\n")


def test_what_is_wrong_with_a_file_is_said_by_nbgraders_commands(course: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", course)
    (course / "excel.csv").write_bytes("id,first_name\nada,José\n".encode("cp1252"))
    (course / "holes.csv").write_text("id,first_name\n,Ada\n")
    (course / "broken.db").write_text("grades: all good")
    excel, holes, upgrade = said_by(
        course,
        "db student import excel.csv",
        "db student import holes.csv",
        "db upgrade --db=sqlite:///broken.db",
    )
    assert "Save it as UTF-8, as 'CSV UTF-8' in Excel" in excel
    assert "A row has no id." in holes
    assert "file is not a database. Move the file away" in upgrade
    assert "Traceback" not in excel + holes + upgrade


class Written(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_the_formgraders_log_has_the_sentence_once(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbgrader.api import Gradebook

    server, written = logging.Logger("server"), Written()
    server.addFilter(_Explained())
    server.addHandler(written)
    configure(course, WITHOUT_DRIVER)
    monkeypatch.chdir(course)
    for _ in range(2):
        try:
            Gradebook(WITHOUT_DRIVER)
        except ImportError:
            server.error("Uncaught exception GET /formgrader/api/assignments", exc_info=True)
            server.error("the request failed")
    server.error("elsewhere", exc_info=(ValueError, ValueError("no database"), None))

    messages = [record.getMessage() for record in written.records]
    assert messages[0].endswith("Install it with: pip install 'pg8000'")
    assert messages[1:] == ["the request failed", "the request failed", "elsewhere"]
    assert [bool(record.exc_info) for record in written.records] == [False, False, False, True]


def test_the_formgraders_buttons_show_the_sentence_instead_of_a_traceback(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbgrader.api import Gradebook
    from nbgrader.utils import capture_log
    from traitlets.config import Application

    class Autograde(Application):
        fails_with = ""

        def start(self) -> None:
            try:
                Gradebook(self.fails_with) if self.fails_with else 1 / 0
            except ImportError:
                self.log.error("There was an error processing ada", exc_info=True)
                raise

    configure(course, WITHOUT_DRIVER)
    monkeypatch.chdir(course)
    app = Autograde(log=logging.Logger("server"))
    app.log.addFilter(_Explained())
    app.fails_with = WITHOUT_DRIVER
    shown = explained_result(capture_log)(app)
    assert shown["error"].endswith("Install it with: pip install 'pg8000'")
    assert "Traceback" not in shown["log"]
    app.fails_with = ""
    assert "ZeroDivisionError" in explained_result(capture_log)(app)["error"]


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    from nbgrader.utils import notebook_hash

    path = str(tmp_path / "nowhere" / "homework.ipynb")
    with pytest.raises(FileNotFoundError) as missing:
        notebook_hash(path)
    said = explanation(missing.value)
    assert said.startswith(f"{path}: No such file or directory. Check that the folder exists")
    refused = PermissionError(13, "Permission denied", path).with_traceback(missing.tb)
    assert explanation(refused).startswith(f"You may not read or write {path}.")


def test_errors_that_are_not_the_gradebooks_keep_their_traceback() -> None:
    with pytest.raises(sqlite3.OperationalError) as failed:
        sqlite3.connect(":memory:").execute("select")
    assert explanation(failed.value) == ""
    with pytest.raises(ImportError) as missing:
        importlib.import_module("nowhere")
    assert explanation(missing.value) == ""
