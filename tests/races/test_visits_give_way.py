"""Many open one payment link at the same moment, while others choose how to pay."""

import pytest
from django.db import transaction

from payments.actions import link_payments, payments
from payments.errors import LinkCrowdedError
from payments.models import Payment, PaymentAttempt
from payments.queries.payer_sessions import session_of
from tests.factories.payments import AlipayAccountFactory, payment_link
from tests.instants import NOON
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def payment_id_of(token: str) -> str:
    found = session_of(token)
    assert found is not None
    return found.session.payment_id


def choose(payment_id: str) -> None:
    with transaction.atomic():
        payments.confirm_payment(
            payment_id, method="alipay_qr", client_ip=None, actor="link:test", at=NOON
        )


def test_never_more_wait_than_may_and_everybody_has_begun(monkeypatch):
    # Given
    monkeypatch.setattr(link_payments, "VISITS_MAX", 3)
    link = payment_link(is_single_use=False)

    # When
    tokens = at_once(*([lambda: link_payments.begin_payment(link.pk, at=NOON)] * 6))

    # Then
    assert len({payment_id_of(token) for token in tokens}) == 6
    statuses = sorted(Payment.objects.values_list("status", flat=True))
    assert statuses == ["closed"] * 3 + ["created"] * 3


def test_never_more_begin_in_a_minute_than_may(monkeypatch):
    # Given
    monkeypatch.setattr(link_payments, "BEGUN_MAX", 2)
    link = payment_link(is_single_use=False)

    # When
    told = at_once(*([lambda: link_payments.begin_payment(link.pk, at=NOON)] * 6))

    # Then
    refused = [one for one in told if isinstance(one, LinkCrowdedError)]
    begun = {payment_id_of(one) for one in told if isinstance(one, str)}
    assert (len(begun), len(refused)) == (2, 4)
    assert set(Payment.objects.values_list("pk", flat=True)) == begun


def test_who_chooses_at_that_moment_keeps_what_they_began(monkeypatch):
    # Given a payer in the middle of choosing, whose visit is the oldest
    AlipayAccountFactory()
    monkeypatch.setattr(link_payments, "VISITS_MAX", 1)
    link = payment_link(is_single_use=False)
    mine = payment_id_of(link_payments.begin_payment(link.pk, at=NOON))
    with transaction.atomic():
        choose(mine)

        # When another opens the link
        begun = meanwhile(lambda: link_payments.begin_payment(link.pk, at=NOON))
        wait_until_somebody_waits()

    # Then both may pay
    other = payment_id_of(begun.result(timeout=10))
    assert Payment.objects.get(pk=mine).status == "awaiting_payment"
    assert Payment.objects.get(pk=other).status == "created"
    assert PaymentAttempt.objects.get().payment_id == mine
