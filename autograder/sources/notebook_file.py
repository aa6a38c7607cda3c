"""Read a notebook's file without its outputs, and within bounds of memory.

Outputs are most of a large file and nothing of what is graded. A file of moderate size is read by
``json``, which accepts whatever Jupyter has ever written; a larger one by ``msgspec``, which skips
outputs without making an object of anything in them.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

MAX_BYTES = 200_000_000
"""Larger files are not read."""

MAX_KEPT_BYTES = 20_000_000
"""What a notebook may hold besides outputs: a hundred times what one with many pictures holds."""

MAX_CELLS = 5_000
MAX_DEPTH = 100

# Every value of JSON that becomes an object follows one of these; 100 bytes and more for each.
_BEFORE_A_VALUE = (b",", b":", b"[", b"{")
_MAX_VALUES = 1_000_000
_MAX_OBJECTS = 1_000_000

CLEAR_OUTPUTS = "Clear its outputs (in JupyterLab: Edit > Clear Outputs of All Cells) and save it."
SAVE_AGAIN = "Save it in Jupyter."


class UnreadableFileError(Exception):
    """A file cannot be read.

    Args:
        what: is wrong with it, as the end of a sentence.
        fix: what to do, as sentences; a submission has to be submitted again afterwards.
    """

    def __init__(self, what: str, fix: str = SAVE_AGAIN) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class _Cell(msgspec.Struct):
    cell_type: str
    source: msgspec.Raw
    metadata: msgspec.Raw = msgspec.Raw(b"{}")
    attachments: msgspec.Raw = msgspec.Raw(b"")


class _Format(msgspec.Struct):
    nbformat: Any = None


class _Notebook(msgspec.Struct):
    nbformat: int
    cells: list[_Cell]
    nbformat_minor: int = 5


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook of format 4 as a dictionary, without outputs and with a list of cells.

    Raises:
        UnreadableFileError: it is too large, or not a notebook.
        OSError: it cannot be opened.
    """
    content = _read_bounded(path)
    if not content.strip():
        raise UnreadableFileError("is empty")
    few = sum(map(content.count, _BEFORE_A_VALUE)) <= _MAX_VALUES
    if len(content) <= MAX_KEPT_BYTES and few:
        notebook = _of_format_4(_parsed(content))
    else:
        notebook = _without_reading_outputs(content)
    _bound_cells(notebook["cells"])
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and "outputs" in cell:
            cell["outputs"] = []
    # What shows a notebook to people goes down into it by recursion.
    if _depth(notebook) > MAX_DEPTH:
        raise UnreadableFileError("is not a valid notebook (its JSON is nested too deeply)")
    return notebook


def _read_bounded(path: Path) -> bytes:
    """The bytes of a submitted notebook.

    Raises:
        UnreadableFileError: there are too many.
        OSError: it cannot be opened.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise UnreadableFileError(
            f"is too large ({size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read)",
            CLEAR_OUTPUTS,
        )
    return path.read_bytes()


def _bound_cells(cells: Sequence[Any]) -> None:
    if len(cells) > MAX_CELLS:
        raise UnreadableFileError(
            f"has {len(cells):,} cells; at most {MAX_CELLS:,} are read",
            "Delete the cells that you do not need.",
        )


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableFileError(f"is not UTF-8 text (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableFileError(f"is not a valid notebook (invalid JSON, line {line})") from None


def _of_format_4(raw: Any) -> dict[str, Any]:
    version = _known_version(raw.get("nbformat") if isinstance(raw, dict) else None)
    if version == 3:
        import nbformat  # only here: its import takes as long as reading a hundred notebooks

        try:
            raw = dict(nbformat.convert(nbformat.from_dict(raw), 4))
        except Exception as error:  # nbformat's converters promise nothing on broken input
            raise UnreadableFileError(
                f"has the old format 3 and cannot be converted ({error!r:.80})"
            ) from None
    if not isinstance(raw.get("cells"), list):
        raise UnreadableFileError("is not a valid notebook (no list of cells)")
    found: dict[str, Any] = raw
    return found


def _known_version(version: Any) -> int:
    if not isinstance(version, int) or not 3 <= version <= 4:
        raise UnreadableFileError(
            f"is not a valid notebook (`nbformat` must be 4, and is {version!r:.40})"
        )
    return version


def _without_reading_outputs(content: bytes) -> dict[str, Any]:
    if content.count(b"{") > _MAX_OBJECTS:
        raise UnreadableFileError("has outputs that are too large to be read", CLEAR_OUTPUTS)
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        version = _known_version(msgspec.json.decode(content, type=_Format).nbformat)
        if version == 3:
            raise UnreadableFileError(
                "has the old format 3 and is too large to be converted",
                f"Jupyter converts it to format 4 when it saves it. {CLEAR_OUTPUTS}",
            )
        found = msgspec.json.decode(content, type=_Notebook)
    except msgspec.ValidationError as error:
        raise UnreadableFileError(f"is not a valid notebook ({error!s:.80})") from None
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors
        raise UnreadableFileError(
            f"is large, and it or its outputs are not valid JSON ({error!s:.80})", CLEAR_OUTPUTS
        ) from None
    _bound_cells(found.cells)
    kept = sum(len(c.source) + len(c.metadata) + len(c.attachments) for c in found.cells)
    if kept > MAX_KEPT_BYTES:
        raise UnreadableFileError(
            f"has {kept / 1e6:.0f} MB besides its outputs; at most {MAX_KEPT_BYTES / 1e6:.0f} MB "
            "are read",
            "Remove large pictures and data from its cells.",
        )
    return _of_format_4(
        {"nbformat": found.nbformat, "nbformat_minor": found.nbformat_minor, "metadata": {}}
        | {"cells": list(map(_plain_cell, found.cells))}
    )


def _plain_cell(cell: _Cell) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "cell_type": cell.cell_type,
        "metadata": _parsed(bytes(cell.metadata)),
        "source": _parsed(bytes(cell.source)),
    }
    if cell.cell_type == "code":
        plain |= {"outputs": [], "execution_count": None}
    if cell.attachments:
        plain["attachments"] = _parsed(bytes(cell.attachments))
    return plain


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return deepest
