"""Refunds that the payer's account did not take, delivered in another way."""

import json
from dataclasses import replace

import pytest

from payments.channels.base import (
    AbnormalRefundRequest,
    AbnormalRefunds,
    AbnormalRefundWay,
    OutcomeKind,
)
from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.platform import AT, KEY_ID
from tests.payments.channels.wechatpay.test_wechatpay_transfers import unsealed

REQUEST = AbnormalRefundRequest(
    channel_no="RFD01JDEXAMPLE",
    channel_ref="50000000382019052709732678859",
    pay_channel_no="ATT01JDEXAMPLE",
    way=AbnormalRefundWay.PAYER_CARD,
    stamped_at=AT,
    bank="ICBC_DEBIT",
    bank_account="6222000000000000",
    holder_name="张茶",
)
OURS = replace(REQUEST, way=AbnormalRefundWay.OUR_ACCOUNT, bank="", bank_account="", holder_name="")
TAKEN = {
    "refund_id": REQUEST.channel_ref,
    "out_refund_no": REQUEST.channel_no,
    "out_trade_no": REQUEST.pay_channel_no,
    "transaction_id": "4200001000202601050000000001",
    "status": "PROCESSING",
    "amount": {"total": 1234, "refund": 1000, "currency": "CNY"},
}


def test_the_payers_account_and_name_leave_encrypted_alone(channel, gateway, answers, platform):
    # Given
    answers(TAKEN)

    # When
    outcome = channel.apply_abnormal_refund(REQUEST)

    # Then
    (received,) = gateway.received
    content = json.loads(received.body)
    assert received.target == (
        "/v3/refund/domestic/refunds/50000000382019052709732678859/apply-abnormal-refund"
    )
    assert received.headers["wechatpay-serial"] == KEY_ID
    assert unsealed(content.pop("bank_account"), platform) == "6222000000000000"
    assert unsealed(content.pop("real_name"), platform) == "张茶"
    assert content == {
        "out_refund_no": "RFD01JDEXAMPLE",
        "type": "USER_BANK_CARD",
        "bank_type": "ICBC_DEBIT",
    }
    assert (outcome.kind, outcome.amount_minor) == (OutcomeKind.PROCESSING, 1000)


def test_goes_to_our_own_account_without_naming_it(channel, gateway, answers):
    # Given
    answers(TAKEN)

    # When
    channel.apply_abnormal_refund(OURS)

    # Then
    (received,) = gateway.received
    assert json.loads(received.body) == {
        "out_refund_no": "RFD01JDEXAMPLE",
        "type": "MERCHANT_BANK_CARD",
    }


@pytest.mark.parametrize(
    ("change", "kind", "code"),
    [
        ({"status": "ABNORMAL"}, "processing", "ABNORMAL"),
        ({"status": "NEW"}, "unknown", "NEW"),
        ({"out_refund_no": "RFD2"}, "unknown", "OTHER_NUMBER"),
        ({"out_trade_no": "ATT2"}, "unknown", "OTHER_NUMBER"),
    ],
)
def test_reads_the_answer_as_that_to_a_refund(channel, answers, change, kind, code):
    # Given
    answers({**TAKEN, **change})

    # When
    outcome = channel.apply_abnormal_refund(REQUEST)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind(kind), code)


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, channel_no=""),
        replace(REQUEST, channel_ref=""),
        replace(REQUEST, channel_ref="../1"),
        replace(REQUEST, bank=""),
        replace(REQUEST, bank_account=""),
        replace(REQUEST, bank_account="6222 0000"),
        replace(REQUEST, holder_name=""),
        replace(REQUEST, holder_name="张\n"),
        replace(OURS, bank_account="6222000000000000"),
    ],
)
def test_nothing_is_sent_that_breaks_a_rule(channel, gateway, request_):
    # When
    outcome = channel.apply_abnormal_refund(request_)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
    assert gateway.received == []


def test_encrypts_for_the_newest_valid_certificate(config, transport, gateway, answers, platform):
    # Given two certificates of one key, the newer of which has the higher serial
    older = platform.certificate(serial=0x5A, begins_at=AT.replace(year=2025))
    newer = platform.certificate(serial=0x5B)
    channel = channel_for(
        replace(config, channel_public_key_pem=newer + older, channel_key_id=""), transport
    )
    answers(TAKEN, Serial="5A")

    # When
    outcome = channel.apply_abnormal_refund(REQUEST)

    # Then
    (received,) = gateway.received
    assert received.headers["wechatpay-serial"] == "5B"
    assert outcome.kind is OutcomeKind.PROCESSING


def test_is_declared_and_shows_no_secret(channel):
    assert isinstance(channel, AbnormalRefunds)
    assert "6222" not in repr(REQUEST)
    assert "张茶" not in repr(REQUEST)
