"""Mutants run through checks: caught, named, or survivors. The course has no keras of its own.

The mutants run in real children, and all tests share one warm sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from editing import change, downhill

from autograder.grading.mutation import mutants_of, try_mutants
from autograder.grading.mutation_result import Mutation, Outcome
from autograder.grading.observe import probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.equivalents import Equivalent
from autograder.sources.mutants import Mutant

slow = pytest.mark.slow
SEED = 20_261_126


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with probing_sandbox(confined=False) as sandbox:
        yield sandbox


def tried(course: Path, sandbox: Sandbox, exercise: str, jobs: int = 2) -> Mutation:
    assignment = read_assignment(downhill(course))
    oracle = LiveOracle(sandbox, assignment, SEED)
    done: list[str] = []
    found = try_mutants(assignment, sandbox, exercise, jobs=jobs, oracle=oracle, step=done.append)
    assert sorted(done) == sorted(m.id for m in mutants_of(assignment, exercise))
    assert [o.mutant for o in found.outcomes] == list(mutants_of(assignment, exercise))
    return found


def outcome(found: Mutation, edit: str) -> Outcome:
    """What became of the one mutant whose description ends in this."""
    (only,) = [o for o in found.outcomes if o.mutant.description.endswith(f": {edit}")]
    return only


@slow
def test_a_mutant_that_is_a_known_mistake_is_caught_and_named(
    course: Path, sandbox: Sandbox
) -> None:
    found = tried(course, sandbox, "walk")
    uphill = outcome(found, "`place - rate * gradient` → `place + rate * gradient`")
    assert (uphill.result, uphill.misconception) == ("caught", "uphill")
    assert uphill.message.startswith("expected") or "got" in uphill.message
    assert found.score == 1.0
    assert not found.survivors
    assert not found.ungraded
    # A mistake without a name yet: its entry is pasted as it is.
    divided = outcome(found, "`rate * gradient` → `rate / gradient`")
    assert divided in found.unnamed
    path = downhill(course) / "misconceptions.toml"
    entry = divided.mutant.misconception_entry
    path.write_text(path.read_text() + entry)
    (known,) = [m for m in read_assignment(downhill(course)).misconceptions if "todo" in m.name]
    named = tried(course, sandbox, "walk")
    assert outcome(named, "`rate * gradient` → `rate / gradient`").misconception == known.name
    assert len(named.unnamed) < len(found.unnamed)


@slow
def test_a_mutant_that_python_refuses_is_counted_apart(course: Path, sandbox: Sandbox) -> None:
    found = tried(course, sandbox, "walk")
    crash = outcome(found, "`place = start` → `pass`")
    assert crash in found.crashed
    assert "UnboundLocalError: " in crash.message
    assert "`place = place - rate * gradient`" in crash.message
    nothing = outcome(tried(course, sandbox, "average"), f"`{AVERAGE}` → `return None`")
    assert (nothing.result, nothing.misconception) == ("crashed", "")
    assert crash in found.caught
    assert crash not in found.unnamed
    assert found.naming == len(found.named) / (len(found.caught) - len(found.crashed))


AVERAGE = "return np.sum(numbers) / len(numbers)"
IDLE = "    place = start\n", "    place = start\n    rate = float(rate)\n"


@slow
def test_a_survivor_is_a_missing_check_or_is_declared(course: Path, sandbox: Sandbox) -> None:
    change(downhill(course) / "downhill.py", *IDLE)
    found = tried(course, sandbox, "walk")
    survivor, swapped = found.survivors
    assert survivor.mutant.description == "line 15: `rate = float(rate)` → `pass`"
    assert ".swapped." in swapped.mutant.id
    assert found.score == (found.made - 2) / found.made

    path = downhill(course) / "misconceptions.toml"
    caught = found.named[0].mutant
    invented = survivor.mutant.equivalent_entry.replace("dropped", "dreamt")
    true = [survivor.mutant.equivalent_entry, swapped.mutant.equivalent_entry]
    entries = [*true, caught.equivalent_entry, invented]
    path.write_text("\n".join([path.read_text(), *entries]))
    found = tried(course, sandbox, "walk", jobs=1)
    assert [o.mutant for o in found.equivalent] == [survivor.mutant, swapped.mutant]
    assert found.survivors == ()
    assert found.score == 1.0
    assert [o.mutant for o in found.wrongly_declared] == [caught]
    assert [e.mutant for e in found.unknown] == [survivor.mutant.id.replace("dropped", "dreamt")]


@slow
def test_an_endless_loop_is_waited_for_once(course: Path, sandbox: Sandbox) -> None:
    change(
        downhill(course) / "downhill.py",
        "    for gradient in gradients:\n        place = place - rate * gradient\n",
        "    while len(places) < len(gradients):\n"
        "        place = place - rate * gradients[len(places)]\n",
    )
    found = tried(course, sandbox, "walk")
    endless = outcome(found, "`places.append(place)` → `pass`")
    assert endless.result == "crashed"
    assert "CPU limit" in endless.message
    assert endless.misconception == ""


@slow
def test_a_judge_that_breaks_on_a_mutant_is_reported(course: Path, sandbox: Sandbox) -> None:
    change(
        downhill(course) / "checks.py",
        """def divides_by_the_count(observed, expected):
    \'\'\'The sum is divided by how many numbers there are.\'\'\'
    close()(observed, expected)
""",
        """def divides_by_the_count(observed, expected):
    \'\'\'The sum is divided by how many numbers there are.\'\'\'
    if observed["middle"] < 1:
        raise KeyError("no message for this")
    close()(observed, expected)
""",
    )
    found = tried(course, sandbox, "average")
    (broken,) = {o.check for o in found.ungraded}
    assert broken == "divides_by_the_count"
    assert "no message for this" in found.ungraded[0].message
    assert not set(found.ungraded) & {*found.caught, *found.survivors}


def test_lines_are_those_of_the_notebook(assignment: Assignment) -> None:
    lines = (assignment.folder / "downhill.py").read_text().splitlines()
    for exercise in assignment.cells:
        for mutant in mutants_of(assignment, exercise):
            assert mutant.find.splitlines()[0].strip() in lines[mutant.line - 1]


# --- the figures, without running anything --------------------------------------------------------


def of(result: str, name: str = "", equivalent: str = "", line: int = 1) -> Outcome:
    mutant = Mutant(f"walk.dropped.{line}", "walk", line, "a", "b")
    return Outcome(mutant, result, "", "", name, equivalent)  # type: ignore[arg-type]


def test_the_figures_of_an_exercise() -> None:
    uphill, again = of("caught", "uphill", line=1), of("caught", "uphill", line=2)
    other, unnamed, crashed = of("caught", "other"), of("caught"), of("crashed")
    survivor, declared = of("survived"), of("survived", equivalent="It changes nothing.")
    wrong, broken = of("caught", equivalent="Surely."), of("ungraded")
    everything = (
        uphill, again, other, unnamed, crashed, survivor, declared, wrong, broken
    )  # fmt: skip
    found = Mutation("walk", everything, (Equivalent("walk", "x", "y"),))
    assert found.made == 9
    assert len(found.caught) == 6
    assert found.named == (uphill, again, other)
    assert found.unnamed == (unnamed, wrong)
    assert found.crashed == (crashed,)
    assert found.survivors == (survivor,)
    assert found.equivalent == (declared,)
    assert found.wrongly_declared == (wrong,)
    assert found.ungraded == (broken,)
    assert found.shared_names == {"uphill": (uphill, again)}
    assert found.score == 6 / 8
    assert found.naming == 3 / 5


def test_nothing_to_mutate_is_no_fault() -> None:
    assert Mutation("walk", ()).score == 1.0
    assert Mutation("walk", (of("crashed"),)).naming == 1.0
