"""Notifications: their fields and signature, and the ladder of retries."""

import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator

LADDER_MINUTES = (4, 10, 10, 60, 120, 360, 900)


def shop_of(simulator: SimulatorProcess, receiver: Receiver) -> Shop:
    shop = Shop(simulator, app_id="2021000000000001", notify_url=receiver.url)
    shop.register()
    return shop


class TestContent:
    def test_carries_alipays_fields_signed_by_alipays_key(
        self, start_simulator: StartSimulator, receiver: Receiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = shop_of(simulator, receiver)
        shop.precreate(number)

        # When
        paid = shop.pay(number, at="2030-01-05T10:01:02+08:00").json()

        # Then
        form = receiver.next()
        assert form.pop("_path") == "/notify?shop=7"
        assert form.pop("_type") == "application/x-www-form-urlencoded; charset=utf-8"
        assert shop.is_from_alipay(form)
        assert len(form.pop("sign")) == 344
        assert len(form.pop("notify_id")) == 34
        buyer_id = form.pop("buyer_id")
        assert form == {
            "notify_time": "2030-01-05 10:00:00",
            "notify_type": "trade_status_sync",
            "charset": "utf-8",
            "version": "1.0",
            "sign_type": "RSA2",
            "app_id": shop.app_id,
            "auth_app_id": shop.app_id,
            "trade_no": paid["trade_no"],
            "out_trade_no": number,
            "buyer_logon_id": f"138****{buyer_id[-4:]}",
            "seller_id": shop.seller_id,
            "seller_email": f"{shop.seller_id}@simulator.example",
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "88.80",
            "trans_currency": "CNY",
            "receipt_amount": "88.80",
            "invoice_amount": "88.80",
            "buyer_pay_amount": "88.80",
            "point_amount": "0.00",
            "subject": "青花瓷茶杯",
            "gmt_create": "2030-01-05 10:00:00",
            "gmt_payment": "2030-01-05 10:01:02",
            "fund_bill_list": '[{"amount":"88.80","fundChannel":"ALIPAYACCOUNT"}]',
        }

    def test_says_only_that_something_was_paid(
        self, shop: Shop, receiver: Receiver, number: str
    ) -> None:
        # Given
        shop.notify_url = receiver.url
        shop.precreate(number)

        # When
        shop.scan(number)

        # Then
        assert receiver.has_none(seconds=0.3)

    def test_paying_twice_notifies_once(self, shop: Shop, receiver: Receiver, number: str) -> None:
        # Given
        shop.notify_url = receiver.url
        shop.sell(number)
        receiver.next()

        # When
        again = shop.pay(number)

        # Then
        assert again.status_code == 200
        assert receiver.has_none(seconds=0.3)

    def test_goes_to_the_address_of_the_latest_order(
        self, shop: Shop, receiver: Receiver, number: str
    ) -> None:
        # Given
        shop.notify_url = "http://127.0.0.1:9/gone"
        shop.precreate(number)
        shop.notify_url = receiver.url
        shop.precreate(number)

        # When
        shop.pay(number)

        # Then
        assert receiver.next()["out_trade_no"] == number


class TestRetries:
    def test_climbs_the_ladder_on_the_simulators_clock_and_then_gives_up(
        self, start_simulator: StartSimulator, receiver: Receiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        at = datetime(2030, 1, 5, tzinfo=UTC)
        simulator.post("/control/clock", now=at.isoformat())
        shop = shop_of(simulator, receiver)
        for _ in range(8):
            receiver.answers.put((200, b"fail"))
        shop.sell(number)
        notify_ids = [receiver.next()["notify_id"]]

        # When
        for minutes in LADDER_MINUTES:
            simulator.wait_for(number, "notified", times=len(notify_ids))
            at += timedelta(minutes=minutes)
            simulator.post("/control/clock", now=(at - timedelta(seconds=1)).isoformat())
            assert receiver.has_none(seconds=0.15)
            simulator.post("/control/clock", now=at.isoformat())
            notify_ids.append(receiver.next()["notify_id"])

        # Then
        simulator.wait_for(number, "notified", times=8)
        assert len(notify_ids) == 8
        assert len(set(notify_ids)) == 1
        assert simulator.get("/control/notifications").json() == {
            "pending": 0,
            "delivered": 0,
            "abandoned": 1,
        }

    @pytest.mark.parametrize(
        "answer",
        [(200, b"fail"), (200, b"success\n"), (200, b"SUCCESS"), (200, b""), (500, b"success")],
        ids=repr,
    )
    def test_only_the_exact_word_success_ends_it(
        self,
        start_simulator: StartSimulator,
        receiver: Receiver,
        number: str,
        answer: tuple[int, bytes],
    ) -> None:
        # Given
        simulator = start_simulator("--ladder-scale", "0.0001")
        receiver.answers.put(answer)

        # When
        shop_of(simulator, receiver).sell(number)

        # Then
        first, second = receiver.next(), receiver.next()
        assert first["notify_id"] == second["notify_id"]
        simulator.wait_for(number, "notified", times=2)
        assert receiver.has_none(seconds=0.3)
        assert simulator.get("/control/notifications").json()["delivered"] == 1

    def test_a_merchant_who_is_away_is_asked_again(
        self, start_simulator: StartSimulator, receiver: Receiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator("--ladder-scale", "0.001")
        shop = shop_of(simulator, receiver)
        shop.notify_url = "http://127.0.0.1:9/nobody"
        shop.sell(number)

        # When
        simulator.wait_for(number, "notified", times=1)

        # Then
        answers = [row["answer"] for row in simulator.effect_rows() if row["kind"] == "notified"]
        assert answers[0].startswith("no answer: ")
        assert simulator.get("/control/notifications").json()["pending"] == 1

    def test_what_is_pending_survives_the_death_of_the_process(
        self, start_simulator: StartSimulator, receiver: Receiver, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T00:00:00Z")
        receiver.answers.put((200, b"fail"))
        shop_of(simulator, receiver).sell(number)
        first = receiver.next()
        simulator.wait_for(number, "notified", times=1)

        # When
        simulator.stop(signal.SIGKILL)
        simulator.start()
        simulator.post("/control/clock", now="2030-01-05T00:04:00Z")

        # Then
        second = receiver.next()
        assert second["notify_id"] == first["notify_id"]
        assert second["notify_time"] == "2030-01-05 08:04:00"
