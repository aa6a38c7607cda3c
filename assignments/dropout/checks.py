"""The checks of the dropout assignment: what must hold, what it is worth, how it is judged.

Masks are random, so no mask is ever compared with another implementation's. What is judged is
what must hold for every mask (kept values are scaled, the gradient has the output's mask), and
statistics with a stated false-alarm probability (``_shared/chance.py``). No check uses more than 40
bounds, so right code fails one with a probability below 4e-8.
"""

from functools import partial

import numpy as np
from _shared.chance import always_as_many, bound, covariance, covariances, expect_within
from _shared.convergence import convergence, losses_of, two_layers
from _shared.digits import digits

from autograder.grading.drawings import Masks
from autograder.grading.judge import expect, expect_close, failing
from autograder.model import Exercise

Dropout = Exercise(
    "Dropout",
    forbidden=(
        "keras.layers.Dropout",
        "keras.random.dropout",
        "tensorflow.python.ops.nn_ops._dropout",  # and so all of tf.nn that call it
    ),
)
mc_predict = Exercise("mc_predict", bonus=True)

RATES = [0.2, 0.7]

# --- inputs ---------------------------------------------------------------------------------------


def values(rng, *shape):
    """Numbers of either sign and sizes from 0.5 to 2: none is 0, so a 0 has been dropped."""
    return (rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 2.0, shape)).astype("float32")


def normal(rng, *shape, scale=1.0):
    return (scale * rng.normal(size=shape)).astype("float32")


def inputs_of(*shape, **others):
    """Draws x of this shape, and then those other arguments that are functions of rng."""
    return lambda rng: {
        "x": values(rng, *shape),
        **{name: other(rng) if callable(other) else other for name, other in others.items()},
    }


matrix = inputs_of(60, 50, rates=RATES, calls=6)


def seeded(rng, *, names, calls):
    seeds = zip(names, rng.choice(10**6, 2, replace=False).tolist(), strict=False)
    return {"rate": 0.4, **dict(seeds), "x": values(rng, 15, 20), "calls": calls}


def digits_network(rng):
    """So wide, and with so small a rate, that single masks count little; their rate counts much.

    One batch, so that a layer which draws the same mask in every update drops the same units of
    each row in every epoch: these never learn from that row.
    """
    return {
        **digits(rng, rows=100),
        "hidden": normal(rng, 64, 256, scale=0.1),
        "output": normal(rng, 256, 10, scale=0.2),
        "rate": 0.7,
        **{"learning_rate": 0.1, "momentum": 0.0, "epochs": 30, "batch_size": 100},
    }


# --- what is measured of masks --------------------------------------------------------------------


def outputs_of(observed, inputs):
    """Yields each rate, and in float64 its outputs (calls, n, ...) and x of the same shape."""
    rates = [inputs["rate"]] if "rate" in inputs else inputs["rates"]
    for rate, outputs in zip(rates, observed["outputs"], strict=True):
        x = np.broadcast_to(observed["x"].astype("float64"), outputs.shape)
        yield rate, outputs.astype("float64"), x


def factor(got, x, where):
    """What x is multiplied by there: one number within 1 %, NaN for several, -1 for no place.

    1e9 where any is infinite or NaN: infinity itself would compare equal to NaN, and a division by
    0 is another mistake than several numbers.
    """
    ratio = got[where] / x[where]
    if not ratio.size:
        return -1.0
    if not np.isfinite(ratio).all():
        return 1e9
    return np.median(ratio) if np.ptp(ratio) <= 0.01 * abs(np.median(ratio)) else np.nan


def masks_and_scales(observed, inputs):
    """For each rate: the share of zeros, the scale, and how drops depend on each other.

    They depend if they go together along an axis or far apart, or if there are always as many of
    them. NaN is what depends on chance: the share where one draw decides on many elements, or a
    scale that differs from call to call.
    """
    shares = {float(np.mean(call == 0)) for calls in observed["outputs"] for call in calls}
    if 1.0 in shares and shares <= {0.0, 1.0}:
        return {"all_or_nothing": np.array(1.0)}
    masks = []
    for rate, outputs, x in outputs_of(observed, inputs):
        zero, scale = (outputs == 0).astype(float), factor(outputs, x, outputs != 0)
        axes = [axis for axis in range(zero.ndim) if zero.shape[axis] > 1]
        near, far = [covariance(zero, rate, axis)[0] for axis in axes], covariances(zero, rate)[0]
        together = [found > rate * (1 - rate) / 2 for found in (*near, far.max())]
        share = np.nan if any(together) else zero.mean()
        # About right, but not quite: as a scale that is estimated from the mask.
        if 2e-3 < abs(scale * (1 - rate) - 1) < 0.1:
            scale = np.nan
        others = (always_as_many(zero), np.isfinite(outputs).all())
        masks.append([share, scale, *together, *others])
    found = {"masks": np.array(masks, dtype=float)}
    # Only some probes return these.
    if "inference" in observed:
        found["unchanged"] = np.array(np.all(observed["inference"] == inputs["x"]))
    if "bytes" in observed:
        found["bytes"] = observed["bytes"]
    if "predicted" in observed:
        wanted = without_dropout(observed, inputs)
        found["predicted"] = np.array(np.allclose(observed["predicted"], wanted, 1e-3, 1e-4))
    return found


def without_dropout(observed, inputs):
    """What the layer behind the dropout makes of the inputs themselves."""
    return observed["bias"] + inputs["x"] @ observed["kernel"]


def factors(observed, inputs):
    """The factors of what is kept and what is dropped, and whether each array is as it was."""
    outputs, x = observed["outputs"], inputs.get("upstream", inputs["x"])
    found = [
        [factor(got, x, output != 0), factor(got, x, output == 0), np.array_equal(got, x)]
        for got, output in zip(observed.get("gradients", outputs), outputs, strict=True)
    ]
    return {"factors": np.array(found)}


def equal_masks(observed, inputs):
    """Which masks are equal. Shape (layers, calls, layers, calls)."""
    zero = observed["outputs"] == 0
    equal = (zero[:, :, None, None] == zero).all(axis=(-2, -1))
    return {"equal": equal, **{name: observed[name] for name in observed if name == "same_name"}}


def masks(observed, expected, inputs):
    """What is dropped, as images: half of an input's axes make the rows."""
    dropped = observed["outputs"] == 0
    shape = inputs["x"].shape
    rows = np.prod(shape[: len(shape) // 2])
    return Masks(inputs["rates"], dropped.reshape(*dropped.shape[:2], rows, -1))


# --- Dropout --------------------------------------------------------------------------------------

# A share of 3000 zeros has a standard deviation of at most 0.009.
masks_check = partial(Dropout.check, measure=masks_and_scales, tolerance=0.05)
factors_check = partial(Dropout.check, measure=factors, tolerance=0.005)
seeds_check = partial(Dropout.check, measure=equal_masks)


@masks_check(points=2, probe="training_calls", inputs=matrix, picture=masks)
def zeroes_the_right_share(observed, inputs):
    """In training, the share of elements that become 0 is the rate."""
    for rate, outputs, _ in outputs_of(observed, inputs):
        margin, what = bound(1, outputs.size), f"At rate {rate:.3g}, the share of zeros"
        expect_within(np.mean(outputs == 0), rate, margin, what)


@masks_check(points=2, probe="training_calls", inputs=matrix)
def kept_values_are_scaled(observed, inputs, rtol=1e-4):
    """In training, every value that is kept is the input times 1 / (1 - rate)."""
    for rate, outputs, x in outputs_of(observed, inputs):
        kept, what = outputs != 0, f"at rate {rate:.3g}, kept output"
        expect(kept.any(), f"At rate {rate:.3g}, every output is 0.")
        expect_close(outputs, x / (1 - rate), where=kept, what=what, rtol=rtol, atol=0)


def expect_independent(zero, rate, covariance_of, what, advice=""):
    """Expect covariances of 0; if nothing but the share of zeros is wrong, the message says so."""
    share = zero.mean()
    (found, margin), (around, enough) = (covariance_of(zero, mean) for mean in (rate, share))
    worst = np.ravel(found)[np.argmax(np.abs(found))]
    if np.abs(around).max() <= enough:
        message = f"At rate {rate:.3g}, the share of zeros is {share:.3f}. Only once it is right "
        message += "can be seen whether drops depend on each other."
        expect(abs(worst) <= margin, message)
    expect_within(worst, 0, margin, what, advice)


@masks_check(
    points=2,
    probe="training_calls",
    inputs=inputs_of(8, 9, 8, 10, rates=RATES, calls=6),
    picture=masks,
)
def elements_drop_independently(observed, inputs):
    """Each element is dropped independently of all others, near or far."""
    for rate, outputs, _ in outputs_of(observed, inputs):
        zero = (outputs == 0).astype(float)
        what = f"At rate {rate:.3g}, the largest covariance of two elements of a mask"
        advice = f"If they shared a draw, it would be {rate * (1 - rate):.2f}."
        expect_independent(zero, rate, covariances, what, advice)
        message = f"At rate {rate:.3g}, the number of zeros is always exactly the same. "
        expect(not always_as_many(zero), message + "With a draw for each element, it varies.")


@masks_check(points=1, probe="training_calls", inputs=matrix, picture=masks)
def every_call_draws_a_new_mask(observed, inputs):
    """Each call in training draws a new mask."""
    for rate, outputs, _ in outputs_of(observed, inputs):
        zero = (outputs == 0).astype(float)
        same = sum(np.array_equal(zero[0], other) for other in zero[1:])
        message = f"{same} of {len(zero) - 1} later calls drop exactly what the first drops."
        expect(not same, f"At rate {rate:.3g}, {message}")
        what = f"At rate {rate:.3g}, the covariance of the masks of one call and the next"
        expect_independent(zero, rate, partial(covariance, axis=0), what)


def expect_unchanged(outputs, x, ways):
    for how, output in zip(ways, outputs, strict=True):
        wrong, gap = np.sum(output != x), np.abs(output - x).max()
        message = f"{how}, {wrong} of {x.size} values change, by up to {gap:.2g}."
        expect(not wrong, f"{message} Return the input itself.")


@factors_check(points=2, probe="inference", inputs=inputs_of(15, 20, rate=0.7))
def inference_returns_the_input(observed, inputs):
    """At inference, which is also the default, the input comes back bit for bit."""
    ways = ("With training=False", "By default", "Compiled", "After a training call")
    expect_unchanged(observed["outputs"], inputs["x"], ways)


@factors_check(
    points=2,
    probe="gradients",
    inputs=inputs_of(15, 20, rates=RATES, upstream=lambda rng: values(rng, 15, 20)),
)
def gradient_has_the_same_mask(observed, inputs):
    """The gradient is dropped and scaled exactly as the values are."""
    arrays = zip(inputs["rates"], observed["outputs"], observed["gradients"], strict=True)
    for rate, outputs, gradients in arrays:
        expect(gradients.any(), f"At rate {rate:g}, no gradient reaches the inputs: all are 0.")
        wanted = inputs["upstream"] * (outputs != 0) / (1 - rate)
        what = f"at rate {rate:g}, with the mask and the scale of the output, gradient"
        expect_close(gradients, wanted, what=what, atol=1e-6)


@factors_check(points=0.5, probe="rate_zero", inputs=inputs_of(15, 20))
def rate_zero_changes_nothing(observed, inputs):
    """At rate 0 the input comes back bit for bit, in training too."""
    ways = ("In training at rate 0", "In a second call at rate 0")
    expect_unchanged(observed["outputs"], inputs["x"], ways)


@Dropout.check(
    points=1,
    aspect="behaviour",
    probe="refuses",
    inputs=inputs_of(15, 20, rates=[-0.1, 1.0, 1.5, 0.0, 0.3, 0.99]),
)
def wrong_rates_are_refused(observed, expected, inputs):
    """A rate below 0, of 1 or above 1 raises a ValueError; every other rate is accepted."""
    refused = zip(inputs["rates"], observed["refused"], expected["refused"], strict=True)
    for rate, got, wanted in refused:
        fault = "is accepted; raise a" if wanted else "is valid, but raises a"
        expect(got == wanted, f"A rate of {rate:g} {fault} ValueError.")


two_seeds = partial(seeded, names=["seed", "other_seed"], calls=3)


def seed_zero(rng):
    """A seed like any other, though Python takes 0 for false."""
    return {**two_seeds(rng), "seed": 0}


@seeds_check(points=1, aspect="behaviour", probe="seeds", inputs=seed_zero)
def one_seed_one_sequence(observed, inputs, measured):
    """Two layers with the same seed, which may be 0, draw the same masks, call by call."""
    expect((observed["outputs"][0] == 0).any(), "Nothing is dropped.")
    equal = measured["equal"][0, :, 1].diagonal()
    message = f"Two layers with seed={inputs['seed']} draw different masks in call "
    expect(equal.all(), f"{message}{equal.argmin() + 1}.")


@seeds_check(points=1, aspect="behaviour", probe="seeds", inputs=two_seeds)
def a_seed_does_not_fix_the_mask(inputs, measured):
    """With a seed, too, each call draws a new mask."""
    again = np.count_nonzero(measured["equal"][0, 0, 0, 1:])
    message = f"A layer with seed={inputs['seed']} drops in {again} later calls what it drops first"
    expect(not again, f"{message}. Does the seed move on from call to call?")


@seeds_check(points=1, aspect="behaviour", probe="seeds", inputs=two_seeds)
def other_seeds_other_masks(inputs, measured):
    """Layers with different seeds, or without any, draw different masks."""
    # Two independent masks of 300 elements are equal with (0.4**2 + 0.6**2)**300, which is 1e-85.
    given = (inputs["seed"], inputs["seed"], inputs["other_seed"], None, None)
    for one, other in ((0, 2), (0, 3), (3, 4)):
        equal = measured["equal"][one, :, other].diagonal()
        message = f"Two layers with seed={given[one]} and seed={given[other]} draw the same mask"
        expect(not equal.any(), f"{message} in call {equal.argmax() + 1}.")


@seeds_check(
    points=1,
    aspect="behaviour",
    probe="config_round_trip",
    inputs=partial(seeded, names=["seed"], calls=2),
)
def config_holds_rate_and_seed(observed, inputs, measured):
    """A layer made by from_config(get_config()) drops the same elements, and has the same name."""
    shares = (observed["outputs"] == 0).mean(axis=(1, 2, 3))
    expect(
        measured["equal"][0, :, 1].diagonal().all(),
        f"A layer with rate={inputs['rate']:g} and seed={inputs['seed']} drops {shares[0]:.2f} of "
        f"the elements; the one made from its configuration drops other elements, {shares[1]:.2f} "
        "of them. Does get_config hold everything that __init__ takes?",
    )
    expect(
        observed["same_name"],
        "A layer made with name='thinning' has another name after from_config(get_config()). Does "
        "__init__ pass **kwargs on, and get_config begin with super().get_config()?",
    )


@masks_check(points=1, aspect="behaviour", probe="reloaded", inputs=inputs_of(60, 50, rate=0.7))
def saving_keeps_the_layer(observed, inputs):
    """After saving and loading, the layer still drops at its rate, and only in training."""
    with failing("After saving and loading: "):
        zeroes_the_right_share(observed, inputs)
        kept_values_are_scaled(observed, inputs)
        expect_unchanged([observed["inference"]], inputs["x"], ["At inference"])


@masks_check(
    points=1,
    aspect="behaviour",
    probe="half_precision",
    inputs=inputs_of(60, 50, rates=RATES),
    reference_floatx="float32",
)
def mixed_precision_works(observed, inputs):
    """Under mixed_float16 the output is float16, with the right share of zeros and scale."""
    sizes = 8 * np.ravel(observed["bytes"])
    message = f"Under mixed_float16, outputs are float{sizes.max()}, expected float16."
    expect((sizes == 16).all(), message)
    # One float16 rounding is 5e-4, and the scale and the product may each be rounded.
    kept_values_are_scaled(observed, inputs, rtol=3e-3)
    zeroes_the_right_share(observed, inputs)


@masks_check(points=1.5, aspect="behaviour", probe="compiled_calls", inputs=matrix)
def graph_mode_draws_new_masks(observed, inputs):
    """Compiled once by tf.function, every call still draws a new mask at the rate and scales."""
    with failing("Compiled by tf.function: "):
        every_call_draws_a_new_mask(observed, inputs)
        zeroes_the_right_share(observed, inputs)
        kept_values_are_scaled(observed, inputs)


@masks_check(
    points=1,
    aspect="behaviour",
    probe="fit",
    inputs=inputs_of(120, 50, rate=0.7, epochs=2, y=lambda rng: normal(rng, 120, 1)),
    reference_floatx="float32",
)
def fit_drops_and_predict_does_not(observed, inputs):
    """model.fit draws a new mask for every batch, and model.predict drops nothing."""
    with failing("In model.fit: "):
        zeroes_the_right_share(observed, inputs)
        kept_values_are_scaled(observed, inputs)
        every_call_draws_a_new_mask(observed, inputs)
    wanted = without_dropout(observed, inputs)
    what = "with nothing dropped, the result of model.predict"
    # So close float32 comes to sums of 50 products.
    expect_close(observed["predicted"], wanted, what=what, rtol=1e-3, atol=1e-4)


# Over 200 seeds, with masks drawn independently of the reference's, the logarithms of the losses
# differ with a standard deviation of at most 0.015, and by 0.049 at most. 0.12 is more than seven
# deviations; as some digits vary more than others, that is a false alarm in fewer than one of
# 10^7 runs. (benchmarks/false_alarms.py dropout)
Dropout.rule(
    "losses_follow_the_rule",
    "A network with the layer in it learns digits as it does with any right dropout: after every "
    "epoch, its loss is about the same, on its own digits and on unseen ones.",
    points=3,
    probe="learned_weights",
    inputs=digits_network,
    reference_floatx="float32",
    **convergence(losses_of(two_layers), band=0.12, by_chance=True),
)


# --- mc_predict -----------------------------------------------------------------------------------
# The model is Keras' dropout and nothing else, the inputs are positive, so every pass gives 0 or
# x / (1 - rate) for each element, and mean and deviation over the passes follow from how many of
# the passes kept it: "kept" below.

# A deviation above float32's rounding of equal passes, far below that of passes that differ.
SOME = 1e-3


def positive(rng, *, samples, rate=0.4):
    x = rng.uniform(0.5, 2.0, (100, 80)).astype("float32")
    return {"x": x, "rate": rate, "samples": samples}


def equal_rows(rng):
    x = np.tile(values(rng, 1, 30), (150, 1))
    return {"x": x, "kernel": normal(rng, 30, 4), "rate": 0.4, "samples": 9}


def kept_passes(observed, inputs):
    """For each element, how many of the passes kept it, as the mean tells."""
    return observed["mean"] * (1 - inputs["rate"]) / inputs["x"] * inputs["samples"]


def deviation(observed, inputs):
    """The deviation that belongs to the mean, sqrt(mean * (x / (1 - rate) - mean))."""
    mean = observed["mean"].astype("float64")
    return np.sqrt(np.maximum(mean * (inputs["x"] / (1 - inputs["rate"]) - mean), 0))


def samples_taken(observed, inputs):
    """How many passes the answers are of, which share they keep, and what the deviation is."""
    mean, std = observed["mean"], observed["std"]
    if not mean.shape[:1] == std.shape[:1] == inputs["x"].shape[:1]:
        return {"mean_shape": np.array(mean.shape), "std_shape": np.array(std.shape)}
    if "kernel" in observed:
        same = np.array_equal(observed["kernel"], inputs["kernel"])
        return {"varies": np.array((std > SOME).any()), "same": np.array(same)}
    kept, samples = kept_passes(observed, inputs), inputs["samples"]
    # Of how many passes it may be the mean: as many as asked for, one less, one more.
    numbers = [kept / samples * count for count in (samples, samples - 1, samples + 1)]
    wanted = deviation(observed, inputs)
    return {
        "whole": np.array([np.allclose(n, np.round(n), rtol=0, atol=1e-3) for n in numbers]),
        "share": np.mean(kept / samples, keepdims=True),
        "factor": np.array(factor(std, wanted, wanted > 0.1)),
    }


samples_check = partial(mc_predict.check, measure=samples_taken, tolerance=0.05)


@samples_check(points=2, probe="sampled", inputs=partial(positive, samples=7))
def mean_is_over_the_samples(observed, inputs):
    """The mean is over as many passes as `samples` says."""
    # So the number of passes that kept a value, as the mean tells, is whole.
    kept, samples = kept_passes(observed, inputs), inputs["samples"]
    what = f"by mean * (1 - rate) * {samples} / x, the number of passes that keep x"
    expect_close(kept, np.clip(np.round(kept), 0, samples), what=what, rtol=0, atol=1e-3)


@samples_check(points=1, probe="sampled", inputs=partial(positive, samples=5))
def dropout_is_on(observed, inputs):
    """Each pass drops values at the model's rate."""
    expect((observed["std"] > SOME).any(), "All deviations are 0. Is dropout on in each pass?")
    share = np.mean(kept_passes(observed, inputs)) / inputs["samples"]
    margin = bound(1, observed["mean"].size * inputs["samples"])
    expect_within(share, 1 - inputs["rate"], margin, "The share of passes that keep a value")


@samples_check(points=1, probe="sampled", inputs=partial(positive, samples=7))
def passes_are_independent(observed, inputs):
    """Each pass draws new masks."""
    rate, samples = inputs["rate"], inputs["samples"]
    wanted = samples * rate * (1 - rate)
    squares = (kept_passes(observed, inputs) - samples * (1 - rate)) ** 2 / wanted
    margin = bound((samples * max(rate, 1 - rate)) ** 2 / wanted, squares.size)
    what = "The variance of the number of passes that keep a value, relative to independent passes,"
    advice = f"If all passes had one mask, it would be {samples}."
    expect_within(np.mean(squares), 1, margin, what, advice)


@samples_check(points=2, probe="sampled", inputs=partial(positive, samples=3))
def std_is_the_populations(observed, inputs):
    """std is the root of the mean squared deviation of the passes: divided by `samples`."""
    what = "for passes with the returned mean, std"
    # Where all passes agree, rounding of 1e-7 under a root shows as 1e-3.
    expect_close(observed["std"], deviation(observed, inputs), what=what, rtol=1e-3, atol=3e-3)


@samples_check(points=1, aspect="behaviour", probe="sampled", inputs=equal_rows)
def networks_are_sampled(observed, inputs):
    """For a network, mean and deviation have the shape of its output; its weights do not change."""
    x, kernel, same = inputs["x"], inputs["kernel"], observed["kernel"] == inputs["kernel"]
    expect(same.all(), "mc_predict changes the weights of the model. Leave them as they are.")
    # Each pass of each of the equal rows is between two numbers that are ``width`` apart.
    width = np.abs(x[0][:, None] * kernel).sum(axis=0) / (1 - inputs["rate"])
    margins, means = bound(width, len(x) * inputs["samples"]), observed["mean"].mean(axis=0)
    for place, numbers in enumerate(zip(means, x[0] @ kernel, margins, strict=True)):
        expect_within(*numbers, f"Averaged over {len(x)} equal rows, the mean of output {place}")
    most_vary = (observed["std"] > SOME).mean() > 0.5
    expect(most_vary, "Most deviations are 0. Is dropout on, and is each pass a new call?")
