"""Where the tables of a TOML file begin, and their keys: libraries that read TOML do not tell."""

from __future__ import annotations

import re
from collections.abc import Collection


class TomlLines:
    """The lines of the tables of one kind (``[[misconception]]``) of a file, and of their keys.

    Valid TOML is assumed.

    Attributes:
        tables: the lines at which the tables of this kind begin.
        strange: the lines at which tables begin whose kind is not among the known ones.
    """

    def __init__(self, text: str, kind: str, *, known: Collection[str] = ()) -> None:
        """Find the lines; ``known`` are the other kinds of tables that the file may hold."""
        self._lines = text.splitlines()
        self.tables: list[int] = []
        self.strange: list[int] = []
        self._keys: list[dict[str, int]] = []
        keys: dict[str, int] = {}
        quotes = ""  # of the text that goes on over several lines
        for number, line in enumerate(self._lines, 1):
            if not quotes and re.match(r"\s*\[\[", line):
                keys = {}
                table = re.match(r"\s*\[\[\s*(\w+)\s*\]\]", line)
                if table and table[1] == kind:
                    self.tables.append(number)
                    self._keys.append(keys)
                elif not table or table[1] not in known:
                    self.strange.append(number)
            elif not quotes and (key := re.match(r"\s*[\"']?(\w+)[\"']?\s*=", line)):
                keys.setdefault(key[1], number)
            for mark in re.findall(r'"""|\'\'\'', line):
                if not quotes:
                    quotes = mark
                elif quotes == mark:
                    quotes = ""

    def line(self, table: int, key: str = "") -> int:
        """The line of a key of the table of that index; of the table itself without a key."""
        if table >= len(self.tables):  # misconception = [{...}], which is valid as well
            return 0
        return self._keys[table].get(key, self.tables[table])

    def line_in(self, table: int, key: str, number: int) -> int:
        """The line of the file for a line, counted from 1, of a text over several lines."""
        begin = self.line(table, key)
        # TOML drops a line break that follows the quotes.
        opened = begin and self._lines[begin - 1].rstrip().endswith(('"""', "'''"))
        return begin + number - (0 if opened else 1)
