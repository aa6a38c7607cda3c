"""The views of an assignment's one source. No keras."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from editing import change, downhill

from autograder.gradebook.release import release_notebook
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.regions import without_solutions
from autograder.sources.views import instructor_notebook, solution_lines, student_notebook


def test_a_region_becomes_an_error_with_its_sentence(assignment: Assignment) -> None:
    stub = next(c.source for c in student_notebook(assignment).cells if "def walk" in c.source)
    assert stub == (
        "def walk(start, rate, gradients):\n"
        '    """The places visited, shape (steps,)."""\n'
        "    places = []\n"
        '    raise NotImplementedError("Subtract rate times each gradient in turn.")\n'
        "    return np.array(places)"
    )


def test_a_stub_raises_exactly_its_sentence(assignment: Assignment) -> None:
    space: dict[str, object] = {}
    for cell in student_notebook(assignment).cells:
        if cell.cell_type == "code" and not cell.source.startswith("#"):
            exec(cell.source, space)
    average = space["average"]
    assert callable(average)
    with pytest.raises(NotImplementedError) as raised:
        average([1.0])
    assert str(raised.value) == 'Divide the sum by "how many", \\nu, there are.'


def test_every_exercise_is_followed_by_its_locked_check_with_points(
    assignment: Assignment,
) -> None:
    cells = [c for c in student_notebook(assignment).cells if "nbgrader" in c.metadata]
    described = [
        (
            cell.metadata.nbgrader["grade_id"],
            cell.metadata.nbgrader["solution"],
            cell.metadata.nbgrader["grade"],
            cell.metadata.nbgrader["locked"],
            cell.metadata.nbgrader.get("points"),
        )
        for cell in cells
    ]
    # A bonus check is worth 0 to nbgrader: what it earns is extra credit.
    assert described == [
        ("walk", True, False, False, None),
        ("checked-walk", False, False, True, None),
        ("check-walk", False, True, True, 3),
        ("average", True, False, False, None),
        ("checked-average", False, False, True, None),
        ("check-average", False, True, True, 0),
    ]
    assert [cell.source for cell in cells[2::3]] == [
        "# 3 points\ncheck(walk)",
        "# 1.5 bonus points\ncheck(average)",
    ]
    locked = [cell for cell in cells if cell.metadata.nbgrader["locked"]]
    assert all(cell.metadata["deletable"] is False for cell in locked)
    assert all(cell.metadata["editable"] is False for cell in locked)


def test_prose_and_helpers_stay_as_they_are(assignment: Assignment) -> None:
    cells = [c for c in student_notebook(assignment).cells if "nbgrader" not in c.metadata]
    assert [(cell.cell_type, cell.source) for cell in cells] == [
        ("markdown", "# Downhill\n\nEach step goes against the gradient."),
        ("code", "import numpy as np"),
        ("markdown", "## And on average"),
    ]


def test_building_twice_gives_the_same_bytes(course: Path) -> None:
    one, two = (
        nbformat.writes(release_notebook(read_assignment(downhill(course)))) for _ in range(2)
    )
    assert one == two


def test_two_regions_of_one_cell_are_two_stubs() -> None:
    text = "a\n### BEGIN SOLUTION: One.\nx\n### END SOLUTION\nb\n"
    text += "  ### BEGIN SOLUTION Two.\n  y\n  ### END SOLUTION"
    assert without_solutions(text, "here").splitlines() == [
        "a",
        'raise NotImplementedError("One.")',
        "b",
        '  raise NotImplementedError("Two.")',
    ]


def test_comments_for_linters_are_not_shown_to_students(course: Path) -> None:
    source = course / "solutions" / "downhill" / "downhill.py"
    source.write_text(
        source.read_text().replace("import numpy as np", "import numpy as np  # noqa: I001 - x")
    )
    notebook = student_notebook(read_assignment(source.parent))
    assert "import numpy as np" in [cell.source for cell in notebook.cells]


def test_the_reference_is_the_source_itself(assignment: Assignment) -> None:
    files = assignment.reference().files
    assert [file.label for file in files] == [
        f"downhill.py ({part})" for part in ("cell 2", "walk", "average")
    ]
    assert "place = place - rate * gradient" in files[1].text


def test_a_misconception_is_the_reference_with_one_edit(assignment: Assignment) -> None:
    (uphill,) = [m for m in assignment.misconceptions if m.name == "uphill"]
    assert assignment.reference("walk").files == assignment.reference().files[:2]
    files = assignment.misconception(uphill).files
    pairs = zip(assignment.reference("walk").files, files, strict=True)
    ((right, wrong),) = [(one.text, other.text) for one, other in pairs if one != other]
    assert wrong == right.replace("place - rate", "place + rate")


def test_the_instructors_notebook_is_the_students_with_the_reference_in_it(
    assignment: Assignment,
) -> None:
    theirs, ours = student_notebook(assignment), instructor_notebook(assignment)
    assert [cell.metadata for cell in ours.cells] == [cell.metadata for cell in theirs.cells]
    differ = [
        (one.metadata.nbgrader["grade_id"], one.source)
        for one, other in zip(ours.cells, theirs.cells, strict=True)
        if one.source != other.source
    ]
    assert differ == list(assignment.cells.items())


def test_a_line_reveals_an_answer_if_it_appears_only_in_solutions(
    course: Path,
) -> None:
    change(
        downhill(course) / "downhill.py",
        "        places.append(place)\n",
        "        # Here the place is kept.\n        places.append(place)\n"
        "        import numpy as np\n",
    )
    assert solution_lines(read_assignment(downhill(course))) == {
        "place = start",
        "for gradient in gradients:",
        "place = place - rate * gradient",
        "places.append(place)",
        "return np.sum(numbers) / len(numbers)",
    }
