"""UnionPay tells a card's number, if an account is so set up: it is believed and not kept."""

import logging

import pytest

from ledger.identifiers import new_id
from payments.actions import notification_care
from payments.actions.operations import channel_no_of
from payments.actions.simulated_accounts import SimulatedAccount, register_simulated
from payments.errors import NotificationMaskedError
from payments.models import ChannelKind, ChannelNotification, ChannelOperation
from tests.factories.payments import attempted_payment, owed_payment
from tests.instants import NOON
from tests.payments.api.test_notifications import notify
from tests.payments.channels.unionpay.messages import MERCHANT_NO, ROOT, notice
from tests.rig.attacks import refused
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

CARD = "6226090000000048"
OLD_CARD = "6226090000000049"
"""An old number, that does not fit its last digit."""


@pytest.fixture
def account(db):
    return registered()


def registered(channel: str = ChannelKind.UNIONPAY):
    return register_simulated(
        SimulatedAccount(
            channel=channel,
            name="Cards",
            currency="CNY",
            merchant_no=MERCHANT_NO,
            gateway_url="http://127.0.0.1:1/gateway/api",
            key_serial="68759663125",
            channel_public_key=ROOT,
        ),
        actor="user:1",
        at=NOON,
    )


@pytest.fixture
def order(account) -> ChannelOperation:
    attempt = attempted_payment(owed_payment(), channel=account, method="card_page")
    subject = new_id("att")
    return ChannelOperation.objects.create(
        kind="pay",
        channel_account=account,
        channel_no=channel_no_of(subject),
        subject=subject,
        amount_minor=attempt.operation.amount_minor,
        currency="CNY",
        created_at=NOON,
    )


def told(order: ChannelOperation, card: str = CARD) -> bytes:
    from payments.channels.unionpay.numbers import txn_time

    fields = {
        "orderId": order.channel_no,
        "txnTime": txn_time(order.channel_no),
        "txnType": "01",
        "queryId": "202603051200001234568",
        "respCode": "00",
        "accNo": card,
    }
    return notice(fields)


@pytest.mark.parametrize("card", [CARD, OLD_CARD])
def test_a_genuine_one_makes_us_ask_and_is_kept_without_the_number(account, order, card, caplog):
    # When
    caplog.set_level(logging.DEBUG)
    with nothing_written(
        but={
            "payments_channelnotification": 1,
            "procrastinate_jobs": 1,
            "procrastinate_events": 1,
        }
    ):
        response = notify(account.pk, told(order, card))

    # Then
    assert (response.status_code, response.content) == (200, b"ok")
    kept = ChannelNotification.objects.get()
    assert (kept.verdict, kept.subject, kept.is_masked) == ("genuine", order.subject, True)
    assert b"accNo=%2A%2A%2A%2A" + card[-4:].encode() in bytes(kept.body)
    assert card.encode() not in bytes(kept.body)
    assert card not in caplog.text


def test_a_repetition_is_kept_as_one(account, order):
    # Given
    notify(account.pk, told(order))

    # When
    response = notify(account.pk, told(order))

    # Then
    assert response.status_code == 200
    rows = ChannelNotification.objects.order_by("pk").values_list("verdict", "is_masked")
    assert list(rows) == [("genuine", True), ("repeated", True)]


def test_a_forged_one_is_refused_and_cannot_be_verified_again(account, order):
    # When
    response = notify(account.pk, told(order).replace(b"respCode=00", b"respCode=01"))

    # Then
    assert response.status_code == 400
    kept = ChannelNotification.objects.get()
    assert (kept.verdict, kept.is_masked) == ("forged", True)
    assert CARD.encode() not in bytes(kept.body)
    with nothing_written(), pytest.raises(NotificationMaskedError):
        notification_care.reverify_notification(kept.pk, actor="user:1", at=NOON, reason="new keys")
    assert notification_care.reverify_refused(account.pk, at=NOON) == 0
    with refused("written once"):
        ChannelNotification.objects.update(verdict="genuine", notification_id="1", channel_no="1")
    with refused("permission denied"):
        ChannelNotification.objects.update(is_masked=False)


def test_one_that_cannot_be_judged_now_is_not_kept_and_asked_for_again(account, order, monkeypatch):
    # Given
    from payments.actions import notification_verdicts

    monkeypatch.setattr(notification_verdicts, "judge", lambda message: None)

    # When
    with nothing_written():
        response = notify(account.pk, told(order))

    # Then
    assert response.status_code == 503


def test_a_number_in_another_field_is_refused_as_ever(account, order):
    with nothing_written():
        response = notify(account.pk, told(order) + b"&reserved=" + CARD.encode())
    assert (response.status_code, response.content) == (422, b"fail")


@pytest.mark.parametrize("channel", [ChannelKind.ALIPAY, ChannelKind.WECHATPAY, ChannelKind.BANK])
def test_a_number_at_the_door_of_another_channel_is_refused_as_ever(db, order, channel):
    other = registered(channel)
    with nothing_written():
        response = notify(other.pk, told(order))
    assert (response.status_code, response.content) == (422, b"fail")


def test_a_message_without_a_number_is_kept_as_it_came(account, order):
    # Given
    message = told(order, "6226****0048")

    # When
    response = notify(account.pk, message)

    # Then
    assert response.status_code == 200
    kept = ChannelNotification.objects.get()
    assert (bytes(kept.body), kept.is_masked) == (message, False)
