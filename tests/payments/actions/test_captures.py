"""A payment that the channel confirmed: in the books to the cent, once, on the channel's day."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from ledger.errors import IllegalMoveError
from ledger.models import AuditEntry, JournalEntry
from payments.actions import captures, maturity
from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction, ChannelOperation, Event, Payment, PaymentAttempt
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import (
    AlipayAccountFactory,
    FeePlanFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
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
from tests.rig.rows import gained, nothing_written, row_counts

pytestmark = pytest.mark.django_db


def waiting(payment: Payment | None = None, *, fee_bps: int = 60) -> PaymentAttempt:
    """Bring a payment to where its payer may pay."""
    payment = payment or owed_payment()
    channel = AlipayAccountFactory(currency=payment.currency, channel_fee_bps=fee_bps)
    return attempted_payment(payment, channel=channel)


def capture(attempt: PaymentAttempt, *, at=NEXT_NOON, **other) -> Payment:
    """Record what the channel says: paid in full at noon, unless stated otherwise."""
    payment = attempt.payment
    captures.record_paid(
        payment,
        attempt=attempt,
        outcome=Outcome(
            **{
                "kind": OutcomeKind.SUCCEEDED,
                "amount_minor": payment.amount_minor,
                "currency": payment.currency,
                "paid_at": NOON,
                **other,
            }
        ),
        actor="channel:alipay",
        at=at,
    )
    return Payment.objects.get(pk=payment.pk)


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


class TestLate:
    """Money that we learn of after its day has matured is pending until the next one."""

    def test_waits_for_the_day_after_the_last_that_matured(self, laws_now):
        # Given a merchant whose money has matured through Monday
        attempt = waiting()
        merchant_id = attempt.payment.allocations.get().merchant_id
        maturity.mature(currency="CNY", business_date=MONDAY, actor="task:t", at=NEXT_NOON)

        # When we learn on Monday that they were paid on Thursday
        capture(attempt, paid_at=NOON)
        laws_now()

        # Then the line is of Thursday, and matures with Tuesday
        line = BalanceTransaction.objects.get()
        assert (line.effective_date, line.available_on) == (THURSDAY, MONDAY + timedelta(days=1))
        maturity.mature(
            currency="CNY", business_date=date(2026, 3, 10), actor="task:t", at=NEXT_NOON
        )
        assert_balances(merchant_id, merchant_pending="0.00", merchant_available="98.00")
        laws_now()


class TestConflict:
    """Money that came otherwise than asked belongs to nobody until two people decide."""

    @pytest.mark.parametrize("amount_minor", [9_999, 10_001])
    def test_another_amount_waits_in_suspense(self, amount_minor, laws_now):
        # Given
        attempt = waiting()
        merchant_id = attempt.payment.allocations.get().merchant_id

        # When
        payment = capture(attempt, amount_minor=amount_minor)

        # Then
        assert (payment.status, payment.status_code) == ("conflicted", "amount_differs")
        assert payment.paid_at == NOON
        text = f"{amount_minor // 100}.{amount_minor % 100:02}"
        assert_entry(f"{payment.pk}:conflicted", f"Dr 1101 {text} CNY\nCr 2901 {text} CNY")
        assert_balances(merchant_id, merchant_pending="0.00", service_fee="0.00")
        assert BalanceTransaction.objects.count() == 0
        assert Event.objects.filter(kind="payment.conflicted").count() == 1
        laws_now()

    def test_another_currency_waits_in_its_own_suspense(self, laws_now):
        # When
        payment = capture(waiting(), currency="USD")

        # Then
        assert payment.status == "conflicted"
        assert_entry(f"{payment.pk}:conflicted", "Dr 1101 100.00 USD\nCr 2901 100.00 USD")
        assert balance("2901", "unallocated", "USD") == "100.00"
        assert balance("2901", "unallocated", "CNY") == "0.00"
        laws_now()

    @pytest.mark.parametrize("amount_minor", [0, None])
    def test_nothing_at_all_is_a_conflict_without_a_booking(self, amount_minor):
        # When
        payment = capture(waiting(), amount_minor=amount_minor)

        # Then
        assert payment.status == "conflicted"
        assert JournalEntry.objects.count() == 0

    def test_the_same_conflict_again_changes_nothing(self):
        # Given
        attempt = waiting()
        capture(attempt, amount_minor=9_999)

        # When, Then
        with nothing_written():
            capture(attempt, amount_minor=9_999)
        with nothing_written():
            capture(attempt)


class TestTwice:
    """The same outcome again changes nothing."""

    def test_of_a_paid_payment(self):
        # Given
        attempt = waiting()
        capture(attempt)

        # When, Then
        with nothing_written():
            payment = capture(attempt, at=NEXT_NOON + timedelta(days=1))
        assert payment.paid_at == NOON

    def test_of_a_paid_payment_with_another_amount(self):
        # Given
        attempt = waiting()
        capture(attempt)

        # When, Then
        with nothing_written():
            assert capture(attempt, amount_minor=1).status == "paid"


class TestAfterTheEnd:
    """Money for a payment that was closed, and money that comes a second time: in suspense."""

    def closed(self) -> PaymentAttempt:
        attempt = waiting()
        for status in ("closing", "closed"):
            Payment.objects.update(status=status, status_code="expired")
        attempt.payment.refresh_from_db()
        return attempt

    @pytest.mark.parametrize("amount_minor", [10_000, 9_999])
    def test_money_for_a_closed_payment_is_late_whatever_it_is(self, amount_minor, laws_now):
        # When
        payment = capture(self.closed(), amount_minor=amount_minor)

        # Then the reason why it was closed stays
        assert (payment.status, payment.status_code) == ("paid_late", "expired")
        assert payment.paid_at == NOON
        text = f"{amount_minor // 100}.{amount_minor % 100:02}"
        assert_entry(f"{payment.pk}:paid_late", f"Dr 1101 {text} CNY\nCr 2901 {text} CNY")
        assert JournalEntry.objects.get().kind == "payment_paid_late"
        assert BalanceTransaction.objects.count() == 0
        laws_now()

    def test_the_same_late_money_again_changes_nothing(self):
        # Given
        attempt = self.closed()
        capture(attempt)

        # When, Then
        with nothing_written():
            assert capture(attempt).status == "paid_late"

    @pytest.mark.parametrize("first_minor", [10_000, 9_999])
    def test_money_by_a_second_try_leaves_the_payment_as_it_is(self, first_minor, laws_now):
        # Given a payment that is paid, or conflicted
        first = waiting()
        status = capture(first, amount_minor=first_minor).status
        for row in (first.operation, first):
            row.status = "succeeded"
            row.save(update_fields=["status"])
        second = second_try_of(first)

        # When
        payment = capture(second)

        # Then
        assert payment.status == status
        assert_entry(f"{second.pk}:paid_twice", "Dr 1101 100.00 CNY\nCr 2901 100.00 CNY")
        assert JournalEntry.objects.get(source=f"{second.pk}:paid_twice").subject == payment.pk
        assert Event.objects.get(kind="payment.paid_twice").subject == payment.pk
        with nothing_written():
            capture(second)
        laws_now()


def second_try_of(first: PaymentAttempt) -> PaymentAttempt:
    """Return another try of the same payment, at the same account."""
    operation = ChannelOperation.objects.create(
        kind="pay",
        channel_account=first.channel_account,
        channel_no="ATT_2",
        subject="att_2",
        amount_minor=10_000,
        currency="CNY",
        created_at=NOON,
    )
    return PaymentAttempt.objects.create(
        id="att_2",
        payment=first.payment,
        channel_account=first.channel_account,
        operation=operation,
        method="alipay_qr",
        created_at=NOON,
    )


class TestRefusals:
    """What cannot become paid, and what that leaves behind: nothing."""

    @pytest.mark.parametrize("status", ["created", "rejected", "risk_review"])
    def test_refuses_a_payment_that_may_not_become_paid(self, status):
        # Given an order that was placed before the payment was taken back
        payment = owed_payment()
        Payment.objects.update(status=status)
        payment.refresh_from_db()
        attempt = PaymentAttempt(payment=payment, channel_account=AlipayAccountFactory())

        # When, Then
        with nothing_written(), pytest.raises(IllegalMoveError):
            capture(attempt)
        with nothing_written(), pytest.raises(IllegalMoveError):
            capture(attempt, amount_minor=1)
        assert Payment.objects.get().status == status


@pytest.mark.django_db(transaction=True)
def test_is_a_part_of_recording_the_answer():
    # Given
    attempt = waiting()

    # When, Then
    with nothing_written(), pytest.raises(AssertionError, match="part"):
        capture(attempt)


@pytest.mark.django_db(transaction=True)
def test_all_of_it_is_undone_together():
    # Given
    attempt = waiting()
    before = row_counts()

    # When what comes after the booking fails
    with transaction.atomic():
        capture(attempt)
        transaction.set_rollback(True)

    # Then
    assert gained(before) == {}
    assert Payment.objects.get().status == "awaiting_payment"


def test_costs_a_constant_number_of_round_trips(django_assert_num_queries):
    # Given payments of one and of four merchants
    one = waiting()
    four = waiting(owed_payment(*(MerchantFactory() for _ in range(4)), amounts_minor=(2_500,) * 4))
    for attempt in (one, four):
        attempt.payment.refresh_from_db()

    # When: allocations with their merchants, the first open day (a notification may be recorded
    # after its own day was closed), the accounts kept still, the calendar, one call of the
    # ledger, all lines, the payment, its event, its audit row
    for attempt in (one, four):
        with django_assert_num_queries(9):
            captures.record_paid(
                attempt.payment,
                attempt=attempt,
                outcome=Outcome(
                    OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON
                ),
                actor="channel:alipay",
                at=NOON,
            )


def test_the_factory_says_what_the_channel_would(laws_now):
    """`paid_payment` is what other tests begin with; it obeys the same laws."""
    # When
    payment = paid_payment(unallocated_minor=500)

    # Then
    assert (payment.status, payment.amount_minor) == ("paid", 10_500)
    laws_now()
