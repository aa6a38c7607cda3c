"""What code changes besides what it binds: objects that it puts methods, items or settings into."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MUTATORS = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert"}
    | {"pop", "popitem", "popleft", "remove", "reverse", "setdefault", "sort", "update"}
)
# Of variables and arrays.
_SETTERS = frozenset({"assign", "assign_add", "assign_sub", "fill"})
# Functions of libraries that change their first argument.
_FILLERS = frozenset(
    {"copyto", "fill_diagonal", "heapify", "heappush", "insort", "place", "put", "shuffle"}
)
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


CALL = -1
"""Where an argument's position would be: that a function is called, whatever it is given."""


@dataclass(frozen=True)
class Effects:
    """What a function changes when it is called, by its own lines and those of functions in it.

    Attributes:
        changed: positions and names of the parameters whose arguments it changes.
        outside: names of the module whose objects it changes.
        loops: whether it has a loop: such a function is work, not registration.
    """

    changed: frozenset[int | str]
    outside: frozenset[str]
    loops: bool


def effects_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Effects:
    """What calling a function changes."""
    within = list(ast.walk(node))
    parameters = {each.arg for each in within if isinstance(each, ast.arg)}
    local = parameters | {
        each.id for each in within if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    changed = frozenset(_changed(within))
    declared = {name for each in within if isinstance(each, ast.Global) for name in each.names}
    positions = enumerate([*node.args.posonlyargs, *node.args.args])
    return Effects(
        (changed & parameters) | {place for place, each in positions if each.arg in changed},
        (changed - local) | declared,
        any(isinstance(each, ast.For | ast.AsyncFor | ast.While) for each in within),
    )


def changed_names(node: ast.stmt) -> frozenset[str]:
    """Names whose object the statement changes when it runs, in its own lines."""
    changed = set(_changed(_run(node)))
    for each in _run(node):
        # `for optimizer in (Momentum, Adam): optimizer.step = step`
        if isinstance(each, ast.For) and isinstance(each.iter, ast.Tuple | ast.List):
            variables = {n.id for n in ast.walk(each.target) if isinstance(n, ast.Name)}
            if variables & changed:
                changed |= {n.id for n in each.iter.elts if isinstance(n, ast.Name)}
    return frozenset(changed)


def put_attributes(node: ast.stmt) -> tuple[tuple[str, str], ...]:
    """Attributes that the statement sets when it runs: the name they belong to, and their own."""
    found = []
    for each in _run(node):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            owner, attribute = each.value, each.attr
        elif (
            isinstance(each, ast.Call)
            and _calls(each, "setattr")
            and len(each.args) > 1
            and isinstance(each.args[1], ast.Constant)
        ):
            owner, attribute = each.args[0], str(each.args[1].value)
        else:
            continue
        if isinstance(owner, ast.Name):
            found.append((owner.id, attribute))
    return tuple(found)


def passed_names(node: ast.stmt) -> tuple[tuple[str, int | str, str], ...]:
    """Calls of functions by name: the function, the position or keyword, and the name passed.

    Each call is also there once with `CALL` for the position, and so is a decorator.
    """
    found: list[tuple[str, int | str, str]] = []
    for current in _run(node):
        if isinstance(current, ast.Call) and isinstance(current.func, ast.Name):
            function = current.func.id
            found.append((function, CALL, ""))
            found += [
                (function, position, each.id)
                for position, each in enumerate(current.args)
                if isinstance(each, ast.Name)
            ]
            found += [
                (function, each.arg, each.value.id)
                for each in current.keywords
                if each.arg and isinstance(each.value, ast.Name)
            ]
    for decorator in getattr(node, "decorator_list", []):
        if isinstance(decorator, ast.Name):
            found.append((decorator.id, CALL, ""))
    return tuple(found)


def root_name(node: ast.AST) -> str:
    """The name that an attribute or item belongs to: "Adam" of `Adam.rates["slow"]`; "" if none."""
    while True:
        if isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif _calls(node, "vars"):
            node = node.args[0]  # type: ignore[attr-defined]  # a call, as `_calls` found
        else:
            return node.id if isinstance(node, ast.Name) else ""


def _run(node: ast.stmt) -> Iterator[ast.AST]:
    """What runs of a statement: not the bodies of functions and classes, but their decorators."""
    open_nodes: list[ast.AST] = [node]
    while open_nodes:
        current = open_nodes.pop()
        if isinstance(current, _Scope):
            open_nodes.extend(current.decorator_list)
        elif not isinstance(current, ast.Lambda):
            yield current
            open_nodes.extend(ast.iter_child_nodes(current))


def _changed(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        target: ast.AST | None = None
        if isinstance(node, ast.Attribute | ast.Subscript):
            target = None if isinstance(node.ctx, ast.Load) else node
        elif isinstance(node, ast.Call):
            called = node.func
            method = called.attr if isinstance(called, ast.Attribute) else ""
            if method in _MUTATORS | _SETTERS:
                target = called
            elif node.args and (method in _FILLERS or _calls(node, "setattr", "delattr")):
                target = node.args[0]
        if target and (name := root_name(target)):
            yield name


def _calls(node: ast.AST, *functions: str) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in functions
        and bool(node.args)
    )
