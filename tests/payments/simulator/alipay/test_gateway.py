"""The gateway: what every call must carry, and how every answer is signed."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.payments.simulator import wire
from tests.payments.simulator.wire import Shop, SimulatorProcess, is_signed, read_answer

QUERY = "alipay.trade.query"


class TestAnswers:
    def test_signs_the_exact_text_of_the_node_named_after_the_method(
        self, shop: Shop, number: str
    ) -> None:
        # When
        answer = shop.precreate(number)

        # Then
        assert answer.status == 200
        assert answer.name == "alipay_trade_precreate_response"
        assert answer.node["code"] == "10000"
        assert answer.signature is not None
        assert is_signed(answer.node_text, signature=answer.signature, pem=shop.alipay_pem)

    def test_a_node_that_was_written_again_no_longer_verifies(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        answer = shop.precreate(number)
        assert "\\/payer\\/" in answer.node_text

        # When
        again = json.dumps(answer.node, ensure_ascii=False, separators=(",", ":"))

        # Then
        assert answer.signature is not None
        assert not is_signed(again, signature=answer.signature, pem=shop.alipay_pem)

    def test_signs_refusals_as_well(self, shop: Shop, number: str) -> None:
        # When
        answer = shop.query(number)

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_NOT_EXIST")
        assert answer.signature is not None
        assert is_signed(answer.node_text, signature=answer.signature, pem=shop.alipay_pem)

    def test_each_application_has_an_alipay_key_of_its_own(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        other = Shop(simulator, app_id=f"{shop.app_id}1")
        other.register()

        # When
        answer = shop.query(number)

        # Then
        assert answer.signature is not None
        assert not is_signed(answer.node_text, signature=answer.signature, pem=other.alipay_pem)

    def test_takes_parameters_in_the_query_and_the_content_in_the_body(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        params = shop.params(QUERY, {"out_trade_no": number})
        body = {"biz_content": params.pop("biz_content")}

        # When
        response = shop.simulator.send("POST", "/gateway.do", params=params, data=body)

        # Then
        assert read_answer(response).words == ("40004", "ACQ.TRADE_NOT_EXIST")


class TestRefusals:
    @pytest.mark.parametrize(
        ("missing", "sub_code"),
        [
            ("method", "isv.missing-method"),
            ("app_id", "isv.missing-app-id"),
            ("sign_type", "isv.missing-signature-type"),
            ("timestamp", "isv.missing-timestamp"),
            ("version", "isv.missing-version"),
            ("charset", "isv.missing-charset"),
        ],
    )
    def test_a_missing_parameter(
        self, shop: Shop, number: str, missing: str, sub_code: str
    ) -> None:
        # When
        answer = shop.call(QUERY, {"out_trade_no": number}, **{missing: ""})

        # Then
        assert (answer.status, *answer.words) == (200, "40001", sub_code)

    def test_a_missing_signature(self, shop: Shop, number: str) -> None:
        # Given
        params = shop.params(QUERY, {"out_trade_no": number})
        del params["sign"]

        # When
        answer = shop.send(params)

        # Then
        assert answer.words == ("40001", "isv.missing-signature")

    @pytest.mark.parametrize(
        ("name", "value", "sub_code"),
        [
            ("sign_type", "RSA", "isv.invalid-signature-type"),
            ("charset", "gbk", "isv.invalid-parameter"),
            ("version", "2.0", "isv.invalid-parameter"),
            ("format", "XML", "isv.invalid-format"),
            ("method", "alipay.trade.orderinfo.sync", "isv.invalid-method"),
            ("notify_url", "ftp://example.com/", "isv.invalid-parameter"),
            ("biz_content", "no json", "isv.invalid-parameter"),
            ("biz_content", "[1]", "isv.invalid-parameter"),
            ("timestamp", "2026-02-30 00:00:00", "isv.invalid-timestamp"),
            ("timestamp", "2026-2-3 0:00:00", "isv.invalid-timestamp"),
            ("timestamp", "2026-01-05T10:00:00", "isv.invalid-timestamp"),
            ("timestamp", "2020-01-05 10:00:00", "isv.invalid-timestamp"),
        ],
    )
    def test_a_bad_parameter(
        self, shop: Shop, number: str, name: str, value: str, sub_code: str
    ) -> None:
        # When
        answer = shop.call(QUERY, {"out_trade_no": number}, **{name: value})

        # Then
        assert (answer.status, *answer.words) == (200, "40002", sub_code)

    def test_an_unknown_application_with_an_unsigned_error(
        self, simulator: SimulatorProcess, number: str
    ) -> None:
        # Given
        stranger = Shop(simulator, app_id="2021999999999999")

        # When
        answer = stranger.query(number)

        # Then
        assert answer.name == "error_response"
        assert answer.words == ("40002", "isv.invalid-app-id")
        assert answer.signature is None

    def test_a_parameter_that_comes_twice(self, shop: Shop, number: str) -> None:
        # Given
        params = shop.params(QUERY, {"out_trade_no": number})

        # When
        response = shop.simulator.send(
            "POST", "/gateway.do", params={"app_id": shop.app_id}, data=params
        )

        # Then
        assert read_answer(response).words == ("40002", "isv.invalid-parameter")


class TestSignatures:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("notify_url", "http://127.0.0.1:9/changed"),
            ("biz_content", '{"out_trade_no":"order_0","total_amount":"0.01"}'),
            ("timestamp", "2026-01-01 00:00:00"),
            ("sign", "AAAA"),
            ("sign", "not base64!"),
        ],
    )
    def test_refuses_a_changed_parameter_and_writes_nothing(
        self, shop: Shop, number: str, name: str, value: str
    ) -> None:
        # Given
        params = shop.params("alipay.trade.precreate", shop.order(number))

        # When
        answer = shop.send({**params, name: value})

        # Then
        assert answer.words == ("40002", "isv.invalid-signature")
        assert shop.pay(number).status_code == 409
        assert "order_accepted" not in shop.simulator.effects(number)

    def test_refuses_a_signature_without_sign_type_in_it(self, shop: Shop, number: str) -> None:
        # Given
        params = shop.params(QUERY, {"out_trade_no": number})
        text = "&".join(
            f"{name}={params[name]}" for name in sorted(params) if name not in ("sign", "sign_type")
        )

        # When
        answer = shop.send({**params, "sign": wire.sign(text, key=wire.MERCHANT_KEY)})

        # Then
        assert answer.words == ("40002", "isv.invalid-signature")

    def test_refuses_the_signature_of_another_key(self, shop: Shop, number: str) -> None:
        # Given
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        params = shop.params(QUERY, {"out_trade_no": number})
        del params["sign"]
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))

        # When
        answer = shop.send({**params, "sign": wire.sign(text, key=other)})

        # Then
        assert answer.words == ("40002", "isv.invalid-signature")

    def test_leaves_empty_parameters_out_of_the_text(self, shop: Shop, number: str) -> None:
        # Given
        params = shop.params(QUERY, {"out_trade_no": number})

        # When
        answer = shop.send({**params, "app_auth_token": "", "return_url": ""})

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_NOT_EXIST")
