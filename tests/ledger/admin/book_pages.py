"""Reading amounts and lines of pages of the books."""

import pytest


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False
