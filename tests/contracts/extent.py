"""How much these tests do: a little each time, all of it in `make harness`."""

import os
import random

IS_WHOLE = bool(os.environ.get("HARNESS"))
SEED = int(os.environ.get("SEED", "5"))
"""What chance begins with; `make harness` draws another each time, and names it."""


def times(*, fast: int, whole: int) -> int:
    """Choose between the number of `make test` and that of `make harness`."""
    return whole if IS_WHOLE else fast


def chance(name: str) -> random.Random:
    """Give chance that is the same for the same seed and name."""
    return random.Random(f"{SEED} {name}")
