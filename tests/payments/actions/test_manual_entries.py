# ruff: noqa: F811  fixtures are imported
"""Booking by hand: one asks, another agrees, and the last agreement books it with its line."""

from datetime import timedelta

import pytest

from ledger.errors import (
    AmountError,
)
from ledger.models import ApprovalRequest, AuditEntry, JournalEntry
from payments.actions import maturity
from payments.errors import (
    ManualEntryTooLargeError,
    ManualReasonMismatchError,
    NoMerchantAccountError,
    NothingToEndError,
)
from payments.models import BalanceTransaction, Event, ManualEntry, Merchant
from tests.books import assert_balances, assert_entry
from tests.factories.manual_entries import (
    CHECKER,
    MAKER,
    agreed_by_hand,
    asked_by_hand,
    booked_by_hand,
    reserved_by_hand,
)
from tests.factories.payments import MerchantFactory, paid_payment, refund_asked
from tests.factories.terms import give_account_terms
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.payments.actions.asked_entries import laws_hold, merchant  # noqa: F401
from tests.rig.attacks import check_laws
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def debtor(merchant) -> Merchant:
    """A merchant who owes 2.00 and has nothing."""
    booked_by_hand("adjustment_debit", merchant, 9_800, at=NEXT_NOON)
    give_account_terms(merchant, advance_limit_minor=10_000)
    payment = paid_payment(merchant, amounts_minor=(300,), at=NEXT_NOON)
    check_laws()
    maturity.mature(
        currency="CNY", business_date=FRIDAY + timedelta(days=3), actor="task:t", at=NEXT_NOON
    )
    booked_by_hand("adjustment_debit", merchant, 294, at=NEXT_NOON)
    refund = refund_asked(payment, amount_minor=204, at=NEXT_NOON)
    assert refund.status == "submitting"
    assert_balances(merchant.pk, merchant_available="0.00", merchant_debt="2.00")
    return merchant


def lines(entry: ManualEntry) -> list[tuple[object, ...]]:
    return list(
        BalanceTransaction.objects.filter(source=entry.pk).values_list(
            "kind", "gross_minor", "fee_minor", "net_minor", "effective_date", "available_on"
        )
    )


class TestAsking:
    def test_moves_no_money_and_waits_for_another_person(self, merchant):
        # When
        booked = JournalEntry.objects.count()
        entry = asked_by_hand("freeze", merchant, 5_000, refers_to="case 7", at=NEXT_NOON)

        # Then
        assert (entry.status, entry.maker, entry.entry_id) == ("pending_approval", MAKER, None)
        request = ApprovalRequest.objects.get(object_id=entry.pk)
        assert (request.kind, request.maker, request.state) == ("manual_entry", MAKER, "pending")
        assert request.payload == {
            "manual_entry": entry.pk,
            "kind": "freeze",
            "merchant": merchant.pk,
            "currency": "CNY",
            "amount_minor": 5_000,
            "reason_code": "suspected_fraud",
            "note": "Ticket 4711",
            "refers_to": "case 7",
            "ends": "",
        }
        assert JournalEntry.objects.count() == booked
        audited = AuditEntry.objects.get(action="manual_entry.requested")
        assert (audited.subject, audited.actor) == (entry.pk, MAKER)

    @pytest.mark.parametrize(
        ("kind", "amount_minor", "other", "error"),
        [
            ("freeze", 0, {}, AmountError),
            ("freeze", -1, {}, AmountError),
            ("freeze", 9_801, {}, ManualEntryTooLargeError),
            ("adjustment_debit", 9_801, {}, ManualEntryTooLargeError),
            ("reserve_hold", 9_801, {}, ManualEntryTooLargeError),
            ("debt_recovery", 1, {}, ManualEntryTooLargeError),
            ("debt_write_off", 1, {}, ManualEntryTooLargeError),
            ("freeze", 1, {"reason_code": "goodwill"}, ManualReasonMismatchError),
            ("freeze", 1, {"note": "  "}, ManualReasonMismatchError),
            ("freeze", 1, {"currency": "USD"}, NoMerchantAccountError),
            ("unfreeze", 1, {}, NothingToEndError),
            ("unfreeze", 1, {"ends": "man_none"}, NothingToEndError),
            ("reserve_release", 1, {"ends": "rsv_none"}, NothingToEndError),
        ],
    )
    def test_refuses_and_writes_nothing(self, merchant, kind, amount_minor, other, error):
        with nothing_written(), pytest.raises(error):
            asked_by_hand(kind, merchant, amount_minor, **other)

    def test_nobody_ends_the_freeze_of_another_merchant(self, merchant):
        # Given
        other = MerchantFactory()
        paid_payment(other)
        freeze = booked_by_hand("freeze", merchant, 5_000)

        # When, Then
        with nothing_written(), pytest.raises(NothingToEndError):
            asked_by_hand("unfreeze", other, 1, ends=freeze.pk)


class TestBooking:
    @pytest.mark.parametrize(
        ("kind", "legs", "line", "event"),
        [
            (
                "adjustment_credit",
                "Dr 5009 5.00 CNY\nCr 2002 5.00 CNY",
                ("adjustment", 500),
                "merchant.adjusted",
            ),
            (
                "adjustment_debit",
                "Dr 2002 5.00 CNY\nCr 4009 5.00 CNY",
                ("adjustment", -500),
                "merchant.adjusted",
            ),
            (
                "freeze",
                "Dr 2002 5.00 CNY\nCr 2004 5.00 CNY",
                ("freeze", -500),
                "merchant.money_frozen",
            ),
            (
                "reserve_hold",
                "Dr 2002 5.00 CNY\nCr 2005 5.00 CNY",
                ("reserve_hold", -500),
                "merchant.reserve_held",
            ),
        ],
    )
    def test_books_what_was_agreed_to_with_its_line(self, merchant, kind, legs, line, event):
        # Given
        entry = asked_by_hand(kind, merchant, 500, at=NOON)

        # When
        agreed_by_hand(entry, at=NEXT_NOON)

        # Then
        entry.refresh_from_db()
        assert (entry.status, entry.booked_at) == ("booked", NEXT_NOON)
        assert_entry(f"{entry.pk}:booked", legs)
        kind_of_line, net = line
        assert lines(entry) == [(kind_of_line, net, 0, net, FRIDAY, FRIDAY)]
        assert ApprovalRequest.objects.get(object_id=entry.pk).state == "executed"
        told = Event.objects.get(subject=entry.pk)
        assert (told.kind, told.payload["amount"]) == (event, 500)
        assert AuditEntry.objects.get(action="manual_entry.booked").actor == CHECKER.actor

    def test_all_that_is_available_can_be_frozen_and_given_back_in_parts(self, merchant):
        # Given
        freeze = booked_by_hand("freeze", merchant, 9_800, at=NEXT_NOON)
        assert_balances(merchant.pk, merchant_available="0.00", risk_freeze="98.00")

        # When
        first = booked_by_hand("unfreeze", merchant, 3_000, ends=freeze.pk, at=NEXT_NOON)
        booked_by_hand("unfreeze", merchant, 6_800, ends=freeze.pk, at=NEXT_NOON)

        # Then
        assert_balances(merchant.pk, merchant_available="98.00", risk_freeze="0.00")
        assert lines(first) == [("unfreeze", 3_000, 0, 3_000, FRIDAY, FRIDAY)]
        with nothing_written(), pytest.raises(ManualEntryTooLargeError):
            asked_by_hand("unfreeze", merchant, 1, ends=freeze.pk)

    def test_a_reserve_by_hand_is_released_in_parts_and_never_twice(self, merchant):
        # Given
        hold = reserved_by_hand(merchant, 980, at=NEXT_NOON)
        assert (hold.left_minor, hold.release_on, hold.allocation_id) == (980, None, None)

        # When
        release = booked_by_hand("reserve_release", merchant, 600, ends=hold.pk, at=NEXT_NOON)

        # Then
        hold.refresh_from_db()
        assert hold.left_minor == 380
        assert lines(release) == [("reserve_release", 600, 0, 600, FRIDAY, FRIDAY)]
        assert_balances(merchant.pk, reserve="3.80", merchant_available="94.20")
        with nothing_written(), pytest.raises(ManualEntryTooLargeError):
            asked_by_hand("reserve_release", merchant, 381, ends=hold.pk)

    def test_a_debt_is_recovered_before_maturity_without_a_line(self, debtor):
        # Given
        booked_by_hand("adjustment_credit", debtor, 150, at=NEXT_NOON)

        # When
        entry = booked_by_hand("debt_recovery", debtor, 150, at=NEXT_NOON)

        # Then
        assert_entry(f"{entry.pk}:booked", "Dr 2002 1.50 CNY\nCr 1201 1.50 CNY")
        assert lines(entry) == []
        assert_balances(debtor.pk, merchant_available="0.00", merchant_debt="0.50")

    def test_a_debt_is_written_off_with_a_line(self, debtor):
        # When
        entry = booked_by_hand("debt_write_off", debtor, 200, at=NEXT_NOON)

        # Then
        assert_entry(f"{entry.pk}:booked", "Dr 5004 2.00 CNY\nCr 1201 2.00 CNY")
        assert [line[:4] for line in lines(entry)] == [("write_off", 200, 0, 200)]
        assert_balances(debtor.pk, merchant_debt="0.00", bad_debt="2.00")
