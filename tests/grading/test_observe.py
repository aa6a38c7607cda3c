"""What a child gets, and what it may claim: everything goes in and comes out here.

No process is started and no keras imported: the sandbox is made up.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading.allowance import Allowance
from autograder.grading.judge import close
from autograder.grading.observe import (
    ATTEMPTS,
    ATTEMPTS_ONCE_LOST,
    INVALID_REPLY,
    KILLS,
    LOADING_FAILED,
    TOO_LARGE,
    RestartableChild,
    clean,
    read_reply,
)
from autograder.grading.printed import Printed, read_printed
from autograder.grading.trial import PROBE_SECONDS, Trial, budget, sizes_of
from autograder.grading.unit import Unit, observe
from autograder.messages import (
    PRINT_CHARS,
    PRINT_LINES,
    Load,
    Loaded,
    Observe,
    Observed,
    ReportedFailure,
    Request,
    SourceText,
)
from autograder.model import Arrays, AutograderError, Check, Exercise, Failure, Inputs, Observation
from autograder.programs import Definitions, Probe, SourceFile
from autograder.sandbox.sandbox import ChildDied, SandboxLost
from autograder.sandbox.wire import Bounds, Room, TooLargeError, WireError, decode, encode
from autograder.sources.inputs import draw_inputs


def arrays(**values: Any) -> dict[str, np.ndarray]:
    return {name: np.array(value) for name, value in values.items()}


def no_inputs(rng: np.random.Generator) -> Inputs:
    return {}


def check_of(
    name: str = "moves", exercise: str = "Momentum", points: float = 2.0, **how: Any
) -> Check:
    how = {"inputs": no_inputs, "judge": close(), **how}
    return Check(
        name=name, exercise=exercise, claim=f"It {name}.", points=points, probe="probe", **how
    )


MOVES = check_of()

Reply = tuple[Observed, dict[str, np.ndarray]]


class FakeChild:
    """Answers each probe by the next line of the script: a reply, or an exception to raise."""

    def __init__(self, sandbox: FakeSandbox) -> None:
        self.sandbox = sandbox
        self.closed = False
        self.cpu_seconds = self.waited_seconds = 0.0
        self.peak_bytes = 0

    def request(
        self,
        message: Request,
        arrays: Mapping[str, np.ndarray],
        *,
        reply: type,
        cpu_seconds: float,
        wall_seconds: float,
        room: Room | None = None,
    ) -> Reply | tuple[Loaded, Arrays]:
        assert not self.closed
        self.sandbox.requests.append((self, message, dict(arrays), cpu_seconds))
        if isinstance(message, Load):
            assert reply is Loaded
            if self.sandbox.unloadable and message.files:
                raise self.sandbox.unloadable
            return Loaded(), {}
        assert reply is Observed
        step = self.sandbox.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    def close(self) -> None:
        self.closed = True


class FakeSandbox:
    """Hands out fake children and remembers them, and what was asked of them."""

    def __init__(self, *script: Reply | Exception) -> None:
        self.script = list(script)
        self.unloadable: Exception | None = None
        self.children: list[FakeChild] = []
        self.requests: list[tuple[FakeChild, Request, dict[str, np.ndarray], float]] = []

    def child(self) -> FakeChild:
        self.children.append(FakeChild(self))
        return self.children[-1]


FINE: Reply = (Observed(None), arrays(x=1.0))
SUBMITTED = Definitions((SourceFile("cell_2.py", "cell 2", "class Momentum: pass", (0,)),))


def trial(check: Check, inputs: Inputs | None = None) -> Trial:
    return Trial(
        Exercise("Momentum", ("keras.SGD",)), check, Probe("probe", "..."), inputs or {}, 0
    )


def observations(
    sandbox: Any, definitions: Definitions, trials: Sequence[Trial]
) -> list[tuple[Check, Observation]]:
    with RestartableChild(sandbox) as child:
        return list(child.observations(definitions, trials))


def tried(sandbox: Any, *names: str) -> dict[str, Observation]:
    found = observations(sandbox, SUBMITTED, [trial(check_of(name)) for name in names])
    return {check.name: observation for check, observation in found}


def test_one_child_is_asked_everything_and_then_ended() -> None:
    sandbox = FakeSandbox(FINE, FINE, FINE)
    found = tried(sandbox, "moves", "stops", "turns")
    assert all(observation.failure is None for observation in found.values())
    (child,) = sandbox.children
    assert child.closed
    load, *others = [message for _, message, _, _ in sandbox.requests]
    assert load == Load((SourceText("cell_2.py", "cell 2", "class Momentum: pass", (0,)),))
    assert [type(message) for message in others] == 3 * [Observe]


@pytest.mark.parametrize("kind", ["timeout", "memory", "crashed"])
def test_a_child_that_dies_costs_the_check_it_was_in_and_no_other(kind: Any) -> None:
    sandbox = FakeSandbox(ChildDied(kind, "it ended"), FINE, FINE)
    found = tried(sandbox, "moves", "stops", "turns")
    assert found["moves"].failure == Failure(kind, "it ended")
    assert (found["stops"].failure, found["turns"].failure) == (None, None)
    first, second = sandbox.children
    assert first.closed
    assert second.closed
    # The new child has the definitions too.
    asked = [type(message) for child, message, _, _ in sandbox.requests if child is second]
    assert asked == [Load, Observe, Observe]


@pytest.mark.parametrize("end", [ChildDied("crashed", "it ended"), WireError("two replies")])
def test_what_an_earlier_check_left_behind_costs_no_later_one(end: Exception) -> None:
    sandbox = FakeSandbox(FINE, end, FINE, FINE)
    found = tried(sandbox, "moves", "stops", "turns")
    assert [observation.failure for observation in found.values()] == [None, None, None]
    # In a new child, it is the check's own.
    sandbox = FakeSandbox(FINE, end, end, FINE)
    found = tried(sandbox, "moves", "stops", "turns")
    assert [name for name, observation in found.items() if observation.failure] == ["stops"]
    assert len(sandbox.children) == 3


INTERRUPTED_AT = ReportedFailure("timeout", "too long", "cell 2, line 3: `while True:`")
LATE: Reply = (Observed(INTERRUPTED_AT), {})
"""What a child answers that has interrupted itself."""


def test_a_child_that_interrupted_itself_is_not_asked_again() -> None:
    sandbox = FakeSandbox(LATE, FINE)
    found = tried(sandbox, "moves", "stops")
    assert found["moves"].failure == Failure("timeout", "too long", INTERRUPTED_AT.where)
    assert found["stops"].failure is None
    assert len(sandbox.children) == 2
    # Where an earlier check may be the cause, a new child decides.
    assert tried(FakeSandbox(FINE, LATE, FINE), "moves", "stops")["stops"].failure is None


def test_a_child_interrupts_itself_before_the_grader_ends_it() -> None:
    sandbox: Any = FakeSandbox(FINE)
    tried(sandbox, "moves")
    (((_, asked, _, seconds)),) = [
        each for each in sandbox.requests if isinstance(each[1], Observe)
    ]
    assert 0.9 * seconds < asked.cpu_seconds < seconds


DEATHS = [
    ChildDied("timeout", "too long"),
    LATE,
    ChildDied("memory", "too much"),
    ChildDied("crashed", "it ended"),
    WireError("two replies"),
]


@pytest.mark.parametrize("death", DEATHS, ids=repr)
def test_an_exercise_that_cost_a_process_is_waited_for_less_from_then_on(
    death: Exception | Reply,
) -> None:
    sandbox: Any = FakeSandbox(FINE, death, death, FINE, FINE)
    other = replace(trial(check_of("turns")), exercise=Exercise("Nesterov"))
    trials = [trial(check_of(name)) for name in ("moves", "stops", "rests")]
    trials = [
        replace(each, cpu_seconds=3.0, cpu_seconds_after_death=0.7) for each in [*trials, other]
    ]
    observations(sandbox, SUBMITTED, trials)
    given = [seconds for _, asked, _, seconds in sandbox.requests if isinstance(asked, Observe)]
    assert given == [3.0, 3.0, 3.0, 0.7, 3.0]


def test_a_self_check_runs_nothing_more_after_three_checks_that_do_not_end() -> None:
    late = ChildDied("timeout", "too long")
    names = ("moves", "stops", "turns", "rolls", "falls", "rises")
    trials = tuple(trial(check_of(name)) for name in names)
    unit = Unit(SUBMITTED, trials, alone=True, allowance=Allowance.of(trials))
    # One that ends between them starts the count anew; the next is tried again in a new child.
    script = (late, FINE, late, late, late, late, FINE)
    said = ["too long", None, "too long", "too long", "too long"]
    sandbox = FakeSandbox(*script)
    heard: list[str] = []
    seen = observe(
        unit,
        sandbox,  # type: ignore[arg-type]
        patient=False,
        tell=lambda check, _: heard.append(check.name),
    ).observations
    assert heard == list(names[:5])  # each as soon as it is observed
    told = [each.failure and each.failure.message for each in seen]
    assert told == [*said, "Not run: the 3 checks before it did not end."]
    # Grading goes on: what holds behind a loop earns its points.
    seen = observe(unit, FakeSandbox(*script)).observations  # type: ignore[arg-type]
    assert [each.failure and each.failure.message for each in seen] == [*said, None]


def test_an_answer_that_cannot_be_read_is_the_students_and_ends_the_child() -> None:
    sandbox = FakeSandbox(WireError("dtype C64"), FINE)
    found = tried(sandbox, "moves", "stops")
    assert found["moves"].failure == Failure("malformed", INVALID_REPLY)
    assert found["stops"].failure is None
    assert len(sandbox.children) == 2


def test_a_result_of_an_absurd_size_is_told_so() -> None:
    sandbox = FakeSandbox(TooLargeError("3,000,000,000 bytes"), FINE)
    found = tried(sandbox, "moves", "stops")
    assert found["moves"].failure == Failure("malformed", TOO_LARGE)
    assert found["stops"].failure is None


def sized(check: Check, **reference: np.ndarray) -> Trial:
    return replace(trial(check), reference=sizes_of(Observation(reference)))


def kept(asked: Trial, **found: np.ndarray) -> Observation:
    """What is observed if a child answers a trial with some arrays."""
    room = asked.room()
    assert room is not None
    answer = decode(encode({"failure": None}, found), Observed, room.within(Bounds()))
    ((_, seen),) = observations(FakeSandbox(answer), SUBMITTED, [asked])
    return seen


def test_arrays_that_nobody_asked_for_are_dropped() -> None:
    asked = sized(MOVES, x=np.ones(3))
    assert list(kept(asked, x=np.ones(3), more=np.ones(99), extra=np.ones(1)).arrays) == ["x"]
    # Where right implementations may differ in their names, they are kept.
    asked = sized(check_of(same_shapes=False), x=np.ones(3))
    assert list(kept(asked, x=np.ones(3), more=np.ones(99)).arrays) == ["more", "x"]


def test_an_array_of_an_absurd_size_is_not_kept_and_its_shape_is_told() -> None:
    asked = sized(MOVES, x=np.ones(300))
    seen = kept(asked, x=np.ones((300, 300)))
    assert seen == Observation(
        failure=Failure("malformed", "x: expected shape (300,), got (300, 300).")
    )
    # As the judge would, of one that it can look at.
    assert kept(asked, x=np.ones((30, 30))).arrays["x"].shape == (30, 30)


def test_as_much_as_the_reference_returns_is_kept_whatever_its_size() -> None:
    large = np.ones(1_000_000)
    assert kept(sized(MOVES, x=large), x=large).arrays["x"].nbytes == large.nbytes


def test_what_is_kept_of_a_reply_is_bounded_in_all() -> None:
    asked = sized(check_of(same_shapes=False), x=np.ones(3))
    with pytest.raises(TooLargeError):
        kept(asked, **{f"x{number}": np.ones(20_000) for number in range(30)})


def test_of_a_reference_that_failed_nothing_is_kept() -> None:
    assert kept(sized(check_of(same_shapes=False)), x=np.ones(3)).arrays == {}


def test_a_sandbox_lost_once_is_tried_again() -> None:
    sandbox = FakeSandbox(SandboxLost("no memory for a process"), FINE, FINE)
    found = tried(sandbox, "moves", "stops")
    assert [observation.failure for observation in found.values()] == [None, None]
    assert len(sandbox.children) == 2


def test_a_sandbox_lost_again_and_again_is_the_graders_own_fault() -> None:
    lost = SandboxLost("no memory for a process")
    found = tried(FakeSandbox(*[lost] * ATTEMPTS, FINE), "moves", "stops")
    assert found["moves"].failure == Failure("internal", "no memory for a process")
    assert found["stops"].failure is None


def test_a_child_that_somebody_killed_once_is_no_fault_of_the_submission() -> None:
    killed = ChildDied("crashed", "The process crashed (SIGKILL).", killed=True)
    found = tried(FakeSandbox(killed, FINE, FINE), "moves", "stops")
    assert [observation.failure for observation in found.values()] == [None, None]
    found = tried(FakeSandbox(*[killed] * KILLS, FINE), "moves", "stops")
    assert found["moves"].failure == Failure("crashed", "The process crashed (SIGKILL).")
    assert found["stops"].failure is None


def test_a_child_that_cannot_be_started_is_the_graders_own_fault() -> None:
    class NoSandbox:
        def child(self) -> FakeChild:
            raise SandboxLost("the sandbox ended")

    found = tried(NoSandbox(), "moves")
    assert found["moves"].failure == Failure("internal", "the sandbox ended")


def test_the_children_are_ended_where_the_grader_stops_early() -> None:
    sandbox = FakeSandbox(KeyError("a bug of ours"))
    with pytest.raises(KeyError, match="a bug of ours"):
        tried(sandbox, "moves")
    assert all(child.closed for child in sandbox.children)


def test_another_implementation_is_loaded_into_the_same_child() -> None:
    sandbox: Any = FakeSandbox(FINE, FINE)
    other = Definitions(())
    with RestartableChild(sandbox) as children:
        for definitions in (SUBMITTED, other):
            list(children.observations(definitions, [trial(MOVES)]))
    asked = [type(message) for _, message, _, _ in sandbox.requests]
    assert asked == [Load, Observe, Load, Observe]
    assert len(sandbox.children) == 1


def test_a_load_is_tried_once_and_its_failure_is_the_verdict_of_all_checks() -> None:
    sandbox: Any = FakeSandbox()
    sandbox.unloadable = ChildDied("timeout", "Exceeded the CPU limit.")
    found = tried(sandbox, "moves", "stops", "turns")
    said = Failure("timeout", f"{LOADING_FAILED}Exceeded the CPU limit.")
    assert [observation.failure for observation in found.values()] == 3 * [said]
    assert [type(message) for _, message, _, _ in sandbox.requests] == [Load]


def test_a_load_that_fails_in_a_used_child_is_tried_in_a_new_one_and_costs_no_other() -> None:
    sandbox: Any = FakeSandbox(FINE, FINE)
    sandbox.unloadable = ChildDied("crashed", "it ended")
    trials = [trial(check_of(name)) for name in ("moves", "stops")]
    with RestartableChild(sandbox) as children:
        for definitions in (Definitions(()), SUBMITTED, Definitions(())):
            asked = trials[:1] if definitions is not SUBMITTED else trials
            found = list(children.observations(definitions, asked))
            failed = [observation.failure is not None for _, observation in found]
            assert failed == [definitions is SUBMITTED] * len(asked)
    asked_for = [type(message) for _, message, _, _ in sandbox.requests]
    assert asked_for == [Load, Observe, Load, Load, Load, Observe]


def test_a_sandbox_lost_while_loading_is_not_held_against_the_next_check() -> None:
    sandbox: Any = FakeSandbox()
    sandbox.unloadable = SandboxLost("no memory for a process")
    found = tried(sandbox, "moves", "stops")
    assert {each.failure.kind for each in found.values() if each.failure} == {"internal"}
    assert len(sandbox.requests) == ATTEMPTS + ATTEMPTS_ONCE_LOST


def test_what_a_check_withholds_is_not_sent() -> None:
    inputs = {
        "rate": 0.1,
        "rows": np.ones(3),
        "labels": np.arange(7_000, 7_003),
        "secret": "withheld value",
    }
    asked = trial(check_of(withheld=("labels", "secret")), inputs)
    message, sent = asked.request()
    assert message.inputs == {"rate": 0.1}
    assert sent.keys() == {"rows"}
    assert "withheld value" not in repr(message)
    assert "7001" not in repr((message, sent))


def test_inputs_come_in_one_order_wherever_a_probe_runs() -> None:
    """As the wire brings them: code that counts over variables depends on their order."""
    inputs = {"vector": np.ones(3), "rate": 0.1, "matrix": np.ones((2, 2)), "epochs": 2}
    message, sent = trial(MOVES, inputs).request()
    assert list(sent) == ["matrix", "vector"]
    assert list(message.inputs) == ["epochs", "rate"]


def test_a_request_holds_no_points_no_claim_and_no_seed_of_the_run() -> None:
    asked = Trial(
        Exercise("Momentum", ("keras.optimizers.SGD",)),
        check_of(points=12345.0),
        Probe("probe", "def probe(implementation): ..."),
        {},
        seed=987654321,
    )
    message, _ = asked.request()
    assert message.forbidden == ("keras.optimizers.SGD",)
    assert message.source == "def probe(implementation): ..."
    for secret in ("12345", "987654321", MOVES.claim):
        assert secret not in repr(message)


def test_what_children_are_told_says_nothing_about_the_seed_of_the_run() -> None:
    """As with CRC-32, where the difference of two runs' seeds showed in every check alike."""

    def told(seed: int, name: str) -> int:
        asked = Trial(Exercise("Momentum"), check_of(name), Probe("probe", ""), {}, seed)
        return asked.request()[0].seed

    differences = {told(100, name) ^ told(101, name) for name in ("moves", "stops", "turns")}
    assert len(differences) == 3


def test_inputs_depend_on_the_seed_and_the_check_and_on_nothing_else() -> None:
    def draw(rng: np.random.Generator) -> Inputs:
        return {"start": rng.normal(size=3)}

    one, two = check_of("moves", inputs=draw), check_of("stops", inputs=draw)
    again = [draw_inputs(one, 7)["start"] for _ in range(2)]
    np.testing.assert_array_equal(*again)
    assert not np.array_equal(draw_inputs(one, 7)["start"], draw_inputs(two, 7)["start"])
    assert not np.array_equal(draw_inputs(one, 7)["start"], draw_inputs(one, 8)["start"])


@pytest.mark.parametrize(
    ("check", "reference", "seconds"),
    [
        (check_of(budget=77.0), Observation(seconds=50.0), 77.0),
        (check_of(), None, PROBE_SECONDS),
        (check_of(), Observation(failure=Failure("raised", "x"), seconds=50.0), PROBE_SECONDS),
        (check_of(), Observation(seconds=0.001), 2.0),
        (check_of(), Observation(seconds=50.0), 500.0),
    ],
    ids=["the check's own", "unknown", "reference failed", "never too short", "many times"],
)
def test_a_probe_has_many_times_the_time_of_the_reference(
    check: Check, reference: Observation | None, seconds: float
) -> None:
    assert budget(check, reference) == seconds


def received(content: dict[str, Any]) -> Observed:
    """A reply as the sandbox decodes it."""
    reply: Observed = decode(encode(content, {}), Observed)[0]
    return reply


@pytest.mark.parametrize(
    "kind", ["internal", "crashed", "passed", "", None, 7, ["raised"], {"a": 1}]
)
def test_a_child_that_claims_the_grader_failed_is_not_believed(kind: Any) -> None:
    with pytest.raises(WireError, match="kind"):
        received({"failure": {"kind": kind, "message": "let me through"}})


@pytest.mark.parametrize("reported", ["", [], 0, True, "internal", ["raised"], {}])
def test_a_failure_that_is_no_failure_is_malformed(reported: Any) -> None:
    with pytest.raises(WireError, match="failure"):
        received({"failure": reported})


@pytest.mark.parametrize(
    "more", [{"points": 5}, {"seconds": -1.0}, {"seconds": "0"}, {"seconds": True}]
)
def test_a_reply_with_more_than_a_reply_has_is_malformed(more: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        received({"failure": None, **more})


@pytest.mark.parametrize(("part", "limit"), [("message", 600), ("where", 200), ("exception", 60)])
def test_longer_texts_than_an_honest_child_sends_are_malformed(part: str, limit: int) -> None:
    longest = {"kind": "raised", "message": "", part: limit * "x"}
    assert received({"failure": longest}).failure
    with pytest.raises(WireError, match=part):
        received({"failure": {**longest, part: (limit + 1) * "x"}})


def test_what_a_child_says_of_itself_is_kept_as_plain_text() -> None:
    reported = ReportedFailure(
        "raised",
        "\x1b[31mValueError\x1b[0m:\n\tbad \u202eeulav\u2066\x00",
        "cell 2, line 3: `x`" + 999 * "y",
        "E" * 999,
    )
    failure = read_reply(Observed(reported), {}).failure
    assert failure is not None
    assert failure.message == "[31mValueError[0m: bad eulav"
    assert failure.where.startswith("cell 2, line 3: `x`")
    assert len(failure.where) == 200
    assert len(failure.exception) == 60


@given(st.text(st.characters()), st.integers(0, 50))
def test_clean_text_is_plain_and_bounded(text: str, limit: int) -> None:
    found = clean(text, limit)
    assert len(found) <= limit
    assert not any(unicodedata.category(character)[0] == "C" for character in found)
    found.encode()  # not even half a character


def test_very_long_text_is_cut() -> None:
    assert clean("x" * 10_000_000) == "x" * 600


def test_prints_are_asked_for_by_who_shows_them_alone() -> None:
    said: Reply = (Observed(None, printed=("step 1",), unprinted=7), {})
    sandbox = FakeSandbox(said, said)
    (seen,) = tried(sandbox, "moves").values()  # graded: a child says it all the same
    assert seen == Observation()
    printed: dict[str, Printed] = {}
    shown: Any = sandbox
    with RestartableChild(shown, printed=printed) as child:
        assert [seen for _, seen in child.observations(SUBMITTED, [trial(MOVES)])] == [seen]
    assert printed == {MOVES.id: Printed(("step 1",), 7)}
    asked = [
        message.prints for _, message, _, _ in sandbox.requests if isinstance(message, Observe)
    ]
    assert asked == [False, True]


def test_what_a_child_says_was_printed_is_plain_and_bounded() -> None:
    line = "\x1b[31m  1.0   2.0\u202e\n\x00"
    assert read_printed(Observed(None, printed=(line,))).first == ("[31m  1.0   2.0",)
    long = Observed(None, printed=("x" * 10_000,) * 100)
    assert read_printed(long).first == ("x" * PRINT_CHARS,) * PRINT_LINES
    fits = {"failure": None, "printed": ["x" * PRINT_CHARS] * PRINT_LINES, "unprinted": 2**53}
    assert received(fits).unprinted == 2**53
    for more in (
        {"printed": ["x" * (PRINT_CHARS + 1)]},
        {"printed": ["x"] * (PRINT_LINES + 1)},
        {"unprinted": -1},
    ):
        with pytest.raises(WireError, match="printed"):
            received({**fits, **more})


def test_names_of_arrays_are_cleaned_too() -> None:
    found = read_reply(Observed(None), {"x\u202e\n" + 100 * "y": np.ones(1)})
    assert list(found.arrays) == ["x " + 58 * "y"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    ),
    st.sampled_from(["failure", "kind", "message"]),
)
def test_no_reply_makes_the_grader_fail(value: Any, name: str) -> None:
    reported = {"kind": "raised", "message": "m", name: value}
    try:
        reply = received({"failure": value if name == "failure" else reported})
    except WireError:
        return
    found = read_reply(reply, {})
    assert found.failure is None or found.failure.kind != "internal"


def test_inputs_that_cannot_be_drawn_name_their_check() -> None:
    def broken(rng: np.random.Generator) -> Inputs:
        raise KeyError("lost")

    with pytest.raises(AutograderError, match=r"Momentum\.moves .*lost"):
        draw_inputs(check_of(inputs=broken), 0)


def test_withholding_what_is_no_input_is_refused() -> None:
    check = check_of(inputs=lambda rng: {"labels": rng.random(3)}, withheld=("label",))
    with pytest.raises(AutograderError, match="'label'"):
        draw_inputs(check, 0)
