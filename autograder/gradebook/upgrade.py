"""`nbgrader db upgrade`, which says what is wrong with a gradebook instead of two tracebacks.

nbgrader starts alembic as a process of its own, whose errors no one can explain afterwards. So the
gradebook is opened first, in the process of the command.
"""

from __future__ import annotations

import os
import sysconfig
from functools import wraps


def open_before_upgrading() -> None:
    """Let nbgrader, in this process, open a gradebook before alembic upgrades it.

    What fails is raised in nbgrader's command, as it is by its other commands.
    """
    from nbgrader import dbutil

    upgrade = dbutil.upgrade
    if hasattr(upgrade, "__wrapped__"):
        return

    @wraps(upgrade)
    def opened_first(db_url: str, revision: str = "head") -> None:
        from sqlalchemy import create_engine, inspect

        engine = create_engine(db_url)
        try:
            inspect(engine).has_table("alembic_version")
        finally:
            engine.dispose()
        # nbgrader finds alembic on PATH alone, so only where the environment is activated.
        scripts = sysconfig.get_path("scripts")
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", "")])
        upgrade(db_url, revision)

    dbutil.upgrade = opened_first
