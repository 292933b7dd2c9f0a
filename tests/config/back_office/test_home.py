"""Home: what waits for whom, the money of the last days, and whether the books balance."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.back_office import figures
from config.back_office.charts import Bar, bars_by_day
from config.back_office.figures import Sums
from payments.models import ChannelOperation
from tests.config.back_office.filling import fill
from tests.factories.parked import conflicted_money, late_money, second_money
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    paid_payment,
)
from tests.factories.settlements import (
    available_money,
    drafted_settlement,
    house,
    settled_merchant,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.pages import tables, words
from tests.rig.rows import nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def friday(settings, tmp_path):
    """It is Friday noon in Shanghai."""
    settings.STAFF_SECOND_FACTOR = False
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)


PARKED = {"payments paid late": 0, "payments paid twice": 0, "conflicted payments": 0}
"""What everybody sees who sees payments."""
NOTIFIED = {"notifications about unknown numbers": 0, "refused notifications since yesterday": 0}
"""What finance sees of what channels said."""
GIVEN_UP = {"jobs given up": 0}
"""What everybody sees who may have jobs tried again."""


def waiting(client) -> dict[str, int]:
    """Return what waits, by what it is called."""
    things = client.get("/admin/").context["waiting"]
    return {thing.what: thing.count for thing in things}


def test_each_role_sees_what_waits_for_it():
    # Given
    fill(merchants=3, payments_each=1)

    # Then
    assert waiting(desk("finance_maker")) == {
        "settlements to submit": 1,
        "payouts that failed": 0,
        "refunds without funds": 0,
        "days to close": 32,
        "refunds with unknown outcome": 0,
        "abnormal refunds": 1,
        "refunds that came back": 0,
        "contradicted refunds": 0,
        "contradicted captures": 0,
        "contradicted voids": 0,
        "holds that could not be given back": 0,
        "orders with unknown outcome": 0,
        "orders that people look at": 1,
        **NOTIFIED,
        **PARKED,
        "payments paid late": 1,
        "payouts to export": 0,
        "open bill lines": 1,
        **GIVEN_UP,
    }
    assert waiting(desk("finance_checker")) == {
        "requests that wait for you": 6,
        "settlements to approve": 1,
        "refunds to approve": 1,
        "refunds with unknown outcome": 0,
        "abnormal refunds": 1,
        "refunds that came back": 0,
        "contradicted refunds": 0,
        "contradicted captures": 0,
        "contradicted voids": 0,
        "manual entries to approve": 0,
        "orders with unknown outcome": 0,
        "orders that people look at": 1,
        **NOTIFIED,
        **PARKED,
        "payments paid late": 1,
        "open bill lines": 1,
        **GIVEN_UP,
    }
    assert waiting(desk("support")) == {
        "orders with unknown outcome": 0,
        "orders that people look at": 1,
        **PARKED,
        "payments paid late": 1,
    }
    assert waiting(desk("security_admin")) == GIVEN_UP


def test_money_that_came_late_or_twice_waits_for_who_sees_payments():
    # Given one of each kind
    late_money()
    conflicted_money()
    second_money(paid_payment())
    seen = desk("support")

    # Then
    assert {what: count for what, count in waiting(seen).items() if "payments" in what} == {
        "payments paid late": 1,
        "payments paid twice": 1,
        "conflicted payments": 1,
    }
    for thing in seen.get("/admin/").context["waiting"]:
        listed = seen.get(thing.url)
        assert len(listed.context["cl"].result_list) == thing.count, thing.what


def test_what_i_submitted_does_not_wait_for_me():
    # Given
    house()
    merchant = settled_merchant()
    available_money(merchant)
    settlement = drafted_settlement(merchant)
    boss, other = desk(is_superuser=True), desk(is_superuser=True)
    boss.post(f"/admin/settlements/settlement/{settlement.pk}/submit/")

    # Then
    assert waiting(boss)["settlements to approve"] == 0
    assert waiting(other)["settlements to approve"] == 1


def test_an_order_whose_outcome_nobody_knows_raises_its_hand():
    attempt = attempted_payment(owed_payment(), channel=AlipayAccountFactory())
    ChannelOperation.objects.filter(pk=attempt.operation_id).update(status="unknown")

    assert waiting(desk("auditor"))["orders with unknown outcome"] == 1


def test_an_order_that_nobody_asks_about_any_more_is_told_apart_and_listed():
    # Given one of each
    for status in ("unknown", "manual_review"):
        attempt = attempted_payment(owed_payment(), channel=AlipayAccountFactory())
        ChannelOperation.objects.filter(pk=attempt.operation_id).update(status="unknown")
        ChannelOperation.objects.filter(pk=attempt.operation_id).update(status=status)
    reader = desk("auditor")

    # When
    things = {thing.what: thing for thing in reader.get("/admin/").context["waiting"]}

    # Then
    for what, status in (
        ("orders with unknown outcome", "unknown"),
        ("orders that people look at", "manual_review"),
    ):
        listed = reader.get(things[what].url).context["cl"].result_list
        assert (things[what].count, [row.status for row in listed]) == (1, [status])


def test_a_card_leads_to_exactly_what_it_counts():
    # Given
    fill(merchants=3, payments_each=1)
    maker = desk("finance_maker")

    # Then
    for thing in maker.get("/admin/").context["waiting"]:
        listed = maker.get(thing.url)
        if thing.what == "days to close":  # leads to the button that closes the first of them
            assert "2026-02-02" in listed.content.decode()
            continue
        assert len(listed.context["cl"].result_list) == thing.count, thing.what


def test_shows_the_money_of_today_and_yesterday():
    # Given
    merchant = MerchantFactory()
    paid_payment(merchant, amounts_minor=(10_000,), at=NOON)
    paid_payment(merchant, amounts_minor=(5_000,), at=NEXT_NOON)
    paid_payment(merchant, amounts_minor=(2_000,), at=NEXT_NOON)

    # When
    response = desk("auditor").get("/admin/")

    # Then
    assert tables(response)[0] == [
        ["Business day", "Paid", "Fees", "Paid out"],
        ["today", "70.00 CNY", "1.40 CNY", "0.00 CNY"],
        ["yesterday", "100.00 CNY", "2.00 CNY", "0.00 CNY"],
    ]
    assert "170.00 CNY in all; the highest day is 100.00 CNY." in words(response)


def test_counts_as_paid_out_what_the_bank_has_shown():
    fill(merchants=3, payments_each=2)

    days = figures.money_by_day(until=FRIDAY)["CNY"]

    assert len(days) == 30
    assert days[-1].paid_out_minor == 2 * 5_000 - 2 * 100 - 100
    assert days[-2].paid_minor == 3 * 2 * 5_000 + 3 * 2_000 + 10
    assert days[-2].date == THURSDAY


def test_says_that_the_books_balance():
    paid_payment(MerchantFactory(), amounts_minor=(10_000,))

    response = desk("auditor").get("/admin/")

    assert "Books balanced: debits equal credits in every currency" in words(response)
    assert figures.sums_of_the_books() == [Sums("CNY", 10_060, 10_060)]


def test_raises_an_alarm_when_they_do_not(monkeypatch):
    monkeypatch.setattr(
        "config.back_office.figures.sums_of_the_books",
        lambda: [Sums("CNY", 100, 100), Sums("BRL", 100, 99)],
    )

    response = desk("auditor").get("/admin/")

    assert "Books out of balance: debits and credits differ in BRL." in words(response)
    assert b'data-tone="alarm" role="alert"' in response.content


def test_teaches_when_nothing_has_moved():
    response = desk("auditor").get("/admin/")

    assert "No money has moved in the last 30 days." in words(response)


def test_shows_no_money_to_who_may_not_see_it():
    paid_payment(MerchantFactory(), amounts_minor=(10_000,))

    text = words(desk("support").get("/admin/"))

    assert "100.00" not in text
    assert "Books balanced" not in text


def test_looking_writes_nothing_and_costs_the_same():
    # Given
    ours = fill(merchants=3, payments_each=1)
    boss = desk(is_superuser=True)
    boss.get("/admin/")
    with CaptureQueriesContext(connection) as few, nothing_written():
        boss.get("/admin/")

    # When
    fill(merchants=6, payments_each=3, ours=ours)
    with CaptureQueriesContext(connection) as many:
        boss.get("/admin/")

    # Then
    assert len(few) <= 30
    asked = [query["sql"] for query in many.captured_queries]
    assert len(asked) <= len(few) + 1


def test_draws_the_highest_day_over_the_whole_height():
    days = [Bar(FRIDAY - timedelta(days=count), count * 100, f"day {count}") for count in range(3)]

    drawing = bars_by_day(days, title='Paid "here"')

    assert 'aria-label="Paid &quot;here&quot;"' in drawing
    assert [part.split('"')[0] for part in drawing.split('height="')[1:]] == ["0", "73", "146"]
    assert "<title>day 2</title>" in drawing


def test_draws_nothing_of_nothing():
    assert 'height="0"' in bars_by_day([Bar(FRIDAY, 0, "")], title="")
    assert "rect" not in bars_by_day([], title="")
