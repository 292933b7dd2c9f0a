"""Two exporters, importers and cancellations at once: each payout leaves once, or not at all."""

import pytest

from ledger.models import JournalEntry
from settlements.actions import payouts, settlements
from settlements.actions.bills import import_bill
from settlements.models import Bill, PaymentFile, Payout, Settlement
from settlements.queries.integrity import verify
from settlements.queries.payouts import payment_file_content
from tests.books import assert_balances
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
from tests.instants import MONDAY, NEXT_NOON
from tests.races.test_two_approvals import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


@pytest.fixture
def bank():
    return house().bank


def approved(count: int) -> list[Settlement]:
    waiting = []
    for _ in range(count):
        merchant = settled_merchant()
        available_money(merchant)
        waiting.append(approved_settlement(merchant))
    return waiting


def export(bank):
    return lambda: payouts.export_payment_file(
        bank.pk, execution_date=MONDAY, actor=MAKER, at=NEXT_NOON
    )


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_every_payout_is_in_one_file(bank, round_no):
    # Given
    approved(6)

    # When
    files = [file for file in at_once(export(bank), export(bank), export(bank)) if file]

    # Then
    assert sum(file.payout_count for file in files) == 6
    assert PaymentFile.objects.count() == len(files)
    contents = b"".join(payment_file_content(file) for file in files)
    for payout in Payout.objects.select_related("operation"):
        assert payout.status == "exported"
        assert contents.count(payout.operation.channel_no.encode()) == 1
    assert JournalEntry.objects.filter(kind="payout_instructed").count() == 6
    assert_balances(bank.pk, payouts_in_transit="588.00")
    assert verify().violations == []


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_what_is_cancelled_meanwhile_is_sent_or_given_back_never_both(bank, round_no):
    # Given
    (settlement,) = approved(1)

    # When
    at_once(
        export(bank),
        lambda: settlements.cancel_settlement(
            settlement.pk, actor=MAKER, at=NEXT_NOON, reason="wrong account"
        ),
    )

    # Then
    settlement.refresh_from_db()
    sent = JournalEntry.objects.filter(kind="payout_instructed").count()
    assert (settlement.status, sent) in {("paying", 1), ("cancelled", 0)}
    assert verify().violations == []


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_the_same_bill_imported_at_once_is_booked_once(bank, round_no):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    payout = paying_payout(merchant, bank=bank)
    movement = Movement(-9_800, end_to_end_id=payout.operation.channel_no, reference="BK1")
    content = bank_statement(bank, movement)

    def load():
        return import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # When
    bills = at_once(load, load, load)

    # Then
    assert len({bill.pk for bill in bills}) == Bill.objects.count() == 1
    assert_balances(bank.pk, bank="-98.00", payouts_in_transit="0")
    assert verify().violations == []


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_a_report_and_a_statement_at_once_agree(bank, round_no):
    # Given
    merchant = settled_merchant()
    available_money(merchant)
    payout = paying_payout(merchant, bank=bank)
    number = payout.operation.channel_no
    report = payment_report(payout.payment_file, {number: "ACSC"})
    shown = bank_statement(bank, Movement(-9_800, end_to_end_id=number, reference="BK1"))

    def load(content):
        return lambda: import_bill(
            bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON
        )

    # When
    at_once(load(report), load(shown))

    # Then
    payout.refresh_from_db()
    assert (payout.status, payout.settlement.status) == ("succeeded", "paid")
    assert payout.confirmed_entry is not None
    assert verify().violations == []
