"""A table of students that another system exported, and which student each of its rows is."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.model import AutograderError
from autograder.reports.exports.grades import listed
from autograder.reports.spreadsheet import protected, unprotected

_LARGEST = 50_000_000
"""Bytes of a roster; a class of 2,000 has a few hundred thousand."""


@dataclass(frozen=True)
class Roster:
    """A table as it was read: rows are as long as the header."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str = ","

    def column(self, title: str) -> int | None:
        """The position of a column, whatever the case of its title."""
        titles = [each.strip().casefold() for each in self.header]
        wanted = title.strip().casefold()
        return titles.index(wanted) if wanted in titles else None

    def required(self, title: str) -> int:
        """The position of a column that has to be there.

        Raises:
            AutograderError: it is not.
        """
        if (found := self.column(title)) is None:
            raise AutograderError(
                f"{self.name} has no column {title!r}. Its columns are {listed(self.header)}."
            )
        return found


@dataclass(frozen=True)
class Matched:
    """Which student each row is.

    Attributes:
        students: by position of the row.
        notes: sentences on everything that did not match exactly.
    """

    students: dict[int, str]
    notes: tuple[str, ...]


def read_roster(path: Path) -> Roster:
    """Read a table of comma, semicolon or tab separated values.

    Raises:
        AutograderError: it cannot be read, or is no such table.
    """
    again = "Export it again as CSV (UTF-8)."
    try:
        if path.stat().st_size > _LARGEST:
            raise AutograderError(f"{path} is too large for a roster. {again}")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise AutograderError(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise AutograderError(f"{path} is not UTF-8 text. {again}") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        found = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True,
                                                  delimiter=delimiter) if any(row)]  # fmt: skip
    except csv.Error as error:
        raise AutograderError(f"{path} is not a CSV table ({error}). {again}") from error
    if not found or len(found[0]) < 2:
        raise AutograderError(f"{path} has no table with several columns. {again}")
    width = len(found[0])
    rows = (row[:width] + ("",) * (width - len(row)) for row in found[1:])
    return Roster(path.name, found[0], tuple(rows), delimiter)


def table(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    """Rows as CSV text in which no cell is a formula to a spreadsheet."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    for row in rows:
        writer.writerow([cell if _is_harmless(cell) else protected(cell) for cell in row])
    return file.getvalue()


def _is_harmless(text: str) -> bool:
    """Whether a cell is a number, or the dash that stands for none."""
    if text == "-":
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def match(
    roster: Roster, rows: Sequence[int], students: Sequence[str], columns: Sequence[str]
) -> Matched:
    """Find the row of each student, by the column that fits best.

    An id is taken as it is, or else without regard to case and Unicode's forms, if that is
    unambiguous. Of an e-mail address, the part before the @ counts, too.

    Args:
        rows: positions of the rows that are students.
        columns: titles of columns that may hold the ids.

    Raises:
        AutograderError: there is none of the columns, or no row is one of the students.
    """
    best: _Try | None = None
    for title in columns:
        position = roster.column(title)
        if position is None:
            continue
        values = {row: unprotected(roster.rows[row][position]) for row in rows}
        for each in _tries(roster, title, values, students):
            if best is None or len(each.found) > len(best.found):
                best = each
    if best is None:
        raise AutograderError(
            f"{roster.name} has none of the columns {listed(columns)}. Name the column with the "
            "student ids with --match."
        )
    if not best.found:
        raise AutograderError(
            f"No row of {roster.name} is one of these students ({listed(students[:3])}, ...). "
            "Name the column with the student ids with --match, or check that the file is of "
            "this course."
        )
    return Matched(best.found, tuple(best.notes(rows, students)))


@dataclass(frozen=True)
class _Try:
    """What matches by one column.

    Attributes:
        folded: rows that match only without regard to case.
        several: students with several rows, or rows with several students.
    """

    roster: Roster
    title: str
    values: dict[int, str]
    found: dict[int, str]
    folded: tuple[int, ...]
    several: tuple[str, ...]

    def notes(self, rows: Sequence[int], students: Sequence[str]) -> Iterator[str]:
        name = self.roster.name
        yield f"Matched {len(self.found)} of {len(students)} students by {self.title}."
        if self.folded:
            pairs = [f"{self.found[row]} = {self.values[row]}" for row in self.folded]
            yield f"Not written alike, but taken for the same: {listed(pairs)}."
        if self.several:
            yield f"Ambiguous in {name}, and left out: {listed(self.several)}."
        matched = set(self.found.values())
        missing = [each for each in students if each not in matched and each not in self.several]
        if missing:
            yield f"Without a row in {name}, and left out: {listed(missing)}.{self._zeros(missing)}"
        others = [self._who(row) for row in rows if row not in self.found]
        if others:
            yield f"Rows of {name} without results, and left as they are: {listed(others)}."

    def _who(self, row: int) -> str:
        cells = self.roster.rows[row]
        return self.values[row] or next((cell for cell in cells if cell), "an empty row")

    def _zeros(self, missing: Sequence[str]) -> str:
        """A hint, if a spreadsheet has removed leading zeros from the roster."""
        bare = {value for row, value in self.values.items() if row not in self.found}
        if any(each.startswith("0") and each.lstrip("0") in bare for each in missing):
            return f" {self.roster.name} seems to have lost leading zeros: export it again."
        return ""


def _tries(
    roster: Roster, title: str, values: dict[int, str], students: Sequence[str]
) -> Iterator[_Try]:
    yield _try(roster, title, values, students)
    if any("@" in value for value in values.values()):
        before = {row: value.partition("@")[0] for row, value in values.items()}
        yield _try(roster, f"{title}, up to the @", before, students)


def _try(roster: Roster, title: str, values: dict[int, str], students: Sequence[str]) -> _Try:
    counts = Counter(values.values())
    known = set(students)
    found = {row: value for row, value in values.items() if value in known and counts[value] == 1}
    several = [each for each in students if counts[each] > 1]
    taken = set(found.values())
    by_fold: dict[str, list[str]] = {}
    for student in students:
        if student not in taken and student not in several:
            by_fold.setdefault(_fold(student), []).append(student)
    rows_by_fold: dict[str, list[int]] = {}
    for row, value in values.items():
        if row not in found and value not in several:
            rows_by_fold.setdefault(_fold(value), []).append(row)
    folded = []
    for key, same in by_fold.items():
        rows = rows_by_fold.get(key, [])
        if len(same) == len(rows) == 1:
            found[rows[0]] = same[0]
            folded.append(rows[0])
        elif rows:
            several += same
    return _Try(roster, title, values, found, tuple(folded), tuple(several))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()
