"""Probes that serve any layer that normalizes as batch normalization does.

It has the weights gamma, beta, moving_mean and moving_variance as attributes. A probe gets the
student's class and inputs, and returns arrays. It holds no answer.
"""

import numpy as np
from _shared.layer_probes import (
    called,
    compiled,
    pulled_back,
    saved_and_loaded_model,
    tensor,
    with_weights,
)

from autograder.probing.kit import held_numbers, numbers, real

WEIGHTS = ("gamma", "beta", "moving_mean", "moving_variance")


def statistics(layer):
    """The moving statistics as they are now. Shapes: (c,) each."""
    return {name: numbers(getattr(layer, name)) for name in ("moving_mean", "moving_variance")}


def moving_statistics(layer_class, *, settings, batches, images, weights, names):
    """Some statistics after each of some training batches: of features, then of channels.

    The layer that gets the batches of features is fresh; the one that gets the images starts from
    ``weights``. Shapes: batches (batches, n, d), images (batches, n, h, w, c), weights (c,) each;
    returns (batches, d + c) each.
    """
    rows = layer_class(**settings)
    pixels = with_weights(layer_class(**settings), images[0], weights)
    path = []
    for batch, image in zip(batches, images, strict=True):
        rows(tensor(batch), training=True)
        pixels(tensor(image), training=True)
        path.append([statistics(rows), statistics(pixels)])
    return {name: np.array([np.concatenate([r[name], p[name]]) for r, p in path]) for name in names}


def inference_outputs(layer_class, *, settings, weights, batches, images):
    """Outputs at inference. Shapes: batches (batches, n, d), images (batches, n, h, w, d)."""
    found = {}
    for name, some in (("rows", batches), ("images", images)):
        layer = with_weights(layer_class(**settings), some[0], weights)
        found[name] = called(layer, some, training=False)
    return found


def statistics_around_inference(layer_class, *, settings, weights, batches):
    """Both statistics, before and after inference: (2, d). Shapes: batches (batches, n, d)."""
    layer = with_weights(layer_class(**settings), batches[0], weights)
    before = statistics(layer)
    called(layer, batches, training=False)
    return {name: np.stack([before[name], after]) for name, after in statistics(layer).items()}


def fresh_weights(layer_class, *, settings, features):
    """The four weights as they are before any training. Shapes: (features,) each."""
    layer = layer_class(**settings)
    layer.build((None, features))
    return {name: numbers(getattr(layer, name)) for name in WEIGHTS}


def who_trains(layer_class, *, settings, features):
    """Which of the four weights are trainable, which are not, and how many there are of each."""
    layer = layer_class(**settings)
    layer.build((None, features))
    groups = {"trainable": layer.trainable_weights, "kept": layer.non_trainable_weights}
    found = {"counts": np.array([len(group) for group in groups.values()])}
    for kind, group in groups.items():
        found[kind] = np.array([any(getattr(layer, name) is w for w in group) for name in WEIGHTS])
    return found


def gradients(layer_class, *, settings, weights, x, images, upstream, image_upstream, names):
    """Those gradients in training that ``names`` asks for: of rows, images, gamma and beta.

    Shapes: x (n, d), images (n, h, w, d), upstream gradients alike; gamma and beta (2, d).
    """
    found = []
    for inputs, arriving in ((x, upstream), (images, image_upstream)):
        layer = with_weights(layer_class(**settings), inputs, weights)
        found.append(pulled_back(layer, inputs, arriving, layer.gamma, layer.beta)[1])
    (rows, *of_rows), (pixels, *of_images) = found
    gamma, beta = np.stack([of_rows, of_images], axis=1)
    gradients = {"rows": rows, "images": pixels, "gamma": gamma, "beta": beta}
    return {name: gradients[name] for name in names}


def config_round_trip(layer_class, *, settings, weights, batches):
    """What ``from_config(get_config())`` returns and remembers. Shapes: batches (batches, n, d).

    Also whether it has the "same_name", where ``settings`` has a name.
    """
    config = layer_class(**settings).get_config()
    layer = layer_class.from_config(config)
    output = called(with_weights(layer, batches[0], weights), batches, training=True)
    found = {"output": output, **statistics(layer), "in_config": held_numbers(config, settings)}
    return {**found, "same_name": np.array(layer.name == settings.get("name", layer.name))}


def graph_mode(layer_class, *, settings, weights, batches, smaller):
    """Outputs and statistics of a layer compiled once by ``tf.function`` for batches of any size.

    Shapes: batches (batches, n, d), smaller (m, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    train = compiled(layer, training=True, features=batches.shape[-1])
    infer = compiled(layer, training=False, features=batches.shape[-1])
    trained, path = [], []
    for batch in (*batches, smaller):
        trained.append(real(train(tensor(batch))))
        path.append(statistics(layer))
    return {
        "training": np.concatenate(trained),
        "inference": real(infer(tensor(batches[0]))),
        **{name: np.stack([one[name] for one in path]) for name in path[0]},
    }


def saved_model(layer_class, *, settings, weights, batches, x):
    """Predictions of a trained layer after a trip through a file, then after training on x.

    Shapes: batches (batches, n, d) to train on before saving, x (m, d).
    """
    layer = with_weights(layer_class(**settings), batches[0], weights)
    called(layer, batches, training=True)
    loaded = saved_and_loaded_model(layer, x)
    after = called(loaded, [x], training=False)[0]
    loaded(tensor(x), training=True)
    return {"after": after, "trained_on": called(loaded, [x], training=False)[0]}
