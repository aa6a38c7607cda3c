"""The rules by which a reference is mutated: what may become what, as syntax.

Each rule takes a node and says what could be there instead. `mutants.py` makes text of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.sources.edits import Located, SourceText
from autograder.sources.statement_rules import bound_in_function, droppable

_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.MatMult: ast.Mult,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}
_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_COMMUTE = (ast.Add, ast.Mult)

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}

_CASTS = frozenset({"cast", "astype", "convert_to_tensor", "asarray", "array", "float", "int"})

# Swapping their arguments changes nothing.
_SYMMETRIC = frozenset(
    ("add", "multiply", "maximum", "minimum", "equal", "not_equal", "logical_and", "logical_or")
)

# What it says is for people, and for the names in a saved file.
_FOR_PEOPLE = frozenset({"name"})


@dataclass(frozen=True)
class Rewrite:
    """One node replaced by another.

    Attributes:
        kind: the rule, a word for ids.
        text: how the source of the new node could read; "" for Python's own rendering.
    """

    kind: str
    node: Located
    new: ast.AST
    text: str = ""


def rewrites(source: SourceText, node: ast.AST) -> Iterator[Rewrite]:
    """What a node may become, by every rule that applies to it."""
    match node:
        case ast.BinOp():
            yield from _arithmetic(source, node)
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield Rewrite("sign", node, operand, source.segment(operand))
        case ast.BoolOp():
            yield from _logic(source, node)
        case ast.Compare():
            yield from _comparison(source, node)
        case ast.Constant():
            yield from _constant(source, node)
        case ast.Call():
            yield from _call(source, node)
        case ast.Subscript():
            yield from _index(source, node)
        case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Load()):
            for sibling in _siblings(source, node):
                yield Rewrite("attribute", node, _self(sibling), f"self.{sibling}")
        case ast.Tuple(ctx=ast.Load(), elts=[first, second]):
            text = f"{source.segment(second)}, {source.segment(first)}"
            yield Rewrite("swapped", node, ast.Tuple([second, first], ast.Load()), text)
        case ast.Return() if node.value is not None:
            yield Rewrite("return", node, ast.Return(ast.Constant(None)), "return None")
        case ast.AugAssign():
            yield from _augmented(source, node)
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        for value in (True, False):
            yield Rewrite("condition", node.test, ast.Constant(value), str(value))
    if isinstance(node, ast.stmt) and droppable(source, node):
        yield Rewrite("dropped", node, ast.Pass(), "pass")


def _self(attribute: str) -> ast.Attribute:
    return ast.Attribute(ast.Name("self", ast.Load()), attribute, ast.Load())


def _augmented(source: SourceText, node: ast.AugAssign) -> Iterator[Rewrite]:
    target, value = source.segment(node.target), source.segment(node.value)
    yield Rewrite("operator", node, ast.Assign([node.target], node.value), f"{target} = {value}")
    if other := _OPERATORS.get(type(node.op)):
        new = ast.AugAssign(node.target, other(), node.value)
        yield Rewrite("operator", node, new, f"{target} {_SYMBOLS[other]}= {value}")


def _arithmetic(source: SourceText, node: ast.BinOp) -> Iterator[Rewrite]:
    left, right = node.left, node.right
    if other := _OPERATORS.get(type(node.op)):
        text = _with_symbol(source, node, (left, right), type(node.op), other)
        yield Rewrite("operator", node, ast.BinOp(left, other(), right), text)
    if isinstance(node.op, tuple(_OPERATORS)) and not isinstance(node.op, _COMMUTE):
        text = f"{source.segment(right)} {_SYMBOLS[type(node.op)]} {source.segment(left)}"
        yield Rewrite("swapped", node, ast.BinOp(right, node.op, left), text)
    for operand in (left, right):
        yield Rewrite("operand", node, operand, source.segment(operand))


def _with_symbol(
    source: SourceText,
    node: ast.expr,
    between: tuple[ast.expr, ast.expr],
    old: type[ast.AST],
    new: type[ast.AST],
) -> str:
    """A node's source with another symbol between two operands: nothing else is reformatted."""
    begin, end = source.span(node)
    gap, rest = source.span(between[0])[1], source.span(between[1])[0]
    changed = source.text[gap:rest].replace(_SYMBOLS[old], _SYMBOLS[new], 1)
    return source.text[begin:gap] + changed + source.text[rest:end]


def _logic(source: SourceText, node: ast.BoolOp) -> Iterator[Rewrite]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield Rewrite("logic", node, ast.BoolOp(other, node.values))
    for value in node.values:
        yield Rewrite("operand", node, value, source.segment(value))


def _comparison(source: SourceText, node: ast.Compare) -> Iterator[Rewrite]:
    operands = [node.left, *node.comparators]
    for place, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            between = (operands[place], operands[place + 1])
            text = _with_symbol(source, node, between, type(operator), other)
            yield Rewrite("comparison", node, ast.Compare(node.left, ops, node.comparators), text)


def _constant(source: SourceText, node: ast.Constant) -> Iterator[Rewrite]:
    value = node.value
    if isinstance(value, bool):
        yield Rewrite("constant", node, ast.Constant(not value), str(not value))
    elif isinstance(value, int | float):
        kind = type(value)
        signed = isinstance(source.parents[node][0], ast.UnaryOp)
        for other in dict.fromkeys([kind(2 * value), kind(0), kind(1)]):
            if other != value:
                yield Rewrite("constant", node, ast.Constant(other), repr(other))
        if value and not signed:  # the sign of -1 has a rule of its own
            yield Rewrite("constant", node, ast.UnaryOp(ast.USub(), ast.Constant(value)))


def _call(source: SourceText, node: ast.Call) -> Iterator[Rewrite]:
    args, keywords = node.args, node.keywords
    name = _called(node)
    if name not in _SYMMETRIC:
        for place in range(len(args) - 1):
            swapped = [*args[:place], args[place + 1], args[place], *args[place + 2 :]]
            yield _called_with(source, node, swapped, keywords)
    if len(args) > 1 or (args and keywords):
        yield _called_with(source, node, args[:-1], keywords)
    for place, keyword in enumerate(keywords):
        if keyword.arg not in _FOR_PEOPLE:
            rest = [*keywords[:place], *keywords[place + 1 :]]
            yield _called_with(source, node, args, rest)
    if isinstance(source.parents[node][0], ast.Expr | ast.Raise):
        return  # its value is not used, or has to be an exception
    kind = "cast" if name in _CASTS else "call"
    instead = args[:1] if kind == "cast" else args
    if isinstance(node.func, ast.Attribute) and _is_value(source, node.func.value):
        instead = [node.func.value]  # `x` instead of `x.astype(dtype)` or `x.copy()`
    for argument in instead:
        if not isinstance(argument, ast.Starred | ast.GeneratorExp) and not _assigns_itself(
            source, node, argument
        ):
            yield Rewrite(kind, node, argument, source.segment(argument))


def _called_with(
    source: SourceText, node: ast.Call, args: list[ast.expr], keywords: list[ast.keyword]
) -> Rewrite:
    passed: list[Located] = [*args, *keywords]
    text = f"{source.segment(node.func)}({', '.join(map(source.segment, passed))})"
    return Rewrite("arguments", node, ast.Call(node.func, args, keywords), text)


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _is_value(source: SourceText, node: ast.expr) -> bool:
    """Whether a method's owner is something computed, and not a module, `self` or `super()`."""
    match node:
        case ast.Name(id=name):
            return name != "self" and name in bound_in_function(source, node)
        case ast.Attribute():
            return False
        case ast.Call(func=ast.Name(id="super")):
            return False
    return True


def _assigns_itself(source: SourceText, node: ast.expr, argument: ast.expr) -> bool:
    """Whether `x = cast(x)` would become `x = x`, which is the dropped statement once more."""
    parent = source.parents[node][0]
    return isinstance(parent, ast.Assign) and any(
        ast.unparse(target) == ast.unparse(argument) for target in parent.targets
    )


def _index(source: SourceText, node: ast.Subscript) -> Iterator[Rewrite]:
    index = node.slice
    try:
        value = ast.literal_eval(index)
    except (ValueError, TypeError):
        value = None
    if isinstance(value, int) and not isinstance(value, bool):
        for other in (value + 1, value - 1):
            new = ast.parse(str(other), mode="eval").body
            yield Rewrite("index", index, new, str(other))
    elif isinstance(index, ast.Slice):
        lower, upper, step = index.lower, index.upper, index.step
        for bounds in ((None, upper, step), (lower, None, step), (lower, upper, None)):
            yield Rewrite("index", index, ast.Slice(*bounds))
    elif not isinstance(index, ast.Constant | ast.Tuple):
        yield Rewrite("index", index, ast.Constant(0), "0")


def _siblings(source: SourceText, node: ast.Attribute) -> list[str]:
    """Attributes that the same method of the class sets in the same way: from an argument, or not.

    A hyper-parameter is taken for another one, and a slot for another slot.
    """
    owner = next((n for n in source.enclosing(node) if isinstance(n, ast.ClassDef)), None)
    groups: dict[tuple[str, bool], dict[str, None]] = {}
    for method in owner.body if owner else []:
        if isinstance(method, ast.FunctionDef):
            for assign in ast.walk(method):
                if isinstance(assign, ast.Assign):
                    for target in assign.targets:
                        match target:
                            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                                how = (method.name, isinstance(assign.value, ast.Name))
                                groups.setdefault(how, {})[name] = None
    found = {name: None for names in groups.values() if node.attr in names for name in names}
    return [name for name in found if name != node.attr]
