"""Read a module's file as Python itself reads a source file."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from pathlib import Path

from autograder.sources.definitions import Cell
from autograder.sources.notebook_file import MAX_CELLS, UnreadableFileError
from autograder.sources.parsing import MAX_SOURCE

# Each cell is preceded by as many empty lines as keep its numbers.
_MAX_LEADING_LINES = 2_000_000

# Those that an editor writes, all decoded in linear time; `punycode` takes minutes for 1 MB.
_SOURCE_ENCODING = re.compile(
    r"ascii|utf-8(-sig)?|iso8859-\d+|cp\d+|mac-\w+|koi8-[rtu]|kz1048|ptcp154|tis-620|hp-roman8"
    r"|euc_\w+|johab|shift_\w+|iso2022_\w+|gb2312|gbk|gb18030|hz|big5(hkscs)?"
)

_MARKER = re.compile(r"#\s*%%(?!%)")


def read_module(path: Path) -> tuple[Cell, ...]:
    """A module as one cell; a percent script split, so that a broken cell costs only itself.

    Each part keeps the line numbers of the file.

    Raises:
        UnreadableFileError: the file is too large, or cannot be decoded.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        content = file.read(MAX_SOURCE + 1)
    if len(content) > MAX_SOURCE:
        raise UnreadableFileError(
            f"has {path.stat().st_size / 1e6:.1f} MB of code; at most {MAX_SOURCE / 1e6:.0f} MB is "
            "read",
            "Remove data from it.",
        )
    return module_cells(decoded(content))


def decoded(content: bytes) -> str:
    """The text of a source file, by its byte-order mark or coding line, with plain line ends.

    Raises:
        UnreadableFileError: Python cannot decode it, or it has an encoding of no source file.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFileError("is UTF-16 text, which Python cannot read", "Save it as UTF-8.")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if not _SOURCE_ENCODING.fullmatch(codecs.lookup(encoding).name):
            raise UnreadableFileError(
                f"has the encoding {encoding:.40}, which is not supported",
                "Save it as UTF-8, without a coding line.",
            )
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"is not {error.encoding.upper()} text (line {line}, byte {error.start})",
            "Save it as UTF-8, or name its encoding in the first line, as in "
            "`# -*- coding: latin-1 -*-`.",
        ) from None
    except SyntaxError as error:
        raise UnreadableFileError(
            f"cannot be read by Python ({error.msg:.80})", "Save it as UTF-8."
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def module_cells(text: str) -> tuple[Cell, ...]:
    """The parts of a module; one, read by Python alone, if no line begins with ``# %%``.

    Raises:
        UnreadableFileError: there are too many parts.
    """
    # As Python counts lines: `str.splitlines` also splits at form feeds.
    lines = text.split("\n")
    starts = [number for number, line in enumerate(lines) if _MARKER.match(line)]
    if not starts:
        return (Cell("module", text, magics=False),)
    if len(starts) > MAX_CELLS or sum(starts) > _MAX_LEADING_LINES:
        raise UnreadableFileError(f"has too many cells ({len(starts):,})", "Remove `# %%` lines.")
    cells = []
    for begin, end in zip([0, *starts], [*starts, len(lines)], strict=True):
        header = lines[begin] if begin < end else ""
        part = "\n".join(lines[begin:end])
        if part.strip() and "[markdown]" not in header and "[raw]" not in header:
            cells.append(Cell(f"module from line {begin + 1}", "\n" * begin + part))
    return tuple(cells)
