"""What goes wrong with our requests, on purpose: each kind, whom it strikes, how often."""

import json
import time

import httpx
import pytest

from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator, is_signed

PRECREATE = "alipay.trade.precreate"


def outcomes(simulator: SimulatorProcess, number: str) -> list[tuple[object, object]]:
    """List the code and the fault of each request that the gateway saw."""
    return [
        (effect["code"], effect["fault"])
        for effect in simulator.effect_rows()
        if effect["kind"] == "request" and effect["number"] == number
    ]


class TestNoAnswer:
    def test_before_anything_happened(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "timeout_before")

        # When
        with pytest.raises(httpx.RemoteProtocolError):
            shop.precreate(number)

        # Then
        assert shop.simulator.effects(number) == ["request"]
        assert outcomes(shop.simulator, number) == [("none", "timeout_before")]
        assert shop.pay(number).status_code == 409

    def test_after_the_order_was_accepted(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "timeout_after_commit")

        # When
        with pytest.raises(httpx.RemoteProtocolError):
            shop.precreate(number)

        # Then
        assert shop.simulator.effects(number) == ["order_accepted", "request"]
        assert shop.pay(number).status_code == 200

    def test_keeps_the_connection_until_the_caller_gives_up(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "timeout_after_commit", seconds=30)
        params = shop.params(PRECREATE, shop.order(number))

        # When
        with pytest.raises(httpx.ReadTimeout):
            shop.simulator.send("POST", "/gateway.do", data=params, timeout=0.5)

        # Then
        assert shop.simulator.effects(number) == ["order_accepted", "request"]


class TestUnreadableAnswers:
    @pytest.mark.parametrize(
        ("more", "effects"),
        [({}, ["request"]), ({"after_commit": True}, ["order_accepted", "request"])],
    )
    def test_http_500(
        self, shop: Shop, number: str, more: dict[str, object], effects: list[str]
    ) -> None:
        # Given
        shop.order_fault(number, "http_500", **more)
        params = shop.params(PRECREATE, shop.order(number))

        # When
        response = shop.simulator.send("POST", "/gateway.do", data=params)

        # Then
        assert response.status_code == 500
        assert shop.simulator.effects(number) == effects

    def test_bad_signature(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "bad_signature")

        # When
        answer = shop.precreate(number)

        # Then
        assert answer.node["code"] == "10000"
        assert answer.signature is not None
        assert not is_signed(answer.node_text, signature=answer.signature, pem=shop.alipay_pem)
        assert shop.simulator.effects(number) == ["order_accepted", "request"]

    def test_truncated_json(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "truncated_json")
        params = shop.params(PRECREATE, shop.order(number))

        # When
        response = shop.simulator.send("POST", "/gateway.do", data=params)

        # Then
        assert response.status_code == 200
        assert response.content.startswith(b'{"alipay_trade_precreate_response":{"code":"10000"')
        with pytest.raises(json.JSONDecodeError):
            response.json()
        assert shop.simulator.effects(number) == ["order_accepted", "request"]


class TestUnknown:
    @pytest.mark.parametrize(
        ("more", "effects"),
        [({}, ["request"]), ({"after_commit": True}, ["order_accepted", "request"])],
    )
    def test_system_error_is_signed_and_says_nothing_about_the_order(
        self, shop: Shop, number: str, more: dict[str, object], effects: list[str]
    ) -> None:
        # Given
        shop.order_fault(number, "system_error", **more)

        # When
        answer = shop.precreate(number)

        # Then
        assert answer.words == ("20000", "ACQ.SYSTEM_ERROR")
        assert answer.signature is not None
        assert is_signed(answer.node_text, signature=answer.signature, pem=shop.alipay_pem)
        assert shop.simulator.effects(number) == effects

    def test_slow_answers_late(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "slow", seconds=0.4)

        # When
        began = time.monotonic()
        answer = shop.precreate(number)

        # Then
        assert time.monotonic() - began >= 0.4
        assert answer.node["code"] == "10000"


class TestWhomItStrikes:
    def test_strikes_as_often_as_ordered(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "system_error", count=2)

        # When
        codes = [shop.precreate(number).node["code"] for _ in range(3)]

        # Then
        assert codes == ["20000", "20000", "10000"]

    def test_strikes_only_the_method_and_the_number_that_were_named(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        shop.order_fault(number, "system_error", method="alipay.trade.query")

        # When
        other_method = shop.precreate(number).node["code"]
        other_number = shop.query(f"{number}0").node["code"]
        named = shop.query(number).node["code"]

        # Then
        assert (other_method, other_number, named) == ("10000", "40004", "20000")

    def test_faults_strike_in_the_order_in_which_they_came(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "system_error")
        shop.order_fault(number, "bad_signature")

        # When
        first, second = shop.precreate(number), shop.precreate(number)

        # Then
        assert (first.node["code"], second.node["code"]) == ("20000", "10000")
        assert outcomes(shop.simulator, number) == [
            ("none", "system_error"),
            ("10000", "bad_signature"),
        ]

    def test_all_can_be_called_off(self, start_simulator: StartSimulator, number: str) -> None:
        # Given
        simulator = start_simulator()
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        simulator.post("/control/faults", kind="http_500", count=3)
        waiting = simulator.get("/control/faults").json()["faults"]

        # When
        response = simulator.send("DELETE", "/control/faults")

        # Then
        assert [(fault["kind"], fault["count"]) for fault in waiting] == [("http_500", 3)]
        assert response.json() == {"forgotten": 1}
        assert shop.query(number).node["code"] == "40004"

    def test_waiting_faults_survive_a_restart(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        simulator.post("/control/faults", kind="system_error", count=2, method=PRECREATE)
        assert shop.precreate(number).node["code"] == "20000"

        # When
        simulator.stop()
        simulator.start()

        # Then
        codes = [shop.precreate(number).node["code"] for _ in range(2)]
        assert codes == ["20000", "10000"]

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"kind": "earthquake"}, "unknown_fault"),
            ({}, "bad_request"),
            ({"kind": "slow", "seconds": -1}, "bad_request"),
            ({"kind": "slow", "seconds": "1"}, "bad_request"),
            ({"kind": "slow", "count": 0}, "bad_request"),
            ({"kind": "slow", "number": "typo"}, "bad_request"),
        ],
    )
    def test_refuses_what_is_no_fault(
        self, simulator: SimulatorProcess, fields: dict[str, object], code: str
    ) -> None:
        # When
        response = simulator.post("/control/faults", **fields)

        # Then
        assert (response.status_code, response.json()["error"]) == (400, code)


class TestShares:
    def test_a_share_of_the_calls_is_struck(self, shop: Shop, number: str) -> None:
        # Given
        shop.order_fault(number, "system_error", percent=50, count=1_000)

        # When
        for _ in range(60):
            shop.precreate(number)

        # Then
        struck = [fault for _, fault in outcomes(shop.simulator, number) if fault]
        assert 10 < len(struck) < 50

    @pytest.mark.parametrize("percent", [0, 101])
    def test_no_share_but_a_part_of_all(self, shop: Shop, number: str, percent: int) -> None:
        answer = shop.simulator.send(
            "POST", "/control/faults", json={"kind": "http_500", "percent": percent}
        )

        assert answer.status_code == 400


class TestSeeds:
    @staticmethod
    def met(shop: Shop, *, seed: int) -> list[bool]:
        """Order a half of all questions to fail and nothing else, and say which of twenty did."""
        simulator = shop.simulator
        simulator.send("DELETE", "/control/faults")
        simulator.send("POST", "/control/faults/seed", json={"seed": seed})
        half = {"kind": "http_500", "count": 1000, "percent": 50, "method": "alipay.trade.query"}
        simulator.send("POST", "/control/faults", json={**half, "app_id": shop.app_id})
        return [
            simulator.send(
                "POST",
                "/gateway.do",
                data=shop.params("alipay.trade.query", {"out_trade_no": f"{seed}-{place}"}),
            ).status_code
            == 500
            for place in range(20)
        ]

    def test_a_seed_repeats_which_calls_a_share_strikes(self, shop: Shop) -> None:
        # When
        first = self.met(shop, seed=7)
        again = self.met(shop, seed=7)
        other = self.met(shop, seed=8)

        # Then
        assert first == again != other
        assert {*first} == {True, False}
