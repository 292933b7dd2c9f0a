"""What the tests of openings and their neighbours share."""

import pytest

from tests.factories.settlements import (
    house,
    settled_merchant,
)


@pytest.fixture
def ours():
    return house()


@pytest.fixture
def merchant():
    return settled_merchant()
