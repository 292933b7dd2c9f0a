# ruff: noqa: F811  fixtures are imported
"""The bank's statement books what it shows and is known here; the rest waits with its reason."""

import pytest

from settlements.actions.bills import import_bill
from settlements.models import OpenReason, Payout
from settlements.queries.integrity import verify
from settlements.queries.payouts import payouts_unconfirmed
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    MAKER,
    Movement,
    approved_settlement,
    available_money,
    payment_report,
    settled_merchant,
)
from tests.instants import MONDAY, NEXT_NOON
from tests.settlements.actions.stated_lines import accounts, bank, left, load, open_line, payout  # noqa: F401

pytestmark = pytest.mark.django_db


def report_success(bank, payout: Payout, status: str = "ACSC") -> None:
    content = payment_report(payout.payment_file, {payout.operation.channel_no: status})
    import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)


# --- payouts that left --------------------------------------------------------------------------


def test_the_debit_of_a_payout_ends_its_transit(bank, payout, laws_now):
    # Given
    report_success(bank, payout)
    assert list(payouts_unconfirmed()) == [payout]

    # When
    (line,) = load(bank, left(payout), day=MONDAY)

    # Then
    payout.refresh_from_db()
    assert (line.state, line.reason, line.payout) == ("matched", "", payout)
    assert line.entry == payout.confirmed_entry
    assert payout.confirmed_entry.effective_date == MONDAY
    assert_entry(f"{payout.pk}:confirmed", "Dr 2401 98.00 CNY\nCr 1001 98.00 CNY")
    assert_balances(bank.pk, payouts_in_transit="0", bank="-98.00", bank_charges="0")
    assert not payouts_unconfirmed().exists()
    laws_now()
    assert verify().violations == []


def test_the_debit_proves_a_payout_that_no_report_confirmed(bank, payout, laws_now):
    # When
    load(bank, left(payout))

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.bank_reference) == ("succeeded", "BK1")
    assert (payout.settlement.status, payout.settlement.paid_at) == ("paid", NEXT_NOON)
    assert payout.confirmed_entry is not None
    laws_now()
    assert verify().violations == []


def test_another_amount_proves_nothing(bank, payout):
    line = open_line(bank, left(payout, -9_799))

    payout.refresh_from_db()
    assert (line.reason, line.payout) == (OpenReason.AMOUNT_DIFFERS, payout)
    assert (payout.status, payout.confirmed_entry) == ("exported", None)


def test_a_payout_is_confirmed_once(bank, payout, laws_now):
    # In one statement,
    line = open_line(bank, left(payout), left(payout))
    assert line.reason == OpenReason.ALREADY_CONFIRMED

    # and in the next.
    line = open_line(bank, left(payout), message_id="STM-2")
    assert line.reason == OpenReason.ALREADY_CONFIRMED
    laws_now()
    assert verify().violations == []


def test_the_debit_of_a_failed_payout_contradicts(bank, payout):
    # Given
    report_success(bank, payout, status="RJCT")

    # When
    line = open_line(bank, left(payout))

    # Then
    payout.refresh_from_db()
    assert (line.reason, payout.status) == (OpenReason.CONTRADICTS, "failed")


def test_the_debit_of_a_payout_that_never_left_is_not_ours(bank):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    approved_settlement(merchant)
    payout = Payout.objects.select_related("operation").get()

    # When
    line = open_line(bank, left(payout))

    # Then
    payout.refresh_from_db()
    assert (line.reason, payout.status) == (OpenReason.NOT_SENT, "queued")


def test_a_payout_given_back_waits_for_a_person(bank, payout):
    # Given
    returned = Movement(
        9_800, end_to_end_id=payout.operation.channel_no, reference="BK3", is_reversal=True
    )

    # When
    line = open_line(bank, left(payout), returned)

    # Then
    assert (line.reason, line.direction) == (OpenReason.PAYOUT_RETURNED, "credit")


def test_a_debit_that_names_nothing_of_ours_is_unknown(bank):
    line = open_line(bank, Movement(-5_000, text="ACCOUNT FEE"))

    assert (line.reason, line.direction, line.amount_minor) == (
        OpenReason.UNKNOWN,
        "debit",
        5_000,
    )
