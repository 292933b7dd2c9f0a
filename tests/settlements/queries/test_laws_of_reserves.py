"""Each law of reserves and freezes finds its own fault, put there past all guards."""

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from payments.actions import maturity
from payments.models import ManualEntry, Merchant, ReserveHold
from settlements.queries.integrity import verify
from settlements.queries.laws_of_reserves import LAWS_OF_RESERVES
from tests.factories.manual_entries import (
    asked_by_hand,
    booked_by_hand,
    reserved_by_hand,
    with_reserve_terms,
)
from tests.factories.payments import MerchantFactory, paid_payment, refund_asked
from tests.instants import FRIDAY, MONDAY, NEXT_NOON
from tests.rig.tampering import tamper, without_triggers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant() -> Merchant:
    """A merchant with a rolling reserve, of which a refund took, one by hand, and two freezes."""
    merchant = MerchantFactory()
    paid_payment(merchant)
    with_reserve_terms(merchant, days=1, is_reserve_for_refunds=True)
    payment = paid_payment(merchant)
    paid_payment(merchant, at=NEXT_NOON)
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON)
    freeze = booked_by_hand("freeze", merchant, 10_000, at=NEXT_NOON)
    booked_by_hand("unfreeze", merchant, 4_000, ends=freeze.pk, at=NEXT_NOON)
    asked_by_hand("freeze", merchant, 1, at=NEXT_NOON)
    hold = reserved_by_hand(merchant, 2_000, at=NEXT_NOON)
    booked_by_hand("reserve_release", merchant, 500, ends=hold.pk, at=NEXT_NOON)
    spent = merchant.accounts.get().available_account.balance.balance_minor
    booked_by_hand("adjustment_debit", merchant, spent, at=NEXT_NOON)
    assert refund_asked(payment, amount_minor=1_000, at=NEXT_NOON).status == "submitting"
    return merchant


def found(*statements: str) -> set[str]:
    """Return the laws that are broken after tampering."""
    tamper(*statements)
    return {one.law for one in verify().violations}


def test_the_laws_hold_and_look_at_something(merchant):
    report = verify()

    assert report.violations == []
    assert all(report.counts[law.code] for law in LAWS_OF_RESERVES)
    maturity.mature(currency="CNY", business_date=MONDAY, actor="task:t", at=NEXT_NOON)
    assert verify().violations == []


GUARDS = (
    ("ledger_journalentry", "payments_by_hand_agreed"),
    ("ledger_posting", "payments_moved_by_hand_only"),
)
FORGED_KINDS = (
    "adjustment_credit",
    "debt_recovery",
    "captured",  # … and what only people move under any other kind
)


@pytest.mark.parametrize("kind", FORGED_KINDS)
def test_finds_what_nobody_asked_for(merchant, kind):
    # Given an entry past all guards, with the line that the books ask for
    with without_triggers(*GUARDS), transaction.atomic():
        journal.post_entry(
            Entry(
                source="man_forged:booked",
                kind=kind,
                legs=(
                    debit("5009", merchant.pk, 9_000_000, "CNY"),
                    credit("4002", merchant.pk, 9_000_000, "CNY"),
                ),
                effective_date=FRIDAY,
                at=NEXT_NOON,
            )
        )

    # Then
    (violation,) = verify().violations
    assert violation.law == "nothing_else_by_hand"
    assert violation.subject == f"man_forged:booked {kind}"


@pytest.mark.parametrize(
    ("statement", "laws"),
    [
        (
            (
                "UPDATE payments_reservehold SET left_minor = left_minor - 1 WHERE left_minor > 0"
                " AND allocation_id IS NULL"
            ),
            {"reserves_are_2005", "reserves_fall_by_their_uses"},
        ),
        (
            (
                "UPDATE payments_reserveuse SET amount_minor = amount_minor - 1"
                " WHERE kind = 'consumed' AND amount_minor > 1"
            ),
            {"reserves_fall_by_their_uses"},
        ),
        (
            (
                "UPDATE payments_manualentry SET amount_minor = 9999 WHERE kind = 'freeze'"
                " AND status = 'booked'"
            ),
            {"freezes_are_2004", "manual_entries_are_booked", "two_people_booked_by_hand"},
        ),
        (
            "UPDATE payments_manualentry SET amount_minor = 10001 WHERE kind = 'unfreeze'",
            {
                "freezes_are_2004",
                "freezes_end_once",
                "manual_entries_are_booked",
                "two_people_booked_by_hand",
            },
        ),
        (
            (
                "UPDATE payments_manualentry SET status = 'cancelled', entry_id = NULL,"
                " booked_at = NULL WHERE kind = 'unfreeze'"
            ),
            {"freezes_are_2004", "manual_entries_are_booked", "nothing_else_by_hand"},
        ),
        (
            "UPDATE payments_manualentry SET maker = 'user:2' WHERE kind = 'adjustment_debit'",
            {"two_people_booked_by_hand"},
        ),
    ],
)
def test_each_fault_is_found_by_its_law(merchant, statement, laws):
    assert ManualEntry.objects.exists()
    assert ReserveHold.objects.exists()
    assert found(statement) == laws
