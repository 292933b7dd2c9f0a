"""What WeChat Pay pays in at the bank: each day's trades, net of fees and of refunds."""

import pytest

from tests.payments.simulator.bank.desk import ACCOUNT_NO, Desk
from tests.payments.simulator.wechatpay.wire import WechatShop
from tests.payments.simulator.wire import StartSimulator

MCHID = "1900000001"


@pytest.fixture
def desk(start_simulator: StartSimulator) -> Desk:
    """Open an account at a bank where it is the first of February."""
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-02-01T10:00:00+08:00", force=True)
    desk = Desk(simulator)
    desk.open(opening_minor=100_000)
    return desk


def shop_of(desk: Desk, **particulars: object) -> WechatShop:
    shop = WechatShop(desk.simulator, mchid=MCHID, bank_account_no=ACCOUNT_NO, **particulars)
    shop.register()
    return shop


def refund(shop: WechatShop, number: str, refund_no: str, fen: int, *, total: int) -> None:
    amount = {"refund": fen, "total": total, "currency": "CNY"}
    response = shop.refund(number, refund_no, amount=amount)
    assert response.status_code == 200, response.text


def set_clock(desk: Desk, now: str) -> None:
    assert desk.simulator.post("/control/clock", now=now).status_code == 200


def test_pays_a_shanghai_day_in_on_the_next_net_of_fees(desk: Desk) -> None:
    # Given
    shop = shop_of(desk)
    shop.sell("order_1", total=75, at="2026-01-30T16:00:00Z")
    shop.sell("order_2", total=84, at="2026-01-31T15:59:59Z")
    shop.sell("order_3", total=10_000, at="2026-01-31T16:00:00Z")
    set_clock(desk, "2026-02-10T10:00:00+08:00")

    # When
    entries = desk.entries("2026-01-31", "2026-02-09")

    # Then
    assert [row[:4] for row in entries] == [
        ("CRDT", "1.58", f"WECHATPAY SETTLEMENT {MCHID} 2026-01-31", "2026-02-01"),
        ("CRDT", "99.40", f"WECHATPAY SETTLEMENT {MCHID} 2026-02-01", "2026-02-02"),
    ]


@pytest.mark.parametrize(("returns_fee", "net"), [(False, "69.40"), (True, "69.58")])
def test_takes_refunds_from_their_own_day(desk: Desk, *, returns_fee: bool, net: str) -> None:
    # Given
    shop = shop_of(desk, returns_fee=returns_fee)
    shop.sell("order_1", total=10_000, at="2026-02-01T10:00:00+08:00")
    set_clock(desk, "2026-02-02T10:00:00+08:00")
    shop.sell("order_2", total=10_000)
    refund(shop, "order_1", "refund_1", 3_000, total=10_000)
    set_clock(desk, "2026-02-10T10:00:00+08:00")

    # When
    movements = desk.movements("2026-02-01", "2026-02-09")

    # Then
    assert movements == [
        ("CRDT", "99.40", f"WECHATPAY SETTLEMENT {MCHID} 2026-02-01"),
        ("CRDT", net, f"WECHATPAY SETTLEMENT {MCHID} 2026-02-02"),
    ]


def test_a_day_that_refunds_took_is_paid_in_with_the_next(desk: Desk) -> None:
    # Given
    shop = shop_of(desk)
    shop.sell("order_1", total=10_000, at="2026-02-01T10:00:00+08:00")
    set_clock(desk, "2026-02-02T10:00:00+08:00")
    refund(shop, "order_1", "refund_1", 3_000, total=10_000)
    set_clock(desk, "2026-02-03T10:00:00+08:00")
    before = desk.movements("2026-02-01", "2026-02-03")

    # When
    shop.sell("order_2", total=5_000, at="2026-02-04T10:00:00+08:00")
    set_clock(desk, "2026-02-10T10:00:00+08:00")
    after = desk.movements("2026-02-04", "2026-02-09")

    # Then
    assert before == [("CRDT", "99.40", f"WECHATPAY SETTLEMENT {MCHID} 2026-02-01")]
    assert after == [("CRDT", "19.70", f"WECHATPAY SETTLEMENT {MCHID} 2026-02-04 SINCE 2026-02-02")]


def test_a_delayed_refund_counts_on_the_day_of_its_end(desk: Desk) -> None:
    # Given
    shop = shop_of(desk, fee_bps=0)
    shop.sell("order_1", total=10_000)
    shop.plan("refund_1", "refund_delayed", seconds=2 * 86_400)
    refund(shop, "order_1", "refund_1", 3_000, total=10_000)
    shop.sell("order_2", total=5_000, at="2026-02-03T10:00:00+08:00")
    set_clock(desk, "2026-02-10T10:00:00+08:00")

    # When
    movements = desk.movements("2026-02-01", "2026-02-09")

    # Then
    assert [row[1] for row in movements] == ["100.00", "20.00"]
    assert movements[1][2] == f"WECHATPAY SETTLEMENT {MCHID} 2026-02-03"


@pytest.mark.parametrize("code", ["ABNORMAL", "CLOSED"])
def test_a_refund_that_came_to_nothing_takes_nothing(desk: Desk, code: str) -> None:
    # Given
    shop = shop_of(desk, fee_bps=0)
    shop.sell("order_1", total=10_000)
    shop.plan("refund_1", "refund_failed", error_code=code)
    refund(shop, "order_1", "refund_1", 3_000, total=10_000)
    set_clock(desk, "2026-02-10T10:00:00+08:00")

    # Then
    assert [row[1] for row in desk.movements("2026-02-01", "2026-02-09")] == ["100.00"]


def test_both_channels_are_paid_in_by_themselves_and_once(desk: Desk) -> None:
    # Given
    shop = shop_of(desk, fee_bps=0)
    alipay = desk.shop(fee_bps=0)
    shop.sell("order_1", total=100)
    alipay.sell("order_1", amount="2.00")
    set_clock(desk, "2026-02-10T10:00:00+08:00")

    # When
    first = desk.movements("2026-02-01", "2026-02-05")
    second = desk.movements("2026-02-06", "2026-02-09")

    # Then
    assert first == [
        ("CRDT", "2.00", "ALIPAY SETTLEMENT 2088000000000001 2026-02-01"),
        ("CRDT", "1.00", f"WECHATPAY SETTLEMENT {MCHID} 2026-02-01"),
    ]
    assert second == []


def test_without_a_bank_account_the_money_stays(desk: Desk) -> None:
    # Given
    shop = WechatShop(desk.simulator, mchid=MCHID)
    shop.register()
    shop.sell("order_1")
    set_clock(desk, "2026-02-10T10:00:00+08:00")

    # Then
    assert desk.movements("2026-02-01", "2026-02-09") == []
