"""The pieces of Python and TOML in docs/authors.md and docs/reference.md work. No keras."""

from __future__ import annotations

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import blocks

from autograder.desks.skeleton import Kind, new_assignment
from autograder.grading.judge import judge
from autograder.model import Unmet
from autograder.sources.assignment import question_of, read_assignment
from autograder.sources.course import Course

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Course]:
    """The current directory, with the course's _shared/ importable."""
    shutil.copytree(ROOT / "solutions" / "_shared", tmp_path / "solutions" / "_shared")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "solutions")
    before = set(sys.modules)
    yield Course(tmp_path)
    for name in set(sys.modules) - before:
        if name.split(".")[0] == "_shared":
            del sys.modules[name]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_snippets_of_the_guide_run_in_order(course: Course) -> None:
    space: dict[str, Any] = {"__file__": str(course.root / "checks.py")}
    untitled = [b for b in blocks(page("authors.md")) if b.language == "python" and not b.title]
    assert len(untitled) >= 6
    for block in untitled:
        exec(compile("\n" * block.line + block.text, "authors.md", "exec"), space)

    (course.root / "data").mkdir()
    (course.root / "data" / "points.csv").write_text("1,2\n3,4\n")
    drawn = space["points"](np.random.default_rng(0))["x"]
    assert sorted(drawn.tolist()) == [[1, 2], [3, 4]]

    of_the_right_share, unchanged, compiled = space["Dropout"].checks
    assert of_the_right_share.claim == (
        "In training, the share of elements that become 0 is the rate."
    )
    rng = np.random.default_rng(0)
    inputs = of_the_right_share.inputs(rng)
    x = inputs["x"]
    right = {"output": np.where(rng.random(x.shape) < inputs["rate"], 0, x)}
    judge(of_the_right_share, observed=right, expected=right, inputs=inputs)
    judge(unchanged, observed={"output": x}, expected={"output": x}, inputs=inputs)
    assert compiled.inputs_of == unchanged.name
    compiled.in_itself({"output": x}, inputs, {unchanged.name: {"output": x}})
    with pytest.raises(Unmet, match=r"the share of zeros is 0\.000, expected 0\.3 ± 0\.0\d\d"):
        judge(of_the_right_share, observed={"output": x}, expected=right, inputs=inputs)

    assert "every_update_follows_the_rule" in {check.name for check in space["Lion"].checks}
    walked = space["visited"](lambda start, rate, gradients: gradients, **space["hills"](rng))
    assert walked["places"].shape == (4,)


def test_the_snippets_of_the_reference_belong_to_an_assignment(tmp_path: Path) -> None:
    # One without _shared/, of whose names they are.
    course = Course(tmp_path)
    course.solutions.mkdir()
    new_assignment(course, "signum", "Signum", Kind.optimizer)
    for block in blocks(page("reference.md")):
        path = course.root / block.title
        before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
        path.write_text(before + block.text, encoding="utf-8")
    assignment = read_assignment(course.solution("signum"))
    hidden = [check.name for check in assignment.check_set.checks if check.hidden]
    assert hidden == ["without_momentum_nothing_is_kept"]
    assert "momentum_swapped" in {known.name for known in assignment.misconceptions}
    assert "why_the_sign" in {question_of(cell) for cell in assignment.notebook.cells}
    assert [asked.name for asked in assignment.check_set.predictions] == ["settles"]


def test_the_reference_has_everything_that_probes_may_use() -> None:
    kit = ast.parse((ROOT / "autograder" / "probing" / "kit.py").read_text(encoding="utf-8"))
    named = {each.name for each in kit.body if isinstance(each, ast.FunctionDef)}
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^::: autograder\.probing\.kit\.(\w+)$", reference, re.M)) == named
