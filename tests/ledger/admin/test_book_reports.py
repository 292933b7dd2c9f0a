"""The reports of the books: exact figures of a small month, from the balance to the posting."""

from datetime import date

import pytest

from ledger.queries.reports import DayRange, trial_balance
from tests.ledger.admin.book_pages import without_second_factor  # noqa: F401
from tests.ledger.admin.books import (
    MARCH,
    account,
    auditor,
    report,
    small_month,
)
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db


def amounts(row: list[str]) -> list[str]:
    """Return the six figures of a row, without their currency."""
    return [cell.removesuffix(" CNY").removesuffix(" USD") for cell in row[2:]]


# --- trial balance ------------------------------------------------------------------------------


def test_a_trial_balance_has_six_columns_whose_sides_are_equal():
    # Given
    small_month()

    # When
    response = auditor().get(report("trial_balance"), MARCH)

    # Then
    yuan, dollars = tables(response)
    assert yuan[0] == [
        "Account",
        "Name",
        "Opening debit",
        "Opening credit",
        "Debits",
        "Credits",
        "Closing debit",
        "Closing credit",
    ]
    assert {row[0]: amounts(row) for row in yuan[1:] if len(row) == 8 and row[0] != "sum"} == {
        "1001": ["", "", "0.00", "40.00", "", "40.00"],
        "1101": ["50.00", "", "300.00", "0.00", "350.00", ""],
        "2003": ["", "49.00", "40.00", "294.00", "", "303.00"],
        "4001": ["", "1.00", "0.00", "6.00", "", "7.00"],
        "all accounts": ["50.00", "50.00", "340.00", "340.00", "350.00", "350.00"],
    }
    assert [amounts(row) for row in yuan if row[0] == "sum"] == [
        ["50.00", "0.00", "300.00", "40.00", "350.00", "40.00"],
        ["0.00", "49.00", "40.00", "294.00", "0.00", "303.00"],
        ["0.00", "1.00", "0.00", "6.00", "0.00", "7.00"],
    ]
    assert amounts(dollars[-1]) == ["0.00", "0.00", "7.00", "7.00", "7.00", "7.00"]
    text = words(response)
    assert "CNY balances: debits equal credits before, in and after these days." in text
    assert (
        "Daily equation, CNY: assets 310.00 = liabilities 303.00 + equity 0.00 + income 7.00"
        " − expenses 0.00; remainder 0.00." in text
    )


@pytest.mark.parametrize(
    ("days", "closing"),
    [
        ({"first": "2026-03-02", "last": "2026-03-02"}, "147.00"),
        ({"first": "2026-03-03", "last": "2026-03-03"}, "245.00"),
        ({"first": "", "last": "2026-02-28"}, "49.00"),
        ({"last": "2026-12-31"}, "303.00"),
    ],
)
def test_a_trial_balance_as_of_a_day_is_of_its_end(days, closing):
    small_month()

    response = auditor().get(report("trial_balance"), days)

    (row,) = [row for row in tables(response)[0] if row[0] == "2003"]
    assert row[-1] == f"{closing} CNY"


def test_books_out_of_balance_are_said_to_be(monkeypatch):
    # Given
    small_month()
    true = [line for line in _lines() if line.code != "4001"]
    monkeypatch.setattr("ledger.admin.books.trial_balance.trial_balance", lambda _days: true)

    # When
    response = auditor().get(report("trial_balance"), MARCH)

    # Then
    assert "CNY does not balance: debits and credits differ." in words(response)
    assert "remainder 7.00" in words(response)
    assert response.content.decode().count('data-tone="alarm"') == 2


def _lines():
    return trial_balance(DayRange(date(2026, 3, 1), date(2026, 3, 31)))


def test_empty_books_say_what_will_stand_there():
    assert "The first payment that a channel confirms" in words(
        auditor().get(report("trial_balance"))
    )


def test_days_that_make_no_sense_are_refused_in_words():
    response = auditor().get(report("trial_balance"), {"first": "2026-03-02", "last": "2026-03-01"})

    assert response.status_code == 400
    assert "The period ends before it begins" in words(response)


# --- general ledger -----------------------------------------------------------------------------


def test_a_number_is_the_sum_of_its_accounts():
    # Given
    small_month()

    # When
    response = auditor().get(report("general_ledger"), {**MARCH, "code": "2003"})

    # Then
    (table,) = tables(response)
    assert [[row[1], *amounts(row)] for row in table[1:]] == [
        ["books", "", "", "0.00", "98.00", "", "98.00"],
        ["tea", "", "49.00", "40.00", "196.00", "", "205.00"],
        ["net of all its accounts", "0.00", "49.00", "40.00", "294.00", "0.00", "303.00"],
    ]
    assert f'href="{report("account_statement", account("2003", "tea").pk)}?first=2026-03-01' in (
        response.content.decode()
    )


def test_accounts_of_a_number_come_page_by_page(monkeypatch):
    monkeypatch.setattr("ledger.admin.books.general_ledger.ACCOUNTS_A_PAGE", 1)
    small_month()
    desk = auditor()

    first = desk.get(report("general_ledger"), {**MARCH, "code": "2003"})
    (more,) = [way for way in first.context["more"] if way.label == "More accounts"]
    second = desk.get(f"{report('general_ledger')}?{more.query}")

    assert [row[1] for row in tables(first)[0][1:-1]] == ["books"]
    assert [row[1] for row in tables(second)[0][1:-1]] == ["tea"]
    assert [way.label for way in second.context["more"]] == ["First accounts"]


def test_a_number_of_several_currencies_offers_the_others():
    small_month()

    response = auditor().get(report("general_ledger"), {**MARCH, "code": "1001"})

    assert [way.label for way in response.context["more"]] == ["USD"]
    assert "40.00 CNY" in words(response)


def test_without_a_number_the_ledger_lists_them_all():
    small_month()

    (table,) = tables(auditor().get(report("general_ledger"), MARCH))

    in_yuan, in_dollars = ["CNY", "1001", "1101", "2003", "4001"], ["USD", "1001", "3101"]
    assert [row[0] for row in table[1:]] == [*in_yuan, *in_dollars]
