"""Scratch code below an exercise that reuses the name of a helper or module. No keras."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from outlines import kept, outline

from autograder.sources.definitions import Cell, Outline

IMPORT = "import keras\nfrom keras import ops\nimport numpy as np"
HELPER = "def length(x):\n    return ops.sum(x)"
CLASS = "class L2Norm:\n    def __call__(self, x):\n        return length(np.array(x))"
NEEDED = [
    "from keras import ops",
    "import numpy as np",
    "def length(x):",
    "class L2Norm:",
]


def notebook(*later: str, names: tuple[str, ...] = ("L2Norm",)) -> Outline:
    return outline(IMPORT, HELPER, (CLASS, "L2Norm"), *later, names=names)


SCRATCH = [
    ("length = length(ops.ones((2,)))", "length", "cell 2, line 1"),
    ("length: float = length(3)", "length", "cell 2, line 1"),
    ("for ops in range(3): pass", "ops", "cell 1, line 2"),
    ("ops = [1, 2, 3]", "ops", "cell 1, line 2"),
    ("ops = [1, 2, 3]\nops.append(4)\nops[0] = 3", "ops", "cell 1, line 2"),
    ("for np in range(3):\n    print(np)", "np", "cell 1, line 3"),
    ("with open('x') as np:\n    pass", "np", "cell 1, line 3"),
    ("for np, x in enumerate('abc'):\n    pass", "np", "cell 1, line 3"),
    ("print(np := 3)", "np", "cell 1, line 3"),
    ("np += 1", "np", "cell 1, line 3"),
    ("np = history", "np", "cell 1, line 3"),
    ("length = history.length", "length", "cell 2, line 1"),
    ("try:\n    pass\nexcept ValueError as np:\n    pass", "np", "cell 1, line 3"),
]


@pytest.mark.parametrize(("later", "name", "place"), SCRATCH)
def test_what_only_reuses_the_name_of_a_helper_is_not_run_and_is_mentioned(
    later: str, name: str, place: str
) -> None:
    found = notebook("history = 1", later)
    assert kept(found) == NEEDED
    (remark,) = found.remarks()
    assert remark.startswith(f"L2Norm is graded with `{name}` of {place}. `")
    assert "(cell 5, line 1) does not change that; a `class`, `def` or" in remark


def test_deleting_a_name_is_not_run() -> None:
    assert kept(notebook("del np, length")) == NEEDED


AGAIN = [
    "def length(x):\n    return 3",
    "class length:\n    pass",
    "from keras.ops import norm as length",
    "if True:\n    def length(x):\n        return 3",
]


@pytest.mark.parametrize("again", AGAIN)
def test_a_later_definition_of_a_helper_counts_and_both_places_are_named(again: str) -> None:
    found = notebook("length = 3", again)
    assert kept(found)[-1] == again.split("\n")[0]
    (remark,) = found.remarks()
    assert remark == (
        "`length`, which L2Norm uses, is defined in cell 2, line 1, and again in cell 5, line 1. "
        "The later definition counts, as in Python, unless it raises an error."
    )


COUNTS = [
    "import numpy as np",
    "if True:\n    import jax as np",
    "try:\n    import jax as np\nexcept ImportError:\n    np = None",
    "length = lambda x: 3",
    "length = tf.function(length)",
    "length = decorator(length, jit=True)",
    "np = keras",
    "ops = keras.ops",
    "np = keras.src.numpy",
    "length = len",
]


@pytest.mark.parametrize("later", COUNTS)
def test_what_is_a_function_or_module_again_counts_as_in_python(later: str) -> None:
    found = notebook(later)
    assert kept(found)[-1] == later.split("\n")[0]
    assert found.remarks() == ()


@pytest.mark.parametrize("again", ["np = choose_backend()", "length = compiled(3)", "ops = None"])
def test_what_is_rebound_above_or_in_the_exercises_cell_counts(again: str) -> None:
    for cells in (
        (IMPORT, HELPER, again, (CLASS, "L2Norm")),
        (IMPORT, HELPER, (f"{again}\n{CLASS}", "L2Norm")),
        (IMPORT, HELPER, (f"{CLASS}\n{again}", "L2Norm")),
    ):
        found = outline(*cells, names=("L2Norm",))
        assert again in kept(found)
        assert found.remarks() == ()


def test_a_name_that_code_below_reads_is_rebound_for_that_code() -> None:
    found = notebook("np = choose_backend()", "def length(x):\n    return np.sum(x)")
    assert "np = choose_backend()" in kept(found)
    assert all(remark.startswith("`length`, which") for remark in found.remarks())


def test_the_last_value_of_a_constant_counts() -> None:
    setting = "from settings import RATE"
    code = ("def walk(x):\n    return RATE * x", "walk")
    assert kept(outline("RATE = 0.1", code, "RATE = 0.2"))[-1] == "RATE = 0.2"
    found = outline(setting, "RATE = 0.1", code, "RATE = 0.2")
    assert kept(found)[-1] == "RATE = 0.2"
    assert found.remarks() == ()
    assert kept(outline("max = 5", ("def walk(x):\n    return max", "walk"), "max = 6")) == [
        "max = 5",
        "def walk(x):",
        "max = 6",
    ]


def test_a_name_of_pythons_own_is_protected_as_well() -> None:
    found = outline(("def walk(x):\n    return sum(x)", "walk"), "sum = 0", "sum += 1")
    assert kept(found) == ["def walk(x):"]
    (remark,) = found.remarks()
    assert remark.startswith("walk is graded with Python's own `sum`. `sum = 0` (cell 2, line 1)")


def test_each_exercise_is_graded_with_what_its_name_was_when_it_was_checked() -> None:
    other = ("class L1:\n    def __call__(self, x):\n        return np.abs(x)", "L1")
    rebound = "np = choose_backend()"
    found = outline(IMPORT, HELPER, (CLASS, "L2Norm"), rebound, other, names=("L2Norm", "L1"))
    assert kept(found, "L2Norm") == NEEDED
    assert kept(found, "L1") == ["import numpy as np", rebound, "class L1:"]
    (remark,) = found.remarks()
    assert remark.startswith("L2Norm is graded with `np` of cell 1, line 3.")


def test_one_remark_names_the_exercises_that_need_the_helper() -> None:
    names = tuple(f"walk{number}" for number in range(5))
    walks = [(f"def {name}(x):\n    return np.sum(x)", name) for name in names]
    (remark,) = outline(IMPORT, *walks, "np = 3", names=names).remarks()
    assert remark.startswith("walk0, walk1, walk2 and 2 more are graded with `np` of cell 1")


def test_what_is_defined_again_below_the_scratch_code_needs_no_remark() -> None:
    found = notebook("np = 3", "import numpy as np")
    assert kept(found).count("import numpy as np") == 2
    assert found.remarks() == ()


def test_a_statement_that_another_name_needs_runs_and_nothing_else_is_claimed() -> None:
    found = outline(
        "import numpy as np\nRATE = 1",
        ("def walk(x):\n    return np * RATE", "walk"),
        "np, RATE = 3, 4",
    )
    assert kept(found)[-1] == "np, RATE = (3, 4)"
    assert found.remarks() == ()


@pytest.mark.parametrize(
    "change",
    [
        "L2Norm.__call__ = call",
        "setattr(L2Norm, '__call__', call)",
        "L2Norm.__call__ = lambda s: 0",
    ],
)
def test_a_later_cell_that_replaces_a_method_is_named(change: str) -> None:
    found = notebook("def call(self, x):\n    return 0", f"x = 3\n{change}")
    assert kept(found)[-1] == change
    (remark,) = found.remarks()
    assert remark == (
        f"`__call__` of L2Norm (cell 3, line 1) is replaced by `{change}` (cell 5, line 2). The "
        "later definition counts, as in Python, unless it raises an error."
    )


@pytest.mark.parametrize("change", ["L2Norm.get_config = call", "setattr(L2Norm, name, call)"])
def test_a_method_that_the_class_does_not_have_is_added_without_a_remark(change: str) -> None:
    assert notebook(change).remarks() == ()


def test_a_hostile_chain_of_rebindings_ends() -> None:
    lines = [f"import n{i}\nn{i} = n{i + 1}()" for i in range(300)]
    cells = [Cell(f"cell {i}", line) for i, line in enumerate(lines)]
    found = Outline([*cells, Cell("last", "def walk(x):\n    return n0")], ["walk"])
    assert found.definitions().files


RUNS = [
    "math = 3",
    "for length in range(3):\n    pass",
    "length = length([3, 4])",
    "sum = sum([3, 4])\nmath = math.pi * length([1])",
    "math, length = 3, 4",
    "class math:\n    sqrt = abs",
    "def length(numbers):\n    return 7",
    "length = (lambda old: lambda numbers: old(numbers) + 1)(length)",
    "def twice(f):\n    return lambda numbers: 2 * f(numbers)\nlength = twice(length)",
]


@pytest.mark.parametrize(("later", "result"), zip(RUNS, [5, 5, 5, 5, 5, 25, 7, 6, 10], strict=True))
def test_what_is_kept_gives_what_the_notebook_gave(later: str, result: float) -> None:
    found = outline(
        "import math\ndef length(numbers):\n    return math.sqrt(sum(x * x for x in numbers))",
        ("def walk(numbers):\n    return length(numbers)", "walk"),
        later,
    )
    module: dict[str, Any] = {}
    for file in found.definitions("walk").files:
        body = ast.parse(file.text).body
        exec(compile(ast.Module([body[i] for i in file.keep], []), "cell", "exec"), module)
    assert module["walk"]([3, 4]) == result
