"""The books as files: exactly what the page shows, to who may take it away, and on record."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest
from defusedxml import ElementTree as ET
from django.test import Client

from ledger.actions.journal import credit, debit
from ledger.admin.books import files
from ledger.models import AuditEntry
from ledger.rendering.sheets import Sheet, SheetColumn, csv_lines, safe_text
from tests.factories.payments import UserFactory
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
from tests.rig.rows import nothing_written
from tests.rig.staff import actor_of, desk, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


def taken(client: Client, url: str, query: dict[str, str], file_format: str = "csv") -> bytes:
    """Take a report away as a file."""
    response = client.post(url, {"format": file_format}, query_params=query)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


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


# --- who may, and what is kept of it ------------------------------------------------------------


def test_an_export_is_on_record_before_it_leaves():
    # Given
    small_month()
    client = auditor()

    # When
    taken(client, report("journal_book"), {**MARCH, "code": "4001"})

    # Then
    entry = AuditEntry.objects.get(action="books.exported")
    assert (entry.subject, entry.actor) == ("books", actor_of(client))
    assert entry.after == {
        "report": "journal_book",
        "format": "csv",
        "filters": {"first": "2026-03-01", "last": "2026-03-31", "code": "4001"},
        "rows": 3,
    }


def test_a_statements_export_names_its_account():
    small_month()
    of = account("2003", "tea")

    taken(auditor(), report("account_statement", of.pk), MARCH)

    after = AuditEntry.objects.get(action="books.exported").after
    assert (after["filters"]["account"], after["rows"]) == ("2003 · tea · CNY", 3)


def test_without_a_record_nothing_leaves(monkeypatch):
    def fail(**_terms: object) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr("ledger.admin.books.files.record_export", fail)
    small_month()

    response = auditor().post(report("journal_book"), {"format": "csv"}, query_params=MARCH)

    assert response.status_code == 500


REPORTS = ["trial_balance", "general_ledger", "journal_book", "account_statement"]


def addresses() -> list[str]:
    """Return the address of every report."""
    small_month()
    of = account("2003", "tea").pk
    return [report(name, *([of] if name == "account_statement" else [])) for name in REPORTS]


def test_nobody_is_asked_to_sign_in():
    for url in addresses():
        for response in (Client().get(url), Client().post(url, {"format": "csv"})):
            assert response.status_code == 302
            assert "/login/" in response["Location"]


def test_a_merchants_own_person_sees_no_books():
    client = signed_in(UserFactory())

    for url in addresses():
        assert client.get(url).status_code in {302, 403}
        assert client.post(url, {"format": "csv"}).status_code in {302, 403}
    assert not AuditEntry.objects.exists()


def test_staff_without_the_right_see_no_books():
    for url in addresses():
        assert desk("support").get(url).status_code == 403
        assert desk("support").post(url, {"format": "csv"}).status_code == 403


def test_who_only_sees_the_books_takes_nothing_away():
    # Given
    client = desk("finance_maker")

    for url in addresses():
        # Then: the page is shown, without the buttons
        page = client.get(url, MARCH)
        assert page.status_code == 200
        assert not page.context["may_export"]

        # When
        with nothing_written(but={"ledger_auditentry": 1}):
            response = client.post(url, {"format": "csv"}, query_params=MARCH)

        # Then
        assert response.status_code == 403
    refused = AuditEntry.objects.filter(action="books.export.refused")
    assert {entry.reason for entry in refused} == {"permission_denied"}


@pytest.mark.parametrize("role", ["finance_checker", "finance_head", "auditor"])
def test_who_may_take_them_away_does(role):
    for url in addresses():
        assert taken(desk(role), url, MARCH)


@pytest.mark.parametrize("file_format", ["", "pdf", "../csv"])
def test_an_unknown_format_is_none(file_format):
    small_month()
    client, url = auditor(), report("trial_balance")

    with nothing_written():
        response = client.post(url, {"format": file_format}, query_params=MARCH)

    assert response.status_code == 404


# --- long files ---------------------------------------------------------------------------------

LONG = 150_000


def _long_sheet(count: int) -> Sheet[int]:
    def rows() -> Iterator[int]:
        yield from range(count)

    return Sheet(
        "long",
        [
            SheetColumn("no.", lambda row: row),
            SheetColumn("text", lambda row: f"payment {row}"),
            SheetColumn("amount", lambda row: row, is_amount=True),
        ],
        rows(),
        lambda _row: "CNY",
    )


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_long_file_holds_no_memory(file_format):
    files.spool(_long_sheet(10), file_format=file_format).file.close()  # what is loaded once
    tracemalloc.start()
    try:
        spooled = files.spool(_long_sheet(LONG), file_format=file_format)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    spooled.file.close()
    assert spooled.row_count == LONG
    assert peak < 8_000_000


def test_rows_beyond_a_sheet_go_to_the_next(monkeypatch):
    monkeypatch.setattr("ledger.rendering.xlsx.ROWS_PER_SHEET", 3)

    spooled = files.spool(_long_sheet(7), file_format="xlsx")

    with spooled.file, zipfile.ZipFile(spooled.file) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert (spooled.row_count, len(sheets)) == (7, 3)


def test_a_stream_asks_for_rows_as_they_are_needed():
    asked = []

    def rows() -> Iterator[int]:
        for number in range(3):
            asked.append(number)
            yield number

    lines = csv_lines(Sheet("x", [SheetColumn("n", lambda row: row)], rows(), lambda _row: "CNY"))

    assert next(lines) == "\ufeffN\r\n"
    assert asked == []
    assert next(lines) == "0\r\n"
    assert asked == [0]
