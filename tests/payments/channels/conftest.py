import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from payments.channels.alipay import certificates, signing
from payments.channels.base import ChannelConfig
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from tests.payments.channels.gateway import Gateway, Reply

APP_ID = "2021000000000001"
MERCHANT_NO = "2088000000000001"
APP_CERT_SN = "866efef280dec9137a87d047ac446315"
ROOT_CERT_SN = "687b59193f3f462dd5336e5abf83c5d8_02941eef3187dddf3d3b83462e1dfcf6"


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


def certificate_pem(keys: KeyPair, *, serial: int) -> str:
    """Issue a certificate for a key, by the authority that signs Alipay's."""
    issuer = [
        (NameOID.COUNTRY_NAME, "CN"),
        (NameOID.ORGANIZATION_NAME, "Ant Financial"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "Certification Authority"),
        (NameOID.COMMON_NAME, "Ant Financial Certification Authority Class 2 R1"),
    ]
    name = x509.Name([x509.NameAttribute(part, text) for part, text in issuer])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(keys.private.public_key())
        .serial_number(serial)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2022, 1, 1, tzinfo=UTC))
        .sign(keys.private, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()


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
    transport = Transport(connect_timeout_ms=1_000, total_timeout_ms=2_000)
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
def alipay_cert(alipay_keys: KeyPair) -> str:
    """Return the certificate of the key that Alipay signs with."""
    return certificate_pem(alipay_keys, serial=42)


@pytest.fixture
def certified_config(config: ChannelConfig, alipay_cert: str) -> ChannelConfig:
    """Return the same account in certificate mode."""
    return replace(
        config,
        channel_public_key_pem=alipay_cert,
        key_serial=APP_CERT_SN,
        root_cert_serial=ROOT_CERT_SN,
    )


@pytest.fixture
def certified(certified_config: ChannelConfig, transport: Transport):
    """Return the adapter in certificate mode."""
    return channel_for(certified_config, transport)


@pytest.fixture
def signed(alipay_keys: KeyPair) -> Callable[..., bytes]:
    """Return a function that writes an answer and signs it as Alipay does."""

    def answer(
        name: str,
        node: object,
        *,
        key: rsa.RSAPrivateKey = alipay_keys.private,
        cert_sn: str | None = None,
    ) -> bytes:
        text = json.dumps(node, ensure_ascii=False, separators=(",", ":"))
        foot = "" if cert_sn is None else f',"alipay_cert_sn":"{cert_sn}"'
        return f'{{"{name}":{text},"sign":"{signing.sign(text, key)}"{foot}}}'.encode()

    return answer


@pytest.fixture
def answers(
    gateway: Gateway, signed: Callable[..., bytes], alipay_cert: str
) -> Callable[..., None]:
    """Return a function that makes the gateway answer every call with these signed fields.

    The certificate is named to those who named theirs.
    """
    cert_sn = certificates.certificate_sn(alipay_cert)

    def set_answer(**fields: object) -> None:
        def reply(received) -> Reply:
            name = received.params["method"].replace(".", "_") + "_response"
            named = cert_sn if "app_cert_sn" in received.params else None
            return Reply(signed(name, fields, cert_sn=named))

        gateway.reply = reply

    return set_answer


@pytest.fixture
def nothing_there(gateway: Gateway, signed: Callable[..., bytes]) -> None:
    """Let Alipay know of no trade, and of no authorisation either."""

    def reply(received) -> Reply:
        method = received.params["method"]
        is_hold = method.startswith("alipay.fund.auth.")
        sub_code = "AUTH_ORDER_NOT_EXIST" if is_hold else "ACQ.TRADE_NOT_EXIST"
        node = {"code": "40004", "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "无"}
        return Reply(signed(f"{method.replace('.', '_')}_response", node))

    gateway.reply = reply
