"""Large files, and files that would cost the grader gigabytes. No keras."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from autograder.sources import notebook_file
from autograder.sources.notebook_file import UnreadableFileError, read_notebook
from autograder.sources.submission import read_submission

CLASS = "class Adam:\n    pass"


def notebook(*outputs: Any, **fields: Any) -> bytes:
    cell = {"cell_type": "code", "source": CLASS, "metadata": {}, "outputs": list(outputs)}
    prose = {"cell_type": "markdown", "source": ["é\n", "b"], "metadata": {"tags": ["x"]}}
    prose["attachments"] = {"a.png": {"image/png": "AAAA"}}
    return json.dumps({"nbformat": 4, "cells": [cell | fields, prose], "metadata": {}}).encode()


def write(folder: Path, content: bytes) -> Path:
    path = folder / "optimizers.ipynb"
    path.write_bytes(content)
    return path


def picture(size: int) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * size}}


def test_outputs_do_not_count_toward_the_size(tmp_path: Path) -> None:
    path = write(tmp_path, notebook(*[picture(1_000_000)] * 30))
    tracemalloc.start()
    found = read_notebook(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * path.stat().st_size
    assert found["cells"][0]["outputs"] == []
    assert read_submission(path).definitions(["Adam"]).missing == {}


@pytest.mark.parametrize("large", [False, True])
def test_all_but_outputs_is_kept(
    tmp_path: Path, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook_file, "_MAX_VALUES", 0 if large else 1_000_000)
    code, prose = read_notebook(write(tmp_path, notebook(picture(10))))["cells"]
    assert (code["source"], code["outputs"]) == (CLASS, [])
    assert (prose["source"], prose["metadata"]) == (["é\n", "b"], {"tags": ["x"]})
    assert prose["attachments"] == {"a.png": {"image/png": "AAAA"}}


def test_a_byte_order_mark_and_not_a_number_are_accepted(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbf" + notebook({"data": float("nan")}))
    assert len(read_notebook(path)["cells"]) == 2


def test_a_byte_order_mark_of_a_large_file_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook_file, "MAX_KEPT_BYTES", 1000)
    path = write(tmp_path, b"\xef\xbb\xbf" + notebook({"data": "x" * 2000}))
    assert len(read_notebook(path)["cells"]) == 2


MANY = b'{"nbformat": 4, "cells": [%s]}'
CELL = b'{"cell_type": "code", "source": ""}'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (MANY % b",".join([CELL] * 6000), "has 6,000 cells; at most 5,000 are read. Delete"),
        (MANY % b",".join([CELL] * 210_000), "has 210,000 cells"),
        (
            MANY % b",".join([b"[]"] * 1_100_000),
            "is not a valid notebook (Expected `object`, got `array` - at `$.cells[0]`)",
        ),
        (MANY % b",".join([b"{}"] * 1_100_000), "outputs that are too large to be read. Clear"),
        (MANY % b'{"a": ' + b"[" * 5_000_000, "are not valid JSON"),
        (MANY % (b"[" * 500 + b"]" * 500), "its JSON is nested too deeply"),
        (b'{"nbformat": 4, "cells": [], "metadata": {"a": %s}}' % (b"[" * 99 + b"]" * 99), "deep"),
        (notebook(source="x" * 20_100_000), "has 20 MB besides its outputs; at most 20 MB"),
        (notebook(source=["x = 1\n"] * 200_000), "has 1.2 MB of code; at most 1 MB is read"),
    ],
    ids=["cells", "large", "no cells", "objects", "open", "depth", "metadata", "size", "code"],
)
def test_what_would_cost_gigabytes_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = write(tmp_path, content)
    assert said in read_submission(path).unreadable


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            {"nbformat": 3, "worksheets": [{"cells": []}]},
            "has the old format 3 and is too large to be converted. Jupyter converts it to format "
            "4 when it saves it. Clear its outputs (in JupyterLab: Edit > ",
        ),
        ({"nbformat": 4}, "is not a valid notebook (Object missing required field `cells`). Save"),
        ({"nbformat": 5, "cells": []}, "(`nbformat` must be 4, and is 5). Save it in Jupyter"),
        ({"cells": []}, "(`nbformat` must be 4, and is None). Save it in Jupyter"),
        ({"nbformat": "4", "cells": []}, "(`nbformat` must be 4, and is '4'). Save it in Jupyter"),
    ],
)
def test_a_large_file_of_valid_json_is_never_called_invalid_json(
    tmp_path: Path, content: dict[str, Any], said: str
) -> None:
    many = {"metadata": {"values": [0] * 1_000_001}}
    path = write(tmp_path, json.dumps(content | many).encode())
    assert said in read_submission(path).unreadable


def test_a_larger_file_says_how_to_clear_outputs(tmp_path: Path) -> None:
    path = write(tmp_path, b"")
    with path.open("r+b") as stream:
        stream.truncate(250_000_000)  # a sparse file
    with pytest.raises(UnreadableFileError) as refused:
        read_notebook(path)
    assert refused.value.what == "is too large (250 MB; at most 200 MB are read)"
    assert "Edit > Clear Outputs of All Cells" in refused.value.fix
