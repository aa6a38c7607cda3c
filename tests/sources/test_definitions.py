"""Which statements of a submission are run, and which are skipped. No keras."""

import ast
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.programs import SourceFile
from autograder.sources.definitions import Cell, cut_out, definitions
from autograder.sources.magics import without_magics
from autograder.sources.parsing import parsed


def kept(file: SourceFile) -> list[str]:
    body = ast.parse(file.text).body
    return [ast.unparse(body[index]) for index in file.keep]


def kept_in(*texts: str, names: tuple[str, ...] = ("Adam",)) -> list[str]:
    cells = [Cell(f"cell {number}", text) for number, text in enumerate(texts, 1)]
    found, _, _ = definitions(cells, names)
    return [statement for file in found.files for statement in kept(file)]


CLASS = "class Adam:\n    pass"


def test_exploratory_statements_are_not_run() -> None:
    assert kept_in(f"{CLASS}\nmodel = train(Adam())\nprint(model)\nfor i in range(9): fit(i)") == [
        CLASS
    ]


def test_what_a_definition_refers_to_is_run() -> None:
    text = "from keras import ops\nRATE = 0.1\ndef square(x):\n    return ops.square(x) * RATE"
    uses = "class Adam:\n\n    def step(self, g):\n        return square(g)"
    assert kept_in(text, uses) == [*(ast.unparse(n) for n in ast.parse(text).body), uses]


def test_a_local_name_does_not_pull_in_a_global_of_that_name() -> None:
    local = "class Adam:\n\n    def step(self, w):\n        h = w + 1\n        return h"
    assert kept_in(f"h = train_for_an_hour()\nw = 3\n{local}") == [local]


def test_a_global_that_a_method_changes_is_run() -> None:
    counting = "class Adam:\n\n    def step(self):\n        global t\n        t += 1"
    assert kept_in(f"t = 0\n{counting}") == ["t = 0", counting]


def test_a_later_definition_comes_later() -> None:
    assert kept_in("class Adam:\n    a = 1", "class Adam:\n    a = 2")[-1].endswith("a = 2")


def test_what_changes_a_definition_is_run() -> None:
    statements = kept_in(CLASS, "Adam.step = lambda self: helper()\ndef helper(): return 1")
    assert [s.split("\n")[0] for s in statements] == [
        "class Adam:",
        "Adam.step = lambda self: helper()",
        "def helper():",
    ]


def test_a_definition_inside_if_or_try_is_run() -> None:
    text = "try:\n    import jax\nexcept ImportError:\n    jax = None\n"
    text += "if True:\n    class Adam: x = jax"
    assert len(kept_in(text)) == 2


def test_a_broken_cell_costs_only_itself() -> None:
    cells = [Cell("cell 1", "def broken(:"), Cell("cell 2", CLASS)]
    found, defined, broken = definitions(cells, ["Adam", "SGD"])
    assert defined == {"Adam"}
    assert [str(cell) for cell in broken] == ["cell 1, line 1: `def broken(:` · invalid syntax"]
    assert [file.label for file in found.files] == ["cell 2"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("(" * 5000, id="nesting"),
        pytest.param("x = 1\0", id="null byte"),
        pytest.param(" !ls\n\0", id="null byte under a magic"),
        pytest.param("s = '\ud800'", id="surrogate"),
        pytest.param("1" * 10_000, id="long number"),
        pytest.param("\u202e" + CLASS, id="bidi"),
        pytest.param("-" * 100_000 + "1", id="unary"),
    ],
)
def test_hostile_text_is_a_broken_cell(text: str) -> None:
    _, defined, _ = definitions([Cell("cell 1", text), Cell("cell 2", CLASS)], ["Adam"])
    assert defined == {"Adam"}


@pytest.mark.parametrize("text", ['RULE = "\\d"', '!ls\nRULE = "\\d"'])
def test_python_code_with_warnings_is_read_silently(text: str) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        definitions([Cell("cell 1", text)], ["Adam"])
    assert said == []


@pytest.mark.parametrize(
    "magic", ["%matplotlib inline", "!pip list", "x = !ls", "?len", "%time f()"]
)
def test_magics_are_skipped_and_lines_keep_their_numbers(magic: str) -> None:
    text = without_magics(f"{magic}\n\n{CLASS}")
    assert next(n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)).lineno == 3


def test_a_python_cell_magic_is_removed_and_any_other_removes_the_cell() -> None:
    assert kept_in(f"%%time\n{CLASS}") == [CLASS]
    assert kept_in(f"%%bash\n{CLASS}") == []


def test_a_percent_sign_in_python_is_not_a_magic() -> None:
    text = "rest = 7 \\\n  % 3\n" + CLASS
    assert kept_in(text) == [CLASS]


def test_a_form_feed_is_no_end_of_a_line() -> None:
    assert cut_out("x = 1\n\x0c\ndef probe():\n    return x\n", "probe").endswith("return x")


def test_a_probe_is_cut_out_with_what_it_needs_and_nothing_else() -> None:
    text = (
        "import numpy as np\nimport os\n\nSECRET = 1\n\n@twice\n"
        "def probe(x):\n    return np.sum(x)\n\ndef twice(f):\n    return f\n"
    )
    source = cut_out(text, "probe")
    assert "SECRET" not in source
    assert "import os" not in source
    assert "@twice\ndef probe" in source
    assert "def twice" in source


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    definitions([Cell("cell 1", text)], ["Adam"])


@given(st.lists(st.sampled_from([CLASS, "x = Adam", "%time", "def f(:", "import os", "'''"])))
def test_any_mixture_of_lines_is_read(lines: list[str]) -> None:
    definitions([Cell("cell 1", "\n".join(lines))], ["Adam"])


def test_threads_that_parse_at_the_same_time_do_not_disturb_each_other() -> None:
    # On CPython up to 3.12 this raises SystemError without a lock, in most runs.
    text = "\n".join(
        f"class C{n}:\n    def f(self, x):\n        return x + {n}" for n in range(200)
    )
    with ThreadPoolExecutor(4) as executor:
        trees = list(executor.map(lambda n: parsed(text, f"cell {n}"), range(60)))
    assert {len(tree.body) for tree in trees} == {200}


def test_a_short_cell_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def noted(text: str, label: str) -> ast.Module:
        read.append(label)
        return parsed(text, label)

    monkeypatch.setattr("autograder.sources.definitions.parsed", noted)
    short, long = "RATE_OF_THIS_TEST = 0.5", f"{CLASS}\n# {'long ' * 1000}"
    uses = "class Adam:\n    rate = RATE_OF_THIS_TEST"
    assert kept_in(short, uses) == kept_in(short, uses) == [short, uses]
    assert read == ["cell 1", "cell 2"]
    # Where it stands is not kept with it.
    assert kept_in("x = 1", short, uses) == [short, uses]
    assert read == ["cell 1", "cell 2", "cell 1", "cell 2", "cell 3"]
    read.clear()
    assert kept_in(long) == kept_in(long) == [CLASS]
    assert read == ["cell 1", "cell 1"]
