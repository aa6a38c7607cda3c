"""Which statements of a reference a mutant drops, and which neighbours it swaps."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from autograder.sources.edits import SourceText


def droppable(source: SourceText, node: ast.stmt) -> bool:
    """Whether dropping a statement is worth a mutant: no other one is the same, and it can run."""
    parent, field, index = source.parents[node]
    if isinstance(parent, ast.If) and field == "body" and parent.body == [node]:
        return bool(parent.orelse)  # without `else`, it is the condition that is always false
    match node:
        case ast.Expr(value=ast.Constant()):
            return False  # a docstring
        case ast.If() | ast.While():
            return bool(node.orelse)  # likewise
        case ast.For(body=[_], orelse=[]) | ast.With(body=[_]):
            return False  # its only statement is dropped instead
        case ast.Return():
            body = getattr(parent, "body", [])
            ends = isinstance(parent, ast.FunctionDef) and index == len(body) - 1
            return not ends  # at the end it is `return None`
        case ast.Assign(targets=[ast.Name(id=name)]):
            return not _needed(source, node, name)
    return isinstance(
        node,
        ast.Expr | ast.Assign | ast.AugAssign | ast.For | ast.With | ast.Raise | ast.Assert
        | ast.Break | ast.Continue | ast.Delete | ast.Try,
    )  # fmt: skip


def _function(source: SourceText, node: ast.AST) -> ast.AST:
    functions = (n for n in source.enclosing(node) if isinstance(n, ast.FunctionDef | ast.Lambda))
    return next(functions, source.tree)


def _needed(source: SourceText, node: ast.Assign, name: str) -> bool:
    """Whether a local name has no other value: without this one, Python raises NameError."""
    function = _function(source, node)
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]
    stores = [n for n in names if isinstance(n.ctx, ast.Store)]
    arguments = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    return len(stores) == 1 and len(names) > 1 and name not in arguments


def bound_in_function(source: SourceText, node: ast.AST) -> set[str]:
    """The arguments and the local names of the function that a node is in."""
    function = _function(source, node)
    return {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)} | {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def swaps(source: SourceText) -> Iterator[tuple[ast.stmt, ast.stmt]]:
    """Neighbouring statements whose order may matter: one changes what the other reads."""
    for parent in ast.walk(source.tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(parent, field, None)
            if isinstance(block, list):
                for one, other in pairwise(block):
                    if _movable(one) and _movable(other) and _order_matters(source, one, other):
                        yield one, other


def _movable(node: ast.stmt) -> bool:
    return isinstance(
        node, ast.Expr | ast.Assign | ast.AugAssign | ast.For | ast.While | ast.If | ast.With
    ) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _order_matters(source: SourceText, one: ast.stmt, other: ast.stmt) -> bool:
    (reads, writes), (others_reads, others_writes) = _touched(one), _touched(other)
    match one:
        case ast.Assign(targets=[ast.Name(id=name)]) if name in others_reads:
            if _needed(source, one, name):
                return False  # without its value, Python raises NameError
    return bool(writes & (others_reads | others_writes) or others_writes & (reads | writes))


def _touched(node: ast.stmt) -> tuple[set[str], set[str]]:
    """What a statement reads and what it changes: names, attributes of `self`, and entries."""
    reads, writes = set[str](), set[str]()
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and (name := _name(part)):
            (writes if isinstance(part.ctx, ast.Store | ast.Del) else reads).add(name)
        if isinstance(part, ast.AugAssign) and (name := _name(part.target)):
            reads.add(name)
        if isinstance(part, ast.Expr) and isinstance(call := part.value, ast.Call):
            # Called for its effect: on its owner or on its first argument.
            changed = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            writes |= {name for each in [*changed, *call.args[:1]] if (name := _name(each))}
    return reads, writes


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return "" if name == "self" else name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return f"self.{name}"
        case ast.Subscript(value=value, slice=ast.Constant(value=key), ctx=ast.Store()):
            return f"{_name(value)}[{key!r}]"
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return _name(value)
    return ""
