"""What does the same as a finished class or function, in the installed Keras and TensorFlow.

An author names the finished thing once. These rules find the rest, and each is certain: nothing
that a right solution needs is found by any of them.

- subclasses in Keras and TensorFlow (``Adam``: ``AdamW``);
- the class or function of that name in the old Keras that TensorFlow still holds
  (``tensorflow.python.keras``), and in a backend of Keras that is not in use;
- Keras' optimizers that hold another one (``Muon`` holds ``AdamW``);
- the fused updates that these call (``ResourceApplyAdam``), and TensorFlow's optimizers that call
  the same ones (``tf.compat.v1.train.AdamOptimizer``);
- other versions of a function or raw op (``FusedBatchNorm``: ``FusedBatchNormV3``);
- for a raw op, what it wraps in TensorFlow's generated modules (``gen_nn_ops.fused_batch_norm``);
- for a private function, what calls it in its module (``nn_ops._dropout``: ``tf.nn.dropout``).

``scripts/finished.py`` lists what they find for a course, and what else has such a name.
"""

from __future__ import annotations

import functools
import importlib
import re
import sys
import types
from collections.abc import Iterator
from typing import Any

LIBRARIES = ("keras", "tensorflow")

_RAW = "tensorflow.raw_ops."
_OLD_KERAS = ("tensorflow.python.keras",)
_KERAS_OPTIMIZERS = "keras.optimizers."
_BACKENDS = "keras.src.backend."
_SHARED_BACKENDS = ("common", "config", "tensorflow")
_OPTIMIZERS = ("tensorflow.python.training.", "tensorflow.python.keras.")
_FALLBACK = "_eager_fallback"
_VERSION = re.compile(r"_?v\d+$", re.IGNORECASE)

# One rule has many ops: for resources, variables and sparse gradients, in two versions, with a
# penalty that may be zero ("proximal"), and with Keras' sign of the momentum.
_UPDATE = re.compile(
    r"(?:resource_?)?(?:sparse_?)?apply_?(?:proximal_?)?(?:keras_?)?(\w+?)(?:_?v\d+)?$",
    re.IGNORECASE,
)


def resolve(name: str) -> Any:
    """What a dotted name means.

    Raises:
        AttributeError, ImportError, ValueError: nothing.
    """
    package, *parts = name.split(".")
    found: Any = (
        sys.modules[package] if package in sys.modules else importlib.import_module(package)
    )
    path = package
    for part in parts:
        path = f"{path}.{part}"
        if isinstance(found, types.ModuleType) and not hasattr(found, part):
            # TensorFlow takes `python` out of its own module.
            found = importlib.import_module(path)
        else:
            found = getattr(found, part)
    return found


def twins(name: str) -> list[tuple[Any, str]]:
    """What a dotted name means, and all that does the same; each with what people call it.

    Only modules that are imported are searched: what is not imported is not used.

    Raises:
        AttributeError, ImportError, ValueError: there is nothing of this name.
    """
    found = resolve(name)
    named = {id(found): (found, name)}
    if name.partition(".")[0] in LIBRARIES:
        for twin in _twins(name, found):
            named.setdefault(id(twin), (twin, called(twin)))
    return list(named.values())


def _twins(name: str, found: Any) -> Iterator[Any]:
    if name.startswith("keras."):
        yield from (old := list(_namesakes(name)))
    else:
        old = []
    if isinstance(found, type):
        classes = [found, *(each for each in old if isinstance(each, type))]
        for each in classes:
            yield from _subclasses(each)
        if name.startswith(_KERAS_OPTIMIZERS):
            yield from _containing(classes)
        updates = {update for each in classes for update in rules_of(each)}
        for update in sorted(updates):
            yield from _optimizers().get(update, ())
            yield from _raw_ops(_updates()[update])
    elif name.startswith(_RAW):
        stem = _VERSION.sub("", name.removeprefix(_RAW))
        yield from _raw_ops(tuple(op for op in _ops() if _VERSION.sub("", op) == stem))
    elif isinstance(found, types.FunctionType):
        yield from _siblings(found)


def prepare() -> None:
    """Look through TensorFlow's ops once, before the fork."""
    _raw_names(), _updates(), _optimizers()


def called(found: Any) -> str:
    """What people call a class or function: its public name where the library knows it."""
    if path := vars(found).get("_api_export_path"):  # of Keras
        return str(path[0] if isinstance(path, list | tuple) else path)
    if (plain := found.__name__.removesuffix(_FALLBACK)) in _raw_names():
        return f"{_RAW}{_raw_names()[plain]}"
    return f"{found.__module__}.{found.__qualname__}"


def _loaded(*prefixes: str) -> Iterator[types.ModuleType]:
    for name, module in list(sys.modules.items()):
        if name.startswith(prefixes) and isinstance(module, types.ModuleType):
            yield module


def _namesakes(name: str) -> Iterator[Any]:
    """Old and unused twins of ``keras.layers.Dropout``, or of a method: ``keras.Model.fit``."""
    package, last = name.rpartition(".")[::2]
    owner = resolve(package)
    paths = [(owner.__name__, last)] if isinstance(owner, type) else [(last,), (f"NonFused{last}",)]
    for module in _loaded(*_OLD_KERAS, _BACKENDS):
        if module.__name__.startswith(_BACKENDS):
            backend = module.__name__.removeprefix(_BACKENDS).partition(".")[0]
            if backend in _SHARED_BACKENDS:
                continue  # Keras' own layers and losses call these
        for path in paths:
            found: Any = module
            for part in path:
                found = vars(found).get(part) if hasattr(found, "__dict__") else None
            if isinstance(found, type | types.FunctionType) and found.__module__ == module.__name__:
                yield found


def _subclasses(found: type) -> Iterator[type]:
    each: type
    for each in type.__subclasses__(found):
        if each.__module__.partition(".")[0] in LIBRARIES:
            yield each
        yield from _subclasses(each)


def _containing(classes: list[type]) -> Iterator[type]:
    """Keras' optimizers that hold another one: ``Muon._adamw_update_step``, ``ScheduleFreeAdamW``.

    ``Nadam`` and ``Adamax`` have rules of their own.
    """
    names = {each.__name__ for found in classes for each in (found, *_subclasses(found))}
    step = re.compile(rf"_?({'|'.join(sorted(names)).lower()})_update_step")
    ending = re.compile(rf"\w*[a-z]({'|'.join(sorted(names))})")
    for module in _loaded("keras.src.optimizers."):
        for each in list(vars(module).values()):
            own = isinstance(each, type) and each.__module__ == module.__name__
            if own and (ending.fullmatch(each.__name__) or any(map(step.fullmatch, vars(each)))):
                yield each


def _siblings(found: types.FunctionType) -> Iterator[types.FunctionType]:
    """Other versions of a function; for a private one, what calls it."""
    inner = unwrapped(found)
    name, private = inner.__name__, inner.__name__.startswith("_")
    for each in list(inner.__globals__.values()):
        if not isinstance(each, types.FunctionType):
            continue
        work = unwrapped(each)
        if work.__module__ != inner.__module__:
            continue
        version = _VERSION.sub("", work.__name__) == _VERSION.sub("", name)
        if version or (private and name in work.__code__.co_names):
            yield each


def unwrapped(found: Any) -> Any:
    """The function inside all decorators."""
    inner: Any = found
    while isinstance(wrapped := getattr(inner, "__wrapped__", None), types.FunctionType):
        inner = wrapped

    return inner


# --- fused updates --------------------------------------------------------------------------------


@functools.cache
def _ops() -> dict[str, str]:
    """The raw ops, each with the name of its function in a generated module."""
    raw_ops = resolve("tensorflow.raw_ops")
    return {
        name: unwrapped(op).__name__
        for name, op in vars(raw_ops).items()
        if isinstance(op, types.FunctionType)
    }


@functools.cache
def _raw_names() -> dict[str, str]:
    return {plain: name for name, plain in _ops().items()}


@functools.cache
def _updates() -> dict[str, tuple[str, ...]]:
    """The raw ops that update a variable, by their rule: "adam", "momentum"."""
    found: dict[str, list[str]] = {}
    for name in _ops():
        if match := _UPDATE.match(name):
            found.setdefault(match[1].lower(), []).append(name)
    return {rule: tuple(names) for rule, names in found.items()}


def rules_of(found: Any) -> Iterator[str]:
    """The rules of update whose ops the methods of a class call: "adam"."""
    if not isinstance(found, type):
        return
    for member in vars(found).values():
        if isinstance(member, types.FunctionType):
            for name in unwrapped(member).__code__.co_names:
                rule = match[1].lower().replace("_", "") if (match := _UPDATE.match(name)) else ""
                if rule in _updates():
                    yield rule


@functools.cache
def _optimizers() -> dict[str, tuple[type, ...]]:
    """TensorFlow's classes that call a raw op, by its rule."""
    found: dict[str, list[type]] = {}
    for module in _loaded(*_OPTIMIZERS):
        for each in list(vars(module).values()):
            if isinstance(each, type) and each.__module__ == module.__name__:
                for rule in set(rules_of(each)):
                    found.setdefault(rule, []).append(each)
    return {rule: tuple(classes) for rule, classes in found.items()}


def _raw_ops(names: tuple[str, ...]) -> Iterator[types.FunctionType]:
    """Raw ops, with the functions that they wrap and those that these call without a graph."""
    for name in names:
        op = getattr(resolve("tensorflow.raw_ops"), name)
        yield op
        inner = unwrapped(op)
        for twin in (inner.__name__, f"{inner.__name__}{_FALLBACK}"):
            if isinstance(found := inner.__globals__.get(twin), types.FunctionType):
                yield found
