"""A class is recorded: again, late, in part, and without touching the process."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from graded_class import (
    NAME,
    ROOT,
    Graded,
    autograded,
    grade,
    opened,
    page,
    record,
    recorded,
    report,
    rows,
    solved,
)
from nbformat.notebooknode import NotebookNode

from autograder.model import AutograderError

pytestmark = pytest.mark.slow


def test_grading_again_overwrites_scores_and_keeps_what_a_person_gave(
    course: Path, release: NotebookNode
) -> None:
    recorded(course, release, Graded(report(momentum=5, adam=10, nesterov=1), solved(release)))
    with opened(course) as database:
        database.find_grade("check-Momentum", NAME, NAME, "ada").manual_score = 8
        database.find_comment("Momentum", NAME, NAME, "ada").manual_comment = "Nice try"
        database.db.commit()

    recorded(course, release, Graded(report(momentum=6, adam=20, nesterov=4), solved(release)))

    kept, renewed = grade(course, "check-Momentum"), grade(course, "check-Adam")
    assert (kept["auto_score"], kept["manual_score"], kept["needs_manual_grade"]) == (6, 8, True)
    assert (renewed["auto_score"], renewed["needs_manual_grade"]) == (20, False)
    assert grade(course, "check-Nesterov")["extra_credit"] == 4
    assert "Nice try" in page(course)


def test_late_penalties_stay_nbgraders(course: Path, release: NotebookNode) -> None:
    (course / "late.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class OnePointAnHour(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return total_seconds_late / 3600\n"
    )
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.AssignLatePenalties.plugin_class = 'late.OnePointAnHour'\n"
    )
    recorded(course, release)
    with opened(course) as database:
        database.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")

    done = recorded(
        course, release, Graded(report(), solved(release), timestamp="2030-01-01 15:00:00 UTC\n")
    )

    row = rows(done.grades_csv)["ada"]
    assert float(row["late_submission_penalty"]) == 3
    assert float(row["score"]) == 31
    assert row["timestamp"] == "2030-01-01 15:00:00"


def test_an_unreadable_timestamp_is_a_problem_but_the_grade_is_saved(
    course: Path, release: NotebookNode
) -> None:
    graded = Graded(report(), solved(release), timestamp="soon")
    done = record(course, release, graded)

    assert done.problems == ("ada: timestamp.txt is not a date, so no late penalty was computed",)
    assert grade(course, "check-Adam")["auto_score"] == 20


def test_a_notebook_of_another_assignment_is_pointed_out(
    course: Path, release: NotebookNode
) -> None:
    other = solved(release)
    for cell in other.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id += "-of-another"
    done = record(course, release, Graded(report(), other), Graded(report("bob"), solved(release)))

    assert done.problems == (
        "ada: the notebook has no cell of this assignment, but Momentum-of-another, "
        "check-Momentum-of-another, Adam-of-another, ...: is it the notebook of another one?",
    )


def test_names_with_terminal_commands_are_escaped(course: Path, release: NotebookNode) -> None:
    graded = Graded(report("\x1b[2Jeve, \udcff"), solved(release))
    done = record(course, release, graded)

    assert done.problems
    assert all(problem.isprintable() for problem in done.problems)


def test_one_students_failure_does_not_stop_the_class(course: Path, release: NotebookNode) -> None:
    (course / "autograded").mkdir()
    (course / "autograded" / "eve").write_text("in the way")
    class_ = [Graded(report(who), solved(release)) for who in ("ada", "eve", "zoe")]
    class_.append(Graded(report("../escape"), solved(release)))

    done = record(course, release, *class_)

    blocked, escaping = done.problems
    assert blocked.startswith("eve: the grade could not be written (")
    assert escaping.startswith("../escape: the grade could not be made (ValueError: ")
    assert [float(row["score"]) for row in rows(done.grades_csv).values()] == [34, 34, 34]


def test_a_full_disk_stops_with_a_sentence_and_leaves_no_half_file(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(course, release, Graded(report(momentum=5), solved(release)))
    before = autograded(course).read_text()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", str(autograded(course)))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(
        AutograderError, match=r"student ada: No space left on device.*Free some space"
    ):
        record(course, release, Graded(report(), solved(release)))

    assert autograded(course).read_text() == before
    whole = {f"{NAME}.ipynb", "submission_secret.txt", "timestamp.txt"}
    assert {path.name for path in autograded(course).parent.iterdir()} == whole


def test_a_broken_configuration_is_named(course: Path, release: NotebookNode) -> None:
    (course / "nbgrader_config.py").write_text("c = get_config(\n")

    with pytest.raises(
        AutograderError, match=r"nbgrader_config\.py raises SyntaxError in line 1: "
    ):
        record(course, release)


PROBE = """
from nbgrader.plugins import BasePlugin

look = None


class Looks(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        look()
        return 0
"""


def process_state() -> tuple[object, ...]:
    """What threads share, as far as recording could change it."""
    disabled = logging.root.manager.disable
    return Path.cwd(), sys.path[:], dict(os.environ), list(warnings.filters), disabled


def test_grading_threads_see_an_unchanged_process_while_students_are_saved(
    course: Path, release: NotebookNode
) -> None:
    (course / "process_probe.py").write_text(PROBE)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.AssignLatePenalties.plugin_class = 'process_probe.Looks'\n"
    )
    recorded(course, release)
    with opened(course) as database:
        database.update_or_create_assignment(NAME, duedate="2030-01-01 12:00:00 UTC")
    seen: list[tuple[object, ...]] = []
    before = process_state()

    with ThreadPoolExecutor(1, "grade") as grading:
        # nbgrader calls the plugin in the middle of saving a student.
        sys.modules["process_probe"].look = lambda: seen.append(  # type: ignore[attr-defined]
            grading.submit(process_state).result()
        )
        late = "2030-01-01 15:00:00 UTC"
        class_ = [Graded(report(who), solved(release), late) for who in ("ada", "bob")]
        recorded(course, release, *class_)

    assert seen == [before, before]
    assert process_state() == before


def test_nothing_reaches_the_terminal_and_the_process_is_left_as_it_was(course: Path) -> None:
    # In a process of its own: pytest catches logs and warnings before they reach a terminal.
    (course / "gradebook.db").unlink()
    script = (
        "import logging, os, pathlib, sys, graded_class as t\n"
        "logging.basicConfig()  # as absl does, which keras brings along\n"
        "release, state = t.make_release(), lambda: (os.getcwd(), sys.path, dict(os.environ))\n"
        "before, bad = repr(state()), t.solved(release)\n"
        "t.double_checks(bad)\n"
        "late = t.Graded(t.report(), bad, '2030-01-01 15:00:00 UTC')\n"
        f"course = pathlib.Path({str(course)!r})\n"
        "for _ in range(2):\n"
        "    t.recorded(course, release, late)\n"
        "assert repr(state()) == before\n"
    )
    modules = os.pathsep.join([str(ROOT), str(Path(__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": modules},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_module_is_cheap_to_import() -> None:
    heavy = "[m for m in ('nbgrader', 'nbconvert', 'sqlalchemy', 'keras') if m in sys.modules]"
    source = f"import sys, autograder.gradebook.record; print({heavy})"
    done = subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout) == []
