"""Cut probes out of ``probes.py``: what a child gets is one self-contained piece of source.

Probes and checks may import from modules in ``_shared/``, which serve several assignments:
``solutions/_shared/`` for authors, a copy inside the release for students. A child sees no file of
the course, so what a probe uses from there is sent along with it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from autograder.model import AutograderError, Probe
from autograder.sources.definitions import cut_out, parsed

CHECKS, PROBES = "checks.py", "probes.py"

SHARED = "_shared"
"""The folder, and the package, of what several assignments use."""


def read_probes(names: list[str], *paths: Path) -> dict[str, Probe]:
    """The probes of these names, each from the first file that defines it."""
    found: dict[str, Probe] = {}
    defined: list[str] = []
    for path in paths if names else ():
        text, body = _body(path)
        shared = _shared_imports(body)
        functions = [node.name for node in body if isinstance(node, ast.FunctionDef)]
        from_shared = {
            name: (module, original)
            for module, names in shared.items()
            for name, original in names.items()
        }
        defined += [*functions, *from_shared]
        for name in names:
            if name in found:
                continue
            if name in functions:
                found[name] = Probe(name, _self_contained(text, name, path.parent))
            elif name in from_shared:
                module, original = from_shared[name]
                found[name] = Probe(name, _from_shared(path.parent, module, original, name))
    for name in names:
        if name not in found:
            files = " and ".join(str(path) for path in paths)
            raise AutograderError(
                f"{files} defines no probe {name!r}; it defines {', '.join(sorted(defined))}."
            )
    return found


def _self_contained(text: str, name: str, folder: Path) -> str:
    """A function's source with what it refers to, that of ``_shared/`` included.

    Children see no file of the course, so they are sent the text.
    """
    source = cut_out(text, name)
    body = parsed(source, name).body
    used = {node.id for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Name)}
    parts: list[str] = []
    lines = source.splitlines()
    for node in body:
        if isinstance(node, ast.ImportFrom) and _shared_name(node):
            parts += [
                _from_shared(folder, _shared_name(node), alias.name, alias.asname or alias.name)
                for alias in node.names
                if (alias.asname or alias.name) in used
            ]
            lines[node.lineno - 1 : node.end_lineno] = [""] * (
                (node.end_lineno or node.lineno) - node.lineno + 1
            )
    return _future_first("\n".join([*parts, *lines]))


def _future_first(source: str) -> str:
    """Statements ``from __future__ import`` moved to the top, where Python wants them."""
    lines = source.splitlines()
    future = dict.fromkeys(line for line in lines if line.startswith("from __future__ import"))
    return "\n".join([*future, *(line for line in lines if line not in future)])


def _from_shared(folder: Path, module: str, original: str, name: str) -> str:
    """A function of ``_shared/``, self-contained, under the name that it is imported by."""
    text, _ = _body(_shared_file(folder, module))
    try:
        source = _self_contained(text, original, folder)
    except KeyError:
        raise AutograderError(
            f"{_shared_file(folder, module)} defines no {original!r}, which {folder} imports."
        ) from None
    return source if name == original else f"{source}\n\n{name} = {original}"


def _shared_imports(body: Sequence[ast.stmt]) -> dict[str, dict[str, str]]:
    """For each module of ``_shared/``, what is imported from it: new name to original name.

    Raises:
        AutograderError: the module itself is imported, which cannot be sent to a child.
    """
    found: dict[str, dict[str, str]] = {}
    for node in body:
        if isinstance(node, ast.ImportFrom) and (module := _shared_name(node)):
            names = {alias.asname or alias.name: alias.name for alias in node.names}
            found.setdefault(module, {}).update(names)
        elif (isinstance(node, ast.ImportFrom) and node.module == SHARED) or (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] == SHARED for alias in node.names)
        ):
            raise AutograderError(
                f"Line {node.lineno} imports a module of {SHARED}/. Import names from it instead: "
                f"`from {SHARED}.digits import digits`."
            )
    return found


def _shared_name(node: ast.ImportFrom) -> str:
    package, _, module = (node.module or "").partition(".")
    return module if package == SHARED else ""


def _body(path: Path) -> tuple[str, list[ast.stmt]]:
    if not path.is_file():
        raise AutograderError(f"{path} is missing. It defines the probes that the checks name.")
    try:
        text = path.read_text(encoding="utf-8")
        return text, parsed(text, path.name).body
    except SyntaxError as error:
        raise AutograderError(f"{path}, line {error.lineno}: {error.msg}.") from error
    except ValueError as error:  # no UTF-8, or a null byte
        raise AutograderError(f"{path} is not valid Python: {error}.") from error


def shared_modules(folder: Path) -> tuple[Path, ...]:
    """The files of ``_shared/`` that the public checks and probes of an assignment import.

    Raises:
        AutograderError: one is missing, or is no Python.
    """
    found: dict[str, Path] = {}
    left = [folder / CHECKS, folder / PROBES]
    while left:
        for name in _shared_imports(_body(left.pop())[1]):
            if name not in found:
                found[name] = _shared_file(folder, name)
                left.append(found[name])
    return tuple(found[name] for name in sorted(found))


def shared_folder(folder: Path) -> Path:
    own = folder / SHARED
    return own if own.is_dir() else folder.parent / SHARED


def _shared_file(folder: Path, name: str) -> Path:
    path = shared_folder(folder) / f"{name}.py"
    if not path.is_file():
        raise AutograderError(f"{path} is missing: {folder} imports {SHARED}.{name}.")
    return path
