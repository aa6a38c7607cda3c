"""Cut the definitions of the exercises out of cells: keep what they need, run nothing else.

A student's notebook trains models and draws plots at the top level. For grading, only the
statements that define the exercises matter, and those that define what these refer to. Python's
own ``symtable`` tells which names a statement refers to, so that a method's local variable ``w``
does not pull in an exploratory ``w = train_for_an_hour()``.
"""

from __future__ import annotations

import ast
import contextlib
import re
import symtable
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from autograder.model import Definitions, SourceFile
from autograder.sources.newer_python import newer_syntax

PARSE_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
"""Notebooks allow ``await`` at the top level. The child must parse with the same flags."""

# What ast.parse and symtable raise on hostile text: deep nesting, null bytes, lone surrogates.
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError, UnicodeError)

_PARSING = threading.Lock()
_PARSE_ATTEMPTS = 5

_PYTHON_CELL_MAGICS = frozenset({"capture", "time", "timeit", "prun", "python", "python3"})


@dataclass(frozen=True)
class Cell:
    """One code cell, or a whole module. ``label`` is its name for people: "cell 7"."""

    label: str
    text: str


@dataclass(frozen=True)
class BrokenCell:
    """A cell that is not valid Python, with the line and the message of the first error."""

    label: str
    line: int
    message: str
    text: str

    def __str__(self) -> str:
        return f"{self.label}, line {self.line}: {self.message}"


@dataclass(frozen=True)
class Statement:
    """A top-level statement, and the names of the module that it binds and uses.

    ``always`` says that it is kept whether or not a definition needs it.
    """

    file: int
    index: int
    binds: frozenset[str]
    uses: frozenset[str]
    always: bool


def definitions(
    cells: Sequence[Cell], names: Iterable[str]
) -> tuple[Definitions, frozenset[str], tuple[BrokenCell, ...]]:
    """The statements that define ``names``, which of the names are defined, and the broken cells.

    Magics and shell lines are skipped. A later definition of the same name wins, as in Python,
    because the statements keep their order.
    """
    wanted = frozenset(names)
    texts: list[tuple[Cell, str]] = []
    statements: list[Statement] = []
    broken: list[BrokenCell] = []
    for cell in cells:
        text = without_magics(cell.text)
        try:
            body = parsed(text, cell.label).body
            found = [_statement(len(texts), index, node) for index, node in enumerate(body)]
        except UNPARSABLE as error:
            broken.append(_broken(cell, error))
            continue
        statements += found
        texts.append((cell, text))

    needed = set(wanted)
    kept: set[tuple[int, int]] = set()
    growing = True
    while growing:
        growing = False
        for statement in statements:
            place = (statement.file, statement.index)
            if place not in kept and (statement.always or statement.binds & needed):
                kept.add(place)
                needed |= statement.uses
                growing = True

    files = []
    for number, (cell, text) in enumerate(texts):
        keep = tuple(sorted(index for file, index in kept if file == number))
        if keep:
            files.append(SourceFile(f"{_identifier(cell.label)}.py", cell.label, text, keep))
    bound = frozenset().union(*(s.binds for s in statements if (s.file, s.index) in kept))
    return Definitions(tuple(files)), wanted & bound, tuple(broken)


def parsed(text: str, label: str) -> ast.Module:
    """The syntax tree of a cell or module, as `ast.parse` makes it, in any thread.

    Up to CPython 3.12, all threads share one counter for the depth of the tree being built, and
    SystemError is raised when two of them mix it up (python/cpython issue 106905). So one thread
    at a time parses here, and a clash with another library's parsing is retried.

    Raises:
        SyntaxError, or another of `UNPARSABLE`: the text is not valid Python.
    """
    with _parsing():
        for _ in range(_PARSE_ATTEMPTS - 1):
            with contextlib.suppress(SystemError):
                return _tree(text, label)
        return _tree(text, label)


@contextlib.contextmanager
def _parsing() -> Iterator[None]:
    """Let one thread at a time parse, and silence warnings about text that is not ours.

    Python 3.12 and later warn about code that older versions accept silently.
    """
    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _tree(text: str, label: str) -> ast.Module:
    tree: ast.Module = compile(text, label, "exec", PARSE_FLAGS, dont_inherit=True)
    return tree


def without_magics(text: str) -> str:
    """The cell as plain Python with the same line numbers, without IPython's own syntax.

    A cell magic that runs Python (``%%time``) is removed; with any other (``%%bash``) the whole
    cell is.
    """
    if not re.search(r"^\s*[%!?]|\?\s*$|=\s*[%!]", text, re.MULTILINE):
        return text
    # Imported late: it takes a third of a second, and most notebooks have no magics.
    from IPython.core.inputtransformer2 import TransformerManager

    magic = re.match(r"\s*%%(\w+).*\n?", text)
    if magic and magic[1] in _PYTHON_CELL_MAGICS:
        text = "\n" + text[magic.end() :]
    elif magic:
        return ""
    if "\0" in text:  # IPython's tokenizer raises SystemError on it in Python 3.12 and later
        return text
    try:
        with _parsing():
            plain = TransformerManager().transform_cell(text)
    except (*UNPARSABLE, IndexError, KeyError):
        return text  # ast.parse then says what is wrong, and where
    # The transformer drops empty leading lines.
    leading = len(text) - len(text.lstrip("\n"))
    return "\n" * (leading - (len(plain) - len(plain.lstrip("\n")))) + plain


def cut_out(text: str, name: str) -> str:
    """The source of one top-level function of a module and of what it refers to, nothing else.

    Raises:
        SyntaxError: the module is not valid Python.
        KeyError: the module does not define the function.
    """
    found, bound, broken = definitions([Cell("module", text)], [name])
    if broken:
        raise SyntaxError(str(broken[0]))
    if name not in bound:
        raise KeyError(name)
    body = parsed(text, "module").body
    lines = text.splitlines()
    return "\n".join(
        "\n".join(lines[_first_line(body[index]) - 1 : body[index].end_lineno])
        for index in found.files[0].keep
    )


def statements(text: str) -> list[tuple[int, int, Statement]]:
    """The top-level statements of a cell or module, each with its first and last line.

    Raises:
        SyntaxError, or another of `UNPARSABLE`: the text is not valid Python.
    """
    return [
        (_first_line(node), node.end_lineno or node.lineno, _statement(0, index, node))
        for index, node in enumerate(parsed(text, "cell").body)
    ]


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _identifier(label: str) -> str:
    return re.sub(r"\W+", "_", label).strip("_") or "cell"


def _broken(cell: Cell, error: BaseException) -> BrokenCell:
    if isinstance(error, SyntaxError):
        message = newer_syntax(cell.text, _parses) or f"{error.msg}"
        return BrokenCell(cell.label, error.lineno or 1, message, cell.text)
    if isinstance(error, RecursionError | MemoryError):
        return BrokenCell(cell.label, 1, "the code is too deeply nested to be parsed", cell.text)
    return BrokenCell(cell.label, 1, str(error), cell.text)


def _parses(text: str) -> bool:
    try:
        parsed(text, "cell")
    except UNPARSABLE:
        return False
    return True


def _statement(file: int, index: int, node: ast.stmt) -> Statement:
    binds, uses, always = set[str](), set[str](), False
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            binds.add(alias.asname or alias.name.split(".")[0])
        always = any(alias.name == "*" for alias in node.names) or (
            isinstance(node, ast.ImportFrom) and node.module == "__future__"
        )
    elif not isinstance(node, ast.Expr | ast.Pass | ast.Assert | ast.Delete | ast.Raise):
        binds = _bound_names(node)
        uses = _global_names(node)
    return Statement(file, index, frozenset(binds), frozenset(uses), always)


def _bound_names(node: ast.stmt) -> set[str]:
    """Names that the statement binds or changes in the module's namespace."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    names = set[str]()
    open_nodes: list[ast.AST] = [node]
    while open_nodes:
        current = open_nodes.pop()
        if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(current.name)
            continue
        if isinstance(current, ast.Lambda):
            continue
        if isinstance(current, ast.alias):
            names.add(current.asname or current.name.split(".")[0])
        elif isinstance(current, ast.Name) and isinstance(current.ctx, ast.Store):
            names.add(current.id)
        elif isinstance(current, ast.Attribute | ast.Subscript) and isinstance(
            current.ctx, ast.Store
        ):
            # `Adam.get_config = get_config` and `RATES["adam"] = 0.1` change what a name means.
            root: ast.AST = current
            while isinstance(root, ast.Attribute | ast.Subscript):
                root = root.value
            if isinstance(root, ast.Name):
                names.add(root.id)
        elif isinstance(current, ast.ExceptHandler) and current.name:
            names.add(current.name)
        open_nodes.extend(ast.iter_child_nodes(current))
    return names


def _global_names(node: ast.stmt) -> set[str]:
    """Names of the module's namespace that the statement refers to, at any depth."""
    try:
        top = symtable.symtable(ast.unparse(node), "statement", "exec")
    except SyntaxError:  # a top-level await, which symtable does not support
        return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    names = set[str]()
    tables = [top]
    while tables:
        table = tables.pop()
        for symbol in table.get_symbols():
            if (
                symbol.is_referenced() and (table is top or symbol.is_global())
            ) or symbol.is_declared_global():
                names.add(symbol.get_name())
        tables.extend(table.get_children())
    return names
