# ruff: noqa: F811  fixtures are imported
"""Each law of lines, settlements and payouts finds its own fault, put there past all guards."""

import pytest

from settlements.queries.integrity import LAWS, verify
from settlements.queries.laws_of_captures import LAWS_OF_CAPTURES
from settlements.queries.laws_of_openings import LAWS_OF_OPENINGS
from settlements.queries.laws_of_refunds import LAWS_OF_REFUNDS
from settlements.queries.laws_of_reserves import LAWS_OF_RESERVES
from settlements.queries.laws_of_suspense import LAWS_OF_SUSPENSE
from tests.factories.settlements import (
    approved_settlement,
    exported_file,
)
from tests.settlements.queries.proven_books import accounts, found, merchant  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_stage_of_paying_out_is_sound(accounts, merchant):
    assert verify().violations == []

    approved_settlement(merchant)
    assert verify().violations == []

    exported_file(accounts.bank)
    report = verify()
    assert report.violations == []
    assert all(report.counts[law.code] for law in LAWS if law.code not in QUIET)


QUIET = {
    "reversals_mirror",
    "daily_balances_are_sums",  # tests/ledger/queries/test_laws_of_periods.py
    "closed_periods_stand",
    "days_close_in_order",
    "bank_is_its_statements",
    *(law.code for law in LAWS_OF_CAPTURES),  # tests/payments/actions/test_capturing.py
    *(law.code for law in LAWS_OF_REFUNDS),  # tests/settlements/queries/test_laws_of_refunds.py
    *(law.code for law in LAWS_OF_OPENINGS),  # tests/settlements/test_laws_of_openings.py
    *(law.code for law in LAWS_OF_SUSPENSE),  # tests/payments/actions/test_resolutions.py
    *(law.code for law in LAWS_OF_RESERVES),  # tests/settlements/queries/test_laws_of_reserves.py
}
"""Laws about rows that this story has none of."""


def test_finds_a_payment_that_is_not_its_parts(merchant):
    by_law = found("UPDATE payments_payment SET amount_minor = amount_minor + 1")

    assert len(by_law["payments_add_up"]) == 2


def test_finds_a_paid_payment_without_its_line(merchant):
    by_law = found("DELETE FROM payments_balancetransaction WHERE net_minor = 4900")

    assert len(by_law["paid_is_booked"]) == 1
    assert "entry and line of 4900 / entry " in by_law["paid_is_booked"][0]
    assert by_law["entries_have_their_lines"][0].endswith(": 4900 / 0")
    assert by_law["pending_is_2001"] == [f"{merchant.id} CNY: 4900 / 0"]


def test_finds_a_line_of_a_payment_that_is_not_paid(merchant):
    by_law = found("UPDATE payments_payment SET status = 'closed' WHERE amount_minor = 10000")

    assert len(by_law["paid_is_booked"]) == 1
    assert ": nothing / entry " in by_law["paid_is_booked"][0]


def test_finds_suspense_that_is_not_what_belongs_to_nobody(merchant):
    by_law = found("UPDATE payments_payment SET status = 'closed' WHERE unallocated_minor > 0")

    assert by_law["unallocated_is_booked"][0].endswith(": 0 / 50")


def test_finds_a_line_that_is_not_its_entry(merchant):
    by_law = found(
        "UPDATE payments_balancetransaction SET gross_minor = gross_minor + 1,"
        " net_minor = net_minor + 1 WHERE net_minor = 9800"
    )

    assert by_law["entries_have_their_lines"][0].endswith(": 9800 / 9801")
    assert by_law["available_is_2002_less_1201"] == [f"{merchant.id} CNY: 9800 / 9801"]


def test_finds_a_line_on_another_day_than_its_entry(merchant):
    by_law = found(
        "UPDATE payments_balancetransaction SET effective_date = '2026-03-04'"
        " WHERE net_minor = 9800"
    )

    assert by_law["lines_have_their_day"][0].endswith(": 2026-03-05 / 2026-03-04")


def test_finds_a_line_that_matured_without_its_booking(merchant):
    by_law = found("UPDATE payments_merchantaccount SET matured_through_date = '2026-03-09'")

    assert by_law == {
        "pending_is_2001": [f"{merchant.id} CNY: 4900 / 0"],
        "available_is_2002_less_1201": [f"{merchant.id} CNY: 9800 / 14700"],
    }


def test_finds_money_of_a_merchant_that_has_no_account(merchant):
    by_law = found("UPDATE payments_merchantaccount SET currency = 'EUR'")

    assert len(by_law["accounts_have_a_merchant"]) == 4
    assert by_law["accounts_have_a_merchant"][0] == (
        f"2001 {merchant.id} CNY: a merchant's account / none"
    )
