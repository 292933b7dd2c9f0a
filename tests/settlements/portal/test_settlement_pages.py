# ruff: noqa: F811  fixtures are imported
"""A merchant's settlements, and one of them down to its lines."""

import pytest

from payments.models import BalanceTransaction
from settlements.actions import settlements
from settlements.actions.payouts import PayoutResult
from settlements.portal import settlements as door
from tests.factories.settlements import (
    CHECKER,
    available_money,
    shown_digest,
    submitted_settlement,
)
from tests.instants import NEXT_NOON
from tests.rig.pages import tables, words
from tests.settlements.portal.settlement_portal import PATH, merchant, paid_out  # noqa: F401

pytestmark = pytest.mark.django_db


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
