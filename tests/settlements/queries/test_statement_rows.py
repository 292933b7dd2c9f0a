# ruff: noqa: F811  fixtures are imported
"""Rows of a statement: each once, in order, page by page."""

from datetime import timedelta

import pytest

from payments.channels.base import Outcome, OutcomeKind
from settlements.actions import transfer_outcomes
from settlements.errors import InvalidPositionError
from settlements.queries import statements
from settlements.queries.statements import all_rows, rows_page, statement
from tests.factories.manual_entries import (
    booked_by_hand,
    reserved_by_hand,
    with_reserve_terms,
)
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    answered_transfer,
    approved_settlement,
    available_money,
    exported_file,
    house,
    paying_payout,
    settled_merchant,
)
from tests.instants import FRIDAY, MONDAY, NEXT_NOON, NOON, THURSDAY
from tests.settlements.queries.stated_merchant import accounts, asked, bank, merchant  # noqa: F401

pytestmark = pytest.mark.django_db


def test_lists_lines_and_payouts_in_order_with_what_they_stand_for(merchant, bank):
    # Given
    payout = paying_payout(merchant, bank=bank)
    allocation, later = merchant.allocations.order_by("pk")

    # When
    rows = list(all_rows(asked(merchant)))

    # Then
    assert [(row.business_date, row.kind, row.net_minor) for row in rows] == [
        (THURSDAY, "payment", 9_800),
        (FRIDAY, "payment", 4_900),
        (FRIDAY, "payout_fee", -100),
        (FRIDAY, "payout", -9_700),
    ]
    first, second, fee, sent = rows
    assert (first.subject, first.order_no) == (
        allocation.pk,
        allocation.payment.merchant_order_no,
    )
    assert (first.gross_minor, first.fee_minor, first.at) == (10_000, 200, NOON)
    assert (sent.subject, sent.row_id, sent.gross_minor, sent.fee_minor) == (
        payout.settlement_id,
        payout.pk,
        None,
        None,
    )
    assert second.subject == later.pk
    assert (fee.subject, fee.gross_minor, fee.order_no) == (payout.settlement_id, 0, "")


def test_rows_add_up_to_the_closing_balance(merchant, bank):
    # Given
    paying_payout(merchant, bank=bank)
    told = asked(merchant)

    # When
    rows = list(all_rows(told))

    # Then
    assert told.opening_minor + sum(row.net_minor for row in rows) == told.closing_minor


def test_pages_show_every_row_once_and_the_balance_before_it(merchant, bank):
    # Given
    paying_payout(merchant, bank=bank)
    told = asked(merchant)
    rows = list(all_rows(told))

    # When
    pages = [rows_page(told, limit=2)]
    while pages[-1].after:
        pages.append(rows_page(told, after=pages[-1].after, limit=2))

    # Then
    assert [row for page in pages for row in page.rows] == rows
    assert [page.balance_before_minor for page in pages] == [0, 9_800 + 4_900]
    assert len(rows_page(told, limit=100).rows) == 4


def test_a_page_of_a_later_period_begins_with_its_opening(merchant):
    told = asked(merchant, FRIDAY, FRIDAY)

    page = rows_page(told)

    assert page.balance_before_minor == told.opening_minor == 9_800
    assert [row.net_minor for row in page.rows] == [4_900]


def test_streams_many_rows_a_few_at_a_time(merchant, monkeypatch, django_assert_num_queries):
    # Given
    monkeypatch.setattr(statements, "STREAM_ROWS", 2)
    for _ in range(3):
        paid_payment(merchant, amounts_minor=(1_000,), at=NEXT_NOON)
    told = asked(merchant)

    # When
    with django_assert_num_queries(3):
        rows = list(all_rows(told))

    # Then
    assert len({row.row_id for row in rows}) == len(rows) == 5


@pytest.mark.parametrize(
    "position",
    [
        "",
        "x",
        "2026-03-05",
        "2026-03-05~yesterday~1~txn_1",
        "~~~",
        "2026-03-05~0001-01-01T00:00:00+14:00~1~x",
    ],
)
def test_refuses_a_place_that_no_page_named(merchant, position):
    with pytest.raises(InvalidPositionError):
        rows_page(asked(merchant), after=position)


def test_shows_nobody_elses_money(merchant, bank):
    # Given
    other = settled_merchant()
    available_money(other)
    paying_payout(other, bank=bank)

    # When
    told = asked(merchant)

    # Then
    assert (told.payouts_sent_minor, told.remainder_minor) == (0, 0)
    assert {row.subject for row in all_rows(told)} == {
        *merchant.allocations.values_list("pk", flat=True),
        merchant.settlements.get().pk,
    }


def test_a_statement_and_a_page_are_one_question_each(merchant, bank, django_assert_num_queries):
    # Given
    approved_settlement(merchant)
    exported_file(bank)

    # When, Then
    with django_assert_num_queries(1):
        told = asked(merchant)
    with django_assert_num_queries(1):
        page = rows_page(told, limit=3)
    # The balance before a later page is one more.
    with django_assert_num_queries(2):
        rows_page(told, after=page.after, limit=3)


def test_a_transfer_that_came_back_is_a_payout_returned():
    # Given 97.00 paid out by Alipay on Friday, and back in the wallet on Monday
    accounts = house()
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=accounts.channel)
    made = Outcome(OutcomeKind.SUCCEEDED, channel_ref="R-1", paid_at=NEXT_NOON)
    payout = answered_transfer(merchant, channel=accounts.channel, outcome=made)
    back = Outcome(OutcomeKind.RETURNED, code="REFUND")
    transfer_outcomes.look_again(payout.pk, outcome=back, at=NEXT_NOON + timedelta(days=3))

    # When
    told = statement(merchant.pk, currency="CNY", from_date=FRIDAY, to_date=MONDAY)

    # Then
    assert (told.payouts_sent_minor, told.payouts_returned_minor) == (9_700, 9_700)
    assert (told.closing_minor, told.remainder_minor) == (9_700, 0)
    assert [(row.kind, row.net_minor) for row in all_rows(told)][-2:] == [
        ("payout", -9_700),
        ("payout_failed", 9_700),
    ]


def test_what_is_booked_by_hand_ties_out_with_its_cause(merchant):
    # Given what stays 98.00 of Thursday and 49.00 of Friday, less what is set aside
    freeze = booked_by_hand("freeze", merchant, 5_000, at=NEXT_NOON)
    booked_by_hand("unfreeze", merchant, 2_000, ends=freeze.pk, at=NEXT_NOON)
    booked_by_hand("adjustment_credit", merchant, 150, at=NEXT_NOON)
    reserved_by_hand(merchant, 300, at=NEXT_NOON)
    with_reserve_terms(merchant)
    kept = paid_payment(merchant, amounts_minor=(1_000,), at=NEXT_NOON)

    # When
    told = asked(merchant)
    rows = list(all_rows(told))

    # Then
    assert told.remainder_minor == 0
    assert told.closing_minor == 9_800 + 4_900 - 5_000 + 2_000 + 150 - 300 + 980 - 98
    assert {(row.kind, row.net_minor, row.order_no) for row in rows if row.subject} >= {
        ("freeze", -5_000, ""),
        ("unfreeze", 2_000, ""),
        ("adjustment", 150, ""),
        ("reserve_hold", -300, ""),
        ("reserve_hold", -98, kept.merchant_order_no),
    }
