"""The bills of a day, from the simulated WeChat Pay over real HTTP."""

from datetime import date
from decimal import Decimal

import pytest

from payments.channels.base import OutcomeKind
from payments.channels.registry import channel_for
from tests.payments.channels.wechatpay.bill_desk import DAY, at, config_of, rows
from tests.payments.simulator.wechatpay.test_transfers import transfer
from tests.payments.simulator.wechatpay.wire import WechatShop
from tests.payments.simulator.wire import SimulatorProcess

ORDER_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,"
    "付款银行,货币种类,应结订单金额,代金券金额"
)


@pytest.fixture
def shop(tmp_path):
    """Return a merchant in January 2026, with a simulator of its own."""
    process = SimulatorProcess(tmp_path / "simulator", ())
    process.start()
    process.post("/control/clock", now="2026-01-05T10:30:00+08:00", force=True)
    shop = WechatShop(process)
    shop.register()
    yield shop
    process.close()


@pytest.fixture
def channel(shop, patient_transport):
    return channel_for(config_of(shop), patient_transport)


def test_the_bill_of_trades_lists_payments_and_refunds_with_their_sums(shop, channel):
    # Given 88.80 and 10.00 that were paid, of which 40.00 went back
    shop.sell("order_1")
    shop.sell("order_2", total=1_000)
    shop.refund("order_1", "refund_1", 4_000)

    # When
    text = channel.fetch_bill(DAY, kind="ALL", at=at(shop, "2026-01-06T10:00:00+08:00"))

    # Then
    assert text.startswith(b"\xef\xbb\xbf")
    first, second, refund, sums = rows(text)
    assert first["商户订单号"] == "order_1"
    assert (first["订单金额"], first["应结订单金额"], first["手续费"], first["费率"]) == (
        "88.80",
        "88.80",
        "0.53000",
        "0.60%",
    )
    assert second["订单金额"] == "10.00"
    assert (refund["交易状态"], refund["退款状态"], refund["商户退款单号"]) == (
        "REFUND",
        "SUCCESS",
        "refund_1",
    )
    assert (refund["申请退款金额"], refund["订单金额"]) == ("40.00", "0.00")
    assert list(sums.values()) == ["3", "98.80", "40.00", "0.00", "0.59000", "98.80", "40.00"]


def test_what_was_paid_and_what_went_back_have_bills_of_their_own(shop, channel):
    # Given 88.80 and 10.00 that were paid, of which 40.00 goes back two hours later
    shop.sell("order_1")
    shop.sell("order_2", total=1_000)
    shop.plan("refund_1", "refund_delayed", seconds=7_200)
    shop.refund("order_1", "refund_1", 4_000)

    # When
    now = at(shop, "2026-01-06T10:00:00+08:00")
    paid, refunded = (channel.fetch_bill(DAY, kind=kind, at=now) for kind in ("SUCCESS", "REFUND"))

    # Then
    assert paid.decode("utf-8-sig").splitlines()[0] == (
        f"{ORDER_HEAD},商品名称,商户数据包,手续费,费率,订单金额,费率备注"
    )
    *lines, sums = rows(paid)
    assert [(line["商户订单号"], line["订单金额"]) for line in lines] == [
        ("order_1", "88.80"),
        ("order_2", "10.00"),
    ]
    assert list(sums.values()) == ["2", "98.80", "0.00", "0.00", "0.59000", "98.80", "0.00"]
    (line, sums) = rows(refunded)
    assert list(line)[14:20] == [
        *(
            "退款申请时间",
            "退款成功时间",
            "微信退款单号",
            "商户退款单号",
            "退款金额",
            "充值券退款金额",
        )
    ]
    assert (line["退款申请时间"], line["退款成功时间"]) == (
        "2026-01-05 10:30:00",
        "2026-01-05 12:30:00",
    )
    assert (line["商户退款单号"], line["申请退款金额"]) == ("refund_1", "40.00")
    assert list(sums.values()) == ["1", "0.00", "40.00", "0.00", "0.00000", "0.00", "40.00"]


def test_a_kind_of_which_there_was_nothing_has_no_bill(shop, channel):
    # Given
    shop.sell("order_1")
    now = at(shop, "2026-01-06T10:00:00+08:00")

    # When, Then
    for kind in ("REFUND", "RECHARGE_REFUND", "OPERATION", "FEES"):
        assert channel.fetch_bill(DAY, kind=kind, at=now).code == "NOT_FOUND"
    for query in ("tradebill?bill_type=ANY", "fundflowbill?account_type=ANY"):
        answer = shop.send("GET", f"/v3/bill/{query}&bill_date=2026-01-05")
        assert answer.json()["code"] == "PARAM_ERROR"


def test_transfers_run_through_an_account_of_their_own_and_fees_have_theirs(shop, channel):
    # Given 100.00 for transfers, of which 80.00 is sent and called back, and 5.00 for fees
    top_up = {"mchid": shop.mchid, "number": "1"}
    for more in ({"amount_minor": 10_000}, {"amount_minor": 500, "account": "FEES"}):
        shop.simulator.post(
            "/control/wechat/transfers/top-ups", **top_up, **more
        ).raise_for_status()
    assert transfer(shop, "PYO1").json()["state"] == "WAIT_USER_CONFIRM"

    # When nobody confirms it for a day
    first_at = at(shop, "2026-01-06T10:31:00+08:00")
    first, fees = (
        channel.fetch_bill(DAY, kind=kind, at=first_at) for kind in ("OPERATION", "FEES")
    )
    next_at = at(shop, "2026-01-07T10:00:00+08:00")
    second = channel.fetch_bill(date(2026, 1, 6), kind="OPERATION", at=next_at)

    # Then
    def told(text: bytes) -> list[tuple[str, ...]]:
        names = ("业务名称", "收支类型", "收支金额(元)", "账户结余(元)", "业务凭证号")
        return [tuple(line[name] for name in names) for line in rows(text)[:-1]]

    assert told(first) == [
        ("充值", "收入", "100.00", "100.00", "1"),
        ("商家转账", "支出", "80.00", "20.00", "PYO1"),
    ]
    assert told(second) == [("商家转账退回", "收入", "80.00", "100.00", "PYO1")]
    assert told(fees) == [("充值", "收入", "5.00", "5.00", "1")]


def test_the_bill_of_money_runs_on_from_balance_to_balance(shop, channel):
    # Given
    shop.sell("order_1")
    shop.refund("order_1", "refund_1", 4_000)

    # When
    text = channel.fetch_bill(DAY, kind="BASIC", at=at(shop, "2026-01-06T10:00:00+08:00"))

    # Then
    *lines, sums = rows(text)
    assert [
        (line["业务名称"], line["收支类型"], line["收支金额(元)"], line["账户结余(元)"])
        for line in lines
    ] == [
        ("交易", "收入", "88.80", "88.80"),
        ("扣除交易手续费", "支出", "0.53", "88.27"),
        ("退款", "支出", "40.00", "48.27"),
    ]
    assert list(sums.values()) == ["3", "1", "88.80", "2", "40.53"]
    assert Decimal(sums["收入金额"]) - Decimal(sums["支出金额"]) == Decimal("48.27")


def test_there_is_none_before_ten_nor_of_a_day_without_trades(shop, channel):
    # Given
    shop.sell("order_1")

    # When
    early = channel.fetch_bill(DAY, kind="ALL", at=at(shop, "2026-01-06T09:59:59+08:00"))
    empty = channel.fetch_bill(
        date(2026, 1, 4), kind="ALL", at=at(shop, "2026-01-06T10:00:00+08:00")
    )

    # Then
    for outcome in (early, empty):
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "NOT_FOUND")


def test_a_bill_can_be_ordered_to_differ_and_its_sums_go_with_it(shop, channel):
    # Given
    for number in ("order_1", "order_2", "order_3"):
        shop.sell(number)
    order = {"channel": "wechatpay", "owner": shop.mchid, "day": DAY.isoformat()}
    for change in (
        {"kind": "missing", "number": "order_1"},
        {"kind": "amount", "number": "order_2", "amount_minor": 8_881},
        {"kind": "fee", "number": "order_3", "fee_minor": 60},
        {"kind": "status", "number": "order_3", "status": "REVOKED"},
        {"kind": "extra", "number": "order_9", "amount_minor": 100, "status": "SUCCESS"},
    ):
        shop.simulator.post("/control/bills", **order, **change).raise_for_status()

    # When
    text = channel.fetch_bill(DAY, kind="ALL", at=at(shop, "2026-01-06T10:00:00+08:00"))

    # Then
    *lines, sums = rows(text)
    assert [
        (line["商户订单号"], line["订单金额"], line["手续费"], line["交易状态"]) for line in lines
    ] == [
        ("order_2", "88.81", "0.53000", "SUCCESS"),
        ("order_3", "88.80", "0.60000", "REVOKED"),
        ("order_9", "1.00", "0.00000", "SUCCESS"),
    ]
    assert (sums["总交易单数"], sums["订单总金额"]) == ("3", "178.61")


def test_a_files_address_is_good_for_five_minutes_and_for_its_merchant(shop):
    # Given
    shop.sell("order_1")
    at(shop, "2026-01-06T10:00:00+08:00")
    answer = shop.send("GET", "/v3/bill/tradebill?bill_date=2026-01-05").json()
    target = answer["download_url"].removeprefix(shop.simulator.url)
    stranger = WechatShop(shop.simulator)
    stranger.register()

    # When, Then
    file = shop.send("GET", target)
    assert file.status_code == 200
    assert "wechatpay-signature" not in file.headers
    assert stranger.send("GET", target).json()["code"] == "PARAM_ERROR"
    at(shop, "2026-01-06T10:05:00+08:00")
    assert shop.send("GET", target).json()["code"] == "PARAM_ERROR"
