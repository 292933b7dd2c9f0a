"""The control API: the exchange of keys, payers, effects, and who may call."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.payments.simulator import wire
from tests.payments.simulator.wire import Shop, SimulatorProcess


def registration(app_id: str, **changes: object) -> dict[str, object]:
    return {
        "app_id": app_id,
        "public_key_pem": wire.public_pem(wire.MERCHANT_KEY),
        "seller_id": "2088000000000001",
        "fee_bps": 60,
        "currency": "CNY",
        **changes,
    }


class TestApps:
    def test_registering_again_gives_the_same_alipay_key(
        self, simulator: SimulatorProcess, shop: Shop
    ) -> None:
        # When
        again = simulator.post("/control/apps", **registration(shop.app_id, fee_bps=100))

        # Then
        assert again.json() == {"app_id": shop.app_id, "alipay_public_key_pem": shop.alipay_pem}

    def test_a_new_merchant_key_replaces_the_old_one(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        # When
        simulator.post(
            "/control/apps", **registration(shop.app_id, public_key_pem=wire.public_pem(other))
        )

        # Then
        assert shop.query(number).words == ("40002", "isv.invalid-signature")

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"app_id": ""}, 400, "bad_request"),
            ({"public_key_pem": "no key"}, 400, "bad_public_key"),
            ({"fee_bps": 10_001}, 400, "bad_fee"),
            ({"fee_bps": -1}, 400, "bad_fee"),
            ({"fee_bps": "60"}, 400, "bad_request"),
            ({"fee_bps": True}, 400, "bad_request"),
            ({"currency": "XXX"}, 400, "unknown_currency"),
            ({"sellerid": "typo"}, 400, "bad_request"),
        ],
    )
    def test_refuses_a_bad_registration(
        self,
        simulator: SimulatorProcess,
        number: str,
        changes: dict[str, object],
        status: int,
        code: str,
    ) -> None:
        # When
        response = simulator.post("/control/apps", **{**registration(number), **changes})

        # Then
        assert (response.status_code, response.json()["error"]) == (status, code)
        stranger = Shop(simulator, app_id=number)
        assert stranger.query("x").words == ("40002", "isv.invalid-app-id")

    @pytest.mark.parametrize(
        "key",
        [
            rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505 - refused.
            ec.generate_private_key(ec.SECP256R1()),
        ],
        ids=["short", "not RSA"],
    )
    def test_refuses_a_weak_key(
        self, simulator: SimulatorProcess, number: str, key: rsa.RSAPrivateKey
    ) -> None:
        # Given
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

        # When
        response = simulator.post(
            "/control/apps", **registration(number, public_key_pem=pem.decode())
        )

        # Then
        assert (response.status_code, response.json()["error"]) == (400, "bad_public_key")

    def test_refuses_another_currency_under_existing_trades(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        shop.precreate(number)

        # When
        response = simulator.post("/control/apps", **registration(shop.app_id, currency="BRL"))

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "currency_conflict")
        assert shop.precreate(number).node["code"] == "10000"


class TestPayers:
    def test_pays_at_the_instant_given_and_tells_alipays_number(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        shop.precreate(number)

        # When
        paid = shop.pay(number, at="2026-01-05T10:00:00.250+08:00").json()

        # Then
        assert paid["status"] == "paid"
        assert paid["paid_at"] == "2026-01-05T02:00:00.250Z"
        assert paid["trade_no"] == shop.query(number).node["trade_no"]

    def test_paying_twice_returns_the_first(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        first = shop.pay(number, at="2026-01-05T10:00:00Z")

        # When
        second = shop.pay(number, at="2026-01-06T10:00:00Z")

        # Then
        assert (second.status_code, second.json()) == (200, first.json())

    def test_shows_a_trade_before_it_exists_for_alipay(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)

        # When
        trade = shop.simulator.get(f"/control/trades/{shop.app_id}/{number}").json()

        # Then
        assert (trade["status"], trade["trade_no"]) == ("unseen", None)
        assert (trade["total_amount"], trade["currency"]) == ("88.80", "CNY")

    @pytest.mark.parametrize("path", ["/control/pay", "/control/scan"])
    def test_refuses_an_order_that_never_came(self, shop: Shop, number: str, path: str) -> None:
        # When
        response = shop.simulator.post(path, app_id=shop.app_id, out_trade_no=number)

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "unknown_trade")
        assert shop.simulator.effects(number) == []

    def test_refuses_an_instant_without_a_zone(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)

        # When
        response = shop.pay(number, at="2026-01-05T10:00:00")

        # Then
        assert response.status_code == 400
        assert "paid" not in shop.simulator.effects(number)


class TestEffects:
    def test_each_request_is_there_with_its_number_and_digest(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        order = ("alipay.trade.precreate", shop.order(number))
        shop.call(*order)
        shop.call(*order)
        shop.precreate(number, total_amount="1.00")

        # When
        requests = [
            (row["owner"], row["method"], row["code"], row["digest"])
            for row in shop.simulator.effect_rows()
            if row["kind"] == "request" and row["number"] == number
        ]

        # Then
        digests = [row[3] for row in requests]
        assert [row[:3] for row in requests] == [
            (shop.app_id, "alipay.trade.precreate", "10000"),
            (shop.app_id, "alipay.trade.precreate", "10000"),
            (shop.app_id, "alipay.trade.precreate", "40004"),
        ]
        assert digests[0] == digests[1]
        assert digests[0] != digests[2]

    def test_are_read_on_from_a_number(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        last = shop.simulator.effect_rows()[-1]["id"]
        shop.query(number)

        # When
        page = shop.simulator.get("/control/effects", after=str(last)).json()

        # Then
        assert [row["method"] for row in page["effects"]] == ["alipay.trade.query"]
        assert page["next"] == last + 1

    def test_refuses_a_place_that_is_no_number(self, simulator: SimulatorProcess) -> None:
        assert simulator.get("/control/effects", after="-1").status_code == 400


class TestDoor:
    def test_refuses_a_page_in_a_browser(self, simulator: SimulatorProcess) -> None:
        # When
        response = simulator.send(
            "POST",
            "/control/clock",
            json={"now": "2040-01-01T00:00:00Z"},
            headers={"Origin": "https://evil.example"},
        )

        # Then
        assert (response.status_code, response.json()["error"]) == (403, "not_local")
        assert simulator.get("/control/clock").json()["mode"] == "real"

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/control/nothing", 404),
            ("POST", "/control/nothing", 404),
            ("PUT", "/control/clock", 405),
            ("DELETE", "/control/effects", 405),
            ("GET", "/nothing", 404),
        ],
    )
    def test_says_what_is_not_there(
        self, simulator: SimulatorProcess, method: str, path: str, status: int
    ) -> None:
        assert simulator.send(method, path).status_code == status

    @pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
    def test_refuses_a_body_that_is_no_object(
        self, simulator: SimulatorProcess, body: bytes
    ) -> None:
        assert simulator.send("POST", "/control/pay", content=body).status_code == 400
