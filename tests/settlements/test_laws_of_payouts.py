# ruff: noqa: F811  fixtures are imported
"""What PostgreSQL refuses of payouts."""

import pytest
from django.db import IntegrityError

from payments.models import BalanceTransaction
from settlements.models import Payout, SettlementItem
from tests.factories.settlements import (
    approved_settlement,
    available_money,
    drafted_settlement,
    exported_file,
    settled_merchant,
    submitted_settlement,
)
from tests.settlements.settled_rows import REFUSED, bank, make_payout, merchant  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


# --- payouts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bring", [drafted_settlement, submitted_settlement])
def test_no_payout_of_what_nobody_approved(merchant, bring):
    # Given
    settlement = bring(merchant)

    # When, Then
    with pytest.raises(REFUSED, match="is not of an approved settlement"):
        make_payout(settlement)


@pytest.mark.parametrize("other", [{"amount_minor": 9_801}, {"currency": "EUR"}])
def test_a_payout_pays_all_of_its_settlement(merchant, other):
    # Given
    settlement = approved_settlement(merchant)
    Payout.objects.update(status="sending")
    Payout.objects.update(status="failed")

    # When, Then
    with pytest.raises(REFUSED, match="is not of an approved settlement"):
        make_payout(settlement, **other)


def test_a_settlement_has_one_live_payout(merchant):
    # Given
    settlement = approved_settlement(merchant)

    # When, Then
    with pytest.raises(IntegrityError, match="settlements_payout_one_live"):
        make_payout(settlement)


def test_a_settlement_that_is_being_paid_has_no_second_payout(merchant, bank):
    # Given
    settlement = approved_settlement(merchant)
    exported_file(bank)

    # When, Then
    with pytest.raises(IntegrityError, match="is not of an approved settlement"):
        make_payout(settlement)


@pytest.mark.parametrize("other", ["destination_id", "approval_id"])
def test_a_payout_goes_where_two_people_agreed_that_it_goes(merchant, bank, other):
    # Given
    settlement = approved_settlement(merchant)
    Payout.objects.update(status="sending")
    Payout.objects.update(status="failed")
    elsewhere = settled_merchant()
    available_money(elsewhere)
    stranger = approved_settlement(elsewhere)

    # When, Then
    with pytest.raises(IntegrityError, match="is not of an approved settlement"):
        make_payout(settlement, **{other: getattr(stranger, other)})
    with pytest.raises(REFUSED, match="never changes"):
        Payout.objects.filter(settlement=settlement).update(**{other: getattr(stranger, other)})


def test_no_payout_leaves_before_its_approval_was_executed(merchant):
    # Given
    settlement = approved_settlement(merchant)

    # When, Then
    with pytest.raises(IntegrityError, match="leaves without an executed approval"):
        Payout.objects.filter(settlement=settlement).update(entry_id=settlement.hold_entry_id)


def test_a_payout_keeps_its_amount_and_its_order(merchant):
    # Given
    approved_settlement(merchant)

    # When, Then
    for column, value in (("amount_minor", 1), ("currency", "EUR"), ("settlement_id", "stl_x")):
        with pytest.raises(REFUSED, match="never changes"):
            Payout.objects.update(**{column: value})


# --- settlements and their lines ----------------------------------------------------------------


def test_a_line_is_in_one_live_settlement(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    line = BalanceTransaction.objects.get()

    # When, Then
    with pytest.raises(IntegrityError, match="settlements_item_one_live"):
        SettlementItem.objects.create(
            settlement=settlement, balance_transaction=line, net_minor=line.net_minor
        )
