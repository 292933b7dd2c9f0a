# ruff: noqa: F811  fixtures are imported
"""What PostgreSQL refuses of a merchant's lines, and of entries that have none."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from payments.actions.merchants import open_accounts
from payments.models import (
    BalanceTransaction,
    FeePlan,
    Merchant,
    MerchantAccount,
)
from tests.factories.payments import MerchantFactory
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.payments.forged_lines import merchant  # noqa: F401
from tests.rig.attacks import check_laws, every_way, refused, run_sql, write_in_bulk

WEDNESDAY = THURSDAY - timedelta(days=1)


def taken(merchant: Merchant, net_minor: int = 9_800, *, code: str = "2001", kind="payment_paid"):
    """Book money that a merchant earned, without its line; return the entry's id."""
    return journal.post_entry(
        Entry(
            source=f"attack:{code}:{kind}:{net_minor}",
            kind=kind,
            legs=(
                debit("1101", f"chn_a/{merchant.pk}", net_minor, "CNY"),
                credit(code, merchant.pk, net_minor, "CNY"),
            ),
            effective_date=THURSDAY,
            at=NOON,
        )
    )


def line(
    merchant: Merchant, entry_id: int, net_minor: int = 9_800, *, on: date = FRIDAY, **other
) -> BalanceTransaction:
    """Describe a line that is not written yet."""
    return BalanceTransaction(
        **{
            "merchant": merchant,
            "entry_id": entry_id,
            "kind": "payment",
            "source": "pal_attack",
            "currency": "CNY",
            "gross_minor": net_minor,
            "fee_minor": 0,
            "net_minor": net_minor,
            "effective_date": THURSDAY,
            "available_on": on,
            "created_at": NOON,
            **other,
        }
    )


class TestLines:
    """Per entry: pending lines are the change of 2001, available ones that of 2002 less 1201."""

    @every_way
    @pytest.mark.parametrize(("code", "on"), [("2001", FRIDAY), ("2002", WEDNESDAY)])
    def test_accepts_a_line_that_says_what_the_entry_says(self, merchant, write, code, on):
        # Given
        write([line(merchant, taken(merchant, code=code), on=on)])

        # When
        check_laws()

        # Then
        assert BalanceTransaction.objects.get().net_minor == 9_800

    @pytest.mark.parametrize("code", ["2001", "2002"])
    def test_refuses_an_entry_without_its_line(self, merchant, code):
        # Given
        taken(merchant, code=code)

        # When, Then
        with refused(f"the lines of {merchant.pk} do not agree with entry attack:{code}"):
            check_laws()

    @pytest.mark.parametrize("net_minor", [9_799, 9_801, -9_800])
    def test_refuses_another_net(self, merchant, net_minor):
        # Given
        write_in_bulk([line(merchant, taken(merchant), net_minor)])

        # When, Then
        with refused("do not agree"):
            check_laws()

    @every_way
    @pytest.mark.parametrize(("code", "on"), [("2001", WEDNESDAY), ("2002", THURSDAY)])
    def test_refuses_pending_for_available_and_the_reverse(self, merchant, write, code, on):
        # Given
        write([line(merchant, taken(merchant, code=code), on=on)])

        # When, Then
        with refused("do not agree"):
            check_laws()

    @every_way
    def test_refuses_the_line_of_another_merchant(self, merchant, write):
        # Given
        other = MerchantFactory()
        open_accounts([other.pk], currency="CNY", business_date=THURSDAY)
        write([line(other, taken(merchant))])

        # When, Then
        with refused("do not agree"):
            check_laws()

    @every_way
    def test_refuses_a_line_in_another_currency(self, merchant, write):
        # Given
        open_accounts([merchant.pk], currency="USD", business_date=THURSDAY)
        entry_id = taken(merchant)
        write([line(merchant, entry_id), line(merchant, entry_id, currency="USD")])

        # When, Then
        with refused("do not agree"):
            check_laws()

    @pytest.mark.parametrize("kind", ["channel_settled", "maturity"])
    def test_refuses_a_line_of_a_merchant_who_has_no_account_of_its_currency(self, merchant, kind):
        # Given an entry that moves no merchant's money
        entry_id = journal.post_entry(
            Entry(
                source="bank:1",
                kind=kind,
                legs=(debit("1001", "chn_b", 1, "USD"), credit("1101", "chn_a/x", 1, "USD")),
                effective_date=THURSDAY,
                at=NOON,
            )
        )
        write_in_bulk([line(merchant, entry_id, 500, currency="USD")])

        # When, Then
        with refused(f"the lines of {merchant.pk} do not agree with entry bank:1"):
            check_laws()

    @every_way
    def test_refuses_lines_of_an_entry_that_moves_no_merchant_s_money(self, merchant, write):
        # Given
        entry_id = taken(merchant, code="2901", kind="payment_conflicted")
        write([line(merchant, entry_id)])

        # When, Then
        with refused("do not agree"):
            check_laws()

    def test_several_lines_of_an_entry_are_added_up(self, merchant):
        # Given
        entry_id = taken(merchant)
        line(merchant, entry_id, 9_900).save()
        line(merchant, entry_id, -100).save()

        # When, Then
        check_laws()

    @every_way
    def test_refuses_a_line_whose_own_sums_are_wrong(self, merchant, write):
        with refused("payments_line_adds_up"):
            write([line(merchant, taken(merchant), gross_minor=10_000, fee_minor=199)])

    @every_way
    def test_an_early_check_does_not_let_a_line_in_afterwards(self, merchant, write):
        # Given
        entry_id = taken(merchant)
        line(merchant, entry_id).save()
        run_sql("SET CONSTRAINTS payments_lines_agree IMMEDIATE")

        # When, Then
        with refused("takes lines only"):
            write([line(merchant, entry_id, 1)])

    def test_nor_does_it_let_a_posting_in(self, merchant):
        # Given
        entry_id = taken(merchant)
        line(merchant, entry_id).save()
        run_sql("SET CONSTRAINTS payments_lines_agree IMMEDIATE")

        # When, Then
        with refused("takes postings only"):
            run_sql(
                "INSERT INTO ledger_posting (entry_id, account_id, currency, side, amount_minor,"
                " balance_after_minor, seq)"
                " SELECT %s, id, currency, normal_side, 1, 0, 0 FROM ledger_account",
                entry_id,
            )

    @pytest.mark.django_db(transaction=True)
    def test_refuses_a_line_that_comes_in_a_later_transaction(self):
        # Given
        merchant = MerchantFactory()
        with transaction.atomic():
            open_accounts([merchant.pk], currency="CNY", business_date=THURSDAY)
            entry_id = taken(merchant)
            line(merchant, entry_id).save()

        # When, Then
        with refused("takes lines only in the transaction that wrote it"):
            line(merchant, entry_id, 0).save()
        assert BalanceTransaction.objects.count() == 1


class TestSilentEntries:
    """Maturity and holds write no line, and only move money between a merchant's own accounts."""

    MATURITY = Entry(source="mature:1", kind="maturity", legs=(), effective_date=THURSDAY, at=NOON)

    def having(self, merchant: Merchant, net_minor: int = 9_800) -> None:
        line(merchant, taken(merchant, net_minor), net_minor).save()
        check_laws()

    def test_accepts_a_move_from_pending_to_available(self, merchant):
        # Given
        self.having(merchant)
        legs = (debit("2001", merchant.pk, 9_800, "CNY"), credit("2002", merchant.pk, 9_800, "CNY"))

        # When
        journal.post_entry(replace(self.MATURITY, legs=legs))

        # Then
        check_laws()

    @pytest.mark.parametrize("kind", ["maturity", "settlement_hold", "settlement_release"])
    def test_refuses_a_line(self, merchant, kind):
        # Given
        self.having(merchant)
        legs = (debit("2001", merchant.pk, 9_800, "CNY"), credit("2002", merchant.pk, 9_800, "CNY"))
        entry_id = journal.post_entry(replace(self.MATURITY, kind=kind, legs=legs))
        line(merchant, entry_id, 0).save()

        # When, Then
        with refused("do not agree"):
            check_laws()

    @pytest.mark.parametrize("kind", ["maturity", "settlement_hold", "settlement_release"])
    def test_refuses_to_take_money_from_the_merchant(self, merchant, kind):
        # Given
        self.having(merchant)
        legs = (debit("2001", merchant.pk, 100, "CNY"), credit("4001", merchant.pk, 100, "CNY"))
        journal.post_entry(replace(self.MATURITY, kind=kind, legs=legs))

        # When, Then
        with refused("do not agree"):
            check_laws()

    def test_refuses_to_give_one_merchant_s_money_to_another(self, merchant):
        # Given
        self.having(merchant)
        legs = (debit("2001", merchant.pk, 100, "CNY"), credit("2002", "mer_thief", 100, "CNY"))
        journal.post_entry(replace(self.MATURITY, legs=legs))

        # When, Then
        with refused("do not agree"):
            check_laws()


def test_plans_and_accounts_are_where_these_tests_think_they_are(merchant):
    """The smallest merchant of these tests is what their names say."""
    assert FeePlan.objects.get().fee_bps == 200
    assert MerchantAccount.objects.get().matured_through_date == WEDNESDAY
