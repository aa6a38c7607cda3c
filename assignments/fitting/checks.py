"""The checks of the fitting assignment: what must hold, what it is worth, how it is judged."""

import sys
from functools import partial

import numpy as np
from _shared.cases import each_case, each_is_refused
from _shared.histories import EPOCHS, falling, falling_and_rising, rounded, trainings
from sklearn.datasets import load_digits

from autograder.grading.drawings import Training, Trainings
from autograder.grading.judge import expect
from autograder.model import Exercise

diagnose = Exercise("diagnose")
best_epoch = Exercise("best_epoch")
EarlyStopping = Exercise("EarlyStopping", forbidden=("keras.callbacks.EarlyStopping",))

WORDS = ("underfitting", "overfitting", "good fit")


def check_of_histories(exercise, probe, judge, complete, points=1, aspect="rule", **options):
    """Declare a check by the function that draws its histories.

    Its name and docstring are those of the check; ``complete(rng, drawn)`` makes inputs of them.
    """

    def declare(draw):
        exercise.rule(
            *(draw.__name__, draw.__doc__),
            points=points,
            aspect=aspect,
            probe=probe,
            inputs=lambda rng: complete(rng, draw(rng)),
            judge=judge,
            **options,
        )

    return declare


# --- diagnose -------------------------------------------------------------------------------------


def columns(rng, cases):
    """Inputs of cases, each (losses, val_losses, high_loss, gap)."""
    losses, val_losses, *limits = map(np.array, zip(*cases, strict=True))
    return {"losses": losses, "val_losses": val_losses, "limits": np.column_stack(limits)}


def curves(inputs):
    histories = zip(inputs["losses"], inputs["val_losses"], inputs["limits"], strict=True)
    for loss, val_loss, (high, gap) in histories:
        yield (
            f"Last training loss {loss[-1]:.4g}, last validation loss {val_loss[-1]:.4g}, "
            f"lowest {lowest_number(val_loss):.4g}, high_loss={high:.4g}, gap={gap:.4g}"
        )


def lowest_number(losses):
    """The lowest loss, as `diagnose` looks at it: NaN only if all are."""
    numbers = losses[~np.isnan(losses)]
    return numbers.min() if numbers.size else np.nan


def answer(number, said):
    """What was returned, for a message: one of the words, or something else."""
    if 0 <= number < len(WORDS):
        return f"{WORDS[int(number)]!r}."
    characters = "".join(chr(point) for point in said if 0 < point <= sys.maxunicode)
    if characters == "None":
        return "None; is a return statement missing?"
    shown = "".join(each for each in characters if each.isprintable())
    return f"{shown}, none of the three words." if shown else "none of the three words."


def right_words(observed, expected, inputs):
    """A judge of `diagnoses`."""
    words = zip(observed["word"], observed["said"], expected["word"], strict=True)
    for case, (got, said, wanted) in zip(curves(inputs), words, strict=True):
        expect(
            got == wanted,
            f"{case}: expected {WORDS[int(wanted)]!r}, got {answer(got, said)}",
        )


diagnosis = check_of_histories(
    *(diagnose, "diagnoses", right_words, columns),
    # Which other words they are tells no mistake apart.
    measure=lambda observed, inputs: {"word": observed["word"]},
)


def limits(rng, times):
    """Some pairs of (high_loss, gap), each drawn when it is needed."""
    for _ in range(times):
        yield rng.uniform(0.8, 1.5), rng.uniform(0.2, 0.4)


@diagnosis
def clear_cases_are_told_apart(rng):
    """A high training loss, a risen validation loss, and neither: each gets the right word."""
    for rise, (high, gap) in zip((1.8, 5.0), limits(rng, times=2), strict=True):
        low, above = rng.uniform(0.2, 0.6), rng.uniform(0.05, 0.15)
        flat = np.linspace(low + 0.1, low, EPOCHS)
        yield falling(rng, high + 0.3), falling_and_rising(rng, high + 0.4, 0.02), high, gap
        yield falling(rng, low), falling_and_rising(rng, low + above, rise * gap), high, gap
        yield flat, falling_and_rising(rng, low + above, 0.85 * gap), high, gap


@diagnosis
def underfitting_comes_first(rng):
    """A training loss that is too high is underfitting, even if the validation loss has risen."""
    for high, gap in limits(rng, times=3):
        val_loss = falling_and_rising(rng, high - 0.2, gap + 0.5)
        yield falling(rng, high + 0.2), val_loss, high, gap


@diagnosis
def validation_loss_is_compared_with_its_own_minimum(rng):
    """Overfitting is a rise of the validation loss, not its distance from the training loss."""
    for high, gap in limits(rng, times=2):
        low = rng.uniform(0.1, 0.3)
        flat = falling_and_rising(rng, low + gap + 0.3, 0.05)
        risen = falling_and_rising(rng, low + 0.02, gap + 0.2)
        yield falling(rng, low), flat, high, gap
        # Still falling at the end, and yet far above gap: a rise of nothing.
        yield falling(rng, low), falling(rng, low + gap + 0.3), high, gap
        yield falling(rng, min(high, low + gap + 0.2) - 0.05), risen, high, gap


@diagnosis
def underfitting_is_read_from_the_training_loss(rng):
    """high_loss is a limit for the training loss, not for the validation loss."""
    for high, gap in limits(rng, times=2):
        above, below = (falling_and_rising(rng, high + side, 0.05) for side in (0.3, -0.3))
        yield falling(rng, high - 0.2), above, high, gap
        yield falling(rng, high + 0.2), below, high, gap


@diagnosis
def the_last_training_loss_counts(rng):
    """Only the last training loss is compared with high_loss."""
    for high, gap in limits(rng, times=2):
        val_loss = falling_and_rising(rng, 0.5, 0.05)
        yield np.append(falling(rng, high - 0.4)[1:], high + 0.3), val_loss, high, gap
        yield falling(rng, high - 0.1), val_loss, high, gap


@diagnosis
def the_last_validation_loss_counts(rng):
    """Only the last validation loss counts: a bump before it is no overfitting, a slow rise is."""
    for high, gap in limits(rng, times=2):
        bump = falling_and_rising(rng, 0.5, 0.02)
        bump[-3] = 0.5 + gap + 0.3
        slow = 0.5 + (gap + 0.15) * np.linspace(0, 1, EPOCHS)
        yield falling(rng, 0.3), bump, high, gap
        yield falling(rng, 0.3), slow, high, gap


@diagnosis
def the_limits_themselves_are_allowed(rng):
    """A training loss of exactly high_loss, or a rise of exactly gap, is within the limit."""
    # All numbers are exact in binary.
    high, gap, low = (float(rng.integers(*span)) / 16 for span in ((16, 24), (4, 8), (4, 8)))
    falls, flat = np.arange(EPOCHS)[::-1] / 8, np.full(EPOCHS, low)
    rises = np.array([1, 1, 1, 1, 0, 0, 0.5, 1.0])
    for more in (0, 1 / 64):
        yield high + more + falls, flat, high, gap
        yield low + falls, low + (gap + more) * rises, high, gap


@diagnosis
def nan_is_a_high_loss(rng):
    """A last training loss that is NaN is underfitting; an earlier NaN does not matter."""
    for high, gap in limits(rng, times=1):
        failed, recovered = falling(rng, 0.3), falling(rng, 0.3)
        failed[-1] = recovered[2] = np.nan
        val_loss = falling_and_rising(rng, 0.4, 0.05)
        yield failed, val_loss, high, gap
        yield recovered, val_loss, high, gap


@diagnosis
def nan_validation_losses_are_left_out(rng):
    """A last validation loss that is NaN is overfitting; an earlier NaN is left out."""
    for high, gap in limits(rng, times=2):
        for rise in (0.05, gap + 0.3):
            val_loss = falling_and_rising(rng, 0.4, rise)
            val_loss[0] = np.nan
            yield falling(rng, 0.3), val_loss, high, gap
        failed = falling(rng, 0.3)
        failed[-1] = np.nan
        yield falling(rng, 0.3), failed, high, gap


lengths_of_lists = each_is_refused(
    lambda inputs: [f"Lists of lengths {lengths}" for lengths in inputs["lengths"]]
)
refused = partial(
    diagnose.rule,
    points=0.5,
    aspect="behaviour",
    probe="complaints_of_diagnose",
    judge=lengths_of_lists,
)
refused(
    "empty_lists_are_refused",
    "A history without epochs raises a ValueError.",
    inputs=lambda rng: {"lengths": [[0, 0]]},
)
refused(
    "unequal_lists_are_refused",
    "Lists of different lengths raise a ValueError.",
    inputs=lambda rng: {"lengths": [[3, 2], [2, 3], [1, 5]]},
)

# --- best_epoch -----------------------------------------------------------------------------------


def with_losses(rng, val_losses):
    """Training losses that have other minima."""
    return {"val_losses": val_losses, "losses": np.stack([falling(rng, 0.1) for _ in val_losses])}


def all_losses(inputs):
    return [f"val_loss {rounded(val_loss)}" for val_loss in inputs["val_losses"]]


right_epochs = each_case("epoch", all_losses, "epoch {:g}".format)
lists = each_case(
    "is_unchanged", all_losses, lambda same: "the lists as they were" if same else "changed lists"
)
lowest = partial(check_of_histories, best_epoch, "best_epochs", right_epochs, with_losses)


@lowest()
def lowest_validation_loss_is_found(rng):
    """The epoch with the lowest validation loss is found at every place, counted from 0."""
    rows = np.tile(np.linspace(0.3, 1.8, EPOCHS), (EPOCHS, 1))
    for place, row in enumerate(rows):
        row[1:] = rng.permutation(row[1:])
        row[[0, place]] = row[[place, 0]]
    rows[::2] -= 2.0  # a loss may be negative
    return rows


@lowest()
def first_of_equals_wins(rng):
    """If several epochs share the lowest loss, the first is returned."""
    rows = rng.uniform(0.5, 1.5, size=(4, EPOCHS))
    for row in rows:
        places = rng.choice(EPOCHS, size=int(rng.integers(2, 4)), replace=False)
        row[places] = 0.25
    return rows


@lowest()
def nan_is_never_the_lowest(rng):
    """NaN and infinity are skipped, even in the first epoch."""
    rows = rng.uniform(0.5, 1.5, size=(5, EPOCHS))
    rows[:, 4] = 0.2
    rows[0, 0] = rows[1, 3] = rows[2, 6] = rows[4, 2] = np.nan
    rows[3, [0, 1, 5]] = np.nan
    rows[4, [0, 7]] = np.inf
    return rows


@check_of_histories(best_epoch, "best_epochs", lists, with_losses, 0.5, "behaviour")
def history_stays_as_it_is(rng):
    """The lists in the history do not change; a NaN in them stays."""
    rows = rng.uniform(0.5, 1.5, size=(2, EPOCHS))
    rows[0, 2] = np.nan
    return rows


def cut_losses(inputs):
    both = zip(inputs["val_losses"], inputs["lengths"], strict=True)
    return [f"val_loss {rounded(losses[:length])}" for losses, length in both]


NOTHING_FINITE = [[np.nan] * 3, [np.inf] * 3, [np.nan, np.inf, np.nan], [np.nan] * 3]
refused = partial(
    best_epoch.rule,
    points=0.5,
    aspect="behaviour",
    probe="complaints_of_best_epoch",
    judge=each_is_refused(cut_losses),
)
refused(
    "nothing_finite_is_refused",
    "If no loss is finite, a ValueError is raised.",
    inputs=lambda rng: {"val_losses": np.array(NOTHING_FINITE), "lengths": [3, 3, 3, 1]},
)
refused(
    "no_epochs_are_refused",
    "A history without epochs raises a ValueError.",
    inputs=lambda rng: {"val_losses": rng.uniform(0.5, 1.5, size=(1, 3)), "lengths": [0]},
)

# --- EarlyStopping --------------------------------------------------------------------------------


def losses_around_the_delta(rng):
    """Steps below, of, and above min_delta, exact in binary; and many small ones that add up."""
    delta, start = float(rng.choice([0.125, 0.25])), float(rng.integers(6, 9))
    small, large = delta * 0.75, delta * 1.5
    steps = np.array(
        [
            [0, large, small, 0, 0, 0, 0, 0],  # one small step is no improvement
            [0, delta, 0, 0, 0, 0, 0, 0],  # nor is one of exactly min_delta
            [0, small, small, small, small, small, small, small],  # two small ones are
            [0, large, large, small, -small, small, large, 0],
        ]
    )
    return {
        "settings": [{"patience": 3, "min_delta": delta}] * 4,
        "losses": np.tile(np.linspace(1, 0.1, 8), (4, 1)),
        "val_losses": start - steps.cumsum(axis=1),
    }


def small_and_huge_losses(rng):
    """Trainings without a stop, one of them with losses of millions: any number is an improvement
    on none."""
    inputs = trainings(("++++----", 5), ("+-+-+-+-", 2))(rng)
    inputs["val_losses"][1] *= 1e7
    return inputs


def three_fits(rng):
    """One that ends at a low loss, two that never get as low, and one that never improves."""
    inputs = trainings(("+++---+-", 2), ("n+-++---", 2), ("++-+++++", 2), ("nnnnnnnn", 9))(rng)
    inputs["val_losses"][0] -= 2.0
    return {**inputs, "settings": {"patience": 2}}


def digits_to_overfit(rng):
    """A few handwritten digits with many wrong labels, and others to validate on."""
    x, y = load_digits(return_X_y=True)
    rows = rng.permutation(len(x))[:140]
    y = np.where(rng.random(len(y)) < 0.4, rng.integers(0, 10, size=len(y)), y)[rows]
    x = x[rows] / 16
    return {
        "settings": {"patience": 2},
        "kernel": 0.1 * rng.normal(size=(64, 10)),
        "x": x[:40],
        "y": y[:40],
        "x_val": x[40:],
        "y_val": y[40:],
        "epochs": 7,
        "learning_rate": 2.0,
    }


def described(inputs):
    """Which trainings they were: the arguments of the callback, and the validation losses."""
    several = isinstance(inputs["settings"], list)
    for index, val_loss in enumerate(inputs["val_losses"]):
        settings = inputs["settings"][index] if several else inputs["settings"]
        called = ", ".join(f"{key}={value:g}" for key, value in settings.items())
        fit = "" if several else f"Fit {index + 1} with the same "
        yield f"{fit}EarlyStopping({called}), val_loss {rounded(val_loss)}"


def attribute(name, number):
    names = {-1: "None", -2: "no such attribute", -3: "not the number of an epoch"}
    return f"{name}: {names.get(number, f'{number:g}')}"


SHOWN = {
    "epochs": "{:g} epochs".format,
    "best_epoch": partial(attribute, "best_epoch"),
    "stopped_epoch": partial(attribute, "stopped_epoch"),
    "weights": lambda epochs: (
        "the weights of epoch " + " and ".join(f"{e:g}" for e in sorted(set(epochs)))
    ),
    "left_alone": lambda alone: f"{'no' if alone else 'a'} change of the weights before the end",
}


def learning_curves(observed, expected, inputs):
    """Each training with the epoch that it stops at, and the one whose weights the model has."""

    def kept(weights):
        epochs = set(weights.tolist())
        return int(epochs.pop()) if len(epochs) == 1 and np.isfinite(weights).all() else None

    ran = zip(observed["epochs"], expected["epochs"], strict=True)
    weights = zip(observed["weights"], expected["weights"], strict=True)
    runs = zip(described(inputs), inputs["val_losses"], ran, weights, strict=True)
    return Trainings(
        tuple(
            Training(title.partition(", val_loss")[0], losses, *map(int, epochs), *map(kept, both))
            for title, losses, epochs, both in runs
        )
    )


def stopping(name, claim, points, results, inputs, aspect="rule"):
    """Declare a check of these results of every training; see the probe `trainings`."""
    judges = [each_case(result, described, SHOWN[result]) for result in results.split()]

    def as_expected(observed, expected, inputs):
        for judge in judges:
            judge(observed, expected, inputs)

    EarlyStopping.rule(
        *(name, claim),
        points=points,
        aspect=aspect,
        probe="trainings",
        inputs=inputs,
        judge=as_expected,
        picture=learning_curves,
    )


stopping(
    "stops_when_patience_is_used_up",
    "Training stops after patience epochs in a row without improvement.",
    *(2, "epochs", trainings(("++---++-", 3), ("+++--++-", 2), ("+----++-", 4), ("++++++++", 2))),
)
stopping(
    "patience_0_and_1_stop_at_once",
    "With a patience of 0 or 1, the first epoch without improvement is the last.",
    *(1, "epochs", trainings(("++--+-", 0), ("++--+-", 1), ("+++---", None))),
)
stopping(
    "an_improvement_restores_patience",
    "Epochs without improvement count only in a row.",
    *(1, "epochs", trainings(("+-+-+-+---", 2), ("+--+--+---", 3))),
)
stopping(
    "equal_is_no_improvement",
    "A loss equal to the best is not an improvement.",
    *(1, "epochs", trainings(("++==++-", 2), ("+=-=++-", 3))),
)
stopping(
    "min_delta_is_what_it_takes",
    "An epoch improves if its loss is lower than the best by more than min_delta.",
    *(2, "epochs", losses_around_the_delta),
)
stopping(
    "best_weights_are_back_after_stopping",
    "After stopping early, the model has all weights of its best epoch again.",
    *(2, "weights", trainings(("+++--++-", 2), ("+-+---+-", 3))),
)
stopping(
    "best_weights_are_back_after_the_last_epoch",
    "If training never stops early, the model has all weights of its best epoch again, too.",
    *(1, "weights", small_and_huge_losses),
)
stopping(
    "training_goes_on_from_where_it_is",
    "The callback does not change the weights before the end of training.",
    *(1, "left_alone", trainings(("++--+-+-", 3), ("+-+-+++-", 2)), "behaviour"),
)
stopping(
    "attributes_tell_what_happened",
    "best_epoch and stopped_epoch count from 0; stopped_epoch is None if training never stopped.",
    *(
        1,
        "best_epoch stopped_epoch",
        trainings(("+++--++-", 2), ("+-------", 3), ("++++++--", 3), ("++++++++", 2)),
        "behaviour",
    ),
)
stopping(
    "nan_never_improves",
    "NaN is never an improvement and never the best, even in the first epoch.",
    *(
        1,
        "epochs weights",
        trainings(("++nn+++-", 2), ("n+-+n+--", 3), ("+n-++++-", 2)),
    ),
)
stopping(
    "without_improvement_weights_stay",
    "If no epoch ever improved, the weights stay and best_epoch is None.",
    *(1, "epochs best_epoch weights", trainings(("nnnnnnnn", 3), ("nnnnnnnn", 9)), "behaviour"),
)
stopping(
    "second_fit_starts_anew",
    "Used for a second fit, the callback starts anew, best_epoch and stopped_epoch included.",
    *(1, "epochs best_epoch stopped_epoch weights", three_fits, "behaviour"),
)


def validation_losses(observed, inputs):
    """The validation loss after each epoch and at the end, from the weights alone."""
    scores = inputs["x_val"] @ observed["path"].astype("float64")
    scores -= scores.max(axis=-1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    losses = -logs[:, np.arange(len(inputs["y_val"])), inputs["y_val"]].mean(axis=1)
    return {"losses": losses, **{name: observed[name] for name in ("best_epoch", "stopped_epoch")}}


@EarlyStopping.check(
    points=1, aspect="behaviour", probe="fit", inputs=digits_to_overfit, measure=validation_losses
)
def fit_ends_with_the_best_weights(measured):
    """After model.fit on handwritten digits, the model has the weights of its best epoch."""
    losses, kept = measured["losses"], measured["losses"][-1]
    # Two float32 losses closer than this may be taken for each other.
    expect(
        kept <= losses.min() + 1e-4,
        f"The model ends with a validation loss of {kept:.4f}; after epoch {losses.argmin()} it "
        f"was {losses.min():.4f}. Restore those weights at the end of training.",
    )
