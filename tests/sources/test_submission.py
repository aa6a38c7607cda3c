"""Reading what students submit, however broken. No keras."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.model import AutograderError
from autograder.sources.assignment import exercise_of, read_assignment
from autograder.sources.course import Course
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission, read_submission
from autograder.sources.submitted_files import find_submission, submissions_in

COURSE = Course(Path(__file__).parents[2])
CLASS = "class Adam:\n    pass"
LOCKED = {"check-Adam": "check(Adam)"}


def check_cell(text: str = "check(Adam)") -> Any:
    cell = new_code_cell(text)
    cell.metadata["nbgrader"] = {"grade_id": "check-Adam", "locked": True, "grade": True}
    return cell


def write_notebook(folder: Path, *cells: Any) -> Path:
    path = folder / "optimizers.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def test_code_cells_are_read_in_order_and_locked_ones_left_out(tmp_path: Path) -> None:
    path = write_notebook(
        tmp_path, new_markdown_cell("# hello"), new_code_cell("import keras"), check_cell()
    )
    found = read_submission(path, locked=LOCKED)
    assert [(cell.label, cell.text) for cell in found.cells] == [("cell 2", "import keras")]
    assert found.remarks == ()


@pytest.mark.parametrize(
    ("cells", "remark"),
    [
        ([check_cell("print(1000)")], "was edited"),
        ([], "is missing"),
        ([check_cell(), check_cell()], "appears 2 times"),
        ([{**new_markdown_cell("x"), "metadata": check_cell().metadata}], "'markdown'"),
    ],
    ids=["edited", "deleted", "duplicated", "retyped"],
)
def test_a_changed_check_cell_is_remarked_on(tmp_path: Path, cells: list[Any], remark: str) -> None:
    path = tmp_path / "optimizers.ipynb"
    notebook = new_notebook(cells=[new_code_cell(CLASS)])
    path.write_text(json.dumps({**notebook, "cells": [*notebook["cells"], *cells]}))
    found = read_submission(path, locked=LOCKED)
    assert [cell.text for cell in found.cells] == [CLASS]
    assert remark in " ".join(found.remarks)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04", "is not a valid notebook (invalid JSON, line 1)"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[1, 2]", "`nbformat` must be 4"),
        (b'{"nbformat": 9, "cells": []}', "`nbformat` must be 4"),
        (b'{"nbformat": 3, "worksheets": 7}', "old format 3"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (b"[" * 100_000, "invalid JSON"),
    ],
    ids=["empty", "zip", "utf16", "list", "format 9", "format 3", "cells", "nested"],
)
def test_an_unreadable_notebook_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "optimizers.ipynb"
    path.write_bytes(content)
    found = read_submission(path)
    assert said in found.unreadable
    assert "optimizers.ipynb" in found.unreadable
    assert found.definitions(["Adam"]).missing == {"Adam": found.unreadable}


def test_a_notebook_of_format_3_is_converted(tmp_path: Path) -> None:
    code = {"cell_type": "code", "input": CLASS, "language": "python", "outputs": []}
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [code]}]}
    path = tmp_path / "optimizers.ipynb"
    path.write_text(json.dumps(old))
    assert read_submission(path).definitions(["Adam"]).missing == {}


def test_an_exercise_that_is_missing_or_in_a_broken_cell_says_so(tmp_path: Path) -> None:
    path = write_notebook(tmp_path, new_code_cell("import os\nclass Adam(:\n    pass"))
    missing = read_submission(path).definitions(["Adam", "RMSprop"]).missing
    assert missing["Adam"].startswith("cell 1, line 2: `class Adam(:` · invalid syntax")
    assert "no class or function named 'RMSprop'" in missing["RMSprop"]


@pytest.mark.parametrize(
    ("name", "written", "found"),
    [
        ("Momentum", "class MomentumOptimizer:\n    pass", "MomentumOptimizer (cell 1, line 1)"),
        ("AdaGrad", "class adagrad:\n    pass", "adagrad (cell 1, line 1)"),
        ("RMSprop", "import os\nclass RMSProp:\n    pass", "RMSProp (cell 1, line 2)"),
        ("L2Norm", "class L2_norm:\n    pass", "L2_norm (cell 1, line 1)"),
        ("mc_predict", "def MCpredict(model):\n    pass", "MCpredict (cell 1, line 1)"),
        ("diagnose", "def diagnoze(loss):\n    pass", "diagnoze (cell 1, line 1)"),
        ("train", "def train_both():\n    pass", None),
        ("L1", "class L1L2:\n    pass", None),
        ("Adam", "Adam2 = 3\ndef draw_adam():\n    pass", None),
    ],
)
def test_a_missing_exercise_names_what_may_be_meant_to_be_it(
    tmp_path: Path, name: str, written: str, found: str | None
) -> None:
    path = write_notebook(tmp_path, new_code_cell(written))
    said = read_submission(path).definitions([name, "L1L2"]).missing[name]
    hint = f" If {found} is meant to be it, name it {name}." if found else ""
    assert said == f"There is no class or function named {name!r} in the submission.{hint}"


def test_another_exercise_of_the_release_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    path = write_notebook(tmp_path, new_code_cell("class L1L2:\n    pass"))
    locked = {"check-L1": "check(L1)", "check-L1L2": "check(L1L2)"}
    for names in (["L1"], ["L1", "L1L2"]):
        missing = read_submission(path, locked=locked).definitions(names).missing
        assert missing == {"L1": "There is no class or function named 'L1' in the submission."}


@pytest.mark.parametrize("name", COURSE.assignments())
def test_what_students_are_given_is_never_taken_for_a_missing_exercise(name: str) -> None:
    assignment = read_assignment(COURSE.solution(name))
    exercises = [exercise.name for exercise in assignment.check_set.exercises]
    given = [
        Cell(f"cell {number}", cell.source)
        for number, cell in enumerate(assignment.percent.notebook.cells, 1)
        if cell.cell_type == "code" and not exercise_of(cell)
    ]
    missing = Submission("", None, tuple(given)).definitions(exercises).missing
    assert set(missing) == set(exercises)
    assert all(said.endswith("in the submission.") for said in missing.values())


def test_a_module_and_a_percent_script_are_read(tmp_path: Path) -> None:
    path = tmp_path / "optimizers.py"
    path.write_text(CLASS)
    assert read_submission(path).definitions(["Adam"]).missing == {}
    path.write_text(f"# %%\ndef f(:\n# %% [markdown]\n# prose\n# %%\n{CLASS}\n")
    plan = read_submission(path).definitions(["Adam"])
    assert plan.missing == {}
    assert [str(cell) for cell in plan.broken] == [
        "module from line 1, line 2: `def f(:` · invalid syntax"
    ]


def test_the_notebook_counts_where_both_were_submitted(tmp_path: Path) -> None:
    write_notebook(tmp_path, new_code_cell(CLASS))
    (tmp_path / "optimizers.py").write_text("x = 1")
    found = find_submission(tmp_path, "optimizers", "ada")
    assert found.path == tmp_path / "optimizers.ipynb"


def test_a_file_of_another_name_is_found_and_remarked_on(tmp_path: Path) -> None:
    write_notebook(tmp_path, new_code_cell(CLASS)).rename(tmp_path / "optimizers (1).ipynb")
    found = find_submission(tmp_path, "optimizers", "ada")
    assert found.definitions(["Adam"]).missing == {}
    assert "optimizers (1).ipynb" in found.remarks[0]


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    target = write_notebook(tmp_path, new_code_cell(CLASS))
    folder = tmp_path / "submitted"
    folder.mkdir()
    (folder / "optimizers.ipynb").symlink_to(target)
    assert "symbolic link" in find_submission(folder, "optimizers", "ada").unreadable
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path)
    assert "Nothing was submitted" in find_submission(linked, "optimizers", "ada").unreadable


def test_a_folder_without_students_is_an_error_that_shows_the_layout(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match="<student>/<assignment>"):
        submissions_in(tmp_path / "submitted")
    with pytest.raises(AutograderError, match="has no student folders"):
        submissions_in(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | JSON,
        "source": st.text(max_size=40) | st.lists(st.text(max_size=9)) | JSON,
        "metadata": st.just({"nbgrader": {"grade_id": "check-Adam"}}) | JSON,
        "outputs": JSON,
    },
)


@given(
    st.fixed_dictionaries(
        {"nbformat": st.sampled_from([3, 4]) | JSON, "cells": st.lists(CELL | JSON) | JSON},
        optional={"metadata": JSON, "worksheets": JSON},
    )
    | JSON
)
def test_no_notebook_raises(tmp_path_factory: pytest.TempPathFactory, content: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "optimizers.ipynb"
    path.write_text(json.dumps(content))
    found = read_submission(path, locked=LOCKED)
    assert found.unreadable or found.notebook is not None
    found.definitions(["Adam"])


@given(st.binary(max_size=200))
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    for suffix in (".ipynb", ".py"):
        path = tmp_path_factory.getbasetemp() / f"optimizers{suffix}"
        path.write_bytes(content)
        read_submission(path).definitions(["Adam"])


def test_a_scratch_cell_that_reuses_an_exercises_name_is_remarked_on(tmp_path: Path) -> None:
    own = new_code_cell("Adam = type('Adam', (), {})")
    own.metadata["nbgrader"] = {"grade_id": "Adam", "locked": False, "solution": True}
    scratch = new_code_cell("from keras.optimizers import Adam, SGD\nSGD()")
    plan = read_submission(write_notebook(tmp_path, own, scratch)).definitions(["Adam", "SGD"])
    assert [file.label for file in plan.each["Adam"].files] == ["cell 1"]
    assert plan.each["SGD"].files[0].label == "cell 2"
    (remark,) = plan.remarks
    assert remark.startswith("Adam is graded as defined in cell 1, line 1. `from keras.opt")


def test_a_module_with_a_class_keeps_it_whatever_a_later_line_does(tmp_path: Path) -> None:
    path = tmp_path / "optimizers.py"
    path.write_text(f"{CLASS}\n\nAdam = Adam().train()\n")
    plan = read_submission(path).definitions(["Adam"])
    assert [file.keep for file in plan.definitions.files] == [(0,)]
    assert "`Adam = Adam().train()` (module, line 4) does not change that" in plan.remarks[0]
