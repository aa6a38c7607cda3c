"""The probes of the regularization assignment: each asks for penalties and returns what came back.

A probe gets the student's class or function and inputs, and returns arrays. It holds no answer.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from autograder.probing.kit import compile_model, numbers, saved_and_loaded, tensors, variables


def plain(penalty):
    """A penalty as an array of its own shape; a plain Python 0 counts as the number 0.0."""
    array = numbers(penalty)
    return array.astype("float64") if array.dtype.kind in "biu" else array


def pulls(penalty, weights, tape):
    """The gradient of a penalty for each weight, zeros where none arrives."""
    found = tape.gradient(ops.convert_to_tensor(penalty), weights)
    return [
        np.zeros(weight.shape) if pull is None else numbers(pull)
        for pull, weight in zip(found, weights, strict=True)
    ]


def has_own_config(regularizer_class):
    """Raise unless the class can be asked for its configuration, which saving needs."""
    inherited = keras.regularizers.Regularizer.get_config
    if getattr(regularizer_class, "get_config", inherited) is inherited:
        raise AttributeError(
            f"{regularizer_class.__name__} has no get_config, so Keras can neither save it nor "
            "make another one like it"
        )


def penalties(regularizer_class, *, settings, vector, matrix, kernel):
    """The penalties of variables of rank 1, 2 and 4.

    Shapes: vector (d,), matrix (n, m), kernel (h, w, c, f). A penalty is a scalar.
    """
    regularizer = regularizer_class(**settings)
    weights = variables(vector, matrix, kernel)
    names = ("vector", "matrix", "kernel")
    return {name: plain(regularizer(w)) for name, w in zip(names, weights, strict=True)}


def two_strengths(regularizer_class, *, settings, other_settings, vector, matrix):
    """Penalties by two regularizers made one after the other, then used in turn."""
    pair = regularizer_class(**settings), regularizer_class(**other_settings)
    found = {}
    for name, values in (("vector", vector), ("matrix", matrix)):
        weights = variables(values)
        for which, regularizer in zip(("first", "second"), pair, strict=True):
            found[f"{which}_{name}"] = plain(regularizer(weights[0]))
    return found


def factors_left_out(regularizer_class, *, alternatives, vector):
    """Penalties and gradients of a vector, shape (d,), for each of some choices of arguments.

    A gradient that does not arrive counts as zeros.
    """
    found = {"penalties": [], "gradients": []}
    for settings in alternatives:
        weights = variables(vector)
        with tf.GradientTape() as tape:
            penalty = regularizer_class(**settings)(weights[0])
            penalty = ops.convert_to_tensor(penalty, dtype=weights[0].dtype)
        found["penalties"].append(plain(penalty))
        found["gradients"] += pulls(penalty, [weights[0].value], tape)
    return {name: np.stack(values) for name, values in found.items()}


def gradients(regularizer_class, *, settings, vector, matrix, kernel):
    """The gradients of penalties with respect to variables of rank 1, 2 and 4."""
    regularizer = regularizer_class(**settings)
    weights = variables(vector, matrix, kernel)
    found = {}
    for name, weight in zip(("vector", "matrix", "kernel"), weights, strict=True):
        with tf.GradientTape() as tape:
            penalty = regularizer(weight)
        (found[name],) = pulls(penalty, [weight.value], tape)
    return found


def gradients_at_zero(regularizer_class, *, settings, vector):
    """Penalties and gradients of a vector that is partly zero, and of an all-zero matrix.

    Shapes: vector (d,). Once eagerly and once compiled; the arrays have those two in front.
    """
    regularizer = regularizer_class(**settings)
    weights = variables(vector, np.zeros((2, 3)))

    def both():
        with tf.GradientTape() as tape:
            penalties = [ops.convert_to_tensor(regularizer(w)) for w in weights]
        return penalties, tape.gradient(
            penalties, [w.value for w in weights], unconnected_gradients="zero"
        )

    found = {name: [] for name in ("vector", "zeros", "vector_gradient", "zeros_gradient")}
    for run in (both, tf.function(both)):
        penalties, pulled = run()
        for name, value in zip(found, (*penalties, *pulled), strict=True):
            found[name].append(plain(value))
    return {name: np.stack(values) for name, values in found.items()}


def double_precision(regularizer_class, *, settings, vector):
    """The penalty and the gradient of a float64 vector, shape (d,)."""
    regularizer = regularizer_class(**settings)
    weights = variables(vector, dtype="float64")
    with tf.GradientTape() as tape:
        penalty = regularizer(weights[0])
    (gradient,) = pulls(penalty, [weights[0].value], tape)
    return {"penalty": plain(penalty), "gradient": gradient}


def config_round_trip(regularizer_class, *, settings, vector):
    """The penalty of a vector, shape (d,), by ``from_config(regularizer.get_config())``."""
    regularizer = regularizer_class(**settings)
    weight = variables(vector)[0]
    first = plain(regularizer(weight))
    has_own_config(regularizer_class)
    again = regularizer_class.from_config(regularizer.get_config())
    return {"before": first, "after": plain(again(weight))}


def compiled(regularizer_class, *, settings, matrices):
    """Penalties and gradients of one matrix after another, by a function compiled once.

    Shapes: matrices (calls, n, m).
    """
    regularizer = regularizer_class(**settings)

    @tf.function
    def both(matrix):
        with tf.GradientTape() as tape:
            tape.watch(matrix)
            penalty = ops.convert_to_tensor(regularizer(matrix))
        return penalty, tape.gradient(penalty, matrix, unconnected_gradients="zero")

    weight = variables(matrices[0])
    found = [both(*tensors(matrix, like=weight)) for matrix in matrices]
    return {
        "penalties": np.stack([plain(penalty) for penalty, _ in found]),
        "gradients": np.stack([numbers(gradient) for _, gradient in found]),
    }


def reloaded(regularizer_class, *, settings, kernel, bias):
    """The penalties that a model carries, before and after a trip through a file.

    Shapes: kernel (d, k), bias (k,); both are penalized.
    """
    model = keras.Sequential(
        [
            keras.Input((kernel.shape[0],)),
            keras.layers.Dense(
                kernel.shape[1],
                kernel_regularizer=regularizer_class(**settings),
                bias_regularizer=regularizer_class(**settings),
            ),
        ]
    )
    model.set_weights([kernel, bias])
    before = np.stack([plain(penalty) for penalty in model.losses])
    has_own_config(regularizer_class)
    model = saved_and_loaded(model, **{regularizer_class.__name__: regularizer_class})
    return {"before": before, "after": np.stack([plain(penalty) for penalty in model.losses])}


def mixed_precision(regularizer_class, *, settings, kernel, x, y, learning_rate, updates):
    """The penalty and the weights of a ``mixed_float16`` layer at each of some updates.

    Shapes: kernel (d, k), x (n, d), y (n, k).
    """
    keras.config.set_dtype_policy("mixed_float16")
    layer = keras.layers.Dense(
        kernel.shape[1], use_bias=False, kernel_regularizer=regularizer_class(**settings)
    )
    layer.build((None, kernel.shape[0]))
    layer.kernel.assign(kernel)
    path = {"penalty": [], "kernel": []}
    for _ in range(updates):
        with tf.GradientTape() as tape:
            error = ops.cast(layer(x), "float32") - y
            penalty = ops.cast(layer.losses[0], "float32")
            loss = ops.mean(ops.square(error)) + penalty
        gradient = tape.gradient(loss, layer.kernel.value)
        layer.kernel.assign_sub(learning_rate * gradient)
        path["penalty"].append(plain(penalty))
        path["kernel"].append(numbers(layer.kernel))
    return {name: np.stack(values) for name, values in path.items()}


def fit(regularizer_class, *, settings, kernel, x, y, learning_rate, epochs):
    """Weights of a linear model after each epoch of ``model.fit``, and the losses it reports.

    Shapes: kernel (d, k), x (n, d), y (n, k). Batches of two rows, in order.
    """
    model = keras.Sequential(
        [
            keras.Input((kernel.shape[0],)),
            keras.layers.Dense(
                kernel.shape[1], use_bias=False, kernel_regularizer=regularizer_class(**settings)
            ),
        ]
    )
    model.set_weights([kernel])
    compile_model(model, keras.optimizers.SGD(learning_rate, momentum=0.9), "mse")
    path = []
    remember = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: path.append(model.get_weights()[0])
    )
    history = model.fit(
        x, y, batch_size=2, epochs=epochs, shuffle=False, verbose=0, callbacks=[remember]
    ).history
    return {"kernel": np.stack(path), "loss": np.array(history["loss"], dtype="float64")}


def descend(loss_of, weights, learning_rate, updates):
    """Full-batch gradient descent with momentum on ``loss_of()``, compiled; the losses on the way.

    The learning rate falls to zero along half a cosine.
    """
    places = [weight.value for weight in weights]
    velocities = [tf.Variable(tf.zeros_like(place)) for place in places]

    @tf.function
    def update(rate):
        with tf.GradientTape() as tape:
            loss = ops.convert_to_tensor(loss_of())
        pulled = tape.gradient(loss, places, unconnected_gradients="zero")
        for place, velocity, gradient in zip(places, velocities, pulled, strict=True):
            velocity.assign(0.9 * velocity - rate * gradient)
            place.assign_add(velocity)
        return loss

    losses = []
    for step in range(updates):
        rate = learning_rate * (1 + np.cos(np.pi * step / updates)) / 2
        losses.append(update(tf.constant(rate, dtype=places[0].dtype)))
    return np.stack([plain(loss) for loss in losses])


def few_rows(regularizer_class, *, settings, kernel, x, y, learning_rate, updates):
    """Weights of a linear model after descent on its squared error plus the penalty.

    Shapes: kernel (d, k), x (n, d), y (n, k).
    """
    regularizer = regularizer_class(**settings)
    weights = variables(kernel)
    x, y = tensors(x, y, like=weights * 2)

    def loss():
        squares = ops.sum(ops.square(x @ weights[0] - y), axis=1)
        return ops.mean(squares) + regularizer(weights[0])

    descend(loss, weights, learning_rate, updates)
    return {"kernel": numbers(weights[0])}


def sum_of_cubes(strength):
    """A regularizer that no student knows: any function of one tensor will do."""
    return lambda weight: strength * ops.sum(ops.abs(weight) ** 3)


def length(strength):
    """A regularizer whose penalty of two tensors is not that of the two joined."""
    return lambda weight: strength * ops.sqrt(ops.sum(ops.square(weight)))


def penalized(penalized_loss, *, data_loss, strength, vector, matrix, kernel):
    """Penalized losses of variables of rank 1, 2 and 4, asked for twice.

    Shapes: vector (d,), matrix (n, m), kernel (h, w, c, f). By a regularizer of cubes and by one
    of lengths; the loss is a scalar.
    """
    weights = variables(vector, matrix, kernel)
    loss = ops.convert_to_tensor(data_loss, dtype=keras.config.floatx())
    found = {}
    for name, regularizer in (("cubes", sum_of_cubes(strength)), ("lengths", length(strength))):
        found[name] = plain(penalized_loss(loss, weights, regularizer))
    found["again"] = plain(penalized_loss(loss, weights, sum_of_cubes(strength)))
    return found


def one_at_a_time(penalized_loss, *, data_loss, strength, vector, matrix):
    """Penalized losses of lists of one tensor, and of the same two in either order."""
    loss = ops.convert_to_tensor(data_loss, dtype=keras.config.floatx())
    one, other = tensors(vector, matrix, like=variables(vector, matrix))
    regularizer = sum_of_cubes(strength)
    lists = ([one], [other], [one, other], [other, one])
    return {"losses": np.stack([plain(penalized_loss(loss, w, regularizer)) for w in lists])}


def no_weights(penalized_loss, *, data_loss, strength):
    """The penalized loss of an empty list."""
    loss = ops.convert_to_tensor(data_loss, dtype=keras.config.floatx())
    return {"loss": plain(penalized_loss(loss, [], sum_of_cubes(strength)))}


def penalized_gradients(penalized_loss, *, strength, vector, matrix, x):
    """Gradients of a penalized loss; the data loss is the mean square of ``x @ matrix + vector``.

    Shapes: vector (k,), matrix (d, k), x (n, d).
    """
    weights = variables(vector, matrix)
    (x,) = tensors(x, like=weights[:1])
    with tf.GradientTape() as tape:
        data_loss = ops.mean(ops.square(x @ weights[1] + weights[0]))
        loss = penalized_loss(data_loss, weights, length(strength))
    found = pulls(loss, [weight.value for weight in weights], tape)
    return dict(zip(("vector", "matrix"), found, strict=True))


def double_precision_loss(penalized_loss, *, data_loss, strength, vector):
    """The penalized loss of a float64 vector, shape (d,), with a float64 data loss."""
    weights = variables(vector, dtype="float64")
    loss = ops.convert_to_tensor(data_loss, dtype="float64")
    return {"loss": plain(penalized_loss(loss, weights, sum_of_cubes(strength)))}


def own_loop(penalized_loss, *, strength, kernel, bias, x, y, learning_rate, updates):
    """Kernel and bias of a linear model after a compiled loop with the penalized loss.

    Shapes: kernel (d, k), bias (k,), x (n, d), y (n, k). Returns the loss before every update,
    shape (updates,), and the weights after the last.
    """
    weights = variables(kernel, bias)
    x, y = tensors(x, y, like=weights)

    def loss():
        squares = ops.sum(ops.square(x @ weights[0] + weights[1] - y), axis=1)
        return penalized_loss(
            ops.mean(squares), weights, lambda weight: strength * ops.sum(ops.square(weight))
        )

    losses = descend(loss, weights, learning_rate, updates)
    return {"loss": losses, "kernel": numbers(weights[0]), "bias": numbers(weights[1])}
