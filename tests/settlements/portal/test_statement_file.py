# ruff: noqa: F811  fixtures are imported
"""The statement as a file: what the screen says, row by row."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django.utils.translation import gettext_lazy

from ledger.identifiers import new_id
from payments.models import Merchant
from settlements.portal import statement_rows
from settlements.portal import statements as door
from settlements.queries import statements
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    house,
)
from tests.instants import NOON
from tests.rig.pages import tables
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


def as_on_the_screen(row):
    """Return a row of the file as the screen writes it: grouped, with a real minus, no guard."""
    return [
        f"{Decimal(cell):,}".replace("-", "−") if place >= 7 and cell else cell.rstrip("\t")
        for place, cell in enumerate(row)
    ]


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
