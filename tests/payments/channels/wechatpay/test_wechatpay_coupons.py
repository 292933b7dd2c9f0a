"""What the payer paid and what WeChat Pay owes us, beside the order's own amount."""

import pytest

from payments.channels.base import OutcomeKind
from tests.payments.channels.wechatpay.adapter_orders import NO, PAID
from tests.payments.channels.wechatpay.platform import AT


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
