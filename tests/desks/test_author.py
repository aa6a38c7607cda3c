"""An author's proof: in parts, again after an edit, and before anything is built."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from editing import change, downhill
from rich.console import Console

from autograder.desks.author import Author, SandboxWhenNeeded
from autograder.desks.release import build
from autograder.grading.cache import observation_cache
from autograder.grading.mutation import mutants_of
from autograder.grading.proof import Proof, Scope
from autograder.model import AutograderError
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import read_assignment

pytestmark = pytest.mark.slow

Prove = Callable[..., Proof]
HARMLESS = ('replace = ""', 'replace = " / (len(numbers) or 1)"')
DIVIDES = '@average.check(points=1.5, probe="middle", inputs=numbers)'
COMMAND = str(Path(sys.executable).with_name("autograder"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with closing(SandboxWhenNeeded(Console(file=StringIO()))) as started:
        yield started


class Counted:
    """A sandbox that counts its children."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.children, self.level = sandbox, 0, "counted"

    def child(self) -> object:
        self.children += 1
        return self.sandbox.child()

    def close(self) -> None:
        raise AssertionError("it is shared")


@pytest.fixture
def counted(sandbox: Sandbox) -> Counted:
    return Counted(sandbox)


@pytest.fixture
def desk(course: Path, counted: Counted) -> Iterator[Author]:
    with observation_cache(course) as cache:
        yield Author(Console(file=StringIO()), counted, cache, 2)  # type: ignore[arg-type]


@pytest.fixture
def prove(desk: Author, course: Path) -> Prove:
    """Proves the course's assignment as it is now, or a part of it."""

    def proven(*exercises: str, checks: tuple[str, ...] = ()) -> Proof:
        scope = Scope(frozenset(exercises), frozenset(checks))
        return desk.proven(read_assignment(downhill(course)), [0, 1], scope)

    return proven


def test_a_sound_assignment_is_proven(prove: Prove) -> None:
    proof = prove()
    assert proof.problems == []
    assert {known.name: set(caught) for known, caught in proof.caught.items()} == {
        "uphill": {"takes_every_step", "starts_at_the_start"},
        "never_moves_on": {"takes_every_step"},
        "sum_only": {"divides_by_the_count"},
    }
    assert set(proof.seconds) == {
        "walk.takes_every_step",
        "walk.starts_at_the_start",
        "average.divides_by_the_count",
    }


def test_nothing_is_computed_twice(prove: Prove, counted: Counted, course: Path) -> None:
    first = prove()
    assert counted.children > 0
    counted.children = 0
    assert prove().caught == first.caught
    assert counted.children == 0
    # A judge, its points and its words run in the grader: nothing is observed again.
    change(downhill(course) / "checks.py", "points=1.5", "points=2.5")
    assert prove().problems == []
    assert counted.children == 0


def test_an_edit_costs_what_depends_on_it(prove: Prove, counted: Counted, course: Path) -> None:
    prove()
    counted.children = 0
    change(
        downhill(course) / "probes.py", "np.array(average(numbers))", "+np.array(average(numbers))"
    )
    assert prove("walk").problems == []
    assert counted.children == 0
    assert prove().problems == []
    assert counted.children > 0


def test_one_exercise_or_one_check_alone(prove: Prove) -> None:
    proof = prove("average")
    assert proof.counts["checks"] == 1
    assert [known.name for known in proof.caught] == ["sum_only"]
    proof = prove(checks=("starts_at_the_start",))
    assert proof.problems == []  # that it catches not everything is no fault of it
    assert proof.counts["checks"] == 1
    assert proof.caught[next(iter(proof.caught))] == ("starts_at_the_start",)


@pytest.mark.parametrize(
    ("exercises", "checks", "message"),
    [
        (("wlk",), (), "has no exercise 'wlk'"),
        ((), ("takes_every_stp",), "Did you mean 'takes_every_step'?"),
    ],
)
def test_an_unknown_part_is_said(
    prove: Prove, exercises: tuple[str, ...], checks: tuple[str, ...], message: str
) -> None:
    with pytest.raises(AutograderError, match=re.escape(message)):
        prove(*exercises, checks=checks)


def test_a_reference_that_fails_is_said_once_and_ends_its_exercise(
    prove: Prove, course: Path
) -> None:
    change(
        downhill(course) / "downhill.py", "place - rate * gradient\n", "place - rat * gradient\n"
    )
    edited = (downhill(course) / "misconceptions.toml").read_text().replace("- rate", "- rat")
    (downhill(course) / "misconceptions.toml").write_text(edited)
    proof = prove()
    (problem,) = [p for p in proof.problems if "seed 0" in p]
    path = downhill(course) / "downhill.py"
    line = path.read_text().splitlines().index('# %% exercise="walk"') + 2
    assert problem == (
        f"{path}, line {line}: the reference (seed 0) fails walk.takes_every_step and 1 more: "
        "NameError: name 'rat' is not defined"
    )
    assert proof.problems == [problem]
    assert [known.name for known in proof.caught] == ["sum_only"]


def test_an_endless_loop_in_the_reference_is_said(prove: Prove, course: Path) -> None:
    change(
        downhill(course) / "downhill.py",
        "    place = start\n",
        "    while True: pass\n    place = start\n",
    )
    change(downhill(course) / "checks.py", "points=2,", "points=2, budget=1.0,")
    proof = prove("walk")
    assert proof.caught == {}
    said = [re.sub(r"\d+(\.\d+)? s", "N s", p.partition(": ")[2]) for p in proof.problems]
    assert said == [
        f"the reference (seed 0) fails walk.{check}: Exceeded the CPU limit of N s. An endless "
        "loop?"
        for check in ("takes_every_step", "starts_at_the_start")
    ]


def test_a_probe_that_reads_a_file_beside_it_fails_as_it_would_in_grading(
    prove: Prove, course: Path
) -> None:
    (downhill(course) / "table.txt").write_text("1 2 3")
    change(
        downhill(course) / "probes.py",
        '    return {"middle"',
        f'    pathlib.Path(*{downhill(course).parts!r}, "table.txt").read_text()\n'
        '    return {"middle"',
    )
    change(
        downhill(course) / "probes.py", "import numpy as np", "import pathlib\n\nimport numpy as np"
    )
    (problem,) = prove("average").problems
    assert "PermissionError" in problem or "FileNotFoundError" in problem


def test_definitions_may_read_the_data_files_of_the_assignment(prove: Prove, course: Path) -> None:
    folder = downhill(course)
    (folder / "data").mkdir()
    (folder / "data" / "units.csv").write_text("1\n")
    change(
        folder / "downhill.py",
        "def average(numbers):",
        'UNIT = float(np.loadtxt("data/units.csv"))\n\n\ndef average(numbers):',
    )
    change(folder / "downhill.py", "/ len(numbers)", "/ len(numbers) * UNIT")
    change(folder / "misconceptions.toml", '" / len(numbers)"', '" / len(numbers) * UNIT"')
    assert prove("average").problems == []


def test_a_check_that_catches_nothing_and_a_mistake_that_nothing_catches(
    prove: Prove, course: Path
) -> None:
    change(
        downhill(course) / "misconceptions.toml",
        'replace = ""',
        'replace = " / (len(numbers) or 1)"',
    )
    folder = downhill(course)
    toml = (folder / "misconceptions.toml").read_text().splitlines()
    table = toml.index('name = "sum_only"')
    check = (folder / "checks.py").read_text().splitlines().index(DIVIDES) + 1
    assert prove("average").problems == [
        f"{folder / 'misconceptions.toml'}, line {table}: misconception average.sum_only passes "
        "every check.",
        f"{folder / 'checks.py'}, line {check}: check average.divides_by_the_count catches no "
        "misconception. Add the mistake it is for to misconceptions.toml, or delete the check.",
    ]


def test_an_argument_that_no_check_looks_at(prove: Prove, course: Path) -> None:
    notebook = downhill(course) / "downhill.py"
    change(notebook, "def average(numbers):", "def average(numbers, deep=False):")
    change(
        notebook,
        "    ### BEGIN SOLUTION: Divide",
        "    numbers = numbers * (1 + deep)\n    ### BEGIN SOLUTION: Divide",
    )
    (ignored,) = prove("average").problems  # another default is caught
    line = notebook.read_text().splitlines().index("def average(numbers, deep=False):") + 1
    assert ignored.startswith(
        f"{notebook}, line {line}: average passes every check with deep_is_ignored:"
    )
    assert 'exercise = "average", mutant = "deep_is_ignored"' in ignored


def test_code_that_does_nothing_earns_nothing(prove: Prove, course: Path) -> None:
    checks = downhill(course) / "checks.py"
    change(
        checks,
        "    close()(observed, expected)\n",
        "    assert True or close, (observed, expected)\n",
    )
    # None cannot be compared at all, and zeros have another shape.
    (problem,) = [each for each in prove("average").problems if "earns" in each]
    assert "code that returns a constant earns 1.5 of 1.5 points of average" in problem
    assert "it passes divides_by_the_count" in problem


def test_a_mistake_that_is_no_slip_earns_nothing(prove: Prove, course: Path) -> None:
    toml = downhill(course) / "misconceptions.toml"
    change(toml, 'find = "place = place - rate"', 'carries = false\nfind = "place = place - rate"')
    assert prove("walk").problems == []
    change(toml, "carries = false", 'breaks = ["takes_every_step"]')
    (problem,) = prove("walk").problems
    assert (
        "walk.never_moves_on breaks 'takes_every_step', and walk has no check of behav" in problem
    )


NOISY = """
    rng = np.random.default_rng(np.random.randint(2**31))
    return np.mean(rng.choice(numbers, 1000))
"""

BY_CHANCE = """
from autograder.grading.judge import expect


@average.check(points=1, probe="middle", inputs=numbers, false_alarm=1e-4)
def is_about_the_mean(observed, inputs):
    '''It is about the mean.'''
    off = abs(observed["middle"] - inputs["numbers"].mean())
    expect(off < SIZE, f"It is {off:.3f} off. ")
"""


def test_a_check_that_fails_by_chance_more_often_than_it_says(prove: Prove, course: Path) -> None:
    folder = downhill(course)
    change(folder / "downhill.py", "    return np.sum(numbers) / len(numbers)\n", NOISY)
    change(folder / "misconceptions.toml", '" / len(numbers)"', '", 1000)"')
    change(folder / "misconceptions.toml", 'replace = ""', 'replace = ", 1000) + 1"')
    before = (folder / "checks.py").read_text().partition("@average.check")[0]
    # The mean of 1000 has a deviation of 0.29 / sqrt(1000) = 0.009 at most.
    (folder / "checks.py").write_text(before + BY_CHANCE.replace("SIZE", "0.1"))
    assert prove("average").problems == []
    (folder / "checks.py").write_text(before + BY_CHANCE.replace("SIZE", "0.015"))
    (problem,) = [each for each in prove("average").problems if "with a probability" in each]
    line = (before + BY_CHANCE).splitlines().index(BY_CHANCE.splitlines()[4]) + 1
    assert problem.startswith(
        f"{folder / 'checks.py'}, line {line}: check average.is_about_the_mean"
    )
    assert re.search(r"fails the reference with \d+ of 50 seeds, and says", problem)
    assert "with a probability of 0.0001: It is 0.0" in problem


def test_a_check_that_wants_the_reference_s_own_random_numbers(prove: Prove, course: Path) -> None:
    noise = "    return np.sum(numbers) / len(numbers) + np.random.random()\n"
    change(downhill(course) / "downhill.py", "    return np.sum(numbers) / len(numbers)\n", noise)
    (problem,) = prove("average").problems
    assert "downhill.py, line " in problem
    assert "the reference (seed 0) fails average.divides_by_the_count" in problem


def test_what_is_not_proven_is_not_built(desk: Author, course: Path, tmp_path: Path) -> None:
    change(
        downhill(course) / "misconceptions.toml",
        'replace = ""',
        'replace = " / (len(numbers) or 1)"',
    )
    wanting = read_assignment(downhill(course))
    release = tmp_path / "release"
    with pytest.raises(AutograderError) as refused:
        build(wanting, release, lambda: desk.oracle(wanting))
    assert "downhill is not proven, so it was not built:\n" in str(refused.value)
    assert ": misconception average.sum_only passes every check.\n" in str(refused.value)
    assert "autograder build downhill --unproven" in str(refused.value)
    assert not release.exists()
    build(wanting, release, lambda: desk.oracle(wanting, unproven=True))
    assert (release / "expected.safetensors").is_file()


def test_mutants_show_what_the_checks_miss(desk: Author, course: Path) -> None:
    assignment = read_assignment(downhill(course))
    found = desk.mutated(assignment, "walk")
    assert found.made == len(mutants_of(assignment, "walk")) > 5
    assert len(found.caught) == found.made - len(found.survivors)
    assert any(outcome.misconception == "uphill" for outcome in found.named)


def test_watching_answers_a_saved_edit(course: Path) -> None:
    command = [COMMAND, "verify", "downhill", "--watch", "--course", str(course)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as done:
        stop = threading.Timer(240, done.kill)  # a hang ends the test, not the suite
        stop.start()
        try:
            assert done.stdout
            seen: list[str] = []

            def until(words: str) -> None:
                for line in done.stdout or ():
                    seen.append(line)
                    if words in line:
                        return
                raise AssertionError("".join(seen))

            until("Watching")
            assert any(line.startswith("✓ downhill") for line in seen)
            toml = downhill(course) / "misconceptions.toml"
            change(toml, 'find = " / len(numbers)"', 'find = "no such text"')
            until("must match exactly once")
            change(toml, 'find = "no such text"', 'find = " / len(numbers)"')
            until("✓ downhill")
        finally:
            stop.cancel()
            done.terminate()
