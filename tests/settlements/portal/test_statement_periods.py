# ruff: noqa: F811  fixtures are imported
"""Periods that a statement is not written for."""

from datetime import timedelta

import pytest

from settlements.models import Settlement
from settlements.portal.forms import PERIOD_DAYS_MAX
from tests.instants import FRIDAY
from tests.rig.pages import tables, words
from tests.settlements.portal.statement_portal import FILE, PATH, friday_noon, merchant, two_days  # noqa: F401

pytestmark = pytest.mark.django_db


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
