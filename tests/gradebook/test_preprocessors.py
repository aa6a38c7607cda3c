"""What a report becomes in gradebook, notebook and feedback."""

from __future__ import annotations

import copy
import math
from pathlib import Path

import nbformat
import pytest
from graded_class import (
    NAME,
    Graded,
    autograded,
    by_id,
    cells,
    check,
    code,
    grade,
    opened,
    page,
    recorded,
    report,
    rows,
    solution,
    solved,
)
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.release import with_checksums
from autograder.verdicts import ExerciseReport, Report, Verdict

pytestmark = pytest.mark.slow


def test_partial_credit_reaches_gradebook_csv_notebook_and_feedback(
    course: Path, release: NotebookNode
) -> None:
    class_ = [
        Graded(report("ada"), solved(release)),
        Graded(report("bob", momentum=7.5, nesterov=0), solved(release)),
    ]
    done = recorded(course, release, *class_)

    assert grade(course, "check-Momentum", "bob")["auto_score"] == 7.5
    table = rows(done.grades_csv)
    assert float(table["bob"]["score"]) == 27.5
    assert float(table["bob"]["max_score"]) == 35  # the bonus adds nothing, the essay its points
    shown = by_id(autograded(course, "bob"))["check-Momentum"].outputs
    assert "expected 0.76, got 0.81" in shown[0].data["text/html"]
    assert shown[0].data["text/plain"] == "7.5"
    assert "expected 0.76, got 0.81" in page(course, "bob")


def test_nbgraders_own_reading_of_the_notebook_gives_the_same_scores(
    course: Path, release: NotebookNode
) -> None:
    from nbgrader.utils import determine_grade

    recorded(course, release, Graded(report(momentum=7.5), solved(release)))
    graded = by_id(autograded(course))

    assert determine_grade(graded["check-Momentum"]) == (7.5, 10)
    assert determine_grade(graded["check-Nesterov"]) == (0, 0)


def test_a_bonus_is_extra_credit(course: Path, release: NotebookNode) -> None:
    done = recorded(course, release, Graded(report(nesterov=3), solved(release)))

    saved = grade(course, "check-Nesterov")
    assert (saved["auto_score"], saved["extra_credit"], saved["max_score"]) == (0, 3, 0)
    assert saved["needs_manual_grade"] is False
    assert float(rows(done.grades_csv)["ada"]["score"]) == 33


def test_the_graders_own_fault_is_never_a_zero(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report(adam=20), solved(release)))
    recorded(course, release, Graded(report(adam=10, adam_status="ungraded"), solved(release)))

    saved = grade(course, "check-Adam")
    assert saved["auto_score"] is None
    assert saved["needs_manual_grade"] is True
    assert grade(course, "check-Momentum")["needs_manual_grade"] is False
    (shown,) = by_id(autograded(course))["check-Adam"].outputs
    assert shown.output_type == "display_data"  # the table, and no number
    assert shown.data["text/plain"].startswith("Adam: not graded yet")


def test_a_written_answer_waits_for_a_person_unless_it_is_empty(
    course: Path, release: NotebookNode
) -> None:
    untouched = copy.deepcopy(release)
    recorded(
        course, release, Graded(report("ada"), solved(release)), Graded(report("bob"), untouched)
    )

    answered, empty = grade(course, "essay", "ada"), grade(course, "essay", "bob")
    assert (answered["auto_score"], answered["needs_manual_grade"]) == (None, True)
    assert (empty["auto_score"], empty["needs_manual_grade"]) == (0, False)


def test_a_check_cell_without_a_verdict_earns_nothing_by_itself(
    course: Path, release: NotebookNode
) -> None:
    release.cells += [solution("Extra"), check("Extra", 5)]
    release = with_checksums(release)
    recorded(course, release, Graded(report(), solved(release)))

    saved = grade(course, "check-Extra")
    assert (saved["auto_score"], saved["needs_manual_grade"]) == (None, True)


def test_points_that_binary_fractions_only_come_near_to_add_up_to_full_marks(
    course: Path, release: NotebookNode
) -> None:
    thirds = tuple(
        Verdict(f"check_{index}", "Holds.", "passed", points, points)
        for index, points in enumerate((0.3, 7.9, 1.8))
    )
    assert 0.3 + 7.9 + 1.8 > 10
    exercises = (ExerciseReport("Momentum", False, thirds), *report().exercises[1:])
    recorded(course, release, Graded(Report("ada", NAME, exercises, 1, "none"), solved(release)))

    assert grade(course, "check-Momentum")["auto_score"] == exercises[0].score == 10


def test_full_marks_above_a_releases_points_by_rounding_are_recorded(
    course: Path, release: NotebookNode
) -> None:
    points = release.cells[3].metadata.nbgrader["points"] = math.nextafter(10, 0)
    release = with_checksums(release)
    recorded(course, release, Graded(report(momentum=10), solved(release)))
    assert grade(course, "check-Momentum")["auto_score"] == points


@pytest.mark.parametrize("by_hand", [2.5, 0.0])
def test_extra_credit_that_a_person_changed_is_kept(
    course: Path, release: NotebookNode, by_hand: float
) -> None:
    recorded(course, release, Graded(report(nesterov=1), solved(release)))
    with opened(course) as database:
        database.find_grade("check-Nesterov", NAME, NAME, "ada").extra_credit = by_hand
        database.db.commit()

    recorded(course, release, Graded(report(nesterov=4), solved(release)))

    saved = grade(course, "check-Nesterov")
    assert (saved["extra_credit"], saved["needs_manual_grade"]) == (by_hand, True)


def test_a_module_without_ids_is_not_called_no_response(
    course: Path, release: NotebookNode
) -> None:
    module = nbformat.v4.new_notebook(cells=[code("class Momentum: ...")])
    recorded(course, release, Graded(report(), module))

    with opened(course) as database:
        assert database.find_comment("Momentum", NAME, NAME, "ada").comment is None
    assert "class Momentum: ..." in [cell.source for cell in cells(autograded(course))]


def test_a_stub_beside_an_earned_score_is_not_called_no_response(
    course: Path, release: NotebookNode
) -> None:
    solved_elsewhere = copy.deepcopy(release)
    solved_elsewhere.cells.insert(0, code("class Momentum: ..."))
    recorded(course, release, Graded(report(adam=0), solved_elsewhere))

    with opened(course) as database:
        assert database.find_comment("Momentum", NAME, NAME, "ada").comment is None
        assert database.find_comment("Adam", NAME, NAME, "ada").comment == "No response."


def test_a_solution_cell_left_as_it_was_is_called_no_response(
    course: Path, release: NotebookNode
) -> None:
    recorded(course, release, Graded(report(momentum=0), copy.deepcopy(release)))

    with opened(course) as database:
        assert database.find_comment("Momentum", NAME, NAME, "ada").comment == "No response."


ALIVE = "<script>alert(1)</script>"


def hostile_report(student: str) -> Report:
    verdict = Verdict(
        "a_check", f"claim {ALIVE}", "failed", 0, 10, f"message {ALIVE}", "wrong", f"hint {ALIVE}"
    )
    momentum = ExerciseReport("Momentum", False, (verdict,))
    exercises = (momentum, *report().exercises[1:])
    return Report(student, NAME, exercises, 1, "none", remarks=(f"remark ``` {ALIVE}",))


def test_names_messages_hints_and_remarks_are_escaped(course: Path, release: NotebookNode) -> None:
    student = "<script>alert(1)<" + "script>"
    recorded(course, release, Graded(hostile_report(student), solved(release)))

    shown = page(course, student)
    assert ALIVE not in shown
    for word in ("claim", "message", "hint", "remark ```"):
        assert f"{word} &lt;script&gt;alert(1)&lt;/script&gt;" in shown
