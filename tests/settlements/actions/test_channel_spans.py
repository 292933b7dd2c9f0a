# ruff: noqa: F811  fixtures are imported
"""Days of a channel that pay nothing, come together, or are for a person."""

import pytest

from ledger import chart
from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import JournalEntry
from settlements.models import OpenReason
from settlements.postings import channels
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.payments import AlipayAccountFactory, paid_payment
from tests.factories.settlements import (
    Movement,
    house,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, THURSDAY
from tests.settlements.actions.stated_lines import accounts, bank, came, load, open_line  # noqa: F401

pytestmark = pytest.mark.django_db


def lost_at_channel(channel, minor: int, *, at) -> None:
    """Let a day at the channel cost more than it brought, as refunds do."""
    owner = f"{channel.pk}/unallocated"
    journal.post_entry(
        Entry(
            source=f"test:{channel.pk}:{at}",
            kind="refund_succeeded",
            subject=channel.pk,
            legs=(
                debit(chart.CHANNEL_COST, owner, minor, "CNY"),
                credit(chart.CHANNEL_RECEIVABLE, owner, minor, "CNY"),
            ),
            effective_date=THURSDAY,
            at=at,
        )
    )


def test_a_day_that_had_nothing_to_pay_comes_with_the_next_that_has(accounts, laws_now):
    # Given: on Thursday 99.40 came and 120.00 went, on Friday 99.40 came.
    merchant = settled_merchant()
    paid_payment(merchant, channel=accounts.channel)
    lost_at_channel(accounts.channel, 12_000, at=NOON)
    paid_payment(merchant, channel=accounts.channel, at=NEXT_NOON)

    # When
    (line,) = load(
        accounts.bank, came(accounts.channel, 7_880, day=FRIDAY, since=THURSDAY), day=MONDAY
    )

    # Then
    assert line.state == "matched"
    assert list(
        JournalEntry.objects.filter(kind="channel_settled")
        .order_by("id")
        .values_list("subject", "source")
    ) == [
        (f"{accounts.channel.pk}:{day}", f"bank:{accounts.bank.pk}:BK2:{day}:1")
        for day in (THURSDAY, FRIDAY)
    ]
    assert_balances(accounts.bank.pk, bank="78.80")
    assert_balances(f"{accounts.channel.pk}/{merchant.pk}", channel_receivable="0")
    assert_balances(f"{accounts.channel.pk}/unallocated", channel_receivable="0")
    laws_now()
    assert verify().violations == []

    # When: each of its days by itself, and the line again.
    for again in (
        came(accounts.channel, 9_940, day=FRIDAY, reference="BK7"),
        came(accounts.channel, 7_880, day=FRIDAY, since=THURSDAY, reference="BK8"),
    ):
        line = open_line(accounts.bank, again, message_id=f"STM-{again.reference}")
        assert line.reason == OpenReason.DAY_SETTLED


@pytest.mark.parametrize("since", ["2026-03-06", "2025-01-01", "2026-02-30"])
def test_a_span_that_is_none_books_nothing(accounts, since):
    # Given
    paid_payment(settled_merchant(), channel=accounts.channel)
    text = f"ALIPAY SETTLEMENT {accounts.channel.merchant_no} 2026-03-05 SINCE {since}"

    # When
    line = open_line(accounts.bank, Movement(9_940, text=text))

    # Then
    assert line.reason == OpenReason.OTHER_CHANNEL


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01"])
def test_a_day_that_does_not_exist_books_nothing(accounts, day):
    text = f"ALIPAY SETTLEMENT {accounts.channel.merchant_no} {day}"

    line = open_line(accounts.bank, Movement(9_940, text=text))

    assert line.reason == OpenReason.OTHER_CHANNEL


def test_a_channel_that_settles_elsewhere_books_nothing(accounts):
    # Given
    elsewhere = house().channel
    paid_payment(settled_merchant(), channel=elsewhere)

    # When
    line = open_line(accounts.bank, came(elsewhere, 9_940))

    # Then
    assert line.reason == OpenReason.OTHER_CHANNEL


def test_two_channel_accounts_of_one_number_are_for_a_person(accounts):
    # Given
    AlipayAccountFactory(
        settles_to=accounts.bank, merchant_no=accounts.channel.merchant_no, app_id="another"
    )
    paid_payment(settled_merchant(), channel=accounts.channel)

    # When
    line = open_line(accounts.bank, came(accounts.channel, 9_940))

    # Then
    assert line.reason == OpenReason.OTHER_CHANNEL


def test_a_reversed_credit_is_for_a_person(accounts):
    # Given
    paid_payment(settled_merchant(), channel=accounts.channel)

    # When
    line = open_line(accounts.bank, came(accounts.channel, 9_940, is_reversal=True))

    # Then
    assert line.reason == OpenReason.UNKNOWN


def test_a_reference_that_was_booked_before_is_for_a_person(accounts):
    # Given: a booking of this reference, whatever it was for.
    paid_payment(settled_merchant(), channel=accounts.channel)
    journal.post_entries(
        channels.channel_settled(
            source=f"bank:{accounts.bank.pk}:BK2",
            subject="another day",
            bank_account_id=accounts.bank.pk,
            movements={f"{accounts.channel.pk}/unallocated": 1},
            currency="CNY",
            effective_date=FRIDAY,
            at=NEXT_NOON,
        )
    )

    # When
    line = open_line(accounts.bank, came(accounts.channel, 9_940))

    # Then
    assert line.reason == OpenReason.ALREADY_BOOKED
