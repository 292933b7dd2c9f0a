# ruff: noqa: F811  fixtures are imported
"""What a channel pays us for a day, found on the bank's statement."""

import pytest

from settlements.models import OpenReason
from settlements.queries.integrity import verify
from settlements.queries.receivables import days_movements
from tests.books import assert_balances
from tests.factories.openings import booked_opening
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, THURSDAY
from tests.settlements.actions.stated_lines import accounts, bank, came, load, open_line  # noqa: F401

pytestmark = pytest.mark.django_db


# --- a channel's money that came ----------------------------------------------------------------


def test_a_channels_day_clears_what_each_merchant_had_there(accounts, laws_now):
    # Given: 100.00 and 50.00 at 0.60 %, and 0.30 of the channel's own.
    first, second = settled_merchant(), settled_merchant()
    paid_payment(first, second, amounts_minor=(10_000, 5_000), channel=accounts.channel)
    paid_payment(
        first, amounts_minor=(1_000,), unallocated_minor=50, channel=accounts.channel, at=NOON
    )
    movements = days_movements(
        accounts.channel.pk, currency="CNY", from_day=THURSDAY, through_day=THURSDAY
    )[THURSDAY]
    assert sum(movements.values()) == 15_000 - 90 + 1_050 - 6
    assert len(movements) == 3

    # When
    (line,) = load(accounts.bank, came(accounts.channel, 15_954))

    # Then
    assert (line.state, line.entry.source) == ("matched", f"bank:{accounts.bank.pk}:BK2:1")
    assert (line.entry.kind, line.entry.effective_date) == ("channel_settled", FRIDAY)
    assert line.entry.postings.filter(side="C").count() == 3
    for owner, minor in movements.items():
        assert line.entry.postings.get(account__owner_id=owner).amount_minor == minor
        assert_balances(owner, channel_receivable="0")
    assert_balances(accounts.bank.pk, bank="159.54")
    laws_now()
    assert verify().violations == []


def test_what_a_channel_owed_when_the_books_began_is_no_taking_of_that_day(accounts, laws_now):
    # Given 500.00 that the channel owes from before, and 99.40 of the opening day itself
    merchant = settled_merchant()
    owner = f"{accounts.channel.pk}/{merchant.pk}"
    booked_opening(f"1101,{owner},CNY,500.00,D", opening_date=THURSDAY)
    paid_payment(merchant, channel=accounts.channel)

    # When the channel pays that day
    (line,) = load(accounts.bank, came(accounts.channel, 9_940))

    # Then
    assert line.state == "matched"
    assert_balances(owner, channel_receivable="500.00")
    assert_balances(accounts.bank.pk, bank="99.40")
    laws_now()


@pytest.mark.parametrize("is_day_counted", [False, True])
def test_a_channel_pays_what_it_owed_when_the_books_began(accounts, laws_now, is_day_counted):
    # Given
    merchant = settled_merchant()
    owner = f"{accounts.channel.pk}/{merchant.pk}"
    booked_opening(f"1101,{owner},CNY,500.00,D", opening_date=THURSDAY)
    if is_day_counted:
        paid_payment(merchant, channel=accounts.channel)

    # When it pays this under the opening day, with or without that day's own
    (line,) = load(accounts.bank, came(accounts.channel, 59_940 if is_day_counted else 50_000))

    # Then
    assert line.state == "matched"
    assert_balances(owner, channel_receivable="0")
    laws_now()


@pytest.mark.parametrize("amount_minor", [9_939, 9_941, 10_000])
def test_another_amount_than_the_days_books_nothing(accounts, amount_minor):
    # Given
    paid_payment(settled_merchant(), channel=accounts.channel)

    # When
    line = open_line(accounts.bank, came(accounts.channel, amount_minor))

    # Then
    assert line.reason == OpenReason.DAY_DIFFERS
    assert_balances(accounts.bank.pk, bank="0")


def test_a_day_is_credited_once(accounts, laws_now):
    # Given
    paid_payment(settled_merchant(), channel=accounts.channel)

    # When: in one statement,
    line = open_line(
        accounts.bank,
        came(accounts.channel, 9_940),
        came(accounts.channel, 9_940, reference="BK9"),
    )

    # Then
    assert line.reason == OpenReason.DAY_SETTLED

    # When: and in the next.
    line = open_line(
        accounts.bank, came(accounts.channel, 9_940, reference="BK10"), message_id="STM-2"
    )

    # Then
    assert line.reason == OpenReason.DAY_SETTLED
    assert_balances(accounts.bank.pk, bank="99.40")
    laws_now()
    assert verify().violations == []


def test_the_next_day_is_not_confused_with_what_was_credited_on_it(accounts, laws_now):
    # Given: Thursday's money comes on Friday, when more is taken.
    merchant = settled_merchant()
    paid_payment(merchant, channel=accounts.channel)
    load(accounts.bank, came(accounts.channel, 9_940), day=FRIDAY)
    paid_payment(merchant, amounts_minor=(2_000,), channel=accounts.channel, at=NEXT_NOON)

    # When
    (line,) = load(
        accounts.bank,
        came(accounts.channel, 1_988, day=FRIDAY, reference="BK3"),
        day=MONDAY,
        message_id="STM-2",
        opening_minor=9_940,
    )

    # Then
    assert line.state == "matched"
    assert_balances(accounts.bank.pk, bank="119.28")
    laws_now()
    assert verify().violations == []


def test_a_reference_used_for_two_days_books_both(accounts):
    # Given: a bank that numbers the entry, not its parts.
    merchant = settled_merchant()
    paid_payment(merchant, channel=accounts.channel)
    paid_payment(merchant, amounts_minor=(2_000,), channel=accounts.channel, at=NEXT_NOON)

    # When
    lines = load(
        accounts.bank,
        came(accounts.channel, 9_940),
        came(accounts.channel, 1_988, day=FRIDAY),
        day=MONDAY,
    )

    # Then
    assert [line.state for line in lines] == ["matched", "matched"]


def test_a_movement_without_a_reference_is_named_by_its_line(accounts):
    # Given
    paid_payment(settled_merchant(), channel=accounts.channel)

    # When
    (line,) = load(accounts.bank, came(accounts.channel, 9_940, reference=""))

    # Then
    assert line.entry.source == f"bank:{line.bill_id}/1:1"
