"""The checks of the fitting assignment: what must hold, what it is worth, how it is judged.

Runs in the grader; students may read it: the right answers come from the reference, which is not
here.
"""

from functools import partial

import numpy as np
from sklearn.datasets import load_digits

from autograder.grading.judge import mismatch
from autograder.model import Check, Exercise

EXERCISES = [
    Exercise("diagnose"),
    Exercise("best_epoch"),
    Exercise("EarlyStopping", forbidden=("keras.callbacks.EarlyStopping",)),
]

EPOCHS = 8

# --- diagnose -------------------------------------------------------------------------------------

WORDS = ("underfitting", "overfitting", "good fit")


def falling(rng, last):
    """A training loss that falls to ``last``."""
    steps = np.append(rng.uniform(0.1, 0.4, size=EPOCHS - 1)[::-1].cumsum()[::-1], 0.0)
    return last + steps


def falling_and_rising(rng, lowest, rise):
    """A validation loss that falls to ``lowest`` in its middle and ends ``rise`` above it."""
    turn = int(rng.integers(3, EPOCHS - 3))
    before = lowest + np.append(rng.uniform(0.2, 0.6, size=turn)[::-1].cumsum()[::-1], 0.0)
    shares = np.linspace(0, 1, EPOCHS - turn)[1:]
    return np.concatenate([before, lowest + rise * shares])


def curves(*cases):
    """Inputs of the probe from (losses, val_losses, high_loss, gap)."""
    losses, val_losses, high, gap = zip(*cases, strict=True)
    return {
        "losses": np.array(losses),
        "val_losses": np.array(val_losses),
        "limits": np.column_stack([high, gap]),
    }


def limits(rng):
    return rng.uniform(0.8, 1.5), rng.uniform(0.2, 0.4)


def clear_cases(rng):
    """One of each kind, twice, with the validation loss some way above the training loss."""
    cases = []
    for _ in range(2):
        high, gap = limits(rng)
        low, above = rng.uniform(0.2, 0.6), rng.uniform(0.05, 0.15)
        cases += [
            (falling(rng, high + 0.3), falling_and_rising(rng, high + 0.4, 0.02), high, gap),
            (falling(rng, low), falling_and_rising(rng, low + above, gap + 0.3), high, gap),
            (falling(rng, low), falling_and_rising(rng, low + above, 0.85 * gap), high, gap),
        ]
    return curves(*cases)


def both_at_once(rng):
    """A high training loss, and a validation loss that has risen."""
    cases = []
    for _ in range(3):
        high, gap = limits(rng)
        val_loss = falling_and_rising(rng, high - 0.2, gap + 0.5)
        cases.append((falling(rng, high + 0.2), val_loss, high, gap))
    return curves(*cases)


def distant_curves(rng):
    """Curves far apart without a rise (a good fit), and close together after a rise (overfit)."""
    cases = []
    for _ in range(2):
        high, gap = limits(rng)
        low = rng.uniform(0.1, 0.3)
        flat = falling_and_rising(rng, low + gap + 0.3, 0.05)
        risen = falling_and_rising(rng, low + 0.02, gap + 0.2)
        cases.append((falling(rng, low), flat, high, gap))
        cases.append((falling(rng, min(high, low + gap + 0.2) - 0.05), risen, high, gap))
    return curves(*cases)


def validation_beyond_the_limit(rng):
    """The validation loss on the other side of ``high_loss`` than the training loss."""
    cases = []
    for _ in range(2):
        high, gap = limits(rng)
        above, below = (falling_and_rising(rng, high + side, 0.05) for side in (0.3, -0.3))
        cases.append((falling(rng, high - 0.2), above, high, gap))
        cases.append((falling(rng, high + 0.2), below, high, gap))
    return curves(*cases)


def rising_training_loss(rng):
    """A training loss that was low and has gone up beyond the limit; and one that came down."""
    cases = []
    for _ in range(2):
        high, gap = limits(rng)
        val_loss = falling_and_rising(rng, 0.5, 0.05)
        up = np.append(falling(rng, high - 0.4)[1:], high + 0.3)
        cases.append((up, val_loss, high, gap))
        cases.append((falling(rng, high - 0.1), val_loss, high, gap))
    return curves(*cases)


def bumpy_validation_loss(rng):
    """A bump that has gone again (a good fit), and a slow steady rise (overfitting)."""
    cases = []
    for _ in range(2):
        high, gap = limits(rng)
        bump = falling_and_rising(rng, 0.5, 0.02)
        bump[-3] = 0.5 + gap + 0.3
        slow = 0.5 + (gap + 0.15) * np.linspace(0, 1, EPOCHS)
        cases.append((falling(rng, 0.3), bump, high, gap))
        cases.append((falling(rng, 0.3), slow, high, gap))
    return curves(*cases)


def at_the_limit(rng):
    """A loss of exactly high_loss, a rise of exactly gap. All numbers are exact in binary."""
    high, gap, low = (float(rng.integers(*span)) / 16 for span in ((16, 24), (4, 8), (4, 8)))
    falls = np.arange(EPOCHS)[::-1] / 8
    rises = np.array([4, 3, 2, 1, 0, 0, 0.5, 1.0])
    flat = np.full(EPOCHS, low)
    return curves(
        (high + falls, flat, high, gap),
        (low + falls, low + gap * np.minimum(rises, 1), high, gap),
        (high + 1 / 64 + falls, flat, high, gap),
        (low + falls, low + (gap + 1 / 64) * np.minimum(rises, 1), high, gap),
    )


def training_that_failed(rng):
    high, gap = limits(rng)
    failed = falling(rng, 0.3)
    failed[-1] = np.nan
    recovered = falling(rng, 0.3)
    recovered[2] = np.nan
    val_loss = falling_and_rising(rng, 0.4, 0.05)
    return curves((failed, val_loss, high, gap), (recovered, val_loss, high, gap))


def right_words(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    rows = zip(
        inputs["losses"],
        inputs["val_losses"],
        inputs["limits"],
        observed["word"],
        expected["word"],
        strict=True,
    )
    for loss, val_loss, (high, gap), got, wanted in rows:
        if got != wanted:
            said = repr(WORDS[int(got)]) if 0 <= got < 3 else "none of the three words"
            return (
                f"last training loss {loss[-1]:.4g}, last validation loss {val_loss[-1]:.4g}, "
                f"lowest {np.min(val_loss):.4g}, high_loss={high:.4g}, gap={gap:.4g}: expected "
                f"{WORDS[int(wanted)]!r}, got {said}."
            )
    return None


def value_errors(name):
    """A judge: each of the inputs called ``name`` raised a ValueError."""

    def judge(observed, expected, inputs):
        problem = mismatch(observed, expected)
        if problem:
            return problem
        kinds = {0: "nothing was raised", 2: "another exception was raised"}
        for index, got in enumerate(observed["complaint"]):
            if got != 1:
                what = inputs[name][index]
                shown = what[: inputs["lengths"][index]] if name == "val_losses" else what
                return (
                    f"{name} {np.asarray(shown).tolist()}: expected a ValueError, but "
                    f"{kinds.get(int(got), 'that is not what came back')}."
                )
        return None

    return judge


def diagnosis(name, claim, points, inputs, judge=right_words, probe="diagnoses"):
    return Check(name, "diagnose", claim, points, probe, inputs, judge)


DIAGNOSE = [
    diagnosis(
        "clear_cases_are_told_apart",
        "A high training loss, a risen validation loss and neither get their three words.",
        1,
        clear_cases,
    ),
    diagnosis(
        "underfitting_comes_first",
        "A training loss that is too high is underfitting, even if the validation loss has risen.",
        1,
        both_at_once,
    ),
    diagnosis(
        "validation_loss_is_compared_with_its_own_minimum",
        "Overfitting is a rise of the validation loss, not its distance from the training loss.",
        1,
        distant_curves,
    ),
    diagnosis(
        "underfitting_is_read_from_the_training_loss",
        "high_loss is a limit for the training loss, not for the validation loss.",
        1,
        validation_beyond_the_limit,
    ),
    diagnosis(
        "the_last_training_loss_counts",
        "Of the training losses it is the last that counts.",
        1,
        rising_training_loss,
    ),
    diagnosis(
        "the_last_validation_loss_counts",
        "A bump that has gone again is no overfitting; a slow steady rise is.",
        1,
        bumpy_validation_loss,
    ),
    diagnosis(
        "the_limits_themselves_are_allowed",
        "A loss of exactly high_loss, or a rise of exactly gap, is not above the limit.",
        1,
        at_the_limit,
    ),
    diagnosis(
        "nan_is_a_high_loss",
        "A last training loss that is NaN is underfitting; an earlier NaN does not matter.",
        1,
        training_that_failed,
    ),
    diagnosis(
        "empty_lists_are_refused",
        "A history without epochs raises a ValueError.",
        1,
        lambda rng: {"lengths": np.array([[0, 0]])},
        value_errors("lengths"),
        "complaints_of_diagnose",
    ),
    diagnosis(
        "unequal_lists_are_refused",
        "Lists of different lengths raise a ValueError.",
        1,
        lambda rng: {"lengths": np.array([[3, 2], [2, 3], [1, 5]])},
        value_errors("lengths"),
        "complaints_of_diagnose",
    ),
]

# --- best_epoch -----------------------------------------------------------------------------------


def histories(rng, val_losses):
    """Inputs of the probe: these validation losses, and training losses with other minima."""
    val_losses = np.array(val_losses)
    losses = np.stack([falling(rng, 0.1) for _ in val_losses])
    return {"losses": losses[:, : val_losses.shape[1]], "val_losses": val_losses}


def different_losses(rng):
    """The lowest at each place, so that no fixed place is always right."""
    rows = np.tile(np.linspace(0.3, 1.8, EPOCHS), (EPOCHS, 1))
    for place, row in enumerate(rows):
        row[1:] = rng.permutation(row[1:])
        row[[0, place]] = row[[place, 0]]
    return histories(rng, rows)


def losses_with_ties(rng):
    rows = rng.uniform(0.5, 1.5, size=(4, EPOCHS))
    for row in rows:
        places = rng.choice(EPOCHS, size=int(rng.integers(2, 4)), replace=False)
        row[places] = 0.25
    return histories(rng, rows)


def losses_with_gaps(rng):
    """NaN at the start, before, after and around the lowest, and infinities."""
    rows = rng.uniform(0.5, 1.5, size=(5, EPOCHS))
    rows[:, 4] = 0.2
    rows[0, 0] = rows[1, 3] = rows[2, 6] = np.nan
    rows[3, [0, 1, 5]] = np.nan
    rows[4, [0, 7]] = np.inf
    rows[4, 2] = np.nan
    return histories(rng, rows)


def nothing_finite(rng):
    rows = np.full((4, 3), np.nan)
    rows[1] = np.inf
    rows[2, 1] = np.inf
    return {"val_losses": rows, "lengths": np.array([3, 3, 3, 1])}


def no_epochs(rng):
    return {"val_losses": rng.uniform(0.5, 1.5, size=(1, 3)), "lengths": np.array([0])}


def right_epochs(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for val_loss, got, wanted in zip(
        inputs["val_losses"], observed["epoch"], expected["epoch"], strict=True
    ):
        if got != wanted:
            return (
                f"val_loss {[float(f'{v:.3g}') for v in val_loss]}: expected epoch {wanted:.0f}, "
                f"got {got:g}."
            )
    return None


def best(name, claim, points, inputs, judge=right_epochs, probe="best_epochs"):
    return Check(name, "best_epoch", claim, points, probe, inputs, judge)


BEST_EPOCH = [
    best(
        "lowest_validation_loss_is_found",
        "The epoch with the lowest validation loss is found, at every place, counted from 0.",
        2,
        different_losses,
    ),
    best("first_of_equals_wins", "Of equally good epochs the first is taken.", 1, losses_with_ties),
    best(
        "nan_is_never_the_lowest",
        "NaN and infinity are stepped over, also in the first epoch.",
        1,
        losses_with_gaps,
    ),
    best(
        "nothing_finite_is_refused",
        "If no loss is finite, a ValueError is raised.",
        1,
        nothing_finite,
        value_errors("val_losses"),
        "complaints_of_best_epoch",
    ),
    best(
        "no_epochs_are_refused",
        "A history without epochs raises a ValueError.",
        1,
        no_epochs,
        value_errors("val_losses"),
        "complaints_of_best_epoch",
    ),
]

# --- EarlyStopping --------------------------------------------------------------------------------


def losses_of(rng, pattern):
    """Validation losses by a pattern, so that what must happen is known and the numbers are not.

    ``+`` is a new best, ``-`` is worse than the best (and often better than the one before), ``=``
    is as good as the best, ``n`` is NaN.
    """
    best, found = rng.uniform(2.5, 3.0), []
    for kind in pattern:
        if kind == "+":
            best -= rng.uniform(0.05, 0.2)
        found.append({"+": best, "=": best, "-": best + rng.uniform(0.02, 0.4), "n": np.nan}[kind])
    return found


def trainings_by(rng, *, cases, **more):
    """Inputs of the probe from (pattern, settings). The training loss falls all the time."""
    patterns, settings = zip(*cases, strict=True)
    val_losses = np.array([losses_of(rng, pattern) for pattern in patterns])
    falls = np.sort(rng.uniform(0.1, 2.0, size=val_losses.shape), axis=1)[:, ::-1]
    return {"settings": list(settings), "losses": falls, "val_losses": val_losses, **more}


def patience(number):
    return {"patience": number}


def losses_around_the_delta(rng):
    """Steps below, of, and above min_delta, exact in binary; and many small ones that add up."""
    delta = float(rng.choice([0.125, 0.25]))
    start = float(rng.integers(6, 9))
    small, large = delta * 0.75, delta * 1.5
    steps = np.array(
        [
            [0, large, small, 0, 0, 0, 0, 0],  # one small step is no improvement
            [0, delta, 0, 0, 0, 0, 0, 0],  # nor is one of exactly min_delta
            [0, small, small, small, small, small, small, small],  # two small ones are
            [0, large, large, small, -small, small, large, 0],
        ]
    )
    settings = {"patience": 3, "min_delta": delta}
    return {
        "settings": [settings] * len(steps),
        "losses": np.tile(np.linspace(1, 0.1, steps.shape[1]), (len(steps), 1)),
        "val_losses": start - steps.cumsum(axis=1),
    }


def two_fits(rng):
    """A training that ends at a low loss, and two more that never get as low; one starts badly."""
    inputs = trainings_by(rng, cases=[("+++---++", None), ("n+-++--+", None), ("++-+++++", None)])
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


NAMES = {
    "epochs": "epochs run",
    "best_epoch": "best_epoch",
    "stopped_epoch": "stopped_epoch",
}


def shown(name, value):
    return "None" if value == -1 and name != "epochs" else f"{value:g}"


def as_it_should(*names):
    """A judge: of every training these are as they should be."""

    def judge(observed, expected, inputs):
        problem = mismatch(observed, expected)
        if problem:
            return problem
        settings = inputs["settings"]
        for index, val_loss in enumerate(inputs["val_losses"]):
            given = settings[index] if isinstance(settings, list) else settings
            called = ", ".join(f"{key}={value:g}" for key, value in given.items())
            ran = f"{EARLY}({called}), val_loss {[float(f'{v:.3g}') for v in val_loss]}"
            if not isinstance(settings, list):
                ran = f"fit number {index + 1} with the same {ran}"
            for name in names:
                got, wanted = observed[name][index], expected[name][index]
                if name == "weights" and not np.array_equal(got, wanted):
                    others = sorted({float(value) for value in got if value != wanted[0]})
                    return (
                        f"{ran}: expected the weights of epoch {wanted[0]:g} at the end, got those "
                        f"of epoch {', '.join(f'{value:g}' for value in others)} in "
                        f"{int((got != wanted).sum())} of {got.size} numbers."
                    )
                if name == "left_alone" and got != wanted:
                    return f"{ran}: the weights were changed before training was over."
                if name in NAMES and got != wanted:
                    return (
                        f"{ran}: {NAMES[name]}: expected {shown(name, wanted)}, "
                        f"got {shown(name, got)}."
                    )
        return None

    return judge


EARLY = "EarlyStopping"


def restored_the_best(observed, expected, inputs):
    """From the weights alone: those in the end have the lowest validation loss of all epochs."""
    path, kernel = observed.get("path"), observed.get("kernel")
    if path is None or kernel is None or path.shape[1:] != inputs["kernel"].shape:
        return "the weights that came back are not those of the model."
    if kernel.shape != inputs["kernel"].shape or not np.isfinite(path).all():
        return "the weights that came back are not those of the model."
    losses = [validation_loss(weights, inputs) for weights in path]
    least, kept = min(losses), validation_loss(kernel, inputs)
    # Two float32 losses closer than this may be taken for each other.
    if not kept <= least + 1e-4:
        return (
            f"the model has a validation loss of {kept:.4f} in the end; after epoch "
            f"{int(np.argmin(losses))} it was {least:.4f}, and those weights should be back."
        )
    return None


def validation_loss(kernel, inputs):
    scores = inputs["x_val"] @ kernel.astype("float64")
    scores -= scores.max(axis=1, keepdims=True)
    logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return float(-np.mean(logs[np.arange(len(logs)), inputs["y_val"]]))


def stopping(name, claim, points, inputs, judge, probe="trainings"):
    return Check(name, EARLY, claim, points, probe, inputs, judge)


EARLY_STOPPING = [
    stopping(
        "stops_when_patience_is_used_up",
        "Training stops after patience epochs in a row without improvement.",
        2,
        partial(
            trainings_by,
            cases=[
                ("++---+++", patience(3)),
                ("+++--+++", patience(2)),
                ("+----+++", patience(4)),
                ("++++++++", patience(2)),
            ],
        ),
        as_it_should("epochs"),
    ),
    stopping(
        "patience_0_and_1_stop_at_once",
        "With a patience of 0 or 1 the first epoch without improvement is the last.",
        1,
        partial(
            trainings_by,
            cases=[("++-+++", patience(0)), ("++-+++", patience(1)), ("+++-++", {})],
        ),
        as_it_should("epochs"),
    ),
    stopping(
        "an_improvement_restores_patience",
        "Epochs without improvement count only in a row.",
        1,
        partial(
            trainings_by,
            cases=[("+-+-+-+--+", patience(2)), ("+--+--+---", patience(3))],
        ),
        as_it_should("epochs"),
    ),
    stopping(
        "equal_is_no_improvement",
        "A loss as low as the best, but not lower, is no improvement.",
        1,
        partial(trainings_by, cases=[("++==+++", patience(2)), ("+=-=+++", patience(3))]),
        as_it_should("epochs", "best_epoch"),
    ),
    stopping(
        "min_delta_is_what_it_takes",
        "An epoch improves if it is lower than the best by more than min_delta.",
        2,
        losses_around_the_delta,
        as_it_should("epochs", "best_epoch"),
    ),
    stopping(
        "best_weights_are_back_after_stopping",
        "Stopped early, the model has all weights of its best epoch again.",
        2,
        partial(trainings_by, cases=[("+++--+++", patience(2)), ("+-+---++", patience(3))]),
        as_it_should("weights"),
    ),
    stopping(
        "best_weights_are_back_after_the_last_epoch",
        "If training was never stopped, the model has its best weights again, too.",
        1,
        partial(trainings_by, cases=[("++++----", patience(5)), ("+-+-+-+-", patience(2))]),
        as_it_should("weights"),
    ),
    stopping(
        "training_goes_on_from_where_it_is",
        "Before the end of training the weights are left alone.",
        1,
        partial(trainings_by, cases=[("++--+-++", patience(3)), ("+-+-++++", patience(2))]),
        as_it_should("left_alone"),
    ),
    stopping(
        "attributes_tell_what_happened",
        "best_epoch and stopped_epoch count from 0; never stopped is None.",
        1,
        partial(
            trainings_by,
            cases=[
                ("+++--+++", patience(2)),
                ("+-------", patience(3)),
                ("++++++--", patience(3)),
                ("++++++++", patience(2)),
            ],
        ),
        as_it_should("best_epoch", "stopped_epoch"),
    ),
    stopping(
        "nan_never_improves",
        "NaN is no improvement, at the start or later, and no number has to beat it.",
        1,
        partial(
            trainings_by,
            cases=[
                ("++nn++++", patience(2)),
                ("n+-+n+--", patience(3)),
                ("+n-+++++", patience(2)),
            ],
        ),
        as_it_should("epochs", "best_epoch", "stopped_epoch", "weights"),
    ),
    stopping(
        "without_improvement_weights_stay",
        "If no epoch ever improved, the weights stay and best_epoch is None.",
        1,
        partial(trainings_by, cases=[("nnnnnnnn", patience(3)), ("nnnnnnnn", patience(9))]),
        as_it_should("epochs", "best_epoch", "weights"),
    ),
    stopping(
        "second_fit_starts_anew",
        "Used again, the callback remembers nothing of the training before.",
        1,
        two_fits,
        as_it_should("epochs", "best_epoch", "stopped_epoch", "weights"),
        "trainings_of_one_callback",
    ),
    stopping(
        "fit_ends_with_the_best_weights",
        "After model.fit on handwritten digits, no epoch had a lower validation loss.",
        1,
        digits_to_overfit,
        restored_the_best,
        "fit",
    ),
]

CHECKS = [*DIAGNOSE, *BEST_EPOCH, *EARLY_STOPPING]
