"""One source, four views; and what an author reads when the source is broken. No keras.

The course that these tests bend is written out in conftest.py.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.desks.release import _refuse_answers, build
from autograder.gradebook.release import release_notebook
from autograder.grading.oracle import Oracle
from autograder.model import AutograderError
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.checks import read_checks
from autograder.sources.course import Course, find_course
from autograder.sources.regions import END, without_solutions
from autograder.sources.views import instructor_notebook, solution_lines, student_notebook


def downhill(course: Path) -> Path:
    return course / "solutions" / "downhill"


def change(path: Path, old: str, new: str) -> None:
    """Replace what stands exactly once in a file."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


# --- the student's view --------------------------------------------------------------------------


def test_a_region_becomes_an_error_with_its_sentence(assignment: Assignment) -> None:
    stub = next(c.source for c in student_notebook(assignment).cells if "def walk" in c.source)
    assert stub == (
        "def walk(start, rate, gradients):\n"
        '    """The places visited, shape (steps,)."""\n'
        "    places = []\n"
        '    raise NotImplementedError("Subtract rate times each gradient in turn.")\n'
        "    return np.array(places)"
    )


def test_a_stub_raises_its_sentence_to_the_letter(assignment: Assignment) -> None:
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
        ("check-walk", False, True, True, 3),
        ("average", True, False, False, None),
        ("check-average", False, True, True, 0),
    ]
    assert [cell.source for cell in cells[1::2]] == [
        "# 3 points\ncheck(walk)",
        "# 1.5 bonus points\ncheck(average)",
    ]
    assert all(cell.metadata["deletable"] is False for cell in cells[1::2])
    assert all(cell.metadata["editable"] is False for cell in cells[1::2])


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


def test_the_bundled_variants_are_found_in_order(course: Path) -> None:
    (downhill(course) / "variants").mkdir()
    for name in ("b.py", "a.py", "notes.txt"):
        (downhill(course) / "variants" / name).touch()
    assert [path.name for path in read_assignment(downhill(course)).variants] == ["a.py", "b.py"]


QUESTION = """
# %% [markdown] question="why-downhill" points=4
# Why does the walk end?
# ### BEGIN SOLUTION: *Write your answer here.*
# Half of the points for naming the zero gradient at the bottom.
# ### END SOLUTION
"""


def test_what_linters_are_told_is_not_shown_to_students(course: Path) -> None:
    source = course / "solutions" / "downhill" / "downhill.py"
    source.write_text(
        source.read_text().replace("import numpy as np", "import numpy as np  # noqa: I001 - x")
    )
    notebook = student_notebook(read_assignment(source.parent))
    assert "import numpy as np" in [cell.source for cell in notebook.cells]


def test_a_question_is_graded_by_hand_and_its_rubric_is_not_released(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text() + QUESTION)
    assignment = read_assignment(downhill(course))
    answer = student_notebook(assignment).cells[-1]
    assert answer.cell_type == "markdown"
    assert answer.source == "Why does the walk end?\n*Write your answer here.*"
    described = answer.metadata["nbgrader"]
    assert (described["grade_id"], described["points"]) == ("why-downhill", 4)
    assert (described["grade"], described["solution"], described["locked"]) == (True, True, False)
    assert "Half of the points for naming the zero gradient at the bottom." in solution_lines(
        assignment
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (" points=4", "", "start the cell with `# %% [markdown] question="),
        ("points=4", "points=0", "start the cell with `# %% [markdown] question="),
        ("[markdown] question", "question", "start the cell with `# %% [markdown] question="),
        ("# ### BEGIN SOLUTION: *Write your answer here.*\n", "", "without a ### BEGIN SOLUTION"),
        (QUESTION[QUESTION.index("# ###") :], "", "has no rubric"),
    ],
    ids=["no points", "0 points", "code", "unbegun", "no rubric"],
)
def test_a_broken_question_is_named(old: str, new: str, said: str, course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text() + QUESTION)
    change(source, old, new)
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{source}, cell 6")
    assert said in str(error.value)


# --- the other views -----------------------------------------------------------------------------


def test_the_reference_is_the_source_itself(assignment: Assignment) -> None:
    files = assignment.reference().files
    assert [file.label for file in files] == ["solution 2", "solution 3", "solution 5"]
    assert "place = place - rate * gradient" in files[1].text


def test_a_misconception_is_the_reference_with_one_edit(assignment: Assignment) -> None:
    (uphill,) = [m for m in assignment.misconceptions if m.name == "uphill"]
    pairs = zip(assignment.reference().files, assignment.misconception(uphill).files, strict=True)
    ((right, wrong),) = [(one.text, other.text) for one, other in pairs if one != other]
    assert wrong == right.replace("place - rate", "place + rate")


def test_misconceptions_are_listed_by_exercise_in_the_authors_order(
    assignment: Assignment,
) -> None:
    assert [m.name for m in assignment.of("walk")] == ["uphill", "never_moves_on"]
    assert [m.name for m in assignment.of("average")] == ["sum_only"]


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


# --- no answer leaves the house ------------------------------------------------------------------


def test_a_line_that_tells_an_answer_is_one_that_stands_in_no_other_place(
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


def test_a_release_holds_no_line_of_the_reference_and_no_edit(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    build(assignment, folder, lambda: oracle)
    assert sorted(path.name for path in folder.iterdir()) == [
        "checks.py",
        "downhill.ipynb",
        "expected.safetensors",
        "probes.py",
    ]
    released = b"".join(path.read_bytes() for path in folder.iterdir())
    answers = solution_lines(assignment)
    assert answers
    for answer in answers | {m.replace for m in assignment.misconceptions if m.replace}:
        assert answer.encode() not in released
    # What a student's laptop needs to name a mistake is there.
    assert b"never_moves_on" in released
    assert b"Each step starts where the last one ended." in released


def test_hidden_checks_are_graded_with_and_never_released(
    course: Path, oracle: Oracle, tmp_path: Path
) -> None:
    folder = downhill(course)
    checks = (folder / "checks.py").read_text()
    hidden = checks[: checks.index("EXERCISES")] + checks[checks.index("def hills") :]
    (folder / "hidden_checks.py").write_text(hidden.replace('name="', 'name="secretly_'))
    (folder / "hidden_probes.py").write_text((folder / "probes.py").read_text())
    assignment = read_assignment(folder)
    found = [(check.name, check.hidden) for check in assignment.check_set.of("average")]
    assert found == [("divides_by_the_count", False), ("secretly_divides_by_the_count", True)]
    build(assignment, tmp_path / "release", lambda: oracle)
    for path in (tmp_path / "release").iterdir():
        assert b"secretly" not in path.read_bytes()


def test_hidden_checks_may_use_what_the_public_ones_have(course: Path) -> None:
    folder = downhill(course)
    (folder / "hidden_checks.py").write_text(
        "from dataclasses import replace\n\n"
        "from checks import CHECKS as PUBLIC\n\n"
        'CHECKS = [replace(PUBLIC[0], name="other_hills")]\n'
    )
    check_set = read_assignment(folder).check_set
    assert [check.name for check in check_set.checks if check.hidden] == ["other_hills"]
    assert "checks" not in sys.modules

    (folder / "hidden_probes.py").write_text("def visited(walk):\n    return {}\n")
    with pytest.raises(AutograderError, match="'visited' is a public probe too, and another one"):
        read_assignment(folder)


@pytest.mark.parametrize("name", ["probes.py", "checks.py"])
def test_a_line_of_the_reference_in_a_release_is_refused(
    name: str, course: Path, oracle: Oracle, tmp_path: Path
) -> None:
    path = downhill(course) / name
    line = path.read_text().count("\n") + 2
    path.write_text(path.read_text() + '"""As in\n    places.append(place)\n"""\n')
    with pytest.raises(AutograderError) as refused:
        build(read_assignment(downhill(course)), tmp_path / "release", lambda: oracle)
    assert str(refused.value) == (
        f"{name}, line {line}, would give away a line of the reference: 'places.append(place)'. "
        "Put it inside the solution region, or say it differently."
    )
    assert not (tmp_path / "release").exists()


def test_a_line_of_the_reference_in_the_students_notebook_is_refused(
    assignment: Assignment, tmp_path: Path
) -> None:
    # No source leads to such a notebook; were the regions left in by mistake, this would tell.
    notebook = student_notebook(assignment)
    notebook.cells[2].source = assignment.cells["walk"]
    nbformat.write(notebook, tmp_path / "downhill.ipynb")
    with pytest.raises(AutograderError, match=r"downhill.ipynb, line \d+, would give away"):
        _refuse_answers(assignment, tmp_path)


def test_a_fresh_release_is_left_alone_and_its_numbers_are_not_computed_again(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    def no_oracle() -> Oracle:
        raise AssertionError("computed again")

    folder = tmp_path / "release"
    written = build(assignment, folder, lambda: oracle)
    assert set(written) == {path.name for path in folder.iterdir()}
    assert build(assignment, folder, no_oracle) == ()


def test_a_hand_edited_release_is_stale_and_written_anew(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    build(assignment, folder, lambda: oracle)
    change(folder / "probes.py", "def middle", "def in_between")
    assert build(assignment, folder, lambda: oracle, write=False) == ("probes.py",)
    assert "in_between" in (folder / "probes.py").read_text()
    assert build(assignment, folder, lambda: oracle) == ("probes.py",)
    assert "in_between" not in (folder / "probes.py").read_text()


def test_another_edit_of_a_misconception_makes_the_numbers_stale(
    course: Path, assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    build(assignment, folder, lambda: oracle)
    change(downhill(course) / "misconceptions.toml", "place + rate", "place + 2 * rate")
    changed = build(read_assignment(downhill(course)), folder, lambda: oracle, write=False)
    assert changed == ("expected.safetensors",)


def test_a_release_folder_that_cannot_be_written_is_named(
    assignment: Assignment, oracle: Oracle, tmp_path: Path
) -> None:
    (tmp_path / "assignments").write_text("a file where a folder should be")
    with pytest.raises(AutograderError, match="assignments/downhill could not be written"):
        build(assignment, tmp_path / "assignments" / "downhill", lambda: oracle)


# --- a broken notebook ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        (
            "### END SOLUTION\n    return",
            "return",
            "cell 3, line 4",
            "### BEGIN SOLUTION without an ### END SOLUTION after it",
        ),
        (
            "### BEGIN SOLUTION: Subtract rate times each gradient in turn.\n",
            "\n",
            "cell 3, line 9",
            "### END SOLUTION without a ### BEGIN SOLUTION before it",
        ),
        (
            "    for gradient in gradients:\n",
            "    ### BEGIN SOLUTION: Again.\n    for gradient in gradients:\n",
            "cell 3, line 6",
            "again before the one of line 4 ended; put ### END SOLUTION between them",
        ),
        (
            "### BEGIN SOLUTION: Subtract rate times each gradient in turn.\n",
            "### BEGIN SOLUTION\n",
            "cell 3, line 4",
            "say after the marker what to write there",
        ),
        (
            "import numpy as np",
            "### BEGIN SOLUTION: Import it.\nimport numpy as np\n### END SOLUTION",
            "cell 2",
            "a solution region outside an exercise; start the cell with",
        ),
        (
            '# %% exercise="average"',
            '# %% exercise="walk"',
            "cell 5",
            "a second cell of exercise 'walk'; join the two",
        ),
        (
            '# %% exercise="average"',
            '# %% exercise="mean"',
            "cell 5",
            "exercise 'mean' is not among EXERCISES in checks.py",
        ),
        (
            '# %% exercise="average"\ndef average(numbers):',
            '# %% exercise="average"\ndef average(numbers): ...\n\n# %%\ndef other(numbers):',
            "cell 5",
            "exercise 'average' has no solution region; put what students write between",
        ),
    ],
    ids=["unended", "unbegun", "nested", "no sentence", "outside", "twice", "unknown", "no region"],
)
def test_a_broken_notebook_names_the_cell_and_what_to_do(
    old: str, new: str, place: str, said: str, course: Path
) -> None:
    source = downhill(course) / "downhill.py"
    change(source, old, new)
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{source}, {place}: ")
    assert said in str(error.value)


def test_an_exercise_without_a_cell_is_named(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    source.write_text(source.read_text().split("# %% [markdown]\n# ## And")[0])
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value) == (
        f"{source}: exercise 'average' of checks.py has no cell; start one with "
        '`# %% exercise="average"`.'
    )


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("downhill.py", "the assignment's percent notebook, named like its folder"),
        ("misconceptions.toml", "lists the known-wrong variants"),
        ("checks.py", "EXERCISES and CHECKS"),
        ("probes.py", "the probes that the checks name"),
    ],
)
def test_a_missing_file_is_named_with_what_it_holds(name: str, holds: str, course: Path) -> None:
    path = downhill(course) / name
    path.unlink()
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{path} is missing")
    assert holds in str(error.value)


# --- broken misconceptions -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'find = "place - rate"',
            'find = "placed"',
            "misconception walk.uphill: its `find` stands 0 times in the cell of walk, and must "
            "stand exactly once: 'placed'.",
        ),
        (
            'find = "place - rate"',
            'find = "place = "',
            "misconception walk.uphill: its `find` stands 2 times in the cell of walk, and must "
            "stand exactly once: 'place = '.",
        ),
        (
            'find = "place - rate"',
            'find = ""',
            "misconception walk.uphill: its `find` stands",
        ),
        (
            'replace = "place + rate"',
            'replace = "place - rate"',
            "misconception walk.uphill replaces its text by the same text.",
        ),
        ('hint = "You walk up: subtract."', 'hint = " "', "walk.uphill has no hint."),
        (
            'hint = "You walk up: subtract."\n',
            "",
            "misconception 'uphill' must have the texts name, exercise, hint, find, replace",
        ),
        (
            'hint = "You walk up: subtract."',
            "hint = 7",
            "misconception 'uphill' must have the texts name, exercise, hint, find, replace",
        ),
        (
            'hint = "You walk up: subtract."',
            'hint = "You walk up: subtract."\npoints = "3"',
            "misconception 'uphill' must have the texts name, exercise, hint, find, replace",
        ),
        ('name = "uphill"\n', "", "misconception '(unnamed)' must have the texts name"),
        (
            'name = "uphill"\nexercise = "walk"',
            'name = "uphill"\nexercise = "run"',
            "misconception run.uphill: there is no exercise 'run'.",
        ),
        (
            'name = "never_moves_on"',
            'name = "uphill"',
            "2 misconceptions of walk are named 'uphill'; rename them.",
        ),
        ('name = "uphill"', "name = uphill", "is not TOML"),
    ],
    ids=[
        "matches nothing", "matches twice", "empty find", "same text",
        "empty hint", "no hint", "hint no text", "one field more", "no name", "unknown exercise",
        "two of one name", "no TOML",
    ],
)  # fmt: skip
def test_a_broken_misconception_is_named(old: str, new: str, said: str, course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    change(path, old, new)
    with pytest.raises(AutograderError) as error:
        read_assignment(downhill(course))
    assert str(error.value).startswith(f"{path}")
    assert said in str(error.value)


def test_invalid_toml_is_told_with_its_line(course: Path) -> None:
    path = downhill(course) / "misconceptions.toml"
    path.write_text("[[misconception]]\nname = uphill\n")
    with pytest.raises(AutograderError, match=r"is not TOML: .*line 2"):
        read_assignment(downhill(course))
    path.write_bytes(b'[[misconception]]\nname = "\xff"\n')
    with pytest.raises(AutograderError, match="is not TOML"):
        read_assignment(downhill(course))


def test_two_exercises_may_have_misconceptions_of_one_name(course: Path) -> None:
    change(downhill(course) / "misconceptions.toml", '"sum_only"', '"uphill"')
    assert len(read_assignment(downhill(course)).misconceptions) == 3


# --- broken checks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points=2,", "points=0,", "check 'walk.takes_every_step' has no points (0); give it some"),
        ("points=2,", "points=-2,", "check 'walk.takes_every_step' has no points (-2)"),
        ("points=2,", 'points=float("nan"),', "check 'walk.takes_every_step' has no points (nan)"),
        (
            'name="starts_at_the_start"',
            'name="takes_every_step"',
            "2 checks are named 'walk.takes_every_step'; rename them",
        ),
        (
            'Exercise("average", bonus=True)',
            'Exercise("walk")',
            "2 exercises are named 'walk'; rename them",
        ),
        (
            'exercise="average"',
            'exercise="mean"',
            "check 'divides_by_the_count' belongs to 'mean', which is none of the exercises walk, "
            "average",
        ),
        (
            'Exercise("average", bonus=True)',
            'Exercise("average"), Exercise("run")',
            "exercise 'run' has no check",
        ),
        (
            'claim="Every step goes downhill by rate times the gradient."',
            'claim=" "',
            "check 'walk.takes_every_step' has no claim for students to read",
        ),
        ("EXERCISES = [", "EXERCISE = [", "must define EXERCISES: a list of at least one Exercise"),
        ("CHECKS = [", "CHECKS = 3\nOTHERS = [", "must define CHECKS: a list of at least one"),
        ("CHECKS = [", "CHECKS = []\nOTHERS = [", "must define CHECKS: a list of at least one"),
        ('[Exercise("walk"), ', '["walk", ', "EXERCISES holds 'walk', which is no Exercise"),
    ],
    ids=[
        "0 points", "negative points", "points no number", "two of one name", "two exercises",
        "unknown exercise", "no check", "no claim", "no exercises", "checks no list", "no checks",
        "other entries",
    ],
)  # fmt: skip
def test_a_broken_check_is_named(old: str, new: str, said: str, course: Path) -> None:
    path = downhill(course) / "checks.py"
    change(path, old, new)
    with pytest.raises(AutograderError) as error:
        read_checks(downhill(course))
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_an_unknown_probe_is_named_with_those_there_are(course: Path) -> None:
    change(downhill(course) / "checks.py", 'probe="visited"', 'probe="visits"')
    with pytest.raises(AutograderError) as error:
        read_checks(downhill(course))
    assert str(error.value) == (
        f"{downhill(course) / 'probes.py'} defines no probe 'visits'; "
        "it defines first_place, middle, visited."
    )


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("def f(:", "SyntaxError"),
        ('Check("no_points", "walk", "It walks.")', "missing"),
        ("def f():\n    return 1 / 0\nf()", "ZeroDivisionError"),
    ],
    ids=["raises", "import", "syntax", "check without points", "in a function"],
)
def test_checks_that_cannot_be_run_are_told_with_file_and_line(
    broken: str, error: str, course: Path
) -> None:
    path = downhill(course) / "checks.py"
    line = path.read_text().count("\n") + 1
    if broken.startswith("def f():"):
        line += 1  # where it raised, not where it was called
    path.write_text(path.read_text() + broken + "\n")
    with pytest.raises(AutograderError) as raised:
        read_checks(downhill(course))
    assert str(raised.value).startswith(f"{path}, line {line}, cannot be run: ")
    assert error in str(raised.value)


def test_probes_that_are_no_python_are_told_with_file_and_line(course: Path) -> None:
    path = downhill(course) / "probes.py"
    path.write_text("import numpy as np\n\ndef visited(:\n")
    with pytest.raises(AutograderError, match=re.escape(f"{path}, line 3: ")):
        read_checks(downhill(course))


def test_checks_may_be_read_twice_and_leave_nothing_behind(course: Path) -> None:
    one, two = read_checks(downhill(course)), read_checks(downhill(course))
    assert [check.id for check in one.checks] == [check.id for check in two.checks]
    assert not list(downhill(course).rglob("__pycache__"))


def test_an_unknown_exercise_is_answered_with_those_there_are(assignment: Assignment) -> None:
    with pytest.raises(AutograderError) as error:
        assignment.check_set.only(frozenset(["walk", "run"]))
    assert str(error.value) == "downhill has no exercise 'run'; it has walk, average."


def test_only_some_exercises_keep_their_checks_and_order(assignment: Assignment) -> None:
    only = assignment.check_set.only(frozenset(["walk"]))
    assert [exercise.name for exercise in only.exercises] == ["walk"]
    assert [check.name for check in only.of("walk")] == ["takes_every_step", "starts_at_the_start"]


# --- where a course is ---------------------------------------------------------------------------


def test_a_course_is_found_from_any_folder_in_it(course: Path) -> None:
    for start in (course, downhill(course)):
        assert find_course(start) == Course(course)


def test_a_folder_that_is_in_no_course_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(AutograderError) as error:
        find_course(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "solutions/" in str(error.value)
    assert "--course" in str(error.value)


def test_an_unknown_assignment_is_answered_with_the_one_that_was_meant(course: Path) -> None:
    with pytest.raises(AutograderError) as error:
        Course(course).solution("downhil")
    assert "Did you mean 'downhill'? It holds: downhill." in str(error.value)
    with pytest.raises(AutograderError) as error:
        Course(course).solution("regularizers")
    assert "Did you mean" not in str(error.value)


# --- what once went wrong -------------------------------------------------------------------------


def test_blank_lines_after_an_exercise_without_a_region_release_nothing(course: Path) -> None:
    source = downhill(course) / "downhill.py"
    text = source.read_text()
    for marker in ('### BEGIN SOLUTION: Divide the sum by "how many", \\nu, there are.', END):
        text = marker_taken_out(text, marker)
    source.write_text(text + "\n\n\n\n")
    with pytest.raises(AutograderError, match="'average' has no solution region"):
        read_assignment(downhill(course))


def marker_taken_out(text: str, marker: str) -> str:
    head, _, tail = text.rpartition(marker)
    return head.rstrip(" ") + tail.lstrip("\n")


@pytest.mark.parametrize(
    "toml", ["[misconception]\nname = 'a'\n", "misconception = 3\n", "[[misconceptions]]\n"]
)
def test_a_misspelt_table_of_misconceptions_is_refused(toml: str, course: Path) -> None:
    (downhill(course) / "misconceptions.toml").write_text(toml)
    with pytest.raises(AutograderError, match=r"\[\[misconception\]\]"):
        read_assignment(downhill(course))


@pytest.mark.parametrize("name", ["downhill.py", "probes.py", "misconceptions.toml"])
def test_a_source_that_is_no_text_is_named(name: str, course: Path) -> None:
    (downhill(course) / name).write_bytes(b"\xff\xfe")
    with pytest.raises(AutograderError, match=re.escape(name)):
        read_assignment(downhill(course))


@pytest.mark.parametrize("points", ["None", "'2'", "True", "float('inf')", "float('nan')"])
def test_points_that_are_no_number_are_refused(points: str, course: Path) -> None:
    change(downhill(course) / "checks.py", "points=2,", f"points={points},")
    with pytest.raises(AutograderError, match=r"walk\.takes_every_step"):
        read_assignment(downhill(course))


def test_a_checks_file_that_exits_is_refused(course: Path) -> None:
    change(downhill(course) / "checks.py", "EXERCISES =", "raise SystemExit(3)\nEXERCISES =")
    with pytest.raises(AutograderError, match=r"checks\.py, line"):
        read_assignment(downhill(course))
