# ruff: noqa: F811  fixtures are imported
"""A statement ties out to the cent, on the screen and in the file, which say the same."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.models import PaymentAllocation
from settlements.portal import statements as door
from settlements.queries import statements
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    house,
    settled_merchant,
)
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, NOON
from tests.rig.pages import tables, words
from tests.settlements.portal.statement_portal import (  # noqa: F401
    BOTH_DAYS,
    FILE,
    PATH,
    downloaded,
    friday_noon,
    merchant,
    two_days,
)

pytestmark = pytest.mark.django_db


THU, FRI = "2026-03-05", "2026-03-06"


KEYS = ["Business day", "Time", "Type", "Order", "Reference", "Bank reference", "Currency"]


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
