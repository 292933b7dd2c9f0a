"""How one run of the harness shall be."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """How long, how hard, and with what design. When it is calm only the channel is bad.

    The safety phase lasts longer where a slow machine has not made `refunds_min` of them by then.
    `until_over_seconds` is how long nothing may come to its end before the liveness phase gives up.
    """

    seed: int
    seconds: float
    folder: Path
    design: str = "real"
    percent: int = 33
    clients: int = 32
    lifetime_seconds: int = 45
    pause_seconds: float = 0.02
    fault_points: str = "* kill 1"
    is_calm: bool = False
    until_over_seconds: float = 300
    refunds_min: int = 0
