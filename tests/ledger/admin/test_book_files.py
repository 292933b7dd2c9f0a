"""The books as files: exactly what the page shows, to who may take it away, and on record."""

import csv
import io
import zipfile

import pytest
from defusedxml import ElementTree as ET

from ledger.actions.journal import credit, debit
from ledger.rendering.sheets import safe_text
from tests.factories.payments import UserFactory  # noqa: F401
from tests.ledger.admin.book_tables import taken, without_second_factor  # noqa: F401
from tests.ledger.admin.books import (
    FIRST,
    MARCH,
    account,
    auditor,
    booked,
    paid,
    report,
    small_month,
)
from tests.rig.pages import tables

pytestmark = pytest.mark.django_db


def rows_of_csv(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows_of_xlsx(content: bytes) -> list[dict[str, str]]:
    """Return the cells of the first sheet of a file written row by row, by their columns."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    return [
        {
            cell.get("r", "").rstrip("0123456789"): "".join(cell.itertext())
            for cell in row.iterfind("x:c", space)
        }
        for row in sheet.iterfind(".//x:row", space)
    ]


# --- exactly what is shown ----------------------------------------------------------------------


def test_a_trial_balance_is_the_same_on_the_screen_and_in_the_file():
    # Given
    small_month()
    client = auditor()

    # When
    screen = tables(client.get(report("trial_balance"), MARCH))
    rows = rows_of_csv(taken(client, report("trial_balance"), MARCH))

    # Then
    assert rows[0] == [
        *("Currency", "Account", "Name", "Category"),
        *("Opening debit", "Opening credit", "Debits", "Credits"),
        *("Closing debit", "Closing credit"),
    ]
    shown = [
        [row[0], row[1], *(cell.rpartition(" ")[0] for cell in row[2:])]
        for table in screen
        for row in table
        if row[0].isdigit()
    ]
    assert [[row[1], row[2], *row[4:]] for row in rows[1:]] == shown
    assert [row[1] for row in rows[1:] if row[0] == "CNY"] == ["1001", "1101", "2003", "4001"]


def test_a_statement_as_a_file_adds_up_to_its_closing():
    # Given
    small_month()
    client, url = auditor(), report("account_statement", account("2003", "tea").pk)

    # When
    rows = rows_of_csv(taken(client, url, MARCH))

    # Then
    assert [[row[0], *row[-3:]] for row in rows[1:]] == [
        ["2026-03-02", "", "98.00", "147.00"],
        ["2026-03-03", "", "98.00", "245.00"],
        ["2026-03-04", "40.00", "", "205.00"],
    ]


def test_a_spreadsheet_holds_numbers_and_all_the_rows_of_the_filter():
    # Given
    small_month()
    asked = {**MARCH, "code": "4001"}

    # When
    rows = rows_of_xlsx(taken(auditor(), report("journal_book"), asked, "xlsx"))

    # Then: twelve columns, the last one the credits
    assert len(rows) == 4
    assert [row["L"] for row in rows[1:]] == ["2.00", "2.00", "2.00"]
    assert [row["I"] for row in rows[1:]] == ["tea", "tea", "books"]
    assert {row["G"] for row in rows[1:]} == {"4001"}


@pytest.mark.parametrize(("code", "owners"), [("2003", ["books", "tea"]), ("", None)])
def test_the_general_ledger_as_a_file(code, owners):
    small_month()

    rows = rows_of_csv(taken(auditor(), report("general_ledger"), {**MARCH, "code": code}))

    if owners is None:
        assert len(rows) == 1 + 4 + 2
    else:
        assert [row[2] for row in rows[1:]] == owners
        assert [row[-1] for row in rows[1:]] == ["98.00", "205.00"]


def test_all_pages_of_a_report_are_in_its_file(monkeypatch):
    monkeypatch.setattr("ledger.admin.books.journal_book.LEGS_A_PAGE", 2)
    small_month()
    client = auditor()

    shown = tables(client.get(report("journal_book"), MARCH))[0][1:]
    rows = rows_of_csv(taken(client, report("journal_book"), MARCH))[1:]

    assert (len(shown), len(rows)) == (2, 13)


# --- no formula, no broken number ---------------------------------------------------------------


def test_what_people_wrote_is_never_a_formula():
    # Given
    paid("=cmd|' /C calc'!A0", "@tea", 5_000, on=FIRST)

    # When
    content = taken(auditor(), report("journal_book"), MARCH)

    # Then
    (first, *_rest) = rows_of_csv(content)[1:]
    assert first[4] == "'=cmd|' /C calc'!A0"
    assert [row[8] for row in rows_of_csv(content)[1:]][1:] == ["'@tea", "'@tea"]


def test_a_spreadsheet_keeps_a_formula_as_text():
    paid("=1+1", "tea", 5_000, on=FIRST)

    rows = rows_of_xlsx(taken(auditor(), report("journal_book"), MARCH, "xlsx"))

    assert rows[1]["E"] == "=1+1"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("tea", "tea"),
        ("", ""),
        ("+1", "'+1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("\t@x", "'\t@x"),
        ("202603050000000001", "202603050000000001\t"),
    ],
)
def test_a_cell_shows_what_stands_in_it(text, cell):
    assert safe_text(text) == cell


def test_amounts_have_the_places_of_their_currency():
    for currency in ("CNY", "JPY", "KWD"):
        booked(
            currency,
            *_both_sides(-(-(10**9) // 7), currency),
            on=FIRST,
        )

    rows = rows_of_csv(taken(auditor(), report("trial_balance"), MARCH))

    assert {row[0]: row[6] for row in rows[1:] if row[1] == "1001"} == {
        "CNY": "1428571.43",
        "JPY": "142857143",
        "KWD": "142857.143",
    }


def _both_sides(amount: int, currency: str):
    return debit("1001", "bank", amount, currency), credit("3101", "x", amount, currency)
