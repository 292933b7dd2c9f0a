# ruff: noqa: F811  fixtures are imported
"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

import json
from dataclasses import replace

import pytest

from payments.channels.alipay import certificates
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    NotificationAbout,
)
from payments.channels.registry import channel_for
from tests.instants import NOON
from tests.payments.channels.conftest import certificate_pem
from tests.payments.channels.told_trades import FIELDS, FORM, written  # noqa: F401

REFUND_FIELDS = {
    **FIELDS,
    "gmt_refund": "2026-01-06 10:30:02.123",
    "refund_fee": "2.34",
    "out_biz_no": "ref_01jdexample0000000000000000",
}


TRANSFER = {
    "out_biz_no": "pyo_01jdexample0000000000000000",
    "order_id": "20260106110070000006910000000001",
    "pay_fund_order_id": "20260106110070001506910000000002",
    "status": "REFUND",
    "trans_amount": "499.00",
    "product_code": "TRANS_ACCOUNT_NO_PWD",
    "biz_scene": "DIRECT_TRANSFER",
    "fail_reason": "收款账户异常",
}


MESSAGE = {
    "msg_method": "alipay.fund.trans.order.changed",
    "notify_id": "2026010600262103003031931000000001",
    "utc_timestamp": "1767667802000",
    "app_id": "2021000000000001",
    "version": "1.1",
    "charset": "UTF-8",
    "biz_content": json.dumps(TRANSFER, ensure_ascii=False),
}


def test_believes_a_trade_notification_which_leaves_sign_type_unsigned(channel, written):
    # When
    notification = channel.verify_notification(headers=FORM, body=written(FIELDS), at=NOON)

    # Then
    assert notification.notification_id == "2026010500222103108031931000000001"
    assert notification.channel_no == "pay_01jdexample0000000000000000"
    assert notification.status == "TRADE_SUCCESS"
    fields = dict(notification.raw_fields)
    assert fields.pop("sign_type") == "RSA2"
    assert len(fields.pop("sign")) == 344
    assert fields == FIELDS


def test_believes_a_message_which_signs_its_sign_type(channel, written):
    # When
    body = written(FIELDS, signs_sign_type=True)

    # Then
    assert channel.verify_notification(headers=FORM, body=body, at=NOON).status == "TRADE_SUCCESS"


def test_believes_a_notification_without_a_sign_type(channel, written):
    body = written(FIELDS, sign_type=None)

    assert channel.verify_notification(headers=FORM, body=body, at=NOON).status == "TRADE_SUCCESS"


def test_acknowledges_with_seven_bytes(channel):
    assert channel.acknowledge() == (b"success", "text/plain")


def test_cannot_be_changed_after_it_was_verified(channel, written):
    notification = channel.verify_notification(headers=FORM, body=written(FIELDS), at=NOON)

    with pytest.raises(TypeError):
        notification.raw_fields["total_amount"] = "0.01"


class TestWhatItIsAbout:
    def test_a_payment_is_named_by_its_order(self, channel, written):
        # When
        notification = channel.verify_notification(headers=FORM, body=written(FIELDS), at=NOON)

        # Then
        assert notification.about is NotificationAbout.PAYMENT

    def test_a_refund_is_named_by_its_own_number(self, channel, written):
        # When
        body = written(REFUND_FIELDS)
        notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

        # Then
        assert notification.about is NotificationAbout.REFUND
        assert notification.channel_no == "ref_01jdexample0000000000000000"
        assert notification.notification_id == "2026010500222103108031931000000001"
        assert notification.status == "TRADE_SUCCESS"

    @pytest.mark.parametrize("name", ["refund_fee", "out_biz_no"])
    def test_what_names_no_refund_is_about_the_payment(self, channel, written, name):
        # Given
        fields = {key: value for key, value in REFUND_FIELDS.items() if key != name}

        for body in (written(fields), written({**fields, name: ""})):
            # When
            notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

            # Then
            assert notification.about is NotificationAbout.PAYMENT
            assert notification.channel_no == "pay_01jdexample0000000000000000"

    @pytest.mark.parametrize("signs_sign_type", [True, False])
    def test_a_transfer_is_named_inside_its_message(self, channel, written, signs_sign_type):
        # When
        body = written(MESSAGE, signs_sign_type=signs_sign_type)
        notification = channel.verify_notification(headers=FORM, body=body, at=NOON)

        # Then
        assert notification.about is NotificationAbout.TRANSFER
        assert notification.channel_no == "pyo_01jdexample0000000000000000"
        assert notification.notification_id == "2026010600262103003031931000000001"
        assert notification.status == "REFUND"

    def test_a_transfer_of_another_app_is_forged(self, channel, written):
        body = written({**MESSAGE, "app_id": "2021000000000002"})

        with pytest.raises(ForgedNotificationError, match="another app_id"):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    @pytest.mark.parametrize(
        "biz_content",
        [
            "",
            "{",
            "[]",
            "null",
            "{}",
            "[" * 5_000,
            '{"out_biz_no":7,"status":"SUCCESS"}',
            '{"out_biz_no":"","status":"SUCCESS"}',
            '{"out_biz_no":"pyo_1","status":{}}',
            '{"out_biz_no":"pyo_1\\u0000","status":"SUCCESS"}',
            '{"out_biz_no":"pyo_1\\ud800","status":"SUCCESS"}',
            '{"out_biz_no":"pyo_1","status":"a\\u0000"}',
            '{"out_biz_no":"' + "x" * 65 + '","status":"SUCCESS"}',
        ],
    )
    def test_refuses_a_message_whose_content_names_no_transfer(self, channel, written, biz_content):
        body = written({**MESSAGE, "biz_content": biz_content})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_message_about_something_else(self, channel, written):
        body = written({**MESSAGE, "msg_method": "alipay.fund.trans.order.created"})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_refund_with_a_number_that_none_of_ours_has(self, channel, written):
        body = written({**REFUND_FIELDS, "out_biz_no": "x" * 65})

        with pytest.raises(MalformedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)

    @pytest.mark.parametrize("name", ["out_biz_no", "refund_fee", "gmt_refund"])
    def test_refuses_a_refund_that_was_changed(self, channel, written, name):
        # Given
        pairs = [part.partition(b"=") for part in written(REFUND_FIELDS).split(b"&")]

        # When, Then
        body = b"&".join(k + e + (b"9" if k == name.encode() else v) for k, e, v in pairs)
        with pytest.raises(ForgedNotificationError):
            channel.verify_notification(headers=FORM, body=body, at=NOON)


class TestCertificateMode:
    @pytest.fixture
    def two_certificates(self, certified_config, transport, alipay_cert, strangers_keys):
        """Return the adapter of an account in which Alipay's certificates change."""
        newer = certificate_pem(strangers_keys, serial=43)
        pem = alipay_cert + newer
        return channel_for(replace(certified_config, channel_public_key_pem=pem), transport)

    @pytest.mark.parametrize("fields", [FIELDS, REFUND_FIELDS, MESSAGE])
    def test_believes_what_the_certificate_s_key_signed(self, certified, written, fields):
        body = written(fields)

        assert certified.verify_notification(headers=FORM, body=body, at=NOON).channel_no

    def test_believes_either_certificate_while_they_change(
        self, two_certificates, written, alipay_keys, strangers_keys
    ):
        for keys in (alipay_keys, strangers_keys):
            body = written(FIELDS, key=keys.private)
            assert two_certificates.verify_notification(headers=FORM, body=body, at=NOON)

    def test_believes_only_the_certificate_that_a_message_names(
        self, two_certificates, written, alipay_cert, strangers_keys
    ):
        # Given
        fields = {**FIELDS, "alipay_cert_sn": certificates.certificate_sn(alipay_cert)}

        # When, Then
        assert two_certificates.verify_notification(headers=FORM, body=written(fields), at=NOON)
        with pytest.raises(ForgedNotificationError):
            two_certificates.verify_notification(
                headers=FORM, body=written(fields, key=strangers_keys.private), at=NOON
            )

    @pytest.mark.parametrize("cert_sn", ["7513daaaa48aa3ba2e4018d84402479c", "", "值"])
    def test_refuses_a_certificate_that_is_none_of_ours(self, certified, written, cert_sn):
        body = written({**FIELDS, "alipay_cert_sn": cert_sn})

        with pytest.raises(ForgedNotificationError):
            certified.verify_notification(headers=FORM, body=body, at=NOON)

    def test_refuses_a_signature_of_ours_or_of_a_stranger(
        self, certified, written, our_keys, strangers_keys
    ):
        for keys in (our_keys, strangers_keys):
            body = written(FIELDS, key=keys.private)
            with pytest.raises(ForgedNotificationError, match="not signed by Alipay"):
                certified.verify_notification(headers=FORM, body=body, at=NOON)
