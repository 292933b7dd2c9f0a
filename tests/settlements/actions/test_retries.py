"""What failed or came back is paid again by a new payout and two people, never by itself."""

import pytest

from ledger.errors import ApprovalClosedError, IllegalMoveError, SelfApprovalError
from ledger.models import AuditEntry
from settlements.actions import payouts, retries, settlements
from settlements.actions.payouts import PayoutOutcome, PayoutResult
from settlements.errors import (
    NoDestinationError,
    PayoutContradictedError,
    ReasonMissingError,
)
from settlements.locks import locked_payout
from settlements.models import Destination, Payout, Settlement
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    available_money,
    destination_of,
    exported_file,
    house,
    paying_payout,
    settled_merchant,
    shown_digest,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    return house().bank


@pytest.fixture
def merchant(bank):
    merchant = settled_merchant()
    available_money(merchant)
    return merchant


@pytest.fixture
def failed(merchant, bank) -> Payout:
    """A payout of 98.00 that the bank rejected."""
    payout = locked_payout(paying_payout(merchant, bank=bank).pk)
    outcome = PayoutOutcome(result=PayoutResult.FAILED, code="AC04")
    payouts.record_payout_outcome(payout, outcome, actor="task:t", at=NEXT_NOON)
    return payout


def retry(settlement_id: str, **other) -> Settlement:
    return retries.retry_payout(
        settlement_id, **{"actor": MAKER, "at": NEXT_NOON, "reason": "new account", **other}
    )


def approve(settlement: Settlement, *, decider=CHECKER) -> Settlement:
    return retries.approve_retry(
        settlement.pk, shown_digest=shown_digest(settlement), decider=decider, at=NEXT_NOON
    )


def test_a_new_payout_under_a_new_number_pays_it(failed, merchant, bank, laws_now):
    # Given
    destination = destination_of(merchant, account_no="6222020000000000002")
    settlement = retry(failed.settlement_id)
    assert (settlement.status, settlement.approval.state) == ("pay_failed", "pending")
    assert verify().violations == []

    # When
    approve(settlement)

    # Then
    newest = Payout.objects.select_related("operation").exclude(pk=failed.pk).get()
    assert (newest.status, newest.destination, newest.amount_minor) == (
        "queued",
        destination,
        9_800,
    )
    assert newest.operation.channel_no != failed.operation.channel_no
    assert failed.destination != destination
    assert verify().violations == []

    # When
    exported_file(bank)

    # Then
    settlement.refresh_from_db()
    newest.refresh_from_db()
    assert (settlement.status, newest.status, newest.approval.state) == (
        "paying",
        "exported",
        "executed",
    )
    assert_balances(bank.pk, payouts_in_transit="98.00")
    laws_now()
    assert verify().violations == []


def test_asking_tells_who_asked_and_why(failed):
    # When
    retry(failed.settlement_id, client_ip="203.0.113.1", request_id="req-9")

    # Then
    audit = AuditEntry.objects.get(action="settlement.retry_requested")
    assert (audit.subject, audit.actor, audit.reason, audit.request_id) == (
        failed.settlement_id,
        MAKER,
        "new account",
        "req-9",
    )


def test_the_maker_does_not_approve(failed):
    # Given
    settlement = retry(failed.settlement_id)

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(settlement, decider=type(CHECKER)(actor=MAKER))


def test_a_rejected_one_may_be_asked_for_again(failed):
    # Given
    settlement = retry(failed.settlement_id)

    # When
    retries.reject_retry(
        settlement.pk,
        shown_digest=shown_digest(settlement),
        decider=CHECKER,
        at=NEXT_NOON,
        reason="call them first",
    )

    # Then
    settlement.refresh_from_db()
    assert (settlement.status, settlement.approval.state) == ("pay_failed", "rejected")
    assert Payout.objects.count() == 1
    assert verify().violations == []
    with nothing_written(), pytest.raises(ApprovalClosedError):
        approve(settlement)
    assert retry(failed.settlement_id).approval.state == "pending"


def test_what_changed_since_it_was_approved_is_not_paid(failed, merchant, bank):
    # Given
    settlement = approve(retry(failed.settlement_id))
    destination_of(merchant, account_no="6222020000000000002")

    # When
    assert (
        payouts.export_payment_file(bank.pk, execution_date=FRIDAY, actor=MAKER, at=NEXT_NOON)
        is None
    )

    # Then
    settlement.refresh_from_db()
    assert (settlement.status, settlement.approval.state) == ("pay_failed", "voided")
    assert set(Payout.objects.values_list("status", flat=True)) == {"failed"}
    assert_balances(merchant.pk, settlement_hold="98.00")
    assert verify().violations == []
    assert retry(failed.settlement_id).approval.state == "pending"


def test_it_may_be_given_up_instead(failed, merchant):
    # Given
    settlement = approve(retry(failed.settlement_id))

    # When
    settlements.cancel_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON, reason="closed")

    # Then
    assert_balances(merchant.pk, settlement_hold="0.00", merchant_available="98.00")
    assert set(Payout.objects.values_list("status", flat=True)) == {"failed"}
    assert verify().violations == []


class TestRefusing:
    def test_without_a_reason(self, failed):
        with nothing_written(), pytest.raises(ReasonMissingError):
            retry(failed.settlement_id, reason=" ")

    def test_while_it_is_asked_for(self, failed):
        retry(failed.settlement_id)
        with nothing_written(), pytest.raises(ApprovalClosedError):
            retry(failed.settlement_id)

    def test_while_a_payout_may_still_move(self, merchant, bank):
        payout = paying_payout(merchant, bank=bank)
        with nothing_written(), pytest.raises(IllegalMoveError):
            retry(payout.settlement_id)

    def test_while_a_new_payout_waits(self, failed):
        settlement = approve(retry(failed.settlement_id))
        with nothing_written(), pytest.raises(IllegalMoveError):
            retry(settlement.pk)

    def test_where_there_is_no_account(self, failed):
        Destination.objects.update(is_active=False)
        with nothing_written(), pytest.raises(NoDestinationError):
            retry(failed.settlement_id)

    def test_what_the_channel_says_was_made_after_all(self, failed):
        # Given
        Payout.objects.filter(pk=failed.pk).update(status_code="contradicted")

        # When, Then: neither paid again, nor given back to be paid with the next one
        with nothing_written(), pytest.raises(PayoutContradictedError):
            retry(failed.settlement_id)
        with nothing_written(), pytest.raises(PayoutContradictedError):
            settlements.cancel_settlement(
                failed.settlement_id, actor=MAKER, at=NEXT_NOON, reason="try anew"
            )
