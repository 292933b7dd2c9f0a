"""Notifications of WeChat Pay, from its side of the wire to our rows."""

import pytest
from django.test import Client

from payments.actions import notifications
from payments.actions.channels import channel_of
from payments.channels.base import PayRequest, RefundRequest
from payments.errors import NotificationRefusedError
from payments.models import ChannelAccount, ChannelNotification, DatabaseClock
from tests.contracts.mailbox import Letter, Mailbox
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written
from tests.rig.stage import open_wechat_account, order_fault

KEPT = {"payments_channelnotification": 1}


@pytest.fixture
def mailbox(settings):
    """Keep what the channel sends us, so that a test can hand it in as it came."""
    mailbox = Mailbox()
    settings.PUBLIC_URL = mailbox.url.partition("/notify")[0]
    yield mailbox
    mailbox.close()


@pytest.fixture
def account(marketplace, simulator, mailbox) -> ChannelAccount:
    return open_wechat_account(marketplace, other_side=simulator)


@pytest.fixture
def paid(account, simulator):
    """Return a function that has an order paid under a number, and the door that hears of it."""

    def pay(number: str) -> str:
        stamped_at = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).first()
        channel_of(account).pay(
            PayRequest(
                channel_no=number,
                amount_minor=10_000,
                currency="CNY",
                subject="Tea",
                method="wechat_native",
                expires_at=NEXT_NOON,
                at=NOON,
                stamped_at=stamped_at,
            )
        )
        simulator.pay(app_id=account.merchant_no, out_trade_no=number, at=NOON)
        return f"/notify/{account.pk}/"

    return pay


def hand_in(account: ChannelAccount, letter: Letter) -> tuple[bytes, str]:
    """Hand a letter in; for business it is another day than for machines."""
    return notifications.receive_notification(
        account.pk, headers=letter.headers, body=letter.body, client_ip=None, at=NEXT_NOON
    )


def test_a_fresh_one_is_kept_once_whatever_the_day_of_business(account, paid, mailbox):
    # Given
    letter = mailbox.sent_to(paid("ATT_fresh_1"))

    # When
    with nothing_written(but=KEPT):
        answer = hand_in(account, letter)

    # Then
    assert answer == (b"", "application/json")
    kept = ChannelNotification.objects.get()
    assert (kept.channel_no, kept.claimed_status) == ("ATT_fresh_1", "SUCCESS")
    assert bytes(kept.body) == letter.body
    assert kept.received_at == NEXT_NOON

    # When it is repeated
    with nothing_written(but=KEPT):
        assert hand_in(account, letter) == answer


def test_one_about_a_refund_names_the_refund(account, paid, mailbox):
    # Given
    door = paid("ATT_refunded_1")
    mailbox.sent_to(door)
    stamped_at = ChannelAccount.objects.values_list(DatabaseClock(), flat=True).first()

    # When
    channel_of(account).refund(
        RefundRequest(
            channel_no="RFD_refunded_1",
            pay_channel_no="ATT_refunded_1",
            amount_minor=4_000,
            total_minor=10_000,
            currency="CNY",
            reason="a cup was broken",
            stamped_at=stamped_at,
        )
    )
    hand_in(account, mailbox.sent_to(door))

    # Then
    kept = ChannelNotification.objects.get()
    assert (kept.channel_no, kept.claimed_status) == ("RFD_refunded_1", "SUCCESS")


@pytest.mark.parametrize(
    ("fault", "verdict", "doubt"),
    [
        ("notify_stale", "forged", "It was signed long ago, or is to be signed in future."),
        ("notify_forged", "forged", "The signature is wrong."),
        ("notify_wrong_app", "forged", "for another mchid"),
        ("notify_signtest", "probe", "It is a probe, signed wrongly on purpose."),
    ],
)
def test_c43_one_that_nobody_may_believe_is_kept_and_asks_nothing(
    account, paid, mailbox, simulator, fault, verdict, doubt
):
    # Given
    order_fault(simulator, fault, app_id=account.merchant_no)
    letter = mailbox.sent_to(paid("ATT_refused_1"))

    # When, Then
    with nothing_written(but=KEPT), pytest.raises(NotificationRefusedError):
        hand_in(account, letter)
    kept = ChannelNotification.objects.get()
    assert (kept.verdict, kept.doubt, bytes(kept.body)) == (verdict, doubt, letter.body)


@pytest.mark.parametrize("fault", ["notify_forged", "notify_signtest"])
def test_b_wh_03_the_door_refuses_in_the_words_of_the_channel(
    account, paid, mailbox, simulator, fault
):
    # Given
    order_fault(simulator, fault, app_id=account.merchant_no)
    letter = mailbox.sent_to(paid("ATT_refused_2"))
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in letter.headers.items()
        if name.lower().startswith("wechatpay-")
    }

    # When
    response = Client().post(
        f"/notify/{account.pk}/", letter.body, content_type="application/json", **headers
    )

    # Then
    assert response.status_code == 400
    assert response.json() == {"code": "FAIL", "message": "refused"}
    assert response["Content-Type"] == "application/json"
