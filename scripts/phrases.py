"""Find phrases in tracked files that read as if translated.

    uv run python scripts/phrases.py                    # all tracked text files
    uv run python scripts/phrases.py README.md docs     # some of them
    uv run python scripts/phrases.py --notebooks        # the notebooks' prose too

Prints ``file:line: phrase -> better`` for each and exits with 1 if there are any. The phrases, and
the files that may use them, are in phrases.toml beside this script.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".toml")
SUFFIXES = {".cfg", ".ini", ".j2", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml"}


class Phrase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A regular expression for a phrase, and what to write instead."""

    pattern: str
    better: str

    @property
    def regex(self) -> re.Pattern[str]:
        """Whole words, in any case; a line break with its indent or comment sign is a space."""
        words = self.pattern.replace(" ", r"(?:[ \t]*\n[ \t]*#?[ \t]*|[ \t]+)")
        return re.compile(rf"(?<![\w-]){words}(?![\w-])", re.IGNORECASE)


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files that may use the phrases, why, and whether ``--notebooks`` reads them all the same."""

    path: str
    reason: str
    notebooks: bool = False


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of phrases.toml."""

    phrase: tuple[Phrase, ...]
    allow: tuple[Allowed, ...]


@dataclass(frozen=True)
class Finding:
    """One phrase in one file."""

    path: str
    line: int
    phrase: str
    better: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.phrase} -> {self.better}"


def read_rules(path: Path = LIST) -> Rules:
    """The phrases and the exceptions.

    Raises:
        msgspec.ValidationError: a field is missing, unknown, or of the wrong type.
    """
    return msgspec.toml.decode(path.read_bytes(), type=Rules)


def findings(path: str, text: str, phrases: Sequence[Phrase]) -> Iterator[Finding]:
    """Every banned phrase in a file's text, in the order of the lines."""
    found = [(match, each.better) for each in phrases for match in each.regex.finditer(text)]
    for match, better in sorted(found, key=lambda pair: pair[0].start()):
        line = text.count("\n", 0, match.start()) + 1
        yield Finding(path, line, " ".join(match.group().replace("#", " ").split()), better)


def tracked_files(root: Path, paths: Sequence[str]) -> list[str]:
    """The text files that git tracks, below the given paths or all of them."""
    command = ["git", "ls-files", "-z", "--", *paths]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True)
    return [name for name in listed.stdout.split("\0") if name and _is_text(root / name)]


def _is_text(path: Path) -> bool:
    # Containerfile and .ci/run have no suffix; a file may be deleted and not yet committed so.
    return path.is_file() and (path.suffix in SUFFIXES or not path.suffix)


def main() -> int:
    """Print the findings; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="*", help="Files or folders; default: the whole repository.")
    parser.add_argument("--notebooks", action="store_true", help="Read the notebooks' prose too.")
    options = parser.parse_args()
    rules = read_rules()
    allowed = [each.path for each in rules.allow if not (each.notebooks and options.notebooks)]
    names = [
        name
        for name in tracked_files(ROOT, options.paths)
        if not any(fnmatch(name, pattern) for pattern in allowed)
    ]
    found = [
        finding
        for name in names
        for finding in findings(name, (ROOT / name).read_text(encoding="utf-8"), rules.phrase)
    ]
    for finding in found:
        print(finding)
    print(f"{len(names)} files, {len(found)} banned phrases", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
