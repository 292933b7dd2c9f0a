"""The portal's first page: how much, where it is, why it waits, and when it comes."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.queries.turnover import DayTurnover, turnover_by_day
from settlements.portal.chart import HEIGHT, turnover_chart
from settlements.queries.merchants import standings
from tests.factories.manual_entries import (
    booked_by_hand,
    reserved_by_hand,
    with_reserve_terms,
)
from tests.factories.payments import MemberFactory, paid_payment
from tests.factories.settlements import (
    available_money,
    destination_of,
    drafted_settlement,
    house,
    matured,
    paying_payout,
    settled_merchant,
    submitted_settlement,
)
from tests.factories.terms import put_on_plan
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db

PATH = "/portal/"


@pytest.fixture(autouse=True)
def friday_noon(monkeypatch):
    monkeypatch.setattr("config.clock.now", lambda: NEXT_NOON)


@pytest.fixture
def merchant(client):
    merchant = settled_merchant()
    client.force_login(MemberFactory(merchant=merchant).user)
    return merchant


def test_says_what_is_kept_back_in_neutral_words(client, merchant):
    # Given 88.20 available of a payment with a reserve, of which 50.00 are frozen
    available_money(merchant, amounts_minor=[100])
    with_reserve_terms(merchant)
    paid_payment(merchant, at=NEXT_NOON)
    booked_by_hand("freeze", merchant, 50, note="We suspect fraud", at=NEXT_NOON)

    # When
    page = words(client.get(PATH))

    # Then
    assert "Your balance 88.68 CNY" in page
    assert "Reserve kept for refunds; 9.80 CNY goes back on 2026-06-04 9.80 CNY" in page
    assert "Set aside for review" in page
    assert "fraud" not in page

    # and by hand it has no day
    reserved_by_hand(merchant, 40, at=NEXT_NOON)
    assert "9.80 CNY goes back on 2026-06-04 10.20 CNY" in words(client.get(PATH))


def test_shows_what_is_pending_available_and_on_hold(client, merchant):
    # Given: 98.00 on hold, 49.00 available, 19.60 pending
    available_money(merchant, amounts_minor=[10_000])
    submitted_settlement(merchant)
    paid_payment(merchant, amounts_minor=[5_000], at=NOON)
    matured(date(2026, 3, 9))
    paid_payment(merchant, amounts_minor=[2_000], at=NEXT_NOON + timedelta(days=3))

    # When
    page = words(client.get(PATH))

    # Then
    assert "Your balance 166.60 CNY" in page
    assert "Available the next settlement takes it 49.00 CNY" in page
    assert "Pending paid by payers, not yet due to you 19.60 CNY" in page
    assert "On hold in settlements on their way 98.00 CNY" in page
    assert "Advanced to you" not in page
    assert "Pending becomes available 2026-03-10 19.60 CNY" in page


def test_explains_what_is_on_hold_by_its_settlements(client, merchant):
    # Given
    available_money(merchant)
    settlement = submitted_settlement(merchant)

    # When
    response = client.get(PATH)

    # Then
    page = words(response)
    assert "98.00 CNY submitted Settlement of 2026-03-06." in page
    assert "Waits for the approval of a second person." in page
    assert "1 settlement explains the 98.00 CNY on hold." in page
    assert f'href="/portal/settlements/{settlement.pk}/"' in response.content.decode()


def test_shows_what_is_on_its_way_to_the_bank_outside_the_balance(client, merchant):
    # Given
    ours = house()
    available_money(merchant, channel=ours.channel)
    paying_payout(merchant, bank=ours.bank)

    # When
    page = words(client.get(PATH))

    # Then
    assert "Your balance 0.00 CNY" in page
    assert "98.00 CNY being paid out Settlement of 2026-03-06." in page
    assert "With the bank. It usually arrives on the next business day." in page
    assert "on hold." not in page
    assert "To 中国工商银行, account ending 0001" in page


def test_says_when_the_money_comes(client, merchant):
    # Given
    paid_payment(merchant, at=NOON)

    # When
    pending = words(client.get(PATH))
    matured(FRIDAY)
    available = words(client.get(PATH))

    # Then
    assert (
        "98.00 CNY becomes available on 2026-03-06 and goes into the settlement of that day."
        in pending
    )
    assert "98.00 CNY goes into the next settlement." in available
    assert "Pending becomes available" not in available


def test_says_that_nothing_is_paid_out_without_a_bank_account(client):
    # Given
    merchant = settled_merchant(with_destination=False)
    client.force_login(MemberFactory(merchant=merchant).user)
    available_money(merchant)

    # When
    without = words(client.get(PATH))
    destination_of(merchant)
    with_one = words(client.get(PATH))

    # Then
    sentence = "No bank account in CNY is registered, so nothing can be paid out."
    assert sentence in without
    assert sentence not in with_one


def test_keeps_currencies_apart(client, merchant):
    # Given
    available_money(merchant, amounts_minor=[10_000])
    merchant.fee_plan.currency = "JPY"
    yen = settled_merchant(currency="JPY")
    put_on_plan(merchant, yen.fee_plan)
    paid_payment(merchant, amounts_minor=[10_000], at=NOON)

    # When
    page = words(client.get(PATH))
    found = {standing.currency: standing.total_minor for standing in standings(merchant.pk)}

    # Then
    assert found == {"CNY": 9_800, "JPY": 9_800}
    assert "Your balance 98.00 CNY" in page
    assert "Your balance 9,800 JPY" in page


def test_teaches_before_the_first_payment(client, merchant):
    page = words(client.get(PATH))

    assert "No money yet" in page
    assert "Your settlement cycle T+1 says when money that payers paid becomes available." in page


def test_counts_nothing_of_others(client, merchant):
    # Given
    paid_payment(merchant, amounts_minor=[10_000], at=NOON)
    other = settled_merchant()
    available_money(other, amounts_minor=[77_700])
    drafted_settlement(other)

    # When
    page = words(client.get(PATH))

    # Then
    assert "Your balance 98.00 CNY" in page
    assert "777.00" not in page
    assert "761.46" not in page


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
    assert costs[0] == costs[1] <= 10


# --- the chart --------------------------------------------------------------------------------


def test_shows_the_days_as_bars_and_as_a_table(client, merchant):
    # Given
    paid_payment(merchant, amounts_minor=[10_000], at=BEFORE_MIDNIGHT)
    paid_payment(merchant, amounts_minor=[2_500], at=AFTER_MIDNIGHT)
    paid_payment(merchant, amounts_minor=[2_500], at=NEXT_NOON)

    # When
    response = client.get(PATH)

    # Then
    page = response.content.decode()
    assert page.count('class="bar"') == 2
    assert page.count('class="slot"') == 30
    assert "<title>2026-03-06 · 50.00 CNY</title>" in page
    assert "150.00 CNY gross in 3 payments" in words(response)
    (table,) = tables(response)
    assert table == [
        ["Business day", "Payments", "Gross", "Net"],
        ["2026-03-05", "1", "100.00 CNY", "98.00 CNY"],
        ["2026-03-06", "2", "50.00 CNY", "49.00 CNY"],
    ]


def test_knows_every_day_of_the_period_and_no_other():
    # Given
    merchant = settled_merchant()
    paid_payment(merchant, amounts_minor=[10_000], at=BEFORE_MIDNIGHT)
    paid_payment(merchant, amounts_minor=[2_000], at=AFTER_MIDNIGHT)

    # When
    thursday = turnover_by_day(merchant.pk, from_date=THURSDAY, to_date=THURSDAY)
    both = turnover_by_day(merchant.pk, from_date=date(2026, 3, 4), to_date=FRIDAY)
    earlier = turnover_by_day(merchant.pk, from_date=date(2026, 3, 1), to_date=date(2026, 3, 4))

    # Then
    assert thursday == {"CNY": [DayTurnover(THURSDAY, 1, 10_000, 9_800)]}
    assert both == {
        "CNY": [
            DayTurnover(date(2026, 3, 4), 0, 0, 0),
            DayTurnover(THURSDAY, 1, 10_000, 9_800),
            DayTurnover(FRIDAY, 1, 2_000, 1_960),
        ]
    }
    assert earlier == {}


def test_draws_the_highest_day_full_and_no_day_with_money_invisible():
    # When
    chart = turnover_chart(
        [
            DayTurnover(THURSDAY, 1, 1_000_000, 980_000),
            DayTurnover(FRIDAY, 0, 0, 0),
            DayTurnover(FRIDAY, 1, 1, 1),
        ]
    )

    # Then
    assert [(bar.y, bar.height) for bar in chart.bars] == [(0, HEIGHT), (HEIGHT, 0), (138, 2)]
    assert (chart.top_minor, chart.total_minor, chart.payment_count) == (1_000_000, 1_000_001, 2)


def test_draws_days_without_any_money():
    chart = turnover_chart([DayTurnover(THURSDAY, 0, 0, 0)])

    assert [bar.height for bar in chart.bars] == [0]
