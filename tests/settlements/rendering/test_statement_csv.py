"""A statement as a file: exact bytes, safe cells, no rows kept."""

import csv
import io
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from settlements.rendering.csv import csv_lines, safe_text
from settlements.rendering.statements import StatementRow, balance_row, with_balances
from tests.instants import NOON, THURSDAY

SHANGHAI = ZoneInfo("Asia/Shanghai")


def payment_row(**changed):
    facts = {
        "date": THURSDAY,
        "at": NOON.astimezone(SHANGHAI),
        "kind": "payment",
        "currency": "CNY",
        "reference": "txn_1",
        "order_no": "A-1",
        "gross_minor": 10_000,
        "fee_minor": 200,
        "net_minor": 9_800,
    }
    return StatementRow(**{**facts, **changed})


def cells_of(*rows):
    text = "".join(csv_lines(rows, zone="Asia/Shanghai")).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_writes_what_excel_opens_in_china():
    # When
    content = "".join(csv_lines([payment_row(balance_minor=9_800)], zone="Asia/Shanghai")).encode()

    # Then
    assert content == (
        b"\xef\xbb\xbfBusiness day,Time (Asia/Shanghai),Type,Order,Reference,Bank reference,"
        b"Currency,Gross,Fee,Out,In,Balance\r\n"
        b"2026-03-05,12:00:00,payment,A-1,txn_1,,CNY,100.00,2.00,,98.00,98.00\r\n"
    )


@pytest.mark.parametrize(
    ("currency", "net_minor", "shown"),
    [("JPY", 1_500, "1500"), ("KWD", 1_500, "1.500"), ("CNY", 1, "0.01"), ("CNY", 0, "0.00")],
)
def test_writes_all_places_of_the_currency(currency, net_minor, shown):
    assert cells_of(payment_row(currency=currency, net_minor=net_minor))[0]["In"] == shown


def test_writes_what_goes_out_in_its_own_column_without_a_sign():
    row = cells_of(payment_row(net_minor=-49_900, gross_minor=None, fee_minor=None))[0]

    assert (row["Out"], row["In"], row["Gross"], row["Fee"]) == ("499.00", "", "", "")


def test_carries_the_balance_from_row_to_row():
    # Given
    movements = [payment_row(net_minor=9_800), payment_row(net_minor=-5_000)]

    # When
    rows = [
        balance_row("Opening balance", on=THURSDAY, currency="CNY", balance_minor=-100),
        *with_balances(movements, opening_minor=-100),
        balance_row("Closing balance", on=date(2026, 3, 31), currency="CNY", balance_minor=4_700),
    ]

    # Then
    assert [(row["Type"], row["Balance"], row["Out"], row["In"]) for row in cells_of(*rows)] == [
        ("Opening balance", "-1.00", "", ""),
        ("payment", "97.00", "", "98.00"),
        ("payment", "47.00", "50.00", ""),
        ("Closing balance", "47.00", "", ""),
    ]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1", " =cmd|'/c calc'!a1", "＝1", "\n-1"],
)
def test_turns_no_text_into_a_formula(text):
    assert safe_text(text) == f"'{text}"
    assert cells_of(payment_row(order_no=text))[0]["Order"] == f"'{text}"


@pytest.mark.parametrize("text", ["A=1", "2026-03-05", "txn_01abc", "", "12345678901", "中文"])
def test_leaves_harmless_text_alone(text):
    assert safe_text(text) == text


def test_keeps_long_order_numbers_whole_in_a_spreadsheet():
    assert safe_text("202603051200123456") == "202603051200123456\t"


def test_keeps_no_rows():
    # Given
    asked = []

    def rows():
        for number in range(3):
            asked.append(number)
            yield payment_row(reference=f"txn_{number}")

    # When
    lines = csv_lines(rows(), zone="Asia/Shanghai")
    next(lines)
    next(lines)

    # Then
    assert asked == [0]
