# ruff: noqa: F811  fixtures are imported
"""Pages of settlements and of their lines, and what no page knows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments.channels.base import Outcome, OutcomeKind
from settlements.models import Settlement
from settlements.portal import explanations
from settlements.portal import settlements as door
from settlements.states import SettlementStatus
from tests.factories.payments import MemberFactory
from tests.factories.settlements import (
    answered_transfer,
    available_money,
    destination_of,
    drafted_settlement,
    house,
    settled_merchant,
)
from tests.factories.terms import put_on_plan
from tests.instants import NEXT_NOON
from tests.rig.pages import tables, words
from tests.settlements.portal.settlement_portal import PATH, merchant, paid_out  # noqa: F401

pytestmark = pytest.mark.django_db


def test_pages_through_the_lines(client, merchant, monkeypatch):
    # Given
    monkeypatch.setattr(door, "LINES_PAGE_SIZE", 2)
    settlement = paid_out(merchant)
    second = list(settlement.items.order_by("pk"))[1]

    # When
    first_page = client.get(f"{PATH}{settlement.pk}/")
    last_page = client.get(f"{PATH}{settlement.pk}/?after={second.pk}")

    # Then
    assert f'href="?after={second.pk}"' in first_page.content.decode()
    lines = [row[1] for page in (first_page, last_page) for row in tables(page)[0][1:]]
    assert len(lines) == len(set(lines)) == 3
    assert "More lines" not in words(last_page)
    assert "First lines" in words(last_page)


def test_pages_through_settlements_that_began_at_one_instant(client, merchant, monkeypatch):
    # Given
    monkeypatch.setattr(door, "PAGE_SIZE", 1)
    other_currency = settled_merchant(currency="JPY", payout_fee_minor=0)
    destination_of(merchant, currency="JPY")
    available_money(merchant)
    drafted_settlement(merchant)
    put_on_plan(merchant, other_currency.fee_plan)
    available_money(merchant)
    drafted_settlement(merchant)
    newest_first = [row.pk for row in Settlement.objects.order_by("-created_at", "-pk")]

    # When
    first = client.get(PATH)
    second = client.get(f"{PATH}?before={newest_first[0]}")

    # Then
    assert len(newest_first) == 2
    assert [tables(page)[0][1][1] for page in (first, second)] == newest_first
    assert f"before={newest_first[0]}" in first.content.decode()
    assert "Older" not in words(second)


@pytest.mark.parametrize("query", ["before=", "before=1", "before=stl_x", "before=%00"])
def test_knows_no_page_that_was_never_named(client, merchant, query):
    assert client.get(f"{PATH}?{query}").status_code == 404


def test_knows_no_page_after_a_foreign_settlement(client, merchant):
    # Given
    other = settled_merchant()
    available_money(other)
    theirs = drafted_settlement(other)

    # When
    response = client.get(f"{PATH}?before={theirs.pk}")

    # Then
    assert response.status_code == 404


@pytest.mark.parametrize("after", ["", "-1", "x", "1e3", "٣", "9" * 30, "%00"])
def test_knows_no_lines_after_nonsense(client, merchant, after):
    # Given
    available_money(merchant)
    settlement = drafted_settlement(merchant)

    # Then
    assert client.get(f"{PATH}{settlement.pk}/?after={after}").status_code == 404


def test_teaches_before_the_first_settlement(client, merchant):
    page = words(client.get(PATH))

    assert "No settlements yet" in page
    assert "another person approves the list, and the bank pays it out" in page


def test_a_payment_by_alipay_reads_as_one(client, merchant):
    # Given
    ours = house()
    available_money(merchant, channel=ours.channel)
    made = Outcome(OutcomeKind.SUCCEEDED, channel_ref="20260306110070", paid_at=NEXT_NOON)
    payout = answered_transfer(merchant, channel=ours.channel, outcome=made)

    # When
    page = words(client.get(f"{PATH}{payout.settlement_id}/"))

    # Then
    assert "Paid out to your Alipay account." in page
    assert "To 张三 Alipay account ···· .com" in page
    assert f"Paid by Alipay {payout.pk}" in page
    assert "Alipay's reference 20260306110070" in page
    assert "the bank" not in page


def test_explains_every_state_there_is():
    assert set(explanations.SETTLEMENT) == set(SettlementStatus)


def test_costs_the_same_for_three_lines_and_for_thirty(client):
    costs = []
    for count in (3, 30):
        # Given
        merchant = settled_merchant()
        client.force_login(MemberFactory(merchant=merchant).user)
        ours = house()
        available_money(merchant, channel=ours.channel, amounts_minor=[1_000] * count)
        settlement = drafted_settlement(merchant)
        client.get(PATH)

        # When
        with CaptureQueriesContext(connection) as queries:
            (table,) = tables(client.get(f"{PATH}{settlement.pk}/"))
        assert len(table) == count + 1
        costs.append(len(queries))

    # Then
    assert costs[0] == costs[1] <= 9
