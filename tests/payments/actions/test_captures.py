"""A payment that the channel confirmed: in the books to the cent, once, on the channel's day."""

from datetime import timedelta

import pytest

from ledger.models import AuditEntry, JournalEntry
from payments.models import BalanceTransaction, Event
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import (
    FeePlanFactory,
    MerchantFactory,
    owed_payment,
)
from tests.instants import (
    AFTER_MIDNIGHT,
    BEFORE_MIDNIGHT,
    FRIDAY,
    MONDAY,
    NEXT_NOON,
    NOON,
    THURSDAY,
)
from tests.payments.actions.captured import capture, waiting

pytestmark = pytest.mark.django_db


class TestOneMerchant:
    """E01, E02a and E03 as one entry, with one line."""

    def test_books_gross_fee_and_net(self, laws_now):
        # Given
        attempt = waiting()
        allocation = attempt.payment.allocations.get()

        # When
        payment = capture(attempt)

        # Then
        assert (payment.status, payment.paid_at) == ("paid", NOON)
        assert_entry(
            f"{allocation.pk}:paid",
            """
            Dr 1101 100.00 CNY
            Cr 2001  98.00 CNY
            Cr 4001   2.00 CNY
            Dr 5001   0.60 CNY
            Cr 1101   0.60 CNY
            """,
        )
        assert_balances(allocation.merchant_id, merchant_pending="98.00", service_fee="2.00")
        owner = f"{attempt.channel_account_id}/{allocation.merchant_id}"
        assert_balances(owner, channel_receivable="99.40", channel_cost="0.60")
        laws_now()

    def test_writes_the_line_that_statements_will_show(self):
        # Given
        attempt = waiting()
        allocation = attempt.payment.allocations.get()

        # When
        capture(attempt)

        # Then
        line = BalanceTransaction.objects.get()
        assert (line.kind, line.source, line.currency) == ("payment", allocation.pk, "CNY")
        assert (line.gross_minor, line.fee_minor, line.net_minor) == (10_000, 200, 9_800)
        assert (line.effective_date, line.available_on) == (THURSDAY, FRIDAY)
        assert (line.created_at, line.entry.source) == (NOON, f"{allocation.pk}:paid")

    def test_tells_it_in_the_same_breath(self):
        # Given
        attempt = waiting()

        # When
        payment = capture(attempt)

        # Then
        event = Event.objects.get(kind="payment.paid")
        assert (event.subject, event.sequence, event.at) == (payment.pk, 2, NEXT_NOON)
        assert event.payload == {
            "status": "paid",
            "amount": 10_000,
            "currency": "CNY",
            "merchant_order_no": payment.merchant_order_no,
        }
        row = AuditEntry.objects.get(action="payment.paid")
        assert (row.subject, row.actor) == (payment.pk, "channel:alipay")

    def test_the_channel_s_instant_decides_the_business_day(self, laws_now):
        # When it was paid a second before midnight and we learned it on the next day
        capture(waiting(), paid_at=BEFORE_MIDNIGHT, at=NEXT_NOON)

        # Then
        entry = JournalEntry.objects.get()
        assert (entry.effective_date, entry.booked_at) == (THURSDAY, BEFORE_MIDNIGHT)
        assert BalanceTransaction.objects.get().available_on == FRIDAY
        laws_now()

    def test_midnight_belongs_to_the_new_day(self):
        # When
        capture(waiting(), paid_at=AFTER_MIDNIGHT)

        # Then
        assert JournalEntry.objects.get().effective_date == FRIDAY
        assert BalanceTransaction.objects.get().available_on == MONDAY

    def test_without_an_instant_of_the_channel_ours_counts(self):
        # When
        payment = capture(waiting(), paid_at=None, at=NEXT_NOON)

        # Then
        assert payment.paid_at == NEXT_NOON
        assert JournalEntry.objects.get().effective_date == FRIDAY

    def test_a_fee_is_cut_to_the_gross(self, laws_now):
        # Given a fixed 0.30 on a payment of 0.13
        plan = FeePlanFactory(fee_bps=0, fixed_minor=30)
        attempt = waiting(
            owed_payment(MerchantFactory(fee_plan=plan), amounts_minor=(13,)), fee_bps=10_000
        )
        allocation = attempt.payment.allocations.get()

        # When
        capture(attempt)

        # Then the merchant gets nothing and owes nothing, and the channel took it all
        assert_entry(
            f"{allocation.pk}:paid",
            """
            Dr 1101 0.13 CNY
            Cr 4001 0.13 CNY
            Dr 5001 0.13 CNY
            Cr 1101 0.13 CNY
            """,
        )
        line = BalanceTransaction.objects.get()
        assert (line.gross_minor, line.fee_minor, line.net_minor) == (13, 13, 0)
        laws_now()

    def test_what_costs_nothing_leaves_no_posting(self, laws_now):
        # Given
        plan = FeePlanFactory(fee_bps=0)
        attempt = waiting(owed_payment(MerchantFactory(fee_plan=plan)), fee_bps=0)
        allocation = attempt.payment.allocations.get()

        # When
        capture(attempt)

        # Then
        assert_entry(f"{allocation.pk}:paid", "Dr 1101 100.00 CNY\nCr 2001 100.00 CNY")
        laws_now()

    @pytest.mark.parametrize(
        ("amount_minor", "channel_fee"), [(83, "0.00"), (84, "0.01"), (249, "0.01"), (250, "0.02")]
    )
    def test_half_a_cent_of_the_channel_s_fee_is_rounded_up(self, amount_minor, channel_fee):
        # Given 0.60 %
        attempt = waiting(owed_payment(amounts_minor=(amount_minor,)))

        # When
        capture(attempt)

        # Then
        owner = f"{attempt.channel_account_id}/{attempt.payment.allocations.get().merchant_id}"
        assert balance("5001", owner) == channel_fee

    def test_a_currency_without_cents_is_booked_in_its_own_units(self, laws_now):
        # Given 1,000 yen at 2 %
        plan = FeePlanFactory(currency="JPY")
        attempt = waiting(owed_payment(MerchantFactory(fee_plan=plan), amounts_minor=(1_000,)))

        # When
        capture(attempt)

        # Then
        assert_entry(
            f"{attempt.payment.allocations.get().pk}:paid",
            """
            Dr 1101 1000 JPY
            Cr 2001  980 JPY
            Cr 4001   20 JPY
            Dr 5001    6 JPY
            Cr 1101    6 JPY
            """,
        )
        laws_now()


class TestSeveralMerchants:
    """One entry and one line per allocation; the channel's fee is split to the cent."""

    def test_each_gets_an_entry_of_its_own(self, laws_now):
        # Given 100.00 of which the channel takes 0.60, split 1/3 to 2/3
        tea, books = MerchantFactory(), MerchantFactory()
        attempt = waiting(owed_payment(tea, books, amounts_minor=(3_333, 6_667)))

        # When
        capture(attempt)

        # Then
        first, second = attempt.payment.allocations.order_by("place")
        assert_entry(
            f"{first.pk}:paid",
            """
            Dr 1101 33.33 CNY
            Cr 2001 32.66 CNY
            Cr 4001  0.67 CNY
            Dr 5001  0.20 CNY
            Cr 1101  0.20 CNY
            """,
        )
        assert_entry(
            f"{second.pk}:paid",
            """
            Dr 1101 66.67 CNY
            Cr 2001 65.34 CNY
            Cr 4001  1.33 CNY
            Dr 5001  0.40 CNY
            Cr 1101  0.40 CNY
            """,
        )
        lines = BalanceTransaction.objects.order_by("net_minor")
        assert [(line.merchant_id, line.net_minor) for line in lines] == [
            (tea.pk, 3_266),
            (books.pk, 6_534),
        ]
        laws_now()

    def test_the_split_of_the_channel_s_fee_adds_up(self, laws_now):
        # Given three times 0.33 of 0.99, of which the channel takes 0.01
        sellers = [MerchantFactory() for _ in range(3)]
        attempt = waiting(owed_payment(*sellers, amounts_minor=(33, 33, 33)))

        # When
        capture(attempt)

        # Then one of them bears the cent
        costs = [balance("5001", f"{attempt.channel_account_id}/{seller.pk}") for seller in sellers]
        assert costs == ["0.01", "0.00", "0.00"]
        laws_now()

    def test_merchants_wait_by_their_own_cycles(self):
        # Given
        sellers = [MerchantFactory(settlement_cycle=cycle) for cycle in ("T+0", "T+1", "D+3")]
        attempt = waiting(owed_payment(*sellers, amounts_minor=(100, 100, 100)))

        # When
        capture(attempt)

        # Then
        days = dict(BalanceTransaction.objects.values_list("merchant_id", "available_on"))
        assert [days[seller.pk] for seller in sellers] == [
            THURSDAY,
            FRIDAY,
            THURSDAY + timedelta(days=3),
        ]

    def test_what_belongs_to_no_merchant_waits_in_suspense_with_its_part_of_the_fee(self, laws_now):
        # Given 90.00 for a merchant and 10.00 for nobody
        attempt = waiting(owed_payment(amounts_minor=(9_000,), unallocated_minor=1_000))

        # When
        payment = capture(attempt)

        # Then
        assert_entry(
            f"{payment.pk}:unallocated",
            """
            Dr 1101 10.00 CNY
            Cr 2901 10.00 CNY
            Dr 5001  0.06 CNY
            Cr 1101  0.06 CNY
            """,
        )
        allocation = payment.allocations.get()
        assert_entry(
            f"{allocation.pk}:paid",
            """
            Dr 1101 90.00 CNY
            Cr 2001 88.20 CNY
            Cr 4001  1.80 CNY
            Dr 5001  0.54 CNY
            Cr 1101  0.54 CNY
            """,
        )
        assert BalanceTransaction.objects.count() == 1
        laws_now()
