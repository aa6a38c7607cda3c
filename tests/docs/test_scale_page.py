"""docs/scale.md says what the measured run comes to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
RESULTS = BENCHMARKS / "results" / "measured.json"


def test_its_tables_are_worked_out_from_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    import scale

    text = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    between = text.partition(scale.BEGIN)[2].partition(scale.END)[0].strip()
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert between == scale.tables_of(results), "Run: uv run python benchmarks/scale.py --write"


def test_the_results_name_no_machine_and_no_folder() -> None:
    for path in RESULTS.parent.iterdir():
        found = re.findall(r"/(?:root|home|tmp|work|Users)/[^\s\"]*", path.read_text("utf-8"))
        assert found == [], path.name
