"""A graded class in nbgrader: real nbgrader, real SQLite, no keras."""

from __future__ import annotations

import copy
import csv
import json
import math
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.notebooknode import NotebookNode

from autograder.gradebook import record as gradebook
from autograder.gradebook.record import Graded, Recorded, record
from autograder.model import AutograderError, ExerciseReport, Report, Status, Verdict
from autograder.reports.feedback import verdict_table, verdict_text

pytestmark = pytest.mark.slow

NAME = "optimizers"
ROOT = Path(__file__).parents[2]


def code(source: str, **nbgrader: Any) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source)
    if nbgrader:
        cell.metadata["nbgrader"] = {"schema_version": 3, **nbgrader}
    return cell


def solution(name: str) -> NotebookNode:
    stub = f"class {name}:\n    raise NotImplementedError"
    return code(stub, grade=False, solution=True, locked=False, grade_id=name)


def check(name: str, points: float) -> NotebookNode:
    cell = {"grade": True, "solution": False, "locked": True, "points": points}
    return code(f"check({name})", grade_id=f"check-{name}", **cell)


def with_checksums(notebook: NotebookNode) -> NotebookNode:
    from nbgrader.preprocessors import ComputeChecksums

    return ComputeChecksums().preprocess(notebook, {})[0]


def essay() -> NotebookNode:
    cell = nbformat.v4.new_markdown_cell("Write your answer here.")
    cell.metadata["nbgrader"] = {
        "schema_version": 3,
        "grade": True,
        "solution": True,
        "locked": False,
        "points": 5,
        "grade_id": "essay",
    }
    return cell


@pytest.fixture
def release() -> NotebookNode:
    return make_release()


def make_release() -> NotebookNode:
    """Two exercises, a bonus and a written answer."""
    cells = [
        nbformat.v4.new_markdown_cell("# Optimizers <img src='momentum.png'>"),
        code("import keras"),
        solution("Momentum"),
        check("Momentum", 10),
        nbformat.v4.new_markdown_cell("Now $w < v$."),
        solution("Adam"),
        check("Adam", 20),
        solution("Nesterov"),
        check("Nesterov", 0),
        essay(),
    ]
    for index, cell in enumerate(cells):
        cell.id = f"release-{index}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return with_checksums(nbformat.v4.new_notebook(cells=cells, metadata=metadata))


def solved(release: NotebookNode) -> NotebookNode:
    notebook = copy.deepcopy(release)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = f"mine = '{cell.metadata.nbgrader.grade_id}'"
    return notebook


def exercise(
    name: str, earned: float, of: float, *, bonus: bool = False, status: Status | None = None
) -> ExerciseReport:
    """An exercise of two checks; the second carries what is not earned."""
    half = of / 2
    first, second = min(earned, half), max(0.0, earned - half)
    verdicts = (
        Verdict("moves_downhill", f"{name} moves downhill.", "passed", first, half),
        Verdict(
            "follows_the_rule",
            f"{name} follows its rule.",
            status or ("passed" if earned == of else "failed"),
            second,
            half,
            message="" if earned == of else "After update 2 expected 0.76, got 0.81.",
            misconception=None if earned == of else "learning_rate_twice",
            hint="" if earned == of else "Is the learning rate applied twice?",
        ),
    )
    return ExerciseReport(name, bonus, verdicts)


def report(
    student: str = "ada",
    momentum: float = 10,
    adam: float = 20,
    nesterov: float = 4,
    *,
    adam_status: Status | None = None,
    remarks: tuple[str, ...] = (),
) -> Report:
    exercises = (
        exercise("Momentum", momentum, 10),
        exercise("Adam", adam, 20, status=adam_status),
        exercise("Nesterov", nesterov, 4, bonus=True),
    )
    return Report(student, NAME, exercises, seed=7, sandbox="landlock", remarks=remarks)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty course folder; no configuration of this machine's user reaches it."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "jupyter"))
    folder = tmp_path / "course"
    folder.mkdir()
    # A gradebook with tables but no content: making one costs 4 s (nbgrader runs alembic).
    shutil.copy(empty_gradebook(tmp_path), folder / "gradebook.db")
    return folder


_EMPTY: list[bytes] = []


def empty_gradebook(folder: Path) -> Path:
    from nbgrader.api import Gradebook

    path = folder / "empty.db"
    if not _EMPTY:
        with gradebook._standing_in(folder):
            Gradebook(f"sqlite:///{path}", "").close()
        _EMPTY.append(path.read_bytes())
    path.write_bytes(_EMPTY[0])
    return path


def recorded(course: Path, release: NotebookNode, *submissions: Graded) -> Recorded:
    result = record(course, NAME, release, submissions, progress=lambda _: None)
    assert result.problems == ()
    return result


@contextmanager
def opened(course: Path) -> Iterator[Any]:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "") as database:
        yield database


def grade(course: Path, cell: str, student: str = "ada") -> dict[str, Any]:
    with opened(course) as database:
        return dict(database.find_grade(cell, NAME, NAME, student).to_dict())


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def nbgrader(course: Path, *arguments: str) -> str:
    """Run nbgrader's own command in the course, as an instructor would."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def nbgrader_api(course: Path) -> Any:
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    return NbGraderAPI(CourseDirectory(root=str(course)))


def cells(path: Path) -> list[NotebookNode]:
    return list(nbformat.read(path, as_version=4).cells)


def by_id(path: Path) -> dict[str, NotebookNode]:
    found = [cell for cell in cells(path) if cell.metadata.get("nbgrader", {}).get("grade_id")]
    assert len({cell.metadata.nbgrader.grade_id for cell in found}) == len(found)
    return {cell.metadata.nbgrader.grade_id: cell for cell in found}


def autograded(course: Path, student: str = "ada") -> Path:
    return course / "autograded" / student / NAME / f"{NAME}.ipynb"


def page(course: Path, student: str = "ada") -> str:
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


# --- grades ------------------------------------------------------------------------------------


def test_partial_credit_reaches_gradebook_csv_notebook_and_feedback(
    course: Path, release: NotebookNode
) -> None:
    seen: list[str] = []
    class_ = [
        Graded(report("ada"), solved(release)),
        Graded(report("bob", momentum=7.5, nesterov=0), solved(release)),
    ]
    done = record(course, NAME, release, class_, progress=seen.append)

    assert done.problems == ()
    assert seen == ["ada", "bob"]
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


# --- again -------------------------------------------------------------------------------------


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


def test_points_changed_since_are_updated(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    dearer = copy.deepcopy(release)
    dearer.cells[3].metadata.nbgrader["points"] = 30
    dearer = with_checksums(dearer)
    exercises = (exercise("Momentum", 30, 30), *report().exercises[1:])

    recorded(course, dearer, Graded(Report("ada", NAME, exercises, 1, "none"), solved(release)))

    assert grade(course, "check-Momentum")["max_score"] == 30
    assert grade(course, "check-Momentum")["auto_score"] == 30


def test_cells_changed_under_saved_grades_are_refused_with_a_way_out(
    course: Path, release: NotebookNode
) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    release.cells += [solution("Extra"), check("Extra", 5)]

    with pytest.raises(
        AutograderError, match="added: Extra, check-Extra; removed: none"
    ) as refused:
        record(course, NAME, with_checksums(release), [], progress=lambda _: None)

    assert f"nbgrader db assignment remove {NAME} --force" in str(refused.value)


@pytest.mark.parametrize(
    ("points", "message"),
    [(12, "gives 12 points in 'check-Momentum'.*10"), (None, "no check cell")],
)
def test_a_release_that_does_not_fit_the_report_is_refused_before_a_grade_is_saved(
    course: Path, release: NotebookNode, points: float | None, message: str
) -> None:
    if points is None:
        del release.cells[3]
    else:
        release.cells[3].metadata.nbgrader["points"] = points

    with pytest.raises(AutograderError, match=message):
        record(course, NAME, release, [Graded(report(), release)], progress=lambda _: None)

    with opened(course) as database:
        assert database.assignment_submissions(NAME) == []


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


def test_an_unreadable_timestamp_is_a_problem_and_no_obstacle(
    course: Path, release: NotebookNode
) -> None:
    graded = Graded(report(), solved(release), timestamp="soon")
    done = record(course, NAME, release, [graded], progress=lambda _: None)

    assert done.problems == ("ada: timestamp.txt is not a date, so no late penalty was computed",)
    assert grade(course, "check-Adam")["auto_score"] == 20


# --- tampered notebooks ------------------------------------------------------------------------


def drop_checks(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("check(")]


def double_checks(notebook: NotebookNode) -> None:
    notebook.cells += copy.deepcopy(notebook.cells)


def edit_checks(notebook: NotebookNode) -> None:
    notebook.cells[3].source = "print('full marks')"
    notebook.cells[3].metadata.nbgrader["points"] = 1000


def retype_cells(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.cell_type = "markdown" if cell.cell_type == "code" else "code"


def forge_a_solution_into_a_check(notebook: NotebookNode) -> None:
    notebook.cells[3].metadata.nbgrader.update(solution=True, locked=False)
    notebook.cells[2].metadata.nbgrader.update(grade=True, points=500)


def drop_metadata(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = "none"
    notebook.metadata = {"language": 5, "kernelspec": 3, "language_info": {"name": "<b>"}}


def wrong_schema(notebook: NotebookNode) -> None:
    for version, cell in zip([0, 99, "x", None] * 9, notebook.cells, strict=False):
        cell.metadata.setdefault("nbgrader", {})["schema_version"] = version


def invalid_fields(notebook: NotebookNode) -> None:
    notebook.nbformat_minor = 0
    for cell in notebook.cells:
        cell.pop("outputs", None)
        cell.pop("id", None)
        cell.update(execution_count="<script>", surprise=[1], attachments=[])
    notebook.cells[0].cell_type = "heading"
    notebook.cells[1].source = ["import keras\n", 5, None]
    notebook.cells[4].source = None
    notebook.cells += ["not a cell", None, 3]


def huge_outputs(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", text="x" * 3_000_000)]
    notebook.cells.append(code("# " + "x" * 3_000_000))
    notebook.cells += [code("pass") for _ in range(1500)]


def forged_grade_outputs(notebook: NotebookNode) -> None:
    result = nbformat.v4.new_output("execute_result", {"text/plain": "10"}, execution_count=1)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [result]


def same_cell_ids(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        cell.id = "<script>"


def lone_surrogates(notebook: NotebookNode) -> None:
    notebook.cells[2].source += "# \ud800"
    notebook.cells[0].source += "\ud800 \x00"


@pytest.mark.parametrize(
    "tamper",
    [
        drop_checks,
        double_checks,
        edit_checks,
        retype_cells,
        forge_a_solution_into_a_check,
        drop_metadata,
        wrong_schema,
        invalid_fields,
        huge_outputs,
        forged_grade_outputs,
        same_cell_ids,
        lone_surrogates,
    ],
    ids=lambda tamper: tamper.__name__,
)
def test_a_tampered_notebook_gets_the_releases_cells_and_the_reports_scores(
    course: Path, release: NotebookNode, tamper: Callable[[NotebookNode], None]
) -> None:
    notebook = solved(release)
    tamper(notebook)
    graded = report("eve", momentum=5, adam=0, nesterov=0)

    done = recorded(course, release, Graded(graded, notebook), Graded(report(), solved(release)))

    table = rows(done.grades_csv)
    assert float(table["eve"]["score"]) == 5
    assert float(table["eve"]["max_score"]) == 35
    assert float(table["ada"]["score"]) == 34
    restored = by_id(autograded(course, "eve"))
    for cell in release.cells:
        meta = cell.metadata.get("nbgrader")
        if meta:
            assert restored[meta.grade_id].metadata == cell.metadata
            assert restored[meta.grade_id].cell_type == cell.cell_type
            if not meta.solution:
                assert restored[meta.grade_id].source == cell.source
    if tamper not in (drop_metadata,):
        assert restored["Adam"].source.startswith("mine = 'Adam'")
    names = [
        cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells(autograded(course))
    ]
    assert names.index("check-Momentum") == names.index("Momentum") + 1
    nbformat.validate(nbformat.read(autograded(course, "eve"), as_version=4))
    assert autograded(course, "eve").stat().st_size < 500_000


def test_a_restored_notebook_is_valid_and_has_never_run(release: NotebookNode) -> None:
    from autograder.gradebook.restore import restore

    release.cells[1].outputs = [nbformat.v4.new_output("stream", text="ran")]
    submitted = solved(release)
    for tamper in (double_checks, invalid_fields, same_cell_ids):
        tamper(submitted)
        submitted.cells = [cell for cell in submitted.cells if isinstance(cell, dict)]

    restored = restore(submitted, release)

    nbformat.validate(restored)
    assert len({cell.id for cell in restored.cells}) == len(restored.cells)
    assert not any(cell.get("outputs") for cell in restored.cells)


def test_what_is_slow_to_show_is_cut(release: NotebookNode) -> None:
    from autograder.gradebook.restore import LONGEST_LINE, MOST_CELLS, restore

    notebook = solved(release)
    notebook.cells[2].source = "a." * 50_000
    notebook.cells.append(code("b\n" * 100_000))
    notebook.cells += [code(f"scratch = {index}") for index in range(1500)]

    shown = {cell.source for cell in restore(notebook, release).cells}

    assert max(len(line) for source in shown for line in source.split("\n")) < LONGEST_LINE + 50
    assert max(len(source) for source in shown) < 100_100
    assert len(shown) <= MOST_CELLS + len(release.cells) + 1


def test_the_students_own_cells_stay_in_their_place(course: Path, release: NotebookNode) -> None:
    notebook = solved(release)
    notebook.cells.insert(3, code("scratch = 1"))
    recorded(course, release, Graded(report(), notebook))

    sources = [cell.source for cell in cells(autograded(course))]
    assert sources.index("scratch = 1") == sources.index("mine = 'Momentum'") + 1


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


# --- hostile text ------------------------------------------------------------------------------

ALIVE = "<script>alert(1)</script>"


HOSTILE = [
    ALIVE,
    "<img src=x onerror=alert(1)>",
    "<ScRiPt\n>alert(1)</sCrIpT>",
    "[click](javascript:alert(1))",
    "[click](java\nscript:alert(1))",
    "[click](JAVASCRIPT&colon;alert(1))",
    "[click][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](https://tracker.example/a.png)",
    '![x](attachment:a.png "y")',
    "```mermaid\n</pre><script>alert(1)</script>\n```",
    "````\n```\n````\n\n</div></div><h1>Score: 100</h1>",
    "`````text\n" + ALIVE + "\n`````\n" + ALIVE,
    "$$ </script><script>alert(1)</script> $$",
    "<!-- " + ALIVE,
    "<style>body {display: none}</style>",
    "[" * 15_000,
]


def test_a_students_markdown_runs_nothing(course: Path, release: NotebookNode) -> None:
    from bs4 import BeautifulSoup

    class_ = []
    for index, source in enumerate(["Harmless.", *HOSTILE]):
        cell = nbformat.v4.new_markdown_cell(source)
        cell["attachments"] = {"a.png": {"text/html": ALIVE, 'image/x"onerror="': "x"}}
        notebook = solved(release)
        notebook.cells.insert(0, cell)
        class_.append(Graded(report(f"student-{index}"), notebook))
    recorded(course, release, *class_)

    harmless = BeautifulSoup(page(course, "student-0"), "html.parser")
    for index, source in enumerate(HOSTILE, start=1):
        shown = BeautifulSoup(page(course, f"student-{index}"), "html.parser")
        for tag in ("script", "img", "iframe", "style", "h1"):
            assert len(shown.select(tag)) == len(harmless.select(tag)), (tag, source)
        for element in shown.find_all(True):
            assert not any(name.startswith("on") for name in element.attrs), source
            assert "script:" not in str(element.get("href")).lower(), source


def test_harmless_markdown_stays_markdown(course: Path, release: NotebookNode) -> None:
    picture = "iVBORw0KGgo="
    cell = nbformat.v4.new_markdown_cell(
        "**Why** $a<b$? See [Keras](https://keras.io), H<sub>2</sub>O<br>\n\n![p](attachment:p.png)"
    )
    cell["attachments"] = {"p.png": {"image/png": picture}}
    notebook = solved(release)
    notebook.cells.append(cell)
    recorded(course, release, Graded(report(), notebook))

    shown = page(course)
    assert "<strong>Why</strong>" in shown
    assert 'href="https://keras.io"' in shown
    assert f"data:image/png;base64,{picture}" in shown


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


def test_a_hidden_check_tells_its_points_and_nothing_else() -> None:
    secret = Verdict("hid", "SECRET", "failed", 0, 3, "SECRET", "wrong", "SECRET", hidden=True)
    shown = ExerciseReport("Momentum", False, (secret,))

    for view in (verdict_table(shown), verdict_text(shown)):
        assert "SECRET" not in view
        assert "0 / 3" in view
        assert "✗" in view


def test_a_table_says_each_verdict_in_words() -> None:
    statuses: tuple[Status, ...] = ("passed", "failed", "error", "ungraded")
    verdicts = tuple(Verdict(status, "Holds.", status, 0, 1) for status in statuses)
    for view in (
        verdict_table(ExerciseReport("Adam", False, verdicts)),
        verdict_text(ExerciseReport("Adam", False, verdicts)),
    ):
        words = re.sub(r"<[^>]*>", "", view)
        for sign in ("✓ passed", "✗ failed", "! error", "? ungraded"):
            assert sign in words


# --- nbgrader sees it --------------------------------------------------------------------------


def test_nbgraders_commands_and_the_formgrader_see_the_grades(
    course: Path, release: NotebookNode
) -> None:
    submitted = course / "submitted" / "ada" / NAME
    submitted.mkdir(parents=True)
    nbformat.write(solved(release), submitted / f"{NAME}.ipynb")
    (submitted / "timestamp.txt").write_text("2030-01-01 15:00:00 UTC")
    graded = Graded(report(momentum=7.5), solved(release), timestamp="2030-01-01 15:00:00 UTC")
    done = recorded(course, release, graded)
    ours, html = done.grades_csv.read_text(), page(course)

    done.grades_csv.unlink()
    nbgrader(course, "export")
    assert done.grades_csv.read_text() == ours
    nbgrader(course, "generate_feedback", NAME, "--force")
    assert page(course) == html

    api = nbgrader_api(course)
    (submission,) = api.get_submissions(NAME)
    assert (submission["student"], submission["score"], submission["max_score"]) == (
        "ada",
        31.5,
        35,
    )
    assert submission["autograded"] is True
    assert submission["needs_manual_grade"] is True  # the written answer
    (notebook,) = api.get_notebook_submissions(NAME, NAME)
    assert notebook["failed_tests"] is True


def test_nbgrader_autograde_grades_with_the_engine(course: Path, release: NotebookNode) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", course)
    # The engine itself starts keras; here a module of that name in the course stands in for it.
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(
            "import sys, stand_in\nsys.modules['autograder.desks.instructor'] = stand_in\n"
        )
    (course / "stand_in.py").write_text(
        "import test_gradebook as t\n"
        "def grade_one(course, assignment, student, notebook):\n"
        "    assert notebook.is_file() and (course / 'submitted').is_dir()\n"
        "    return t.report(student, momentum=7.5, adam_status='ungraded')\n"
    )
    shutil.copy(__file__, course)
    for path in (f"assignments/{NAME}", f"submitted/ada/{NAME}"):
        (course / path).mkdir(parents=True)
        nbformat.write(release, course / path / f"{NAME}.ipynb")
    tampered = solved(release)
    drop_checks(tampered)
    nbformat.write(tampered, course / f"submitted/ada/{NAME}/{NAME}.ipynb")

    log = nbgrader(course, "autograde", NAME)

    assert "ERROR" not in log
    assert grade(course, "check-Momentum")["auto_score"] == 7.5
    assert grade(course, "check-Adam")["auto_score"] is None
    assert grade(course, "check-Nesterov")["extra_credit"] == 4


def test_an_instructors_database_and_exporter_count(course: Path, release: NotebookNode) -> None:
    (course / "gradebook.db").rename(course / "elsewhere.db")
    (course / "names.py").write_text(
        "from pathlib import Path\n"
        "from nbgrader.plugins import ExportPlugin\n"
        "class Names(ExportPlugin):\n"
        "    def export(self, gradebook):\n"
        "        Path(self.to).write_text(','.join(s.id for s in gradebook.students))\n"
    )
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        "c.CourseDirectory.db_url = 'sqlite:///elsewhere.db'\n"
        "c.ExportApp.plugin_class = 'names.Names'\n"
    )
    done = recorded(course, release, Graded(report(), solved(release)))

    assert done.database == str(course / "elsewhere.db")
    assert done.grades_csv.read_text() == "ada"
    with sqlite3.connect(course / "elsewhere.db") as database:
        assert database.execute("select id from student").fetchall() == [("ada",)]
    assert not (course / "gradebook.db").exists()


# --- faults ------------------------------------------------------------------------------------


def test_a_new_gradebook_is_made_without_an_activated_environment(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    (course / "gradebook.db").unlink()
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    recorded(course, release, Graded(report(), solved(release)))

    with sqlite3.connect(course / "gradebook.db") as database:
        assert database.execute("select count(*) from alembic_version").fetchone() == (1,)


def test_a_gradebook_that_could_not_be_finished_is_not_left_behind(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise KeyboardInterrupt

    (course / "gradebook.db").unlink()
    monkeypatch.setattr("nbgrader.api.get_alembic_version", fail)
    with pytest.raises(KeyboardInterrupt):
        record(course, NAME, release, [], progress=lambda _: None)

    assert not (course / "gradebook.db").exists()


def test_a_notebook_that_cannot_be_read_costs_no_grade(
    course: Path, release: NotebookNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.outputs import restore as module

    real, bad = module.restore, solved(release)

    def fragile(submitted: NotebookNode, release: NotebookNode) -> NotebookNode:
        if submitted is bad:
            raise RecursionError("too deep")
        return real(submitted, release)

    monkeypatch.setattr(module, "restore", fragile)
    done = record(course, NAME, release, [Graded(report(), bad)], progress=lambda _: None)

    assert done.problems == ("ada: graded, but the notebook cannot be shown (RecursionError)",)
    assert float(rows(done.grades_csv)["ada"]["score"]) == 34
    assert "could not be shown" in page(course)


def test_names_that_command_a_terminal_are_spelled_out(course: Path, release: NotebookNode) -> None:
    graded = Graded(report("\x1b[2Jeve, \udcff"), solved(release))
    done = record(course, NAME, release, [graded], progress=lambda _: None)

    assert done.problems
    assert all(problem.isprintable() for problem in done.problems)


def test_a_corrupt_gradebook_says_how_to_mend_it(course: Path, release: NotebookNode) -> None:
    (course / "gradebook.db").write_text("grades: all good")

    with pytest.raises(AutograderError, match=r"gradebook\.db: file is not a database.*backup"):
        record(course, NAME, release, [], progress=lambda _: None)

    assert (course / "gradebook.db").read_text() == "grades: all good"


def test_a_locked_gradebook_says_who_has_to_let_go(course: Path, release: NotebookNode) -> None:
    recorded(course, release, Graded(report(), solved(release)))
    other = sqlite3.connect(course / "gradebook.db", isolation_level=None)
    other.execute("begin exclusive")
    try:
        with pytest.raises(AutograderError, match=r"is locked.*[Aa]nother program"):
            record(course, NAME, release, [], progress=lambda _: None)
    finally:
        other.close()


def test_one_students_failure_does_not_stop_the_class(course: Path, release: NotebookNode) -> None:
    (course / "autograded").mkdir()
    (course / "autograded" / "eve").write_text("in the way")
    class_ = [Graded(report(who), solved(release)) for who in ("ada", "eve", "zoe")]
    class_.append(Graded(report("../escape"), solved(release)))

    done = record(course, NAME, release, class_, progress=lambda _: None)

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
    with pytest.raises(AutograderError, match=r"student ada: No space left on device.*Make room"):
        record(course, NAME, release, [Graded(report(), solved(release))], progress=lambda _: None)

    assert autograded(course).read_text() == before
    assert [path.name for path in autograded(course).parent.iterdir()] == [f"{NAME}.ipynb"]


def test_a_broken_configuration_is_named(course: Path, release: NotebookNode) -> None:
    (course / "nbgrader_config.py").write_text("c = get_config(\n")

    with pytest.raises(AutograderError, match=r"nbgrader_config\.py does not run"):
        record(course, NAME, release, [], progress=lambda _: None)


def test_nothing_reaches_the_terminal_and_the_process_is_left_as_it_was(course: Path) -> None:
    # In a process of its own: pytest catches logs and warnings before they reach a terminal.
    (course / "gradebook.db").unlink()
    script = (
        "import logging, os, pathlib, sys, test_gradebook as t\n"
        "logging.basicConfig()  # as absl does, which keras brings along\n"
        "release, state = t.make_release(), lambda: (os.getcwd(), sys.path, dict(os.environ))\n"
        "before, bad = repr(state()), t.solved(release)\n"
        "t.double_checks(bad)\n"
        "late = t.Graded(t.report(), bad, '2030-01-01 15:00:00 UTC')\n"
        f"course = pathlib.Path({str(course)!r})\n"
        "for _ in range(2):\n"
        "    done = t.record(course, t.NAME, release, [late], progress=lambda _: None)\n"
        "    assert not done.problems\n"
        "assert repr(state()) == before\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environment,
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
