"""The bills of a day, from the simulated WeChat Pay over real HTTP."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from payments.channels.base import ChannelConfig, OutcomeKind
from payments.channels.registry import channel_for
from tests.contracts.accounts import private_pem
from tests.payments.simulator.wechat_wire import SERIAL_NO, WechatShop
from tests.payments.simulator.wire import MERCHANT_KEY, SimulatorProcess

DAY = date(2026, 1, 5)


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
    (pem,) = shop.platform_pems.values()
    config = ChannelConfig(
        account_id="chn_1",
        channel="wechatpay",
        gateway_url=shop.simulator.url,
        app_id=shop.appid,
        merchant_no=shop.mchid,
        private_key_pem=private_pem(MERCHANT_KEY),
        channel_public_key_pem=pem,
        notify_url=shop.notify_url,
        key_serial=SERIAL_NO,
        channel_key_id=shop.platform_key_id,
    )
    return channel_for(config, patient_transport)


def at(shop, text: str) -> datetime:
    shop.simulator.post("/control/clock", now=text).raise_for_status()
    return datetime.fromisoformat(text).astimezone(UTC)


def rows(text: bytes) -> list[dict[str, str]]:
    """Read the lines of a bill by its header; the last of them are the sums."""
    lines = text.decode("utf-8-sig").splitlines()
    head, sums_head = lines[0].split(","), lines[-2].split(",")
    cells = [line.removeprefix("`").split(",`") for line in (*lines[1:-2], lines[-1])]
    return [
        dict(zip(sums_head if line is cells[-1] else head, line, strict=True)) for line in cells
    ]


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
