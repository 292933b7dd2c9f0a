"""One virtual clock for all processes of a rehearsal: a file for ours, a call for the simulator."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from settlements.rehearsal.other_side import OtherSide

STEP = timedelta(hours=3)


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
        """Move both clocks on to about `at`: a step smaller than STEP is not worth a call.

        An earlier instant leaves them. What happens when is said by each deed's own instant;
        the clocks only have to be on the right day.
        """
        if self.at is None or at - self.at >= STEP:
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
