"""What several tests start from: an oracle that knows what it is told, and a course without keras.

The course is one assignment, `downhill`, of two plain functions. Its sources, below, are as
an author would write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from autograder.grading.judge import measured
from autograder.grading.oracle import Oracle
from autograder.grading.trial import Trial
from autograder.model import Arrays, Check, Inputs, Misconception, Observation
from autograder.programs import Definitions
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.inputs import draw_inputs

WITHOUT = {
    "bubblewrap": ("autograder.sandbox.bubblewrap", "PROGRAM", ""),
    "landlock": ("autograder.sandbox.confinement", "landlock_abi", int),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    words = "test as on a machine that lacks one (graders in processes of their own have it)"
    parser.addoption("--without", choices=WITHOUT, action="append", default=[], help=words)


def pytest_configure(config: pytest.Config) -> None:
    for lacking in config.getoption("--without"):
        # Only now: other systems than Linux cannot import these.
        module, name, instead = WITHOUT[lacking]
        setattr(import_module(module), name, instead)


# Minutes each, the longest first.
LONGEST = [
    "browser/test_cycle.py",
    "course/test_verify.py",
    "test_hostile.py",
    "course/test_course_releases.py",
    "desks/test_resume.py",
    "desks/test_demo.py",
    "desks/test_skeleton.py",
    "docs/test_tutorial.py",
    "sandbox/test_escapes.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        file = item.path.relative_to(Path(__file__).parent).as_posix()
        return LONGEST.index(file) if file in LONGEST else len(LONGEST)

    items.sort(key=rank)


# How long an example takes to draw or to run says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

NOTEBOOK = '''\
# %% [markdown]
# # Downhill
#
# Each step goes against the gradient.

# %%
import numpy as np

# %% exercise="walk"
def walk(start, rate, gradients):
    """The places visited, shape (steps,)."""
    places = []
    ### BEGIN SOLUTION: Subtract rate times each gradient in turn.
    place = start
    for gradient in gradients:
        place = place - rate * gradient
        places.append(place)
    ### END SOLUTION
    return np.array(places)

# %% [markdown]
# ## And on average

# %% exercise="average"
def average(numbers):
    ### BEGIN SOLUTION: Divide the sum by "how many", \\nu, there are.
    return np.sum(numbers) / len(numbers)
    ### END SOLUTION
'''

CHECKS = """
from autograder.grading.judge import close
from autograder.model import Exercise

walk = Exercise("walk")
average = Exercise("average", bonus=True)


def hills(rng):
    return {"start": 3.0, "rate": 0.1, "gradients": rng.uniform(1, 2, size=4)}


def numbers(rng):
    return {"numbers": rng.uniform(1, 2, size=5)}


walk.rule(
    "takes_every_step",
    "Every step goes downhill by rate times the gradient.",
    points=2,
    probe="visited",
    inputs=hills,
    judge=close(along="step"),
)
walk.rule(
    "starts_at_the_start",
    "The first step leads away from the start.",
    points=1,
    probe="first_place",
    inputs=hills,
    judge=close(),
)


@average.check(points=1.5, probe="middle", inputs=numbers)
def divides_by_the_count(observed, expected):
    '''The sum is divided by how many numbers there are.'''
    close()(observed, expected)
"""

PROBES = """
import numpy as np


def visited(walk, *, start, rate, gradients):
    return {"places": walk(start, rate, gradients)}


def first_place(walk, *, start, rate, gradients):
    return {"place": np.array(walk(start, rate, gradients[:1])[0])}


def middle(average, *, numbers):
    return {"middle": np.array(average(numbers))}
"""

MISCONCEPTIONS = """
[[misconception]]
name = "uphill"
exercise = "walk"
hint = "You walk up: subtract."
find = "place - rate"
replace = "place + rate"

[[misconception]]
name = "never_moves_on"
exercise = "walk"
hint = "Each step starts where the last one ended."
find = "place = place - rate"
replace = "place = start - rate"

[[misconception]]
name = "sum_only"
exercise = "average"
hint = "The sum is not yet divided."
find = " / len(numbers)"
replace = ""
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course folder with the solution of one assignment, `downhill`, and nothing released."""
    folder = tmp_path / "course" / "solutions" / "downhill"
    folder.mkdir(parents=True)
    (folder / "downhill.py").write_text(NOTEBOOK)
    (folder / "checks.py").write_text(CHECKS)
    (folder / "probes.py").write_text(PROBES)
    (folder / "misconceptions.toml").write_text(MISCONCEPTIONS)
    return tmp_path / "course"


@pytest.fixture
def assignment(course: Path) -> Assignment:
    """The one assignment of the course."""
    return read_assignment(course / "solutions" / "downhill")


@dataclass
class MemoryOracle:
    """Knows what it is told, by check id, runs nothing, and remembers what it was asked."""

    observations: Mapping[str, Observation]
    mistakes: Mapping[Misconception, Mapping[str, Observation]] = field(default_factory=dict)
    inputs: Mapping[str, Inputs] = field(default_factory=dict)
    seed: int = 0
    asked: dict[Misconception, dict[str, Observation]] = field(default_factory=dict)

    def expected(self, check: Check) -> Observation:
        return self.observations[check.id]

    def wanted(self, check: Check) -> Arrays:
        return measured(check, self.expected(check).arrays, self.inputs[check.id])

    def misconceptions(self, exercise: str) -> Sequence[Misconception]:
        return [m for m in self.mistakes if m.exercise == exercise]

    def observe_misconception(
        self, misconception: Misconception, checks: Sequence[Check]
    ) -> Mapping[str, Observation]:
        # What is not said of a misconception, it does as the reference does.
        did = self.mistakes[misconception]
        return {check.id: did.get(check.id, self.observations[check.id]) for check in checks}

    def observe_misconceptions(self, check: Check) -> Sequence[tuple[Misconception, Observation]]:
        known = self.misconceptions(check.exercise)
        return [(m, self.observe_misconception(m, [check])[check.id]) for m in known]

    def whole_observations(
        self, misconception: Misconception, checks: Sequence[Check], child: object = None
    ) -> Mapping[str, Observation]:
        asked = self.asked.setdefault(misconception, {})
        asked.update(self.observe_misconception(misconception, checks))
        return asked

    def observed(self, misconception: Misconception) -> Mapping[str, Observation]:
        return self.asked.get(misconception, {})

    def child(self) -> AbstractContextManager[None]:
        return nullcontext()

    def pairs(self, exercise: str) -> None:
        return None

    def trials(self, checks: Iterable[Check]) -> Sequence[Trial]:
        raise AssertionError("nothing is run here")


@pytest.fixture
def oracle_of() -> Callable[..., Oracle]:
    """Makes an oracle of expected observations, those of misconceptions, and inputs."""
    return MemoryOracle


@pytest.fixture
def oracle(assignment: Assignment) -> Oracle:
    """What the reference and the misconceptions of `downhill` do with seed 0, run in this process:
    they are our own."""
    checks = assignment.check_set
    inputs = {check.id: draw_inputs(check, 0) for check in checks.checks}

    def behaviour(definitions: Definitions, check: Check) -> Observation:
        space: dict[str, Any] = {}
        for file in definitions.files:
            exec(file.text, space)
        exec(checks.probes[check.probe].source, space)
        arrays = space[check.probe](space[check.exercise], **inputs[check.id])
        return Observation(arrays)

    return MemoryOracle(
        {check.id: behaviour(assignment.reference(), check) for check in checks.checks},
        {
            known: {
                check.id: behaviour(assignment.misconception(known), check)
                for check in checks.of(known.exercise)
            }
            for known in assignment.misconceptions
        },
        inputs,
    )
