"""Named places where a test lets a process die, wait or fail: nothing happens there otherwise.

A place stands at each boundary of a deed that crashes could cut in two. Nothing in the product
arms one: the settings modules of tests do (`arm`), and a system check refuses a deployment with
real money in which somebody has (docs/operations/harness.md).
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

REGISTRY: dict[str, "FaultPoint"] = {}
"""All places by name, known once their modules are imported."""

PER_MILLE = 1_000
ALL = "*"


class CrashError(BaseException):
    """Stands for the end of a process inside a test: no handler of the product catches it."""


@dataclass(eq=False, slots=True)
class FaultPoint:
    """One place. Calling it does nothing unless it was armed."""

    name: str
    deed: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Pass by."""
        if self.deed is not None:
            self.deed()


def fault_point(name: str) -> FaultPoint:
    """Register a place; modules do so when they are imported. A name is used once."""
    assert name not in REGISTRY, f"two fault points are called {name}"
    point = REGISTRY[name] = FaultPoint(name)
    for plan in _PLANS:
        plan.meet(point)
    return point


@dataclass(slots=True)
class Plan:
    """What shall happen at one place, or at `*` all of them, `per_mille` times in a thousand.

    `deed` is `kill` (this process, at once), `sleep` (`wait_ms` of real time) or `raise`. With
    `is_once` it happens a single time in this process.
    """

    name: str
    deed: str
    per_mille: int = PER_MILLE
    wait_ms: int = 0
    is_once: bool = False
    chance: random.Random = field(default_factory=random.Random)

    def meet(self, point: FaultPoint) -> None:
        """Arm a place that this plan is about."""
        if self.name in (ALL, point.name):
            point.deed = self._strike

    def _strike(self) -> None:
        if self.chance.randrange(PER_MILLE) >= self.per_mille:
            return
        if self.is_once:
            self.per_mille = 0
        match self.deed:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "sleep":
                time.sleep(self.wait_ms / 1_000)
            case _:
                raise CrashError(self.name)


_PLANS: list[Plan] = []


def arm(plans: str, *, seed: int = 0) -> None:
    """Arm places as a text says: `<name> kill 5, <name> sleep 20 300, * raise 1000 0 once`.

    After name and deed come how often in a thousand, how many ms to wait, and `once`. A later plan
    replaces an earlier one at the places of both. The same seed makes the same choices. For the
    settings modules of tests.

    Raises ValueError for what cannot be read; nothing is armed then.
    """
    read = [_plan_from(text.split(), seed=seed) for text in plans.split(",") if text.strip()]
    _PLANS.extend(read)
    for plan in read:
        for point in REGISTRY.values():
            plan.meet(point)


def is_armed() -> bool:
    """Tell whether somebody has armed a place in this process."""
    return bool(_PLANS) or any(point.deed is not None for point in REGISTRY.values())


@contextmanager
def armed(deeds: Iterable[tuple[str, Callable[[], None]]]) -> Iterator[None]:
    """Let places do what a test says for the length of a block."""
    struck = [(REGISTRY[name], deed) for name, deed in deeds]
    kept = [(point, point.deed) for point, _ in struck]
    for point, deed in struck:
        point.deed = deed
    try:
        yield
    finally:
        for point, before in kept:
            point.deed = before


def _plan_from(words: list[str], *, seed: int) -> Plan:
    name, deed, *rest = words if len(words) > 1 else (*words, "")
    is_once = rest[-1:] == ["once"]
    numbers = [int(word) for word in (rest[:-1] if is_once else rest)]
    if deed not in {"kill", "sleep", "raise"} or len(numbers) > 2:
        raise ValueError(f"not a plan for a fault point: {' '.join(words)}")
    # Nothing secret is drawn: the same seed has to make the same choices.
    chance = random.Random(f"{seed} {name} {deed}")  # noqa: S311
    per_mille, wait_ms = (*numbers, *(PER_MILLE, 0)[len(numbers) :])
    return Plan(name, deed, per_mille, wait_ms, is_once, chance)
