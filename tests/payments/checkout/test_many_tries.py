# ruff: noqa: F811  fixtures are imported
"""Whoever changes the method without end comes to an end: nothing removes what each try leaves."""

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import payments, switching
from payments.errors import TooManyTriesError
from payments.models import PaymentAttempt
from payments.queries import tries
from payments.states import AttemptStatus, OperationStatus
from tests.factories.payments import AlipayAccountFactory, owed_payment
from tests.instants import NOON
from tests.payments.checkout.till import at_noon, minted, path, payment, waiting  # noqa: F401
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

METHODS = ("alipay_qr", "wechat_native")
MOST = payments.TRIES_MAX


def test_are_more_than_a_payer_needs():
    assert MOST == 20


@pytest.fixture(autouse=True)
def accounts(monkeypatch):
    """Two channels; and so few tries that a test need not wait for twenty."""
    monkeypatch.setattr(payments, "TRIES_MAX", 4)
    AlipayAccountFactory()
    AlipayAccountFactory(channel="wechatpay")


@transaction.atomic
def confirm(payment, method: str):
    return switching.confirm_or_switch(
        payment.pk, method=method, client_ip=None, actor="payer:1", at=NOON
    )


def tried_out(payment) -> None:
    """Change the method of a payment before each order has left, as often as it goes."""
    for number in range(4):
        confirm(payment, METHODS[number % 2])


def end_try(payment, *, status: str) -> None:
    """Let the newest try of a payment come to a state."""
    attempt = payment.attempts.order_by("-pk").first()
    attempt.operation.status = attempt.status = status
    attempt.operation.save(update_fields=["status"])
    attempt.save(update_fields=["status"])


def test_another_way_once_too_often_is_not_begun(payment):
    # Given
    tried_out(payment)
    assert payment.attempts.count() == 4

    # When, Then
    with nothing_written(), pytest.raises(TooManyTriesError):
        confirm(payment, METHODS[0])


def test_what_is_under_way_goes_on(payment):
    # Given
    tried_out(payment)

    # When the same way is pressed again
    with nothing_written():
        confirm(payment, METHODS[1])

    # Then
    live = payment.attempts.exclude(status=AttemptStatus.FAILED).get()
    assert (live.method, live.is_withdrawn) == (METHODS[1], False)


def test_the_same_way_is_not_begun_anew_once_too_often(payment):
    # Given tries that have all failed
    for _ in range(4):
        confirm(payment, METHODS[0])
        sending = PaymentAttempt.objects.filter(payment=payment).order_by("-pk").first()
        assert sending.status == AttemptStatus.PREPARED
        for status in (OperationStatus.SENDING, OperationStatus.FAILED):
            end_try(payment, status=status)

    # When, Then
    with nothing_written(), pytest.raises(TooManyTriesError):
        confirm(payment, METHODS[0])


def test_a_method_that_is_changed_while_the_first_is_being_closed_counts(payment):
    # Given an order that has left, so that each change waits for its close
    confirm(payment, METHODS[0])
    for status in (OperationStatus.SENDING, OperationStatus.AWAITING_PAYER):
        end_try(payment, status=status)
    for number in range(1, 4):
        confirm(payment, METHODS[number % 2])
    assert payment.attempts.count() == 1

    # When, Then
    with nothing_written(), pytest.raises(TooManyTriesError):
        confirm(payment, METHODS[0])


def test_another_payment_is_not_touched_by_it(payment):
    tried_out(payment)
    assert confirm(owed_payment(), METHODS[0]).status == "awaiting_payment"


def test_the_page_says_so_and_keeps_some_of_it(client, path, payment, monkeypatch):
    # Given
    monkeypatch.setattr(tries, "REFUSALS_MAX", 2)
    client.get(path)
    for number in range(4):
        client.post(f"{path}/method", {"method": METHODS[number % 2]}, follow=True)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        answer = client.post(f"{path}/method", {"method": METHODS[0]}, follow=True)
    for _ in range(3):
        client.post(f"{path}/method", {"method": METHODS[0]}, follow=True)

    # Then
    assert "This payment was tried in too many ways" in words(answer)
    kept = AuditEntry.objects.filter(action="payment.confirm.refused", subject=payment.pk)
    assert [row.reason for row in kept] == ["too_many_tries"] * 2
