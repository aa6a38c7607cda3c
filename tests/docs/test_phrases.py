"""The lint for banned phrases finds what it should, and nothing in correct English."""

import importlib.util
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "phrases.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("phrases", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["phrases"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


phrases = load()
RULES = phrases.read_rules()


def found(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.phrase) for each in phrases.findings("a.md", text, RULES.phrase)]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Mend this cell.", "Mend"),
        ("The cell was stepped over.", "stepped over"),
        ("Nothing was handed in.", "handed in"),
        ("X was used in place of writing it.", "in place of"),
        ("The same command: a run is gone on with.", "is gone on with"),
        ("Whoever grades may look.", "Whoever"),
        ("Nobody is graded twice.", "Nobody"),
        ("The loss is no number any more.", "no number any more"),
        ("`find` stands 2 times in the cell", "stands 2 times"),
        ("0.5, give or take 0.1", "give or take"),
        ("This is no notebook.", "is no notebook"),
    ],
)
def test_a_planted_phrase_is_found_with_its_line(text: str, phrase: str) -> None:
    assert (2, phrase) in found(f"First line.\n{text}\n")


def test_a_phrase_across_two_lines_is_found_also_in_a_comment() -> None:
    assert found("# was used in place\n# of writing it") == [(1, "in place of")]
    assert found("was stepped\n    over") == [(1, "stepped over")]


@pytest.mark.parametrize(
    "text",
    [
        "Amend the recommended commendation.",
        "The hand-in was an overhand throw; hand it to the student.",
        "There are no files, and there is no module of that name.",
        "`v` stands for the velocity, which the layer keeps in its state.",
        "Put the bias in place, instead of adding it.",
        "Both cores are busy; a run may be cut short by Ctrl-C.",
        "The bearer of a token is no different.",
    ],
)
def test_correct_english_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_a_finding_names_the_file_the_line_and_a_better_phrase() -> None:
    (finding,) = phrases.findings("docs/a.md", "\nIt was mended.", RULES.phrase)
    assert str(finding) == "docs/a.md:2: mended -> fix"


def test_the_command_exits_with_1_if_it_finds_any_and_0_if_none(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for path in (SCRIPT, SCRIPT.with_suffix(".toml")):
        shutil.copy(path, tmp_path / "scripts")
    (tmp_path / "guide.md").write_text("First.\nMend this cell.\n")
    (tmp_path / "untracked.md").write_text("Mend this one too.\n")
    git = ["git", "-c", f"safe.directory={tmp_path}"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*git, "add", "scripts", "guide.md"], cwd=tmp_path, check=True)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "scripts/phrases.py", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (run().returncode, run().stdout) == (1, "guide.md:2: Mend -> fix\n")
    assert (run("scripts").returncode, run("scripts").stdout) == (0, "")


def test_every_exception_names_files_that_exist_and_a_reason() -> None:
    tracked = phrases.tracked_files(ROOT, [])
    for allowed in RULES.allow:
        assert any(fnmatch(name, allowed.path) for name in tracked), allowed.path
        assert allowed.reason


def test_every_pattern_is_its_own() -> None:
    patterns = [phrase.pattern for phrase in RULES.phrase]
    assert len(patterns) == len(set(patterns))
    assert all(re.compile(pattern) for pattern in patterns)
