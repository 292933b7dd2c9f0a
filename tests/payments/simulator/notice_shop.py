"""What the tests of wechatpay notices and their neighbours share."""

import pytest

from tests.payments.simulator.wechatpay.wire import (
    NoticeReceiver,
    WechatShop,
)
from tests.payments.simulator.wire import SimulatorProcess


def shop_of(simulator: SimulatorProcess, notices: NoticeReceiver) -> WechatShop:
    shop = WechatShop(simulator, notify_url=notices.url)
    shop.register()
    return shop


@pytest.fixture
def telling_shop(simulator: SimulatorProcess, notices: NoticeReceiver) -> WechatShop:
    """Register a merchant whose notices arrive at this test."""
    return shop_of(simulator, notices)
