# ruff: noqa: F811  fixtures are imported
"""Opening balances: checked whole, agreed to by another person, booked once, crash or no crash."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.models import AuditEntry, JournalEntry
from payments.models import BalanceTransaction, Event, MerchantAccount, ReserveHold
from settlements.actions import opening_bookings
from settlements.queries.integrity import verify
from tests.books import assert_balances, assert_entry, balance
from tests.factories.openings import (
    approved_opening,
    asked_opening,
    booked_opening,
)
from tests.factories.payments import MerchantFactory, paid_payment
from tests.factories.settlements import (
    MAKER,
    drafted_settlement,
    matured,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.rows import nothing_written
from tests.settlements.actions.opening_books import merchant, ours  # noqa: F401

pytestmark = pytest.mark.django_db


# --- what it books ------------------------------------------------------------------------------


def test_what_was_there_and_what_was_owed_meet_in_3101(ours, merchant, laws_now):
    # When
    opening = booked_opening(
        f"1001,{ours.bank.pk},CNY,1000.00,D", f"2002,{merchant.external_no},CNY,1000.00,C"
    )

    # Then
    assert (opening.status, opening.entries_booked, opening.booked_at) == ("booked", 2, NOON)
    assert_entry(f"opening:{ours.bank.pk}:CNY", "Dr 1001 1000.00 CNY\nCr 3101 1000.00 CNY")
    assert_entry(f"opening:{merchant.pk}:CNY", "Dr 3101 1000.00 CNY\nCr 2002 1000.00 CNY")
    entry = JournalEntry.objects.get(source=f"opening:{merchant.pk}:CNY")
    assert (entry.kind, entry.subject, entry.effective_date) == ("opening", opening.pk, THURSDAY)
    assert balance("3101", "platform") == "0.00"
    assert Event.objects.get(kind="opening.booked").payload["entries"] == 2
    assert AuditEntry.objects.get(action="opening.booked").actor == "task:test"
    laws_now()
    assert verify().violations == []


def test_a_merchant_s_money_opens_with_its_lines_and_its_reserve(ours, merchant, laws_now):
    # When
    opening = booked_opening(
        f"2001,{merchant.pk},CNY,50.00,C",
        f"2002,{merchant.pk},CNY,30.00,C",
        f"1201,{merchant.pk},CNY,12.00,D",
        f"2005,{merchant.pk},CNY,7.00,C",
    )

    # Then
    assert_entry(
        f"opening:{merchant.pk}:CNY",
        """
        Dr 1201 12.00 CNY
        Dr 3101 75.00 CNY
        Cr 2001 50.00 CNY
        Cr 2002 30.00 CNY
        Cr 2005  7.00 CNY
        """,
    )
    lines = BalanceTransaction.objects.filter(merchant=merchant).order_by("available_on")
    assert [
        (line.kind, line.source, line.net_minor, line.fee_minor, line.available_on)
        for line in lines
    ] == [
        ("opening", opening.pk, 1_800, 0, THURSDAY - timedelta(days=1)),
        ("opening", opening.pk, 5_000, 0, FRIDAY),
    ]
    hold = ReserveHold.objects.get()
    assert (hold.amount_minor, hold.left_minor, hold.release_on) == (700, 700, None)
    laws_now()
    assert verify().violations == []


def test_debt_and_money_of_the_same_amount_make_no_line(ours, merchant, laws_now):
    booked_opening(f"2002,{merchant.pk},CNY,9.00,C", f"1201,{merchant.pk},CNY,9.00,D")

    assert_balances(merchant.pk, merchant_available="9.00", merchant_debt="9.00")
    assert not BalanceTransaction.objects.exists()
    laws_now()
    assert verify().violations == []


def test_everything_else_that_may_open(ours, merchant, laws_now):
    # When
    booked_opening(
        f"1101,{ours.channel.pk}/{merchant.external_no},CNY,99.40,D",
        f"1101,{ours.channel.pk}/unallocated,CNY,0.60,C",
        f"1102,{ours.channel.pk},CNY,500.00,D",
        f"2201,{ours.channel.pk},CNY,3.00,C",
        "2301,platform,CNY,4.00,C",
        "1901,unallocated,CNY,0.40,D",
        "2901,unallocated,CNY,50.00,C",
    )

    # Then
    assert balance("1101", f"{ours.channel.pk}/{merchant.pk}") == "99.40"
    assert balance("1101", f"{ours.channel.pk}/unallocated") == "-0.60"
    assert_balances(ours.channel.pk, channel_wallet="500.00", channel_fee_payable="3.00")
    assert_balances("unallocated", suspense_short="0.40", suspense_long="50.00")
    assert balance("3101", "platform") == "542.20"
    laws_now()
    assert verify().violations == []


def test_a_merchant_who_has_begun_already_keeps_the_days_that_matured(ours, merchant, laws_now):
    # Given: the account has matured through Saturday
    paid_payment(merchant, channel=ours.channel, at=NEXT_NOON)
    matured(SATURDAY)

    # When: what was pending on Thursday would have been available on Friday
    booked_opening(f"2001,{merchant.pk},CNY,50.00,C", at=NEXT_NOON)

    # Then
    line = BalanceTransaction.objects.get(kind="opening")
    assert line.available_on == SATURDAY + timedelta(days=1)
    laws_now()
    assert verify().violations == []


def test_what_was_opened_is_settled_like_any_money(ours, merchant, laws_now):
    # Given
    booked_opening(
        f"1001,{ours.bank.pk},CNY,80.00,D",
        f"2001,{merchant.pk},CNY,50.00,C",
        f"2002,{merchant.pk},CNY,30.00,C",
    )
    laws_now()

    # When
    matured(MONDAY)
    settlement = drafted_settlement(merchant, business_date=MONDAY)

    # Then
    assert (settlement.net_minor, settlement.item_count) == (8_000, 2)
    assert_balances(merchant.pk, settlement_hold="80.00", merchant_available="0.00")
    laws_now()
    assert verify().violations == []


# --- chunks -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_after_a_crash_it_goes_on_where_it_was(monkeypatch):
    # Given
    monkeypatch.setattr(opening_bookings, "ENTRIES_OF_A_CHUNK", 2)
    merchants = [MerchantFactory() for _ in range(5)]
    opening = approved_opening(*(f"2002,{one.pk},CNY,10.00,C" for one in merchants))
    post_entries = opening_bookings.journal.post_entries
    calls = []

    def dies_at_the_second(entries):
        calls.append(len(entries))
        ids = post_entries(entries)
        if len(calls) == 2:
            raise OSError("the machine died")
        return ids

    monkeypatch.setattr(opening_bookings.journal, "post_entries", dies_at_the_second)

    # When
    with pytest.raises(OSError, match="died"):
        opening_bookings.book_opening(opening.pk, actor="task:test", at=NOON)

    # Then: the first chunk stays, of the second nothing
    opening.refresh_from_db()
    assert (opening.status, opening.entries_booked) == ("approved", 2)
    assert JournalEntry.objects.count() == BalanceTransaction.objects.count() == 2
    assert MerchantAccount.objects.count() == 2
    assert verify().violations == []

    # When
    opening_bookings.book_opening(opening.pk, actor="task:test", at=NOON)

    # Then
    opening.refresh_from_db()
    assert (opening.status, opening.entries_booked) == ("booked", 5)
    assert calls == [2, 2, 2, 1]
    assert {balance("2002", one.pk) for one in merchants} == {"10.00"}
    assert verify().violations == []


def test_booking_it_again_changes_nothing(ours):
    opening = booked_opening(f"1001,{ours.bank.pk},CNY,1.00,D")

    with nothing_written():
        opening_bookings.book_opening(opening.pk, actor="task:test", at=NOON)


def test_what_was_left_unfinished_is_booked_further(ours):
    # Given
    opening = approved_opening(f"1001,{ours.bank.pk},CNY,1.00,D")

    # When
    opening_bookings.defer_unfinished(at=NEXT_NOON)
    opening_bookings.defer_unfinished(at=NEXT_NOON)

    # Then: the approval's own job, and one more
    jobs = ProcrastinateJob.objects.filter(task_name="settlements.book_opening")
    assert [job.args["opening_id"] for job in jobs] == [opening.pk] * 2


# --- two people ---------------------------------------------------------------------------------


def test_handing_in_books_nothing(ours):
    # When
    opening = asked_opening(f"1001,{ours.bank.pk},CNY,1000.00,D")

    # Then
    assert (opening.status, opening.row_count, opening.entry_count) == ("asked", 1, 1)
    assert not JournalEntry.objects.exists()
    audit = AuditEntry.objects.get(action="opening.asked")
    assert (audit.actor, audit.reason) == (MAKER, "the books move here")
    assert opening.approval.payload["totals"] == [["CNY", "1001", 100_000, 0]]
    assert opening_bookings.book_opening(opening.pk, actor="task:test", at=NOON).status == "asked"
