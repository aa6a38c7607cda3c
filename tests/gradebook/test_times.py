"""A submission's time is read with its zone, or the instructor is warned."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from graded_class import NAME, ROOT, Graded, opened, record, recorded, report, rows, solved
from nbformat.notebooknode import NotebookNode
from nbgrader.utils import parse_utc

from autograder.gradebook.times import read_time

THREE = "2030-01-01 15:00:00"


@pytest.mark.parametrize(
    ("text", "zone", "hour"),
    [
        (f"{THREE}.000000 UTC", "", 15),
        (THREE, "", 15),
        ("2030-01-01T15:00:00Z", "", 15),
        (f"{THREE} KST", "", 6),
        (f"{THREE} +0900", "", 6),
        (f"{THREE} Asia/Seoul", "", 6),
        ("2030-07-01 15:00:00 CEST", "", 13),
        # California's or the Philippines'
        (f"{THREE} PST", "America/Los_Angeles", 23),
        (f"{THREE} PST", "Asia/Manila", 7),
        (f"{THREE} KST", "America/Los_Angeles", 6),
        ("2030-01-01 03:00:00 PM", "", 15),
    ],
)
def test_a_time_is_read_with_its_zone(text: str, zone: str, hour: int) -> None:
    found = read_time(text, zone)
    assert found.time is not None
    assert (found.time.hour, found.time.tzinfo, found.problem) == (hour, None, "")
    assert parse_utc(found.text) == found.time  # what nbgrader makes of it


@pytest.mark.parametrize("name", ["PST", "XYZ"])
def test_a_name_that_says_no_time_is_warned_about(name: str) -> None:
    found = read_time(f"{THREE} {name}", "")
    assert found.time == datetime(2030, 1, 1, 15)
    assert f"says {name}, and " in found.problem
    assert "c.Exchange.timezone" in found.problem


@pytest.mark.parametrize("text", ["soon", "9" * 200, f"{THREE} +99999999"])
def test_what_is_no_date_is_unknown(text: str) -> None:
    found = read_time(text, "")
    assert (found.time, found.text) == (None, "")
    assert found.problem.startswith("timestamp.txt is not a date")


@pytest.mark.slow
def test_a_submission_in_time_by_its_zone_is_not_late(course: Path, release: NotebookNode) -> None:
    config = (ROOT / "nbgrader_config.py").read_text()
    (course / "late_by_hours.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class OnePointAnHour(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return total_seconds_late / 3600\n"
    )
    (course / "nbgrader_config.py").write_text(
        config + "c.AssignLatePenalties.plugin_class = 'late_by_hours.OnePointAnHour'\n"
    )
    record(course, release)
    with opened(course) as database:
        database.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")

    done = recorded(
        course,
        release,
        Graded(report("ada"), solved(release), f"{THREE} KST"),
        Graded(report("bob"), solved(release), "2030-01-01 09:00:00 EST"),
    )

    table = rows(done.grades_csv)
    late = {student: float(row["late_submission_penalty"]) for student, row in table.items()}
    assert late == {"ada": 0, "bob": 2}
    assert table["ada"]["timestamp"] == "2030-01-01 06:00:00"
    written = (course / "autograded" / "ada" / NAME / "timestamp.txt").read_text()
    assert written == "2030-01-01 06:00:00.000000 UTC\n"
