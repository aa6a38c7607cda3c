"""Ordinary errors of a student's own, to prove that none of them is taken for a known mistake.

Each is the reference with one expression that raises at the start of one of its methods: a misspelt
attribute, a wrong type, an undefined name, a wrong value. No misconception is about any of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from autograder.grading.decide import judge_check
from autograder.grading.evidence import tells
from autograder.grading.fingerprint import fingerprint, same
from autograder.grading.grade import grade_definitions
from autograder.grading.observe import RestartableChild
from autograder.grading.oracle import LiveOracle
from autograder.grading.trial import Known
from autograder.model import Check, Misconception, Observation
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment
from autograder.sources.edits import SourceText, find_and_replace

ORDINARY = {
    "AttributeError": "().a_misspelt_attribute",
    "TypeError": "abs('a text')",
    "NameError": "a_name_that_is_nowhere_defined",
    "ValueError": "int('a text')",
}
"""For each kind of error, an expression that raises it."""


def ordinary_errors(cell: str, exercise: str) -> tuple[Misconception, ...]:
    """An error of each kind at the start of each method of an exercise, or of the function.

    They are misconceptions without a hint, so that `Assignment.misconception` makes their
    definitions.

    Args:
        cell: the solution cell, solution included.
        exercise: the class or function that it defines.

    Raises:
        SyntaxError: the cell is not valid Python.
    """
    source = SourceText(cell)
    found = []
    for function in _functions(source.tree, exercise):
        first = _first_statement(function)
        start, end = source.span(first)
        indent = " " * first.col_offset
        for kind, expression in _expressions(function).items():
            new = f"{expression}\n{indent}{source.segment(first)}"
            find, replace = find_and_replace(cell, start, end, new)
            name = f"{kind}_in_{function.name}"
            found.append(Misconception(name, exercise, "", find, replace))
    return tuple(found)


def false_names(
    assignment: Assignment,
    exercise: str,
    oracle: LiveOracle,
    sandbox: Sandbox,
    known: Known | None,
) -> list[tuple[Misconception, str]]:
    """Each ordinary error of an exercise that a verdict takes for a known mistake, and that one.

    Only errors of a class that some misconception raises are tried: no other is like one.

    Args:
        oracle: knows what each misconception does until it is caught.
        known: observations that need not be made again.
    """
    own = assignment.check_set.only(frozenset([exercise]))
    # Where a misconception was not tried, it has been caught before, by something that it does and
    # the reference does not: so it is no error alone.
    raised = {
        did.failure.exception
        for mistake in oracle.misconceptions(exercise)
        for did in oracle.observed(mistake).values()
        if did.failure
    }
    errors = ordinary_errors(assignment.cells[exercise], exercise)
    alike = {error: assignment.misconception(error) for error in errors if _kind(error) in raised}
    with RestartableChild(sandbox, known) as child:
        for error, definitions in list(alike.items()):
            if _is_like_none(child.observations(definitions, oracle.trials(own.checks)), oracle):
                del alike[error]
    found = []
    for error, definitions in alike.items():
        (report,) = grade_definitions(definitions, {}, own, oracle, sandbox, known)
        names = dict.fromkeys(v.misconception for v in report.verdicts if v.misconception)
        found += [(error, name) for name in names]
    return found


def _kind(error: Misconception) -> str:
    return error.name.partition("_in_")[0]


def _is_like_none(observed: Iterator[tuple[Check, Observation]], oracle: LiveOracle) -> bool:
    """Whether an error is certainly not named, which is mostly seen after a check or two.

    An error is named only after a misconception that does the same in every check that tells
    anything; wrong numbers are named with less.
    """
    left: Sequence[Misconception] | None = None
    for check, seen in observed:
        if left is None:
            left = oracle.misconceptions(check.exercise)
        if not seen.failure and judge_check(check, seen, oracle)[0] != "passed":
            return False
        did = fingerprint(seen, check, oracle.inputs[check.id])
        if tells(did):
            others = ((known, oracle.observe_misconception(known, [check])) for known in left)
            left = [known for known, other in others if same(did, other[check.id], check)]
        if not left:
            return True
    return False


def _functions(tree: ast.Module, exercise: str) -> list[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == exercise:
            return [node]
        if isinstance(node, ast.ClassDef) and node.name == exercise:
            return [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]
    return []


def _first_statement(function: ast.FunctionDef) -> ast.stmt:
    """The first statement after the docstring; the docstring, if there is no other."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    return function.body[1 if has_docstring and len(function.body) > 1 else 0]


def _expressions(function: ast.FunctionDef) -> dict[str, str]:
    arguments = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    if arguments[:1] == ["self"]:
        return {**ORDINARY, "AttributeError": "self.a_misspelt_attribute"}
    return ORDINARY
