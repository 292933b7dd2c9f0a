"""Opening balances: checked whole, agreed to by another person, booked once, crash or no crash."""

from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from ledger.actions.periods import close_day
from ledger.errors import (
    ApprovalClosedError,
    PeriodClosedError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import AuditEntry, JournalEntry
from payments.models import BalanceTransaction, Event, MerchantAccount, ReserveHold
from settlements.actions import opening_bookings, openings
from settlements.errors import ReasonMissingError
from settlements.models import Opening, OpeningRow
from settlements.opening_files import OpeningDateError, OpeningFileError, OpeningSeenError
from settlements.queries.integrity import verify
from settlements.queries.openings import left_in_3101, preview_opening
from tests.books import assert_balances, assert_entry, balance
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
    drafted_settlement,
    house,
    matured,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours():
    return house()


@pytest.fixture
def merchant():
    return settled_merchant()


def approve(opening: Opening, *, digest: bytes | None = None, decider=CHECKER) -> Opening:
    shown = bytes(opening.approval.digest) if digest is None else digest
    return openings.approve_opening(opening.pk, shown_digest=shown, decider=decider, at=NOON)


def faults(*lines: str) -> list[str]:
    with nothing_written(), pytest.raises(OpeningFileError) as refused:
        asked_opening(*lines)
    return [str(problem) for problem in refused.value.problems]


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


@pytest.mark.parametrize(
    ("yuan", "dollars", "currency", "amount_minor", "required", "needs_head"),
    [
        ("1.00", "", "CNY", 100, 1, False),
        ("100000.00", "", "CNY", 10_000_000, 1, False),
        ("100000.01", "", "CNY", 10_000_001, 2, False),
        ("1000000.01", "", "CNY", 100_000_001, 2, True),
        # Nobody has set a tier of dollars: two people, who are more than the yuan ask for.
        ("1.00", "5.00", "USD", 500, 2, False),
        # A finance head before the greater number of minor units.
        ("1000000.01", "2000000.00", "CNY", 100_000_001, 2, True),
    ],
)
def test_the_currency_that_asks_for_the_most_sets_the_tier(
    ours, yuan, dollars, currency, amount_minor, required, needs_head
):
    lines = [f"1001,{ours.bank.pk},CNY,{yuan},D"]
    if dollars:
        lines.append(f"2002,{MerchantFactory().pk},USD,{dollars},C")

    request = asked_opening(*lines).approval

    assert (request.currency, request.amount_minor) == (currency, amount_minor)
    assert (request.required, request.needs_head) == (required, needs_head)


def test_who_handed_it_in_does_not_agree_to_it(ours):
    opening = asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D")

    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(opening, decider=type(CHECKER)(actor=MAKER))


def test_nobody_agrees_to_what_they_were_not_shown(ours):
    opening = asked_opening(f"1001,{ours.bank.pk},CNY,1.00,D")

    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(opening, digest=b"something else")


def test_it_is_agreed_to_once(ours):
    opening = approved_opening(f"1001,{ours.bank.pk},CNY,1.00,D")
    opening.approval.refresh_from_db()

    assert opening.approval.state == "executed"
    with nothing_written(), pytest.raises(ApprovalClosedError):
        approve(opening)


def test_what_was_rejected_may_be_handed_in_again(ours):
    # Given
    line = f"1001,{ours.bank.pk},CNY,1.00,D"
    opening = asked_opening(line)
    with nothing_written(), pytest.raises(ReasonMissingError):
        openings.reject_opening(
            opening.pk,
            shown_digest=bytes(opening.approval.digest),
            decider=CHECKER,
            at=NOON,
            reason=" ",
        )

    # When
    openings.reject_opening(
        opening.pk,
        shown_digest=bytes(opening.approval.digest),
        decider=CHECKER,
        at=NOON,
        reason="of another bank",
    )

    # Then
    opening.refresh_from_db()
    assert opening.status == "rejected"
    assert booked_opening(line).status == "booked"


def test_what_was_withdrawn_is_free_again_even_after_its_time(ours):
    # Given
    line = f"1001,{ours.bank.pk},CNY,1.00,D"
    opening = asked_opening(line)

    # When
    openings.withdraw_opening(
        opening.pk, actor=MAKER, at=NOON + timedelta(days=30), reason="a newer file"
    )

    # Then
    opening.approval.refresh_from_db()
    assert opening.approval.state == "voided"
    assert booked_opening(line, at=NOON + timedelta(days=30)).status == "booked"


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
