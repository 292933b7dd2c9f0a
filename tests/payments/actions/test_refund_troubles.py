"""Refunds that a channel could not deliver, or of which it says another thing later."""

import pytest

from ledger.models import AuditEntry, JournalEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelOperation, Event
from tests.books import assert_entry
from tests.factories.payments import answered_refund, failed_refund, paid_payment, refunded
from tests.instants import NEXT_NOON
from tests.payments.actions.refund_books import (  # noqa: F401
    asked,
    laws_hold,
    on_the_way,
    parts,
)

pytestmark = pytest.mark.django_db


class TestOutcomes:
    def test_abnormal_keeps_the_money_apart_until_the_channel_delivers(self):
        # Given
        payment = paid_payment()
        refund = asked(payment)
        answered_refund(refund, Outcome(OutcomeKind.PROCESSING))

        # When
        answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))

        # Then
        assert (refund.status, refund.operation.status) == ("abnormal", "manual_review")
        assert on_the_way(payment) == "100.00"
        refunded(refund, at=NEXT_NOON)
        assert (refund.status, refund.operation.status) == ("succeeded", "succeeded")
        assert on_the_way(payment) == "0.00"

    def test_abnormal_may_still_fail_and_gives_the_money_back(self):
        """E05g after the channel gave up on delivering it."""
        # Given
        payment = paid_payment()
        refund = asked(payment)
        answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
        answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))
        assert on_the_way(payment) == "100.00"

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        assert (refund.status, refund.status_code) == ("failed", "REFUSED")
        assert refund.operation.status == "failed"
        (part,) = parts(refund)
        assert_entry(f"{part}:failed", "Dr 2101 100.00 CNY\nCr 2001 98.00 CNY\nCr 4001 2.00 CNY")
        assert on_the_way(payment) == "0.00"
        told = Event.objects.filter(subject=refund.pk).order_by("sequence")
        assert list(told.values_list("kind", flat=True))[-3:] == [
            "refund.abnormal",
            "refund.submitting",
            "refund.failed",
        ]

    def test_one_of_unknown_outcome_that_people_look_at_may_have_failed(self):
        # Given nobody got an answer to the last question
        payment = paid_payment()
        refund = asked(payment)
        answered_refund(refund, Outcome(OutcomeKind.UNKNOWN))
        ChannelOperation.objects.filter(pk=refund.operation_id).update(status="manual_review")

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        assert (refund.status, refund.operation.status) == ("failed", "failed")
        assert on_the_way(payment) == "0.00"

    def test_failed_and_told_succeeded_is_kept_for_people(self):
        # Given
        payment = paid_payment()
        refund = asked(payment)
        failed_refund(refund)
        booked = JournalEntry.objects.count()

        # When
        refunded(refund, at=NEXT_NOON)
        refunded(refund, at=NEXT_NOON)

        # Then it stays failed, nothing is booked, and it is told once
        assert (refund.status, refund.status_code) == ("failed", "contradicted")
        assert refund.operation.status == "failed"
        assert refund.succeeded_at is None
        assert JournalEntry.objects.count() == booked
        event = Event.objects.get(kind="refund.contradicted")
        assert (event.subject, event.at, event.payload["code"]) == (
            refund.pk,
            NEXT_NOON,
            "contradicted",
        )
        audited = AuditEntry.objects.get(action="refund.contradicted")
        assert (audited.subject, audited.actor) == (refund.pk, "channel:alipay")

    @pytest.mark.parametrize("kind", [OutcomeKind.FAILED, OutcomeKind.UNKNOWN, OutcomeKind.CLOSED])
    def test_failed_and_told_so_again_changes_nothing(self, kind):
        # Given
        refund = asked(paid_payment())
        failed_refund(refund)
        told = Event.objects.count()

        # When
        answered_refund(refund, Outcome(kind))

        # Then
        assert (refund.status, refund.status_code) == ("failed", "REFUSED")
        assert Event.objects.count() == told
