"""Statements of accounts and the journal book: day by day, page by page."""

from datetime import date

import pytest

from tests.ledger.admin.book_pages import without_second_factor  # noqa: F401
from tests.ledger.admin.books import (
    MARCH,
    SECOND,
    THIRD,
    account,
    auditor,
    paid,
    report,
    small_month,
)
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db


# --- account statement --------------------------------------------------------------------------


def test_a_statement_runs_by_business_day():
    # Given: what was booked last belongs to the second day
    small_month()

    # When
    response = auditor().get(report("account_statement", account("2003", "tea").pk), MARCH)

    # Then
    (table,) = tables(response)
    assert [[row[0], *row[2:3], *row[-3:]] for row in table[1:]] == [
        ["", "opening balance", "", "", "49.00 CNY"],
        ["2026-03-02", "payment captured", "", "98.00 CNY", "147.00 CNY"],
        ["2026-03-03", "payment captured", "", "98.00 CNY", "245.00 CNY"],
        ["2026-03-04", "payout confirmed", "40.00 CNY", "", "205.00 CNY"],
        ["", "closing balance", "40.00 CNY", "196.00 CNY", "205.00 CNY"],
    ]
    assert table[2][4] == "1101 channel receivable, 4001 service fee"
    assert table[3][1] == "4"


def test_pages_of_a_statement_carry_the_balance(monkeypatch):
    # Given
    monkeypatch.setattr("ledger.admin.books.statements.LINES_A_PAGE", 2)
    small_month()
    desk, url = auditor(), report("account_statement", account("2003", "tea").pk)

    # When
    first = desk.get(url, MARCH)
    (more,) = first.context["more"]
    second = desk.get(f"{url}?{more.query}")

    # Then
    assert tables(first)[0][-1][2::5] == ["to carry forward", "245.00 CNY"]
    assert [[row[2], row[-1]] for row in tables(second)[0][1:]] == [
        ["balance carried forward", "245.00 CNY"],
        ["payout confirmed", "205.00 CNY"],
        ["closing balance", "205.00 CNY"],
    ]
    assert [way.label for way in second.context["more"]] == ["First postings"]


def test_pages_stay_as_they_are_while_postings_arrive(monkeypatch):
    """No row that was there is shown twice or left out; what arrives stands in its own place."""
    # Given
    monkeypatch.setattr("ledger.admin.books.statements.LINES_A_PAGE", 1)
    small_month()
    desk, url = auditor(), report("account_statement", account("2003", "tea").pk)

    # When: after the first page, something is booked for an earlier day and for the last one
    query, seen = "first=2026-03-01&last=2026-03-31", []
    while query:
        response = desk.get(f"{url}?{query}")
        seen += [[row[1], row[-1]] for row in tables(response)[0][2:-1]]
        if len(seen) == 1:
            paid("earlier", "tea", 5_000, on=date(2026, 3, 1))
            paid("last", "tea", 5_000, on=THIRD)
        ways = [way for way in response.context["more"] if way.label == "More postings"]
        query = ways[0].query if ways else ""

    # Then
    assert seen == [
        ["2", "147.00 CNY"],
        ["4", "294.00 CNY"],
        ["3", "254.00 CNY"],
        ["6", "303.00 CNY"],
    ]


def test_a_day_can_be_jumped_to():
    small_month()

    response = auditor().get(
        report("account_statement", account("2003", "tea").pk),
        {**MARCH, "day": SECOND.isoformat()},
    )

    rows = [[row[0], row[-1]] for row in tables(response)[0][1:3]]
    assert rows == [["", "147.00 CNY"], ["2026-03-03", "245.00 CNY"]]


def test_a_statement_is_drawn_and_said_in_words():
    small_month()

    response = auditor().get(report("account_statement", account("2003", "tea").pk), MARCH)

    assert '<path class="curve"' in response.content.decode()
    assert (
        "Opening 49.00 CNY, closing 205.00 CNY; lowest 147.00 CNY on 2026-03-02,"
        " highest 245.00 CNY on 2026-03-03." in words(response)
    )


def test_an_account_that_is_none_has_no_statement():
    assert auditor().get(report("account_statement", 999_999)).status_code == 404


@pytest.mark.parametrize("after", ["x", "2026-03-02", "2026-03-02~x", "1~2~3"])
def test_a_place_that_no_page_named_is_none(after):
    small_month()
    statement = report("account_statement", account("2003", "tea").pk)

    assert auditor().get(statement, {**MARCH, "after": after}).status_code == 404


# --- journal book -------------------------------------------------------------------------------


def test_the_journal_book_shows_the_postings_of_one_figure():
    # Given
    small_month()
    asked = {**MARCH, "kind": "payment_paid", "code": "4001,4002", "side": "C", "currency": "CNY"}

    # When
    response = auditor().get(report("journal_book"), asked)

    # Then
    (table,) = tables(response)
    assert [[row[0], row[4], row[-1]] for row in table[1:]] == [
        ["2026-03-02", "tea", "2.00 CNY"],
        ["2026-03-03", "tea", "2.00 CNY"],
        ["2026-03-04", "books", "2.00 CNY"],
        ["sum", "", "6.00 CNY"],
    ]


def test_the_journal_book_comes_page_by_page(monkeypatch):
    monkeypatch.setattr("ledger.admin.books.journal_book.LEGS_A_PAGE", 4)
    small_month()
    desk, query, seen = auditor(), "first=2026-03-01&last=2026-03-31", []

    while query:
        response = desk.get(f"{report('journal_book')}?{query}")
        seen += tables(response)[0][1:]
        ways = [way for way in response.context["more"] if way.label == "More postings"]
        query = ways[0].query if ways else ""

    assert len(seen) == 13
    assert len({tuple(row) for row in seen}) == 13
    assert [row[0] for row in seen] == sorted(row[0] for row in seen)


def test_the_list_of_entries_leads_to_its_postings():
    small_month()

    response = auditor().get(
        "/admin/ledger/journalentry/",
        {
            "effective_date_from": "2026-03-02",
            "effective_date_to": "2026-03-03",
            "kind": "wallet_withdrawn",
        },
    )

    assert len(response.context["cl"].result_list) == 1
    assert (
        "/journal-book/?first=2026-03-02&amp;last=2026-03-03&amp;kind=wallet_withdrawn"
        in response.content.decode()
    )
