"""What goes wrong while a submission is loaded, and where it is told. No keras."""

from __future__ import annotations

import linecache
import statistics
import time
import types

import pytest

from autograder.grading.observe import LOAD_SECONDS, LOAD_WALL_SECONDS
from autograder.messages import SourceText
from autograder.probing import loading
from autograder.probing.deadline import waited_for_a_core
from autograder.probing.loading import LOADING_SECONDS, LOADING_WALL_SECONDS, Loader
from autograder.sources.definitions import Cell, Outline


def loaded(
    *cells: str, names: tuple[str, ...] = ("walk",), forbidden: tuple[str, ...] = ()
) -> Loader:
    outline = Outline([Cell(f"cell {n}", text) for n, text in enumerate(cells, 1)], names)

    def describe(error: BaseException) -> str:
        return f"{type(error).__name__}: {error}"

    def where(error: BaseException) -> str:
        place, trace = "", error.__traceback__
        while trace:
            name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            if name in loader.labels:
                text = linecache.getline(name, line).strip()
                place = f"{loader.labels[name]}, line {line}: `{text}`"
            trace = trace.tb_next
        return place

    loader = Loader(types.ModuleType("submission"), describe, where)
    found = outline.definitions()
    loader.load([SourceText(**vars(file)) for file in found.files], found.undefined, forbidden)
    return loader


def cause(loader: Loader, *arguments: object, name: str = "walk") -> str:
    """What is said of the exception that an exercise raises; "" if it raises none."""
    function, reason = loader.find(name)
    if function is None:
        return reason
    try:
        function(*arguments)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return str(loader.cause_of(name, type(error).__name__, said) or said)
    return ""


USE = "def walk():\n    return sqrt(4.0)"
SEABORN = "ModuleNotFoundError: No module named 'no_seaborn'"


@pytest.mark.parametrize(
    "imports",
    [
        "import no_seaborn as sns, math; from math import no_such, sqrt",
        "import no_seaborn as sns\nfrom math import sqrt",
        "try:\n    import no_seaborn, math\n    from math import sqrt\nexcept ImportError: pass",
        "with open('/dev/null'):\n    import no_seaborn, math\n    from math import no, sqrt",
    ],
)
def test_each_name_of_an_import_stands_on_its_own(imports: str) -> None:
    assert cause(loaded(imports, USE)) == ""


def test_a_try_that_imports_something_else_instead_is_left_alone() -> None:
    instead = "try:\n    from no_seaborn import sqrt\nexcept ImportError:\n    sqrt = abs"
    assert cause(loaded(instead, USE)) == ""


CAUSES = {
    "import": ("import no_seaborn as sqrt, math", f"{SEABORN} (cell 1, line 1: `import no_s"),
    "from": ("from no_seaborn import sqrt", f"{SEABORN} (cell 1, line 1: `from no_seaborn"),
    "try": ("try:\n    import no_seaborn as sqrt\nexcept ImportError: pass", f"{SEABORN} (cell 1"),
    "constant": ("sqrt = 1 / 0", "ZeroDivisionError: division by zero (cell 1, line 1: `sqrt = "),
    "helper": ("@no_such\ndef sqrt(x): ...", "NameError: name 'no_such' is not defined (cell 1"),
    "chain": (
        "import no_seaborn as sns\nRATE = sns.rate\ndef f(x=RATE): ...\nsqrt = f",
        f"{SEABORN} (cell 1, line 1: `import no_seaborn as sns`)",
    ),
    "class": ("class Base(no_such):\n    pass\nclass sqrt(Base): ...", "NameError: name 'no_such'"),
    "cell": ("def sqrt(:\n    pass", "cell 1, line 1: `def sqrt(:` · invalid syntax"),
}


@pytest.mark.parametrize("case", CAUSES)
def test_the_message_about_an_undefined_name_leads_with_the_cause(case: str) -> None:
    text, said = CAUSES[case]
    message = cause(loaded(text, "import no_other\nother = 1 / 0", f"{USE} + other + no_other"))
    assert message.startswith(said)
    assert message.endswith(", so 'sqrt' is not defined")


def test_an_exercise_that_could_not_be_defined_says_what_it_depends_on() -> None:
    found = loaded(
        "bad = 1 / 0\nimport no_seaborn as sns",
        "def walk(x=bad): ...",
        "class Adam:\n    rate = sns.rate\n\nclass AdamW(Adam):\n    pass",
        names=("walk", "Adam", "AdamW"),
    )
    assert cause(found).startswith("ZeroDivisionError: division by zero (cell 1, line 1: `bad")
    for name in ("Adam", "AdamW"):
        message = cause(found, name=name)
        assert message.startswith(f"{SEABORN} (cell 1, line 2: `import no_seaborn as sns`)")
        assert message.endswith(f"so {name} is not defined")


def test_a_name_that_is_misspelt_is_not_blamed_on_another_problem() -> None:
    assert cause(loaded("import no_seaborn\nother = 1 / 0", "def walk():\n    sqroot")) == (
        "NameError: name 'sqroot' is not defined"
    )


def test_a_name_that_a_definition_lacks_is_not_blamed_on_what_calls_it() -> None:
    # A scratch cell binds the name to a result, and fails for the lack of it.
    walk = "def walk():\n    return rate"
    for cells in ([walk, "rate = walk()"], [walk, "path = walk()", "rate = path[0]"]):
        assert cause(loaded(*cells)) == "NameError: name 'rate' is not defined"


def test_a_failed_wildcard_is_told_beside_the_name_that_it_may_have_had() -> None:
    message = cause(loaded("from no_seaborn import *", USE))
    assert message.startswith(SEABORN)
    assert message.endswith("; 'sqrt' is not defined")


def test_a_problem_that_a_later_statement_repairs_is_forgotten() -> None:
    assert cause(loaded("import no_seaborn as sqrt\nfrom math import sqrt", USE)) == ""


def test_a_method_that_could_not_be_put_in_is_told() -> None:
    found = loaded(
        "import no_seaborn as sns",
        "def walk():\n    return walk.rate",
        "walk.rate = sns.rate()",
    )
    # It may have nothing to do with the error: what is said is true in any case.
    assert cause(found) == (
        "AttributeError: 'function' object has no attribute 'rate'. Before that, a change of walk "
        f"failed: {SEABORN} (cell 1, line 1: `import no_seaborn as sns`)"
    )


def test_a_class_decorator_and_later_lines_put_methods_in() -> None:
    found = loaded(
        "def with_rate(cls):\n    cls.rate = RATES['slow']\n    return cls\n\nRATES = {}",
        "RATES.update(slow=3)",
        "@with_rate\nclass Adam:\n    pass",
        "def step(self):\n    return self.rate\n\nAdam.step = step",
        "def double(self):\n    return 2 * self.step()\n\nsetattr(Adam, 'double', double)",
        names=("Adam",),
    )
    assert found.find("Adam")[0]().double() == 6


def test_no_other_statement_replaces_an_exercise() -> None:
    module = loaded(
        "def walk():\n    return train",
        "train, walk = 1, 2",
        "from math import *\nfrom os.path import *",
        "def join():\n    return walk()",
        names=("walk", "join"),
    )
    assert module.find("join")[0]() == 1


MAIN = """
import math
if __name__ == "__main__":
    import cmath
    scale = 2.0

    def walk():
        return scale * math.sqrt(4.0) + cmath.pi

    loss = train_for_hours()
    while True:
        pass
"""


@pytest.mark.parametrize(
    "text", [MAIN, MAIN.replace('__name__ == "__main__"', "'__main__'==__name__")]
)
def test_a_definition_for_the_main_program_counts_as_in_a_notebook(text: str) -> None:
    function, reason = loaded(text).find("walk")
    assert reason == ""
    assert function() == pytest.approx(4.0 + 3.14159, abs=1e-4)


def test_a_definition_under_another_condition_is_not_guessed() -> None:
    assert loaded("if False:\n    def walk():\n        pass").find("walk")[0] is None


def test_a_definition_that_fails_leaves_the_earlier_one() -> None:
    assert cause(loaded(USE.replace("sqrt(4.0)", "3"), "@no_such\ndef walk(): ...")) == ""


def test_a_definition_that_deletes_itself_leaves_the_earlier_one() -> None:
    found = loaded("def walk():\n    return 1", "if True:\n    def walk(): ...\n    del walk")
    function, _ = found.find("walk")
    assert function() == 1


def test_a_failed_definition_is_not_what_was_imported_under_its_name() -> None:
    message = cause(loaded("from math import sqrt as walk", "@no_such(walk)\ndef walk(): ..."))
    assert message.startswith("NameError: name 'no_such' is not defined (cell 2, line 1")


def test_a_statement_without_end_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_LEAST_SECONDS", 0.02)
    monkeypatch.setattr(loading, "_SHARE", 0.0)
    message = cause(loaded("def forever():\n    while True: pass", "sqrt = forever()", USE))
    assert message.startswith("OutOfTimeError: ran for more than 0.0 s of CPU time, too long")
    assert message.endswith("(cell 1, line 2: `while True: pass`), so 'sqrt' is not defined")


def test_a_statement_that_waits_without_end_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if waited_for_a_core() is None:
        pytest.skip("this system does not tell how long a process waits for a core")
    monkeypatch.setattr(loading, "_LEAST_WALL_SECONDS", 0.05)
    monkeypatch.setattr(loading, "_SHARE", 0.0)
    waits = "import threading\nsqrt = threading.Event().wait(40)"
    message = cause(loaded(waits, USE))
    assert message.startswith("OutOfTimeError: did not end within 0.1 s, too long for what a")
    assert message.endswith(
        "(cell 1, line 2: `sqrt = threading.Event().wait(40)`), so 'sqrt' is not defined"
    )


def test_statements_leave_time_for_the_answer() -> None:
    assert LOADING_SECONDS < LOAD_SECONDS
    assert LOADING_WALL_SECONDS < LOAD_WALL_SECONDS


def refusing(*cells: str) -> Loader:
    return loaded(*cells, forbidden=("statistics.fmean",))


BASELINE = "import statistics\nbaseline = statistics.fmean([1.0, 2.0])"


def test_what_is_refused_while_loading_costs_nothing_that_does_not_need_it() -> None:
    # Both are kept: a probe may never come to the line that reads the baseline.
    loader = refusing(BASELINE, "def walk(compare=False):\n    return baseline if compare else 1")
    walk, _ = loader.find("walk")
    assert walk() == 1
    assert statistics.fmean([1.0, 2.0]) == 1.5  # works again


def test_what_needs_a_value_that_was_refused_has_delegated() -> None:
    loader = refusing(BASELINE, "def walk():\n    return baseline")
    found = loader.cause_of("walk", "NameError", "NameError: name 'baseline' is not defined")
    assert found is not None
    assert found.refusal is not None
    assert found.refusal.message.startswith("Uses statistics.fmean, which is not allowed here.")
    assert found.refusal.where.startswith("cell 1, line 2")


def test_a_definition_that_uses_what_is_refused_has_delegated() -> None:
    loader = refusing("import statistics\nclass walk:\n    mean = statistics.fmean([1.0])")
    refusal = loader.refusal_of("walk")
    assert refusal is not None
    assert refusal.where.startswith("cell 1, line 3")


def test_code_of_the_cells_is_known_by_what_it_does() -> None:
    loader = loaded("def walk(a):\n    return [each + 1 for each in a]")
    walk, _ = loader.find("walk")
    renamed = walk.__code__.replace(co_name="other", co_firstlineno=7)
    assert loader.wrote(renamed)
    assert not loader.wrote(refusing.__code__)


def test_a_busy_machine_takes_no_time_from_the_statements_that_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As if the process had waited for a core all the time: a statement that sleeps for 50 ms.
    monkeypatch.setattr(loading, "waited_for_a_core", time.monotonic)
    text = "import time\nX = time.sleep(0.05)\ndef walk():\n    return X"
    assert loaded(text)._wall_left > LOADING_WALL_SECONDS - 0.04
    monkeypatch.undo()
    assert loaded(text)._wall_left < LOADING_WALL_SECONDS - 0.04
