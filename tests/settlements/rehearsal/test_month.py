"""The demo's month: the same at every play, and as varied as it says."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from payments.models import PaymentMethod
from settlements.rehearsal.month import DAYS, MERCHANTS, purchases_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2026, 3, 2)


def month(first_day=FIRST_DAY):
    return [
        purchase
        for number in range(DAYS)
        for purchase in purchases_of(
            first_day + timedelta(days=number), zone=SHANGHAI, number=number + 1
        )
    ]


def test_is_the_same_at_every_play():
    assert month() == month()


def test_no_order_number_comes_twice():
    numbers = [purchase.order_no for purchase in month()]

    assert len(set(numbers)) == len(numbers) > DAYS * 5


def test_every_purchase_is_shared_out_whole_among_the_merchants():
    for purchase in month():
        assert sum(purchase.shares_minor.values()) == purchase.amount_minor
        assert set(purchase.shares_minor) <= set(MERCHANTS)
        assert min(purchase.shares_minor.values()) >= 100


def test_everything_is_bought_in_the_daytime_of_its_own_day():
    for number, day in ((1, FIRST_DAY), (DAYS, FIRST_DAY + timedelta(days=DAYS - 1))):
        for purchase in purchases_of(day, zone=SHANGHAI, number=number):
            local = purchase.at.astimezone(SHANGHAI)
            assert local.date() == day
            assert 10 <= local.hour < 21


def test_some_of_everything_happens():
    # Given
    purchases = month()

    # Then
    assert any(not purchase.is_paid for purchase in purchases)
    assert any(len(purchase.shares_minor) == 2 for purchase in purchases)
    assert any(purchase.amount_minor > 100_000 for purchase in purchases)
    assert any(purchase.is_refunded for purchase in purchases)
    assert {purchase.method for purchase in purchases} == set(PaymentMethod)
    assert {purchase.method for purchase in purchases if purchase.is_held} == {"card_page"}
    of_cards = {"card_page", "card_wap"}
    assert any(purchase.is_refunded and purchase.method in of_cards for purchase in purchases)
    assert any(purchase.coupon_minor for purchase in purchases)
    assert {seller for purchase in purchases for seller in purchase.shares_minor} == set(MERCHANTS)
