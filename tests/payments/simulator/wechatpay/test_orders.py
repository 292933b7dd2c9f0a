"""Orders at WeChat Pay: what is accepted, where they stand, and how they end."""

import json

import pytest

from tests.payments.simulator.wechatpay.orders_stage import shop_at_ten
from tests.payments.simulator.wechatpay.wire import NOWHERE, WechatShop, refusal
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator


class TestNative:
    def test_gives_a_code_that_leads_to_the_page_of_the_payer(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # When
        response = wechat_shop.native(number)

        # Then
        code_url = response.json()["code_url"]
        assert list(response.json()) == ["code_url"]
        assert code_url.startswith(f"{wechat_shop.simulator.url}/wechat/payer/")

    def test_the_same_order_again_gets_the_same_code(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        first = wechat_shop.native(number).json()

        # When
        fields = wechat_shop.order(number)
        second = wechat_shop.send(
            "POST", "/v3/pay/transactions/native", dict(reversed(fields.items()))
        )

        # Then
        assert second.json() == first
        kinds = wechat_shop.simulator.effects(number)
        assert kinds == ["order_accepted", "request", "order_repeated", "request"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": {"total": 8881, "currency": "CNY"}},
            {"description": "茶"},
            {"attach": "other"},
            {"time_expire": "2099-01-01T00:00:00+08:00"},
        ],
    )
    def test_refuses_another_order_under_the_same_number(
        self, wechat_shop: WechatShop, number: str, changes: dict[str, object]
    ) -> None:
        # Given
        wechat_shop.native(number)

        # When
        response = wechat_shop.native(number, **changes)

        # Then
        assert refusal(response) == (400, "INVALID_REQUEST")
        assert wechat_shop.query(number).json()["amount"] == {"total": 8880}

    def test_refuses_the_number_of_a_paid_trade(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)

        # Then
        assert refusal(wechat_shop.native(number)) == (400, "ORDERPAID")

    def test_refuses_the_number_of_a_closed_trade(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.native(number)
        wechat_shop.close(number)

        # Then
        assert refusal(wechat_shop.native(number)) == (400, "ORDER_CLOSED")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"out_trade_no": "12345"}, "out_trade_no"),
            ({"out_trade_no": "1" * 33}, "out_trade_no"),
            ({"out_trade_no": "order 12"}, "out_trade_no"),
            ({"out_trade_no": "order#12"}, "out_trade_no"),
            ({"out_trade_no": 1234567}, "out_trade_no"),
            ({"out_trade_no": None}, "out_trade_no"),
            ({"description": ""}, "description"),
            ({"description": "茶" * 128}, "description"),
            ({"description": None}, "description"),
            ({"attach": "x" * 129}, "attach"),
            ({"notify_url": None}, "notify_url"),
            ({"notify_url": f"{NOWHERE}?shop=7"}, "notify_url"),
            ({"notify_url": "ftp://example.com/"}, "notify_url"),
            ({"notify_url": "/notices"}, "notify_url"),
            ({"notify_url": f"{NOWHERE}/{'x' * 255}"}, "notify_url"),
            ({"amount": None}, "amount"),
            ({"amount": 8880}, "amount"),
            ({"amount": {"total": 0}}, "amount/total"),
            ({"amount": {"total": -1}}, "amount/total"),
            ({"amount": {"total": "8880"}}, "amount/total"),
            ({"amount": {"total": 88.8}}, "amount/total"),
            ({"amount": {"total": True}}, "amount/total"),
            ({"amount": {"total": 1 << 31}}, "amount/total"),
            ({"amount": {"total": 1, "currency": "USD"}}, "amount/currency"),
            ({"amount": {"total": 1, "fee": 1}}, "amount/fee"),
            ({"time_expire": "2030-01-01 00:00:00+08:00"}, "time_expire"),
            ({"time_expire": "2099-01-01T00:00:00"}, "time_expire"),
            ({"time_expire": "tomorrow"}, "time_expire"),
            ({"time_expire": "2020-01-01T00:00:00+08:00"}, "time_expire"),
            ({"detail": "tea"}, "detail"),
            ({"notifyurl": NOWHERE}, "notifyurl"),
        ],
    )
    def test_refuses_a_bad_field_and_writes_nothing(
        self, wechat_shop: WechatShop, number: str, changes: dict[str, object], field: str
    ) -> None:
        # When
        response = wechat_shop.native(number, **changes)

        # Then
        assert refusal(response) == (400, "PARAM_ERROR")
        assert response.json()["detail"]["field"] == f"/body/{field}"
        assert response.json()["detail"]["location"] == "body"
        assert refusal(wechat_shop.query(number)) == (404, "ORDER_NOT_EXIST")

    @pytest.mark.parametrize("changes", [{"appid": "wx0000000000000000"}, {"mchid": "1900000000"}])
    def test_refuses_what_is_not_the_callers(
        self, wechat_shop: WechatShop, number: str, changes: dict[str, object]
    ) -> None:
        # When
        response = wechat_shop.native(number, **changes)

        # Then
        assert refusal(response) == (400, "APPID_MCHID_NOT_MATCH")

    @pytest.mark.parametrize("body", ["", "[]", "no json", '"text"'])
    def test_refuses_a_body_that_is_no_object(self, wechat_shop: WechatShop, body: str) -> None:
        # Given
        target = "/v3/pay/transactions/native"
        headers = wechat_shop.headers("POST", target, body)

        # When
        response = wechat_shop.send_raw("POST", target, body, headers=headers)

        # Then
        assert refusal(response) == (400, "PARAM_ERROR")

    @pytest.mark.parametrize("name", ["out_trade_no", "description"])
    def test_refuses_half_a_character(
        self, wechat_shop: WechatShop, number: str, name: str
    ) -> None:
        # Given
        target = "/v3/pay/transactions/native"
        body = json.dumps(wechat_shop.order(number, **{name: "order_\ud83d"}))
        headers = wechat_shop.headers("POST", target, body)

        # When
        response = wechat_shop.send_raw("POST", target, body, headers=headers)

        # Then
        assert refusal(response) == (400, "PARAM_ERROR")
        assert response.json()["detail"]["field"] == f"/body/{name}"

    @pytest.mark.parametrize("tail", ["-|*_", "Az09"])
    def test_takes_all_that_a_number_may_be_made_of(
        self, wechat_shop: WechatShop, number: str, tail: str
    ) -> None:
        # Given
        wechat_shop.native(number + tail)

        # Then
        assert wechat_shop.state(number + tail) == "NOTPAY"

    def test_passes_over_what_changes_nothing_here(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # When
        response = wechat_shop.native(
            number,
            detail={"goods_detail": []},
            scene_info={"payer_client_ip": "203.0.113.9"},
            settle_info={"profit_sharing": False},
            goods_tag="WXG",
            limit_pay=["no_credit"],
            support_fapiao=False,
        )

        # Then
        assert response.status_code == 200


class TestQuery:
    def test_an_order_is_there_at_once(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.native(number, attach="a1")

        # When
        response = wechat_shop.query(number)

        # Then
        assert response.json() == {
            "appid": wechat_shop.appid,
            "mchid": wechat_shop.mchid,
            "out_trade_no": number,
            "trade_state": "NOTPAY",
            "trade_state_desc": "订单未支付",
            "attach": "a1",
            "promotion_detail": [],
            "amount": {"total": 8880},
            "payer": {},
        }

    def test_a_paid_trade_by_either_number(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.native(number)
        paid = shop.pay(number, at="2030-01-05T10:01:02.789+08:00").json()

        # When
        fields = shop.query(number).json()

        # Then
        assert fields["trade_state"] == "SUCCESS"
        assert fields["trade_type"] == "NATIVE"
        assert fields["success_time"] == "2030-01-05T10:01:02+08:00"
        assert fields["amount"] == {
            "total": 8880,
            "payer_total": 8880,
            "currency": "CNY",
            "payer_currency": "CNY",
        }
        assert len(fields["payer"]["openid"]) == 28
        assert fields["transaction_id"] == paid["trade_no"]
        assert len(fields["transaction_id"]) == 28
        by_id = f"/v3/pay/transactions/id/{fields['transaction_id']}?mchid={shop.mchid}"
        assert shop.send("GET", by_id).json() == fields

    def test_needs_the_number_of_the_merchant(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.native(number)

        # When
        response = wechat_shop.send("GET", f"/v3/pay/transactions/out-trade-no/{number}")

        # Then
        assert refusal(response) == (400, "PARAM_ERROR")

    def test_shows_nobody_elses_trades(
        self, simulator: SimulatorProcess, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.native(number)
        other = WechatShop(simulator)
        other.register()

        # Then
        assert refusal(other.query(number)) == (404, "ORDER_NOT_EXIST")
        assert refusal(other.query(number, mchid=wechat_shop.mchid)) == (403, "NO_AUTH")

    def test_the_same_number_may_be_used_by_another_merchant(
        self, simulator: SimulatorProcess, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        other = WechatShop(simulator)
        other.register()
        wechat_shop.native(number)

        # When
        other.sell(number)

        # Then
        assert (wechat_shop.state(number), other.state(number)) == ("NOTPAY", "SUCCESS")
