"""What a channel answers of refunds, and what is booked then."""

from datetime import date

import pytest

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import AuditEntry, JournalEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    Event,
)
from payments.queries.refunds import paid_attempt
from tests.books import assert_balances, assert_entry, balance
from tests.factories.payments import (
    MerchantFactory,
    answered_refund,
    failed_refund,
    paid_payment,
    refunded,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
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


class TestOutcomes:
    def test_succeeded(self):
        """E05e."""
        # Given
        payment = paid_payment()
        refund = asked(payment, amount_minor=3_000)

        # When
        refunded(refund, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:succeeded", "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY")
        assert JournalEntry.objects.get(source=f"{part}:succeeded").effective_date == FRIDAY
        assert on_the_way(payment) == "0.00"
        assert (refund.status, refund.succeeded_at) == ("succeeded", NEXT_NOON)
        assert refund.operation.status == "succeeded"
        assert [
            event.kind for event in Event.objects.filter(subject=refund.pk).order_by("sequence")
        ] == [
            "refund.requested",
            "refund.submitting",
            "refund.succeeded",
        ]
        assert AuditEntry.objects.get(action="refund.succeeded").actor == "channel:alipay"

    def test_the_channel_gives_its_fee_back(self):
        """E05f, split over merchants and nobody's part."""
        # Given
        both = [MerchantFactory(), MerchantFactory()]
        payment = paid_payment(*both, amounts_minor=(6_000, 3_000), unallocated_minor=1_000)
        refund = asked(payment)

        # When
        refunded(refund, fee_minor=60)

        # Then
        first, second = parts(refund)
        assert_entry(
            f"{first}:succeeded",
            "Dr 2101 60.00 CNY\nCr 1101 60.00 CNY\nDr 1101 0.36 CNY\nCr 5001 0.36 CNY",
        )
        assert_entry(
            f"{second}:succeeded",
            "Dr 2101 30.00 CNY\nCr 1101 30.00 CNY\nDr 1101 0.18 CNY\nCr 5001 0.18 CNY",
        )
        assert_entry(
            f"{refund.pk}:unallocated:succeeded",
            "Dr 2101 10.00 CNY\nCr 1101 10.00 CNY\nDr 1101 0.06 CNY\nCr 5001 0.06 CNY",
        )
        channel = paid_attempt(payment).channel_account_id
        for owner in (both[0].pk, both[1].pk, "unallocated"):
            assert on_the_way(payment, owner) == "0.00"
            assert balance("1101", f"{channel}/{owner}") == "0.00"
            assert balance("5001", f"{channel}/{owner}") == "0.00"

    def test_failed_before_maturity_is_pending_again(self):
        """E05g on 2001."""
        # Given
        merchant = merchant_with(vat_bps=600)
        payment = paid_payment(merchant)
        refund = asked(payment)

        # When
        failed_refund(refund)

        # Then
        (part,) = parts(refund)
        assert_entry(
            f"{part}:failed",
            "Dr 2101 100.00 CNY\nCr 2001 98.00 CNY\nCr 4001 1.89 CNY\nCr 2301 0.11 CNY",
        )
        assert lines(refund)[1] == ("refund_failed", 10_000, 200, 9_800, FRIDAY)
        assert on_the_way(payment) == "0.00"
        assert (refund.status, refund.status_code) == ("failed", "REFUSED")

    def test_failed_after_maturity_is_available(self):
        """E05g: not a mirror, the money was pending when it was taken."""
        # Given
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        refund = asked(payment, amount_minor=3_000)
        mature()

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(f"{part}:failed", "Dr 2101 30.00 CNY\nCr 2002 29.40 CNY\nCr 4001 0.60 CNY")
        assert_balances(merchant.pk, merchant_available="98.00", merchant_pending="0.00")

    def test_failed_pays_the_debt_first(self):
        """E05g on 1201, only up to what is owed by now."""
        # Given 20.00 available and 9.40 owed for it; 5.00 were paid back since
        merchant = merchant_with(advance_limit_minor=940)
        payment = paid_payment(merchant)
        mature()
        spend(merchant, 7_800)
        refund = asked(payment, amount_minor=3_000, at=NEXT_NOON)
        paid_payment(merchant, amounts_minor=(510,), at=NEXT_NOON)
        mature(date(2026, 3, 9))
        assert_balances(merchant.pk, merchant_debt="4.40", merchant_available="0.00")

        # When
        failed_refund(refund, at=NEXT_NOON)

        # Then
        (part,) = parts(refund)
        assert_entry(
            f"{part}:failed",
            "Dr 2101 30.00 CNY\nCr 1201 4.40 CNY\nCr 2002 25.00 CNY\nCr 4001 0.60 CNY",
        )
        assert_balances(merchant.pk, merchant_debt="0.00", merchant_available="25.00")

    def test_failed_gives_nobody_s_part_back_into_suspense(self):
        # Given
        payment = paid_payment(unallocated_minor=500)
        refund = asked(payment, unallocated_minor=200)

        # When
        failed_refund(refund)

        # Then
        assert_entry(f"{refund.pk}:unallocated:failed", "Dr 2101 2.00 CNY\nCr 2901 2.00 CNY")
        assert balance("2901", "unallocated") == "5.00"

    def test_processing_and_unknown_book_nothing_and_no_clock_ends_them(self):
        # Given
        refund = asked(paid_payment())
        booked = JournalEntry.objects.count()

        # When, Then
        for kind in (OutcomeKind.PROCESSING, OutcomeKind.UNKNOWN, OutcomeKind.PROCESSING):
            answered_refund(refund, Outcome(kind))
            assert refund.status == "processing"
        assert JournalEntry.objects.count() == booked

    @pytest.mark.parametrize(
        "told",
        [
            {"amount_minor": 9_999, "currency": "CNY"},
            {"amount_minor": 10_000, "currency": "USD"},
            {"amount_minor": None, "currency": ""},
            {"amount_minor": 10_000, "currency": "CNY", "fee_minor": 10_001},
            {"amount_minor": 10_000, "currency": "CNY", "fee_minor": -1},
        ],
    )
    def test_a_success_of_something_else_is_not_believed(self, told):
        # Given
        payment = paid_payment()
        refund = asked(payment)

        # When
        answered_refund(refund, Outcome(OutcomeKind.SUCCEEDED, **told))

        # Then
        assert (refund.status, refund.status_code) == ("unknown", "AMOUNT_DIFFERS")
        assert on_the_way(payment) == "100.00"

    def test_settled_money_can_be_refunded_too(self):
        """E05e drives 1101 below zero until the channel's next settlement nets it."""
        # Given the channel's money is at the bank
        merchant = MerchantFactory()
        payment = paid_payment(merchant)
        owner = f"{paid_attempt(payment).channel_account_id}/{merchant.pk}"
        journal.post_entry(
            Entry(
                source="bank:1",
                kind="channel_settled",
                legs=(debit("1001", "chn_b", 9_940, "CNY"), credit("1101", owner, 9_940, "CNY")),
                effective_date=THURSDAY,
                at=NOON,
            )
        )

        # When
        refunded(asked(payment))

        # Then
        assert balance("1101", owner) == "-100.00"
