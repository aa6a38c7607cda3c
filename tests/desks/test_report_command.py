"""`autograder report` reads a results file and writes a page, JSON and CSV."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from class_results import check, content
from typer.testing import CliRunner, Result

from autograder.cli import app, main


def student(name: str, **more: Any) -> Any:
    """A student of `downhill`, who walks uphill."""
    failed = check(0, "failed", "expected 1, got -1", misconception="uphill")
    checks = [{**failed, "name": "takes_every_step"}, {**check(1), "name": "starts_at_the_start"}]
    exercise = {"name": "walk", "bonus": False, "score": 2.0, "max_score": 5.0, "checks": checks}
    return {"student": name, "score": 2.0, "max_score": 5.0, "exercises": [exercise], **more}


def report(course: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words, "--course", str(course)])


@pytest.fixture
def graded(course: Path) -> Path:
    """A course with results for three students, two of whom have a feedback page."""
    students = [student(name) for name in ("ada", "a:b#c?%", "../../etc")]
    results = course / "results" / "downhill.json"
    results.parent.mkdir()
    results.write_text(json.dumps(content(students, "downhill")))
    for name, page in (("ada", "downhill"), ("a:b#c?%", "another name")):
        folder = course / "feedback" / name / "downhill"
        folder.mkdir(parents=True)
        (folder / f"{page}.html").write_text("feedback")
    outside = course.parent / "etc" / "downhill"
    outside.mkdir(parents=True)
    (outside / "downhill.html").write_text("no feedback")
    return course


def test_the_page_has_claims_hints_and_links(graded: Path) -> None:
    done = report(graded, "downhill")
    assert done.exit_code == 0, done.output
    page = (graded / "reports" / "downhill.html").read_text()
    assert str(graded / "reports" / "downhill.html") in done.output.replace("\n", "")
    assert "Every step goes downhill by rate times the gradient." in page
    assert "You walk up: subtract." in page
    assert 'href="./../feedback/ada/downhill/downhill.html"' in page
    assert 'href="./../feedback/a%3Ab%23c%3F%25/downhill/another%20name.html"' in page
    assert "etc/downhill" not in page  # an id that would leave the folder has no link


def test_links_are_relative_to_where_the_page_is(graded: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    files = [str(page), str(tmp_path / "r.json"), str(tmp_path / "r.csv")]
    done = report(graded, "downhill", "--output", files[0], "--json", files[1], "--csv", files[2])
    assert done.exit_code == 0, done.output
    assert 'href="./course/feedback/ada/downhill/downhill.html"' in page.read_text()
    assert json.loads(Path(files[1]).read_text())["misconceptions"][0]["name"] == "uphill"
    assert len(Path(files[2]).read_text().splitlines()) == 4
    assert not (graded / "reports").exists()


def test_the_older_results_file_is_found(graded: Path) -> None:
    (graded / "results" / "downhill.json").rename(graded / "results.json")
    assert report(graded, "downhill").exit_code == 0


def test_broken_sources_cost_claims_and_hints_alone(graded: Path) -> None:
    (graded / "solutions" / "downhill" / "checks.py").write_text("broken(")
    done = report(graded, "downhill")
    assert done.exit_code == 0, done.output
    assert "claims and hints are left out" in done.output
    page = (graded / "reports" / "downhill.html").read_text()
    assert "uphill" in page
    assert "You walk up" not in page


def test_without_results_it_says_what_to_run(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["autograder", "report", "downhill", "--course", str(course)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert "Grade the class with: autograder grade downhill" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_to_is_named(graded: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "page.html"
    done = report(graded, "downhill", "--output", str(missing))
    assert done.exit_code != 0
    assert f"{missing} could not be written (No such file or directory)" in str(done.exception)


def test_several_assignments_get_a_page_that_leads_to_theirs(graded: Path) -> None:
    shutil.copytree(graded / "solutions" / "downhill", graded / "solutions" / "again")
    ungraded = graded / "solutions" / "later"
    ungraded.mkdir()
    older = graded / "results.json"  # as earlier versions named it
    older.write_text(json.dumps(content([student("ada"), student("eve")], "again")))
    os.utime(older, (0, 0))
    table = graded / "course.csv"
    done = report(graded, "--csv", str(table))
    assert done.exit_code == 0, done.output
    index = (graded / "reports" / "index.html").read_text()
    assert 0 < index.find('href="./again.html"') < index.find('href="./downhill.html"')
    assert 'href="./index.html"' in (graded / "reports" / "downhill.html").read_text()
    assert table.read_text().splitlines() == [
        "student,again,downhill",
        "ada,0.4,0.4",
        "eve,0.4,",
        "a:b#c?%,,0.4",
        "../../etc,,0.4",
    ]


def test_a_course_without_results_says_so(course: Path) -> None:
    done = report(course)
    assert "No assignment" in str(done.exception)
    done = report(course, "--results", "results.json")
    assert "Name the one assignment" in str(done.exception)
