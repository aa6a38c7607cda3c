"""A course remembers the check cells it has released: they are no edits. No keras."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from editing import change, downhill

from autograder.desks.release import build
from autograder.grading.oracle import Oracle
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.code_cells import code_cells, locked_cells
from autograder.sources.released_cells import (
    FILE,
    NEVER,
    Released,
    digest,
    read_released,
    record_release,
)
from autograder.sources.views import student_notebook

NOW = {"check-walk": "check(walk)", "check-run": "check(run)"}
EARLIER = "import autograder\nautograder.check(walk, all=True)"
RELEASED = Released(
    {
        "check-walk": (digest(EARLIER), digest(NOW["check-walk"])),
        "check-run": (digest(NOW["check-run"]),),
        "check-crawl": (digest("check(crawl)"),),
    },
    (("check-walk",), ("check-walk", "check-crawl"), tuple(NOW)),
)
EDITED = "The locked cell check-walk was edited; the original check was used."


def cells(**sources: str) -> list[dict[str, Any]]:
    return [
        {
            "cell_type": "code",
            "metadata": {"nbgrader": {"grade_id": f"check-{name}", "locked": True}},
            "source": source,
        }
        for name, source in sources.items()
    ]


@pytest.mark.parametrize("text", [EARLIER, EARLIER.replace("\n", "\r\n\r\n") + "\n", "check(walk)"])
def test_a_cell_of_an_earlier_release_is_no_edit(text: str) -> None:
    listed = cells(walk=text, run="check(run)")
    assert code_cells(listed, NOW, RELEASED) == ((), ())


def test_without_the_record_it_would_be_one() -> None:
    (found,), remarks = code_cells(cells(walk=EARLIER, run="check(run)"), NOW)
    assert found.text == EARLIER
    assert "contains other code: autograder" in remarks[0]


@pytest.mark.parametrize("text", ["print(1)", EARLIER.replace("True", "False")[18:], "check(run)"])
def test_an_edited_cell_is_one_whatever_was_released(text: str) -> None:
    assert code_cells(cells(walk=text, run="check(run)"), NOW, RELEASED)[1] == (EDITED,)


def test_a_check_that_an_earlier_release_lacked_was_not_deleted() -> None:
    _, (remark,) = code_cells(cells(walk=EARLIER), NOW, RELEASED)
    assert remark == (
        "The notebook is of an earlier release, without check-run. It is graded by the present "
        "checks."
    )
    (deleted,) = code_cells(cells(run="check(run)"), NOW, RELEASED)[1]
    assert deleted == "The locked cell check-walk is missing; the original check was used."


def test_the_check_of_an_exercise_that_is_gone_is_no_code_of_the_students() -> None:
    found, (remark,) = code_cells(cells(walk="check(walk)", crawl="check(crawl)"), NOW, RELEASED)
    assert found == ()
    assert "without check-run" in remark
    own = code_cells(cells(walk="check(walk)", run="check(run)", crawl="x = 1"), NOW, RELEASED)
    assert [cell.text for cell in own[0]] == ["x = 1"]


def test_a_build_records_what_is_new_and_nothing_twice(
    course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder, record = tmp_path / "release", downhill(course) / FILE
    name = f"solutions/downhill/{FILE}"
    assert name in build(assignment, folder, lambda: oracle, write=False)
    assert not record.exists()
    assert name in build(assignment, folder, lambda: oracle)
    first = record.read_bytes()
    assert build(assignment, folder, lambda: oracle) == ()
    assert record.read_bytes() == first
    assert not (folder / FILE).exists()

    change(downhill(course) / "checks.py", "points=2", "points=3")
    fixed = read_assignment(downhill(course))
    build(fixed, folder, lambda: oracle)
    before, after = json.loads(first), json.loads(record.read_bytes())
    assert after["notebooks"] == before["notebooks"] == [["check-walk", "check-average"]]
    old = before["cells"]["check-walk"]
    assert after["cells"].pop("check-walk")[:-1] == before["cells"].pop("check-walk") == old
    assert [after["cells"][each][:1] for each in before["cells"]] == [*before["cells"].values()]
    assert build(fixed, folder, lambda: oracle, write=False) == ()
    for release in (student_notebook(assignment), student_notebook(fixed)):
        for grade_id, text in locked_cells(release).items():
            assert read_released(fixed.folder).has(grade_id, text)
    # Going back to what was released before is nothing new.
    assert not record_release(fixed.folder, student_notebook(assignment))


def test_a_record_holds_digests_and_ids_alone(assignment: Assignment) -> None:
    record_release(assignment.folder, student_notebook(assignment))
    content = json.loads((assignment.folder / FILE).read_bytes())
    assert set(content) == {"version", "about", "cells", "notebooks"}
    digests = [each for found in content["cells"].values() for each in found]
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in digests)
    assert set(content["cells"]) == {
        f"{kind}-{name}" for kind in ("check", "checked") for name in ("walk", "average")
    }


def test_without_a_record_nothing_is_known(tmp_path: Path) -> None:
    assert read_released(tmp_path) == NEVER


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "invalid JSON, line 1"),
        (b'{\n<<<<<<< HEAD\n "version": 1', "invalid JSON, line 2"),
        (b"\xff\xfe", "invalid JSON"),
        (b"[]", "expected lists of digests"),
        (b'{"version": 1, "cells": [], "notebooks": []}', "expected lists of digests"),
        (b'{"version": 1, "cells": {"check-walk": [1]}, "notebooks": []}', "expected lists"),
        (b'{"version": 1, "cells": {"check-walk": null}, "notebooks": []}', "expected lists"),
        (b'{"version": 2}', "which a newer autograder wrote"),
    ],
)
def test_a_damaged_record_says_what_to_do(
    assignment: Assignment, oracle: Oracle, tmp_path: Path, content: bytes, said: str
) -> None:
    path = assignment.folder / FILE
    path.write_bytes(content)
    with pytest.raises(AutograderError, match=said) as refused:
        build(assignment, tmp_path / "release", lambda: oracle)
    assert str(refused.value).startswith(str(path))
    assert path.read_bytes() == content
    assert not (tmp_path / "release").exists()
