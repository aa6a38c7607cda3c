"""A gradebook on a PostgreSQL server: the same grades, several graders, restarts, clear errors."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from graded_class import NAME, ROOT, Graded, record, recorded, report, rows, solved
from nbformat.notebooknode import NotebookNode
from postgres_server import PostgresServer
from sqlalchemy import make_url

from autograder.gradebook import server as gradebook_server
from autograder.model import AutograderError

pytestmark = pytest.mark.slow


@pytest.fixture
def url(server: PostgresServer, request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    return server.create(f"grades {abs(hash(request.node.name))}")


def configure(course: Path, url: str) -> None:
    config = (ROOT / "nbgrader_config.py").read_text()
    (course / "nbgrader_config.py").write_text(f"{config}\nc.CourseDirectory.db_url = {url!r}\n")


def opened(url: str) -> Any:
    from nbgrader.api import Gradebook

    return Gradebook(url, "keras-training")


def graded(release: NotebookNode, *students: str) -> list[Graded]:
    return [Graded(report(student, momentum=7.3), solved(release)) for student in students]


def test_the_table_is_the_same_as_with_sqlite(
    course: Path, release: NotebookNode, url: str
) -> None:
    class_ = [
        *graded(release, "007", "ada, or 'bob'", "ZOE", "Émile", "zoe"),
        Graded(report("late", adam_status="ungraded"), solved(release), "2030-01-01 15:00:00 UTC"),
    ]

    def table(address: str) -> str:
        configure(course, address)
        recorded(course, release, *class_)
        with opened(address) as gradebook:
            gradebook.update_or_create_assignment("a first one, never graded")
            gradebook.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")
            gradebook.find_grade("essay", NAME, NAME, "ZOE").manual_score = 4.1
            gradebook.find_grade("check-Adam", NAME, NAME, "007").extra_credit = 0.7
            gradebook.db.commit()
        return recorded(course, release, *class_).grades_csv.read_text()

    assert table(url) == table(f"sqlite:///{course / 'gradebook.db'}")


def test_a_restart_in_the_middle_of_a_student_is_waited_for(
    course: Path,
    release: NotebookNode,
    url: str,
    server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    restarting: list[threading.Thread] = []
    over = threading.Event()

    def start() -> None:
        time.sleep(1)
        server.start()
        over.wait()  # the server ends with the thread that started it

    def stop() -> None:
        if not restarting:
            server.stop(at_once=True)
            restarting.append(threading.Thread(target=start))
            restarting[0].start()

    try:
        recorded_late(course, url, release, stop, monkeypatch)
        assert restarting
        assert len(rows(course / "grades.csv")) == 3
    finally:
        over.set()
        restarting[0].join()
        server.stop(at_once=True)
        server.start()


def recorded_late(
    course: Path,
    url: str,
    release: NotebookNode,
    action: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Record a class; ``action`` is called in the middle of saving each student."""
    from nbgrader.plugins import BasePlugin

    class Penalty(BasePlugin):  # type: ignore[misc]
        def late_submission_penalty(self, *_: object) -> int:
            action()
            return 0

    plugin = ModuleType("in_the_middle")
    plugin.Penalty = Penalty  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "in_the_middle", plugin)
    configure(course, url)
    recorded(course, release)
    with opened(url) as gradebook:
        gradebook.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("c.AssignLatePenalties.plugin_class = 'in_the_middle.Penalty'\n")
    late = "2030-01-01 15:00:00 UTC"
    class_ = [replace(each, timestamp=late) for each in graded(release, "ada", "bob", "cleo")]
    recorded(course, release, *class_)


def test_a_server_that_stays_away_ends_the_run_with_a_sentence(
    course: Path,
    release: NotebookNode,
    url: str,
    server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gradebook_server, "PATIENCE", (0.1,))
    try:
        with pytest.raises(AutograderError, match=r"Check that the server runs.*same command"):
            recorded_late(course, url, release, partial(server.stop, at_once=True), monkeypatch)
    finally:
        server.start()
    configure(course, url)
    recorded(course, release, *graded(release, "ada", "bob", "cleo"))
    assert len(rows(course / "grades.csv")) == 3


GRADER = """
import pathlib, sys
from dataclasses import replace
import graded_class as t
from autograder.gradebook.record import Recorder
from autograder.sources.submission import Submission

course, name = pathlib.Path(sys.argv[1]), sys.argv[2]
release = t.make_release()
input("ready")
with Recorder(course, name, release, course / "submitted") as recorder:
    for number in range(8):
        report = replace(t.report(f"student {number}"), assignment=name)
        recorder.save(Submission(report.student, None, notebook=t.solved(release)), report)
assert recorder.recorded.problems == (), recorder.recorded.problems
"""


def grader(course: Path, name: str) -> subprocess.Popen[str]:
    modules = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-c", f"import nbgrader.apps\n{GRADER}", str(course), name],
        env={**os.environ, "PYTHONPATH": modules},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_graders_of_two_assignments_work_at_once(
    course: Path, release: NotebookNode, url: str
) -> None:
    """From an empty database on: tables, course and students are new to both."""
    configure(course, url)
    graders = [grader(course, name) for name in ("momentum", "adam")]
    for each in graders:
        assert each.stdout is not None
        assert each.stdout.read(5) == "ready"
    for each in graders:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    for each in graders:
        _, errors = each.communicate(timeout=120)
        assert each.returncode == 0, errors

    with opened(url) as gradebook:
        assert len(gradebook.students) == 8
        for name in ("momentum", "adam"):
            scores = [each.score for each in gradebook.assignment_submissions(name)]
            assert scores == [34.0] * 8
    recorded(course, release)
    assert len((course / "grades.csv").read_text().splitlines()) == 17


def commit_when_waited_for(server: PostgresServer, connection: Any) -> None:
    with server.connection() as watching:
        for _ in range(200):
            if watching.execute("select 1 from pg_locks where not granted").fetchone():
                break
            time.sleep(0.1)
    connection.commit()


def test_a_student_whom_another_grader_enrols_at_once_is_graded(
    course: Path, release: NotebookNode, url: str, server: PostgresServer
) -> None:
    configure(course, url)
    recorded(course, release)
    with server.connection(make_url(url).database or "") as other:
        other.execute("begin")
        other.execute("insert into student (id) values ('ada')")
        committing = threading.Thread(target=commit_when_waited_for, args=(server, other))
        committing.start()
        recorded(course, release, *graded(release, "ada"))  # waits for the other, then fails once
        committing.join()


def test_two_graders_of_one_assignment_are_refused(
    course: Path, release: NotebookNode, url: str, server: PostgresServer, tmp_path: Path
) -> None:
    """Two course folders may share a database; in one, the journal refuses the second run."""
    configure(course, url)
    recorded(course, release)
    other = tmp_path / "another checkout"
    other.mkdir()
    configure(other, url)
    with (
        gradebook_server.one_at_a_time(url, f"grade {NAME}"),
        pytest.raises(AutograderError, match=r"Another .* is recording 'optimizers'.*Wait"),
    ):
        record(other, release)
    recorded(other, release)  # the lock ends with its connection


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"password": "wrong"}, r'password authentication failed for user "teacher"\. Correct'),
        ({"database": "nowhere"}, r'"nowhere" does not exist\. Create it \(createdb'),
        ({"host": "/nowhere"}, r"failed: No such file or directory\. Check that the server runs"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_without_the_password(
    course: Path, release: NotebookNode, url: str, wrong: dict[str, str], message: str
) -> None:
    address = make_url(url)
    if "host" in wrong:
        address = address.update_query_dict(wrong)
    address = address.set(password=wrong.get("password"), database=wrong.get("database"))
    configure(course, address.render_as_string(hide_password=False))
    with pytest.raises(AutograderError, match=message) as refused:
        record(course, release)
    said = str(refused.value)
    assert "\n" not in said
    assert "hush" not in said
    assert "wrong" not in said


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgres://ann:hush@host/grades", r"Correct .*db_url.*postgresql\+psycopg://"),
        ("postgresql+psycopg://ann:hush@host:port/grades", "Correct .*db_url"),
        ("postgresql//ann:hush@host/grades", "Correct .*db_url"),
        ("postgresql+pg8000://ann:hush@host/grades", "pip install 'pg8000'"),
        ("postgresql+psycopg://ann:hush@host/grades", r"pip install 'psycopg\[binary\]'"),
    ],
)
def test_an_address_that_cannot_be_used_is_shown_without_its_password(
    course: Path,
    release: NotebookNode,
    address: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    configure(course, address)
    with pytest.raises(AutograderError, match=message) as refused:
        record(course, release)
    assert "hush" not in str(refused.value)


def test_a_database_without_every_letter_is_refused(
    course: Path, release: NotebookNode, server: PostgresServer
) -> None:
    server.sql("create database ascii encoding 'SQL_ASCII' template template0 locale 'C'")
    configure(course, server.url("ascii"))
    with pytest.raises(AutograderError, match=r"has the encoding SQL_ASCII.*createdb"):
        record(course, release)


def test_nbgraders_own_commands_say_what_is_wrong_in_one_line(
    course: Path, server: PostgresServer, url: str
) -> None:
    configure(course, server.url(make_url(url).database or "", password="wrong"))
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "db", "student", "list"],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The gradebook postgresql+psycopg://teacher:***@/")
    assert "password authentication failed for user" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "wrong" not in done.stderr
