"""A verified outcome, in the worker: the payment is paid and booked, with its line and its event.

What `payments.tasks.query_attempt` does once a channel has answered: nobody is asked here, and the
lease of the question is there already.
"""

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice

from django.db import connection, transaction

from ledger.identifiers import new_id
from payments.actions import attempts
from payments.actions.merchants import open_accounts
from payments.actions.operations import Lease
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    FeePlan,
    Merchant,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from payments.states import OperationStatus, PaymentStatus
from tests.benchmarks.contestants.spread import OWNERS
from tests.factories.payments import AlipayAccountFactory, FeePlanFactory, MerchantFactory
from tests.instants import NOON, THURSDAY

WAITING = 30_000
"""Payments that wait for their outcome; each is paid once, so no run may need more."""

BATCH = 2_000
TURN = "CREATE SEQUENCE bench_turn MINVALUE 0"
LEASE = uuid.UUID(int=1)
AMOUNT_MINOR = 10_000
FEE_MINOR = 200


def prepare() -> None:
    """Make merchants with accounts, and payments whose orders somebody asks about just now."""
    with connection.cursor() as cursor:
        cursor.execute(TURN)
    plan, channel = FeePlanFactory(), AlipayAccountFactory()
    with transaction.atomic():
        merchants = [MerchantFactory(fee_plan=plan) for _ in range(OWNERS)]
        open_accounts([m.pk for m in merchants], currency="CNY", business_date=THURSDAY)
    for _ in range(WAITING // BATCH):
        chosen = random.choices(merchants, k=BATCH)
        with transaction.atomic():
            _have_waiting(chosen, plan=plan, channel=channel)


def deed() -> Callable[[], None]:
    """Return what pays and books the next payment that waits."""
    waiting = _share()
    return lambda: _pay(next(waiting))


def _pay(attempt_id: str) -> None:
    lease = Lease(subject=attempt_id, token=LEASE, is_question=True)
    outcome = Outcome(
        OutcomeKind.SUCCEEDED,
        code="10000",
        channel_ref=attempt_id,
        amount_minor=AMOUNT_MINOR,
        currency="CNY",
        paid_at=NOON,
        payer_ref="2088000000000001",
        raw='{"alipay_trade_query_response":{"code":"10000","trade_status":"TRADE_SUCCESS"}}',
    )
    attempts._EXCHANGE.record(attempt_id, lease=lease, outcome=outcome, at=NOON)


def _share() -> Iterator[str]:
    """Yield tries that no other connection takes, a hundred at a time."""
    ids = list(PaymentAttempt.objects.order_by("pk").values_list("pk", flat=True))
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('bench_turn')")
            (turn,) = cursor.fetchone()
        share = list(islice(ids, turn * 100, turn * 100 + 100))
        assert share, "More payments are needed than were prepared."
        yield from share


def _have_waiting(merchants: list[Merchant], *, plan: FeePlan, channel: ChannelAccount) -> None:
    payments = Payment.objects.bulk_create(
        Payment(
            id=new_id("pay"),
            merchant_order_no=new_id("order")[:40],
            amount_minor=AMOUNT_MINOR,
            currency="CNY",
            description="Goods",
            method="alipay_qr",
            created_at=NOON,
            expires_at=NOON + timedelta(hours=2),
        )
        for _ in merchants
    )
    PaymentAllocation.objects.bulk_create(
        PaymentAllocation(
            payment=payment,
            merchant=merchant,
            place=1,
            amount_minor=AMOUNT_MINOR,
            fee_plan=plan,
            fee_minor=FEE_MINOR,
        )
        for payment, merchant in zip(payments, merchants, strict=True)
    )
    orders = ChannelOperation.objects.bulk_create(
        ChannelOperation(
            kind="pay",
            channel_account=channel,
            channel_no=new_id("att").upper(),
            subject=payment.pk.replace("pay_", "att_"),
            amount_minor=AMOUNT_MINOR,
            currency="CNY",
            created_at=NOON,
        )
        for payment in payments
    )
    tries = PaymentAttempt.objects.bulk_create(
        PaymentAttempt(
            id=order.subject,
            payment=payment,
            channel_account=channel,
            operation=order,
            method="alipay_qr",
            created_at=NOON,
        )
        for payment, order in zip(payments, orders, strict=True)
    )
    asked = {"lease_token": LEASE, "lease_until": DatabaseClock() + timedelta(days=1)}
    for status in (OperationStatus.SENDING, OperationStatus.AWAITING_PAYER):
        ChannelOperation.objects.filter(pk__in=[o.pk for o in orders]).update(
            status=status, first_sent_at=DatabaseClock(), sends=1, queries=1, **asked
        )
        PaymentAttempt.objects.filter(pk__in=[t.pk for t in tries]).update(status=status)
    Payment.objects.filter(pk__in=[p.pk for p in payments]).update(
        status=PaymentStatus.AWAITING_PAYMENT
    )
