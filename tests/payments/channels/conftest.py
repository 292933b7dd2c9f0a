import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from payments.channels.alipay import signing
from payments.channels.base import ChannelConfig
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from tests.payments.channels.gateway import Gateway, Reply

APP_ID = "2021000000000001"
MERCHANT_NO = "2088000000000001"


@dataclass(frozen=True)
class KeyPair:
    private: rsa.RSAPrivateKey
    private_pem: str
    public_pem: str


def _key_pair(bits: int = 2048) -> KeyPair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(key, private.decode(), public.decode())


@pytest.fixture(scope="session")
def our_keys() -> KeyPair:
    return _key_pair()


@pytest.fixture(scope="session")
def alipay_keys() -> KeyPair:
    return _key_pair()


@pytest.fixture(scope="session")
def strangers_keys() -> KeyPair:
    return _key_pair()


@pytest.fixture(scope="session")
def gateway_server() -> Iterator[Gateway]:
    server = Gateway()
    yield server
    server.close()


@pytest.fixture
def gateway(gateway_server: Gateway) -> Iterator[Gateway]:
    gateway_server.forget()
    yield gateway_server
    gateway_server.forget()


@pytest.fixture(scope="session")
def transport() -> Iterator[Transport]:
    transport = Transport(connect_timeout_ms=200, total_timeout_ms=400)
    yield transport
    transport.close()


@pytest.fixture
def config(our_keys: KeyPair, alipay_keys: KeyPair, gateway: Gateway) -> ChannelConfig:
    return ChannelConfig(
        account_id="chn_00000000000000000000000001",
        channel="alipay",
        gateway_url=gateway.url,
        app_id=APP_ID,
        merchant_no=MERCHANT_NO,
        private_key_pem=our_keys.private_pem,
        channel_public_key_pem=alipay_keys.public_pem,
        notify_url="https://pay.example.com/notify/alipay/chn_1/",
    )


@pytest.fixture
def channel(config: ChannelConfig, transport: Transport):
    return channel_for(config, transport)


@pytest.fixture
def signed(alipay_keys: KeyPair) -> Callable[..., bytes]:
    """Return a function that writes an answer and signs it as Alipay does."""

    def answer(name: str, node: object, *, key: rsa.RSAPrivateKey = alipay_keys.private) -> bytes:
        text = json.dumps(node, ensure_ascii=False, separators=(",", ":"))
        return f'{{"{name}":{text},"sign":"{signing.sign(text, key)}"}}'.encode()

    return answer


@pytest.fixture
def answers(gateway: Gateway, signed: Callable[..., bytes]) -> Callable[..., None]:
    """Return a function that makes the gateway answer every call with these signed fields."""

    def set_answer(**fields: object) -> None:
        def reply(received) -> Reply:
            name = received.params["method"].replace(".", "_") + "_response"
            return Reply(signed(name, fields))

        gateway.reply = reply

    return set_answer
