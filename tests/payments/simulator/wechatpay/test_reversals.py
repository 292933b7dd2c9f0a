"""Refunds of WeChat Pay's that were done, and that the payer's card gives back days afterwards."""

import signal
import time

from tests.payments.simulator.bank.desk import ACCOUNT_NO, Desk
from tests.payments.simulator.notice_shop import shop_of
from tests.payments.simulator.wechatpay.wire import NoticeReceiver, WechatShop, refusal
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator

DAY_SECONDS = 86_400
DONE = ("REFUND.SUCCESS", "SUCCESS")
BEFORE, THEN = "2030-01-08T09:59:59+08:00", "2030-01-08T10:00:00+08:00"


def set_clock(simulator: SimulatorProcess, now: str) -> None:
    assert simulator.post("/control/clock", now=now).status_code == 200


def shop_at_ten(simulator: SimulatorProcess, notices: NoticeReceiver) -> WechatShop:
    set_clock(simulator, "2030-01-05T10:00:00+08:00")
    return shop_of(simulator, notices)


def refund_that_comes_back(shop: WechatShop, notices: NoticeReceiver, number: str) -> None:
    """Give 8.80 back, for three days."""
    shop.sell(number)
    notices.next()
    shop.plan(f"{number}R", "refund_reversed", seconds=3 * DAY_SECONDS, error_code="ABNORMAL")
    assert shop.refund(number, f"{number}R", 880).json()["status"] == "SUCCESS"
    assert notices.next().said == DONE
    while "notified" not in shop.simulator.effects(f"{number}R"):
        time.sleep(0.02)


def test_a_refund_succeeds_and_is_abnormal_later_with_a_notice_of_its_own(
    start_simulator: StartSimulator, notices: NoticeReceiver, number: str
) -> None:
    # Given
    shop = shop_at_ten(start_simulator(), notices)
    refund_that_comes_back(shop, notices, number)

    # When
    set_clock(shop.simulator, BEFORE)
    before = shop.query_refund(f"{number}R").json()
    assert notices.has_none(seconds=0.3)
    set_clock(shop.simulator, THEN)

    # Then
    assert (before["status"], before["success_time"]) == ("SUCCESS", "2030-01-05T10:00:00+08:00")
    notice = notices.next()
    assert notice.said == ("REFUND.ABNORMAL", "ABNORMAL")
    assert "success_time" not in notice.resource
    after = shop.query_refund(f"{number}R").json()
    assert (after["status"], after.get("success_time")) == ("ABNORMAL", None)
    assert notices.has_none(seconds=0.3)
    effects = [kind for kind in shop.simulator.effects(f"{number}R") if kind != "request"]
    assert effects == [
        *("refund_accepted", "refund_success", "notified", "refund_reversed", "notified")
    ]
    # The money is with WeChat Pay, for this refund and for no other.
    assert refusal(shop.refund(number, f"{number}S"))[1] == "INVALID_REQUEST"


def test_who_asks_first_learns_it_and_is_told_all_the_same(
    start_simulator: StartSimulator, notices: NoticeReceiver, number: str
) -> None:
    # Given a restart meanwhile
    simulator = start_simulator()
    shop = shop_at_ten(simulator, notices)
    refund_that_comes_back(shop, notices, number)
    simulator.stop(signal.SIGKILL)
    simulator = start_simulator()
    shop.simulator = simulator

    # When
    set_clock(simulator, "2030-01-09T10:00:00+08:00")
    told = shop.query_refund(f"{number}R").json()

    # Then
    assert told["status"] == "ABNORMAL"
    # One that died before it knew that its letter had come sends it again.
    said = (notices.next().said for _ in range(2))
    assert next(words for words in said if words != DONE) == ("REFUND.ABNORMAL", "ABNORMAL")
    assert notices.has_none(seconds=0.3)


def test_the_merchant_is_charged_once_however_often_it_is_delivered(
    start_simulator: StartSimulator,
) -> None:
    # Given a refund of 30.00 that is back an hour later, and another way for it a day later
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-02-01T10:00:00+08:00", force=True)
    desk = Desk(simulator)
    desk.open(opening_minor=100_000)
    shop = WechatShop(simulator, bank_account_no=ACCOUNT_NO)
    shop.register()
    shop.sell("order_1", total=10_000, at="2026-02-01T10:00:00+08:00")
    shop.plan("R1", "refund_reversed", seconds=3_600, error_code="ABNORMAL")
    amount = {"refund": 3_000, "total": 10_000, "currency": "CNY"}
    refund = shop.refund("order_1", "R1", amount=amount).json()
    set_clock(simulator, "2026-02-02T12:00:00+08:00")
    path = f"/v3/refund/domestic/refunds/{refund['refund_id']}/apply-abnormal-refund"
    shop.sell("order_2", total=10_000)

    # When
    body = {"out_refund_no": "R1", "type": "MERCHANT_BANK_CARD"}
    assert shop.send("POST", path, body).json()["status"] == "PROCESSING"
    set_clock(simulator, "2026-02-10T10:00:00+08:00")

    # Then
    again = shop.query_refund("R1").json()
    assert (again["status"], again["success_time"]) == ("SUCCESS", "2026-02-02T12:00:00+08:00")
    assert [row[:2] for row in desk.entries("2026-02-01", "2026-02-09")] == [
        ("CRDT", "69.40"),
        ("CRDT", "99.40"),
    ]
