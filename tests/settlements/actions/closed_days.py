"""What the tests of closing and their neighbours share."""

from settlements.actions import (
    closing,
)
from tests.factories.books import LIN, morning_after
from tests.instants import THURSDAY


def close(day=THURSDAY, *, at=None):
    """Close a day on its next morning."""
    return closing.close_day(day, decider=LIN, at=at or morning_after(day), reason="over")
