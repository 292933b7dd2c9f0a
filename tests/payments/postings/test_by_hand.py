"""What people book by hand: the design's examples, to the cent."""

import pytest

from payments.actions.manual_entry_bookings import _LINES, _POSTINGS
from payments.models import ManualEntry, ManualEntryKind, MerchantAccount, PaymentAllocation
from payments.postings import adjustments, debts, reserves
from tests.books import legs_of
from tests.instants import FRIDAY, NOON, THURSDAY

ACCOUNT = MerchantAccount(id=1, merchant_id="mer_1", currency="CNY")


def asked(kind: str, amount_minor: int) -> ManualEntry:
    return ManualEntry(
        id="man_1",
        kind=kind,
        merchant_account=ACCOUNT,
        amount_minor=amount_minor,
        currency="CNY",
    )


@pytest.mark.parametrize(
    ("posting", "kind", "amount_minor", "legs"),
    [
        # E12a
        (
            adjustments.adjusted_in_favour,
            "adjustment_credit",
            500,
            ["Dr 5009 mer_1 5.00", "Cr 2002 mer_1 5.00"],
        ),
        # E12b
        (
            adjustments.adjusted_against,
            "adjustment_debit",
            500,
            ["Dr 2002 mer_1 5.00", "Cr 4009 mer_1 5.00"],
        ),
        # E12c and its mirror
        (adjustments.frozen, "freeze", 5_000, ["Dr 2002 mer_1 50.00", "Cr 2004 mer_1 50.00"]),
        (adjustments.unfrozen, "unfreeze", 5_000, ["Dr 2004 mer_1 50.00", "Cr 2002 mer_1 50.00"]),
        # E11a from available money, and E11b
        (
            reserves.held_by_hand,
            "reserve_hold",
            980,
            ["Dr 2002 mer_1 9.80", "Cr 2005 mer_1 9.80"],
        ),
        (
            reserves.released_by_hand,
            "reserve_release",
            980,
            ["Dr 2005 mer_1 9.80", "Cr 2002 mer_1 9.80"],
        ),
        # E16a before maturity, and E16b
        (
            debts.recovered_by_hand,
            "debt_recovery",
            940,
            ["Dr 2002 mer_1 9.40", "Cr 1201 mer_1 9.40"],
        ),
        (
            debts.written_off,
            "debt_write_off",
            940,
            ["Dr 5004 mer_1 9.40", "Cr 1201 mer_1 9.40"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_by_hand(posting, kind, amount_minor, legs):
    entry = posting(asked(kind, amount_minor), effective_date=THURSDAY, at=NOON)

    assert legs_of(entry) == legs
    assert (entry.source, entry.kind, entry.subject) == ("man_1:booked", kind, "man_1")
    assert (entry.effective_date, entry.at) == (THURSDAY, NOON)


def test_every_kind_has_its_posting():
    assert set(_POSTINGS) == set(ManualEntryKind)
    assert set(ManualEntryKind) - set(_LINES) == {ManualEntryKind.DEBT_RECOVERY}


def test_a_share_of_the_net_is_kept_while_it_is_pending():  # E11a
    allocation = PaymentAllocation(id="pal_1", merchant_id="mer_1", payment_id="pay_1")

    entry = reserves.held_at_capture(
        allocation, amount_minor=980, currency="CNY", effective_date=THURSDAY, at=NOON
    )

    assert legs_of(entry) == ["Dr 2001 mer_1 9.80", "Cr 2005 mer_1 9.80"]
    assert (entry.source, entry.kind, entry.subject) == (
        "pal_1:reserve_held",
        "reserve_held",
        "pay_1",
    )


def test_what_is_due_goes_back_once_a_day():  # E11b
    entry = reserves.released_when_due(
        ACCOUNT, amount_minor=980, business_date=FRIDAY, effective_date=FRIDAY, at=NOON
    )

    assert legs_of(entry) == ["Dr 2005 mer_1 9.80", "Cr 2002 mer_1 9.80"]
    assert (entry.source, entry.kind, entry.subject) == (
        "mer_1:CNY:reserve_released:2026-03-06",
        "reserve_released",
        "mer_1",
    )
