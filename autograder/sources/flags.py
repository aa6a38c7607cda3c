"""Remarks for a person on code that may hide where it comes from: it costs nothing.

Reading source text, running text as code and looking through a process have honest uses, so they
are no proof of anything. They are rare in an exercise, and worth a look.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from autograder.programs import Definitions
from autograder.sources.parsing import UNPARSABLE, parsed

_BUILT_IN = frozenset({"exec", "eval", "compile"})
_OF_MODULES = {
    "inspect": frozenset({"getsource", "getsourcelines"}),
    "importlib": frozenset({"reload"}),
    "importlib.util": frozenset({"spec_from_file_location"}),
    "builtins": _BUILT_IN,
}
_ATTRIBUTES = frozenset({"__code__", "co_code"})


def flags(each: Mapping[str, Definitions]) -> tuple[str, ...]:
    """A sentence for each exercise that uses one of these in its definitions or what they need.

    Args:
        each: for each exercise, its definitions.
    """
    return tuple(
        f"For your instructor: {exercise} uses {', '.join(found)}."
        for exercise, definitions in each.items()
        if (found := _uses(definitions))
    )


def _uses(definitions: Definitions) -> list[str]:
    """What is used, once each, with the place of the first use."""
    first: dict[str, str] = {}
    for file in definitions.files:
        try:
            body = parsed(file.text, file.label).body
        except UNPARSABLE:  # was parsed before; whatever it is, it is no remark
            continue
        kept = ast.Module([body[index] for index in file.keep], [])
        for name, line in sorted(_found(kept, ast.Module(body, [])), key=lambda use: use[1]):
            first.setdefault(name, f"`{name}` ({file.label}, line {line})")
    return list(first.values())


def _found(kept: ast.Module, whole: ast.Module) -> Iterator[tuple[str, int]]:
    modules, own = dict[str, str](), set[str]()
    for node in ast.walk(whole):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
    for node in ast.walk(kept):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if node.module == "gc" or alias.name in _OF_MODULES.get(node.module or "", ()):
                    yield f"{node.module}.{alias.name}", node.lineno
        elif isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
            yield node.attr, node.lineno
        elif isinstance(node, ast.Attribute):
            dotted = ast.unparse(node.value) if _is_name(node.value) else ""
            module = modules.get(dotted, dotted if dotted == "importlib.util" else "")
            if module == "gc" or node.attr in _OF_MODULES.get(module, ()):
                yield f"{module}.{node.attr}", node.lineno
        elif isinstance(node, ast.Name) and node.id in _BUILT_IN - own:
            yield node.id, node.lineno


def _is_name(node: ast.expr) -> bool:
    """Whether it is a dotted name."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
