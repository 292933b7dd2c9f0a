"""A channel that cannot close an order: never closed here while it may be paid there."""

from datetime import timedelta

import httpx
import pytest
from django.db import transaction

from payments.actions import attempts, closing
from payments.models import PaymentAttempt
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.channel_accounts import Terms
from tests.factories.payments import confirmed_payment
from tests.instants import NOON
from tests.rig.stage import let_machines_wait

MERCHANT_NO = "777290058119001"
PAID_AT = NOON + timedelta(minutes=2)
LATER = NOON + timedelta(minutes=1)


@pytest.fixture
def attempt(marketplace, simulator):
    """An order whose page the payer holds."""
    terms = Terms("Cards", "CNY", 60, marketplace.plan.bank_account_no)
    account = channel_accounts.unionpay_account(
        terms, mer_id=MERCHANT_NO, bank=marketplace.bank, other_side=simulator, at=NOON
    )
    attempt = confirmed_payment(method="card_page")
    assert attempt.channel_account_id == account.pk
    attempts.send_attempt(attempt.pk, at=NOON)
    return read(attempt)


def read(attempt: PaymentAttempt) -> PaymentAttempt:
    return PaymentAttempt.objects.select_related("payment", "operation").get(pk=attempt.pk)


def cancelled(attempt: PaymentAttempt) -> PaymentAttempt:
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="key:ak_1", at=LATER)
    return asked(attempt, at=LATER)


def asked(attempt: PaymentAttempt, *, at) -> PaymentAttempt:
    let_machines_wait()
    attempts.query_attempt(attempt.pk, at=at, is_notified=True)
    return read(attempt)


def open_page(attempt: PaymentAttempt) -> None:
    action = attempt.payer_action
    response = httpx.post(action["url"], data=action["fields"], timeout=30)
    assert response.status_code == 303


def test_a_page_that_nobody_opened_is_closed_after_its_time_and_not_before(attempt):
    # Given
    assert attempt.payer_action["kind"] == "form"

    # When
    early = cancelled(attempt)

    # Then
    assert (early.status, early.payment.status) == ("awaiting_payer", "closing")

    # When
    ended_at = attempt.payment.expires_at + closing.GRACE
    still = asked(attempt, at=ended_at - timedelta(microseconds=1))
    assert (still.status, still.payment.status) == ("awaiting_payer", "closing")
    over = asked(attempt, at=ended_at)

    # Then
    assert (over.status, over.operation.code) == ("closed", "time_over")
    assert over.payment.status == "closed"


def test_a_page_that_was_opened_can_be_paid_after_we_gave_up_and_is_not_lost(attempt, simulator):
    # Given
    open_page(attempt)
    early = cancelled(attempt)
    assert (early.status, early.payment.status) == ("awaiting_payer", "closing")

    # When
    simulator.pay(app_id=MERCHANT_NO, out_trade_no=attempt.operation.channel_no, at=PAID_AT)
    paid = asked(attempt, at=LATER)

    # Then
    assert paid.status == "succeeded"
    assert paid.payment.status == "paid"
