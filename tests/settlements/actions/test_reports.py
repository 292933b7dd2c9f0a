# ruff: noqa: F811  fixtures are imported
"""The bank's report moves payouts to what became of them, once."""

import pytest

from ledger.models import AuditEntry
from payments.models import Event
from settlements.actions import settlements
from settlements.models import BillKind
from settlements.queries.integrity import verify
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    MAKER,
)
from tests.instants import NEXT_NOON
from tests.settlements.actions.reported_files import bank, payout, tell  # noqa: F401

pytestmark = pytest.mark.django_db


def test_a_payout_that_the_bank_carried_out_is_paid(bank, payout, laws_now):
    # When
    bill = tell(bank, payout, "ACSC")

    # Then
    payout.refresh_from_db()
    settlement = payout.settlement
    assert (payout.status, payout.status_code, payout.finished_at) == ("succeeded", "", NEXT_NOON)
    assert (settlement.status, settlement.paid_at) == ("paid", NEXT_NOON)
    payout.operation.refresh_from_db()
    assert (payout.operation.status, payout.operation.finished_at) == ("succeeded", NEXT_NOON)
    # The bank's statement has not shown it: the money stays in transit.
    assert payout.confirmed_entry is None
    assert_balances(bank.pk, payouts_in_transit="98.00", bank="0")
    assert (bill.kind, bill.message_id, bill.line_count) == (
        BillKind.PAYMENT_REPORT,
        "RPT-1",
        1,
    )
    assert Event.objects.filter(kind="settlement.paid", subject=settlement.pk).count() == 1
    laws_now()
    assert verify().violations == []


def test_a_payout_that_the_bank_refused_is_held_again(bank, payout, laws_now):
    # When
    tell(bank, payout, "RJCT", reason="AC04")

    # Then
    payout.refresh_from_db()
    settlement = payout.settlement
    assert (payout.status, payout.status_code) == ("failed", "AC04")
    assert (settlement.status, settlement.status_code) == ("pay_failed", "AC04")
    assert_entry(f"{payout.pk}:failed", "Dr 2401 98.00 CNY\nCr 2003 98.00 CNY")
    assert_balances(bank.pk, payouts_in_transit="0")
    assert_balances(settlement.merchant_id, settlement_hold="98.00")
    laws_now()
    assert verify().violations == []


def test_a_settlement_that_could_not_be_paid_can_be_given_up(bank, payout, laws_now):
    # Given
    tell(bank, payout, "RJCT", reason="AC04")

    # When
    settlements.cancel_settlement(
        payout.settlement_id, actor=MAKER, at=NEXT_NOON, reason="account closed"
    )

    # Then
    assert_balances(payout.settlement.merchant_id, settlement_hold="0", merchant_available="98")
    laws_now()
    assert verify().violations == []


def test_what_the_bank_took_back_has_failed(bank, payout):
    # When
    tell(bank, payout, "CANC")

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.status_code) == ("failed", "CANC")


@pytest.mark.parametrize("status", ["ACTC", "ACSP", "PDNG"])
def test_what_the_bank_works_on_stays_where_it_is(bank, payout, status):
    # When
    bill = tell(bank, payout, status)

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.status_code) == ("exported", status)
    assert payout.settlement.status == "paying"
    assert AuditEntry.objects.get(subject=bill.pk).after["changed"] == 1


def test_the_end_comes_after_the_waiting(bank, payout):
    # Given
    tell(bank, payout, "PDNG")

    # When
    tell(bank, payout, "ACSC", message_id="RPT-2")

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.status_code) == ("succeeded", "")
