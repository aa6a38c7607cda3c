"""Classes to measure with: all in their own words, or a realistic one; and their course folder."""

from __future__ import annotations

import ast
import copy
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.desks.demo_class import submit_class
from autograder.gradebook.release import release_notebook
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course, find_course
from autograder.sources.normal_form import normal_form
from autograder.sources.probes import SHARED
from autograder.sources.submission import read_submission

ROOT = Path(__file__).parents[1]

# What says nothing about speed: an endless loop costs every grader its time limit; one that writes
# on every descriptor leaves nbgrader's kernel hanging; and a notebook with doubled check cells
# makes nbgrader stop before the rest of the class.
LEFT_OUT = (
    "edited-checks",
    "endless-loop",
    "forges-results",
    "not-a-notebook",
    "nothing-submitted",
)

SHARES = {"common": 0.6, "mistaken": 0.2, "unwritten": 0.1, "own": 0.1}
"""What students of the realistic class write, exercise by exercise: one of the common right forms,
a known mistake, nothing, or a right form that no other student has."""

COMMON_FORMS = 3
"""Right forms that differ in more than comments, docstrings and spaces."""


def scratch_course(name: str, folder: Path) -> tuple[Course, Assignment]:
    """A course with one assignment of this repository and an empty class."""
    origin, course = find_course(ROOT), Course(folder)
    shutil.copytree(origin.solution(name), course.solutions / name)
    if (origin.solutions / SHARED).is_dir():
        shutil.copytree(origin.solutions / SHARED, course.solutions / SHARED)
    shutil.copy(origin.root / "nbgrader_config.py", course.root)
    return course, read_assignment(course.solutions / name)


def distinct_class(assignment: Assignment, course: Course, students: int) -> None:
    """The demo's class over and over, right, wrong and unwritten, each in words of its own."""
    drafts = Course(course.root / "drafts")
    submit_class(assignment, drafts)
    submitted = drafts.root / "submitted"
    kinds = [
        nbformat.read(path, 4)
        for path in sorted(submitted.glob("*/*/*.ipynb"))  # nbgrader and Otter take no modules
        if path.parents[1].name not in LEFT_OUT
    ]
    shutil.rmtree(drafts.root)
    for number in range(students):
        notebook = copy.deepcopy(kinds[number % len(kinds)])
        for cell in notebook.cells:
            if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked"):
                cell.source = in_own_words(cell.source, number)
        submit(course, assignment.name, number, notebook)


def realistic_class(assignment: Assignment, course: Course, students: int) -> None:
    """A class with the `SHARES`: most right solutions are alike but for comments and spaces."""
    chance, release = random.Random(0), release_notebook(assignment)
    asked = {each.grade_id: each.variable for each in assignment.check_set.predictions}
    for number in range(students):
        notebook = copy.deepcopy(release)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in asked:
                cell.source = f'{asked[name]} = "{chance.choice("ab")}"'
            elif name in assignment.cells:
                kind = chance.choices([*SHARES], [*SHARES.values()])[0]
                cell.source = _written(assignment, name, kind, number, chance) or cell.source
        submit(course, assignment.name, number, notebook)


def _written(
    assignment: Assignment, name: str, kind: str, number: int, chance: random.Random
) -> str:
    """What a student writes in the cell of an exercise; "" for nothing."""
    right, known = assignment.cells[name], assignment.of(name)
    if kind == "unwritten":
        return ""
    if kind == "own":
        return in_own_words(right, 1_000_000 + number)
    if kind == "mistaken" and known:
        mistake = chance.choice(known)
        return f"{right.replace(mistake.find, mistake.replace)}\n# student {number}\n"
    form = chance.randrange(COMMON_FORMS)
    return f"{in_own_words(right, form) if form else right}\n\n# student {number}\n"


def right_notebook(assignment: Assignment) -> NotebookNode:
    """The release with the reference in it."""
    notebook = release_notebook(assignment)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = assignment.cells.get(name, cell.source)
    return notebook


def submit(course: Course, name: str, number: int, notebook: NotebookNode) -> str:
    """Write a notebook where nbgrader looks for submissions; returns the student's id."""
    student = f"student{number:07d}"
    folder = course.root / "submitted" / student / name
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return student


def in_own_words(source: str, number: int) -> str:
    """Code that does the same in the same time, and is like that of no other number.

    Local names of each function end in the number; a function without any gets a value that no one
    reads, and so does a class without functions. What cannot be parsed gets a comment.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return f"{source}\n# {number}"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            _rename(node, number)
        elif isinstance(node, ast.ClassDef):
            functions = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            for function in functions:
                _rename(function, number)
            if not functions:
                node.body.insert(0, _unread(number))
    return ast.unparse(ast.fix_missing_locations(tree))


def _rename(function: ast.FunctionDef, number: int) -> None:
    names = _local_names(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = f"{node.id}_{number}"
    if not names:
        function.body.insert(bool(ast.get_docstring(function)), _unread(number))


def _local_names(function: ast.FunctionDef) -> set[str]:
    """Names that only this function assigns, and only as variables."""
    stored, others = set[str](), set[str]()
    for node in ast.walk(function):
        match node:
            case ast.Name(ctx=ast.Store()):
                stored.add(node.id)
            case ast.arg():
                others.add(node.arg)
            case ast.alias():
                others.add((node.asname or node.name).partition(".")[0])
            case ast.Global() | ast.Nonlocal():
                others |= set(node.names)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                others.add(name)
            case ast.FunctionDef() if node is not function:
                others.add(node.name)
            case ast.ClassDef():
                return set()  # what it assigns is an attribute
    return stored - others


def _unread(number: int) -> ast.stmt:
    return ast.parse(f"_own = {number}").body[0]


def alike(assignment: Assignment, course: Course) -> tuple[int, int]:
    """How many exercises a class wrote, and how many of them in different words."""
    units = list(_normal_forms(assignment, course))
    return len(units), len(set(units))


def _normal_forms(assignment: Assignment, course: Course) -> Iterator[tuple[str, str | None]]:
    names: Sequence[str] = [each.name for each in assignment.check_set.exercises]
    for path in sorted((course.root / "submitted").glob("*/*/*.ipynb")):
        each = read_submission(path).definitions(names).each
        for name, definitions in each.items():
            yield name, normal_form(definitions)
