"""Which later statements only reuse the name of a helper or module that an exercise needs.

After its checks have passed, a student tries things out: `length = length(x)`, `for np in ...`. An
exercise is graded as its notebook checked it. A rebinding is scratch, and is left out, if

- a `def`, `class` or `import` gives the name its value, or Python itself does, as with `sum`, and
- it is in a cell below the exercise and everything else of the exercise's that reads the name, and
- it is neither a `def`, `class` or `import` nor visibly a function or module again: a lambda,
  another name for one (`np = tnp`, `ops = keras.ops`), or the name itself in a wrapper, as in
  `step = jit(step)`.

Any other rebinding counts, as in Python: whatever is above or in the cell of the exercise, and a
constant that gets another value. The same holds of a function that gets its value from a call,
as in `step = make_step()`: nothing tells whether a later value is a result or another function.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from autograder.sources.closure import Closure, Providers
from autograder.sources.dependencies import Statement

_PYTHONS_OWN = frozenset(name for name in dir(builtins) if not name.startswith("_"))

_ROUNDS = 5
"""How often a search is repeated with more statements; a hostile notebook could ask for more."""


@dataclass(frozen=True)
class Needed:
    """What has to run for some exercises.

    Attributes:
        kept: positions of the statements to run.
        scratch: for each name that scratch code would replace, the position of its definition and
            that of the scratch code. None for a definition of Python's own.
        replaced: for each class or function that a cell below the exercises' replaces by another
            definition, the positions of both.
    """

    kept: frozenset[int]
    scratch: Mapping[str, tuple[int | None, int]]
    replaced: Mapping[str, tuple[int, int]]


class Scratch:
    """The statements that may be scratch code, and what exercises need without them."""

    def __init__(self, providers: Providers, exercises: Iterable[str]) -> None:
        self._providers = providers
        self._statements = providers.statements
        self._functions = frozenset(
            name for each in self._statements for name in each.defines | each.imported
        )
        self._exercises = frozenset(exercises)
        names = self._providers.binders.keys() - self._exercises
        self._names = [name for name in sorted(names) if any(self._reuses(name, -1))]

    def needed(self, exercises: Iterable[str]) -> Needed:
        """Search without anything that may be scratch; then with what something read below it."""
        exercises = tuple(exercises)
        definers = self._providers.exercises.definers
        own = [self._statements[p].file for name in exercises for p in definers.get(name, ())]
        lowest = max(own, default=-1)
        left_out = {name: frozenset(self._reuses(name, lowest)) for name in self._names}
        for _ in range(_ROUNDS):
            closure = Closure(self._providers.without(left_out))
            closure.follow(exercises)
            last = self._last_readers(closure.kept, lowest)
            before = left_out
            left_out = {
                name: frozenset(self._reuses(name, last.get(name, lowest))) for name in self._names
            }
            if left_out == before:
                break
        scratch = {}
        for name in last:
            binders = closure.providers.binders[name]
            provider = binders[-1] if binders else None
            # What is defined again below is what Python has in the end, too.
            below = [p for p in left_out[name] if provider is None or p > provider]
            # A statement that binds two names may run for the other one.
            if below and not closure.kept.intersection(left_out[name]):
                scratch[name] = (provider, min(below))
        replaced = dict(self._replaced(closure, lowest))
        return Needed(frozenset(closure.kept), scratch, replaced)

    def _replaced(self, closure: Closure, lowest: int) -> Iterator[tuple[str, tuple[int, int]]]:
        statements, binders = self._statements, closure.providers.binders
        read = {name for position in closure.kept for name in statements[position].uses}
        for name in sorted(read & binders.keys() - self._exercises):
            above = [p for p in binders[name] if statements[p].file <= lowest]
            last = binders[name][-1] if above else -1
            if (
                last in closure.kept
                and last > above[-1]
                and name in statements[above[-1]].defines
                and name in statements[last].defines | statements[last].imported
            ):
                yield name, (above[-1], last)

    def _last_readers(self, kept: Iterable[int], lowest: int) -> dict[str, int]:
        """For each name that is read and may be reused, the last cell that reads it.

        Args:
            lowest: the number of the exercise's cell, at least.
        """
        names = frozenset(self._names)
        last: dict[str, int] = {}
        for statement in (self._statements[position] for position in kept):
            for name in names & statement.uses:
                last[name] = max(last.get(name, lowest), statement.file)
        return last

    def _reuses(self, name: str, last: int) -> Iterator[int]:
        """The statements that only reuse a name which no cell below number ``last`` reads."""
        defined = name in _PYTHONS_OWN
        for position in self._providers.binders[name]:
            statement = self._statements[position]
            if name in statement.defines | statement.imported or self._is_function(statement):
                defined = True
            elif statement.member in self._functions:
                continue
            elif defined and statement.file > last:
                yield position
            else:
                defined = False

    def _is_function(self, statement: Statement) -> bool:
        return statement.redefines and (
            not statement.alias or statement.alias in self._functions | _PYTHONS_OWN
        )
