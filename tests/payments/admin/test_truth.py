# ruff: noqa: F811  fixtures are imported
"""What a channel contradicts, in the back office: two people say what is true, and it is booked."""

import pytest
from django.http import HttpResponse

from ledger.models import ApprovalRequest, AuditEntry, JournalEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Authorisation, Capture, Refund, Void
from tests.books import assert_balances, assert_entry
from tests.factories.payments import answered_refund, paid_payment, refund_asked, refunded
from tests.payments.admin.test_hold_pages import refused
from tests.payments.admin.truth_desk import (  # noqa: F401
    LATER,
    SAID,
    agree,
    an_hour_later,
    capture,
    channel,
    look,
    press,
    refund,
    void,
)
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db(transaction=True)


def end(row: Refund | Capture | Void, way: str) -> HttpResponse:
    """Have one person say it, and another agree."""
    asked = press(desk("finance_maker"), "ask_truth", row, **{**SAID, "way": way})
    assert asked.status_code == 302
    agreed = agree(desk("finance_checker"), row)
    row.refresh_from_db()
    return agreed


class TestRefunds:
    def test_two_people_book_what_was_made_after_all(self, refund):
        # Given
        maker, checker = desk("finance_maker"), desk("finance_checker")
        entries = JournalEntry.objects.count()

        # When
        asked = press(maker, "ask_truth", refund, **SAID)

        # Then no money has moved, and the other person sees all of it
        assert (asked.status_code, JournalEntry.objects.count()) == (302, entries)
        seen = look(checker, "approve_truth", refund)
        for told in ("30.00", SAID["reference"], SAID["reason"], "the channel did it"):
            assert told in seen

        # When
        agreed = agree(checker, refund)

        # Then
        assert agreed.status_code == 302
        refund.refresh_from_db()
        assert (refund.status, refund.status_code, refund.succeeded_at) == ("succeeded", "", LATER)
        part = refund.allocations.get()
        assert_entry(
            f"{part.pk}:request:2", "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY"
        )
        assert_entry(f"{part.pk}:succeeded:2", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert JournalEntry.objects.count() == entries + 2
        assert_balances(part.allocation.merchant_id, merchant_pending="68.60")
        deeds = AuditEntry.objects.filter(action__startswith="contradiction.").order_by("pk")
        assert [(deed.action, deed.actor) for deed in deeds] == [
            ("contradiction.requested", actor_of(maker)),
            ("contradiction.approved", actor_of(checker)),
        ]

        # When it is pressed once more
        with nothing_written(but=ITS_OWN_REFUSAL):
            again = press(checker, "approve_truth", refund)
        refused(again, "not_contradicted")

    def test_a_success_that_was_none_is_owed_to_the_payer_again(self):
        # Given
        made = refunded(refund_asked(paid_payment(), amount_minor=3_000))
        answered_refund(made, Outcome(OutcomeKind.FAILED, code="CLOSED"))

        # When
        assert end(made, "not_made").status_code == 302

        # Then
        assert (made.status, made.status_code) == ("reversed", "NOT_MADE")
        part = made.allocations.get().pk
        assert_entry(f"{part}:reversed", "Dr 1101 30.00 CNY\nCr 2101 30.00 CNY")

    def test_what_its_money_is_gone_for_is_not_booked(self, refund):
        # Given what it had freed was refunded since
        refunded(refund_asked(refund.payment, amount_minor=9_000))
        press(desk("finance_maker"), "ask_truth", refund, **SAID)
        checker = desk("finance_checker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = agree(checker, refund)
        refused(response, "contradiction_stands")
        assert ApprovalRequest.objects.get(kind="contradiction").state == "pending"


class TestHolds:
    def test_a_capture_that_was_made_pays_its_merchant(self, capture):
        # Given
        entries = JournalEntry.objects.count()

        # When
        assert end(capture, "made").status_code == 302

        # Then
        payment = capture.payment
        assert (capture.status, payment.status, payment.paid_at) == ("succeeded", "paid", LATER)
        share = payment.allocations.get()
        assert_balances(share.merchant_id, merchant_pending="98.00")
        assert Authorisation.objects.get().ended_code == "captured"
        assert JournalEntry.objects.count() == entries + 1
        assert_entry(
            f"{capture.shares.get().pk}:captured",
            """Dr 1101 100.00 CNY
               Dr 5001 0.60 CNY
               Cr 1101 0.60 CNY
               Cr 2001 98.00 CNY
               Cr 4001 2.00 CNY""",
        )

    def test_a_void_that_was_made_ends_what_was_held(self, void):
        # Given
        entries = JournalEntry.objects.count()

        # When
        assert end(void, "made").status_code == 302

        # Then
        assert (void.status, void.payment.status) == ("succeeded", "closed")
        assert Authorisation.objects.get().ended_at == LATER
        assert JournalEntry.objects.count() == entries

    @pytest.mark.parametrize("kind", ["capture", "void"])
    def test_what_was_not_made_stays_as_it_is_and_may_be_asked_anew(self, request, kind):
        # Given
        row = request.getfixturevalue(kind)
        entries = JournalEntry.objects.count()

        # When
        assert end(row, "not_made").status_code == 302

        # Then
        assert (row.status, row.status_code) == ("failed", "contradiction_ended")
        assert Authorisation.objects.get().ended_at is None
        assert JournalEntry.objects.count() == entries
        assert AuditEntry.objects.filter(action=f"{kind}.contradiction_ended").count() == 1

        # When two people find better evidence
        assert end(row, "made").status_code == 302

        # Then
        assert (row.status, row.status_code) == ("succeeded", "")
