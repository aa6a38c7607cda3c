"""Probes are cut out of their files, with what they use from ``_shared/``. No keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from editing import change, downhill

from autograder.model import AutograderError
from autograder.sources.checks import read_checks
from autograder.sources.probes import shared_modules

WALKING = """from __future__ import annotations

import numpy as np
from _shared.numbers import doubled


def visited(walk, *, start, rate, gradients):
    return {"places": doubled(walk(start, rate, gradients))}


def unused():
    return not_defined
"""

NUMBERS = """import numpy as np

FACTOR = 2.0


def doubled(values):
    return FACTOR * np.asarray(values)
"""


@pytest.fixture
def shared(course: Path) -> Path:
    """`visited` of `downhill` now comes from ``_shared/walking.py``, by way of another module."""
    folder = course / "solutions" / "_shared"
    folder.mkdir()
    (folder / "walking.py").write_text(WALKING)
    (folder / "numbers.py").write_text(NUMBERS)
    path = downhill(course) / "probes.py"
    text = path.read_text()
    text = text[: text.index("def visited")] + text[text.index("def first_place") :]
    path.write_text(f"from _shared.walking import visited\n{text}")
    return folder


def run(course: Path, name: str, walk: Any) -> Any:
    """What a child does: it has the source alone."""
    source = read_checks(downhill(course)).probes[name].source
    space: dict[str, Any] = {}
    exec(compile(source, "probe.py", "exec"), space)
    return space[name](walk, start=1.0, rate=0.5, gradients=[2.0])


def places(start: float, rate: float, gradients: list[float]) -> list[float]:
    return [start - rate * gradient for gradient in gradients]


def test_a_shared_probe_is_sent_with_all_it_uses(course: Path, shared: Path) -> None:
    found = run(course, "visited", places)
    np.testing.assert_array_equal(found["places"], [0.0])
    source = read_checks(downhill(course)).probes["visited"].source
    assert "_shared" not in source
    assert "not_defined" not in source


def test_a_probe_may_use_a_shared_function_under_another_name(course: Path, shared: Path) -> None:
    path = downhill(course) / "probes.py"
    path.write_text("from _shared.numbers import doubled as twice\n" + path.read_text())
    change(path, "walk(start, rate, gradients[:1])[0]", "twice(walk(start, rate, gradients))[0]")
    np.testing.assert_array_equal(run(course, "first_place", places)["place"], 0.0)


def test_two_shared_probes_of_one_name_can_be_told_apart(course: Path, shared: Path) -> None:
    path = downhill(course) / "probes.py"
    change(path, "import visited", "import visited as walked")
    change(downhill(course) / "checks.py", 'probe="visited"', 'probe="walked"')
    np.testing.assert_array_equal(run(course, "walked", places)["places"], [0.0])


def test_a_release_gets_the_shared_modules_that_are_used(course: Path, shared: Path) -> None:
    (shared / "of_other_assignments.py").write_text("")
    assert shared_modules(downhill(course)) == (shared / "numbers.py", shared / "walking.py")


def test_checks_may_import_from_shared_modules_and_leave_none_behind(
    course: Path, shared: Path
) -> None:
    import sys

    (shared / "draws.py").write_text("def start(rng):\n    return 3.0\n")
    path = downhill(course) / "checks.py"
    path.write_text("from _shared.draws import start\n" + path.read_text())
    change(path, '"start": 3.0', '"start": start(rng)')
    check = read_checks(downhill(course)).of("walk")[0]
    assert check.inputs(np.random.default_rng(0))["start"] == 3.0
    assert not [name for name in sys.modules if name.split(".")[0] == "_shared"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("from _shared import walking", "Import names from it instead"),
        ("import _shared.walking", "Import names from it instead"),
        ("from _shared.walks import visited", "walks.py is missing"),
        ("from _shared.walking import visits as visited", "does not define 'visits'"),
    ],
)
def test_what_cannot_be_sent_is_refused(
    statement: str, said: str, course: Path, shared: Path
) -> None:
    path = downhill(course) / "probes.py"
    change(path, "from _shared.walking import visited", statement)
    with pytest.raises(AutograderError, match=said):
        read_checks(downhill(course))
