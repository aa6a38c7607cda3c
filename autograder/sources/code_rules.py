"""Rules for the code of judges and probes, found by reading it.

A judge calls ``expect``: what it returns or asserts decides nothing. A probe runs where no file of
the course is, no program can be started, and no network can be reached.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from autograder.sources.assignment import Assignment
from autograder.sources.checks import CHECKS, HIDDEN_PROBES
from autograder.sources.faults import Faults
from autograder.sources.parsing import parsed
from autograder.sources.probes import PROBES, SHARED, ProbeReader, shared_folder

_TRUTH = frozenset({"all", "allclose", "any", "array_equal", "bool", "isclose", "isfinite"})

_PROGRAMS = frozenset({"multiprocessing", "subprocess", "pty", "concurrent"})
_NETWORK = frozenset({"http", "requests", "socket", "urllib", "ftplib"})
_OF_OS = ("system", "popen", "fork", "exec", "spawn", "posix_spawn")
_READERS = frozenset(
    {"open", "load", "loadtxt", "genfromtxt", "fromfile", "read_csv", "read_json", "load_model",
     "load_weights", "Path", "read_file"}
)  # fmt: skip


def examine_judges(assignment: Assignment, faults: Faults) -> None:
    """No judge returns its decision, and none asserts."""
    trees: dict[str, ast.Module] = {}
    for check in assignment.check_set.checks:
        judge = check.judge
        while isinstance(judge, functools.partial):
            judge = judge.func
        code = getattr(judge, "__code__", None)
        path = Path(code.co_filename) if code else None
        folders = (assignment.folder, shared_folder(assignment.folder))
        if code is None or path is None or path.parent not in folders:
            continue
        if code.co_filename not in trees:
            trees[code.co_filename] = parsed(path.read_text(encoding="utf-8"), path.name)
        for node in ast.walk(trees[code.co_filename]):
            if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
                lines = [node.lineno, *(each.lineno for each in node.decorator_list)]
                if code.co_firstlineno in lines:
                    _examine_judge(path, node, faults)


def _examine_judge(path: Path, function: ast.FunctionDef, faults: Faults) -> None:
    for node in _own_nodes(function):
        if isinstance(node, ast.Assert):
            faults.add(
                path,
                node.lineno,
                f"the check {function.name} asserts, which leaves students ungraded. Call "
                "expect(condition, message) instead.",
            )
        elif isinstance(node, ast.Return) and node.value is not None and _is_truth(node.value):
            faults.add(
                path,
                node.lineno,
                f"the check {function.name} returns its decision, which is not looked at. Call "
                "expect(condition, message) instead.",
            )


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    left: list[ast.AST] = list(function.body)
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            left.extend(ast.iter_child_nodes(node))


def _is_truth(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return value.value is not None
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.op, ast.Not)
    if isinstance(value, ast.Call):
        return _name(value.func).rpartition(".")[2] in _TRUTH
    return isinstance(value, ast.Compare | ast.BoolOp)


def examine_probes(folder: Path, faults: Faults) -> None:
    """No probe needs a file, a program, the network, or a module beside it."""
    reader = ProbeReader(Faults())  # what is wrong with the files has been said
    left = [folder / PROBES]
    if (folder / HIDDEN_PROBES).exists():
        left.append(folder / HIDDEN_PROBES)
    seen: set[Path] = set()
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        for node in ast.walk(ast.Module(reader.body(path)[1], [])):
            if problem := _needs(node, folder, top=node in reader.body(path)[1]):
                faults.add(path, getattr(node, "lineno", 0), problem)
        for _, module, _ in reader.shared_imports(path).values():
            left.append(shared_folder(folder) / f"{module}.py")


def _needs(node: ast.AST, folder: Path, *, top: bool) -> str:
    """What a node needs that a student's process does not have, and what to do; or ""."""
    if isinstance(node, ast.ImportFrom) and node.level:
        return f"a probe cannot import from a package around it. Import from {SHARED}.NAME."
    if isinstance(node, ast.Import | ast.ImportFrom):
        modules = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
        for module in modules:
            if problem := _needs_module(module or "", folder, top=top):
                return problem
    if isinstance(node, ast.Name) and node.id == "__file__":
        return "a probe has no file: `__file__` is undefined there. Pass what it needs as inputs."
    if isinstance(node, ast.Call):
        called = _name(node.func)
        package, _, last = called.rpartition(".")
        if package == "os" and last.startswith(_OF_OS):
            return f"a probe cannot start a program ({called}). Do it in Python."
        if last.startswith(("fetch_", "get_file")) or called.endswith(".load_data"):
            return f"a probe cannot download data ({called}). Draw them in checks.py, as inputs."
        first = node.args[0] if node.args else None
        if last in _READERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            return (
                f"a probe cannot open a file of the course ({first.value!r}). Read it in "
                f"{CHECKS}, and pass the numbers as inputs."
            )
    return ""


def _needs_module(module: str, folder: Path, *, top: bool) -> str:
    package = module.partition(".")[0]
    if package == SHARED:
        return "" if top else f"import from {SHARED} at the top of the file, not in a function."
    if package in _PROGRAMS:
        return f"a probe cannot start a program ({module}). Do it in Python."
    if package in _NETWORK:
        return f"a probe cannot reach the network ({module}). Pass what it needs as inputs."
    if any((folder / name).exists() for name in (f"{package}.py", package)):
        return (
            f"a probe cannot import {package!r} from the assignment's folder. Move what it needs "
            f"into probes.py, or into {SHARED}/NAME.py."
        )
    return ""


def _name(node: ast.expr) -> str:
    """The dotted name of what is called: "np.load"; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _name(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""
