"""What a child runs, as source text: the definitions of an implementation, and probes.

Like `autograder.model`, frozen data without keras that every floor may pass on.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceFile:
    """One cell (or module) of an implementation, and which of its top-level statements to run.

    ``name`` ends in ``.py`` (AutoGraph looks the source up under it); ``label`` is what a person
    calls it ("cell 7"). ``keep`` holds indices into ``ast.parse(text).body``, and ``defines`` those
    of statements that define an exercise, with its name: no other statement may replace it.
    """

    name: str
    label: str
    text: str
    keep: tuple[int, ...]
    defines: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Definitions:
    """The statements that define exercises; names they read that are never defined, and why."""

    files: tuple[SourceFile, ...]
    undefined: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Probe:
    """A probe cut out of ``probes.py``: its own source and what that refers to, nothing more."""

    name: str
    source: str
