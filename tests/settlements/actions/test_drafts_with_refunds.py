"""What refunds and debts make of a settlement run: first what is owed to us, never below zero."""

from datetime import date

import pytest
from django.db import transaction

from ledger.models import JournalEntry
from payments.actions.debts import recover_debts
from payments.models import Merchant, MerchantAccount, Payment
from settlements.actions import settlements
from settlements.actions.settlements import draft_settlements
from settlements.models import Settlement
from settlements.queries.integrity import verify
from settlements.queries.merchants import lines_page
from settlements.queries.statements import all_rows, statement
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import (
    MerchantFactory,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.factories.settlements import (
    MAKER,
    drafted_settlement,
    house,
    matured,
    paying_payout,
    settled_merchant,
)
from tests.factories.terms import give_account_terms
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, THURSDAY

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAY = date(2026, 3, 10)


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def merchant(accounts) -> Merchant:
    """A merchant who may owe 200.00, with 98.00 available on Friday."""
    merchant = settled_merchant()
    paid_payment(merchant, channel=accounts.channel)
    give_account_terms(merchant, advance_limit_minor=20_000)
    matured(FRIDAY)
    return merchant


@pytest.fixture
def payment(merchant) -> Payment:
    return Payment.objects.get()


def run(business_date: date = FRIDAY):
    return draft_settlements(currency="CNY", business_date=business_date, actor=MAKER, at=NEXT_NOON)


def test_a_settlement_takes_refunds_with_the_payments(merchant, payment):
    # Given
    refund = refund_asked(payment, amount_minor=3_000, at=NEXT_NOON)

    # When
    settlement = drafted_settlement(merchant)

    # Then
    assert (settlement.gross_minor, settlement.fee_minor, settlement.net_minor) == (
        7_000,
        140,
        6_860,
    )
    assert [
        (one.line.kind, one.order_no) for one in lines_page(settlement.pk, after=0, limit=9).lines
    ] == [
        ("payment", payment.merchant_order_no),
        ("refund", payment.merchant_order_no),
    ]
    refunded(refund, at=NEXT_NOON)
    assert verify().violations == []


def test_a_refund_after_the_payout_makes_the_merchant_owe_and_the_next_money_pays_it(
    merchant, payment, accounts
):
    """E05d, E16a in the maturity job."""
    # Given everything was paid out
    paying_payout(merchant, bank=accounts.bank)
    refund = refund_asked(payment, amount_minor=5_000, at=NEXT_NOON)
    refunded(refund, at=NEXT_NOON)
    assert_balances(merchant.pk, merchant_available="0.00", merchant_debt="49.00")
    assert verify().violations == []

    # When 29.40 come, then 98.00
    paid_payment(merchant, amounts_minor=(3_000,), at=NEXT_NOON, channel=accounts.channel)
    matured(MONDAY)

    # Then
    first = JournalEntry.objects.get(kind="debt_recovered")
    assert_entry(first.source, "Dr 2002 29.40 CNY\nCr 1201 29.40 CNY")
    assert (first.source, first.effective_date) == (f"{merchant.pk}:CNY:debt_recovered:1", MONDAY)
    assert_balances(merchant.pk, merchant_available="0.00", merchant_debt="19.60")
    result = run(MONDAY)
    assert (result.drafted, result.carried) == (0, 1)

    paid_payment(merchant, at=NEXT_NOON, channel=accounts.channel)
    matured(TUESDAY)
    assert_balances(merchant.pk, merchant_debt="0.00", merchant_available="78.40")
    run(TUESDAY)
    assert Settlement.objects.get(business_date=TUESDAY).net_minor == 7_840
    assert verify().violations == []


def test_a_merchant_below_zero_is_carried(merchant, payment, accounts):
    # Given
    paying_payout(merchant, bank=accounts.bank)
    refund_asked(payment, at=NEXT_NOON)

    # When
    result = run(MONDAY)

    # Then
    assert (result.drafted, result.carried, Settlement.objects.count()) == (0, 1, 1)


def test_a_run_recovers_what_is_owed_beside_what_is_available(merchant, payment, accounts):
    """E16a in the run: a cancelled settlement gave money back beside a debt."""
    # Given a draft holds all, a refund makes the merchant owe, and the draft is given up
    drafted_settlement(merchant)
    refund_asked(payment, amount_minor=3_000, at=NEXT_NOON)
    assert_balances(merchant.pk, settlement_hold="98.00", merchant_debt="29.40")
    settlements.cancel_settlement(
        Settlement.objects.get().pk, actor=MAKER, at=NEXT_NOON, reason="Wait"
    )
    assert_balances(merchant.pk, merchant_available="98.00", merchant_debt="29.40")

    # When
    result = run(MONDAY)

    # Then
    assert (result.drafted, result.net_minor) == (1, 6_860)
    assert_balances(
        merchant.pk, merchant_available="0.00", merchant_debt="0.00", settlement_hold="68.60"
    )
    assert verify().violations == []


def test_a_run_of_a_day_that_is_over_pays_nothing_that_was_refunded_since(
    merchant, payment, accounts
):
    # Given a refund on Monday of what was available on Friday
    matured(MONDAY)
    refund_asked(payment, amount_minor=3_000, at=NEXT_NOON)

    # When
    result = run(FRIDAY)

    # Then
    assert (result.drafted, result.carried) == (0, 1)
    assert run(MONDAY).net_minor == 6_860


def test_debts_without_money_and_money_without_debts_stay(merchant, payment, accounts):
    # Given
    rich = MerchantFactory()
    paid_payment(rich, channel=accounts.channel)
    matured(MONDAY)
    paying_payout(merchant, bank=accounts.bank)
    refund_asked(payment, at=NEXT_NOON)
    booked = JournalEntry.objects.count()

    # When
    with transaction.atomic():
        recovered = recover_debts(
            MerchantAccount.objects.select_for_update().order_by("id"),
            effective_date=MONDAY,
            at=NEXT_NOON,
        )

    # Then
    assert recovered == 0
    assert JournalEntry.objects.count() == booked


def test_a_statement_with_refunds_ties_out_and_names_their_order(merchant, payment, accounts):
    # Given a refund that succeeded, one that failed, one after the payout
    refunded(refund_asked(payment, amount_minor=1_000, at=NEXT_NOON), at=NEXT_NOON)
    failed_refund(refund_asked(payment, amount_minor=2_000, at=NEXT_NOON), at=NEXT_NOON)
    paying_payout(merchant, bank=accounts.bank)
    refund_asked(payment, amount_minor=3_000, at=NEXT_NOON)

    # When
    told = statement(merchant.pk, "CNY", from_date=THURSDAY, to_date=MONDAY)

    # Then
    assert told.remainder_minor == 0
    assert told.closing_minor == -2_940
    rows = list(all_rows(told))
    assert sum(row.net_minor for row in rows) == told.closing_minor
    assert sorted((row.kind, row.net_minor) for row in rows if row.kind.startswith("refund")) == [
        ("refund", -2_940),
        ("refund", -1_960),
        ("refund", -980),
        ("refund_failed", 1_960),
    ]
    assert {row.order_no for row in rows if row.kind != "payout"} == {payment.merchant_order_no}


@pytest.mark.parametrize("end", [refunded, failed_refund])
def test_the_chain_of_a_refund_ends_at_zero(merchant, payment, accounts, end):
    """Request and outcome: 2101 is as before, whoever paid for it."""
    # Given pending, available and owed money in one refund each
    other = paid_payment(merchant, at=NEXT_NOON, channel=accounts.channel)
    drafted_settlement(merchant)

    # When
    for one in (other, payment):
        end(refund_asked(one, at=NOON), at=NEXT_NOON)

    # Then
    for owner in (f"{accounts.channel.pk}/{merchant.pk}", f"{accounts.channel.pk}/unallocated"):
        assert balance("2101", owner) == "0.00"
    assert verify().violations == []
