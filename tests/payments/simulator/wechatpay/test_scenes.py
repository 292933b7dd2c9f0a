"""Paying from a page inside WeChat, from a mobile browser and from an app; and with coupons."""

from urllib.parse import quote, urlencode, urlsplit

import pytest

from tests.payments.simulator.wechatpay.wire import WechatShop, refusal
from tests.payments.simulator.wire import MERCHANT_KEY, sign

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
IN_BROWSER = {"scene_info": {"payer_client_ip": "203.0.113.7", "h5_info": {"type": "Wap"}}}


def opened(shop: WechatShop, scene: str, number: str, **more):
    return shop.send("POST", f"/v3/pay/transactions/{scene}", shop.order(number, **more))


def page_fields(shop: WechatShop, prepay_id: str, **changes: str) -> dict[str, str]:
    fields = {
        "appId": shop.appid,
        "timeStamp": "1767580200",
        "nonceStr": "593BEC0C930BF1AFEB40B4A08C8FB242",
        "package": f"prepay_id={prepay_id}",
    }
    text = "".join(f"{line}\n" for line in fields.values())
    return {**fields, "signType": "RSA", "paySign": sign(text, key=MERCHANT_KEY), **changes}


def app_fields(shop: WechatShop, prepay_id: str, **changes: str) -> dict[str, str]:
    text = f"{shop.appid}\n1767580200\n593BEC0C\n{prepay_id}\n"
    return {
        "appid": shop.appid,
        "partnerid": shop.mchid,
        "prepayid": prepay_id,
        "package": "Sign=WXPay",
        "noncestr": "593BEC0C",
        "timestamp": "1767580200",
        "sign": sign(text, key=MERCHANT_KEY),
        **changes,
    }


def choose(simulator, target: str, choice: str):
    return simulator.send(
        "POST",
        target,
        content=f"choice={choice}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


def test_a_page_inside_wechat_leads_the_one_payer_to_pay(simulator, wechat_shop, number):
    # Given
    prepaid = opened(wechat_shop, "jsapi", number, payer={"openid": OPENID}).json()
    fields = page_fields(wechat_shop, prepaid["prepay_id"])

    # When
    led_on = simulator.send("GET", f"/wechat/jsapi?{urlencode(fields)}")

    # Then
    assert led_on.status_code == 303
    choose(simulator, led_on.headers["location"], "pay")
    trade = wechat_shop.query(number).json()
    assert (trade["trade_state"], trade["trade_type"]) == ("SUCCESS", "JSAPI")
    assert trade["payer"] == {"openid": OPENID}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"paySign": "AAAA"}, 400),
        ({"nonceStr": "another"}, 400),
        ({"timeStamp": "1767580201"}, 400),
        ({"appId": "wx0000000000000000"}, 400),
        ({"signType": "MD5"}, 400),
        ({"package": "prepay_id=wx0"}, 404),
    ],
)
def test_a_page_that_the_merchant_did_not_sign_leads_nowhere(
    simulator, wechat_shop, number, changes, status
):
    # Given
    prepaid = opened(wechat_shop, "jsapi", number, payer={"openid": OPENID}).json()
    fields = page_fields(wechat_shop, prepaid["prepay_id"], **changes)

    # When, Then
    assert simulator.send("GET", f"/wechat/jsapi?{urlencode(fields)}").status_code == status


def test_an_app_leads_to_pay_too_and_only_with_its_own_fields(simulator, wechat_shop, number):
    # Given
    prepay_id = opened(wechat_shop, "app", number).json()["prepay_id"]

    # When
    right = simulator.send("GET", f"/wechat/app?{urlencode(app_fields(wechat_shop, prepay_id))}")
    wrong = [
        app_fields(wechat_shop, prepay_id, sign="AAAA"),
        app_fields(wechat_shop, prepay_id, partnerid="1900000000"),
        app_fields(wechat_shop, prepay_id, package="prepay_id=1"),
    ]

    # Then
    assert right.status_code == 303
    for fields in wrong:
        assert simulator.send("GET", f"/wechat/app?{urlencode(fields)}").status_code == 400
    as_page = page_fields(wechat_shop, prepay_id)
    assert simulator.send("GET", f"/wechat/jsapi?{urlencode(as_page)}").status_code == 404
    choose(simulator, right.headers["location"], "pay")
    assert wechat_shop.query(number).json()["trade_type"] == "APP"


def test_a_browser_pays_and_is_led_back(simulator, wechat_shop, number):
    # Given
    address = urlsplit(opened(wechat_shop, "h5", number, **IN_BROWSER).json()["h5_url"])
    back = "https://shop.example.com/done?order=7"
    target = f"{address.path}?{address.query}&redirect_url={quote(back, safe='')}"
    assert simulator.send("GET", target).text.count('value="pay"') == 1

    # When: twice, as from two tabs
    shown = [choose(simulator, target, choice) for choice in ("refuse", "pay", "pay")]

    # Then
    assert [answer.headers["location"] for answer in shown] == [target] * 3
    page = simulator.send("GET", target).text
    assert f'href="{back}"' in page
    assert 'value="pay"' not in page
    assert wechat_shop.query(number).json()["trade_type"] == "MWEB"


def test_a_browser_is_led_to_no_script(simulator, wechat_shop, number):
    address = urlsplit(opened(wechat_shop, "h5", number, **IN_BROWSER).json()["h5_url"])

    page = simulator.send("GET", f"{address.path}?{address.query}&redirect_url=javascript:alert(1)")

    assert "javascript" not in page.text


def test_a_browsers_address_is_good_for_five_minutes(start_simulator):
    # Given
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-01-05T10:30:00+08:00", force=True)
    shop = WechatShop(simulator)
    shop.register()
    address = urlsplit(opened(shop, "h5", "order_h5", **IN_BROWSER).json()["h5_url"])

    # When
    simulator.post("/control/clock", now="2026-01-05T10:35:01+08:00")

    # Then, until the order is placed again
    assert simulator.send("GET", f"{address.path}?{address.query}").status_code == 410
    again = urlsplit(opened(shop, "h5", "order_h5", **IN_BROWSER).json()["h5_url"])
    assert simulator.send("GET", f"{again.path}?{again.query}").status_code == 200


@pytest.mark.parametrize(
    ("scene", "more"),
    [
        ("jsapi", {}),
        ("jsapi", {"payer": {}}),
        ("h5", {}),
        ("h5", {"scene_info": {"h5_info": {"type": "Wap"}}}),
        ("h5", {"scene_info": {"payer_client_ip": "203.0.113.7"}}),
        ("h5", {"scene_info": {"payer_client_ip": "here", "h5_info": {"type": "Wap"}}}),
        ("app", {"payer": {"openid": OPENID}}),
    ],
)
def test_each_scene_asks_for_its_own(wechat_shop, number, scene, more):
    assert refusal(opened(wechat_shop, scene, number, **more)) == (400, "PARAM_ERROR")


def test_a_number_belongs_to_one_scene(wechat_shop, number):
    assert opened(wechat_shop, "app", number).status_code == 200

    assert refusal(wechat_shop.native(number)) == (400, "INVALID_REQUEST")


def test_coupons_take_off_for_the_payer_and_gifts_for_the_merchant_too(
    simulator, wechat_shop, number
):
    # Given an order of 88.80 with 8.00 of WeChat's and 4.00 of the merchant's own
    wechat_shop.native(number)
    for kind, fen in (("CASH", 800), ("NOCASH", 400)):
        simulator.post(
            "/control/wechat/coupons",
            app_id=wechat_shop.mchid,
            out_trade_no=number,
            kind=kind,
            amount_minor=fen,
        ).raise_for_status()

    # When
    wechat_shop.pay(number)

    # Then
    trade = wechat_shop.query(number).json()
    assert trade["amount"] == {
        "total": 8880,
        "payer_total": 7680,
        "currency": "CNY",
        "payer_currency": "CNY",
    }
    assert [
        (coupon["type"], coupon["amount"], coupon["wechatpay_contribute"])
        for coupon in trade["promotion_detail"]
    ] == [("CASH", 800, 800), ("NOCASH", 400, 0)]
    refund = wechat_shop.refund(number, f"r_{number}").json()["amount"]
    assert (refund["refund"], refund["payer_refund"]) == (8880, 7680)
    assert (refund["settlement_total"], refund["settlement_refund"]) == (8480, 8480)
    late = simulator.post(
        "/control/wechat/coupons",
        app_id=wechat_shop.mchid,
        out_trade_no=number,
        kind="CASH",
        amount_minor=1,
    )
    assert (late.status_code, late.json()["error"]) == (409, "coupon_refused")


def test_refunds_of_all_parts_carry_exactly_what_the_coupons_were(simulator, wechat_shop, number):
    # Given an order of 88.80 with 8.00 of WeChat's and 4.00 of the merchant's own
    wechat_shop.native(number)
    for kind, fen in (("CASH", 800), ("NOCASH", 400)):
        coupon = {"app_id": wechat_shop.mchid, "out_trade_no": number, "kind": kind}
        simulator.post("/control/wechat/coupons", **coupon, amount_minor=fen).raise_for_status()
    wechat_shop.pay(number)

    # When
    parts = (4000, 4879, 1)
    told = [
        wechat_shop.refund(number, f"r{place}_{number}", part).json()["amount"]
        for place, part in enumerate(parts)
    ]

    # Then
    assert [amount["settlement_refund"] for amount in told] == [3820, 4660, 0]
    assert sum(amount["settlement_refund"] for amount in told) == 8480
    assert sum(amount["payer_refund"] for amount in told) == 7680
    assert sum(amount["discount_refund"] for amount in told) == 1200


def test_refunds_of_a_trade_keep_the_minute_that_was_ordered(start_simulator):
    # Given
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-01-05T10:30:00+08:00", force=True)
    shop = WechatShop(simulator)
    shop.register()
    shop.sell("order_1")
    simulator.post("/control/wechat/refund-spacing", mchid=shop.mchid, seconds=60)
    assert shop.refund("order_1", "refund_1", 100).status_code == 200

    # When
    simulator.post("/control/clock", now="2026-01-05T10:30:59+08:00")
    early = shop.refund("order_1", "refund_2", 100)
    again = shop.refund("order_1", "refund_1", 100)
    simulator.post("/control/clock", now="2026-01-05T10:31:00+08:00")

    # Then
    assert refusal(early) == (429, "FREQUENCY_LIMITED")
    assert again.status_code == 200
    assert shop.refund("order_1", "refund_2", 100).status_code == 200
