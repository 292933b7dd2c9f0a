"""Refunds that were made and came back: owed to the payer again, until two people end it."""

import pytest

from ledger.errors import IllegalMoveError, SelfApprovalError
from ledger.models import AuditEntry, JournalEntry
from payments.actions import refund_remedies
from payments.actions.remedy_cards import PayerCard
from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.errors import RemedyNotAskedError
from payments.models import Event, Refund, RefundRemedy
from payments.parked_states import RemedyKind, ResolutionWay
from settlements.queries import integrity
from tests.books import assert_entry, balance
from tests.factories.parked import CHECKER, MAKER, late_money, resolved
from tests.factories.payments import answered_refund, paid_payment, refund_asked, refunded
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

CAME_BACK = Outcome(OutcomeKind.RETURNED, code="REFUND_RETURNED")
UNDELIVERED = Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL")


@pytest.fixture
def made() -> Refund:
    """A refund of 30.00 that its channel made, with 0.18 of its fee."""
    yield refunded(refund_asked(paid_payment(), amount_minor=3_000), fee_minor=18)
    assert integrity.verify().violations == []


def asked(refund: Refund, kind: RemedyKind, note: str = "As agreed by phone.") -> RefundRemedy:
    card = PayerCard("ICBC_DEBIT", "6222 0000 0000 0000", "张茶")
    return refund_remedies.request_remedy(
        refund.pk, kind=kind, card=card, note=note, actor=MAKER, at=NOON
    )


def agreed(remedy: RefundRemedy, decider=CHECKER) -> RefundRemedy:
    return refund_remedies.approve_remedy(
        remedy.refund_id, shown_digest=bytes(remedy.approval.digest), decider=decider, at=NOON
    )


def owner(refund: Refund) -> str:
    part = refund.allocations.select_related("allocation").get()
    return f"{refund.operation.channel_account_id}/{part.allocation.merchant_id}"


class TestComingBack:
    @pytest.mark.parametrize("told", [CAME_BACK, UNDELIVERED], ids=["returned", "abnormal"])
    def test_is_owed_to_the_payer_again_and_told_once(self, made, told):
        # When the channel says so, and says so again
        for _ in range(2):
            answered_refund(made, told)

        # Then
        made.refresh_from_db()
        assert (made.status, made.status_code, made.turn) == ("reversed", told.code, 2)
        assert made.operation.status == "manual_review"
        part = made.allocations.get().pk
        assert_entry(f"{part}:reversed", "Dr 1101 30.00 CNY\nCr 2101 30.00 CNY")
        assert balance("2101", owner(made)) == "30.00"
        assert Event.objects.filter(kind="refund.reversed", subject=made.pk).count() == 1
        assert AuditEntry.objects.filter(action="refund.reversed", subject=made.pk).count() == 1

    def test_what_came_back_before_it_was_told_as_made_is_booked_whole(self):
        # Given
        refund = answered_refund(refund_asked(paid_payment()), Outcome(OutcomeKind.PROCESSING))

        # When
        answered_refund(
            refund,
            Outcome(OutcomeKind.RETURNED, amount_minor=10_000, currency="CNY", paid_at=NOON),
        )

        # Then
        assert (refund.status, refund.succeeded_at) == ("reversed", NOON)
        part = refund.allocations.get().pk
        assert_entry(f"{part}:succeeded", "Dr 2101 100.00 CNY\nCr 1101 100.00 CNY")
        assert_entry(f"{part}:reversed", "Dr 1101 100.00 CNY\nCr 2101 100.00 CNY")
        assert integrity.verify().violations == []

    @pytest.mark.parametrize(
        "told",
        [
            Outcome(OutcomeKind.UNKNOWN, code=NOT_FOUND),
            Outcome(OutcomeKind.PROCESSING),
            Outcome(OutcomeKind.RETURNED, amount_minor=2_999, currency="CNY"),
        ],
        ids=["not found", "processing", "another amount"],
    )
    def test_nothing_else_that_is_said_moves_money(self, made, told):
        # Given
        entries = JournalEntry.objects.count()

        # When
        answered_refund(made, told)

        # Then
        assert (made.status, made.status_code, made.operation.status) == (
            "succeeded",
            "",
            "succeeded",
        )
        assert JournalEntry.objects.count() == entries

    def test_that_it_failed_is_for_people(self, made):
        # When
        for _ in range(2):
            answered_refund(made, Outcome(OutcomeKind.FAILED, code="CLOSED"))

        # Then
        assert (made.status, made.status_code) == ("succeeded", "contradicted")
        assert Event.objects.filter(kind="refund.contradicted").count() == 1

    def test_money_in_suspense_goes_back_there_and_waits(self):
        # Given
        parked = late_money()
        resolved(parked, ResolutionWay.REFUND)
        refund = refunded(Refund.objects.get())

        # When
        answered_refund(refund, CAME_BACK)

        # Then
        parked.refresh_from_db()
        assert (refund.status, parked.status) == ("failed", "waiting")
        assert_entry(
            f"{refund.pk}:unallocated:failed:2",
            f"Dr 2101 {parked.amount_minor / 100:.2f} CNY\n"
            f"Cr 2901 {parked.amount_minor / 100:.2f} CNY",
        )
        assert integrity.verify().violations == []
        resolved(parked, ResolutionWay.REFUND)


class TestEnds:
    def test_two_people_give_it_to_its_merchant(self, made):
        # Given
        answered_refund(made, CAME_BACK)
        remedy = asked(made, RemedyKind.MERCHANTS)
        with nothing_written(), pytest.raises(SelfApprovalError):
            agreed(remedy, type(CHECKER)(MAKER, second_factor="totp"))

        # When
        agreed(remedy)

        # Then
        made.refresh_from_db()
        assert (made.status, made.status_code) == ("failed", "TO_MERCHANTS")
        assert made.operation.status == "failed"
        part = made.allocations.get().pk
        assert_entry(f"{part}:failed:2", "Dr 2101 30.00 CNY\nCr 2001 29.40 CNY\nCr 4001 0.60 CNY")
        assert balance("2101", owner(made)) == "0.00"
        refund_asked(made.payment)

    def test_it_is_delivered_elsewhere_and_booked_once_more(self, made):
        # Given
        answered_refund(made, CAME_BACK)
        agreed(asked(made, RemedyKind.PAYER_CARD))
        made.refresh_from_db()
        assert (made.status, made.operation.status) == ("submitting", "unknown")

        # When
        refunded(made, fee_minor=18)

        # Then what of the channel's fee came back has come back once
        part = made.allocations.get().pk
        assert_entry(f"{part}:succeeded:2", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert RefundRemedy.objects.get().status == "done"

        # And may come back again
        answered_refund(made, CAME_BACK)
        assert (made.status, made.turn) == ("reversed", 3)
        assert_entry(f"{part}:reversed:2", "Dr 1101 30.00 CNY\nCr 2101 30.00 CNY")

    def test_until_then_it_keeps_its_share_of_the_payment(self, made):
        # Given
        answered_refund(made, CAME_BACK)

        # When
        rest = refund_asked(made.payment)

        # Then
        assert rest.amount_minor == 7_000

    def test_what_did_not_come_back_goes_to_no_merchant(self):
        # Given
        refund = answered_refund(refund_asked(paid_payment()), Outcome(OutcomeKind.PROCESSING))
        for outcome in [None, UNDELIVERED]:
            if outcome is not None:
                answered_refund(refund, outcome)

            # When, Then
            with nothing_written(), pytest.raises(IllegalMoveError):
                asked(refund, RemedyKind.MERCHANTS)


class TestOurAccount:
    def test_what_the_channel_paid_to_us_is_owed_to_the_payer_still(self):
        # Given
        refund = answered_refund(refund_asked(paid_payment()), Outcome(OutcomeKind.PROCESSING))
        answered_refund(refund, UNDELIVERED)
        remedy = asked(refund, RemedyKind.OUR_ACCOUNT)
        assert (remedy.bank, remedy.account_encrypted, remedy.account_tail) == ("", "", "")
        agreed(remedy)
        RefundRemedy.objects.update(sent_at=NOON)

        # When the channel has delivered it there
        answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="AT_OUR_ACCOUNT"))

        # Then nothing of it is booked before the bank and people say so
        remedy.refresh_from_db()
        assert (refund.status, refund.status_code) == ("abnormal", "AT_OUR_ACCOUNT")
        assert (remedy.status, refund.operation.status) == ("done", "manual_review")
        assert balance("2101", owner(refund)) == "100.00"
        for kind in (RemedyKind.PAYER_CARD, RemedyKind.OUR_ACCOUNT):
            with nothing_written(), pytest.raises(RemedyNotAskedError):
                asked(refund, kind)
        assert integrity.verify().violations == []
