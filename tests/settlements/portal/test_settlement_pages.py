"""A merchant's settlements, and one of them down to its lines."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from payments.channels.base import Outcome, OutcomeKind
from payments.models import BalanceTransaction
from settlements import locks
from settlements.actions import payouts, settlements
from settlements.actions.payouts import PayoutOutcome, PayoutResult
from settlements.models import Settlement
from settlements.portal import explanations
from settlements.portal import settlements as door
from settlements.states import SettlementStatus
from tests.factories.payments import MemberFactory
from tests.factories.settlements import (
    CHECKER,
    answered_transfer,
    available_money,
    destination_of,
    drafted_settlement,
    house,
    paying_payout,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.factories.terms import put_on_plan
from tests.instants import NEXT_NOON
from tests.rig.pages import tables, words

pytestmark = pytest.mark.django_db

PATH = "/portal/settlements/"


@pytest.fixture
def merchant(client):
    merchant = settled_merchant(payout_fee_minor=100)
    client.force_login(MemberFactory(merchant=merchant).user)
    return merchant


def paid_out(merchant, *, result=PayoutResult.SUCCEEDED):
    ours = house()
    available_money(merchant, channel=ours.channel, amounts_minor=[10_000, 5_000])
    payout = paying_payout(merchant, bank=ours.bank)
    with transaction.atomic():
        number = payout.operation.channel_no
        locked = locks.locked_payouts_by_number([number], bank_account_id=ours.bank.pk)[number]
        payouts.record_payout_outcome(
            locked,
            PayoutOutcome(result=result, bank_reference="BK-20260306-7", code="AC04"),
            actor="task:settlements.bills",
            at=NEXT_NOON + timedelta(hours=2),
        )
    return Settlement.objects.get(merchant=merchant)


def test_lists_settlements_newest_first(client, merchant):
    # Given
    settlement = paid_out(merchant)

    # When
    (table,) = tables(client.get(PATH))

    # Then
    assert table[1:] == [
        [
            "2026-03-06",
            settlement.pk,
            "paid out",
            "3",
            "150.00 CNY",
            "4.00 CNY",
            "146.00 CNY",
            "2026-03-06 14:00",
        ]
    ]


def test_shows_what_a_settlement_adds_up_to_and_that_nothing_remains(client, merchant):
    # Given
    settlement = paid_out(merchant)

    # When
    page = words(client.get(f"{PATH}{settlement.pk}/"))

    # Then
    assert "Gross 150.00 CNY Fees −4.00 CNY Net 146.00 CNY" in page
    assert "Sum of its 3 lines 146.00 CNY Remainder 0.00 CNY Ties out" in page
    assert "Does not tie out" not in page


def test_says_when_a_settlement_does_not_tie_out(client, merchant, monkeypatch):
    # Given: what the laws of the database make impossible
    settlement = paid_out(merchant)
    monkeypatch.setattr(
        door.merchants,
        "tie_out",
        lambda settlement_id: door.merchants.TieOut(
            line_count=2, gross_minor=15_000, fee_minor=300, net_minor=14_700
        ),
    )

    # When
    page = words(client.get(f"{PATH}{settlement.pk}/"))

    # Then
    assert "Sum of its 2 lines 147.00 CNY Remainder −1.00 CNY Does not tie out." in page


def test_shows_the_way_to_the_bank(client, merchant):
    # Given
    settlement = paid_out(merchant)

    # When
    page = words(client.get(f"{PATH}{settlement.pk}/"))

    # Then
    assert "Payout paid out Paid out to your bank account." in page
    assert "To 商户甲有限公司 中国工商银行 ···· 0001" in page
    assert "Bank reference BK-20260306-7" in page
    assert "Paid out 2026-03-06 14:00" in page
    assert "6222020000000000001" not in page


def test_says_where_the_money_is_when_the_bank_could_not_pay(client, merchant):
    # Given
    settlement = paid_out(merchant, result=PayoutResult.FAILED)

    # When
    page = words(client.get(f"{PATH}{settlement.pk}/"))

    # Then
    assert "payout failed" in page
    assert "The money is safe here; finance tries again." in page


def test_lists_the_lines_with_the_merchants_own_numbers(client, merchant):
    # Given
    settlement = paid_out(merchant)
    first, second = BalanceTransaction.objects.filter(kind="payment").order_by("net_minor")[::-1]
    orders = {
        allocation.pk: allocation.payment.merchant_order_no
        for allocation in merchant.allocations.select_related("payment")
    }

    # When
    (table,) = tables(client.get(f"{PATH}{settlement.pk}/"))

    # Then
    fee = BalanceTransaction.objects.get(kind="payout_fee")
    assert sorted(table[1:]) == sorted(
        [
            [
                "2026-03-05",
                f"{orders[first.source]}{first.pk}",
                "payment",
                "100.00 CNY",
                "2.00 CNY",
                "98.00 CNY",
            ],
            [
                "2026-03-05",
                f"{orders[second.source]}{second.pk}",
                "payment",
                "50.00 CNY",
                "1.00 CNY",
                "49.00 CNY",
            ],
            [
                "2026-03-06",
                f"payout fee{fee.pk}",
                "payout fee",
                "0.00 CNY",
                "1.00 CNY",
                "−1.00 CNY",
            ],
        ]
    )


def test_still_shows_the_lines_of_a_rejected_settlement(client, merchant):
    # Given
    available_money(merchant, amounts_minor=[10_000])
    settlement = submitted_settlement(merchant)
    settlements.reject_settlement(
        settlement.pk,
        shown_digest=shown_digest(settlement),
        decider=CHECKER,
        at=NEXT_NOON,
        reason="wrong account",
    )

    # When
    response = client.get(f"{PATH}{settlement.pk}/")

    # Then
    assert "Not approved. Its lines go into the next settlement." in words(response)
    assert "Remainder 0.00 CNY Ties out" in words(response)
    assert len(tables(response)[0]) == 3
    assert "wrong account" not in words(response)


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
