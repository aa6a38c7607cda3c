"""Sizes that are None, as that of a batch in a graph: what errors about them mean."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

from autograder.probing.traces import frames, is_own, statement_at

_UNKNOWN_SIZE = (
    "A size here is None. Inside tf.function and fit, inputs.shape has None for the batch; "
    "keras.ops.shape(inputs) has its size."
)

# What comes of a size that is None: a number is needed, or a whole shape.
_OF_A_SIZE = re.compile(
    r"'NoneType' object cannot be interpreted as an integer"
    r"|unsupported operand type\(s\) for [^:]*: .*'NoneType'"
    r"|None values not supported|got None of type 'NoneType'"
    r"|Failed to convert elements of \(.*\bNone\b"
)
_OF_A_SHAPE = re.compile(r"Cannot convert a partially known TensorShape \(")


def unknown_size(said: str, error: BaseException, target: object) -> str:
    """What an error means that the size of a tensor in a graph leads to; "" for any other.

    Args:
        said: the message, without its wrapping.
        target: what was run, which does not matter here.
    """
    if re.search(_OF_A_SHAPE, said):
        return _UNKNOWN_SIZE
    if not re.search(_OF_A_SIZE, said):
        return ""
    trace = next((t for t in reversed(frames(error)) if is_own(t)), None)
    statement = statement_at(trace)
    if trace is None or statement is None:
        return ""
    nodes = list(ast.walk(statement))
    names = trace.tb_frame.f_locals
    indexed = [node.value for node in nodes if isinstance(node, ast.Subscript)]
    if any(
        _is_unknown(node, names) if isinstance(node, ast.Subscript) else None in _shape(node, names)
        for node in nodes
        if node not in indexed
    ):
        return _UNKNOWN_SIZE
    return ""


def _is_unknown(node: ast.Subscript, names: Mapping[str, Any]) -> bool:
    """Whether this is `inputs.shape[0]`, and None; or a part of the shape that has one."""
    found, index = _shape(node.value, names), node.slice
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        return bool(found) and found[index.value] is None
    return isinstance(index, ast.Slice) and None in found


def _shape(node: ast.AST, names: Mapping[str, Any]) -> tuple[int | None, ...]:
    """What `inputs.shape` is, if this is that; () for anything else."""
    if not isinstance(node, ast.Attribute) or node.attr != "shape":
        return ()
    return tuple(names[node.value.id].shape) if isinstance(node.value, ast.Name) else ()
