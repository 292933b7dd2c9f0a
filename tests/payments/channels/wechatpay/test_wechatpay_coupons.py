"""What the payer paid and what WeChat Pay owes us, beside the order's own amount."""

import pytest

from payments.channels.base import OutcomeKind
from tests.payments.channels.wechatpay.adapter_orders import NO, PAID
from tests.payments.channels.wechatpay.platform import AT
from tests.payments.channels.wechatpay.test_wechatpay_refunds import DONE, REQUEST, TAKEN, ask


def paid(payer_total=None, *coupons, payer_currency="CNY"):
    amount = {"total": 1234, "currency": "CNY", "payer_currency": payer_currency}
    if payer_total is not None:
        amount["payer_total"] = payer_total
    return {**PAID, "amount": amount, "promotion_detail": list(coupons)}


def coupon(amount, kind, **more):
    return {"coupon_id": "109519", "scope": "GLOBAL", "type": kind, "amount": amount, **more}


@pytest.mark.parametrize(
    ("answer", "payer_minor", "settled_minor"),
    [
        (paid(1234), 1234, 1234),
        (paid(), None, 1234),
        # Coupons that WeChat or somebody else paid for are owed to us; our own gifts are not.
        (paid(1134, coupon(100, "CASH", wechatpay_contribute=100)), 1134, 1234),
        (paid(1134, coupon(100, "CASH", other_contribute=100)), 1134, 1234),
        (paid(1134, coupon(100, "NOCASH", merchant_contribute=100)), 1134, 1134),
        (paid(1014, coupon(100, "NOCASH"), coupon(120, "CASH")), 1014, 1134),
        (paid(0, coupon(1234, "NOCASH")), 0, 0),
        # Nobody knows what a kind means that is not known here, nor why less was paid.
        (paid(1134, coupon(100, "NEW")), 1134, None),
        (paid(1134), 1134, None),
        # Another currency cannot be compared.
        (paid(180, payer_currency="USD"), None, None),
    ],
)
def test_reads_all_three_amounts(channel, answers, answer, payer_minor, settled_minor):
    # Given
    answers(answer)

    # When
    outcome = channel.query(NO, at=AT)

    # Then
    assert (outcome.kind, outcome.amount_minor) == (OutcomeKind.SUCCEEDED, 1234)
    assert (outcome.payer_minor, outcome.settled_minor) == (payer_minor, settled_minor)


@pytest.mark.parametrize(
    "answer",
    [
        paid(-1),
        paid("1234"),
        paid(True),
        paid(1134, coupon(-1, "NOCASH")),
        paid(1134, coupon("100", "NOCASH")),
        paid(1134, "NOCASH"),
        paid(0, coupon(1235, "NOCASH")),
        {**paid(1234), "promotion_detail": {"type": "NOCASH"}},
    ],
)
def test_believes_no_garbled_amount(channel, answers, answer):
    # Given
    answers(answer)

    # When
    outcome = channel.query(NO, at=AT)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "UNREADABLE_ANSWER")
    assert (outcome.amount_minor, outcome.payer_minor, outcome.settled_minor) == (None,) * 3


def refunded(**parts):
    """Write that 5.00 went back, and of what it was made."""
    return {**DONE, "amount": {"total": 1234, "refund": 500, "currency": "CNY", **parts}}


@pytest.mark.parametrize(
    ("parts", "read"),
    [
        ({"payer_refund": 500, "settlement_refund": 500, "refund_fee": 0}, (500, 500, 0)),
        # Our own gift had paid 0.23 of it, a coupon of WeChat's 0.40 more.
        ({"payer_refund": 437, "settlement_refund": 477, "refund_fee": 3}, (437, 477, 3)),
        ({"payer_refund": 0, "settlement_refund": 0}, (0, 0, None)),
        ({}, (None, None, None)),
        # Another currency cannot be compared.
        ({"settlement_refund": 70, "settlement_currency": "USD"}, (None, None, None)),
        ({"payer_refund": 70, "payer_currency": "USD"}, (None, None, None)),
    ],
    ids=str,
)
@pytest.mark.parametrize("call", [lambda channel: channel.refund(REQUEST), ask])
def test_reads_what_a_refund_was_made_of(channel, answers, call, parts, read):
    # Given
    answers(refunded(**parts))

    # When
    outcome = call(channel)

    # Then
    assert (outcome.kind, outcome.amount_minor) == (OutcomeKind.SUCCEEDED, 500)
    assert (outcome.payer_minor, outcome.settled_minor, outcome.fee_minor) == read


@pytest.mark.parametrize(
    "parts",
    [
        {"settlement_refund": 501},
        {"settlement_refund": -1},
        {"settlement_refund": "500"},
        {"payer_refund": 501},
        {"payer_refund": True},
        {"refund_fee": 501},
        {"refund_fee": "3"},
    ],
    ids=str,
)
def test_believes_no_garbled_part_of_a_refund(channel, answers, parts):
    # Given
    answers(refunded(**parts))

    # When
    outcome = ask(channel)

    # Then
    assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "UNREADABLE_ANSWER")
    assert (outcome.settled_minor, outcome.fee_minor) == (None, None)


def test_what_is_on_its_way_has_no_parts_yet(channel, answers):
    # Given
    answers({**TAKEN, "amount": {**refunded(settlement_refund=477)["amount"]}})

    # When
    outcome = ask(channel)

    # Then
    assert (outcome.kind, outcome.settled_minor) == (OutcomeKind.PROCESSING, None)
