# ruff: noqa: F811  fixtures are imported
"""A statement ties out to the cent, by pages and as a stream."""

from datetime import timedelta

import pytest

from settlements.actions import settlements
from settlements.actions.bills import import_bill
from settlements.models import Payout
from settlements.queries import statements
from settlements.queries.statements import all_rows
from tests.factories.payments import MerchantFactory
from tests.factories.settlements import (
    MAKER,
    approved_settlement,
    drafted_settlement,
    paying_payout,
    payment_report,
)
from tests.instants import FRIDAY, NEXT_NOON, SATURDAY, THURSDAY
from tests.settlements.queries.stated_merchant import accounts, asked, bank, merchant  # noqa: F401

pytestmark = pytest.mark.django_db


WEDNESDAY = THURSDAY - timedelta(days=1)


def test_who_never_traded_has_a_statement_of_zeros():
    told = asked(MerchantFactory())

    assert (told.opening_minor, told.closing_minor, told.line_count) == (0, 0, 0)
    assert told.remainder_minor == 0
    assert list(all_rows(told)) == []


def test_runs_over_everything_that_is_owed(merchant, bank):
    # Given: 97.00 were paid out on Friday.
    paying_payout(merchant, bank=bank)

    # When
    told = asked(merchant)

    # Then
    assert (told.opening_minor, told.closing_minor) == (0, 4_900)
    assert (told.line_count, told.gross_minor, told.fee_minor, told.net_minor) == (
        3,
        15_000,
        400,
        14_600,
    )
    assert (told.payouts_sent_minor, told.payouts_returned_minor) == (9_700, 0)
    assert told.remainder_minor == 0


def test_a_held_settlement_is_still_owed(merchant):
    # Given
    drafted_settlement(merchant)

    # When
    told = asked(merchant)

    # Then: only the payout fee has left.
    assert told.closing_minor == 9_800 + 4_900 - 100
    assert told.remainder_minor == 0


def test_a_day_opens_where_the_day_before_closed(merchant, bank):
    # Given
    paying_payout(merchant, bank=bank)

    # When
    days = [asked(merchant, day, day) for day in (WEDNESDAY, THURSDAY, FRIDAY, SATURDAY)]

    # Then
    assert [(day.opening_minor, day.closing_minor) for day in days] == [
        (0, 0),
        (0, 9_800),
        (9_800, 4_900),
        (4_900, 4_900),
    ]
    assert [day.remainder_minor for day in days] == [0, 0, 0, 0]


def test_what_the_bank_did_not_carry_out_comes_back(merchant, bank):
    # Given
    payout = paying_payout(merchant, bank=bank)
    content = payment_report(payout.payment_file, {payout.operation.channel_no: "RJCT"})
    import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

    # When
    told = asked(merchant)

    # Then
    assert (told.payouts_sent_minor, told.payouts_returned_minor) == (9_700, 9_700)
    assert (told.closing_minor, told.remainder_minor) == (14_600, 0)
    assert [(row.kind, row.net_minor) for row in all_rows(told)][-2:] == [
        ("payout", -9_700),
        ("payout_failed", 9_700),
    ]
    assert len({row.position for row in all_rows(told)}) == 5


def test_a_payout_that_never_left_is_not_on_it(merchant, bank):
    # Given
    settlement = approved_settlement(merchant)
    settlements.cancel_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON, reason="no more")
    assert Payout.objects.get().status == "failed"

    # When
    told = asked(merchant)

    # Then: the payout fee was charged and returned.
    assert (told.payouts_sent_minor, told.payouts_returned_minor) == (0, 0)
    assert (told.fee_minor, told.closing_minor, told.remainder_minor) == (300, 14_700, 0)


def test_finds_what_lines_do_not_explain(merchant):
    # Given: the books know of the money, the lines say something else.
    told = asked(merchant)

    # When
    other = statements.Statement(
        **{
            **{name: getattr(told, name) for name in told.__slots__},
            "net_minor": told.net_minor - 1,
        }
    )

    # Then
    assert (told.remainder_minor, other.remainder_minor) == (0, 1)
