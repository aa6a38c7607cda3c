"""Readers of untrusted bytes under random content; `benchmarks/fuzz.py` is guided by coverage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers import READERS, seeds

ROOT = Path(__file__).parents[1]
SEEDS = seeds()

# As much as CI has time for: the same readers run for an hour by hand.
much = settings(
    max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=15,
)
wrong: st.SearchStrategy[Any] = json_values | st.sampled_from(
    [{}, [], "", None, -1, 1e308, "average", "code"]
)
cell = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | wrong,
        "source": st.text(max_size=60) | st.lists(st.text(max_size=10)) | wrong,
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "nbgrader": st.fixed_dictionaries(
                    {},
                    optional={
                        "grade_id": st.sampled_from(["average", "check-average"]) | wrong,
                        "points": wrong,
                        "locked": wrong,
                        "schema_version": wrong,
                    },
                )
                | wrong
            },
        )
        | wrong,
        "outputs": wrong,
        "attachments": wrong,
        "id": wrong,
        "execution_count": wrong,
    },
)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cell | wrong, max_size=6) | wrong},
    optional={
        "nbformat": st.sampled_from([3, 4, 5, "4", 4.0]) | wrong,
        "nbformat_minor": wrong,
        "metadata": wrong,
        "worksheets": wrong,
    },
)


@given(notebooks.map(lambda found: {"nbformat": 4, **found}) | json_values)
@much
def test_any_json_is_a_submission_or_says_why_not(content: Any) -> None:
    READERS["notebook"](json.dumps(content).encode())


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
@much
def test_a_reader_keeps_its_promise_on_damaged_content(name: str, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SEEDS[name])))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(content)))
        upto = data.draw(st.integers(at, min(len(content), at + 40)))
        content[at:upto] = data.draw(st.binary(max_size=12))
    READERS[name](bytes(content))


@pytest.mark.parametrize("name", READERS)
@given(content=st.binary(max_size=400))
@much
def test_a_reader_keeps_its_promise_on_any_bytes(name: str, content: bytes) -> None:
    READERS[name](content)


@given(st.text(alphabet="class def average()[]{}:=,.@*%!?>/;#\n \t\"'\\\0\ud800é0x", max_size=120))
@much
def test_any_text_is_a_module_or_broken(text: str) -> None:
    READERS["module"](text.encode("utf-8", "surrogatepass"))


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_a_coverage_guided_fuzzer_finds_nothing(name: str) -> None:
    pytest.importorskip("atheris", reason="it exists for Linux only")
    fuzz = [sys.executable, str(ROOT / "benchmarks" / "fuzz.py"), name, "--seconds", "20"]
    done = subprocess.run(fuzz, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    assert "executions" in done.stdout
