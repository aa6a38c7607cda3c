"""nbgrader's checksums, which tell it whether a student changed a cell."""

from __future__ import annotations

import nbformat


def with_checksums(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook itself, with nbgrader's checksum in every cell that nbgrader knows.

    Raises:
        nbformat.ValidationError: the notebook is invalid.
    """
    from nbgrader.utils import compute_checksum  # takes 3 s to import

    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["cell_type"] = cell.cell_type
            cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    nbformat.validate(notebook)
    return notebook
