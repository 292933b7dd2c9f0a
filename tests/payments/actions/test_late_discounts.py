"""Late money of which a discount of our own paid a part costs what it costs in time."""

import pytest
from django.db import transaction
from django.db.models import Sum

from ledger.models import AccountBalance
from payments.actions import captures, resolutions
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Payment
from settlements.queries import integrity
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
)
from tests.instants import NOON
from tests.payments.actions.test_resolutions_by_people import give_late_terms

pytestmark = pytest.mark.django_db(transaction=True)

COMES = Outcome(
    OutcomeKind.SUCCEEDED,
    amount_minor=10_000,
    payer_minor=9_500,
    settled_minor=9_500,
    currency="CNY",
    paid_at=NOON,
)


def paid(*, is_late: bool) -> Payment:
    """Have a payment of 100.00 paid with 5.00 off by our own account, in time or too late."""
    merchant = MerchantFactory()
    give_late_terms(merchant, "accept")
    payment = owed_payment(merchant)
    attempt = attempted_payment(payment, channel=AlipayAccountFactory(channel_fee_bps=60))
    steps = ["closing", "closed"] if is_late else []
    for status in steps:
        Payment.objects.filter(pk=payment.pk).update(status=status)
    attempt.settled_minor, attempt.payer_minor = COMES.settled_minor, COMES.payer_minor
    for row in (attempt.operation, attempt):
        row.status = "succeeded"
        row.save()
    attempt.payment = Payment.objects.get(pk=payment.pk)
    with transaction.atomic():
        captures.record_paid(
            attempt.payment, attempt=attempt, outcome=COMES, actor="channel:alipay", at=NOON
        )
        resolutions.resolve_by_terms(attempt, at=NOON)
    return Payment.objects.get(pk=payment.pk)


@pytest.mark.parametrize("is_late", [False, True])
def test_the_channel_takes_its_fee_on_what_it_settles(is_late):
    # When
    payment = paid(is_late=is_late)

    # Then 95.00 less 0.6 % will come from the channel
    assert payment.status == "paid"
    owed = AccountBalance.objects.filter(account__code="1101").aggregate(Sum("balance_minor"))
    assert owed == {"balance_minor__sum": 9_443}
    assert integrity.verify().violations == []
