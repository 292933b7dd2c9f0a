# ruff: noqa: F811  fixtures are imported
"""A statement is kept as the bank wrote it, or refused."""

import pytest

from settlements.actions.bills import import_bill
from settlements.bills.base import BalanceProofError
from settlements.errors import WrongBankAccountError
from tests.factories.settlements import (
    MAKER,
    Movement,
    bank_statement,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.stated_lines import accounts, bank, left, load, payout  # noqa: F401

pytestmark = pytest.mark.django_db


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
