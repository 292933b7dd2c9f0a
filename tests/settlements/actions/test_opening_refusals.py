# ruff: noqa: F811  fixtures are imported
"""Opening balances that are not taken."""

import pytest
from django.db import transaction

from ledger.actions.periods import close_day
from ledger.errors import (
    PeriodClosedError,
)
from settlements.actions import opening_bookings, openings
from settlements.errors import ReasonMissingError
from settlements.models import Opening, OpeningRow
from settlements.opening_files import OpeningDateError, OpeningFileError, OpeningSeenError
from settlements.queries.openings import left_in_3101, preview_opening
from tests.factories.openings import (
    approved_opening,
    asked_opening,
    booked_opening,
    opening_file,
)
from tests.factories.payments import MerchantFactory, paid_payment
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    house,
    settled_merchant,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.rows import nothing_written
from tests.settlements.actions.opening_books import merchant, ours  # noqa: F401

pytestmark = pytest.mark.django_db


def faults(*lines: str) -> list[str]:
    with nothing_written(), pytest.raises(OpeningFileError) as refused:
        asked_opening(*lines)
    return [str(problem) for problem in refused.value.problems]


# --- what is refused ----------------------------------------------------------------------------


def test_a_file_without_a_reason_is_not_taken(ours):
    with nothing_written(), pytest.raises(ReasonMissingError):
        openings.ask_opening(
            opening_file(f"1001,{ours.bank.pk},CNY,1.00,D"),
            file_name="a.csv",
            opening_date=THURSDAY,
            actor=MAKER,
            at=NOON,
            reason="",
        )


def test_the_same_file_is_taken_once(ours):
    line = f"1001,{ours.bank.pk},CNY,1.00,D"
    booked_opening(line)

    with nothing_written(), pytest.raises(OpeningSeenError):
        asked_opening(line)


def test_an_account_is_opened_by_one_file(ours, merchant):
    # Given
    asked_opening(f"2002,{merchant.pk},CNY,1.00,C")

    # Then
    assert faults(f"2001,{merchant.external_no},CNY,2.00,C") == [
        f"Line 2: another file opens the CNY accounts of {merchant.external_no}."
    ]


def test_every_fault_is_named_by_its_line(ours, merchant):
    other = MerchantFactory()
    lines = [
        f"2003,{merchant.pk},CNY,1.00,C",
        f"2004,{merchant.pk},CNY,1.00,C",
        "2002,mer_unknown,CNY,1.00,C",
        f"2002,{merchant.pk},CNY,1.00,D",
        f"1001,{ours.bank.pk},USD,1.00,D",
        f"1001,{ours.channel.pk},CNY,1.00,D",
        f"1102,{ours.bank.pk},CNY,1.00,D",
        f"1101,{ours.channel.pk},CNY,1.00,D",
        f"1101,{ours.bank.pk}/{other.pk},CNY,1.00,D",
        "1901,platform,CNY,1.00,D",
        "2301,unallocated,CNY,1.00,C",
        f"2002,{merchant.pk},CNY,1.001,C",
        f"2002,{other.pk},CNY,1.00,C",
        f"2002,{other.external_no},CNY,2.00,C",
    ]

    assert faults(*lines) == [
        "Line 2: the account 2003 cannot be opened.",
        "Line 3: the account 2004 cannot be opened.",
        "Line 4: mer_unknown can own no account 2002 of this currency.",
        "Line 5: the account 2002 stands on side C only.",
        f"Line 6: {ours.bank.pk} can own no account 1001 of this currency.",
        f"Line 7: {ours.channel.pk} can own no account 1001 of this currency.",
        f"Line 8: {ours.bank.pk} can own no account 1102 of this currency.",
        f"Line 9: {ours.channel.pk} can own no account 1101 of this currency.",
        f"Line 10: {ours.bank.pk}/{other.pk} can own no account 1101 of this currency.",
        "Line 11: platform can own no account 1901 of this currency.",
        "Line 12: unallocated can own no account 2301 of this currency.",
        "Line 13: 1.001 is no exact amount of CNY.",
        "Line 15: the account stands in line 14 already.",
    ]


def test_more_than_books_can_hold_is_refused(ours, merchant):
    other = MerchantFactory()
    assert faults(
        f"2002,{merchant.pk},CNY,40000000000000000.00,C",
        f"2002,{other.pk},CNY,40000000000000000.00,C",
    ) == ["Its amounts of CNY are more than books can hold."]


def test_books_that_have_begun_are_not_begun_again(ours, merchant):
    # Given: an entry of Thursday
    paid_payment(merchant, channel=ours.channel, at=NOON)
    line = f"1001,{ours.bank.pk},CNY,1.00,D"

    # Then
    with nothing_written(), pytest.raises(OpeningDateError):
        asked_opening(line, opening_date=FRIDAY, at=NEXT_NOON)
    assert asked_opening(line, opening_date=THURSDAY, at=NEXT_NOON).status == "asked"


def test_a_day_that_is_still_to_come_is_not_opened(ours):
    with nothing_written(), pytest.raises(OpeningDateError):
        asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D", opening_date=FRIDAY, at=NOON)


def test_a_closed_day_is_not_opened(ours, merchant):
    # Given
    paid_payment(merchant, channel=ours.channel, at=NOON)
    with transaction.atomic():
        close_day(THURSDAY, decider=CHECKER, at=NEXT_NOON, reason="all is reconciled")

    # Then
    with nothing_written(), pytest.raises(OpeningDateError):
        asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D", opening_date=THURSDAY, at=NEXT_NOON)


@pytest.mark.django_db(transaction=True)
def test_a_day_that_was_closed_meanwhile_books_nothing_of_it():
    # Given
    accounts = house()
    opening = approved_opening(f"1001,{accounts.bank.pk},CNY,1.00,D")
    paid_payment(settled_merchant(), channel=accounts.channel, at=NOON)
    with transaction.atomic():
        close_day(THURSDAY, decider=CHECKER, at=NEXT_NOON, reason="all is reconciled")

    # Then
    with nothing_written(), pytest.raises(PeriodClosedError):
        opening_bookings.book_opening(opening.pk, actor="task:test", at=NEXT_NOON)
    assert Opening.objects.get().status == "approved"


def test_books_that_began_between_asking_and_agreeing_stop_it(ours, merchant):
    # Given
    opening = asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D", opening_date=FRIDAY, at=NEXT_NOON)
    paid_payment(merchant, channel=ours.channel, at=NOON)

    # Then
    with nothing_written(), pytest.raises(OpeningDateError):
        openings.approve_opening(
            opening.pk,
            shown_digest=bytes(opening.approval.digest),
            decider=CHECKER,
            at=NEXT_NOON,
        )


# --- the preview --------------------------------------------------------------------------------


def test_the_preview_says_what_would_be_booked(ours, merchant):
    # Given
    paid_payment(merchant, channel=ours.channel, at=NOON)
    merchant.is_active = False
    merchant.save(update_fields=["is_active"])
    content = opening_file(
        f"2002,{merchant.pk},CNY,30.00,C",
        f"1001,{ours.bank.pk},CNY,100.00,D",
        f"2001,{merchant.pk},CNY,50.00,C",
    )

    # When
    with nothing_written():
        preview = preview_opening(content, opening_date=THURSDAY, at=NOON)

    # Then
    assert preview.entry_count == 2
    assert [
        (one.code, one.currency, one.lines, one.debit_minor, one.credit_minor)
        for one in preview.totals
    ] == [
        ("1001", "CNY", 1, 10_000, 0),
        ("2001", "CNY", 1, 0, 5_000),
        ("2002", "CNY", 1, 0, 3_000),
    ]
    assert left_in_3101(preview.totals) == {"CNY": 2_000}
    assert preview.warnings == (
        "What was there and what was owed differ in CNY: 3101 keeps it.",
        "1 of the merchants are not active.",
        "The books have entries since 2026-03-05 already; these stay as they are.",
    )
    assert not OpeningRow.objects.exists()
