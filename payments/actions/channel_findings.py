"""What an examination of a channel account finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a check ended."""

    FINE = "fine"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was seen, and what to do about it. It never holds a secret."""

    check: str
    level: Level
    seen: str
    todo: str = ""
