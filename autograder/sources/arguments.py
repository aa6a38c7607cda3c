"""Misconceptions that every argument of an exercise has, generated from its signature.

An argument may be ignored, its default may be built into the code, its default may be another one,
and the configuration may lack it. Some check must catch each of these.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeGuard

from autograder.model import Misconception
from autograder.sources.edits import SourceText, dump_of, find_and_replace

_OF_EVERY_CLASS = frozenset({"self", "cls", "name"})
"""Not among the arguments: Keras' base classes take care of ``name``."""

_SMALL = 1e-3
"""Up to here a number is one that only keeps a division finite: half of it changes nothing."""


def argument_misconceptions(
    cell_source: str, exercise: str, known: Iterable[Misconception] = ()
) -> tuple[Misconception, ...]:
    """What can be wrong with each argument of an exercise, in the order of its signature.

    Of a class, the arguments are those of its ``__init__``; of a function, the ones that have a
    default. Defaults that are not literal numbers or booleans have no other value of their kind.

    Args:
        cell_source: the solution cell, solution included.
        exercise: the class or function that it defines.
        known: misconceptions of the assignment. One whose edit or whose name a generated
            misconception would repeat takes its place.

    Raises:
        SyntaxError: the cell is not valid Python.
    """
    source = SourceText(cell_source)
    own = [each for each in known if each.exercise == exercise]
    names = {each.name for each in own}
    programs = {dump_of(cell_source)}
    programs |= {dump_of(cell_source.replace(each.find, each.replace)) for each in own}
    found = []
    for edit in _edits(source, exercise):
        edited = cell_source[: edit.start] + edit.text + cell_source[edit.end :]
        program = dump_of(edited)
        if program and program not in programs and edit.name not in names:
            programs.add(program)
            find, replace = find_and_replace(cell_source, edit.start, edit.end, edit.text)
            hint, idea, where = edit.hints
            found.append(
                Misconception(
                    *(edit.name, exercise, hint, find, replace, idea, where), generated=True
                )
            )
    return tuple(found)


def _without_effect(name: str, given: str, where: str) -> tuple[str, str, str]:
    return (
        f"Try several values of `{name}`: is the result always that of {name}={given}?",
        "An argument is the caller's choice. Whatever overrules it takes the choice away.",
        where,
    )


@dataclass(frozen=True)
class _Edit:
    name: str
    hints: tuple[str, str, str]
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Argument:
    name: str
    default: ast.expr | None

    @property
    def word(self) -> str:
        """The argument at the beginning of a misconception's name, which starts in lower case."""
        name = self.name.lstrip("_")
        return re.sub(r"^[^a-z]+", "", name[:1].lower() + name[1:]) or "argument"


def _edits(source: SourceText, exercise: str) -> Iterator[_Edit]:
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == exercise:
            for argument in _arguments(node):
                if argument.default is not None:
                    yield from _of_any(source, node, argument, argument.default)
        elif isinstance(node, ast.ClassDef) and node.name == exercise:
            yield from _of_class(source, node)


def _of_class(source: SourceText, node: ast.ClassDef) -> Iterator[_Edit]:
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    if "__init__" not in methods:
        return
    for argument in _arguments(methods["__init__"]):
        if argument.default is not None:
            yield from _of_any(source, methods["__init__"], argument, argument.default)
            yield from _hard_coded(source, methods, argument, argument.default)
        if "get_config" in methods:
            yield from _missing(source, methods["get_config"], argument)


def _arguments(function: ast.FunctionDef) -> list[_Argument]:
    found = function.args
    positional = [*found.posonlyargs, *found.args]
    required: list[ast.expr | None] = [None] * (len(positional) - len(found.defaults))
    pairs = [
        *zip(positional, [*required, *found.defaults], strict=True),
        *zip(found.kwonlyargs, found.kw_defaults, strict=True),
    ]
    return [_Argument(a.arg, default) for a, default in pairs if a.arg not in _OF_EVERY_CLASS]


def _of_any(
    source: SourceText, function: ast.FunctionDef, argument: _Argument, default: ast.expr
) -> Iterator[_Edit]:
    """The argument is ignored; its default is another one."""
    name, given = argument.name, source.segment(default)
    first = next((each for each in function.body if not _is_docstring(each)), None)
    if first is not None and first.lineno > function.lineno:
        start, _ = source.span(first)
        indent = " " * first.col_offset
        yield _Edit(
            f"{argument.word}_is_ignored",
            _without_effect(name, given, f"Where the value of `{name}` should enter."),
            start,
            start,
            f"{name} = {given}\n{indent}",
        )
    if (other := _another(default)) is not None:
        start, end = source.span(default)
        yield _Edit(
            f"default_of_{argument.word}_is_another",
            (
                f"Leave out `{name}`, then pass {given}: are the results equal?",
                "A default is part of the signature: callers who leave it out rely on it.",
                "The signature, compared with the one in the task.",
            ),
            start,
            end,
            other,
        )


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _another(default: ast.expr) -> str | None:
    """Another value of the same kind, or None: as text."""
    try:
        value = ast.literal_eval(default)
    except (ValueError, TypeError):
        return None
    match value:
        case bool():
            return repr(not value)
        case int():
            return repr(value + 1)
        case float() if value == 0:
            return "0.5"
        case float() if abs(value) <= _SMALL:
            return repr(float(f"{100 * value:.6g}"))
        case float():
            return repr(value / 2)
    return None


def _hard_coded(
    source: SourceText,
    methods: dict[str, ast.FunctionDef],
    argument: _Argument,
    default: ast.expr,
) -> Iterator[_Edit]:
    """Stored and written into the configuration, but the computation has the default built in."""
    used = sorted(
        source.span(node)
        for method in methods.values()
        if method.name not in ("__init__", "get_config")
        for node in ast.walk(method)
        if _is_own(node, argument.name)
    )
    if not used:
        return
    start, end, given = used[0][0], used[-1][1], source.segment(default)
    # One edit, from the first use to the last.
    pieces = []
    for (_, gap), (rest, _) in zip(used, [*used[1:], (end, end)], strict=True):
        pieces.append(f"{_atom(default, given)}{source.text[gap:rest]}")
    yield _Edit(
        f"{argument.word}_is_hard_coded",
        _without_effect(
            argument.name, given, "What the computation reads, compared with what is stored."
        ),
        start,
        end,
        "".join(pieces),
    )


def _is_own(node: ast.AST, name: str) -> TypeGuard[ast.Attribute]:
    match node:
        case ast.Attribute(value=ast.Name(id="self"), attr=attribute, ctx=ast.Load()):
            return attribute == name
    return False


def _atom(default: ast.expr, given: str) -> str:
    """A default as it can be anywhere in an expression."""
    return given if isinstance(default, ast.Constant | ast.Name) else f"({given})"


def _missing(
    source: SourceText, get_config: ast.FunctionDef, argument: _Argument
) -> Iterator[_Edit]:
    """The configuration lacks the argument: `config["x"] = ...`, `"x": ...` or `x=...`."""
    name = f"{argument.word}_is_missing_in_the_configuration"
    hint = (
        f"Make a copy by from_config(get_config()) with an unusual `{argument.name}`: which one "
        "does the copy have?",
        "A copy or a saved model is made from the configuration alone: what is not in it is lost.",
        "The dictionary that `get_config` returns.",
    )
    for node in ast.walk(get_config):
        match node:
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=key))]) as entry if (
                key == argument.name
            ):
                parent, field, _ = source.parents[entry]
                alone = len(getattr(parent, field)) == 1
                yield _Edit(name, hint, *source.span(entry), "pass" if alone else "")
            case ast.Dict():
                entries = list(zip(node.keys, node.values, strict=True))
                rest = [
                    f"{source.segment(k)}: {source.segment(v)}" if k else f"**{source.segment(v)}"
                    for k, v in entries
                    if not (isinstance(k, ast.Constant) and k.value == argument.name)
                ]
                if len(rest) < len(entries):
                    yield _Edit(name, hint, *source.span(node), f"{{{', '.join(rest)}}}")
            case ast.Call(func=func, args=args, keywords=keywords) if any(
                keyword.arg == argument.name for keyword in keywords
            ):
                kept = [
                    *map(source.segment, args),
                    *(source.segment(each) for each in keywords if each.arg != argument.name),
                ]
                text = f"{source.segment(func)}({', '.join(kept)})"
                yield _Edit(name, hint, *source.span(node), text)
