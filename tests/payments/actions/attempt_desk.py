"""What the tests of attempts and their neighbours share."""

import pytest

from payments.models import (
    DatabaseClock,
    Payment,
)
from tests.rig.counter import Counter


@pytest.fixture
def counter(marketplace, simulator):
    """A marketplace's counter: one payment of 100.00 that is confirmed, and its channel."""
    return Counter(marketplace, simulator)


def _database_now():
    return Payment.objects.annotate(now=DatabaseClock()).values_list("now", flat=True).first()
