"""Refunds that came back, whatever is said of them after that: only people end them."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.actions.approvals import digest_of
from ledger.models import JournalEntry
from payments.actions import (
    contradictions,
    operations,
    order_resolutions,
    refund_orders,
    refund_remedies,
)
from payments.actions.remedy_cards import PayerCard
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import RemedyNotAskedError
from payments.models import ChannelOperation, Refund, RefundRemedy
from payments.parked_states import RemedyKind
from payments.queries.order_resolutions import Resolution
from payments.queries.refunds import taxes_given_back
from settlements.queries import integrity
from tests.books import assert_entry
from tests.factories.parked import CHECKER, MAKER
from tests.factories.payments import (
    answered_refund,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NOON
from tests.payments.actions.refund_books import merchant_with
from tests.rig.attacks import refused, run_sql
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
CAME_BACK = Outcome(OutcomeKind.RETURNED, code="REFUND_RETURNED")
UNDELIVERED = Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL")
CLOSED = Outcome(OutcomeKind.FAILED, code="CLOSED")
DELIVERED = Outcome(OutcomeKind.SUCCEEDED, amount_minor=3_000, currency="CNY", paid_at=NOON)


@pytest.fixture(autouse=True)
def books_in_order(db):
    yield
    assert integrity.verify().violations == []


@pytest.fixture
def back() -> Refund:
    """A refund of 30.00 that was made and came back."""
    refund = refunded(refund_asked(paid_payment(), amount_minor=3_000))
    return answered_refund(refund, CAME_BACK)


@pytest.fixture
def made_after_all() -> Refund:
    """A refund of 30.00 that failed here, and that two people found made."""
    refund = failed_refund(refund_asked(paid_payment(), amount_minor=3_000))
    return told_true(answered_refund(refund, DELIVERED), "made")


def told_true(refund: Refund, way: str) -> Refund:
    """Two people say what is true of what its channel contradicts."""
    assert refund.status_code == "contradicted"
    truth = Resolution(way, "channel_bill", "bill 2026-03-05, line 9", "Line 9 says so.")
    order = refund.operation_id
    request = contradictions.request_truth(order, truth, actor=MAKER, at=LATER)
    digest = digest_of(request.payload)
    contradictions.approve_truth(order, shown_digest=digest, decider=CHECKER, at=LATER)
    refund.refresh_from_db()
    return refund


def asked(refund: Refund, kind: RemedyKind) -> RefundRemedy:
    card = PayerCard("ICBC_DEBIT", "6222 0000 0000 0000", "张茶")
    return refund_remedies.request_remedy(
        refund.pk, kind=kind, card=card, note="As agreed by phone.", actor=MAKER, at=LATER
    )


def sent(refund: Refund, kind: RemedyKind) -> Refund:
    """Two people send it another way."""
    remedy = asked(refund, kind)
    refund_remedies.approve_remedy(
        refund.pk, shown_digest=bytes(remedy.approval.digest), decider=CHECKER, at=LATER
    )
    refund.refresh_from_db()
    return refund


def standing(refund: Refund) -> tuple[str, str]:
    order = ChannelOperation.objects.get(subject=refund.pk)
    return refund.status, order.status


class TestFailureIsNoNews:
    def test_a_notification_told_again_gives_nothing_to_merchants(self):
        # Given
        refund = refunded(refund_asked(paid_payment(), amount_minor=3_000))
        told_true(answered_refund(refund, CLOSED), "not_made")
        assert standing(refund) == ("reversed", "manual_review")
        entries = JournalEntry.objects.count()

        # When
        answered_refund(refund, CLOSED)

        # Then
        assert standing(refund) == ("reversed", "manual_review")
        assert JournalEntry.objects.count() == entries

    @pytest.mark.parametrize("said", [UNDELIVERED, CLOSED], ids=["abnormal", "closed"])
    def test_a_way_that_failed_leaves_the_one_to_merchants(self, back, said):
        # Given
        sent(back, RemedyKind.PAYER_CARD)
        assert standing(back) == ("submitting", "unknown")

        # When
        answered_refund(back, said)

        # Then
        assert (standing(back), back.turn) == (("reversed", "manual_review"), 2)
        assert RefundRemedy.objects.get().status == "failed"
        assert standing(sent(back, RemedyKind.MERCHANTS)) == ("failed", "failed")

    def test_a_way_may_end_what_was_unknown_for_a_while(self, back):
        # Given
        sent(back, RemedyKind.PAYER_CARD)
        answered_refund(back, Outcome(OutcomeKind.PROCESSING))
        assert back.status == "processing"

        # When
        answered_refund(back, UNDELIVERED)

        # Then
        assert standing(back) == ("reversed", "manual_review")

    def test_what_is_at_our_account_may_go_to_merchants_still(self, back):
        # Given
        sent(back, RemedyKind.OUR_ACCOUNT)
        RefundRemedy.objects.update(sent_at=NOON)

        # When
        answered_refund(back, Outcome(OutcomeKind.ABNORMAL, code="AT_OUR_ACCOUNT"))

        # Then
        assert standing(back) == ("reversed", "manual_review")
        assert RefundRemedy.objects.get().status == "done"
        with nothing_written(), pytest.raises(RemedyNotAskedError):
            asked(back, RemedyKind.PAYER_CARD)
        assert sent(back, RemedyKind.MERCHANTS).status == "failed"

    def test_the_database_wants_the_word_of_people(self, back):
        for status, words in [
            ("submitting", "is not delivered again as anybody agreed"),
            ("failed", "was not given to its merchants as anybody agreed"),
        ]:
            with refused(words):
                run_sql("UPDATE payments_refund SET status = %s WHERE id = %s", status, back.pk)
        sent(back, RemedyKind.PAYER_CARD)
        with refused("was not given to its merchants as anybody agreed"):
            run_sql("UPDATE payments_refund SET status = 'failed' WHERE id = %s", back.pk)

    def test_the_database_wants_it_booked_that_it_came_back(self):
        refund = answered_refund(refund_asked(paid_payment()), Outcome(OutcomeKind.PROCESSING))
        for turn in (1, 2):
            with refused("never came back"):
                run_sql(
                    "UPDATE payments_refund SET status = 'reversed', turn = %s WHERE id = %s",
                    turn,
                    refund.pk,
                )


class TestMadeAfterAll:
    def test_it_is_heard_when_it_comes_back(self, made_after_all):
        # Given
        assert standing(made_after_all) == ("succeeded", "succeeded")
        assert not refund_orders._read(made_after_all.pk).has_come_back

        # When
        answered_refund(made_after_all, UNDELIVERED)

        # Then
        assert standing(made_after_all) == ("reversed", "manual_review")
        assert refund_orders._read(made_after_all.pk).has_come_back
        part = made_after_all.allocations.get().pk
        assert_entry(f"{part}:reversed:2", "Dr 1101 30.00 CNY\nCr 2101 30.00 CNY")
        assert sent(made_after_all, RemedyKind.PAYER_CARD).status == "submitting"

    def test_it_may_be_found_not_made_once_more(self, made_after_all):
        # When
        told_true(answered_refund(made_after_all, CLOSED), "not_made")

        # Then
        assert standing(made_after_all) == ("reversed", "manual_review")
        assert standing(sent(made_after_all, RemedyKind.MERCHANTS)) == ("failed", "failed")

    def test_the_database_wants_the_word_of_people(self):
        refund = failed_refund(refund_asked(paid_payment()))
        with refused("did not succeed after all as anybody agreed"):
            run_sql(
                "UPDATE payments_channeloperation SET status = 'succeeded' WHERE id = %s",
                refund.operation_id,
            )


class TestEvidenceIsUsedUp:
    @pytest.fixture
    def in_review(self) -> Refund:
        """A refund of 30.00 of which no channel says anything."""
        refund = refund_asked(paid_payment(), amount_minor=3_000)
        answered_refund(refund, Outcome(OutcomeKind.UNKNOWN))
        answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
        give_up(refund)
        return refund

    def test_what_is_abnormal_meanwhile_goes_to_no_merchant(self, in_review):
        # Given people agreed while somebody was asking the channel
        with transaction.atomic():
            lease = operations.claim_to_ask(in_review.pk, is_notified=True)
        resolved(in_review, "failed")
        refund_orders.resolve_refund(in_review.pk, at=LATER)

        # When the channel has answered, and the worker comes again
        refund_orders._record(in_review.pk, lease=lease, outcome=UNDELIVERED, at=LATER)
        with nothing_written():
            refund_orders.resolve_refund(in_review.pk, at=LATER)

        # Then
        in_review.refresh_from_db()
        assert standing(in_review) == ("abnormal", "manual_review")

    def test_what_came_back_since_is_not_made_by_the_old_word(self, in_review):
        # Given the worker died after COMMIT
        resolved(in_review, "succeeded")
        refund_orders.resolve_refund(in_review.pk, at=LATER)
        in_review.refresh_from_db()
        assert standing(in_review) == ("succeeded", "succeeded")
        answered_refund(in_review, UNDELIVERED)

        # When, Then
        with nothing_written():
            refund_orders.resolve_refund(in_review.pk, at=LATER)

        # Nor when another way was tried, and nobody answers for that
        sent(in_review, RemedyKind.PAYER_CARD)
        give_up(in_review)
        with nothing_written():
            refund_orders.resolve_refund(in_review.pk, at=LATER)

        # And people may say of this review what became of it
        resolved(in_review, "succeeded")
        refund_orders.resolve_refund(in_review.pk, at=LATER)
        in_review.refresh_from_db()
        assert standing(in_review) == ("succeeded", "succeeded")
        part = in_review.allocations.get().pk
        assert_entry(f"{part}:succeeded:2", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")


def give_up(refund: Refund) -> None:
    """Let the schedule of questions be over."""
    ChannelOperation.objects.filter(subject=refund.pk).update(
        status="manual_review", next_query_at=None
    )


def resolved(refund: Refund, outcome: str) -> None:
    """Two people say by evidence what became of its order."""
    resolution = Resolution(outcome, "channel_letter", "mail 5", "They wrote so.")
    order = refund.operation_id
    request = order_resolutions.request_resolution(order, resolution, actor=MAKER, at=LATER)
    order_resolutions.approve_resolution(
        order, shown_digest=digest_of(request.payload), decider=CHECKER, at=LATER
    )


def test_the_tax_of_a_refund_is_that_of_its_last_funding():
    # Given fees of 0.09, twice: the first has 0.01 of tax in it, both together no more
    payment = paid_payment(merchant_with(vat_bps=600))
    refund = failed_refund(refund_asked(payment, amount_minor=450))
    refunded(refund_asked(payment, amount_minor=450))
    part = refund.allocations.get()
    assert (part.fee_returned_minor, taxes_given_back({part.pk: 1})) == (9, {part.pk: 1})
    paid = Outcome(OutcomeKind.SUCCEEDED, amount_minor=450, currency="CNY", paid_at=NOON)

    # When
    told_true(answered_refund(refund, paid), "made")

    # Then
    assert taxes_given_back({part.pk: refund.turn}) == {part.pk: 0}
    answered_refund(refund, CAME_BACK)
    sent(refund, RemedyKind.MERCHANTS)
    assert_entry(f"{part.pk}:failed:3", "Dr 2101 4.50 CNY\nCr 2001 4.41 CNY\nCr 4001 0.09 CNY")
