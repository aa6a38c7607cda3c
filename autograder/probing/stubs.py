"""Whether an exercise is not written yet, or raises NotImplementedError for a reason of its own.

A stub's `raise` ends its function whatever the arguments are. That of written code is a guard: it
is under a condition, or something before it returns first. Keras, TensorFlow and NumPy raise
NotImplementedError too, about code that is written.
"""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from autograder.probing.errors import Spot
from autograder.sources.parsing import UNPARSABLE, parsed

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

_BELOW = "Code below this raise never runs. Replace the raise with your code."
_ABOVE = "Delete this raise when the code above it is complete."


@dataclass(frozen=True)
class Stub:
    """A `raise NotImplementedError` that its function always ends with.

    Attributes:
        exercise: the class or function that holds it.
        signed: its text begins with the name of what is to be written, as in "Adam.build: ...".
        above: whether the function does something before it.
        below: whether code follows it.
    """

    exercise: str
    signed: bool
    above: bool
    below: bool


def is_stub(error: BaseException, found: Spot | None, target: object) -> bool:
    """Whether an exercise is not written yet: what raised is the stub in its own definition.

    Args:
        found: where in the student's code; see `autograder.probing.errors.spot`.
        target: the exercise.
    """
    stub = _stub(error, found)
    return stub is not None and stub.exercise == _name(target)


def stub_meaning(error: BaseException, found: Spot | None, target: object) -> str:
    """What to do about a stub's `raise` between written code, or in another exercise; or ""."""
    stub = _stub(error, found)
    if stub is None:
        return ""
    if stub.exercise != _name(target):
        uses = f"{stub.exercise} is not written yet, and {_name(target)} uses it."
        return uses if stub.signed else ""
    return _BELOW if stub.below else _ABOVE if stub.above else ""


def _name(target: object) -> str:
    return str(getattr(target, "__name__", ""))


def _stub(error: BaseException, found: Spot | None) -> Stub | None:
    if type(error) is not NotImplementedError or found is None:
        return None
    return stub_at("".join(linecache.getlines(found.file)), found.line)


@functools.lru_cache(maxsize=8)
def stub_at(text: str, line: int) -> Stub | None:
    """The stub whose `raise` is at a line of a source text; None if that line is something else."""
    try:
        tree = parsed(text, "")
    except UNPARSABLE:
        return None
    way = list(_way(tree, line))
    places = [place for place, (node, *_) in enumerate(way) if isinstance(node, _DEFINITIONS)]
    if not places or not isinstance(last := way[-1][0], ast.Raise):
        return None
    outer = way[places[0]][0]
    depth = 2 if isinstance(outer, ast.ClassDef) else 1  # and no function within it
    function = way[places[-1]][0]
    if len(places) != depth or not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    around = way[places[-1] + 1 :]
    if not _raises_not_implemented(last) or any(map(_conditional, (n for n, *_ in around[:-1]))):
        return None
    before = [statement for _, earlier, _ in around for statement in earlier]
    name = ".".join(getattr(way[place][0], "name", "") for place in places)
    signed = _text(last).startswith(f"{name}:")
    if not signed and any(map(_leaves, before)):
        return None
    above = any(not _is_given(each) for each in before)
    return Stub(name.partition(".")[0], signed, above, below=any(later for *_, later in around))


def _way(tree: ast.Module, line: int) -> Iterator[tuple[ast.stmt, list[ast.stmt], list[ast.stmt]]]:
    """The statements around a line, from the outermost, with those before and after each."""
    blocks: Iterable[list[ast.stmt]] = [tree.body]
    while True:
        for block in blocks:
            for place, node in enumerate(block):
                if node.lineno <= line <= (node.end_lineno or node.lineno):
                    yield node, block[:place], block[place + 1 :]
                    blocks = _blocks(node)
                    break
            else:
                continue
            break
        else:
            return


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    found = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        found.append(part.body)
    return found


def _raises_not_implemented(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _conditional(node: ast.stmt) -> bool:
    """Whether what is in a block may be skipped; a region may be in a loop or a `with` block."""
    return not isinstance(node, ast.With | ast.AsyncWith | ast.For | ast.AsyncFor)


def _leaves(node: ast.AST) -> bool:
    """Whether a statement may end its function or round of a loop without an exception."""
    if isinstance(node, ast.Return | ast.Break | ast.Continue):
        return True
    return not isinstance(node, _DEFINITIONS) and any(map(_leaves, ast.iter_child_nodes(node)))


def _text(node: ast.Raise) -> str:
    match node.exc:
        case ast.Call(args=[ast.Constant(value=str(text)), *_]):
            return text
    return ""


def _is_given(node: ast.stmt) -> bool:
    """Whether a statement may be the stub's own: a docstring, super().__init__, `self.x = x`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func) == "super().__init__"
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Name)
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )
