"""What may stand between student code and the machine, and how it is called in a report.

It can be imported on any system.
"""

from __future__ import annotations

from dataclasses import dataclass

# From which version on Landlock itself keeps what; before it, the seccomp filter alone does.
_LATER_RULES = {
    3: "truncation",
    4: "TCP",
    5: "commands to devices",
    6: "signals and abstract sockets",
}
_REFER = 2
"""The first version that lets a process rename files between folders, if a rule allows it."""


@dataclass(frozen=True)
class Level:
    """One way to confine children; a seccomp filter and resource limits belong to each.

    Attributes:
        landlock: the version of Landlock that keeps each child in its folder; 0 for none.
        bubblewrap: whether the zygote and its children see a file system of their own, in which
            nothing but the runtime is. Without Landlock, each child then also gets a view of its
            own, in which no other child's folder is.
    """

    landlock: int
    bubblewrap: bool = False

    @property
    def confines(self) -> bool:
        """Whether anything keeps student code from the machine's files."""
        return bool(self.landlock or self.bubblewrap)

    def __str__(self) -> str:
        if not self.confines:
            return "none"
        walls = ["bubblewrap"] * self.bubblewrap + ["landlock"] * bool(self.landlock) + ["seccomp"]
        if not self.landlock:
            return "+".join(walls)
        lost = [what for version, what in _LATER_RULES.items() if version > self.landlock]
        without = f": {', '.join(lost)} kept by seccomp alone" if lost else ""
        if self.landlock < _REFER:
            without += "; files cannot be renamed into another folder"
        return f"{'+'.join(walls)} (Landlock ABI {self.landlock}{without})"


NONE = Level(0)
"""Only what keeps children from each other's accidents: limits, folders, closed descriptors."""


def by_strength(landlock: int, bubblewrap: bool) -> list[Level]:
    """The levels that a system with these parts may have, the strongest first."""
    found = [Level(landlock, bubblewrap), Level(landlock), Level(0, bubblewrap)]
    return [level for level in dict.fromkeys(found) if level.confines]
