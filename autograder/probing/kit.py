"""What probes need from Keras: variables, small training problems, results as arrays.

Probes import from here, so this module runs in the process of student code. It knows no
exercise, no expected number and no tolerance. Whole probes that serve several assignments are in
the course's ``_shared/``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def variables(*starts: np.ndarray, dtype: str | None = None) -> list[keras.Variable]:
    """New trainable variables with the given start values, in Keras' default float type.

    Args:
        starts: arrays of any shape.
        dtype: a float type to use instead of ``keras.config.floatx()``.
    """
    return [
        keras.Variable(start, dtype=dtype or keras.config.floatx(), name=f"weight_{index}")
        for index, start in enumerate(starts)
    ]


def tensors(*values: np.ndarray, like: Sequence[keras.Variable]) -> list[Any]:
    """The values as tensors of the dtype of the variables they belong to."""
    return [
        keras.ops.convert_to_tensor(value, dtype=variable.dtype)
        for value, variable in zip(values, like, strict=True)
    ]


def numbers(tensor: Any) -> np.ndarray:
    """A copy of a tensor, variable or array as a NumPy array."""
    return np.array(keras.ops.convert_to_numpy(tensor))


def real(result: Any, what: str = "the layer", shape: tuple[int, ...] | None = None) -> np.ndarray:
    """What the student's code returned, as an array of floating-point numbers of its own shape.

    Args:
        what: for people, what returned it.
        shape: the shape that it must have; None for any.

    Raises:
        TypeError: it is None, a tuple of arrays, something that is not numbers, or of another
            shape.
    """
    if result is None:
        raise TypeError(f"{what} returned None; is a return statement missing?")
    if isinstance(result, tuple) and any(len(getattr(each, "shape", ())) for each in result):
        # As one array, it would be said to have an axis too many.
        why = "is there a comma behind it?" if len(result) == 1 else "return one of them alone."
        raise TypeError(f"{what} returned a tuple of {len(result)}, expected one array; {why}")
    array = numbers(result)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{what} returned {type(result).__name__}, expected numbers")
    if shape is not None and array.shape != shape:
        wanted = f"an array of shape {shape}" if shape else "one number"
        raise TypeError(f"{what} returned an array of shape {array.shape}, expected {wanted}")
    return array.astype("float64") if array.dtype.kind in "biu" else array


def held_numbers(config: Mapping[str, Any], settings: Mapping[str, Any]) -> np.ndarray:
    """What a configuration holds of some settings, in alphabetical order without learning rates.

    Two mistakes that compute the same may differ in it. No judge should ask for it: a right
    configuration may hold another form of a number, which is -1 here, as is one that is missing.
    """
    held = [config.get(name) for name in sorted(settings) if name != "learning_rate"]
    return np.array([float(n) if isinstance(n, int | float) else -1.0 for n in held], "float64")


def linear_softmax(kernel: np.ndarray) -> keras.Model:
    """A built softmax regression without bias whose weights start at ``kernel``.

    Args:
        kernel: shape (features, classes).
    """
    features, classes = kernel.shape
    model = keras.Sequential(
        [
            keras.Input((features,)),
            keras.layers.Dense(classes, activation="softmax", use_bias=False),
        ]
    )
    model.set_weights([kernel])
    return model


def compile_model(model: keras.Model, optimizer: keras.Optimizer, loss: Any) -> None:
    """Compile a model, with the optimizer's state made at once.

    ``fit`` would make it while it traces its step, and then has to trace a second time.
    """
    model.compile(optimizer, loss)
    optimizer.build(model.trainable_variables)


def in_batches(batch_size: int, *arrays: np.ndarray) -> Any:
    """Rows of some arrays as a dataset for ``fit`` or ``predict``: in order, in batches.

    What Keras makes of arrays takes a third of the CPU time of a short ``fit``. Pass it
    ``shuffle=False``: Keras warns that it does not shuffle datasets.

    Args:
        arrays: shape (n, ...) each. Real numbers get Keras' default float type, as in ``fit``.
    """
    floatx = keras.config.floatx()
    rows = [array.astype(floatx) if array.dtype.kind == "f" else array for array in arrays]
    return tf.data.Dataset.from_tensor_slices(tuple(rows)).batch(batch_size)


def saved_and_loaded(model: keras.Model, **custom_objects: Any) -> keras.Model:
    """The model (compiled, with its optimizer's state) after a trip through a ``.keras`` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return keras.models.load_model(path, custom_objects=custom_objects)
