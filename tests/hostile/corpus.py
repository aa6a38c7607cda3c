"""Hostile and broken submissions, each with what it tries and the most it may earn.

Most are a file in ``submissions/``: Python with a header of three comments,

    # Tries: to read the gradebook.
    # Earns: Descent 0, average 2
    # Without protection: escapes

("Descent at most 3" where that depends on when a thread runs.)

An exercise that the file leaves out gets an honest definition; ``steal()`` gets an exercise that
runs it. ``ON = {}`` is filled with what the test has prepared to be attacked. Submissions that need
a notebook or several files are written by functions in `broken_files`, `edited_cells` and
`neighbouring_files`.

Without protection an attack

- *escapes*: its message or a file outside contains what it stole, a token that the test drew;
- *survives*: it uses more than its limits allow, and reports that;
- *fools* a grader that compares in the process of student code, as a notebook's test cells do;
- has *nothing to compare*: it harms only itself, or the machine that runs it.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast, get_args

from autograder.sources.assignment import Assignment, read_assignment
from hostile import broken_files, edited_cells, neighbouring_files

HERE = Path(__file__).parent
ASSIGNMENT = "descent"
POINTS = {"Descent": 3.0, "average": 2.0}

Write = Callable[[Path, Mapping[str, Any]], None]
Control = Literal["escapes", "survives", "fools", "nothing to compare"]

HONEST = {
    "Descent": """
import keras as _keras


class Descent(_keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, learning_rate * gradient)
""",
    "average": """
def average(numbers):
    return sum(numbers) / len(numbers)
""",
}
"""Correct, but not the lines of the reference."""

NEIGHBOURS = {
    "right": HONEST["Descent"] + HONEST["average"],
    "half": HONEST["average"],
    "mistaken": HONEST["Descent"].replace("assign_sub", "assign_add")
    + "\n\ndef average(numbers):\n    return sum(numbers)\n",
}
"""Submissions that are graded next to each attack: their reports must not change."""

THIEF = """
class Descent:
    def __init__(self, *_, **__):
        loot = steal()
        raise RuntimeError(f"stolen: {loot}")
"""


@dataclass(frozen=True)
class Attack:
    """One submission of the corpus; ``write`` puts it into its folder.

    An exercise earns what ``earns`` says if it is one of ``exactly``, and at most that otherwise.
    """

    name: str
    tries: str
    earns: Mapping[str, float]
    exactly: frozenset[str]
    control: Control
    write: Write


def attacks() -> list[Attack]:
    """The whole corpus, in alphabetical order of the names."""
    found = [_read(path) for path in sorted((HERE / "submissions").glob("*.py"))]
    for name, write in _written_by_functions():
        tries, _, earns = (write.__doc__ or "").removeprefix("Tries: ").partition("Earns: ")
        tries = " ".join(tries.split())
        found.append(Attack(name, tries, *_points(earns), "nothing to compare", write))
    return sorted(found, key=lambda attack: attack.name)


def read_course() -> Assignment:
    """The small course that the corpus is graded with."""
    return read_assignment(HERE / "solutions" / ASSIGNMENT)


def text_of(path: Path, on: Mapping[str, Any]) -> str:
    """A file of the corpus as it is submitted."""
    text = path.read_text()
    for name, honest in HONEST.items():
        if not re.search(rf"^(class|def) {name}\b|^{name} =", text, re.MULTILINE):
            steals = name == "Descent" and "def steal(" in text
            text += THIEF if steals else honest
    return (
        text.replace("ON = {}", f"ON = {json.dumps(on)}")
        .replace("NESTED", "(" * 5000 + "1" + ")" * 5000)
        .replace("NULL", "\0")
    )


def _written_by_functions() -> Iterator[tuple[str, Write]]:
    for module in (broken_files, edited_cells, neighbouring_files):
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if (function.__doc__ or "").startswith("Tries: "):
                yield name, function


def _read(path: Path) -> Attack:
    header = dict(re.findall(r"^# ([A-Z][a-z ]+): (.*)$", path.read_text(), re.MULTILINE))
    control = header["Without protection"]
    if control not in get_args(Control):
        raise ValueError(f"{path.name}: {control!r} is not one of {get_args(Control)}")
    return Attack(
        path.stem,
        header["Tries"],
        *_points(header["Earns"]),
        cast(Control, control),
        partial(_write_module, path),
    )


def _write_module(path: Path, folder: Path, on: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / f"{ASSIGNMENT}.py").write_text(text_of(path, on))


def _points(text: str) -> tuple[dict[str, float], frozenset[str]]:
    """The most that each exercise earns, and the names of those that earn exactly that."""
    found = re.findall(r"(\w+) (at most )?(\d+)", text)
    earns = {name: float(points) for name, _, points in found}
    if earns.keys() != POINTS.keys():
        raise ValueError(f"{text!r} does not say what each of {', '.join(POINTS)} earns")
    return earns, frozenset(name for name, at_most, _ in found if not at_most)
