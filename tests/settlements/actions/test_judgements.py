"""Risk judges a settlement again before it is submitted and before it is approved."""

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.models import ChannelAccount
from risk.actions import limits, lists
from risk.models import LimitDeed, LimitSubject, LimitWindow, Screening
from settlements.actions import payouts, retries, settlements
from settlements.actions.payouts import PayoutOutcome, PayoutResult
from settlements.errors import SettlementStoppedError
from settlements.locks import locked_payouts_by_number
from tests.factories.risk import used_minor
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    available_money,
    destination_of,
    drafted_settlement,
    house,
    paying_payout,
    settled_merchant,
    shown_digest,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant():
    """A merchant with 98.00 available."""
    merchant = settled_merchant()
    available_money(merchant, channel=house().channel)
    return merchant


def limited(merchant, value_minor: int, window: LimitWindow = LimitWindow.TRANSACTION) -> None:
    limits.set_limit(
        deed=LimitDeed.SETTLEMENT,
        subject_kind=LimitSubject.MERCHANT,
        subject_id=merchant.pk,
        window=window,
        currency="CNY",
        value_minor=value_minor,
        actor="user:5",
        at=NEXT_NOON,
    )


def submit(settlement):
    return settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)


def approve(settlement):
    return settlements.approve_settlement(
        settlement.pk, shown_digest=shown_digest(settlement), decider=CHECKER, at=NEXT_NOON
    )


def test_what_went_over_a_limit_since_it_was_drafted_is_not_submitted(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    limited(merchant, 9_799)

    # When, Then
    with nothing_written(), pytest.raises(SettlementStoppedError) as refused:
        submit(settlement)
    assert refused.value.code == "limit.merchant.transaction"
    settlement.refresh_from_db()
    assert settlement.status == "draft"


def test_what_went_over_a_limit_since_it_was_submitted_is_not_approved(merchant):
    # Given
    settlement = submit(drafted_settlement(merchant))
    limited(merchant, 9_799)

    # When, Then
    with nothing_written(), pytest.raises(SettlementStoppedError):
        approve(settlement)
    settlement.refresh_from_db()
    assert settlement.status == "submitted"


def test_it_is_counted_once_however_often_it_is_judged(merchant):
    # When
    settlement = approve(submit(drafted_settlement(merchant)))

    # Then
    assert Screening.objects.filter(subject=settlement.pk, verdict="allow").count() == 3
    assert used_minor(merchant.pk, on=FRIDAY) == 9_800


@pytest.mark.parametrize("window", [LimitWindow.TRANSACTION, LimitWindow.DAY])
def test_what_an_officer_let_pass_is_not_stopped_again(merchant, window):
    # Given
    limited(merchant, 9_799, window)
    settlement = drafted_settlement(merchant)
    assert (settlement.status, settlement.status_code) == ("review", f"limit.merchant.{window}")
    settlements.release_review(settlement.pk, actor="user:6", at=NEXT_NOON, reason="known well")

    # When
    approved = approve(submit(settlement))

    # Then
    assert approved.status == "approved"
    assert approved.released_screening.code == f"limit.merchant.{window}"
    assert AuditEntry.objects.filter(subject=settlement.pk, action="settlement.draft").count() == 1


def test_what_was_found_since_an_officer_let_it_pass_stops_it(merchant):
    # Given one that was over the day's limit, and let pass
    limited(merchant, 9_799, LimitWindow.DAY)
    settlement = drafted_settlement(merchant)
    settlements.release_review(settlement.pk, actor="user:6", at=NEXT_NOON, reason="known well")
    submit(settlement)

    # When it is over the limit of one settlement as well, which nobody has let pass
    limited(merchant, 9_799)

    # Then
    with nothing_written(), pytest.raises(SettlementStoppedError) as refused:
        approve(settlement)
    assert refused.value.code == "limit.merchant.transaction"


def blocked(destination) -> None:
    """Refuse every settlement to an account from now on."""
    lists.block_account(
        bytes(destination.account_index),
        label="商户甲 · 0002",
        reason="stolen",
        actor="user:7",
        at=NEXT_NOON,
    )


def test_what_would_go_to_a_new_account_that_is_blocked_is_not_submitted(merchant):
    # Given a draft, and another account since
    settlement = drafted_settlement(merchant)
    old = settlement.destination
    blocked(destination_of(merchant, account_no="6222020000000000002"))

    # When, Then
    with nothing_written(), pytest.raises(SettlementStoppedError) as refused:
        submit(settlement)
    assert refused.value.code == "blocked.account"
    settlement.refresh_from_db()
    assert (settlement.status, settlement.destination) == ("draft", old)


def test_what_would_go_away_from_a_blocked_account_is_submitted(merchant):
    # Given a draft whose account is blocked now, and another account since
    settlement = drafted_settlement(merchant)
    blocked(settlement.destination)
    new = destination_of(merchant, account_no="6222020000000000002")

    # When
    submitted = submit(settlement)

    # Then
    assert (submitted.status, submitted.destination) == ("submitted", new)


def test_what_failed_is_not_paid_again_to_a_new_account_that_is_blocked(merchant):
    # Given
    bank = ChannelAccount.objects.get(channel="bank")
    file_number = paying_payout(merchant, bank=bank).operation.channel_no
    with transaction.atomic():
        payout = locked_payouts_by_number([file_number], bank_account_id=bank.pk)[file_number]
        failure = PayoutOutcome(result=PayoutResult.FAILED, code="AC04")
        payouts.record_payout_outcome(payout, failure, actor="task:t", at=NEXT_NOON)
    blocked(destination_of(merchant, account_no="6222020000000000002"))

    # When, Then
    with nothing_written(), pytest.raises(SettlementStoppedError) as refused:
        retries.retry_payout(
            payout.settlement_id, actor=MAKER, at=NEXT_NOON, reason="they gave us another"
        )
    assert refused.value.code == "blocked.account"
