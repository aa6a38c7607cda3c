"""The graded notebook of a submission, whatever was submitted: a notebook, a module, or nothing."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.answers import mark_all, written_in_module
from autograder.gradebook.restore import fenced, note, restore
from autograder.sources.module_file import decoded
from autograder.sources.notebook_file import UnreadableFileError
from autograder.sources.submission import Submission

LARGEST_PICTURE = 1_000_000
MOST_PICTURES = 5
"""Of all pictures in files beside a notebook, those that are shown in it."""

_LINK = re.compile(r"(!\[[^\]\n]{0,300}\]\()<?([^)<>\s]{1,300})>?(?=[)\s])")
_TAG = re.compile(r"<img\s[^<>]{0,300}?\bsrc\s*=\s*[\"']([^\"'<>]{1,300})[\"']", re.IGNORECASE)
_BEGINS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def shown_notebook(submission: Submission, release: NotebookNode) -> tuple[NotebookNode, str]:
    """What was submitted, on the release's cells; and why it cannot be shown, "" if it can."""
    try:
        return restore(submitted_notebook(submission, release), release), ""
    except Exception as error:  # the report is valid even if the notebook breaks its readers
        restored = restore(release, release)
        mark_all(restored.cells)
        restored.cells.insert(0, note("The submitted notebook cannot be shown."))
        return restored, f"the notebook cannot be shown ({type(error).__name__})"


def submitted_notebook(submission: Submission, release: NotebookNode) -> NotebookNode:
    """A notebook that shows what was submitted: a notebook, a module, or nothing."""
    if submission.notebook is not None:
        notebook = nbformat.from_dict(submission.notebook)
        if submission.path:
            _attach_pictures(notebook, submission.path.parent)
        return notebook
    if submission.path and submission.cells:
        text = "\n\n".join(cell.text.strip("\n") for cell in submission.cells)
        # ``restore`` adds the release's own cells.
        module = nbformat.v4.new_code_cell(
            f"# Submitted as {submission.path.name}\n{text}", id="submitted-module"
        )
        cells = [module]
        # As a text of the student's own, it may be an answer, which ``restore`` looks for.
        if said := written_in_module(_text(submission.path), release.cells):
            cells.append(nbformat.v4.new_markdown_cell(fenced(said), id="comments-of-the-module"))
        return nbformat.v4.new_notebook(cells=cells)
    return copy.deepcopy(release)


def _text(module: Path) -> str:
    """The text of a module that could be read before."""
    try:
        return decoded(module.read_bytes())
    except (UnreadableFileError, OSError):  # it has been changed since
        return ""


def _attach_pictures(notebook: NotebookNode, folder: Path) -> None:
    """Put pictures that lie beside the notebook into the cells that show them."""
    left = MOST_PICTURES
    for cell in notebook.get("cells", []):
        source = cell.get("source") if isinstance(cell, dict) else None
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str) or cell.get("cell_type") != "markdown":
            continue
        names: dict[str, str] = {}
        for address, bundle in _pictures(source, folder, left):
            left -= 1
            names[address] = f"beside-{len(names) + 1}"
            given: Any = cell.setdefault("attachments", {})
            if isinstance(given, dict):
                given[names[address]] = bundle
        if names:
            cell["source"] = _LINK.sub(partial(_attached, names), source)


def _attached(names: Mapping[str, str], link: re.Match[str]) -> str:
    """A Markdown link to a picture, which leads to the attachment instead of the file."""
    name = names.get(link[2])
    return f"{link[1]}attachment:{name}" if name else link[0]


def _pictures(source: str, folder: Path, most: int) -> Iterator[tuple[str, dict[str, str]]]:
    """The addresses of pictures in ``folder``, each with its content as an attachment."""
    found = [link[2] for link in _LINK.finditer(source)]
    found += [tag[1] for tag in _TAG.finditer(source)]
    for address in list(dict.fromkeys(found))[: max(0, most)]:
        if bundle := _picture(folder, unquote(address)):
            yield address, bundle


def _picture(folder: Path, name: str) -> dict[str, str] | None:
    """A picture's content; None if it is no ordinary file of the submission."""
    try:
        path = (folder / name).resolve()
        # A link might lead to the solutions.
        inside = path.is_relative_to(folder.resolve()) and path.is_file()
        if not inside or path.stat().st_size > LARGEST_PICTURE:
            return None
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    for begin, kind in _BEGINS.items():
        if content.startswith(begin):
            return {kind: base64.b64encode(content).decode()}
    return None
