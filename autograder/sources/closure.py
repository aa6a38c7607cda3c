"""Which top-level statements have to run to define the exercises, in time linear in their number.

A statement runs if it binds or changes a name that a kept statement reads. What is read when a
statement runs (a base class, a default, a decorator) is what was bound above it; what a function
reads when it is called later is whatever is bound in the end. Of an exercise, classes and functions
of its name count, and nothing that only reuses the name; `scratch` says what does so of a helper.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

from autograder.sources.dependencies import Statement
from autograder.sources.effects import CALL


@dataclass(frozen=True)
class Exercises:
    """Where the exercises are defined, as positions in the list of statements.

    Attributes:
        definers: for each exercise that is defined by a class or function, the statements that
            define it, in order.
        reuses: the later statements that bind or delete its name and do not define it.
    """

    definers: Mapping[str, tuple[int, ...]]
    reuses: Mapping[str, tuple[int, ...]]


def find_exercises(
    statements: Sequence[Statement], names: Iterable[str], own: Mapping[str, int]
) -> Exercises:
    """Find the definitions of each exercise, and what only reuses its name.

    Args:
        own: for exercises that have a cell of their own, its number as in `Statement.file`.
    """
    wanted = frozenset(names)
    touching = defaultdict[str, list[int]](list)
    scoped = set[str]()
    for position, statement in enumerate(statements):
        scoped |= statement.defines
        for name in wanted & (statement.binds | statement.deletes):
            touching[name].append(position)
    definers, reuses = {}, {}
    for name in touching:
        found = _definers(name, [(p, statements[p]) for p in touching[name]], own, scoped)
        if found:
            definers[name] = tuple(found)
            reuses[name] = tuple(p for p in touching[name] if p > found[-1])
    return Exercises(definers, reuses)


def _definers(
    name: str, touching: list[tuple[int, Statement]], own: Mapping[str, int], scoped: set[str]
) -> list[int]:
    files = {statement.file for _, statement in touching if name in statement.defines}
    own_file = own.get(name)
    found = [
        position
        for position, statement in touching
        if name in statement.defines
        or (
            statement.redefines
            and (statement.file in files or statement.file == own_file)
            and (not statement.alias or statement.alias in scoped)
        )
    ]
    return found or [
        position
        for position, statement in touching
        if statement.file == own_file and name in statement.binds and not statement.imports
    ]


class Providers:
    """By name, the positions of the statements that bind it or change its object, in order.

    Attributes:
        statements: all of them.
        exercises: where the exercises are defined.
        every: what binds or changes each name; of an exercise, only what defines or changes it.
        binders: what binds each name.
        above: what has an exercise's name above its first definition: perhaps its base class.
    """

    def __init__(self, statements: Sequence[Statement], exercises: Exercises) -> None:
        self.statements = statements
        self.exercises = exercises
        self.every = defaultdict[str, list[int]](list)
        self.binders = defaultdict[str, list[int]](list)
        self.above = defaultdict[str, list[int]](list)
        changes = _Changes(statements)
        defining = {name: set(found) for name, found in exercises.definers.items()}
        for position, statement in enumerate(statements):
            for name in statement.binds:
                definers = exercises.definers.get(name)
                if definers is None or position in defining[name]:
                    self.every[name].append(position)
                    self.binders[name].append(position)
                elif position < definers[0]:
                    self.above[name].append(position)
            for name in changes.of(statement) - statement.binds:
                reuses = exercises.reuses.get(name)
                # What is changed below is whatever has the exercise's name there.
                if not reuses or position < reuses[0]:
                    self.every[name].append(position)

    def without(self, left_out: Mapping[str, Collection[int]]) -> Providers:
        """A copy in which statements do not bind these names, and no one changes what they bind.

        Args:
            left_out: for each such name, the positions of the statements.
        """
        found = copy(self)
        found.every, found.binders = self.every.copy(), self.binders.copy()
        for name, positions in left_out.items():
            binders = frozenset(self.binders[name])
            counts, every = True, []
            for position in self.every[name]:
                if position in binders:
                    counts = position not in positions
                if counts:
                    every.append(position)
            found.every[name] = every
            found.binders[name] = [p for p in self.binders[name] if p not in positions]
        return found


@dataclass
class Closure:
    """Statements that have to run, found by following names from the exercises.

    Attributes:
        kept: positions of the statements to run.
        steps: how often a statement was looked at, which is what the search costs.
    """

    providers: Providers
    kept: set[int] = field(default_factory=set)
    steps: int = 0
    _done: dict[tuple[str, bool], int] = field(default_factory=dict)
    _open: list[int] = field(default_factory=list)

    def follow(self, names: Iterable[str]) -> None:
        """Keep what defines these names, and what that needs."""
        statements, binders = self.providers.statements, self.providers.binders
        for position, statement in enumerate(statements):
            if statement.always:
                self._keep(position)
        for name in names:
            self._need(name, len(statements))
        while self._open:
            position = self._open.pop()
            for name in statements[position].now:
                bound = binders.get(name, [])
                after = bisect_right(bound, position)
                # Changes count up to where the name gets another value. What is only bound below
                # cannot help, but is kept: the grader then says where it is.
                end = bound[after] if 0 < after < len(bound) else len(statements)
                self._need(name, end)
                self._take(self.providers.above.get(name, []), (name, True), position)
            for name in statements[position].later:
                self._need(name, len(statements))

    def _need(self, name: str, end: int) -> None:
        self._take(self.providers.every.get(name, []), (name, False), end)

    def _take(self, positions: list[int], key: tuple[str, bool], end: int) -> None:
        """Keep the statements above ``end``; each is looked at once, however often it is needed."""
        done = self._done.get(key, 0)
        while done < len(positions) and positions[done] < end:
            self._keep(positions[done])
            done += 1
        self._done[key] = done

    def _keep(self, position: int) -> None:
        self.steps += 1
        if position not in self.kept:
            self.kept.add(position)
            self._open.append(position)


_REGISTERED = 20
"""A function that changes more names than this is work, not registration."""


class _Changes:
    """Names whose objects statements change, also by calling functions of the same submission."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._scoped = {name for statement in statements for name in statement.defines}
        self._functions = set[str]()
        # By function, the positions and keywords of arguments that it changes, and other names.
        self._arguments = defaultdict[str, set[int | str]](set)
        self._outside = defaultdict[str, set[str]](set)
        self._loops = set[str]()
        for statement in statements:
            if effects := statement.effects:
                (name,) = statement.defines
                self._functions.add(name)
                self._arguments[name] |= effects.changed
                self._outside[name] |= effects.outside
                if effects.loops:
                    self._loops.add(name)

    def of(self, statement: Statement) -> set[str]:
        """Names whose objects a statement changes when it runs."""
        found = set(statement.changes)
        for function, name in statement.decorators:
            # `@tf.function` changes nothing of tf; `@walk.register` and `@add_to(Adam)` do.
            if name in self._scoped and function not in self._functions:
                found.add(name)
        for function, argument, name in statement.passes:
            if function not in self._functions:
                continue
            if argument in self._arguments[function]:
                found.add(name)
            # A loop that is called for itself is training; one in a decorator is needed anyway.
            elif argument == CALL and (statement.defines or function not in self._loops):
                outside = self._outside[function]
                found |= outside if len(outside) <= _REGISTERED else set()
        return found
