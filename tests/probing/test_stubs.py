"""Which `raise NotImplementedError` is a stub's, and which one written code has for itself."""

from __future__ import annotations

import itertools
import linecache

import pytest

from autograder.probing.errors import spot
from autograder.probing.stubs import is_stub, stub_meaning

FILES = itertools.count()

STUB = """\
class Scale:
    def __init__(self, factor=2.0):
        self.factor = factor

    def call(self, x):
        raise NotImplementedError("Scale.call: multiply by the factor.")

    def get_config(self):
        raise NotImplementedError("Scale.get_config: return the factor.")
"""


def verdict(text: str, target: str = "Scale") -> tuple[bool, str]:
    """What is said of the NotImplementedError that calling an exercise with 3 ends in."""
    file = f"stub_{next(FILES)}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, object] = {}
    exec(compile(text, file, "exec"), space)
    found = space[target]
    with pytest.raises(NotImplementedError) as raised:
        run(found)
    place = spot(raised.value, lambda name: "cell 1" if name == file else "")
    return is_stub(raised.value, place, found), stub_meaning(raised.value, place, found)


def run(target: object) -> None:
    if isinstance(target, type):
        target().call(3)
    else:
        target(3)  # type: ignore[operator]


def call(body: str) -> str:
    """The class with another body of `call`."""
    return STUB.replace(
        '        raise NotImplementedError("Scale.call: multiply by the factor.")\n', body
    )


SIGNED = '        raise NotImplementedError("Scale.call: multiply by the factor.")\n'

UNWRITTEN = {
    "untouched": STUB,
    "a docstring and comments": call(f'        """Multiply."""\n        # TODO\n{SIGNED}'),
    "another method is written": STUB.replace(
        'raise NotImplementedError("Scale.get_config: return the factor.")', "return {}"
    ),
    "text changed": call('        raise NotImplementedError("later")\n'),
    "text translated by a variable": call("        raise NotImplementedError(str(x))\n"),
    "text deleted": call("        raise NotImplementedError\n"),
    "empty call": call("        raise NotImplementedError()\n"),
    "over two lines": call(
        '        raise NotImplementedError(\n            "Scale.call: x."\n   )\n'
    ),
    "on the line of the def": "class Scale:\n    def call(self, x): raise NotImplementedError\n",
    "in a loop": call(
        '        for _ in range(3):\n            raise NotImplementedError("Multiply.")\n'
    ),
    "in a with block": call(
        "        import io\n        with io.StringIO():\n            raise NotImplementedError\n"
    ),
    "below a check of the arguments": call(
        f"        if x is None:\n            raise ValueError('x')\n{SIGNED}"
    ),
    "below a nested function": call(
        "        def step():\n            return 1\n        raise NotImplementedError('Multiply')\n"
    ),
    "below a given return": call(f"        if x is None:\n            return x\n{SIGNED}"),
    "defined under a condition": "if True:\n"
    + "".join(f"    {line}\n" if line else "\n" for line in STUB.splitlines()),
}

OWN = {
    "a guard with a text": '        if x != -1:\n            raise NotImplementedError("axis must '
    'be -1")\n        return x\n',
    "a guard without a text": "        if x:\n            raise NotImplementedError\n",
    "a guard on one line": '        if x: raise NotImplementedError("axis must be -1")\n',
    "a guard signed like a stub": "        if x:\n            raise NotImplementedError("
    '"Scale.call: axis must be -1")\n',
    "the last of the cases": "        if x == -1:\n            return x\n"
    '        raise NotImplementedError("axis must be -1")\n',
    "the other case": "        if x == -1:\n            return x\n        else:\n"
    '            raise NotImplementedError("axis must be -1")\n',
    "a case of a match": "        match x:\n            case -1:\n                return x\n"
    '            case _:\n                raise NotImplementedError("axis must be -1")\n',
    "below a loop that returns": "        for axis in (1, 2):\n            if axis == x:\n"
    '                return x\n        raise NotImplementedError("axis must be 1 or 2")\n',
    "in a loop that goes on": "        for axis in (1, x):\n            if axis == 1:\n"
    '                continue\n            raise NotImplementedError("axis must be 1")\n',
    "instead of another error": "        try:\n            return {}[x]\n"
    '        except KeyError:\n            raise NotImplementedError("axis") from None\n',
    "in a method of its own": "        return self.other(x)\n\n    def other(self, x):\n"
    "        if x: raise NotImplementedError\n",
    "in a function within": "        def other():\n"
    '            raise NotImplementedError("axis")\n        return other()\n',
    "an error of its own": "        class Missing(NotImplementedError): pass\n"
    '        raise Missing("axis must be -1")\n',
}


@pytest.mark.parametrize("text", UNWRITTEN.values(), ids=UNWRITTEN)
def test_a_stub_is_not_written_yet(text: str) -> None:
    assert verdict(text)[0]


@pytest.mark.parametrize("body", OWN.values(), ids=OWN)
def test_an_error_of_written_code_does_not_say_that_it_is_not_written(body: str) -> None:
    assert verdict(call(body)) == (False, "")


def test_a_function_is_an_exercise_like_a_class() -> None:
    stub = 'def scale(x):\n    """Scale."""\n    raise NotImplementedError("scale: multiply.")\n'
    assert verdict(stub, "scale") == (True, "")
    own = 'def scale(x):\n    if x:\n        raise NotImplementedError("negative numbers")\n'
    assert verdict(own, "scale") == (False, "")


def test_an_untouched_stub_needs_no_further_word() -> None:
    given = "        super().__init__()\n        self.factor = factor\n"
    text = STUB.replace("        self.factor = factor\n", f"{given}{SIGNED.replace('call', 'x')}")
    for stub in (STUB, text):
        assert verdict(stub) == (True, "")


def test_code_below_the_raise_is_told_that_it_never_runs() -> None:
    text = call(f"{SIGNED}        return self.factor * x\n")
    expected = "Code below this raise never runs. Replace the raise with your code."
    assert verdict(text) == (True, expected)


def test_code_above_the_raise_is_told_to_delete_it() -> None:
    text = call(f"        y = self.factor * x\n{SIGNED}")
    assert verdict(text) == (True, "Delete this raise when the code above it is complete.")


def test_the_stub_of_another_exercise_is_not_that_of_the_one_that_uses_it() -> None:
    both = f"{STUB}\n\ndef apply(x):\n    return Scale().call(x)\n"
    used = "Scale is not written yet, and apply uses it."
    assert verdict(both, "apply") == (False, used)
    other = f"{STUB}\n\nclass Twice:\n    def call(self, x):\n        return Scale().call(x)\n"
    assert verdict(other, "Twice") == (False, "Scale is not written yet, and Twice uses it.")


def test_a_base_class_of_the_students_own_says_nothing_of_the_exercise() -> None:
    base = "class Base:\n    def call(self, x):\n        raise NotImplementedError\n"
    assert verdict(f"{base}\n\nclass Scale(Base):\n    def cal(self, x):\n        return x\n") == (
        False,
        "",
    )


def test_a_class_that_builds_on_its_own_stub_is_not_written_yet() -> None:
    again = "\n\nclass Scale(Scale):\n    def get_config(self):\n        return {}\n"
    assert verdict(STUB + again)[0]
