"""What a child runs: a module with a function ``serve(connection)``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable

from autograder.sandbox.channel import Connection

Serve = Callable[[Connection], None]


def load(service: str) -> Serve:
    """Import a service.

    Args:
        service: dotted name of a module, or a path that ends in ``.py``.

    Raises:
        ImportError: there is none.
    """
    if not service.endswith(".py"):
        module = importlib.import_module(service)
    else:
        spec = importlib.util.spec_from_file_location("autograder_service", service)
        if spec is None or spec.loader is None:
            raise ImportError(f"{service} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    serve: Serve = module.serve
    return serve
