"""The bank's statement books what it shows and is known here; the rest waits with its reason."""

import pytest

from ledger import chart
from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import JournalEntry
from settlements.actions.bills import import_bill
from settlements.bills.base import BalanceProofError
from settlements.errors import WrongBankAccountError
from settlements.models import BillLine, OpenReason, Payout
from settlements.postings import channels
from settlements.queries.bills import open_lines
from settlements.queries.integrity import verify
from settlements.queries.payouts import payouts_unconfirmed
from settlements.queries.receivables import days_movements
from tests.books import assert_balances, assert_entry
from tests.factories.openings import booked_opening
from tests.factories.payments import AlipayAccountFactory, paid_payment
from tests.factories.settlements import (
    MAKER,
    Movement,
    approved_settlement,
    available_money,
    bank_statement,
    house,
    paying_payout,
    payment_report,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def bank(accounts):
    return accounts.bank


@pytest.fixture
def payout(bank) -> Payout:
    """A payout of 98.00 that is at the bank."""
    merchant = settled_merchant()
    available_money(merchant)
    return paying_payout(merchant, bank=bank)


def load(bank, *movements: Movement, **other):
    content = bank_statement(bank, *movements, **other)
    bill = import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)
    return list(bill.lines.order_by("line_no"))


def left(payout: Payout, signed_minor: int = -9_800, **other) -> Movement:
    return Movement(
        signed_minor, end_to_end_id=payout.operation.channel_no, reference="BK1", **other
    )


def came(channel, signed_minor: int, *, day=THURSDAY, since=None, **other) -> Movement:
    text = f"ALIPAY SETTLEMENT {channel.merchant_no} {day.isoformat()}"
    text += f" SINCE {since.isoformat()}" if since else ""
    return Movement(signed_minor, text=text, **{"reference": "BK2", **other})


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


def open_line(bank, *movements: Movement, **other) -> BillLine:
    """Import movements of which the last one must stay open, with nothing booked for it."""
    entries = JournalEntry.objects.count()
    *known, line = load(bank, *movements, **other)
    assert (line.state, line.entry) == ("open", None)
    assert line in open_lines()
    assert JournalEntry.objects.count() == entries + len(known)
    return line


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


# --- the file as a whole ------------------------------------------------------------------------


def test_keeps_balances_and_lines_as_the_bank_wrote_them(bank, payout):
    # When
    lines = load(
        bank,
        Movement(500, text="INTEREST", reference="BK7"),
        left(payout),
        opening_minor=100_000,
    )

    # Then
    bill = lines[0].bill
    assert (bill.opening_minor, bill.closing_minor, bill.line_count) == (100_000, 90_700, 2)
    assert [(line.line_no, line.direction, line.amount_minor) for line in lines] == [
        (1, "credit", 500),
        (2, "debit", 9_800),
    ]
    assert (lines[0].text, lines[0].bank_reference, lines[0].booking_date) == (
        "INTEREST",
        "BK7",
        FRIDAY,
    )


def test_balances_that_do_not_add_up_refuse_the_file(bank, payout):
    # Given
    content = bank_statement(bank, left(payout), opening_minor=50_000, closing_minor=40_201)

    # When, Then
    with nothing_written(), pytest.raises(BalanceProofError):
        import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)
    payout.refresh_from_db()
    assert payout.status == "exported"


def test_a_statement_of_another_account_is_refused(bank, payout):
    # Given
    content = bank_statement(bank, left(payout), account_no="110900000009999")

    # When, Then
    with nothing_written(), pytest.raises(WrongBankAccountError):
        import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)


def test_the_same_statement_again_changes_nothing(bank, payout):
    # Given
    first = load(bank, left(payout))

    # When
    with nothing_written():
        again = load(bank, left(payout))

    # Then
    assert again == first
