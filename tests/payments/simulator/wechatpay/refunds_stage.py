"""What the tests of wechatpay refunds and their neighbours share."""

from tests.payments.simulator.wechatpay.wire import WechatShop
from tests.payments.simulator.wire import StartSimulator


def shop_at_ten(start_simulator: StartSimulator) -> WechatShop:
    """Start a simulator where it is ten o'clock, with a merchant."""
    simulator = start_simulator()
    simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
    shop = WechatShop(simulator)
    shop.register()
    return shop
