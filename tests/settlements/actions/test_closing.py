"""What comes after its day was closed: booked on the first open day, and nothing else changes."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from ledger.errors import PeriodUnfinishedError
from ledger.models import JournalEntry
from ledger.queries.periods import closed_through
from payments.actions import captures, maturity
from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction
from settlements import locks
from settlements.actions import (
    closing,
    opening_bookings,
    payouts,
    settlements,
    transfer_outcomes,
    transfers,
)
from settlements.actions.bills import import_bill
from settlements.errors import ReasonMissingError
from settlements.models import BillLine, Payout
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.books import LIN, closed, morning_after
from tests.factories.manual_entries import booked_by_hand, with_reserve_terms
from tests.factories.openings import approved_opening
from tests.factories.payments import (
    AlipayAccountFactory,
    attempted_payment,
    failed_refund,
    owed_payment,
    paid_payment,
    refund_asked,
)
from tests.factories.settlements import (
    MAKER,
    Movement,
    alipay_destination_of,
    approved_settlement,
    available_money,
    bank_statement,
    exported_file,
    house,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.attacks import check_laws
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def close(day=THURSDAY, *, at=None):
    """Close a day on its next morning."""
    return closing.close_day(day, decider=LIN, at=at or morning_after(day), reason="over")


def late_capture(at=NEXT_NOON):
    """Learn on Friday noon that a payment was made on Thursday noon."""
    channel = AlipayAccountFactory(currency="CNY", channel_fee_bps=60)
    attempt = attempted_payment(owed_payment(), channel=channel)
    captures.record_paid(
        attempt.payment,
        attempt=attempt,
        outcome=Outcome(
            kind=OutcomeKind.SUCCEEDED,
            amount_minor=attempt.payment.amount_minor,
            currency="CNY",
            paid_at=NOON,
        ),
        actor="channel:alipay",
        at=at,
    )
    return attempt.payment.allocations.get()


def test_a_late_capture_is_booked_on_the_first_open_day(laws_now):
    # Given
    paid_payment(at=NOON)
    close()

    # When
    allocation = late_capture()

    # Then entry and line are of Friday, and the money is available when Thursday's is
    entry = JournalEntry.objects.get(source=f"{allocation.pk}:paid")
    line = BalanceTransaction.objects.get(entry=entry)
    assert (entry.effective_date, entry.booked_at) == (FRIDAY, NOON)
    assert (line.effective_date, line.available_on) == (FRIDAY, FRIDAY)
    assert verify().violations == []


def booked_on(source: str) -> list[date]:
    """Return the days of all entries whose source holds a word, in their order."""
    found = JournalEntry.objects.filter(source__contains=source).order_by("id")
    return list(found.values_list("effective_date", flat=True))


def through(day: date) -> None:
    """Close Thursday, the day of the first entry, and all days through `day`. A part."""
    for number in range((day - THURSDAY).days + 1):
        closed(THURSDAY + timedelta(days=number))


def test_a_capture_at_an_instant_of_a_closed_day_is_booked_on_the_first_open_one():
    # Given a notification that came in on Thursday, and is recorded when Thursday is closed
    paid_payment(at=NOON)
    close()

    # When
    allocation = late_capture(at=NOON)

    # Then
    assert booked_on(f"{allocation.pk}:paid") == [FRIDAY]
    check_laws()


def test_what_matures_on_a_closed_day_is_booked_on_the_first_open_one():
    # Given money and a reserve of Friday, and a job of Friday that runs when Friday is closed
    merchant = settled_merchant()
    paid_payment(merchant, amounts_minor=(100,), at=NOON)
    with_reserve_terms(merchant, bps=1_000, days=1)
    paid_payment(merchant, at=NOON)
    through(FRIDAY)
    check_laws()

    # When
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="t", at=NEXT_NOON)

    # Then both are available, and of Saturday in the books
    assert booked_on(":matured:2026-03-06") == [SATURDAY]
    assert booked_on(":reserve_released:2026-03-06") == [SATURDAY]
    line = BalanceTransaction.objects.get(kind="reserve_release")
    assert (line.effective_date, line.available_on) == (SATURDAY, FRIDAY)
    assert_balances(merchant.pk, merchant_available="98.98", reserve="0.00")
    check_laws()
    assert verify().violations == []


def test_a_refund_of_a_closed_day_is_set_apart_and_given_back_on_the_first_open_one():
    # Given
    payment = paid_payment(settled_merchant(), at=NOON)
    through(THURSDAY)

    # When, with instants of Thursday
    refund = refund_asked(payment, amount_minor=1_000, at=NOON)
    failed_refund(refund, at=NOON)

    # Then
    days = JournalEntry.objects.filter(kind__startswith="refund").order_by("id")
    assert list(days.values_list("effective_date", flat=True)) == [FRIDAY, FRIDAY]
    lines = BalanceTransaction.objects.filter(kind__startswith="refund")
    assert set(lines.values_list("effective_date", flat=True)) == {FRIDAY}
    check_laws()


def test_a_payout_of_a_closed_day_is_booked_and_taken_back_on_the_first_open_one():
    # Given a settlement that was agreed to on Friday, and Friday closed
    accounts = house()
    merchant = settled_merchant()
    available_money(merchant, channel=accounts.channel)
    settlement = approved_settlement(merchant)
    through(FRIDAY)

    # When it is exported, and fails, with instants of Friday
    exported_file(accounts.bank, at=NEXT_NOON)
    payout = locks.locked_payout(Payout.objects.get(settlement=settlement).pk)
    payouts.fail(payout, code="CLOSED_ACCOUNT", actor="t", at=NEXT_NOON)

    # Then
    assert booked_on(payout.pk) == [SATURDAY, SATURDAY]
    check_laws()


def test_a_settlement_of_a_closed_day_is_given_back_on_the_first_open_one():
    # Given a settlement with a payout fee, and Friday closed
    merchant = settled_merchant(payout_fee_minor=200)
    available_money(merchant)
    settlement = approved_settlement(merchant)
    through(FRIDAY)

    # When
    settlements.cancel_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON, reason="a mistake")

    # Then the release and the fee's reversal are of Saturday, and so is its line
    assert booked_on(settlement.pk)[-2:] == [SATURDAY, SATURDAY]
    line = BalanceTransaction.objects.filter(source=settlement.pk).latest("id")
    assert (line.net_minor, line.effective_date) == (200, SATURDAY)
    check_laws()


def test_a_transfer_of_a_closed_day_goes_and_comes_back_on_the_first_open_one():
    # Given a payout over a wallet that was agreed to on Friday, and Friday closed
    accounts = house()
    accounts.channel.can_transfer = True
    accounts.channel.save(update_fields=["can_transfer"])
    merchant = settled_merchant(with_destination=False)
    available_money(merchant, channel=accounts.channel)
    alipay_destination_of(merchant)
    payout = Payout.objects.get(settlement=approved_settlement(merchant))
    through(FRIDAY)

    # When it is sent, made and returned, with instants of Friday
    lease = transfers._claim_to_send(payout.pk, at=NEXT_NOON)
    made = Outcome(OutcomeKind.SUCCEEDED, amount_minor=9_800, currency="CNY", paid_at=NEXT_NOON)
    transfers._record(payout.pk, lease=lease, outcome=made, at=NEXT_NOON)
    transfer_outcomes.look_again(
        payout.pk, outcome=Outcome(OutcomeKind.RETURNED, code="BACK"), at=NEXT_NOON
    )

    # Then
    assert booked_on(payout.pk) == [SATURDAY] * 3
    check_laws()


def test_a_booking_by_hand_of_a_closed_day_is_of_the_first_open_one():
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    through(FRIDAY)

    # When
    entry = booked_by_hand("adjustment_debit", merchant, 100, at=NEXT_NOON)

    # Then
    assert entry.entry.effective_date == SATURDAY
    line = BalanceTransaction.objects.get(source=entry.pk)
    assert line.effective_date == SATURDAY
    check_laws()


def test_a_late_capture_of_an_open_day_stays_on_its_day(laws_now):
    allocation = late_capture()

    entry = JournalEntry.objects.get(source=f"{allocation.pk}:paid")
    assert entry.effective_date == THURSDAY


def test_a_late_bank_statement_keeps_the_banks_day_and_books_on_the_first_open_one(laws_now):
    # Given a channel's Thursday, and Thursday and Friday closed
    accounts = house()
    paid_payment(channel=accounts.channel, at=NOON)
    check_laws()
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="t", at=NEXT_NOON)
    close()
    close(FRIDAY)

    # When the bank's statement of Friday comes on Saturday
    text = f"ALIPAY SETTLEMENT {accounts.channel.merchant_no} {THURSDAY.isoformat()}"
    content = bank_statement(accounts.bank, Movement(9_940, reference="BK2", text=text))
    import_bill(
        bank_account_id=accounts.bank.pk, content=content, actor=MAKER, at=morning_after(FRIDAY)
    )

    # Then
    line = BillLine.objects.get()
    assert (line.state, line.booking_date) == ("matched", FRIDAY)
    assert line.entry.effective_date == SATURDAY
    assert verify().violations == []


def test_a_channels_day_counts_what_was_booked_later_because_it_was_closed(laws_now):
    # Given one payment of Thursday in the books, and one that we learn of after the close
    accounts = house()
    paid_payment(channel=accounts.channel, at=NOON)
    close()
    attempt = attempted_payment(owed_payment(), channel=accounts.channel)
    captures.record_paid(
        attempt.payment,
        attempt=attempt,
        outcome=Outcome(
            kind=OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON
        ),
        actor="channel:alipay",
        at=NEXT_NOON,
    )

    # When the channel pays for its Thursday
    text = f"ALIPAY SETTLEMENT {accounts.channel.merchant_no} {THURSDAY.isoformat()}"
    content = bank_statement(accounts.bank, Movement(2 * 9_940, reference="BK2", text=text))
    import_bill(bank_account_id=accounts.bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # Then
    assert BillLine.objects.get().state == "matched"


def test_a_day_whose_money_has_not_matured_stays_open():
    # Given money of Thursday that is available on Friday
    paid_payment(at=NOON)
    close()

    # When, Then
    with nothing_written(), pytest.raises(PeriodUnfinishedError, match="1 merchant accounts"):
        close(FRIDAY)

    check_laws()
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="t", at=NEXT_NOON)
    assert close(FRIDAY).state == "closed"


def test_a_day_whose_reserves_have_not_gone_back_stays_open():
    # Given a reserve that is due on Saturday, when all other money is available
    merchant = settled_merchant()
    paid_payment(merchant, amounts_minor=(100,), at=NOON)
    with_reserve_terms(merchant, bps=1_000, days=2)
    paid_payment(merchant, at=NOON)
    check_laws()
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="t", at=NEXT_NOON)
    close()
    close(FRIDAY)

    # When, Then
    with nothing_written(), pytest.raises(PeriodUnfinishedError, match="1 merchant accounts"):
        close(SATURDAY)

    check_laws()
    maturity.mature(currency="CNY", business_date=SATURDAY, actor="t", at=NEXT_NOON)
    assert close(SATURDAY).state == "closed"


def test_a_day_whose_opening_balances_are_not_booked_stays_open():
    # Given opening balances of Thursday that two people agreed to
    accounts = house()
    opening = approved_opening(f"1001,{accounts.bank.pk},CNY,1.00,D")
    paid_payment(channel=accounts.channel, at=NOON)

    # When, Then
    with nothing_written(), pytest.raises(PeriodUnfinishedError, match="1 opening balances"):
        close()

    opening_bookings.book_opening(opening.pk, actor="t", at=NEXT_NOON)
    assert close().state == "closed"


def test_a_closing_says_why():
    paid_payment(at=NOON)

    with nothing_written(), pytest.raises(ReasonMissingError):
        closing.close_day(THURSDAY, decider=LIN, at=morning_after(THURSDAY), reason=" ")


def test_the_command_closes_all_days_through_a_date(capsys):
    paid_payment(at=NOON)
    check_laws()
    maturity.mature(currency="CNY", business_date=MONDAY, actor="t", at=NEXT_NOON)

    call_command("close_day", SATURDAY.isoformat())

    assert closed_through() == SATURDAY
    told = capsys.readouterr().out.splitlines()
    days = [THURSDAY + timedelta(days=number) for number in range(3)]
    assert told == [f"{day} is closed." for day in days]

    call_command("close_day", SATURDAY.isoformat())
    assert "Nothing to close" in capsys.readouterr().out
