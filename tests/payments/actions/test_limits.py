# ruff: noqa: F811  fixtures are imported
"""What a payment uses of limits stays counted until no money can come of it."""

import pytest
from django.db import transaction

from payments.actions import (
    attempts,
    closing,
    payments,
    switching,
)
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ParkedMoney, Payment
from risk.actions.lists import block_payer
from risk.models import Screening
from tests.factories.parked import resolved
from tests.instants import NOON
from tests.payments.actions.limits_desk import (  # noqa: F401
    ALL,
    DAY_MINOR,
    LATER,
    NOTHING,
    cards,
    channel,
    ends,
    is_paid,
    left,
    page,
    read,
    time_ends,
    tries_to_pay_more,
    used_up,
)
from tests.payments.actions.test_resolutions_by_people import give_late_terms
from tests.payments.holding import UNKNOWN, done
from tests.rig.races import at_once
from tests.rig.rows import nothing_written
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


class TestAPageIsLeftOpen:
    def test_it_stays_counted_after_the_other_try_failed(self, cards):
        # Given
        attempt, other = left()
        assert attempt.is_left_open

        # When
        other = ends(cards, other)

        # Then another till takes nothing, and the page pays within the day's limit
        assert (other.status, other.payment.status) == ("failed", "awaiting_payment")
        assert used_up() == ALL
        assert tries_to_pay_more() == "rejected"
        assert is_paid(cards, attempt).payment.status == "paid"
        assert used_up() == ALL
        assert Screening.objects.exclude(consumed=[]).count() == 1

    def test_one_payment_counts_once_through_every_choice(self, cards):
        # Given
        attempt, other = left()

        # When its payer chooses again, after the code has failed, and is judged once more
        ends(cards, other)
        with transaction.atomic():
            payments.confirm_payment(
                attempt.payment_id, method="alipay_qr", client_ip=None, actor="key:t", at=LATER
            )

        # Then
        assert Payment.objects.get().status == "awaiting_payment"
        assert Screening.objects.filter(subject=attempt.payment_id).count() == 3
        assert used_up() == ALL

    def test_with_its_last_question_it_is_given_back(self, cards):
        # Given
        attempt, other = left()
        ends(cards, other)

        # When, twice
        attempt = time_ends(attempt)
        with nothing_written(but={"payments_channelcall": 1}):
            time_ends(attempt)

        # Then
        assert (attempt.operation.code, attempt.is_left_open) == ("time_over", False)
        assert used_up() == NOTHING
        assert tries_to_pay_more() == "awaiting_payment"

    def test_while_the_other_try_is_live_its_end_gives_nothing_back(self, cards):
        # Given
        attempt, other = left()

        # When
        time_ends(attempt)

        # Then
        assert used_up() == ALL
        assert ends(cards, other).status == "failed"
        assert used_up() == NOTHING

    def test_nor_once_the_other_try_is_paid(self, cards):
        # Given
        attempt, other = left()
        assert is_paid(cards, other).payment.status == "paid"

        # When
        time_ends(attempt)

        # Then
        assert used_up() == ALL

    @pytest.mark.parametrize("said", [UNKNOWN, Outcome(OutcomeKind.NOT_SENT, code="NO_KEYS")])
    def test_a_question_that_nobody_answers_gives_nothing_back(self, cards, said):
        # Given
        attempt, other = left()
        ends(cards, other)

        # When
        cards.says["query"] = [said]
        attempt = time_ends(attempt)

        # Then
        assert attempt.is_left_open
        assert used_up() == ALL

        # When it is answered
        let_machines_wait()
        run_jobs()
        assert not time_ends(attempt).is_left_open
        assert used_up() == NOTHING

    def test_while_a_bank_is_at_it_it_stays_counted(self, cards):
        # Given
        attempt, other = left()
        ends(cards, other)

        # When
        cards.says["query"] = [Outcome(OutcomeKind.PROCESSING, code="05")]
        attempt = time_ends(attempt)

        # Then
        assert attempt.is_left_open
        assert used_up() == ALL

    def test_a_payment_that_was_cancelled_stays_counted_until_then(self, cards):
        # Given
        attempt, other = left()
        with transaction.atomic():
            closing.cancel_payment(attempt.payment_id, actor="key:t", at=LATER)
        assert ends(cards, other).payment.status == "closed"
        assert used_up() == ALL

        # When
        time_ends(attempt)

        # Then
        assert used_up() == NOTHING

    def test_a_payer_who_is_blocked_by_now_stays_counted_until_then(self, cards):
        # Given
        attempt = page()
        block_payer(attempt.payment.payer_id, actor="user:1", at=NOON, reason="stolen card")

        # When
        with transaction.atomic():
            switching.confirm_or_switch(
                attempt.payment_id, method="alipay_qr", client_ip=None, actor="key:t", at=NOON
            )
        run_jobs()

        # Then
        attempt = read(attempt)
        assert (attempt.payment.status, attempt.is_left_open) == ("closed", True)
        assert used_up() == ALL
        time_ends(attempt)
        assert used_up() == NOTHING

    def test_paid_after_the_payment_was_closed_people_decide_and_then_it_counts(self, cards):
        # Given
        attempt, other = left()
        with transaction.atomic():
            closing.cancel_payment(attempt.payment_id, actor="key:t", at=LATER)
        ends(cards, other)

        # When
        assert is_paid(cards, attempt).payment.status == "paid_late"

        # Then
        assert used_up() == NOTHING

        # When another till used the day up, and two people take the money all the same
        assert tries_to_pay_more() == "awaiting_payment"
        resolved(ParkedMoney.objects.get(), "accept", at=LATER)

        # Then it counts beyond the limit
        assert read(attempt).payment.status == "paid"
        assert used_up() == (2 * DAY_MINOR, 2 * DAY_MINOR)

    def test_paid_after_the_payment_was_closed_terms_take_it_and_it_counts_once(self, cards):
        # Given merchants who want late money taken
        attempt, other = left()
        give_late_terms(attempt.payment.allocations.get().merchant, "accept")
        with transaction.atomic():
            closing.cancel_payment(attempt.payment_id, actor="key:t", at=LATER)
        ends(cards, other)

        # When
        assert is_paid(cards, attempt).payment.status == "paid"

        # Then it was counted all the time
        assert used_up() == ALL
        assert Screening.objects.exclude(consumed=[]).count() == 1

    def test_whoever_pays_both_ways_at_once_is_counted_once(self, cards):
        # Given
        attempt, other = left()
        for each in (attempt, other):
            cards.made[each.operation.channel_no] = done(10_000, at=LATER)

        # When
        results = at_once(
            *(
                lambda pk=each.pk: attempts.query_attempt(pk, at=LATER, is_notified=True)
                for each in (attempt, other)
            )
        )

        # Then
        assert results == [None, None]
        payment = Payment.objects.get()
        assert (payment.status, payment.status_code) == ("paid", "paid_twice")
        assert ParkedMoney.objects.get().kind == "paid_twice"
        assert used_up() == ALL

    def test_paid_while_its_payer_is_at_another_till_the_limit_is_exact(self, cards):
        # Given
        attempt, other = left()
        ends(cards, other)
        cards.made[attempt.operation.channel_no] = done(10_000, at=LATER)

        # When
        results = at_once(
            lambda: attempts.query_attempt(attempt.pk, at=LATER, is_notified=True),
            tries_to_pay_more,
            tries_to_pay_more,
        )

        # Then
        assert results == [None, "rejected", "rejected"]
        assert read(attempt).payment.status == "paid"
        assert used_up() == ALL
