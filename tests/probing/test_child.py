"""What a probe returns, and what is said if it is no dictionary of arrays."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from editing import change, downhill

from autograder.grading.forbidden import unknown_forbidden
from autograder.grading.observe import probing_sandbox
from autograder.messages import Observe, ReportedFailure
from autograder.sources.assignment import read_assignment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def child() -> Any:
    from autograder.probing import child

    return child


def probed(
    child: Any, body: str, forbidden: tuple[str, ...] = (), seconds: float | None = None
) -> tuple[ReportedFailure | None, dict[str, np.ndarray]]:
    """What comes back from a probe whose function has this body."""
    source = f"import numpy as np\nimport tensorflow as tf\n\ndef probe(walk):\n    {body}\n"
    request = Observe("walk", forbidden, "probe", source, 0, "float32", {}, seconds)
    observed, arrays = child.observe(
        len, request, {}, lambda file: file if file == "probe_probe.py" else ""
    )
    return observed.failure, arrays


@pytest.mark.parametrize(
    "value", ["np.ones(2)", "[1.0, 1.0]", "(1, 1)", "tf.ones(2)", "[tf.constant(1.0)] * 2"]
)
def test_values_are_made_arrays(value: str, child: Any) -> None:
    failure, arrays = probed(child, f"return {{'x': {value}}}")
    assert failure is None
    np.testing.assert_array_equal(arrays["x"], [1, 1])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return [1.0]", "probe probe returned a list; return a dictionary of named arrays"),
        ("return tf.ones(2)", "probe probe returned an EagerTensor; return a dictionary"),
        ("return np.ones(2)", "probe probe returned an ndarray; return a dictionary"),
        ("pass", "probe probe returned None; return a dictionary of named arrays"),
        ("return {'x': None}", "'x' is None, expected numbers. Is a return statement missing?"),
        ("return {'x': 'one'}", "'x' is a str, expected numbers"),
        ("return {'x': [[1], [1, 2]]}", "'x' is not an array of numbers"),
        ("return {1: 2.0}", "probe probe named a value 1; expected text"),
    ],
)
def test_what_is_no_dictionary_of_arrays_is_named(body: str, said: str, child: Any) -> None:
    failure, arrays = probed(child, body)
    assert failure is not None
    assert failure.kind == "malformed"
    assert said in failure.message
    assert arrays == {}


def test_prints_are_heard_also_those_of_a_graph_and_code_notices_nothing(
    child: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = sys.stdout
    with child.heard_prints(True) as prints:
        failure, _ = probed(
            child,
            "print('eager'); tf.print('by TensorFlow', [1])\n"
            "    @tf.function\n"
            "    def graph(x): print('traced'); tf.print('in a graph', x); return x\n"
            "    graph(tf.constant(1)); graph(tf.constant(2))\n"
            "    import sys; sys.stdout.writelines(['two\\n', 'lines\\n'])\n"
            "    return {'x': [sys.stdout.isatty()]}",
        )
        with pytest.raises(TypeError, match="must be str"):
            sys.stdout.write(3)  # type: ignore[arg-type]
    assert failure is None
    assert prints.first == (
        *("eager", "by TensorFlow [1]", "traced", "in a graph 1", "in a graph 2", "two", "lines"),
    )
    assert capsys.readouterr().out.startswith("eager\n")
    assert sys.stdout is stream
    with child.heard_prints(False) as prints:
        print("graded")
    assert prints.first == ()


ENDLESS = "for _ in iter(int, 1): pass"
CAUGHT = f"try:\n        {ENDLESS}\n    except Exception: pass"


@pytest.mark.parametrize("body", [ENDLESS, CAUGHT])
def test_a_loop_without_end_is_interrupted_at_its_line(body: str, child: Any) -> None:
    failure, arrays = probed(child, body, seconds=0.05)
    assert failure is not None
    assert (failure.kind, arrays) == ("timeout", {})
    assert failure.message == "Exceeded the CPU limit of 0.05 s. An endless loop?"
    assert failure.where.endswith(f": `{ENDLESS}`")


def test_what_ends_in_time_is_not_interrupted_later(child: Any) -> None:
    assert probed(child, "return {'x': 1.0}", seconds=0.05)[0] is None
    assert probed(child, "return {'x': sum(range(10**7))}")[0] is None


def test_what_other_threads_compute_is_not_counted(child: Any) -> None:
    body = (
        "import hashlib, threading, time; data = bytes(3 * 10**8); "
        "work = threading.Thread(target=hashlib.sha256, args=(data,)); "
        "work.start(); work.join(); return {'x': 1.0}"
    )
    assert probed(child, body, seconds=0.15)[0] is None


def test_a_forbidden_name_that_does_not_exist_is_a_readable_failure(child: Any) -> None:
    failure, _ = probed(child, "return {'x': 1.0}", ("keras.optimizers.SDG",))
    assert failure is not None
    assert "keras.optimizers.SDG, which is not allowed here, does not exist" in failure.message


def test_unknown_names_are_listed(child: Any) -> None:
    names = ("keras.optimizers.SGD", "keras.optimizers.SDG", "no_such_package.f", "numpy.mean", "")
    assert child.unknown(names) == ("keras.optimizers.SDG", "no_such_package.f", "")


def test_a_forbidden_name_that_does_not_exist_is_a_fault_of_its_exercise(course: Path) -> None:
    path = downhill(course) / "checks.py"
    change(path, 'Exercise("walk")', 'Exercise("walk", ("keras.optimizers.SDG", "numpy.cumsum"))')
    with probing_sandbox(confined=False) as sandbox:
        (fault,) = unknown_forbidden(read_assignment(downhill(course)), sandbox)
    line = (
        path.read_text()
        .splitlines()
        .index('walk = Exercise("walk", ("keras.optimizers.SDG", "numpy.cumsum"))')
    )
    assert (fault.path, fault.line) == (path, line + 1)
    assert fault.message.startswith("exercise 'walk' forbids 'keras.optimizers.SDG', which does")
