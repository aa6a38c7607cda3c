"""Watch: check again at every save, from a process that has imported Keras already."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from autograder.desks.backend import ignored_backend
from autograder.desks.keys import keys
from autograder.desks.released_course import releases_near, work_in
from autograder.desks.status import assignment_status
from autograder.desks.student import files_in, self_check_sandbox
from autograder.desks.watched import Watched
from autograder.reports.progress import AssignmentStatus
from autograder.reports.watching import KEYS, Watching
from autograder.sandbox.interface import Sandbox

LOOK_MILLISECONDS = 20
"""A save is noticed once no other change has followed for so long."""

Event = Path | str
"""A file that was saved, or a key."""


def watch(paths: Sequence[Path], console: Console, *, hints: int = 1) -> None:
    """Check files, and again at every save what it changes, until Ctrl-C or the key q.

    Args:
        paths: notebooks, modules and folders of these.
        hints: how many of a hint's three steps are shown at first.

    Raises:
        AutograderError: there is nothing to watch, or no release belongs to it.
    """
    watched = {file.resolve(): Watched(file) for path in paths for file in files_in(path)}
    events: queue.Queue[Event] = queue.Queue()
    with ExitStack() as stack:
        show = stack.enter_context(Watching(console, hints))
        stack.enter_context(_saves(set(watched), events))
        if show.interactive:
            stack.enter_context(keys(events.put))
        for line in ignored_backend():
            show.say(line)
        show.doing("Starting Keras")
        sandbox = stack.enter_context(self_check_sandbox(show.say))
        _Watch(watched, events, show, sandbox).run()


@contextmanager
def _saves(files: set[Path], events: queue.Queue[Event]) -> Iterator[None]:
    """Put each of these files into the queue when it is saved."""
    # Only here: it loads a native library.
    from watchfiles import watch as changes

    stop = threading.Event()

    def look() -> None:
        # Folders: editors replace a file by another one of its name.
        folders = {file.parent for file in files}
        for found in changes(
            *folders,
            stop_event=stop,
            watch_filter=None,
            recursive=False,
            step=LOOK_MILLISECONDS,
        ):
            for file in {Path(path).resolve() for _, path in found} & files:
                events.put(file)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=2)


class _Watch:
    """What is watched, and the exercise that the keys are about."""

    def __init__(
        self,
        watched: dict[Path, Watched],
        events: queue.Queue[Event],
        show: Watching,
        sandbox: Sandbox,
    ) -> None:
        self._watched = watched
        self._events = events
        self._show = show
        self._sandbox = sandbox
        self._at: tuple[Watched, str] | None = None
        self._unreadable: dict[Path, str] = {}
        (first, *_) = watched.values()
        self._course = {folder: assignment_status(folder) for folder in releases_near(first.folder)}

    def run(self) -> None:
        for file, watched in self._watched.items():
            if not self._untouched(watched):
                self._saved(file)
        if self._at is None:
            self._next_exercise()
        self._show.waiting(len(self._watched))
        while True:
            event = self._events.get()
            if isinstance(event, Path):
                if not self._saved(event):
                    continue
            elif event == "q":
                return
            elif event == "n" and self._at:
                self._next_hint(*self._at)
            elif event == "r" and self._at:
                self._judge(self._at[0], [self._at[1]])
            elif event == "e":
                self._next_exercise()
            elif event in KEYS:
                self._show.nothing_yet()
            self._show.waiting(len(self._watched))

    def _untouched(self, watched: Watched) -> bool:
        status = self._status(watched)
        return status is not None and status.untouched

    def _status(self, watched: Watched) -> AssignmentStatus | None:
        """How far the assignment is; None if its work is in another file than the usual one."""
        status = self._course.get(watched.folder)
        usual = work_in(watched.folder)
        same = usual is not None and usual.resolve() == watched.file.resolve()
        return status if status and same else None

    def _saved(self, file: Path) -> bool:
        """Returns whether there was anything to show: an editor saves by itself, too."""
        watched = self._watched[file]
        names = watched.read()
        reason = watched.work.submission.unreadable
        before, self._unreadable[file] = self._unreadable.get(file, ""), reason
        if reason:
            if reason != before:
                self._show.unreadable(reason)
        elif names:
            self._judge(watched, names)
        elif before:
            self._show.readable_again(watched.file)
        return reason != before or bool(names and not reason)

    def _judge(self, watched: Watched, names: Sequence[str]) -> None:
        started, judged = time.monotonic(), list[str]()
        self._show.begins(watched.file, watched.work.remarks)
        for name in names:
            self._show.doing(f"Checking {name}")
            known = name in watched.reports
            report = watched.judge(name, lambda: self._sandbox, self._show.decided)
            if self._show.judged(report, watched.before.get(name) if known else None):
                judged.append(name)
            # What was saved meanwhile is newer than what is left.
            if watched.file.resolve() in self._events.queue:
                break
        wrong = [n for n in judged if watched.reports[n].score < watched.reports[n].max_score]
        if judged:
            self._at = watched, (wrong or judged)[0]
            shown = self._at[1]
            self._show.first_failure(
                watched.reports[shown],
                watched.beside.get(shown),
                named=shown != judged[-1],
                wrong=watched.wrong_used(shown),
            )
        self._course[watched.folder] = assignment_status(watched.folder)
        status = self._status(watched)
        self._show.ends(list(self._course.values()), status, time.monotonic() - started)

    def _next_hint(self, watched: Watched, name: str) -> None:
        if name in watched.reports:
            self._show.next_hint(watched.reports[name])

    def _next_exercise(self) -> None:
        """Go to the next exercise that is not done, after the one that the keys are about."""
        left = [(w, n) for w in self._watched.values() for n in self._left(w)]
        if not left:
            self._show.all_done()
            return
        place = left.index(self._at) + 1 if self._at in left else 0
        self._at = watched, name = left[place % len(left)]
        beside = watched.beside.get(name)
        self._show.goes_to(watched.file, name, watched.reports.get(name), beside)

    def _left(self, watched: Watched) -> list[str]:
        status = self._status(watched)
        if status:
            left = [each for each in status.exercises if each.state != "done"]
            return [each.name for each in sorted(left, key=lambda each: each.bonus)]
        return [n for n, r in watched.reports.items() if r.score < r.max_score]
