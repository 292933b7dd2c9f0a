"""What a closing waits for, and what comes after it."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from ledger.errors import PeriodUnfinishedError
from ledger.queries.periods import closed_through
from payments.actions import captures, maturity
from payments.channels.base import Outcome, OutcomeKind
from settlements.actions import (
    closing,
    opening_bookings,
)
from settlements.actions.bills import import_bill
from settlements.errors import ReasonMissingError
from settlements.models import BillLine
from settlements.queries.integrity import verify
from tests.factories.books import LIN, morning_after
from tests.factories.manual_entries import with_reserve_terms
from tests.factories.openings import approved_opening
from tests.factories.payments import (
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.factories.settlements import (
    MAKER,
    Movement,
    bank_statement,
    house,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.attacks import check_laws
from tests.rig.rows import nothing_written
from tests.settlements.actions.closed_days import close

pytestmark = pytest.mark.django_db


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
