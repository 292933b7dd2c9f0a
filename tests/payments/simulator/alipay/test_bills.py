"""The bill of a day at the simulated Alipay, against a published one, and when it is there."""

import csv
import io
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator

DAY = "2026-03-01"
METHOD = "alipay.data.dataservice.bill.downloadurl.query"


@pytest.fixture
def shop(start_simulator: StartSimulator) -> Shop:
    """Open a shop on 1 March, 10:00 in Shanghai, by a simulator of the test's own."""
    shop = Shop(start_simulator(), app_id="2021000000000042", seller_id="2088110962563301")
    shop.returns_fee = True
    shop.register()
    show(shop.simulator, "2026-03-01T10:00:00+08:00")
    return shop


def show(simulator: SimulatorProcess, now: str) -> None:
    response = simulator.post("/control/clock", now=now, force=True)
    assert response.status_code == 200, response.text


def ask(shop: Shop, day: str = DAY, kind: str = "trade"):
    return shop.call(METHOD, {"bill_type": kind, "bill_date": day})


def fetch(shop: Shop, day: str = DAY) -> dict[str, bytes]:
    """Get the members of the ZIP, by names read as Python misreads them."""
    url = urlsplit(str(ask(shop, day).node["bill_download_url"]))
    assert f"http://{url.netloc}" == shop.simulator.url
    response = shop.simulator.send("GET", f"{url.path}?{url.query}")
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        assert {info.flag_bits for info in archive.infolist()} == {0}
        return {
            info.filename.encode("cp437").decode("gbk"): archive.read(info)
            for info in archive.infolist()
        }


def detail(shop: Shop, day: str = DAY) -> list[str]:
    """Give the lines of the file with the rows."""
    members = fetch(shop, day)
    (name,) = [name for name in members if "汇总" not in name]
    return members[name].decode("gbk").splitlines()


def rows_of(lines: list[str]) -> list[dict[str, str]]:
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """Sell cups with a coupon, give one back, and sell a pot on the next day."""
    shop.precreate("cups")
    shop.pay("cups", coupon_minor=880)
    shop.sell("saucers", amount="10.00")
    shop.refund("cups", "8.80", "cup_back")
    show(shop.simulator, "2026-03-02T00:00:00+08:00")
    shop.sell("pot")
    show(shop.simulator, "2026-03-02T09:00:00+08:00")
    return shop


class TestFile:
    def test_is_written_as_the_published_one_is(self, busy: Shop, shared: Path) -> None:
        # Given
        path = shared / "vectors/alipay/bills/trade_detail_20190916.gbk.csv"
        published = path.read_bytes().decode("gbk").splitlines()

        # When
        lines = detail(busy)

        # Then
        assert lines[4] == published[4]
        assert lines[3] == published[3]
        assert lines[0] == published[0]
        assert lines[2] == published[2].replace("2019年09月16日", "2026年03月01日").replace(
            "2019年09月17日", "2026年03月02日"
        )
        assert lines[-4] == published[-4]
        tabs = {tuple(cell.endswith("\t") for cell in row.split(",")) for row in published[5:-4]}
        assert {tuple(cell.endswith("\t") for cell in row.split(",")) for row in lines[5:-4]} == (
            tabs
        )

    def test_lists_what_was_paid_and_given_back_that_day(self, busy: Shop) -> None:
        # When
        rows = rows_of(detail(busy))

        # Then
        names = ("商户订单号", "业务类型", "订单金额（元）", "商家实收（元）", "服务费（元）")
        assert [tuple(row[name].strip() for name in names) for row in rows] == [
            ("cups", "交易", "88.80", "88.80", "-0.53"),
            ("saucers", "交易", "10.00", "10.00", "-0.06"),
            ("cups", "退款", "-8.80", "-8.80", "0.05"),
        ]
        assert [row["支付宝红包（元）"] for row in rows] == ["8.80", "0.00", "0.00"]
        assert [row["退款批次号/请求号"].strip() for row in rows] == ["", "", "cup_back"]
        assert rows[0]["支付宝交易号"].strip() == busy.query("cups").node["trade_no"]
        assert rows[0]["商品名称"] == "青花瓷茶杯"
        assert rows[0]["完成时间"] == "2026-03-01 10:00:00"

    def test_counts_and_sums_at_its_foot_and_in_its_summary(self, busy: Shop) -> None:
        # When
        members = fetch(busy)

        # Then
        name = "20881109625633010156_20260301_业务明细"
        assert list(members) == [f"{name}.csv", f"{name}(汇总).csv"]
        lines = members[f"{name}.csv"].decode("gbk").splitlines()
        assert lines[-3:] == [
            "#交易合计：2笔，商家实收共98.80元，商家优惠共0.00元",
            "#退款合计：1笔，商家实收退款共-8.80元，商家优惠退款共0.00元",
            "#导出时间：[2026年03月02日 09:00:00]",
        ]
        (total,) = rows_of(members[f"{name}(汇总).csv"].decode("gbk").splitlines())
        assert total == {
            "门店编号": "合计",
            "门店名称": "",
            "交易订单总笔数": "2",
            "退款订单总笔数": "1",
            "订单金额（元）": "90.00",
            "商家实收（元）": "90.00",
            "支付宝优惠（元）": "0.00",
            "商家优惠（元）": "0.00",
            "卡消费金额（元）": "0.00",
            "服务费（元）": "-0.54",
            "分润（元）": "0.00",
            "实收净额（元）": "89.46",
        }

    def test_of_a_day_without_trades_has_its_lines_for_people_only(self, busy: Shop) -> None:
        # When
        lines = detail(busy, "2026-02-28")

        # Then
        assert rows_of(lines) == []
        assert lines[-3] == "#交易合计：0笔，商家实收共0.00元，商家优惠共0.00元"

    def test_differs_as_it_was_ordered_to(self, busy: Shop) -> None:
        # Given
        order = {"channel": "alipay", "owner": busy.app_id, "day": DAY}
        for change in (
            {"kind": "missing", "number": "saucers"},
            {"kind": "amount", "number": "cups", "about": "payment", "amount_minor": 8_881},
            {"kind": "fee", "number": "cup_back", "fee_minor": 0},
            {"kind": "status", "number": "cup_back", "status": "退票"},
            {"kind": "extra", "number": "ghost", "amount_minor": 5, "status": "交易"},
        ):
            assert busy.simulator.post("/control/bills", **order, **change).status_code == 200

        # When
        rows = rows_of(detail(busy))

        # Then
        names = ("商户订单号", "业务类型", "订单金额（元）", "服务费（元）")
        assert [tuple(row[name].strip() for name in names) for row in rows] == [
            ("cups", "交易", "88.81", "-0.53"),
            ("cups", "退票", "-8.80", "0.00"),
            ("ghost", "交易", "0.05", "0.00"),
        ]
        assert busy.query("cups").node["total_amount"] == "88.80"


class TestWhen:
    @pytest.mark.parametrize(
        ("now", "sub_code"),
        [
            ("2026-03-01T23:59:59+08:00", "isv.invalid_arguments"),
            ("2026-03-02T00:00:00+08:00", "isp.bill_not_exist"),
            ("2026-03-02T08:59:59+08:00", "isp.bill_not_exist"),
            ("2026-03-02T09:00:00+08:00", None),
        ],
    )
    def test_is_there_from_nine_o_clock_of_the_next_day(
        self, shop: Shop, now: str, sub_code: str | None
    ) -> None:
        # When
        show(shop.simulator, now)

        # Then
        assert ask(shop).node.get("sub_code") == sub_code

    @pytest.mark.parametrize("day", ["", "2026-02", "20260228", "2026-02-30"])
    def test_a_day_is_written_in_one_way(self, shop: Shop, day: str) -> None:
        assert ask(shop, day).words == ("40004", "isv.invalid_arguments")

    def test_its_address_is_good_for_half_a_minute(self, busy: Shop) -> None:
        # Given
        url = urlsplit(str(ask(busy).node["bill_download_url"]))
        target = f"{url.path}?{url.query}"

        # When
        show(busy.simulator, "2026-03-02T09:00:29+08:00")
        early = busy.simulator.send("GET", target).status_code
        show(busy.simulator, "2026-03-02T09:00:30+08:00")
        late = busy.simulator.send("GET", target).status_code

        # Then
        assert (early, late) == (200, 404)
        assert busy.simulator.send("GET", "/alipay/bill?fileId=0").status_code == 404

    def test_another_application_has_another_bill(self, busy: Shop) -> None:
        # Given
        other = Shop(busy.simulator, app_id="2021000000000043")
        other.register()

        # Then
        assert rows_of(detail(other)) == []
