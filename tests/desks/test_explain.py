"""What `autograder explain` and `grade --regrade` answer before anything is run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from class_results import check, content
from typer.testing import CliRunner

from autograder.cli import app, main


def refused(
    *words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """What a command says that cannot be carried out."""
    monkeypatch.setattr("sys.argv", ["autograder", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    said = " ".join(capsys.readouterr().err.split())
    assert stopped.value.code == 2, said
    assert "Traceback" not in said
    return said


@pytest.fixture
def graded(course: Path) -> Path:
    checks = [{**check(1), "name": "starts_at_the_start"}]
    exercise = {"name": "walk", "bonus": False, "score": 2.0, "max_score": 5.0, "checks": checks}
    student: dict[str, Any] = {"score": 2.0, "max_score": 5.0, "exercises": [exercise]}
    students = [{**student, "student": name} for name in ("ada", "ben")]
    found = content(students, "downhill")
    found["not_submitted"] = [{"student": "cleo", "reason": "Nothing was submitted."}]
    (course / "results").mkdir()
    (course / "results" / "downhill.json").write_text(json.dumps(found))
    place = course / "submitted" / "ada" / "downhill"
    place.mkdir(parents=True)
    (place / "downhill.py").write_text("def average(numbers):\n    return 0\n")
    return course


EXPLAIN = {
    "a misspelt id": (["adda"], "There is no student 'adda'", "Did you mean ada?"),
    "a stranger": (["zoe"], "There is no student 'zoe'", "No student has such an id."),
    "no submission": (["cleo"], "cleo has no grade for downhill: Nothing was submitted.", ""),
    "a lost submission": (["ben"], "The submission of ben is gone", "--submissions"),
    "an exercise": (["ada", "--exercise", "run"], "no exercise 'run'", "walk"),
    "a check": (["ada", "--check", "start_at_the_start"], "starts_at_the_start", "Did you mean"),
    "a check of another": (
        ["ada", "--exercise", "average", "--check", "walk.takes_every_step"],
        "walk.takes_every_step is no check of average.",
        "",
    ),
}


@pytest.mark.parametrize("case", EXPLAIN)
def test_what_cannot_be_explained_is_said_and_why(
    graded: Path,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (student, *more), *expected = EXPLAIN[case]
    words = ["explain", student, "downhill", *more, "--course", str(graded)]
    said = refused(*words, monkeypatch=monkeypatch, capsys=capsys)
    assert all(each in said for each in expected), said


def test_without_results_there_is_nothing_to_explain(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("explain", "ada", "downhill", "--course", str(course))
    said = refused(*words, monkeypatch=monkeypatch, capsys=capsys)
    assert "downhill has not been graded" in said
    assert "autograder grade downhill" in said


REGRADE = {
    "dry run alone": (["--dry-run"], "--dry-run and --why belong to --regrade."),
    "reason alone": (["--why", "x"], "--dry-run and --why belong to --regrade."),
    "only": (["--regrade", "--only", "ada"], "Leave out --only."),
    "restart": (["--regrade", "--restart"], "Leave out --restart."),
    "not graded": (["--regrade"], "Nothing has been graded yet"),
    "not graded, dry": (["--regrade", "--dry-run"], "Nothing has been graded yet"),
}


@pytest.mark.parametrize("case", REGRADE)
def test_a_regrade_that_cannot_be_says_why_and_leaves_no_trace(
    graded: Path,
    case: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options, expected = REGRADE[case]
    before = sorted(graded.rglob("*"))
    words = ["grade", "downhill", *options, "--course", str(graded)]
    assert expected in refused(*words, monkeypatch=monkeypatch, capsys=capsys)
    assert sorted(graded.rglob("*")) == before


def test_both_are_in_the_help() -> None:
    assert "explain" in CliRunner().invoke(app, ["--help"]).output
    help_of_grade = CliRunner().invoke(app, ["grade", "--help"], env={"COLUMNS": "160"}).output
    assert "--regrade" in help_of_grade
