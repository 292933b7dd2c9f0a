"""What the simulated WeChat Pay signs with, and how it gives its certificates."""

import json

import pytest

from tests.payments.simulator.wechatpay.wire import (
    NATIVE,
    WechatShop,
    decrypted,
    refusal,
)
from tests.payments.simulator.wire import SimulatorProcess


class TestHeaders:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("Accept", "text/html"),
            ("User-Agent", ""),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Wechatpay-Serial", "PUB_KEY_ID_0119000000000000000000000000"),
        ],
    )
    def test_refuses_a_bad_header(
        self, wechat_shop: WechatShop, number: str, name: str, value: str
    ) -> None:
        # Given
        body = json.dumps(wechat_shop.order(number))
        headers = wechat_shop.headers("POST", NATIVE, body) | {name: value}

        # When
        response = wechat_shop.send_raw("POST", NATIVE, body, headers=headers)

        # Then
        assert refusal(response) == (400, "PARAM_ERROR")
        assert response.json()["detail"]["field"] == f"header/{name}"
        assert wechat_shop.pay(number).status_code == 409

    def test_takes_the_serial_by_which_the_caller_will_check(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        body = json.dumps(wechat_shop.order(number))
        headers = wechat_shop.headers("POST", NATIVE, body)
        headers["Wechatpay-Serial"] = wechat_shop.platform_key_id

        # When
        response = wechat_shop.send_raw("POST", NATIVE, body, headers=headers)

        # Then
        assert response.status_code == 200

    @pytest.mark.parametrize(
        ("method", "target"), [("GET", NATIVE), ("POST", "/v3/pay/transactions/codepay")]
    )
    def test_knows_no_other_calls(self, wechat_shop: WechatShop, method: str, target: str) -> None:
        # When
        response = wechat_shop.send(method, target, {})

        # Then
        assert refusal(response) == (404, "NOT_FOUND")


class TestCertificates:
    def test_come_encrypted_with_the_key_of_the_merchant(self, simulator: SimulatorProcess) -> None:
        # Given
        shop = WechatShop(simulator, key_mode="certificate")
        registered = shop.register()["platform_certificates"]

        # When
        response = shop.send("GET", "/v3/certificates")

        # Then
        assert shop.is_from_wechat(response.headers, response.content)
        (row,) = response.json()["data"]
        assert row["encrypt_certificate"]["associated_data"] == "certificate"
        pem = decrypted(row["encrypt_certificate"]).decode()
        assert [{"serial_no": row["serial_no"], "certificate_pem": pem}] == registered
        assert row["effective_time"] == "2010-01-01T08:00:00+08:00"
        assert row["expire_time"] == "2070-01-01T08:00:00+08:00"

    def test_there_are_none_in_public_key_mode(self, wechat_shop: WechatShop) -> None:
        # When
        response = wechat_shop.send("GET", "/v3/certificates")

        # Then
        assert refusal(response) == (404, "RESOURCE_NOT_EXISTS")
        assert wechat_shop.is_from_wechat(response.headers, response.content)

    def test_a_new_one_signs_while_the_old_one_is_still_told(
        self, simulator: SimulatorProcess, number: str
    ) -> None:
        # Given
        shop = WechatShop(simulator, key_mode="certificate")
        shop.register()
        (old_serial,) = shop.platform_pems

        # When
        simulator.post("/control/wechat/rotate", mchid=shop.mchid)

        # Then
        response = shop.native(number)
        assert response.headers["wechatpay-serial"] != old_serial
        rows = shop.send("GET", "/v3/certificates").json()["data"]
        assert [row["serial_no"] for row in rows] == [
            old_serial,
            response.headers["wechatpay-serial"],
        ]
