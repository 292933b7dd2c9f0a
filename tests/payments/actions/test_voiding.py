"""Giving back what is held: by request, by cancelling, before it lapses, and what nobody wanted."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import attempts, authorisations, closing, void_orders, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.channels import registry
from payments.errors import CaptureInFlightError, NothingHeldError
from payments.models import Authorisation, BalanceTransaction, Payment, Void
from settlements.queries import integrity
from tests.factories.payments import owed_payment
from tests.instants import NOON
from tests.payments.holding import (
    MISSING,
    REFUSED,
    UNKNOWN,
    authorised,
    confirmed_holding,
    done,
    holding_channel,
)
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture
def channel(monkeypatch):
    yield holding_channel(monkeypatch)
    assert integrity.verify().violations == []


def void(payment: Payment, *, at=LATER) -> None:
    with transaction.atomic():
        voids.void_payment(payment.pk, actor="key:test", at=at)


def capture(payment: Payment, amount_minor: int, *, is_final: bool = False) -> None:
    with transaction.atomic():
        request_capture(
            CaptureRequest(payment.pk, amount_minor, is_final=is_final),
            actor="key:test",
            at=LATER,
        )


def standing(payment: Payment) -> tuple[str, str]:
    payment.refresh_from_db()
    return payment.status, payment.status_code


def expire(at) -> int:
    count = authorisations.expire_authorisations(actor="task:test", at=at)
    run_jobs()
    return count


def test_a_void_closes_an_authorised_payment_when_the_channel_says_so(channel):
    # Given
    payment = authorised(channel)

    # When
    void(payment)
    void(payment)

    # Then
    assert standing(payment) == ("closing", "voided")
    run_jobs()
    assert standing(payment) == ("closed", "voided")
    assert Authorisation.objects.get().ended_code == "voided"
    (order,) = channel.sent("void")
    assert order.amount_minor == 10_000
    assert not BalanceTransaction.objects.exists()


@pytest.mark.parametrize("facts", [{"amount_minor": 4_000}, {"currency": "USD"}])
@pytest.mark.parametrize("is_asked", [False, True], ids=["answered", "asked"])
def test_a_void_of_another_amount_is_not_believed(channel, facts, is_asked):
    # Given 100.00 are held, and the channel says that it gave something else back
    payment = authorised(channel)
    other = replace(done(10_000), **facts)
    channel.says["void"] = [UNKNOWN] if is_asked else [other]
    void(payment)
    run_jobs()

    # When
    if is_asked:
        channel.says["query_void"] = [other]
        let_machines_wait()
        void_orders.query_void(Void.objects.get().pk, at=LATER, is_notified=True)

    # Then nobody knows what is held still
    row = Void.objects.get()
    assert (row.status, row.operation.code) == ("unknown", "AMOUNT_DIFFERS")
    assert standing(payment) == ("closing", "voided")
    assert Authorisation.objects.get().ended_at is None

    # When it says later that all of it went back
    channel.made[row.operation.channel_no] = done(10_000)
    let_machines_wait()
    void_orders.query_void(row.pk, at=LATER, is_notified=True)

    # Then
    assert standing(payment) == ("closed", "voided")


def test_cancelling_an_authorised_payment_gives_it_back(channel):
    payment = authorised(channel)
    with transaction.atomic():
        closing.cancel_payment(payment.pk, actor="key:test", at=LATER)
    run_jobs()
    assert standing(payment) == ("closed", "cancelled")
    assert len(channel.sent("void")) == 1


def test_the_rest_of_a_captured_payment_is_given_back_and_it_stays_paid(channel):
    # Given
    payment = authorised(channel)
    capture(payment, 3_000)
    run_jobs()

    # When
    void(payment)
    run_jobs()

    # Then
    assert standing(payment) == ("paid", "")
    assert Void.objects.get().amount_minor == 7_000
    with pytest.raises(NothingHeldError), nothing_written():
        capture(payment, 1)


def test_nothing_is_given_back_while_a_capture_is_under_way(channel):
    payment = authorised(channel)
    channel.says["capture"] = [UNKNOWN]
    capture(payment, 3_000)
    run_jobs()
    with pytest.raises(CaptureInFlightError), nothing_written():
        void(payment)


def test_nothing_is_given_back_where_nothing_is_held(channel):
    payment = authorised(channel)
    capture(payment, 3_000, is_final=True)
    run_jobs()
    with pytest.raises(NothingHeldError), nothing_written():
        void(payment)
    with pytest.raises(NothingHeldError), nothing_written():
        void(owed_payment())


def test_what_nobody_took_is_given_back_before_it_lapses(channel):
    # Given
    payment = authorised(channel)

    # When, Then
    assert expire(NOON + WEEK - timedelta(hours=13)) == 0
    assert expire(NOON + WEEK - timedelta(hours=12)) == 1
    assert standing(payment) == ("closed", "authorization_expired")
    assert expire(NOON + WEEK) == 0


def test_what_the_channel_would_not_give_back_has_lapsed_at_its_end(channel):
    # Given
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    assert expire(NOON + WEEK - timedelta(hours=12)) == 1
    assert standing(payment) == ("closing", "authorization_expired")

    # When, Then
    assert expire(NOON + WEEK - timedelta(seconds=1)) == 0
    assert expire(NOON + WEEK) == 1
    assert standing(payment) == ("closed", "authorization_expired")
    assert len(channel.sent("void")) == 1


def test_what_a_channel_holds_for_longer_is_given_back_by_the_day_until_it_lapses(
    channel, monkeypatch
):
    # Given: we take for a week, and the channel holds for a month
    traits = replace(registry.TRAITS["alipay"], lapses_after=timedelta(days=30))
    monkeypatch.setitem(registry.TRAITS, "alipay", traits)
    payment = authorised(channel)
    channel.says["void"] = [REFUSED] * 40
    first = NOON + WEEK - timedelta(hours=12)
    assert expire(first) == 1

    # When, Then: no more than once in a day, and the money is never called free meanwhile
    for day in range(1, 24):
        at = first + timedelta(days=day)
        assert (expire(at - timedelta(seconds=1)), expire(at)) == (0, 1)
        assert standing(payment) == ("closing", "authorization_expired")
    assert len(channel.sent("void")) == 24
    assert Authorisation.objects.get().ended_at is None

    # When, Then: it has lapsed, however lately the channel was told
    assert expire(NOON + timedelta(days=30, seconds=-1)) == 0
    assert expire(NOON + timedelta(days=30)) == 1
    assert standing(payment) == ("closed", "authorization_expired")
    assert len(channel.sent("void")) == 24


def test_what_nobody_wants_is_given_back_by_the_day_from_the_first_refusal(channel):
    # Given
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    void(payment)
    run_jobs()
    assert standing(payment) == ("closing", "voided")

    # When, Then
    assert expire(LATER + timedelta(hours=23)) == 0
    assert expire(LATER + timedelta(days=1)) == 1
    assert standing(payment) == ("closed", "voided")


def test_what_is_refused_of_a_paid_payment_may_be_taken_until_its_end(channel):
    # Given
    payment = authorised(channel)
    capture(payment, 3_000)
    run_jobs()
    channel.says["void"] = [REFUSED]
    void(payment)
    run_jobs()

    # When, Then
    assert expire(LATER + timedelta(days=1)) == 0
    assert expire(NOON + WEEK - timedelta(hours=12)) == 1
    assert standing(payment) == ("paid", "")
    assert Authorisation.objects.get().ended_code == "authorization_expired"


def test_an_authorisation_of_another_amount_is_given_back(channel):
    # Given
    attempt = confirmed_holding()
    channel.made[attempt.operation.channel_no] = done(9_999)

    # When
    attempts.query_attempt(attempt.pk, at=NOON)

    # Then
    assert standing(attempt.payment) == ("closing", "authorization_differs")
    run_jobs()
    assert standing(attempt.payment) == ("closed", "authorization_differs")
    assert (Authorisation.objects.get().is_spare, Void.objects.get().amount_minor) == (True, 9_999)


def test_an_authorisation_that_comes_while_it_is_cancelled_is_given_back(channel):
    # Given
    attempt = confirmed_holding()
    channel.made[attempt.operation.channel_no] = done(10_000)

    # When
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="key:test", at=LATER)
    run_jobs()

    # Then
    assert standing(attempt.payment) == ("closed", "cancelled")
    assert Authorisation.objects.get().is_spare
    assert len(channel.sent("void")) == 1


def test_a_second_hold_is_given_back_and_the_payment_stays_authorized(channel):
    # Given: a payer left a code that nobody had scanned, and let another try hold the money
    left = confirmed_holding()
    payment = left.payment
    channel.says |= {"query": [MISSING, MISSING], "close": [MISSING]}
    with transaction.atomic():
        closing.withdraw_attempt(left, at=NOON)
    run_jobs()
    wanted = payment.attempts.select_related("operation").exclude(pk=left.pk).get()
    channel.made[wanted.operation.channel_no] = done(10_000)
    attempts.query_attempt(wanted.pk, at=NOON)
    assert standing(payment) == ("authorized", "")

    # When: the code that was left is scanned after all
    channel.made[left.operation.channel_no] = done(10_000)
    attempts.query_attempt(left.pk, at=LATER, is_notified=True)

    # Then: what came second goes back, and what came first is still there to be taken
    assert standing(payment) == ("authorized", "")
    run_jobs()
    assert standing(payment) == ("authorized", "")
    held = {one.attempt_id: one for one in Authorisation.objects.all()}
    assert (held[left.pk].is_spare, held[left.pk].ended_at) == (True, LATER)
    assert (held[wanted.pk].is_spare, held[wanted.pk].ended_at) == (False, None)
    capture(payment, 10_000)
    run_jobs()
    assert standing(payment) == ("paid", "")
