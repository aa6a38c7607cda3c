"""Cut probes out of ``probes.py``: what a child gets is one self-contained piece of source.

Probes and checks may import from modules in ``_shared/``, which serve several assignments:
``solutions/_shared/`` for authors, a copy inside the release for students. A child sees no file of
the course, so what a probe uses from there is sent along with it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

from autograder.programs import Probe
from autograder.sources.definitions import cut_out
from autograder.sources.faults import Faults, suggestion
from autograder.sources.parsing import parsed
from autograder.sources.reading import parse, read_text

CHECKS, PROBES = "checks.py", "probes.py"

SHARED = "_shared"
"""The folder, and the package, of what several assignments use."""


class ProbeReader:
    """Reads files of probes, each once; what is wrong with them becomes faults."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._parsed: dict[Path, tuple[str, list[ast.stmt]]] = {}
        self._broken: set[Path] = set()

    def read(self, asked: Mapping[str, tuple[Path, int, str]], *paths: Path) -> dict[str, Probe]:
        """The probes of these names, each from the first file that defines it.

        Args:
            asked: for each name the file, the line and the id of the check that names it.
        """
        found: dict[str, Probe] = {}
        defined: list[str] = []
        broken = False
        for path in paths:
            text, body = self.body(path)
            broken |= path in self._broken
            functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
            imports = self.shared_imports(path)
            defined += [*functions, *imports]
            for name in asked:
                if name in found:
                    continue
                if name in functions:
                    self._examine_parameters(path, functions[name])
                    found[name] = Probe(name, self._self_contained(text, name, path))
                elif name in imports:
                    found[name] = Probe(name, self._from_shared(path, *imports[name], name))
        for name, (path, line, check) in asked.items():
            if name not in found and not broken:
                files = " and ".join(each.name for each in paths)
                self.faults.add(
                    path,
                    line,
                    f"check {check!r} names the probe {name!r}, which {files} does not define."
                    f"{suggestion(name, defined)} Defined: {', '.join(sorted(defined)) or 'none'}.",
                )
        return found

    def line(self, path: Path, name: str) -> int:
        """The line of a file that defines or imports a name; 0 if none does."""
        for node in self.body(path)[1]:
            names = [alias.asname or alias.name for alias in getattr(node, "names", [])]
            if name in (getattr(node, "name", ""), *names):
                return node.lineno
        return 0

    def body(self, path: Path) -> tuple[str, list[ast.stmt]]:
        """The text and the statements of a file; nothing, with a fault, if it is broken."""
        if path not in self._parsed:
            missing = "It defines the probes that the checks name."
            text = read_text(path, missing, self.faults)
            tree = None if text is None else parse(path, text, self.faults)
            if text is None or tree is None:
                self._broken.add(path)
                self._parsed[path] = "", []
            else:
                self._parsed[path] = text, tree.body
        return self._parsed[path]

    def shared_imports(self, path: Path) -> dict[str, tuple[int, str, str]]:
        """What a file imports from ``_shared/``: by its name here, the line, the module, its name.

        An import of a module itself cannot be sent to a child: a fault.
        """
        found: dict[str, tuple[int, str, str]] = {}
        for node in self.body(path)[1]:
            if isinstance(node, ast.ImportFrom) and (module := _shared_name(node)):
                for alias in node.names:
                    if alias.name == "*":
                        self._refuse_import(path, node.lineno)
                    else:
                        found[alias.asname or alias.name] = (node.lineno, module, alias.name)
            elif (isinstance(node, ast.ImportFrom) and node.module == SHARED) or (
                isinstance(node, ast.Import)
                and any(alias.name.split(".")[0] == SHARED for alias in node.names)
            ):
                self._refuse_import(path, node.lineno)
        return found

    def _refuse_import(self, path: Path, line: int) -> None:
        self.faults.add(
            path,
            line,
            f"a module of {SHARED}/ is imported as a whole. Import names from it instead: "
            f"`from {SHARED}.digits import digits`.",
        )

    def _examine_parameters(self, path: Path, function: ast.FunctionDef) -> None:
        if not (function.args.posonlyargs or function.args.args or function.args.vararg):
            self.faults.add(
                path,
                function.lineno,
                f"probe {function.name!r} has no place for the student's class or function. Make "
                f"it the first parameter: `def {function.name}(implementation, *, ...)`.",
            )

    def _self_contained(self, text: str, name: str, path: Path) -> str:
        """A function's source with what it refers to, that of ``_shared/`` included.

        Children see no file of the course, so they are sent the text.
        """
        source = cut_out(text, name)
        body = parsed(source, name).body
        used = {node.id for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Name)}
        parts: list[str] = []
        lines = source.splitlines()
        for node in body:
            if isinstance(node, ast.ImportFrom) and (module := _shared_name(node)):
                # The line in the file, not in what was cut out of it.
                parts += [
                    self._from_shared(path, self.line(path, own), module, alias.name, own)
                    for alias in node.names
                    if (own := alias.asname or alias.name) in used
                ]
                lines[node.lineno - 1 : node.end_lineno] = [""] * (
                    (node.end_lineno or node.lineno) - node.lineno + 1
                )
        return _future_first("\n".join([*parts, *lines]))

    def _from_shared(self, path: Path, line: int, module: str, original: str, name: str) -> str:
        """A function of ``_shared/``, self-contained, under the name that it is imported by."""
        file = shared_folder(path.parent) / f"{module}.py"
        if not file.is_file():
            self.faults.add(path, line, f"{file} is missing, which is imported here.")
            return ""
        text, _ = self.body(file)
        if file in self._broken:
            return ""
        try:
            source = self._self_contained(text, original, file)
        except KeyError:
            self.faults.add(path, line, f"{file} does not define {original!r}.")
            return ""
        return source if name == original else f"{source}\n\n{name} = {original}"


def _future_first(source: str) -> str:
    """Statements ``from __future__ import`` moved to the top, where Python wants them."""
    lines = source.splitlines()
    future = dict.fromkeys(line for line in lines if line.startswith("from __future__ import"))
    return "\n".join([*future, *(line for line in lines if line not in future)])


def _shared_name(node: ast.ImportFrom) -> str:
    package, _, module = (node.module or "").partition(".")
    return module if package == SHARED else ""


def shared_modules(folder: Path) -> tuple[Path, ...]:
    """The files of ``_shared/`` that the public checks and probes of an assignment import.

    Raises:
        CourseFaults: one is missing, or is no Python.
    """
    faults = Faults()
    reader = ProbeReader(faults)
    found: dict[str, Path] = {}
    left = [folder / CHECKS, folder / PROBES]
    while left:
        path = left.pop()
        for line, module, _ in reader.shared_imports(path).values():
            if module not in found:
                found[module] = shared_folder(folder) / f"{module}.py"
                if found[module].is_file():
                    left.append(found[module])
                else:
                    faults.add(path, line, f"{found[module]} is missing, which is imported here.")
    faults.raise_any()
    return tuple(found[name] for name in sorted(found))


def shared_folder(folder: Path) -> Path:
    """The ``_shared/`` of an assignment: inside its release, beside its solution."""
    own = folder / SHARED
    return own if own.is_dir() else folder.parent / SHARED
