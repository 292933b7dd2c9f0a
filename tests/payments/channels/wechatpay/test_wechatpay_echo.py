"""Proving all keys without money: our side asks, WeChat Pay repeats it, here and at our door."""

import json

import pytest

from payments.channels.base import (
    EchoingChannel,
    ForgedNotificationError,
    NotificationAbout,
    OutcomeKind,
    ProbeNotificationError,
)
from tests.payments.channels.wechatpay.platform import AT, notification
from tests.payments.channels.wechatpay.test_wechatpay_transfers import unsealed


def test_succeeds_when_the_text_comes_back(channel, gateway, platform):
    # Given
    gateway.reply = lambda received: platform.reply(
        {"echo_message": json.loads(received.body)["echo_message"]}
    )

    # When
    outcome = channel.echo(at=AT)

    # Then
    (received,) = gateway.received
    content = json.loads(received.body)
    assert received.target == "/v3/security/echo"
    assert unsealed(content["encrypted_echo_message"], platform) == content["echo_message"]
    assert content["notify_url"] == "https://pay.example.com/notify/chn_2/"
    assert (outcome.kind, outcome.channel_ref) == (OutcomeKind.SUCCEEDED, content["echo_message"])
    assert isinstance(channel, EchoingChannel)


def test_another_text_proves_nothing(channel, answers):
    answers({"echo_message": "hello"})

    assert channel.echo(at=AT).code == "OTHER_NUMBER"


def test_the_echo_at_our_door_names_its_text(channel, platform):
    # Given
    body = notification(
        "SECURITY_ECHO.SUCCESS", {"echo_message": "593BEC0C", "encrypt_echo_message": "a=="}
    )

    # When
    told = channel.verify_notification(headers=platform.headers(body), body=body, at=AT)

    # Then
    assert (told.about, told.channel_no) == (NotificationAbout.ECHO, "593BEC0C")


@pytest.mark.parametrize("field", ["mchid", "mch_id"])
def test_a_finished_transfer_is_told_for_our_merchant(channel, platform, field):
    # Given
    said = {"out_bill_no": "PYO1", "state": "FAIL", "fail_reason": "OVERDUE_CLOSE"}
    ours = notification("MCHTRANSFER.BILL.FINISHED", {**said, field: "1230000109"})
    theirs = notification("MCHTRANSFER.BILL.FINISHED", {**said, field: "1230000110"})

    # When
    told = channel.verify_notification(headers=platform.headers(ours), body=ours, at=AT)

    # Then
    assert (told.about, told.channel_no, told.status) == (
        NotificationAbout.TRANSFER,
        "PYO1",
        "FAIL",
    )
    with pytest.raises(ForgedNotificationError, match="mchid"):
        channel.verify_notification(headers=platform.headers(theirs), body=theirs, at=AT)


def test_a_probe_is_refused_and_told_from_a_forgery(channel, platform, stranger):
    # Given
    body = notification("TRANSACTION.SUCCESS", {"mchid": "1230000109"})
    probe = stranger.headers(body, Signature="WECHATPAY/SIGNTEST/AAAA")
    forged = stranger.headers(body)

    # When, Then
    with pytest.raises(ProbeNotificationError, match="probe"):
        channel.verify_notification(headers=probe, body=body, at=AT)
    with pytest.raises(ForgedNotificationError) as refusal:
        channel.verify_notification(headers=forged, body=body, at=AT)
    assert not isinstance(refusal.value, ProbeNotificationError)
