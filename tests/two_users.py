"""An instructor and a student on one machine, each with a home and a JupyterLab.

Where the tests run as root and bubblewrap is installed, they are two Linux users. These exist for
their own processes alone: each sees a list of accounts of its own, and nothing is left on the
machine. Elsewhere both are the user who runs the tests, with two homes, and what one of them may
not read of the other is not tested.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]

IDS = {"teacher": 4001, "ada": 4002}
"""The users, with numbers that are no account's."""

ENTER = 0o001
"""The right of everyone to enter a folder."""


@dataclass(frozen=True)
class User:
    """Someone with a home folder.

    Attributes:
        ahead: the words in front of a command that make it this user's.
    """

    name: str
    home: Path
    ahead: tuple[str, ...] = ()

    def own(self, folder: Path) -> None:
        """Make this user the owner of a folder and of all that is in it."""
        if self.ahead:
            for path in (folder, *folder.rglob("*")):
                os.lchown(path, IDS[self.name], IDS[self.name])

    def environment(self) -> dict[str, str]:
        """What a login gives this user, without the settings of the tests."""
        programs = (str(Path(sys.executable).parent), os.environ.get("PATH", ""))
        return {
            "HOME": str(self.home),
            "USER": self.name,
            "LOGNAME": self.name,
            "PATH": os.pathsep.join(programs),
            "LANG": "C.UTF-8",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
        }

    def run(self, *words: str, folder: Path) -> str:
        """Run ``python -m`` with these words in a folder; returns what it printed."""
        done = subprocess.run(
            [*self.ahead, sys.executable, "-m", *words],
            cwd=folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
        )
        assert done.returncode == 0, f"{' '.join(words)} says\n{done.stdout}"
        return done.stdout

    def can_read(self, path: Path) -> bool:
        """Whether this user can read a file, or list a folder."""
        test = [*self.ahead, "test", "-r", str(path)]
        return subprocess.run(test, cwd="/", timeout=60).returncode == 0


@dataclass(frozen=True)
class Machine:
    """Two users, and a folder that everyone may write to, for nbgrader's exchange."""

    exchange: Path
    teacher: User
    student: User

    @property
    def two_users(self) -> bool:
        """Whether they are two Linux users."""
        return bool(self.student.ahead)


@contextmanager
def shared_machine() -> Iterator[Machine]:
    """The machine of the two; its folder is deleted in the end."""
    # Not one of pytest's folders, which only the user who runs the tests may enter.
    with tempfile.TemporaryDirectory(prefix="two-users-", ignore_cleanup_errors=True) as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        exchange = folder / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)  # as nbgrader's documentation wants it
        _compile()
        teacher, student = (_user(each, folder) for each in IDS)
        yield Machine(exchange, teacher, student)


def _compile() -> None:
    """Import once what the users will import, so that its bytecode is there.

    They cannot write it themselves, and every import of TensorFlow would compile it again, which
    takes minutes.
    """
    modules = "autograder.desks.notebook, jupyterlab.labapp, matplotlib.pyplot, nbgrader.apps"
    command = [sys.executable, "-c", f"import {modules}"]
    subprocess.run(command, capture_output=True, timeout=600, check=True)


def _user(name: str, folder: Path) -> User:
    home = folder / "homes" / name
    home.mkdir(parents=True)
    home.chmod(0o700)
    user = User(name, home, _ahead(name, folder))
    user.own(home)
    trial = [*user.ahead, sys.executable, "-c", "import autograder, tornado, os; os.listdir()"]
    works = subprocess.run(trial, cwd=home, capture_output=True, timeout=120).returncode == 0
    return user if works else User(name, home)


def _ahead(name: str, folder: Path) -> tuple[str, ...]:
    """What should make a command another user's; empty where that is not possible."""
    if os.getuid() != 0 or not (shutil.which("bwrap") and shutil.which("setpriv")):
        return ()
    accounts = [f"{each}:x:{i}:{i}::{folder / 'homes' / each}:/bin/sh\n" for each, i in IDS.items()]
    passwd = folder / "passwd"
    passwd.write_text("".join(["root:x:0:0::/:/bin/sh\n", *accounts]))
    ahead = ["bwrap", "--dev-bind", "/", "/", *_readable(), "--ro-bind", str(passwd), "/etc/passwd"]
    ahead += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "setpriv", "--clear-groups"]
    return (*ahead, "--reuid", str(IDS[name]), "--regid", str(IDS[name]), "--inh-caps=-all")


def _readable() -> list[str]:
    """bubblewrap's options for Python and this project in a folder like /root: users see these
    folders alone in it."""
    options: list[str] = []
    made: set[Path] = set()
    for path in sorted({ROOT, Path(sys.prefix), Path(sys.base_prefix)}):
        above = list(reversed(path.parents))
        closed = next((at for at, p in enumerate(above) if not p.stat().st_mode & ENTER), None)
        if closed is None:
            continue
        for folder in above[closed:]:
            if folder not in made and not folder.is_relative_to(ROOT):
                made.add(folder)
                options += ["--perms", "0755", "--tmpfs", str(folder)]
        options += ["--ro-bind", str(path), str(path)]
    return options


@dataclass(frozen=True)
class Server:
    """A JupyterLab that runs.

    Attributes:
        url: where it answers, with a slash at the end.
    """

    user: User
    url: str
    token: str
    process: psutil.Process

    def address(self, path: str) -> str:
        """The address of a page, with what opens it."""
        return f"{self.url}{path}?token={self.token}"


@contextmanager
def jupyter_labs(*places: tuple[User, Path]) -> Iterator[tuple[Server, ...]]:
    """A JupyterLab for each user, in a folder, on a free port of this machine.

    When they have been told to end, all that they started must end as well.
    """
    token = secrets.token_hex(16)
    started = [_start(user, folder, token) for user, folder in places]
    all_of_them = [psutil.Process(each.pid) for each in started]
    try:
        servers = tuple(
            _answering(each, user, token) for each, (user, _) in zip(started, places, strict=True)
        )
        yield servers
        all_of_them += _descendants(all_of_them)
        for server in servers:
            server.process.send_signal(signal.SIGTERM)
        left = psutil.wait_procs(all_of_them, timeout=60)[1]
        assert not left, f"{left} outlive their server"
    finally:
        for process in [*_descendants(all_of_them), *all_of_them]:
            if process.is_running():
                process.kill()
        for each in started:
            each.wait(timeout=60)


def _descendants(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    running = [process for process in processes if process.is_running()]
    return list({child for each in running for child in each.children(recursive=True)})


def _start(user: User, folder: Path, token: str) -> subprocess.Popen[bytes]:
    settings = user.home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    # No question about news, which would cover the page, and no request to another machine.
    silence = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(silence))
    user.own(user.home / ".jupyter")
    words = ["jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"]
    words += ["--allow-root"]  # where there is but one user, and that is root
    with (user.home / "jupyterlab.log").open("wb") as log:
        return subprocess.Popen(
            [*user.ahead, sys.executable, "-m", *words],
            cwd=folder,
            env={**user.environment(), "JUPYTER_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _answering(started: subprocess.Popen[bytes], user: User, token: str) -> Server:
    """The server, as soon as it has written down where it listens."""
    for _ in range(1200):
        for file in (user.home / "runtime").glob("jpserver-*.json"):
            if text := file.read_text():
                about = json.loads(text)
                return Server(user, about["url"], token, psutil.Process(about["pid"]))
        if started.poll() is not None:
            break
        time.sleep(0.1)
    log = (user.home / "jupyterlab.log").read_text()
    raise AssertionError(f"{user.name}'s JupyterLab does not answer:\n{log}")
