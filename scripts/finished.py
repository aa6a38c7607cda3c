"""List what does the same as the finished classes and functions that the exercises forbid.

    uv run python scripts/finished.py                   # all exercises of the course
    uv run python scripts/finished.py Adam Dropout      # some of them
    uv run python scripts/finished.py --new             # only what is neither refused nor allowed

For each exercise it prints what is refused along with what its ``forbidden`` names, and what else
in the installed Keras and TensorFlow has such a name or such methods: "allowed", with the reason in
finished.toml beside this script, or "NEW". It exits with 1 if there is anything new: put that into
``forbidden`` in the exercise's checks.py if it can replace the exercise, and into
finished.toml if it cannot.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from autograder.probing.twins import LIBRARIES, called, resolve, rules_of, twins, unwrapped

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".toml")
SHORT = 3
"""Stems of up to so many letters ("sgd") must be whole words of a name."""


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names, as a regular expression for all of them, that no exercise need refuse, and why."""

    pattern: str
    reason: str


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of finished.toml."""

    allow: tuple[Allowed, ...]


@dataclass(frozen=True)
class Found:
    """What is known of one exercise."""

    refused: tuple[str, ...]
    allowed: dict[str, str]
    new: tuple[str, ...]


def read_rules() -> Rules:
    """The rules beside this script."""
    return msgspec.toml.decode(LIST.read_bytes(), type=Rules)


def everything() -> list[tuple[Any, str]]:
    """The classes and functions of Keras and TensorFlow; each with its names in one text.

    That is its own, with spaces around its words, and those of its methods.
    """
    found: dict[int, tuple[Any, str]] = {}
    for module in list(sys.modules.values()):
        if not isinstance(module, types.ModuleType) or not module.__name__.startswith(LIBRARIES):
            continue
        for each in list(vars(module).values()):
            named = isinstance(each, type | types.FunctionType)
            if not named or getattr(each, "__module__", None) != module.__name__:
                continue
            if isinstance(each, type) and issubclass(each, tuple):
                continue  # what an op returns
            members = list(vars(each)) if isinstance(each, type) else []
            names = [each.__name__, *(name for name in members if not name.startswith("__"))]
            found[id(each)] = each, " ".join(map(_in_words, names))
    return list(found.values())


def _in_words(name: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+", name)
    return f"{name.replace('_', '').lower()} {' '.join(words).lower()}"


def patterns(name: str) -> list[str]:
    """Expressions for how what does the same as a forbidden thing may be called."""
    last = name.rpartition(".")[2]
    if isinstance(resolve(name.rpartition(".")[0]), type):  # a method
        return [rf"\b{last.replace('_', '')}\b"]
    found = {re.sub(r"V\d$", "", last).replace("_", "").lower()}
    if isinstance(resolve(name), type):
        found |= {rule for twin, _ in twins(name) for rule in rules_of(twin)}
    return [rf"\b{stem}\b" if len(stem) <= SHORT else stem for stem in sorted(found)]


def examine(forbidden: Sequence[str], rules: Rules, things: Sequence[tuple[Any, str]]) -> Found:
    """What is refused along with some names, what else looks like them, and why that is allowed."""
    pairs = [pair for each in forbidden for pair in twins(each)]
    refused = {name for _, name in pairs}
    covered = {id(unwrapped(twin)) for twin, _ in pairs} | {id(twin) for twin, _ in pairs}
    like = re.compile("|".join(pattern for each in forbidden for pattern in patterns(each)))
    allowed, new = {}, set()
    for found, names in things:
        if not like.search(names) or id(unwrapped(found)) in covered:
            continue
        name = called(found)
        reasons = [rule.reason for rule in rules.allow if re.fullmatch(rule.pattern, name)]
        if reasons:
            allowed[name] = reasons[0]
        elif name not in refused:
            new.add(name)
    return Found(tuple(sorted(refused)), allowed, tuple(sorted(new)))


def exercises(names: Sequence[str] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The exercises of the course that forbid something, with what they forbid."""
    from autograder.sources.assignment import read_assignment
    from autograder.sources.course import Course

    course = Course(ROOT)
    for assignment in course.assignments():
        for exercise in read_assignment(course.solution(assignment)).check_set.exercises:
            if exercise.forbidden and (not names or exercise.name in names):
                yield exercise.name, tuple(exercise.forbidden)


def main() -> int:
    """Print the list; 1 if it has anything new."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("exercise", nargs="*", help="default: all")
    parser.add_argument("--new", action="store_true", help="only what is new")
    options = parser.parse_args()
    import keras  # noqa: F401 - so that there is something to find

    rules, things, anything = read_rules(), everything(), False
    for name, forbidden in exercises(options.exercise):
        found = examine(forbidden, rules, things)
        anything |= bool(found.new)
        print(f"{name} forbids {', '.join(forbidden)}")
        if not options.new:
            print(*(f"  refused  {each}" for each in found.refused), sep="\n")
            for each, reason in sorted(found.allowed.items()):
                print(f"  allowed  {each}: {reason}")
        for each in found.new:
            print(f"  NEW      {each}")
    return int(anything)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # to take TensorFlow down in order may take minutes
