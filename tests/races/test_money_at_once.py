"""The same money asked for, booked and matured at the same moment: as often as it is there."""

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.errors import AlreadyReversedError, DuplicateEntryError, OverdrawnError
from ledger.models import Account, JournalEntry, Posting
from payments import locks
from payments.actions import closing, events, merchants, operations, payments
from payments.actions.payments import AllocationRequest, PaymentRequest
from payments.errors import OrderNumberTakenError
from payments.models import (
    ChannelOperation,
    Event,
    MerchantAccount,
    Payer,
    Payment,
    PaymentAttempt,
)
from tests.books import balance
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    confirmed_payment,
    owed_payment,
)
from tests.instants import NOON, THURSDAY
from tests.rig.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def move(source: str, amount_minor: int, *, debited: str = "2002", credited: str = "2003") -> None:
    """Move money of one merchant, in a transaction of its own."""
    with transaction.atomic():
        journal.post_entry(
            Entry(
                source=source,
                kind="settlement_hold",
                legs=(
                    debit(debited, "mer_a", amount_minor, "CNY"),
                    credit(credited, "mer_a", amount_minor, "CNY"),
                ),
                effective_date=THURSDAY,
                at=NOON,
            )
        )


def of_kind(results: list[object], kind: type) -> list[object]:
    return [result for result in results if isinstance(result, kind)]


# --- the books ----------------------------------------------------------------------------------


class TestBooks:
    def test_of_five_debits_of_40_on_100_two_succeed(self):
        # Given
        move("given", 10_000, debited="1001", credited="2006")
        move("given:2", 10_000, debited="2006", credited="2005")

        # When
        results = at_once(
            *(
                lambda n=n: move(f"take:{n}", 4_000, debited="2005", credited="2006")
                for n in range(5)
            )
        )

        # Then
        assert results.count(None) == 2
        assert len(of_kind(results, OverdrawnError)) == 3
        assert balance("2005", "mer_a") == "20.00"
        assert balance("2006", "mer_a") == "80.00"

    def test_one_event_is_booked_once(self):
        # When
        results = at_once(*([lambda: move("once", 100, debited="1001", credited="2006")] * 6))

        # Then
        assert results.count(None) == 1
        assert len(of_kind(results, DuplicateEntryError)) == 5
        assert balance("2006", "mer_a") == "1.00"

    def test_one_entry_is_reversed_once(self):
        # Given
        move("slip", 100, debited="1001", credited="2006")
        entry = JournalEntry.objects.get()

        def reverse() -> None:
            with transaction.atomic():
                journal.reverse_entry(entry, effective_date=THURSDAY, at=NOON, reason="a slip")

        # When
        results = at_once(*([reverse] * 4))

        # Then
        assert results.count(None) == 1
        assert len(of_kind(results, (AlreadyReversedError, DuplicateEntryError))) == 3
        assert balance("2006", "mer_a") == "0.00"

    def test_bookings_in_opposite_directions_never_wait_for_each_other(self):
        # Given
        move("given", 100_000, debited="1001", credited="2006")
        move("given:2", 50_000, debited="2006", credited="2005")

        def back_and_forth(worker: int) -> None:
            way = ("2006", "2005") if worker % 2 else ("2005", "2006")
            for turn in range(10):
                move(f"{worker}:{turn}", 100, debited=way[0], credited=way[1])

        # When
        results = at_once(*(lambda n=n: back_and_forth(n) for n in range(6)))

        # Then nobody was a deadlock's victim, and every account was numbered without a gap
        assert results == [None] * 6
        assert balance("2006", "mer_a") == balance("2005", "mer_a") == "500.00"
        numbers = Posting.objects.filter(account__code="2006").order_by("seq")
        assert list(numbers.values_list("seq", flat=True)) == list(range(1, 63))
        running = 0
        for posting in numbers:
            running += posting.amount_minor if posting.side == "C" else -posting.amount_minor
            assert posting.balance_after_minor == running


# --- what is owed -------------------------------------------------------------------------------


class TestOrders:
    def test_one_order_number_is_one_payment(self):
        # Given
        merchant = MerchantFactory()

        def create() -> str:
            with transaction.atomic():
                return payments.create_payment(
                    PaymentRequest(
                        merchant_order_no="A-1",
                        amount_minor=100,
                        currency="CNY",
                        allocations=[AllocationRequest(merchant.pk, 100)],
                        description="Goods",
                        payer_no="P1",
                    ),
                    actor="key:test",
                    at=NOON,
                ).pk

        # When
        results = at_once(*([create] * 6))

        # Then
        assert of_kind(results, str) == [Payment.objects.get().pk]
        assert len(of_kind(results, OrderNumberTakenError)) == 5
        assert Event.objects.count() == 1

    def test_two_first_payments_of_a_payer_know_one_payer(self):
        # Given
        merchant = MerchantFactory()

        # When
        at_once(*([lambda: owed_payment(merchant, payer_no="P1")] * 6))

        # Then
        assert Payment.objects.filter(payer=Payer.objects.get()).count() == 6

    def test_two_first_payments_of_a_merchants_payer_know_one_payer(self):
        # Given
        merchant = MerchantFactory()

        # When
        at_once(*([lambda: owed_payment(merchant, payer_no="P1", created_by=merchant)] * 6))

        # Then
        assert Payment.objects.filter(payer=Payer.objects.get(merchant=merchant)).count() == 6

    def test_the_accounts_of_a_merchant_are_opened_once(self):
        # Given
        merchant = MerchantFactory()
        other = MerchantFactory()

        def opened(*ids: str) -> list[int]:
            with transaction.atomic():
                found = merchants.open_accounts(ids, currency="CNY", business_date=THURSDAY)
                return sorted(account.pk for account in found.values())

        # When in whatever order they are named
        results = at_once(
            *([lambda: opened(merchant.pk, other.pk), lambda: opened(other.pk, merchant.pk)] * 3)
        )

        # Then
        rows = sorted(MerchantAccount.objects.values_list("pk", flat=True))
        assert len(rows) == 2
        assert results == [rows] * 6
        assert Account.objects.count() == 8

    def test_one_payment_is_tried_once(self):
        # Given
        AlipayAccountFactory()
        payment = owed_payment()

        def confirm() -> str:
            with transaction.atomic():
                return payments.confirm_payment(
                    payment.pk, method="alipay_qr", client_ip=None, actor="key:test", at=NOON
                ).status

        # When
        results = at_once(*([confirm] * 6))

        # Then
        assert results == ["awaiting_payment"] * 6
        assert PaymentAttempt.objects.count() == 1
        assert ChannelOperation.objects.count() == 1

    def test_what_is_cancelled_is_not_tried_and_what_is_tried_is_closed_at_the_channel(self):
        # Given
        AlipayAccountFactory()
        payment = owed_payment()

        def confirm() -> None:
            with transaction.atomic():
                payments.confirm_payment(
                    payment.pk, method="alipay_qr", client_ip=None, actor="key:test", at=NOON
                )

        def cancel() -> None:
            with transaction.atomic():
                closing.cancel_payment(payment.pk, actor="key:test", at=NOON)

        # When
        results = at_once(confirm, cancel)

        # Then either confirming is refused, or the order is ended before it ever left
        status = Payment.objects.get().status
        assert results.count(None) == 1 + PaymentAttempt.objects.count()
        assert (status, PaymentAttempt.objects.count()) in [("closed", 1), ("closed", 0)]

    def test_the_events_of_a_payment_are_numbered_without_a_gap(self):
        # Given
        payment = owed_payment()

        def tell() -> None:
            with transaction.atomic():
                locks.locked_payment(payment.pk)
                events.record_event(kind="payment.told", subject=payment.pk, at=NOON)

        # When
        results = at_once(*([tell] * 8))

        # Then
        assert results == [None] * 8
        numbers = Event.objects.filter(subject=payment.pk).values_list("sequence", flat=True)
        assert sorted(numbers) == list(range(1, 10))


# --- orders to the channel ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "sent"),
    [(operations.claim_to_send, False), (operations.claim_to_ask, True)],
    ids=["send", "ask"],
)
def test_one_worker_speaks_about_an_order(claim, sent):
    # Given
    AlipayAccountFactory()
    attempt = confirmed_payment()
    if sent:
        ChannelOperation.objects.update(status="sending")

    def take() -> object:
        with transaction.atomic():
            return claim(attempt.pk)

    # When
    results = at_once(*([take] * 6))

    # Then
    (lease,) = of_kind(results, operations.Lease)
    assert results.count(None) == 5
    assert ChannelOperation.objects.get().lease_token == lease.token
