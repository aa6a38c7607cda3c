"""The references agree with Keras' own classes, and with float64 NumPy everywhere.

Where a convention differs, a test pins how; `docs/conventions.md` is the table of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from autograder.messages import SourceText
from autograder.sources.assignment import read_assignment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
some = settings(max_examples=25, derandomize=True, suppress_health_check=list(HealthCheck))

rates = st.floats(1e-3, 0.5)
shares = st.floats(0.0, 0.99)
seeds = st.integers(0, 2**32 - 1)
TINY = 1e-14  # so small that it does not matter where a formula adds it
epsilons = st.sampled_from([TINY, 1e-7, 1e-3, 0.1])
strengths = st.floats(0.0, 3.0)


def assert_close(actual: Any, desired: Any) -> None:
    np.testing.assert_allclose(actual, desired, rtol=1e-5, atol=1e-6)


@cache
def reference(assignment: str) -> ModuleType:
    """The module with an assignment's reference implementations."""
    from autograder.probing.child import Implementation

    implementation = Implementation()
    found = read_assignment(ROOT / "solutions" / assignment).reference()
    implementation.loader.load([SourceText(**vars(file)) for file in found.files])
    assert not implementation.loader.problems
    return implementation.loader.module


# --- optimizers -----------------------------------------------------------------------------------

Step = Callable[[np.ndarray, np.ndarray, dict[str, Any], int], np.ndarray]


def problem(seed: int, updates: int = 12) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Two start values of different rank, and gradients of sizes from 0.1 to 10 for each update."""
    rng = np.random.default_rng(seed)
    shapes = [(3,), (2, 4)]
    signs = [[rng.choice([-1.0, 1.0], shape) for shape in shapes] for _ in range(updates)]
    return (
        [rng.normal(size=shape) for shape in shapes],
        [[sign * 10 ** rng.uniform(-1, 1, sign.shape) for sign in pair] for pair in signs],
    )


def path_of(optimizer: Any, seed: int) -> list[list[np.ndarray]]:
    """Where an optimizer puts two float64 variables after each update of `problem`."""
    import keras

    starts, gradients = problem(seed)
    variables = [keras.Variable(start, dtype="float64") for start in starts]
    path = []
    for pair in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in pair], variables)
        path.append([keras.ops.convert_to_numpy(variable) for variable in variables])
    return path


def by_numpy(step: Step, seed: int) -> list[list[np.ndarray]]:
    """The same by a rule on float64 arrays, each variable with a state of its own."""
    starts, gradients = problem(seed)
    weights = [start.copy() for start in starts]
    states: list[dict[str, Any]] = [{}, {}]
    path = []
    for t, pair in enumerate(gradients, 1):
        weights = [step(w, g, state, t) for w, g, state in zip(weights, pair, states, strict=True)]
        path.append(weights)
    return path


def agree(one: Sequence[Sequence[np.ndarray]], other: Sequence[Sequence[np.ndarray]]) -> None:
    for a, b in zip(one, other, strict=True):
        for x, y in zip(a, b, strict=True):
            assert_close(x, y)


@some
@given(rate=rates, seed=seeds)
def test_gradient_descent(rate: float, seed: int) -> None:
    import keras

    mine = path_of(reference("gradient_descent").GradientDescent(rate), seed)
    agree(mine, path_of(keras.optimizers.SGD(rate), seed))
    agree(mine, by_numpy(lambda w, g, state, t: w - rate * g, seed))


@some
@given(rate=rates, momentum=shares, seed=seeds)
def test_momentum_and_nesterov(rate: float, momentum: float, seed: int) -> None:
    import keras

    def plain(w: np.ndarray, g: np.ndarray, state: dict[str, Any], t: int) -> np.ndarray:
        state["v"] = momentum * state.get("v", 0) - rate * g
        return np.asarray(w + state["v"])

    def ahead(w: np.ndarray, g: np.ndarray, state: dict[str, Any], t: int) -> np.ndarray:
        state["v"] = momentum * state.get("v", 0) - rate * g
        return np.asarray(w + momentum * state["v"] - rate * g)

    module = reference("optimizers")
    for mine, nesterov, rule in ((module.Momentum, False, plain), (module.Nesterov, True, ahead)):
        theirs = keras.optimizers.SGD(rate, momentum=momentum, nesterov=nesterov)
        found = path_of(mine(rate, momentum), seed)
        agree(found, path_of(theirs, seed))
        agree(found, by_numpy(rule, seed))


@some
@given(rate=rates, start=st.floats(0.0, 1.0), epsilon=epsilons, seed=seeds)
def test_adagrad(rate: float, start: float, epsilon: float, seed: int) -> None:
    import keras

    def rule(w: np.ndarray, g: np.ndarray, state: dict[str, Any], t: int) -> np.ndarray:
        state["G"] = state.get("G", start) + g**2
        return np.asarray(w - rate * g / (np.sqrt(state["G"]) + epsilon))

    found = path_of(reference("optimizers").AdaGrad(rate, start, epsilon), seed)
    agree(found, by_numpy(rule, seed))
    if epsilon == TINY:
        agree(found, path_of(keras.optimizers.Adagrad(rate, start, epsilon), seed))


@some
@given(rate=rates, rho=shares, epsilon=epsilons, seed=seeds)
def test_rmsprop(rate: float, rho: float, epsilon: float, seed: int) -> None:
    import keras

    def rule(w: np.ndarray, g: np.ndarray, state: dict[str, Any], t: int) -> np.ndarray:
        state["s"] = rho * state.get("s", 0) + (1 - rho) * g**2
        return np.asarray(w - rate * g / (np.sqrt(state["s"]) + epsilon))

    found = path_of(reference("optimizers").RMSprop(rate, rho, epsilon), seed)
    agree(found, by_numpy(rule, seed))
    if epsilon == TINY:
        agree(found, path_of(keras.optimizers.RMSprop(rate, rho, epsilon=epsilon), seed))


@some
@given(rate=rates, beta_1=shares, beta_2=shares, decay=shares, epsilon=epsilons, seed=seeds)
def test_adam_and_adamw(
    rate: float, beta_1: float, beta_2: float, decay: float, epsilon: float, seed: int
) -> None:
    import keras

    def rule(shrink: float) -> Step:
        def step(w: np.ndarray, g: np.ndarray, state: dict[str, Any], t: int) -> np.ndarray:
            m = state["m"] = beta_1 * state.get("m", 0) + (1 - beta_1) * g
            v = state["v"] = beta_2 * state.get("v", 0) + (1 - beta_2) * g**2
            m, v = m / (1 - beta_1**t), v / (1 - beta_2**t)
            return np.asarray(w - shrink * w - rate * m / (np.sqrt(v) + epsilon))

        return step

    module = reference("optimizers")
    betas = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": epsilon}
    adam = path_of(module.Adam(rate, **betas), seed)
    agree(adam, by_numpy(rule(0.0), seed))
    adamw = path_of(module.AdamW(rate, **betas, decay=decay), seed)
    agree(adamw, by_numpy(rule(rate * decay), seed))
    if epsilon == TINY:
        agree(adam, path_of(keras.optimizers.Adam(rate, **betas), seed))
        agree(adamw, path_of(keras.optimizers.AdamW(rate, weight_decay=decay, **betas), seed))


def one_update(optimizer: Any, gradient: float = 1.0) -> float:
    """How far an optimizer moves a float64 variable by its first update."""
    import keras

    variable = keras.Variable(0.0, dtype="float64")
    optimizer.apply([keras.ops.convert_to_tensor(np.float64(gradient))], [variable])
    return -float(keras.ops.convert_to_numpy(variable))


def test_conventions_of_the_optimizers() -> None:
    import keras

    mine, theirs = reference("optimizers"), keras.optimizers
    epsilon = 0.5
    # Beside the root or inside it.
    assert one_update(mine.AdaGrad(1.0, 0.0, epsilon)) == pytest.approx(1 / 1.5)
    assert one_update(theirs.Adagrad(1.0, 0.0, epsilon)) == pytest.approx(1 / np.sqrt(1.5))
    root = np.sqrt(0.1)
    assert one_update(mine.RMSprop(1.0, 0.9, epsilon)) == pytest.approx(1 / (root + epsilon))
    assert one_update(theirs.RMSprop(1.0, 0.9, epsilon=epsilon)) == pytest.approx(
        1 / np.sqrt(0.1 + epsilon)
    )
    # Beside the corrected root, or beside the one that is not corrected yet.
    assert one_update(mine.Adam(1.0, 0.9, 0.99, epsilon)) == pytest.approx(1 / 1.5)
    assert one_update(theirs.Adam(1.0, 0.9, 0.99, epsilon)) == pytest.approx(
        1 / (1 + epsilon / np.sqrt(0.01))
    )
    # Where the accumulator starts, unless told.
    assert mine.AdaGrad().initial_accumulator_value == 0.0
    assert theirs.Adagrad().initial_accumulator_value == 0.1


def test_the_velocity_holds_the_learning_rate_as_in_keras_and_not_as_in_pytorch() -> None:
    import keras

    optimizer = reference("optimizers").Momentum(1.0, 0.5)
    variable = keras.Variable(0.0, dtype="float64")
    for rate in (1.0, 0.1):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(np.float64(1.0))], [variable])
    # -1, then 0.5 * -1 - 0.1. PyTorch would go by 0.1 * (0.5 * 1 + 1), to -1.15.
    assert float(keras.ops.convert_to_numpy(variable)) == pytest.approx(-1.6)


# --- regularizers ---------------------------------------------------------------------------------


@some
@given(l1=strengths, l2=strengths, seed=seeds)
def test_regularizers(l1: float, l2: float, seed: int) -> None:
    import keras
    import tensorflow as tf

    def of(regularizer: Any, weights: np.ndarray) -> tuple[float, np.ndarray]:
        tensor = tf.constant(weights, "float32")
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            penalty = regularizer(tensor)
        gradient = tape.gradient(penalty, tensor, unconnected_gradients="zero")
        return float(penalty), gradient.numpy()

    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, rng.integers(1, 5)))
    weights = rng.normal(size=shape) * 10 ** rng.uniform(-3, 2)
    module, absolute, squares = (
        reference("regularization"),
        np.sum(np.abs(weights)),
        np.sum(weights**2),
    )
    for mine, theirs, wanted in (
        (module.L1(l1), keras.regularizers.L1(l1), l1 * absolute),
        (module.L2(l2), keras.regularizers.L2(l2), l2 * squares),
        (module.L1L2(l1, l2), keras.regularizers.L1L2(l1, l2), l1 * absolute + l2 * squares),
    ):
        (penalty, gradient), (known, known_gradient) = of(mine, weights), of(theirs, weights)
        assert_close(penalty, known)
        assert_close(penalty, wanted)
        assert_close(gradient, known_gradient)
    rooted, gradient = of(module.L2Norm(l2), weights)
    assert_close(rooted, l2 * np.sqrt(squares))
    assert_close(gradient, l2 * weights / np.sqrt(squares))
    both = [tf.constant(weights, "float32")] * 2
    total = module.penalized_loss(tf.constant(1.5), both, module.L2(l2))
    assert_close(float(total), 1.5 + 2 * l2 * squares)


# --- layers ---------------------------------------------------------------------------------------


@some
@given(rate=st.floats(0.0, 0.95), seed=st.integers(0, 2**31 - 1))
def test_dropout(rate: float, seed: int) -> None:
    import keras

    x = np.random.default_rng(seed).uniform(0.5, 2.0, (40, 50)).astype("float32")
    for kind in (reference("dropout").Dropout, keras.layers.Dropout):
        layer, twin = kind(rate, seed=seed), kind(rate, seed=seed)
        first, second = (np.array(layer(x, training=True)) for _ in range(2))
        np.testing.assert_array_equal(first, np.array(twin(x, training=True)))
        np.testing.assert_array_equal(np.array(layer(x, training=False)), x)
        kept = first != 0
        assert_close(first[kept], x[kept] / (1 - rate))
        # Hoeffding: off by more than this with a probability below 1e-9 in 2000 draws.
        assert abs(np.mean(~kept) - rate) < np.sqrt(np.log(2e9) / (2 * x.size))
        if rate > 0.05:
            assert not np.array_equal(kept, second != 0)


def test_a_dropout_layer_of_keras_may_draw_other_masks_from_the_same_seed() -> None:
    # No library promises which random numbers a seed gives.
    import keras

    x = np.ones((20, 20), "float32")
    mine = np.array(reference("dropout").Dropout(0.5, seed=1)(x, training=True))
    theirs = np.array(keras.layers.Dropout(0.5, seed=1)(x, training=True))
    assert set(np.unique(mine)) == set(np.unique(theirs)) == {0.0, 2.0}


@some
@given(momentum=st.floats(0.0, 1.0), epsilon=st.floats(1e-5, 1.0), image=st.booleans(), seed=seeds)
def test_batch_normalization(momentum: float, epsilon: float, image: bool, seed: int) -> None:
    import keras
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    shape = (2, 3, 4, 3) if image else (4, 3)
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    layers = [
        reference("batch_normalization").BatchNormalization(momentum=momentum, epsilon=epsilon),
        keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon),
    ]
    for layer in layers:
        layer.build((None, *shape[1:]))
        layer.gamma.assign(gamma)
        layer.beta.assign(beta)
    mean, variance = np.zeros(3), np.ones(3)
    for _ in range(3):
        x = (rng.normal(size=shape) * rng.uniform(0.3, 3, 3) + rng.normal(size=3)).astype("float32")
        axes = tuple(range(len(shape) - 1))
        wide = x.astype("float64")
        batch = wide.mean(axes), wide.var(axes)
        mean = momentum * mean + (1 - momentum) * batch[0]
        variance = momentum * variance + (1 - momentum) * batch[1]
        found = []
        for layer in layers:
            tensor = tf.constant(x)
            with tf.GradientTape() as tape:
                tape.watch(tensor)
                training = layer(tensor, training=True)
                loss = tf.reduce_sum(training**3)
            found.append(
                [
                    np.array(training),
                    keras.ops.convert_to_numpy(layer.moving_mean),
                    keras.ops.convert_to_numpy(layer.moving_variance),
                    np.array(layer(tensor, training=False)),
                    np.array(tape.gradient(loss, tensor)) / (1 + np.abs(np.array(loss))),
                ]
            )
        by_rule = [
            gamma * (wide - batch[0]) / np.sqrt(batch[1] + epsilon) + beta,
            mean,
            variance,
            gamma * (wide - mean) / np.sqrt(variance + epsilon) + beta,
        ]
        for mine, theirs in zip(*found, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)
        for mine, wanted in zip(found[0], by_rule, strict=False):
            np.testing.assert_allclose(mine, wanted, rtol=1e-3, atol=1e-4)


def test_the_moving_variance_is_biased_as_in_keras_and_not_as_in_pytorch() -> None:
    import keras

    x = np.array([[0.0], [2.0]], "float32")  # variance 1 over two rows, 2 if it is unbiased
    layer = reference("batch_normalization").BatchNormalization(momentum=0.0)
    layer(x, training=True)
    assert_close(keras.ops.convert_to_numpy(layer.moving_variance), [1.0])


def test_a_block_is_convolution_then_normalization_then_relu() -> None:
    import keras

    x = np.random.default_rng(0).normal(size=(2, 5, 4, 2)).astype("float32")
    block = reference("batch_normalization").ConvBNReLU(3, 3)
    mine = np.array(block(x, training=True))
    theirs = keras.Sequential(
        [
            keras.layers.Conv2D(3, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
        ]
    )
    theirs.build(x.shape)
    theirs.layers[0].kernel.assign(block.conv.kernel)
    np.testing.assert_allclose(mine, np.array(theirs(x, training=True)), rtol=1e-4, atol=1e-5)


# --- loops ----------------------------------------------------------------------------------------


class Told:
    """A model whose validation losses are known beforehand, and whose weight is the epoch."""

    def __init__(self, losses: Sequence[float]) -> None:
        self.losses = losses
        self.weights = [np.zeros(1)]
        self.stop_training = False

    def get_weights(self) -> list[np.ndarray]:
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        self.weights = [np.array(weight) for weight in weights]

    def run(self, callback: Any) -> tuple[float, int]:
        """The weight in the end, and how many epochs there were."""
        callback.set_model(self)
        callback.on_train_begin()
        epochs = 0
        for epoch, loss in enumerate(self.losses):
            callback.on_epoch_begin(epoch)
            self.weights = [np.array([epoch + 1.0])]
            callback.on_epoch_end(epoch, {"val_loss": loss})
            epochs += 1
            if self.stop_training:
                break
        callback.on_train_end()
        return float(self.weights[0][0]), epochs


@some
@given(
    losses=st.lists(
        st.one_of(st.floats(1.0, 2.0), st.sampled_from([1.0, 1.1, 1.2, float("nan")])),
        min_size=1,
        max_size=10,
    ),
    patience=st.integers(0, 4),
    min_delta=st.sampled_from([0.0, 0.1, 0.25]),
)
def test_early_stopping(losses: list[float], patience: int, min_delta: float) -> None:
    import keras

    # Keras takes a first NaN for the best loss, and nothing is lower; see the next test.
    assume(not np.isnan(losses[0]))
    mine = reference("fitting").EarlyStopping(patience=patience, min_delta=min_delta)
    theirs = keras.callbacks.EarlyStopping(
        monitor="val_loss",
        mode="min",
        patience=patience,
        min_delta=min_delta,
        restore_best_weights=True,
    )
    weight, epochs = Told(losses).run(mine)
    known, known_epochs = Told(losses).run(theirs)
    assert epochs == known_epochs
    if mine.best_epoch is not None:
        assert weight == known == mine.best_epoch + 1
    stopped = epochs - 1 if mine.stopped_epoch is not None else None
    assert mine.stopped_epoch == stopped
    # Keras says 0 where it never stopped.
    assert theirs.stopped_epoch == (stopped or 0)


def test_an_early_stopping_that_never_saw_an_improvement_names_no_best_epoch() -> None:
    import keras

    mine = reference("fitting").EarlyStopping(patience=5)
    weight, _ = Told([float("nan"), float("nan")]).run(mine)
    assert (mine.best_epoch, weight) == (None, 2.0)
    theirs = keras.callbacks.EarlyStopping(patience=5, mode="min", restore_best_weights=True)
    Told([float("nan"), float("nan")]).run(theirs)
    assert theirs.best_epoch == 0

    weight, _ = Told([float("nan"), 1.0]).run(mine)
    assert (mine.best_epoch, weight) == (1, 2.0)
    weight, _ = Told([float("nan"), 1.0]).run(theirs)
    assert (theirs.best_epoch, weight) == (0, 1.0)


@some
@given(seed=seeds, batch_size=st.integers(1, 12))
def test_a_loop_of_ones_own_is_fit(seed: int, batch_size: int) -> None:
    import keras

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(10, 3)).astype("float32")
    y = rng.normal(size=(10, 1)).astype("float32")
    kernel = rng.normal(size=(3, 1))

    def model() -> Any:
        made = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
        made.set_weights([kernel])
        return made

    mine, theirs = model(), model()
    loop, loss = reference("gradient_descent").train, keras.losses.MeanSquaredError()
    found = loop(
        mine, keras.optimizers.SGD(0.05), loss, x, y,
        batch_size=batch_size, epochs=2, rng=np.random.default_rng(seed),
    )  # fmt: skip
    theirs.compile(keras.optimizers.SGD(0.05), "mse", run_eagerly=True)
    order, losses = np.random.default_rng(seed), []
    for _ in range(2):
        rows = order.permutation(10)
        history = theirs.fit(x[rows], y[rows], batch_size=batch_size, shuffle=False, verbose=0)
        losses += history.history["loss"]
    np.testing.assert_allclose(found["loss"], losses, rtol=1e-4)
    assert_close(mine.get_weights()[0], theirs.get_weights()[0])
    assert found["updates"] == 2 * -(-10 // batch_size)


def test_fit_linear_ends_at_the_least_squares_solution() -> None:
    import keras

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 4)).astype("float32"), rng.normal(size=20).astype("float32")
    found = reference("sgd_vs_adam").fit_linear(keras.optimizers.SGD(0.1), x, y, 400)
    wanted = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(np.asarray(found), wanted, rtol=1e-3, atol=1e-4)


# --- from scratch ---------------------------------------------------------------------------------


class InOrder:
    """A generator that never shuffles, so that `fit` can be given the same batches."""

    def permutation(self, rows: int) -> np.ndarray:
        return np.arange(rows)


@pytest.mark.parametrize("patience", [1, 9])
def test_fit_network_is_keras_fit(patience: int) -> None:
    """Penalties, dropout, moving statistics, early stopping and a short last batch included."""
    import keras

    rng = np.random.default_rng(patience)
    x, x_val = (rng.normal(size=(rows, 6, 6, 1)).astype("float32") for rows in (10, 7))
    y, y_val = (rng.integers(0, 3, rows) for rows in (10, 7))
    start, found = None, []
    for by_keras in (False, True):
        model = reference("from_scratch").small_cnn(
            (6, 6, 1),
            3,
            normalization=lambda: keras.layers.BatchNormalization(momentum=0.6),
            dropout=lambda: keras.layers.Dropout(0.3, seed=5),
            regularizer=keras.regularizers.L2(0.05),
            filters=(4,),
        )
        start = start or model.get_weights()
        model.set_weights(start)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = keras.optimizers.SGD(0.3)
        stop = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
        settings = {"batch_size": 4, "epochs": 6}
        if by_keras:
            model.compile(optimizer, loss)
            curves = model.fit(
                *(x, y), validation_data=(x_val, y_val), shuffle=False, verbose=0,
                callbacks=[stop], **settings,
            ).history  # fmt: skip
        else:
            curves = reference("from_scratch").fit_network(
                *(model, optimizer, loss, x, y, x_val, y_val),
                **settings, rng=InOrder(), callback=stop,
            )  # fmt: skip
        found.append((curves, model.get_weights()))
    (ours, our_weights), (theirs, their_weights) = found
    for name in ("loss", "val_loss"):
        assert_close(ours[name], theirs[name])
    for one, other in zip(our_weights, their_weights, strict=True):
        assert_close(one, other)
