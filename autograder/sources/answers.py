"""What of a reference would reveal the answer, and where students could read it.

A solution has lines of two kinds. Some say what students have to find out: they compute something,
or they are a rubric. None of these may appear in what students get, not even in a comment, between
backticks, or with other spaces. Others connect parts, as ``config = super().get_config()`` does:
these may appear if the author gives them away in the notebook, and only there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from autograder.sources.assignment import Assignment
from autograder.sources.faults import Fault
from autograder.sources.misconceptions import HINTS, MISCONCEPTIONS
from autograder.sources.probes import CHECKS, PROBES, shared_modules
from autograder.sources.regions import BEGIN, END, inside, released
from autograder.sources.toml_lines import TomlLines

LEAST_CHARACTERS = 12
"""Shorter lines reveal nothing, whatever they say."""

# Without spaces: a line that computes, one that returns the result of a call, a line of a rubric.
_COMPUTES, _RETURNS, _RUBRIC = 14, 18, 25

_OPERATION = re.compile(r"[\w)\]]\s*(?:\*\*|//|<=|>=|==|!=|[-+*/%@<>])=?\s*[\w(]")
_GIVEN = re.compile(r"(?:import|from|def|async def|class|@|super\(\)\.__init__)\b|@")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")
_COMMENT = re.compile(r"(?:^|\s)#.*")

REMEDY = "Rephrase it, or move it into the solution region."


def solution_lines(assignment: Assignment) -> frozenset[str]:
    """The lines of the reference that reveal an answer, which no release may contain."""
    answers = Answers(assignment)
    return answers.telling | answers.connecting


class Answers:
    """The lines of a reference that reveal an answer.

    Attributes:
        telling: may appear nowhere.
        connecting: may not appear as a line of their own, and are given away nowhere in the
            notebook.
    """

    def __init__(self, assignment: Assignment) -> None:
        telling, connecting, given = set[str](), set[str](), set[str]()
        for cell in assignment.notebook.cells:
            given |= {line.strip() for line in released(cell, assignment.name).splitlines()}
            code = cell.cell_type == "code"
            for _, line in inside(cell.source):
                text = _COMMENT.sub("", line).strip() if code else line.strip()
                if _tells(text) if code else _is_rubric(text):
                    telling.add(text)
                elif len(text) > LEAST_CHARACTERS:
                    connecting.add(text)
        self.telling = frozenset(telling)
        self.connecting = frozenset(connecting - given)
        self._squashed = {squash(line): line for line in telling}

    def lines_in(self, text: str, *, notebook: bool = False) -> list[tuple[int, str]]:
        """The lines of a text that reveal an answer, counted from 1, each with the answer.

        Args:
            notebook: the text is the notebook's, where connecting lines may be given away.
        """
        found = {}
        for number, line in enumerate(() if notebook else text.splitlines(), 1):
            # A line is the same line with a comment behind it.
            found |= {
                number: bare
                for bare in (line.strip(), _COMMENT.sub("", line).strip())
                if bare in self.connecting
            }
        for number, answer in places(text, self._squashed):
            if len(answer) > len(found.get(number, "")):
                found[number] = answer
        return sorted(found.items())


def places(text: str, squashed: dict[str, str]) -> Iterable[tuple[int, str]]:
    """Where lines first appear in a text, whatever the spaces: the line, and what appears there.

    Args:
        squashed: what is looked for, by itself without spaces.
    """
    numbers: list[int] = []
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        part = squash(line.lstrip("# \t>"))  # also where a comment goes on over several lines
        parts.append(part)
        numbers += [number] * len(part)
    whole = "".join(parts)
    for wanted, line in squashed.items():
        begin = whole.find(wanted)
        while begin >= 0:
            yield numbers[begin], line
            begin = whole.find(wanted, begin + len(wanted))


def squash(text: str) -> str:
    """A text without its spaces."""
    return "".join(text.split())


def revealed(assignment: Assignment) -> list[Fault]:
    """Where an author's files show students a line of the reference."""
    answers = Answers(assignment)
    path = assignment.percent.path
    found = [
        _fault(path, line, answer)
        for line, answer in answers.lines_in(
            _without_regions(assignment.percent.text), notebook=True
        )
    ]
    folder = assignment.folder
    for path in (folder / CHECKS, folder / PROBES, *shared_modules(folder)):
        found += [
            _fault(path, line, answer)
            for line, answer in answers.lines_in(path.read_text(encoding="utf-8"))
        ]
    return found + _in_hints(assignment, answers)


def _in_hints(assignment: Assignment, answers: Answers) -> list[Fault]:
    path = assignment.folder / MISCONCEPTIONS
    lines = TomlLines(path.read_text(encoding="utf-8"), "misconception")
    wanted = {squash(line): line for line in answers.telling | answers.connecting}
    found = []
    for number, misconception in enumerate(assignment.authored):
        which = f"{misconception.exercise}.{misconception.name}"
        for key in HINTS:
            for line, answer in list(places(getattr(misconception, key), wanted))[:1]:
                found.append(
                    Fault(
                        path,
                        lines.line_in(number, key, line),
                        f"the {key} of {which} quotes a line of the reference: {answer!r}. Say "
                        "what is wrong, not what is right.",
                    )
                )
    return found


def _fault(path: Path, line: int, answer: str) -> Fault:
    return Fault(path, line, f"reveals a line of the reference: {answer!r}. {REMEDY}")


def _without_regions(text: str) -> str:
    """A percent notebook with empty lines for its regions; the sentences at the markers stay."""
    lines = text.splitlines()
    within = False
    for number, line in enumerate(lines):
        written = line.removeprefix("# ").strip()
        if written.startswith((BEGIN, END)):
            within = written.startswith(BEGIN)
        elif within:
            lines[number] = ""
    return "\n".join(lines)


def _tells(line: str) -> bool:
    """Whether a line of code says what students have to find out."""
    if _GIVEN.match(line):
        return False
    code = _TEXT.sub("text", line).replace("super().", "")
    size = len(squash(line))
    calls = len(re.findall(r"\w\(", code))
    return (
        (size >= _COMPUTES and _OPERATION.search(code) is not None)
        or (size >= _RETURNS and calls > 1)
        or (size >= _RETURNS and calls > 0 and line.startswith("return "))
    )


def _is_rubric(line: str) -> bool:
    return len(squash(line)) >= _RUBRIC
