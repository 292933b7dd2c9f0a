"""What the checkers of the harness yield."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One thing that must never be."""

    law: str
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.law} {self.subject}: {self.words}"
