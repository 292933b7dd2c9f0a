"""The rolling reserve: kept at capture, given back on its day, less what refunds took of it."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.actions import maturity
from payments.models import BalanceTransaction, Merchant, Payment, ReserveHold, ReserveUse
from tests.books import assert_balances, assert_entry
from tests.factories.manual_entries import (
    booked_by_hand,
    reserved_by_hand,
    with_reserve_terms,
)
from tests.factories.payments import (
    MerchantFactory,
    failed_refund,
    paid_payment,
    refund_asked,
    refunded,
)
from tests.factories.terms import give_account_terms
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.attacks import check_laws

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)


def mature(day: date) -> maturity.Maturity:
    check_laws()
    found = maturity.mature(currency="CNY", business_date=day, actor="task:t", at=noon(day))
    check_laws()
    return found


@pytest.fixture
def merchant() -> Merchant:
    """A merchant of whom 10 % are kept back for 90 days, and whose reserve pays refunds."""
    merchant = MerchantFactory()
    paid_payment(merchant, amounts_minor=(100,))
    return with_reserve_terms(merchant, is_reserve_for_refunds=True)


def holds(merchant: Merchant) -> list[tuple[int, int, date | None]]:
    """Return what each hold was, what is left of it, and its day; oldest first."""
    found = ReserveHold.objects.filter(merchant_account__merchant=merchant)
    return list(
        found.order_by("created_at", "id").values_list("amount_minor", "left_minor", "release_on")
    )


def lines_of(source: str) -> list[tuple[str, int, date]]:
    return list(
        BalanceTransaction.objects.filter(source=source)
        .order_by("kind")
        .values_list("kind", "net_minor", "available_on")
    )


class TestKeeping:
    def test_a_share_of_the_net_is_kept_with_the_day_of_the_payment(self, merchant):
        # When
        payment = paid_payment(merchant)

        # Then
        allocation = payment.allocations.get()
        assert_entry(f"{allocation.pk}:reserve_held", "Dr 2001 9.80 CNY\nCr 2005 9.80 CNY")
        assert lines_of(allocation.pk) == [
            ("payment", 9_800, FRIDAY),
            ("reserve_hold", -980, FRIDAY),
        ]
        assert holds(merchant) == [(980, 980, THURSDAY + 90 * DAY)]
        assert_balances(merchant.pk, merchant_pending="89.18", reserve="9.80")
        check_laws()

    @pytest.mark.parametrize(("gross", "kept"), [(6, 1), (5, 1), (4, 0), (9_995, 980)])
    def test_it_is_rounded_half_up_once_and_nothing_is_no_entry(self, merchant, gross, kept):
        payment = paid_payment(merchant, amounts_minor=(gross,))
        found = ReserveHold.objects.filter(allocation__payment=payment)
        assert [hold.amount_minor for hold in found] == ([kept] if kept else [])

    def test_a_merchant_without_terms_has_no_reserve_beside_one_who_has(self, merchant):
        # When
        other = MerchantFactory()
        paid_payment(merchant, other, amounts_minor=(10_000, 10_000))

        # Then
        assert holds(other) == []
        assert_balances(other.pk, merchant_pending="98.00", reserve="0.00")
        check_laws()

    def test_it_costs_one_statement_more_and_nobody_else_any(self, merchant):
        other = MerchantFactory()
        paid_payment(other)
        with CaptureQueriesContext(connection) as without:
            paid_payment(other)
        with CaptureQueriesContext(connection) as with_one:
            paid_payment(merchant)
        assert len(with_one) == len(without) + 1  # the holds


class TestGivingBack:
    def test_it_matures_less_what_is_kept_and_that_comes_on_its_day(self, merchant):
        # Given
        paid_payment(merchant)

        # When, Then
        assert mature(FRIDAY).amount_minor == 98 + 9_800 - 980
        mature(THURSDAY + 89 * DAY)
        assert_balances(merchant.pk, merchant_available="89.18", reserve="9.80")

        mature(THURSDAY + 90 * DAY)
        day = THURSDAY + 90 * DAY
        assert_entry(
            f"{merchant.pk}:CNY:reserve_released:{day}", "Dr 2005 9.80 CNY\nCr 2002 9.80 CNY"
        )
        assert lines_of(merchant.pk) == [("reserve_release", 980, day)]
        assert_balances(merchant.pk, merchant_available="98.98", reserve="0.00")

        # and not once more
        mature(THURSDAY + 91 * DAY)
        assert_balances(merchant.pk, merchant_available="98.98", reserve="0.00")

    def test_what_came_due_while_nothing_ran_goes_back_in_one_line(self, merchant):
        # Given three payments of three days
        for days in range(3):
            paid_payment(merchant, at=NOON + days * DAY)

        # When
        day = THURSDAY + 120 * DAY
        mature(day)

        # Then
        assert lines_of(merchant.pk) == [("reserve_release", 3 * 980, day)]
        assert [use.amount_minor for use in ReserveUse.objects.all()] == [980] * 3
        assert_balances(merchant.pk, reserve="0.00")

    def test_what_is_held_by_hand_stays(self, merchant):
        # Given
        paid_payment(merchant)
        mature(FRIDAY)
        reserved_by_hand(merchant, 500, at=NEXT_NOON)

        # When
        mature(THURSDAY + 200 * DAY)

        # Then
        assert_balances(merchant.pk, reserve="5.00")

    def test_a_debt_is_taken_of_it_first(self, merchant):
        # Given 9.80 in reserve and 3.00 owed
        give_account_terms(merchant, is_reserve_for_refunds=False, advance_limit_minor=10_000)
        payment = paid_payment(merchant)
        mature(FRIDAY)
        booked_by_hand("adjustment_debit", merchant, 8_918, at=NEXT_NOON)
        refund_asked(payment, amount_minor=306, at=NEXT_NOON)
        assert_balances(merchant.pk, merchant_debt="3.00", merchant_available="0.00")

        # When
        mature(THURSDAY + 90 * DAY)

        # Then
        assert_balances(merchant.pk, merchant_debt="0.00", merchant_available="6.80")


class TestRefunds:
    def test_they_take_of_their_own_payment_first_and_then_of_the_oldest(self, merchant):
        # Given three payments, and nothing else to pay from
        payments = [paid_payment(merchant, at=NOON + days * DAY) for days in range(3)]
        mature(THURSDAY + 5 * DAY)
        spend_all(merchant, on=THURSDAY + 5 * DAY)
        assert_balances(merchant.pk, merchant_available="0.00", reserve="29.40")

        # When 14.70 are needed for the second
        refund = refund_asked(payments[1], amount_minor=1_500, at=noon(THURSDAY + 5 * DAY))

        # Then
        assert refund.status == "submitting"
        check_laws()
        assert [(amount, left) for amount, left, _ in holds(merchant)] == [
            (980, 490),
            (980, 0),
            (980, 980),
        ]
        assert_balances(merchant.pk, reserve="14.70")

    def test_what_they_used_never_comes_back_by_the_calendar(self, merchant):
        """90 days with refunds in between: to the cent."""
        # Given a payment of 100.00 on each of ten days, spent as it matures
        payments: list[Payment] = []
        day = THURSDAY
        for _ in range(10):
            payments.append(paid_payment(merchant, at=noon(day)))
            day += DAY
        mature(day + 3 * DAY)
        spend_all(merchant, on=day + 3 * DAY)
        assert_balances(merchant.pk, merchant_available="0.00", reserve="98.00")

        # When one fails, one is all refunded, and one in part
        at = noon(day + 3 * DAY)
        failed_refund(refund_asked(payments[0], amount_minor=500, at=at), at=at)
        refunded(refund_asked(payments[9], amount_minor=2_000, at=at), at=at)
        refunded(refund_asked(payments[4], amount_minor=250, at=at), at=at)
        check_laws()

        # Then the failed one gave 4.90 to what is available, which paid for the next one first
        assert_balances(merchant.pk, merchant_available="0.00", reserve="75.95")
        left = [left for _, left, _ in holds(merchant)]
        assert left == [0, 980, 980, 980, 735, 980, 980, 980, 980, 0]

        # and each day gives back what is left of its own
        back = []
        for days in range(12):
            before = sum(left for _, left, _ in holds(merchant))
            mature(THURSDAY + (90 + days) * DAY)
            back.append(before - sum(left for _, left, _ in holds(merchant)))
        assert back == [0, 980, 980, 980, 735, 980, 980, 980, 980, 0, 0, 0]
        assert_balances(merchant.pk, merchant_available="75.95", reserve="0.00")


def spend_all(merchant: Merchant, *, on: date) -> None:
    """Take all that is available away (E12b)."""
    account = merchant.accounts.get()
    minor = account.available_account.balance.balance_minor
    booked_by_hand("adjustment_debit", merchant, minor, at=noon(on))
