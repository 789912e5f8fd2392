"""What a verification has found."""

from dataclasses import dataclass, field


@dataclass
class Verdict:
    """What a verification has found.

    Attributes:
        checked: names of the runs that were made again.
        problems: what is not as it should be, one sentence each.
        notes: what may explain it.
    """

    checked: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether everything is as it was written."""
        return not self.problems
