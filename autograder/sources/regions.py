"""Solution regions: the lines an author marks, which students never get.

### BEGIN SOLUTION: Update the velocity, then move the variable by it.
...
### END SOLUTION
"""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.model import AutograderError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def marked(cell: NotebookNode) -> bool:
    """Whether a cell has a solution region."""
    return any(line.strip().startswith(BEGIN) for line in cell.source.splitlines())


def released(cell: NotebookNode, where: str) -> str:
    """A cell's text as students get it; see ``without_solutions``."""
    return without_solutions(cell.source, where, prose=cell.cell_type != "code")


def without_solutions(text: str, where: str, *, prose: bool = False) -> str:
    """The text with each solution region replaced by the sentence after its marker.

    Args:
        where: the file and the cell, for error messages.
        prose: the text is a question's, whose region contains the rubric; the sentence is released
            as it is. In code, the stub raises ``NotImplementedError`` with the sentence.

    Raises:
        AutograderError: an unmatched or nested marker, or a region without a sentence.
    """
    lines: list[str] = []
    begun = 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith(BEGIN):
            sentence = stripped.removeprefix(BEGIN).removeprefix(":").strip()
            if begun:
                raise AutograderError(
                    f"{where}, line {number}: {BEGIN} inside the region that begins at line "
                    f"{begun}. Put {END} between them."
                )
            if not sentence:
                raise AutograderError(
                    f"{where}, line {number}: {BEGIN} has no sentence. Say what to write there, "
                    f"as in `{BEGIN}: Update the velocity.`; the student's stub raises it."
                )
            begun = number
            indent = line[: len(line) - len(line.lstrip())]
            stub = sentence if prose else f"raise NotImplementedError({_quoted(sentence)})"
            lines.append(f"{indent}{stub}")
        elif stripped.startswith(END):
            if not begun:
                raise AutograderError(f"{where}, line {number}: {END} without a {BEGIN} before it.")
            begun = 0
        elif not begun:
            lines.append(line)
    if begun:
        raise AutograderError(f"{where}, line {begun}: {BEGIN} without an {END} after it.")
    return "\n".join(lines)


def _quoted(sentence: str) -> str:
    return '"' + sentence.replace("\\", "\\\\").replace('"', '\\"') + '"'
