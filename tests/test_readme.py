"""What the README tells people to type exists; test_demo and test_course_releases run it."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [
    line.split("#")[0].strip()
    for block in BLOCKS
    for command in block.splitlines()
    for line in command.split("&&")
    if line.split("#")[0].strip()
]
COMMANDS = [shlex.split(line)[2:] for line in LINES if line.startswith("uv run ")]


def help_of(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, words
    return result.output


def test_it_opens_with_the_two_commands() -> None:
    assert BLOCKS[0].startswith("pip install uv && uv run autograder demo")
    assert "uv run pytest" in BLOCKS[0]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_and_option_exists(words: list[str]) -> None:
    if words[0] != "autograder":
        assert words[0] in {"pytest", "python"}
        return
    shown = help_of(words[1])
    for option in [word for word in words if word.startswith("--")]:
        assert option in shown


def test_the_table_of_options_is_that_of_grade() -> None:
    listed = set(re.findall(r"^\| `(--[a-z]+)", README, re.MULTILINE))
    shown = set(re.findall(r"(--[a-z]+)", help_of("grade")))
    assert listed == shown - {"--help", "--course", "--no"}


def test_the_folders_it_draws_are_there() -> None:
    tree = re.search(r"```\nautograder/\n(.*?)```", README, re.DOTALL)
    assert tree
    for name in re.findall(r"^  (\w+(?:/|\.py))", tree[1], re.MULTILINE):
        assert (ROOT / "autograder" / name).exists(), name


def test_every_assignment_is_named() -> None:
    (listed,) = re.findall(r"^The assignments, in order: (.*)\.$", README, re.MULTILINE)
    there = {path.parent.name for path in (ROOT / "solutions").glob("*/checks.py")}
    assert set(re.findall(r"`(\w+)`", listed)) == there


def test_nothing_of_the_machine_it_was_written_on_is_left() -> None:
    assert "TRANSCRIPT" not in README
    assert not re.search(r"/(root|home|work)/", README)
