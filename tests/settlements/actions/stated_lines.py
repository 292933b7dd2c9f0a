"""What the tests of statement lines and their neighbours share."""

import pytest

from ledger.models import JournalEntry
from settlements.actions.bills import import_bill
from settlements.models import BillLine, Payout
from settlements.queries.bills import open_lines
from tests.factories.settlements import (
    MAKER,
    Movement,
    available_money,
    bank_statement,
    house,
    paying_payout,
    settled_merchant,
)
from tests.instants import NEXT_NOON, THURSDAY


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


def open_line(bank, *movements: Movement, **other) -> BillLine:
    """Import movements of which the last one must stay open, with nothing booked for it."""
    entries = JournalEntry.objects.count()
    *known, line = load(bank, *movements, **other)
    assert (line.state, line.entry) == ("open", None)
    assert line in open_lines()
    assert JournalEntry.objects.count() == entries + len(known)
    return line
