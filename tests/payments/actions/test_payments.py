# ruff: noqa: F811  fixtures are imported
"""What is owed: created and confirmed; every refusal leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.errors import CurrencyMismatchError
from ledger.models import Account, AuditEntry
from payments.actions import closing, payments
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.errors import (
    AllocationMismatchError,
    OrderNumberTakenError,
    UnknownMerchantError,
)
from payments.models import (
    Event,
    Merchant,
    MerchantAccount,
    Payer,
    Payment,
    PaymentAttempt,
)
from risk.models import Screening
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    owed_payment,
)
from tests.factories.terms import put_on_plan
from tests.instants import NOON, THURSDAY
from tests.payments.actions.asked_payments import create, order, seller  # noqa: F401
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestCreate:
    def test_records_what_is_owed_to_whom_and_at_which_fee(self, order, seller, laws_now):
        # When
        payment = create(replace(order, payer_no="P1", metadata={"table": 7}))

        # Then
        found = Payment.objects.get(pk=payment.pk)
        assert (found.status, found.amount_minor, found.unallocated_minor) == ("created", 10_000, 0)
        assert (found.merchant_order_no, found.payer.external_no) == ("A-1", "P1")
        assert (found.metadata, found.description) == ({"table": 7}, "Goods")
        assert (found.created_at, found.expires_at) == (NOON, NOON + timedelta(hours=2))
        allocation = found.allocations.get()
        assert (allocation.merchant_id, allocation.amount_minor, allocation.place) == (
            seller.pk,
            10_000,
            1,
        )
        assert (allocation.fee_plan, allocation.fee_minor) == (seller.fee_plan, 200)
        laws_now()

    def test_asks_nobody_and_moves_no_money(self, order):
        # When
        create(order)

        # Then
        assert Screening.objects.count() == 0
        assert PaymentAttempt.objects.count() == 0
        assert ProcrastinateJob.objects.count() == 0

    def test_tells_it(self, order):
        # When
        payment = create(order)

        # Then
        event = Event.objects.get()
        assert (event.kind, event.subject, event.sequence) == ("payment.created", payment.pk, 1)
        row = AuditEntry.objects.get()
        assert (row.action, row.subject, row.actor) == ("payment.created", payment.pk, "key:ak_1")

    def test_opens_the_merchant_s_accounts(self, order, seller):
        # When
        create(order)

        # Then
        account = MerchantAccount.objects.get()
        assert account.matured_through_date == THURSDAY - timedelta(days=1)
        assert sorted(Account.objects.values_list("code", "owner_id")) == [
            (code, seller.pk) for code in ("1201", "2001", "2002", "2003")
        ]

    def test_keeps_its_sellers_in_the_order_of_the_request(self, order):
        # Given
        sellers = [MerchantFactory() for _ in range(3)]
        shares = [AllocationRequest(seller.pk, 1_000) for seller in reversed(sellers)]

        # When
        payment = create(replace(order, amount_minor=3_000, allocations=shares))

        # Then
        found = payment.allocations.order_by("place").values_list("place", "merchant_id")
        assert list(found) == [
            (place, seller.pk) for place, seller in enumerate(reversed(sellers), 1)
        ]

    def test_what_the_allocations_leave_over_belongs_to_nobody(self, order, laws_now):
        # When
        payment = create(replace(order, amount_minor=10_026))

        # Then
        assert payment.unallocated_minor == 26
        laws_now()

    def test_a_fee_is_never_more_than_the_share(self, order):
        # Given
        dear = MerchantFactory(fee_plan=FeePlanFactory(fixed_minor=30))

        # When
        payment = create(
            replace(order, amount_minor=13, allocations=[AllocationRequest(dear.pk, 13)])
        )

        # Then
        assert payment.allocations.get().fee_minor == 13

    def test_the_plan_of_the_moment_is_kept(self, order, seller):
        # Given
        payment = create(order)
        was = seller.fee_plan

        # When the merchant gets another plan
        put_on_plan(seller, FeePlanFactory(fee_bps=500))

        # Then
        allocation = payment.allocations.get()
        assert (allocation.fee_plan, allocation.fee_minor) == (was, 200)

    def test_two_merchants_may_use_one_order_number(self, order, seller):
        # Given
        create(order)

        # When
        payment = create(replace(order, merchant_id=seller.pk))

        # Then
        assert payment.merchant_id == seller.pk

    def test_knows_a_payer_again(self, order):
        # When
        first = create(replace(order, payer_no="P1"))
        second = create(replace(order, payer_no="P1", merchant_order_no="A-2"))

        # Then
        assert first.payer_id == second.payer_id == Payer.objects.get().pk

    def test_one_number_of_two_merchants_and_of_the_platform_is_three_payers(self):
        # Given
        tea, ink = MerchantFactory(), MerchantFactory()

        # When each of them names it twice
        named = {
            owner: {owed_payment(tea, payer_no="P1").payer_id for _ in range(2)}
            if owner is None
            else {owed_payment(owner, payer_no="P1", created_by=owner).payer_id for _ in range(2)}
            for owner in (None, tea, ink)
        }

        # Then
        rows = Payer.objects.values_list("merchant_id", "pk", "external_no")
        assert sorted(rows, key=str) == sorted(
            [(owner.pk if owner else None, payer_id, "P1") for owner, (payer_id,) in named.items()],
            key=str,
        )
        assert len(rows) == 3

    def test_costs_seven_round_trips_for_sellers_that_are_known(
        self, order, django_assert_num_queries
    ):
        # Given
        create(order)
        again = replace(order, merchant_order_no="A-2", payer_no="P1")
        create(replace(again, merchant_order_no="A-3"))

        # When: sellers with their plans, their accounts, the payer, the payment, all
        # allocations, the event, the audit row
        with django_assert_num_queries(7):
            payments.create_payment(again, actor="key:ak_1", at=NOON)


def test_the_platform_may_take_money_that_belongs_to_no_merchant(order, laws_now):
    # When
    payment = create(replace(order, allocations=[]))

    # Then
    assert (payment.amount_minor, payment.unallocated_minor) == (10_000, 10_000)
    assert not payment.allocations.exists()
    laws_now()


class TestCreateRefusals:
    """Nothing is written, not even the merchant's accounts."""

    def refused(self, request: PaymentRequest, error: type[Exception]) -> None:
        with nothing_written(), pytest.raises(error):
            create(request)

    @pytest.mark.parametrize(
        "amounts", [[10_001], [5_000, 5_001], [0], [-1], [10_000, 0], [10_001, -1]]
    )
    def test_allocations_that_do_not_fit(self, order, amounts):
        shares = [AllocationRequest(MerchantFactory().pk, amount) for amount in amounts]
        self.refused(replace(order, allocations=shares), AllocationMismatchError)

    def test_a_merchant_takes_no_money_that_belongs_to_nobody(self, order, seller):
        self.refused(replace(order, allocations=[], merchant_id=seller.pk), AllocationMismatchError)

    def test_one_merchant_twice(self, order, seller):
        shares = [AllocationRequest(seller.pk, 5_000)] * 2
        self.refused(replace(order, allocations=shares), AllocationMismatchError)

    def test_a_merchant_that_nobody_knows(self, order):
        shares = [AllocationRequest("mer_nobody", 10_000)]
        self.refused(replace(order, allocations=shares), UnknownMerchantError)

    def test_a_merchant_that_takes_no_payments_any_more(self, order):
        Merchant.objects.update(is_active=False)
        self.refused(order, UnknownMerchantError)

    def test_a_merchant_that_is_not_the_caller_s(self, order, seller):
        other = MerchantFactory()
        self.refused(replace(order, merchant_id=other.pk), UnknownMerchantError)
        shares = [AllocationRequest(seller.pk, 5_000), AllocationRequest(other.pk, 5_000)]
        self.refused(
            replace(order, merchant_id=seller.pk, allocations=shares), UnknownMerchantError
        )

    def test_another_currency_than_the_merchant_s(self, order):
        self.refused(replace(order, currency="USD"), CurrencyMismatchError)

    def test_one_merchant_s_currency_among_others(self, order, seller):
        other = MerchantFactory(fee_plan=FeePlanFactory(currency="USD"))
        shares = [AllocationRequest(seller.pk, 5_000), AllocationRequest(other.pk, 5_000)]
        self.refused(replace(order, allocations=shares), CurrencyMismatchError)

    def test_an_order_number_that_was_used(self, order):
        create(order)
        self.refused(replace(order, payer_no="P9"), OrderNumberTakenError)

    def test_an_order_number_whose_payment_was_closed(self, order):
        payment = create(order)
        closing.cancel_payment(payment.pk, actor="key:ak_1", at=NOON)
        self.refused(order, OrderNumberTakenError)
