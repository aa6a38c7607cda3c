"""What probes need from Keras."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.slow

ROWS = np.random.default_rng(0).normal(size=(7, 3))
CLASSES = np.array([0, 1, 1, 0, 1, 0, 0])


def test_batches_hold_the_rows_in_order_and_the_last_is_smaller() -> None:
    from autograder.probing.kit import in_batches

    batches = list(in_batches(3, ROWS, CLASSES))
    assert [len(rows) for rows, _ in batches] == [3, 3, 1]
    np.testing.assert_allclose(np.concatenate([rows for rows, _ in batches]), ROWS, rtol=1e-6)
    np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), CLASSES)
    assert {(rows.dtype.name, y.dtype.name) for rows, y in batches} == {("float32", "int64")}


@pytest.mark.parametrize("floatx", ["float32", "float64"])
@pytest.mark.filterwarnings("error")  # a warning would be shown below a student's cell
def test_fit_on_batches_is_fit_on_arrays(floatx: str) -> None:
    import keras

    from autograder.probing.kit import compile_model, in_batches, linear_softmax

    before, found = keras.config.floatx(), []
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(floatx)
    try:
        for batched in (True, False):
            model = linear_softmax(np.full((3, 2), 0.5))
            compile_model(model, keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
            if batched:
                model.fit(in_batches(3, ROWS, CLASSES), epochs=2, shuffle=False, verbose=0)
            else:
                model.fit(ROWS, CLASSES, batch_size=3, epochs=2, shuffle=False, verbose=0)
            found.append(model.get_weights()[0])
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(before)
    assert found[0].dtype == found[1].dtype == floatx
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6 if floatx == "float32" else 1e-14)
    assert np.abs(found[0] - 0.5).max() > 0.1


def test_a_tuple_of_arrays_is_no_array_with_another_axis() -> None:
    from autograder.probing.kit import real

    with pytest.raises(TypeError, match=r"the layer returned a tuple of 1.*a comma behind it\?"):
        real((ROWS,))
    with pytest.raises(TypeError, match=r"a tuple of 2, expected one array; return one of them"):
        real((ROWS, 0.5))
    np.testing.assert_array_equal(real((1.5, 2.5), "fit_linear"), [1.5, 2.5])
    np.testing.assert_array_equal(real([ROWS[0], ROWS[1]]), ROWS[:2])
