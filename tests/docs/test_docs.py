"""What the README and the guides tell people to type exists."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from autograder.cli import app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    ROOT / "assignments" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
PROGRAMS = {
    "autograder",
    "coverage",
    "lint-imports",
    "mkdocs",
    "mypy",
    "nbgrader",
    "pytest",
    "python",
    "ruff",
}
COMMANDS_OF_THE_APP = getattr(get_command(app), "commands", {})


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands_in(text: str) -> list[list[str]]:
    """The words after ``uv run``, or from ``autograder`` on where students have it installed.

    They are those of every shell block, and after ``$`` of what a console shows.
    """
    shown = [
        "\n".join(re.findall(r"^\$ (.*)", block, re.MULTILINE))
        for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    ]
    lines = [
        line.strip()
        for block in [*re.findall(r"```(?:sh|bash)\n(.*?)```", text, re.DOTALL), *shown]
        for whole in block.replace("\\\n", " ").splitlines()
        for line in whole.split("#")[0].split("&&")
    ]
    ours = [line for line in lines if line.startswith(("uv run ", "autograder "))]
    return [shlex.split(line.removeprefix("uv run ")) for line in ours]


COMMANDS = sorted({tuple(words) for name in NAMES for words in commands_in(text_of(name))})


def help_of(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, words
    return result.output


def parsed_by_the_app(words: list[str]) -> None:
    """Parse a command line without running it; raises a usage error for what does not exist."""
    if words[0].startswith("--"):
        assert words[0] in help_of()
        return
    command = COMMANDS_OF_THE_APP[words[0]]
    command.make_context(words[0], words[1:])


@pytest.mark.parametrize(
    "line",
    [
        "verify optimizers --seed 5",
        "grade",
        "new lion --exercise Lion --kind loss",
        "preview lion --into",
    ],
)
def test_a_command_line_that_is_wrong_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"such option|Missing|is not one of|requires an argument"):
        parsed_by_the_app(line.split())


def test_the_readme_opens_with_the_two_commands_and_a_picture() -> None:
    first, _, rest = README.read_text(encoding="utf-8").partition("## ")
    block = re.findall(r"```sh\n(.*?)```", first, re.DOTALL)[0]
    assert block.startswith("pip install uv && uv run autograder demo")
    assert "uv run pytest" in block
    assert "![" in first
    assert rest


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_and_option_exists(words: tuple[str, ...]) -> None:
    assert words[0] in PROGRAMS
    if words[0] == "autograder":
        parsed_by_the_app(list(words[1:]))
    for path in (word for word in words if word.endswith((".py", ".sh"))):
        assert (ROOT / path).is_file(), path


@pytest.mark.parametrize("command", ["check", "grade", "report"])
def test_the_tables_of_options_are_complete(command: str) -> None:
    name = "docs/students.md" if command == "check" else "docs/instructors.md"
    (table,) = re.findall(
        rf"^\| option of `{command}` .*\n(?:\|.*\n)+", text_of(name), re.MULTILINE
    )
    listed = set(re.findall(r"^\| `(--[a-z][a-z-]+)", table, re.MULTILINE))
    shown = set(re.findall(r"(--[a-z][a-z-]+)", help_of(command)))
    assert listed == shown - {"--help", "--course", "--no"}


def test_the_floors_it_draws_are_those_of_the_engine() -> None:
    (tree,) = re.findall(r"```\nautograder/\n(.*?)```", text_of("docs/architecture.md"), re.DOTALL)
    drawn = set(re.findall(r"^  (\w+)(?:/|\.py)", tree, re.MULTILINE))
    floors = {path.parent.name for path in (ROOT / "autograder").glob("*/__init__.py")}
    modules = {path.stem for path in (ROOT / "autograder").glob("[a-z]*.py")}
    assert drawn - floors == modules
    assert floors - drawn <= {"outputs"}  # deprecated names alone


def test_every_assignment_is_named() -> None:
    students = text_of("docs/students.md")
    (listed,) = re.findall(r"^The assignments, in order: (.*)\.$", students, re.MULTILINE)
    there = {path.parent.name for path in (ROOT / "solutions").glob("*/checks.py")}
    assert set(re.findall(r"`(\w+)`", listed)) == there
    assert set(re.findall(r"^\| \d \| `(\w+)`", text_of("assignments/README.md"), re.M)) == there


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text_of(name)):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        page = (ROOT / name).parent / file if file else ROOT / name
        assert page.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_the_machine_it_was_written_on_is_left(name: str) -> None:
    assert "TRANSCRIPT" not in text_of(name)
    assert not re.search(r"/(root|home|work)/", text_of(name))
