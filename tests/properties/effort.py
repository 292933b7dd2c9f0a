"""How much of what may happen to the ledger is tried."""

import os

import hypothesis
from hypothesis import HealthCheck, Phase


def settings(**other: object) -> hypothesis.settings:
    """Return how much is tried: 200 × 30 steps, and 2,000 × 50 under `make harness-ledger`."""
    is_harness = bool(os.environ.get("HARNESS"))
    return hypothesis.settings(
        **{
            "max_examples": 2_000 if is_harness else 200,
            "stateful_step_count": 50 if is_harness else 30,
            "deadline": None,
            "suppress_health_check": list(HealthCheck),
            "print_blob": True,
            **other,
        }
    )


def soon() -> hypothesis.settings:
    """Return what finds a mistake, the same on every machine, without making it smaller."""
    return settings(
        max_examples=200,
        stateful_step_count=30,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
