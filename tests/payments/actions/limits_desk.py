"""What the tests of payments' limits share: pages, tills and what is used of a day."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import (
    attempts,
    closing,
    payments,
    switching,
)
from payments.channels import registry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Payment, PaymentAttempt
from risk.actions.limits import set_limit
from risk.models import LimitDeed, LimitSubject, LimitWindow
from settlements.queries import integrity
from tests.factories.payments import AlipayAccountFactory, confirmed_payment, owed_payment
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.holding import (
    done,
    holding_channel,
)
from tests.rig.stage import run_jobs

LATER = NOON + timedelta(minutes=10)
DAY_MINOR = 10_000
"""What a payer may pay in a day here: one payment of 100.00."""


@pytest.fixture
def channel(transactional_db, monkeypatch):
    for subject in (LimitSubject.PAYER, LimitSubject.PLATFORM):
        limit_day(subject, DAY_MINOR)
    channel = holding_channel(monkeypatch)
    AlipayAccountFactory()
    yield channel
    assert integrity.verify().violations == []


@pytest.fixture
def cards(channel, monkeypatch):
    """Let it be a channel that closes nothing, as UnionPay."""
    traits = replace(registry.TRAITS["alipay"], closes=False)
    monkeypatch.setitem(registry.TRAITS, "alipay", traits)
    return channel


def limit_day(subject: LimitSubject, value_minor: int) -> None:
    set_limit(
        deed=LimitDeed.PAYMENT,
        subject_kind=subject,
        window=LimitWindow.DAY,
        currency="CNY",
        value_minor=value_minor,
        actor="user:1",
        at=NOON,
    )


def page() -> PaymentAttempt:
    """Have a page ordered, at which its payer is."""
    attempt = confirmed_payment(payer_no="P1", method="alipay_page")
    run_jobs()
    return read(attempt)


def left() -> tuple[PaymentAttempt, PaymentAttempt]:
    """Have a payer leave a page for a code; return both tries."""
    attempt = page()
    with transaction.atomic():
        switching.confirm_or_switch(
            attempt.payment_id, method="alipay_qr", client_ip=None, actor="key:t", at=NOON
        )
    run_jobs()
    attempt = read(attempt)
    assert (attempt.status, attempt.operation.code) == ("closed", "left_open")
    other = PaymentAttempt.objects.exclude(pk=attempt.pk).get(payment=attempt.payment_id)
    return attempt, read(other)


def read(attempt: PaymentAttempt) -> PaymentAttempt:
    return PaymentAttempt.objects.select_related("payment", "operation").get(pk=attempt.pk)


def ends(channel, attempt: PaymentAttempt, *, kind=OutcomeKind.FAILED) -> PaymentAttempt:
    """Let the channel say that no money comes of a try."""
    channel.says["query"] = [Outcome(kind, code="ENDED")]
    attempts.query_attempt(attempt.pk, at=NOON)
    return read(attempt)


def is_paid(channel, attempt: PaymentAttempt, *, at=LATER) -> PaymentAttempt:
    channel.made[attempt.operation.channel_no] = done(10_000, at=at)
    attempts.query_attempt(attempt.pk, at=at, is_notified=True)
    return read(attempt)


def time_ends(attempt: PaymentAttempt) -> PaymentAttempt:
    """Ask about a page when its time is over."""
    at = attempt.payment.expires_at + closing.GRACE
    attempts.query_attempt(attempt.pk, at=at, is_notified=True)
    return read(attempt)


def tries_to_pay_more() -> str:
    """Be the same payer at another till; return what becomes of it."""
    payment = owed_payment(payer_no="P1")
    with transaction.atomic():
        payments.confirm_payment(
            payment.pk, method="alipay_qr", client_ip=None, actor="key:t", at=LATER
        )
    return Payment.objects.get(pk=payment.pk).status


def used_up() -> tuple[int | None, int | None]:
    """Return what the payer's day and the platform's hold."""
    payer_id = Payment.objects.order_by("created_at", "pk").first().payer_id
    return used_minor(payer_id), used_minor("platform")


ALL, NOTHING = (DAY_MINOR, DAY_MINOR), (0, 0)
