"""Which `raise NotImplementedError` of a source is a stub's, and which one is of written code.

A stub's `raise` ends its function whatever the arguments are. That of written code is a guard: it
is under a condition, or something before it returns first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograder.sources.parsing import UNPARSABLE, parsed

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.ClassDef | Function
_Raise = tuple[ast.Raise, Sequence[ast.stmt], Sequence[ast.stmt]]


@dataclass(frozen=True)
class Stub:
    """A `raise NotImplementedError` that its function always ends with.

    Attributes:
        exercise: the class or function that holds it.
        first: its first line.
        last: its last line.
        signed: its text begins with the name of what is to be written, as in "Adam.build: ...".
        above: whether the function does something before it that is not usual in a stub.
        below: whether code follows it.
    """

    exercise: str
    first: int
    last: int
    signed: bool
    above: bool
    below: bool


def stub_at(text: str, line: int) -> Stub | None:
    """The stub whose `raise` is at a line of a source text; None if that line is something else."""
    try:
        definitions = _definitions(parsed(text, "").body)
    except UNPARSABLE:
        return None
    found = (stub for definition in definitions for stub in stubs_of(definition))
    return next((stub for stub in found if stub.first <= line <= stub.last), None)


def stubs_of(definition: Definition) -> Iterator[Stub]:
    """The stubs of a function, or of the methods of a class."""
    is_class = isinstance(definition, ast.ClassDef)
    for function in definition.body if is_class else [definition]:
        if isinstance(function, Function):
            name = f"{definition.name}.{function.name}" if is_class else definition.name
            for raised, earlier, after in _raises(function.body, []):
                before = [statement for statement in earlier if not _is_given(statement)]
                signed = _text(raised).startswith(f"{name}:")
                if signed or not any(map(_leaves, before)):
                    yield Stub(
                        definition.name,
                        raised.lineno,
                        raised.end_lineno or raised.lineno,
                        signed,
                        above=bool(before),
                        below=bool(after),
                    )


def _definitions(body: Sequence[ast.stmt]) -> Iterator[Definition]:
    """What a module defines, under a condition too, but not within another definition."""
    for node in body:
        if isinstance(node, Definition):
            yield node
        else:
            for field in ("body", "orelse", "finalbody"):
                yield from _definitions(getattr(node, field, []))


def _raises(block: Sequence[ast.stmt], before: Sequence[ast.stmt]) -> Iterator[_Raise]:
    """The first `raise` of a block, and those of its loops and `with` blocks.

    Each with the statements that run before it, and those that follow it in its block.
    """
    for place, node in enumerate(block):
        if isinstance(node, ast.Raise):
            if _of_not_implemented(node):
                yield node, [*before, *block[:place]], block[place + 1 :]
            return  # what is below never runs
        if isinstance(node, ast.With | ast.AsyncWith | ast.For | ast.AsyncFor):
            yield from _raises(node.body, [*before, *block[:place]])


def _of_not_implemented(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _leaves(node: ast.AST) -> bool:
    """Whether a statement may end its function, or a round of a loop, without an exception."""
    if isinstance(node, ast.Return | ast.Break | ast.Continue):
        return True
    return not isinstance(node, Definition) and any(map(_leaves, ast.iter_child_nodes(node)))


def _text(node: ast.Raise) -> str:
    match node.exc:
        case ast.Call(args=[ast.Constant(value=str(text)), *_]):
            return text
    return ""


def _is_given(node: ast.stmt) -> bool:
    """Whether a statement may be the stub's own: what stubs usually do before their `raise`.

    That is a docstring, a call of super(), `self.x = x`, and `if self.built: return`.
    """
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name("super"))))):
            return True
        case ast.Assign(value=ast.Name()) | ast.AnnAssign(value=ast.Name()):
            return True
        case ast.If(test=ast.Attribute(ast.Name("self"), "built"), body=[ast.Return(None)]):
            return True
    return False
