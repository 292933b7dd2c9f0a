"""Certificates of WeChat Pay: fetched before they are needed, and when one is missed."""

import pytest

from ledger.errors import DecryptionError
from payments.actions import channel_certificates, notifications
from payments.errors import NotificationRefusedError
from payments.models import ChannelAccount, ChannelNotification
from tests.instants import NOON
from tests.payments.actions.test_wechat_notifications import hand_in, mailbox, paid  # noqa: F401
from tests.rig.stage import open_wechat_account, run_jobs


@pytest.fixture
def account(marketplace, simulator, mailbox):  # noqa: F811
    return open_wechat_account(marketplace, other_side=simulator, key_mode="certificate")


def rotate(simulator, account) -> None:
    answer = simulator.client.post("/control/wechat/rotate", json={"mchid": account.merchant_no})
    answer.raise_for_status()


def serials(account) -> int:
    account.refresh_from_db()
    return account.channel_public_key.count("BEGIN CERTIFICATE")


def test_a_new_certificate_joins_the_one_that_has_not_ended(account, simulator):
    # Given
    assert channel_certificates.refresh_certificates(at=NOON) == 0
    before = serials(account)
    rotate(simulator, account)

    # When, Then
    assert channel_certificates.refresh_certificates(at=NOON) == 1
    assert serials(account) == before + 1
    assert channel_certificates.refresh_certificates(at=NOON) == 0


def test_an_account_that_nobody_can_speak_for_keeps_none_of_the_others_waiting(
    account, simulator, monkeypatch
):
    # Given one that comes first, and whose keys nobody can open
    rotate(simulator, account)
    before = serials(account)
    ChannelAccount.objects.create(
        id="chn_0",
        channel="wechatpay",
        merchant_no="1900000000",
        gateway_url="http://127.0.0.1:9",
        is_enabled=True,
        created_at=NOON,
    )
    real = channel_certificates.channel_of

    def channel_of(one):
        if one.pk == "chn_0":
            raise DecryptionError
        return real(one)

    monkeypatch.setattr(channel_certificates, "channel_of", channel_of)

    # When
    with pytest.raises(ExceptionGroup) as caught:
        channel_certificates.refresh_certificates(at=NOON)

    # Then
    assert caught.group_contains(DecryptionError)
    assert serials(account) == before + 1


def test_an_unknown_serial_is_fetched_once_and_the_message_judged_again(
    account,
    simulator,
    paid,  # noqa: F811
    mailbox,  # noqa: F811
):
    # Given a message that a certificate signed which we do not have
    rotate(simulator, account)
    letter = mailbox.sent_to(paid("ATT_rotated_1"))
    with pytest.raises(NotificationRefusedError):
        hand_in(account, letter)
    (kept,) = ChannelNotification.objects.all()
    assert kept.verdict == "forged"

    # When
    done = run_jobs()

    # Then
    assert done[:2] == ["payments.fetch_certificates", "payments.reverify_notifications"]
    kept.refresh_from_db()
    assert (kept.verdict, kept.channel_no) == ("genuine", "ATT_rotated_1")


def test_strangers_make_us_fetch_once_in_a_while(account):
    # Given
    stranger = {"wechatpay-serial": "ABCDEF", "wechatpay-signature": "x"}

    # When
    for _ in range(5):
        with pytest.raises(NotificationRefusedError):
            notifications.receive_notification(
                account.pk, headers=stranger, body=b"{}", client_ip=None, at=NOON
            )

    # Then
    assert run_jobs() == ["payments.fetch_certificates"]
    assert ChannelNotification.objects.count() == 5


def test_a_known_serial_or_none_fetches_nothing(account):
    # Given
    known = channel_certificates._split(account.channel_public_key)[0][0]

    # When
    for headers in ({"wechatpay-serial": f"0{known.lower()}"}, {}):
        with pytest.raises(NotificationRefusedError):
            notifications.receive_notification(
                account.pk, headers=headers, body=b"{}", client_ip=None, at=NOON
            )

    # Then
    assert run_jobs() == []
