"""Money that came otherwise than asked: taken or given back, by two people or by terms. F14."""

import pytest

from payments.errors import (
    MoneyDoesNotFitError,
)
from payments.models import (
    BalanceTransaction,
    ChannelOperation,
    Event,
    Payment,
)
from payments.queries.refunds import paid_attempt
from tests.books import assert_balances, assert_entry, balance
from tests.factories.parked import (
    asked,
    conflicted_money,
    late_money,
    resolved,
    second_money,
)
from tests.factories.payments import (
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.parked_desk import ACCEPT, REFUND, now, refund_of, wrongs
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


# --- accept ---------------------------------------------------------------------------------------


class TestAccept:
    def test_late_money_becomes_the_payment_with_fees_and_lines(self):
        # Given
        parked = late_money()
        allocation = parked.payment.allocations.get()
        assert balance("2901", "unallocated") == "100.00"

        # When
        resolved(parked, ACCEPT, at=NEXT_NOON)

        # Then
        assert now(parked) == ("accepted", "paid", "")
        assert_entry(f"{parked.pk}:accepted", "Dr 2901 100.00 CNY\nCr 1101 100.00 CNY")
        assert_balances(allocation.merchant_id, merchant_pending="98.00", service_fee="2.00")
        assert balance("2901", "unallocated") == "0.00"
        account_id = parked.attempt.channel_account_id
        assert balance("1101", f"{account_id}/unallocated") == "0.00"
        line = BalanceTransaction.objects.get()
        assert (line.gross_minor, line.fee_minor, line.net_minor) == (10_000, 200, 9_800)
        assert Event.objects.get(kind="payment.paid").at == NEXT_NOON
        assert Payment.objects.get().paid_at == NOON
        assert wrongs() == []

    def test_what_belongs_to_nobody_stays_in_suspense(self):
        # Given
        parked = late_money(amounts_minor=(6_000,), unallocated_minor=4_000)

        # When
        resolved(parked, ACCEPT)

        # Then
        assert now(parked) == ("accepted", "paid", "")
        assert balance("2901", "unallocated") == "40.00"
        assert wrongs() == []

    def test_a_payment_taken_so_can_be_refunded(self):
        # Given
        parked = late_money()
        resolved(parked, ACCEPT)

        # When
        refund = refunded(refund_asked(Payment.objects.get(), amount_minor=3_000))

        # Then
        assert refund.status == "succeeded"
        assert wrongs() == []

    def test_of_more_than_asked_the_rest_stays_and_can_only_go_back(self):
        # Given
        parked = conflicted_money(came_minor=12_000)

        # When
        resolved(parked, ACCEPT)

        # Then
        assert now(parked) == ("waiting", "paid", "overpaid")
        assert balance("2901", "unallocated") == "20.00"
        with pytest.raises(MoneyDoesNotFitError):
            asked(parked, ACCEPT)
        assert wrongs() == []

        # When the rest goes back
        resolved(parked, REFUND)
        assert refund_of(parked).amount_minor == 2_000
        refunded(refund_of(parked))

        # Then
        assert now(parked) == ("returned", "paid", "")
        assert balance("2901", "unallocated") == "0.00"
        assert wrongs() == []

    @pytest.mark.parametrize(
        ("came_minor", "currency"), [(9_999, "CNY"), (10_000, "USD"), (20_000, "USD")]
    )
    def test_less_than_asked_or_another_currency_pays_nothing(self, came_minor, currency):
        # Given
        parked = conflicted_money(came_minor=came_minor, currency=currency)

        # When, Then
        with nothing_written(), pytest.raises(MoneyDoesNotFitError):
            asked(parked, ACCEPT)

    def test_what_came_a_second_time_pays_nothing(self):
        # Given
        parked = second_money(paid_payment())

        # When, Then
        with nothing_written(), pytest.raises(MoneyDoesNotFitError):
            asked(parked, ACCEPT)


# --- give back ------------------------------------------------------------------------------------


class TestGiveBack:
    @pytest.mark.parametrize("came_minor", [9_900, 10_100])
    def test_conflicted_money_goes_back_as_it_came(self, came_minor):
        # Given
        parked = conflicted_money(came_minor=came_minor)
        text = f"{came_minor // 100}.00"

        # When
        resolved(parked, REFUND)

        # Then it is on its way
        refund = refund_of(parked)
        assert now(parked) == ("returning", "refunding_late", "amount_differs")
        assert (refund.status, refund.amount_minor) == ("submitting", came_minor)
        order = ChannelOperation.objects.get(subject=refund.pk)
        assert (order.kind, order.channel_no) == ("refund", refund.pk.replace("_", "").upper())
        part = f"{refund.pk}:unallocated"
        assert_entry(f"{part}:request:1", f"Dr 2901 {text} CNY\nCr 2101 {text} CNY")
        assert wrongs() == []

        # When the channel has given it back
        refunded(refund)

        # Then
        assert now(parked) == ("returned", "refunded_late", "")
        assert_entry(f"{part}:succeeded", f"Dr 2101 {text} CNY\nCr 1101 {text} CNY")
        assert Event.objects.filter(kind="payment.refunded_late").count() == 1
        assert BalanceTransaction.objects.count() == 0
        assert wrongs() == []

    def test_a_refund_that_failed_lets_it_wait_again_under_another_number(self):
        # Given
        parked = late_money()
        resolved(parked, REFUND)
        first = refund_of(parked)

        # When
        failed_refund(first)

        # Then
        assert now(parked) == ("waiting", "refunding_late", "return_failed")
        assert balance("2901", "unallocated") == "100.00"
        assert wrongs() == []
        with pytest.raises(MoneyDoesNotFitError):
            asked(parked, ACCEPT)

        # When
        resolved(parked, REFUND)
        second = refund_of(parked)

        # Then
        assert second.pk != first.pk
        refunded(second)
        assert now(parked) == ("returned", "refunded_late", "")
        assert wrongs() == []

    def test_the_money_of_each_further_try_goes_back_by_its_own_order(self):
        # Given
        payment = paid_payment()
        merchant_id = payment.allocations.get().merchant_id
        paid_by = paid_attempt(payment)
        second, third = second_money(payment), second_money(payment)
        assert now(second) == ("waiting", "paid", "paid_twice")

        # When
        resolved(second, REFUND)
        refunded(refund_of(second))

        # Then
        assert now(second) == ("returned", "paid", "paid_twice")
        resolved(third, REFUND)
        refunded(refund_of(third))
        assert now(third) == ("returned", "paid", "")
        assert [refund_of(one).operation.channel_account_id for one in (second, third)] == [
            second.attempt.channel_account_id,
            third.attempt.channel_account_id,
        ]
        assert paid_attempt(payment) == paid_by
        assert_balances(merchant_id, merchant_pending="98.00")
        assert wrongs() == []

    def test_it_leaves_what_was_paid_to_be_refunded(self):
        # Given
        payment = paid_payment()
        parked = second_money(payment)
        resolved(parked, REFUND)

        # When
        refund = refund_asked(payment)

        # Then
        assert refund.amount_minor == 10_000
        refunded(refund)
        refunded(refund_of(parked))
        assert wrongs() == []

    def test_late_money_may_be_taken_while_what_came_twice_goes_back(self):
        # Given
        late = late_money()
        twice = second_money(late.payment)
        resolved(twice, REFUND)
        assert now(late) == ("waiting", "paid_late", "expired")

        # When
        resolved(late, ACCEPT)

        # Then
        assert now(late) == ("accepted", "paid", "paid_twice")
        refunded(refund_of(twice))
        assert now(twice) == ("returned", "paid", "")
        assert wrongs() == []
