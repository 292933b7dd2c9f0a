"""What holds for every test of payments' actions that has a channel on the other side."""

import pytest


@pytest.fixture(autouse=True)
def _asks_before_resending(asks_before_resending: None) -> None:
    """Hold every test of this folder to it: payments, refunds, captures and voids alike."""
