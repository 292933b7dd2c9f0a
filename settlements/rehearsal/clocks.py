"""One virtual clock for all processes of a rehearsal: a file for ours, a call for the simulator."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from settlements.rehearsal.other_side import OtherSide


@dataclass
class Clocks:
    """Moves our doors' clock (SANDBOX_CLOCK_FILE) and the simulator's together, forward only."""

    file: Path
    other_side: OtherSide
    at: datetime | None = None

    def start(self, at: datetime) -> None:
        """Set both clocks, wherever they stood."""
        self._write(at)
        self.other_side.set_clock(at, is_start=True)
        self.at = at

    def move(self, at: datetime) -> None:
        """Move both clocks on to `at`; an earlier instant leaves them."""
        if self.at is None or at > self.at:
            self._write(at)
            self.other_side.set_clock(at)
            self.at = at

    def prepare(self, at: datetime) -> None:
        """Write our clock before the processes that read it start."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._write(at)

    def _write(self, at: datetime) -> None:
        draft = self.file.with_name(f"{self.file.name}.draft")
        draft.write_text(at.astimezone(UTC).isoformat())
        draft.replace(self.file)
