"""An exception of student code in words: the student's line, what Python said, what failed there.

Keras and TensorFlow wrap the cause: in AutoGraph's traceback, in the list of a layer's arguments,
in a model's whole configuration, in the names of ops and nodes. What a student reads is the cause.
"""

from __future__ import annotations

import ast
import dis
import linecache
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType

from autograder.probing.traces import is_own, last

LabelOf = Callable[[str], str]
"""What students call a source file, such as "cell 7"; "" for a file that is not theirs."""

_ORIGIN_CHARS = 160

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r'File "([^"\n]+)", line (\d+)(?:, in (\S+))?')
_UNINFERRED = re.compile(
    r"Could not automatically infer the output shape.*?Error encountered:", re.S
)
_REBUILT = re.compile(
    r"(?:Error when deserializing class '(\w+)'|<class '[\w.<>]*?(\w+)'> could not be deserialized "
    r"properly).*?\n\nException encountered: ",
    re.DOTALL,
)
_GRAPH_LINES = re.compile(
    r"\s*(Graph execution error:|Detected (at node|unsupported)|Node: |File \"|<stack traces "
    r"unavailable>|\d+ root error|Original stack trace|The above exception)"
)

# What TensorFlow says of its own graph, and students never wrote.
_INTERNALS = (
    re.compile(r"\{\{function_node [^}]*\}\}\s*"),
    re.compile(r" for '\{\{node [^}]*\}\} = [^']*'"),
    re.compile(r"\s*\[*\{\{node [^}]*\}\}\]*"),
    re.compile(r"\s*\[Op:\w+\](\s*name:\s*[\w/]*)?"),
    re.compile(r"(?<=Tensor) \([\w/.:-]+:\d+\)"),
    re.compile(r"^\(\d+\) [A-Z_]+: "),
    # Keras' words for a variable, and an advice that is beside the point in an exercise.
    re.compile(r"(?<=\d), value=[^<>]*(?=>)"),
    re.compile(r"(?<=Unknown variable: )<Variable path="),
    re.compile(r", shape=\([^)]*\), dtype=\w+>(?=\. This optimizer can only be called)"),
    re.compile(r"\s*When working with a new set of variables, you should recreate a new .*"),
    re.compile(r"(?<=[<'])(?:submission|autograder_probe)\.(?=\w)"),
    re.compile(r"(?<![\w.])(?:submission|__main__)\.(?=\w+\(\) argument)"),
    re.compile(r"(?<=')(?:tensorflow|keras)\.(?:python|src)\.(?:\w+\.)*(?=\w+' object)"),
    # Four advices that are about other code.
    re.compile(r"\s*You can attempt the following resolutions to the problem:.*", re.DOTALL),
    re.compile(r"\s*If you are looking for numpy-related methods,.*", re.DOTALL),
    re.compile(r" at 0x[0-9a-fA-F]+(?=>|$)"),
)

_KINDS = {
    "attribute": ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "STORE_ATTR", "DELETE_ATTR"),
    "name": ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE"),
    "item": ("BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR", "BINARY_SLICE", "STORE_SLICE"),
    "call": ("CALL", "PRECALL", "KW_NAMES"),
    "raise": ("RAISE_VARARGS", "RERAISE"),
    "operator": ("BINARY_OP", "UNARY_", "COMPARE_OP", "CONTAINS_OP", "IS_OP"),
}
"""Instructions, which differ between versions of Python, by what they do."""


@dataclass(frozen=True)
class Spot:
    """Where in the student's code an exception was raised, or last passed through.

    Attributes:
        function: the function that was called from outside; where it is not the failing one, that
            is a helper of it.
        what: what failed there: "attribute", "call", "raise" ...; "" if that is not known.
        callee: the function of Keras, TensorFlow or NumPy that was called there, or "".
    """

    file: str
    line: int
    function: str
    what: str = ""
    callee: str = ""

    @property
    def text(self) -> str:
        """The line itself."""
        return linecache.getline(self.file, self.line).strip()


def said(error: BaseException) -> str:
    """What Python said, in one line: the exception's name and the cause, without its wrapping."""
    name = type(error).__name__
    text = " ".join(_cause(_text(error), name).split())
    text = text if text.startswith(name) else f"{name}: {text}".removesuffix(": ")
    return text + origin(error)


def origin(error: BaseException) -> str:
    """What the student's own code caught, and raised this exception for; "" if it did not.

    It is the end of what `said` returns, " (from KeyError: val_loss)", of bounded length.
    """
    trace = last(error)
    if not is_own(trace) or trace is None:
        return ""
    if _what(trace.tb_frame.f_code, trace.tb_lasti) != "raise":
        return ""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is None or cause is error:
        return ""
    name, text = type(cause).__name__, " ".join(_cause(_text(cause), type(cause).__name__).split())
    if text and text in " ".join(_text(error).split()):
        return ""  # raised with the words of the cause
    return f" (from {f'{name}: {text}'.removesuffix(': ')[:_ORIGIN_CHARS]})"


def spot(error: BaseException, label_of: LabelOf) -> Spot | None:
    """Where in the student's code an exception happened; None if it passed through none of it."""
    text = _text(error)
    if text.lstrip().startswith(("in user code:", "Graph execution error:")):
        # AutoGraph runs a translated copy; it names the original lines in the message.
        places = [place for place in _FRAME.findall(text) if label_of(place[0])]
        if places:
            file, line, function = places[-1]
            return Spot(file, int(line), function)
    return _spot_in_traceback(error, label_of) or _spot_in_message(text, label_of)


def where(found: Spot | None, label_of: LabelOf) -> str:
    """A spot in words: "cell 7, line 12: `self.assign(...)`"."""
    return f"{label_of(found.file)}, line {found.line}: `{found.text[:80]}`" if found else ""


def operation(error: BaseException, found: Spot | None) -> str:
    """What failed, in terms that do not depend on the names that a student chose.

    That is the method of the exercise, what it did there (call, attribute ...), and whose function
    it called. Outside the student's code, it is the function that raised.
    """
    if found:
        return " ".join(filter(None, (found.function, found.what or "graph", found.callee)))
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"outside {trace.tb_frame.f_code.co_name}" if trace else "outside"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a class of the student's may have no words for itself
        return ""


def _spot_in_traceback(error: BaseException, label_of: LabelOf) -> Spot | None:
    frames = []
    trace = error.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        frames.append((code, trace.tb_lineno, trace.tb_lasti, module))
        trace = trace.tb_next
    own = [number for number, frame in enumerate(frames) if label_of(frame[0].co_filename)]
    if not own:
        return None
    last = first = own[-1]
    while first - 1 in own:
        first -= 1
    code, line, instruction, _ = frames[last]
    beyond = [f"{module}.{code.co_name}" for code, _, _, module in frames[last + 1 :]]
    # Keras and TensorFlow wrap most calls in a handler of errors, which says nothing.
    callee = next((name for name in beyond if "traceback_utils" not in name), "")
    function = frames[first][0].co_name
    return Spot(code.co_filename, line, function, _what(code, instruction), callee)


def _spot_in_message(text: str, label_of: LabelOf) -> Spot | None:
    places = [place for place in _FRAME.findall(text) if label_of(place[0])]
    if not places:
        return None
    file, line, function = places[-1]
    return Spot(file, int(line), function)


def _what(code: CodeType, instruction: int) -> str:
    if not 0 <= instruction < len(code.co_code):
        return ""
    name = dis.opname[code.co_code[instruction]]
    return next((kind for kind, names in _KINDS.items() if name.startswith(names)), "")


def _cause(text: str, exception: str) -> str:
    """The innermost message, of which the wrappings are taken off one by one."""
    rebuilt, before = "", None
    while text != before:
        before = text
        text = _COLOUR.sub("", text).strip()
        if exception == "KeyError":
            text = _unquoted(text)
        if text.startswith("in user code:"):
            text = _after_frames(text).removeprefix(f"{exception}:")
        elif text.startswith("Exception encountered when calling"):
            text = text.partition("\n")[2].partition("\n\nArguments received by")[0]
        elif found := _UNINFERRED.match(text):
            text = text[found.end() :]
        elif found := _REBUILT.match(text):
            rebuilt = found[1] or found[2]
            text = text[found.end() :]
        elif text.startswith("Graph execution error:"):
            lines = [line for line in text.splitlines() if not _GRAPH_LINES.match(line)]
            text = "\n".join(lines).strip().partition("\n")[0]
    text = text.partition("\nPlease see https:")[0]
    for internal in _INTERNALS:
        text = internal.sub("", text)
    return f"{text} (while Keras rebuilds {rebuilt} from its configuration)" if rebuilt else text


def _unquoted(text: str) -> str:
    """A KeyError quotes what it says, the line ends of Keras' wrapping included."""
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text
    return value if isinstance(value, str) else text


def _after_frames(text: str) -> str:
    """What follows the frames of AutoGraph's traceback, without their indentation."""
    frames = textwrap.dedent(text.partition("\n")[2]).strip("\n")
    return frames.partition("\n\n")[2]
