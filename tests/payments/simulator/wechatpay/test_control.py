"""What tests tell the simulated WeChat Pay, and what it remembers."""

import signal

import pytest

from tests.payments.simulator.bank.desk import ACCOUNT_NO, Desk
from tests.payments.simulator.wechatpay.wire import WechatShop
from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator


class TestRegistration:
    def test_again_gives_the_same_keys(self, wechat_shop: WechatShop) -> None:
        assert wechat_shop.register() == wechat_shop.register()

    def test_each_key_mode_has_keys_of_its_own_and_keeps_them(
        self, wechat_shop: WechatShop
    ) -> None:
        # Given
        first = wechat_shop.register()
        wechat_shop.key_mode = "certificate"

        # When
        second = wechat_shop.register()

        # Then
        assert (second["platform_key_id"], second["platform_public_key_pem"]) == ("", "")
        assert len(second["platform_certificates"]) == 1
        wechat_shop.key_mode = "public_key"
        assert wechat_shop.register() == first
        assert first["platform_certificates"] == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"mchid": "12"}, "bad_request"),
            ({"mchid": "19000000a1"}, "bad_request"),
            ({"appid": "2021000000000001"}, "bad_request"),
            ({"serial_no": "XYZ"}, "bad_request"),
            ({"api_v3_key": "0" * 31}, "bad_request"),
            ({"api_v3_key": "0" * 31 + "é"}, "bad_request"),
            ({"key_mode": "both"}, "bad_request"),
            ({"public_key_pem": "no key"}, "bad_public_key"),
            ({"fee_bps": 10_001}, "bad_fee"),
            ({"currency": "SHELLS"}, "bad_request"),
            ({"shop": "mine"}, "bad_request"),
        ],
    )
    def test_refuses_what_does_not_look_right(
        self, simulator: SimulatorProcess, changes: dict[str, object], code: str
    ) -> None:
        # When
        response = WechatShop(simulator).try_to_register(**changes)

        # Then
        assert (response.status_code, response.json()["error"]) == (400, code)

    def test_settles_to_accounts_in_its_own_currency_only(
        self, start_simulator: StartSimulator
    ) -> None:
        # Given
        simulator = start_simulator()
        Desk(simulator).open(currency="USD")

        # When
        response = WechatShop(simulator, bank_account_no=ACCOUNT_NO).try_to_register()

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "currency_conflict")

    def test_an_account_in_another_currency_cannot_be_opened_for_it(
        self, start_simulator: StartSimulator
    ) -> None:
        # Given
        simulator = start_simulator()
        WechatShop(simulator, bank_account_no=ACCOUNT_NO).register()

        # When
        response = Desk(simulator).open(currency="USD")

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "account_conflict")

    def test_rotates_no_keys_of_strangers(self, simulator: SimulatorProcess) -> None:
        # When
        response = simulator.post("/control/wechat/rotate", mchid="1800000000")

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "unknown_merchant")

    def test_has_no_other_addresses(self, simulator: SimulatorProcess) -> None:
        assert simulator.post("/control/wechat/weather").status_code == 404


class TestPaying:
    @pytest.mark.parametrize("owner", ["mchid", "appid"])
    def test_knows_the_merchant_by_either_number(
        self, wechat_shop: WechatShop, number: str, owner: str
    ) -> None:
        # Given
        wechat_shop.native(number)
        app_id = {"mchid": wechat_shop.mchid, "appid": wechat_shop.appid}[owner]

        # When
        response = wechat_shop.simulator.post("/control/pay", app_id=app_id, out_trade_no=number)

        # Then
        assert response.status_code == 200
        shown = wechat_shop.simulator.get(f"/control/trades/{app_id}/{number}").json()
        assert shown == response.json()
        assert (shown["status"], shown["total_amount"]) == ("paid", "88.80")
        assert wechat_shop.state(number) == "SUCCESS"

    def test_pays_once(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)

        # When
        again = wechat_shop.pay(number)

        # Then
        assert again.json()["status"] == "paid"
        assert wechat_shop.simulator.effects(number).count("paid") == 1

    def test_scanning_changes_nothing(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.native(number)

        # When
        response = wechat_shop.simulator.post(
            "/control/scan", app_id=wechat_shop.mchid, out_trade_no=number
        )

        # Then
        assert response.json()["status"] == "notpay"
        assert wechat_shop.simulator.effects(number) == ["order_accepted", "request"]

    def test_the_same_number_at_alipay_is_another_trade(
        self, shop: Shop, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        shop.precreate(number)
        wechat_shop.native(number)

        # When
        shop.pay(number)

        # Then
        assert shop.query(number).node["trade_status"] == "TRADE_SUCCESS"
        assert wechat_shop.state(number) == "NOTPAY"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_remembers_what_it_answered_however_it_ended(
    start_simulator: StartSimulator, number: str, how: signal.Signals
) -> None:
    # Given
    simulator = start_simulator()
    shop = WechatShop(simulator, key_mode="certificate")
    registered = shop.register()
    shop.sell(number)
    refunded = shop.refund(number, f"{number}R", 880).json()
    before = shop.query(number).json()

    # When
    simulator.stop(how)
    simulator.start()

    # Then
    assert shop.query(number).json() == before
    assert shop.refund(number, f"{number}R", 880).json() == refunded
    assert shop.register() == registered
