"""What had failed and is said to be made after all: nobody pays that settlement again."""

import pytest

from ledger.models import AuditEntry
from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.models import Event
from settlements.actions import payouts, retries, settlements, transfer_outcomes, transfers
from settlements.actions.payouts import PayoutOutcome, PayoutResult, Recorded
from settlements.errors import PayoutContradictedError
from settlements.locks import locked_payout
from settlements.models import Payout, Settlement
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    House,
    answered_transfer,
    available_money,
    exported_file,
    house,
    paying_payout,
    settled_merchant,
    shown_digest,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

REFUSED = Outcome(OutcomeKind.FAILED, code="PAYEE_NOT_EXIST")
MADE = Outcome(OutcomeKind.SUCCEEDED, channel_ref="2026", amount_minor=9_800, currency="CNY")


@pytest.fixture
def accounts() -> House:
    return house()


def told(payout_id: str, result: PayoutResult, code: str = "") -> Recorded:
    """Record what the bank says of a payout."""
    return payouts.record_payout_outcome(
        locked_payout(payout_id),
        PayoutOutcome(result=result, code=code),
        actor="task:t",
        at=NEXT_NOON,
    )


@pytest.fixture
def failed(accounts) -> Payout:
    """A payout of 98.00 that the bank rejected."""
    merchant = settled_merchant()
    available_money(merchant)
    payout = paying_payout(merchant, bank=accounts.bank)
    told(payout.pk, PayoutResult.FAILED, "AC04")
    return payout


@pytest.fixture
def refused(accounts) -> Payout:
    """A transfer of 98.00 that the channel refused, and said again that it did not make it."""
    merchant = settled_merchant(with_destination=False)
    available_money(merchant, channel=accounts.channel)
    payout = answered_transfer(merchant, channel=accounts.channel, outcome=REFUSED)
    unknown = Outcome(OutcomeKind.UNKNOWN, code=NOT_FOUND)
    transfer_outcomes.look_again(payout.pk, outcome=unknown, at=NEXT_NOON)
    return payout


def retry(settlement_id: str) -> Settlement:
    return retries.retry_payout(settlement_id, actor=MAKER, at=NEXT_NOON, reason="again")


def queued_again(payout: Payout) -> Payout:
    """Let two people agree that what failed is paid again."""
    settlement = retry(payout.settlement_id)
    retries.approve_retry(
        settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=NEXT_NOON
    )
    return Payout.objects.get(settlement=settlement, status="queued")


def assert_given_up(payout: Payout) -> None:
    """Assert that a payout was taken out of the queue, and its settlement waits for people."""
    payout.refresh_from_db()
    settlement = payout.settlement
    assert (settlement.status, payout.status, payout.status_code) == (
        "pay_failed",
        "failed",
        "payout_contradicted",
    )
    assert payout.finished_at == NEXT_NOON
    assert_balances(settlement.merchant_id, settlement_hold="98.00")
    assert verify().violations == []


class TestAtTheBank:
    def test_is_marked_and_told_once(self, failed):
        # When
        assert told(failed.pk, PayoutResult.SUCCEEDED) == Recorded.CONTRADICTS

        # Then the bank's first word stands
        failed.refresh_from_db()
        assert (failed.status, failed.status_code) == ("failed", "contradicted")
        facts = {"was": "AC04", "now": "succeeded", "settlement": failed.settlement_id}
        assert Event.objects.get(kind="payout.contradicted").payload == facts
        audit = AuditEntry.objects.get(action="payout.contradicted")
        assert (audit.subject, audit.actor, audit.after) == (failed.pk, "task:t", facts)
        assert verify().violations == []

        # When it is told again
        with nothing_written():
            assert told(failed.pk, PayoutResult.SUCCEEDED) == Recorded.CONTRADICTS

    def test_is_neither_paid_again_nor_given_up(self, failed):
        # Given
        told(failed.pk, PayoutResult.SUCCEEDED)

        # When, Then
        with nothing_written(), pytest.raises(PayoutContradictedError):
            retry(failed.settlement_id)
        with nothing_written(), pytest.raises(PayoutContradictedError):
            settlements.cancel_settlement(
                failed.settlement_id, actor=MAKER, at=NEXT_NOON, reason="closed"
            )

    def test_a_request_that_waits_is_not_agreed_to(self, failed):
        # Given
        settlement = retry(failed.settlement_id)
        told(failed.pk, PayoutResult.SUCCEEDED)

        # When, Then
        with nothing_written(), pytest.raises(PayoutContradictedError):
            retries.approve_retry(
                settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=NEXT_NOON
            )

    def test_what_waits_for_a_file_is_not_sent(self, failed, accounts):
        # Given
        second = queued_again(failed)
        told(failed.pk, PayoutResult.SUCCEEDED)

        # When
        file = payouts.export_payment_file(
            accounts.bank.pk, execution_date=FRIDAY, actor=MAKER, at=NEXT_NOON
        )

        # Then
        assert file is None
        assert_given_up(second)
        assert second.approval.state == "voided"

    def test_an_older_one_counts_as_much_as_the_last(self, failed, accounts):
        # Given a second payout that failed too
        second = queued_again(failed)
        exported_file(accounts.bank)
        told(second.pk, PayoutResult.FAILED, "AC06")

        # When
        told(failed.pk, PayoutResult.SUCCEEDED)

        # Then
        with nothing_written(), pytest.raises(PayoutContradictedError):
            retry(failed.settlement_id)


class TestByTransfer:
    def test_what_waits_to_be_sent_is_not(self, refused):
        # Given
        second = queued_again(refused)
        transfer_outcomes.look_again(refused.pk, outcome=MADE, at=NEXT_NOON)

        # When
        assert transfers._claim_to_send(second.pk, at=NEXT_NOON) is None

        # Then
        assert_given_up(second)
        assert second.approval.state == "voided"
        assert second.entry is None

    def test_what_was_claimed_does_not_leave(self, refused):
        # Given one that was booked, and whose call is about to be made
        second = queued_again(refused)
        lease = transfers._claim_to_send(second.pk, at=NEXT_NOON)
        transfer_outcomes.look_again(refused.pk, outcome=MADE, at=NEXT_NOON)

        # When
        outcome = transfers._place(second.pk, NEXT_NOON)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.NOT_SENT, "payout_contradicted")

        # When it would be tried again
        transfers._record(second.pk, lease=lease, outcome=outcome, at=NEXT_NOON)
        assert transfers._claim_to_send(second.pk, at=NEXT_NOON) is None

        # Then what was booked is taken back
        assert_given_up(second)
