"""A statement ties out to the cent, on the screen and in the file, which say the same."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from ledger.identifiers import new_id
from payments.models import Merchant, PaymentAllocation
from settlements.models import Settlement
from settlements.portal import statement_rows
from settlements.portal import statements as door
from settlements.portal.forms import PERIOD_DAYS_MAX
from settlements.queries import statements
from tests.factories.payments import MemberFactory, paid_payment
from tests.factories.settlements import (
    approved_settlement,
    available_money,
    exported_file,
    house,
    settled_merchant,
)
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, FRIDAY, NEXT_NOON, NOON
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db

PATH = "/portal/statement/"
FILE = "/portal/statement.csv"
THU, FRI = "2026-03-05", "2026-03-06"
KEYS = ["Business day", "Time", "Type", "Order", "Reference", "Bank reference", "Currency"]
BOTH_DAYS = "?from_date=2026-03-05&to_date=2026-03-06&currency=CNY"


@pytest.fixture(autouse=True)
def friday_noon(monkeypatch):
    monkeypatch.setattr("config.clock.now", lambda: NEXT_NOON)


@pytest.fixture
def merchant(client):
    merchant = settled_merchant(payout_fee_minor=100)
    client.force_login(MemberFactory(merchant=merchant).user)
    return merchant


@pytest.fixture
def two_days(merchant):
    """Thursday: paid 100.00. Friday: 97.00 paid out for a fee of 1.00, then paid 20.00."""
    ours = house()
    available_money(merchant, channel=ours.channel)
    settlement = approved_settlement(merchant)
    exported_file(ours.bank, at=NEXT_NOON + timedelta(hours=1))
    paid_payment(
        merchant,
        amounts_minor=[2_000],
        channel=ours.channel,
        at=NEXT_NOON + timedelta(hours=2),
    )
    return settlement


def downloaded(response):
    content = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))


def as_on_the_screen(row):
    """Return a row of the file as the screen writes it: grouped, with a real minus, no guard."""
    return [
        f"{Decimal(cell):,}".replace("-", "−") if place >= 7 and cell else cell.rstrip("\t")
        for place, cell in enumerate(row)
    ]


def orders():
    rows = PaymentAllocation.objects.order_by("payment__created_at")
    return list(rows.values_list("payment__merchant_order_no", "pk"))


# --- what it says -----------------------------------------------------------------------------


def test_shows_every_line_and_payout_between_two_balances(client, two_days):
    # When
    (table,) = tables(client.get(PATH + BOTH_DAYS))

    # Then
    stl, cny = two_days.pk, "CNY"
    order_1, order_2 = orders()
    payment_1, payment_2 = ["12:00:00", "payment", *order_1], ["14:00:00", "payment", *order_2]
    assert table == [
        [*KEYS, "Gross", "Fee", "Out", "In", "Balance"],
        [THU, "", "Opening balance", "", "", "", cny, "", "", "", "", "0.00"],
        [THU, *payment_1, "", cny, "100.00", "2.00", "", "98.00", "98.00"],
        [FRI, "12:00:00", "payout fee", "", stl, "", cny, "0.00", "1.00", "1.00", "", "97.00"],
        [FRI, "13:00:00", "payout", "", stl, "", cny, "", "", "97.00", "", "0.00"],
        [FRI, *payment_2, "", cny, "20.00", "0.40", "", "19.60", "19.60"],
        [FRI, "", "Closing balance", "", "", "", cny, "", "", "", "", "19.60"],
    ]


def test_adds_up_to_the_cent_and_says_so(client, two_days):
    page = words(client.get(PATH + BOTH_DAYS))

    assert "Opening balance before 2026-03-05 0.00 CNY" in page
    assert "Gross of 3 lines 120.00 CNY Fees −3.40 CNY Payouts −97.00 CNY" in page
    assert "Closing balance at the end of 2026-03-06 19.60 CNY" in page
    assert "Remainder 0.00 CNY Ties out" in page
    assert "Amounts in CNY, times of Asia/Shanghai" in page


def test_opens_with_what_the_day_before_closed_with(client, two_days):
    # When
    thursday = words(client.get(f"{PATH}?from_date=2026-03-05&to_date=2026-03-05&currency=CNY"))
    friday = words(client.get(f"{PATH}?from_date=2026-03-06&to_date=2026-03-06&currency=CNY"))

    # Then
    assert "Closing balance at the end of 2026-03-05 98.00 CNY" in thursday
    assert "Opening balance before 2026-03-06 98.00 CNY" in friday
    assert "Closing balance at the end of 2026-03-06 19.60 CNY" in friday


def test_puts_a_payment_at_midnight_on_the_day_that_begins(client, merchant):
    # Given
    paid_payment(merchant, amounts_minor=[10_000], at=BEFORE_MIDNIGHT)
    paid_payment(merchant, amounts_minor=[5_000], at=AFTER_MIDNIGHT)

    # When
    (table,) = tables(client.get(f"{PATH}?from_date=2026-03-06&to_date=2026-03-06&currency=CNY"))

    # Then
    assert [row[1:3] + row[-1:] for row in table[1:]] == [
        ["", "Opening balance", "98.00"],
        ["00:00:00", "payment", "147.00"],
        ["", "Closing balance", "147.00"],
    ]


def test_shows_a_period_without_movement(client, two_days):
    # When
    response = client.get(f"{PATH}?from_date=2027-01-01&to_date=2027-01-31&currency=CNY")

    # Then
    (table,) = tables(response)
    assert [(row[0], row[2], row[-1]) for row in table[1:]] == [
        ("2027-01-01", "Opening balance", "19.60"),
        ("2027-01-31", "Closing balance", "19.60"),
    ]
    assert "Ties out" in words(response)


def test_shows_this_month_so_far_unless_told_otherwise(client, two_days):
    page = words(client.get(PATH))

    assert "2026-03-01 through 2026-03-06 · CNY" in page
    assert "March 2026 February 2026 January 2026 Last 7 days" in page


def test_shows_nothing_of_others(client, two_days):
    # Given
    other = settled_merchant()
    theirs = paid_payment(other, amounts_minor=[77_700], at=NOON)

    # When
    page = client.get(PATH + BOTH_DAYS)
    file = client.get(FILE + BOTH_DAYS)

    # Then
    assert theirs.merchant_order_no not in page.content.decode()
    assert theirs.merchant_order_no.encode() not in b"".join(file.streaming_content)
    assert "Gross of 3 lines 120.00 CNY" in words(page)


def test_links_a_payout_to_its_settlement(client, two_days):
    page = client.get(PATH + BOTH_DAYS).content.decode()

    assert page.count(f'<a href="/portal/settlements/{two_days.pk}/">{two_days.pk}</a>') == 2


def test_says_when_the_books_know_more_than_the_lines(client, two_days, monkeypatch):
    # Given: what the laws of the database make impossible
    whole = statements.statement

    def one_cent_more(*args, **kwargs):
        asked = whole(*args, **kwargs)
        changed = {name: getattr(asked, name) for name in asked.__dataclass_fields__}
        return statements.Statement(**{**changed, "closing_minor": asked.closing_minor + 1})

    monkeypatch.setattr(statements, "statement", one_cent_more)

    # When
    response = client.get(PATH + BOTH_DAYS)
    rows = downloaded(client.get(FILE + BOTH_DAYS))

    # Then
    assert "Remainder 0.01 CNY Does not tie out. Please tell support." in words(response)
    (table,) = tables(response)
    assert [(row[2], row[-2], row[-1]) for row in table[-2:]] == [
        ("Unexplained remainder", "0.01", "19.61"),
        ("Closing balance", "", "19.61"),
    ]
    assert [row[2] for row in rows[-2:]] == ["Unexplained remainder", "Closing balance"]


def test_teaches_before_the_first_payment(client, merchant):
    for path in (PATH, FILE, PATH + BOTH_DAYS):
        response = client.get(path)
        assert response.status_code == 200
        assert "A statement begins with your first payment." in words(response)


# --- pages ------------------------------------------------------------------------------------


def test_carries_the_balance_from_page_to_page(client, two_days, monkeypatch):
    # Given
    monkeypatch.setattr(door, "PAGE_SIZE", 3)
    (whole,) = tables(client.get(PATH + BOTH_DAYS.replace("03-06", "03-31")))

    # When
    first = client.get(PATH + BOTH_DAYS)
    link = first.content.decode().split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    last = client.get(PATH + link.replace("&amp;", "&"))

    # Then
    (first_rows,), (last_rows,) = tables(first), tables(last)
    assert [row[2] for row in first_rows[1:]] == [
        "Opening balance",
        "payment",
        "payout fee",
        "payout",
    ]
    assert [(row[0], row[2], row[-1]) for row in last_rows[1:]] == [
        ("2026-03-06", "Carried forward", "0.00"),
        ("2026-03-06", "payment", "19.60"),
        ("2026-03-06", "Closing balance", "19.60"),
    ]
    assert len(whole) == 5
    assert "Ties out" in words(last)
    assert "More lines" not in words(last)


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "2026-03-05",
        "2026-13-05~2026-03-05T04:00:00+00:00~0~txn_1",
        "2026-03-05~2026-03-05T99:00:00+00:00~0~txn_1",
        "0001-01-01~0001-01-01T00:00:00+09:00~0~txn_1",
        "2026-03-05~2026-03-05T04:00:00+00:00~x~txn_1",
        "%00~%00~%00~%00",
    ],
)
def test_knows_no_page_that_was_never_named(client, two_days, after):
    query = f"{BOTH_DAYS}&after={after.replace('+', '%2B')}"

    assert client.get(PATH + query).status_code == 404


def test_costs_the_same_for_three_lines_and_for_thirty(client, merchant):
    # Given
    ours = house()
    costs = []
    for count in (3, 27):
        for _ in range(count):
            paid_payment(merchant, at=NOON, channel=ours.channel)
        client.get(PATH)

        # When
        with CaptureQueriesContext(connection) as queries:
            client.get(PATH)
        costs.append(len(queries))

    # Then
    assert costs[0] == costs[1] <= 6


# --- the file ---------------------------------------------------------------------------------


def test_the_file_says_what_the_screen_says(client, two_days):
    # When
    (screen,) = tables(client.get(PATH + BOTH_DAYS))
    response = client.get(FILE + BOTH_DAYS)
    rows = downloaded(response)

    # Then
    assert rows[0] == ["Business day", "Time (Asia/Shanghai)", *screen[0][2:]]
    assert [as_on_the_screen(row) for row in rows[1:]] == screen[1:]


def test_the_file_is_named_for_its_merchant_and_period(client, two_days):
    # Given
    Merchant.objects.filter(pk=two_days.merchant_id).update(external_no='上海/S 1"\r\n;x')

    # When
    response = client.get(FILE + BOTH_DAYS)

    # Then
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == (
        'attachment; filename="statement_S-1-x_CNY_2026-03-05_2026-03-06.csv"'
    )


def test_the_file_has_every_row_however_many_pages_the_screen_has(client, merchant, monkeypatch):
    # Given
    monkeypatch.setattr(door, "PAGE_SIZE", 2)
    monkeypatch.setattr(statements, "STREAM_ROWS", 3)
    ours = house()
    for minute in range(7):
        at = NOON + timedelta(minutes=minute)
        paid_payment(merchant, amounts_minor=[1_000], at=at, channel=ours.channel)

    # When
    rows = downloaded(client.get(FILE + BOTH_DAYS))

    # Then
    assert len(rows) == 1 + 1 + 7 + 1
    assert [row[-1] for row in rows[1:]] == (
        ["0.00", "9.80", "19.60", "29.40", "39.20", "49.00", "58.80", "68.60", "68.60"]
    )


def test_the_file_asks_for_rows_as_they_are_read(client, merchant, monkeypatch):
    # Given
    monkeypatch.setattr(statements, "STREAM_ROWS", 2)
    ours = house()
    for _ in range(6):
        paid_payment(merchant, at=NOON, channel=ours.channel)
    stream = iter(client.get(FILE + BOTH_DAYS).streaming_content)

    # When
    with CaptureQueriesContext(connection) as queries:
        first_rows = [next(stream) for _ in range(3)]

    # Then: headings, opening and the first line cost one question, not four
    assert len(first_rows) == 3
    assert len(queries) == 1


def test_the_file_computes_nothing(client, merchant, monkeypatch):
    # Given
    formula = '=HYPERLINK("https://evil.example")'
    monkeypatch.setattr(
        "tests.factories.payments.new_id",
        lambda prefix: formula if prefix == "order" else new_id(prefix),
    )
    paid_payment(merchant, at=NOON)

    # When
    rows = downloaded(client.get(FILE + BOTH_DAYS))

    # Then
    assert rows[2][3] == f"'{formula}"


def test_the_file_speaks_the_readers_language_to_its_last_row(client, two_days, monkeypatch):
    # Given: a word that Django itself translates
    monkeypatch.setattr(statement_rows, "CLOSING", gettext_lazy("Monday"))
    client.cookies["django_language"] = "zh-hans"
    response = client.get(FILE + BOTH_DAYS)

    # When: another request of the same thread has changed the language meanwhile
    with translation.override("en"):
        rows = downloaded(response)

    # Then
    assert rows[-1][2] == "星期一"


# --- what makes no sense ----------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATH, FILE])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from_date=2026-02-30&to_date=2026-03-06&currency=CNY", "From: This is not a day."),
        ("from_date=2026-03-05&to_date=06.03.2026&currency=CNY", "Through: This is not a day."),
        ("from_date=x%00&to_date=2026-03-06&currency=CNY", "From: This is not a day."),
        ("from_date=2026-03-05", "Through: Choose a day."),
        ("to_date=2026-03-05", "From: Choose a day."),
        (
            "from_date=2026-03-06&to_date=2026-03-05&currency=CNY",
            "The period ends before it begins. Exchange the two days.",
        ),
        (
            "from_date=2025-01-29&to_date=2026-03-05&currency=CNY",
            "A statement covers at most 400 days. Choose a shorter period.",
        ),
        ("from_date=0001-01-01&to_date=0001-01-02&currency=CNY", "From: Ensure this value is"),
        ("from_date=9999-12-30&to_date=9999-12-31&currency=CNY", "Through: Ensure this value"),
        (
            "from_date=2026-03-05&to_date=2026-03-06&currency=USD",
            "Currency: You have no money in this currency.",
        ),
        (
            "from_date=2026-03-05&to_date=2026-03-06&currency=%3Cscript%3E",
            "Currency: You have no money in this currency.",
        ),
    ],
)
def test_refuses_a_period_that_makes_no_sense_and_shows_no_money(
    client, two_days, path, query, sentence
):
    # When
    response = client.get(f"{path}?{query}")

    # Then
    assert response.status_code == 400
    assert sentence in words(response)
    assert tables(response) == []
    assert "CNY" not in words(response).replace("Currency CNY", "")
    assert "<script" not in response.content.decode()


def test_takes_the_longest_period_and_not_a_day_more(client, two_days):
    # Given
    first = FRIDAY - timedelta(days=PERIOD_DAYS_MAX - 1)

    # When
    longest = client.get(f"{PATH}?from_date={first}&to_date={FRIDAY}&currency=CNY")
    longer = client.get(
        f"{PATH}?from_date={first - timedelta(days=1)}&to_date={FRIDAY}&currency=CNY"
    )

    # Then
    assert (longest.status_code, longer.status_code) == (200, 400)
    assert Settlement.objects.count() == 1
