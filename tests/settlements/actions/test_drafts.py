"""A run takes exactly the open lines of a business day, once, and holds what they come to."""

import pytest

from ledger.models import JournalEntry
from payments.models import BalanceTransaction
from settlements.actions.drafts import SkippedMerchant
from settlements.models import Settlement
from settlements.queries.integrity import verify
from tests.books import assert_balances, assert_entry
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    available_money,
    destination_of,
    matured,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, SATURDAY
from tests.settlements.actions.drafted import run

pytestmark = pytest.mark.django_db


def test_lists_the_exact_lines_and_holds_their_net(laws_now):
    # Given
    merchant = settled_merchant()
    available_money(merchant, amounts_minor=(10_000, 5_000))

    # When
    result = run()

    # Then
    settlement = Settlement.objects.get()
    assert (settlement.gross_minor, settlement.fee_minor, settlement.net_minor) == (
        15_000,
        300,
        14_700,
    )
    assert (settlement.status, settlement.item_count) == ("draft", 2)
    assert set(settlement.items.values_list("balance_transaction_id", flat=True)) == set(
        BalanceTransaction.objects.values_list("pk", flat=True)
    )
    assert_entry(f"{settlement.pk}:hold", "Dr 2002 147.00 CNY\nCr 2003 147.00 CNY")
    assert_balances(merchant.id, merchant_available="0.00", settlement_hold="147.00")
    assert (result.drafted, result.in_review, result.carried, result.net_minor) == (1, 0, 0, 14_700)
    laws_now()
    assert verify().violations == []


def test_charges_the_payout_fee_as_a_line_of_the_settlement(laws_now):
    # Given
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant)

    # When
    run()

    # Then
    settlement = Settlement.objects.get()
    assert (settlement.gross_minor, settlement.fee_minor, settlement.net_minor) == (
        10_000,
        300,
        9_700,
    )
    fee_line = BalanceTransaction.objects.get(kind="payout_fee")
    assert (fee_line.gross_minor, fee_line.fee_minor, fee_line.net_minor) == (0, 100, -100)
    assert (fee_line.source, fee_line.effective_date) == (settlement.pk, FRIDAY)
    assert settlement.items.filter(balance_transaction=fee_line, net_minor=-100).exists()
    assert_entry(f"{settlement.pk}:fee", "Dr 2002 1.00 CNY\nCr 4002 1.00 CNY")
    assert_balances(merchant.id, merchant_available="0", settlement_hold="97", payout_fee="1")
    laws_now()
    assert verify().violations == []


def test_leaves_what_is_not_available_yet(laws_now):
    # Given: a payment of Thursday is due on Friday, one of Friday on Monday.
    merchant = settled_merchant()
    available_money(merchant)
    paid_payment(merchant, amounts_minor=(7_700,), at=NEXT_NOON)

    # When
    run()

    # Then
    assert Settlement.objects.get().gross_minor == 10_000
    assert_balances(merchant.id, merchant_pending="75.46", merchant_available="0")
    laws_now()


def test_a_run_of_an_earlier_day_leaves_what_came_due_after_it(laws_now):
    # Given: two payments have matured, the second one on Monday.
    merchant = settled_merchant()
    available_money(merchant)
    paid_payment(merchant, amounts_minor=(7_700,), at=NEXT_NOON)
    matured(MONDAY)

    # When
    run(business_date=SATURDAY)

    # Then
    assert Settlement.objects.get().gross_minor == 10_000
    assert_balances(merchant.id, merchant_available="75.46", settlement_hold="98.00")
    laws_now()
    assert verify().violations == []


@pytest.mark.parametrize("fee_minor", [9_800, 9_900])
def test_carries_a_merchant_whose_lines_do_not_pass_the_payout_fee(fee_minor):
    # Given
    available_money(settled_merchant(payout_fee_minor=fee_minor))

    # When
    result = run()

    # Then
    assert (result.drafted, result.carried) == (0, 1)
    assert not Settlement.objects.exists()
    assert not JournalEntry.objects.filter(kind="payout_fee").exists()


def test_takes_what_was_carried_with_the_next_run(laws_now):
    # Given
    merchant = settled_merchant(payout_fee_minor=9_800)
    available_money(merchant)
    run()
    available_money(merchant, amounts_minor=(5_000,), at=NEXT_NOON, business_date=MONDAY)

    # When
    result = run(business_date=MONDAY)

    # Then
    settlement = Settlement.objects.get()
    assert (settlement.net_minor, settlement.item_count) == (9_800 + 4_900 - 9_800, 3)
    assert result.carried == 0
    laws_now()


def test_reports_a_merchant_without_an_account_to_pay_to():
    # Given
    merchant = settled_merchant(with_destination=False)
    available_money(merchant)

    # When
    result = run()

    # Then
    assert result.skipped == [SkippedMerchant(merchant.id, "no_destination")]
    assert not Settlement.objects.exists()

    # When: the account comes, the same day's run takes it.
    destination_of(merchant)
    result = run()

    # Then
    assert (result.drafted, result.skipped) == (1, [])
