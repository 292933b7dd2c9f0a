# ruff: noqa: F811  fixtures are imported
"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.base import (
    ForgedNotificationError,
    NotificationAbout,
)
from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.platform import (
    AT,
    encrypted,
    notification,
)
from tests.payments.channels.wechatpay.told_orders import PAID, REFUNDED, verified  # noqa: F401


class TestGenuine:
    def test_believes_a_payment_s_notification(self, verified):
        # When
        told = verified(notification("TRANSACTION.SUCCESS", PAID))

        # Then
        assert told.about is NotificationAbout.PAYMENT
        assert told.notification_id == "EV-2018022511223320873"
        assert told.channel_no == "ATT_01jdexample00000000000000"
        assert told.status == "SUCCESS"
        assert told.raw_fields["event_type"] == "TRANSACTION.SUCCESS"
        assert told.raw_fields["transaction_id"] == "4200001000202601050000000001"

    @pytest.mark.parametrize("status", ["SUCCESS", "ABNORMAL", "CLOSED"])
    def test_believes_a_refund_s_notification(self, verified, status):
        # When
        told = verified(notification(f"REFUND.{status}", {**REFUNDED, "refund_status": status}))

        # Then
        assert told.about is NotificationAbout.REFUND
        assert told.channel_no == "RFD_01jdexample00000000000000"
        assert told.status == status

    def test_takes_headers_in_any_case(self, channel, platform):
        body = notification("TRANSACTION.SUCCESS", PAID)
        headers = {name.upper(): value for name, value in platform.headers(body).items()}

        assert channel.verify_notification(headers=headers, body=body, at=AT).channel_no

    def test_takes_a_signature_that_does_not_name_its_type(self, verified):
        assert verified(notification("TRANSACTION.SUCCESS", PAID), Signature_Type="").channel_no

    def test_takes_a_resource_without_associated_data(self, verified):
        # Given
        text = json.dumps(PAID).encode()
        resource = encrypted(text, associated_data="")

        # When, Then
        assert verified(notification("TRANSACTION.SUCCESS", PAID, resource=resource)).channel_no
        del resource["associated_data"]
        assert verified(notification("TRANSACTION.SUCCESS", PAID, resource=resource)).channel_no

    def test_needs_no_key_of_our_own(self, config, transport, platform):
        # Given what the web process has
        listener = channel_for(replace(config, private_key_pem=""), transport)
        body = notification("TRANSACTION.SUCCESS", PAID)

        # When, Then
        told = listener.verify_notification(headers=platform.headers(body), body=body, at=AT)
        assert told.status == "SUCCESS"

    def test_cannot_be_changed_after_it_was_verified(self, verified):
        told = verified(notification("TRANSACTION.SUCCESS", PAID))

        with pytest.raises(TypeError):
            told.raw_fields["trade_state"] = "NOTPAY"

    def test_is_acknowledged_by_the_status_alone(self, channel):
        assert channel.acknowledge() == (b"", "application/json")


class TestTime:
    @pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
    def test_believes_what_was_signed_within_five_minutes(self, verified, seconds):
        body = notification("TRANSACTION.SUCCESS", PAID)

        assert verified(body, at=AT + timedelta(seconds=seconds)).channel_no

    @pytest.mark.parametrize("seconds", [-301, 301, 3_600, -86_400, 86_400 * 365])
    def test_refuses_a_replay_and_a_message_of_the_future(self, verified, seconds):
        body = notification("TRANSACTION.SUCCESS", PAID)

        with pytest.raises(ForgedNotificationError, match="long ago"):
            verified(body, at=AT + timedelta(seconds=seconds))

    @pytest.mark.parametrize(
        "text", ["0", "-1", "1e9", "1767580200.0", " 1767580200", "١٧٦٧٥٨٠٢٠٠", "9" * 13, ""]
    )
    def test_refuses_an_instant_that_is_none(self, verified, text):
        with pytest.raises(ForgedNotificationError):
            verified(notification("TRANSACTION.SUCCESS", PAID), Timestamp=text)
