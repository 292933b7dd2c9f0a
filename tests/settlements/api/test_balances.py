import pytest

from tests.factories.manual_entries import booked_by_hand, reserved_by_hand
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import NEXT_NOON
from tests.rig.partner import nobody, partner_of
from tests.rig.rows import nothing_written

BALANCES = "/v1/balances"


def test_shows_what_the_books_hold(partner, merchant, settlement):
    # Given 147.00 held by the draft, and another payment that has not matured
    paid_payment(merchant, amounts_minor=(2_000,), at=NEXT_NOON)

    # When
    body = partner.get(BALANCES).json()

    # Then
    assert body == {
        "object": "list",
        "data": [
            {
                "object": "balance",
                "merchant_id": merchant.id,
                "currency": "CNY",
                "pending": 1_960,
                "available": 0,
                "on_hold": 14_700,
                "reserve": 0,
                "set_aside": 0,
                "debt": 0,
                "matured_through_date": "2026-03-06",
            }
        ],
        "has_more": False,
        "next_cursor": None,
    }


def test_fresh_money_is_pending(partner, merchant):
    # Given
    paid_payment(merchant)

    # When / Then
    (row,) = partner.get(BALANCES).json()["data"]
    assert (row["pending"], row["available"]) == (9_800, 0)


def test_tells_what_is_kept_back_and_set_aside(partner, merchant, settlement):
    # Given
    booked_by_hand("adjustment_credit", merchant, 1_000, at=NEXT_NOON)
    booked_by_hand("freeze", merchant, 600, at=NEXT_NOON)
    reserved_by_hand(merchant, 300, at=NEXT_NOON)

    # When / Then
    (row,) = partner.get(BALANCES).json()["data"]
    assert (row["available"], row["reserve"], row["set_aside"]) == (100, 300, 600)


def test_four_callers(merchant, partner, platform, stranger):
    # Given
    paid_payment(merchant)
    payer_side = partner_of(merchant, "payments:read")

    # When / Then
    with nothing_written():
        assert nobody().get(BALANCES).status_code == 401
        assert payer_side.get(BALANCES).status_code == 403
        assert stranger.get(BALANCES).json()["data"] == []
    assert len(partner.get(BALANCES).json()["data"]) == 1
    assert len(platform.get(BALANCES).json()["data"]) == 1
    assert stranger.get(f"{BALANCES}?merchant_id={merchant.id}").json()["data"] == []


def test_the_platform_walks_through_all_of_them(platform):
    # Given
    merchants = {MerchantFactory() for _ in range(3)}
    for merchant in merchants:
        paid_payment(merchant)

    # When
    first = platform.get(f"{BALANCES}?limit=2").json()
    second = platform.get(f"{BALANCES}?limit=2&cursor={first['next_cursor']}").json()

    # Then
    rows = first["data"] + second["data"]
    assert sorted(row["merchant_id"] for row in rows) == sorted(found.id for found in merchants)


@pytest.mark.parametrize(
    ("query", "status"),
    [("currency=CNY", 200), ("currency=cny", 422), ("amount=1", 422), ("limit=101", 422)],
)
def test_filters_of_balances(partner, merchant, query, status):
    assert partner.get(f"{BALANCES}?{query}").status_code == status


@pytest.mark.parametrize("count", [1, 4])
def test_a_page_of_balances_costs_two_queries(platform, count, django_assert_num_queries):
    # Given
    for _ in range(count):
        paid_payment(MerchantFactory())
    platform.get(BALANCES)

    # When / Then: the credential, the accounts with their balances
    with django_assert_num_queries(2):
        assert len(platform.get(BALANCES).json()["data"]) == count
