"""Table, results file, CSV and gradebook say the same of points by hand, waiting and late."""

from __future__ import annotations

from pathlib import Path

import pytest
from graded_class import NAME, Graded, opened, record, recorded, report, rows, solved
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.record import Recorder
from autograder.reports.standing import Standing

pytestmark = pytest.mark.slow

LATE = """
from nbgrader.plugins import BasePlugin


class Two(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2
"""


def standings(course: Path, release: NotebookNode) -> dict[str, Standing]:
    with Recorder(course, NAME, release, course / "submitted") as recorder:
        return recorder.standings()


def test_what_a_person_gave_what_waits_and_what_is_late_agree_everywhere(
    course: Path, release: NotebookNode
) -> None:
    (course / "late_by_two.py").write_text(LATE)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.AssignLatePenalties.plugin_class = 'late_by_two.Two'\n"
    )
    record(course, release)
    with opened(course) as database:
        database.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")
    class_ = [
        Graded(report("ada", momentum=5, nesterov=1), solved(release), "2030-01-01 15:00:00 UTC"),
        Graded(report("bob", adam=0, adam_status="ungraded"), solved(release)),
    ]
    recorded(course, release, *class_)
    with opened(course) as database:
        for cell, points in (("check-Momentum", 8), ("essay", 3)):
            database.find_grade(cell, NAME, NAME, "ada").manual_score = points
        database.find_grade("check-Nesterov", NAME, NAME, "ada").extra_credit = 2.5
        database.db.commit()

    done = recorded(course, release, *class_)
    found = standings(course, release)

    ada, bob = found["ada"], found["bob"]
    # 8 instead of 5, 3 for the answer, 2.5 instead of 1
    assert ada.said == "+7.5 by hand, -2 late"
    assert (ada.score, ada.max_score) == (8 + 20 + 2.5 + 3 - 2, 35)
    assert bob.said == "25 waiting"  # Adam, on which the grader failed, and the answer
    assert (bob.score, bob.exercises["Adam"]) == (14, None)
    table = rows(done.grades_csv)
    with opened(course) as database:
        for student, standing in found.items():
            row = table[student]
            assert float(row["score"]) == standing.score
            assert float(row["by_hand"]) == standing.by_hand
            assert float(row["waiting"]) == standing.waiting
            assert float(row["late_submission_penalty"]) == standing.late_penalty
            submission = database.find_submission(NAME, student)
            assert submission.score == standing.raw_score
            assert submission.late_submission_penalty == standing.late_penalty
