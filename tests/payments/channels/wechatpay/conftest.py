import itertools
from collections.abc import Callable

import pytest

from payments.channels.base import ChannelConfig
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from payments.channels.wechatpay.adapter import WechatPayChannel
from tests.payments.channels.conftest import KeyPair
from tests.payments.channels.gateway import Gateway, Reply
from tests.payments.channels.wechatpay.platform import API_KEY, KEY_ID, Platform

_numbers = itertools.count(1)
NOTIFY_URL = "http://127.0.0.1:9/notices"
SIMULATED_API_KEY = "9" * 32
OUR_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"


@pytest.fixture(scope="session")
def platform(alipay_keys: KeyPair) -> Platform:
    """Return WeChat Pay; making keys is slow, so it has the other channel's."""
    return Platform(alipay_keys.private)


@pytest.fixture(scope="session")
def stranger(strangers_keys: KeyPair) -> Platform:
    """Return somebody who says to be WeChat Pay."""
    return Platform(strangers_keys.private)


@pytest.fixture
def config(our_keys: KeyPair, alipay_keys: KeyPair, gateway: Gateway) -> ChannelConfig:
    """Configure a merchant in public-key mode."""
    return ChannelConfig(
        account_id="chn_00000000000000000000000002",
        channel="wechatpay",
        gateway_url=gateway.url.removesuffix("/gateway.do"),
        app_id="wxd678efh567hg6787",
        merchant_no="1230000109",
        private_key_pem=our_keys.private_pem,
        channel_public_key_pem=alipay_keys.public_pem,
        notify_url="https://pay.example.com/notify/chn_2/",
        key_serial=OUR_SERIAL,
        channel_key_id=KEY_ID,
        api_key=API_KEY,
    )


@pytest.fixture
def channel(config: ChannelConfig, transport: Transport) -> WechatPayChannel:
    channel = channel_for(config, transport)
    assert isinstance(channel, WechatPayChannel)
    return channel


@pytest.fixture
def answers(gateway: Gateway, platform: Platform) -> Callable[..., None]:
    """Return a function that makes the gateway answer every call with this, signed."""

    def set_answer(content: object = None, **how: object) -> None:
        reply: Reply = platform.reply(content, **how)
        gateway.reply = lambda _received: reply

    return set_answer


@pytest.fixture(scope="module")
def patient_transport():
    transport = Transport(connect_timeout_ms=1_000, total_timeout_ms=3_000)
    yield transport
    transport.close()


@pytest.fixture
def open_account(simulator, our_keys):
    """Return a function that opens an account in a key mode, and gives its configuration."""

    def open_one(key_mode: str = "public_key", *, notify_url: str = NOTIFY_URL) -> ChannelConfig:
        number = next(_numbers)
        mchid, appid, serial_no = f"16{number:08}", f"wx16{number:014}", f"16{number:038}"
        keys = simulator.register_wechat_merchant(
            mchid=mchid,
            appid=appid,
            serial_no=serial_no,
            public_key_pem=our_keys.public_pem,
            api_v3_key=SIMULATED_API_KEY,
            fee_bps=60,
            key_mode=key_mode,
            bank_account_no=None,
        )
        return ChannelConfig(
            account_id="chn_1",
            channel="wechatpay",
            gateway_url=f"{simulator.url}/",
            app_id=appid,
            merchant_no=mchid,
            private_key_pem=our_keys.private_pem,
            channel_public_key_pem=keys.platform_public_key_pem + keys.platform_certificates_pem,
            notify_url=notify_url,
            key_serial=serial_no,
            channel_key_id=keys.platform_key_id,
            api_key=SIMULATED_API_KEY,
        )

    return open_one
