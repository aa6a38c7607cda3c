"""Cells as IPython reads them: IPython itself says what is right. No keras."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from autograder.sources.definitions import Cell, definitions
from autograder.sources.ipython import transformed
from autograder.sources.magics import (
    MAX_MAGIC_TOKENS,
    count_magic_tokens,
    plain_python,
    without_magics,
)

CODE = "def answer():\n    return 42\n"
INDENTED = "    def answer():\n        return 42\n"
PROMPTS = ">>> def answer():\n...     return 42\n"

CELLS = {
    "plain": CODE,
    "indented": INDENTED,
    "indented by a tab": "\tdef answer():\n\t\treturn 42\n",
    "indented, with an empty line": INDENTED.replace("():\n", "():\n\n"),
    "indented under empty lines": "\n\n" + INDENTED,
    "indented more at first": "    x = 1\n  y = 2\n" + CODE,
    "prompts": PROMPTS,
    "indented prompts": "".join(f"    {line}\n" for line in PROMPTS.splitlines()),
    "prompts and output": ">>> 1 + 1\n2\n" + PROMPTS,
    "IPython's prompts": "In [12]: def answer():\n    ...:     return 42\n",
    "IPython's prompts in vi mode": "[ins] In [1]: def answer():\n         ...:     return 42\n",
    "%%time": "%%time\n" + CODE,
    "%%time under empty lines": "\n\n%%time\n" + CODE,
    "%%capture with a name": "%%capture printed\n" + CODE,
    "%%prun": "%%prun -q\n" + CODE,
    "stacked": "%%time\n%%capture\n" + CODE,
    "stacked, three": "%%capture\n%%time\n%%capture\n" + CODE,
    "stacked with empty lines": "%%time\n\n%%capture\n\n" + CODE,
    "stacked and indented": "    %%time\n    %%capture\n" + INDENTED,
    "indented under a magic": "%%time\n" + INDENTED,
    "%%timeit": "%%timeit -n1 -r1\n" + CODE,
    "%%bash": "%%bash\ntrue\n" + CODE,
    "%%script": "%%script true\n" + CODE,
    "%%python": "%%python\n" + CODE,
    "%%html": "%%html\n<b>bold</b>\n",
    "%%time?": "%%time?\n" + CODE,
    "line magic": "%precision 3\n" + CODE,
    "%time with a result": "%time factor = 2\ndef answer():\n    return 21 * factor\n",
    "%time on several lines": "%time two = max(1, \\\n  2)\ndef answer():\n    return 21 * two\n",
    "magic in a block": "if True:\n    %pwd\n    def answer():\n        return 42\n",
    "magic in a function": "def answer():\n    %pwd\n    return 42\n",
    "shell": "!true\n" + CODE,
    "shell on several lines": "!true \\\n  --version\n" + CODE,
    "shell in a loop": "for _ in range(2):\n    !true\n" + CODE,
    "shell assigned": "files = !true\n" + CODE,
    "shell assigned in a function": "def answer():\n    out = !true\n    return 42 + len(out)\n",
    "double shell": "!!true\n" + CODE,
    "magic assigned": "here = %pwd\n" + CODE,
    "help": "len?\n" + CODE,
    "help above": "?len\n" + CODE,
    "help on the source": CODE + "answer??\n",
    "help on an attribute": "str.upper?\n" + CODE,
    "help on a wildcard": "str.*er?\n" + CODE,
    "semicolon": CODE + "answer();\n",
    "semicolons": "x = 1; y = 2;\n" + CODE,
    "await": "import asyncio\nawait asyncio.sleep(0)\n" + CODE,
    "autocall": ";print a b\n/print 1\n" + CODE,
    "a percent sign": "rest = 7 \\\n  % 3\n" + CODE,
    "a percent sign in a string": 'text = """\n%%time\n!ls\nlen?\n"""\n' + CODE,
    "a prompt in a string": 'text = """\n>>> 1\n"""\n' + CODE,
    "an ellipsis": "def stub():\n    ...\n" + CODE,
    "display": "display(1)\n" + CODE,
    "Jupyter's names": "def answer():\n    return 42 if get_ipython() and In else 0\n",
    "carriage returns": CODE.replace("\n", "\r\n"),
    "carriage returns and a magic": "%pwd\r\n" + CODE.replace("\n", "\r\n"),
    "a form feed": "\f\n" + CODE,
    "a form feed and a magic": "%pwd\n\f\n" + CODE,
    "Python 2": "print 'x'\n" + CODE,
    "unclosed": "print((1)\n" + CODE,
    "a magic in an expression": "x = [%pwd]\n" + CODE,
    "a question in the middle": "x = len? + 1\n" + CODE,
    "a magic below a mistake": "def f(:\n%pwd\n" + CODE,
    "unindent": "    x = 1\n  y = 2\n    def answer():\n        return 42\n",
    "a null byte": "x = '\0'\n" + CODE,
    "nothing": "",
    "only a magic": "%%time\n",
    "only %%": "%%\n" + CODE,
}


@pytest.fixture(scope="module")
def shell() -> InteractiveShell:
    return InteractiveShell.instance()


def answer_in_ipython(shell: InteractiveShell, cell: str) -> Any:
    shell.user_ns.pop("answer", None)
    with capture_output():
        shell.run_cell(cell)
    found = shell.user_ns.get("answer")
    with capture_output():
        return found() if found else None


def answer_here(cell: str) -> Any:
    """What the function returns that is cut out of a cell; None if there is none."""
    from autograder.probing.notebook_names import notebook_names

    found, _, _ = definitions([Cell("cell 1", cell)], ["answer"])
    space = notebook_names()
    for file in found.files:
        body = ast.parse(file.text).body
        module = ast.Module([body[index] for index in file.keep], [])
        exec(compile(module, "cell 1", "exec"), space)
    return space["answer"]() if "answer" in space else None


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_defines_what_it_defines_in_a_notebook(shell: InteractiveShell, name: str) -> None:
    assert answer_here(CELLS[name]) == answer_in_ipython(shell, CELLS[name])


@pytest.mark.parametrize("name", CELLS)
def test_lines_keep_their_numbers(name: str) -> None:
    cell = CELLS[name]
    written = next((n for n, line in enumerate(cell.split("\n"), 1) if "def answer" in line), 0)
    for text in (without_magics(cell), without_magics(f"{cell}\n%pwd\n")):
        lines = text.split("\n")
        assert "def answer" in lines[written - 1] or not any("def answer" in x for x in lines)


@pytest.mark.parametrize(
    ("cell", "line", "said"),
    [
        ("!ls\n\n    x = 1", 3, "unexpected indent"),
        ("%%time\n%%capture\n\ndef f(:\n    pass", 4, "invalid syntax"),
        ("!ls \\\n -l\nf(", 3, "'(' was never closed"),
        ("x?\n" + "a" * 400, 1, "has 300 characters or more. Remove the ?"),
    ],
)
def test_a_cell_that_ipython_refuses_is_broken_at_its_line(cell: str, line: int, said: str) -> None:
    _, _, (broken,) = definitions([Cell("cell 1", cell)], ["answer"])
    assert (broken.line, said in broken.message) == (line, True), broken


@pytest.mark.parametrize("cell", ["!ls\n" * 30, "    !ls\n    if 1:\n" + "        %pwd\n" * 30])
def test_magics_are_read_until_that_takes_too_long(cell: str) -> None:
    assert len(transformed(cell, (), 100_000)) == cell.count("\n")
    with pytest.raises(SyntaxError, match="too many magics and shell lines in one cell"):
        transformed(cell, (), 1000)


UNREAD = {
    "magics": "%a\n" * 400,
    "magics in a block": "if 1:\n" + " !a\n" * 400,
    "questions and carriage returns": "a?\r\n" * 400,
    "code below magics": "!a\n" * 20 + "(" * 40_000,
    "lines below a magic": "!a\n(" + "\n" * 800_000,
    "blanks before an unknown sign": "$" + " " * 900_000 + "$",
    "blanks before many": "!a\n" * 20 + ("$" + " " * 8) * 9_000,
    "backslashes in a string without an end": "'" + "\\'" * 20_000,
}


@pytest.mark.parametrize("text", UNREAD.values(), ids=UNREAD)
def test_what_ipython_reads_for_long_is_broken_unread(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.sources.ipython.transformed", pytest.fail)
    with pytest.raises(SyntaxError, match="too many magics and shell lines in one cell"):
        plain_python(text)


def test_a_number_of_very_many_digits_is_broken_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sources.ipython.transformed", pytest.fail)
    with pytest.raises(SyntaxError, match="100,000 digits in a row"):
        plain_python("x = " + "9" * 900_000 + "\n")
    text = "x = '" + "9" * 900_000 + "'\n"
    assert plain_python(text) is text


def test_a_long_set_up_of_shell_lines_is_within_the_bounds() -> None:
    line = "!pip install --quiet --upgrade 'package[extra]>=1.2'\n"
    cell = line * 100 + CODE
    assert "def answer" in plain_python(cell)
    assert count_magic_tokens(line * 10 + "x = 'it\\'s'  # a\n" * 200) < MAX_MAGIC_TOKENS / 10


def test_a_call_that_looks_like_a_timed_line_is_left_alone() -> None:
    cell = "!ls\nget_ipython().run_line_magic('time', cmd)\nx = 1\n"
    assert "get_ipython().run_line_magic('time', cmd)" in plain_python(cell)


def test_a_module_is_read_by_python_alone() -> None:
    module = Cell("module", INDENTED, magics=False)
    _, defined, (broken,) = definitions([module], ["answer"])
    assert (defined, str(broken)) == (
        frozenset(),
        "module, line 1: `def answer():` · unexpected indent",
    )


def test_python_without_prompts_is_left_as_it_is() -> None:
    text = 'x = """a\n   \nb"""  \n'
    assert plain_python(text) is text
