"""What the tests of alipay transfers and their neighbours share."""

from datetime import UTC, datetime

import pytest

from tests.payments.simulator.paying_shop import PayingShop
from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator

START = datetime(2030, 1, 5, 2, tzinfo=UTC)


APP_ID = "2021000000000001"


PAYEE = {"user_id": "2088102000000001", "logon_id": "seller@example.com", "real_name": "张三"}


@pytest.fixture
def shop(simulator: SimulatorProcess, shop: Shop) -> PayingShop:
    """Give an application of the test's own 1,000.00 in its wallet."""
    return paying_shop(simulator, app_id=f"{shop.app_id}5", seller_id=f"2088{shop.app_id[-12:]}")


@pytest.fixture
def clocked(start_simulator: StartSimulator) -> PayingShop:
    """Do the same at a simulator where it is ten in the morning in Shanghai."""
    simulator = start_simulator()
    set_clock(simulator, START)
    return paying_shop(simulator, app_id=APP_ID, seller_id="2088000000000001")


def paying_shop(simulator: SimulatorProcess, *, app_id: str, seller_id: str) -> PayingShop:
    shop = PayingShop(simulator, app_id=app_id, seller_id=seller_id)
    shop.register()
    assert shop.top_up(100_000).status_code == 200
    assert simulator.post("/control/alipay/payees", **PAYEE).status_code == 200
    return shop


def set_clock(simulator: SimulatorProcess, at: datetime) -> None:
    assert simulator.post("/control/clock", now=at.isoformat()).status_code == 200
