"""What comes after its day was closed: booked on the first open day, and nothing else changes."""

from datetime import date, timedelta

import pytest

from ledger.models import JournalEntry
from payments.actions import captures, maturity
from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction
from settlements import locks
from settlements.actions import (
    payouts,
    settlements,
    transfer_outcomes,
    transfers,
)
from settlements.models import Payout
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.books import closed
from tests.factories.manual_entries import booked_by_hand, with_reserve_terms
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
    alipay_destination_of,
    approved_settlement,
    available_money,
    exported_file,
    house,
    settled_merchant,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON, SATURDAY, THURSDAY
from tests.rig.attacks import check_laws
from tests.rig.channel_terms import agree_to_terms
from tests.settlements.actions.closed_days import close

pytestmark = pytest.mark.django_db


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
    agree_to_terms(accounts.channel, can_transfer=True)
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
