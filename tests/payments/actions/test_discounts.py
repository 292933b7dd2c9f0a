"""Coupons: what the payer paid, what the channel owes us, and who bears the difference."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import captures
from payments.channels.base import Outcome, OutcomeKind
from payments.models import PaymentAttempt
from settlements.queries import integrity
from tests.books import assert_entry, balance
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    answered_refund,
    attempted_payment,
    owed_payment,
    refund_asked,
)
from tests.instants import NOON

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)


def paid(*merchants, amounts_minor=(10_000,), **said) -> PaymentAttempt:
    """Have a payment of 100.00 answered with what coupons made of it."""
    payment = owed_payment(*merchants, amounts_minor=amounts_minor)
    attempt = attempted_payment(payment, channel=AlipayAccountFactory())
    outcome = Outcome(
        OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON, **said
    )
    with transaction.atomic():
        captures.record_paid(
            payment, attempt=attempt, outcome=outcome, actor="channel:alipay", at=NOON
        )
    attempt.payer_minor, attempt.settled_minor = outcome.payer_minor, outcome.settled_minor
    for row in (attempt.operation, attempt):
        row.status = "succeeded"
        row.save()
    return attempt


def owed_by_channel(attempt: PaymentAttempt) -> str:
    merchant_id = attempt.payment.allocations.first().merchant_id
    return balance("1101", f"{attempt.channel_account_id}/{merchant_id}")


def test_a_coupon_of_the_channel_changes_nothing_for_us():
    attempt = paid(payer_minor=9_000, settled_minor=10_000)
    assert owed_by_channel(attempt) == "99.40"
    assert integrity.verify().violations == []


def test_a_discount_of_our_own_is_our_cost_and_no_merchant_s():
    # When the payer paid 95.00 by a coupon that our account at the channel gives
    attempt = paid(payer_minor=9_500, settled_minor=9_500)

    # Then the channel owes 95.00 less 0.60 % of them
    allocation = attempt.payment.allocations.get()
    assert_entry(f"{allocation.pk}:discounted", "Dr 5001 5.00 CNY\nCr 1101 5.00 CNY")
    assert owed_by_channel(attempt) == "94.43"
    assert balance("2001", allocation.merchant_id) == "98.00"
    assert integrity.verify().violations == []


def test_a_discount_is_split_over_the_merchants():
    one, other = MerchantFactory(), MerchantFactory()
    attempt = paid(one, other, amounts_minor=(7_500, 2_500), settled_minor=9_999)
    account = attempt.channel_account_id
    assert balance("5001", f"{account}/{one.pk}") == "0.46"
    assert balance("5001", f"{account}/{other.pk}") == "0.15"
    assert integrity.verify().violations == []


@pytest.mark.parametrize(
    "said",
    [{"settled_minor": 10_001}, {"settled_minor": -1}, {"payer_minor": 10_001}],
    ids=str,
)
def test_what_no_coupon_can_do_is_a_conflict(said):
    attempt = paid(**said)
    attempt.payment.refresh_from_db()
    assert attempt.payment.status == "conflicted"
    assert balance("2901", "unallocated") == "100.00"
    assert integrity.verify().violations == []


def test_a_refund_gives_the_discount_back_with_the_money():
    # Given
    attempt = paid(settled_minor=9_500)
    refund = refund_asked(attempt.payment, at=LATER)

    # When the channel takes 95.00 of us for a refund of 100.00
    answered_refund(
        refund,
        Outcome(
            OutcomeKind.SUCCEEDED,
            amount_minor=10_000,
            currency="CNY",
            paid_at=LATER,
            payer_minor=9_500,
            settled_minor=9_500,
        ),
        at=LATER,
    )

    # Then all that is left is the channel's fee
    refund.refresh_from_db()
    assert (refund.status, refund.payer_minor, refund.settled_minor) == ("succeeded", 9_500, 9_500)
    part = refund.allocations.get()
    assert_entry(f"{part.pk}:discount_returned", "Dr 1101 5.00 CNY\nCr 5001 5.00 CNY")
    assert owed_by_channel(attempt) == "-0.57"
    assert integrity.verify().violations == []
