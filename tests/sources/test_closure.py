"""Which definition of an exercise is graded, and what else has to run for it. No keras."""

from __future__ import annotations

import ast

import pytest
from outlines import kept, outline

from autograder.sources.closure import Closure, Providers, find_exercises
from autograder.sources.dependencies import statement_of

WALK = "def walk(x):\n    return x"


REUSES = [
    "from keras.optimizers import Adam as walk, RMSprop",
    "walk = walk(3)",
    "walk: float = walk(3)",
    "train, walk = split(data)",
    "for walk in range(3):\n    pass",
    "with open('x') as walk:\n    pass",
    "print(walk := walk(3))",
    "walk += 1",
    "del walk",
    "try:\n    pass\nexcept ValueError as walk:\n    pass",
]


@pytest.mark.parametrize("reuse", REUSES)
def test_what_only_reuses_the_name_is_not_run_and_is_mentioned(reuse: str) -> None:
    found = outline((WALK, "walk"), f"data = train()\n{reuse}")
    assert kept(found) == ["def walk(x):"]
    (remark,) = found.remarks()
    assert remark.startswith("walk is graded as defined in cell 1, line 1. `")
    assert "(cell 2, line " in remark


def test_a_later_class_or_function_replaces_it_and_both_places_are_named() -> None:
    found = outline((WALK, "walk"), "x = 1", "if True:\n    def walk(x):\n        return 2 * x")
    assert kept(found) == ["def walk(x):", "if True:"]
    assert [file.defines for file in found.definitions().files] == [((0, "walk"),)] * 2
    (remark,) = found.remarks()
    assert remark.startswith("walk is defined in cell 1, line 1, and again in cell 3, line 1.")


@pytest.mark.parametrize(
    "again",
    ["walk = jit(walk)", "walk = jit(compiled=True)(walk)", "walk = lambda x: x", "walk = stride"],
)
def test_what_wraps_it_in_its_own_cell_belongs_to_it(again: str) -> None:
    found = outline(("def stride(x):\n    return x", ""), (f"{WALK}\n{again}", "walk"))
    assert kept(found)[-1] == again
    assert found.definitions().files[-1].defines == ((0, "walk"), (1, "walk"))
    assert found.remarks() == ()


@pytest.mark.parametrize("again", ["walk = walk(3)", "walk = compare(walk, history())"])
def test_a_result_in_its_own_cell_does_not_replace_it(again: str) -> None:
    found = outline((f"{WALK}\n{again}", "walk"))
    assert kept(found) == ["def walk(x):"]
    assert len(found.remarks()) == 1


def test_what_an_own_cell_assigns_is_the_definition_if_there_is_no_other() -> None:
    found = outline(("walk = make_walker()", "walk"), "from numpy import cumsum as walk")
    assert kept(found) == ["walk = make_walker()"]


def test_a_name_that_is_only_imported_is_still_found() -> None:
    found = outline("from my_solution import walk")
    assert found.defined == {"walk"}
    assert kept(found) == ["from my_solution import walk"]


def test_an_import_is_not_graded_instead_of_a_definition_in_a_broken_cell() -> None:
    found = outline(("def walk(x):\n    return (x", "walk"), "from numpy import cumsum as walk")
    assert found.defined == frozenset()
    found = outline(("def run(walk):\n    return (x", "walk"), "from numpy import cumsum as walk")
    assert found.defined == {"walk"}


def test_a_base_class_of_the_same_name_is_what_was_bound_above() -> None:
    found = outline(
        "from keras.optimizers import Adam", "class Adam(Adam):\n    pass", names=("Adam",)
    )
    assert kept(found) == ["from keras.optimizers import Adam", "class Adam(Adam):"]


def test_an_exercise_needs_nothing_of_another() -> None:
    found = outline(f"A = 1\nB = 2\n{WALK} + A", "def run():\n    return B", names=("walk", "run"))
    assert kept(found, "run") == ["B = 2", "def run():"]
    assert kept(found) == ["A = 1", "B = 2", "def walk(x):", "def run():"]


def test_what_is_read_only_at_the_definition_is_what_was_bound_above_it() -> None:
    found = outline(
        "RATE = 0.1\nclass Base:\n    pass",
        "class Walk(Base):\n    rate = RATE\n    def step(self):\n        return LATER",
        "RATE = tune_for_an_hour()\nBase = None\nLATER = 3",
        "RATE[0] = 1",
        names=("Walk",),
    )
    assert kept(found) == ["RATE = 0.1", "class Base:", "class Walk(Base):", "LATER = 3"]


CHANGES = [
    "walk.rate = 3",
    "walk.rates['slow'] = 3",
    "setattr(walk, 'rate', 3)",
    "vars(walk)['rate'] = 3",
    "del walk.rate",
    "for name in NAMES:\n    setattr(walk, name, 3)",
    "@walk.register\ndef of_list(x): ...",
    "@imported.add_to(walk)\ndef step(self): ...",
    "for one in (run, walk):\n    one.rate = 3",
    "put(walk)",
    "put(other, into=walk)",
    "@put_into(walk)\ndef step(self): ...",
]
HELPERS = """
def put(what, into=None):
    what.rate, into.rate = 1, 1

def put_into(target):
    def put_one(function):
        setattr(target, function.__name__, function)
        return function
    return put_one

def look(what):
    return what.rate

def looking(what):
    return lambda function: function
"""


@pytest.mark.parametrize("change", CHANGES)
def test_what_puts_something_into_it_is_run(change: str) -> None:
    found = outline(HELPERS, WALK, change)
    assert kept(found)[-1] == ast.unparse(ast.parse(change)).split("\n")[0]
    assert found.remarks() == ()


@pytest.mark.parametrize(
    "other",
    [
        "look(walk)",
        "for one in (run, walk):\n    one(3)",
        "look(what=walk)",
        "put(3, walk(3))",
        "print(walk.rate)",
        "check(walk)",
        "@looking(walk)\ndef step(self): ...",
        "walker = walk(3)\nwalker.rate = 3",
        "walk = walk(3)\nwalk.rate = 3",
    ],
)
def test_what_only_uses_it_is_not_run(other: str) -> None:
    assert kept(outline(HELPERS, WALK, other)) == ["def walk(x):"]


@pytest.mark.parametrize(
    "change",
    [
        "KNOWN.append(3)",
        "KNOWN.update(a=3)",
        "KNOWN['a'] = 3",
        "KNOWN['a']['b'] += 3",
        "del KNOWN['a']",
        "for each in range(3):\n    KNOWN.append(each)",
        "KNOWN |= {'a': 3}",
        "rng.shuffle(KNOWN)",
        "KNOWN.assign(3)",
        "register(3)",
        "@register\ndef step(x): ...",
        "set_known()",
    ],
)
def test_what_fills_a_list_or_dictionary_that_it_reads_is_run(change: str) -> None:
    helpers = (
        "def register(x):\n    KNOWN.append(x)\n\ndef set_known():\n    global KNOWN\n    KNOWN = 1"
    )
    found = outline("KNOWN = []", helpers, "def walk(x):\n    return KNOWN", change)
    assert kept(found)[-1] == ast.unparse(ast.parse(change)).split("\n")[0]


def test_training_that_keeps_a_log_is_not_registration() -> None:
    train = "def train():\n    for step in range(10 ** 9):\n        LOG.append(step)"
    found = outline("LOG = []", train, "def walk(x):\n    LOG.append(x)", "train()")
    assert kept(found) == ["LOG = []", "def walk(x):"]


def test_a_decorator_of_a_library_does_not_pull_in_what_else_it_decorates() -> None:
    scratch = "@tf.function(jit_compile=True)\ndef train(x): ..."
    found = outline("import tensorflow as tf", "def walk(x):\n    return tf.square(x)", scratch)
    assert kept(found) == ["import tensorflow as tf", "def walk(x):"]


def test_a_comprehension_binds_nothing() -> None:
    found = outline("x = [walk for walk in train_for_an_hour()]", WALK)
    assert kept(found) == ["def walk(x):"]


def test_names_that_nothing_defines_in_time_have_a_reason() -> None:
    found = outline(
        "def helper(:\n    pass",
        "import numpy as np, pandas as pd\nRATE = (1",
        "def walk(x):\n    return helper(np.sum(x)) * RATE * unknown",
        "class Walk(Base):\n    pass",
        "class Base:\n    pass",
        names=("walk", "Walk"),
    )
    assert dict(found.definitions().undefined) == {
        "helper": "cell 1, line 1: `def helper(:` · invalid syntax",
        "np": "cell 2, line 2: `RATE = (1` · '(' was never closed",
        "RATE": "cell 2, line 2: `RATE = (1` · '(' was never closed",
        "Base": "'Base' is first defined below, in cell 5, line 1",
    }


def steps(text: str) -> int:
    """How often a statement is looked at to find what `walk` needs."""
    found = [statement_of(0, i, node) for i, node in enumerate(ast.parse(text).body)]
    closure = Closure(Providers(found, find_exercises(found, ["walk"], {})))
    closure.follow(["walk"])
    assert len(closure.kept) > 100
    return closure.steps


@pytest.mark.parametrize(
    "line",
    [
        "x{next} = x{this}",
        "x{this} = x{next}",
        "def x{this}():\n    return x{next}()",
        "x0 = x{next}\nx{this} = x0",
        "def walk():\n    return x{this}, x{next}\nx{this} = walk",
        "class walk(walk):\n    x = walk",
        "x0.append(x0)",
    ],
)
def test_the_search_looks_at_each_statement_as_often_as_names_are_bound(line: str) -> None:
    lines = [line.format(this=n, next=n + 1) for n in range(1000)]
    text = "\n".join(["x0 = []", *lines, "def walk():\n    return x0, x1000"])
    assert steps(text) <= 3 * len(lines)


def test_a_name_that_a_class_binds_to_itself_is_the_modules() -> None:
    found = outline("rate = 0.1", "class walk:\n    rate = rate")
    assert kept(found) == ["rate = 0.1", "class walk:"]


def test_what_has_no_other_spelling_is_still_read() -> None:
    # Python 3.11 cannot unparse an f-string with a text in it that would need a backslash.
    emoji = "\N{MAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"
    found = outline("rate = 0.1", f"def walk(x):\n    return f\"{{x['{emoji}'] * rate}}\"")
    assert not found.broken
    assert [file.keep for file in found.definitions().files] == [(0,), (0,)]


def test_names_that_are_undefined_come_in_one_order() -> None:
    names = [f"name_{number}" for number in range(20)]
    broken = "\n".join(f"{name} = 1" for name in names) + "\n)"
    found = outline(broken, f"def walk(x):\n    return {' + '.join(names)}")
    undefined = [name for name, _ in found.definitions().undefined]
    assert undefined == sorted(names)
