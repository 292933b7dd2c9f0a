"""One line that moves: how far long work is, how fast, and how long it will take."""

import sys
import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """A progress line on a terminal; elsewhere a line now and then. Speaks of `done` of `total`.

    `clock` counts the seconds of this machine.
    """

    def __init__(
        self,
        label: str,
        *,
        total: int,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin at zero."""
        self.label = label
        self.total = max(total, 1)
        self.done = 0
        self._stream = stream or sys.stderr
        self._clock = clock
        self._started = self._shown = clock()
        self._is_terminal = self._stream.isatty()

    def advance(self, count: int = 1, *, note: str = "") -> None:
        """Count `count` more as done, and show it if it is time."""
        self.done += count
        now = self._clock()
        if now - self._shown >= (0.2 if self._is_terminal else 10):
            self._shown = now
            self._show(note)

    def finish(self, note: str = "") -> None:
        """Show the last state and end the line."""
        self._show(note)
        if self._is_terminal:
            self._stream.write("\n")
            self._stream.flush()

    def _show(self, note: str) -> None:
        seconds = max(self._clock() - self._started, 1e-6)
        rate = self.done / seconds
        left = (self.total - self.done) / rate if rate else 0
        filled = self.done * 24 // self.total
        line = (
            f"{self.label:<22} [{'#' * filled:<24}] {self.done:>6}/{self.total} "
            f"{rate:6.1f}/s  {left:4.0f} s left  {note}"
        )
        end = "\r" if self._is_terminal else "\n"
        self._stream.write(f"{line[:118]:<118}{end}" if self._is_terminal else f"{line}{end}")
        self._stream.flush()
