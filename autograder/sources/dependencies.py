"""What a top-level statement binds, changes and reads, which decides whether it has to run.

Python's own ``symtable`` tells which names a statement refers to, so that a method's local variable
``w`` does not pull in an exploratory ``w = train_for_an_hour()``.
"""

from __future__ import annotations

import ast
import contextlib
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.sources.effects import (
    Effects,
    changed_names,
    effects_of,
    passed_names,
    put_attributes,
    root_name,
)
from autograder.sources.parsing import UNPARSABLE, parsed

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_COMPREHENSIONS = ("listcomp", "setcomp", "dictcomp", "genexpr")


_SCOPE = re.compile(r"^[ \t]*(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Statement:
    """A top-level statement, and the names of the module that it binds, changes and reads.

    Attributes:
        binds: names that it gives a value.
        defines: those of them that it gives a class or function, by ``class`` or ``def``.
        changes: names whose object it changes: `Adam.step = step`, `RATES.update(...)`.
        puts: attributes that it sets, each with the name it belongs to: ("Adam", "step").
        members: names that the body of the class binds which it defines.
        passes: what it passes to functions that may change it.
        decorators: names that its decorators belong to ("" and the name) or are given (the function
            and the name); an imported one may change these.
        now: names read when it runs.
        later: names read only when the functions in it run.
        imports: whether it is an import.
        imported: names that an import in it binds, also one within `try` or `if`.
        redefines: whether it is an assignment of one name that still is a definition: of a lambda,
            of another name (``alias``), or of itself in a wrapper, as in `step = jit(step)`.
        member: the name that its value belongs to, if it gives one name an attribute: "keras" of
            `ops = keras.ops`.
        always: whether it is kept even if no definition needs it.
        effects: what the function that it defines changes; None for other statements.
    """

    file: int
    index: int
    line: int
    binds: frozenset[str] = frozenset()
    defines: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    puts: tuple[tuple[str, str], ...] = ()
    members: frozenset[str] = frozenset()
    passes: tuple[tuple[str, int | str, str], ...] = ()
    decorators: tuple[tuple[str, str], ...] = ()
    now: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    imports: bool = False
    imported: frozenset[str] = frozenset()
    redefines: bool = False
    alias: str = ""
    member: str = ""
    always: bool = False
    effects: Effects | None = None

    @property
    def uses(self) -> frozenset[str]:
        """Names of the module that it refers to, at any depth."""
        return self.now | self.later


def statement_of(file: int, index: int, node: ast.stmt) -> Statement:
    """Examine one statement.

    Raises:
        RecursionError: it is nested too deeply.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        return Statement(
            file,
            index,
            node.lineno,
            binds=frozenset(bound_names(node)),
            imports=True,
            imported=frozenset(bound_names(node)),
            always=any(alias.name == "*" for alias in node.names)
            or (isinstance(node, ast.ImportFrom) and node.module == "__future__"),
        )
    if isinstance(node, ast.Pass | ast.Assert | ast.Raise) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ):
        return Statement(file, index, node.lineno)
    changes = changed_names(node)
    if isinstance(node, ast.Delete):
        deleted = frozenset(each.id for each in node.targets if isinstance(each, ast.Name))
        return Statement(file, index, node.lineno, deletes=deleted, changes=changes)
    binds = frozenset(bound_names(node))
    passes = passed_names(node)
    if isinstance(node, ast.Expr) and not (binds or changes or passes):
        return Statement(file, index, node.lineno)
    now, later = _names_read(node)
    redefines, alias = _redefinition(node)
    return Statement(
        file,
        index,
        node.lineno,
        binds=binds,
        defines=frozenset(each.name for each in _scopes(node)),
        changes=changes,
        puts=put_attributes(node) if changes else (),
        members=_members(node),
        passes=passes,
        decorators=_decorating(node),
        now=now,
        later=later,
        imported=_imported(node),
        redefines=redefines,
        alias=alias,
        member=_member(node),
        effects=effects_of(node) if isinstance(node, _Function) else None,
    )


def apparent_scopes(text: str) -> list[str]:
    """Names of the classes and functions that a text seems to define, at any depth.

    For a text that is not valid Python.
    """
    return _SCOPE.findall(text)


def apparent_names(text: str) -> set[str]:
    """Names that a text seems to bind at its top level, though it is not valid Python."""
    names = set[str]()
    for line in text.splitlines():
        if defined := re.match(r"(?:(?:async\s+)?def|class)\s+(\w+)|(\w+)\s*=(?!=)", line):
            names.add(defined[1] or defined[2])
        elif re.match(r"(?:import|from)\s", line):
            with contextlib.suppress(*UNPARSABLE):
                names |= {name for each in parsed(line, "").body for name in bound_names(each)}
    return names


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """A statement and what is in it, except what is in functions, classes and lambdas."""
    open_nodes = [node]
    while open_nodes:
        current = open_nodes.pop()
        yield current
        if isinstance(current, _Scope | ast.Lambda):
            continue
        open_nodes.extend(ast.iter_child_nodes(current))


def bound_names(node: ast.stmt) -> set[str]:
    """Names that the statement gives a value in the module's namespace."""
    names, of_comprehensions = set[str](), set[ast.AST]()
    for current in executed(node):
        if isinstance(current, _Scope):
            names.add(current.name)
        elif isinstance(current, ast.alias):
            names.add(current.asname or current.name.split(".")[0])
        elif isinstance(current, ast.comprehension):
            of_comprehensions |= set(ast.walk(current.target))
        elif isinstance(current, ast.Name):
            # A comprehension is met before its target.
            if isinstance(current.ctx, ast.Store) and current not in of_comprehensions:
                names.add(current.id)
        elif isinstance(current, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            names |= {current.name} if current.name else set()
        elif isinstance(current, ast.MatchMapping) and current.rest:
            names.add(current.rest)
    return names


def _scopes(node: ast.stmt) -> list[_Scope]:
    """The classes and functions that a statement defines in the module, as within `if` or `try`."""
    return [each for each in executed(node) if isinstance(each, _Scope)]


def _names_read(node: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the module that are read when the statement runs, and when its functions run."""
    nested = any(
        isinstance(each, _Scope | ast.Lambda | ast.comprehension) for each in executed(node)
    )
    if not nested:  # most statements; a symbol table takes ten times as long
        return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name)), frozenset()
    try:
        top = symtable.symtable(ast.unparse(node), "statement", "exec")
    # A top-level await, which symtable does not support; an f-string that has no other spelling.
    except (SyntaxError, ValueError):
        names = frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))
        return names, names
    now, later = set[str](), set[str]()
    tables = [(top, True)]
    while tables:
        table, runs = tables.pop()
        read = now if runs else later
        for symbol in table.get_symbols():
            if (
                symbol.is_referenced()
                # In `rate = rate`, a class reads the module's name before it binds its own.
                and (table is top or symbol.is_global() or table.get_type() == "class")
            ) or symbol.is_declared_global():
                read.add(symbol.get_name())
        for child in table.get_children():
            function = child.get_type() == "function" and child.get_name() not in _COMPREHENSIONS
            tables.append((child, runs and not function))
    return frozenset(now), frozenset(later)


def _decorating(node: ast.stmt) -> tuple[tuple[str, str], ...]:
    """Names that decorators belong to or are given: `@walk.register`, `@add_to(Adam)`."""
    found = []
    for decorator in getattr(node, "decorator_list", []):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(called, ast.Attribute) and (root := root_name(called)):
            found.append(("", root))
        if isinstance(decorator, ast.Call):
            function = called.id if isinstance(called, ast.Name) else ""
            given = [*decorator.args, *(keyword.value for keyword in decorator.keywords)]
            found += [(function, each.id) for each in given if isinstance(each, ast.Name)]
    return tuple(found)


def _members(node: ast.stmt) -> frozenset[str]:
    body = node.body if isinstance(node, ast.ClassDef) else []
    return frozenset(name for each in body for name in bound_names(each))


def _imported(node: ast.stmt) -> frozenset[str]:
    """Names that imports within a statement bind, as in `try: import jax`."""
    if not isinstance(node, ast.Try | ast.If | ast.With | ast.For | ast.While | ast.Match):
        return frozenset()
    imports = (each for each in executed(node) if isinstance(each, ast.Import | ast.ImportFrom))
    return frozenset(name for each in imports for name in bound_names(each))


def _assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """The name and the value of an assignment to one name."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target, value = node.targets[0], node.value
    elif isinstance(node, ast.AnnAssign) and node.value:
        target, value = node.target, node.value
    else:
        return None
    return (target.id, value) if isinstance(target, ast.Name) else None


def _member(node: ast.stmt) -> str:
    assigned = _assigned(node)
    if assigned is None or not isinstance(assigned[1], ast.Attribute):
        return ""
    return root_name(assigned[1])


def _redefinition(node: ast.stmt) -> tuple[bool, str]:
    """Whether an assignment of one name still is a definition, and of what it is another name."""
    assigned = _assigned(node)
    if assigned is None:
        return False, ""
    target, value = assigned
    if isinstance(value, ast.Name):
        return True, value.id
    if isinstance(value, ast.Call) and value.args:
        first, *others = [*value.args, *(keyword.value for keyword in value.keywords)]
        # A result that is computed elsewhere, as in `walk = compare(walk, history())`, is none.
        wraps = isinstance(first, ast.Name) and first.id == target
        plain = not any(isinstance(n, ast.Call) for each in others for n in ast.walk(each))
        return wraps and plain, ""
    return isinstance(value, ast.Lambda), ""
