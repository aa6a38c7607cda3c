"""The results file, version 1, field by field; and that it is written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.model import AutograderError
from autograder.reports.results import (
    VERSION,
    refuse_other_version,
    results,
    student_results,
    write,
)
from autograder.reports.standing import Standing
from autograder.verdicts import ExerciseReport, Report, Status, Verdict


def verdict(name: str, status: Status, points: float, **more: Any) -> Verdict:
    return Verdict(name, f"It {name}.", status, points if status == "passed" else 0, points, **more)


MOMENTUM = ExerciseReport(
    "Momentum",
    bonus=False,
    verdicts=(
        verdict("moves", "passed", 2.0),
        verdict(
            "stores_its_velocity",
            "failed",
            3.0,
            message="after update 2, w: expected 1, got 2.",
            misconception="velocity_never_stored",
            hint="Assign it to the slot.",
            hidden=True,
            explains=(1, 2),
        ),
    ),
)
NESTEROV = ExerciseReport("Nesterov", bonus=True, verdicts=(verdict("looks_ahead", "passed", 1.5),))
ADA = Report("ada", "optimizers", (MOMENTUM, NESTEROV), 7, "landlock", ("A cell was edited.",))


def report(student: str, *statuses: Status) -> Report:
    verdicts = tuple(verdict(f"check_{i}", status, 1.0) for i, status in enumerate(statuses))
    exercises = (ExerciseReport("Adam", bonus=False, verdicts=verdicts),)
    return Report(student, "optimizers", exercises, 7, "landlock")


@pytest.mark.parametrize("seed", [0, 7, 2**53, 2**53 + 1, 2**128 - 1])
def test_a_seed_is_exact_for_programs_that_read_numbers_as_floats(seed: int) -> None:
    written = json.dumps(results("optimizers", seed, "landlock", [ADA]))
    read = json.loads(written, parse_int=float)["seed"]
    assert int(read) == seed


def test_the_file_has_the_documented_fields() -> None:
    absent = {"bo": "", "cleo": "Expected optimizers.ipynb; the submitted folder has a.pdf."}
    standings = {"ada": Standing(8.5, 10, by_hand=6, waiting=3, late_penalty=1)}
    found = results("optimizers", 7, "landlock", [ADA], absent=absent, standings=standings)
    assert found == {
        "version": 1,
        "assignment": "optimizers",
        "seed": 7,
        "seed_per_student": False,
        "sandbox": "landlock",
        "made_with": None,
        "students": [
            {
                "student": "ada",
                # A bonus counts toward the score, not the maximum.
                "score": 3.5,
                "max_score": 5.0,
                "submission": "",
                # What a person gave included.
                "gradebook": {
                    "score": 8.5,
                    "max_score": 10,
                    "by_hand": 6,
                    "waiting": 3,
                    "late_penalty": 1,
                    "exercises": {},
                },
                "exercises": [
                    {
                        "name": "Momentum",
                        "bonus": False,
                        "score": 2.0,
                        "max_score": 5.0,
                        "checks": [
                            {
                                "name": "moves",
                                "status": "passed",
                                "points": 2.0,
                                "max_points": 2.0,
                                "message": "",
                                "misconception": None,
                                "together_with": None,
                                "partly": False,
                                "explains": None,
                                "aspect": "rule",
                                "judged_against": "reference",
                                "observed": "",
                            },
                            {
                                "name": "stores_its_velocity",
                                "status": "failed",
                                "points": 0,
                                "max_points": 3.0,
                                "message": "after update 2, w: expected 1, got 2.",
                                "misconception": "velocity_never_stored",
                                "together_with": None,
                                "partly": True,
                                "explains": [1, 2],
                                "aspect": "rule",
                                "judged_against": "reference",
                                "observed": "",
                            },
                        ],
                    },
                    {
                        "name": "Nesterov",
                        "bonus": True,
                        "score": 1.5,
                        "max_score": 1.5,
                        "checks": [
                            {
                                "name": "looks_ahead",
                                "status": "passed",
                                "points": 1.5,
                                "max_points": 1.5,
                                "message": "",
                                "misconception": None,
                                "together_with": None,
                                "partly": False,
                                "explains": None,
                                "aspect": "rule",
                                "judged_against": "reference",
                                "observed": "",
                            }
                        ],
                    },
                ],
                "remarks": ["A cell was edited."],
            }
        ],
        "not_submitted": [
            {"student": "bo", "reason": "Nothing was submitted."},
            {"student": "cleo", "reason": absent["cleo"]},
        ],
    }


def test_the_version_is_1() -> None:
    assert VERSION == 1


def test_students_keep_their_order() -> None:
    reports = [report(student, "passed") for student in ("cleo", "ada", "bo")]
    content = results("optimizers", 7, "landlock", reports)
    assert [entry["student"] for entry in content["students"]] == ["cleo", "ada", "bo"]


@pytest.mark.parametrize("status", ["passed", "failed", "error", "ungraded"])
def test_each_status_is_written_under_its_name(status: Status) -> None:
    (entry,) = results("optimizers", 7, "none", [report("ada", status)])["students"]
    assert entry["exercises"][0]["checks"][0]["status"] == status


def test_an_empty_class_is_a_valid_file() -> None:
    assert results("optimizers", 7, "landlock", [])["students"] == []


# --- on disk -------------------------------------------------------------------------------------


def test_the_file_is_json(tmp_path: Path) -> None:
    content = results("optimizers", 7, "landlock", [ADA])
    write(tmp_path / "results.json", content)
    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    assert json.loads(text) == content
    assert text.endswith("}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text("x" * 100_000)
    write(path, {"version": 1})
    assert json.loads(path.read_text()) == {"version": 1}


@pytest.mark.parametrize("student", ["Zoë 🦉", "a\u202eb", 'quote"d', "half \ud800 a letter"])
def test_any_name_can_be_written(student: str, tmp_path: Path) -> None:
    write(tmp_path / "results.json", results("optimizers", 7, "none", [report(student, "passed")]))
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["students"][0]["student"] == student


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "results.json"
    with pytest.raises(AutograderError) as error:
        write(path, {})
    assert str(error.value) == (
        f"{path} could not be written (No such file or directory). Choose another file with --json."
    )


def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(AutograderError, match=r"results is a file: move it away, or choose"):
        write(tmp_path / "results" / "optimizers.json", {})


def test_a_file_of_a_newer_version_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "optimizers.json"
    for harmless in ("{}", "no JSON", '{"version": 1}', '{"version": "x"}', "[]"):
        path.write_text(harmless)
        refuse_other_version(path)
    path.write_text('{"version": 2}')
    with pytest.raises(AutograderError, match="is of version 2, which a newer autograder wrote"):
        refuse_other_version(path)


def test_the_folder_of_results_is_made(tmp_path: Path) -> None:
    write(tmp_path / "results" / "optimizers.json", {"version": 1})
    assert (tmp_path / "results" / "optimizers.json").is_file()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "results").write_text("a file")
    with pytest.raises(AutograderError, match=r"optimizers\.json could not be written"):
        write(tmp_path / "b" / "results" / "optimizers.json", {})


def test_a_folder_where_the_file_should_be_is_reported_and_nothing_is_left_behind(
    tmp_path: Path,
) -> None:
    (tmp_path / "results.json").mkdir()
    with pytest.raises(AutograderError, match="could not be written"):
        write(tmp_path / "results.json", {})
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_a_full_disk_leaves_the_older_file_intact(
    tmp_path: Path,
) -> None:
    path = tmp_path / "results.json"
    path.write_text("{}")

    def fills_it() -> Iterator[dict[str, Any]]:
        yield from student_results([ADA], 7)
        raise OSError(28, "No space left on device")

    with pytest.raises(AutograderError, match="No space left on device"):
        write(path, results("optimizers", 7, "none", []), fills_it())
    assert path.read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize("students", [[], [ADA], [ADA, report("bo", "error")]])
def test_students_one_by_one_make_the_same_file(tmp_path: Path, students: list[Report]) -> None:
    absent = {'"students": []': '"students": []'}
    write(tmp_path / "whole.json", results("optimizers", 7, "none", students, absent=absent))
    head = results("optimizers", 7, "none", [], absent=absent)
    write(tmp_path / "streamed.json", head, student_results(students, 7))
    assert (tmp_path / "streamed.json").read_text() == (tmp_path / "whole.json").read_text()


def test_lists_of_numbers_are_lines_and_text_stays_as_it_is(tmp_path: Path) -> None:
    content = {
        "losses": [1.5, -2e-07, None, 3],
        "text": ["[\n 1,\n 2\n]", "[\\n 1]"],
        "empty": [],
        "pairs": [[1, 2], [3]],
    }
    file = tmp_path / "results.json"
    write(file, content)
    text = file.read_text()
    assert json.loads(text) == content
    assert ' "losses": [1.5, -2e-07, null, 3],\n' in text
