"""Two people decide at once: one payout, one decision each, and nothing half done."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from ledger.actions.approvals import Decider
from ledger.errors import DomainError
from ledger.models import ApprovalDecision, ApprovalRequest
from payments.models import ChannelOperation
from settlements.actions import settlements
from settlements.models import Payout, Settlement
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.settlements import (
    MAKER,
    available_money,
    drafted_settlement,
    house,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.instants import FRIDAY, NEXT_NOON

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Let every deed start together on a connection of its own; return results or refusals."""
    start = threading.Barrier(len(deeds), timeout=10)

    def one(deed: Callable[[], object]) -> object:
        try:
            start.wait()
            return deed()
        except DomainError as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


def approve(settlement: Settlement, *, by: str) -> Callable[[], Settlement]:
    digest = shown_digest(settlement)
    return lambda: settlements.approve_settlement(
        settlement.pk,
        shown_digest=digest,
        decider=Decider(actor=by, second_factor="totp"),
        at=NEXT_NOON,
    )


@pytest.fixture
def merchant():
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=house().channel)
    return merchant


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_two_checkers_at_once_make_one_payout(merchant, round_no):
    # Given
    settlement = submitted_settlement(merchant)

    # When
    answers = at_once(
        approve(settlement, by="user:2"),
        approve(settlement, by="user:3"),
        approve(settlement, by="user:2"),
    )

    # Then
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert len(refused) == 2
    assert {error.code for error in refused} <= {"illegal_move", "approval_closed"}
    assert ApprovalDecision.objects.count() == 1
    assert ApprovalRequest.objects.get().state == "approved"
    assert Payout.objects.count() == ChannelOperation.objects.filter(kind="payout").count() == 1
    assert verify().violations == []


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_approving_and_rejecting_at_once_ends_in_one_of_them(merchant, round_no):
    # Given
    settlement = submitted_settlement(merchant)
    digest = shown_digest(settlement)

    def reject() -> Settlement:
        return settlements.reject_settlement(
            settlement.pk,
            shown_digest=digest,
            decider=Decider(actor="user:3", second_factor="totp"),
            at=NEXT_NOON,
            reason="wrong account",
        )

    # When
    answers = at_once(approve(settlement, by="user:2"), reject)

    # Then
    settlement.refresh_from_db()
    assert sum(isinstance(answer, DomainError) for answer in answers) == 1
    assert settlement.status in {"approved", "rejected"}
    assert Payout.objects.count() == (1 if settlement.status == "approved" else 0)
    assert verify().violations == []


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_two_runs_at_once_draft_every_merchant_once(round_no):
    # Given
    house()
    merchants = [settled_merchant(payout_fee_minor=100) for _ in range(6)]
    for merchant in merchants:
        available_money(merchant)

    def run() -> object:
        return settlements.draft_settlements(
            currency="CNY", business_date=FRIDAY, actor=MAKER, at=NEXT_NOON
        )

    # When
    results = at_once(run, run, run)

    # Then
    assert sum(result.drafted for result in results) == len(merchants)
    assert len({result.batch.pk for result in results}) == 1
    for merchant in merchants:
        assert_balances(merchant.id, settlement_hold="97.00", merchant_available="0")
    assert verify().violations == []


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_a_run_beside_a_cancellation_settles_no_line_twice(merchant, round_no):
    # Given: the day's settlement is cancelled while the next day's run begins.
    settlement = drafted_settlement(merchant)

    # When
    at_once(
        lambda: settlements.cancel_settlement(
            settlement.pk, actor=MAKER, at=NEXT_NOON, reason="wrong account"
        ),
        lambda: settlements.draft_settlements(
            currency="CNY",
            business_date=FRIDAY.replace(day=FRIDAY.day + 1),
            actor=MAKER,
            at=NEXT_NOON,
        ),
    )

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "cancelled"
    assert Settlement.objects.count() in {1, 2}
    assert verify().violations == []
