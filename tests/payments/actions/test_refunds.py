"""Refunds in the books: from where they are paid, what of the fee returns, how they end."""

import pytest

from ledger.models import JournalEntry
from payments.models import (
    ChannelOperation,
    Merchant,
)
from tests.books import assert_balances, assert_entry, balance
from tests.factories.manual_entries import reserved_by_hand
from tests.factories.payments import (
    MerchantFactory,
    paid_payment,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.payments.actions.refund_books import (  # noqa: F401
    asked,
    laws_hold,
    lines,
    mature,
    merchant_with,
    on_the_way,
    parts,
    spend,
)

pytestmark = pytest.mark.django_db


class TestFullRefund:
    def test_before_maturity_is_paid_from_pending_with_the_fee(self):
        """E05a on 2001."""
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)

        # When
        refund = asked(payment)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2001 98.00 CNY\nDr 4001 2.00 CNY\nCr 2101 100.00 CNY")
        assert lines(refund) == [("refund", -10_000, -200, -9_800, FRIDAY)]
        assert_balances(merchant.pk, merchant_pending="0.00", service_fee="0.00")
        assert refund.status == "submitting"

    def test_after_maturity_is_paid_from_available(self):
        """E05a."""
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        mature()

        # When
        refund = asked(payment, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 98.00 CNY\nDr 4001 2.00 CNY\nCr 2101 100.00 CNY")
        assert lines(refund) == [("refund", -10_000, -200, -9_800, FRIDAY)]

    def test_keeps_the_fee_where_the_plan_says_so(self):
        """E05b: the merchant pays the fee from elsewhere."""
        # Given
        merchant = merchant_with("keep")
        payment = paid_payment(merchant)
        paid_payment(merchant, amounts_minor=(5_000,))
        mature()

        # When
        refund = asked(payment, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 100.00 CNY\nCr 2101 100.00 CNY")
        assert lines(refund) == [("refund", -10_000, 0, -10_000, FRIDAY)]

    def test_takes_what_of_this_payment_is_pending_and_never_of_another(self):
        # Given 0.50 of the fee is kept, and another payment is pending as well
        merchant = merchant_with("keep")
        payment = paid_payment(merchant)
        paid_payment(merchant)

        # When
        refund = asked(payment)

        # Then the 2.00 that are missing are nowhere
        assert refund.status == "funding_required"
        assert_balances(merchant.pk, merchant_pending="196.00")
        assert lines(refund) == []

    def test_of_the_rest_after_a_part(self):
        # Given
        payment = paid_payment()
        asked(payment, amount_minor=3_000)

        # When
        refund = asked(payment)

        # Then
        assert refund.amount_minor == 7_000
        assert refund.allocations.get().fee_returned_minor == 140
        assert on_the_way(payment) == "100.00"


class TestPartialRefund:
    def test_returns_the_fee_in_proportion(self):
        """E05c."""
        # Given
        payment = paid_payment()
        mature()

        # When
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:request:1", "Dr 2002 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY")
        assert lines(refund) == [("refund", -3_000, -60, -2_940, FRIDAY)]

    def test_advances_what_the_merchant_lacks_up_to_its_limit(self):
        """E05d: available 20.00, owed 9.40."""
        # Given 100.00 paid and 80.00 gone since
        merchant = merchant_with(advance_limit_minor=940)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)

        # When
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(
            f"{part}:request:1",
            "Dr 2002 20.00 CNY\nDr 1201 9.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY",
        )
        assert lines(refund) == [("refund", -3_000, -60, -2_940, FRIDAY)]
        assert_balances(merchant.pk, merchant_available="0.00", merchant_debt="9.40")

    def test_one_unit_over_the_limit_waits_and_books_nothing(self):
        # Given
        merchant = merchant_with(advance_limit_minor=939)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)
        booked = JournalEntry.objects.count()

        # When
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)

        # Then
        assert refund.status == "funding_required"
        assert refund.operation is None
        assert JournalEntry.objects.count() == booked
        assert not ChannelOperation.objects.filter(kind="refund").exists()

    def test_draws_on_the_reserve_before_the_merchant_owes(self):
        """E11c in the same entry: two lines, release and refund."""
        # Given 9.80 in reserve
        merchant = merchant_with(is_reserve_for_refunds=True, advance_limit_minor=10_000)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)
        spend(merchant, 1_000)
        reserve(merchant, 900)

        # When
        refund = asked(payment, amount_minor=2_500, at=NEXT_NOON)

        # Then 24.50: of 1.00 available, 9.00 reserve, 14.50 owed
        (part,) = parts(refund)
        assert_entry(
            f"{part}:request:1",
            "Dr 2002 1.00 CNY\nDr 2005 9.00 CNY\nDr 1201 14.50 CNY\nDr 4001 0.50 CNY"
            "\nCr 2101 25.00 CNY",
        )
        assert lines(refund) == [
            ("refund", -2_500, -50, -2_450, FRIDAY),
            ("reserve_release", 900, 0, 900, FRIDAY),
        ]

    def test_leaves_the_reserve_alone_without_that_policy(self):
        # Given
        merchant = merchant_with()
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 8_900)
        reserve(merchant, 900)

        # When
        refund = asked(payment, amount_minor=500, at=NEXT_NOON)

        # Then
        assert refund.status == "funding_required"
        assert_balances(merchant.pk, reserve="9.00", merchant_available="0.00")

    def test_three_thirds_return_the_whole_fee_and_its_tax(self):
        """E03v backwards: 2.00 are 1.89 and 0.11."""
        # Given
        merchant = merchant_with(vat_bps=600)
        payment = paid_payment(merchant)
        allocation = payment.allocations.get()
        assert_entry(
            f"{allocation.pk}:paid",
            "Dr 1101 100.00 CNY\nDr 5001 0.60 CNY\nCr 1101 0.60 CNY\nCr 2001 98.00 CNY"
            "\nCr 4001 1.89 CNY\nCr 2301 0.11 CNY",
        )

        # When
        thirds = [asked(payment, amount_minor=minor) for minor in (3_333, 3_333, 3_334)]

        # Then
        fees = [refund.allocations.get().fee_returned_minor for refund in thirds]
        assert fees == [67, 66, 67]
        assert_entry(
            f"{parts(thirds[1])[0]}:request:1",
            "Dr 2001 32.67 CNY\nDr 4001 0.62 CNY\nDr 2301 0.04 CNY\nCr 2101 33.33 CNY",
        )
        assert_balances(merchant.pk, service_fee="0.00", merchant_pending="0.00")
        assert balance("2301", f"platform/{merchant.pk}") == "0.00"

    def test_returns_all_of_the_fee_with_the_last_unit_only(self):
        # Given
        payment = paid_payment(merchant_with("return_full", advance_limit_minor=10_000))

        # When
        first = asked(payment, amount_minor=9_999)
        last = asked(payment, amount_minor=1)

        # Then, since a fee is never more than what is refunded, the last cent returns a cent
        assert first.allocations.get().fee_returned_minor == 0
        assert last.allocations.get().fee_returned_minor == 1


def reserve(merchant: Merchant, minor: int) -> None:
    """Put available money into the reserve, as two people would."""
    reserved_by_hand(merchant, minor, at=NEXT_NOON)
