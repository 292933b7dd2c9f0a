# ruff: noqa: F811  fixtures are imported
"""What PostgreSQL refuses of allocations and lines that do not say what the books say."""

from datetime import timedelta

import pytest

from payments.models import (
    Merchant,
    Payment,
    PaymentAllocation,
)
from tests.factories.payments import MerchantFactory, owed_payment
from tests.instants import NOON
from tests.payments.forged_lines import merchant  # noqa: F401
from tests.rig.attacks import check_laws, every_way, refused, write_in_bulk

# --- allocations --------------------------------------------------------------------------------


def payment_of(amount_minor: int, **other: object) -> Payment:
    """Write what is owed past the actions, without its allocations."""
    return Payment.objects.create(
        **{
            "merchant_order_no": "attack-1",
            "amount_minor": amount_minor,
            "currency": "CNY",
            "description": "Goods",
            "created_at": NOON,
            "expires_at": NOON + timedelta(hours=2),
            **other,
        }
    )


def share(payment: Payment, merchant: Merchant, amount_minor: int, **other: object):
    """Describe an allocation that is not written yet."""
    return PaymentAllocation(
        **{
            "payment": payment,
            "merchant": merchant,
            "place": 1,
            "amount_minor": amount_minor,
            "fee_plan": merchant.fee_plan,
            "fee_minor": 0,
            **other,
        }
    )


class TestAllocations:
    """The allocations and what belongs to nobody are the amount, to the unit."""

    @every_way
    def test_refuses_what_does_not_add_up(self, either_role, write):
        # Given
        payment = payment_of(10_000)
        write([share(payment, MerchantFactory(), amount_minor) for amount_minor in (5_000, 4_999)])

        # When, Then
        with refused(f"allocations of payment {payment.pk} do not add up"):
            check_laws()

    @pytest.mark.parametrize(
        ("shares", "unallocated_minor"),
        [([9_999], 0), ([10_001], 0), ([10_000], 1), ([5_000, 5_000], 500)],
    )
    def test_counts_what_belongs_to_nobody(self, either_role, shares, unallocated_minor):
        # Given
        payment = payment_of(10_000, unallocated_minor=unallocated_minor)
        write_in_bulk([share(payment, MerchantFactory(), amount) for amount in shares])

        # When, Then
        with refused(f"allocations of payment {payment.pk} do not add up"):
            check_laws()

    @every_way
    def test_accepts_what_does(self, either_role, write):
        # Given
        payment = payment_of(10_000, unallocated_minor=500)
        write([share(payment, MerchantFactory(), amount) for amount in (9_499, 1)])

        # When
        check_laws()

        # Then
        assert payment.allocations.count() == 2

    def test_refuses_a_payment_without_allocations(self, either_role):
        # Given
        payment_of(10_000)

        # When, Then
        with refused("do not add up"):
            check_laws()

    @every_way
    def test_refuses_an_allocation_that_comes_later(self, either_role, write):
        # Given
        payment = owed_payment()
        check_laws()
        write([share(payment, MerchantFactory(), 1)])

        # When, Then
        with refused("do not add up"):
            check_laws()

    @every_way
    def test_refuses_one_merchant_twice(self, either_role, write):
        # Given
        merchant = MerchantFactory()
        payment = payment_of(10_000)

        # When, Then
        with refused("payments_allocation_once_each"):
            write([share(payment, merchant, 5_000), share(payment, merchant, 5_000)])

    @pytest.mark.parametrize(
        ("amount_minor", "fee_minor"), [(0, 0), (-1, 0), (100, -1), (100, 101)]
    )
    def test_refuses_amounts_that_nobody_can_mean(self, either_role, amount_minor, fee_minor):
        # Given
        payment = payment_of(100)

        # When, Then
        with refused("payments_allocation_amounts"):
            write_in_bulk([share(payment, MerchantFactory(), amount_minor, fee_minor=fee_minor)])

    @pytest.mark.parametrize(
        "amounts",
        [
            {"amount_minor": 0},
            {"amount_minor": -1},
            {"amount_minor": 10**13 + 1},
            {"amount_minor": 100, "unallocated_minor": -1},
        ],
    )
    def test_refuses_such_amounts_of_a_payment(self, either_role, amounts):
        with refused("payments_payment_amounts"):
            payment_of(**amounts)

    @pytest.mark.django_db(transaction=True)
    def test_refuses_at_commit_and_keeps_nothing(self):
        # Given
        merchant = MerchantFactory()

        # When
        with refused("do not add up"):
            share(payment_of(10_000), merchant, 9_999).save()

        # Then
        assert (Payment.objects.count(), PaymentAllocation.objects.count()) == (0, 0)
