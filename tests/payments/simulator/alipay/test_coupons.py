"""What payers at the simulated Alipay need not pay: Alipay's coupons, and the merchant's own."""

import json

import pytest

from tests.payments.simulator.alipay.test_bills import fetch, rows_of, show
from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wire import Shop, StartSimulator


@pytest.fixture
def shop(start_simulator: StartSimulator, receiver: Receiver) -> Shop:
    """Open a shop on 1 March, 10:00 in Shanghai, by a simulator of the test's own."""
    shop = Shop(start_simulator(), app_id="2021000000000042", notify_url=receiver.url)
    shop.register()
    show(shop.simulator, "2026-03-01T10:00:00+08:00")
    return shop


def sell(shop: Shop, number: str = "cups") -> None:
    """Sell for 100.00: Alipay pays 8.00 of it and the shop's own coupon 20.00."""
    shop.precreate(number, total_amount="100.00")
    assert shop.pay(number, coupon_minor=800, gift_minor=2_000).status_code == 200


def test_an_answer_says_who_paid_what(shop: Shop) -> None:
    # When
    sell(shop)

    # Then
    node = shop.query("cups").node
    assert {name: node[name] for name in node if name.endswith("amount")} == {
        "total_amount": "100.00",
        "receipt_amount": "80.00",
        "invoice_amount": "80.00",
        "buyer_pay_amount": "72.00",
        "point_amount": "0.00",
        "discount_amount": "8.00",
        "mdiscount_amount": "20.00",
    }
    assert node["fund_bill_list"] == [
        {"amount": "72.00", "fund_channel": "ALIPAYACCOUNT"},
        {"amount": "8.00", "fund_channel": "COUPON"},
        {"amount": "20.00", "fund_channel": "MDISCOUNT"},
    ]
    vouchers = node["voucher_detail_list"]
    assert isinstance(vouchers, list)
    assert [
        (one["amount"], one["merchant_contribute"], one["other_contribute"]) for one in vouchers
    ] == [("8.00", "0.00", "8.00"), ("20.00", "20.00", "0.00")]


def test_a_notification_says_the_same(shop: Shop, receiver: Receiver) -> None:
    # When
    sell(shop)

    # Then
    form = {name: value for name, value in receiver.next().items() if name[0] != "_"}
    assert shop.is_from_alipay(form)
    assert (form["total_amount"], form["receipt_amount"], form["buyer_pay_amount"]) == (
        *("100.00", "80.00", "72.00"),
    )
    assert (form["discount_amount"], form["mdiscount_amount"]) == ("8.00", "20.00")
    assert [fund["fundChannel"] for fund in json.loads(form["fund_bill_list"])] == [
        *("ALIPAYACCOUNT", "COUPON", "MDISCOUNT"),
    ]
    assert json.loads(form["voucher_detail_list"])[1]["merchant_contribute"] == "20.00"


def test_without_coupons_nothing_is_said_of_any(shop: Shop) -> None:
    # When
    shop.sell("cups")

    # Then
    node = shop.query("cups").node
    assert not {"discount_amount", "mdiscount_amount", "voucher_detail_list"} & set(node)


def test_a_refund_takes_what_the_shop_got_before_its_own_coupon(shop: Shop) -> None:
    # Given
    sell(shop)
    biz = {"out_trade_no": "cups", "query_options": ["refund_detail_item_list"]}

    # When all goes back in two parts, of which the shop got 80.00
    parts = [("60.00", "one"), ("40.00", "two")]
    answers = [
        shop.call(
            "alipay.trade.refund", {**biz, "refund_amount": amount, "out_request_no": number}
        ).node
        for amount, number in parts
    ]

    # Then
    assert [node["send_back_fee"] for node in answers] == ["60.00", "20.00"]
    asked = {**biz, "out_request_no": "two"}
    told = shop.call("alipay.trade.fastpay.refund.query", asked).node
    assert (told["refund_amount"], told["send_back_fee"]) == ("40.00", "20.00")
    quiet = shop.query_refund("cups", "two").node
    assert "send_back_fee" not in quiet


def test_the_bill_has_what_the_shop_got_beside_what_it_gave(shop: Shop) -> None:
    # Given
    sell(shop)
    shop.refund("cups", "60.00", "one")
    shop.refund("cups", "40.00", "two")
    show(shop.simulator, "2026-03-02T09:00:00+08:00")

    # When
    members = {name: text.decode("gbk").splitlines() for name, text in fetch(shop).items()}

    # Then
    (detail,) = [lines for name, lines in members.items() if "汇总" not in name]
    columns = (
        "订单金额（元）",
        "商家实收（元）",
        "支付宝红包（元）",
        "商家优惠（元）",
        "服务费（元）",
    )
    assert [tuple(row[name] for name in columns) for row in rows_of(detail)] == [
        ("100.00", "80.00", "8.00", "20.00", "-0.48"),
        ("-60.00", "-60.00", "0.00", "0.00", "0.00"),
        ("-40.00", "-20.00", "0.00", "-20.00", "0.00"),
    ]
    assert "#交易合计：1笔，商家实收共80.00元，商家优惠共20.00元" in detail
    assert "#退款合计：2笔，商家实收退款共-80.00元，商家优惠退款共-20.00元" in detail
    (summary,) = [lines for name, lines in members.items() if "汇总" in name]
    (total,) = rows_of(summary)
    assert (total["商家实收（元）"], total["商家优惠（元）"], total["实收净额（元）"]) == (
        *("0.00", "0.00", "-0.48"),
    )


@pytest.mark.parametrize(
    ("coupon_minor", "gift_minor"), [(0, 10_000), (5_000, 5_000), (-1, 0), (0, -1)]
)
def test_coupons_pay_a_part_and_no_more(shop: Shop, coupon_minor: int, gift_minor: int) -> None:
    # Given
    shop.precreate("cups", total_amount="100.00")

    # When
    refused = shop.pay("cups", coupon_minor=coupon_minor, gift_minor=gift_minor)

    # Then
    assert (refused.status_code, refused.json()["error"]) == (400, "bad_coupon")


def test_the_shop_s_own_coupon_can_be_used_on_the_page(shop: Shop) -> None:
    # Given
    code = str(shop.precreate("cups", total_amount="100.00").node["qr_code"])
    path = code.removeprefix(shop.simulator.url)

    # When
    shop.simulator.send("GET", path)
    shop.simulator.send("POST", path, data={"choice": "gift"})

    # Then
    node = shop.query("cups").node
    assert (node["buyer_pay_amount"], node["receipt_amount"]) == ("90.00", "90.00")
