"""Every form of the control page gives an order that is carried out, and so does a script.

The pages fit a computer's screen and a phone's.
"""

import json

import httpx
import pytest

from payments.simulator.pages.control_orders import FORMS
from tests.payments.simulator.paying_shop import PayingShop
from tests.payments.simulator.unionpay.wire import UnionPayShop
from tests.payments.simulator.wechatpay.wire import WechatShop
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator

PAGE = "/control/page"
APP_ID = "2021000000000001"
PAYEE = {"user_id": "2088102000000001", "logon_id": "seller@example.com", "real_name": "张三"}


@pytest.fixture
def simulator(start_simulator: StartSimulator) -> SimulatorProcess:
    """Start one where each channel has a merchant, an order and something that was paid."""
    simulator = start_simulator()
    shop = PayingShop(simulator, app_id=APP_ID)
    shop.register()
    shop.top_up(100_000)
    simulator.post("/control/alipay/payees", **PAYEE)
    shop.transfer("po_1")
    shop.precreate("order_1")
    wechat = WechatShop(simulator, mchid="1900000099")
    wechat.register()
    wechat.native("order_2")
    card = UnionPayShop(simulator, mer_id="777290050000099")
    card.register()
    card.sell("order0003")
    return simulator


def orders() -> list[dict[str, str]]:
    """Give what people fill in, one for each form of the page."""
    return [
        {"order": "clock", "rate": "2"},
        {"order": "faults", "kind": "notify_gbk", "count": "2", "percent": "50"},
        {"order": "alipay/plans", "kind": "refund_delayed", "seconds": "60"},
        {
            "order": "bills",
            "channel": "unionpay",
            "owner": "777290050000099",
            "day": "2040-01-01",
            "kind": "missing",
            "number": "order0003",
        },
        {
            "order": "pay",
            "app_id": APP_ID,
            "out_trade_no": "order_1",
            "coupon_minor": "100",
            "gift_minor": "200",
        },
        {
            "order": "wechat/coupons",
            "app_id": "1900000099",
            "out_trade_no": "order_2",
            "kind": "NOCASH",
            "amount_minor": "100",
        },
        {"order": "rotate", "channel": "alipay", "owner": APP_ID, "seconds": "60"},
        {
            "order": "unionpay/chargebacks",
            "mer_id": "777290050000099",
            "order_id": "order0003",
            "amount_minor": "100",
            "reason": "4562",
        },
        {"order": "alipay/transfers/terms", "app_id": APP_ID, "ip_refused": "1"},
        {"order": "wechat/transfers/terms", "mchid": "1900000099", "scenes": "1000"},
        {"order": "alipay/transfers/return", "app_id": APP_ID, "out_biz_no": "po_1"},
        {
            "order": "alipay/wallets/top-up",
            "app_id": APP_ID,
            "number": "9",
            "amount_minor": "100",
        },
        {
            "order": "wechat/transfers/top-ups",
            "mchid": "1900000099",
            "number": "9",
            "amount_minor": "100",
            "account": "FEES",
        },
    ]


def press(simulator: SimulatorProcess, fields: dict[str, str]) -> httpx.Response:
    """Fill in a form and press its button, as a browser does."""
    return simulator.send("POST", PAGE, data=fields, headers={"Origin": simulator.url})


def test_each_form_is_carried_out(simulator: SimulatorProcess) -> None:
    assert [fields["order"] for fields in orders()] == [form.order for form in FORMS]
    for form, fields in zip(FORMS, orders(), strict=True):
        # Given
        assert set(fields) - {"order"} <= {one.name for one in form.inputs}

        # When
        response = press(simulator, fields)

        # Then
        assert response.status_code == 303, (form.order, response.text)


def test_a_script_takes_the_same_orders(simulator: SimulatorProcess) -> None:
    # Given
    numbers = {
        *("rate", "count", "percent", "seconds"),
        *("amount_minor", "coupon_minor", "gift_minor"),
    }
    steps = [
        {
            name: int(value) if name in numbers else name == "ip_refused" or value
            for name, value in fields.items()
        }
        for fields in orders()
    ]

    # When
    response = simulator.send("POST", "/control/script", content=json.dumps(steps))

    # Then
    assert response.status_code == 200, response.text
    assert response.json()["steps"] == len(FORMS)


def test_what_a_merchant_must_configure_stands_where_the_page_says(
    simulator: SimulatorProcess,
) -> None:
    # Given
    before = simulator.get(f"/control/keys/alipay/{APP_ID}").json()

    # When
    press(simulator, {"order": "rotate", "channel": "alipay", "owner": APP_ID})

    # Then
    after = simulator.get(f"/control/keys/alipay/{APP_ID}").json()
    assert after["app_cert_pem"] == before["app_cert_pem"]
    assert after["alipay_public_key_pem"] != before["alipay_public_key_pem"]
    assert after["alipay_cert_sn"] != before["alipay_cert_sn"]
    unknown = simulator.get("/control/keys/alipay/nobody")
    assert (unknown.status_code, unknown.json()["error"]) == (409, "unknown_merchant")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1_440, 390])
def test_no_page_is_wider_than_its_screen(simulator: SimulatorProcess, page, width: int) -> None:
    # Given
    shop = PayingShop(simulator, app_id=APP_ID)
    shop.register()
    code = str(shop.precreate("order_9").node["qr_code"])
    card = UnionPayShop(simulator, mer_id="777290050000098")
    card.register()
    page.set_viewport_size({"width": width, "height": 900})

    # When, Then
    for path in ("/", PAGE, "/phone", card.page("order0009"), code.removeprefix(simulator.url)):
        page.goto(simulator.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
