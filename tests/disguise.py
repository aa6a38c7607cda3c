"""A program as a copyist would submit it: other names, comments, formatting and order."""

from __future__ import annotations

import ast


def disguised(text: str) -> str:
    """The same program: variables and private attributes renamed, methods in reverse order."""
    tree = ast.parse(text)
    stored = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    private = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            others = [each for each in node.body if not isinstance(each, ast.FunctionDef)]
            node.body = [*others, *reversed(methods)]
        elif isinstance(node, ast.Name) and node.id in stored:
            node.id = f"my_{node.id}"
        elif isinstance(node, ast.Attribute) and node.attr in private:
            node.attr = f"_mine{node.attr}"
    return f"# All my own work.\n{ast.unparse(tree)}\n"
