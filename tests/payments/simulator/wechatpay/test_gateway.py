"""WeChat Pay's gateway: what every call must carry, and how every answer is signed."""

import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.payments.simulator import wire
from tests.payments.simulator.wechatpay.wire import (
    NATIVE,
    SERIAL_NO,
    WechatShop,
    real_seconds,
    refusal,
)
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator

UNKNOWN_ORDER = (404, "ORDER_NOT_EXIST")


class TestAnswers:
    def test_signs_the_body_by_the_public_key_that_it_names(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # When
        response = wechat_shop.native(number)

        # Then
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json; charset=utf-8"
        assert response.headers["wechatpay-serial"] == wechat_shop.platform_key_id
        assert wechat_shop.platform_key_id.startswith(f"PUB_KEY_ID_01{wechat_shop.mchid}")
        assert len(wechat_shop.platform_key_id) == len("PUB_KEY_ID_") + 28
        assert len(response.headers["request-id"]) == 32
        assert abs(int(response.headers["wechatpay-timestamp"]) - real_seconds()) <= 60
        assert wechat_shop.is_from_wechat(response.headers, response.content)
        assert not wechat_shop.is_from_wechat(response.headers, response.content + b" ")

    def test_signs_by_the_certificate_that_it_names(
        self, simulator: SimulatorProcess, number: str
    ) -> None:
        # Given
        shop = WechatShop(simulator, key_mode="certificate")
        answer = shop.register()

        # When
        response = shop.native(number)

        # Then
        (row,) = answer["platform_certificates"]
        certificate = x509.load_pem_x509_certificate(row["certificate_pem"].encode())
        assert response.headers["wechatpay-serial"] == row["serial_no"]
        assert row["serial_no"] == f"{certificate.serial_number:X}"
        assert len(row["serial_no"]) == 40
        assert shop.is_from_wechat(response.headers, response.content)

    def test_signs_refusals_and_empty_answers_as_well(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        refused = wechat_shop.query(number)
        wechat_shop.native(number)

        # When
        closed = wechat_shop.close(number)

        # Then
        assert refusal(refused) == UNKNOWN_ORDER
        assert wechat_shop.is_from_wechat(refused.headers, refused.content)
        assert (closed.status_code, closed.content) == (204, b"")
        assert wechat_shop.is_from_wechat(closed.headers, b"")

    def test_each_merchant_has_a_platform_key_of_its_own(
        self, simulator: SimulatorProcess, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        other = WechatShop(simulator)
        other.register()

        # When
        response = wechat_shop.query(number)

        # Then
        other_pem = other.platform_pems[other.platform_key_id]
        wechat_shop.platform_pems = {wechat_shop.platform_key_id: other_pem}
        assert not wechat_shop.is_from_wechat(response.headers, response.content)

    def test_answers_in_the_time_of_its_caller(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        virtual_seconds = int(simulator.now().timestamp())
        shop = WechatShop(simulator)
        shop.register()
        target = f"/v3/pay/transactions/out-trade-no/{number}?mchid={shop.mchid}"

        # When
        real = shop.send("GET", target)
        virtual = shop.send("GET", target, timestamp=str(virtual_seconds - 299))

        # Then
        assert (refusal(real), refusal(virtual)) == (UNKNOWN_ORDER, UNKNOWN_ORDER)
        assert abs(int(real.headers["wechatpay-timestamp"]) - real_seconds()) <= 60
        assert int(virtual.headers["wechatpay-timestamp"]) == virtual_seconds


class TestAuthorization:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("mchid", "1900000000"),
            ("serial_no", "0" * 40),
            ("timestamp", "1500000000"),
            ("timestamp", "soon"),
            ("nonce_str", ""),
            ("signature", "AAAA"),
            ("signature", "not base64!"),
        ],
    )
    def test_refuses_a_bad_field(
        self, wechat_shop: WechatShop, number: str, name: str, value: str
    ) -> None:
        # When
        response = wechat_shop.send("POST", NATIVE, wechat_shop.order(number), **{name: value})

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")
        assert wechat_shop.pay(number).status_code == 409

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer abc",
            "WECHATPAY2-SM2-WITH-SM3 {rest}",
            'WECHATPAY2-SHA256-RSA2048 mchid="1900000000"',
            'WECHATPAY2-SHA256-RSA2048 {rest},mchid="1900000000"',
            'WECHATPAY2-SHA256-RSA2048 {rest},more="1"',
        ],
    )
    def test_refuses_another_form(self, wechat_shop: WechatShop, number: str, header: str) -> None:
        # Given
        body = json.dumps(wechat_shop.order(number))
        headers = wechat_shop.headers("POST", NATIVE, body)
        rest = headers["Authorization"].partition(" ")[2]
        headers["Authorization"] = header.format(rest=rest)

        # When
        response = wechat_shop.send_raw("POST", NATIVE, body, headers=headers)

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")
        assert wechat_shop.pay(number).status_code == 409

    def test_refuses_a_changed_body_and_says_what_it_checked(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        body = json.dumps(wechat_shop.order(number))
        headers = wechat_shop.headers("POST", NATIVE, body)

        # When
        response = wechat_shop.send_raw("POST", NATIVE, body + " ", headers=headers)

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")
        information = response.json()["detail"]["sign_information"]
        assert (information["method"], information["url"]) == ("POST", NATIVE)
        assert information["truncated_sign_message"].startswith(f"POST\n{NATIVE}\n")
        assert wechat_shop.simulator.effects(number) == ["request"]

    def test_refuses_a_changed_query(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        target = f"/v3/pay/transactions/out-trade-no/{number}?mchid={wechat_shop.mchid}"
        headers = wechat_shop.headers("GET", target, "")

        # When
        response = wechat_shop.send_raw("GET", f"{target}&x=1", "", headers=headers)

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")

    def test_refuses_the_signature_of_another_key(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        target = f"/v3/pay/transactions/out-trade-no/{number}?mchid={wechat_shop.mchid}"
        second = str(real_seconds())
        signature = wire.sign(f"GET\n{target}\n{second}\nn1\n\n", key=other)

        # When
        response = wechat_shop.send(
            "GET", target, timestamp=second, nonce_str="n1", signature=signature
        )

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")

    def test_a_stranger_gets_an_unsigned_refusal(
        self, simulator: SimulatorProcess, number: str
    ) -> None:
        # When
        response = WechatShop(simulator, mchid="1800000001").query(number)

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")
        assert "wechatpay-signature" not in response.headers

    @pytest.mark.parametrize("seconds", [-301, 301])
    def test_refuses_what_is_not_of_these_five_minutes(
        self, wechat_shop: WechatShop, number: str, seconds: int
    ) -> None:
        # When
        response = wechat_shop.send(
            "POST",
            NATIVE,
            wechat_shop.order(number),
            # A few seconds more, for those that pass until it arrives.
            timestamp=str(real_seconds() + seconds + (10 if seconds > 0 else 0)),
        )

        # Then
        assert refusal(response) == (401, "SIGN_ERROR")

    def test_a_serial_may_be_written_in_small_letters(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # When
        response = wechat_shop.send(
            "POST", NATIVE, wechat_shop.order(number), serial_no=SERIAL_NO.lower()
        )

        # Then
        assert response.status_code == 200
