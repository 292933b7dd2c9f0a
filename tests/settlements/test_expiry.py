"""Nothing stays stuck behind a request whose time ran out: settlements, retries, openings."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.actions import approval_ends
from ledger.actions.approvals import LIFETIME
from ledger.models import ApprovalRequest, AuditEntry
from payments.models import Event
from settlements import tasks
from settlements.actions import openings, payouts, retries, settlements, take_backs
from settlements.actions.payouts import PayoutOutcome, PayoutResult
from settlements.locks import locked_payout
from settlements.models import PaymentFile, Payout, Settlement
from tests.books import assert_balances
from tests.factories.openings import asked_opening
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    approved_settlement,
    available_money,
    house,
    paying_payout,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)

TASK = "task:settlements.expire"
THE_END = NEXT_NOON + LIFETIME
A_MOMENT = timedelta(microseconds=1)


@pytest.fixture
def bank():
    return house().bank


@pytest.fixture
def merchant(bank):
    merchant = settled_merchant()
    available_money(merchant)
    return merchant


@pytest.fixture(params=[False, True], ids=["settlements first", "requests first"])
def is_ended_before(request) -> bool:
    """Whether the job of all requests came before that of settlements."""
    return bool(request.param)


def expire(*, is_ended_before: bool) -> int:
    if is_ended_before:
        approval_ends.expire_due(actor="task:ledger.expire_approvals", at=THE_END)
    return take_backs.take_back_expired(actor=TASK, at=THE_END)


def rejected_payout(payout: Payout) -> Payout:
    """Have the bank reject a payout."""
    with transaction.atomic():
        locked = locked_payout(payout.pk)
        outcome = PayoutOutcome(result=PayoutResult.FAILED, code="AC04")
        payouts.record_payout_outcome(locked, outcome, actor="task:t", at=NEXT_NOON)
    return locked


class TestSettlements:
    @pytest.mark.parametrize("bring", [submitted_settlement, approved_settlement])
    def test_not_a_moment_before(self, merchant, bring):
        bring(merchant)

        with nothing_written():
            assert take_backs.take_back_expired(actor=TASK, at=THE_END - A_MOMENT) == 0

    def test_what_nobody_decided_on_is_a_draft_again(self, merchant, is_ended_before):
        # Given
        settlement = submitted_settlement(merchant)

        # When
        taken_back = expire(is_ended_before=is_ended_before)

        # Then
        assert taken_back == 1
        settlement.refresh_from_db()
        assert (settlement.status, settlement.status_code) == ("draft", "approval_expired")
        assert ApprovalRequest.objects.get().state == "expired"
        assert_balances(merchant.id, settlement_hold="98.00")
        assert AuditEntry.objects.get(action="settlement.draft", before__status="submitted").actor
        assert AuditEntry.objects.filter(action="settlement.approval_expired").count() == 1

        # When, Then again
        with nothing_written():
            assert expire(is_ended_before=is_ended_before) == 0

    def test_what_was_approved_and_not_paid_is_a_draft_again(self, merchant, is_ended_before):
        # Given
        settlement = approved_settlement(merchant)

        # When
        taken_back = expire(is_ended_before=is_ended_before)

        # Then
        assert taken_back == 1
        settlement.refresh_from_db()
        assert (settlement.status, settlement.status_code) == ("draft", "approval_expired")
        assert settlement.approved_digest is None
        assert ApprovalRequest.objects.get().state == "expired"
        assert Payout.objects.values_list("status", "status_code").get() == (
            "failed",
            "approval_expired",
        )
        told = Event.objects.filter(subject=settlement.pk, kind__startswith="settlement.")
        assert list(told.order_by("id").values_list("kind", flat=True))[-2:] == [
            "settlement.approval_expired",
            "settlement.draft",
        ]
        assert_balances(merchant.id, settlement_hold="98.00")

    def test_it_goes_all_the_way_when_asked_again(self, merchant, bank, is_ended_before):
        # Given
        settlement = approved_settlement(merchant)
        expire(is_ended_before=is_ended_before)

        # When
        settlements.submit_settlement(settlement.pk, actor=MAKER, at=THE_END)
        settlement.refresh_from_db()
        settlements.approve_settlement(
            settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=THE_END
        )

        # Then
        assert Settlement.objects.get().status == "approved"
        assert Payout.objects.filter(status="queued").count() == 1

    def test_an_export_that_comes_first_pays_nothing_that_is_too_old(self, merchant, bank):
        # Given
        settlement = approved_settlement(merchant)

        # When
        file = payouts.export_payment_file(
            bank.pk, execution_date=THE_END.date(), actor="task:t", at=THE_END
        )

        # Then
        assert (file, PaymentFile.objects.count()) == (None, 0)
        settlement.refresh_from_db()
        assert (settlement.status, settlement.status_code) == ("draft", "approval_expired")
        assert ApprovalRequest.objects.get().state == "expired"

    def test_what_is_being_paid_is_left_alone(self, merchant, bank):
        # Given
        paying_payout(merchant, bank=bank)

        # When, Then
        with nothing_written():
            assert expire(is_ended_before=True) == 0
        assert Settlement.objects.get().status == "paying"

    def test_a_job_does_it(self, merchant):
        submitted_settlement(merchant)

        tasks.expire(at=THE_END.isoformat())

        assert Settlement.objects.get().status == "draft"


class TestRetries:
    @pytest.fixture
    def asked(self, merchant, bank) -> Settlement:
        """A settlement whose payout the bank rejected, and which somebody asks to pay again."""
        payout = rejected_payout(paying_payout(merchant, bank=bank))
        return retries.retry_payout(
            payout.settlement_id, actor=MAKER, at=NEXT_NOON, reason="the bank works again"
        )

    def test_what_nobody_decided_on_may_be_asked_for_again(self, asked):
        # When
        assert expire(is_ended_before=False) == 1

        # Then
        asked.refresh_from_db()
        assert (asked.status, asked.approval.state) == ("pay_failed", "expired")
        with nothing_written():
            assert expire(is_ended_before=False) == 0
        again = retries.retry_payout(asked.pk, actor=MAKER, at=THE_END, reason="once more")
        assert again.approval.state == "pending"

    def test_what_was_agreed_to_and_not_paid_may_be_asked_for_again(self, asked, is_ended_before):
        # Given a new payout that waits for a file
        retries.approve_retry(
            asked.pk, shown_digest=shown_digest(asked), decider=CHECKER, at=NEXT_NOON
        )
        assert Payout.objects.filter(status="queued").count() == 1

        # When
        assert expire(is_ended_before=is_ended_before) == 1

        # Then
        asked.refresh_from_db()
        assert (asked.status, asked.approved_digest) == ("pay_failed", None)
        assert not Payout.objects.filter(status="queued").exists()
        again = retries.retry_payout(asked.pk, actor=MAKER, at=THE_END, reason="once more")
        assert again.approval.state == "pending"


class TestOpenings:
    def test_what_nobody_decided_on_is_given_up_and_may_be_handed_in_again(self, bank):
        # Given
        line = f"1001,{bank.pk},CNY,1000.00,D"
        opening = asked_opening(line)
        with nothing_written():
            assert openings.expire_openings(actor=TASK, at=NOON + LIFETIME - A_MOMENT) == 0

        # When
        assert openings.expire_openings(actor=TASK, at=NOON + LIFETIME) == 1

        # Then
        opening.refresh_from_db()
        assert (opening.status, opening.approval.state) == ("rejected", "expired")
        assert AuditEntry.objects.get(action="opening.approval_expired").actor == TASK
        with nothing_written():
            assert openings.expire_openings(actor=TASK, at=NOON + LIFETIME) == 0
        assert asked_opening(line).status == "asked"
