"""What grades are made with: what changes a grade has another digest, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.grading.made_with import (
    Difference,
    MadeWith,
    differences,
    made_with,
    observation_digest,
)
from autograder.model import Failure, Observation
from autograder.sources.assignment import read_assignment

CLAIM = "The first step leads away from the start."
CHANGES = {
    "points": ("checks.py", "points=1,", "points=4,", ["points of walk.starts_at_the_start"]),
    "claim": ("checks.py", CLAIM, "It starts.", ["check walk.starts_at_the_start was changed"]),
    "judge": (
        "checks.py",
        "close()(observed, expected)",
        "close(rtol=1)(observed, expected)",
        ["check average.divides_by_the_count was changed"],
    ),
    "tolerance": (
        "checks.py",
        'close(along="step")',
        'close(along="step", atol=0.5)',
        ["check walk.takes_every_step was changed"],
    ),
    "inputs": (
        "checks.py",
        "size=5",
        "size=6",
        ["check average.divides_by_the_count was changed"],
    ),
    "inputs of two": (
        "checks.py",
        '"rate": 0.1',
        '"rate": 0.2',
        [
            "check walk.takes_every_step was changed",
            "check walk.starts_at_the_start was changed",
        ],
    ),
    "probe": (
        "probes.py",
        "np.array(average(numbers))",
        "np.array(average(list(numbers)))",
        ["check average.divides_by_the_count was changed"],
    ),
    "solution": (
        "downhill.py",
        "np.sum(numbers) / len(numbers)",
        "np.sum(numbers) / len(list(numbers))",
        ["the solution of average was changed"],
    ),
    "hint": (
        "misconceptions.toml",
        "You walk up",
        "Up",
        ["the known mistakes of walk were changed"],
    ),
    "comment": ("checks.py", 'walk = Exercise("walk")', 'walk = Exercise("walk")  # a walk', []),
    "formatting": (
        "checks.py",
        "    close()(observed, expected)",
        "\n    close()(observed, expected)",
        [],
    ),
}


def now(course: Path) -> MadeWith:
    return made_with(read_assignment(course / "solutions" / "downhill"), carry=True)


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_a_grade_is_named(course: Path, change: str) -> None:
    file, before, after, expected = CHANGES[change]
    path = course / "solutions" / "downhill" / file
    first = now(course)
    text = path.read_text()
    assert before in text
    if change == "solution":  # the misconception is an edit of the same line
        mistakes = path.with_name("misconceptions.toml")
        mistakes.write_text(mistakes.read_text().replace("len(numbers)", "len(list(numbers))"))
    path.write_text(text.replace(before, after))
    found = [each.sentence for each in differences(first, now(course))]
    if change == "solution":
        found.remove("the known mistakes of average were changed")
    assert len(found) == len(expected), found
    assert all(said.startswith(start) for said, start in zip(found, expected, strict=True)), found


def test_a_helper_that_a_check_calls_belongs_to_it(course: Path) -> None:
    path = course / "solutions" / "downhill" / "checks.py"
    text = path.read_text().replace(
        "close()(observed, expected)", "expect_alike(observed, expected)"
    )
    helper = "def expect_alike(observed, expected):\n    close(rtol={})(observed, expected)\n\n\n"
    path.write_text(text.replace("@average.check", helper.format(0.1) + "@average.check"))
    first = now(course)
    path.write_text(path.read_text().replace("rtol=0.1", "rtol=0.2"))
    (found,) = differences(first, now(course))
    assert found == Difference("check", "average.divides_by_the_count", "", "was changed")


def test_a_judge_that_is_an_object_is_described_by_its_class(course: Path) -> None:
    path = course / "solutions" / "downhill" / "checks.py"
    judge = (
        "from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Middle:\n"
        "    least: float\n\n    def __call__(self, observed):\n"
        "        assert observed['middle'] > self.least\n\n\nwalk = Exercise"
    )
    text = path.read_text().replace("\nwalk = Exercise", f"\n{judge}", 1)
    path.write_text(text.replace("judge=close(),", "judge=Middle(0.5),"))
    first = now(course)
    path.write_text(path.read_text().replace("> self", ">= self"))
    assert [each.name for each in differences(first, now(course))] == ["walk.starts_at_the_start"]


def test_new_and_lost_checks_and_other_versions_are_named(course: Path) -> None:
    made = now(course)
    fewer = {name: each for name, each in made.checks.items() if not name.startswith("average")}
    older = replace(made, checks=fewer, versions={**made.versions, "keras": "3.0.0"}, engine="old")
    said = [each.sentence for each in differences(older, made)]
    assert said[0] == "check average.divides_by_the_count is new"
    assert said[1].startswith("keras: 3.0.0 before, ")
    assert said[2] == "the autograder itself was changed"
    other = replace(older, recipe=0, checks={"average.divides_by_the_count": "made otherwise"})
    assert [each.kind for each in differences(other, made)] == ["version", "engine"]
    assert differences(made, older)[0].sentence == "check average.divides_by_the_count is gone"


def test_a_digest_tells_the_last_bit_the_type_and_the_failure_apart() -> None:
    one = np.array([1.0, 2.0])
    seen = [
        Observation({"w": one}),
        Observation({"w": np.nextafter(one, 3)}),
        Observation({"w": one.astype("float32")}),
        Observation({"w": one.reshape(1, 2)}),
        Observation({"v": one}),
        Observation(failure=Failure("raised", "ValueError: no")),
        Observation(failure=Failure("raised", "ValueError: yes")),
    ]
    assert len({observation_digest(each) for each in seen}) == len(seen)
    assert observation_digest(Observation({"w": one.copy()})) == observation_digest(seen[0])
