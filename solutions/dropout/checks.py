"""The checks of the dropout assignment: what must hold, what it is worth, how it is judged.

Masks are random, so no mask is ever compared with another implementation's. What is judged is
what must hold for every mask (kept values are scaled, the gradient has the output's mask), and
statistics with a stated false-alarm probability. Each bound below is Hoeffding's inequality with
ALPHA = 1e-9: the mean of N independent numbers from an interval of width b is off by more than
b * sqrt(ln(2 / ALPHA) / (2 N)) with a probability below ALPHA. No check uses more than 40 such
bounds, so right code fails one with a probability below 4e-8.
"""

from functools import partial

import numpy as np
from sklearn.datasets import load_digits

from autograder.grading.judge import at_least, mismatch
from autograder.model import Check, Exercise

EXERCISES = [
    Exercise(
        "Dropout",
        forbidden=(
            "keras.layers.Dropout",
            "keras.random.dropout",
            "tensorflow.nn.dropout",
            "tensorflow.nn.experimental.stateless_dropout",
            "tensorflow.nn.experimental.general_dropout",
            "tensorflow.compat.v1.nn.dropout",
        ),
    ),
    Exercise("mc_predict", bonus=True),
]

RATES = [0.2, 0.7]
ALPHA = 1e-9


def bound(width, count):
    """How far the mean of ``count`` independent numbers may be off, by Hoeffding's inequality."""
    return width * np.sqrt(np.log(2 / ALPHA) / (2 * count))


def values(rng, *shape):
    """Numbers of either sign and sizes from 0.5 to 2: none is 0, so a 0 has been dropped."""
    return (rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 2.0, shape)).astype("float32")


def rates_of(inputs):
    return [inputs["rate"]] if "rate" in inputs else inputs["rates"]


def outputs_of(observed, inputs):
    """For each rate: the rate, and the outputs of all calls with the inputs they belong to.

    Yields (rate, outputs (calls, n, ...), x of the same shape), in float64.
    """
    for rate, outputs in zip(rates_of(inputs), observed["outputs"], strict=True):
        x = np.broadcast_to(observed["x"].astype("float64"), outputs.shape)
        yield rate, outputs.astype("float64"), x


def wrong_shape(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    if not np.isfinite(observed["outputs"]).all():
        return "some outputs are not finite numbers."
    return None


def right_share(observed, expected, inputs):
    """The share of zeros is the rate."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    for rate, outputs, _ in outputs_of(observed, inputs):
        share = np.mean(outputs == 0)
        if abs(share - rate) > bound(1, outputs.size):
            return (
                f"at rate {rate:g}, {share:.3f} of {outputs.size} elements came back as 0; "
                f"expected {rate:g}, give or take {bound(1, outputs.size):.3f}."
            )
    return None


def scaled(observed, expected, inputs, rtol=1e-4):
    """Every value is 0 or the input times 1 / (1 - rate)."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    for rate, outputs, x in outputs_of(observed, inputs):
        kept = outputs != 0
        if not kept.any():
            return f"at rate {rate:g}, nothing is kept: all {outputs.size} elements are 0."
        wanted = x / (1 - rate)
        wrong = kept & (np.abs(outputs - wanted) > rtol * np.abs(wanted))
        if wrong.any():
            place = tuple(np.argwhere(wrong)[0])
            return (
                f"at rate {rate:g}, an input of {x[place]:.4f} was kept and came out as "
                f"{outputs[place]:.4f}; expected {wanted[place]:.4f} ({wrong.sum()} of the "
                f"{kept.sum()} kept values differ)."
            )
    return None


def dependence(zero, rate, axis):
    """By how much the drop of an element goes with that of its neighbour along an axis.

    Returns the mean product of the two deviations from ``rate`` over disjoint pairs, 0 if they
    are independent and rate * (1 - rate) if they are equal, and the bound on it. The product is
    between -rate * (1 - rate) and max(rate, 1 - rate) ** 2.
    """
    pairs = zero.shape[axis] // 2
    first = np.take(zero, range(0, 2 * pairs, 2), axis) - rate
    second = np.take(zero, range(1, 2 * pairs, 2), axis) - rate
    return np.mean(first * second), bound(max(rate, 1 - rate), first.size)


def always_as_many(zero):
    """Whether every call, every row or every last axis has one and the same number of zeros.

    Chance: for N independent elements a given number comes up with at most
    1 / sqrt(2 pi N rate (1 - rate)), about 0.013 for the 5760 of a call; five further calls with
    the same number have 4e-10.
    """
    counts = (
        zero.reshape(len(zero), -1).sum(axis=1),
        zero.reshape(*zero.shape[:2], -1).sum(axis=2),
        zero.sum(axis=-1),
    )
    return any(count.size > 5 and np.ptp(count) == 0 for count in counts)


def independent(observed, expected, inputs):
    """No element's drop goes with that of its neighbour along any axis of the input."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    for rate, outputs, _ in outputs_of(observed, inputs):
        zero = (outputs == 0).astype(float)
        for axis in range(1, zero.ndim):
            found, limit = dependence(zero, rate, axis)
            if abs(found) > limit:
                return (
                    f"at rate {rate:g}, neighbours along axis {axis - 1} of the input are dropped "
                    f"together: their covariance is {found:.3f}; expected 0, give or take "
                    f"{limit:.3f}. ({rate * (1 - rate):.2f} would mean that they share a mask.)"
                )
        if always_as_many(zero):
            return (
                f"at rate {rate:g}, the number of zeros is always exactly the same. If each "
                "element is dropped by a chance of its own, the number varies."
            )
    return None


def new_mask(observed, expected, inputs):
    """The masks of one call and the next have nothing to do with each other."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    for rate, outputs, _ in outputs_of(observed, inputs):
        zero = (outputs == 0).astype(float)
        same = sum(np.array_equal(zero[0], other) for other in zero[1:])
        if same:
            return (
                f"at rate {rate:g}, {same} of {len(zero) - 1} further calls dropped exactly the "
                "elements that the first call had dropped."
            )
        found, limit = dependence(zero, rate, 0)
        if abs(found) > limit:
            return (
                f"at rate {rate:g}, the masks of one call and the next have the covariance "
                f"{found:.3f}; expected 0, give or take {limit:.3f}."
            )
    return None


def all_of(*judges):
    """A judge: the first of several complaints."""

    def judge(observed, expected, inputs):
        return next(filter(None, (one(observed, expected, inputs) for one in judges)), None)

    return judge


def gradient_has_the_same_mask(observed, expected, inputs):
    """The gradient is the upstream one times 1 / (1 - rate) where the output is kept, else 0."""
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for rate, outputs, gradients in zip(
        inputs["rates"], observed["outputs"], observed["gradients"], strict=True
    ):
        if not gradients.any():
            return f"at rate {rate:g}, no gradient comes back: all {gradients.size} numbers are 0."
        wanted = np.where(outputs == 0, 0.0, inputs["upstream"] / (1 - rate))
        wrong = ~(np.abs(gradients - wanted) <= 1e-4 * np.abs(wanted) + 1e-6)
        if wrong.any():
            place = tuple(np.argwhere(wrong)[0])
            state = "dropped" if outputs[place] == 0 else "kept"
            return (
                f"at rate {rate:g}, an element was {state}, the gradient arriving above it was "
                f"{inputs['upstream'][place]:.4f} and {gradients[place]:.4f} came back below it; "
                f"expected {wanted[place]:.4f} ({wrong.sum()} of {wrong.size} differ)."
            )
    return None


def untouched(observed, expected, inputs):
    """Every output is the input, bit for bit."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    ways = ("with training=False", "called without training", "compiled", "after a training call")
    if len(observed["outputs"]) != len(ways):
        ways = ("in training at rate 0", "at the second call")
    for how, output in zip(ways, observed["outputs"], strict=True):
        wrong = output != inputs["x"]
        if wrong.any():
            place = tuple(np.argwhere(wrong)[0])
            return (
                f"{how}, an input of {inputs['x'][place]:.7g} came out as {output[place]:.7g}; "
                f"expected the input itself, bit for bit ({wrong.sum()} of {wrong.size} differ)."
            )
    return None


def refused(observed, expected, inputs):
    """Wrong rates end in a ValueError, right ones do not."""
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for rate, got, wanted in zip(
        inputs["rates"], observed["refused"], expected["refused"], strict=True
    ):
        if bool(got) != bool(wanted):
            said = "is not refused; expected" if wanted else "is right, and was refused with"
            return f"a rate of {rate:g} {said} a ValueError."
    return None


def masks(observed):
    return observed["outputs"] == 0


def one_seed_one_sequence(observed, expected, inputs):
    """Two layers of one seed draw the same masks, call by call."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    first, second = masks(observed)[:2]
    if not first.any():
        return "nothing was dropped."
    for call, (one, other) in enumerate(zip(first, second, strict=True), 1):
        if not np.array_equal(one, other):
            return (
                f"two layers made with seed={inputs['seed']} draw different masks in their call "
                f"{call}: {np.mean(one != other):.2f} of the elements differ."
            )
    return None


def other_seeds_other_masks(observed, expected, inputs):
    """Layers of different seeds, and layers of none, draw different masks.

    Two independent masks of 300 elements at rate 0.4 are equal with (0.4**2 + 0.6**2)**300, which
    is 1e-85.
    """
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    zero = masks(observed)
    pairs = (
        (0, 2, f"seed={inputs['seed']} and seed={inputs['other_seed']}"),
        (0, 3, f"seed={inputs['seed']} and no seed"),
        (3, 4, "no seed and no seed"),
    )
    for one, other, who in pairs:
        for call in range(zero.shape[1]):
            if np.array_equal(zero[one, call], zero[other, call]):
                return f"two layers made with {who} draw the same mask in their call {call + 1}."
    return None


def same_after_config(observed, expected, inputs):
    """What ``from_config`` makes has the same rate and draws the same masks."""
    problem = wrong_shape(observed, expected, inputs)
    if problem:
        return problem
    first, again = masks(observed)
    if not np.array_equal(first, again):
        return (
            f"a layer with rate={inputs['rate']:g} and seed={inputs['seed']} dropped "
            f"{np.mean(first):.2f} of the elements, the one made from its configuration "
            f"{np.mean(again):.2f}, and not the same ones. Is everything in get_config that "
            "__init__ takes?"
        )
    return None


def same_after_saving(observed, expected, inputs):
    """A saved and loaded layer drops at its rate in training, and nothing in inference."""
    problem = all_of(right_share, scaled)(observed, expected, inputs)
    if problem:
        return f"after saving and loading, {problem}"
    if not np.array_equal(observed["inference"], inputs["x"]):
        return "after saving and loading, inference no longer returns the input as it is."
    return None


def in_half_precision(observed, expected, inputs):
    """Outputs are float16; the rest holds as well as float16 can tell."""
    if "bytes" in observed and (observed["bytes"] != 2).any():
        sizes = [8 * int(size) for size in np.ravel(observed["bytes"])[:4]]
        return (
            "under mixed_float16 the outputs in training and in inference, at one rate after the "
            f"other, have {sizes} bits; expected 16 everywhere."
        )
    # One float16 rounding is 5e-4, and the scale and the product may each be rounded.
    return all_of(partial(scaled, rtol=3e-3), right_share)(observed, expected, inputs)


def on_in_fit_off_in_predict(observed, expected, inputs):
    """In ``fit`` the layer drops and scales anew for every batch; in ``predict`` it is idle."""
    problem = all_of(right_share, scaled, new_mask)(observed, expected, inputs)
    if problem:
        return f"in model.fit, {problem}"
    wanted = inputs["x"] @ observed["kernel"] + observed["bias"]
    if not np.allclose(observed["predicted"], wanted, rtol=1e-3, atol=1e-4):
        gap = np.abs(observed["predicted"] - wanted).max()
        return (
            "model.predict does not return what the layers behind the dropout make of the inputs "
            f"themselves: it is off by up to {gap:.3g}."
        )
    return None


HELD_OUT = ("held_out_x", "held_out_y")
# Share of 500 unseen digits read correctly. Over 200 seeds of the reference: none fails, the least
# is 0.68, the mean 0.856 with a standard deviation of 0.045, so the threshold is 7.9 of them away:
# by the normal distribution a false alarm in fewer than one of 10^13 runs.
# (benchmarks/false_alarms.py dropout)
LEAST_ACCURACY = 0.5


def held_out_accuracy(observed, inputs):
    """Accuracy of the returned weights on the withheld digits, without any dropout."""
    hidden = np.maximum(inputs["held_out_x"] @ observed["hidden"].astype("float64"), 0)
    scores = hidden @ observed["output"].astype("float64")
    return float(np.mean(scores.argmax(axis=1) == inputs["held_out_y"]))


# --- What tells mistakes apart in spite of chance -------------------------------------------------


def nearest(share, rate):
    """A share of zeros as a code: which of the telling shares it is near, or none of them."""
    telling = np.array([0, rate, 1 - rate, 1, rate**2, 1 - (1 - rate) ** 2])
    distance = np.abs(telling - share)
    return int(distance.argmin()) if distance.min() < 0.05 else -1


def constant_ratio(outputs, x, rate=None):
    """outputs / x, to two digits, if it is the same everywhere; else -1 (and 0 of nothing).

    With a rate: -3 if it is no number that the rate explains, but one that this mask happens to
    have.
    """
    if not outputs.size:
        return 0.0
    ratio = outputs / x
    middle = float(np.median(ratio))
    if np.ptp(ratio) > 0.01 * abs(middle):
        return -1.0
    if rate is not None:
        telling = np.array([1, 1 - rate, 1 / (1 - rate), rate, 1 / rate])
        if np.abs(middle / telling - 1).min() > 1e-3:
            return -3.0
    return round(middle, 2)


def all_or_nothing(observed):
    """Whether each call drops everything or nothing, and at least one everything."""
    shares = {float(np.mean(call == 0)) for calls in observed["outputs"] for call in calls}
    return 1.0 in shares and shares <= {0.0, 1.0}


def behaviour(observed, inputs):
    """Share of zeros, scale of the kept, and along which axes drops go together, for each rate."""
    if all_or_nothing(observed):
        return {"all_or_nothing": np.array([1.0])}
    told = []
    for rate, outputs, x in outputs_of(observed, inputs):
        zero = (outputs == 0).astype(float)
        together = []
        for axis in range(zero.ndim):
            if zero.shape[axis] > 1:
                found, _ = dependence(zero, rate, axis)
                together.append(float(zero.any() and found > rate * (1 - rate) / 2))
        # Where drops go together, there are few draws, and the share is chance.
        share = -2 if any(together) else nearest(zero.mean(), rate)
        # The scale may depend on the call, but must not on the element.
        scales = {
            constant_ratio(o[o != 0], i[o != 0], rate) for o, i in zip(outputs, x, strict=True)
        }
        scale = -3.0 if -3.0 in scales else scales.pop() if len(scales) == 1 else -2.0
        told.append([share, scale, *together, float(always_as_many(zero) and zero.any())])
    extra = {
        name: (np.asarray(observed[name]) == wanted).all(keepdims=True).astype(float)
        for name, wanted in (("inference", inputs["x"]), ("bytes", 2))
        if name in observed
    }
    if "predicted" in observed:
        wanted = inputs["x"] @ observed["kernel"] + observed["bias"]
        extra["predicted"] = np.array(
            [float(np.allclose(observed["predicted"], wanted, rtol=1e-3, atol=1e-4))]
        )
    return {"told": np.array(told), **extra}


def gradient_ratios(observed, inputs):
    """What the gradient is multiplied by where the output is kept, and where it is dropped."""
    told = []
    for outputs, gradients in zip(observed["outputs"], observed["gradients"], strict=True):
        kept = outputs != 0
        told.append(
            [constant_ratio(gradients[where], inputs["upstream"][where]) for where in (kept, ~kept)]
        )
    return {"told": np.array(told)}


def changes(observed, inputs):
    """For each output: whether it is the input, and by what it is multiplied, if by one number."""
    told = []
    for output in observed["outputs"]:
        zero = output == 0
        told.append(
            [
                float(np.array_equal(output, inputs["x"])),
                float(zero.any()),
                constant_ratio(output[~zero], inputs["x"][~zero]),
            ]
        )
    return {"told": np.array(told)}


def which_are_equal(observed, inputs):
    """Which layers' first masks are equal, and whether a layer's first two are; how many zeros."""
    zero = masks(observed)
    pairs = [
        float(np.array_equal(zero[one, 0], zero[other, 0]))
        for one in range(len(zero))
        for other in range(one)
    ]
    repeated = [float(np.array_equal(calls[0], calls[1])) for calls in zero]
    # None, fewer or more than half, all: coarse, for a few hundred elements.
    shares = [float(np.digitize(calls.mean(), [0.02, 0.5, 0.98])) for calls in zero]
    return {"told": np.array([*pairs, *repeated, *shares])}


def whether_it_learned(observed, inputs):
    return {"told": np.array([float(held_out_accuracy(observed, inputs) >= LEAST_ACCURACY)])}


# --- Dropout --------------------------------------------------------------------------------------


def matrix(rng, **settings):
    return {"rates": RATES, "x": values(rng, 60, 50), "calls": 6, **settings}


def images(rng, **settings):
    return {"rates": RATES, "x": values(rng, 8, 9, 8, 10), "calls": 6, **settings}


def small_matrix(rng, **settings):
    return {"x": values(rng, 15, 20), **settings}


def with_upstream(rng):
    x = values(rng, 15, 20)
    return {"rates": RATES, "x": x, "upstream": values(rng, *x.shape)}


def seeded(rng, **settings):
    seed, other = (int(one) for one in rng.choice(10**6, 2, replace=False))
    return {"rate": 0.4, "x": values(rng, 15, 20), "seed": seed, "calls": 3, **settings} | (
        {} if settings else {"other_seed": other}
    )


def two_batches(rng):
    return {
        "rate": 0.7,
        "x": values(rng, 120, 50),
        "y": rng.normal(size=(120, 1)).astype("float32"),
        "epochs": 2,
    }


def digits(rng):
    """1010 rows of scikit-learn's digits to train on, scaled to [0, 1], and 500 others.

    The last batch is short, so that the number of rows is not known when ``fit`` is compiled.
    """
    x, y = load_digits(return_X_y=True)
    order = rng.permutation(len(x))
    train, held_out = order[:1010], order[-500:]
    return {
        "rate": 0.3,
        "x": (x[train] / 16).astype("float32"),
        "y": y[train],
        "hidden": (0.2 * rng.normal(size=(64, 16))).astype("float32"),
        "output": (0.2 * rng.normal(size=(16, 10))).astype("float32"),
        "learning_rate": 0.1,
        "epochs": 2,
        "batch_size": 25,
        "held_out_x": x[held_out] / 16,
        "held_out_y": y[held_out],
    }


CHECKS = [
    Check(
        "zeroes_the_right_share",
        "Dropout",
        "In training, the share of elements that become 0 is the rate.",
        2,
        "training_calls",
        matrix,
        right_share,
        fingerprint=behaviour,
    ),
    Check(
        "kept_values_are_scaled",
        "Dropout",
        "In training, every value that is kept is the input times 1 / (1 - rate).",
        2,
        "training_calls",
        matrix,
        scaled,
        fingerprint=behaviour,
    ),
    Check(
        "elements_drop_independently",
        "Dropout",
        "Whether an element is dropped depends on no other: no row, column, pixel or channel.",
        2,
        "training_calls",
        images,
        independent,
        fingerprint=behaviour,
    ),
    Check(
        "every_call_draws_a_new_mask",
        "Dropout",
        "Each call in training draws a mask of its own.",
        2,
        "training_calls",
        matrix,
        new_mask,
        fingerprint=behaviour,
    ),
    Check(
        "inference_returns_the_input",
        "Dropout",
        "In inference, which is also the default, the input comes back bit for bit.",
        2,
        "inference",
        partial(small_matrix, rate=0.7),
        untouched,
        fingerprint=changes,
    ),
    Check(
        "gradient_has_the_same_mask",
        "Dropout",
        "The gradient is dropped and scaled exactly as the values were.",
        2,
        "gradients",
        with_upstream,
        gradient_has_the_same_mask,
        fingerprint=gradient_ratios,
    ),
    Check(
        "rate_zero_changes_nothing",
        "Dropout",
        "At rate 0 the input comes back bit for bit, in training too.",
        1,
        "rate_zero",
        small_matrix,
        untouched,
        fingerprint=changes,
    ),
    Check(
        "wrong_rates_are_refused",
        "Dropout",
        "A rate below 0, of 1 or above 1 is a ValueError, and no other rate is.",
        1,
        "refuses",
        partial(small_matrix, rates=[-0.1, 1.0, 1.5, 0.0, 0.3, 0.99]),
        refused,
    ),
    Check(
        "one_seed_one_sequence",
        "Dropout",
        "Two layers with one seed draw the same masks, call by call.",
        1,
        "seeds",
        seeded,
        one_seed_one_sequence,
        fingerprint=which_are_equal,
    ),
    Check(
        "other_seeds_other_masks",
        "Dropout",
        "Layers with different seeds, or without any, draw different masks.",
        1,
        "seeds",
        seeded,
        other_seeds_other_masks,
        fingerprint=which_are_equal,
    ),
    Check(
        "config_holds_rate_and_seed",
        "Dropout",
        "from_config(get_config()) makes a layer that drops the same elements.",
        1,
        "config_round_trip",
        partial(seeded, calls=2),
        same_after_config,
        fingerprint=which_are_equal,
    ),
    Check(
        "saving_keeps_the_layer",
        "Dropout",
        "In a model that is saved and loaded, the layer goes on at its rate.",
        1,
        "reloaded",
        lambda rng: {"rate": 0.7, "x": values(rng, 60, 50)},
        same_after_saving,
        fingerprint=behaviour,
    ),
    Check(
        "mixed_precision_works",
        "Dropout",
        "Under mixed_float16 the output is float16, and as right as float16 can be.",
        1,
        "mixed_precision",
        lambda rng: {"rates": RATES, "x": values(rng, 60, 50)},
        in_half_precision,
        fingerprint=behaviour,
        reference_floatx="float32",
    ),
    Check(
        "graph_mode_draws_new_masks",
        "Dropout",
        "Compiled once by tf.function, every call still draws and scales anew.",
        2,
        "compiled_calls",
        matrix,
        all_of(new_mask, right_share, scaled),
        fingerprint=behaviour,
    ),
    Check(
        "fit_drops_and_predict_does_not",
        "Dropout",
        "model.fit drops anew in every batch, and model.predict drops nothing.",
        2,
        "fit",
        two_batches,
        on_in_fit_off_in_predict,
        fingerprint=behaviour,
        reference_floatx="float32",
    ),
    Check(
        "digits_are_learned",
        "Dropout",
        "A network with the layer in it learns to read digits it has not seen.",
        1,
        "learned_weights",
        digits,
        at_least(held_out_accuracy, LEAST_ACCURACY, "share of unseen digits read correctly"),
        withheld=HELD_OUT,
        fingerprint=whether_it_learned,
        reference_floatx="float32",
    ),
]


# --- mc_predict -----------------------------------------------------------------------------------
# The model is Keras' dropout and nothing else, the inputs are positive, so every pass gives 0 or
# x / (1 - rate) for each element, and mean and deviation over the passes follow from how many of
# the passes kept it: "kept" below.


def positive(rng, rows=100, columns=80, **settings):
    x = rng.uniform(0.5, 2.0, (rows, columns)).astype("float32")
    return {"x": x, **settings}


SOME = 1e-3
"""A deviation above float32's rounding of equal passes, far below that of passes that differ."""


def kept_passes(observed, inputs):
    """For each element, how many of the passes kept it, as the mean tells."""
    return observed["mean"] * (1 - inputs["rate"]) / inputs["x"] * inputs["samples"]


def one_shape(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for name in ("mean", "std"):
        if not np.isfinite(observed[name]).all():
            return f"{name}: some numbers are not finite."
    return None


def mean_of_all_passes(observed, expected, inputs):
    """The mean is one of so many passes: the number of passes that kept an element is whole."""
    problem = one_shape(observed, expected, inputs)
    if problem:
        return problem
    kept = kept_passes(observed, inputs)
    wrong = (np.abs(kept - np.round(kept)) > 1e-3) | (kept < -1e-3)
    wrong |= kept > inputs["samples"] + 1e-3
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        return (
            f"with {inputs['samples']} samples of dropout at rate {inputs['rate']:g}, an input of "
            f"{inputs['x'][place]:.4f} has the mean {observed['mean'][place]:.4f}: that would take "
            f"{kept[place]:.3f} of the samples to keep it; expected a whole number."
        )
    return None


def passes_are_random(observed, expected, inputs):
    """Dropout is on: the share of kept values is 1 - rate. By Hoeffding's inequality."""
    problem = one_shape(observed, expected, inputs)
    if problem:
        return problem
    if not (observed["std"] > SOME).any():
        return "all deviations are 0: every pass gave the same. Was dropout on?"
    share = np.mean(kept_passes(observed, inputs)) / inputs["samples"]
    limit = bound(1, observed["mean"].size * inputs["samples"])
    if abs(share - (1 - inputs["rate"])) > limit:
        return (
            f"on average {share:.3f} of the passes kept a value; expected "
            f"{1 - inputs['rate']:.3f}, give or take {limit:.3f}."
        )
    return None


def passes_are_independent(observed, expected, inputs):
    """How many of the passes keep an element varies as it does for independent passes.

    The squared deviation of that number, in units of its variance, has the mean 1, and the number
    of passes if all have one mask; Hoeffding's inequality bounds it by its largest value.
    """
    problem = one_shape(observed, expected, inputs)
    if problem:
        return problem
    rate, samples = inputs["rate"], inputs["samples"]
    deviation = (kept_passes(observed, inputs) - samples * (1 - rate)) ** 2
    variance = samples * rate * (1 - rate)
    found = np.mean(deviation) / variance
    limit = bound((samples * max(rate, 1 - rate)) ** 2 / variance, deviation.size)
    if abs(found - 1) > limit:
        return (
            f"the number of passes that keep a value varies {found:.2f} times as much as for "
            f"independent passes; expected 1, give or take {limit:.2f}. "
            f"({samples} would mean that all {samples} passes have one mask.)"
        )
    return None


def population_deviation(observed, expected, inputs):
    """The deviation belongs to the mean: sqrt(mean * (x / (1 - rate) - mean))."""
    problem = one_shape(observed, expected, inputs)
    if problem:
        return problem
    mean = observed["mean"].astype("float64")
    wanted = np.sqrt(np.maximum(mean * (inputs["x"] / (1 - inputs["rate"]) - mean), 0))
    # Where all passes agree, rounding of 1e-7 under a root shows as 1e-3.
    wrong = np.abs(observed["std"] - wanted) > 3e-3 + 1e-3 * wanted
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        return (
            f"over {inputs['samples']} samples, a value with the mean {mean[place]:.4f} that is "
            f"either 0 or {inputs['x'][place] / (1 - inputs['rate']):.4f} has the standard "
            f"deviation {wanted[place]:.4f}; got {observed['std'][place]:.4f}."
        )
    return None


def network_is_sampled(observed, expected, inputs):
    """Shapes (n, k), the mean near that of the network without dropout, and weights as they were.

    All rows are equal, so the mean over rows and samples is one of n * samples independent passes,
    each between two numbers that are sum(|x w|) / (1 - rate) apart.
    """
    problem = one_shape(observed, expected, inputs)
    if problem:
        return problem
    if not np.array_equal(observed["kernel"], inputs["kernel"]):
        return "the weights of the model are no longer what they were."
    wanted = inputs["x"][0] @ inputs["kernel"]
    width = np.abs(inputs["x"][0][:, None] * inputs["kernel"]).sum(axis=0) / (1 - inputs["rate"])
    limit = bound(width, len(inputs["x"]) * inputs["samples"])
    got = observed["mean"].mean(axis=0)
    wrong = np.abs(got - wanted) > limit
    if wrong.any():
        place = int(np.argmax(wrong))
        return (
            f"averaged over {len(inputs['x'])} equal rows, output {place} has the mean "
            f"{got[place]:.3f}; expected {wanted[place]:.3f}, give or take {limit[place]:.3f}."
        )
    if not (observed["std"] > SOME).mean() > 0.5:
        return "most deviations are 0. Was dropout on, and was each pass a new one?"
    return None


def equal_rows(rng):
    return {
        "rate": 0.4,
        "x": np.tile(values(rng, 1, 30), (150, 1)),
        "kernel": rng.normal(size=(30, 4)).astype("float32"),
        "samples": 9,
    }


def sampling(observed, inputs):
    """What the answers look like: shapes, whole numbers of passes, the deviation's factor."""
    shapes = [np.array(observed[name].shape, dtype=float) for name in ("mean", "std")]
    rows = float(len(inputs["x"]))
    if any(len(shape) != 2 or shape[0] != rows for shape in shapes):
        return {"mean_shape": shapes[0], "std_shape": shapes[1]}
    varied = float((observed["std"] > SOME).any())
    if "kernel" in observed:
        untouched = float(np.array_equal(observed["kernel"], inputs["kernel"]))
        return {"told": np.array([varied, untouched])}
    rate, samples = inputs["rate"], inputs["samples"]
    kept = kept_passes(observed, inputs)
    # Of how many passes it may be the mean: as many as asked for, one less, one more.
    numbers = [kept / samples * count for count in (samples, samples - 1, samples + 1)]
    whole = [float((np.abs(number - np.round(number)) < 1e-3).all()) for number in numbers]
    mean = observed["mean"].astype("float64")
    wanted = np.sqrt(np.maximum(mean * (inputs["x"] / (1 - rate) - mean), 0))
    some = wanted > 0.1
    factor = constant_ratio(observed["std"][some], wanted[some])
    share = nearest(1 - kept.mean() / samples, rate) + (10 if kept.max() > samples + 1e-3 else 0)
    variance = np.mean((kept - samples * (1 - rate)) ** 2) / (samples * rate * (1 - rate))
    spread = np.digitize(variance, [0.5, 1.25, 2.4])
    return {"told": np.array([*whole, factor, share, spread, varied])}


CHECKS += [
    Check(
        "mean_is_over_the_samples",
        "mc_predict",
        "The mean is the mean of as many passes as were asked for.",
        2,
        "sampled",
        partial(positive, rate=0.4, samples=7),
        mean_of_all_passes,
        fingerprint=sampling,
    ),
    Check(
        "dropout_is_on",
        "mc_predict",
        "Each pass drops values at the model's rate.",
        1,
        "sampled",
        partial(positive, rate=0.4, samples=5),
        passes_are_random,
        fingerprint=sampling,
    ),
    Check(
        "passes_are_independent",
        "mc_predict",
        "Each pass draws masks of its own.",
        1,
        "sampled",
        partial(positive, rate=0.4, samples=7),
        passes_are_independent,
        fingerprint=sampling,
    ),
    Check(
        "std_is_the_populations",
        "mc_predict",
        "The standard deviation is that of the passes: the root of their mean squared deviation.",
        2,
        "sampled",
        partial(positive, rate=0.4, samples=3),
        population_deviation,
        fingerprint=sampling,
    ),
    Check(
        "networks_are_sampled",
        "mc_predict",
        "Mean and deviation have the shape of a network's output, whose weights stay as they are.",
        1,
        "sampled_network",
        equal_rows,
        network_is_sampled,
        fingerprint=sampling,
    ),
]
