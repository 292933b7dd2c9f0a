"""Refunds of several merchants, refusals, and those that wait."""

import pytest
from django.db import transaction

from ledger.errors import AmountError, CurrencyMismatchError
from ledger.models import JournalEntry
from payments.actions import refunds
from payments.actions.refund_shares import ShareRequest
from payments.actions.refunds import RefundRequest
from payments.errors import (
    ForeignShareError,
    PaymentNotFoundError,
    PaymentNotPaidError,
    RefundNumberTakenError,
    RefundSharesMismatchError,
    RefundSharesMissingError,
    RefundTooLargeError,
)
from payments.models import (
    Merchant,
    Payment,
)
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import (
    MerchantFactory,
    failed_refund,
    owed_payment,
    paid_payment,
)
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.refund_books import asked, laws_hold, mature, on_the_way, parts, spend  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestSeveralMerchants:
    @pytest.fixture
    def both(self) -> list[Merchant]:
        return [MerchantFactory(), MerchantFactory()]

    @pytest.fixture
    def payment(self, both) -> Payment:
        return paid_payment(*both, amounts_minor=(6_000, 4_000), unallocated_minor=500)

    def test_a_part_names_its_merchants_and_is_one_entry_each(self, both, payment):
        # When
        refund = asked(payment, shares={both[1].pk: 1_000, both[0].pk: 3_000})

        # Then
        assert refund.amount_minor == 4_000
        first, second = parts(refund)
        assert_entry(f"{first}:request:1", "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY")
        assert_entry(f"{second}:request:1", "Dr 2001 9.80 CNY\nDr 4001 0.20 CNY\nCr 2101 10.00 CNY")
        assert on_the_way(payment, both[0].pk) == "30.00"
        assert on_the_way(payment, both[1].pk) == "10.00"

    def test_a_part_that_names_nobody_is_refused(self, payment):
        with nothing_written(), pytest.raises(RefundSharesMissingError):
            asked(payment, amount_minor=1_000)

    def test_the_whole_needs_no_names_and_returns_nobody_s_money_as_well(self, both, payment):
        """E14c."""
        # When
        refund = asked(payment, amount_minor=10_500)

        # Then
        assert refund.unallocated_minor == 500
        assert_entry(f"{refund.pk}:unallocated:request:1", "Dr 2901 5.00 CNY\nCr 2101 5.00 CNY")
        assert balance("2901", "unallocated") == "0.00"
        assert on_the_way(payment, "unallocated") == "5.00"

    def test_all_are_funded_or_none(self, both, payment):
        # Given the second merchant has spent its money
        mature()
        spend(both[1], 3_920)
        booked = JournalEntry.objects.count()

        # When
        refund = asked(payment, at=NEXT_NOON)

        # Then
        assert refund.status == "funding_required"
        assert JournalEntry.objects.count() == booked
        assert_balances(both[0].pk, merchant_available="58.80")

    def test_a_merchant_refunds_all_of_its_own_share_only(self, both, payment):
        # When
        refund = asked(payment, merchant_id=both[1].pk)

        # Then
        assert (refund.amount_minor, refund.unallocated_minor) == (4_000, 0)
        assert refund.allocations.get().allocation.merchant_id == both[1].pk

    def test_a_merchant_refunds_a_part_without_naming_itself(self, both, payment):
        assert asked(payment, merchant_id=both[1].pk, amount_minor=100).amount_minor == 100

    @pytest.mark.parametrize(
        ("other", "error"),
        [
            ({"shares": {"other": 100}}, ForeignShareError),
            ({"unallocated_minor": 1}, ForeignShareError),
            ({"amount_minor": 4_001}, RefundTooLargeError),
        ],
    )
    def test_a_merchant_may_not_touch_what_is_others(self, both, payment, other, error):
        if "shares" in other:
            other = {"shares": {both[0].pk: 100}}
        with nothing_written(), pytest.raises(error):
            asked(payment, merchant_id=both[1].pk, **other)

    def test_a_merchant_without_a_share_does_not_even_learn_that_it_exists(self, payment):
        stranger = MerchantFactory()
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            asked(payment, merchant_id=stranger.pk)

    def test_shares_that_do_not_fit_are_refused(self, both, payment):
        first, second = (merchant.pk for merchant in both)
        for other, error in [
            ({"amount_minor": 2_999, "shares": {first: 3_000}}, RefundSharesMismatchError),
            ({"shares": {"mer_stranger": 100}}, RefundSharesMismatchError),
            ({"shares": {first: 6_001}}, RefundTooLargeError),
            ({"shares": {first: 0}}, AmountError),
            ({"unallocated_minor": 501}, RefundTooLargeError),
            ({"unallocated_minor": -1, "shares": {second: 100}}, AmountError),
        ]:
            with nothing_written(), pytest.raises(error):
                asked(payment, **other)

    def test_a_merchant_named_twice_is_refused(self, both, payment):
        request = RefundRequest(
            payment_id=payment.pk,
            merchant_refund_no="R1",
            reason="x",
            shares=[ShareRequest(both[0].pk, 1), ShareRequest(both[0].pk, 2)],
        )
        with (
            nothing_written(),
            pytest.raises(RefundSharesMismatchError),
            transaction.atomic(),
        ):
            refunds.request_refund(request, actor="key:test", at=NOON)


class TestRefusals:
    @pytest.mark.parametrize("amount_minor", [0, -1])
    def test_no_amount(self, amount_minor):
        payment = paid_payment()
        with nothing_written(), pytest.raises(AmountError):
            asked(payment, amount_minor=amount_minor)

    def test_more_than_was_paid(self):
        payment = paid_payment()
        with nothing_written(), pytest.raises(RefundTooLargeError) as refusal:
            asked(payment, amount_minor=10_001)
        assert refusal.value.context == {"left_minor": 10_000}

    def test_more_than_living_refunds_have_left(self):
        # Given one in flight, one that failed
        payment = paid_payment()
        asked(payment, amount_minor=4_000)
        failed_refund(asked(payment, amount_minor=6_000))

        # When, Then
        with nothing_written(), pytest.raises(RefundTooLargeError):
            asked(payment, amount_minor=6_001)
        assert asked(payment, amount_minor=6_000).status == "submitting"
        with nothing_written(), pytest.raises(RefundTooLargeError):
            asked(payment)

    def test_a_payment_that_is_not_paid(self):
        payment = owed_payment()
        with nothing_written(), pytest.raises(PaymentNotPaidError):
            asked(payment)

    def test_no_payment(self):
        with nothing_written(), pytest.raises(PaymentNotFoundError):
            asked(Payment(pk="pay_none"))

    def test_another_currency(self):
        payment = paid_payment()
        request = RefundRequest(
            payment_id=payment.pk, merchant_refund_no="R1", reason="x", currency="USD"
        )
        with nothing_written(), pytest.raises(CurrencyMismatchError), transaction.atomic():
            refunds.request_refund(request, actor="key:test", at=NOON)

    def test_a_number_that_was_used_before(self):
        payment = paid_payment()
        asked(payment, amount_minor=1, refund_no="R-1")
        with nothing_written(), pytest.raises(RefundNumberTakenError):
            asked(payment, amount_minor=1, refund_no="R-1")

    def test_the_same_number_of_another_merchant_is_free(self):
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        asked(payment, amount_minor=1, refund_no="R-1")
        assert asked(payment, amount_minor=1, refund_no="R-1", merchant_id=merchant.pk).pk
