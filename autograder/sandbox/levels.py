"""Levels of protection between student code and the machine, with their names in reports.

Unlike its neighbours, this module can be imported on any system.
"""

from __future__ import annotations

from dataclasses import dataclass

# What Landlock restricts from each version on. Before that, only the seccomp filter does.
_LATER_RULES = {
    3: "truncation",
    4: "TCP",
    5: "commands to devices",
    6: "signals and abstract sockets",
}
_REFER = 2
"""The first version that can allow renaming a file into another folder."""


@dataclass(frozen=True)
class Level:
    """One way to confine children. Each includes a seccomp filter and resource limits.

    Attributes:
        landlock: the version of Landlock that restricts each child to its folder; 0 for none.
        bubblewrap: whether the zygote and its children run in a file system that contains only
            the runtime. Without Landlock, mounts also hide the children's folders from each other.
    """

    landlock: int
    bubblewrap: bool = False

    @property
    def confines(self) -> bool:
        """Whether student code is kept away from the machine's files."""
        return bool(self.landlock or self.bubblewrap)

    def __str__(self) -> str:
        if not self.confines:
            return "none"
        walls = ["bubblewrap"] * self.bubblewrap + ["landlock"] * bool(self.landlock) + ["seccomp"]
        if not self.landlock:
            return "+".join(walls)
        lost = [what for version, what in _LATER_RULES.items() if version > self.landlock]
        without = f": {', '.join(lost)} blocked by seccomp alone" if lost else ""
        if self.landlock < _REFER:
            without += "; files cannot be renamed into another folder"
        return f"{'+'.join(walls)} (Landlock ABI {self.landlock}{without})"


NONE = Level(0)
"""No protection. Limits, private folders and closed descriptors only prevent accidents."""


def by_strength(landlock: int, bubblewrap: bool) -> list[Level]:
    """The levels that a system with these parts supports, strongest first."""
    found = [Level(landlock, bubblewrap), Level(landlock), Level(0, bubblewrap)]
    return [level for level in dict.fromkeys(found) if level.confines]
