"""What VS Code and Colab save is read like what Jupyter saves.

The notebooks are a release's, as these programs write it: the order of the keys, the format's
version and the metadata are those of files that they have saved.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.desks.release import build
from autograder.desks.self_check import Work, read
from autograder.desks.student import release_of
from autograder.desks.untouched import untouched_cell
from autograder.grading.oracle import Oracle
from autograder.sources.assignment import Assignment

Notebook = dict[str, Any]

WALK = "def walk(start, rate, gradients):\n    return start - rate * np.cumsum(gradients)"


def vs_code(notebook: Notebook) -> Notebook:
    """Indented by 1, cells with ids, lines in a list, the interpreter in the metadata."""
    mode = {"name": "ipython", "version": 3}
    language = {"codemirror_mode": mode, "file_extension": ".py", "name": "python"}
    cells = [
        {"cell_type": cell["cell_type"], "id": f"{number:08x}"}
        | ({"execution_count": 1} if cell["cell_type"] == "code" else {})
        | {"metadata": cell["metadata"]}
        | ({"outputs": []} if cell["cell_type"] == "code" else {})
        | {"source": cell["source"].splitlines(keepends=True)}
        for number, cell in enumerate(notebook["cells"])
    ]
    shell = {"vscode": {"languageId": "shellscript"}}
    line = ["%%bash\n", "pip list"]
    cells.append(
        {"cell_type": "code", "id": "f0", "metadata": shell, "outputs": [], "source": line}
    )
    kernel = {"display_name": ".venv (3.11.7)", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": kernel,
            "language_info": {**language, "version": "3.11.7"},
            "vscode": {"interpreter": {"hash": "b1677b440931f40d89ef8be7bf03acb1"}},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def colab(notebook: Notebook) -> Notebook:
    """Format 4.0: ids in the metadata of cells, beside what Colab knows of their outputs."""
    made = []
    for number, cell in enumerate(notebook["cells"]):
        known: dict[str, object] = {"id": f"XZEoAWh8E4V{number}"}
        source = {"source": cell["source"].splitlines(keepends=True)}
        if cell["cell_type"] == "code":
            shown = {"base_uri": "https://localhost:8080/", "height": 34}
            known |= {"colab": shown, "outputId": "58365a4e-7b83-4a48-d957-b9a0c859bba4"}
            source |= {"execution_count": None, "outputs": []}
        made.append(
            {"cell_type": cell["cell_type"]} | source | {"metadata": {**cell["metadata"], **known}}
        )
    install = [
        "!unzip -qn optimizers.zip && pip install -q ./assignments/*.whl\n",
        "%cd assignments",
    ]
    made.insert(0, {"cell_type": "code", "source": install, "metadata": {"id": "a"}, "outputs": []})
    return {
        "nbformat": 4,
        "nbformat_minor": 0,
        "metadata": {
            "colab": {"provenance": [], "authorship_tag": "ABX9TyO"},
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python"},
            "accelerator": "GPU",
        },
        "cells": made,
    }


def colab_without_metadata(notebook: Notebook) -> Notebook:
    """As if the cells had been pasted into a notebook of Colab's."""
    bare = [{**cell, "metadata": {}} for cell in notebook["cells"]]
    return colab({**notebook, "cells": bare})


@pytest.fixture
def release(course: Path, assignment: Assignment, oracle: Oracle) -> Path:
    """The folder that students get of `downhill`."""
    folder = course / "assignments" / "downhill"
    build(assignment, folder, lambda: oracle)
    return folder


@pytest.mark.parametrize("saved_by", [vs_code, colab, colab_without_metadata])
@pytest.mark.parametrize("name", ["downhill.ipynb", "Copy of downhill (1).ipynb"])
def test_an_editors_notebook_is_read_like_jupyters(
    release: Path, saved_by: Callable[[Notebook], Notebook], name: str
) -> None:
    notebook = json.loads((release / "downhill.ipynb").read_text())
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "walk":
            cell["source"] = WALK
    file = release / name
    file.write_text(json.dumps(saved_by(notebook), indent=1, ensure_ascii=False))
    assert release_of(file) == release
    work = Work(file, read(release))
    assert not work.submission.unreadable
    without = saved_by is colab_without_metadata
    # Those of the usual name are the release's own notebook.
    assert len(work.remarks) == (2 if without and name != "downhill.ipynb" else 0)
    assert all("the original check was used" in remark for remark in work.remarks)
    assert work.plan.missing == {}
    assert any(WALK in each.text for each in work.plan.each["walk"].files)
    assert untouched_cell(work.submission, work.plan.each["walk"], "walk") == ""
    if not without:
        assert untouched_cell(work.submission, work.plan.each["average"], "average")


def test_what_an_exercise_uses_of_the_others_is_known(release: Path) -> None:
    file = release / "mine.py"
    file.write_text(f"{WALK}\n\ndef average(numbers):\n    return walk(numbers, 1, [])\n")
    work = Work(file, read(release))
    assert work.uses("average") == {"walk"}
    assert work.uses("walk") == frozenset()
