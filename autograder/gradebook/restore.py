"""A submitted notebook, put back onto the release it came from.

A submission may be edited anywhere: check cells changed, deleted, doubled or retyped, metadata
missing, ids forged. nbgrader's own sanitizers fail on much of that, so the notebook is rebuilt
before they see it. From the submission come the order of the cells and the text of solution cells
and of the student's own cells. Everything else comes from the release.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.notebooknode import NotebookNode

from autograder.gradebook.answers import is_question, mark
from autograder.reports.student_text import LONGEST_LINE, LONGEST_MARKDOWN

LONGEST_SOURCE = 100_000
"""Characters of one cell that are kept; highlighting and diffing more has no use."""

MOVED = "# The submission has no cell with this id; see its other cells."
"""What is shown of an exercise without a cell: not the stub, for it may be solved elsewhere."""

MOST_CELLS = 1_000
MOST_TEXT = 5_000_000
"""Characters of a student's own cells and their pictures; what comes after is left out."""

_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*=*\s*")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/\s]*=*\s*")
_SCHEME = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_OPEN_SCHEME = re.compile(r"(https?|mailto):", re.IGNORECASE)
_PLAIN_TAG = re.compile(r"</?(b|br|code|em|i|kbd|strong|sub|sup|u)\s*/?>", re.IGNORECASE)
_PICTURE_TYPES = ("image/png", "image/jpeg", "image/gif")


def restore(submitted: NotebookNode, release: NotebookNode) -> NotebookNode:
    """Rebuild ``submitted`` on ``release``.

    Returns:
        A valid notebook (nbformat 4.5) with every nbgrader cell of the release exactly once and
        with the release's type, points and metadata, no outputs, and Markdown that cannot run
        script. Where an id occurs more than once in the submission, the last one counts, as a later
        definition does in Python; the others stay as plain cells. An untouched question whose
        answer may be in another cell is marked (``answers.mark``).
    """
    graded = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    prose = {(cell.cell_type, cell.source): cell for cell in release.cells if not grade_id(cell)}
    theirs = [cell for cell in submitted.get("cells", []) if isinstance(cell, Mapping)]
    last = {grade_id(cell): index for index, cell in enumerate(theirs)}
    questions = {name: cell for name, cell in graded.items() if is_question(cell)}
    # A cell that lost its metadata may have kept its id.
    kept = {cell.id: name for name, cell in questions.items() if name not in last and "id" in cell}

    cells: list[NotebookNode] = []
    own: list[NotebookNode] = []
    left_out = text = 0
    for index, cell in enumerate(theirs):
        name = grade_id(cell)
        if name in graded and last[name] == index:
            cells.append(_graded_cell(graded[name], cell))
            continue
        if isinstance(identifier := cell.get("id"), str) and identifier in kept:
            cells.append(_graded_cell(graded[kept.pop(identifier)], cell))
            continue
        plain = _plain_cell(cell, prose)
        if (str(cell.get("cell_type")), plain.source) not in prose:
            own.append(plain)
            plain.metadata["autograder"] = {"own": True}
        text += _size(plain)
        if index < MOST_CELLS and text < MOST_TEXT:
            cells.append(plain)
        else:
            left_out += 1
    if left_out:
        cells.append(note(f"{left_out} more cells of the submission are left out here."))
    _insert_missing(cells, graded)
    _number(cells)
    chosen = {id(cell) for cell in own}
    mark(cells, {i for i, cell in enumerate(cells) if id(cell) in chosen}, questions)

    notebook = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(release.metadata))
    notebook.nbformat_minor = 5
    return notebook


def grade_id(cell: Mapping[str, Any]) -> str:
    """The nbgrader id of a cell of any shape; "" if it has none."""
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, Mapping) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, Mapping) else None
    return name if isinstance(name, str) else ""


def note(*lines: str) -> NotebookNode:
    """A Markdown cell that shows ``lines`` as they are, whatever they contain."""
    cell = nbformat.v4.new_markdown_cell(fenced("\n".join(lines)))
    cell.metadata["autograder"] = {"note": True}
    return cell


def fenced(text: str) -> str:
    """``text`` as a Markdown code block that nothing in ``text`` can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def is_harmless_markdown(source: str, attachments: Mapping[str, Any]) -> bool:
    """Whether nbconvert renders ``source`` without a tag or an address the student could misuse.

    nbgrader's templates put rendered Markdown into the page as it is, also into the formgrader,
    where a script would run with the instructor's rights.
    """
    if len(source) > LONGEST_MARKDOWN:
        return False
    try:
        MarkdownWithMath(renderer=_StrictRenderer(attachments=dict(attachments))).render(source)
    except Exception:  # a cell that nbconvert cannot render would cost the student the whole page
        return False
    return True


class _HarmfulError(Exception):
    """The Markdown holds something that must not reach a page as it is."""


class _StrictRenderer(IPythonRenderer):
    """nbconvert's renderer, which stops where it would pass something through unescaped."""

    def __init__(self, attachments: dict[str, dict[str, str]]) -> None:
        super().__init__(escape=False, attachments=attachments)

    def block_html(self, html: str) -> str:
        raise _HarmfulError(html)

    def inline_html(self, html: str) -> str:
        if _PLAIN_TAG.fullmatch(html.strip()) is None:
            raise _HarmfulError(html)
        return html

    def block_mermaidjs(self, code: str) -> str:  # nbconvert does not escape the diagram's text
        raise _HarmfulError(code)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        # A browser ignores control characters inside a scheme ("java\nscript:").
        address = re.sub(r"[\x00-\x20]", "", url)
        if _SCHEME.match(address) and not _OPEN_SCHEME.match(address):
            raise _HarmfulError(url)
        return str(super().link(text, url, title))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        # Only pictures inside the notebook: fetching an address is an action of the reader.
        if _PICTURE.fullmatch(self._embed_image_or_attachment(url)) is None:
            raise _HarmfulError(url)
        return str(super().image(text, url, title))


def _graded_cell(release_cell: NotebookNode, theirs: Mapping[str, Any]) -> NotebookNode:
    cell = copy.deepcopy(release_cell)
    if cell.metadata.nbgrader.get("solution"):
        cell.source = _source(theirs)
        if cell.cell_type == "markdown":
            _disarm(cell, theirs)
    return cell


def _plain_cell(
    theirs: Mapping[str, Any], prose: Mapping[tuple[str, str], NotebookNode]
) -> NotebookNode:
    kind, source = theirs.get("cell_type"), _source(theirs)
    own = prose.get((str(kind), source))
    if own is not None:
        return copy.deepcopy(own)
    if kind == "markdown":
        cell = nbformat.v4.new_markdown_cell(source)
        _disarm(cell, theirs)
    elif kind == "code":
        cell = nbformat.v4.new_code_cell(source)
    else:
        cell = nbformat.v4.new_raw_cell(source)
    if isinstance(identifier := theirs.get("id"), str):
        cell.id = identifier
    return cell


def _disarm(cell: NotebookNode, theirs: Mapping[str, Any]) -> None:
    """Keep Markdown that is harmless; show any other as its source, with its pictures."""
    attachments = _pictures(theirs.get("attachments"))
    if is_harmless_markdown(cell.source, attachments):
        if attachments:
            cell.attachments = nbformat.from_dict(attachments)
    else:
        cell.source = fenced(cell.source)
        for number, bundle in enumerate(attachments.values(), 1):
            name = f"picture-{number}"
            cell.source += f"\n\n![{name}](attachment:{name})"
            cell.setdefault("attachments", nbformat.from_dict({}))[name] = nbformat.from_dict(
                bundle
            )


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in attachments.items() if isinstance(attachments, Mapping) else ():
        for kind, data in bundle.items() if isinstance(bundle, Mapping) else ():
            if kind in _PICTURE_TYPES and isinstance(data, str) and _BASE64.fullmatch(data):
                kept.setdefault(str(name), {})[kind] = data
    return kept


def _size(cell: NotebookNode) -> int:
    pictures = cell.get("attachments", {}).values()
    return len(cell.source) + sum(len(data) for kinds in pictures for data in kinds.values())


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source")
    if isinstance(source, Iterable) and not isinstance(source, str):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    # A lone surrogate is valid in JSON and cannot be written to any file.
    source = source.encode("utf-8", "replace").decode("utf-8")
    if len(source) > LONGEST_SOURCE:
        cut = len(source) - LONGEST_SOURCE
        source = f"{source[:LONGEST_SOURCE]}\n# ... {cut} more characters are left out here ..."
    if cell.get("cell_type") != "markdown" and len(source) > LONGEST_LINE:
        source = "\n".join(
            line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}  # ... cut here ..."
            for line in source.split("\n")
        )
    return source


def _insert_missing(cells: list[NotebookNode], graded: Mapping[str, NotebookNode]) -> None:
    """Put every release cell that the submission lacks behind its neighbour in the release."""
    placed = {name for cell in cells if (name := grade_id(cell))}
    previous: str | None = None
    for name, release_cell in graded.items():
        if name not in placed:
            cell = copy.deepcopy(release_cell)
            nbgrader = cell.metadata.nbgrader
            if is_question(cell):
                cell.metadata["autograder"] = {"lost": True}
            if cell.cell_type == "code" and nbgrader.get("solution") and not nbgrader.get("grade"):
                cell.source = MOVED
            where = next(
                (index + 1 for index, other in enumerate(cells) if grade_id(other) == previous), 0
            )
            cells.insert(where if previous is not None else 0, cell)
        previous = name


def _number(cells: list[NotebookNode]) -> None:
    """Give every cell a valid and unique id and no trace of having been run."""
    seen: set[str] = set()
    for index, cell in enumerate(cells):
        identifier = cell.get("id", "")
        if not _CELL_ID.fullmatch(identifier) or identifier in seen:
            identifier = f"restored-{index}"
        while identifier in seen:
            identifier = f"{identifier}x"
        seen.add(identifier)
        cell.id = identifier
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
