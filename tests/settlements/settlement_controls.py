"""What the tests of controls and their neighbours share."""

import pytest

from tests.factories.settlements import (
    available_money,
    house,
    settled_merchant,
)
from tests.rig.attacks import check_laws
from tests.rig.controls import Lie


@pytest.fixture
def merchant(scratch):
    house()
    merchant = settled_merchant()
    available_money(merchant)
    check_laws()
    return merchant


def told(lie: Lie) -> Lie:
    """Make a lie of some Python; it stands when the deferred laws take it as well."""

    def tell() -> bool:
        lie()
        check_laws()
        return True

    return tell
