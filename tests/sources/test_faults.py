"""Every way in which an author may break an assignment, and what is said of it. No keras.

Each row breaks the course of conftest.py in one way, which must be one fault: of that file, at the
line with that text, with that message.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from editing import change, downhill

from autograder.sources.assignment import read_assignment, read_assignments
from autograder.sources.course import Course
from autograder.sources.examine import examine
from autograder.sources.faults import CourseFaults, Fault

Break = Callable[[Path], None]

BEGIN_WALK = "### BEGIN SOLUTION: Subtract rate times each gradient in turn."
BEGIN_AVERAGE = '### BEGIN SOLUTION: Divide the sum by "how many", \\nu, there are.'

QUESTION = """
# %% [markdown] question="why-downhill" points=4
# Why does the walk end?
# ### BEGIN SOLUTION: *Write your answer here.*
# Half of the points for naming the zero gradient at the bottom.
# ### END SOLUTION
"""

PREDICTION = """
# %% [markdown] prediction="end"
# Where does the walk end?
#
# - **a** at 0
# - **b** elsewhere

# %%
print(walk(3.0, 0.1, [1.0]))

# %% [markdown]
# At 2.9.
"""

HIDDEN = """from checks import close, hills, walk
walk.rule("other_hills", "Others.", points=1, probe="visited", inputs=hills, judge=close())
"""


def edit(name: str, old: str, new: str) -> Break:
    return lambda folder: change(folder / name, old, new)


def add(name: str, text: str) -> Break:
    def broken(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + text)

    return broken


def write(name: str, content: bytes) -> Break:
    def broken(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return broken


def recode(name: str, old: bytes, new: bytes) -> Break:
    return lambda folder: write(name, (folder / name).read_bytes().replace(old, new))(folder)


def remove(name: str) -> Break:
    return lambda folder: (folder / name).unlink()


def both(*breaks: Break) -> Break:
    def broken(folder: Path) -> None:
        for each in breaks:
            each(folder)

    return broken


def move(old: Path, new: Path) -> None:
    old.rename(new)


def cut(name: str, begin: str) -> Break:
    """Leave out everything from a text on."""

    def broken(folder: Path) -> None:
        (folder / name).write_text((folder / name).read_text().partition(begin)[0])

    return broken


def found_in(folder: Path) -> tuple[Fault, ...]:
    """What is said of an assignment: at reading it, or else by examining it."""
    try:
        return examine(read_assignment(folder))
    except CourseFaults as error:
        return error.faults


def line_with(path: Path, text: str) -> int:
    """The first line of a file with a text; ``=text`` for the whole line, ``text@@2``: second."""
    lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    wanted, _, count = text.partition("@@")
    whole = wanted.startswith("=")
    found = [
        number
        for number, line in enumerate(lines, 1)
        if (line == wanted[1:] if whole else wanted in line)
    ]
    return found[int(count or 1) - 1]


NOTEBOOK = [
    (
        "no notebook",
        remove("downhill.py"),
        "",
        "the file is missing. Write the assignment's percent",
    ),
    (
        "a notebook in Latin 1",
        recode("downhill.py", b"# Downhill", b"# D\xf6wnhill"),
        "# # D",
        "is not UTF-8 text. Save the file as UTF-8.",
    ),
    (
        "a region without an end",
        edit("downhill.py", "### END SOLUTION\n    return", "return"),
        "BEGIN SOLUTION: Subtract",
        "### BEGIN SOLUTION without an ### END SOLUTION after it. Add one.",
    ),
    (
        "a region without a beginning",
        edit("downhill.py", f"    {BEGIN_WALK}\n", ""),
        "### END SOLUTION",
        "### END SOLUTION without a ### BEGIN SOLUTION before it. Add one.",
    ),
    (
        "a region in a region",
        edit("downhill.py", "    for gradient", "    ### BEGIN SOLUTION: Again.\n    for gradient"),
        "BEGIN SOLUTION: Again",
        "inside the region that begins 2 lines above. Put ### END SOLUTION between them.",
    ),
    (
        "a region without a sentence",
        edit("downhill.py", BEGIN_WALK, "### BEGIN SOLUTION"),
        "### BEGIN SOLUTION",
        "has no sentence. Say what to write there, as in",
    ),
    (
        "an empty region",
        edit("downhill.py", "    return np.sum(numbers) / len(numbers)\n", ""),
        "BEGIN SOLUTION: Divide",
        "the solution region is empty. Put it around the solution.",
    ),
    (
        "a misspelt marker",
        edit("downhill.py", BEGIN_WALK, BEGIN_WALK.replace("###", "##")),
        "## BEGIN SOLUTION: Subtract",
        "this is almost a marker: ",
    ),
    (
        "a marker in small letters",
        edit("downhill.py", "### END SOLUTION\n    return", "### end solution\n    return"),
        "### end solution",
        "Write ### BEGIN SOLUTION: or ### END SOLUTION.",
    ),
    (
        "a region outside an exercise",
        edit(
            "downhill.py",
            "import numpy as np",
            "### BEGIN SOLUTION: Import it.\nimport numpy as np\n### END SOLUTION",
        ),
        "=# %%",
        'a solution region outside an exercise. Start the cell with `# %% exercise="Name"`',
    ),
    (
        "two cells of one exercise",
        edit("downhill.py", '# %% exercise="average"', '# %% exercise="walk"'),
        '# %% exercise="walk"@@2',
        "exercise 'walk' already has a cell. Merge the two cells.",
    ),
    (
        "a cell of an unknown exercise",
        edit("downhill.py", '# %% exercise="average"', '# %% exercise="mean"'),
        'exercise="mean"',
        "exercise 'mean' is not defined in checks.py, which has walk, average.",
    ),
    (
        "a cell without a region",
        edit(
            "downhill.py",
            f"    {BEGIN_AVERAGE}\n    return np.sum(numbers) / len(numbers)\n"
            "    ### END SOLUTION\n",
            "    return 0\n",
        ),
        'exercise="average"',
        "exercise 'average' has no solution region. Put what students write between",
    ),
    (
        "an exercise without a cell",
        cut("downhill.py", "# %% [markdown]\n# ## And"),
        "",
        "exercise 'average' of checks.py has no cell. Start one with",
    ),
    (
        "a function of another name",
        edit("downhill.py", "def average(", "def averages("),
        "def averages(",
        "the cell of exercise 'average' defines 'averages'. Name what students write 'average'",
    ),
    (
        "an exercise defined again",
        add("downhill.py", "\n# %%\ndef walk(start):\n    pass\n"),
        "def walk(start):",
        "'walk' is an exercise and is defined here again. Define it only in its cell",
    ),
    (
        "no quotes around a name",
        edit("downhill.py", '# %% exercise="average"', "# %% exercise=average"),
        "exercise=average",
        "`exercise=average` cannot be read. Write it as `# %% exercise=",
    ),
    (
        "a misspelt key of a cell",
        edit("downhill.py", '# %% exercise="average"', '# %% excercise="average"'),
        "excercise=",
        "a cell has no 'excercise'. Did you mean 'exercise'?",
    ),
    (
        "a comma between the keys of a cell",
        edit("downhill.py", '# %% exercise="average"', '# %% exercise="average", bonus=True'),
        'exercise="average",',
        'exercise must be one name: `# %% exercise="Name"`, without commas.',
    ),
    (
        "no space after the mark of a cell",
        edit("downhill.py", '# %% exercise="average"', '# %%exercise="average"'),
        "# %%exercise",
        "this starts no cell. Put a space after `# %%`.",
    ),
    (
        "a text cell without brackets",
        edit("downhill.py", "# %% [markdown]\n# ## And", "# %% markdown\n# ## And"),
        "# %% markdown",
        "this is a code cell. For text, begin it with `# %% [markdown]`.",
    ),
    (
        "an exercise in a text cell",
        edit("downhill.py", '# %% exercise="average"', '# %% [markdown] exercise="average"'),
        "[markdown] exercise=",
        "exercise 'average' must be a code cell: `# %% exercise=\"average\"`.",
    ),
    (
        "points of an exercise in the notebook",
        edit("downhill.py", '# %% exercise="average"', '# %% exercise="average" points=3'),
        "points=3",
        "points of exercises are given to their checks, in checks.py.",
    ),
    (
        "a syntax error in a given cell",
        edit("downhill.py", "import numpy as np", "import numpy as np\nvalues = [1, 2"),
        "values = [1, 2",
        "not valid Python: '[' was never closed. Fix this line.",
    ),
    (
        "a syntax error in a solution",
        edit("downhill.py", "places.append(place)", "places.append(place"),
        "places.append(place",
        "not valid Python: '(' was never closed. Fix this line.",
    ),
    (
        "a tab",
        edit("downhill.py", "        places.append(place)", "\tplaces.append(place)"),
        "\tplaces.append",
        "the indentation contains a tab. Indent by four spaces.",
    ),
    (
        "a marker that is not indented",
        edit("downhill.py", f"    {BEGIN_WALK}", BEGIN_WALK),
        "BEGIN SOLUTION: Subtract",
        "without the solution, this cell is not valid Python: ",
    ),
    (
        "a question without points",
        add("downhill.py", QUESTION.replace(" points=4", "")),
        "question=",
        "must be a Markdown cell with points > 0. Start it with",
    ),
    (
        "points of a question in quotes",
        add("downhill.py", QUESTION.replace("points=4", 'points="4"')),
        "question=",
        "must be a Markdown cell with points > 0. Start it with",
    ),
    (
        "a question in a code cell",
        add("downhill.py", QUESTION.replace("[markdown] ", "")),
        "question=",
        "must be a Markdown cell with points > 0. Start it with",
    ),
    (
        "a question without a rubric",
        add("downhill.py", QUESTION[: QUESTION.index("# ###")]),
        "question=",
        "question 'why-downhill' has no rubric. Put what earns the points between",
    ),
    (
        "a rubric that does not end",
        add("downhill.py", QUESTION.replace("# ### END SOLUTION\n", "")),
        "*Write your answer here.*",
        "without an ### END SOLUTION after it. Add one.",
    ),
    (
        "two questions of one name",
        add("downhill.py", QUESTION + QUESTION.replace("Why does", "How does")),
        "question=@@2",
        "the name 'why-downhill' is already taken by another question or exercise. Rename",
    ),
    (
        "a question named by two words",
        add("downhill.py", QUESTION.replace("why-downhill", "why downhill")),
        "question=",
        "'why downhill' is not a valid name for a question. Use letters, digits, _ and -.",
    ),
    (
        "points without a question",
        add("downhill.py", QUESTION.replace('question="why-downhill" ', "").split("# ###")[0]),
        "points=4",
        'only a question has points. Name it: question="name".',
    ),
    (
        "a prediction in a code cell",
        add("downhill.py", PREDICTION.replace("[markdown] pred", "pred")),
        "prediction=",
        "the prediction 'end' must be a Markdown cell: `# %% [markdown] prediction=",
    ),
    (
        "a prediction named by two words",
        add("downhill.py", PREDICTION.replace('"end"', '"the end"')),
        "prediction=",
        "'the end' is not a valid name for a prediction. Use letters, digits and _.",
    ),
    (
        "two predictions of one name",
        add("downhill.py", PREDICTION * 2),
        "prediction=@@2",
        "the prediction 'end' already has a cell. Rename one of them.",
    ),
    (
        "a prediction with one choice",
        add("downhill.py", PREDICTION.replace("# - **b** elsewhere\n", "")),
        "prediction=",
        "the prediction 'end' needs at least two choices, and has 1. Write each as a line",
    ),
    (
        "a prediction whose choices are not a and b",
        add("downhill.py", PREDICTION.replace("**b**", "**c**")),
        "prediction=",
        "the choices of the prediction 'end' are a, c. Call them a, b, in that order.",
    ),
    (
        "a prediction without a plot",
        add("downhill.py", PREDICTION.partition("\n# %%\n")[0]),
        "prediction=",
        "no code cell follows the prediction 'end' that shows what was asked for.",
    ),
    (
        "a prediction that no text answers",
        add("downhill.py", PREDICTION.partition("\n# %% [markdown]\n")[0]),
        "prediction=",
        "no text follows the plot of the prediction 'end'. Say below the plot what it shows",
    ),
    (
        "a prediction with points",
        add("downhill.py", PREDICTION.replace('"end"', '"end" points=1')),
        "points=1",
        "only a question has points.",
    ),
    (
        "a misspelt prediction",
        add("downhill.py", PREDICTION.replace("prediction=", "predicton=")),
        "predicton=",
        "a cell has no 'predicton'. Did you mean 'prediction'?",
    ),
]

CHECKS = [
    ("no checks", remove("checks.py"), "", "the file is missing. An assignment's folder holds"),
    (
        "a syntax error in the checks",
        add("checks.py", "\ndef f(:\n"),
        "def f(:",
        "not valid Python: invalid syntax. Fix this line.",
    ),
    (
        "a tab in the checks",
        add("checks.py", "\nif True:\n\tpass\n"),
        "\tpass",
        "the indentation contains a tab. Indent by four spaces.",
    ),
    (
        "checks that raise",
        add("checks.py", "\nFACTOR = 1 / 0\n"),
        "1 / 0",
        "cannot be run: ZeroDivisionError: division by zero. Fix this line.",
    ),
    (
        "checks that exit",
        add("checks.py", "\nraise SystemExit(3)\n"),
        "raise SystemExit",
        "cannot be run: SystemExit: 3. Fix this line.",
    ),
    (
        "checks that import what does not exist",
        add("checks.py", "\nimport no_such_module\n"),
        "import no_such_module",
        "cannot be run: ModuleNotFoundError: No module named 'no_such_module'. Fix this line.",
    ),
    (
        "an unknown judge",
        edit("checks.py", "    judge=close(),", "    judge=clsoe(),"),
        "judge=clsoe",
        "cannot be run: NameError: name 'clsoe' is not defined",
    ),
    (
        "no exercise",
        write("checks.py", b"walk = 'Exercise'\n"),
        "",
        'the file defines no exercise. Start with `Momentum = Exercise("Momentum")`',
    ),
    (
        "two exercises of one name",
        add("checks.py", '\nagain = Exercise("walk")\n'),
        "again = ",
        "another exercise is named 'walk' too. Rename one of them.",
    ),
    (
        "an exercise named by two words",
        both(
            edit("checks.py", 'Exercise("average", bonus=True)', 'Exercise("the average")'),
            edit("downhill.py", '# %% exercise="average"', '# %% exercise="the average"'),
            edit("downhill.py", "def average(", "the = average = 0\ndef average("),
            edit("misconceptions.toml", 'exercise = "average"', 'exercise = "the average"'),
        ),
        'Exercise("the average")',
        "'the average' is not a valid name for an exercise. Use letters, digits and _",
    ),
    (
        "an exercise without a check",
        edit("checks.py", "@average.check(", "@walk.check("),
        "average = Exercise",
        "exercise 'average' has no check. Declare one with `@average.check(...)`.",
    ),
    (
        "forbidden names without a comma",
        edit("checks.py", 'Exercise("walk")', 'Exercise("walk", forbidden=("numpy.cumsum"))'),
        "walk = Exercise",
        "`forbidden` of exercise 'walk' must be a tuple of names",
    ),
    (
        "two checks of one name",
        edit("checks.py", '"starts_at_the_start"', '"takes_every_step"'),
        "walk.rule(@@2",
        "another check is named 'walk.takes_every_step' too. Rename one of them.",
    ),
    (
        "a check named by two words",
        edit("checks.py", '"starts_at_the_start"', '"starts at the start"'),
        "walk.rule(@@2",
        "check 'walk.starts at the start' has an invalid name. Use letters, digits and _",
    ),
    (
        "a check named with a dot",
        edit("checks.py", '"starts_at_the_start"', '"starts.there"'),
        "walk.rule(@@2",
        "check 'walk.starts.there' has an invalid name.",
    ),
    (
        "a check of 0 points",
        edit("checks.py", "points=1.5", "points=0"),
        "@average.check",
        "check 'average.divides_by_the_count' is worth 0 points. Give it a number of points above",
    ),
    (
        "a check of negative points",
        edit("checks.py", "points=1.5", "points=-1"),
        "@average.check",
        "is worth -1 points. Give it a number of points above 0",
    ),
    (
        "points in quotes",
        edit("checks.py", "points=1.5", 'points="1.5"'),
        "@average.check",
        "is worth '1.5' points. Give it a number of points above 0, without quotes",
    ),
    (
        "points that are not a number",
        edit("checks.py", "points=1.5", 'points=float("nan")'),
        "@average.check",
        "is worth nan points.",
    ),
    (
        "points left out",
        edit("checks.py", "points=1.5, ", ""),
        "@average.check",
        "cannot be run: TypeError: Exercise.check() missing 1 required keyword-only argument: 'po",
    ),
    (
        "an option misspelt",
        edit("checks.py", "points=1.5,", "points=1.5, tolerence=0.1,"),
        "@average.check",
        "a check has no option 'tolerence'; its options are measure, tolerance",
    ),
    (
        "an empty claim",
        edit("checks.py", '"Every step goes downhill by rate times the gradient."', '" "'),
        "walk.rule(",
        "check 'walk.takes_every_step' has no claim. Write the sentence that students read",
    ),
    (
        "a check without a docstring",
        edit("checks.py", "'''The sum is divided by how many numbers there are.'''", "pass"),
        "@average.check",
        "check 'average.divides_by_the_count' has no claim.",
    ),
    (
        "an unknown probe",
        edit("checks.py", 'probe="visited"', 'probe="visits"'),
        "walk.rule(",
        "check 'walk.takes_every_step' names the probe 'visits', which probes.py does not define. "
        "Did you mean 'visited'? Defined: first_place, middle, visited.",
    ),
    (
        "a probe that is not named but passed",
        edit("checks.py", 'probe="middle"', "probe=numbers"),
        "@average.check",
        "Give the name of a function in probes.py, in quotes.",
    ),
    (
        "inputs that were called",
        edit(
            "checks.py",
            "inputs=numbers)",
            "inputs=numbers(__import__('numpy').random.default_rng()))",
        ),
        "@average.check",
        "check 'average.divides_by_the_count' has inputs={'numbers': array(",
    ),
    (
        "inputs without a generator",
        edit(
            "checks.py",
            'def numbers(rng):\n    return {"numbers": rng.uniform(1, 2, size=5)}',
            "def numbers():\n    return {}",
        ),
        "def numbers",
        "`inputs` of check 'average.divides_by_the_count' must be a function of one parameter",
    ),
    (
        "a measure of one argument",
        edit(
            "checks.py",
            "inputs=numbers)",
            "inputs=numbers, measure=lambda observed: observed)",
        ),
        "measure=lambda observed",
        "`measure` of check 'average.divides_by_the_count' must be a function of two parameters",
    ),
    (
        "a judge of unknown arguments",
        edit("checks.py", "(observed, expected):", "(observed, hoped):"),
        "@average.check",
        "asks for 'hoped'. A check's function may take observed, expected, inputs, measured, "
        "wanted.",
    ),
    (
        "an aspect that there is not",
        edit("checks.py", "inputs=numbers)", 'inputs=numbers, aspect="speed")'),
        "@average.check",
        "has aspect='speed'. Write one of rule, behaviour, convergence.",
    ),
    (
        "inputs of a check that there is not",
        edit("checks.py", "inputs=numbers)", 'inputs=numbers, inputs_of="sums")'),
        "@average.check",
        "has inputs_of='sums', and average has no check of that name.",
    ),
    (
        "a judgment in itself of one argument",
        edit("checks.py", "inputs=numbers)", "inputs=numbers, in_itself=lambda observed: None)"),
        "in_itself=lambda observed",
        "`in_itself` of check 'average.divides_by_the_count' must be a function of three",
    ),
    (
        "a judge of a measure that is missing",
        edit("checks.py", "(observed, expected):", "(observed, expected, measured):"),
        "@average.check",
        "asks for 'measured'. Give it `measure=` a function of (observed, inputs).",
    ),
    (
        "a ready-made judge that was not called",
        edit("checks.py", "    judge=close(),", "    judge=close,"),
        "walk.rule(@@2",
        "looks at nothing that the student did: its judge takes neither observed nor measured.",
    ),
    (
        "withheld names without a comma",
        edit("checks.py", "points=1.5,", 'points=1.5, withheld=("numbers"),'),
        "@average.check",
        "has withheld='numbers'. Write a tuple of names",
    ),
    (
        "an unknown name withheld",
        edit("checks.py", "points=1.5,", 'points=1.5, withheld=("number",),'),
        "@average.check",
        "withholds 'number', which is none of its inputs numbers.",
    ),
    (
        "a budget of no time",
        edit("checks.py", "points=1.5,", "points=1.5, budget=0,"),
        "@average.check",
        "has budget=0. Give a number above 0, or leave it out.",
    ),
    (
        "a check that often fails correct code",
        edit("checks.py", "points=1.5,", "points=1.5, false_alarm=0.05,"),
        "@average.check",
        "has false_alarm=0.05. Give the probability with which it fails correct code by chance",
    ),
    (
        "an unknown float type",
        edit("checks.py", "points=1.5,", 'points=1.5, reference_floatx="double",'),
        "@average.check",
        'has reference_floatx=\'double\'. Write "float32" or "float64".',
    ),
    (
        "a judge that returns its decision",
        edit("checks.py", "    close()(observed, expected)", "    return observed == expected"),
        "return observed == expected",
        "the check divides_by_the_count returns its decision, which is not looked at. Call expect(",
    ),
    (
        "a judge that asserts",
        edit("checks.py", "    close()(observed, expected)", "    assert observed == expected"),
        "assert observed == expected",
        "the check divides_by_the_count asserts, which leaves students ungraded. Call expect(",
    ),
    (
        "inputs from NumPy's global generator",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "__import__('numpy').random.rand(5)"),
        "def numbers",
        "input 'numbers' of check average.divides_by_the_count differs when it is drawn twice",
    ),
    (
        "inputs from Python's global generator",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "[__import__('random').random()]"),
        "def numbers",
        "Draw from `rng` alone: no np.random, no random, no time",
    ),
    (
        "inputs from a generator without a seed",
        edit(
            "checks.py",
            "rng.uniform(1, 2, size=5)",
            "__import__('numpy').random.default_rng().random(5)",
        ),
        "def numbers",
        "differs when it is drawn twice from the same generator.",
    ),
    (
        "inputs from the day's date",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "[__import__('time').time() // 86400]"),
        "def numbers",
        "differs when it is drawn twice from the same generator.",
    ),
    (
        "inputs that remember",
        edit(
            "checks.py",
            "def numbers(rng):\n",
            "drawn = []\n\n\ndef numbers(rng):\n    drawn.append(1)\n"
            '    return {"numbers": drawn[:]}\n',
        ),
        "def numbers",
        "nothing that remembers the draw before.",
    ),
    (
        "inputs that raise",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "rng.uniforms(1, 2, size=5)"),
        "rng.uniforms",
        "the inputs of check average.divides_by_the_count cannot be drawn: AttributeError",
    ),
    (
        "inputs that are a list",
        edit("checks.py", '{"numbers": rng.uniform(1, 2, size=5)}', "[rng.uniform(1, 2, size=5)]"),
        "def numbers",
        "are a list. Return a dictionary with a value for each parameter of the probe.",
    ),
    (
        "inputs that are no JSON",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "{1, 2}"),
        "def numbers",
        "check average.divides_by_the_count: input 'numbers' is a set, which cannot be sent",
    ),
    (
        "inputs with NaN in them",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "[1.0, float('nan')]"),
        "def numbers",
        "input 'numbers'[1] is nan, which JSON does not have. Use np.array(nan).",
    ),
    (
        "inputs that are arrays of objects",
        edit("checks.py", "rng.uniform(1, 2, size=5)", "__import__('numpy').array([None])"),
        "def numbers",
        "input 'numbers' is an array of object, which cannot be sent",
    ),
    (
        "inputs that the probe does not take",
        edit("checks.py", '{"numbers": rng', '{"rows": 3, "numbers": rng'),
        "@average.check",
        "check average.divides_by_the_count passes 'rows' to probe middle, which takes numbers.",
    ),
    (
        "inputs that the probe lacks",
        edit("checks.py", '"rate": 0.1, ', ""),
        "walk.rule(",
        "probe visited requires 'rate', which check walk.takes_every_step does not pass; it passes "
        "start, gradients. Add it to the inputs.",
    ),
    (
        "an input named like the implementation",
        edit(
            "probes.py",
            'def middle(average, *, numbers):\n    return {"middle": np.array(average(numbers))}',
            "def middle(numbers, **more):\n    return {}",
        ),
        "@average.check",
        "has an input 'numbers', which is the first parameter of probe middle",
    ),
]

PROBES = [
    ("no probes", remove("probes.py"), "", "the file is missing. It defines the probes"),
    (
        "a syntax error in the probes",
        add("probes.py", "\ndef visits(:\n"),
        "def visits(:",
        "not valid Python: invalid syntax. Fix this line.",
    ),
    (
        "a tab in the probes",
        add("probes.py", "\ndef visits(walk):\n\treturn {}\n"),
        "\treturn {}",
        "the indentation contains a tab. Indent by four spaces.",
    ),
    (
        "a probe without parameters",
        edit(
            "probes.py", "def middle(average, *, numbers):", "def middle(*, numbers, average=len):"
        ),
        "def middle(",
        "probe 'middle' has no place for the student's class or function. Make it the first",
    ),
    (
        "a probe that imports a module beside it",
        both(add("tools.py", "FACTOR = 2\n"), add("probes.py", "\nfrom tools import FACTOR\n")),
        "from tools import",
        "a probe cannot import 'tools' from the assignment's folder. Move what it needs into",
    ),
    (
        "a probe that imports a shared module as a whole",
        add("probes.py", "\nimport _shared.walking\n"),
        "import _shared",
        "a module of _shared/ is imported as a whole. Import names from it instead",
    ),
    (
        "a probe that opens a file",
        edit("probes.py", "average(numbers))", 'average(np.load("numbers.npy")))'),
        "np.load",
        "a probe cannot open a file of the course ('numbers.npy'). Read it in checks.py",
    ),
    (
        "a probe that looks for its file",
        add("probes.py", "\nHERE = __file__\n"),
        "__file__",
        "a probe has no file: `__file__` is undefined there. Pass what it needs as inputs.",
    ),
    (
        "a probe that starts a program",
        add("probes.py", "\nimport subprocess\n"),
        "import subprocess",
        "a probe cannot start a program (subprocess). Do it in Python.",
    ),
    (
        "a probe that downloads data",
        edit("probes.py", "average(numbers))", "average(keras.datasets.mnist.load_data()))"),
        "load_data",
        "a probe cannot download data (keras.datasets.mnist.load_data). Draw them in checks.py",
    ),
]

HIDDEN_FILES = [
    (
        "hidden_checks.py",
        "a hidden file without checks",
        add("hidden_checks.py", "from checks import walk\n"),
        "",
        "the file declares no check. Import an exercise from checks",
    ),
    (
        "hidden_checks.py",
        "a hidden check of an unknown exercise",
        add(
            "hidden_checks.py",
            "from checks import Exercise, close, hills\nrun = Exercise('run')\n"
            + HIDDEN.splitlines()[1].replace("walk", "run")
            + "\n",
        ),
        "run = Exercise",
        "exercise 'run' is not one of checks.py. Import it from there: `from checks import run`.",
    ),
    (
        "hidden_checks.py",
        "a hidden check that imports what is not there",
        add("hidden_checks.py", HIDDEN.replace("hills, walk", "hills, run")),
        "from checks import",
        "cannot be run: ImportError: cannot import name 'run'",
    ),
    (
        "hidden_checks.py",
        "a hidden check of an unknown probe",
        add("hidden_checks.py", HIDDEN.replace('"visited"', '"visits"')),
        "walk.rule",
        "check 'walk.other_hills' names the probe 'visits', which probes.py does not define.",
    ),
    (
        "hidden_checks.py",
        "a hidden check of the same name",
        add("hidden_checks.py", HIDDEN.replace("other_hills", "takes_every_step")),
        "walk.rule",
        "another check is named 'walk.takes_every_step' too. Rename one of them.",
    ),
    (
        "hidden_probes.py",
        "a hidden probe of the same name",
        both(
            add("hidden_checks.py", HIDDEN),
            add("hidden_probes.py", "def visited(walk, **inputs):\n    return {}\n"),
        ),
        "def visited",
        "probes.py defines another probe 'visited'. Rename this one.",
    ),
    (
        "hidden_probes.py",
        "a syntax error in the hidden probes",
        both(add("hidden_checks.py", HIDDEN), add("hidden_probes.py", "def visits(:\n")),
        "def visits",
        "not valid Python: invalid syntax. Fix this line.",
    ),
    (
        "hidden_check.py",
        "a hidden file that is misspelt",
        add("hidden_check.py", HIDDEN),
        "",
        "this file is not read. Rename it to hidden_checks.py.",
    ),
    (
        "checks.py",
        "checks that are misspelt",
        lambda folder: move(folder / "checks.py", folder / "check.py"),
        "",
        "the file is missing. Rename check.py to checks.py.",
    ),
    (
        "misconceptions.toml",
        "misconceptions that are misspelt",
        lambda folder: move(folder / "misconceptions.toml", folder / "misconception.toml"),
        "",
        "the file is missing. Rename misconception.toml to misconceptions.toml.",
    ),
    (
        "variants/loops.py",
        "a variant with a syntax error",
        add("variants/loops.py", "def average(numbers:\n    return 0\n"),
        "def average",
        "not valid Python: '(' was never closed. Fix this line.",
    ),
    (
        "variants/loops.py",
        "a variant that mixes tabs and spaces",
        add("variants/loops.py", "def average(numbers):\n    if numbers:\n\treturn 0\n"),
        "\treturn 0",
        "not valid Python: inconsistent use of tabs and spaces in indentation. Fix this line.",
    ),
    (
        "variants/loops.py",
        "a variant of nothing",
        add("variants/loops.py", "def averages(numbers):\n    return 0\n"),
        "",
        "the variant defines no exercise. Define one of walk, average, or delete the file.",
    ),
    (
        "variant",
        "a folder of variants that is misspelt",
        add("variant/loops.py", "def average(numbers):\n    return 0\n"),
        "",
        "this file is not read. Rename it to variants.",
    ),
    (
        "../_shared/walking.py",
        "a syntax error in a shared module",
        both(
            add("../_shared/walking.py", "FACTOR = 2\ndef visited(:\n"),
            add("probes.py", "\nfrom _shared.walking import visited\n"),
            edit("probes.py", "def visited(walk, *, start", "def visits(walk, *, start"),
        ),
        "def visited(:",
        "not valid Python: invalid syntax. Fix this line.",
    ),
    (
        "probes.py",
        "a shared module that is missing",
        both(
            add("../_shared/walking.py", ""),
            add("probes.py", "\nfrom _shared.walks import visited\n"),
            edit("probes.py", "def visited(walk, *, start", "def visits(walk, *, start"),
        ),
        "from _shared.walks",
        "walks.py is missing, which is imported here.",
    ),
    (
        "probes.py",
        "a shared module that lacks a probe",
        both(
            add("../_shared/walking.py", "FACTOR = 2\n"),
            add("probes.py", "\nfrom _shared.walking import visited\n"),
            edit("probes.py", "def visited(walk, *, start", "def visits(walk, *, start"),
        ),
        "from _shared.walking",
        "walking.py does not define 'visited'.",
    ),
    (
        "../_shared/draws.py",
        "a shared module of the checks that raises",
        both(
            add("../_shared/draws.py", "FACTOR = 2\nFACTOR.half\n"),
            edit("checks.py", "\nwalk =", "\nfrom _shared.draws import FACTOR\n\nwalk ="),
        ),
        "FACTOR.half",
        "cannot be run: AttributeError: 'int' object has no attribute 'half'. Fix this line.",
    ),
]

TOML = [
    (
        "no misconceptions",
        remove("misconceptions.toml"),
        "",
        "the file is missing. It lists the known mistakes of the assignment",
    ),
    (
        "text without quotes",
        edit("misconceptions.toml", '"uphill"', "uphill"),
        "name = uphill",
        "not valid TOML: Invalid value. Put text between quotes.",
    ),
    (
        "a backslash in quotes",
        edit("misconceptions.toml", "You walk up", "You \\walk up"),
        "\\walk",
        "Between \"...\" a backslash is written twice; between '...' it is written once.",
    ),
    (
        "misconceptions in Latin 1",
        recode("misconceptions.toml", b"walk up", b"g\xf6 up"),
        'hint = "You g',
        "is not UTF-8 text. Save the file as UTF-8.",
    ),
    (
        "a table that is misspelt",
        add("misconceptions.toml", '\n[[misconceptions]]\nname = "sideways"\n'),
        "[[misconceptions]]",
        "the file must contain only tables that begin with [[misconception]]",
    ),
    (
        "a table in single brackets",
        write("misconceptions.toml", b'# One.\n\n[misconception]\nname = "uphill"\n'),
        "[misconception]",
        "the file must contain only tables that begin with [[misconception]]",
    ),
    (
        "a key that is misspelt",
        edit("misconceptions.toml", 'find = "place - rate"', 'fnd = "place - rate"'),
        "fnd =",
        "misconception 'uphill' is invalid: ",
    ),
    (
        "a key that is missing",
        edit("misconceptions.toml", 'find = "place - rate"\n', ""),
        "[[misconception]]",
        "misconception 'uphill' is invalid: missing required field `find`.",
    ),
    (
        "a hint that is a number",
        edit("misconceptions.toml", '"You walk up: subtract."', "3"),
        "hint = 3",
        "Every misconception has five strings: name, exercise, hint, find, replace.",
    ),
    (
        "a misconception of an unknown exercise",
        edit("misconceptions.toml", 'exercise = "average"', 'exercise = "averages"'),
        '"averages"',
        "there is no exercise 'averages'. Expected one of: walk, average. Did you mean 'average'?",
    ),
    (
        "two misconceptions of one name",
        edit("misconceptions.toml", '"never_moves_on"', '"uphill"'),
        'name = "uphill"@@2',
        "another one of walk is named 'uphill' too. Rename one.",
    ),
    (
        "a misconception named by two words",
        edit("misconceptions.toml", '"never_moves_on"', '"never moves on"'),
        '"never moves on"',
        "invalid name. Use one word that starts with a lowercase letter",
    ),
    (
        "a misconception named as the reference",
        edit("misconceptions.toml", '"never_moves_on"', '"reference"'),
        '"reference"',
        "'reference' is reserved.",
    ),
    (
        "an empty hint",
        edit("misconceptions.toml", '"You walk up: subtract."', '" "'),
        'hint = " "',
        "misconception walk.uphill has an empty hint. Say what the student should look at",
    ),
    (
        "an edit that matches nothing",
        edit("misconceptions.toml", '"place - rate"', '"position - rate"'),
        "position - rate",
        "`find` must match exactly once in the walk cell; it matches 0 times: 'position - rate'. "
        "Copy the text from the cell.",
    ),
    (
        "an edit with other spaces",
        edit("misconceptions.toml", '"place - rate"', '"place-rate"'),
        "place-rate",
        "it matches 0 times: 'place-rate'. The spaces or line breaks differ.",
    ),
    (
        "an edit that matches twice",
        edit("misconceptions.toml", 'find = "place - rate"', 'find = "gradient"'),
        'find = "gradient"',
        "Add what is before or after the place that you mean.",
    ),
    (
        "an edit that finds nothing to look for",
        edit("misconceptions.toml", 'find = "place - rate"', 'find = ""'),
        'find = ""',
        "`find` must match exactly once in the walk cell; it matches 0 times: ''.",
    ),
    (
        "an edit that changes nothing",
        edit("misconceptions.toml", 'replace = "place + rate"', 'replace = "place - rate"'),
        'replace = "place - rate"',
        "`find` and `replace` are the same text, so nothing would change. Change one.",
    ),
    (
        "an edit that is not Python",
        edit("misconceptions.toml", 'replace = "place + rate"', 'replace = "place + (rate"'),
        'replace = "place + (rate"',
        "with the edit of walk.uphill, line 7 of the cell, `place = place + (rate * gradient`, is "
        "not valid Python: '(' was never closed. Change `replace`.",
    ),
    (
        "a hint that quotes the answer",
        edit(
            "misconceptions.toml",
            '"You walk up: subtract."',
            '"Write `place = place - rate*gradient`."',
        ),
        'hint = "Write',
        "the hint of walk.uphill quotes a line of the reference: 'place = place - rate * gradient'",
    ),
    (
        "a long hint that quotes the answer",
        edit(
            "misconceptions.toml",
            '"You walk up: subtract."',
            '"""\nYou walk up.\nWrite `place = place - rate*gradient`."""',
        ),
        "Write `place",
        "Say what is wrong, not what is right.",
    ),
]

REVEALED = (
    "reveals a line of the reference: 'place = place - rate * gradient'. Rephrase it, or move"
)

ANSWERS = [
    (
        "downhill.py",
        "the answer in the text",
        edit("downhill.py", "goes against the gradient.", "is `place = place - rate * gradient`."),
        "is `place = place",
        REVEALED,
    ),
    (
        "downhill.py",
        "the answer in text that goes on",
        edit("downhill.py", "goes against the gradient.", "is place = place - rate *\n# gradient."),
        "is place = place",
        REVEALED,
    ),
    (
        "downhill.py",
        "the answer in a comment",
        edit(
            "downhill.py", "import numpy as np", "import numpy as np  # place=place-rate*gradient"
        ),
        "# place=place",
        REVEALED,
    ),
    (
        "downhill.py",
        "the answer in another cell",
        add(
            "downhill.py",
            "\n# %%\ndef helper(place, rate, gradient):\n"
            "    place = place  -  rate * gradient\n    return place\n",
        ),
        "place  -  rate",
        REVEALED,
    ),
    (
        "downhill.py",
        "the answer in the sentence of the region",
        edit(
            "downhill.py", "Subtract rate times each gradient in turn.", "place=place-rate*gradient"
        ),
        "BEGIN SOLUTION: place=",
        REVEALED,
    ),
    (
        "downhill.py",
        "the answer in a docstring",
        edit(
            "downhill.py",
            '"""The places visited, shape (steps,)."""',
            '"""Each place=place-rate*gradient."""',
        ),
        '"""Each place',
        REVEALED,
    ),
    (
        "checks.py",
        "the answer in the checks",
        add("checks.py", "\n# As place = place - rate * gradient says.\n"),
        "# As place",
        REVEALED,
    ),
    (
        "probes.py",
        "the answer in the probes",
        add(
            "probes.py",
            "\n\ndef moved(place, rate, gradient):\n"
            "    place = place -  rate*gradient\n    return place\n",
        ),
        "place -  rate*gradient",
        REVEALED,
    ),
    (
        "probes.py",
        "a smaller part of the solution in the probes",
        add("probes.py", '\n"""As in\n    places.append(place)\n"""\n'),
        "places.append(place)",
        "reveals a line of the reference: 'places.append(place)'.",
    ),
    (
        "probes.py",
        "a smaller part of the solution, with a comment behind it",
        add("probes.py", "\n\ndef kept(places, place):\n    places.append(place)  # in order\n"),
        "places.append(place)  # in order",
        "reveals a line of the reference: 'places.append(place)'.",
    ),
    (
        "downhill.py",
        "a rubric in the text",
        both(
            add("downhill.py", QUESTION),
            edit(
                "downhill.py",
                "goes against the gradient.",
                "goes down. Half of the points for naming the zero gradient at the bottom.",
            ),
        ),
        "goes down. Half",
        "reveals a line of the reference: 'Half of the points for naming the zero gradient",
    ),
    (
        "downhill.py",
        "a helper in another solution",
        both(
            edit(
                "downhill.py",
                "def walk(start, rate, gradients):",
                "### BEGIN SOLUTION: Help.\ndef total(numbers):\n    return sum(numbers)\n"
                "### END SOLUTION\n\n\ndef walk(start, rate, gradients):",
            ),
            edit("downhill.py", "return np.sum(numbers) /", "return total(numbers) /"),
        ),
        "def total",
        "'total' is defined only in the solution of 'walk', and exercise 'average' (line 31) needs "
        "it, so students would lack it. Move it out of the solution region, into a cell of its",
    ),
]

KINDS = [
    *(("downhill.py", *row) for row in NOTEBOOK),
    *(("checks.py", *row) for row in CHECKS),
    *(("probes.py", *row) for row in PROBES),
    *HIDDEN_FILES,
    *(("misconceptions.toml", *row) for row in TOML),
    *ANSWERS,
]


def test_the_course_itself_has_no_fault(course: Path) -> None:
    assert found_in(downhill(course)) == ()


@pytest.mark.parametrize(
    ("file", "kind", "broken", "at", "said"), KINDS, ids=[kind for _, kind, *_ in KINDS]
)
def test_each_breakage_is_one_fault_with_its_file_and_line(
    file: str, kind: str, broken: Break, at: str, said: str, course: Path
) -> None:
    folder = downhill(course)
    broken(folder)
    (fault,) = found_in(folder)
    assert said in fault.message
    path = folder / file
    assert fault.path.resolve() == path.resolve()
    assert fault.line == (line_with(path, at) if at else 0)


def test_everything_that_is_wrong_is_said_at_once_and_sorted(course: Path) -> None:
    folder = downhill(course)
    change(folder / "checks.py", "points=1.5", "points=0")
    change(folder / "checks.py", 'Exercise("walk")', 'Exercise("walk", forbidden="numpy")')
    change(folder / "downhill.py", "import numpy as np", "import numpy as np as")
    change(folder / "misconceptions.toml", '"You walk up: subtract."', '""')
    add("probes.py", "\ndef visits(:\n")(folder)
    add("variants/loops.py", "def average(:\n")(folder)
    with pytest.raises(CourseFaults) as raised:
        read_assignment(folder)
    found = [(fault.path.name, fault.line) for fault in raised.value.faults]
    assert found == [
        ("checks.py", 5),
        ("checks.py", 35),
        ("downhill.py", 7),
        ("misconceptions.toml", 5),
        ("probes.py", 16),
        ("loops.py", 1),
    ]
    lines = str(raised.value).splitlines()
    assert len(lines) == 6
    assert lines[0].startswith(f"{folder / 'checks.py'}, line 5: `forbidden` of exercise 'walk'")


def test_checks_that_cannot_be_run_do_not_hide_the_rest(course: Path) -> None:
    folder = downhill(course)
    change(folder / "checks.py", 'walk = Exercise("walk")', "walk = Exercise(1 / 0)")
    change(folder / "downhill.py", BEGIN_WALK, "### BEGIN SOLUTION")
    change(folder / "misconceptions.toml", 'find = " / len(numbers)"', 'find = "len()"')
    with pytest.raises(CourseFaults) as raised:
        read_assignment(folder)
    assert [(fault.path.name, fault.line) for fault in raised.value.faults] == [
        ("checks.py", 5),
        ("downhill.py", 13),
        ("misconceptions.toml", 20),
    ]


def test_the_faults_of_several_assignments_are_said_together(course: Path) -> None:
    for name in ("uphill", "sideways"):
        folder = course / "solutions" / name
        shutil.copytree(downhill(course), folder)
        (folder / "downhill.py").rename(folder / f"{name}.py")
        (folder / "probes.py").unlink()
    with pytest.raises(CourseFaults) as raised:
        read_assignments(Course(course))
    assert [fault.path.parent.name for fault in raised.value.faults] == ["sideways", "uphill"]


def test_a_folder_whose_name_has_a_space_or_a_dot_is_refused(course: Path) -> None:
    for name in ("down hill", "downhill.v2"):
        folder = course / "solutions" / name
        shutil.copytree(downhill(course), folder)
        (folder / "downhill.py").rename(folder / f"{name}.py")
        (fault,) = found_in(folder)
        assert fault.path == folder
        assert "is not a valid name for an assignment. Rename the folder" in fault.message


def test_paths_inside_the_current_directory_are_relative(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(course)
    fault = Fault(downhill(course) / "checks.py", 3, "it is broken.")
    assert str(fault) == "solutions/downhill/checks.py, line 3: it is broken."
    assert str(Fault(Path("/elsewhere/checks.py"), 0, "it is broken.")) == (
        "/elsewhere/checks.py: it is broken."
    )


def test_a_check_of_a_shared_table_is_found_where_the_assignment_asks_for_it(course: Path) -> None:
    folder = downhill(course)
    shared = folder.parent / "_shared"
    shared.mkdir()
    (shared / "tables.py").write_text(
        "def standard(exercise, **how):\n    exercise.rule('again', 'Again.', **how)\n"
    )
    path = folder / "checks.py"
    path.write_text(
        f"from _shared.tables import standard\n{path.read_text()}\n"
        "standard(walk, points=0, probe='visited', inputs=hills, judge=close())\n"
    )
    (fault,) = found_in(folder)
    assert (fault.path, fault.line) == (path, line_with(path, "standard(walk"))
    assert "check 'walk.again' is worth 0 points." in fault.message


def test_a_line_that_the_notebook_gives_away_is_no_fault(course: Path) -> None:
    folder = downhill(course)
    text = "places.append(place)"
    change(folder / "downhill.py", "goes against the gradient.", f"ends with `{text}`.")
    change(folder / "downhill.py", "import numpy as np", f"import numpy as np\n\n# {text}")
    assert found_in(folder) == ()


def test_inputs_may_be_the_same_whatever_the_generator(course: Path) -> None:
    change(downhill(course) / "checks.py", "rng.uniform(1, 2, size=5)", "[1.0, 2.0]")
    assert found_in(downhill(course)) == ()


def test_examining_leaves_global_random_numbers_and_the_clock_alone(course: Path) -> None:
    random.seed(5)
    np.random.seed(5)
    wanted = random.random(), np.random.random()
    random.seed(5)
    np.random.seed(5)
    clock = time.time
    examine(read_assignment(downhill(course)))
    assert (random.random(), np.random.random()) == wanted
    assert time.time is clock


@pytest.mark.parametrize("name", ["optimizers", "fitting", "gradient_descent"])
def test_the_courses_own_assignments_have_no_fault(name: str) -> None:
    assert found_in(Path(__file__).parents[2] / "solutions" / name) == ()
