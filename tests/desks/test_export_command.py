"""`autograder export` writes what other systems read, and says what it leaves out."""

from __future__ import annotations

import csv
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from class_results import check, content
from typer.testing import CliRunner, Result

from autograder.cli import app, main

STUDENTS = ("ada", "Bob", "bob", "a:b?", "=cmd()")


def student(name: str, **more: Any) -> Any:
    """A student of `downhill` who walks uphill, and fails a check that the course does not show."""
    failed = check(0, "failed", "expected 1, got -1", misconception="uphill", explains=[1, 2])
    checks = [
        {**failed, "name": "takes_every_step"},
        {**check(1), "name": "starts_at_the_start"},
        {**check(2, "failed", "the secret is 42"), "name": "not_shown"},
    ]
    exercise = {"name": "walk", "bonus": False, "score": 2.0, "max_score": 6.0, "checks": checks}
    extra = {**check(1), "name": "divides_by_the_count"}
    bonus = {"name": "average", "bonus": True, "score": 2.0, "max_score": 2.0, "checks": [extra]}
    return {"student": name, "score": 4.0, "max_score": 6.0, "exercises": [exercise, bonus], **more}


@pytest.fixture
def graded(course: Path) -> Path:
    """A course with results for five students, two of whom have a feedback page."""
    found = content([student(name) for name in STUDENTS], "downhill")
    gradebook = {
        "score": 5.0,
        "max_score": 9.0,
        "by_hand": 2.0,
        "waiting": 1.0,
        "late_penalty": 1.0,
    }
    found["students"][0]["gradebook"] = gradebook
    found["not_submitted"] = [{"student": "gone", "reason": "Nothing was submitted."}]
    (course / "results").mkdir()
    (course / "results" / "downhill.json").write_text(json.dumps(found))
    for name in ("ada", "bob"):
        folder = course / "feedback" / name / "downhill"
        folder.mkdir(parents=True)
        (folder / "downhill.html").write_text(f"feedback for {name}")
    return course


def export(course: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["export", "downhill", *words, "--course", str(course)])


def exported(course: Path, *words: str) -> str:
    done = export(course, *words)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_gradescope_has_a_file_for_each_student_and_nothing_of_hidden_checks(graded: Path) -> None:
    said = exported(graded, "--format", "gradescope")
    with zipfile.ZipFile(graded / "exports" / "downhill-gradescope.zip") as archive:
        found = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        text = b"".join(map(archive.read, archive.namelist())).decode()
    assert {content["extra_data"]["student"] for content in found.values()} == set(STUDENTS)
    assert set(found) == {
        f"{place}/results.json" for place in ("ada", "Bob", "bob~2", "a%3Ab%3F", "=cmd()")
    }
    assert "a:b? in a%3Ab%3F" in said
    assert "no results.json: gone." in said
    assert "42" not in text
    assert "not_shown" not in text
    for file in found.values():
        assert sum(test["score"] for test in file["tests"]) == pytest.approx(file["score"])
        (hidden,) = [t for t in file["tests"] if t["visibility"] == "after_published"]
        assert (hidden["name"], hidden["output"]) == ("walk: Hidden check", "")
    ada = found["ada/results.json"]
    assert ada["score"] == 5.0
    assert sum(test["max_score"] for test in ada["tests"]) == 9.0
    assert "Points that wait for a person: 1." in ada["output"]
    assert ada["tests"][0]["output"].splitlines()[1].startswith("Hint: You walk up: subtract.")


def test_gradescope_into_a_folder(graded: Path, tmp_path: Path) -> None:
    exported(graded, "--format", "gradescope", "--output", str(tmp_path / "out"))
    assert json.loads((tmp_path / "out" / "Bob" / "results.json").read_text())["score"] == 4.0


def test_moodle_gets_feedback_in_its_folders(graded: Path, tmp_path: Path) -> None:
    roster = tmp_path / "Grades.csv"
    header = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade\n"
    rows = "".join(
        f"Participant {number},Ann_{number},{name},x@y.example,,,10\n"
        for number, name in ((11, "ada"), (12, "bob"), (13, "=cmd()"))
    )
    roster.write_text(header + rows, encoding="utf-8-sig")
    said = exported(graded, "--format", "moodle", "--roster", str(roster))
    assert "Without a feedback page" in said
    assert "ada (1)" in said  # points that wait
    with (graded / "exports" / "downhill-moodle.csv").open(newline="") as file:
        grades = {row["Identifier"]: row["Grade"] for row in csv.DictReader(file)}
    assert grades == {"Participant 11": "", "Participant 12": "4", "Participant 13": "4"}
    with zipfile.ZipFile(graded / "exports" / "downhill-moodle-feedback.zip") as archive:
        pages = {name: archive.read(name).decode() for name in archive.namelist()}
    assert pages == {
        "Ann 11_11_assignsubmission_file_/downhill.html": "feedback for ada",
        "Ann 12_12_assignsubmission_file_/downhill.html": "feedback for bob",
    }


def test_canvas_says_which_ids_are_changed_and_which_are_alike(graded: Path) -> None:
    said = exported(graded, "--format", "canvas", "--partial", "--absent-as-zero")
    assert "an apostrophe in front" in said
    assert "=cmd()" in said
    assert "Bob and bob" in said
    with (graded / "exports" / "downhill-canvas.csv").open(newline="") as file:
        scores = {row["SIS Login ID"]: row["downhill"] for row in csv.DictReader(file)}
    assert scores == {
        "": "9", "ada": "5", "Bob": "4", "bob": "4", "a:b?": "4", "'=cmd()": "4", "gone": "0",
    }  # fmt: skip


def test_junit_is_written(graded: Path) -> None:
    exported(graded, "--format", "junit")
    assert "not_shown" in (graded / "exports" / "downhill-junit.xml").read_text()


def test_a_gradebook_that_has_changed_since_is_noticed(graded: Path) -> None:
    book = graded / "gradebook.db"
    book.write_bytes(b"")
    os.utime(book, (time.time() + 60, time.time() + 60))
    assert "The gradebook has changed" in exported(graded, "--format", "junit")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "junit", "--roster", "x.csv"], "--roster is for canvas and moodle"),
        (["--format", "canvas", "--match", "ID"], "add --roster"),
        (["--format", "canvas", "--roster", "missing.csv"], "cannot be read"),
        (["--format", "canvas", "--results", "missing.json"], "cannot be read"),
        (["--format", "canvas", "--output", "missing/folder/x.csv"], "--output"),
    ],
)
def test_wrong_usage_gets_one_sentence(
    graded: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        "sys.argv", ["autograder", "export", "downhill", *words, "--course", str(graded)]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
