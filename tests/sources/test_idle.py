"""Stubs whose every ``raise`` is a plain ``return``."""

from __future__ import annotations

from autograder.sources.definitions import Cell
from autograder.sources.idle import KINDS, idle
from autograder.sources.submission import Submission

STUB = '''
class Momentum(Base):
    """Keeps a velocity."""

    def build(self, variables):
        super().build(variables)
        raise NotImplementedError(
            "Momentum.build: make a slot for each variable."
        )

    def name(self):
        raise NotImplementedError("Momentum.name: say it.")
'''
OTHER = 'def other(x):\n    raise NotImplementedError("other: write it.")'


def texts(exercise: str, *cells: str) -> dict[str, list[str]]:
    stub = Submission("stub", None, tuple(Cell("cell 1", text) for text in cells))
    return {what: [cell.text for cell in found.cells] for what, found in idle(stub, exercise)}


def test_each_raise_of_the_exercise_becomes_a_return() -> None:
    found = texts("Momentum", STUB, OTHER)
    assert found.keys() == KINDS.keys()
    returned = {what: cells[0].count("return") for what, cells in found.items()}
    assert set(returned.values()) == {2}
    build, name = (
        line.strip() for line in found["returns zeros"][0].splitlines() if "return" in line
    )
    assert (build, name) == ("return 0 * variables", "return None")  # self is no argument
    for own, other in found.values():
        assert "NotImplementedError" not in own
        assert other == OTHER
        compile(own, "cell", "exec")


def test_a_function_returns_what_its_name_says() -> None:
    done = {}
    for what, (text,) in texts("other", OTHER).items():
        space: dict[str, object] = {}
        exec(text, space)
        done[what] = space["other"](7)  # type: ignore[operator]
    assert done == {
        "does nothing": None,
        "returns its argument": 7,
        "returns zeros": 0,
        "returns a constant": 1.0,
    }


def test_a_cell_that_is_no_python_stays_as_it_is() -> None:
    assert set(map(tuple, texts("other", "%%bash\nls").values())) == {("%%bash\nls",)}
