"""A submitted notebook, however it was edited, gets the release's cells and runs nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from graded_class import (
    Graded,
    autograded,
    by_id,
    cells,
    code,
    double_checks,
    drop_checks,
    page,
    record,
    recorded,
    report,
    rows,
    solved,
)
from nbformat.notebooknode import NotebookNode

pytestmark = pytest.mark.slow


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
    from autograder.gradebook.restore import MOST_CELLS, restore
    from autograder.reports.student_text import LONGEST_LINE

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


def test_a_notebook_that_cannot_be_shown_costs_no_grade(
    course: Path, release: NotebookNode
) -> None:
    nested: list[Any] = []
    for _ in range(sys.getrecursionlimit()):
        nested = [nested]
    bad = solved(release)
    bad.cells[0].metadata["nested"] = nested

    done = record(course, release, Graded(report(), bad))

    assert done.problems == ("ada: graded, but the notebook cannot be shown (RecursionError)",)
    assert float(rows(done.grades_csv)["ada"]["score"]) == 34
    assert "The submitted notebook cannot be shown." in page(course)
