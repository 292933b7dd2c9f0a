"""A merchant of WeChat Pay in January 2026, and how its bills read."""

from datetime import UTC, date, datetime

from payments.channels.base import ChannelConfig
from tests.contracts.accounts import private_pem
from tests.payments.simulator.wechatpay.wire import SERIAL_NO, WechatShop
from tests.payments.simulator.wire import MERCHANT_KEY

DAY = date(2026, 1, 5)


def config_of(shop: WechatShop) -> ChannelConfig:
    """Configure our adapter for a merchant in public-key mode."""
    (pem,) = shop.platform_pems.values()
    return ChannelConfig(
        account_id="chn_1",
        channel="wechatpay",
        gateway_url=shop.simulator.url,
        app_id=shop.appid,
        merchant_no=shop.mchid,
        private_key_pem=private_pem(MERCHANT_KEY),
        channel_public_key_pem=pem,
        notify_url=shop.notify_url,
        key_serial=SERIAL_NO,
        channel_key_id=shop.platform_key_id,
    )


def at(shop: WechatShop, text: str) -> datetime:
    """Set the clock, and give its instant."""
    shop.simulator.post("/control/clock", now=text).raise_for_status()
    return datetime.fromisoformat(text).astimezone(UTC)


def rows(text: bytes) -> list[dict[str, str]]:
    """Read the lines of a bill by its header; the last of them are the sums."""
    lines = text.decode("utf-8-sig").splitlines()
    head, sums_head = lines[0].split(","), lines[-2].split(",")
    cells = [line.removeprefix("`").split(",`") for line in (*lines[1:-2], lines[-1])]
    return [
        dict(zip(sums_head if line is cells[-1] else head, line, strict=True)) for line in cells
    ]
