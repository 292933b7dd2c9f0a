"""The door that channels call: what comes is kept, and only what is genuine makes us ask."""

import base64
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.test import Client

from ledger.identifiers import new_id
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.models import ChannelNotification
from tests.factories.payments import BankAccountFactory, attempted_payment, owed_payment
from tests.instants import NOON
from tests.rig.rows import nothing_written

KEPT = {"payments_channelnotification": 1}
FORM = "application/x-www-form-urlencoded; charset=utf-8"
FIELDS = {
    "notify_time": "2026-03-05 12:00:00",
    "notify_type": "trade_status_sync",
    "notify_id": "2026030500222103108031931000000001",
    "charset": "utf-8",
    "version": "1.0",
    "app_id": "2021000000000001",
    "auth_app_id": "2021000000000001",
    "trade_no": "2026030522001419931441931972",
    "seller_id": "2088000000000001",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "100.00",
}


@pytest.fixture(scope="module")
def ours() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def theirs() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def account(db, ours, theirs):
    return register_simulated(
        SimulatedAccount(
            channel="alipay",
            name="Alipay",
            currency="CNY",
            merchant_no=FIELDS["seller_id"],
            app_id=FIELDS["app_id"],
            gateway_url="http://127.0.0.1:1/gateway.do",
            private_key_pem=ours.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ).decode(),
            channel_public_key=theirs.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            .decode(),
        ),
        actor="user:1",
        at=NOON,
    )


@pytest.fixture
def attempt(account):
    return attempted_payment(owed_payment(), channel=account)


@pytest.fixture
def message(attempt, theirs) -> bytes:
    return written({**FIELDS, "out_trade_no": attempt.operation.channel_no}, key=theirs)


def written(fields: dict[str, str], *, key: rsa.RSAPrivateKey, encoding: str = "utf-8") -> bytes:
    """Write a notification as Alipay does, signed over the bytes of its charset."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    signature = base64.b64encode(key.sign(text.encode(encoding), PKCS1v15(), SHA256())).decode()
    signed = {**fields, "sign": signature, "sign_type": "RSA2"}
    return urlencode(signed, encoding=encoding).encode()


def notify(account_id: str, body: bytes, content_type: str = FORM, **terms):
    """Call the door as a channel does: no session, no CSRF token, no credential."""
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/notify/{account_id}/", body, content_type=content_type, **terms)


def test_a_genuine_message_is_kept_and_makes_us_ask(account, attempt, message):
    # When
    with nothing_written(
        but={
            "payments_channelnotification": 1,
            "procrastinate_jobs": 1,
            "procrastinate_events": 1,
        }
    ):
        response = notify(account.id, message)

    # Then
    assert (response.status_code, response.content) == (200, b"success")
    assert response["Content-Type"].startswith("text/plain")
    kept = ChannelNotification.objects.get()
    assert bytes(kept.body) == message
    assert (kept.client_ip, kept.received_at) == ("127.0.0.1", NOON)
    attempt.refresh_from_db()
    assert attempt.status == "awaiting_payer"


@pytest.mark.parametrize("content_type", [FORM, FORM.replace("utf-8", "GBK"), "text/html"])
def test_one_in_gbk_is_verified_over_its_own_bytes(account, attempt, theirs, content_type):
    # Given
    fields = {**FIELDS, "out_trade_no": attempt.operation.channel_no, "charset": "GBK"}
    body = written({**fields, "subject": "青花瓷茶杯"}, key=theirs, encoding="gbk")
    assert b"%C7%E0%BB%A8%B4%C9" in body

    # When
    response = notify(account.id, body, content_type)

    # Then
    assert response.content == b"success"
    kept = ChannelNotification.objects.get()
    assert (bytes(kept.body), kept.verdict) == (body, "genuine")
    assert kept.subject == attempt.operation.subject


def test_a_repetition_is_answered_alike_and_changes_nothing(account, message):
    # Given
    first = notify(account.id, message)

    # When
    with nothing_written(but=KEPT):
        again = notify(account.id, message)

    # Then
    assert (again.status_code, again.content) == (200, first.content)


def test_a_message_about_an_unknown_order_is_kept_but_asks_nothing(account, theirs):
    # Given
    body = written({**FIELDS, "out_trade_no": "ATT_NOBODYS"}, key=theirs)

    # When
    with nothing_written(but={"payments_channelnotification": 1}):
        response = notify(account.id, body)

    # Then
    assert response.content == b"success"


def test_a_forged_message_is_refused_and_asks_nothing(account, attempt, message, ours):
    # Given
    forged = [
        written({**FIELDS, "out_trade_no": attempt.operation.channel_no}, key=ours),
        message.replace(b"100.00", b"900.00"),
        message.replace(b"RSA2", b"RSA"),
        message.replace(b"RSA2", b"MD5"),
        message.split(b"&sign=")[0],
        message + b"&total_amount=1.00",
        message + b"\n",
        b"",
        b"\x00" * 100,
        b"&" * 60_000,
        "=".encode("utf-16") * 100,
    ]

    # When / Then
    for body in forged:
        with nothing_written(but=KEPT):
            response = notify(account.id, body)
        assert (response.status_code, response.content) == (400, b"fail"), body[:80]
        assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert not ChannelNotification.objects.filter(verdict__in=["genuine", "received"]).exists()


def test_a_message_of_another_account_is_refused(account, theirs):
    # Given
    for name, other in (("app_id", "2021000000000002"), ("seller_id", "2088000000000002")):
        body = written({**FIELDS, "out_trade_no": "ATT_1", name: other}, key=theirs)

        # When / Then
        with nothing_written(but=KEPT):
            assert notify(account.id, body).status_code == 400


def test_64_kib_are_read_and_one_byte_more_is_not(account, message):
    # Given
    padding = b"&x=" + b"y" * (64 * 1024 - len(message) - 3)

    # When / Then: read whole, and refused for its signature
    with nothing_written(but=KEPT):
        assert notify(account.id, message + padding).status_code == 400
    with nothing_written():
        assert notify(account.id, message + padding + b"y").status_code == 413


def test_a_door_that_nobody_has_is_404(account, message):
    # Given a bank account as well, which takes no notifications
    bank = BankAccountFactory()

    # When / Then
    names = [new_id("chn"), bank.id, account.id.upper(), "alipay", "%00", "x" * 5_000, "1"]
    for name in names:
        with nothing_written():
            response = notify(name, message)
        assert (response.status_code, response.content) == (404, b"fail"), name


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "head", "options", "trace"])
def test_a_notification_is_posted(account, method):
    with nothing_written():
        response = getattr(Client(), method)(f"/notify/{account.id}/")

    assert response.status_code == 405
