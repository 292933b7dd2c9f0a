"""One way of writing money, days and instants on every page."""

from datetime import UTC, date, datetime

import pytest

from payments.templatetags.portal import amount, business_zone, day, figure, moment


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (0, "CNY", "0.00"),
        (1, "CNY", "0.01"),
        (-300, "CNY", "−3.00"),
        (123_456_789, "CNY", "1,234,567.89"),
        (-100_000, "CNY", "−1,000.00"),
        (1_500_000, "JPY", "1,500,000"),
        (1_500, "KWD", "1.500"),
        (10**13, "CNY", "100,000,000,000.00"),
    ],
)
def test_writes_every_place_and_groups_the_whole(minor, currency, shown):
    assert figure(minor, currency) == shown


def test_never_parts_an_amount_from_its_currency():
    assert amount(9_800, "CNY") == (
        '<span class="amount">98.00<span class="currency">&nbsp;CNY</span></span>'
    )


def test_writes_instants_of_the_business_zone():
    shown = moment(datetime(2026, 3, 5, 16, 0, tzinfo=UTC))

    assert shown == '<time datetime="2026-03-05T16:00:00+00:00">2026-03-06 00:00</time>'
    assert business_zone() == "Asia/Shanghai"


def test_writes_days_as_days():
    assert day(date(2026, 3, 5)) == '<time datetime="2026-03-05">2026-03-05</time>'
