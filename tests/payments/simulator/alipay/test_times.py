"""Times at the simulated Alipay: how long an order lives, and when a call counts."""

from datetime import timedelta

import pytest

from tests.payments.simulator.wire import SHANGHAI, Shop, StartSimulator

INVALID = ("40004", "ACQ.INVALID_PARAMETER")


class TestExpiry:
    @pytest.mark.parametrize(
        ("timeout_express", "life"),
        [
            (None, timedelta(hours=2)),
            ("1m", timedelta(minutes=1)),
            ("3h", timedelta(hours=3)),
            ("15d", timedelta(days=15)),
        ],
    )
    def test_lives_as_long_as_the_order_says(
        self, shop: Shop, number: str, timeout_express: str | None, life: timedelta
    ) -> None:
        # Given
        more = {} if timeout_express is None else {"timeout_express": timeout_express}
        shop.precreate(number, **more)

        # When
        ended_at = shop.simulator.now() + life
        late = shop.pay(number, at=(ended_at + timedelta(seconds=5)).isoformat())

        # Then
        assert late.status_code == 409
        assert late.json()["error"] == "trade_closed"

    def test_ends_with_the_day_in_shanghai(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number, timeout_express="1c")

        # When
        trade = shop.simulator.get(f"/control/trades/{shop.app_id}/{number}").json()

        # Then
        assert trade["expires_at"].endswith("T16:00:00.000Z")

    @pytest.mark.parametrize("timeout_express", ["0m", "16d", "90s", "m", "2c", "1.5h"])
    def test_refuses_a_bad_timeout(self, shop: Shop, number: str, timeout_express: str) -> None:
        assert shop.precreate(number, timeout_express=timeout_express).words == INVALID

    @pytest.mark.parametrize("time_expire", ["2026-01-01T00:00:00", "2020-01-01 00:00:00"])
    def test_refuses_a_bad_or_past_expiry(self, shop: Shop, number: str, time_expire: str) -> None:
        assert shop.precreate(number, time_expire=time_expire).words == INVALID

    def test_an_absolute_expiry_wins_and_a_scanned_trade_closes(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        times = {"time_expire": "2030-01-05 10:30:00", "timeout_express": "15d"}
        assert shop.precreate(number, **times).node["code"] == "10000"
        shop.scan(number)

        # When
        simulator.post("/control/clock", now="2030-01-05T10:29:59+08:00")
        before = shop.query(number).node["trade_status"]
        simulator.post("/control/clock", now="2030-01-05T10:30:00+08:00")
        after = shop.query(number).node["trade_status"]

        # Then
        assert (before, after) == ("WAIT_BUYER_PAY", "TRADE_CLOSED")
        assert shop.precreate(number, **times).words == ("40004", "ACQ.TRADE_HAS_CLOSE")
        # Once closed it stays closed, even for a payer who says that he paid in time.
        late = shop.pay(number, at="2030-01-05T10:10:00+08:00")
        assert late.json()["error"] == "trade_closed"

    def test_a_code_that_nobody_scanned_never_exists(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        shop.precreate(number, timeout_express="5m")

        # When
        simulator.post("/control/clock", now="2030-01-05T12:00:00+08:00")

        # Then
        assert shop.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")
        # The same order again gives the code a new life.
        assert shop.precreate(number, timeout_express="5m").node["code"] == "10000"
        assert shop.pay(number).status_code == 200


def test_a_timestamp_counts_in_simulated_or_in_real_time(
    start_simulator: StartSimulator, number: str
) -> None:
    # Given
    simulator = start_simulator()
    simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
    shop = Shop(simulator, app_id="2021000000000001")
    shop.register()
    query = ("alipay.trade.query", {"out_trade_no": number})
    real = simulator.now().astimezone(SHANGHAI)

    # When
    near = shop.call(*query, timestamp=f"{real + timedelta(minutes=15):%Y-%m-%d %H:%M:%S}")
    far = shop.call(*query, timestamp=f"{real + timedelta(minutes=16):%Y-%m-%d %H:%M:%S}")
    today = shop.call(*query)

    # Then
    assert near.words == today.words == ("40004", "ACQ.TRADE_NOT_EXIST")
    assert far.words == ("40002", "isv.invalid-timestamp")
