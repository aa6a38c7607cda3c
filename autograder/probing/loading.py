"""Load the definitions of a submission, and keep what went wrong with the names it concerns.

Statements run one by one, in the order of the submission, in a module of their own. One that raises
costs nothing but the names that it would have defined; where such a name is missed later, the
message begins with the cause.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import io
import linecache
import re
import time
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.messages import SourceText
from autograder.probing.copies import Key, key, keys_within
from autograder.probing.deadline import deadline, waited_for_a_core, waiting_deadline
from autograder.probing.delegation import refused_while_loading
from autograder.sources.dependencies import bound_names
from autograder.sources.effects import changed_names
from autograder.sources.parsing import PARSE_FLAGS

LOADING_SECONDS = 8.0
"""CPU seconds for all statements, less than the grader grants, so that the message has a line."""

LOADING_WALL_SECONDS = 32.0
"""The same of wall-clock time, without waiting for a core."""

_SHARE, _LEAST_SECONDS, _LEAST_WALL_SECONDS = 0.6, 0.5, 1.0
"""A statement may take this share of what is left, so that a slow one leaves time for others."""

_MAIN = ("__name__ == '__main__'", "'__main__' == __name__")

_UNDEFINED = re.compile(r"name '(\w+)' is not defined")


@dataclass(frozen=True)
class Problem:
    """Why a name is not what the submission says: the first cause, and its place.

    Attributes:
        refusal: what was refused there, and its place; None if the cause is another.
        lacks: the name that was not defined there; "" if the cause is another.
    """

    message: str
    where: str = ""
    refusal: Problem | None = None
    lacks: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where else self.message


@dataclass
class Loader:
    """Runs the kept statements of a submission.

    Attributes:
        module: where the definitions go.
        describe: an exception in one line.
        where: the line of the submission that an exception passed through; "" if unknown.
        labels: what people call the files, by name.
        problems: for each name that could not be defined, the cause.
        incomplete: for each name whose object could not be changed, the cause.
        protected: the exercises that have a definition, which other statements cannot replace.
    """

    module: types.ModuleType
    describe: Callable[[BaseException], str]
    where: Callable[[BaseException], str]
    labels: dict[str, str] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    incomplete: dict[str, Problem] = field(default_factory=dict)
    protected: frozenset[str] = frozenset()
    _defined: dict[str, Any] = field(default_factory=dict)
    _wildcards: list[Problem] = field(default_factory=list)
    _left: float = LOADING_SECONDS
    _wall_left: float = LOADING_WALL_SECONDS
    _keys: set[Key] = field(default_factory=set)
    _refused: list[str] = field(default_factory=list)

    def load(
        self,
        files: Sequence[SourceText],
        undefined: Iterable[tuple[str, str]] = (),
        forbidden: Sequence[str] = (),
    ) -> None:
        """Run the kept statements in order; one that raises costs nothing but its names.

        Args:
            undefined: names that nothing defines in time, and why.
            forbidden: what raises if a statement uses it.
        """
        with refused_while_loading(forbidden) as self._refused:
            self._load(files, undefined)

    def _load(self, files: Sequence[SourceText], undefined: Iterable[tuple[str, str]]) -> None:
        self.problems |= {name: Problem(reason) for name, reason in undefined}
        self.protected = frozenset(name for file in files for _, name in file.defines)
        for file in files:
            name, text = file.name, file.text
            self.labels[name] = file.label
            # AutoGraph and tracebacks look the source up by file name.
            # As Python counts lines: `splitlines` also ends one at a form feed.
            lines = io.StringIO(text, newline=None).readlines()
            linecache.cache[name] = (len(text), None, lines, name)
            body = compile(text, name, "exec", PARSE_FLAGS, dont_inherit=True).body
            flags = _future_flags(body, file.keep)
            defines = dict[int, set[str]]()
            for index, exercise in file.defines:
                defines.setdefault(index, set()).add(exercise)
            for index in file.keep:
                for statement in _parts(body[index]):
                    self._run(statement, name, flags, defines.get(index, set()))
                for statement in _imports_within(body[index]):
                    if not bound_names(statement) <= vars(self.module).keys():
                        self._run(statement, name, flags, set())

    def wrote(self, code: types.CodeType) -> bool:
        """Whether the student's own statements hold this code, or code that does the same."""
        return key(code) in self._keys

    def refusal_of(self, exercise: str) -> Problem | None:
        """What was refused to an exercise that is not defined for that reason."""
        cause = self.problems.get(exercise)
        return cause.refusal if cause else None

    def find(self, exercise: str) -> tuple[Any, str]:
        """An exercise, or None with the reason why it is not defined."""
        found = (self._defined if exercise in self.protected else vars(self.module)).get(exercise)
        if found is not None:
            return found, ""
        cause = self.problems.get(exercise)
        if cause is None:
            return None, f"{exercise} could not be defined"
        return None, f"{cause}, so {exercise} is not defined"

    def cause_of(self, exercise: str, exception: str, message: str) -> Problem | None:
        """What went wrong while loading that a failure of a probe comes from, if anything did.

        Args:
            exception: the name of the exception's class.
            message: what it said.
        """
        if exception == "NameError" and (names := _UNDEFINED.findall(message)):
            name = names[-1]
            # A scratch cell that calls the exercise may fail for the lack of a name that it binds.
            if (cause := self._missing(name)) and cause.lacks != name:
                # What a failed `import *` would have defined is not known.
                so = "; " if cause in self._wildcards else ", so "
                return replace(cause, message=f"{cause}{so}{name!r} is not defined", where="")
            return None
        if cause := self.incomplete.get(exercise):
            return Problem(f"{message}. Before that, a change of {exercise} failed: {cause}")
        return None

    def _missing(self, name: str) -> Problem | None:
        if name in vars(self.module):
            return None
        return self.problems.get(name) or (self._wildcards[0] if self._wildcards else None)

    def _run(self, statement: ast.stmt, file: str, flags: int, defines: set[str]) -> None:
        space = vars(self.module)
        before = {name: space.get(name) for name in defines}
        error: BaseException | None = None
        refusals = len(self._refused)
        try:
            code = compile(ast.Module([statement], []), file, "exec", flags, dont_inherit=True)
            self._keys.update(keys_within(code))
            with self._in_time(statement):
                exec(code, space)
        except BaseException as raised:
            error = raised
        for name in self.protected:
            if name in defines and name in space and space[name] is not before[name]:
                self._defined[name] = space[name]
            elif name in self._defined and space.get(name) is not self._defined[name]:
                space[name] = self._defined[name]
        if error is not None:
            refused = self._refused[refusals:][:1]
            self._note(statement, error, self._place(error, file, statement), *refused)
        else:
            for name in bound_names(statement):
                self.problems.pop(name, None)

    def _note(
        self, statement: ast.stmt, error: BaseException, place: str, refused: str = ""
    ) -> None:
        problem = Problem(self.describe(error), place)
        if refused:
            problem = replace(problem, message=refused, refusal=Problem(refused, place))
        if isinstance(error, NameError) and (names := _UNDEFINED.findall(str(error))):
            # What this name lacks is the cause of whatever lacks the names bound here.
            problem = self._missing(names[-1]) or replace(problem, lacks=names[-1])
        bound = bound_names(statement)
        for name in bound:
            if name == "*":
                self._wildcards.append(problem)
            elif name not in vars(self.module) or name in self.protected - self._defined.keys():
                self.problems[name] = problem
        for name in changed_names(statement) - bound:
            self.incomplete.setdefault(name, problem)

    def _place(self, error: BaseException, file: str, statement: ast.stmt) -> str:
        return self.where(error) or f"{self.labels[file]}, line {statement.lineno}"

    @contextlib.contextmanager
    def _in_time(self, statement: ast.stmt) -> Iterator[None]:
        """Interrupt a statement that would leave no time for the others.

        Not an import, which would leave half a package behind.
        """
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield
            return
        granted = max(_LEAST_SECONDS, _SHARE * self._left)
        wall = max(_LEAST_WALL_SECONDS, _SHARE * self._wall_left)
        needed = "too long for what a definition needs"
        long = f"ran for more than {granted:.1f} s of CPU time, {needed}"
        waits = f"did not end within {wall:.1f} s, {needed}"
        started, began = time.process_time(), _wall_time()
        try:
            with deadline(granted, long), waiting_deadline(wall, waits):
                yield
        finally:
            self._left -= time.process_time() - started
            self._wall_left -= _wall_time() - began


def _wall_time() -> float:
    """Seconds, without those in which this process waited for a core."""
    return time.monotonic() - (waited_for_a_core() or 0.0)


def _parts(statement: ast.stmt) -> list[ast.stmt]:
    """The statements to run for one: of an import of several names one for each, so that one that
    fails costs no other; of ``if __name__ == "__main__":``, which holds in a notebook, what it
    defines.
    """
    if isinstance(statement, ast.If) and ast.unparse(statement.test) in _MAIN:
        return [part for inner in statement.body if _defines(inner) for part in _parts(inner)]
    if not isinstance(statement, ast.Import | ast.ImportFrom):
        return [statement]
    parts: list[ast.stmt] = []
    for alias in statement.names:
        part = (
            ast.Import([alias])
            if isinstance(statement, ast.Import)
            else ast.ImportFrom(statement.module, [alias], statement.level)
        )
        parts.append(ast.copy_location(part, statement))
    return parts


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement defines names without computing much: no training, no plot."""
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        return not any(isinstance(node, ast.Call) for node in ast.walk(statement))
    kinds = ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.If
    return isinstance(statement, kinds)


def _imports_within(statement: ast.stmt) -> Iterator[ast.stmt]:
    """The imports of a ``try`` or ``with`` block: one that fails keeps those below from running."""
    if isinstance(statement, ast.Try | ast.With):
        for node in statement.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from _parts(node)
            else:
                yield from _imports_within(node)


def _future_flags(body: list[ast.stmt], keep: Sequence[int]) -> int:
    flags = 0
    for index in keep:
        node = body[index]
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags
