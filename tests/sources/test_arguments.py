"""Misconceptions of every argument, from a signature. No keras."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.model import Misconception
from autograder.sources.arguments import argument_misconceptions

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [p for p in sorted((ROOT / "solutions").glob("*/*.py")) if p.stem == p.parent.name]

SCALE = '''\
class Scale(Layer):
    """Multiplies by rate, and adds shift."""

    def __init__(self, rate=0.5, *, shift=0.0, deep=False, units, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.rate = rate
        self.shift = shift
        self.deep = deep
        self.units = units

    def call(self, x):
        ### BEGIN SOLUTION: Scale.call: scale and shift.
        return self.rate * x + self.rate**2 + self.shift * self.units
        ### END SOLUTION

    def get_config(self):
        config = super().get_config()
        config["rate"] = self.rate
        config.update(shift=self.shift)
        return {**config, "deep": self.deep, "units": self.units}
'''


def edited(cell: str, known: Misconception) -> str:
    assert cell.count(known.find) == 1, known
    text = cell.replace(known.find, known.replace)
    assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(cell)), known
    return text


def examine(cell: str, exercise: str) -> dict[str, Misconception]:
    """The misconceptions of an exercise by name, of which everything holds that always must."""
    found = argument_misconceptions(cell, exercise)
    programs = {ast.dump(ast.parse(edited(cell, each))) for each in found}
    assert len(programs) == len(found)
    for each in found:
        assert re.fullmatch(r"[a-z]\w*", each.name)
        assert each.exercise == exercise
        assert len(each.hint.split()) > 8
    assert len({each.name for each in found}) == len(found)
    return {each.name: each for each in found}


class Layer:
    """Stands for a layer of Keras."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def scale(misconception: str) -> Any:
    """The class with a misconception, to be called."""
    space: dict[str, Any] = {"Layer": Layer}
    exec(edited(SCALE, examine(SCALE, "Scale")[misconception]), space)
    return space["Scale"]


def test_a_class_has_four_misconceptions_for_each_argument_with_a_default() -> None:
    found = examine(SCALE, "Scale")
    of_rate = ["rate_is_ignored", "default_of_rate_is_another", "rate_is_hard_coded"]
    missing = "rate_is_missing_in_the_configuration"
    assert list(found)[:4] == [*of_rate, missing]
    # One without a default cannot be ignored; `deep` is not used in the computation.
    assert [name for name in found if "units" in name] == ["units_is_missing_in_the_configuration"]
    assert "deep_is_hard_coded" not in found
    assert not any("kwargs" in name or name.startswith("name") for name in found)


def test_an_ignored_argument_has_its_default_everywhere() -> None:
    layer = scale("rate_is_ignored")(rate=3.0, units=2)
    assert layer.rate == layer.get_config()["rate"] == 0.5


def test_a_hard_coded_argument_is_stored_and_not_used() -> None:
    layer = scale("rate_is_hard_coded")(rate=3.0, units=2)
    assert layer.get_config()["rate"] == 3.0
    assert layer.call(4.0) == 0.5 * 4 + 0.5**2


@pytest.mark.parametrize("argument", ["rate", "shift", "deep", "units"])
def test_one_argument_is_missing_in_the_configuration(argument: str) -> None:
    config = scale(f"{argument}_is_missing_in_the_configuration")(units=2).get_config()
    assert set(config) == {"name", "rate", "shift", "deep", "units"} - {argument}


@pytest.mark.parametrize(
    ("default", "other"),
    [
        ("0.5", 0.25), ("0.0", 0.5), ("1e-7", 1e-5), ("0.001", 0.1), ("0.999", 0.4995),
        ("0", 1), ("32", 33), ("-1", 0), ("True", False), ("False", True), ("-0.5", -0.25),
    ],
)  # fmt: skip
def test_another_default_is_of_the_same_kind(default: str, other: object) -> None:
    cell = f"def walk(start, rate={default}):\n    return start * rate\n"
    space: dict[str, Any] = {}
    exec(edited(cell, examine(cell, "walk")["default_of_rate_is_another"]), space)
    (found,) = space["walk"].__defaults__
    assert found == other
    assert type(found) is type(other)


@pytest.mark.parametrize("default", ["None", "'mean'", "(1, 2)", "np.pi"])
def test_a_default_of_another_kind_has_no_other_value(default: str) -> None:
    cell = f"def walk(start, rate={default}):\n    return start * rate\n"
    assert list(examine(cell, "walk")) == ["rate_is_ignored"]


def test_a_function_has_them_for_the_arguments_with_a_default() -> None:
    cell = (
        'def walk(start, rate=0.1, *, steps=3):\n    """Walks."""\n    return start, rate, steps\n'
    )
    found = examine(cell, "walk")
    assert [name for name in found if "start" in name] == []
    space: dict[str, Any] = {}
    exec(edited(cell, found["steps_is_ignored"]), space)
    assert space["walk"](1, rate=2, steps=7) == (1, 2, 3)


def test_a_class_without_arguments_has_none() -> None:
    assert argument_misconceptions("class Scale(Layer):\n    pass\n", "Scale") == ()
    assert argument_misconceptions(SCALE, "Other") == ()


def test_what_an_author_has_already_is_not_generated_again() -> None:
    hint = "It is not stored."
    by_edit = Misconception("forgets_rate", "Scale", hint, 'config["rate"] = self.rate\n', "\n")
    by_name = Misconception(
        "shift_is_ignored", "Scale", hint, "self.shift = shift", "self.shift = 0"
    )
    of_another = Misconception("deep_is_ignored", "Other", hint, "Layer", "Layers")
    known = [by_edit, by_name, of_another]
    names = {each.name for each in argument_misconceptions(SCALE, "Scale", known)}
    assert "rate_is_missing_in_the_configuration" not in names
    assert "shift_is_ignored" not in names
    assert "deep_is_ignored" in names


def test_names_start_in_lower_case() -> None:
    cell = "def walk(start, _Rate=0.1, T=3):\n    return start * _Rate * T\n"
    assert {"rate_is_ignored", "t_is_ignored"} <= set(examine(cell, "walk"))


NAMES = st.lists(st.sampled_from(["a", "b", "c", "größe", "T"]), min_size=1, unique=True)
DEFAULTS = st.sampled_from(["0", "1", "0.5", "1e-7", "-1", "True", "None", "'x'"])


@given(NAMES, st.data())
def test_many_signatures(names: list[str], data: st.DataObject) -> None:
    arguments = ", ".join(f"{name}={data.draw(DEFAULTS)}" for name in names)
    uses = " + ".join(f"self.{name}" for name in names)
    lines = [
        "class Scale(Layer):",
        f"    def __init__(self, {arguments}, **kwargs):",
        *(f"        self.{name} = {name}" for name in names),
        f"    def call(self, x): return x + {uses}",
        "    def get_config(self):",
        "        config = super().get_config()",
        *(f'        config["{name}"] = self.{name}' for name in names),
        "        return config",
    ]
    assert len(examine("\n".join(lines), "Scale")) >= 2 * len(names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_reference_of_the_course_has_valid_ones(path: Path) -> None:
    for cell in jupytext.reads(path.read_text(), fmt="py:percent").cells:
        if exercise := cell.metadata.get("exercise"):
            examine(cell.source, exercise)
